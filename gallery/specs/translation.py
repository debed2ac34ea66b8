"""Carries settings from one model to another by what they mean: `16:9`, `landscape_16_9` and `1820x1024` are one idea.

What fits is kept, what is near is changed and named, what has no place is left out and named. Never copied blindly: every
value that comes out has been checked by the new spec.
"""

import math
import re
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from gallery.specs.parameters import Parameter, Value, ValueRefused
from gallery.specs.shapes import SHAPE_NAMES, shape_of
from gallery.specs.values import clean_value

COUNT_NAMES = ("num_images", "n")
QUALITY_NAMES = ("quality", "image_quality")
QUALITY_WORDS = {"hd": "high", "standard": "medium", "high": "hd", "medium": "standard", "low": "standard"}
TIER_NAMES = ("resolution", "image_size", "size")
TIER = re.compile(r"(?:^|_)(\d+(?:\.\d+)?)K$", re.IGNORECASE)
SAME_RATIO = 0.03
# Of pixels, as a logarithm: a tenth more or less.
SAME_PIXELS = 0.1
# A twentieth of a shape is given up for e times as near a size.
SIZE_WEIGHT = 0.05
# Pixels of names that tell none; the named sizes are those of the services that use them.
NAMED_PIXELS = {"square_hd": 1024 * 1024, "square": 512 * 512}
HD_PIXELS = 1024 * 1024


@dataclass(frozen=True, kw_only=True)
class Change:
    """One setting that could not stay as it was; values as people read them. `name` is its knob in the new model."""

    name: str
    label: str
    before: str
    after: str
    reason: str

    def __str__(self) -> str:
        return f"{self.label} {self.before} → {self.after}, {self.reason}"


@dataclass(frozen=True, kw_only=True)
class LeftOut:
    """One setting that has no place; its value as people read it. `name` is the knob of the new model that has no room for
    it, if there is one."""

    label: str
    value: str
    reason: str
    name: str = ""

    def __str__(self) -> str:
        return f"{self.label} {self.value}"


@dataclass(kw_only=True)
class Translation:
    """`values` suit the new spec. `kept` are settings in words."""

    values: dict[str, Value] = field(default_factory=dict)
    kept: list[str] = field(default_factory=list)
    changed: list[Change] = field(default_factory=list)
    left_out: list[LeftOut] = field(default_factory=list)


def translate(values: Mapping[str, Any], before: Sequence[Parameter], after: Sequence[Parameter]) -> Translation:
    """`values` by name as `before` took them. What stood at its default there is carried where it means the same, and not
    missed where it does not."""
    result = Translation()
    old = {parameter.name: parameter for parameter in before}
    for name, value in values.items():
        source = old.get(name)
        if value is None or value == "" or (source is not None and source.is_image):
            continue
        carry(result, source, name, value, [parameter for parameter in after if not parameter.is_image])
    return result


def carry(result: Translation, source: Parameter | None, name: str, value: Any, after: Sequence[Parameter]) -> None:
    label = source.label if source else name.replace("_", " ").capitalize()
    said = source.label_of(value) if source else str(value)
    is_default = source is not None and (value == source.default or (value is False and source.default is None))
    target = place_for(name, value, after)
    found = find(target, value) if target is not None and target.name not in result.values else None
    if found is None or target is None:
        if not is_default:
            result.left_out.append(LeftOut(label=label, value=said, reason=why_not(target, said, result.values)))
        return
    new, reason = found
    if reason and is_default:
        return
    result.values[target.name] = new
    if reason:
        after_words = target.label_of(new)
        result.changed.append(Change(name=target.name, label=label, before=said, after=after_words, reason=reason))
    elif not is_default:
        result.kept.append(f"{label} {said}")


def why_not(target: Parameter | None, said: str, taken: Mapping[str, Value]) -> str:
    if target is None:
        return "no such setting here"
    if target.name in taken:
        return f"{target.label} is told already"
    return f"this model does not take {said if len(said) < 40 else 'it'}"


def place_for(name: str, value: Any, after: Sequence[Parameter]) -> Parameter | None:
    """The knob of the new model that means the same: by meaning for shapes, tiers, counts and quality, else by name."""
    by_name = {parameter.name: parameter for parameter in after}
    if name in SHAPE_NAMES and shape_of(value):
        return next((by_name[at] for at in (name, *SHAPE_NAMES) if at in by_name and has_shapes(by_name[at])), None)
    if name in TIER_NAMES and tier_of(value):
        return next((by_name[at] for at in (name, *TIER_NAMES) if at in by_name and has_tiers(by_name[at])), None)
    for names in (COUNT_NAMES, QUALITY_NAMES):
        if name in names:
            return next((by_name[same] for same in (name, *names) if same in by_name), None)
    return by_name.get(name)


def place_pictures(
    names: Iterable[str], before: Iterable[Parameter], after: Iterable[Parameter]
) -> dict[str, Parameter | None]:
    """Where pictures given to parameters of these names go: to the same, else to the first that takes pictures. A mask is
    nothing but a mask, and one that marks by the same pixels."""
    sources = {parameter.name: parameter for parameter in before}
    takers = [parameter for parameter in after if parameter.is_image]
    return {name: place_picture(name, sources.get(name), takers) for name in names}


