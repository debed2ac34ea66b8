"""Processes that run generations, as their heartbeat tells."""

from datetime import timedelta
from typing import Self

from django.db import models
from django.utils import timezone

ALIVE_FOR = timedelta(seconds=30)


class WorkerQuerySet(models.QuerySet["Worker"]):
    def alive(self) -> Self:
        """Those that take from the queue."""
        return self.filter(takes_from_queue=True, seen_at__gt=timezone.now() - ALIVE_FOR)


class Worker(models.Model):
    """A web process is one too: it runs what scripts call for, and takes nothing from the queue."""

    name = models.CharField(max_length=200, unique=True)
    host = models.CharField(max_length=200)
    process_id = models.PositiveIntegerField()
    takes_from_queue = models.BooleanField(default=True)
    started_at = models.DateTimeField(auto_now_add=True)
    seen_at = models.DateTimeField()

    objects = WorkerQuerySet.as_manager()
