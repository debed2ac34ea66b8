"""What filters are set to, in words for chips and announcements. Pure."""

from collections.abc import Sequence
from datetime import date

from gallery.models.url_state import PRESETS, UNKNOWN, UrlState, cost_bounds
from gallery.views.facets import Choice
from gallery.views.filter_kinds import SPANS, FilterKind

NAMED_IN_A_CHIP = 2
MOST_COUNTED = 1000


def in_words(kind: FilterKind, state: UrlState, choices: Sequence[Choice]) -> str:
    if kind.control == "days":
        return days_in_words(getattr(state, "since", ""), getattr(state, "until", ""))
    if kind.control == "cost":
        return cost_words(getattr(state, "cost", ""), getattr(state, "unit", ""))
    if not kind.control:
        return str(getattr(state, kind.name) or "")
    names = [choice.label for choice in choices if choice.is_chosen]
    more = len(names) - NAMED_IN_A_CHIP
    return ", ".join(names[:NAMED_IN_A_CHIP]) + (f" +{more}" if more > 0 else "")


def days_in_words(since: str, until: str) -> str:
    begin = SPANS.get(since) or (day_in_words(since) if since else "")
    if not until:
        return begin if since in PRESETS or not since else f"since {begin}"
    end = day_in_words(until)
    if not since:
        return f"until {end}"
    return begin if since == until else f"{begin} – {end}"


def day_in_words(day: str) -> str:
    found = date.fromisoformat(day)
    return f"{found.day} {found:%b %Y}"


def cost_words(cost: str, unit: str) -> str:
    if cost in ("", UNKNOWN):
        return cost
    low, high = cost_ends_of(cost)
    said = [money(end, unit) for end in (low, high)]
    if low and high:
        return said[0] if low == high else " – ".join(said)
    return f"from {said[0]}" if low else f"up to {said[1]}"


def money(amount: str, unit: str) -> str:
    return f"{amount} points" if unit == "points" else f"${amount}"


def cost_ends(state: UrlState) -> tuple[str, str]:
    cost = getattr(state, "cost", "")
    return ("", "") if cost == UNKNOWN else cost_ends_of(cost)


def cost_ends_of(cost: str) -> tuple[str, str]:
    low, high = cost_bounds(cost)
    return tuple("" if end is None else f"{end.normalize():f}" for end in (low, high))  # type: ignore[return-value]


def found_in_words(count: int, one: str, many: str) -> str:
    """Counted up to MOST_COUNTED; more than that is said so."""
    if count > MOST_COUNTED:
        return f"{MOST_COUNTED:,}+ {many}"
    return f"{f'{count:,}' if count else 'No'} {one if count == 1 else many}"
