"""The images API: `POST images/generations` and `images/edits` as OpenAI has them, `POST images` as OpenRouter does."""

from collections.abc import AsyncIterator, Callable, Mapping
from functools import partial
from typing import Any

from django.http import HttpRequest, HttpResponseBase

from gallery.endpoint import answers, bodies, image_requests, running
from gallery.endpoint.events import SIGN_OF_LIFE, Telling, event
from gallery.endpoint.files import links_of, origin_of
from gallery.endpoint.picture_json import Places
from gallery.endpoint.refusals import Refusal
from gallery.endpoint.running import Started
from gallery.endpoint.surface import mark, surface
from gallery.endpoint.wishes import Wish
from gallery.models import AccessToken, Generation, Image

COMPLETED = "image_generation.completed"
EDITED = "image_edit.completed"


@surface("POST", is_counted=True)
async def generations(request: HttpRequest, access_token: AccessToken) -> HttpResponseBase:
    return await make(request, access_token, image_requests.read_generation)


@surface("POST", is_counted=True)
async def routed(request: HttpRequest, access_token: AccessToken) -> HttpResponseBase:
    return await make(request, access_token, image_requests.read_routed, with_types=True)


@surface("POST", is_counted=True)
async def edits(request: HttpRequest, access_token: AccessToken) -> HttpResponseBase:
    if request.content_type != bodies.FORM:
        return await make(request, access_token, image_requests.read_edit, event_name=EDITED)
    form = await bodies.read_form(request)
    wish = image_requests.read_edit_form(form)
    return await answer(request, access_token, wish, form.known_by, form.fields, with_types=False, event_name=EDITED)


async def make(
    request: HttpRequest,
    access_token: AccessToken,
    read: Callable[[Mapping[str, Any]], Wish],
    *,
    with_types: bool = False,
    event_name: str = COMPLETED,
) -> HttpResponseBase:
    body = bodies.read_bytes(request, bodies.JSON, *([bodies.FORM] if read is image_requests.read_edit else []))
    fields = await bodies.decode_json(body)
    return await answer(request, access_token, read(fields), body, fields, with_types=with_types, event_name=event_name)


async def answer(
    request: HttpRequest,
    access_token: AccessToken,
    wish: Wish,
    body: bytes,
    fields: Mapping[str, Any],
    *,
    with_types: bool,
    event_name: str,
) -> HttpResponseBase:
    origin = origin_of(request) if image_requests.read_format(fields) == "url" else ""
    start = partial(running.start, request, access_token, wish, body)
    if wish.is_streamed:
        return await Telling().respond(start, ImagesSpeech(event_name=event_name, with_types=with_types))
    started = await start()
    generation = await started.end()
    links = links_of(origin, generation) if origin else None
    places = Places()
    told = answers.image_answer(generation, started.warnings, links, with_types=with_types, base64_of=places.base64_of)
    return mark(await places.respond(told), generation)


class ImagesSpeech:
    """One event for each picture; the last one holds the usage of all."""

    def __init__(self, *, event_name: str, with_types: bool):
        self._event_name = event_name
        self._with_types = with_types

    def opening(self, started: Started) -> bytes:
        return SIGN_OF_LIFE

    async def end(self, started: Started, generation: Generation) -> AsyncIterator[bytes]:
        pictures = answers.pictures_of(generation)
        for number, image in enumerate(pictures):
            content = self._content_of(generation, image)
            places = Places()
            content["b64_json"] = places.base64_of(image)
            if number == len(pictures) - 1:
                content["usage"] = answers.image_usage_of(generation, with_types=self._with_types)
                content["metadata"] = answers.metadata_of(generation, started.warnings)
            async for piece in places.pieces_of(b"event: " + self._event_name.encode() + b"\n" + event(content)):
                yield piece

    def refusal(self, refusal: Refusal) -> bytes:
        return b"event: error\n" + event({"type": "error", **refusal.body})

    def _content_of(self, generation: Generation, image: Image) -> dict[str, Any]:
        """OpenAI's clients read `created_at`, OpenRouter's `created` and the media type."""
        return {
            "type": self._event_name,
            "created_at": int(generation.created_at.timestamp()),
            "created": int(generation.created_at.timestamp()),
            "media_type": image.media_type,
            "output_format": image.media_type.partition("/")[2].partition("+")[0],
            "size": f"{image.width}x{image.height}",
            "quality": "auto",
            "background": "auto",
        }
