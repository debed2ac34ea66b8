"""Budgets: what a person, a group, an access token, a gateway or the whole studio may spend in a day or a month, and the books that
are kept about each. Amounts in the books are whole millionths of the budget's unit."""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date, timedelta
from decimal import Decimal
from typing import Any, Self

from django.db import models
from django.db.models import Q
from django.utils import timezone

from gallery.models.amounts import from_millionths
from gallery.models.days import studio_day
from gallery.models.gateways import Gateway
from gallery.models.generations import Generation
from gallery.models.groups import Group
from gallery.models.people import User
from gallery.models.tokens import AccessToken


@dataclass(frozen=True, kw_only=True)
class Spender:
    """Whose budgets a run counts in."""

    owner_id: int | None
    group_id: int | None = None
    access_token_id: int | None = None
    gateway_id: int | None = None

    @classmethod
    def of(cls, generation: Generation) -> Self:
        return cls(
            owner_id=generation.owner_id,
            group_id=generation.group_id,
            access_token_id=generation.access_token_id,
            gateway_id=generation.gateway_id,
        )


class BudgetQuerySet(models.QuerySet["Budget"]):
    def with_subjects(self) -> Self:
        return self.select_related("person", "group", "access_token__owner", "gateway")

    def for_page(self) -> Self:
        return self.with_subjects().order_by(
            "scope", "group__name", "person__name", "gateway__position", "access_token__name", "id"
        )

    def concerning(self, spenders: Iterable[Spender]) -> Self:
        """All in which runs of any of these count, in one order."""
        found = Q(scope=Budget.Scope.TOTAL)
        for spender in set(spenders):
            found |= Q(person=spender.owner_id or 0) | Q(gateway=spender.gateway_id or 0)
            found |= Q(access_token=spender.access_token_id or 0) | Q(group=spender.group_id or 0)
        return self.with_subjects().filter(found).order_by("id")

    def visible_to(self, user: Any) -> Self:
        """Administrators steer all; everybody sees those that count what one runs oneself."""
        return self.all() if user.is_superuser else self.of_person(user)

    def editable_by(self, user: Any) -> Self:
        """One's own tokens are one's own to bound, groups their leads'; all else is the administrators'."""
        mine = Q(access_token__owner=user.pk) | Q(group__in=user.led_group_ids)
        return self.all() if user.is_superuser else self.filter(mine)

    def of_person(self, user: Any) -> Self:
        """Those one meets oneself, whatever one runs: one's own, those of one's groups and tokens, and those for all."""
        mine = Q(person=user.pk) | Q(access_token__owner=user.pk, access_token__revoked_at=None)
        mine |= Q(group__in=user.group_ids)
        return self.for_page().filter(mine | Q(scope=Budget.Scope.TOTAL) | Q(scope=Budget.Scope.GATEWAY))


class Budget(models.Model):
    """`warn_at` lets everything run and says so, `stop_at` refuses what would go beyond it; either may be empty, not both.
    A strict one also refuses what nobody has a price for. Exactly the subject that `scope` names is set."""

    class Scope(models.TextChoices):
        TOTAL = "total", "The whole studio"
        GROUP = "group", "A group"
        PERSON = "person", "A person"
        TOKEN = "token", "An access token"
        GATEWAY = "gateway", "A gateway"

    class Period(models.TextChoices):
        DAY = "day", "A day"
        MONTH = "month", "A month"

    class Unit(models.TextChoices):
        USD = "usd", "US dollars"
        POINTS = "points", "Points"

    scope = models.CharField(max_length=10, choices=Scope)
    person = models.ForeignKey(User, models.CASCADE, null=True, related_name="budgets")
    group = models.ForeignKey(Group, models.CASCADE, null=True, related_name="budgets")
    access_token = models.ForeignKey(AccessToken, models.CASCADE, null=True, related_name="budgets")
    gateway = models.ForeignKey(Gateway, models.CASCADE, null=True, related_name="budgets")
    period = models.CharField(max_length=10, choices=Period)
    unit = models.CharField(max_length=10, choices=Unit)
    warn_at = models.DecimalField(max_digits=16, decimal_places=6, null=True)
    stop_at = models.DecimalField(max_digits=16, decimal_places=6, null=True)
    is_strict = models.BooleanField(default=False)
    created_by = models.ForeignKey(User, models.SET_NULL, null=True, related_name="+")
    created_at = models.DateTimeField(auto_now_add=True)
    changed_at = models.DateTimeField(auto_now=True)

    objects = BudgetQuerySet.as_manager()

    class Meta:
        constraints = [
            models.UniqueConstraint(
                fields=["period", "unit"], condition=Q(scope="total"), name="one_budget_of_the_studio"
            ),
            models.UniqueConstraint(
                fields=["person", "period", "unit"], condition=Q(scope="person"), name="one_budget_per_person"
            ),
            models.UniqueConstraint(
                fields=["group", "period", "unit"], condition=Q(scope="group"), name="one_budget_per_group"
            ),
            models.UniqueConstraint(
                fields=["access_token", "period", "unit"], condition=Q(scope="token"), name="one_budget_per_token"
            ),
            models.UniqueConstraint(
                fields=["gateway", "period", "unit"], condition=Q(scope="gateway"), name="one_budget_per_gateway"
            ),
        ]

    @property
    def subject(self) -> User | Group | AccessToken | Gateway | None:
        return self.person or self.group or self.access_token or self.gateway

    def concerns(self, spender: Spender) -> bool:
        own = {
            Budget.Scope.PERSON: (self.person_id, spender.owner_id),
            Budget.Scope.GROUP: (self.group_id, spender.group_id),
            Budget.Scope.TOKEN: (self.access_token_id, spender.access_token_id),
            Budget.Scope.GATEWAY: (self.gateway_id, spender.gateway_id),
        }
        mine, theirs = own.get(Budget.Scope(self.scope), (0, 0))
        return mine == theirs

    def runs(self) -> models.QuerySet[Generation]:
        """All that ever counted in it, as far as they could cost anything."""
        own = {
            "owner": self.person_id,
            "group": self.group_id,
            "access_token": self.access_token_id,
            "gateway": self.gateway_id,
        }
        rows = Generation.objects.filter(**{name: key for name, key in own.items() if key}, is_simulated=False)
        return rows.exclude(client=Generation.IMPORT)

    def first_day(self, day: date | None = None) -> date:
        """Of the span that a day of the studio, or today, falls into."""
        day = day or studio_day()
        return day.replace(day=1) if self.period == Budget.Period.MONTH else day

    def next_day(self, first_day: date) -> date:
        """When the span after this one begins."""
        if self.period == Budget.Period.DAY:
            return first_day + timedelta(days=1)
        return (first_day + timedelta(days=31)).replace(day=1)


