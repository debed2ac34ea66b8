"""What an entry of a gateway's list of models says beside its id: loosely read, bounded, never believed to be there."""

from collections.abc import Mapping
from decimal import Decimal, InvalidOperation
from typing import Any

from gallery.gateway import redaction

LONGEST_TEXT = 500
LONGEST_NAME = 60
MOST_FACTS = 60
MOST_VALUES = 200
KINDS = ("text", "image", "audio", "video", "file")


def read_facts(entry: Mapping[str, Any]) -> dict[str, Any]:
    """Fields of a ListedModel: what it gives and takes, what it costs in the gateway's own words, its typed settings."""
    architecture = entry.get("architecture")
    told = architecture if isinstance(architecture, dict) else entry
    return {
        "family": text_of(entry.get("family"), LONGEST_NAME),
        "description": text_of(entry.get("description"), LONGEST_TEXT),
        "gives": kinds_of(told.get("output_modalities")) or kinds_of(entry.get("output_modalities")),
        "takes": kinds_of(told.get("input_modalities")) or kinds_of(entry.get("input_modalities")),
        "prices": prices_of(entry),
        "settings": settings_of(entry.get("supported_parameters")),
    }


def text_of(value: Any, longest: int) -> str:
    """The beginning of a text, on one line."""
    return redaction.printable(" ".join(value.split()), longest) if isinstance(value, str) else ""


def kinds_of(value: Any) -> tuple[str, ...]:
    return tuple(kind for kind in KINDS if kind in value) if isinstance(value, list) else ()


def prices_of(entry: Mapping[str, Any]) -> dict[str, str]:
    """OpenRouter's `pricing`, and RouteLLM's flat fields that end in `_rate`. What costs nothing is left out."""
    pricing = entry.get("pricing")
    told = dict(pricing) if isinstance(pricing, dict) else {}
    told |= {name: value for name, value in entry.items() if name.endswith("_rate")}
    prices = {text_of(name, LONGEST_NAME): amount_of(value) for name, value in list(told.items())[:MOST_FACTS]}
    return {name: amount for name, amount in prices.items() if name and amount}


def amount_of(value: Any) -> str:
    """A price as plain digits; "" for none."""
    if isinstance(value, bool) or not isinstance(value, str | int | float):
        return ""
    try:
        amount = Decimal(str(value)[:40])
    except InvalidOperation:
        return ""
    return f"{amount.normalize():f}" if amount.is_finite() and amount > 0 and amount < 10**9 else ""


def settings_of(value: Any) -> dict[str, dict[str, Any]]:
    """Typed parameters by name, as `GET /images/models` tells them; a plain list of names says nothing."""
    if not isinstance(value, dict):
        return {}
    forms = {text_of(name, LONGEST_NAME): form_of(form) for name, form in list(value.items())[:MOST_FACTS]}
    return {name: form for name, form in forms.items() if name and form}


def form_of(form: Any) -> dict[str, Any]:
    """`{"type": "enum", "values": […]}`, `{"type": "range", "min": …, "max": …}` or `{"type": "boolean"}`; {} for others."""
    kind = form.get("type") if isinstance(form, dict) else None
    if kind == "enum" and isinstance(form.get("values"), list):
        values = [one for one in form["values"][:MOST_VALUES] if is_plain(one)]
        return {"type": "enum", "values": list(dict.fromkeys(values))} if values else {}
    if kind == "range" and is_number(form.get("min")) and is_number(form.get("max")):
        return {"type": "range", "min": form["min"], "max": form["max"]}
    return {"type": "boolean"} if kind == "boolean" else {}


def is_plain(value: Any) -> bool:
    return is_number(value) or (isinstance(value, str) and 0 < len(value) <= LONGEST_NAME and value.isprintable())


def is_number(value: Any) -> bool:
    return isinstance(value, int | float) and not isinstance(value, bool) and abs(value) < 2**53
