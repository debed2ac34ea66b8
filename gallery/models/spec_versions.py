"""How image models stood: a row for every change of one, so that each can be looked at and brought back."""

from typing import Any, Self

from django.db import models
from django.utils import timezone

from gallery.models.image_models import ImageModel
from gallery.models.people import User


class SpecVersionQuerySet(models.QuerySet["SpecVersion"]):
    def for_page(self, image_model: ImageModel) -> Self:
        """A model's history, newest first."""
        return self.filter(image_model=image_model).select_related("author").order_by("-number")

    def before(self, version: "SpecVersion") -> "SpecVersion | None":
        rows = self.filter(image_model=version.image_model_id, number__lt=version.number)
        return rows.order_by("-number").first()


class SpecVersion(models.Model):
    """`fields` is all of the model that people may edit, as JSON; `note` says why, in a sentence."""

    class Reason(models.TextChoices):
        FIRST = "first", "As it stood at first"
        ADDED = "added", "Added"
        EDITED = "edited", "Edited"
        SHIPPED = "shipped", "Brought up to date"
        SYNCED = "synced", "Taken over from the gateway"
        CORRECTED = "corrected", "Corrected after a refusal"
        RESTORED = "restored", "Brought back"

    image_model = models.ForeignKey(ImageModel, models.CASCADE, related_name="versions")
    number = models.PositiveIntegerField()
    fields = models.JSONField()
    reason = models.CharField(max_length=10, choices=Reason)
    note = models.CharField(max_length=500, blank=True)
    author = models.ForeignKey(User, models.SET_NULL, null=True, related_name="+")
    author_name = models.CharField(max_length=150, blank=True)
    created_at = models.DateTimeField(default=timezone.now)

    objects = SpecVersionQuerySet.as_manager()

    class Meta:
        constraints = [models.UniqueConstraint(fields=["image_model", "number"], name="one_spec_version_per_number")]

    @property
    def who(self) -> str:
        """ "" where no person did it."""
        return self.author.display_name if self.author else self.author_name

    @property
    def parameters(self) -> Any:
        return self.fields["parameters"]
