"""Gateways and their API keys."""

from typing import Self

from django.db import models

from gallery.models.fields import SecretField
from gallery.models.people import User


class GatewayQuerySet(models.QuerySet["Gateway"]):
    def for_admin(self) -> Self:
        return self.prefetch_related("api_keys").order_by("position", "id")


class Gateway(models.Model):
    """An outside service that answers the unified endpoint."""

    slug = models.SlugField(max_length=40, unique=True)
    name = models.CharField(max_length=80)
    dialect = models.CharField(max_length=40)
    base_url = models.CharField("address", max_length=500)
    is_enabled = models.BooleanField("switched on", default=True)
    sends_defaults = models.BooleanField(
        "send defaults", default=False, help_text="Also send settings that stand at their default."
    )
    max_running = models.PositiveSmallIntegerField(
        "runs at once", default=8, help_text="How many generations may wait for this gateway's answer at the same time."
    )
    answer_seconds = models.PositiveSmallIntegerField(
        "seconds to wait",
        default=600,
        help_text="After this long without a whole answer a run is given up as uncertain.",
    )
    position = models.PositiveSmallIntegerField(default=0, editable=False)
    had_key = models.BooleanField(
        default=False, editable=False, help_text="Once a key was configured the sandbox never answers for this gateway."
    )
    paused_until = models.DateTimeField(null=True, editable=False)
    tested_at = models.DateTimeField(null=True, editable=False)
    test_passed = models.BooleanField(null=True, editable=False)
    test_report = models.CharField(max_length=500, blank=True, editable=False)

    listed_at = models.DateTimeField(null=True, editable=False)

    objects = GatewayQuerySet.as_manager()

    class Meta:
        ordering = ["position", "id"]

    def __str__(self) -> str:
        return self.name


class APIKeyQuerySet(models.QuerySet["APIKey"]):
    def usable(self) -> Self:
        """Keys that may be tried, in their order: switched on and not refused."""
        return self.filter(is_enabled=True, refused_at=None).order_by("position", "id")


class APIKey(models.Model):
    """A gateway's secret: encrypted, write-only, tied to the host it was saved for."""

    gateway = models.ForeignKey(Gateway, models.CASCADE, related_name="api_keys")
    label = models.CharField(max_length=80, blank=True)
    secret = SecretField(editable=False)
    last_four = models.CharField(max_length=4, blank=True, editable=False)
    host = models.CharField(max_length=300, editable=False)
    position = models.PositiveSmallIntegerField("order", default=0)
    is_enabled = models.BooleanField("switched on", default=True)
    created_by = models.ForeignKey(User, models.SET_NULL, null=True, editable=False, related_name="+")
    created_at = models.DateTimeField(auto_now_add=True)
    last_used_at = models.DateTimeField(null=True, editable=False)
    last_error = models.CharField(max_length=500, blank=True, editable=False)
    last_error_at = models.DateTimeField(null=True, editable=False)
    refused_at = models.DateTimeField(null=True, editable=False)

    objects = APIKeyQuerySet.as_manager()

    class Meta:
        verbose_name = "API key"
        ordering = ["gateway", "position", "id"]

    def __str__(self) -> str:
        return f"{self.label or 'API key'} {self.masked}"

    @property
    def masked(self) -> str:
        return f"••••••••{self.last_four}"
