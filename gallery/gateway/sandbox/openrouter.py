"""The sandbox's OpenRouter: kinds of output must fit the model, numbers as error codes, cost always."""

import json
import secrets
from typing import Any

from gallery.gateway.sandbox import completions, streaming, wrong_values
from gallery.gateway.sandbox.calls import Answer, Call, answer_json
from gallery.gateway.sandbox.completions import House, PlayedModel, Refused
from gallery.gateway.sandbox.requests import ChatRequest
from gallery.gateway.sandbox.studio import Studio

SLUG = "openrouter"
API_PATH = "/api/v1"
ONLY_PICTURES = ("image",)

MODELS = {
    "google/gemini-2.5-flash-image-preview": PlayedModel(name="Google: Gemini 2.5 Flash Image Preview"),
    "black-forest-labs/flux.2-pro": PlayedModel(
        name="Black Forest Labs: FLUX.2 Pro", dollars=0.03, seconds=2.6, media_type="image/webp", gives=ONLY_PICTURES
    ),
    "black-forest-labs/flux.2-flex": PlayedModel(
        name="Black Forest Labs: FLUX.2 Flex", dollars=0.06, seconds=3.4, media_type="image/webp", gives=ONLY_PICTURES
    ),
    "sourceful/riverflow-v2-standard-preview": PlayedModel(
        name="Sourceful: Riverflow V2 Standard Preview", dollars=0.035, seconds=4.6, gives=ONLY_PICTURES
    ),
    "openrouter/auto": PlayedModel(name="Auto Router"),
}


async def answer(call: Call, studio: Studio) -> Answer:
    return await completions.answer(HOUSE, call, studio)


def error_body(refused: Refused) -> dict[str, Any]:
    metadata: dict[str, Any] = {"error_type": refused.code} if refused.code else {}
    if refused.reasons:
        metadata |= {"reasons": list(refused.reasons), "flagged_input": "…", "provider_name": "Sandbox"}
    elif refused.status == 502:
        metadata |= {"provider_name": "Sandbox", "raw": "upstream connect error"}
    if refused.taken:
        return {"error": {"code": refused.status, "message": "Provider returned error", "metadata": _provider(refused)}}
    complaint = {"code": refused.status, "message": refused.message}
    return {"error": complaint | ({"metadata": metadata} if metadata else {})}


def _provider(refused: Refused) -> dict[str, Any]:
    """What the provider behind the gateway said, word for word, as the gateway passes it on."""
    said = wrong_values.in_words(refused.value, refused.taken)
    error = {"message": said, "type": "invalid_request_error", "param": refused.parameter, "code": "invalid_value"}
    return {"raw": json.dumps({"error": error}), "provider_name": "Sandbox"}


def complain(refused: Refused) -> Answer:
    """Once the work has begun, an error comes as an answer with status 200."""
    return answer_json(error_body(refused), 200 if refused.status == 502 else refused.status, refused.headers)


def event_of(refused: Refused) -> bytes:
    choice = {"index": 0, "delta": {"content": ""}, "finish_reason": "error"}
    return streaming.event({"object": "chat.completion.chunk", **error_body(refused), "choices": [choice]})


def _wants_image(request: ChatRequest, played: PlayedModel) -> bool:
    kinds = request.modalities or ("text",)
    if not set(kinds) <= set(played.gives):
        kinds_in_words = ", ".join(kinds)
        raise Refused(f"No endpoints found that support the requested output modalities: {kinds_in_words}", status=404)
    return "image" in kinds


def _finish(request: ChatRequest, reply: dict[str, Any], dollars: float) -> dict[str, Any]:
    used = next(iter(MODELS)) if request.model.endswith("/auto") else request.model
    pictures = len(reply["choices"][0]["message"].get("images", ()))
    usage = reply["usage"] | {
        "cost": dollars,
        "is_byok": False,
        "completion_tokens_details": {"image_tokens": pictures * completions.TOKENS_OF_A_PICTURE},
    }
    head = {"id": f"gen-{secrets.token_hex(10)}", "provider": "Sandbox"}
    return head | reply | {"model": used, "usage": usage}


def _listed() -> dict[str, Any]:
    data = [
        {
            "id": model_id,
            "canonical_slug": model_id,
            "name": played.name,
            "created": 1756218977,
            "architecture": {"input_modalities": ["image", "text"], "output_modalities": list(played.gives)},
            "pricing": {"prompt": "0", "completion": "0", "image_output": f"{played.dollars}"},
        }
        for model_id, played in MODELS.items()
    ]
    return {"data": data, "total_count": len(data), "links": {"next": None}}


def _typed() -> dict[str, Any]:
    """As `GET /images/models` tells the parameters of each."""
    shapes = ["1:1", "2:3", "3:2", "3:4", "4:3", "4:5", "5:4", "9:16", "16:9", "21:9"]
    data = [
        {
            "id": model_id,
            "name": played.name,
            "architecture": {"input_modalities": ["image", "text"], "output_modalities": list(played.gives)},
            "supported_parameters": {
                "n": {"type": "range", "min": 1, "max": 1},
                "aspect_ratio": {"type": "enum", "values": shapes},
                "input_references": {"type": "range", "min": 0, "max": 8 if "/flux" in model_id else 3},
                **(
                    {}
                    if played.gives == ONLY_PICTURES
                    else {"resolution": {"type": "enum", "values": ["1K", "2K", "4K"]}}
                ),
                **({"seed": {"type": "range", "min": 0, "max": 2**31 - 1}} if "/flux" in model_id else {}),
            },
        }
        for model_id, played in MODELS.items()
        if not model_id.endswith("/auto")
    ]
    return {"data": data}


def key_report() -> dict[str, Any]:
    report = {"label": "sandbox", "limit": 20, "limit_remaining": 12.5, "usage": 7.5, "is_free_tier": False}
    return {"data": report}


HOUSE = House(
    api_path=API_PATH,
    comment="OPENROUTER PROCESSING",
    models=MODELS,
    complain=complain,
    event_of=event_of,
    wants_image=_wants_image,
    count_of=lambda request: 1,
    finish=_finish,
    pages={"/models": _listed, "/images/models": _typed, "/key": key_report},
    open_pages=frozenset({"/models", "/images/models"}),
)
