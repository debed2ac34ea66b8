"""A bound on what a script may send, kept while it arrives: Django would write any body whole to the disk first."""

import asyncio
from collections.abc import Awaitable, Callable, MutableMapping
from contextlib import suppress
from typing import Any

import msgspec

from gallery.endpoint.bodies import LARGEST_BODY, too_large
from gallery.endpoint.middleware import is_endpoints
from gallery.endpoint.refusals import Refusal
from gallery.endpoint.surface import admit

# Without a token that works nothing is answered but a 401: nobody may fill memory or disk for that.
LARGEST_WITHOUT_TOKEN = 64 * 1024
LINGER_SECONDS = 10.0
LINGER_WITHOUT_TOKEN = 8 * 1024 * 1024

Message = MutableMapping[str, Any]
Receive = Callable[[], Awaitable[Message]]
Send = Callable[[Message], Awaitable[None]]
Application = Callable[..., Awaitable[None]]
Larger = Callable[[], Awaitable[int]]


class Bounded:
    """What arrives, until it is more than `largest`. Then `larger` is asked, once, how much this caller may send."""

    def __init__(self, receive: Receive, largest: int, larger: Larger | None = None):
        self.receive = receive
        self.largest = largest
        self.larger = larger
        self.arrived = 0
        self.has_ended = False

    async def takes(self, length: int) -> bool:
        if length > self.largest and self.larger:
            ask, self.larger = self.larger, None
            self.largest = await ask()
        return length <= self.largest

    async def __call__(self) -> Message:
        message = await self.receive()
        self.arrived += len(message.get("body", b""))
        self.has_ended = not message.get("more_body")
        # A caller that left: Django closes what it wrote, and answers nothing.
        return message if await self.takes(self.arrived) else {"type": "http.disconnect"}

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
        caller = Caller(scope)
        bounded = Bounded(receive, LARGEST_WITHOUT_TOKEN, caller.may_send)
        if await bounded.takes(declared_length(scope)):
            await self.application(scope, bounded, send)
            if not bounded.is_over:
                return
        await refuse(bounded, send, caller.refusal)


class Caller:
    """Who calls, as far as the token tells. It is asked after before much is taken in, else where the call is answered."""

    def __init__(self, scope: Message):
        self.authorization = dict(scope["headers"]).get(b"authorization", b"").decode("latin-1")
        self.refusal = too_large()

    async def may_send(self) -> int:
        scheme, _, token = self.authorization.partition(" ")
        if scheme.lower() != "bearer" or not token.strip():
            self.refusal = too_large_without_token()
            return LARGEST_WITHOUT_TOKEN
        try:
            await admit(self.authorization, is_counted=False)
        except Refusal as refusal:
            self.refusal = refusal
            return LARGEST_WITHOUT_TOKEN
        return LARGEST_BODY


def declared_length(scope: Message) -> int:
    declared = dict(scope["headers"]).get(b"content-length", b"")
    return int(declared) if declared.isdigit() else 0


async def refuse(bounded: Bounded, send: Send, refusal: Refusal) -> None:
    content = msgspec.json.encode(refusal.body)
    headers = [
        (b"content-type", b"application/json"),
        (b"content-length", str(len(content)).encode()),
        (b"connection", b"close"),
        *((name.lower().encode(), value.encode()) for name, value in refusal.headers.items()),
    ]
    await send({"type": "http.response.start", "status": refusal.status, "headers": headers})
    await send({"type": "http.response.body", "body": content, "more_body": True})
    is_known = bounded.largest == LARGEST_BODY
    await bounded.linger(bounded.largest + LARGEST_BODY if is_known else LINGER_WITHOUT_TOKEN)
    await send({"type": "http.response.body", "body": b""})


def too_large_without_token() -> Refusal:
    sentence = f"A request without an access token may hold {LARGEST_WITHOUT_TOKEN // 1024} KiB."
    return Refusal(413, f"{sentence} Send one: “Authorization: Bearer ps_…”.")
