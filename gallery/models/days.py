"""Rows of some days, by `created_at`; and the studio's own days."""

from datetime import date, datetime, time, timedelta
from typing import Any

from django.db.models import Subquery
from django.db.models.functions import Coalesce
from django.utils import timezone

from gallery.models.url_state import moments

# How far the clocks of several hosts may differ.
CLOCKS = timedelta(hours=1)
HIGHEST = 2**63 - 1


def between(rows: Any, since: str, until: str) -> Any:
    """Days are the reader's. Ids rise with time but for what clocks do, so those of the nearest rows that surely lie outside bound
    what has to be looked at."""
    times = rows.model.objects.order_by("created_at").values("pk")
    bounds = moments(since, until)
    if begin := bounds.get("gte"):
        older = times.filter(created_at__lt=begin - CLOCKS).reverse()
        rows = rows.filter(created_at__gte=begin, pk__gt=Coalesce(Subquery(older[:1]), 0))
    if end := bounds.get("lt"):
        # What is dated later than now was dated by a clock that was wrong: its number says nothing.
        newer = times.filter(created_at__gte=end + CLOCKS, created_at__lte=timezone.now())
        rows = rows.filter(created_at__lt=end, pk__lt=Coalesce(Subquery(newer[:1]), HIGHEST))
    return rows


def studio_zone() -> str:
    """The time zone in which the studio's days and months begin, the same for everybody."""
    return timezone.get_default_timezone_name()


def studio_day(moment: datetime | None = None) -> date:
    """The studio's day of a moment, or today."""
    return timezone.localdate(moment, timezone.get_default_timezone())


def studio_midnight(day: date) -> datetime:
    """When a day of the studio begins."""
    return timezone.make_aware(datetime.combine(day, time()), timezone.get_default_timezone())
