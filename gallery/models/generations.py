"""Generations: the record of every submitted run, the only truth about it, and the queue."""

from collections.abc import Sequence
from datetime import datetime, timedelta
from typing import Any, Self

from django.db import models
from django.db.models import OuterRef, Q, Subquery
from django.utils import timezone

from gallery.models.gateways import APIKey, Gateway
from gallery.models.image_models import ImageModel
from gallery.models.people import User
from gallery.models.search import matching_ids
from gallery.models.visibility import OwnedQuerySet, Visibility


class Status(models.TextChoices):
    QUEUED = "queued", "Waiting"
    RUNNING = "running", "Running"
    SUCCEEDED = "succeeded", "Done"
    FAILED = "failed", "Failed"
    CANCELLED = "cancelled", "Cancelled"


OPEN = (Status.QUEUED, Status.RUNNING)


class GenerationQuerySet(OwnedQuerySet["Generation"]):
    def search(self, query: str) -> Self:
        """Rows whose words match; every row for an empty query, none for one without a word in it."""
        if not query.strip():
            return self
        ids = matching_ids(query)
        return self.none() if ids is None else self.filter(id__in=ids)

    def for_page(self, user: Any) -> Self:
        return self.visible_to(user).select_related("owner", "image_model__gateway", "gateway")

    def for_results(self, user: Any, *, team: bool) -> Self:
        """The studio's right side, newest first: the team's runs, or those that one submitted here oneself."""
        rows = self.for_page(user).kept().prefetch_related("images")
        rows = rows if team else rows.filter(owner_id=user.pk, request_hash="")
        return rows.order_by("-id")

    def changed_since(self, moment: datetime) -> Self:
        """Oldest change first, so that a page that takes some at a time comes to all."""
        return self.filter(changed_at__gt=moment).order_by("changed_at", "id")

    def for_history(self, user: Any, *, search: str = "", mine: bool = False, status: str = "") -> Self:
        rows = self.for_page(user).prefetch_related("images").search(search)
        if mine:
            rows = rows.filter(owner_id=user.pk)
        if status in Status.values:
            rows = rows.filter(status=status)
        return rows.order_by("-id")

    def about(self, user: Any, image: Any) -> Self:
        """Questions that were asked about a picture, newest first."""
        rows = self.for_page(user).filter(kind=Generation.Kind.ANALYSIS, inputs__image=image)
        return rows.order_by("-id").distinct()

    def newest_of_models(self, image_models: Sequence[ImageModel], user: Any) -> dict[int, int]:
        """Of each model the newest run that made pictures: model keys by generation keys."""
        made = self.visible_to(user).kept().filter(image_model=OuterRef("pk"), status=Status.SUCCEEDED)
        newest = made.order_by("-id").values("pk")[:1]
        keys = [image_model.pk for image_model in image_models]
        pairs = ImageModel.objects.filter(pk__in=keys).annotate(newest=Subquery(newest)).values_list("newest", "pk")
        return {generation: image_model for generation, image_model in pairs if generation}

    def due(self) -> Self:
        """Queued rows that may be claimed now, not counting their gateway's limit."""
        now = timezone.now()
        return self.filter(status=Status.QUEUED).filter(Q(run_after=None) | Q(run_after__lte=now))

    def running(self) -> Self:
        return self.filter(status=Status.RUNNING)

    def abandoned(self) -> Self:
        """Running rows whose lease ran out: their process is gone."""
        return self.running().filter(lease_expires_at__lt=timezone.now())

    def seconds_of(self, image_model: ImageModel, sample: int = 25) -> list[float]:
        """How long this model's last runs took, sorted; for the median and the honest bar."""
        rows = self.filter(image_model=image_model, status=Status.SUCCEEDED).exclude(started_at=None)
        times = rows.order_by("-id").values_list("started_at", "finished_at")[:sample]
        return sorted((finished - started).total_seconds() for started, finished in times if started and finished)


