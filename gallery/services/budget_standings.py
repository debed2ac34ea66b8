"""How budgets stand: what is used, what is left, and what one more run would do to them."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from decimal import Decimal

from gallery.models import Budget, BudgetSpan, Gateway
from gallery.models.amounts import from_millionths
from gallery.models.budgets import Spender
from gallery.services import budgets
from gallery.services.prices import Quote


@dataclass(frozen=True, kw_only=True)
class Standing:
    """`needed` is what the next runs are reckoned to take, None where nobody knows. `is_taken`: a run of unknown price has
    to wait for others."""

    budget: Budget
    span: BudgetSpan
    needed: Decimal | None = Decimal(0)
    is_taken: bool = False

    @property
    def used(self) -> Decimal:
        return self.span.used

    @property
    def left(self) -> Decimal | None:
        return None if self.budget.stop_at is None else self.span.left

    @property
    def is_warning(self) -> bool:
        """Whether the next runs come to the sum at which it warns."""
        warn_at = self.budget.warn_at
        return warn_at is not None and self.used + (self.needed or 0) > warn_at

    @property
    def is_stopping(self) -> bool:
        if self.left is None:
            return False
        if self.needed is None:
            return self.budget.is_strict or self.left <= 0
        return self.needed > self.left

    @property
    def is_waiting(self) -> bool:
        """Whether the next runs have to wait for another one."""
        return self.needed is None and self.is_taken and self.left is not None and not self.is_stopping

    @property
    def share(self) -> Decimal:
        """Of its stop, or else of the sum at which it warns, how much is used: 1 is all."""
        most = self.budget.stop_at or self.budget.warn_at
        return self.used / most if most else Decimal(1)


def standings_of(found: Iterable[Budget]) -> list[Standing]:
    rows = list(found)
    spans = BudgetSpan.objects.now_of(rows)
    return [Standing(budget=budget, span=spans[budget.pk]) for budget in rows]


def standings_before(spender: Spender, gateway: Gateway, quote: Quote) -> list[Standing]:
    """Of every budget that runs of this price would count in; `quote` is of all of them together."""
    if quote.is_simulated:
        return []
    unit = quote.unit if quote.is_known else ""
    found = [row for row in Budget.objects.concerning([spender]) if budgets.is_countable(row, unit, gateway)]
    spans = BudgetSpan.objects.now_of(found)
    stopping = [span for span in spans.values() if span.budget.stop_at is not None]
    taken = set() if quote.is_known else budgets.taken(stopping, {spender.owner_id})
    return [
        Standing(
            budget=row,
            span=spans[row.pk],
            needed=needed_of(row, quote, gateway),
            is_taken=row.pk in taken,
        )
        for row in found
        if row.concerns(spender)
    ]


def needed_of(budget: Budget, quote: Quote, gateway: Gateway) -> Decimal | None:
    if quote.amount is None:
        return None
    amount = budgets.convert(quote.amount, quote.unit, budget, gateway)
    return None if amount is None else from_millionths(amount)


def gravest(standings: Sequence[Standing]) -> Standing | None:
    """The one to be told of: it stops, or makes wait, or warns, or has least left."""
    return max(standings, key=lambda one: (one.is_stopping, one.is_waiting, one.is_warning, one.share), default=None)
