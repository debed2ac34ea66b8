"""A gateway at a glance: one verdict, its figures, its last day as a small chart. Values for the list and the page."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from decimal import Decimal
from typing import Any

from django.urls import reverse
from django.utils import timezone
from django.utils.formats import date_format

from gallery.admin import key_rows, states
from gallery.admin.states import Verdict
from gallery.admin.sums import sum_in_words
from gallery.gateway.dialects import DIALECTS
from gallery.models import Gateway, Generation, ImageModel
from gallery.models.gateway_runs import Failures, GatewayRuns
from gallery.models.gateways import Credit
from gallery.services import gateways

CHART_HEIGHT = 56
BAR_WIDTH, BAR_STEP = 14, 20
KINDS = {
    "": "Failed",
    "key_refused": "API key refused",
    "key_limit": "Limit of the keys reached",
    "out_of_credit": "Out of credit",
    "content_refused": "Refused by content rules",
    "parameter_refused": "A setting was refused",
    "model_not_found": "Model not known there",
    "too_many_requests": "Too many requests",
    "not_reached": "Not reached",
    "timed_out": "Took too long",
    "interrupted": "Broken off",
    "gateway_failed": "Fault of the gateway",
    "answer_unreadable": "Answer could not be read",
    "no_image": "Answered without a picture",
    "picture_not_read": "Picture could not be read here",
    "picture_not_fetched": "Picture could not be fetched",
    "not_stored": "Could not be stored here",
    "internal": "Fault of the studio",
    "redirected": "Address leads elsewhere",
    "rejected": "Request refused",
    "did_not_run": "Not sent",
}


@dataclass(frozen=True, kw_only=True)
class Figure:
    """`notes` stand small below the value, a line each; `is_bad` puts the pencil to it."""

    label: str
    value: str
    notes: Sequence[str] = ()
    is_bad: bool = False


@dataclass(frozen=True, kw_only=True)
class Bar:
    """Of one hour, in the chart's own units; `y` from the top."""

    x: int
    y: float
    height: float
    errors_y: float
    errors_height: float
    title: str


@dataclass(frozen=True, kw_only=True)
class Glance:
    gateway: Gateway
    verdict: Verdict
    figures: Sequence[Figure]
    address: str
    page_url: str
    test_url: str
    keys_in_words: str
    details: Sequence[str] = ()
    bars: Sequence[Bar] = ()
    chart_in_words: str = ""
    chart_width: int = BAR_STEP * 24 - (BAR_STEP - BAR_WIDTH)
    chart_height: int = CHART_HEIGHT
    failures: Sequence[Mapping[str, Any]] = ()
    keys: Sequence[key_rows.KeyRow] = field(default_factory=list)


def glances() -> list[Glance]:
    """For the list of gateways: a handful of queries for all."""
    now = timezone.now()
    runs = Generation.objects.for_gateways(now)
    models = ImageModel.objects.counts_of_gateways()
    rows = Gateway.objects.for_admin()
    return [glance(gateway, runs.get(gateway.pk, GatewayRuns()), models.get(gateway.pk, {})) for gateway in rows]


def glance_of(gateway: Gateway) -> Glance:
    """For a gateway's page."""
    now = timezone.now()
    runs = Generation.objects.for_gateways(now).get(gateway.pk, GatewayRuns())
    models = ImageModel.objects.counts_of_gateways().get(gateway.pk, {})
    hours = Generation.objects.hours_of_gateway(gateway, now)
    failures = Generation.objects.failures_of_gateway(gateway, now)
    month = sum_in_words(Generation.objects.spend_of_month(gateway), unit_of(gateway))
    return glance(
        gateway,
        runs,
        models,
        month=f"{month} this month",
        details=details_of(gateway),
        bars=bars_of(hours),
        chart_in_words=f"{runs.runs} runs in the last 24 hours, {runs.errors} of them failed.",
        failures=[failure_row(one) for one in failures[:6]],
        keys=key_rows.rows_of(gateway),
    )


def glance(gateway: Gateway, runs: GatewayRuns, models: Mapping[str, int], *, month: str = "", **more: Any) -> Glance:
    return Glance(
        gateway=gateway,
        verdict=states.verdict(gateway, has_worked=runs.worked > 0),
        figures=figures_of(gateway, runs, models, month),
        address=gateways.base_url_of(gateway),
        page_url=reverse("admin:gallery_gateway_change", args=[gateway.pk]),
        test_url=reverse("admin:gallery_gateway_press", args=[gateway.pk, "test"]),
        keys_in_words=states.keys_in_words(gateway),
        **more,
    )


