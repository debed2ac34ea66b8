"""JSON with pictures in it, sent piece by piece: a 4 MiB picture never becomes a string, and is read only when its turn
comes."""

import secrets
from collections.abc import AsyncIterator, Sequence
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


class Places:
    """Marks where the base64 of a picture stands in an answer; nobody can guess one."""

    def __init__(self) -> None:
        self._secret = secrets.token_hex(16)
        self._images: list[Image] = []

    def base64_of(self, image: Image) -> str:
        self._images.append(image)
        return f"<{self._secret}>"

    async def respond(self, content: Any) -> HttpResponseBase:
        """The answer; its pictures in the order in which their places were given out. Raises Refusal when one is lost:
        once an answer has begun it can only break off."""
        if not self._images:
            return answer_json(content)
        if not await calls.in_thread(lambda: all(map(is_there, self._images))):
            sentence = "The picture was made, but its file is missing. An administrator should look at the storage."
            raise own_fault(sentence)
        parts = msgspec.json.encode(content).split(f"<{self._secret}>".encode())
        length = sum(map(len, parts)) + sum(-(-image.byte_size // 3) * 4 for image in self._images)
        response = StreamingHttpResponse(pieces(parts, self._images), content_type=JSON)
        response["Content-Length"] = str(length)
        return response


async def pieces(parts: Sequence[bytes], images: Sequence[Image]) -> AsyncIterator[bytes]:
    for part, image in zip(parts, images, strict=False):
        yield part
        yield await calls.in_thread(partial(encoded, image))
    yield parts[-1]


def is_there(image: Image) -> bool:
    """A storage that is in trouble has nothing to give."""
    try:
        return default_storage.exists(image.file_name)
    except OSError:
        return False


def read_base64(image: Image) -> str:
    return encoded(image).decode("ascii")


def encoded(image: Image) -> bytes:
    with default_storage.open(image.file_name) as file:
        return pybase64.b64encode(file.read())
