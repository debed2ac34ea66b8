"""What a gateway's refusal means: its many error shapes read into one complaint, and complaints into our errors.

Tables, in the order: what the gateway's own code says, then what its words say, then its HTTP status.
"""

import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Any

import msgspec

from gallery.gateway import base_urls, errors, redaction
from gallery.gateway.dialects import numbers, streams
from gallery.gateway.dialects.bodies import Body, Choice
from gallery.gateway.dialects.prompt_lengths import longest_prompt
from gallery.gateway.dialects.refused_values import refused_value, setting_name
from gallery.gateway.dialects.shortfalls import LOOK_FIRST
from gallery.gateway.messages import Reply

LONGEST_LIST = 300
# The one thing beside the settings whose limit a refusal may name.
PROMPT = "prompt"

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
    errors.TimedOut: f"The gateway gave up waiting for the model. {LOOK_FIRST}",
    errors.GatewayFailed: f"The gateway had a fault of its own while it worked on this. {LOOK_FIRST}",
}
REDIRECTED = (
    "The gateway's address leads on to {place}, where the key is never sent by itself. Nothing was made. "
    "An administrator can use that address: enter it as the base URL, with the key."
)
FORBIDDEN = "The gateway does not allow this call. An administrator should check what the API key may do there."
TOO_LARGE = "The pictures or the prompt are too large for the gateway. Use fewer or smaller ones and run it again."
BAD_PICTURE = "The gateway could not use one of the reference pictures. Take another one and run it again."
UNREACHABLE_PICTURE = "The gateway could not fetch a reference picture from its link. Upload it and run it again."
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
_BY_CODE: Mapping[str, tuple[type[errors.GatewayError], str]] = {
    "invalid_api_key": (errors.KeyRefused, ""),
    "insufficient_quota": (errors.OutOfCredit, ""),
    "insufficient_credits": (errors.OutOfCredit, ""),
    "payment_required": (errors.OutOfCredit, ""),
    "billing_hard_limit_reached": (errors.OutOfCredit, ""),
    "content_policy_violation": (errors.ContentRefused, ""),
    "content_filter": (errors.ContentRefused, ""),
    "moderation_blocked": (errors.ContentRefused, ""),
    "refusal": (errors.ContentRefused, ""),
    "model_not_found": (errors.ModelNotFound, ""),
    "rate_limit_exceeded": (errors.TooManyRequests, ""),
    "timeout": (errors.TimedOut, ""),
    "timeout_error": (errors.TimedOut, ""),
    "invalid_image": (errors.Rejected, BAD_PICTURE),
    "unsupported_image_format": (errors.Rejected, BAD_PICTURE),
    "image_too_small": (errors.Rejected, BAD_PICTURE),
    "image_too_large": (errors.Rejected, TOO_LARGE),
    "image_not_found": (errors.Rejected, UNREACHABLE_PICTURE),
    "image_download_failed": (errors.Rejected, UNREACHABLE_PICTURE),
}
_BY_WORDS: tuple[tuple[re.Pattern[str], type[errors.GatewayError]], ...] = (
    (
        re.compile(
            r"content policy|content filter|moderation|safety system|flagged|nsfw|prohibited[ _]content|image_safety",
            re.I,
        ),
        errors.ContentRefused,
    ),
    (
        re.compile(r"insufficient (?:credit|fund|balance)|out of credit|not enough credit|key limit exceeded", re.I),
        errors.OutOfCredit,
    ),
)


@dataclass(frozen=True, kw_only=True)
class Complaint:
    """An error body of any shape. `is_bare`: the error was a string, not an object; `status`: the HTTP status that the
    body itself names, 0 when it names none; `provider`: the words of the provider behind the gateway."""

    message: str = ""
    code: str = ""
    status: int = 0
    parameter: str = ""
    provider: str = ""
    is_bare: bool = False
    is_moderation: bool = False
    reasons: tuple[str, ...] = ()
    metadata: Mapping[str, Any] = field(default_factory=dict)


Recogniser = Callable[[int, Complaint], errors.GatewayError | None]


def body_or_refusal(reply: Reply, recognise: Recogniser) -> Body:
    """The body of a reply that is no refusal by its status; otherwise raises. `recognise` knows what only one gateway
    says, and is asked first."""
    try:
        body = streams.read(reply)
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
    reasons = metadata.get("reasons")
    return Complaint(
        message=_words(found.get("message") or found.get("error") or metadata.get("raw") or found),
        code=_code_of(found, metadata),
        status=_status_in(found),
        parameter=setting_name(found.get("param")),
        provider=_words(metadata.get("raw") or ""),
        is_moderation="reasons" in metadata or "flagged_input" in metadata or "block_reason" in metadata,
        reasons=tuple(_words(reason)[:60] for reason in reasons[:5]) if isinstance(reasons, list) else (),
        metadata=metadata,
    )


