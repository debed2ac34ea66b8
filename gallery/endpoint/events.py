"""Server-sent events: an answer told while it comes, with a sign of life in every silence."""

import asyncio
import logging
from collections.abc import AsyncIterator, Callable
from typing import Any

import msgspec
from django.http import StreamingHttpResponse

from gallery.endpoint.refusals import Refusal
from gallery.endpoint.running import Started
from gallery.models import Generation

logger = logging.getLogger(__name__)

SIGN_OF_LIFE = b": keep-alive\n\n"
DONE = b"data: [DONE]\n\n"
SILENCE_SECONDS = 10.0


def event(content: Any) -> bytes:
    return b"data: " + msgspec.json.encode(content) + b"\n\n"


class Telling:
    """What a run has to tell, and the response that tells it. Until the response has begun, a refusal keeps its status."""

    def __init__(self) -> None:
        self.has_words = False
        self._pieces: asyncio.Queue[bytes | None] = asyncio.Queue()
        self._has_begun = False

    def tell(self, *pieces: bytes) -> None:
        for piece in pieces:
            self._pieces.put_nowait(piece)

    def tell_words(self, piece: bytes) -> None:
        self.has_words = True
        self.tell(piece)

    async def follow(
        self,
        started: Started,
        tell_end: Callable[[Generation], AsyncIterator[bytes]],
        tell_refusal: Callable[[Refusal], bytes],
    ) -> None:
        """Tell the end of a run: what `tell_end` says of it, or the refusal. Raises Refusal when nothing was told yet."""
        try:
            async for piece in tell_end(await started.end()):
                self.tell(piece)
        except Refusal as refusal:
            if not self._has_begun:
                raise
            self.tell(tell_refusal(refusal))
        except Exception:
            if not self._has_begun:
                raise
            logger.exception("generation %s could not be told to its end", started.generation.pk)
            metadata = {"generation_id": str(started.generation.pk)}
            sentence = "Something failed in the studio while the answer was sent. Its log has more."
            self.tell(tell_refusal(Refusal(500, sentence, metadata=metadata)))
        finally:
            self.tell(DONE)
            self._pieces.put_nowait(None)

    async def respond(self, opening: bytes, following: "asyncio.Future[None]") -> StreamingHttpResponse:
        """The response, begun with the first piece or after a while of silence. Raises Refusal."""
        first = asyncio.ensure_future(self._pieces.get())
        either: list[asyncio.Future[Any]] = [first, following]
        await asyncio.wait(either, timeout=SILENCE_SECONDS, return_when=asyncio.FIRST_COMPLETED)
        if following.done():
            following.result()
        self._has_begun = True
        response = StreamingHttpResponse(self._body(opening, first), content_type="text/event-stream")
        response["Cache-Control"] = "no-cache"
        response["X-Accel-Buffering"] = "no"
        return response

    async def _body(self, opening: bytes, first: "asyncio.Future[bytes | None]") -> AsyncIterator[bytes]:
        yield opening
        coming = first
        while True:
            await asyncio.wait([coming], timeout=SILENCE_SECONDS)
            if not coming.done():
                yield SIGN_OF_LIFE
                continue
            piece = coming.result()
            if piece is None:
                return
            yield piece
            coming = asyncio.ensure_future(self._pieces.get())