class Generation(models.Model):
    """One submitted run with its own copy of everything that made it, so that it outlives models, keys and people."""

    class Kind(models.TextChoices):
        IMAGE = "image", "Image"
        ANALYSIS = "analysis", "Analysis"

    Status = Status

    kind = models.CharField(max_length=10, choices=Kind, default=Kind.IMAGE)
    status = models.CharField(max_length=10, choices=Status, default=Status.QUEUED)
    owner = models.ForeignKey(User, models.SET_NULL, null=True, related_name="generations", db_index=False)
    owner_name = models.CharField(max_length=150, blank=True)
    visibility = models.CharField(max_length=10, choices=Visibility, default=Visibility.TEAM)
    client = models.CharField(max_length=80, default="studio")
    submission = models.CharField(max_length=80, null=True)
    access_token = models.ForeignKey("gallery.AccessToken", models.SET_NULL, null=True, related_name="generations")
    request_hash = models.CharField(max_length=64, blank=True)
    made_from = models.ForeignKey("self", models.SET_NULL, null=True, related_name="reruns", db_index=False)

    image_model = models.ForeignKey(ImageModel, models.SET_NULL, null=True, related_name="generations", db_index=False)
    gateway = models.ForeignKey(Gateway, models.SET_NULL, null=True, related_name="generations", db_index=False)
    api_key = models.ForeignKey(APIKey, models.SET_NULL, null=True, related_name="generations", db_index=False)
    gateway_slug = models.CharField(max_length=40)
    model_id = models.CharField(max_length=200)
    model_name = models.CharField(max_length=120)
    spec = models.JSONField(default=list)
    spec_hash = models.CharField(max_length=16)

    prompt = models.TextField(blank=True)
    conversation = models.JSONField(default=list)
    parameters = models.JSONField(default=dict)
    image_count = models.PositiveSmallIntegerField(default=1)
    shape_width = models.FloatField(default=1)
    shape_height = models.FloatField(default=1)

    claimed_by = models.CharField(max_length=200, blank=True)
    lease_expires_at = models.DateTimeField(null=True)
    run_after = models.DateTimeField(null=True)
    attempts = models.PositiveSmallIntegerField(default=0)
    cancel_requested_at = models.DateTimeField(null=True)
    created_at = models.DateTimeField(auto_now_add=True)
    started_at = models.DateTimeField(null=True)
    finished_at = models.DateTimeField(null=True)
    changed_at = models.DateTimeField(auto_now=True)
    deleted_at = models.DateTimeField(null=True)

    request = models.JSONField(null=True)
    reply = models.JSONField(null=True)
    model_used = models.CharField(max_length=200, blank=True)
    answer = models.TextField(blank=True)
    revised_prompt = models.TextField(blank=True)
    is_simulated = models.BooleanField(default=False)
    notes = models.JSONField(default=list)
    error_kind = models.CharField(max_length=40, blank=True)
    error_sentence = models.CharField(max_length=500, blank=True)
    error_detail = models.TextField(blank=True)
    cost = models.DecimalField(max_digits=16, decimal_places=6, null=True)
    cost_unit = models.CharField(max_length=10, blank=True)
    input_tokens = models.PositiveIntegerField(null=True)
    output_tokens = models.PositiveIntegerField(null=True)

    objects = GenerationQuerySet.as_manager()

    class Meta:
        indexes = [
            models.Index(fields=["owner", "-id"], name="generation_by_owner"),
            models.Index(fields=["image_model", "-id"], name="generation_by_model"),
            models.Index(fields=["changed_at"], name="generation_changed"),
            models.Index(fields=["status", "gateway"], name="generation_open"),
        ]
        constraints = [models.UniqueConstraint(fields=["owner", "submission"], name="one_generation_per_submission")]

    @property
    def is_open(self) -> bool:
        return self.status in OPEN

    @property
    def full_model_id(self) -> str:
        return f"{self.gateway_slug}/{self.model_id}"

    @property
    def script(self) -> str:
        """The client's name of a run that no page submitted."""
        return self.client if self.request_hash else ""

    @property
    def took(self) -> timedelta | None:
        """From the claim to the end; never negative, whatever the clock did."""
        if not self.started_at or not self.finished_at:
            return None
        return max(self.finished_at - self.started_at, timedelta(0))


class GenerationInput(models.Model):
    """A picture that went into a generation: which one, for which parameter, in which order. Lineage in both directions."""

    generation = models.ForeignKey(Generation, models.CASCADE, related_name="inputs")
    image = models.ForeignKey("gallery.Image", models.PROTECT, related_name="uses")
    parameter = models.CharField(max_length=64)
    position = models.PositiveSmallIntegerField(default=0)

    class Meta:
        ordering = ["position", "id"]
        constraints = [
            models.UniqueConstraint(fields=["generation", "parameter", "position"], name="one_input_per_position")
        ]
