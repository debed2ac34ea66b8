"""A spec's JSON form: parsed, checked for contradictions, written back, hashed."""

import dataclasses
import hashlib
import json
import math
import re
from collections.abc import Iterable, Sequence
from decimal import Decimal, InvalidOperation
from typing import Any

from gallery.specs.parameters import Choice, Parameter, SpecRefused, ValueRefused
from gallery.specs.values import FORBIDDEN_TEXT, LARGEST_INTEGER, LONGEST_TEXT, clean_value

TRANSPORTS = ("image_config", "message", "top_level", "none")
NAME = re.compile(r"[a-z][a-z0-9_]{0,63}\Z")
RESERVED_NAMES = {
    "prompt",
    "model",
    "visibility",
    "group",
    "board",
    "submission",
    "results",
    "next",
    "csrfmiddlewaretoken",
}
RESERVED_NAMES |= {"draft_seen", "draft_age", "from_preset", "prompt_styles", "previous_model", "former", "later"}
RESERVED_NAMES |= {"confirmed", "asked", "price_shown", "prompts_shown", "models", "axis", "axis_values", "add_axis"}
RESERVED_NAMES |= {"take_out", "is_blind", "spend_limit", "spend_unit"}
MASK_MARKS = ("white", "black", "transparent")
# Specs written before `mask_of` was a word tell masks by their names.
MASK_NAMES = ("mask", "mask_image", "image_mask")
MOST_PARAMETERS = 200
MOST_CHOICES = 500
MOST_IMAGES = 64
MOST_MEGABYTES = 50


def parse_parameters(data: object, place: str = "parameters") -> tuple[Parameter, ...]:
    """Parse the JSON form of a spec: a list of tables, or raise SpecRefused naming the place."""
    if not isinstance(data, list):
        raise SpecRefused(place, "must be a list of parameters")
    if len(data) > MOST_PARAMETERS:
        raise SpecRefused(place, f"has more than {MOST_PARAMETERS} parameters")
    parameters = with_masks([parse_parameter(item, f"{place}[{index}]") for index, item in enumerate(data)])
    names = [parameter.name for parameter in parameters]
    for index, parameter in enumerate(parameters):
        if names.index(parameter.name) != index:
            raise SpecRefused(f"{place}[{index}].name", f"“{parameter.name}” is there twice")
        if parameter.ignored_with and not any(p.name == parameter.ignored_with and p.is_image for p in parameters):
            raise SpecRefused(
                f"{place}[{index}].ignored_with", f"no image parameter is called “{parameter.ignored_with}”"
            )
        if parameter.is_mask:
            check_mask(parameter, parameters, f"{place}[{index}]")
    return parameters


def with_masks(parameters: Sequence[Parameter]) -> tuple[Parameter, ...]:
    """What only its name calls a mask covers the first picture there is."""
    covered = next((other.name for other in parameters if other.is_image and other.name not in MASK_NAMES), "")
    return tuple(
        dataclasses.replace(parameter, mask_of=covered)
        if parameter.is_image and parameter.name in MASK_NAMES and not parameter.mask_of and parameter.max_images == 1
        else parameter
        for parameter in parameters
    )


KEYS: dict[str, tuple[type | tuple[type, ...], str]] = {
    "name": (str, "text"),
    "type": (str, "text"),
    "label": (str, "text"),
    "description": (str, "text"),
    "required": (bool, "true or false"),
    "basic": (bool, "true or false"),
    "always_sent": (bool, "true or false"),
    "choices": (list, "a list"),
    "minimum": ((int, float), "a number"),
    "maximum": ((int, float), "a number"),
    "step": ((int, float), "a number"),
    "default": ((str, int, float, bool, list, dict), "a value"),
    "max_images": (int, "a whole number"),
    "max_megabytes": (int, "a whole number"),
    "forbids": (list, "a list"),
    "ignored_with": (str, "text"),
    "mask_of": (str, "text"),
    "mask_marks": (str, "text"),
    "transport": (str, "text"),
}
RENAMED = {"required": "is_required", "basic": "is_basic", "always_sent": "is_always_sent"}


def parse_parameter(data: object, place: str) -> Parameter:
    if not isinstance(data, dict):
        raise SpecRefused(place, "must be a table")
    fields: dict[str, Any] = {}
    for key, value in data.items():
        if key not in KEYS:
            raise SpecRefused(f"{place}.{key}", f"is not a word of the spec. Words: {', '.join(KEYS)}")
        expected, words = KEYS[key]
        if not isinstance(value, expected) or (isinstance(value, bool) and expected not in (bool, KEYS["default"][0])):
            raise SpecRefused(f"{place}.{key}", f"must be {words}")
        if isinstance(value, str) and len(value) > LONGEST_TEXT:
            raise SpecRefused(f"{place}.{key}", f"is longer than {LONGEST_TEXT} characters")
        fields[RENAMED.get(str(key), str(key))] = value
    for key in ("name", "type"):
        if not fields.get(key):
            raise SpecRefused(f"{place}.{key}", "is missing")
    fields["choices"] = parse_choices(fields.get("choices", []), f"{place}.choices")
    fields["forbids"] = tuple(fields.get("forbids", ()))
    fields.setdefault("label", fields["name"].replace("_", " ").capitalize())
    parameter = Parameter(**fields)
    check_parameter(parameter, place)
    return parameter


