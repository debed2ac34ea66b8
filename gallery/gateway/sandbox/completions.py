"""The chat call of OpenRouter, OpenRoute, LLMGateway and OpenAI, which differ in little; each brings its own `House`.

For people who want to see a failure, these words in a prompt give the documented answer of that kind, in each gateway's
own shape: `sandbox:refuse` (content rules), `sandbox:rate-limit` (429 with Retry-After), `sandbox:no-credit` (402),
`sandbox:no-image` (an answer in words), `sandbox:error` (a fault after the work began: within the answer),
`sandbox:cut` (the answer breaks off), `sandbox:slow` (after about a minute), `sandbox:broken` (a proxy's web page),
`sandbox:wrong-value` (a size or shape is refused, and those that are taken are named).
"""

import re
import secrets
import time
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from functools import partial
from typing import Any

import pybase64

from gallery.gateway.sandbox import orders, streaming, words, wrong_values
from gallery.gateway.sandbox.calls import Answer, Call, answer_json
from gallery.gateway.sandbox.orders import Order
from gallery.gateway.sandbox.references import ReferenceRefused, reduced
from gallery.gateway.sandbox.requests import ChatRequest, read_references, read_request
from gallery.gateway.sandbox.sizes import SizeRefused, size_for
from gallery.gateway.sandbox.studio import Studio

SLOW_SECONDS = 60
TOKENS_OF_A_PICTURE = 1290
TOKENS_OF_A_REFERENCE = 258
SOME_SIZES = ("1024x1024", "1024x1536", "1536x1024")
FAULT = re.compile(r"\bsandbox:([a-z-]+)", re.IGNORECASE)


class Refused(Exception):
    """The request is not taken; the text is the gateway's complaint."""

    def __init__(self, message: str, *, status: int = 400, code: str = "", parameter: str = ""):
        super().__init__(message)
        self.message, self.status, self.code, self.parameter = message, status, code, parameter
        self.reasons: Sequence[str] = ()
        self.headers: Mapping[str, str] = {}
        # Of a refused setting: its value, and what is taken instead.
        self.value = ""
        self.taken: Sequence[str] = ()


@dataclass(frozen=True, kw_only=True)
class PlayedModel:
    """`dollars` and `seconds` are for one picture; both are invented, of a believable size. `gives`: kinds of output."""

    name: str
    dollars: float = 0.039
    seconds: float = 1.8
    media_type: str = "image/png"
    gives: tuple[str, ...] = ("image", "text")


@dataclass(frozen=True, kw_only=True)
class House:
    """What sets one gateway apart. `complain` writes its error body; `event_of` an error within a stream; `finish` makes
    a reply its own: names, usage; `count_of` says how many pictures a request asks for."""

    api_path: str
    comment: str
    models: Mapping[str, PlayedModel]
    complain: Callable[[Refused], Answer]
    event_of: Callable[[Refused], bytes]
    wants_image: Callable[[ChatRequest, PlayedModel], bool]
    count_of: Callable[[ChatRequest], int]
    finish: Callable[[ChatRequest, dict[str, Any], float], dict[str, Any]]
    pages: Mapping[str, Callable[[], Any]] = field(default_factory=dict)
    open_pages: frozenset[str] = frozenset()


async def answer(house: House, call: Call, studio: Studio) -> Answer:
    page = call.path.removeprefix(house.api_path)
    if call.checks_key and not call.has_key and page not in house.open_pages:
        return house.complain(no_key())
    if page in house.pages and call.method in ("GET", "HEAD"):
        return answer_json(house.pages[page]())
    if page != "/chat/completions" or call.method != "POST":
        return house.complain(Refused("Not found", status=404 if page != "/chat/completions" else 405))
    if call.is_out_of_credit:
        return house.complain(Refused("Insufficient credits", status=402, code="insufficient_credits"))
    request = read_request(call.json())
    try:
        return await _respond(house, request, studio, fault_in(request))
    except ReferenceRefused as error:
        return house.complain(Refused(str(error), code="invalid_image"))
    except Refused as error:
        return house.complain(error)


