"""Server-sent events: an answer told while it comes, with a sign of life in every silence."""

import asyncio
import logging
from collections.abc import AsyncIterator, Callable, Coroutine
from contextlib import suppress
from typing import Any, Protocol

import msgspec
from django.http import StreamingHttpResponse

from gallery.endpoint.refusals import Refusal, own_fault
from gallery.endpoint.running import Started
from gallery.endpoint.surface import mark
from gallery.models import Generation

logger = logging.getLogger(__name__)

SIGN_OF_LIFE = b": keep-alive\n\n"
DONE = b"data: [DONE]\n\n"
END = b"\n\n"
SILENCE_SECONDS = 10.0

Start = Callable[[], Coroutine[Any, Any, Started]]


def event(content: Any) -> bytes:
    return b"data: " + msgspec.json.encode(content) + b"\n\n"


class Speech(Protocol):
    """How a surface puts a run into events. `end` gives a picture in several pieces."""

    def opening(self, started: Started) -> bytes: ...

    def end(self, started: Started, generation: Generation) -> AsyncIterator[bytes]: ...

    def refusal(self, refusal: Refusal) -> bytes: ...


class Telling:
    """What a run has to tell, and the response that tells it. Until the response has begun, a refusal keeps its status."""

    def __init__(self) -> None:
        self.has_words = False
        self._started: Started | None = None
        self._opening = SIGN_OF_LIFE
        self._pieces: asyncio.Queue[bytes | None] = asyncio.Queue()
        self._has_begun = False
        self._is_within = False

    def tell_words(self, piece: bytes) -> None:
        self.has_words = True
        self._pieces.put_nowait(piece)

    async def respond(self, start: Start, speech: Speech) -> StreamingHttpResponse:
        """The response, begun with the first piece or after a while of silence, whatever is waited for. Raises Refusal."""
        following = asyncio.ensure_future(self._follow(start, speech))
        first = asyncio.ensure_future(self._pieces.get())
        either: list[asyncio.Future[Any]] = [first, following]
        try:
            await asyncio.wait(either, timeout=SILENCE_SECONDS, return_when=asyncio.FIRST_COMPLETED)
            if following.done():
                following.result()
        except BaseException:
            for waiting in either:
                waiting.cancel()
            raise
        self._has_begun = True
        body = Body(self._opening, self._pieces, first, following)
        response = StreamingHttpResponse(body, content_type="text/event-stream")
        response["Cache-Control"] = "no-cache"
        response["X-Accel-Buffering"] = "no"
        if self._started:
            mark(response, self._started.generation)
        return response

    async def _follow(self, start: Start, speech: Speech) -> None:
        """Tell a run from its start to its end, or why it came to none. Raises Refusal when nothing was told yet."""
        try:
            started = await start()
            self._open(started, speech.opening(started))
            async for piece in speech.end(started, await started.end()):
                self._is_within = not piece.endswith(END)
                self._pieces.put_nowait(piece)
                # Pictures are megabytes: more is read when this is on its way.
                await self._pieces.join()
        except Refusal as refusal:
            if not self._has_begun:
                raise
            self._pieces.put_nowait(speech.refusal(refusal))
        except Exception:
            if not self._has_begun:
                raise
            pk = self._started.generation.pk if self._started else None
            logger.exception("generation %s could not be told to its end", pk)
            sentence = "Something failed in the studio while the answer was sent. Its log has more."
            metadata = {"generation_id": str(pk)} if pk else {}
            # A picture that broke off half-way must not swallow it.
            end = END if self._is_within else b""
            self._pieces.put_nowait(end + speech.refusal(own_fault(sentence, metadata=metadata)))
        self._pieces.put_nowait(DONE)
        self._pieces.put_nowait(None)

    def _open(self, started: Started, opening: bytes) -> None:
        """What stands before everything else; it does not begin the response, which may still be refused."""
        self._started = started
        if self._has_begun:
            self._pieces.put_nowait(opening)
        else:
            self._opening = opening


class Body:
    """The pieces as they come. When its reader has gone nothing more is told; the run itself goes on."""

    def __init__(
        self,
        opening: bytes,
        pieces: "asyncio.Queue[bytes | None]",
        first: "asyncio.Future[bytes | None]",
        following: "asyncio.Future[None]",
    ):
        self._opening = opening
        self._pieces = pieces
        self._coming = first
        self._following = following
        self._loop = asyncio.get_running_loop()

    async def __aiter__(self) -> AsyncIterator[bytes]:
        try:
            yield self._opening
            is_within = False
            while True:
                await asyncio.wait([self._coming], timeout=SILENCE_SECONDS)
                if not self._coming.done():
                    if not is_within:
                        yield SIGN_OF_LIFE
                    continue
                piece = self._coming.result()
                if piece is None:
                    return
                yield piece
                is_within = not piece.endswith(END)
                self._pieces.task_done()
                self._coming = asyncio.ensure_future(self._pieces.get())
        finally:
            self._stop()

    def close(self) -> None:
        """Called by Django at the end of every response, in whatever thread: also of one that nobody read."""
        # The loop may have ended with its caller.
        with suppress(RuntimeError):
            self._loop.call_soon_threadsafe(self._stop)

    def _stop(self) -> None:
        self._coming.cancel()
        self._following.cancel()
