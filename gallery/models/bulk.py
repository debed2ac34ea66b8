"""What was done to many pictures at once: how far it has come, and what it changed, so that it can be undone."""

from datetime import timedelta
from typing import Any, Self

from django.db import models
from django.utils import timezone

from gallery.models.people import User
from gallery.models.wall import Selection, WallQuery

# For so long it can be undone; then its rows go.
KEPT = timedelta(days=1)
LEFT_ALONE = timedelta(minutes=1)


class BulkWorkQuerySet(models.QuerySet["BulkWork"]):
    def for_page(self, user: Any) -> Self:
        """One's own."""
        return self.filter(user=user).select_related("undoes")

    def abandoned(self) -> Self:
        """Begun, not ended, and left alone for a while: its process is gone."""
        return self.filter(ended_at=None, moved_at__lt=timezone.now() - LEFT_ALONE).order_by("id")

    def past_undo(self) -> Self:
        return self.filter(ended_at__lt=timezone.now() - KEPT)


class BulkWork(models.Model):
    """`image_ids` is None for everything that `query` finds. Pictures are taken in the order of their ids: those above
    `reached`, up to `last`, are still to come; of an undoing `reached` is the last of the changes that were taken back."""

    user = models.ForeignKey(User, models.CASCADE, related_name="bulk_works")
    action = models.CharField(max_length=20)
    arguments = models.JSONField(default=dict)
    query = models.TextField(blank=True)
    image_ids = models.JSONField(null=True)
    undoes = models.OneToOneField("self", models.CASCADE, null=True, related_name="undoing")
    reached = models.BigIntegerField(default=0)
    last = models.BigIntegerField(default=0)
    total = models.PositiveIntegerField(default=0)
    seen = models.PositiveIntegerField(default=0)
    changed = models.PositiveIntegerField(default=0)
    # Why pictures stayed as they were, and how many: see services.bulk_actions.
    refusals = models.JSONField(default=dict)
    # Times in a row that its next chunk went wrong.
    failures = models.PositiveSmallIntegerField(default=0)
    stopped = models.CharField(max_length=200, blank=True)
    created_at = models.DateTimeField(default=timezone.now)
    moved_at = models.DateTimeField(auto_now=True)
    ended_at = models.DateTimeField(null=True)

    objects = BulkWorkQuerySet.as_manager()

    class Meta:
        indexes = [models.Index(fields=["moved_at"], name="bulk_open", condition=models.Q(ended_at=None))]

    @property
    def selection(self) -> Selection:
        """Picture by picture: stacks were opened when the work began."""
        query = WallQuery.read(self.query).changed(stacks="off", order="")
        return Selection(query=query, ids=None if self.image_ids is None else tuple(self.image_ids))


class BulkChange(models.Model):
    """Some pictures that a work changed: pairs of an id and what was so before, in the words of its action."""

    work = models.ForeignKey(BulkWork, models.CASCADE, related_name="changes")
    pairs = models.JSONField(default=list)
