"""A script as the endpoint sees one: requests with an access token through the whole of Django, answers read to their end."""

import asyncio
import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from functools import cached_property
from typing import Any

from asgiref.sync import async_to_sync
from django.core.files.uploadedfile import SimpleUploadedFile
from django.test import AsyncClient
from django.test.client import BOUNDARY, MULTIPART_CONTENT, encode_multipart

FLUX = "routellm/flux_kontext"
TALKER = "routellm/gpt-4o"
PROMPT = "a red chair"
# What every surface that runs something is asked for in the tables of refusals.
CHAT, GENERATIONS, EDITS, ROUTED = "chat/completions", "images/generations", "images/edits", "images"


def picture_part(url: str) -> dict[str, Any]:
    return {"type": "image_url", "image_url": {"url": url}}


def text_part(text: str) -> dict[str, Any]:
    return {"type": "text", "text": text}


def ask(content: Any = PROMPT, **more: Any) -> dict[str, Any]:
    """The JSON of a chat request for one picture; a key given as None is left out."""
    body = {"model": FLUX, "messages": [{"role": "user", "content": content}], "modalities": ["image"], **more}
    return {name: value for name, value in body.items() if value is not None}


def question(content: Any = "What is this?", **more: Any) -> dict[str, Any]:
    """The JSON of a chat request for words."""
    return ask(content, **{"model": TALKER, "modalities": None, **more})


@dataclass(frozen=True)
class Answer:
    """`pieces` are the chunks of the body as they came. Header names are lower case."""

    status: int
    headers: Mapping[str, str]
    pieces: Sequence[bytes] = field(repr=False)

    @property
    def body(self) -> bytes:
        return b"".join(self.pieces)

    @cached_property
    def json(self) -> Any:
        return json.loads(self.body)

    @property
    def error(self) -> dict[str, Any]:
        """The error object, its shape proven."""
        error = self.json["error"]
        assert list(self.json) == ["error"]
        assert error.keys() == {"message", "type", "param", "code", "metadata"}
        assert error["code"] == self.status
        assert error["message"]
        assert self.headers["x-request-id"]
        assert self.headers["content-type"] == "application/json"
        return dict(error)

    @property
    def refusal(self) -> tuple[int, str, str | None]:
        return self.status, self.error["type"], self.error["param"]

    @property
    def message(self) -> dict[str, Any]:
        assert self.status == 200, self.body
        return dict(self.json["choices"][0]["message"])

    @property
    def urls(self) -> list[str]:
        """The addresses of a chat answer's pictures."""
        return [image["image_url"]["url"] for image in self.message["images"]]

    @property
    def warnings(self) -> list[str]:
        assert self.status == 200, self.body
        return list(self.json["metadata"]["warnings"])

    @cached_property
    def lines(self) -> list[str]:
        """The lines of a stream that say something."""
        return [line for line in self.body.decode().splitlines() if line]

    @cached_property
    def events(self) -> list[Any]:
        """The JSON values of a stream, whose end must be told."""
        data = [line.removeprefix("data: ") for line in self.lines if line.startswith("data: ")]
        assert data[-1] == "[DONE]"
        return [json.loads(value) for value in data[:-1]]

    @property
    def deltas(self) -> list[dict[str, Any]]:
        return [event["choices"][0]["delta"] for event in self.events if event["choices"]]


class Script:
    """`headers` go with each request."""

    def __init__(self, token: str = "", *, prefix: str = "/v1/", headers: Mapping[str, str] | None = None):
        self.prefix = prefix
        self.headers = {**({"Authorization": f"Bearer {token}"} if token else {}), **(headers or {})}

    def get(self, path: str, **headers: str) -> Answer:
        return self.send("GET", path, headers=headers)

    def post(self, path: str, content: Any, **headers: str) -> Answer:
        return self.send("POST", path, content, headers=headers)

    def chat(self, content: Any = PROMPT, **more: Any) -> Answer:
        return self.post(CHAT, ask(content, **more))

    def ask(self, content: Any = "What is this?", **more: Any) -> Answer:
        return self.post(CHAT, question(content, **more))

    def post_form(self, path: str, fields: Mapping[str, Any], files: Sequence[tuple[str, bytes]]) -> Answer:
        """A form with fields and files, several of which may have one name."""
        data: dict[str, Any] = {**fields}
        for name, content in files:
            data.setdefault(name, []).append(SimpleUploadedFile("blob", content, content_type="image/png"))
        return self.send("POST", path, encode_multipart(BOUNDARY, data), media_type=MULTIPART_CONTENT)

    def send(
        self,
        method: str,
        path: str,
        content: Any = b"",
        *,
        media_type: str = "application/json",
        headers: Mapping[str, str] | None = None,
    ) -> Answer:
        """One request. `content` travels as it is when it is bytes, else as JSON; a path with a slash before it is taken
        as it is."""
        return async_to_sync(self.sending)(method, path, content, media_type=media_type, headers=headers)

    def together(self, *requests: tuple[str, Any, Mapping[str, str]]) -> list[Answer]:
        """Several POSTs of (path, JSON, headers), under way at the same time."""

        async def send_all() -> list[Answer]:
            return await asyncio.gather(
                *(self.sending("POST", path, content, headers=headers) for path, content, headers in requests)
            )

        return async_to_sync(send_all)()

    async def sending(
        self,
        method: str,
        path: str,
        content: Any = b"",
        *,
        media_type: str = "application/json",
        headers: Mapping[str, str] | None = None,
    ) -> Answer:
        body = content if isinstance(content, bytes) else json.dumps(content).encode()
        whole = path if path.startswith("/") else self.prefix + path
        told = {**self.headers, **(headers or {})}
        if not body and method == "POST":
            # Django's client tells no type of an empty body, which others do.
            told |= {"Content-Type": media_type, "Content-Length": "0"}
        response: Any = await AsyncClient().generic(method, whole, body, media_type, headers=told)
        pieces = [bytes(piece) async for piece in response] if response.streaming else [response.content]
        return Answer(response.status_code, {k.lower(): v for k, v in response.headers.items()}, pieces)
