"""Generations: the record of every submitted run and the only truth about it. What makes a queue of them is in queue.py."""

from collections.abc import Sequence
from datetime import datetime, timedelta
from typing import Any, Self

from django.db import models
from django.db.models import Exists, OuterRef, Q, Subquery
from django.utils import timezone

from gallery.models.days import between
from gallery.models.gateway_runs import GatewayRunsQuerySet
from gallery.models.gateways import APIKey, Gateway
from gallery.models.groups import Group
from gallery.models.history import HistoryQuery
from gallery.models.image_models import ImageModel
from gallery.models.people import User
from gallery.models.queue import OPEN, Status
from gallery.models.search import matching_ids
from gallery.models.visibility import Visibility

__all__ = ["OPEN", "Generation", "GenerationInput", "GenerationQuerySet", "Status"]


RECKONED_FROM = (
    "kind",
    "status",
    "kind",
    "client",
    "image_model",
    "is_simulated",
    "started_at",
    "finished_at",
    "cost",
    "cost_unit",
    "is_cost_reckoned",
    "image_count",
    "parameters",
)


class GenerationQuerySet(GatewayRunsQuerySet["Generation"]):
    def search(self, query: str) -> Self:
        """Rows whose words match; every row for an empty query, none for one without a word in it."""
        if not query.strip():
            return self
        ids = matching_ids(query)
        return self.none() if ids is None else self.filter(id__in=ids)

    def for_page(self, user: Any) -> Self:
        return self.visible_to(user).select_related("owner", "group", "image_model__gateway", "gateway")

    def for_results(self, user: Any, *, team: bool) -> Self:
        """The studio's right side, newest first: the team's runs, or those that one submitted here oneself."""
        rows = self.for_page(user).kept().exclude(client=Generation.IMPORT).prefetch_related("images")
        rows = rows if team else rows.filter(owner_id=user.pk, request_hash="")
        return rows.order_by("-id")

    def one_of_batch(self) -> Self:
        """Of each batch its first run alone, which stands for all."""
        earlier = Generation.objects.filter(batch=OuterRef("batch"), pk__lt=OuterRef("pk"))
        return self.filter(Q(batch=None) | ~Exists(earlier))

    def for_batch(self, user: Any, batch: Any) -> Self:
        """The runs of a batch, oldest first: a later one of the same cell takes its place."""
        return self.for_page(user).kept().filter(batch=batch).prefetch_related("images").order_by("id")

    def undone_in(self, batch: Any, *, only: int | None = None) -> list["Generation"]:
        """Of each cell its newest run, where that failed or was cancelled; with `only` that one alone."""
        newest = {tuple(row.cell): row for row in self.filter(batch=batch).select_related("gateway").order_by("id")}
        undone = [row for row in newest.values() if row.status in (Status.FAILED, Status.CANCELLED)]
        return [row for row in undone if only in (None, row.pk)]

    def changed_since(self, moment: datetime) -> Self:
        """Oldest change first, so that a page that takes some at a time comes to all."""
        return self.changed_by_now().filter(changed_at__gt=moment).order_by("changed_at", "id")

    def for_history(self, user: Any, query: HistoryQuery) -> Self:
        rows = self.for_page(user).prefetch_related("images").search(query.q).filter(**query.columns(user))
        if query.model:
            rows = rows.of_models(query.model)
        found: Self = between(rows, query.since, query.until).order_by("-id")
        return found

    def for_prompt_box(self, user: Any, *, team: bool, search: str) -> Self:
        """Runs whose prompts are offered again, newest first: one's own, or those the others let one see."""
        rows = self.visible_to(user).filter(kind=Generation.Kind.IMAGE, request_hash="").search(search)
        rows = rows.exclude(owner_id=user.pk) if team else rows.filter(owner_id=user.pk)
        rows = rows.exclude(prompt="").exclude(client=Generation.IMPORT).select_related("owner")
        return rows.only("prompt", "written", "model_name", "owner_name", "owner", "created_at").order_by("-id")

    def last_of(self, user: Any, image_model: ImageModel) -> Self:
        """What this person ran in the studio with a model, newest first."""
        rows = self.for_page(user).filter(owner_id=user.pk, image_model=image_model, request_hash="")
        return rows.filter(kind=Generation.Kind.IMAGE).order_by("-id")

    def refused_of(self, image_model: ImageModel, sample: int) -> list[tuple[int, dict[str, Any], datetime | None]]:
        """Of a model's last runs those that were refused for a setting, newest first: key, the refusal, when."""
        rows = self.filter(image_model=image_model).order_by("-id").values_list("pk", "refused", "finished_at")
        return [(pk, refused, moment) for pk, refused, moment in rows[:sample] if refused]

    def of_models(self, keys: Sequence[str]) -> Self:
        """Runs of models by `<gateway>/<model id>`; by their rows where there are such, since these are indexed."""
        rows = {row.full_id: row.pk for row in ImageModel.objects.keyed(keys)}
        found = Q(image_model__in=list(rows.values()))
        for slug, _, model_id in (key.partition("/") for key in keys if key not in rows):
            found |= Q(gateway_slug=slug, model_id=model_id)
        return self.filter(found)

    def owners(self, user: Any) -> models.QuerySet[User]:
        """People of whom this person sees runs."""
        return User.objects.filter(Exists(self.visible_to(user).filter(owner=OuterRef("pk"))))

    def image_models(self, user: Any) -> models.QuerySet[ImageModel]:
        """Models of which this person sees runs."""
        runs = self.visible_to(user).filter(image_model=OuterRef("pk"))
        return ImageModel.objects.filter(Exists(runs)).select_related("gateway")

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

    def models_used(self, user: Any, *, team: bool, most: int = 400) -> list[int]:
        """The models of the last runs, newest first, once for each run: the team's, or those of one's own in the studio."""
        rows = self.visible_to(user) if team else self.filter(owner_id=user.pk, request_hash="")
        rows = rows.exclude(client=Generation.IMPORT).exclude(image_model=None).order_by("-id")
        return [key for key in rows.values_list("image_model_id", flat=True)[:most] if key]

    def last_of_models(self, image_models: Sequence[ImageModel], sample: int) -> list["Generation"]:
        """The last runs of each model, newest first, with what prices and times are reckoned from: two queries for any
        number of models, by their index."""
        keys = [image_model.pk for image_model in image_models]
        runs = Generation.objects.filter(image_model=OuterRef("pk")).order_by("-id").values("pk")
        models_with_edge = ImageModel.objects.filter(pk__in=keys).annotate(edge=Subquery(runs[sample - 1 : sample]))
        found = Q()
        for key, edge in models_with_edge.values_list("pk", "edge"):
            found |= Q(image_model=key, pk__gte=edge or 0)
        if not found:
            return []
        # Sorted here: asked for in order, the database would walk all runs instead of each model's last.
        return sorted(self.filter(found).only(*RECKONED_FROM), key=lambda row: -row.pk)


