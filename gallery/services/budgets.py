"""The one door of money: what runs are reckoned to cost is held in every budget that concerns them when they are queued,
and settled at what they came to when they end. A hundred at once cannot go beyond a budget together.

`hold`, `release` and `settle` are called inside the transaction that changes the runs. SQLite's transactions write one
after the other from their beginning; on PostgreSQL `lock_books` makes those that touch the books do so.
"""

from collections import defaultdict
from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import timedelta
from decimal import Decimal

from django.db import connection
from django.utils import timezone

from gallery.gateway import errors
from gallery.gateway.dialects import DIALECTS
from gallery.models import Batch, Budget, BudgetHold, BudgetSpan, Gateway, Generation, Worker
from gallery.models.amounts import from_millionths, to_millionths
from gallery.models.budgets import Spender
from gallery.services import budget_words

# Any number, the same in every process: the lock of PostgreSQL that stands for all books.
BOOKS = 7_020_110_305
# A reply is kept for thirty days from when a process saw it, which may have been started when it was as old: so long a run may be
# looked at again, and come to something else.
SETTLED_KEPT = timedelta(days=65)
# Written out: each run does it, and building the queries costs ten times their work.
ARE_ANY = "SELECT EXISTS (SELECT 1 FROM gallery_budget)"
WRITE = "UPDATE gallery_budgetspan SET held = held + %s, spent = spent + %s, untold = untold + %s WHERE id = %s"
# An answer came, or may have: what went wrong then does not give the money back.
MAY_BE_CHARGED = frozenset({"not_stored", *(kind.kind for kind in errors.MayHaveRun.__subclasses__())})


class BudgetRefused(Exception):
    """A run goes beyond what a budget has left, or nobody knows its price and the budget is a strict one. The text is a
    sentence for people, `facts` are for scripts. `is_passing`: it only has to wait for another of unknown price."""

    def __init__(self, span: BudgetSpan, needed: Decimal | None, runs: int, *, is_passing: bool = False):
        sentence = budget_words.wait_in_words(span) if is_passing else None
        super().__init__(sentence or budget_words.refusal_in_words(span, needed, runs))
        self.is_passing = is_passing
        budget = span.budget
        self.facts = {
            "error_type": "budget_exceeded",
            "budget": budget.scope,
            "period": budget.period,
            "unit": budget.unit,
            "limit": float(budget.stop_at or 0),
            "left": float(span.left),
            "begins_anew": budget.next_day(span.first_day).isoformat(),
        }


@dataclass(kw_only=True)
class Need:
    """What some runs take of one budget, in millionths by generation; `unpriced` ones have no price to count."""

    amounts: dict[int, int] = field(default_factory=dict)
    unpriced: int = 0
    priced: int = 0

    @property
    def total(self) -> int:
        return sum(self.amounts.values())

    def add(self, other: "Need") -> None:
        self.amounts |= other.amounts
        self.unpriced += other.unpriced
        self.priced += other.priced


def lock_books() -> None:
    """Until the transaction ends. It stands for all that is counted: places at gateways, uses of keys, budgets, usage.

    `services.locks` tells the order of all locks."""
    if connection.vendor == "postgresql":
        with connection.cursor() as cursor:
            cursor.execute("SELECT pg_advisory_xact_lock(%s)", [BOOKS])


def are_any() -> bool:
    with connection.cursor() as cursor:
        cursor.execute(ARE_ANY)
        return bool(cursor.fetchone()[0])


def write(changes: Sequence[tuple[int, int, int, int]]) -> None:
    """Into the books, by spans: what more is held, spent and untold, and the span's key."""
    with connection.cursor() as cursor:
        cursor.executemany(WRITE, changes)


# When runs are queued ----------------------------------------------------------------------------------------------


def hold(runs: Iterable[Generation], *, is_its_turn: bool = False) -> None:
    """Keep in every budget what these are reckoned to cost: all of them or none. What has no price takes no place that
    somebody else waits for, unless it is its turn. Raises BudgetRefused."""
    if not are_any():
        return
    generations = list(runs)
    lock_books()
    spans = spans_of(generations)
    gateways = Gateway.objects.in_bulk({row.gateway_id for row in generations if row.gateway_id})
    needs = [(span, need_of(span.budget, generations, gateways)) for span in spans]
    for span, need in needs:
        refuse_beyond(span, need)
    refuse_out_of_turn(needs, generations, is_its_turn=is_its_turn)
    write_holds([(span, need) for span, need in needs if need.amounts])


def with_room(runs: Iterable[Generation]) -> tuple[list[Generation], BudgetRefused | None]:
    """As many of these, in their order, as could be held together; and what stands in the way of the next."""
    generations = list(runs)
    if not are_any():
        return generations, None
    lock_books()
    spans = spans_of(generations)
    gateways = Gateway.objects.in_bulk({row.gateway_id for row in generations if row.gateway_id})
    needs = [Need() for _ in spans]
    for place, row in enumerate(generations):
        for span, need in zip(spans, needs, strict=True):
            need.add(need_of(span.budget, [row], gateways))
            try:
                refuse_beyond(span, need)
            except BudgetRefused as refusal:
                return generations[:place], refusal
    return generations, None


