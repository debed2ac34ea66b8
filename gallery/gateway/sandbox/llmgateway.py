"""The sandbox's LLMGateway: OpenAI's error shape, the model with its provider in front, cost in parts.

The gateway knows no `modalities`; its model decides whether it draws. Here it draws, but for a question about pictures:
pictures without any setting.
"""

import secrets
from typing import Any

from gallery.gateway.sandbox import completions, streaming, wrong_values
from gallery.gateway.sandbox.calls import Answer, Call, answer_json
from gallery.gateway.sandbox.completions import House, PlayedModel, Refused
from gallery.gateway.sandbox.requests import ChatRequest
from gallery.gateway.sandbox.studio import Studio

SLUG = "llmgateway"
API_PATH = "/v1"
MOST_IMAGES = 10
PROVIDER = "google-ai-studio"
TEST_MESSAGE = "Say ok."
MODELS = {
    "gemini-2.5-flash-image-preview": PlayedModel(name="Gemini 2.5 Flash Image (Preview)"),
    "auto": PlayedModel(name="Auto Route"),
}


async def answer(call: Call, studio: Studio) -> Answer:
    return await completions.answer(HOUSE, call, studio)


def _error_body(refused: Refused) -> dict[str, Any]:
    kind = "upstream_error" if refused.status >= 500 else "invalid_request_error"
    message = wrong_values.in_words(refused.value, refused.taken) if refused.taken else refused.message
    parameter = f"image_config.{refused.parameter}" if refused.taken else refused.parameter
    complaint = {"message": message, "type": kind, "param": parameter or None}
    return {"error": complaint | {"code": refused.code or None}}


def _complain(refused: Refused) -> Answer:
    # Moderation is a 400 here.
    status = 400 if refused.code == "content_policy_violation" else refused.status
    return answer_json(_error_body(refused), status, refused.headers)


def _event_of(refused: Refused) -> bytes:
    return streaming.event(_error_body(refused), "error")


def _wants_image(request: ChatRequest, played: PlayedModel) -> bool:
    is_question = bool(request.picture_urls) and not request.image_config
    return request.wants_image or not (is_question or request.prompt == TEST_MESSAGE)


def _count(request: ChatRequest) -> int:
    count: object = request.image_config.get("n", 1)
    if isinstance(count, bool) or not isinstance(count, int) or not 1 <= count <= MOST_IMAGES:
        raise Refused(f"image_config.n must be between 1 and {MOST_IMAGES}", parameter="image_config.n")
    return count


def _finish(request: ChatRequest, reply: dict[str, Any], dollars: float) -> dict[str, Any]:
    used = next(iter(MODELS)) if request.model == "auto" else request.model
    metadata = {"requested_model": request.model, "used_model": f"{PROVIDER}/{used}", "used_provider": PROVIDER}
    cost = {"cost_usd_total": dollars, "cost_usd_input": 0, "cost_usd_output": dollars}
    return {
        "id": f"chatcmpl-{secrets.token_hex(10)}",
        **reply,
        "model": f"{PROVIDER}/{used}",
        "usage": reply["usage"] | cost,
        "metadata": metadata,
    }


def _listed() -> dict[str, Any]:
    kinds = {"input_modalities": ["text", "image"], "output_modalities": ["text", "image"]}
    return {
        "data": [
            {"id": key, "name": played.name, "aliases": [], "architecture": kinds} for key, played in MODELS.items()
        ]
    }


HOUSE = House(
    api_path=API_PATH,
    comment="keep-alive",
    models=MODELS,
    complain=_complain,
    event_of=_event_of,
    wants_image=_wants_image,
    count_of=_count,
    finish=_finish,
    pages={"/models": _listed},
    open_pages=frozenset({"/models"}),
)
