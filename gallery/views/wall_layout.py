"""How pictures hang in rows: which ones share a row, and how high the rows of a section are. Pure.

Rows are broken by the pictures' ratios alone, never by pixels: a row is as wide as the wall, so its height follows from the
sum of its ratios, and that of a section is `A·width − B·gap + (rows − 1)·gap` at any width. The browser knows every height
before it has a single picture.
"""

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from datetime import date
from itertools import chain

# A picture of this ratio is what `across` counts.
USUAL_RATIO = 1.2
NARROWEST, WIDEST = 0.25, 4.0
# A last row this full is drawn as wide as the others; a shorter one keeps their height and ends early.
FULL = 0.85
# A section is cut where a row ends, at the first one after so many pictures; whatever their ratios are, none has more than 200.
PART, LONGEST_PART = 80, 120
LEAST_ACROSS, MOST_ACROSS = 2, 12


@dataclass(frozen=True, kw_only=True)
class Layout:
    """What a person chose: how many across, in rows of true shapes or as a grid of squares."""

    across: int
    is_square: bool = False

    @property
    def target(self) -> float:
        """The sum of ratios that fills a row."""
        return self.across * (1.0 if self.is_square else USUAL_RATIO)

    def ratio(self, width: int, height: int) -> float:
        return 1.0 if self.is_square else min(max(width / height, NARROWEST), WIDEST)


@dataclass(frozen=True, slots=True)
class Row:
    """`total` is the sum of ratios that makes the row's width, `gaps` how many gaps there are in it."""

    count: int
    total: float
    gaps: int


@dataclass(frozen=True, slots=True)
class Period:
    """A day or a month: everything from the key `floor` up to the period before. `year` is what its dates need behind them, ""
    in this year. Periods of one `kind` (day or month, "" for those that stand alone) may share a section."""

    title: str
    floor: int
    day: date = date.min
    year: str = ""
    kind: str = ""

    @property
    def month(self) -> int:
        """202603 for March 2026, 0 for none."""
        return self.day.year * 100 + self.day.month if self.day > date.min else 0

    def may_join(self, older: "Period") -> bool:
        return bool(self.kind) and self.kind == older.kind and (self.kind == "day" or self.year == older.year)

    def title_to(self, older: "Period") -> str:
        """In the order of the calendar: 3 – 9 March, 28 February – 3 March, March – May."""
        if older is self:
            return self.title
        end = f"{self.day:%B}{self.year}"
        if self.kind == "month":
            return f"{older.day:%B} – {end}"
        begin = "" if (older.day.month, older.year) == (self.day.month, self.year) else f" {older.day:%B}"
        return f"{older.day.day}{begin}{older.year if older.year != self.year else ''} – {self.day.day} {end}"


@dataclass(frozen=True, slots=True)
class Section:
    """Pictures in a row of keys, highest first; only the first part of a period has its title."""

    title: str
    month: int
    first: int
    last: int
    count: int
    a: float
    b: float
    rows: int


def close_row(total: float, count: int, target: float) -> Row:
    """The last row of a section: one that ends early has a gap at its end too."""
    return Row(count, total, count - 1) if total >= FULL * target else Row(count, target, count)


def break_rows(ratios: Iterable[float], target: float) -> list[Row]:
    """A row ends where the next picture would bring it further from its target, measured as its height would change."""
    rows, total, count = [], 0.0, 0
    for ratio in ratios:
        if total * (total + ratio) > target * target:
            rows.append(Row(count, total, count - 1))
            total, count = 0.0, 0
        total += ratio
        count += 1
    return [*rows, close_row(total, count, target)] if count else rows


def measure(rows: Sequence[Row]) -> tuple[float, float]:
    """A and B of the formula."""
    return sum(1 / row.total for row in rows), sum(row.gaps / row.total for row in rows)


def cut_sections(
    pictures: Iterable[tuple[int, int, int]], periods: Sequence[Period], layout: Layout
) -> Iterator[Section]:
    """Key, width and height of pictures, highest key first, cut by periods and then into parts. The last period has to reach
    down to the lowest key. Periods that do not fill a row hang together."""
    rest = iter(pictures)
    following = next(rest, None)
    at, is_part = 0, False
    while following:
        here = period_of(following[0], periods, at)
        is_part, at = is_part and here == at, here
        section, following, at = cut_part(following, rest, periods, at, layout, is_part=is_part)
        is_part = True
        yield section


def period_of(key: int, periods: Sequence[Period], at: int) -> int:
    while key < periods[at].floor:
        at += 1
    return at


def cut_part(
    first: tuple[int, int, int],
    rest: Iterator[tuple[int, int, int]],
    periods: Sequence[Period],
    at: int,
    layout: Layout,
    *,
    is_part: bool,
) -> tuple[Section, tuple[int, int, int] | None, int]:
    """One section, the picture after it, and the last period in it. The same rows as `break_rows` finds, in one pass: walls
    have a million pictures."""
    target, is_square, newest, floor = layout.target, layout.is_square, periods[at], periods[at].floor
    square, full = target * target, target * FULL
    last, total, count, taken, rows, a, b = 0, 0.0, 0, 0, 1, 0.0, 0.0
    following = None
    for picture in chain((first,), rest):
        key, width, height = picture
        ratio = 1.0 if is_square else width / height
        if not NARROWEST <= ratio <= WIDEST:
            ratio = min(max(ratio, NARROWEST), WIDEST)
        if key < floor and not is_part and not taken and total < full:
            older = period_of(key, periods, at)
            if newest.may_join(periods[older]):
                at, floor = older, periods[older].floor
        is_end = total * (total + ratio) > square
        if key < floor or (is_end and taken + count >= PART and (total >= full or taken + count >= LONGEST_PART)):
            following = picture
            break
        if is_end:
            a, b, rows, taken = a + 1 / total, b + (count - 1) / total, rows + 1, taken + count
            total, count = 0.0, 0
        total, count, last = total + ratio, count + 1, key
    row = close_row(total, count, target)
    a, b = a + 1 / row.total, b + row.gaps / row.total
    title = "" if is_part else newest.title_to(periods[at])
    section = Section(title, newest.month, first[0], last, taken + count, round(a, 6), round(b, 6), rows)
    return section, following, at