async def _respond(house: House, request: ChatRequest, studio: Studio, fault: str) -> Answer:
    if early := early_answer(request, fault):
        return early
    work = await prepare(house, request, studio, fault)
    if request.is_streamed:
        failure = house.event_of(lost_provider()) if fault == "error" else b""
        return streaming.answer_streamed(work, studio, comment=house.comment, failure=failure, is_cut=fault == "cut")
    if fault == "error":
        raise lost_provider()
    whole = answer_json(await work())
    return Answer(body=whole.body[: len(whole.body) // 2]) if fault == "cut" else whole


def fault_in(request: ChatRequest) -> str:
    """The fault that the prompt asks for, "" for none."""
    found = FAULT.search(request.prompt)
    return found[1].lower() if found else ""


def early_answer(request: ChatRequest, fault: str) -> Answer | None:
    """What comes before any work. Raises Refused."""
    if fault == "broken":
        page = b"<html><head><title>502 Bad Gateway</title></head><body><h1>502 Bad Gateway</h1></body></html>"
        return Answer(body=page, status=502, media_type="text/html")
    if fault in _REFUSALS:
        raise _REFUSALS[fault]()
    if fault == "wrong-value" and (found := wrong_values.refused(request.image_config)):
        raise wrong_value(*found)
    return None


async def prepare(house: House, request: ChatRequest, studio: Studio, fault: str) -> streaming.Work:
    """Checks everything; what is left to do is given back. Raises Refused and ReferenceRefused."""
    if not request.model or "no-such" in request.model:
        raise Refused(f"{request.model or 'The empty name'} is not a valid model ID")
    if not request.prompt and not request.picture_urls:
        raise Refused("Input required: specify a prompt or messages", parameter="messages")
    # A model that an administrator added does everything.
    played = house.models.get(request.model, PlayedModel(name=request.model))
    if not house.wants_image(request, played) or fault == "no-image":
        return partial(_say, house, request, studio, "" if fault != "no-image" else words.INSTEAD_OF_A_PICTURE)
    order = await studio.make(lambda: _order(house, request, played, studio), 0)
    seconds = SLOW_SECONDS if fault == "slow" else played.seconds * (1 + 0.4 * (order.count - 1))
    return partial(_draw, house, request, studio, order, played, seconds)


async def _say(house: House, request: ChatRequest, studio: Studio, said: str) -> dict[str, Any]:
    said = said or await studio.make(lambda: words.about(read_references(request, studio.files)), 1.0)
    return house.finish(request, _reply(request, {"content": said}, words.tokens_of(said)), 0.0001)


async def _draw(
    house: House, request: ChatRequest, studio: Studio, order: Order, played: PlayedModel, seconds: float
) -> dict[str, Any]:
    made = await studio.make(partial(orders.carry_out, order), seconds)
    urls = [f"data:{one.media_type};base64,{pybase64.b64encode_as_string(one.content)}" for one in made]
    images = [{"type": "image_url", "image_url": {"url": url}} for url in urls]
    said = words.WITH_A_PICTURE if "text" in played.gives else ""
    dollars = played.dollars * len(made) * (2 if request.image_config.get("image_size") == "4K" else 1)
    reply = _reply(request, {"content": said, "images": images}, TOKENS_OF_A_PICTURE * len(made))
    return house.finish(request, reply, round(dollars, 6))


def _order(house: House, request: ChatRequest, played: PlayedModel, studio: Studio) -> Order:
    references = read_references(request, studio.files)
    try:
        size = size_for(request.image_config, references[0].size if references else None)
    except SizeRefused as error:
        raise wrong_value(error.parameter, str(error), SOME_SIZES) from error
    seed = request.image_config.get("seed")
    return Order(
        prompt=request.prompt,
        size=size,
        seed=seed if isinstance(seed, int) else secrets.randbits(32),
        count=house.count_of(request),
        salt=request.model,
        references=[reduced(reference) for reference in references],
        media_type=played.media_type,
    )


def _reply(request: ChatRequest, message: Mapping[str, Any], tokens: int) -> dict[str, Any]:
    asked = words.tokens_of(request.prompt) + TOKENS_OF_A_REFERENCE * len(request.picture_urls)
    return {
        "object": "chat.completion",
        "created": int(time.time()),
        "model": request.model,
        "choices": [{"index": 0, "message": {"role": "assistant", **message}, "finish_reason": "stop"}],
        "usage": {"prompt_tokens": asked, "completion_tokens": tokens, "total_tokens": asked + tokens},
    }


def _flagged() -> Refused:
    refused = Refused("Your input was flagged by moderation", status=403, code="content_policy_violation")
    refused.reasons = ("violence",)
    return refused


def _too_many() -> Refused:
    refused = Refused("Rate limit exceeded", status=429, code="rate_limit_exceeded")
    refused.headers = {"retry-after": "5"}
    return refused


def wrong_value(parameter: str, value: str, taken: Sequence[str]) -> Refused:
    refused = Refused(f"Invalid value for {parameter}: {value}", code="invalid_value", parameter=parameter)
    refused.value, refused.taken = value, taken
    return refused


def no_key() -> Refused:
    return Refused("No auth credentials found", status=401, code="invalid_api_key")


def lost_provider() -> Refused:
    return Refused("Provider returned error", status=502, code="provider_unavailable")


_REFUSALS: Mapping[str, Callable[[], Refused]] = {
    "refuse": _flagged,
    "rate-limit": _too_many,
    "no-credit": lambda: Refused("Insufficient credits", status=402, code="insufficient_credits"),
}
