"""How one knob is shown: which control fits its parameter, and everything the template needs to draw it."""

from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Any

from gallery import specs
from gallery.models import Image

MOST_SEGMENTS = 4
LONGEST_SEGMENTS = 30
WIDEST_COUNT = 8
BOX = 22
ACCEPT = "image/png,image/jpeg,image/webp,image/gif"


@dataclass(frozen=True, kw_only=True)
class RowChoice:
    """`ratio_width` and `ratio_height` are the drawn shape within a box of BOX pixels; 0 where the choice has none."""

    value: Any
    label: str
    note: str
    is_selected: bool
    is_default: bool
    ratio_width: int = 0
    ratio_height: int = 0


@dataclass(kw_only=True)
class Row:
    """One knob as a page shows it. `value` is what stands in the control: form text as typed, or the spec's default. `was` is
    what a change of the model made of it."""

    parameter: specs.Parameter
    value: Any
    pictures: Sequence[Image] = ()
    errors: Sequence[str] = ()
    is_ignored: bool = False
    ignored_reason: str = ""
    was: str = ""
    choices: list[RowChoice] = field(init=False)
    widget: str = field(init=False)

    def __post_init__(self) -> None:
        if isinstance(self.value, float) and self.value.is_integer():
            self.value = int(self.value)
        self.choices = build_choices(self.parameter, self.value)
        self.widget = widget_for(self.parameter, self.choices)

    @property
    def name(self) -> str:
        return self.parameter.name

    @property
    def id(self) -> str:
        return f"id_{self.parameter.name}"

    @property
    def label(self) -> str:
        return self.parameter.label

    @property
    def help(self) -> str:
        return self.parameter.description

    @property
    def is_required(self) -> bool:
        return self.parameter.is_required

    @property
    def default(self) -> Any:
        return "" if self.parameter.default is None else self.parameter.default

    @property
    def default_label(self) -> str:
        return "" if self.parameter.default is None else self.parameter.label_of(self.parameter.default)

    @property
    def is_changed(self) -> bool:
        return bool(self.pictures) if self.parameter.is_image else str(self.value) != str(self.default)

    @property
    def minimum(self) -> Any:
        return number_text(self.parameter.minimum)

    @property
    def maximum(self) -> Any:
        return number_text(self.parameter.maximum)

    @property
    def step(self) -> Any:
        if self.parameter.step is None:
            return 1 if self.parameter.type == "integer" else "any"
        return number_text(self.parameter.step)

    @property
    def ignored_with(self) -> str:
        return self.parameter.ignored_with

    @property
    def mask_of(self) -> str:
        return self.parameter.mask_of

    @property
    def mask_marks(self) -> str:
        return self.parameter.mask_marks

    @property
    def max_images(self) -> int:
        return self.parameter.max_images

    @property
    def max_megabytes(self) -> int:
        return self.parameter.max_megabytes

    @property
    def accept(self) -> str:
        return ACCEPT


def number_text(number: float | None) -> str:
    return "" if number is None else f"{number:g}" if abs(number) < 1e6 else str(int(number))


def build_choices(parameter: specs.Parameter, value: Any) -> list[RowChoice]:
    """The spec's choices; small whole ranges (how many images) are choices too."""
    choices = parameter.choices
    if not choices and is_small_range(parameter):
        numbers = range(int(parameter.minimum or 0), int(parameter.maximum or 0) + 1)
        choices = tuple(specs.Choice(value=number, label=str(number)) for number in numbers)
    if choices and parameter.default is None and not parameter.is_required:
        choices = (specs.Choice(value="", label="Not set"), *choices)
    return [build_choice(parameter, choice, value) for choice in choices]


def is_small_range(parameter: specs.Parameter) -> bool:
    if parameter.type != "integer" or parameter.minimum is None or parameter.maximum is None:
        return False
    return parameter.maximum - parameter.minimum < WIDEST_COUNT and parameter.step in (None, 1)


def build_choice(parameter: specs.Parameter, choice: specs.Choice, value: Any) -> RowChoice:
    shape = specs.shape_of(choice.value) if parameter.name in specs.SHAPE_NAMES else None
    width, height = scaled_to_box(*shape) if shape else (0, 0)
    return RowChoice(
        value=choice.value,
        label=choice.label,
        note=choice.note,
        is_selected=str(choice.value) == str(value),
        is_default=choice.value == parameter.default,
        ratio_width=width,
        ratio_height=height,
    )


def scaled_to_box(width: float, height: float) -> tuple[int, int]:
    factor = BOX / max(width, height)
    return max(round(width * factor), 4), max(round(height * factor), 4)


def widget_for(parameter: specs.Parameter, choices: Sequence[RowChoice]) -> str:
    """The control that speaks the parameter's meaning. Types nobody knows get a text box, so that nothing vanishes."""
    if choices:
        return widget_for_choices(choices)
    if parameter.is_seed:
        return "seed"
    if parameter.is_number:
        has_range = parameter.minimum is not None and parameter.maximum is not None
        return "slider" if has_range else "number"
    return {"image": "images", "boolean": "switch"}.get(parameter.type, "text")


def widget_for_choices(choices: Sequence[RowChoice]) -> str:
    if sum(1 for choice in choices if choice.ratio_width) >= max(len(choices) - 1, 1):
        return "aspect"
    is_short = sum(len(choice.label) for choice in choices) <= LONGEST_SEGMENTS
    all_numbers = all(isinstance(choice.value, int) for choice in choices if choice.value != "")
    return "segments" if is_short and (len(choices) <= MOST_SEGMENTS or all_numbers) else "select"
