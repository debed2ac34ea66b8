"""A bound on what a script may send, kept while it arrives: Django would write any body whole to the disk first."""

import asyncio
import uuid
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


class BodyLimit:
    """Around the whole application; what is not the endpoint's passes untouched."""

    def __init__(self, application: Application):
        self.application = application

    async def __call__(self, scope: Message, receive: Receive, send: Send) -> None:
        if scope["type"] != "http" or not is_endpoints(scope["path"]):
            await self.application(scope, receive, send)
            return
        arrived, has_token = 0, bears_token(scope)
        largest = LARGEST_BODY if has_token else LARGEST_WITHOUT_TOKEN

        async def receive_bounded() -> Message:
            nonlocal arrived
            message = await receive()
            arrived += len(message.get("body", b""))
            # A caller that left: Django closes what it wrote, and answers nothing.
            return {"type": "http.disconnect"} if arrived > largest else message

        if declared_length(scope) <= largest:
            await self.application(scope, receive_bounded, send)
            if arrived <= largest:
                return
        await refuse(receive, send, has_token=has_token)


def bears_token(scope: Message) -> bool:
    """Whether there is one at all; whether it works is asked later."""
    scheme, _, token = dict(scope["headers"]).get(b"authorization", b"").partition(b" ")
    return scheme.lower() == b"bearer" and bool(token.strip())


def declared_length(scope: Message) -> int:
    declared = dict(scope["headers"]).get(b"content-length", b"")
    return int(declared) if declared.isdigit() else 0


async def refuse(receive: Receive, send: Send, *, has_token: bool) -> None:
    """Tell it, and then take in what is still sent, up to a bound: who reads only after sending would never see it."""
    refusal = too_large() if has_token else too_large_without_token()
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
            await drain(receive, LARGEST_BODY if has_token else LINGER_WITHOUT_TOKEN)
    await send({"type": "http.response.body", "body": b""})


def too_large_without_token() -> Refusal:
    sentence = f"A request without an access token may hold {LARGEST_WITHOUT_TOKEN // 1024} KiB."
    return Refusal(413, f"{sentence} Send one: “Authorization: Bearer ps_…”.")


async def drain(receive: Receive, most: int) -> None:
    taken = 0
    while taken <= most:
        message = await receive()
        taken += len(message.get("body", b""))
        if not message.get("more_body"):
            return
