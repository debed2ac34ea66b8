"""`POST chat/completions`: pictures, words about pictures, plain words; whole or as a stream."""

from functools import partial

from django.http import HttpRequest, HttpResponseBase

from gallery.endpoint import answers, bodies, running
from gallery.endpoint.chat_chunks import ChatSpeech
from gallery.endpoint.chat_requests import read_chat
from gallery.endpoint.events import Telling
from gallery.endpoint.files import links_of, origin_of
from gallery.endpoint.picture_json import Places
from gallery.endpoint.refusals import Refusal
from gallery.endpoint.surface import mark, surface
from gallery.models import AccessToken

FORMS = ("", "data", "url", "content")


@surface("POST", is_counted=True)
async def chat_completions(request: HttpRequest, access_token: AccessToken) -> HttpResponseBase:
    """`?images=url` gives links in place of bytes, `?images=content` pictures as parts of the content."""
    body = bodies.read_bytes(request, bodies.JSON)
    wish = read_chat(await bodies.decode_json(body))
    form = request.GET.get("images", "")
    if form not in FORMS:
        raise Refusal(400, "images takes one of: data, url, content.", param="images")
    origin = origin_of(request) if form == "url" else ""
    if wish.is_streamed:
        telling = Telling()
        speech = ChatSpeech(telling, model=wish.model, form=form, origin=origin, has_usage_chunk=wish.has_usage_chunk)
        start = partial(running.start, request, access_token, wish, body, watch=speech.say)
        return await telling.respond(start, speech)
    started = await running.start(request, access_token, wish, body)
    generation = await started.end()
    links = links_of(origin, generation) if origin else None
    places = Places()
    told = answers.completion(
        generation, started.warnings, links, as_parts=form == "content", base64_of=places.base64_of
    )
    return mark(await places.respond(told), generation)