def in_turn(runs: Iterable[Generation], *, is_its_turn: bool = False) -> list[Generation]:
    """These without those of unknown price that have to wait for another such run: a budget with a stop takes one at a time,
    since it can hold nothing for them. Unless it is their turn, they leave the place to somebody else who waits for it too."""
    generations = list(runs)
    if not are_any():
        return generations
    lock_books()
    spans = [span for span in spans_of(generations) if span.budget.stop_at is not None]
    gateways = Gateway.objects.in_bulk({row.gateway_id for row in generations if row.gateway_id})
    unpriced = [
        {span.budget_id for span in spans if need_of(span.budget, [row], gateways).unpriced} for row in generations
    ]
    asking = [span for span in spans if any(span.budget_id in keys for keys in unpriced)]
    busy = taken(asking, {row.owner_id for row in generations}, is_its_turn=is_its_turn)
    chosen = []
    for row, keys in zip(generations, unpriced, strict=True):
        if not keys & busy:
            chosen.append(row)
            busy |= keys
    return chosen


def taken(spans: Sequence[BudgetSpan], owners: Collection[int | None], *, is_its_turn: bool = False) -> set[int]:
    """Budgets that have no place now for a run of unknown price of these people: one is under way or, unless it is their turn,
    somebody else's batch holds one back, which a worker lets go."""
    if not spans:
        return set()
    under_way = BudgetHold.objects.unpriced_in(spans)
    busy = {span.budget_id for span in spans if span.pk in under_way}
    free = [] if is_its_turn else [span.budget for span in spans if span.budget_id not in busy]
    if free and Worker.objects.alive().exists():
        waiting = [Generation(**told) for told in Generation.objects.unpriced_held(owners)]
        gateways = Gateway.objects.in_bulk({row.gateway_id for row in waiting if row.gateway_id})
        busy |= {budget.pk for budget in free if need_of(budget, waiting, gateways).unpriced}
    return busy


def without_place(batches: Sequence[Batch]) -> set[int]:
    """Which of these can let nothing go before another run of unknown price has ended. A look that locks nothing."""
    waiting = [Generation(**told) for told in Generation.objects.unpriced_alone(batches)]
    spans = [span for span in spans_of(waiting) if span.budget.stop_at is not None]
    under_way = BudgetHold.objects.unpriced_in(spans)
    busy = [span.budget for span in spans if span.pk in under_way]
    gateways = Gateway.objects.in_bulk({row.gateway_id for row in waiting if row.gateway_id})
    free = {row.batch_id for row in waiting if not any(need_of(budget, [row], gateways).unpriced for budget in busy)}
    return {row.batch_id for row in waiting if row.batch_id} - free


def spans_of(generations: Sequence[Generation]) -> list[BudgetSpan]:
    """Of every budget that concerns any of these, in one order."""
    return list(BudgetSpan.objects.now_of(Budget.objects.concerning(map(Spender.of, generations))).values())


def need_of(budget: Budget, generations: Iterable[Generation], gateways: Mapping[int, Gateway]) -> Need:
    need = Need()
    for row in generations:
        gateway = gateways.get(row.gateway_id or 0)
        if not budget.concerns(Spender.of(row)) or not is_countable(budget, row.quote_unit, gateway):
            continue
        amount = None if row.quote is None else convert(row.quote, row.quote_unit, budget, gateway)
        need.unpriced += amount is None
        need.priced += bool(amount)
        need.amounts[row.pk] = amount or 0
    return need


def refuse_beyond(span: BudgetSpan, need: Need) -> None:
    """What costs nothing is never refused; what nobody has a price for only once nothing is left, or by a strict one."""
    budget = span.budget
    if budget.stop_at is None:
        return
    left = to_millionths(budget.stop_at) - span.spent - span.held
    if need.priced and need.total > left:
        raise BudgetRefused(span, from_millionths(need.total), len(need.amounts))
    if need.unpriced and (budget.is_strict or left <= need.total):
        raise BudgetRefused(span, None, len(need.amounts))


def refuse_out_of_turn(
    needs: Sequence[tuple[BudgetSpan, Need]], generations: Sequence[Generation], *, is_its_turn: bool
) -> None:
    """Nothing can be held for a run whose price nobody knows: side by side they would all go beyond a stop together."""
    asking = [(span, need) for span, need in needs if need.unpriced and span.budget.stop_at is not None]
    owners = {row.owner_id for row in generations}
    busy = taken([span for span, _ in asking], owners, is_its_turn=is_its_turn)
    for span, need in asking:
        if need.unpriced > 1 or span.budget_id in busy:
            raise BudgetRefused(span, None, len(need.amounts), is_passing=True)


