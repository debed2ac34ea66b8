"""Whether another model can do exactly what stands in a form: every setting, every picture, nothing left out or changed."""

from collections.abc import Mapping, Sequence
from typing import Any

from gallery.specs.parameters import Parameter
from gallery.specs.translation import translate
from gallery.specs.values import is_ignored

# Pictures to go by; every other one has a part of its own: a mask, edges, a face.
REFERENCE_NAMES = ("image_prompt", "image")


def misfits(
    values: Mapping[str, Any], pictures: Mapping[str, int], before: Sequence[Parameter], after: Sequence[Parameter]
) -> list[str]:
    """In a few words each, what keeps a model of the spec `after` from doing the same; empty where nothing does. `values` and
    the numbers of `pictures` are by name, as `before` takes them. What stands at its default is not asked for."""
    given = {name: count for name, count in pictures.items() if count}
    translation = translate(wanted(values, given, before), before, after)
    placed = place_exactly(given, after)
    found = [str(change) for change in translation.changed]
    found += [f"no {lost}" for lost in translation.left_out]
    found += misfits_of_pictures(given, placed, before)
    used = {parameter.name for parameter in placed.values()}
    for parameter in after:
        if parameter.name in translation.values and is_ignored(parameter, used):
            found.append(f"{parameter.label} is not used beside a picture")
        elif is_missing(parameter, translation.values, placed):
            found.append(f"it needs {parameter.label}")
    return found


def wanted(values: Mapping[str, Any], given: Mapping[str, int], before: Sequence[Parameter]) -> dict[str, Any]:
    """What was set to something of its own, and is used."""
    spec = {parameter.name: parameter for parameter in before}
    return {
        name: value
        for name, value in values.items()
        if name in spec and not is_at_default(spec[name], value) and not is_ignored(spec[name], given)
    }


def is_at_default(parameter: Parameter, value: Any) -> bool:
    return value == parameter.default or (parameter.default is None and value in (None, "", False))


def place_exactly(given: Mapping[str, int], after: Sequence[Parameter]) -> dict[str, Parameter]:
    """By the old name, the parameter that takes all of these pictures as what they are."""
    room = {parameter.name: parameter for parameter in after if parameter.is_image}
    placed: dict[str, Parameter] = {}
    for name, count in given.items():
        names = REFERENCE_NAMES if name in REFERENCE_NAMES else (name,)
        target = next((room[same] for same in (name, *names) if same in room), None)
        if target and count <= target.max_images and target not in placed.values():
            placed[name] = target
    return placed


def misfits_of_pictures(
    given: Mapping[str, int], placed: Mapping[str, Parameter], before: Sequence[Parameter]
) -> list[str]:
    labels = {parameter.name: parameter.label for parameter in before}
    return [
        f"not {count} picture{'s' if count > 1 else ''} for {labels.get(name, name)}"
        for name, count in given.items()
        if name not in placed
    ]


def is_missing(parameter: Parameter, values: Mapping[str, Any], placed: Mapping[str, Parameter]) -> bool:
    if not parameter.is_required or parameter.default is not None:
        return False
    return parameter not in placed.values() if parameter.is_image else parameter.name not in values
