"""Page states that live in the URL: a frozen dataclass whose field names are the parameters, and readers that take what
makes sense and leave out the rest, whatever a URL says."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, fields, replace
from datetime import UTC, date, datetime, time, timedelta
from decimal import Decimal, InvalidOperation
from typing import Any, ClassVar, Self
from urllib.parse import urlencode

from django.http import QueryDict
from django.utils import timezone

LONGEST_SEARCH = 500
MOST_CHOICES = 50
LARGEST_ID = 2**63 - 1
LONGEST_AMOUNT = 20
SMALLEST_AMOUNT = Decimal("0.000001")
# Days before today from which they count; the names stand for themselves, so that what is saved today moves on.
SPANS = {"today": 0, "7days": 6, "30days": 29}
THIS_YEAR = "year"
FIRST_YEAR, LAST_YEAR = 1970, 9998
PRESETS = (*SPANS, THIS_YEAR)

Reader = Callable[[QueryDict, str], Any]


@dataclass(frozen=True, kw_only=True)
class UrlState:
    """Lists mean “any of these” unless the subclass says otherwise."""

    readers: ClassVar[Mapping[str, Reader]]

    @classmethod
    def read(cls, parameters: QueryDict | str) -> Self:
        """Whatever a URL says; what makes no sense is left out."""
        data = QueryDict(parameters) if isinstance(parameters, str) else parameters
        return cls(**{name: reader(data, name) for name, reader in cls.readers.items()}).settled()

    def settled(self) -> Self:
        """Without what means nothing beside the rest."""
        return self

    def pairs(self) -> list[tuple[str, str]]:
        """Name and value of everything that is set, in one order."""
        found: list[tuple[str, str]] = []
        for field in fields(self):
            value = getattr(self, field.name)
            values = value if isinstance(value, tuple) else (value,) if value else ()
            found += [(field.name, str(each)) for each in values]
        return found

    def encode(self) -> str:
        return urlencode(self.pairs(), safe="/")

    def changed(self, **changes: Any) -> Self:
        return replace(self, **changes)

    def without(self, *names: str) -> Self:
        """As if these had never been said."""
        return replace(self, **{field.name: field.default for field in fields(self) if field.name in names}).settled()


# Readers -------------------------------------------------------------------------------------------------------------


def clean(text: str) -> str:
    """Without what no text column takes: NUL and halves of surrogate pairs."""
    return text.replace("\x00", "").encode("utf-8", "ignore").decode().strip()


def read_words(data: QueryDict, name: str) -> str:
    return clean(data.get(name, "")[: 2 * LONGEST_SEARCH])[:LONGEST_SEARCH]


def read_names(data: QueryDict, name: str) -> tuple[str, ...]:
    found = (clean(value[:250]) for value in data.getlist(name))
    return tuple(sorted(set(filter(None, found))))[:MOST_CHOICES]


def read_number(data: QueryDict, name: str) -> int:
    return next(iter(read_numbers(data, name)), 0)


def read_numbers(data: QueryDict, name: str) -> tuple[int, ...]:
    found = (int(value) for value in data.getlist(name) if value.isascii() and value.isdecimal() and len(value) < 20)
    return tuple(sorted({number for number in found if 0 < number <= LARGEST_ID}))[:MOST_CHOICES]


def one_of(*allowed: str) -> Reader:
    return lambda data, name: next((value for value in data.getlist(name) if value in allowed), "")


def some_of(allowed: Sequence[str]) -> Reader:
    return lambda data, name: tuple(value for value in allowed if value in data.getlist(name))


# Days ----------------------------------------------------------------------------------------------------------------


def read_day(data: QueryDict, name: str) -> str:
    """`YYYY-MM-DD`; the last of several, since a form sends its presets first."""
    return next(filter(None, map(iso_day, reversed(data.getlist(name)))), "")


def read_first_day(data: QueryDict, name: str) -> str:
    """`YYYY-MM-DD` or one of PRESETS."""
    preset = next((value for value in data.getlist(name) if value in PRESETS), "")
    return read_day(data, name) or preset


def iso_day(text: str) -> str:
    try:
        day = date.fromisoformat(text.strip())
    except ValueError:
        return ""
    return day.isoformat() if FIRST_YEAR <= day.year <= LAST_YEAR else ""


def day_of(word: str) -> date:
    """The day that a preset or `YYYY-MM-DD` stands for; days are the reader's."""
    today = timezone.localdate()
    if word in SPANS:
        return today - timedelta(days=SPANS[word])
    return today.replace(month=1, day=1) if word == THIS_YEAR else date.fromisoformat(word)


def moments(since: str, until: str) -> dict[str, datetime]:
    """Bounds for a look-up on a time: `gte` and `lt`, of those that are given."""
    found = {"gte": beginning_of(day_of(since))} if since else {}
    if until:
        found["lt"] = beginning_of(day_of(until) + timedelta(days=1))
    return found


def beginning_of(day: date) -> datetime:
    return timezone.make_aware(datetime.combine(day, time())).astimezone(UTC)


# Costs ---------------------------------------------------------------------------------------------------------------

UNKNOWN = "unknown"


def read_cost(data: QueryDict, name: str) -> str:
    """`unknown`, or `from-to` with either left out, as in `0.01-0.05`, `0.1-`; a form says `cost_from` and `cost_to`."""
    if UNKNOWN in data.getlist(name):
        return UNKNOWN
    said = "-".join(data.get(f"{name}_{end}", "").replace("-", "") for end in ("from", "to"))
    return next(filter(None, map(cost_range, [*data.getlist(name), said])), "")


def cost_range(text: str) -> str:
    """The range as it is written, its lower end first; "" for none."""
    low, high = cost_bounds(text)
    if low is not None and high is not None and low > high:
        low, high = high, low
    ends = ["" if end is None else f"{end.normalize():f}" for end in (low, high)]
    return "-".join(ends) if any(ends) else ""


def cost_bounds(text: str) -> tuple[Decimal | None, Decimal | None]:
    low, _, high = text.partition("-")
    return amount(low), amount(high)


def amount(text: str) -> Decimal | None:
    try:
        found = Decimal(text.strip().replace(",", ".")[:LONGEST_AMOUNT])
    except InvalidOperation:
        return None
    is_sensible = found.is_finite() and 0 <= found < 10**9
    return found.quantize(SMALLEST_AMOUNT) if is_sensible else None
