"""What a person is told of their budgets where they work: in the foot of the studio's form, and beside the queue."""

from dataclasses import dataclass

from gallery.models import Budget, Gateway, User
from gallery.models.budgets import Spender
from gallery.services import budget_standings
from gallery.services.budget_standings import Standing
from gallery.services.budget_words import name_of, shortened, span_in_words, upper
from gallery.services.prices import Quote
from gallery.views.amounts import amount_in_words


@dataclass(frozen=True, kw_only=True)
class BudgetNote:
    """`is_stopping`: Generate would be refused."""

    words: str
    is_warning: bool
    is_stopping: bool


def note_before(user: User, gateway: Gateway, quote: Quote, *, group_id: int | None) -> BudgetNote | None:
    """About the budget that matters most to what stands in the form; `quote` is of all its runs together."""
    if not Budget.objects.exists():
        return None
    spender = Spender(owner_id=user.pk, gateway_id=gateway.pk, group_id=group_id)
    found = budget_standings.gravest(budget_standings.standings_before(spender, gateway, quote))
    if found is None:
        return None
    return BudgetNote(words=note_in_words(found), is_warning=found.is_warning, is_stopping=found.is_stopping)


def note_in_words(standing: Standing) -> str:
    """`$3.20 left of your budget for November`; louder where it warns or stops."""
    budget, span = standing.budget, standing.span
    name, when = name_of(budget), span_in_words(span)
    if standing.is_stopping and standing.needed is None and standing.left:
        return f"{upper(name)} takes only runs of a known price"
    if standing.is_stopping:
        return f"More than is left of {name} for {when}: {shortened(standing.left, budget.unit)}"
    if standing.is_waiting:
        return f"Waits for another run of unknown price: {name} takes one at a time"
    if standing.is_warning:
        said = f"With this, {name} for {when} passes {amount_in_words(budget.warn_at, budget.unit)}"
        return said if standing.left is None else f"{said}; {shortened(standing.left, budget.unit)} left"
    if standing.left is not None:
        return f"{shortened(standing.left, budget.unit)} left of {name} for {when}"
    return f"{shortened(standing.used, budget.unit)} used of {name} for {when}"


def queue_note(user: User) -> str:
    """Beside the queue, once a budget of this person's warns or has nothing left."""
    if not Budget.objects.exists():
        return ""
    standings = budget_standings.standings_of(Budget.objects.of_person(user).filter(access_token=None))
    low = [one for one in standings if one.is_warning or one.left == 0]
    found = budget_standings.gravest(low)
    if found is None:
        return ""
    budget = found.budget
    most = budget.stop_at if budget.stop_at is not None else budget.warn_at
    used = f"{shortened(found.used, budget.unit)} of {amount_in_words(most, budget.unit)}"
    return f"{upper(name_of(budget))} for {span_in_words(found.span)}: {used}"