def write_holds(needs: Sequence[tuple[BudgetSpan, Need]]) -> None:
    kept = [(kept_span(span), need) for span, need in needs]
    if kept:
        write([(need.total, 0, 0, span.pk) for span, need in kept])
    BudgetHold.objects.bulk_create(
        BudgetHold(generation_id=key, span=span, amount=amount)
        for span, need in kept
        for key, amount in need.amounts.items()
    )


def kept_span(span: BudgetSpan) -> BudgetSpan:
    if not span.pk:
        span, _ = BudgetSpan.objects.get_or_create(budget=span.budget, first_day=span.first_day)
    return span


def release(generation_ids: Sequence[int]) -> None:
    """These do not run for now, and cost nothing yet."""
    holds = list(BudgetHold.objects.standing(generation_ids))
    if not holds:
        return
    lock_books()
    freed: dict[int, int] = defaultdict(int)
    for held in holds:
        freed[held.span_id] += held.amount
    write([(-amount, 0, 0, span) for span, amount in freed.items()])
    BudgetHold.objects.filter(pk__in=[held.pk for held in holds]).delete()


# When they end -----------------------------------------------------------------------------------------------------


def settle(generation: Generation, *, is_first_end: bool, is_uncertain: bool) -> None:
    """Count what an ended run cost, in place of what was held. With `is_uncertain` it may have been charged although it
    failed: its cost is what it was reckoned to then. A run that ends once more is counted anew, not twice."""
    if not are_any():
        return
    lock_books()
    holds = list(BudgetHold.objects.filter(generation=generation).select_related("span__budget"))
    known = {held.span.budget_id: held for held in holds}
    if is_first_end:
        # Those that were made after it was queued, or in whose unit nothing was promised.
        spans = BudgetSpan.objects.now_of(Budget.objects.concerning([Spender.of(generation)]).select_related(None))
        known |= {key: BudgetHold(generation=generation, span=span) for key, span in spans.items() if key not in known}
    amounts = {
        key: charge_of(generation, held.span.budget, is_uncertain=is_uncertain) for key, held in sorted(known.items())
    }
    settle_all([(known[key], amount) for key, amount in amounts.items() if known[key].pk or amount != 0])


def settle_all(charges: Sequence[tuple[BudgetHold, int | None]]) -> None:
    """Each with what the run came to in its budget."""
    if not charges:
        return
    changes, settled = [], []
    for held, amount in charges:
        span = kept_span(held.span)
        is_held, is_untold = held.settled_at is None, amount is None
        spent = (amount or 0) - (0 if is_held else held.amount)
        changes.append((-held.amount if is_held else 0, spent, int(is_untold) - int(held.is_untold), span.pk))
        settled.append(
            BudgetHold(
                generation_id=held.generation_id,
                span=span,
                amount=amount or 0,
                is_untold=is_untold,
                settled_at=timezone.now(),
            )
        )
    write(changes)
    BudgetHold.objects.bulk_create(
        settled,
        update_conflicts=True,
        unique_fields=["generation", "span"],
        update_fields=["amount", "is_untold", "settled_at"],
    )


def charge_of(generation: Generation, budget: Budget, *, is_uncertain: bool) -> int | None:
    """Millionths of the budget's unit; None where it may have cost something that nobody can tell."""
    gateway = generation.gateway
    if generation.is_simulated:
        return 0
    if generation.cost is not None:
        # What is counted in another unit is not of this budget.
        return convert(generation.cost, generation.cost_unit, budget, gateway) or 0
    may_cost = is_uncertain or generation.status == Generation.Status.SUCCEEDED
    return None if may_cost and is_countable(budget, "", gateway) else 0


def forget_settled() -> None:
    BudgetHold.objects.settled_before(SETTLED_KEPT).delete()


# Units -------------------------------------------------------------------------------------------------------------


def is_countable(budget: Budget, unit: str, gateway: Gateway | None) -> bool:
    """Whether what is charged in this unit, or the gateway's own, counts in the budget: points in dollars only by a rate that
    somebody stated."""
    if not unit:
        unit = DIALECTS[gateway.dialect].cost_unit if gateway else budget.unit
    has_rate = gateway is not None and gateway.usd_per_1000_points is not None
    return unit == budget.unit or (unit == Budget.Unit.POINTS and has_rate)


def convert(amount: Decimal, unit: str, budget: Budget, gateway: Gateway | None) -> int | None:
    """Millionths of the budget's unit; None where no rate is stated. Nothing is nothing in any unit."""
    if not amount:
        return 0
    if unit == budget.unit:
        return to_millionths(amount)
    rate = gateway.usd_per_1000_points if gateway else None
    if unit != Budget.Unit.POINTS or rate is None:
        return None
    return to_millionths(amount * rate / 1000)
