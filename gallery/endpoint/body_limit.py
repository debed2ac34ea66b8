"""A bound on what a script may send, kept while it arrives: Django would write any body whole to the disk first."""

import asyncio
from collections.abc import Awaitable, Callable, MutableMapping
from contextlib import suppress
from typing import Any

import msgspec

from gallery.endpoint.bodies import LARGEST_BODY, too_large
from gallery.endpoint.middleware import is_endpoints
from gallery.endpoint.refusals import Refusal

# Without a token nothing is answered but a 401: nobody may fill the disk for that.
LARGEST_WITHOUT_TOKEN = 64 * 1024
LINGER_SECONDS = 10.0
LINGER_WITHOUT_TOKEN = 8 * 1024 * 1024

Message = MutableMapping[str, Any]
Receive = Callable[[], Awaitable[Message]]
Send = Callable[[Message], Awaitable[None]]
Application = Callable[..., Awaitable[None]]


class Bounded:
    """What arrives, until it is more than `largest`."""

    def __init__(self, receive: Receive, largest: int):
        self.receive = receive
        self.largest = largest
        self.arrived = 0
        self.has_ended = False

    async def __call__(self) -> Message:
        message = await self.receive()
        self.arrived += len(message.get("body", b""))
        self.has_ended = not message.get("more_body")
        # A caller that left: Django closes what it wrote, and answers nothing.
        return {"type": "http.disconnect"} if self.is_over else message

    @property
    def is_over(self) -> bool:
        return self.arrived > self.largest

    async def linger(self, most: int) -> None:
        """Take in what is still sent, up to a bound: who reads only after sending would never see the answer."""
        with suppress(TimeoutError):
            async with asyncio.timeout(LINGER_SECONDS):
                while not self.has_ended and self.arrived <= most:
                    await self()


class BodyLimit:
    """Around the whole application; what is not the endpoint's passes untouched."""

    def __init__(self, application: Application):
        self.application = application

    async def __call__(self, scope: Message, receive: Receive, send: Send) -> None:
        if scope["type"] != "http" or not is_endpoints(scope["path"]):
            await self.application(scope, receive, send)
            return
        has_token = bears_token(scope)
        bounded = Bounded(receive, LARGEST_BODY if has_token else LARGEST_WITHOUT_TOKEN)
        if declared_length(scope) <= bounded.largest:
            await self.application(scope, bounded, send)
            if not bounded.is_over:
                return
        await refuse(bounded, send, has_token=has_token)


def bears_token(scope: Message) -> bool:
    """Whether there is one at all; whether it works is asked later."""
    scheme, _, token = dict(scope["headers"]).get(b"authorization", b"").partition(b" ")
    return scheme.lower() == b"bearer" and bool(token.strip())


def declared_length(scope: Message) -> int:
    declared = dict(scope["headers"]).get(b"content-length", b"")
    return int(declared) if declared.isdigit() else 0


async def refuse(bounded: Bounded, send: Send, *, has_token: bool) -> None:
    refusal = too_large() if has_token else too_large_without_token()
    content = msgspec.json.encode(refusal.body)
    headers = [
        (b"content-type", b"application/json"),
        (b"content-length", str(len(content)).encode()),
        (b"connection", b"close"),
    ]
    await send({"type": "http.response.start", "status": refusal.status, "headers": headers})
    await send({"type": "http.response.body", "body": content, "more_body": True})
    await bounded.linger(bounded.largest + LARGEST_BODY if has_token else LINGER_WITHOUT_TOKEN)
    await send({"type": "http.response.body", "body": b""})


def too_large_without_token() -> Refusal:
    sentence = f"A request without an access token may hold {LARGEST_WITHOUT_TOKEN // 1024} KiB."
    return Refusal(413, f"{sentence} Send one: “Authorization: Bearer ps_…”.")
