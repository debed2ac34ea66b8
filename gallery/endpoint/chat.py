"""`POST chat/completions`: pictures, words about pictures, plain words; whole or as a stream."""

import asyncio
from collections.abc import AsyncIterator, Sequence
from functools import partial
from typing import Any

from django.http import HttpRequest, HttpResponseBase

from gallery.endpoint import answers, bodies, running
from gallery.endpoint.chat_requests import read_chat
from gallery.endpoint.events import Telling, event
from gallery.endpoint.files import links_of, origin_of
from gallery.endpoint.picture_json import Places, read_base64
from gallery.endpoint.refusals import Refusal
from gallery.endpoint.surface import surface
from gallery.endpoint.wishes import Wish
from gallery.models import AccessToken, Generation
from gallery.services import calls

FORMS = ("", "data", "url", "content")


@surface("POST", is_counted=True)
async def chat_completions(request: HttpRequest, access_token: AccessToken) -> HttpResponseBase:
    """`?images=url` gives links in place of bytes, `?images=content` pictures as parts of the content."""
    body = bodies.read_bytes(request, bodies.JSON)
    wish = read_chat(bodies.read_json(body))
    form = request.GET.get("images", "")
    if form not in FORMS:
        raise Refusal(400, "images takes one of: data, url, content.", param="images")
    origin = origin_of(request) if form == "url" else ""
    if wish.is_streamed:
        return await stream(request, access_token, wish, body, form, origin)
    started = await running.start(request, access_token, wish, body)
    generation = await started.end()
    links = links_of(origin, generation) if origin else None
    places = Places()
    told = answers.completion(
        generation, started.warnings, links, as_parts=form == "content", base64_of=places.base64_of
    )
    return mark(await places.respond(told), generation)


def mark(response: HttpResponseBase, generation: Generation) -> HttpResponseBase:
    response["X-Generation-Id"] = str(generation.pk)
    if generation.is_simulated:
        response["X-Proofsheet-Simulated"] = "true"
    return response


# The stream --------------------------------------------------------------------------------------------------------


async def stream(
    request: HttpRequest, access_token: AccessToken, wish: Wish, body: bytes, form: str, origin: str
) -> HttpResponseBase:
    telling = Telling()
    heads: list[dict[str, Any]] = []

    def say(words: str) -> None:
        if heads:
            telling.tell_words(event(chunk(heads[0], {"content": words})))

    started = await running.start(request, access_token, wish, body, watch=say)
    heads.append(answers.head_of(started.generation, "chat.completion.chunk"))
    tell_end = partial(chunks_of_end, heads[0], telling, started.warnings, form=form, origin=origin)
    following = asyncio.ensure_future(telling.follow(started, tell_end, partial(chunk_of_refusal, heads[0])))
    response = await telling.respond(event(chunk(heads[0], {"role": "assistant", "content": ""})), following)
    return mark(response, started.generation)


def chunk(head: dict[str, Any], delta: dict[str, Any], finish_reason: str | None = None) -> dict[str, Any]:
    choice = {
        "index": 0,
        "delta": delta,
        "finish_reason": finish_reason,
        "native_finish_reason": finish_reason,
        "logprobs": None,
    }
    return {**head, "choices": [choice]}


async def chunks_of_end(
    head: dict[str, Any],
    telling: Telling,
    warnings: Sequence[str],
    generation: Generation,
    *,
    form: str,
    origin: str,
) -> AsyncIterator[bytes]:
    """What was not told yet: words of an answer that came whole, one chunk for each picture, the end, the usage."""
    head = {**head, "provider": answers.head_of(generation, "")["provider"]}
    if generation.answer and not telling.has_words:
        yield event(chunk(head, {"content": generation.answer}))
    links = links_of(origin, generation) if origin else None
    for number, image in enumerate(answers.pictures_of(generation)):
        url = links[number] if links else await calls.in_thread(partial(answers.data_url, image, read_base64))
        entry = answers.image_entry(url, number)
        delta: dict[str, Any] = {"role": "assistant", "content": "", "images": [entry]}
        if form == "content":
            delta = {"role": "assistant", "content": [{"type": entry["type"], "image_url": entry["image_url"]}]}
        yield event(chunk(head, delta))
    yield event(chunk(head, {"content": ""}, answers.finish_reason_of(generation)))
    metadata = answers.metadata_of(generation, warnings)
    yield event({**head, "choices": [], "usage": answers.usage_of(generation), "metadata": metadata})


def chunk_of_refusal(head: dict[str, Any], refusal: Refusal) -> bytes:
    return event({**chunk(head, {"content": ""}, "error"), **refusal.body})
