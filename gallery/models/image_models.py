"""Image models: one model at one gateway, with its parameter spec."""

from collections.abc import Iterable, Sequence
from functools import cached_property
from typing import Any, Self

from django.core.exceptions import ValidationError
from django.db import models
from django.db.models import Count, F, OuterRef, Q, Subquery

from gallery import specs
from gallery.models.gateways import Gateway


def check_spec(value: Any) -> None:
    """Refuse a spec that does not parse, naming the place."""
    try:
        specs.parse_parameters(value)
    except specs.SpecRefused as refusal:
        raise ValidationError(str(refusal)) from refusal


# What sets a model apart, by the words the picker filters by.
BADGES = {
    "edit": "edit",
    "references": "references",
    "upscale": "upscale",
    "vector": "vector",
    "lettering": "text in image",
    "4k": "4K",
    "seed": "seed",
    "negative_prompt": "negative prompt",
    "analysis": "analysis",
}


class ImageModelQuerySet(models.QuerySet["ImageModel"]):
    def offered(self) -> Self:
        """Models that people may choose now."""
        return self.filter(is_enabled=True, gateway__is_enabled=True).select_related("gateway")

    def by_hand(self) -> Self:
        """Added by somebody, and never yet seen in their gateway's list: they may well be there without being listed."""
        return self.filter(shipped__isnull=True, listed__isnull=True)

    def for_picker(self) -> Self:
        return self.offered().order_by("gateway__position", "position", "id")

    def for_analysis(self) -> Self:
        """Models that look at pictures and answer in words."""
        able = [row.pk for row in self.offered() if "analysis" in row.tasks]
        return self.filter(pk__in=able).select_related("gateway").order_by("gateway__position", "position", "id")

    def named(self, full_id: str) -> Self:
        """By `<gateway>/<model id>`, or by the bare id where it is unique."""
        if "\x00" in full_id:
            return self.none()
        slug, _, model_id = full_id.partition("/")
        exact = self.filter(gateway__slug=slug, model_id=model_id)
        if model_id and exact.exists():
            return exact
        bare = self.filter(model_id=full_id)
        return bare if bare.count() == 1 else self.none()

    def called(self, name: str) -> "ImageModel | None":
        """As `named`, or by an alias: how scripts name models."""
        return self.named(name).first() or (self.filter(aliases__name=name).first() if "\x00" not in name else None)

    def keyed(self, keys: Iterable[str]) -> list["ImageModel"]:
        """Those of `<gateway>/<model id>`."""
        keys = set(keys)
        rows = self.filter(model_id__in={key.partition("/")[2] for key in keys}).select_related("gateway")
        return [
            row for row in rows.order_by("gateway__position", "gateway_id", "position", "id") if row.full_id in keys
        ]

    def in_order(self, keys: Sequence[str]) -> list["ImageModel"]:
        """Those of `<gateway>/<model id>`, in the order of the keys, each once."""
        found = {row.full_id: row for row in self.keyed(keys)}
        return [found[key] for key in dict.fromkeys(keys) if key in found]

    def suggested(self, user: Any, *, beside: "ImageModel") -> Self:
        """What a comparison begins with beside a model: those this person used last, then as the picker lists them. All draw
        from words alone."""
        last = user.generations.filter(image_model=OuterRef("pk")).order_by("-id").values("pk")[:1]
        rows = self.offered().exclude(pk=beside.pk).exclude(output=ImageModel.Output.TEXT).annotate(last=Subquery(last))
        able = [row.pk for row in rows if "text" in row.tasks and not any(p.is_required for p in row.image_parameters)]
        return rows.filter(pk__in=able).order_by(F("last").desc(nulls_last=True), "gateway__position", "position", "id")

    def counts_of_gateways(self) -> dict[int, dict[str, int]]:
        """By the gateway's key: how many models were shipped, are listed by the gateway, are offered."""
        rows = (
            self.order_by()
            .values("gateway")
            .annotate(
                shipped=Count("pk", filter=Q(shipped__isnull=False)),
                found=Count("pk", filter=Q(is_available=True)),
                enabled=Count("pk", filter=Q(is_enabled=True)),
            )
        )
        return {row["gateway"]: {name: row[name] for name in ("shipped", "found", "enabled")} for row in rows}

    def sharing(self, model_id: str) -> Self:
        """Models of several gateways that have the same bare id."""
        return self.filter(model_id=model_id).order_by("gateway__position")


