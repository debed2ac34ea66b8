"""A gateway's keys as its page shows them: in their order, with state, use and what can be done. Values only."""

from collections.abc import Sequence
from dataclasses import dataclass
from decimal import Decimal

from django.urls import reverse

from gallery.admin import states
from gallery.admin.sums import sum_in_words
from gallery.gateway.dialects import DIALECTS
from gallery.models import APIKey, Gateway
from gallery.services import gateways, key_uses


@dataclass(frozen=True, kw_only=True)
class Meter:
    """One limit and how far it is used up; `percent` is at most 100."""

    words: str
    percent: int

    @property
    def is_full(self) -> bool:
        return self.percent >= 100


@dataclass(frozen=True, kw_only=True)
class KeyRow:
    """`facts` are short words in a row; the addresses are "" where a button is not shown."""

    api_key: APIKey
    name: str
    tone: str
    state: str
    problem: str
    facts: Sequence[str]
    meters: Sequence[Meter]
    change_url: str
    test_url: str
    again_url: str
    earlier_url: str
    remove_url: str


def rows_of(gateway: Gateway) -> list[KeyRow]:
    in_force = states.keys_in_force(gateway)
    others = [api_key for api_key in gateway.api_keys.all() if api_key not in in_force]
    saved_first = sum(api_key.is_from_environment for api_key in in_force)
    untold = key_uses.untold([*in_force, *others])
    return [
        row_of(
            api_key,
            is_in_force=number < len(in_force),
            may_be_earlier=saved_first < number < len(in_force),
            untold=untold.get(api_key.pk, 0),
        )
        for number, api_key in enumerate([*in_force, *others])
    ]


def row_of(api_key: APIKey, *, is_in_force: bool, may_be_earlier: bool, untold: int) -> KeyRow:
    today, month = key_uses.used(api_key)
    meters = meters_of(api_key, today, month)
    is_full = any(meter.is_full for meter in meters)
    is_usable = is_in_force and states.is_usable(api_key)
    return KeyRow(
        api_key=api_key,
        name=api_key.label or "API key",
        tone="bad"
        if api_key.is_enabled and (api_key.set_aside_at or not states.is_readable(api_key))
        else "fair"
        if is_full
        else "good"
        if is_usable
        else "quiet",
        state="At a limit of its own" if is_full and is_usable else states.key_state(api_key),
        problem=api_key.last_error,
        facts=facts_of(api_key, today, month, untold),
        meters=meters,
        change_url=reverse("admin:gallery_apikey_change", args=[api_key.pk]),
        test_url=press_url(api_key, "test") if is_in_force and api_key.is_enabled else "",
        again_url=press_url(api_key, "use-again") if api_key.set_aside_at else "",
        earlier_url=press_url(api_key, "earlier") if may_be_earlier else "",
        remove_url=reverse("admin:gallery_apikey_delete", args=[api_key.pk]) if is_of_no_use(api_key) else "",
    )


def is_of_no_use(api_key: APIKey) -> bool:
    """A saved key that no waiting helps: mistyped, withdrawn at the gateway, or not to be read any more."""
    is_lost = api_key.set_aside_as == states.SetAside.REFUSED or not states.is_readable(api_key)
    return is_lost and not api_key.is_from_environment


def facts_of(api_key: APIKey, today: key_uses.Used, month: key_uses.Used, untold: int) -> list[str]:
    unit = unit_of(api_key)
    used = f"used {states.moment(api_key.last_used_at)}" if api_key.last_used_at else "never used"
    facts = [
        *([where_it_is(api_key)] if api_key.is_from_environment else []),
        used,
        f"{runs_in_words(today.runs)} today",
        f"{sum_in_words(month.amount, unit) if month.amount else 'nothing'} this month",
    ]
    if api_key.credit_left is not None:
        facts.append(f"{sum_in_words(api_key.credit_left, unit)} left there")
    if untold:
        facts.append(
            f"{runs_in_words(untold)} this month ended without a price, and {'is' if untold == 1 else 'are'} not in it"
        )
    return facts


def where_it_is(api_key: APIKey) -> str:
    return "from the environment, changed there" if gateways.is_in_environment(api_key) else "was in the environment"


def meters_of(api_key: APIKey, today: key_uses.Used, month: key_uses.Used) -> list[Meter]:
    unit = unit_of(api_key)
    spans = ((today, "today"), (month, "this month"))
    found = []
    for limit, (used, span) in zip(api_key.run_limits, spans, strict=True):
        if limit is not None:
            found.append(
                Meter(words=f"{used.runs:,} of {runs_in_words(limit)} {span}", percent=percent(used.runs, limit))
            )
    for most, (used, span) in zip(api_key.spend_limits, spans, strict=True):
        if most is not None:
            words = f"{sum_in_words(used.amount, unit)} of {sum_in_words(most, unit)} {span}"
            found.append(Meter(words=words, percent=percent(used.amount, most)))
    return found


def percent(used: Decimal | int, limit: Decimal | int) -> int:
    return min(int(100 * used / limit), 100) if limit else 100


def runs_in_words(count: int) -> str:
    return "1 run" if count == 1 else f"{count:,} runs"


def unit_of(api_key: APIKey) -> str:
    return DIALECTS[api_key.gateway.dialect].cost_unit


def press_url(api_key: APIKey, word: str) -> str:
    return reverse("admin:gallery_apikey_press", args=[api_key.pk, word])
