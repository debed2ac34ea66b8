"""Moments that a clock wrote which was wrong, and was set right since: set back, everything before it lies in the future."""

from datetime import datetime, timedelta

from django.db.models import Q
from django.utils import timezone

# Neither a run nor a gateway nor a key is made to wait for longer.
LONGEST_PAUSE = timedelta(minutes=5)
# How far clocks of several hosts may be apart.
APART = timedelta(seconds=30)


def is_over(field: str) -> Q:
    """A pause until that moment is over, or can be none of ours."""
    now = timezone.now()
    return Q(**{f"{field}__lte": now}) | Q(**{f"{field}__gt": now + LONGEST_PAUSE + APART})


def is_ahead(moment: datetime | None) -> bool:
    """Whether there is such a pause, and it is not over."""
    return moment is not None and timedelta(0) < moment - timezone.now() <= LONGEST_PAUSE + APART
