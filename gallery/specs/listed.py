"""A spec from what a gateway's list tells of a model's parameters, and a spec brought up to date with it."""

import dataclasses
from collections.abc import Mapping, Sequence
from typing import Any

from gallery.specs.parameters import Choice, Parameter, SpecRefused, Value, ValueRefused
from gallery.specs.parsing import parse_parameter
from gallery.specs.shapes import nearest_choice, ratio_in_words, shape_of
from gallery.specs.values import clean_value

Settings = Mapping[str, Mapping[str, Any]]


def from_settings(settings: Settings, words: Sequence[Mapping[str, Any]]) -> list[Parameter]:
    """`words` say what the catalogue knows of a setting: `is` is the gateway's name for it, `skip` leaves it out, anything else
    are words of the spec. In their order, then those nobody knows; what cannot be a parameter is left out."""
    known = {one["is"]: one for one in words}
    ordered = [name for name in known if name in settings] + [name for name in settings if name not in known]
    found: dict[str, Parameter] = {}
    for name in ordered:
        told = known.get(name, {})
        if told.get("skip"):
            continue
        block = {"name": name} | form_in_words(settings[name])
        block |= {key: value for key, value in told.items() if key not in ("is", "skip")}
        if block["type"] == "image":
            block = {key: value for key, value in block.items() if key not in ("choices", "minimum", "maximum")}
            block["max_images"] = max(1, min(int(settings[name].get("max", 1)), 64))
        try:
            parameter = parse_parameter(block, name)
        except SpecRefused:
            continue
        found.setdefault(parameter.name, parameter)
    return list(found.values())


def form_in_words(form: Mapping[str, Any]) -> dict[str, Any]:
    if form["type"] == "enum":
        return {"type": "string", "choices": list(form["values"])}
    if form["type"] == "range":
        is_whole = all(float(form[end]).is_integer() for end in ("min", "max"))
        return {"type": "integer" if is_whole else "number", "minimum": form["min"], "maximum": form["max"]}
    return {"type": "boolean"}


def brought_up_to_date(spec: Sequence[Parameter], listed: Sequence[Parameter]) -> list[Parameter]:
    """Our spec with what the gateway lists: values and limits are the gateway's, words, notes and defaults stay ours as far as
    they still hold. What it does not list goes, but for pictures and free texts, of which such lists do not speak."""
    told = {parameter.name: parameter for parameter in listed}
    stays = {p.name for p in spec if p.is_image or (p.type == "string" and not p.choices)}
    kept = [with_values_of(p, told[p.name]) if p.name in told else p for p in spec if p.name in told or p.name in stays]
    pictures = any(parameter.is_image and not parameter.is_mask for parameter in kept)
    ours = {parameter.name for parameter in spec}
    new = [p for p in listed if p.name not in ours and not (p.is_image and pictures)]
    return [*kept, *new]


def with_values_of(ours: Parameter, listed: Parameter) -> Parameter:
    if ours.is_image:
        return dataclasses.replace(ours, max_images=listed.max_images) if listed.is_image else ours
    if listed.choices:
        return with_choices(ours, [choice.value for choice in listed.choices])
    limits = dataclasses.replace(
        ours,
        choices=(),
        minimum=listed.minimum,
        maximum=listed.maximum,
        type=listed.type if ours.choices else ours.type,
    )
    return with_default_of(limits, ours)


def with_choices(ours: Parameter, values: Sequence[Any]) -> Parameter:
    """The parameter with these values to choose from. A value that was there keeps its label, note and price; a default that
    went gives way to the nearest shape, or to the first where one is needed."""
    plain = dataclasses.replace(ours, choices=())
    typed: list[str | int | float | bool] = []
    for value in values:
        existing = next((choice.value for choice in ours.choices if str(choice.value) == str(value)), None)
        typed.append(existing if existing is not None else of_its_type(plain, value))
    chosen = tuple(ours.choice(value) or new_choice(value, typed) for value in dict.fromkeys(typed))
    return with_default_of(dataclasses.replace(ours, choices=chosen), ours)


def of_its_type(parameter: Parameter, value: Any) -> str | int | float | bool:
    if parameter.is_number:
        try:
            cleaned = clean_value(dataclasses.replace(parameter, minimum=None, maximum=None, step=None), value)
        except ValueRefused:
            return str(value)
        return cleaned if isinstance(cleaned, int | float) else str(value)
    return value if isinstance(value, str | int | float | bool) else str(value)


def new_choice(value: Any, all_values: Sequence[Any]) -> Choice:
    """`landscape_16_9` is read as “16:9”, where no other value reads so."""
    label = shape_label(value)
    is_clear = bool(label) and sum(shape_label(other) == label for other in all_values) == 1
    return Choice(value=value, label=label if is_clear else str(value))


def shape_label(value: Any) -> str:
    shape = shape_of(value) if isinstance(value, str) and not value[:1].isdigit() else None
    return ratio_in_words(*shape) if shape else ""


def with_default_of(parameter: Parameter, ours: Parameter) -> Parameter:
    default: Value | None = ours.default
    if default is None:
        return dataclasses.replace(parameter, default=None)
    try:
        default = clean_value(parameter, default)
    except ValueRefused:
        nearest = nearest_choice(parameter, str(ours.default)) if parameter.choices else None
        first = parameter.choices[0].value if parameter.choices and ours.is_required else None
        default = nearest if nearest is not None else first
    return dataclasses.replace(parameter, default=default)
