"""Gateways and their API keys."""

from datetime import date
from decimal import Decimal
from typing import Self

from django.db import models
from django.db.models import Q

from gallery.models.clocks import is_over
from gallery.models.fields import SecretField
from gallery.models.people import User


class GatewayQuerySet(models.QuerySet["Gateway"]):
    def for_admin(self) -> Self:
        return self.prefetch_related("api_keys").order_by("position", "id")


class Credit(models.Model):
    """What an account or a key had left when its gateway was last asked, in the gateway's own unit; null: it told nothing."""

    credit_left = models.DecimalField(max_digits=16, decimal_places=6, null=True, editable=False)
    credit_total = models.DecimalField(max_digits=16, decimal_places=6, null=True, editable=False)
    credit_read_at = models.DateTimeField(null=True, editable=False)

    class Meta:
        abstract = True


class Gateway(Credit):
    """An outside service that answers the unified endpoint."""

    slug = models.SlugField(max_length=40, unique=True)
    name = models.CharField(max_length=80)
    dialect = models.CharField(max_length=40)
    base_url = models.CharField("address", max_length=500)
    is_enabled = models.BooleanField("switched on", default=True)
    needs_no_key = models.BooleanField(
        "needs no key", default=False, help_text="It is called without an API key, as a server of your own may allow."
    )
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
    confirm_above = models.DecimalField(
        "ask above",
        max_digits=12,
        decimal_places=4,
        null=True,
        blank=True,
        help_text="A run at this gateway that is reckoned to cost more is asked about first, in the gateway's own unit. "
        "Empty: only where people set a limit for themselves.",
    )
    # What 1,000 points cost in US dollars; null: nobody said, and then they are never reckoned together.
    usd_per_1000_points = models.DecimalField(max_digits=12, decimal_places=6, null=True, blank=True, editable=False)
    position = models.PositiveSmallIntegerField(default=0, editable=False)
    had_key = models.BooleanField(
        default=False, editable=False, help_text="Once a key was configured the sandbox never answers for this gateway."
    )
    paused_until = models.DateTimeField(null=True, editable=False)
    tested_at = models.DateTimeField(null=True, editable=False)
    test_passed = models.BooleanField(null=True, editable=False)
    test_report = models.CharField(max_length=500, blank=True, editable=False)
    # Whether the address answered when it was last looked at, and what it said; null: nobody looked yet.
    looked_at = models.DateTimeField(null=True, editable=False)
    is_reachable = models.BooleanField(null=True, editable=False)
    look_report = models.CharField(max_length=500, blank=True, editable=False)

    listed_at = models.DateTimeField(null=True, editable=False)

    objects = GatewayQuerySet.as_manager()

    class Meta:
        ordering = ["position", "id"]

    def __str__(self) -> str:
        return self.name


class APIKeyQuerySet(models.QuerySet["APIKey"]):
    def usable(self) -> Self:
        """Keys that may be tried, in their order: switched on and not set aside, or set aside for a time that is over."""
        is_free = Q(set_aside_at=None) | is_over("try_again_at")
        return self.in_order().filter(is_free, is_enabled=True)

    def in_order(self) -> Self:
        """In which they are tried: the environment's first."""
        return self.order_by("-fingerprint", "position", "id")


class APIKey(Credit):
    """A gateway's secret: encrypted, write-only, tied to the host it was saved for, and to its encryption there. That of a key
    from the environment stays there: its row keeps what became of it, and another value is another row."""

    class SetAside(models.TextChoices):
        """Why a key is passed over. What a limit of its own holds back is reckoned from its uses and not kept here."""

        REFUSED = "refused", "Refused"
        OUT_OF_CREDIT = "out_of_credit", "Out of credit"
        BUSY = "busy", "Took no more requests"

    gateway = models.ForeignKey(Gateway, models.CASCADE, related_name="api_keys")
    label = models.CharField(max_length=80, blank=True)
    secret = SecretField(null=True, editable=False)
    # Of a key from the environment: by what its value is known again. "" for one that was saved here.
    fingerprint = models.CharField(max_length=64, blank=True, editable=False)
    last_four = models.CharField(max_length=4, blank=True, editable=False)
    host = models.CharField(max_length=300, editable=False)
    position = models.PositiveSmallIntegerField("order", default=0)
    is_enabled = models.BooleanField("switched on", default=True)
    runs_a_day = models.PositiveIntegerField("runs a day", null=True, blank=True)
    runs_a_month = models.PositiveIntegerField("runs a month", null=True, blank=True)
    spend_a_day = models.DecimalField("spend a day", max_digits=16, decimal_places=6, null=True, blank=True)
    spend_a_month = models.DecimalField("spend a month", max_digits=16, decimal_places=6, null=True, blank=True)
    created_by = models.ForeignKey(User, models.SET_NULL, null=True, editable=False, related_name="+")
    created_at = models.DateTimeField(auto_now_add=True)
    last_used_at = models.DateTimeField(null=True, editable=False)
    last_error = models.CharField(max_length=500, blank=True, editable=False)
    last_error_at = models.DateTimeField(null=True, editable=False)
    set_aside_at = models.DateTimeField(null=True, editable=False)
    set_aside_as = models.CharField(max_length=20, choices=SetAside, blank=True, editable=False)
    # From when on it is tried again by itself; null: only once a person says so.
    try_again_at = models.DateTimeField(null=True, editable=False)

    objects = APIKeyQuerySet.as_manager()

    class Meta:
        verbose_name = "API key"
        ordering = ["gateway", "-fingerprint", "position", "id"]
        constraints = [
            models.UniqueConstraint(
                fields=["gateway", "host", "fingerprint"],
                condition=~Q(fingerprint=""),
                name="one_row_of_an_environment_key",
            ),
            models.CheckConstraint(
                condition=Q(fingerprint="", secret__isnull=False) | (~Q(fingerprint="") & Q(secret__isnull=True)),
                name="a_secret_is_kept_here_or_there",
            ),
        ]

    def __str__(self) -> str:
        return self.label if self.is_from_environment else f"{self.label or 'API key'} {self.masked}"

    @property
    def masked(self) -> str:
        return f"••••••••{self.last_four}"

    @property
    def is_from_environment(self) -> bool:
        return bool(self.fingerprint)

    @property
    def has_limits(self) -> bool:
        return any(limit is not None for limit in (*self.run_limits, *self.spend_limits))

    @property
    def run_limits(self) -> tuple[int | None, int | None]:
        """A day, a month."""
        return self.runs_a_day, self.runs_a_month

    @property
    def spend_limits(self) -> tuple[Decimal | None, Decimal | None]:
        """A day, a month, in the gateway's own unit."""
        return self.spend_a_day, self.spend_a_month


class KeyUseQuerySet(models.QuerySet["KeyUse"]):
    def of_month(self, day: date) -> Self:
        return self.filter(day__gte=day.replace(day=1), day__lte=day)


class KeyUse(models.Model):
    """What one key was used for on one of the studio's days. `held` is what runs under way are reckoned to cost; it becomes `spend`
    when they end."""

    api_key = models.ForeignKey(APIKey, models.CASCADE, related_name="uses")
    day = models.DateField()
    runs = models.PositiveIntegerField(default=0)
    spend = models.DecimalField(max_digits=16, decimal_places=6, default=0)
    held = models.DecimalField(max_digits=16, decimal_places=6, default=0)

    objects = KeyUseQuerySet.as_manager()

    class Meta:
        constraints = [models.UniqueConstraint(fields=["api_key", "day"], name="one_use_of_a_key_per_day")]
