"""Pictures that come with a request: decoded or fetched through the one door, proven and kept like every upload."""

import asyncio
import re
from collections.abc import Mapping, Sequence
from functools import partial
from typing import Any

import pybase64

from gallery.endpoint.orders import Order
from gallery.endpoint.refusals import Refusal
from gallery.endpoint.wishes import Source
from gallery.gateway.errors import PictureNotFetched
from gallery.images.errors import PictureError
from gallery.models import Image, User
from gallery.services import calls, images
from gallery.services.questions import CONVERSATION

MOST_PICTURES = 24
AT_ONCE = 4
DATA_URL = re.compile(r"data:(?P<type>[\w.+-]+/[\w.+-]+)?(?:;[\w=.+-]+)*;base64,", re.I)
Inputs = dict[str, Sequence[Image]]


class BrokenDataURL(Exception):
    """The text is a sentence for people."""


async def take_in(order: Order, owner: User) -> tuple[Inputs, list[Mapping[str, Any]]]:
    """The order's pictures as stored ones by parameter, and what was said before with its pictures named by place.

    Raises Refusal, naming the picture that cannot be used.
    """
    named = [(name, source) for name, sources in order.pictures.items() for source in sources]
    earlier = [source for said in order.wish.conversation for source in said.pictures]
    named += [(CONVERSATION, source) for source in earlier]
    if len(named) > MOST_PICTURES:
        sentence = f"A request takes {MOST_PICTURES} pictures; there are {len(named)}."
        raise Refusal(400, sentence, param=order.wish.fields.pictures)
    gate = asyncio.Semaphore(AT_ONCE)
    params = [order.wish.field_of(source) for _, source in named]
    kept = await asyncio.gather(
        *(keep(source, number, owner, gate, params[number]) for number, (_, source) in enumerate(named))
    )
    inputs: dict[str, list[Image]] = {}
    for (name, _), image in zip(named, kept, strict=True):
        inputs.setdefault(name, []).append(image)
    return {**inputs}, conversation_of(order)


def conversation_of(order: Order) -> list[Mapping[str, Any]]:
    place = 0
    turns: list[Mapping[str, Any]] = []
    for said in order.wish.conversation:
        turns.append({"role": said.role, "text": said.text, "pictures": list(range(place, place + len(said.pictures)))})
        place += len(said.pictures)
    return turns


async def keep(source: Source, number: int, owner: User, gate: asyncio.Semaphore, param: str) -> Image:
    async with gate:
        try:
            return await calls.for_arrivals(partial(store, source, owner))
        except BrokenDataURL as problem:
            raise Refusal(400, str(problem), param=param) from problem
        except (PictureError, PictureNotFetched) as problem:
            sentence = f"Picture {number + 1} cannot be used. {problem.sentence}"
            raise Refusal(400, sentence, param=param, metadata={"error_type": "invalid_image"}) from problem


def store(source: Source, owner: User) -> Image:
    if isinstance(source, bytes):
        return images.store_upload(source=source, owner=owner)
    if source[:5].lower() == "data:":
        return images.store_upload(source=decode_data_url(source), owner=owner)
    return images.store_from_address(address=source, owner=owner)


def decode_data_url(url: str) -> bytes:
    """The bytes in a data URL, whatever type it declares. Raises BrokenDataURL."""
    found = DATA_URL.match(url[:200])
    if not found:
        raise BrokenDataURL("A data URL must look like data:image/png;base64,….")
    coded = url[found.end() :].encode()
    try:
        return pybase64.b64decode(coded, validate=True)
    except ValueError:
        pass
    try:
        # Plain `base64 file` breaks its lines.
        return pybase64.b64decode(b"".join(coded.split()), validate=True)
    except ValueError as problem:
        raise BrokenDataURL("A data URL holds broken base64.") from problem
