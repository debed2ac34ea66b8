"""Image models: one model at one gateway, with its parameter spec."""

from functools import cached_property
from typing import Any, Self

from django.core.exceptions import ValidationError
from django.db import models

from gallery import specs
from gallery.models.gateways import Gateway


def check_spec(value: Any) -> None:
    """Refuse a spec that does not parse, naming the place."""
    try:
        specs.parse_parameters(value)
    except specs.SpecRefused as refusal:
        raise ValidationError(str(refusal)) from refusal


BADGES = {
    "edit": "edit",
    "upscale": "upscale",
    "vector": "vector",
    "lettering": "text in image",
    "4k": "4K",
    "seed": "seed",
    "analysis": "analysis",
}
BADGES_BY_NAME = {"negative_prompt": "negative prompt"}


class ImageModelQuerySet(models.QuerySet["ImageModel"]):
    def offered(self) -> Self:
        """Models that people may choose now."""
        return self.filter(is_enabled=True, gateway__is_enabled=True).select_related("gateway")

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

    def sharing(self, model_id: str) -> Self:
        """Models of several gateways that have the same bare id."""
        return self.filter(model_id=model_id).order_by("gateway__position")


class ImageModel(models.Model):
    """`parameters` is the spec as JSON; `shipped` keeps what the catalogue said last, so that an admin's changes stand out."""

    class Output(models.TextChoices):
        RASTER = "raster", "Raster"
        VECTOR = "vector", "Vector"
        TEXT = "text", "Text"

    gateway = models.ForeignKey(Gateway, models.CASCADE, related_name="image_models")
    model_id = models.CharField("model id", max_length=200)
    name = models.CharField(max_length=120)
    family = models.CharField(max_length=60, blank=True)
    description = models.CharField(max_length=500, blank=True)
    tasks = models.JSONField(default=list, blank=True)
    modalities = models.JSONField(default=list, blank=True)
    output = models.CharField(max_length=10, choices=Output, default=Output.RASTER)
    prompt_help = models.CharField(max_length=500, blank=True)
    prompt_forbids = models.JSONField(default=list, blank=True)
    parameters = models.JSONField("parameter spec", default=list, blank=True, validators=[check_spec])
    is_enabled = models.BooleanField("offered", default=True)
    is_available = models.BooleanField(
        "there", null=True, editable=False, help_text="Whether the gateway listed it when it was last asked."
    )
    is_default = models.BooleanField("chosen at first", default=False)
    position = models.PositiveIntegerField(default=0)
    shipped = models.JSONField(null=True, editable=False)
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
        return found

    @cached_property
    def badges(self) -> list[str]:
        """What sets this model apart, in a few short words."""
        badges = [BADGES[word] for word in self.capabilities if word in BADGES]
        for parameter in self.image_parameters:
            many = f"{parameter.max_images} references" if parameter.max_images > 1 else "1 reference"
            badges.append("needs an image" if parameter.is_required else many)
        names = {parameter.name for parameter in self.spec}
        badges += [word for name, word in BADGES_BY_NAME.items() if name in names]
        return list(dict.fromkeys(badges))

    @property
    def image_parameters(self) -> list[specs.Parameter]:
        return [parameter for parameter in self.spec if parameter.is_image]

    @property
    def makes_images(self) -> bool:
        return self.output != self.Output.TEXT
