"""What a script wishes for, in the same words whichever surface it came by; not yet held against a model's spec."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from gallery.endpoint.refusals import Refusal
from gallery.models import Visibility

# An https or data URL, or the bytes of an uploaded file.
Source = str | bytes


@dataclass(frozen=True, kw_only=True)
class Said:
    """One message of a conversation."""

    role: str
    text: str
    pictures: Sequence[Source] = ()


@dataclass(frozen=True, kw_only=True)
class Fields:
    """What a surface calls the fields that an error names; `how_to_send` ends the sentence that asks for a picture."""

    prompt: str = "messages"
    pictures: str = "messages"
    needs_words: str = "The last message needs words: they are the prompt."
    how_to_send: str = "send one as image_url in the last message"


CHAT_FIELDS = Fields()


@dataclass(kw_only=True)
class Wish:
    """`settings` are checked to the letter, `loose` ones as far as the model has them. `mask` goes to the model's parameter
    of that kind and is None where there is none: an empty file is one. `wants` holds the kinds of output, empty when
    nothing was said."""

    model: str
    prompt: str
    pictures: Sequence[Source] = ()
    mask: Source | None = None
    conversation: Sequence[Said] = ()
    settings: Mapping[str, Any] = field(default_factory=dict)
    loose: Mapping[str, Any] = field(default_factory=dict)
    options: Mapping[str, Any] = field(default_factory=dict)
    size: str = ""
    count: Any = None
    wants: Sequence[str] = ()
    is_streamed: bool = False
    has_usage_chunk: bool = True
    # "" where nothing was said: then the token’s group decides.
    visibility: str = ""
    warnings: list[str] = field(default_factory=list)
    fields: Fields = CHAT_FIELDS

    def field_of(self, picture: Source) -> str:
        """Which field of the request a picture came in."""
        return "mask" if picture is self.mask else self.fields.pictures


def text_in(body: Mapping[str, Any], name: str, default: str = "") -> str:
    """A text of the body, or the default where it is missing or null."""
    value = body.get(name)
    if value is None:
        return default
    if not isinstance(value, str):
        raise Refusal(400, f"{name} must be a text.", param=name)
    if "\x00" in value:
        raise Refusal(400, f"{name} holds a character that cannot be sent.", param=name)
    return value


def switch_in(body: Mapping[str, Any], name: str) -> bool:
    value = body.get(name)
    if value is None or isinstance(value, bool):
        return bool(value)
    if str(value).lower() in ("true", "false"):
        return str(value).lower() == "true"
    raise Refusal(400, f"{name} must be true or false.", param=name)


def table_in(body: Mapping[str, Any], name: str) -> dict[str, Any]:
    value = body.get(name)
    if value is None:
        return {}
    if not isinstance(value, dict):
        raise Refusal(400, f"{name} must be an object.", param=name)
    return value


def visibility_in(body: Mapping[str, Any]) -> str:
    value = text_in(body, "visibility")
    if value and value not in Visibility.values:
        raise Refusal(400, "visibility takes one of: team, private.", param="visibility")
    return value


def warn_of_unknown(body: Mapping[str, Any], known: frozenset[str], warnings: list[str]) -> None:
    """Name what will not be used. Only what we know travels on, so that nothing is smuggled through us."""
    warnings += [f"{name[:60]} is not used here and was left out." for name in list(body)[:50] if name not in known]
