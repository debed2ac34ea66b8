"""Two specs held against each other: what a person has to look at before one takes the other's place."""

import dataclasses
from collections.abc import Sequence
from typing import Any

from gallery.specs.parameters import Parameter

WORDS = {
    "type": "type",
    "label": "label",
    "description": "description",
    "is_required": "needed",
    "is_basic": "shown at once",
    "is_always_sent": "always sent",
    "choices": "choices",
    "minimum": "minimum",
    "maximum": "maximum",
    "step": "step",
    "default": "default",
    "max_images": "most images",
    "max_megabytes": "most megabytes",
    "forbids": "may not hold",
    "ignored_with": "not used with",
    "mask_of": "mask of",
    "mask_marks": "mask marks",
    "transport": "travels in",
}


@dataclasses.dataclass(frozen=True, kw_only=True)
class SpecChange:
    """One difference. `kind` is added, removed or changed; `word` what of the parameter. Choices that went and came stand in
    `lost` and `gained`, anything else in `before` and `after`."""

    parameter: str
    label: str
    kind: str
    word: str = ""
    before: str = ""
    after: str = ""
    lost: Sequence[str] = ()
    gained: Sequence[str] = ()

    def __str__(self) -> str:
        if self.kind != "changed":
            return f"{self.parameter}: {self.kind}" + (f" ({self.after})" if self.after else "")
        if self.lost or self.gained:
            told = [*(f"−{value}" for value in self.lost), *(f"+{value}" for value in self.gained)]
            return f"{self.parameter}, {self.word}: {', '.join(told)}"
        return f"{self.parameter}, {self.word}: {self.before or 'none'} → {self.after or 'none'}"


def compare(before: Sequence[Parameter], after: Sequence[Parameter]) -> list[SpecChange]:
    """In the order of the new spec, what was taken out last."""
    old, new = {p.name: p for p in before}, {p.name: p for p in after}
    changes: list[SpecChange] = []
    for name, parameter in new.items():
        if name in old:
            changes += compare_parameters(old[name], parameter)
        else:
            changes.append(SpecChange(parameter=name, label=parameter.label, kind="added", after=in_a_line(parameter)))
    gone = [parameter for name, parameter in old.items() if name not in new]
    changes += [SpecChange(parameter=p.name, label=p.label, kind="removed", before=in_a_line(p)) for p in gone]
    if not changes and list(old) != list(new):
        changes.append(SpecChange(parameter="", label="All parameters", kind="changed", word="order"))
    return changes


def compare_parameters(before: Parameter, after: Parameter) -> list[SpecChange]:
    changes = []
    for attribute, word in WORDS.items():
        old, new = getattr(before, attribute), getattr(after, attribute)
        if old == new:
            continue
        change = SpecChange(parameter=after.name, label=after.label, kind="changed", word=word)
        plain = {"before": in_words(old), "after": in_words(new)}
        told = compare_choices(before, after) if attribute == "choices" else plain
        changes.append(dataclasses.replace(change, **told))
    return changes


def compare_choices(before: Parameter, after: Parameter) -> dict[str, Any]:
    old, new = {str(c.value): c for c in before.choices}, {str(c.value): c for c in after.choices}
    lost, gained = [value for value in old if value not in new], [value for value in new if value not in old]
    if lost or gained:
        return {"lost": lost, "gained": gained}
    if list(old) != list(new):
        return {"before": ", ".join(old), "after": ", ".join(new)}
    told = [value for value in old if old[value] != new[value]]
    return {
        "before": ", ".join(choice_in_words(old[value]) for value in told),
        "after": ", ".join(choice_in_words(new[value]) for value in told),
    }


def choice_in_words(choice: Any) -> str:
    factor = f" ×{choice.cost_factor.normalize():f}" if choice.cost_factor != 1 else ""
    note = f" ({choice.note})" if choice.note else ""
    return f"{choice.value} “{choice.label}”{note}{factor}"


def in_words(value: object) -> str:
    if value is None:
        return ""
    if isinstance(value, bool):
        return "yes" if value else "no"
    if isinstance(value, tuple):
        return ", ".join(map(str, value))
    return f"{value:g}" if isinstance(value, float) else str(value)


def in_a_line(parameter: Parameter) -> str:
    """A whole parameter, as short as it stays clear."""
    parts = [parameter.type]
    if parameter.choices:
        parts = [", ".join(str(choice.value) for choice in parameter.choices)]
    elif parameter.minimum is not None or parameter.maximum is not None:
        parts.append(f"{in_words(parameter.minimum)}–{in_words(parameter.maximum)}")
    elif parameter.is_image and parameter.max_images > 1:
        parts.append(f"up to {parameter.max_images}")
    return " ".join([*parts, *(["needed"] if parameter.is_required else [])])