def parse_choices(data: Sequence[object], place: str) -> tuple[Choice, ...]:
    if len(data) > MOST_CHOICES:
        raise SpecRefused(place, f"has more than {MOST_CHOICES} choices")
    choices: list[Choice] = []
    for index, item in enumerate(data):
        here = f"{place}[{index}]"
        table = item if isinstance(item, dict) else {"value": item}
        if unknown := table.keys() - {"value", "label", "note", "cost_factor"}:
            raise SpecRefused(f"{here}.{min(unknown)}", "is not a word of a choice")
        value = table.get("value")
        if not isinstance(value, str | int | float | bool):
            raise SpecRefused(f"{here}.value", "must be text, a number, true or false")
        if any(choice.value == value for choice in choices):
            raise SpecRefused(f"{here}.value", f"“{value}” is there twice")
        try:
            factor = Decimal(str(table.get("cost_factor", 1)))
        except InvalidOperation:
            raise SpecRefused(f"{here}.cost_factor", "must be a number") from None
        if not factor.is_finite() or factor <= 0:
            raise SpecRefused(f"{here}.cost_factor", "must be a number above 0")
        choices.append(
            Choice(
                value=value, label=str(table.get("label", value)), note=str(table.get("note", "")), cost_factor=factor
            )
        )
    return tuple(choices)


def check_parameter(parameter: Parameter, place: str) -> None:
    """Refuse a spec that contradicts itself."""
    if not NAME.match(parameter.name) or parameter.name in RESERVED_NAMES:
        raise SpecRefused(f"{place}.name", f"“{parameter.name}” cannot be a name: lower case, digits, underscores")
    if parameter.transport not in TRANSPORTS:
        raise SpecRefused(f"{place}.transport", f"must be one of {', '.join(TRANSPORTS)}")
    if unknown := [word for word in parameter.forbids if str(word) not in FORBIDDEN_TEXT]:
        raise SpecRefused(f"{place}.forbids", f"“{unknown[0]}” is not known. Known: {', '.join(FORBIDDEN_TEXT)}")
    if not 1 <= parameter.max_images <= MOST_IMAGES:
        raise SpecRefused(f"{place}.max_images", f"must be between 1 and {MOST_IMAGES}")
    if not 1 <= parameter.max_megabytes <= MOST_MEGABYTES:
        raise SpecRefused(f"{place}.max_megabytes", f"must be between 1 and {MOST_MEGABYTES}")
    check_limits(parameter, place)
    if parameter.default is not None:
        try:
            clean_value(parameter, parameter.default)
        except ValueRefused as refusal:
            raise SpecRefused(f"{place}.default", str(refusal)) from None


def check_mask(parameter: Parameter, parameters: Iterable[Parameter], place: str) -> None:
    covered = next((other for other in parameters if other.name == parameter.mask_of), None)
    if covered is None or not covered.is_image or covered.is_mask:
        raise SpecRefused(f"{place}.mask_of", f"no image parameter to cover is called “{parameter.mask_of}”")
    if not parameter.is_image or parameter.max_images != 1:
        raise SpecRefused(f"{place}.mask_of", "needs an image parameter that takes one image")
    if parameter.mask_marks not in MASK_MARKS:
        raise SpecRefused(f"{place}.mask_marks", f"must be one of {', '.join(MASK_MARKS)}")


def check_limits(parameter: Parameter, place: str) -> None:
    for key in ("minimum", "maximum", "step"):
        limit = getattr(parameter, key)
        # Compared first: a whole number of 400 digits cannot even be asked whether it is finite.
        if limit is not None and (abs(limit) > LARGEST_INTEGER or not math.isfinite(limit)):
            raise SpecRefused(f"{place}.{key}", "must be a finite number of at most 19 digits")
    if parameter.minimum is not None and parameter.maximum is not None and parameter.minimum > parameter.maximum:
        raise SpecRefused(f"{place}.minimum", "is above the maximum")
    if parameter.step is not None and parameter.step <= 0:
        raise SpecRefused(f"{place}.step", "must be above 0")


def to_json(parameters: Iterable[Parameter]) -> list[dict[str, Any]]:
    """The JSON form again, without what is at its default; `parse_parameters` of it gives equal parameters."""
    plain = {field.name: field.default for field in dataclasses.fields(Parameter)}
    words = {attribute: word for word, attribute in RENAMED.items()}
    result = []
    for parameter in parameters:
        table: dict[str, Any] = {}
        for name, default in plain.items():
            value = getattr(parameter, name)
            if value != default:
                table[words.get(name, name)] = [choice_to_json(c) for c in value] if name == "choices" else value
        if parameter.forbids:
            table["forbids"] = list(parameter.forbids)
        result.append(table)
    return result


def choice_to_json(choice: Choice) -> object:
    table: dict[str, Any] = {"value": choice.value, "label": choice.label}
    if choice.note:
        table["note"] = choice.note
    if choice.cost_factor != 1:
        table["cost_factor"] = float(choice.cost_factor)
    return choice.value if table == {"value": choice.value, "label": str(choice.value)} else table


def spec_hash(parameters: Iterable[Parameter]) -> str:
    """Sixteen hex digits that change whenever the spec does; kept with every generation."""
    text = json.dumps(to_json(parameters), sort_keys=True, ensure_ascii=False)
    return hashlib.sha256(text.encode()).hexdigest()[:16]
