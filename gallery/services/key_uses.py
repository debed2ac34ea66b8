"""How much each key is used: a place in its count is taken before a byte is sent and settled when the run has ended, so
that its limits hold however many runs come at once.

Days are the studio’s own. Written out in SQL where each run does it: building the queries would cost ten times their work.
"""

from collections.abc import Iterable, Mapping
from decimal import Decimal
from typing import Any, NamedTuple

from django.db import connection, transaction
from django.db.models import Sum

from gallery.gateway.dialects import DIALECTS
from gallery.models import APIKey, Generation, KeyUse
from gallery.models.days import studio_day
from gallery.models.gateways import KeyUseQuerySet
from gallery.services import budgets, prices

NOTHING = Decimal(0)
TAKE = (
    "INSERT INTO gallery_keyuse (api_key_id, day, runs, spend, held) VALUES (%s, %s, 1, 0, %s) "
    "ON CONFLICT (api_key_id, day) DO UPDATE "
    "SET runs = gallery_keyuse.runs + 1, held = gallery_keyuse.held + excluded.held"
)
SETTLE = "UPDATE gallery_keyuse SET runs = runs - %s, held = held - %s, spend = spend + %s WHERE api_key_id = %s AND day = %s"


def take(api_key: APIKey, generation: Generation, *, label: str) -> bool:
    """Count this run among its key's uses and note both on the row; False when a limit leaves no room for it."""
    with transaction.atomic(savepoint=False):
        budgets.lock_books()
        # Read anew: others took places meanwhile, and the limits may have changed.
        limits = APIKey.objects.get(pk=api_key.pk) if api_key.has_limits else api_key
        amount = reckoned(limits, generation)
        if not has_room(limits, amount):
            return False
        day = studio_day()
        with connection.cursor() as cursor:
            cursor.execute(TAKE, [api_key.pk, day.isoformat(), str(amount)])
        hold(generation, key_day=day, key_hold=amount, api_key=api_key, api_key_label=label)
    return True


def give_back(generation: Generation) -> None:
    """The run takes another key, or none: with this one nothing ran."""
    with transaction.atomic():
        budgets.lock_books()
        if not generation._state.adding:
            # What a try before this wrote was given up by the database, and is left on the object alone.
            generation.refresh_from_db(fields=["key_day", "key_hold"])
        if generation.key_day is not None:
            settle(generation, did_run=False)
            hold(generation, key_day=None, key_hold=None)


def settle(generation: Generation, *, did_run: bool) -> None:
    """Turn what was held into what was spent, as far as the gateway told; where it did not, what was reckoned counts.
    Whoever calls this has locked the books, and sees to it that `key_day` and `key_hold` are null on the row afterwards."""
    if generation.key_day is None:
        return
    held = generation.key_hold or NOTHING
    is_told = generation.cost is not None and generation.cost_unit == own_unit(generation)
    cost = generation.cost if is_told else held
    settled = [0 if did_run else 1, str(held), str(cost if did_run else NOTHING)]
    with connection.cursor() as cursor:
        cursor.execute(SETTLE, [*settled, generation.api_key_id, generation.key_day.isoformat()])


def hold(generation: Generation, **fields: Any) -> None:
    for name, value in fields.items():
        setattr(generation, name, value)
    if not generation._state.adding:
        Generation.objects.filter(pk=generation.pk).update(**fields)


def reckoned(api_key: APIKey, generation: Generation) -> Decimal:
    """What the run will cost in the gateway's unit, where its key has a limit on that; nothing where nobody knows."""
    if api_key.spend_limits == (None, None):
        return NOTHING
    amount, unit = generation.quote, generation.quote_unit
    if amount is None and generation.image_model is not None:
        quote = prices.quote_run(generation.image_model, generation.parameters)
        amount, unit = quote.amount, quote.unit
    return amount if amount is not None and unit == own_unit(generation) else NOTHING


def own_unit(generation: Generation) -> str:
    return DIALECTS[generation.gateway.dialect].cost_unit if generation.gateway else ""


def has_room(api_key: APIKey, amount: Decimal) -> bool:
    """Whether one more run of this price keeps within every limit. A run of unknown price needs some room to be left."""
    if not api_key.has_limits:
        return True
    day, month = used(api_key)
    for limit, use in zip(api_key.run_limits, (day, month), strict=True):
        if limit is not None and use.runs >= limit:
            return False
    for most, use in zip(api_key.spend_limits, (day, month), strict=True):
        if most is not None and (use.amount >= most or use.amount + amount > most):
            return False
    return True


class Used(NamedTuple):
    """`amount` is what was spent and what is held for runs under way."""

    runs: int
    amount: Decimal


def used(api_key: APIKey) -> tuple[Used, Used]:
    """Today and this month."""
    day = studio_day()
    rows = KeyUse.objects.filter(api_key=api_key)
    return used_of(rows.filter(day=day)), used_of(rows.of_month(day))


def untold(api_keys: Iterable[APIKey]) -> Mapping[int, int]:
    """Runs of this month that ended without a price anybody knows, by key: no limit of spend holds them, as no budget does.
    Asked of those only that have such a limit."""
    limited = [api_key for api_key in api_keys if api_key.spend_limits != (None, None)]
    return Generation.objects.untold_of_month(limited) if limited else {}


def used_of(rows: KeyUseQuerySet) -> Used:
    sums = rows.aggregate(runs=Sum("runs"), spend=Sum("spend"), held=Sum("held"))
    return Used(runs=sums["runs"] or 0, amount=(sums["spend"] or NOTHING) + (sums["held"] or NOTHING))
