"""The frozen classes of a spec, and the two ways a spec or a value can be wrong."""

from dataclasses import dataclass
from decimal import Decimal
from typing import Any

Value = str | int | float | bool | list[Any] | dict[str, Any]


class SpecRefused(ValueError):
    """A spec that does not parse. `place` says where, as in `parameters[2].default`."""

    def __init__(self, place: str, problem: str):
        self.place = place
        self.problem = problem
        super().__init__(f"{place}: {problem}")


class ValueRefused(ValueError):
    """A value outside its parameter's spec; the text is a sentence for people."""


@dataclass(frozen=True, kw_only=True)
class Choice:
    value: str | int | float | bool
    label: str
    note: str = ""
    cost_factor: Decimal = Decimal(1)


@dataclass(frozen=True, kw_only=True)
class Parameter:
    """One knob. Limits are inclusive; `ignored_with` names the image parameter that switches this one off once given.
    An image parameter with `mask_of` takes the mask of that one's first picture; `mask_marks` says which of its pixels are
    those to work on."""

    name: str
    type: str
    label: str
    description: str = ""
    is_required: bool = False
    is_basic: bool = False
    is_always_sent: bool = False
    choices: tuple[Choice, ...] = ()
    minimum: float | None = None
    maximum: float | None = None
    step: float | None = None
    default: Value | None = None
    max_images: int = 1
    max_megabytes: int = 20
    forbids: tuple[str, ...] = ()
    ignored_with: str = ""
    mask_of: str = ""
    mask_marks: str = "white"
    transport: str = "image_config"

    @property
    def is_image(self) -> bool:
        return self.type == "image"

    @property
    def is_mask(self) -> bool:
        return bool(self.mask_of)

    @property
    def is_number(self) -> bool:
        return self.type in ("integer", "number")

    @property
    def is_seed(self) -> bool:
        return self.name == "seed" and self.is_number

    @property
    def is_beside_prompt(self) -> bool:
        """Whether it is words that belong to the prompt."""
        return self.name == "negative_prompt" and self.type == "string" and not self.choices

    @property
    def is_whole(self) -> bool:
        """Whether values travel as JSON integers: `integer`, or a number whose step is whole."""
        return self.type == "integer" or (
            self.type == "number" and self.step is not None and self.step == int(self.step)
        )

    def choice(self, value: object) -> Choice | None:
        return next((choice for choice in self.choices if choice.value == value), None)

    def label_of(self, value: object) -> str:
        """A value as people read it: its choice's label, on/off for switches, the plain text else."""
        if isinstance(value, bool):
            return "On" if value else "Off"
        choice = self.choice(value)
        return choice.label if choice else str(value)
