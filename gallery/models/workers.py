"""Processes that run generations, as their heartbeat tells."""

from datetime import timedelta
from typing import Self

from django.db import models
from django.utils import timezone

from gallery.models.clocks import APART

ALIVE_FOR = timedelta(seconds=30)


class WorkerQuerySet(models.QuerySet["Worker"]):
    def alive(self) -> Self:
        """Those that take from the queue."""
        return self.heard_of().filter(takes_from_queue=True)

    def heard_of(self) -> Self:
        """Those that live, web processes too. What was seen in the future was seen before the clock was set back."""
        now = timezone.now()
        return self.filter(seen_at__gt=now - ALIVE_FOR, seen_at__lte=now + APART)


class Worker(models.Model):
    """A web process is one too: it runs what scripts call for, and takes nothing from the queue. Nor does a worker
    that a later version of the database has left behind."""

    name = models.CharField(max_length=200, unique=True)
    host = models.CharField(max_length=200)
    process_id = models.PositiveIntegerField()
    takes_from_queue = models.BooleanField(default=True)
    started_at = models.DateTimeField(auto_now_add=True)
    seen_at = models.DateTimeField()

    objects = WorkerQuerySet.as_manager()
