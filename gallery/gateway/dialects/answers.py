"""A good reply in our words: what all dialects read in the same way. Each names its own cost field."""

from typing import Any

from gallery.gateway import redaction
from gallery.gateway.dialects import numbers, pictures
from gallery.gateway.dialects.bodies import Body, Choice, Part
from gallery.gateway.messages import Result

LONGEST_TEXT = 200_000
LONGEST_NAME = 200


def result_of(body: Body, *, cost_field: str, cost_unit: str) -> Result:
    """`cost_field` is the name of the cost in `usage`; `cost_unit` "usd" or "points"."""
    found, broken = pictures.find_pictures(body)
    usage = numbers.usage_of(body.usage)
    cost = numbers.cost_of(body.usage, cost_field)
    return Result(
        pictures=found,
        text=_text(body),
        revised_prompt=_revised_prompt(body),
        finish_reason=_finish_reason(body),
        model_used=_name(body.model),
        cost=cost,
        cost_unit=cost_unit if cost is not None else "",
        input_tokens=numbers.tokens_of(usage, "prompt_tokens", "input_tokens"),
        output_tokens=numbers.tokens_of(usage, "completion_tokens", "output_tokens"),
        usage=usage,
        broken=broken,
    )


def _text(body: Body) -> str:
    words = []
    for message in pictures.messages_of(body):
        words += pictures.texts_of(message)
        if isinstance(message.refusal, str):
            words.append(message.refusal)
    return pictures.without_data_urls("\n".join(words))[:LONGEST_TEXT]


def _revised_prompt(body: Body) -> str:
    parts = body.data if isinstance(body.data, list) else []
    revised = (part.revised_prompt for part in parts if isinstance(part, Part))
    return next((prompt[:LONGEST_TEXT] for prompt in revised if isinstance(prompt, str)), "")


def _finish_reason(body: Body) -> str:
    choices = body.choices if isinstance(body.choices, list) else []
    return next((_name(choice.finish_reason) for choice in choices if isinstance(choice, Choice)), "")


def _name(value: Any) -> str:
    return redaction.printable(value, LONGEST_NAME) if isinstance(value, str) else ""
