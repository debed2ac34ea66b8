"""The chart of the usage page: bars drawn in Python, one for each day or month, on a scale of whole steps."""

import math
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, timedelta

from gallery.views.usage_figures import Figures, total_of

MOST_DAYS = 92
WIDTH, HEIGHT = 1000.0, 100.0
BAR_SHARE = 0.68
STEPS = (1, 1.5, 2, 3, 4, 5, 6, 8, 10)
LABELS = 6

Read = Callable[[Figures], float | None]
MEASURES: Mapping[str, tuple[str, Read]] = {
    "usd": ("Dollars", lambda one: one.usd),
    "points": ("Points", lambda one: one.points),
    "pictures": ("Pictures", lambda one: float(one.pictures)),
    "success": ("Success", lambda one: one.success),
    "seconds": ("Seconds", lambda one: one.seconds),
}


@dataclass(frozen=True, kw_only=True)
class Bucket:
    """A day, or a month where there are many."""

    first: date
    label: str
    is_now: bool
    figures: Figures


@dataclass(frozen=True, kw_only=True)
class Bar:
    """Places are text, so that no language writes their points as commas."""

    x: str
    y: str
    width: str
    height: str
    words: str
    is_now: bool


@dataclass(frozen=True, kw_only=True)
class Chart:
    title: str
    description: str
    bars: Sequence[Bar]
    most: str
    half: str
    labels: Sequence[tuple[str, str]]


def build_buckets(figures: Mapping[date, Figures], first: date, last: date, today: date) -> list[Bucket]:
    """Every day or month from the first to the last, those without a run as well."""
    if not figures:
        return []
    first, last = max(first, min(figures)) if (last - first).days > MOST_DAYS else first, min(last, today)
    days = [first + timedelta(days=number) for number in range((last - first).days + 1)]
    if len(days) <= MOST_DAYS:
        return [
            Bucket(first=day, label=f"{day.day} {day:%b}", is_now=day == today, figures=figures.get(day, Figures()))
            for day in days
        ]
    months = sorted({day.replace(day=1) for day in days})
    return [
        Bucket(
            first=month,
            label=f"{month:%b %Y}",
            is_now=month == today.replace(day=1),
            figures=total_of(one for day, one in figures.items() if day.replace(day=1) == month),
        )
        for month in months
    ]


def build_chart(buckets: Sequence[Bucket], measure: str) -> Chart | None:
    """None where there is nothing to draw."""
    label, read = MEASURES[measure]
    values = [read(bucket.figures) for bucket in buckets]
    highest = max((value for value in values if value), default=0.0)
    if not highest:
        return None
    most = 100.0 if measure == "success" else round_up(highest)
    slot = WIDTH / len(buckets)
    bars = [
        build_bar(place * slot, slot, value / most, f"{bucket.label}: {in_words(value, measure)}", bucket.is_now)
        for place, (bucket, value) in enumerate(zip(buckets, values, strict=True))
        if value
    ]
    best = max(zip(values, buckets, strict=True), key=lambda pair: pair[0] or 0)[1]
    return Chart(
        title=f"{label}, {buckets[0].label} to {buckets[-1].label}",
        description=f"The highest is {in_words(highest, measure)}, {best.label}. The figures stand in the table below.",
        bars=bars,
        most=in_words(most, measure),
        half=in_words(most / 2, measure),
        labels=labels_of(buckets),
    )


def build_bar(x: float, slot: float, share: float, words: str, is_now: bool) -> Bar:  # noqa: FBT001
    height = max(share * HEIGHT, 0.8)
    return Bar(
        x=f"{x + slot * (1 - BAR_SHARE) / 2:.2f}",
        y=f"{HEIGHT - height:.2f}",
        width=f"{slot * BAR_SHARE:.2f}",
        height=f"{height:.2f}",
        words=words,
        is_now=is_now,
    )


def round_up(value: float) -> float:
    """The next round number of the scale."""
    size: float = 10 ** math.floor(math.log10(value))
    return next(step * size for step in STEPS if step * size >= value)


def labels_of(buckets: Sequence[Bucket]) -> list[tuple[str, str]]:
    """Some names beneath the bars, each with its place in percent of the width."""
    every = max(math.ceil(len(buckets) / LABELS), 1)
    return [
        (f"{100 * (place + 0.5) / len(buckets):.2f}", bucket.label)
        for place, bucket in enumerate(buckets)
        if place % every == 0
    ]


def in_words(value: float | None, measure: str) -> str:
    value = value or 0.0
    if measure == "usd":
        return f"${value:,.2f}" if value >= 0.01 else f"${value:.4f}"
    if measure == "success":
        return f"{value:.0f} %"
    if measure == "seconds":
        return f"{value:.1f} s"
    return f"{value:,.0f}"
