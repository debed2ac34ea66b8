"""Usage: what was spent and made, by day, person, group, model, gateway and token. Its address says what is shown."""

import csv
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from typing import Any

from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.urls import reverse
from django.views.decorators.http import require_GET

from gallery.models import Act, ImageModel, UsageDay, UsagePace, User
from gallery.models.amounts import from_millionths
from gallery.models.days import studio_day, studio_zone
from gallery.models.people import Role
from gallery.models.usage import DIMENSIONS, UsageQuery
from gallery.services import audit, drifts
from gallery.services.picture_lists import as_cell
from gallery.views.access import current_user
from gallery.views.usage_charts import MEASURES, Bucket, build_buckets, build_chart
from gallery.views.usage_figures import COLUMNS, Figures, figures_by, money, total_of
from gallery.views.usage_filters import build_filter, chips_of, names_of, sees_others

TITLES = {"model": "Model", "person": "Person", "group": "Group", "gateway": "Gateway", "token": "Token"}
SPAN_TITLES = (("", "This month"), ("7days", "7 days"), ("30days", "30 days"), ("year", "This year"), ("all", "All"))
HEAD = ("USD", "Points", "Runs", "Pictures", "Success %", "Median seconds", "Reckoned", "Unknown cost", "Simulated")
FULL = 100


@dataclass(frozen=True, kw_only=True)
class Line:
    """A row of the table; `share` is its part of what is drawn, in whole percent of the largest."""

    name: str
    url: str
    figures: Figures
    share: int


@dataclass(frozen=True, kw_only=True)
class DriftLine:
    """A model's quotes beside what was charged."""

    name: str
    quoted: str
    charged: str
    words: str
    is_alarming: bool
    price_url: str


@dataclass(frozen=True, kw_only=True)
class Read:
    """What the address asked for, read and added up."""

    query: UsageQuery
    by: str
    buckets: Sequence[Bucket]
    total: Figures
    lines: Sequence[Line]


@require_GET
def usage(request: HttpRequest) -> HttpResponse:
    user = current_user(request)
    found = read_usage(UsageQuery.read(request.GET), user)
    measure = found.query.chart or first_measure(found.total)
    columns = found.total.columns
    first, last = found.query.days
    context = {
        "found": found,
        "total": found.total,
        "columns": [COLUMNS[name] for name in columns],
        "sums": list(zip([COLUMNS[name] for name in columns], found.total.words_in(columns), strict=True)),
        "lines": [(line, line.figures.words_in(columns)) for line in found.lines],
        "days": [(day.label, day.figures.words_in(columns)) for day in found.buckets if not day.figures.is_empty],
        "chart": build_chart(found.buckets, measure),
        "measures": [
            (link(found.query, chart=name), label, name == measure)
            for name, (label, _) in MEASURES.items()
            if name in columns or name == measure
        ],
        "spans": span_links(found.query),
        "dimensions": [(link(found.query, by=name), TITLES[name], name == found.by) for name in offered(user)],
        "by_title": TITLES[found.by],
        "chips": chips_of(found.query),
        "filter": build_filter(found.query, user),
        "drifts": build_drifts(found.query, user),
        "span_words": days_in_words(first, last, found.buckets),
        "whose": "everybody" if sees_all(user) else "you and the groups you lead" if user.led_group_ids else "you",
        "zone": studio_zone(),
        "csv_by": f"{reverse('usage-csv')}?{found.query.encode()}",
        "csv_days": f"{reverse('usage-csv')}?{found.query.changed(by='').encode()}&table=days",
    }
    return render(request, "usage/page.html", context)


@require_GET
def export(request: HttpRequest) -> HttpResponse:
    """The table of the page, or with `table=days` that of its chart, with plain numbers."""
    found = read_usage(UsageQuery.read(request.GET), current_user(request))
    is_days = request.GET.get("table") == "days"
    rows = [(bucket.first.isoformat(), bucket.figures) for bucket in found.buckets]
    if not is_days:
        rows = [(line.name, line.figures) for line in found.lines]
    first, last = found.query.days
    response = HttpResponse(content_type="text/csv; charset=utf-8")
    audit.record(Act.EXPORTED, "Usage as CSV")
    name = f"usage-{'days' if is_days else found.by}-{first}-{last}.csv"
    response["Content-Disposition"] = f'attachment; filename="{name}"'
    writer = csv.writer(response)
    writer.writerow(["Day" if is_days else TITLES[found.by], *HEAD])
    writer.writerows([as_cell(name), *cells_of(figures)] for name, figures in rows)
    return response


