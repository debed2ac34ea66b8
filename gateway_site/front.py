"""The first thing a request meets: who really asks, the id that all its lines of the log carry, and the count of it.

What a proxy says of a caller (`X-Forwarded-…`, `X-Request-ID`) is believed from the proxies that the operator named, and
taken off whatever else comes.
"""

import re
import time
from collections.abc import Sequence
from ipaddress import IPv4Network, IPv6Network, ip_address

from uvicorn.middleware.proxy_headers import ProxyHeadersMiddleware

from gallery.endpoint.body_limit import Application, Message, Receive, Send
from gallery.services import log_marks
from gallery.services.offloading import BY_PROXY
from gateway_site.admission import kind_of
from gateway_site.tallies import tally

GIVEN_ID = re.compile(rb"[A-Za-z0-9._-]{8,64}")
TOLD_BY_PROXIES = (b"x-forwarded-", b"forwarded", b"x-real-ip", b"x-request-id")


class Front:
    """Around the whole application."""

    def __init__(self, application: Application, proxies: Sequence[IPv4Network | IPv6Network]):
        self.proxies = proxies
        self.application = ProxyHeadersMiddleware(application, [str(network) for network in proxies])

    async def __call__(self, scope: Message, receive: Receive, send: Send) -> None:
        if scope["type"] != "http":
            return
        is_told = self.is_proxy(scope)
        name = id_of(scope) if is_told else log_marks.fresh_id()
        if is_told:
            scope = {**scope, "extensions": {**scope.get("extensions", {}), BY_PROXY: {}}}
        else:
            told = [(key, value) for key, value in scope["headers"] if not key.lower().startswith(TOLD_BY_PROXIES)]
            scope = {**scope, "headers": told}
        began, status = time.perf_counter(), 0

        async def send_marked(message: Message) -> None:
            nonlocal status
            if message["type"] == "http.response.start":
                status = message["status"]
                others = [(key, value) for key, value in message.get("headers", ()) if key.lower() != b"x-request-id"]
                message = {**message, "headers": [*others, (b"x-request-id", name.encode())]}
            await send(message)

        tally.in_flight += 1
        try:
            with log_marks.answering(name):
                await self.application(scope, receive, send_marked)  # type: ignore[arg-type]
        finally:
            tally.in_flight -= 1
            tally.count(kind_of(scope["path"]), status, time.perf_counter() - began)

    def is_proxy(self, scope: Message) -> bool:
        client = scope.get("client")
        try:
            address = ip_address(client[0]) if client else None
        except ValueError:
            return False
        return address is not None and any(address in network for network in self.proxies)


def id_of(scope: Message) -> str:
    given = dict(scope["headers"]).get(b"x-request-id", b"")
    return given.decode() if GIVEN_ID.fullmatch(given) else log_marks.fresh_id()
