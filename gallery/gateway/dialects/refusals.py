"""What a gateway's refusal means: its many error shapes read into one complaint, and complaints into our errors.

Tables, in the order: what the gateway's own code says, then what its words say, then its HTTP status.
"""

import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Any

import msgspec

from gallery.gateway import errors, redaction
from gallery.gateway.dialects import numbers
from gallery.gateway.dialects.bodies import Body, Choice, read_body
from gallery.gateway.messages import Reply, Result

LONGEST_QUOTE = 300
_LOOK_FIRST = "It may have been charged: look at the gateway's own records before you run it again."

SENTENCES: Mapping[type[errors.GatewayError], str] = {
    errors.KeyRefused: "The gateway did not accept the API key. An administrator can test it and enter a new one.",
    errors.OutOfCredit: "The account at the gateway is out of credit. An administrator can top it up there.",
    errors.ContentRefused: "The gateway's content rules refused this prompt or picture. Change it and run it again.",
    errors.ParameterRefused: "The gateway did not accept one of the settings. Change it and run it again.",
    errors.ModelNotFound: "The gateway does not know this model, or no longer offers it. Choose another model.",
    errors.TooManyRequests: "The gateway is busy and took no more requests. Wait a moment and run it again.",
    errors.Redirected: "The gateway's base URL leads on to another address, which is never followed with a key. "
    "An administrator can correct the base URL.",
    errors.Rejected: "The gateway did not take this request. Look at the details, change it and run it again.",
    errors.TimedOut: f"The gateway gave up waiting for the model. {_LOOK_FIRST}",
    errors.GatewayFailed: f"The gateway had a fault of its own while it worked on this. {_LOOK_FIRST}",
}
FORBIDDEN = "The gateway does not allow this call. An administrator should check what the API key may do there."
TOO_LARGE = "The pictures or the prompt are too large for the gateway. Use fewer or smaller ones and run it again."
NOT_AN_API = "The gateway does not take generations at this address. An administrator should check the base URL."

_BY_STATUS: Mapping[int, tuple[type[errors.GatewayError], str]] = {
    401: (errors.KeyRefused, ""),
    402: (errors.OutOfCredit, ""),
    403: (errors.Rejected, FORBIDDEN),
    404: (errors.ModelNotFound, ""),
    405: (errors.Rejected, NOT_AN_API),
    408: (errors.TimedOut, ""),
    413: (errors.Rejected, TOO_LARGE),
    415: (errors.Rejected, NOT_AN_API),
    429: (errors.TooManyRequests, ""),
}
_BY_CODE: Mapping[str, type[errors.GatewayError]] = {
    "invalid_api_key": errors.KeyRefused,
    "insufficient_quota": errors.OutOfCredit,
    "insufficient_credits": errors.OutOfCredit,
    "billing_hard_limit_reached": errors.OutOfCredit,
    "content_policy_violation": errors.ContentRefused,
    "content_filter": errors.ContentRefused,
    "moderation_blocked": errors.ContentRefused,
    "refusal": errors.ContentRefused,
    "model_not_found": errors.ModelNotFound,
    "rate_limit_exceeded": errors.TooManyRequests,
}
_BY_WORDS: tuple[tuple[re.Pattern[str], type[errors.GatewayError]], ...] = (
    (
        re.compile(r"content policy|content filter|moderation|safety system|flagged|nsfw|prohibited content", re.I),
        errors.ContentRefused,
    ),
    (re.compile(r"insufficient (?:credit|fund|balance)|out of credit|not enough credit", re.I), errors.OutOfCredit),
)
_REASONS: Mapping[str, str] = {
    "content_filter": "its content rules stopped the picture. Change the prompt and run it again.",
    "length": "the answer grew too long before there was one. Ask for less and run it again.",
}


@dataclass(frozen=True, kw_only=True)
class Complaint:
    """An error body of any shape. `is_bare`: the error was a string, not an object."""

    message: str = ""
    code: str = ""
    parameter: str = ""
    is_bare: bool = False
    is_moderation: bool = False
    metadata: Mapping[str, Any] = field(default_factory=dict)


Recogniser = Callable[[int, Complaint], errors.GatewayError | None]


def body_or_refusal(reply: Reply, recognise: Recogniser) -> Body:
    """The body of a reply that is no refusal by its status; otherwise raises. `recognise` knows what only one gateway
    says, and is asked first."""
    try:
        body = read_body(reply)
    except errors.AnswerUnreadable as error:
        if 200 <= reply.status < 300:
            raise
        raise failure(reply, Complaint(message=error.detail), recognise) from error
    if not 200 <= reply.status < 300:
        raise failure(reply, complaint_in(body) or Complaint(), recognise)
    return body


