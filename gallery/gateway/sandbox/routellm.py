"""The sandbox's RouteLLM: reads the real request, answers in RouteLLM's own shape, in points.

For people who want to see a failure, these words in a prompt give the documented answer of that kind:
`sandbox:refuse` (content rules), `sandbox:rate-limit` (429 with Retry-After), `sandbox:no-credit` (402),
`sandbox:no-image` (an answer in words, without a picture), `sandbox:error` (a complaint with status 200),
`sandbox:cut` (half of an answer), `sandbox:slow` (the picture, after about a minute),
`sandbox:broken` (502 with a proxy's web page instead of JSON),
`sandbox:wrong-value` (a size or shape is refused, and those that are taken are named).
"""

import re
import secrets
import time
from collections.abc import Callable, Mapping
from functools import partial
from typing import Any

import pybase64

from gallery.gateway.sandbox import orders, routellm_models, streaming, words, wrong_values
from gallery.gateway.sandbox.calls import Answer, Call, answer_json
from gallery.gateway.sandbox.orders import Made, Order
from gallery.gateway.sandbox.references import ReferenceRefused, reduced
from gallery.gateway.sandbox.requests import ChatRequest, read_references, read_request
from gallery.gateway.sandbox.routellm_models import PlayedModel
from gallery.gateway.sandbox.sizes import SizeRefused, size_for
from gallery.gateway.sandbox.studio import Studio

SLUG = "routellm"
API_PATH = "/v1"
MOST_IMAGES = 4
SLOW_SECONDS = 60
SCALE_FACTORS = {"2x": 2.0, "4x": 4.0, "8x": 8.0}
# What a quality multiplies the price by.
QUALITY_RATES = {"low": 0.5, "high": 2.0, "hd": 2.0}
SOME_SIZES = "1024x1024, 1024x1536, 1536x1024"


class Refused(Exception):
    """The request is not taken; the text is the gateway's complaint."""


async def answer(call: Call, studio: Studio) -> Answer:
    if call.path == f"{API_PATH}/models" and call.method in ("GET", "HEAD"):
        return answer_json({"data": routellm_models.listed()})
    if call.path not in (f"{API_PATH}/account", f"{API_PATH}/chat/completions"):
        return answer_json({"error": "Not found"}, 404)
    if call.checks_key and not call.has_key:
        return answer_json({"error": "Invalid API Key"}, 403)
    if call.path == f"{API_PATH}/account":
        return _account(call)
    return await _complete(call, studio)


async def _complete(call: Call, studio: Studio) -> Answer:
    if call.method != "POST":
        return answer_json({"error": "Method not allowed"}, 405)
    if call.is_out_of_credit:
        return _refusal("You have insufficient credits for this request.", 402)
    request = read_request(call.json())
    found = _FAULT.search(request.prompt)
    fault = found[1].lower() if found else ""
    if fault in _FAULTS:
        return _FAULTS[fault](request)
    if fault == "wrong-value" and (wrong := wrong_values.refused(request.image_config)):
        name, value, taken = wrong
        return _refusal(str(_invalid(request, name, value, ", ".join(taken))))
    try:
        return await _generate(call, request, studio, fault)
    except (Refused, ReferenceRefused) as error:
        return _refusal(str(error))


def _account(call: Call) -> Answer:
    """In credits, each of a hundred points."""
    used = 30_000 if call.is_out_of_credit else 11_642.5
    return answer_json({"plan": "sandbox", "credits_granted": 30_000, "credits_used": used})


async def _generate(call: Call, request: ChatRequest, studio: Studio, fault: str) -> Answer:
    if not request.model:
        raise Refused("The model parameter is required.")
    played = routellm_models.MODELS.get(request.model, routellm_models.UNKNOWN)
    if not request.wants_image and not played.is_chat:
        raise Refused(f'{request.model} is an image generation model. Set modalities to ["image"] to use it.')
    if not request.prompt and not request.picture_urls:
        raise Refused("The messages contain no prompt.")
    seconds = SLOW_SECONDS if fault == "slow" else played.seconds
    is_cut = fault == "cut"
    if not request.wants_image:
        said = await studio.make(lambda: words.about(read_references(request, studio.files)), min(seconds, 1.2))
        return _answer(request, _reply(request, {"content": said}, _text_usage(request, said)), studio, is_cut=is_cut)
    order = await studio.make(lambda: _order(request, played, studio), 0)
    made = await studio.make(partial(orders.carry_out, order), seconds * (1 + 0.4 * (order.count - 1)))
    is_inline = played.is_inline or bool(request.picture_urls)
    urls = [_data_url(one, played) if is_inline else _link(one, played, call, studio) for one in made]
    images = [{"type": "image_url", "image_url": {"url": url}} for url in urls]
    usage = {"compute_points_used": _points(request, played, order)}
    return _answer(request, _reply(request, {"content": "", "images": images}, usage), studio, is_cut=is_cut)