class BudgetSpanQuerySet(models.QuerySet["BudgetSpan"]):
    def now_of(self, budgets: Iterable[Budget]) -> dict[int, "BudgetSpan"]:
        """The present spans of these, by budget; those in which nothing was spent yet are empty ones."""
        rows = list(budgets)
        first_days = {budget.pk: budget.first_day() for budget in rows}
        found = self.filter(budget__in=rows, first_day__in=set(first_days.values()))
        kept = {span.budget_id: span for span in found if span.first_day == first_days[span.budget_id]}
        spans = {}
        for budget in rows:
            span = kept.get(budget.pk) or BudgetSpan(first_day=first_days[budget.pk])
            span.budget = budget
            spans[budget.pk] = span
        return spans


class BudgetSpan(models.Model):
    """One day or month of a budget. `held` is promised to runs under way, `untold` counts runs that ended without a price:
    they are not in `spent`."""

    budget = models.ForeignKey(Budget, models.CASCADE, related_name="spans", db_index=False)
    first_day = models.DateField()
    spent = models.BigIntegerField(default=0)
    held = models.BigIntegerField(default=0)
    untold = models.PositiveIntegerField(default=0)

    objects = BudgetSpanQuerySet.as_manager()

    class Meta:
        constraints = [models.UniqueConstraint(fields=["budget", "first_day"], name="one_span_per_day")]

    @property
    def used(self) -> Decimal:
        return from_millionths(self.spent + self.held)

    @property
    def left(self) -> Decimal:
        """What may still be spent before the stop; never below zero."""
        return max((self.budget.stop_at or Decimal(0)) - self.used, Decimal(0))


class BudgetHoldQuerySet(models.QuerySet["BudgetHold"]):
    def standing(self, generation_ids: Iterable[int]) -> Self:
        return self.filter(generation__in=list(generation_ids), settled_at=None)

    def unpriced_in(self, spans: Iterable[BudgetSpan]) -> set[int]:
        """Which of these spans have a run under way whose price nobody knows."""
        rows = self.filter(span__in=[span.pk for span in spans if span.pk], settled_at=None, generation__quote=None)
        return set(rows.values_list("span", flat=True))

    def settled_before(self, age: timedelta) -> Self:
        return self.filter(settled_at__lt=timezone.now() - age)


class BudgetHold(models.Model):
    """What a run takes of a span: held while it is under way, settled at what it came to. Kept for a while after that, since
    a run that is looked at again may come to something else."""

    generation = models.ForeignKey(Generation, models.CASCADE, related_name="budget_holds", db_index=False)
    span = models.ForeignKey(BudgetSpan, models.CASCADE, related_name="holds")
    amount = models.BigIntegerField(default=0)
    is_untold = models.BooleanField(default=False)
    settled_at = models.DateTimeField(null=True, db_index=True)

    objects = BudgetHoldQuerySet.as_manager()

    class Meta:
        constraints = [models.UniqueConstraint(fields=["generation", "span"], name="one_hold_per_span")]
