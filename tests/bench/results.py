"""Rows of the table that a benchmark prints: what, ours, the other side, ratio."""

import statistics
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field

HEAD = ("what", "ours", "the other side", "ratio")


@dataclass(frozen=True, kw_only=True)
class Row:
    """`ours` and `other` hold one figure per round, in `unit`; the ratio is `compare` of the two, round by round."""

    what: str
    ours: Sequence[float]
    unit: str
    other: Sequence[float] = ()
    other_name: str = ""
    compare: Callable[[float, float], float] = field(default=lambda ours, other: ours / other)

    def cells(self) -> tuple[str, str, str, str]:
        if not self.other:
            return (self.what, spread(self.ours, self.unit), self.other_name or "–", "–")
        ratios = [self.compare(ours, other) for ours, other in zip(self.ours, self.other, strict=True)]
        other = f"{self.other_name}: {spread(self.other, self.unit)}"
        return (self.what, spread(self.ours, self.unit), other, spread(ratios, ""))


def other_to_ours(ours: float, other: float) -> float:
    return other / ours


def spread(figures: Sequence[float], unit: str) -> str:
    """The median, and the lowest and highest where they differ."""
    low, middle, high = (number(pick(figures)) for pick in (min, statistics.median, max))
    words = f"{middle} {unit}".strip()
    return words if low == high else f"{words} ({low}–{high})"


def number(figure: float) -> str:
    """Three digits that matter."""
    if figure == int(figure):
        return f"{figure:.0f}"
    return f"{figure:.0f}" if abs(figure) >= 100 else f"{figure:.1f}" if abs(figure) >= 10 else f"{figure:.2f}"


def as_table(rows: Sequence[Row]) -> str:
    return cells_as_table([row.cells() for row in rows])


def cells_as_table(lines: Sequence[Sequence[str]]) -> str:
    """A Markdown table, its columns aligned for reading as text."""
    cells = [HEAD, *lines]
    widths = [max(len(line[column]) for line in cells) for column in range(len(HEAD))]
    drawn = [
        "| " + " | ".join(cell.ljust(width) for cell, width in zip(line, widths, strict=True)) + " |" for line in cells
    ]
    return "\n".join([drawn[0], "|" + "|".join("-" * (width + 2) for width in widths) + "|", *drawn[1:]])
