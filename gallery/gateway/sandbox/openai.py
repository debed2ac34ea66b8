"""The sandbox's OpenAI-compatible server: chat, `/images/generations` and `/images/edits`, OpenAI's error shape.

The cost is told as a LiteLLM proxy tells it: in a header beside pictures, in `usage` elsewhere.
"""

import secrets
from collections.abc import Mapping, Sequence
from functools import partial
from typing import Any

import pybase64

from gallery.gateway.sandbox import completions, forms, orders, streaming, wrong_values
from gallery.gateway.sandbox.calls import Answer, Call, answer_json
from gallery.gateway.sandbox.completions import House, PlayedModel, Refused
from gallery.gateway.sandbox.references import ReferenceRefused, read_picture
from gallery.gateway.sandbox.requests import ChatRequest
from gallery.gateway.sandbox.studio import Studio

SLUG = "openai"
API_PATH = "/v1"
MOST_IMAGES = 10
PICTURE_PATHS = (f"{API_PATH}/images/generations", f"{API_PATH}/images/edits")
MODELS = {
    "gpt-image-1": PlayedModel(name="gpt-image-1", dollars=0.042, seconds=3.2, gives=("image",)),
    "stable-diffusion-3.5": PlayedModel(name="stable-diffusion-3.5", dollars=0.01, gives=("image",)),
    "gemini-2.5-flash-image": PlayedModel(name="gemini-2.5-flash-image"),
    "gpt-4o": PlayedModel(name="gpt-4o", dollars=0.02, gives=("text",)),
}
_NUMBERS = ("n", "seed")


async def answer(call: Call, studio: Studio) -> Answer:
    if call.path not in PICTURE_PATHS:
        return await completions.answer(HOUSE, call, studio)
    if call.method != "POST":
        return _complain(Refused("Method not allowed", status=405))
    if call.checks_key and not call.has_key:
        return _complain(completions.no_key())
    try:
        return await _make_pictures(call, studio)
    except ReferenceRefused as error:
        return _complain(Refused(str(error), code="invalid_image_file", parameter="image"))
    except Refused as error:
        return _complain(error)


async def _make_pictures(call: Call, studio: Studio) -> Answer:
    # It opens pictures: not on the loop that carries the calls of every gateway.
    request = await studio.make(partial(_read, call), 0)
    fault = completions.fault_in(request)
    if early := completions.early_answer(request, fault):
        return early
    reply = await (await completions.prepare(HOUSE, request, studio, fault))()
    if fault == "error":
        raise completions.lost_provider()
    images = reply["choices"][0]["message"].get("images", ())
    is_linked = request.image_config.get("response_format") == "url"
    data = [_entry(image["image_url"]["url"], call, studio, is_linked=is_linked) for image in images]
    told = {"x-litellm-response-cost": f"{reply['usage']['cost']}"}
    body = {"created": reply["created"], "data": data, "usage": _usage(request, reply["usage"])}
    whole = answer_json(body, headers=told)
    return Answer(body=whole.body[: len(whole.body) // 2]) if fault == "cut" else whole


def _usage(request: ChatRequest, counted: Mapping[str, int]) -> dict[str, Any]:
    """Clients of OpenAI's insist on the details."""
    words = counted["prompt_tokens"] - completions.TOKENS_OF_A_REFERENCE * len(request.picture_urls)
    return {
        "input_tokens": counted["prompt_tokens"],
        "input_tokens_details": {"text_tokens": words, "image_tokens": counted["prompt_tokens"] - words},
        "output_tokens": counted["completion_tokens"],
        "total_tokens": counted["total_tokens"],
    }


def _read(call: Call) -> ChatRequest:
    """A picture request as chat has it. Raises Refused and ReferenceRefused."""
    fields: dict[str, Any] = call.json()
    pictures: Sequence[bytes] = ()
    if call.path.endswith("edits"):
        found, files = forms.read_form(call.headers.get("content-type", ""), call.body)
        fields = {name: _number(value) if name in _NUMBERS else value for name, value in found.items()}
        pictures = files.get("image", ())
        if not pictures:
            raise Refused("Missing required parameter: 'image'.", code="missing_required_parameter", parameter="image")
        _check_mask(pictures, files.get("mask", ()))
    return ChatRequest(
        model=str(fields.pop("model", "")),
        prompt=str(fields.pop("prompt", "")),
        modalities=("image",),
        picture_urls=tuple(f"data:;base64,{pybase64.b64encode_as_string(picture)}" for picture in pictures),
        image_config=fields,
    )


def _check_mask(pictures: Sequence[bytes], masks: Sequence[bytes]) -> None:
    for mask in masks:
        if read_picture(mask).size != read_picture(pictures[0]).size:
            raise Refused("Invalid mask: its size does not match the image's.", code="invalid_mask", parameter="mask")


def _number(text: str) -> int | str:
    return int(text) if text.lstrip("-").isdecimal() else text


def _entry(url: str, call: Call, studio: Studio, *, is_linked: bool) -> dict[str, str]:
    head, _, data = url.partition(",")
    if not is_linked:
        return {"b64_json": data}
    media_type = head.removeprefix("data:").removesuffix(";base64")
    path = studio.files.keep(pybase64.b64decode(data), media_type, orders.ENDINGS[media_type])
    return {"url": call.origin + path}


def _error_body(refused: Refused) -> dict[str, Any]:
    message, code = refused.message, refused.code
    if refused.taken:
        message, code = wrong_values.in_words(refused.value, refused.taken), "invalid_value"
    kind = "server_error" if refused.status >= 500 else "invalid_request_error"
    return {"error": {"message": message, "type": kind, "param": refused.parameter or None, "code": code or None}}


def _complain(refused: Refused) -> Answer:
    # Moderation is a 400 here, and an empty account a 429.
    status = {403: 400, 402: 429}.get(refused.status, refused.status)
    return answer_json(_error_body(refused), status, refused.headers)


def _event_of(refused: Refused) -> bytes:
    return streaming.event(_error_body(refused))


def _count(request: ChatRequest) -> int:
    count: object = request.image_config.get("n", 1)
    if isinstance(count, bool) or not isinstance(count, int) or not 1 <= count <= MOST_IMAGES:
        raise Refused(
            f"Invalid 'n': integer above maximum value. Expected a value <= {MOST_IMAGES}, but got {count} instead.",
            code="integer_above_max_value",
            parameter="n",
        )
    return count


def _finish(request: ChatRequest, reply: dict[str, Any], dollars: float) -> dict[str, Any]:
    return {"id": f"chatcmpl-{secrets.token_hex(10)}"} | reply | {"usage": reply["usage"] | {"cost": dollars}}


def _listed() -> Mapping[str, Any]:
    entries = [{"id": name, "object": "model", "created": 1756218977, "owned_by": "sandbox"} for name in MODELS]
    return {"object": "list", "data": entries}


HOUSE = House(
    api_path=API_PATH,
    comment="keep-alive",
    models=MODELS,
    complain=_complain,
    event_of=_event_of,
    wants_image=lambda request, played: request.wants_image,
    count_of=_count,
    finish=_finish,
    pages={"/models": _listed},
)
