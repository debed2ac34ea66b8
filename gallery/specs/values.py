"""Values: from form text or JSON to their JSON type, checked against the spec; and which of them travel."""

import json
import re
from collections.abc import Callable, Collection, Iterable, Iterator, Mapping
from decimal import Decimal, InvalidOperation
from typing import Any

from gallery.specs.parameters import Parameter, Value, ValueRefused

FORBIDDEN_TEXT = {
    "url": (re.compile(r"\b(?:https?|ftp)://|\bwww\.", re.I), "This model does not take web addresses here."),
    "flags": (
        re.compile(r"(?:^|\s)--[a-z]\w*", re.I),
        "This model does not take --flags here: use the settings instead.",
    ),
}
LARGEST_INTEGER = 2**63 - 1
LARGEST_SEED = 2**31 - 1
LONGEST_TEXT = 4000


def clean_value(parameter: Parameter, raw: object) -> Value:
    """The value in its JSON type, from form text or JSON; raises ValueRefused with a sentence."""
    if parameter.choices:
        return clean_choice(parameter, raw)
    return CLEANERS.get(parameter.type, clean_unknown)(parameter, raw)


def clean_choice(parameter: Parameter, raw: object) -> Value:
    for choice in parameter.choices:
        if choice.value == raw or str(choice.value) == str(raw):
            return choice.value
    offered = ", ".join(choice.label for choice in parameter.choices)
    raise ValueRefused(f"{parameter.label} takes one of: {offered}.")


def clean_boolean(parameter: Parameter, raw: object) -> Value:
    if isinstance(raw, bool):
        return raw
    text = str(raw).strip().lower()
    if text in ("on", "true", "1", "yes"):
        return True
    if text in ("off", "false", "0", "no", ""):
        return False
    raise ValueRefused(f"{parameter.label} is either on or off.")


def clean_number(parameter: Parameter, raw: object) -> Value:
    try:
        number = Decimal(str(raw).strip())
    except InvalidOperation:
        raise ValueRefused(f"{parameter.label} must be a number.") from None
    if isinstance(raw, bool) or not number.is_finite():
        raise ValueRefused(f"{parameter.label} must be a number.")
    minimum, maximum = parameter.minimum, parameter.maximum
    low = minimum if minimum is not None else -LARGEST_INTEGER
    high = maximum if maximum is not None else LARGEST_INTEGER
    if not Decimal(str(low)) <= number <= Decimal(str(high)):
        raise ValueRefused(f"{parameter.label} {limits_in_words(minimum, maximum)}.")
    step = Decimal("1") if parameter.type == "integer" and parameter.step is None else parameter.step
    if step is not None:
        start = Decimal(str(minimum)) if minimum is not None else Decimal(0)
        if (number - start) % Decimal(str(step)):
            by = "must be a whole number" if parameter.is_whole and step == 1 else f"goes in steps of {step:g}"
            raise ValueRefused(f"{parameter.label} {by}.")
    return int(number) if parameter.is_whole and number == int(number) else float(number)


def limits_in_words(minimum: float | None, maximum: float | None) -> str:
    if minimum is not None and maximum is not None:
        return f"takes {minimum:g} to {maximum:g}"
    if minimum is not None:
        return f"takes {minimum:g} or more"
    return f"takes at most {maximum:g}" if maximum is not None else "is too large"


def clean_text(parameter: Parameter, raw: object) -> Value:
    text = raw.strip() if isinstance(raw, str) else str(raw)
    if "\x00" in text:
        raise ValueRefused(f"{parameter.label} holds a character that cannot be sent.")
    if len(text) > LONGEST_TEXT:
        raise ValueRefused(f"{parameter.label} takes at most {LONGEST_TEXT:,} characters; this has {len(text):,}.")
    refuse_forbidden_text(text, parameter.forbids)
    return text


def clean_unknown(parameter: Parameter, raw: object) -> Value:
    """Types we do not know stay usable: lists and objects are typed as JSON, all else as text."""
    if parameter.type in ("array", "object") and isinstance(raw, str):
        raw = read_json(parameter, clean_text(parameter, raw))
    expected = {"array": list, "object": dict}.get(parameter.type)
    if expected and isinstance(raw, list | dict):
        if isinstance(raw, expected):
            return raw
        raise ValueRefused(f"{parameter.label} must be JSON of type {parameter.type}.")
    return clean_text(parameter, raw)


def read_json(parameter: Parameter, text: object) -> object:
    """JSON that can be sent on and kept: standard JSON knows no NaN, no record takes NUL or half a character."""
    try:
        value = json.loads(str(text), parse_constant=refuse_constant)
        json.dumps(value, ensure_ascii=False).encode()
    except (ValueError, RecursionError) as problem:
        raise ValueRefused(f"{parameter.label} must be JSON of type {parameter.type}: {problem}.") from None
    if "\x00" in "".join(texts_in(value)):
        raise ValueRefused(f"{parameter.label} holds a character that cannot be sent.")
    return value


def refuse_constant(name: str) -> object:
    raise ValueError(f"{name} is no JSON")


def texts_in(value: object) -> Iterator[str]:
    """Every text in a JSON value, names of members too."""
    if isinstance(value, str):
        yield value
    elif isinstance(value, dict | list):
        for item in (*value, *value.values()) if isinstance(value, dict) else value:
            yield from texts_in(item)


CLEANERS: dict[str, Callable[[Parameter, object], Value]] = {
    "boolean": clean_boolean,
    "integer": clean_number,
    "number": clean_number,
    "string": clean_text,
}


def refuse_forbidden_text(text: str, forbids: Collection[str]) -> None:
    for word in forbids:
        pattern, sentence = FORBIDDEN_TEXT[word]
        if pattern.search(text):
            raise ValueRefused(sentence)


def is_ignored(parameter: Parameter, given_images: Collection[str]) -> bool:
    return parameter.ignored_with in given_images


def values_to_send(
    parameters: Iterable[Parameter], chosen: Mapping[str, Any], *, given_images: Collection[str], sends_defaults: bool
) -> dict[str, Any]:
    """What travels of what was chosen: not the ignored, and values at their default only where required or asked for."""
    sent: dict[str, Any] = {}
    for parameter in parameters:
        if parameter.is_image or is_ignored(parameter, given_images):
            continue
        value = chosen.get(parameter.name, parameter.default if parameter.is_required else None)
        if value is None or value == "":
            continue
        is_changed = value != parameter.default
        if is_changed or parameter.is_required or parameter.is_always_sent or sends_defaults:
            sent[parameter.name] = value
    return sent
