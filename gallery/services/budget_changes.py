"""Budgets set, changed and taken away, and the rate at which a gateway's points count as dollars."""

from collections.abc import Sequence
from decimal import Decimal
from typing import Any

from django.db import IntegrityError, transaction
from django.db.models import Count, Q, QuerySet, Sum

from gallery.models import Budget, BudgetSpan, Gateway, Generation, User
from gallery.models.amounts import amount_in_words
from gallery.models.audit import Act
from gallery.models.days import studio_midnight
from gallery.models.generations import OPEN, Status
from gallery.services import audit, budgets

# Of runs whose end wrote no cost, as it once was with those that only may have been charged.
IS_UNCERTAIN = Q(cost=None) & (Q(status=Status.SUCCEEDED) | Q(error_kind__in=budgets.MAY_BE_CHARGED))


SUBJECTS = {"person": "person", "group": "group", "token": "access_token", "gateway": "gateway"}


class BudgetExists(Exception):
    """There is one for the same, in the same unit and for the same time."""


class BudgetChanged(Exception):
    """Somebody else changed it meanwhile; `budget` is as it stands now."""

    def __init__(self, budget: Budget):
        super().__init__("The budget was changed meanwhile.")
        self.budget = budget


def stamp_of(budget: Budget) -> str:
    """Another one after each change."""
    return budget.changed_at.isoformat()


def create_budget(
    *,
    scope: str,
    subject: Any,
    period: str,
    unit: str,
    warn_at: Decimal | None,
    stop_at: Decimal | None,
    is_strict: bool,
    created_by: User,
) -> Budget:
    """`subject` is the person, group, token or gateway that the scope names. What was spent before in the present day or month
    counts, and what is under way is held, whether there is room for it or not. Raises BudgetExists."""
    about = {SUBJECTS[scope]: subject} if scope in SUBJECTS else {}
    try:
        with transaction.atomic():
            budgets.lock_books()
            budget = Budget.objects.create(
                scope=scope,
                period=period,
                unit=unit,
                warn_at=warn_at,
                stop_at=stop_at,
                is_strict=is_strict,
                created_by=created_by,
                **about,
            )
            open_books(budget)
            note(budget, "set")
    except IntegrityError as problem:
        raise BudgetExists from problem
    return budget


def change_budget(
    budget: Budget, *, warn_at: Decimal | None, stop_at: Decimal | None, is_strict: bool, seen: str = ""
) -> None:
    """The amounts alone: what was counted stays counted. Raises BudgetChanged where it was changed after `seen`, which is
    `stamp_of` it as the page showed it."""
    with transaction.atomic():
        budgets.lock_books()
        now = Budget.objects.select_for_update(no_key=True).get(pk=budget.pk)
        if seen and seen != stamp_of(now):
            raise BudgetChanged(now)
        budget.warn_at, budget.stop_at, budget.is_strict = warn_at, stop_at, is_strict
        budget.save(update_fields=["warn_at", "stop_at", "is_strict", "changed_at"])
        note(budget, "changed")


def remove_budget(budget: Budget) -> None:
    with transaction.atomic():
        budgets.lock_books()
        note(budget, "taken away")
        budget.delete()


def set_rate(gateway: Gateway, usd_per_1000_points: Decimal | None) -> None:
    """From now on; what was counted before stays as it was."""
    with transaction.atomic():
        budgets.lock_books()
        Gateway.objects.filter(pk=gateway.pk).update(usd_per_1000_points=usd_per_1000_points)
        rate = None if usd_per_1000_points is None else f"{usd_per_1000_points.normalize():f}"
        audit.record(Act.BUDGET_CHANGED, f"What points of {gateway.name} cost", usd_per_1000_points=rate)


def note(budget: Budget, what: str) -> None:
    """For the audit log."""
    subject = budget.person.display_name if budget.person else budget.subject or budget.get_scope_display()
    audit.record(
        Act.BUDGET_CHANGED,
        f"{subject}, {budget.get_period_display().lower()}",
        what=what,
        warn_at=None if budget.warn_at is None else amount_in_words(budget.warn_at, budget.unit),
        stop_at=None if budget.stop_at is None else amount_in_words(budget.stop_at, budget.unit),
        is_strict=budget.is_strict,
    )


# The books of a new one --------------------------------------------------------------------------------------------


def open_books(budget: Budget) -> None:
    span = BudgetSpan.objects.create(budget=budget, first_day=budget.first_day())
    gateways = Gateway.objects.in_bulk()
    runs = budget.runs().filter(created_at__gte=studio_midnight(span.first_day)).order_by()
    span.spent, span.untold = spent_on(runs, budget, gateways)
    span.save(update_fields=["spent", "untold"])
    under_way = list(budget.runs().filter(status__in=(Status.QUEUED, Status.RUNNING)))
    need = budgets.need_of(budget, under_way, gateways)
    if need.amounts:
        budgets.write_holds([(span, need)])


def spent_on(runs: QuerySet[Generation], budget: Budget, gateways: dict[int, Gateway]) -> tuple[int, int]:
    """Millionths, and how many ended runs have no price. What may have been charged counts as it was reckoned."""
    ended = runs.exclude(status__in=OPEN)
    told = ended.exclude(cost=None).values_list("gateway", "cost_unit").annotate(total=Sum("cost"))
    uncertain = ended.filter(IS_UNCERTAIN)
    reckoned = uncertain.exclude(quote=None).values_list("gateway", "quote_unit").annotate(total=Sum("quote"))
    spent = sum(counted(row, budget, gateways) for rows in (told, reckoned) for row in rows)
    untold = uncertain.filter(quote=None).values_list("gateway").annotate(count=Count("pk"))
    return spent, sum(count for key, count in untold if budgets.is_countable(budget, "", gateways.get(key)))


def counted(row: Sequence[Any], budget: Budget, gateways: dict[int, Gateway]) -> int:
    gateway, unit, total = row
    return budgets.convert(total, unit, budget, gateways.get(gateway)) or 0