class Generation(models.Model):
    """One submitted run with its own copy of everything that made it, so that it outlives models, keys and people."""

    class Kind(models.TextChoices):
        IMAGE = "image", "Image"
        ANALYSIS = "analysis", "Analysis"

    Status = Status
    # The client of a run that took place elsewhere and came in with its picture.
    IMPORT = "import"

    kind = models.CharField(max_length=10, choices=Kind, default=Kind.IMAGE)
    status = models.CharField(max_length=10, choices=Status, default=Status.QUEUED)
    owner = models.ForeignKey(User, models.SET_NULL, null=True, related_name="generations", db_index=False)
    owner_name = models.CharField(max_length=150, blank=True)
    visibility = models.CharField(max_length=10, choices=Visibility, default=Visibility.TEAM)
    group = models.ForeignKey(Group, models.SET_NULL, null=True, related_name="generations", db_index=False)
    client = models.CharField(max_length=80, default="studio")
    submission = models.CharField(max_length=80, null=True)
    access_token = models.ForeignKey("gallery.AccessToken", models.SET_NULL, null=True, related_name="generations")
    request_hash = models.CharField(max_length=64, blank=True)
    # Of the HTTP request that submitted it: what the log of all processes calls it.
    request_id = models.CharField(max_length=64, null=True)
    board = models.ForeignKey("gallery.Board", models.SET_NULL, null=True, related_name="generations")
    batch = models.ForeignKey("gallery.Batch", models.SET_NULL, null=True, related_name="generations")
    cell = models.JSONField(default=list)
    # What it was reckoned to cost when it was submitted; null where nobody knows.
    quote = models.DecimalField(max_digits=16, decimal_places=6, null=True)
    quote_unit = models.CharField(max_length=10, blank=True)
    made_from = models.ForeignKey("self", models.SET_NULL, null=True, related_name="reruns", db_index=False)

    image_model = models.ForeignKey(ImageModel, models.SET_NULL, null=True, related_name="generations", db_index=False)
    gateway = models.ForeignKey(Gateway, models.SET_NULL, null=True, related_name="generations", db_index=False)
    api_key = models.ForeignKey(APIKey, models.SET_NULL, null=True, related_name="generations", db_index=False)
    # The key's name when it was used, or the variable it came from; kept when the key is gone.
    api_key_label = models.CharField(max_length=120, blank=True)
    # The day whose count of the key's uses holds a place for this run, and the cost held there; null once settled.
    key_day = models.DateField(null=True, editable=False)
    key_hold = models.DecimalField(max_digits=16, decimal_places=6, null=True, editable=False)
    gateway_slug = models.CharField(max_length=40)
    model_id = models.CharField(max_length=200)
    model_name = models.CharField(max_length=120)
    spec = models.JSONField(default=list)
    spec_hash = models.CharField(max_length=16)

    prompt = models.TextField(blank=True)
    # `{"prompt", "styles": [{"id", "name"}]}`: how the prompt was written, where that is not what was sent.
    written = models.JSONField(null=True)
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
    created_at = models.DateTimeField(default=timezone.now, editable=False)
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
    # The setting that a gateway refused: `{"parameter": its name, "values": what it takes instead}`.
    refused = models.JSONField(null=True)
    cost = models.DecimalField(max_digits=16, decimal_places=6, null=True)
    cost_unit = models.CharField(max_length=10, blank=True)
    # The gateway did not tell it: it is what was reckoned at the submission.
    is_cost_reckoned = models.BooleanField(default=False)
    # What the sums of its day hold of it, once it has ended; see services.usage.
    counted = models.JSONField(null=True)
    input_tokens = models.PositiveIntegerField(null=True)
    output_tokens = models.PositiveIntegerField(null=True)

    objects = GenerationQuerySet.as_manager()

    class Meta:
        indexes = [
            models.Index(fields=["owner", "-id"], name="generation_by_owner"),
            models.Index(fields=["image_model", "-id"], name="generation_by_model"),
            models.Index(fields=["group", "-id"], name="generation_by_group", condition=Q(group__isnull=False)),
            models.Index(fields=["changed_at"], name="generation_changed"),
            models.Index(fields=["status", "gateway"], name="generation_open"),
            models.Index(fields=["created_at"], name="generation_by_time"),
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
