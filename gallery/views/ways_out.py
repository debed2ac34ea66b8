"""What can be done about a failed run: the values it would have taken, and its details to pass on."""

from collections.abc import Sequence
from dataclasses import replace
from typing import Any

from django.utils import timezone

from gallery import specs
from gallery.models import Generation

MOST_VALUES = 4


def values_offered(generation: Generation) -> list[tuple[str, str]]:
    """What the gateway named and the form can set: text and label of each value."""
    parameter = refused_parameter(generation)
    if parameter is None:
        return []
    values = nearest_first(parameter, values_taken(generation, parameter), generation.parameters.get(parameter.name))
    return [(str(value), parameter.label_of(value)) for value in values[:MOST_VALUES]]


def refused_parameter(generation: Generation) -> specs.Parameter | None:
    name = (generation.refused or {}).get("parameter")
    return next((one for one in specs.parse_parameters(generation.spec) if name and one.name == name), None)


def values_taken(generation: Generation, parameter: specs.Parameter) -> list[Any]:
    """In their JSON type; what our own spec does not know cannot be set."""
    values = []
    for text in (generation.refused or {}).get("values", ()):
        try:
            value = specs.clean_value(parameter, text)
        except specs.ValueRefused:
            continue
        if value != generation.parameters.get(parameter.name):
            values.append(value)
    return list(dict.fromkeys(values))


def nearest_first(parameter: specs.Parameter, values: Sequence[Any], asked: object) -> list[Any]:
    """Numbers by how near they come to what was asked for, of shapes the nearest one; anything else in the gateway's order."""
    if parameter.is_number and isinstance(asked, int | float):
        return sorted(values, key=lambda value: abs(value - asked))
    offered = replace(parameter, choices=tuple(choice for choice in parameter.choices if choice.value in values))
    nearest = specs.nearest_choice(offered, str(asked))
    return sorted(values, key=lambda value: value != nearest)


def take_value(generation: Generation, text: str) -> str:
    """Set the refused setting of this row, in memory, to a value that the gateway named. Returns what to say of it."""
    parameter = refused_parameter(generation)
    if parameter is None:
        return ""
    value = next((one for one in values_taken(generation, parameter) if str(one) == text), None)
    if value is None:
        return ""
    generation.parameters = {**generation.parameters, parameter.name: value}
    return f"{parameter.label} is now {parameter.label_of(value)}. Press Generate."


def details_of(generation: Generation) -> str:
    """For whoever is asked for help. What the gateway said was rid of secrets before it was kept."""
    settings = [f"{name}: {value}" for name, value in generation.parameters.items()]
    lines = [
        f"Run {generation.pk}, {timezone.localtime(generation.created_at):%Y-%m-%d %H:%M %Z}",
        f"Model: {generation.full_model_id}",
        f"Prompt: {generation.prompt}",
        *([f"Settings: {', '.join(settings)}"] if settings else []),
        f"Error: {generation.error_kind}. {generation.error_sentence}",
        *([f"The gateway said: {generation.error_detail}"] if generation.error_detail else []),
    ]
    return "\n".join(lines)
