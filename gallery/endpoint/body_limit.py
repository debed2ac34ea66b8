"""A bound on what a script may send, kept while it arrives: Django would write any body whole to the disk first."""

import asyncio
import uuid
from collections.abc import Awaitable, Callable, MutableMapping
from contextlib import suppress
from typing import Any

import msgspec

from gallery.endpoint.bodies import LARGEST_BODY, too_large
from gallery.endpoint.middleware import PREFIXES

LINGER_SECONDS = 10.0

Message = MutableMapping[str, Any]
Receive = Callable[[], Awaitable[Message]]
Send = Callable[[Message], Awaitable[None]]
Application = Callable[..., Awaitable[None]]


class BodyLimit:
    """Around the whole application; what is not the endpoint's passes untouched."""

    def __init__(self, application: Application):
        self.application = application

    async def __call__(self, scope: Message, receive: Receive, send: Send) -> None:
        if scope["type"] != "http" or not scope["path"].startswith(PREFIXES):
            await self.application(scope, receive, send)
            return
        arrived = 0

        async def receive_bounded() -> Message:
            nonlocal arrived
            message = await receive()
            arrived += len(message.get("body", b""))
            # A caller that left: Django closes what it wrote, and answers nothing.
            return {"type": "http.disconnect"} if arrived > LARGEST_BODY else message

        if declared_length(scope) <= LARGEST_BODY:
            await self.application(scope, receive_bounded, send)
            if arrived <= LARGEST_BODY:
                return
        await refuse(receive, send)


def declared_length(scope: Message) -> int:
    declared = dict(scope["headers"]).get(b"content-length", b"")
    return int(declared) if declared.isdigit() else 0


async def refuse(receive: Receive, send: Send) -> None:
    """Tell it, and then take in what is still sent, up to a bound: who reads only after sending would never see it."""
    refusal = too_large()
    content = msgspec.json.encode(refusal.body)
    headers = [
        (b"content-type", b"application/json"),
        (b"content-length", str(len(content)).encode()),
        (b"connection", b"close"),
        (b"x-request-id", uuid.uuid4().hex.encode()),
    ]
    await send({"type": "http.response.start", "status": refusal.status, "headers": headers})
    await send({"type": "http.response.body", "body": content, "more_body": True})
    with suppress(TimeoutError):
        async with asyncio.timeout(LINGER_SECONDS):
            await drain(receive)
    await send({"type": "http.response.body", "body": b""})


async def drain(receive: Receive) -> None:
    taken = 0
    while taken <= LARGEST_BODY:
        message = await receive()
        taken += len(message.get("body", b""))
        if not message.get("more_body"):
            return
