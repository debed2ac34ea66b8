"""Calls that a library makes with `requests`, sent through the door: as much of its session as signing in needs."""

import base64
import json
from collections.abc import Mapping
from typing import Any
from urllib.parse import urlencode

from gallery.gateway import errors, loop
from gallery.gateway.destinations import HostAndPort
from gallery.gateway.exchange import Request
from gallery.gateway.outbound import door

DEADLINE_SECONDS = 15.0
LARGEST_ANSWER = 1024 * 1024


class WebReply:
    """An answer in the words of `requests`. Whatever is wrong with it raises `failure`, the library's own error."""

    def __init__(self, status: int, headers: Mapping[str, str], content: bytes, failure: type[Exception]):
        self.status_code = status
        self.headers = {"content-type": "", **headers}
        self.content = content
        self._failure = failure

    @property
    def text(self) -> str:
        return self.content.decode(errors="replace")

    def raise_for_status(self) -> None:
        if self.status_code >= 400:
            raise self._failure(f"answered {self.status_code}")

    def json(self) -> Any:
        try:
            return json.loads(self.content)
        except ValueError as error:
            raise self._failure("answered something that is not JSON") from error


class WebSession:
    """`named` are the hosts and ports that an operator named; redirects are not followed."""

    def __init__(self, *, named: frozenset[HostAndPort], failure: type[Exception]):
        self._named = named
        self._failure = failure

    def __enter__(self) -> "WebSession":
        return self

    def __exit__(self, *_: object) -> None:
        return None

    def get(self, url: str, **options: Any) -> WebReply:
        return self.request("GET", url, **options)

    def post(self, url: str, **options: Any) -> WebReply:
        return self.request("POST", url, **options)

    def request(
        self,
        method: str,
        url: str,
        *,
        params: Mapping[str, str] | None = None,
        data: Mapping[str, str] | None = None,
        headers: Mapping[str, str] | None = None,
        auth: Any = None,
    ) -> WebReply:
        """Send once and take the whole answer. `auth` has `username` and `password`."""
        sent = {"Accept": "application/json", **(headers or {})}
        if data:
            sent["Content-Type"] = "application/x-www-form-urlencoded"
        if auth:
            pair = base64.b64encode(f"{auth.username}:{auth.password}".encode()).decode()
            sent["Authorization"] = f"Basic {pair}"
        request = Request(
            method=method,
            url=f"{url}?{urlencode(params)}" if params else url,
            deadline=DEADLINE_SECONDS,
            max_bytes=LARGEST_ANSWER,
            headers=sent,
            body=urlencode(data).encode() if data else b"",
            named=self._named,
        )
        try:
            return loop.run(self._ask(request))
        except errors.GatewayError as error:
            raise self._failure(str(error)) from error

    async def _ask(self, request: Request) -> WebReply:
        async with door().ask(request) as answer:
            content = b"".join([chunk async for chunk in answer.chunks()])
        return WebReply(answer.status, answer.headers, content, self._failure)
