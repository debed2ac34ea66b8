"""The sandbox over real HTTP, as a plain ASGI application; the `sandbox_gateway` command serves it."""

from collections.abc import Awaitable, Callable, MutableMapping
from typing import Any

from gallery.gateway.sandbox.calls import Answer, answer_json
from gallery.gateway.sandbox.gateways import Sandbox

LARGEST_BODY = 128 * 1024 * 1024

Scope = MutableMapping[str, Any]
Receive = Callable[[], Awaitable[MutableMapping[str, Any]]]
Send = Callable[[MutableMapping[str, Any]], Awaitable[None]]


class SandboxApp:
    """Asks for a key, as the real gateways do: any one is good that does not contain "wrong", and has
    credit unless it contains "empty"."""

    def __init__(self, *, pace: float = 1.0):
        self._sandbox = Sandbox(pace=pace, checks_keys=True)

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] == "lifespan":
            await _live(receive, send)
        elif scope["type"] == "http":
            await self._answer(scope, receive, send)

    async def _answer(self, scope: Scope, receive: Receive, send: Send) -> None:
        headers = {name.decode("latin-1").lower(): value.decode("latin-1") for name, value in scope["headers"]}
        body = await _read(receive)
        if body is None:
            answer = answer_json({"error": {"message": "The request is too large.", "code": 413}}, 413)
        else:
            url = f"{scope['scheme']}://{headers.get('host', 'localhost')}{scope['path']}"
            answer = await self._sandbox.answer(method=scope["method"], url=url, headers=headers, body=body)
        await _send(answer, send, is_head=scope["method"] == "HEAD")


async def _read(receive: Receive) -> bytes | None:
    """The whole body; None when it is too large or the caller left."""
    chunks: list[bytes] = []
    size = 0
    while True:
        message = await receive()
        if message["type"] != "http.request":
            return None
        chunks.append(message.get("body", b""))
        size += len(chunks[-1])
        if size > LARGEST_BODY:
            return None
        if not message.get("more_body"):
            return b"".join(chunks)


async def _send(answer: Answer, send: Send, *, is_head: bool) -> None:
    headers = [(name.encode("latin-1"), value.encode("latin-1")) for name, value in answer.all_headers.items()]
    await send({"type": "http.response.start", "status": answer.status, "headers": headers})
    if answer.stream is not None:
        async for piece in answer.stream:
            await send({"type": "http.response.body", "body": piece, "more_body": True})
    await send({"type": "http.response.body", "body": b"" if is_head else answer.body})


async def _live(receive: Receive, send: Send) -> None:
    while True:
        message = await receive()
        await send({"type": f"{message['type']}.complete"})
        if message["type"] == "lifespan.shutdown":
            return