def _answer(request: ChatRequest, reply: dict[str, Any], studio: Studio, *, is_cut: bool) -> Answer:
    if not request.is_streamed:
        whole = answer_json(reply)
        return Answer(body=whole.body[: len(whole.body) // 2]) if is_cut else whole

    async def work() -> dict[str, Any]:
        return reply

    return streaming.answer_streamed(work, studio, comment="keep-alive", is_cut=is_cut)


def _order(request: ChatRequest, played: PlayedModel, studio: Studio) -> Order:
    """Raises Refused or ReferenceRefused, in the gateway's own words where they are known."""
    references = read_references(request, studio.files)
    if played.needs_picture and not references:
        raise Refused(f"An input image is required for {request.model}.")
    settings = request.image_config
    try:
        size = size_for(settings, references[0].size if references else None)
    except SizeRefused as error:
        raise _invalid(request, error.parameter, str(error), SOME_SIZES) from error
    enlarges = request.model in routellm_models.UPSCALERS
    return Order(
        prompt=request.prompt,
        size=size,
        seed=_seed(request),
        count=_count(request),
        salt=request.model,
        references=[reference.image if enlarges else reduced(reference) for reference in references],
        manner=played.manner,
        media_type=played.content,
        style=str(settings.get("style", "any")),
        enlargement=_factor(request) if enlarges else 0,
    )


def _count(request: ChatRequest) -> int:
    count: object = request.image_config.get("num_images", 1)
    if isinstance(count, bool) or not isinstance(count, int) or not 1 <= count <= MOST_IMAGES:
        raise _invalid(request, "num_images", count, "1, 2, 3, 4")
    return count


def _seed(request: ChatRequest) -> int:
    seed: object = request.image_config.get("seed")
    if seed is None:
        return secrets.randbits(32)
    if isinstance(seed, bool) or not isinstance(seed, int):
        raise _invalid(request, "seed", seed, "any integer")
    return seed


def _factor(request: ChatRequest) -> float:
    factor = str(request.image_config.get("scale_factor", "2x"))
    if factor not in SCALE_FACTORS:
        raise _invalid(request, "scale_factor", factor, ", ".join(SCALE_FACTORS))
    return SCALE_FACTORS[factor]


def _invalid(request: ChatRequest, parameter: str, value: object, supported: str) -> Refused:
    return Refused(f"Invalid {parameter} for {request.model}: {value}. Supported values are: {supported}")


def _points(request: ChatRequest, played: PlayedModel, order: Order) -> float:
    settings = request.image_config
    points = played.points * order.count * QUALITY_RATES.get(str(settings.get("quality")), 1.0)
    if "4K" in (settings.get("resolution"), settings.get("image_size")):
        points *= 2
    return int(points) if points == int(points) else round(points, 2)


def _data_url(made: Made, played: PlayedModel) -> str:
    return f"data:{played.label or made.media_type};base64,{pybase64.b64encode_as_string(made.content)}"


def _link(made: Made, played: PlayedModel, call: Call, studio: Studio) -> str:
    label = played.label or made.media_type
    return call.origin + studio.files.keep(made.content, label, orders.ENDINGS[label])


def _reply(request: ChatRequest, message: Mapping[str, Any], usage: Mapping[str, Any]) -> dict[str, Any]:
    choice = {"index": 0, "message": {"role": "assistant", **message}, "finish_reason": "stop"}
    return {"created": int(time.time()), "model": request.model, "choices": [choice], "usage": usage}


def _text_usage(request: ChatRequest, said: str) -> dict[str, float]:
    asked = words.tokens_of(request.prompt) + 258 * len(request.picture_urls)
    answered = words.tokens_of(said)
    return {
        "prompt_tokens": asked,
        "completion_tokens": answered,
        "total_tokens": asked + answered,
        "compute_points_used": round(asked * 0.002 + answered * 0.008, 3),
    }


def _refusal(complaint: str, status: int = 400, headers: Mapping[str, str] | None = None) -> Answer:
    return answer_json({"success": False, "error": complaint}, status, headers)


def _without_image(request: ChatRequest) -> Answer:
    said = {"content": words.INSTEAD_OF_A_PICTURE}
    return answer_json(_reply(request, said, {"compute_points_used": 3.2}))


def _proxy_page(request: ChatRequest) -> Answer:
    page = b"<html><head><title>502 Bad Gateway</title></head><body><h1>502 Bad Gateway</h1></body></html>"
    return Answer(body=page, status=502, media_type="text/html")


_FAULT = re.compile(r"\bsandbox:([a-z-]+)", re.IGNORECASE)
_FAULTS: Mapping[str, Callable[[ChatRequest], Answer]] = {
    "refuse": lambda request: _refusal(
        "Your prompt was flagged by our content policy. Please change it and try again."
    ),
    "rate-limit": lambda request: _refusal("Rate limit exceeded. Please try again later.", 429, {"retry-after": "5"}),
    "no-credit": lambda request: _refusal("You have insufficient credits for this request.", 402),
    "no-image": _without_image,
    "error": lambda request: _refusal("There was a temporary error while generating the image. Please try again.", 200),
    "broken": _proxy_page,
}
