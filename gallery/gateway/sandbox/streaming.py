"""A whole reply sent in pieces, as gateways do it: comments while the work goes on, words one by one, a picture a line."""

import asyncio
import re
from collections.abc import AsyncIterator, Awaitable, Callable, Iterator, Mapping
from typing import Any

import msgspec

from gallery.gateway.sandbox.calls import Answer
from gallery.gateway.sandbox.studio import Studio

MEDIA_TYPE = "text/event-stream"
WORD_SECONDS = 0.04
COMMENT_SECONDS = 0.4
Reply = Mapping[str, Any]
Work = Callable[[], Awaitable[Reply]]


def answer_streamed(work: Work, studio: Studio, *, comment: str, failure: bytes = b"", is_cut: bool = False) -> Answer:
    """`work` gives the whole reply. With `failure` that event ends the stream after the first words; with `is_cut` it
    ends after the first picture, or in the middle of the words, without a farewell."""
    return Answer(stream=_pieces(work, studio, comment, failure, is_cut), media_type=MEDIA_TYPE)


def event(value: object, kind: str = "") -> bytes:
    name = f"event: {kind}\n".encode() if kind else b""
    return name + b"data: " + msgspec.json.encode(value) + b"\n\n"


async def _pieces(work: Work, studio: Studio, comment: str, failure: bytes, is_cut: bool) -> AsyncIterator[bytes]:
    working = asyncio.ensure_future(work())
    try:
        while not working.done():
            yield f": {comment}\n\n".encode()
            await asyncio.wait({working}, timeout=max(0.05, COMMENT_SECONDS * studio.pace))
        reply = await working
    finally:
        working.cancel()
    chunks = list(_chunks(reply))
    for number, chunk in enumerate(chunks):
        if (failure or is_cut) and number == _end_of(chunks):
            yield failure
            return
        yield event(chunk)
        await studio.wait(WORD_SECONDS)
    yield b"data: [DONE]\n\n"


def _end_of(chunks: list[dict[str, Any]]) -> int:
    """The place behind the first picture; without one, the middle."""
    places = (number for number, chunk in enumerate(chunks) if "images" in _delta(chunk))
    return next(places, len(chunks) // 2) + 1


def _delta(chunk: Mapping[str, Any]) -> Mapping[str, Any]:
    return chunk["choices"][0]["delta"] if chunk["choices"] else {}


def _chunks(reply: Reply) -> Iterator[dict[str, Any]]:
    [choice] = reply["choices"]
    head = {name: value for name, value in reply.items() if name not in ("choices", "usage")}
    head["object"] = "chat.completion.chunk"

    def chunk(delta: Mapping[str, Any], finish_reason: str | None = None) -> dict[str, Any]:
        return head | {"choices": [{"index": 0, "delta": delta, "finish_reason": finish_reason}]}

    message = choice["message"]
    yield chunk({"role": "assistant", "content": ""})
    for word in re.findall(r"\S+\s*|\s+", message.get("content") or ""):
        yield chunk({"content": word})
    for number, image in enumerate(message.get("images", ())):
        yield chunk({"images": [image | {"index": number}]})
    yield chunk({}, choice["finish_reason"])
    yield head | {"choices": [], "usage": reply["usage"]}