def figures_of(gateway: Gateway, runs: GatewayRuns, models: Mapping[str, int], month: str) -> list[Figure]:
    share = [f"{runs.errors / runs.runs:.0%} of the day’s"] if runs.errors else []
    return [
        Figure(label="Runs, last day", value=f"{runs.runs:,}", notes=[f"{runs.last_hour_runs:,} in the last hour"]),
        Figure(
            label="Failed",
            value=f"{runs.errors:,}",
            notes=[*share, f"{runs.last_hour_errors:,} in the last hour"],
            is_bad=runs.last_hour_errors > 0,
        ),
        Figure(label="Median time", value=f"{runs.seconds:.1f} s" if runs.seconds is not None else "–"),
        Figure(label="Spent, last day", value=spent(gateway, runs), notes=[month] if month else []),
        credit_figure(gateway),
        Figure(
            label="Models offered",
            value=str(models.get("enabled", 0)),
            notes=[f"{models.get('shipped', 0)} shipped", found_in_words(gateway, models)],
        ),
    ]


def spent(gateway: Gateway, runs: GatewayRuns) -> str:
    return "nothing" if gateways.is_simulated(gateway) else sum_in_words(runs.spend, unit_of(gateway))


def found_in_words(gateway: Gateway, models: Mapping[str, int]) -> str:
    """Of those known here, how many the gateway's own list has."""
    return f"{models.get('found', 0)} found there" if gateway.listed_at else "not looked up yet"


def credit_figure(gateway: Gateway) -> Figure:
    """Of the keys that may be used, as far as they were told; where none is needed, what the gateway's row keeps."""
    holders: Sequence[Credit] = [gateway] if gateways.takes_no_key(gateway) else states.keys_in_force(gateway)
    told = [(one.credit_left, one.credit_total, one.credit_read_at) for one in holders if one.credit_read_at]
    known = [(left, total, at) for left, total, at in told if left is not None]
    if not known:
        tells = bool(DIALECTS[gateway.dialect].credit_path)
        note = "the key has no limit there" if told else "not asked yet" if tells else "not told by this gateway"
        return Figure(label="Credit left", value="–", notes=[note])
    unit = unit_of(gateway)
    left = sum((left for left, _, _ in known), start=Decimal(0))
    total = known[0][1] if len(known) == 1 else None
    of = [f"on {len(known)} keys"] if len(known) > 1 else [f"of {sum_in_words(total, unit)}"] if total else []
    asked = states.moment(min(at for _, _, at in known))
    return Figure(label="Credit left", value=sum_in_words(left, unit), notes=[*of, f"asked {asked}"], is_bad=left <= 0)


def unit_of(gateway: Gateway) -> str:
    return DIALECTS[gateway.dialect].cost_unit


def details_of(gateway: Gateway) -> list[str]:
    """What was proven last, and when."""
    found = []
    if gateway.tested_at:
        found.append(f"Tested {states.moment(gateway.tested_at)}: {gateway.test_report}")
    if gateway.looked_at and gateway.is_reachable is not None and not gateways.is_simulated(gateway):
        answered = "The address answered" if gateway.is_reachable else "Nobody answered at the address"
        found.append(f"{answered} when it was last looked at, {states.moment(gateway.looked_at)}.")
    return found


def bars_of(hours: Sequence[tuple[datetime, int, int]]) -> list[Bar]:
    most = max((runs for _, runs, _ in hours), default=0) or 1
    return [bar_of(number, hour, runs, errors, most) for number, (hour, runs, errors) in enumerate(hours)]


def bar_of(number: int, hour: datetime, runs: int, errors: int, most: int) -> Bar:
    """An hour without a run is a thin line, so that the day can be counted off."""
    height = max(CHART_HEIGHT * runs / most, 1.5)
    failed = CHART_HEIGHT * errors / most
    told = f"{runs} run{'' if runs == 1 else 's'}" + (f", {errors} failed" if errors else "")
    return Bar(
        x=number * BAR_STEP,
        y=round(CHART_HEIGHT - height, 1),
        height=round(height, 1),
        errors_y=round(CHART_HEIGHT - failed, 1),
        errors_height=round(failed, 1),
        title=f"{date_format(timezone.localtime(hour), 'H:i')}: {told}",
    )


def failure_row(failures: Failures) -> Mapping[str, Any]:
    kind = KINDS.get(failures.kind, failures.kind.replace("_", " ").capitalize())
    return {"kind": kind, "count": failures.count, "last": states.moment(failures.last_at)}
