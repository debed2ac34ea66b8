"""Budgets in words: whose, for which time, and why one refuses."""

from datetime import date
from decimal import ROUND_DOWN, Decimal

from gallery.models import Budget, BudgetSpan, User
from gallery.models.amounts import amount_in_words
from gallery.models.days import studio_day
from gallery.models.people import Role

MOST_NAMES = 3
CENT = Decimal("0.01")


def refusal_in_words(span: BudgetSpan, needed: Decimal | None, runs: int) -> str:
    """Three sentences: what stands in the way, until when, and who can change it. `needed` is None where nobody knows."""
    budget = span.budget
    name = f"{name_of(budget)} of {amount_in_words(budget.stop_at, budget.unit)} for {span_in_words(span)}"
    left = f"{shortened(span.left, budget.unit)} {'is' if budget.unit == 'usd' else 'are'} left of {name}."
    many = "These cost" if runs > 1 else "This costs"
    if needed is None and budget.is_strict:
        first = f"Nobody knows what this costs, and {name} takes only runs of a known price."
    elif span.left <= 0:
        first = f"{upper(name)} is spent."
    elif needed is None:
        first = f"Nobody knows what all of this costs, and {left}"
    else:
        first = f"{many} about {shortened(needed, budget.unit)}, and {left}"
    return f"{first} It begins anew on {day_in_words(budget.next_day(span.first_day))}. {raisers_in_words(budget)}"


def wait_in_words(span: BudgetSpan) -> str:
    """What stands in the way of a run of unknown price, and for how long."""
    budget = span.budget
    name = f"{name_of(budget)} of {amount_in_words(budget.stop_at, budget.unit)} for {span_in_words(span)}"
    return (
        f"Nobody knows what this costs, and {name} takes one such run at a time. "
        "Try again when those before it have ended, or choose a model whose price is known."
    )


def name_of(budget: Budget) -> str:
    """As the person whose run it is says it."""
    if budget.access_token:
        return f"the budget of the token “{budget.access_token.name}”"
    if budget.group:
        return f"the budget of {budget.group.name}"
    if budget.gateway:
        return f"the budget for {budget.gateway.name}"
    return "your budget" if budget.person_id else "the studio’s budget"


def span_in_words(span: BudgetSpan) -> str:
    if span.budget.period == Budget.Period.MONTH:
        return f"{span.first_day:%B}"
    return "today" if span.first_day == studio_day() else day_in_words(span.first_day)


def day_in_words(day: date) -> str:
    return f"{day.day} {day:%B}"


def raisers_in_words(budget: Budget) -> str:
    """Who can raise it."""
    names = [person.display_name for person in raisers_of(budget)]
    if not names:
        return "An administrator can raise it."
    shown = names[:MOST_NAMES]
    words = shown[0] if len(shown) == 1 else f"{', '.join(shown[:-1])} or {shown[-1]}"
    return f"{words} can raise it."


def raisers_of(budget: Budget) -> list[User]:
    """Whose own it is to bound, then the administrators."""
    first = [budget.access_token.owner] if budget.access_token else []
    if budget.group:
        leads = User.objects.active().filter(memberships__group=budget.group, memberships__is_lead=True)
        first = list(leads.exclude(role=Role.VIEWER))
    people = list(User.objects.administrators().order_by("name", "username"))
    return [*first, *(person for person in people if person not in first)]


def shortened(amount: Decimal | None, unit: str) -> str:
    """To the cent, under a dollar to a tenth of one, where there is at least one; never more than there is."""
    if amount is None or unit != Budget.Unit.USD or 0 < amount < CENT:
        return amount_in_words(amount, unit)
    part = CENT if amount >= 1 else CENT / 10
    return amount_in_words(amount.quantize(part, rounding=ROUND_DOWN), unit)


def upper(words: str) -> str:
    return words[:1].upper() + words[1:]
