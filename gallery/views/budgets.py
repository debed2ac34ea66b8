"""Budgets: how they stand, and who may steer them. Everybody sees those that count their own runs."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from django.contrib import messages
from django.core.exceptions import PermissionDenied
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.views.decorators.http import require_GET, require_http_methods, require_POST

from gallery.forms.budgets import AmountsForm, BudgetForm, RateForm
from gallery.gateway.dialects import DIALECTS
from gallery.models import Budget, Gateway, User
from gallery.models.days import studio_zone
from gallery.services import budget_changes, budget_standings
from gallery.services.budget_standings import Standing
from gallery.services.budget_words import day_in_words, shortened, span_in_words, upper
from gallery.views.access import current_user, require_administrator
from gallery.views.amounts import amount_in_words

EXISTS = "There is a budget for the same, in this unit and for this time. Change that one."
FULL = 100


@dataclass(frozen=True, kw_only=True)
class Line:
    """A budget as its page shows it; `share` and `mark` are whole percentages of the bar: what is used, and where it warns."""

    id: int
    name: str
    about: str
    span: str
    used: str
    most: str
    left: str
    share: int
    mark: int | None
    is_warning: bool
    is_spent: bool
    notes: Sequence[str]
    may_change: bool


@dataclass(frozen=True, kw_only=True)
class Rate:
    """What a gateway's points count as in dollars."""

    id: int
    name: str
    form: RateForm


@require_GET
def budgets(request: HttpRequest) -> HttpResponse:
    return show(request, current_user(request))


def show(request: HttpRequest, user: User, *, status: int = 200, **forms: Any) -> HttpResponse:
    """The page; a form that was posted comes back with its errors."""
    found = Budget.objects.visible_to(user).for_page()
    editable = set(Budget.objects.editable_by(user).values_list("pk", flat=True))
    unrated = unrated_gateways()
    standings = budget_standings.standings_of(found)
    form = BudgetForm(user=user)
    context = {
        "lines": [build_line(one, user, unrated, may_change=one.budget.pk in editable) for one in standings],
        "form": form,
        "zone": studio_zone(),
        "is_admin": user.is_superuser,
        "may_add": bool(form.scopes),
        "rates": rates() if user.is_superuser else [],
    }
    return render(request, "budgets/page.html", context | forms, status=status)


@require_POST
def create(request: HttpRequest) -> HttpResponse:
    user = current_user(request)
    form = BudgetForm(request.POST, user=user)
    if not form.is_valid():
        return show(request, user, form=form, status=422)
    chosen = form.cleaned_data
    try:
        budget_changes.create_budget(
            scope=chosen["scope"],
            subject=form.subject,
            period=chosen["period"],
            unit=chosen["unit"],
            created_by=user,
            **form.amounts,
        )
    except budget_changes.BudgetExists:
        form.add_error("scope", EXISTS)
        return show(request, user, form=form, status=422)
    messages.success(request, "The budget holds from now on. What was spent before counts.")
    return redirect("usage-budgets")


@require_http_methods(["GET", "HEAD", "POST"])
def change(request: HttpRequest, budget_id: int) -> HttpResponse:
    budget = get_editable_budget(request, budget_id)
    user = current_user(request)
    amounts = {name: getattr(budget, name) for name in ("warn_at", "stop_at", "is_strict")}
    form = AmountsForm(request.POST if request.method == "POST" else None, initial=plainly(amounts))
    status = 422 if form.is_bound else 200
    if form.is_bound and form.is_valid():
        try:
            budget_changes.change_budget(budget, **form.cleaned_data, seen=request.POST.get("seen", ""))
        except budget_changes.BudgetChanged as theirs:
            form.add_error(None, meanwhile_in_words(theirs.budget))
            status = 409
        else:
            messages.success(request, "Saved.")
            return redirect("usage-budgets")
    (standing,) = budget_standings.standings_of([budget])
    line = build_line(standing, user, unrated_gateways(), may_change=True)
    # After a mistake still what was seen; after a conflict, which tells it, what stands now.
    seen = (status == 422 and request.POST.get("seen")) or budget_changes.stamp_of(budget)
    context = {"line": line, "form": form, "unit": budget.get_unit_display(), "seen": seen}
    return render(request, "budgets/change.html", context, status=status)


def meanwhile_in_words(budget: Budget) -> str:
    warn_at, stop_at = (
        "nothing" if amount is None else amount_in_words(amount, budget.unit)
        for amount in (budget.warn_at, budget.stop_at)
    )
    strict = " and refuses runs of unknown price" if budget.is_strict else ""
    return (
        f"Somebody changed this budget meanwhile: it warns at {warn_at}, stops at {stop_at}{strict} now. "
        "Save again to put yours in its place."
    )


