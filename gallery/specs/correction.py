"""A spec that a gateway proved wrong: it refused a setting and named what it takes instead, or does not know it at all."""

import dataclasses
from collections.abc import Sequence

from gallery.specs.listed import with_choices, with_default_of
from gallery.specs.parameters import Parameter


def corrected(spec: Sequence[Parameter], name: str, values: Sequence[str]) -> list[Parameter] | None:
    """The spec with these values for the parameter; without the parameter, where the gateway named none. None where the spec
    says so already, has no such parameter, or cannot be told from the values."""
    parameter = next((one for one in spec if one.name == name), None)
    if parameter is None or parameter.is_image:
        return None
    if not values:
        return [one for one in spec if one.name != name]
    new = with_limits(parameter, values) if is_plain_number(parameter) else with_values(parameter, values)
    return None if new is None or new == parameter else [new if one.name == name else one for one in spec]


def is_plain_number(parameter: Parameter) -> bool:
    return parameter.is_number and not parameter.choices


def with_limits(parameter: Parameter, values: Sequence[str]) -> Parameter | None:
    """Numbers are told one by one, or by their two ends; one alone may be either end."""
    try:
        numbers = [float(value) for value in values]
    except ValueError:
        return None
    if len(numbers) < 2:
        return None
    low, high = (int(end) if end.is_integer() else end for end in (min(numbers), max(numbers)))
    if (parameter.minimum, parameter.maximum) == (low, high):
        return None
    return with_default_of(dataclasses.replace(parameter, minimum=low, maximum=high), parameter)


def with_values(parameter: Parameter, values: Sequence[str]) -> Parameter | None:
    """The same values in another order are no correction."""
    if parameter.type == "boolean" or {str(choice.value) for choice in parameter.choices} == set(values):
        return None
    return with_choices(parameter, values)
