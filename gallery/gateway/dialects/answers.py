"""A good reply in our words: what all dialects read in the same way. Each names its own cost fields."""

from dataclasses import replace
from typing import Any

from gallery.gateway import errors, redaction
from gallery.gateway.dialects import numbers, pictures, refusals
from gallery.gateway.dialects.bodies import Body, Choice, Part
from gallery.gateway.dialects.refusals import Recogniser
from gallery.gateway.dialects.shortfalls import LOOK_FIRST
from gallery.gateway.dialects.streams import StreamedBody
from gallery.gateway.messages import Reply, Result

LONGEST_TEXT = 200_000
LONGEST_NAME = 200
CUT = "The gateway's answer broke off before its end; what had come was kept."
LATE_COMPLAINT = "The gateway reported a fault after this."
# What the providers behind a gateway call it when their own rules stop an answer.
_STOPPED_BY_RULES = frozenset(
    {"SAFETY", "IMAGE_SAFETY", "PROHIBITED_CONTENT", "IMAGE_PROHIBITED_CONTENT", "BLOCKLIST", "SPII", "RECITATION"}
)


def left_out(count: int) -> str:
    """A note on pictures that came with an answer in words."""
    return f"{'A picture' if count == 1 else f'{count} pictures'} came with the answer, though words were asked for."


def read_answer(reply: Reply, recognise: Recogniser, *, cost_fields: tuple[str, ...], cost_unit: str) -> Result:
    """`cost_fields` are the names of the cost in `usage`, the surest first; `cost_unit` is "usd" or "points".

    What was made before a complaint or a cut is kept; raises the complaint where there is nothing, else the refusal.
    """
    body = refusals.body_or_refusal(reply, recognise)
    result = result_of(body, cost_fields=cost_fields, cost_unit=cost_unit)
    complaint = refusals.complaint_in(body)
    if complaint is not None and not result.pictures:
        raise _failure_after(refusals.failure(reply, complaint, recognise), result)
    if complaint is not None:
        return replace(result, broken=(*result.broken, f"{LATE_COMPLAINT} {complaint.message}"[:LONGEST_NAME]))
    if result.is_cut and not result.pictures and not result.text:
        raise errors.Interrupted(f"The gateway's answer broke off before it was complete. {LOOK_FIRST}")
    return result


def result_of(body: Body, *, cost_fields: tuple[str, ...], cost_unit: str) -> Result:
    found, broken = pictures.find_pictures(body)
    usage = numbers.usage_of(body.usage)
    cost = numbers.cost_of(body.usage, *cost_fields)
    is_cut = isinstance(body, StreamedBody) and body.was_cut
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
        broken=[*broken, CUT] if is_cut else broken,
        is_cut=is_cut,
    )


def _failure_after(error: errors.GatewayError, result: Result) -> errors.GatewayError:
    """A complaint after first words is never one that "surely did not run": it may be in the bill already."""
    has_begun = bool(result.text or result.cost)
    if has_begun and not error.may_have_run and not isinstance(error, errors.ContentRefused):
        begun = errors.GatewayFailed(refusals.SENTENCES[errors.GatewayFailed], detail=error.detail, status=error.status)
        begun.__cause__, error = error, begun
    error.result = result if has_begun else None
    return error


def _text(body: Body) -> str:
    words = []
    for message in pictures.messages_of(body):
        words += pictures.texts_of(message)
        if isinstance(message.refusal, str):
            words.append(message.refusal)
    return pictures.without_data_urls("\n".join(words))[:LONGEST_TEXT]


def _revised_prompt(body: Body) -> str:
    """What was drawn instead of the prompt; it stands beside a picture, wherever those stand."""
    holders = [body.data, *(message.images for message in pictures.messages_of(body))]
    parts = [part for holder in holders if isinstance(holder, list) for part in holder]
    revised = (part.revised_prompt for part in parts if isinstance(part, Part))
    return next((prompt[:LONGEST_TEXT] for prompt in revised if isinstance(prompt, str)), "")


def _finish_reason(body: Body) -> str:
    """The first choice's; the provider's own word is taken where it says that its rules stopped the answer."""
    choices = body.choices if isinstance(body.choices, list) else []
    choice = next((choice for choice in choices if isinstance(choice, Choice)), Choice())
    return "content_filter" if _name(choice.native_finish_reason) in _STOPPED_BY_RULES else _name(choice.finish_reason)


def _name(value: Any) -> str:
    return redaction.printable(value, LONGEST_NAME) if isinstance(value, str) else ""