@require_POST
def remove(request: HttpRequest, budget_id: int) -> HttpResponse:
    budget_changes.remove_budget(get_editable_budget(request, budget_id))
    messages.success(request, "The budget is gone; nothing is refused for it any more.")
    return redirect("usage-budgets")


@require_POST
def rate(request: HttpRequest, gateway_id: int) -> HttpResponse:
    user = require_administrator(request)
    gateway = get_object_or_404(Gateway, pk=gateway_id)
    form = RateForm(request.POST, auto_id=f"rate-{gateway.pk}-%s")
    if not form.is_valid():
        kept = [Rate(id=row.id, name=row.name, form=form if row.id == gateway.pk else row.form) for row in rates()]
        return show(request, user, rates=kept, status=422)
    budget_changes.set_rate(gateway, form.cleaned_data["usd_per_1000_points"])
    messages.success(request, "Saved. It counts from now on; what was counted before stays as it was.")
    return redirect("usage-budgets")


def get_editable_budget(request: HttpRequest, budget_id: int) -> Budget:
    user = current_user(request)
    budget = Budget.objects.visible_to(user).with_subjects().filter(pk=budget_id).first()
    if budget is None:
        raise Http404
    if not Budget.objects.editable_by(user).filter(pk=budget_id).exists():
        raise PermissionDenied
    return budget


# Lines -------------------------------------------------------------------------------------------------------------


def build_line(standing: Standing, user: User, unrated: Sequence[Gateway], *, may_change: bool) -> Line:
    budget, span = standing.budget, standing.span
    most = budget.stop_at if budget.stop_at is not None else budget.warn_at
    has_both = budget.stop_at and budget.warn_at is not None
    return Line(
        id=budget.pk,
        name=subject_name(budget, user),
        about=about_in_words(budget),
        span=f"{span_in_words(span)}, anew on {day_in_words(budget.next_day(span.first_day))}",
        used=shortened(standing.used, budget.unit),
        most=amount_in_words(most, budget.unit),
        left="" if standing.left is None else shortened(standing.left, budget.unit),
        share=min(int(standing.share * FULL), FULL),
        mark=int(budget.warn_at / budget.stop_at * FULL) if has_both and budget.warn_at and budget.stop_at else None,
        is_warning=standing.is_warning,
        is_spent=standing.left == 0,
        notes=notes_on(standing, unrated),
        may_change=may_change,
    )


def subject_name(budget: Budget, user: User) -> str:
    if budget.access_token:
        return budget.access_token.name
    if budget.person:
        return "You" if budget.person == user else budget.person.display_name
    named = budget.group or budget.gateway
    return named.name if named else "The whole studio"


def about_in_words(budget: Budget) -> str:
    """`A person, a month, stops`."""
    acts = "stops" if budget.stop_at is not None else "warns only"
    owner = [budget.access_token.owner.display_name] if budget.access_token else []
    strict = ["only known prices"] if budget.is_strict else []
    scope = [] if budget.scope == Budget.Scope.TOTAL else [budget.get_scope_display()]
    return upper(" · ".join([*scope, *owner, budget.get_period_display().lower(), acts, *strict]))


def notes_on(standing: Standing, unrated: Sequence[Gateway]) -> list[str]:
    """What its sum does not hold."""
    budget, untold = standing.budget, standing.span.untold
    notes = []
    if untold:
        notes.append(
            f"{untold} run{'s' if untold != 1 else ''} ended without a price, and {'are' if untold != 1 else 'is'} not in it."
        )
    concerned = [row.name for row in unrated if budget.gateway_id in (None, row.pk)]
    if budget.unit == Budget.Unit.USD and concerned:
        notes.append(f"Points of {', '.join(concerned)} are not counted: nobody stated what they cost.")
    if budget.unit == Budget.Unit.POINTS:
        notes.append("Runs charged in dollars are not counted.")
    return notes


def unrated_gateways() -> list[Gateway]:
    """Those that charge in points of which nobody said what they cost."""
    rows = Gateway.objects.filter(is_enabled=True, usd_per_1000_points=None).order_by("position", "id")
    return [row for row in rows if DIALECTS[row.dialect].cost_unit == Budget.Unit.POINTS]


def rates() -> list[Rate]:
    rows = Gateway.objects.order_by("position", "id")
    return [
        Rate(
            id=row.pk,
            name=row.name,
            form=RateForm(
                initial=plainly({"usd_per_1000_points": row.usd_per_1000_points}), auto_id=f"rate-{row.pk}-%s"
            ),
        )
        for row in rows
        if DIALECTS[row.dialect].cost_unit == Budget.Unit.POINTS
    ]


def plainly(values: dict[str, Any]) -> dict[str, Any]:
    """Amounts without the zeros that the database keeps."""
    return {
        name: value if value is None or isinstance(value, bool) else f"{value.normalize():f}"
        for name, value in values.items()
    }
