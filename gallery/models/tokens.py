"""Access tokens, by which scripts use our own endpoint as a person, and the names that stand for image models there."""

from collections.abc import Iterable
from dataclasses import dataclass, field
from decimal import Decimal
from typing import Self

from django.db import models
from django.db.models import Count, Q, Sum
from django.utils import timezone

from gallery.gateway import errors
from gallery.models.generations import Generation, Status
from gallery.models.groups import Group
from gallery.models.image_models import ImageModel
from gallery.models.people import User

# Failures after which a gateway may have charged all the same.
UNCERTAIN = [error.kind for error in errors.MayHaveRun.__subclasses__()]


class TokenState(models.TextChoices):
    USABLE = "usable", "Works"
    EXPIRED = "expired", "Expired"
    REVOKED = "revoked", "Revoked"
    CLOSED = "closed", "Owner switched off"


@dataclass
class Costs:
    """What the runs of one token cost: sums by unit ("usd", "points"), and how many runs have no sum to add."""

    sums: dict[str, Decimal] = field(default_factory=dict)
    unknown: int = 0
    simulated: int = 0
    reckoned: int = 0

    @property
    def words(self) -> list[str]:
        """One entry for each unit; a cost that nobody told is unknown and never 0."""
        words = [amount_in_words(amount, unit) for unit, amount in sorted(self.sums.items(), reverse=True)]
        words += [f"reckoned for {self.reckoned}"] if self.reckoned else []
        words += [f"unknown for {self.unknown}"] if self.unknown else []
        return words + ([f"{self.simulated} simulated"] if self.simulated else [])


def amount_in_words(amount: Decimal, unit: str) -> str:
    digits = f"{amount.normalize():f}"
    return f"${digits}" if unit == "usd" else f"{digits} {unit}"


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

    def in_state(self, state: str) -> Self:
        """The rows whose `state` is this one; every row for a word that is none."""
        now = timezone.now()
        open_rows = self.filter(revoked_at=None, owner__is_active=True)
        found = {
            TokenState.USABLE: lambda: self.usable(),
            TokenState.EXPIRED: lambda: open_rows.filter(expires_at__lte=now),
            TokenState.REVOKED: lambda: self.exclude(revoked_at=None),
            TokenState.CLOSED: lambda: self.filter(revoked_at=None, owner__is_active=False),
        }
        return found[TokenState(state)]() if state in TokenState.values else self

    def costs_of(self, access_tokens: Iterable["AccessToken"]) -> dict[int, Costs]:
        """What each of them cost, in one query; by key."""
        costs = {access_token.pk: Costs() for access_token in access_tokens}
        is_unknown = Q(is_simulated=False, cost=None) & (Q(status=Status.SUCCEEDED) | Q(error_kind__in=UNCERTAIN))
        rows = Generation.objects.filter(access_token__in=costs).order_by()
        groups = rows.values("access_token_id", "is_simulated", "cost_unit")
        counts = {
            "count": Count("pk"),
            "unknown": Count("pk", filter=is_unknown),
            "reckoned": Count("pk", filter=Q(is_cost_reckoned=True)),
        }
        for group in groups.annotate(total=Sum("cost"), **counts):
            found = costs[group["access_token_id"]]
            if group["is_simulated"]:
                found.simulated += group["count"]
                continue
            found.unknown += group["unknown"]
            found.reckoned += group["reckoned"]
            if group["total"] is not None:
                found.sums[group["cost_unit"]] = group["total"]
        return costs


class AccessToken(models.Model):
    """Found by `prefix`, proven by the whole token's hash. `model_ids` holds full ids; an empty list allows every model."""

    owner = models.ForeignKey(User, models.CASCADE, related_name="access_tokens")
    group = models.ForeignKey(Group, models.SET_NULL, null=True, blank=True, related_name="access_tokens")
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

    @property
    def state(self) -> TokenState:
        if self.revoked_at is not None:
            return TokenState.REVOKED
        if not self.owner.is_active:
            return TokenState.CLOSED
        return TokenState.EXPIRED if self.is_expired else TokenState.USABLE

    def allows(self, image_model: ImageModel) -> bool:
        return not self.model_ids or image_model.full_id in self.model_ids


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