class ImageModel(models.Model):
    """`parameters` is the spec as JSON; `shipped` keeps what the catalogue said last, so that an admin's changes stand out."""

    class Output(models.TextChoices):
        RASTER = "raster", "Raster"
        VECTOR = "vector", "Vector"
        TEXT = "text", "Text"

    class Surface(models.TextChoices):
        CHAT = "chat", "Chat completions"
        IMAGES = "images", "Images (generations and edits)"

    gateway = models.ForeignKey(Gateway, models.CASCADE, related_name="image_models")
    model_id = models.CharField("model id", max_length=200)
    name = models.CharField(max_length=120)
    family = models.CharField(max_length=60, blank=True)
    description = models.CharField(max_length=500, blank=True)
    tasks = models.JSONField(default=list, blank=True)
    modalities = models.JSONField(default=list, blank=True)
    output = models.CharField(max_length=10, choices=Output, default=Output.RASTER)
    surface = models.CharField(
        "asked by",
        max_length=10,
        choices=Surface,
        default=Surface.CHAT,
        help_text="Only OpenAI-compatible servers have more than the chat.",
    )
    prompt_help = models.CharField(max_length=500, blank=True)
    prompt_forbids = models.JSONField(default=list, blank=True)
    prompt_limit = models.PositiveIntegerField(
        "longest prompt",
        null=True,
        blank=True,
        help_text="In characters. Kept when the gateway says so; empty: 32,000.",
    )
    parameters = models.JSONField("parameter spec", default=list, blank=True, validators=[check_spec])
    is_enabled = models.BooleanField("offered", default=True)
    is_available = models.BooleanField(
        "there", null=True, editable=False, help_text="Whether the gateway listed it when it was last asked."
    )
    gone_since = models.DateTimeField(null=True, editable=False)
    # What the gateway said of it when that was last taken over: `{"prices": …, "outputs": …}`.
    listed = models.JSONField(null=True, editable=False)
    is_default = models.BooleanField("chosen at first", default=False)
    price = models.DecimalField(
        "price of a picture",
        max_digits=16,
        decimal_places=6,
        null=True,
        blank=True,
        help_text="Shown before a run until there are runs of our own to tell from. Empty: unknown.",
    )
    price_unit = models.CharField(
        "unit of the price", max_length=10, choices=[("usd", "US dollars"), ("points", "Compute points")], default="usd"
    )
    position = models.PositiveIntegerField(default=0)
    shipped = models.JSONField(null=True, editable=False)
    # Goes up by one with every change, so that nobody saves over what they have not seen.
    version = models.PositiveIntegerField(default=1, editable=False)
    updated_at = models.DateTimeField(auto_now=True)

    objects = ImageModelQuerySet.as_manager()

    class Meta:
        ordering = ["gateway", "position", "id"]
        constraints = [models.UniqueConstraint(fields=["gateway", "model_id"], name="one_model_id_per_gateway")]

    def __str__(self) -> str:
        return self.name

    @property
    def full_id(self) -> str:
        return f"{self.gateway.slug}/{self.model_id}"

    @cached_property
    def spec(self) -> tuple[specs.Parameter, ...]:
        return specs.parse_parameters(self.parameters)

    @cached_property
    def spec_json(self) -> list[dict[str, Any]]:
        """The spec as a generation keeps it."""
        return specs.to_json(self.spec)

    @cached_property
    def spec_hash(self) -> str:
        return specs.spec_hash(self.spec)

    @cached_property
    def capabilities(self) -> list[str]:
        """Words the picker filters by: the catalogue's tasks and what the spec tells."""
        found = list(self.tasks)
        if self.output == self.Output.VECTOR and "vector" not in found:
            found.append("vector")
        if any(str(choice.value).upper().endswith("4K") for parameter in self.spec for choice in parameter.choices):
            found.append("4k")
        if any(parameter.is_seed for parameter in self.spec):
            found.append("seed")
        if self.image_parameters:
            found.append("references")
        return found + [word for word in BADGES if word in {parameter.name for parameter in self.spec}]

    @cached_property
    def badges(self) -> list[str]:
        """What sets this model apart, in a few short words."""
        badges = [BADGES[word] for word in BADGES if word in self.capabilities and word != "references"]
        return [*self.reference_badges, *badges]

    @property
    def reference_badges(self) -> list[str]:
        """How many pictures it takes, and whether a mask."""
        takers = [p for p in self.image_parameters if not p.is_mask]
        many = [p.max_images for p in takers if not p.is_required]
        needs = ["needs an image"] if len(many) < len(takers) else []
        masks = ["mask"] if len(takers) < len(self.image_parameters) else []
        return needs + masks + ([f"up to {sum(many)} references" if sum(many) > 1 else "1 reference"] if many else [])

    @property
    def limits(self) -> list[str]:
        """What differs between gateways for the same model."""
        most = specs.most_pictures(self.spec)
        return [*self.reference_badges, *([f"up to {most} images"] if most > 1 else [])]

    @property
    def image_parameters(self) -> list[specs.Parameter]:
        return [parameter for parameter in self.spec if parameter.is_image]

    @property
    def is_by_hand(self) -> bool:
        """As the QuerySet's word."""
        return self.shipped is None and self.listed is None

    @property
    def is_gone(self) -> bool:
        """Whether its gateway did not list it when it was last asked."""
        return self.is_available is False

    @property
    def makes_images(self) -> bool:
        return self.output != self.Output.TEXT
