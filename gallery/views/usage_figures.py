"""Sums of usage as its page shows them: added up, in words, with the median of how long runs took."""

from collections import Counter
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from decimal import Decimal
from typing import Any

from gallery.models.amounts import MILLION, from_millionths
from gallery.models.usage import PACE_STEP, SUMS
from gallery.views.amounts import amount_in_words

NONE = "–"
CENT = Decimal("0.01")
WHOLE_SECONDS = 10
COLUMNS = {"usd": "Dollars", "points": "Points", "pictures": "Pictures", "success": "Success", "seconds": "Median"}


@dataclass(kw_only=True)
class Figures:
    """Amounts are millionths; `paces` counts runs by how long they took."""

    sums: Counter[str] = field(default_factory=Counter)
    paces: Counter[int] = field(default_factory=Counter)

    def add(self, sums: Mapping[str, Any], paces: Mapping[int, int]) -> None:
        self.sums.update({name: int(sums[name]) for name in SUMS})
        self.paces.update(paces)

    @property
    def is_empty(self) -> bool:
        return not self.sums["runs"]

    @property
    def success(self) -> float | None:
        """Of those that came to an end by themselves, the percentage that was made."""
        ended = self.sums["made"] + self.sums["failed"]
        return 100 * self.sums["made"] / ended if ended else None

    @property
    def seconds(self) -> float | None:
        """The median, right to a twentieth."""
        count, seen = sum(self.paces.values()), 0
        for pace in sorted(self.paces):
            seen += self.paces[pace]
            if 2 * seen >= count:
                return float(PACE_STEP**pace)
        return None

    @property
    def usd(self) -> float:
        return self.sums["usd"] / MILLION

    @property
    def points(self) -> float:
        return self.sums["points"] / MILLION

    @property
    def pictures(self) -> int:
        return self.sums["pictures"]

    @property
    def usd_words(self) -> str:
        return money(from_millionths(self.sums["usd"]), "usd") if self.sums["usd"] else NONE

    @property
    def points_words(self) -> str:
        return f"{self.points:,.0f}" if self.sums["points"] else NONE

    @property
    def pictures_words(self) -> str:
        return f"{self.pictures:,}"

    @property
    def success_words(self) -> str:
        return NONE if self.success is None else f"{self.success:.0f} %"

    @property
    def seconds_words(self) -> str:
        if self.seconds is None:
            return NONE
        return f"{self.seconds:.0f} s" if self.seconds >= WHOLE_SECONDS else f"{self.seconds:.1f} s"

    @property
    def columns(self) -> list[str]:
        """Those that there is something to say in; pictures are always counted."""
        return [name for name in COLUMNS if name == "pictures" or getattr(self, name)]

    def words_in(self, columns: Iterable[str]) -> list[str]:
        return [getattr(self, f"{name}_words") for name in columns]

    @property
    def notes(self) -> list[str]:
        """What the sums of money hold and do not hold."""
        told = [
            (self.sums["reckoned"], "with a cost that was only reckoned"),
            (self.sums["unknown"], "of unknown cost, not in the sums"),
            (self.sums["simulated"], "simulated, which cost nothing"),
        ]
        return [f"{count:,} {words}" for count, words in told if count]


def figures_by(sums: Iterable[Mapping[str, Any]], paces: Mapping[Any, Mapping[int, int]]) -> dict[Any, Figures]:
    found: dict[Any, Figures] = {}
    for row in sums:
        found.setdefault(row["key"], Figures()).add(row, paces.get(row["key"], {}))
    return found


def total_of(figures: Iterable[Figures]) -> Figures:
    total = Figures()
    for one in figures:
        total.sums.update(one.sums)
        total.paces.update(one.paces)
    return total


def money(amount: Decimal, unit: str) -> str:
    """To the cent, unless it is less than one."""
    if unit == "usd" and amount >= CENT:
        return f"${amount:,.2f}"
    if unit == "points" and amount == int(amount):
        return f"{int(amount):,} points"
    return amount_in_words(amount, unit)
