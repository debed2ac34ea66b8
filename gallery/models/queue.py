"""The queue: in which states a run can be, what workers take next, and what people see of all that is under way."""

from collections.abc import Iterable, Sequence
from datetime import datetime
from typing import Any, Self, TypeVar

from django.db import models
from django.db.models import Count, F, Max, Q
from django.utils import timezone

from gallery.models.clocks import is_over
from gallery.models.visibility import OwnedQuerySet

Queued = TypeVar("Queued", bound=models.Model)


class Status(models.TextChoices):
    HELD = "held", "Held back"
    QUEUED = "queued", "Waiting"
    RUNNING = "running", "Running"
    SUCCEEDED = "succeeded", "Done"
    FAILED = "failed", "Failed"
    CANCELLED = "cancelled", "Cancelled"


OPEN = (Status.HELD, Status.QUEUED, Status.RUNNING)
NEITHER_DONE_NOR_FAILED = (*OPEN, Status.CANCELLED)
# What no row of the queue shows.
NOT_SHOWN = ("spec", "parameters", "conversation", "request", "reply", "answer", "revised_prompt", "error_detail")


class QueueQuerySet(OwnedQuerySet[Queued]):
    def due(self) -> Self:
        """Queued rows that may be claimed now, not counting their gateway's limit."""
        return self.filter(status=Status.QUEUED).filter(Q(run_after=None) | is_over("run_after"))

    def running(self) -> Self:
        return self.filter(status=Status.RUNNING)

    def under_way(self) -> Self:
        return self.filter(status__in=OPEN)

    def held_in(self, batch: Any) -> Self:
        return self.filter(batch=batch, status=Status.HELD).select_related("gateway").order_by("id")

    def unpriced_held(self, besides: Iterable[int | None]) -> list[dict[str, Any]]:
        """Whose budgets runs of unknown price count in that open batches of others hold back, each once. A batch with a limit of
        its own waits for its own runs first."""
        moving = self.moving().exclude(batch=None).values("batch")
        rows = self.filter(Q(batch__spend_limit=None) | ~Q(batch__in=moving), batch__state="open")
        rows = rows.filter(status=Status.HELD, quote=None).exclude(owner__in=list(besides))
        return list(rows.order_by().values("owner_id", "group_id", "access_token_id", "gateway_id").distinct())

    def unpriced_alone(self, batches: Iterable[Any]) -> list[dict[str, Any]]:
        """The same of these batches, by batch, as far as they hold nothing else back: nothing that has a price or could have one
        by now, and have no limit of their own, which is looked at each time."""
        rows = self.filter(status=Status.HELD, batch__in=batches)
        others = rows.filter(Q(quote__isnull=False) | Q(image_model__price__isnull=False)).values("batch")
        rows = rows.filter(batch__spend_limit=None).exclude(batch__in=others)
        told = ("batch_id", "owner_id", "group_id", "access_token_id", "gateway_id")
        return list(rows.order_by().values(*told).distinct())

    def newest_starts(self, batches: Iterable[Any]) -> list[tuple[int | None, datetime]]:
        """When each owner's run of these batches that started last did so."""
        rows = self.filter(batch__in=batches).exclude(started_at=None).order_by()
        return list(rows.values_list("owner").annotate(at=Max("started_at")))

    def counts_under_way(self) -> dict[str, int]:
        return dict(self.under_way().order_by().values_list("status").annotate(count=Count("pk")))

    def moving(self) -> Self:
        """Under way by itself: what a paused batch holds back waits for a person."""
        return self.filter(status__in=(Status.QUEUED, Status.RUNNING))

    def keys_moving(self) -> list[tuple[int, int | None, int | None]]:
        """Key, owner and batch of everything that moves, in the order it was submitted. Found by its status alone: a
        database that is asked for an owner too would walk all that this person ever made."""
        return list(self.moving().order_by("pk").values_list("pk", "owner", "batch"))

    def for_queue(self, user: Any, keys: Sequence[int]) -> Self:
        """Of these what this person sees."""
        rows = self.visible_to(user).kept().filter(pk__in=keys)
        return rows.select_related("owner", "image_model__gateway", "gateway").defer(*NOT_SHOWN).order_by("id")

    def keys_ended(self, user: Any, since: datetime) -> list[tuple[int, int | None, datetime]]:
        """Key, batch and end of what this person's own runs came to, newest first. Of scripts' calls their scripts were told.
        Found by the index on changes, since what ended was changed then; the sum keeps it from that on owners."""
        rows = self.kept().filter(changed_at__gt=since, finished_at__gt=since, request_hash="")
        rows = rows.alias(whose=F("owner_id") + 0).filter(whose=user.pk).exclude(status__in=NEITHER_DONE_NOR_FAILED)
        return list(rows.order_by("-finished_at", "-id").values_list("pk", "batch", "finished_at"))

    def retried(self, user: Any, ids: Any) -> set[int]:
        """Which of these this person has run again."""
        again = self.filter(owner_id=user.pk, pk__gt=min(ids, default=0), made_from__in=ids)
        return set(again.values_list("made_from", flat=True))

    def counts_of_batches(self, batch_ids: Any) -> dict[int, dict[str, int]]:
        """Per batch how many of its runs are in which status. A run that was tried once more counts once: its newest is it."""
        rows = self.filter(batch__in=batch_ids).order_by().values_list("batch", "status")
        found: dict[int, dict[str, int]] = {}
        for batch, status, count, again in rows.annotate(count=Count("pk"), again=Count("made_from")):
            counts = found.setdefault(batch, dict.fromkeys(Status.values, 0))
            counts[status] += count
            # Only what failed or was cancelled is tried again; which of the two makes no difference to any sum.
            counts[Status.FAILED] -= again
        return found

    def changed_by_now(self) -> Self:
        """Without what was changed before a clock was set back: as the newest it would hide all that follows."""
        return self.filter(changed_at__lte=timezone.now())

    def stamp(self) -> str:
        """Another one as soon as any run was added or changed: what a page that knows it has seen already needs no answer."""
        newest = self.changed_by_now().order_by("-changed_at").values_list("changed_at", flat=True).first()
        return f"{newest.timestamp():.6f}-{self.under_way().count()}" if newest else "-"