def place_picture(name: str, source: Parameter | None, takers: Sequence[Parameter]) -> Parameter | None:
    same = next((taker for taker in takers if taker.name == name), None)
    is_mask = source.is_mask if source else bool(same and same.is_mask)
    fitting = [taker for taker in takers if taker.is_mask == is_mask]
    if is_mask and source:
        fitting = [taker for taker in fitting if taker.mask_marks == source.mask_marks]
    return same if same in fitting else next(iter(fitting), None)


def has_shapes(parameter: Parameter) -> bool:
    return any(shape_of(choice.value) for choice in parameter.choices)


def has_tiers(parameter: Parameter) -> bool:
    return any(tier_of(choice.value) for choice in parameter.choices)


def tier_of(value: object) -> float:
    """4 for `4K` and `auto_4K`; 0 where there is none."""
    found = TIER.search(str(value))
    return float(found[1]) if found else 0.0


def pixels_of(value: object) -> float:
    """About how many pixels a choice stands for; 0 where it does not tell."""
    text = str(value)
    shape = shape_of(text)
    if shape and min(shape) >= 64:
        return shape[0] * shape[1]
    return NAMED_PIXELS.get(text, HD_PIXELS if "HD" in text.upper() else 0)


# A new value, and why it differs; "" where it means the same.
Found = tuple[Value, str]


def find(parameter: Parameter, value: Any) -> Found | None:
    if parameter.choices:
        return find_choice(parameter, value)
    try:
        return clean_value(parameter, value), ""
    except ValueRefused:
        return find_number(parameter, value) if parameter.is_number else None


def find_choice(parameter: Parameter, value: Any) -> Found | None:
    for matcher in (same_words, same_shape, same_tier, same_quality):
        if found := matcher(parameter, value):
            return found
    return None


def same_words(parameter: Parameter, value: Any) -> Found | None:
    """The same value; capitals do not matter."""
    wanted = str(value).casefold()
    for choice in parameter.choices:
        if choice.value == value or str(choice.value).casefold() == wanted:
            return choice.value, ""
    return None


def same_shape(parameter: Parameter, value: Any) -> Found | None:
    """The nearest shape of about as many pixels: a shape a little further off is better than a picture a third the size."""
    shape = shape_of(value) if has_shapes(parameter) else None
    if shape is None:
        return None
    wanted, pixels = math.log(shape[0] / shape[1]), pixels_of(value) or HD_PIXELS
    ranked = []
    for place, choice in enumerate(parameter.choices):
        offered = shape_of(choice.value)
        if offered is None:
            continue
        distance = abs(math.log(offered[0] / offered[1]) - wanted)
        size = abs(math.log((pixels_of(choice.value) or HD_PIXELS) / pixels))
        ranked.append((round(distance + SIZE_WEIGHT * size, 3), place, choice.value, distance))
    *_, best, distance = min(ranked, key=lambda row: row[:2])
    if distance > SAME_RATIO:
        return best, "the nearest offered"
    told = pixels_of(value), pixels_of(best)
    is_as_large = not all(told) or abs(math.log(told[0] / told[1])) <= SAME_PIXELS
    return best, "" if is_as_large else "the same shape in other pixels"


def same_tier(parameter: Parameter, value: Any) -> Found | None:
    wanted = tier_of(value)
    offered = [
        (abs(math.log(tier / wanted)), choice.value)
        for choice in parameter.choices
        if (tier := tier_of(choice.value)) and wanted
    ]
    if not offered:
        return None
    distance, best = min(offered, key=lambda row: row[0])
    return best, "" if distance == 0 else "the nearest offered"


def same_quality(parameter: Parameter, value: Any) -> Found | None:
    if parameter.name not in QUALITY_NAMES:
        return None
    near = QUALITY_WORDS.get(str(value).casefold())
    return next(((choice.value, "the nearest offered") for choice in parameter.choices if choice.value == near), None)


def find_number(parameter: Parameter, value: Any) -> Found | None:
    """Within the limits and on the step."""
    try:
        number = float(value)
    except (TypeError, ValueError):
        return None
    if not math.isfinite(number):
        return None
    low = parameter.minimum if parameter.minimum is not None else number
    high = parameter.maximum if parameter.maximum is not None else number
    limited = min(max(number, low), high)
    reason = "at least" if limited > number else "at most" if limited < number else ""
    if step := parameter.step or (1 if parameter.type == "integer" else 0):
        start = parameter.minimum or 0
        limited = start + math.floor((limited - start) / step + 0.5) * step
        limited = limited - step if parameter.maximum is not None and limited > parameter.maximum else limited
    try:
        new = clean_value(parameter, round(limited, 6))
    except ValueRefused:
        return None
    return new, f"it takes {reason} {limited:g}" if reason else f"it goes in steps of {parameter.step or 1:g}"
