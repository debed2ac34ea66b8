"""What a value means for the picture: its shape and how many there will be."""

import math
import re
from collections.abc import Collection, Iterable, Mapping, Sequence
from typing import Any

from gallery.specs.parameters import Parameter, Value
from gallery.specs.values import is_ignored

RATIO = re.compile(r"(\d+(?:\.\d+)?)\s*[:x×]\s*(\d+(?:\.\d+)?)")
NAMED_SHAPES = {"square": (1.0, 1.0), "portrait": (3.0, 4.0), "landscape": (4.0, 3.0)}
NAMED_RATIO = re.compile(r"(portrait|landscape)_(\d+)_(\d+)")
LARGEST_OF_RATIO = 32
SHAPE_NAMES = ("aspect_ratio", "size", "image_size")


def shape_of(value: object) -> tuple[float, float] | None:
    """Width and height that a choice stands for, as a ratio or in pixels: `16:9`, `1024x768`, `portrait_16_9`, `square_hd`."""
    text = str(value).lower()
    if named := NAMED_RATIO.search(text):
        long, short = sorted((float(named[2]), float(named[3])), reverse=True)
        return (short, long) if named[1] == "portrait" else (long, short)
    if pair := RATIO.search(text):
        width, height = float(pair[1]), float(pair[2])
        return (width, height) if width and height else None
    return next((shape for name, shape in NAMED_SHAPES.items() if text.startswith(name)), None)


def shape_parameter(parameters: Iterable[Parameter]) -> Parameter | None:
    """The knob that decides the picture's shape, if the model has one."""
    by_name = {parameter.name: parameter for parameter in parameters}
    return next((by_name[name] for name in SHAPE_NAMES if name in by_name), None)


def shape_chosen(
    parameters: Sequence[Parameter], chosen: Mapping[str, Any], given_images: Collection[str] = ()
) -> tuple[float, float] | None:
    """The shape a run will have as far as its settings tell; None where the model or a reference decides."""
    parameter = shape_parameter(parameters)
    if parameter is None or is_ignored(parameter, given_images):
        return None
    return shape_of(chosen.get(parameter.name, parameter.default))


def shapes_offered(parameters: Iterable[Parameter]) -> list[tuple[str, float, float]]:
    """The shapes that a model makes, each once: in words, width, height. Empty where it leaves them open."""
    parameter = shape_parameter(parameters)
    offered: dict[float, tuple[str, float, float]] = {}
    for choice in parameter.choices if parameter else ():
        if shape := shape_of(choice.value):
            offered.setdefault(round(shape[0] / shape[1], 2), (ratio_in_words(*shape) or choice.label, *shape))
    return list(offered.values())


def ratio_in_words(width: float, height: float) -> str:
    """`21:9`, and `3:2` for 1536 by 1024; empty where no small numbers say it."""
    common = 1 if max(width, height) <= LARGEST_OF_RATIO else math.gcd(int(width), int(height))
    across, down = width / common, height / common
    return f"{across:g}:{down:g}" if max(across, down) <= LARGEST_OF_RATIO else ""


def count_chosen(parameters: Iterable[Parameter], chosen: Mapping[str, Any], given_images: Collection[str] = ()) -> int:
    """How many pictures a run asks for: `num_images` or `n`, 1 where the model has no such knob or ignores it."""
    for parameter in parameters:
        if parameter.name in ("num_images", "n") and not is_ignored(parameter, given_images):
            count = chosen.get(parameter.name) or parameter.default
            return int(count) if isinstance(count, int | float) else 1
    return 1


def most_pictures(parameters: Iterable[Parameter]) -> int:
    """How many pictures one run can be asked for."""
    for parameter in parameters:
        if parameter.name in ("num_images", "n"):
            offered = [choice.value for choice in parameter.choices if isinstance(choice.value, int)]
            return max([int(parameter.maximum or 1), *offered])
    return 1


def nearest_choice(parameter: Parameter, size: str) -> Value | None:
    """The choice of a shape's knob that comes nearest to a size such as `1024x1536`: in shape first, then in pixels.
    None where the size or every choice says nothing."""
    wanted = shape_of(size)
    if parameter.choice(size) is not None:
        return size
    if wanted is None:
        return None
    offered = [(choice.value, shape) for choice in parameter.choices if (shape := shape_of(choice.value))]
    return min(offered, key=lambda pair: _distance(wanted, pair[1]), default=(None, None))[0]


def _distance(wanted: tuple[float, float], offered: tuple[float, float]) -> tuple[float, float]:
    shape = abs(math.log((wanted[0] / wanted[1]) / (offered[0] / offered[1])))
    area = abs(math.log((wanted[0] * wanted[1]) / (offered[0] * offered[1])))
    return round(shape, 2), area