def cells_of(figures: Figures) -> list[Any]:
    sums = figures.sums
    return [
        f"{from_millionths(sums['usd']):f}",
        f"{from_millionths(sums['points']):f}",
        sums["runs"],
        sums["pictures"],
        "" if figures.success is None else f"{figures.success:.1f}",
        "" if figures.seconds is None else f"{figures.seconds:.1f}",
        sums["reckoned"],
        sums["unknown"],
        sums["simulated"],
    ]


# Reading -----------------------------------------------------------------------------------------------------------


def read_usage(query: UsageQuery, user: User) -> Read:
    days, paces = UsageDay.objects.for_page(user, query), UsagePace.objects.for_page(user, query)
    by = query.by or DIMENSIONS[0]
    of_days = figures_by(days.sums_by("day"), paces.counts_by("day"))
    of_keys = figures_by(days.sums_by(by), paces.counts_by(by))
    first, last = query.days
    return Read(
        query=query,
        by=by,
        buckets=build_buckets(of_days, first, last, studio_day()),
        total=total_of(of_days.values()),
        lines=build_lines(of_keys, by, query),
    )


def build_lines(figures: Mapping[Any, Figures], by: str, query: UsageQuery) -> list[Line]:
    """The dearest first."""
    names = names_of(by, list(figures))
    most = {
        name: max((one.sums[name] for one in figures.values()), default=0) for name in ("usd", "points", "pictures")
    }
    drawn = next((name for name, amount in most.items() if amount), "runs")
    ordered = sorted(figures.items(), key=lambda pair: tuple(-pair[1].sums[n] for n in ("usd", "points", "pictures")))
    return [
        Line(
            name=names[key],
            url=link(query, **{by: (key,)}) if key else "",
            figures=one,
            share=one.sums[drawn] * FULL // most.get(drawn, 1) if most.get(drawn) else 0,
        )
        for key, one in ordered
    ]


def build_drifts(query: UsageQuery, user: User) -> list[DriftLine]:
    """Administrators are shown the way to the price."""
    return [
        DriftLine(
            name=drift.name,
            quoted=money(drift.quoted, drift.unit),
            charged=money(drift.charged, drift.unit),
            words=drift.words,
            is_alarming=drift.is_alarming,
            price_url=price_url(drift.image_model) if drift.image_model and user.is_superuser else "",
        )
        for drift in drifts.read_drifts(UsageDay.objects.for_page(user, query))
    ]


def price_url(image_model: ImageModel) -> str:
    return f"{reverse('admin:gallery_imagemodel_change', args=[image_model.pk])}#id_price"


def first_measure(total: Figures) -> str:
    """What there is most reason to draw."""
    return next((name for name in ("usd", "points") if total.sums[name]), "pictures")


# Words and links ---------------------------------------------------------------------------------------------------


def sees_all(user: User) -> bool:
    return user.role in (Role.LEAD, Role.ADMIN)


def offered(user: User) -> list[str]:
    return [name for name in TITLES if name != "person" or sees_others(user)]


def link(query: UsageQuery, **changes: Any) -> str:
    return f"{reverse('usage')}?{query.changed(**changes).encode()}"


def span_links(query: UsageQuery) -> list[tuple[str, str, bool]]:
    is_named = bool(query.since or query.until)
    return [
        (link(query, span=span, since="", until=""), title, span == query.span and not is_named)
        for span, title in SPAN_TITLES
    ]


def days_in_words(first: date, last: date, buckets: Sequence[Bucket]) -> str:
    if buckets:
        first = max(first, buckets[0].first)
    return f"{first.day} {first:%B %Y} to {last.day} {last:%B %Y}"
