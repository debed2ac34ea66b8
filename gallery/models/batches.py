"""Batches: generations submitted together, a comparison of models or a matrix over parameters."""

from collections import defaultdict
from collections.abc import Sequence
from typing import Any, Self

from django.db import models
from django.db.models import Count, F, Sum, Window
from django.db.models.functions import RowNumber

from gallery.models.generations import Generation, Status
from gallery.models.groups import Group
from gallery.models.images import Image
from gallery.models.people import User
from gallery.models.visibility import OwnedQuerySet, Visibility


class BatchQuerySet(OwnedQuerySet["Batch"]):
    def for_page(self, user: Any) -> Self:
        return self.visible_to(user).kept().select_related("owner")

    def for_list(self, user: Any) -> Self:
        return self.for_page(user).order_by("-id")

    def for_queue(self, user: Any) -> Self:
        """With runs under way."""
        busy = Generation.objects.under_way().exclude(batch=None).values("batch")
        return self.for_page(user).filter(pk__in=busy).order_by("id")

    def pictures_of(self, user: Any, keys: Sequence[int], *, most: int) -> dict[int, list[Image]]:
        """Some pictures of each, in an order that tells nothing of a blind comparison."""
        place = Window(RowNumber(), partition_by=F("generation__batch"), order_by=["sha256", "pk"])
        rows = Image.objects.visible_to(user).kept().filter(generation__batch__in=keys)
        rows = (
            rows.annotate(batch=F("generation__batch"), place=place).filter(place__lte=most).order_by("batch", "place")
        )
        found: dict[int, list[Image]] = defaultdict(list)
        for image in rows:
            found[image.batch].append(image)  # type: ignore[attr-defined]
        return found

    def holding(self) -> Self:
        """Open ones that still hold runs back."""
        held = Generation.objects.filter(status=Status.HELD).values("batch")
        return self.filter(state=Batch.State.OPEN, pk__in=held)


class Batch(models.Model):
    """`axes` says what varies: `[{"name", "label", "values": [{"value", "label"}]}]`; each generation's `cell` holds one
    place on every axis. A pause or a spent limit holds what has not been sent back; see services.batches."""

    class Kind(models.TextChoices):
        COMPARE = "compare", "Comparison"
        MATRIX = "matrix", "Matrix"

    class State(models.TextChoices):
        OPEN = "open", "Running"
        PAUSED = "paused", "Paused"
        SPENT = "spent", "Stopped at its limit"
        REFUSED = "refused", "Stopped by a budget"

    kind = models.CharField(max_length=10, choices=Kind)
    state = models.CharField(max_length=10, choices=State, default=State.OPEN)
    owner = models.ForeignKey(User, models.SET_NULL, null=True, related_name="batches")
    visibility = models.CharField(max_length=10, choices=Visibility, default=Visibility.TEAM)
    group = models.ForeignKey(Group, models.SET_NULL, null=True, related_name="batches")
    prompt = models.TextField(blank=True)
    axes = models.JSONField(default=list)
    is_blind = models.BooleanField(default=False)
    winner = models.ForeignKey("gallery.Image", models.SET_NULL, null=True, related_name="+", db_index=False)
    spend_limit = models.DecimalField(max_digits=16, decimal_places=6, null=True)
    spend_unit = models.CharField(max_length=10, blank=True)
    submission = models.CharField(max_length=80, null=True)
    created_at = models.DateTimeField(auto_now_add=True)
    changed_at = models.DateTimeField(auto_now=True)
    deleted_at = models.DateTimeField(null=True)

    objects = BatchQuerySet.as_manager()

    class Meta:
        constraints = [models.UniqueConstraint(fields=["owner", "submission"], name="one_batch_per_submission")]

    def get_absolute_url(self) -> str:
        return f"/batches/{self.pk}/"

    def counts(self) -> dict[str, int]:
        """How many of its generations are in which status."""
        rows = Generation.objects.filter(batch=self).order_by().values_list("status").annotate(count=Count("pk"))
        return dict.fromkeys(Status.values, 0) | dict(rows)

    def costs(self) -> tuple[dict[str, Any], int, int]:
        """What its runs cost by unit, of how many finished ones nobody knows the cost, and of how many it was reckoned."""
        rows = Generation.objects.filter(batch=self, is_simulated=False).order_by()
        sums = rows.exclude(cost=None).values_list("cost_unit").annotate(total=Sum("cost"))
        unknown = rows.filter(status=Status.SUCCEEDED, cost=None).count()
        return dict(sums), unknown, rows.filter(is_cost_reckoned=True).count()

    @property
    def is_simulated(self) -> bool:
        """Some of it ended, and all that did in the sandbox."""
        made = Generation.objects.filter(batch=self, status=Status.SUCCEEDED)
        return made.exists() and not made.filter(is_simulated=False).exists()
