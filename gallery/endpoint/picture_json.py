"""JSON with pictures in it, sent piece by piece: a picture is read and written as base64 as its reader takes it, and never
stands in memory whole, however long that lasts."""

import secrets
from collections.abc import AsyncIterator
from functools import partial
from typing import Any

import msgspec
import pybase64
from django.core.files.storage import default_storage
from django.http import HttpResponseBase, StreamingHttpResponse

from gallery.endpoint.bodies import JSON
from gallery.endpoint.refusals import own_fault
from gallery.endpoint.surface import answer_json
from gallery.models import Image
from gallery.services import calls

# A multiple of three: base64 of the parts is base64 of the whole.
PIECE = 768 * 1024


class Places:
    """Marks where the base64 of a picture stands in an answer; nobody can guess one."""

    def __init__(self) -> None:
        self._place = f"<{secrets.token_hex(16)}>".encode()
        self._images: list[Image] = []

    def base64_of(self, image: Image) -> str:
        self._images.append(image)
        return self._place.decode()

    async def respond(self, content: Any) -> HttpResponseBase:
        """The answer; its pictures in the order in which their places were given out. Raises Refusal when one is lost:
        once an answer has begun it can only break off."""
        if not self._images:
            return answer_json(content)
        if not await calls.in_thread(lambda: all(map(is_there, self._images))):
            sentence = "The picture was made, but its file is missing. An administrator should look at the storage."
            raise own_fault(sentence)
        told = msgspec.json.encode(content)
        length = len(told) + sum(-(-image.byte_size // 3) * 4 - len(self._place) for image in self._images)
        response = StreamingHttpResponse(self.pieces_of(told), content_type=JSON)
        response["Content-Length"] = str(length)
        return response

    async def pieces_of(self, told: bytes) -> AsyncIterator[bytes]:
        """What is told, with the pictures in their places. The beginning of a picture is read before what stands in front
        of it is given: one that cannot be had breaks off between two pieces."""
        *parts, last = told.split(self._place)
        for part, image in zip(parts, self._images, strict=True):
            async for piece in encoded(image):
                if part:
                    yield part
                part = b""
                yield piece
        yield last


def is_there(image: Image) -> bool:
    """A storage that is in trouble has nothing to give."""
    try:
        return default_storage.exists(image.file_name)
    except OSError:
        return False


async def encoded(image: Image) -> AsyncIterator[bytes]:
    file = await calls.in_thread(partial(default_storage.open, image.file_name))
    try:
        while piece := await calls.in_thread(partial(read_piece, file)):
            yield piece
    finally:
        file.close()


def read_piece(file: Any) -> bytes:
    """The base64 of as much as is sent at once. A storage may give less than it is asked for."""
    content: bytes = file.read(PIECE)
    while content and len(content) < PIECE and (more := file.read(PIECE - len(content))):
        content += more
    return pybase64.b64encode(content)
