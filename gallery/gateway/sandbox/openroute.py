"""The sandbox's OpenRoute: OpenRouter's shapes of 2025; the cost comes only to those who ask for it."""

import secrets
from typing import Any

from gallery.gateway.sandbox import completions, openrouter
from gallery.gateway.sandbox.calls import Answer, Call
from gallery.gateway.sandbox.completions import House, PlayedModel
from gallery.gateway.sandbox.requests import ChatRequest
from gallery.gateway.sandbox.studio import Studio

SLUG = "openroute"
API_PATH = "/api/v1"
MODELS = {
    "google/gemini-2.5-flash-image-preview": PlayedModel(name="Gemini 2.5 Flash Image Preview"),
    "openroute/auto": PlayedModel(name="Auto Router"),
}


async def answer(call: Call, studio: Studio) -> Answer:
    return await completions.answer(HOUSE, call, studio)


def _finish(request: ChatRequest, reply: dict[str, Any], dollars: float) -> dict[str, Any]:
    used = next(iter(MODELS)) if request.model.endswith("/auto") else request.model
    cost = {"cost": dollars} if request.wants_cost else {}
    return {"id": f"gen-{secrets.token_hex(10)}"} | reply | {"model": used, "usage": reply["usage"] | cost}


def _listed() -> dict[str, Any]:
    kinds = {"input_modalities": ["text", "image"], "output_modalities": ["image", "text"]}
    return {"data": [{"id": key, "name": played.name, "architecture": kinds} for key, played in MODELS.items()]}


HOUSE = House(
    api_path=API_PATH,
    comment="OPENROUTE PROCESSING",
    models=MODELS,
    complain=openrouter.complain,
    event_of=openrouter.event_of,
    wants_image=lambda request, played: request.wants_image,
    count_of=lambda request: 1,
    finish=_finish,
    pages={"/models": _listed, "/key": openrouter.key_report},
)
