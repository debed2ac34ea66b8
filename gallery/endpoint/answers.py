"""A run's row as JSON that every client takes: https://openrouter.ai/docs/api-reference and OpenAI's, at their strictest.

What is told is what is kept: pictures are read back from the storage, so that the same request gets the same answer.
"""

from collections.abc import Callable, Sequence
from decimal import Decimal
from typing import Any

from gallery.models import Generation, Image
from gallery.services import records

SANDBOX = "sandbox"
CUT_SHORT = ("length", "content_filter")


Base64Of = Callable[[Image], str]


def completion(
    generation: Generation,
    warnings: Sequence[str],
    links: Sequence[str] | None,
    *,
    as_parts: bool,
    base64_of: Base64Of,
) -> dict[str, Any]:
    """`chat.completion`. `links` are addresses of the pictures to give in place of their bytes; `as_parts` puts the
    pictures into the content, for clients that look nowhere else."""
    urls = links or [data_url(image, base64_of) for image in pictures_of(generation)]
    entries = [image_entry(url, number) for number, url in enumerate(urls)]
    content: Any = generation.answer
    if as_parts and entries:
        content = [{"type": "text", "text": generation.answer}] if generation.answer else []
        content += [{"type": entry["type"], "image_url": entry["image_url"]} for entry in entries]
    message: dict[str, Any] = {"role": "assistant", "content": content, "refusal": None}
    if entries and not as_parts:
        message["images"] = entries
    reason = finish_reason_of(generation)
    choice = {"index": 0, "finish_reason": reason, "native_finish_reason": reason, "logprobs": None, "message": message}
    return {
        **head_of(generation, "chat.completion"),
        "system_fingerprint": None,
        "choices": [choice],
        "usage": usage_of(generation),
        "metadata": metadata_of(generation, warnings),
    }


def head_of(generation: Generation, kind: str) -> dict[str, Any]:
    return {
        "id": f"gen-{generation.pk}",
        "object": kind,
        "created": int(generation.created_at.timestamp()),
        "model": generation.full_model_id,
        "provider": SANDBOX if generation.is_simulated else generation.gateway_slug,
    }


def finish_reason_of(generation: Generation) -> str:
    """Why an answer in words ended, as its gateway told: scripts go on where it was cut. Pictures are whole or not there."""
    told = "" if generation.kind == Generation.Kind.IMAGE else records.finish_reason(generation.reply)
    return told if told in CUT_SHORT else "stop"


def image_entry(url: str, number: int) -> dict[str, Any]:
    return {"type": "image_url", "index": number, "image_url": {"url": url}}


def data_url(image: Image, base64_of: Base64Of) -> str:
    return f"data:{image.media_type};base64,{base64_of(image)}"


def pictures_of(generation: Generation) -> list[Image]:
    if generation.kind == Generation.Kind.ANALYSIS:
        return []
    return sorted(generation.images.all(), key=lambda image: image.position)


def usage_of(generation: Generation) -> dict[str, Any]:
    """Tokens are whole numbers for every client; a cost that the gateway did not tell is null, not 0."""
    asked, answered = generation.input_tokens or 0, generation.output_tokens or 0
    return {
        "prompt_tokens": asked,
        "completion_tokens": answered,
        "total_tokens": asked + answered,
        "prompt_tokens_details": {"cached_tokens": 0},
        "completion_tokens_details": {"reasoning_tokens": 0, "image_tokens": 0},
        **costs_of(generation),
    }


def costs_of(generation: Generation) -> dict[str, Any]:
    """In USD, or in the gateway's own compute points; what was only reckoned is no gateway's word, and stands apart."""
    if generation.is_cost_reckoned:
        return {"cost": None}
    if generation.cost_unit == "points":
        return {"cost": None, "compute_points_used": number(generation.cost)}
    return {"cost": number(generation.cost)}


def number(value: Decimal | None) -> float | int | None:
    if value is None:
        return None
    return int(value) if value == int(value) else float(value)


def metadata_of(generation: Generation, warnings: Sequence[str]) -> dict[str, Any]:
    return {
        "generation_id": str(generation.pk),
        "warnings": list(warnings),
        "notes": list(generation.notes),
        "simulated": generation.is_simulated,
        **reckoned_cost(generation),
    }


def reckoned_cost(generation: Generation) -> dict[str, Any]:
    if not generation.is_cost_reckoned:
        return {}
    return {"reckoned_cost": {"amount": number(generation.cost), "unit": generation.cost_unit}}


# Images API --------------------------------------------------------------------------------------------------------


def image_answer(
    generation: Generation,
    warnings: Sequence[str],
    links: Sequence[str] | None,
    *,
    with_types: bool,
    base64_of: Base64Of,
) -> dict[str, Any]:
    """OpenAI's answer of images/generations; `with_types` names each picture's media type, as OpenRouter's does."""
    pictures = pictures_of(generation)
    data: list[dict[str, Any]] = []
    for place, image in enumerate(pictures):
        entry: dict[str, Any] = {"url": links[place]} if links else {"b64_json": base64_of(image)}
        if with_types:
            entry["media_type"] = image.media_type
        if generation.revised_prompt:
            entry["revised_prompt"] = generation.revised_prompt
        data.append(entry)
    return {
        "created": int(generation.created_at.timestamp()),
        "model": generation.full_model_id,
        "data": data,
        "output_format": pictures[0].media_type.partition("/")[2].partition("+")[0] if pictures else None,
        "usage": image_usage_of(generation, with_types=with_types),
        "metadata": metadata_of(generation, warnings),
    }


def image_usage_of(generation: Generation, *, with_types: bool) -> dict[str, Any]:
    if with_types:
        return usage_of(generation)
    asked, answered = generation.input_tokens or 0, generation.output_tokens or 0
    return {
        "input_tokens": asked,
        "input_tokens_details": {"image_tokens": 0, "text_tokens": asked},
        "output_tokens": answered,
        "total_tokens": asked + answered,
        **costs_of(generation),
    }
