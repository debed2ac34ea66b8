"""Access tokens, by which scripts use our own endpoint as a person, and the names that stand for image models there."""

from decimal import Decimal
from typing import Self

from django.db import models
from django.db.models import Count, Sum
from django.utils import timezone

from gallery.models.generations import Generation
from gallery.models.image_models import ImageModel
from gallery.models.people import User


class AccessTokenQuerySet(models.QuerySet["AccessToken"]):
    def usable(self) -> Self:
        """Not revoked, not expired, of a person whose account is switched on."""
        now = timezone.now()
        valid = models.Q(expires_at=None) | models.Q(expires_at__gt=now)
        return self.filter(valid, revoked_at=None, owner__is_active=True)

    def for_owner(self, user: User) -> Self:
        return self.filter(owner=user).order_by("revoked_at", "-id")

    def for_admin(self) -> Self:
        return self.select_related("owner").order_by("-id")


class AccessToken(models.Model):
    """Found by `prefix`, proven by the whole token's hash. `model_ids` holds full ids; an empty list allows every model."""

    owner = models.ForeignKey(User, models.CASCADE, related_name="access_tokens")
    name = models.CharField(max_length=60)
    prefix = models.CharField(max_length=16, unique=True, editable=False)
    token_hash = models.CharField(max_length=64, editable=False)
    model_ids = models.JSONField("models", default=list, blank=True)
    requests_per_minute = models.PositiveIntegerField(null=True, blank=True)
    expires_at = models.DateTimeField(null=True, blank=True)
    created_at = models.DateTimeField(auto_now_add=True)
    revoked_at = models.DateTimeField(null=True, editable=False)
    last_used_at = models.DateTimeField(null=True, editable=False)
    request_count = models.PositiveBigIntegerField(default=0, editable=False)
    minute = models.PositiveBigIntegerField(default=0, editable=False)
    minute_count = models.PositiveIntegerField(default=0, editable=False)

    objects = AccessTokenQuerySet.as_manager()

    def __str__(self) -> str:
        return f"{self.name} ({self.prefix}…)"

    @property
    def is_usable(self) -> bool:
        return self.revoked_at is None and not self.is_expired

    @property
    def is_expired(self) -> bool:
        return self.expires_at is not None and self.expires_at <= timezone.now()

    def allows(self, image_model: ImageModel) -> bool:
        return not self.model_ids or image_model.full_id in self.model_ids

    def costs(self) -> list[tuple[str, Decimal, int]]:
        """What its generations cost: unit ("usd", "points", "" where unknown), sum, and how many they are."""
        rows = Generation.objects.filter(access_token=self).values("cost_unit").order_by("cost_unit")
        summed = rows.annotate(total=Sum("cost"), count=Count("pk"))
        return [(row["cost_unit"], row["total"] or Decimal(0), row["count"]) for row in summed]


class ModelAlias(models.Model):
    """A name that scripts may use for an image model: `gpt-image-1` is written into many a client."""

    name = models.CharField(max_length=200, unique=True)
    image_model = models.ForeignKey(ImageModel, models.CASCADE, related_name="aliases")

    class Meta:
        verbose_name = "model alias"
        verbose_name_plural = "model aliases"
        ordering = ["name"]

    def __str__(self) -> str:
        return self.name