def failure(reply: Reply, complaint: Complaint, recognise: Recogniser) -> errors.GatewayError:
    """Our error for a refusal, by its complaint and status: that of HTTP, or in a 200 the one that the body names."""
    status = complaint.status or reply.status if reply.status < 300 else reply.status
    error = recognise(status, complaint) or _judge(reply, status, complaint)
    error.status = reply.status
    error.retry_after = numbers.wait_of(reply.headers)
    words = [complaint.message, complaint.provider if complaint.provider != complaint.message else ""]
    error.detail = redaction.printable("\n".join(filter(None, words))) or f"HTTP status {reply.status}"
    if isinstance(error, errors.Redirected):
        location = reply.headers.get("location", "nowhere")
        error.detail = f"HTTP status {reply.status} to {location}"[:4000]
        if place := base_urls.leads_to(location):
            error.sentence = REDIRECTED.format(place=place)
    return error


def parameter_refused(parameter: str, value: str = "", supported: tuple[str, ...] = ()) -> errors.ParameterRefused:
    """`parameter` by the name it has in the parameter spec."""
    supported = tuple(redaction.printable(choice, 100) for choice in supported)
    words = parameter.replace("_", " ")
    what = f"the {words} {redaction.printable(value, 80)}" if value else f"the setting {words}"
    way_out = f": this model takes {listed(supported)}. Choose one" if supported else ". Change or leave it out"
    return errors.ParameterRefused(
        f"The gateway refused {what}{way_out} and run it again.", parameter=parameter, supported_values=supported
    )


def prompt_too_long(longest: int) -> errors.ParameterRefused:
    return errors.ParameterRefused(
        f"The gateway takes at most {longest:,} characters of prompt. Shorten it and run it again.",
        parameter=PROMPT,
        supported_values=(str(longest),),
    )


def listed(values: tuple[str, ...]) -> str:
    """As many as a sentence has room for."""
    words = ", ".join(values)
    return words if len(words) <= LONGEST_LIST else f"{words[:LONGEST_LIST].rpartition(', ')[0]} and more"


def _judge(reply: Reply, status: int, complaint: Complaint) -> errors.GatewayError:
    told = _told(complaint)
    if status < 300:
        return _error(*(told or (errors.GatewayFailed, "")), complaint)
    if status < 400:
        return _error(errors.Redirected, "", complaint)
    if status >= 500:
        if status == 503 and "retry-after" in reply.headers:
            return _error(errors.TooManyRequests, "", complaint)
        is_timeout = told is not None and told[0] is errors.TimedOut
        return _error(errors.TimedOut if is_timeout else errors.GatewayFailed, "", complaint)
    kind, sentence = _BY_STATUS.get(status, (errors.Rejected, ""))
    if told is not None and status != 401:
        kind, sentence = told
    elif kind is errors.Rejected and status in (400, 422) and (refused := _refused(complaint)) is not None:
        return refused
    return _error(kind, sentence, complaint)


def _refused(complaint: Complaint) -> errors.ParameterRefused | None:
    """What a refusal is about, where it says so."""
    texts = (complaint.message, complaint.provider)
    if longest := longest_prompt(*texts):
        return prompt_too_long(longest)
    refused = refused_value(*texts, parameter=complaint.parameter)
    return parameter_refused(refused.parameter, refused.value, refused.supported) if refused else None


def _error(kind: type[errors.GatewayError], sentence: str, complaint: Complaint) -> errors.GatewayError:
    sentence = sentence or SENTENCES[kind]
    if kind is errors.ContentRefused and complaint.reasons:
        reasons = redaction.printable(", ".join(complaint.reasons))
        sentence = (
            f"The gateway's content rules refused this prompt or picture ({reasons}). Change it and run it again."
        )
    return kind(sentence)


def _told(complaint: Complaint) -> tuple[type[errors.GatewayError], str] | None:
    """What the complaint itself says it is, whatever its status."""
    if complaint.is_moderation:
        return errors.ContentRefused, ""
    if complaint.code in _BY_CODE:
        return _BY_CODE[complaint.code]
    said = f"{complaint.message}\n{complaint.provider}"
    return next(((kind, "") for words, kind in _BY_WORDS if words.search(said)), None)


def _code_of(found: Mapping[str, Any], metadata: Mapping[str, Any]) -> str:
    """The telling word: a number only repeats the status."""
    codes = (found.get("code"), metadata.get("error_type"), found.get("type"))
    return next((code[:100].lower() for code in codes if isinstance(code, str) and not code.isdecimal()), "")


def _status_in(found: Mapping[str, Any]) -> int:
    for value in (found.get("code"), found.get("status")):
        number = int(value) if isinstance(value, str) and re.fullmatch(r"\d{3}", value) else value
        if isinstance(number, int) and not isinstance(number, bool) and 400 <= number <= 599:
            return number
    return 0


def _choices(body: Body) -> list[Choice]:
    return [choice for choice in body.choices if isinstance(choice, Choice)] if isinstance(body.choices, list) else []


def _words(said: Any) -> str:
    return (said if isinstance(said, str) else msgspec.json.encode(said).decode())[:4000]
