"""Days and months of the wall as ranges of keys: pictures are numbered as they come, so a day begins at a number."""

from collections.abc import Iterator
from dataclasses import replace
from datetime import UTC, date, datetime, time, timedelta

from django.utils import timezone

from gallery.models import Image, WallQuery
from gallery.views.wall_layout import Period

# Each of so many last days has a section, then each month.
DAYS = 31
# Older pictures hang together under the last of them.
MOST_MONTHS = 600
BOTTOM = -(2**63)


def find_periods(query: WallQuery) -> list[Period]:
    """The reader's days, newest first. A board in its own order has no days."""
    if query.is_by_hand:
        return [Period("", BOTTOM)]
    today = timezone.localdate()
    beginnings = list(list_beginnings(today, oldest_day(today)))
    floors = Image.objects.first_ids_since([beginning_of(day) for day in beginnings])
    periods, floor = [], 2**63 - 1
    for day, found in zip(beginnings, floors, strict=True):
        # A clock that went back is no reason to show a day twice.
        floor = min(floor, found if found is not None else floor)
        periods.append(build_period(day, today, floor))
    return [*periods[:-1], replace(periods[-1], floor=BOTTOM)]


def list_beginnings(today: date, oldest: date) -> Iterator[date]:
    """First days of periods, newest first; the last one is not after `oldest`."""
    day = today
    for _ in range(DAYS):
        yield day
        if day <= oldest:
            return
        day -= timedelta(days=1)
    for _ in range(MOST_MONTHS):
        day = day.replace(day=1)
        yield day
        if day <= oldest:
            return
        day -= timedelta(days=1)


def oldest_day(today: date) -> date:
    oldest = Image.objects.order_by("created_at").values_list("created_at", flat=True).first()
    return timezone.localtime(oldest).date() if oldest else today


def beginning_of(day: date) -> datetime:
    return timezone.make_aware(datetime.combine(day, time())).astimezone(UTC)


def build_period(day: date, today: date, floor: int) -> Period:
    past = (today - day).days
    year = "" if day.year == today.year else f" {day.year}"
    if past in (0, 1):
        return Period("Yesterday" if past else "Today", floor, day)
    if past < DAYS:
        return Period(f"{day:%A} {day.day} {day:%B}{year}", floor, day, year, "day")
    has_days = day == (today - timedelta(days=DAYS - 1)).replace(day=1)
    return Period(f"{'Earlier in ' if has_days else ''}{day:%B}{year}", floor, day, year, "month")
