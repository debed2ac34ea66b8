"""A bound on what a script may send, kept while it arrives: Django would write any body whole to the disk first."""

import uuid
from collections.abc import Awaitable, Callable, MutableMapping
from typing import Any

import msgspec

from gallery.endpoint.bodies import LARGEST_BODY, too_large
from gallery.endpoint.middleware import PREFIXES

Message = MutableMapping[str, Any]
Receive = Callable[[], Awaitable[Message]]
Send = Callable[[Message], Awaitable[None]]
Application = Callable[[Message, Receive, Send], Awaitable[None]]


class TooLarge(Exception):
    """More came than may."""


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
            if arrived > LARGEST_BODY:
                raise TooLarge
            return message

        try:
            await self.application(scope, receive_bounded, send)
        except TooLarge:
            await refuse(send)


async def refuse(send: Send) -> None:
    refusal = too_large()
    headers = [
        (b"content-type", b"application/json"),
        (b"connection", b"close"),
        (b"x-request-id", uuid.uuid4().hex.encode()),
    ]
    await send({"type": "http.response.start", "status": refusal.status, "headers": headers})
    await send({"type": "http.response.body", "body": msgspec.json.encode(refusal.body)})