def complaint_in(body: Body) -> Complaint | None:
    """The complaint of a body, None when it makes none."""
    found: Any = body.error
    if found is None:
        found = next((choice.error for choice in _choices(body) if choice.error), None)
    if found is True or (found is None and body.success is False):
        found = body.message or "The gateway gave no reason."
    if not found:
        words = body.message or body.detail
        return Complaint(message=_words(words), is_bare=True) if words and not body.choices else None
    if not isinstance(found, dict):
        return Complaint(message=_words(found), is_bare=True)
    metadata = found.get("metadata")
    metadata = metadata if isinstance(metadata, dict) else {}
    return Complaint(
        message=_words(found.get("message") or found.get("error") or metadata.get("raw") or found),
        code=_words(found.get("code") or found.get("type") or "")[:100].lower(),
        parameter=_parameter(found.get("param")),
        is_moderation="reasons" in metadata or "flagged_input" in metadata,
        metadata=metadata,
    )


def failure(reply: Reply, complaint: Complaint, recognise: Recogniser) -> errors.GatewayError:
    """Our error for a refusal, by its complaint and status."""
    error = recognise(reply.status, complaint) or _judge(reply, complaint)
    error.status = reply.status
    error.retry_after = numbers.wait_of(reply.headers)
    error.detail = redaction.printable(complaint.message) or f"HTTP status {reply.status}"
    if isinstance(error, errors.Redirected):
        error.detail = f"HTTP status {reply.status} to {reply.headers.get('location', 'nowhere')}"[:4000]
    return error


def parameter_refused(parameter: str, value: str = "", supported: tuple[str, ...] = ()) -> errors.ParameterRefused:
    """`parameter` by the name it has in the parameter spec."""
    supported = tuple(redaction.printable(choice, 100) for choice in supported)
    what = f"“{redaction.printable(value, 80)}” for {parameter}" if value else f"the setting {parameter}"
    advice = f"It takes: {', '.join(supported)[:LONGEST_QUOTE]}. Choose one" if supported else "Change or leave it out"
    return errors.ParameterRefused(
        f"The gateway does not take {what}. {advice} and run it again.", parameter=parameter, supported_values=supported
    )


def no_image(result: Result) -> errors.NoImage:
    """Our error for a whole answer without a usable picture."""
    words = " ".join(result.text.split())
    if result.broken:
        sentence = f"The gateway's picture could not be read. {_LOOK_FIRST}"
    elif result.finish_reason.lower() in _REASONS:
        sentence = f"The model gave no picture: {_REASONS[result.finish_reason.lower()]}"
    elif words:
        quote = words if len(words) <= LONGEST_QUOTE else f"{words[:LONGEST_QUOTE]}…"
        sentence = f"The model answered in words instead of a picture: “{quote}” Change the prompt and run it again."
    else:
        sentence = (
            "The gateway answered without a picture and without a reason. It may have been charged. Run it again."
        )
    detail = "\n".join((*result.broken, result.text)).strip() or f"finish reason: {result.finish_reason or 'none'}"
    error = errors.NoImage(sentence, detail=detail)
    error.result = result
    return error


def _judge(reply: Reply, complaint: Complaint) -> errors.GatewayError:
    status = reply.status
    if status < 300:
        return errors.GatewayFailed(SENTENCES[errors.GatewayFailed])
    if status < 400:
        return errors.Redirected(SENTENCES[errors.Redirected])
    if status >= 500:
        must_wait = status == 503 and "retry-after" in reply.headers
        kind: type[errors.GatewayError] = errors.TooManyRequests if must_wait else errors.GatewayFailed
        return kind(SENTENCES[kind])
    kind, sentence = _BY_STATUS.get(status, (errors.Rejected, ""))
    told = _told_kind(complaint)
    if told is not None and status != 401:
        kind, sentence = told, ""
    elif kind is errors.Rejected and complaint.parameter and status in (400, 422):
        return parameter_refused(complaint.parameter)
    return kind(sentence or SENTENCES[kind])


def _told_kind(complaint: Complaint) -> type[errors.GatewayError] | None:
    if complaint.is_moderation:
        return errors.ContentRefused
    if complaint.code in _BY_CODE:
        return _BY_CODE[complaint.code]
    return next((kind for words, kind in _BY_WORDS if words.search(complaint.message)), None)


def _choices(body: Body) -> list[Choice]:
    return [choice for choice in body.choices if isinstance(choice, Choice)] if isinstance(body.choices, list) else []


def _words(said: Any) -> str:
    return (said if isinstance(said, str) else msgspec.json.encode(said).decode())[:4000]


def _parameter(name: Any) -> str:
    """A parameter's name without its path; the model and the messages are no settings."""
    last = name.rpartition(".")[2][:64] if isinstance(name, str) else ""
    return last if re.fullmatch(r"[A-Za-z][\w-]*", last) and last not in ("model", "messages", "content") else ""
