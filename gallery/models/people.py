"""People and the links by which they come in."""

import hashlib
from functools import cached_property
from typing import Any, ClassVar, Self

from django.contrib.auth.models import AbstractUser, UserManager
from django.db import models
from django.db.models import Q
from django.urls import reverse
from django.utils import timezone


class Role(models.TextChoices):
    """From little to much: a viewer looks and marks, a designer makes, a lead also steers a team, an administrator does all."""

    VIEWER = "viewer", "Viewer"
    DESIGNER = "designer", "Designer"
    LEAD = "lead", "Lead"
    ADMIN = "admin", "Administrator"


class Theme(models.TextChoices):
    SYSTEM = "system", "As the system"
    LIGHT = "light", "Light"
    DARK = "dark", "Dark"


class PeopleManager(UserManager["User"]):
    def create_superuser(self, *args: Any, **fields: Any) -> "User":
        return super().create_superuser(*args, **{"role": Role.ADMIN, **fields})

    def active(self) -> models.QuerySet["User"]:
        """Everybody who can come in, for the choice of whom to name."""
        return self.filter(is_active=True).order_by("name", "username")

    def administrators(self) -> models.QuerySet["User"]:
        return self.filter(is_active=True, role=Role.ADMIN)


class User(AbstractUser):
    """A person of the team. The role says what they may do; Django's own flags follow it, see `save`."""

    name = models.CharField(max_length=150, blank=True)
    role = models.CharField(max_length=10, choices=Role, default=Role.DESIGNER)
    theme = models.CharField(max_length=10, choices=Theme, default=Theme.SYSTEM)
    # Names one content of the picture (`Avatar`) in its address; empty: there is none.
    avatar_stamp = models.CharField(max_length=16, blank=True, editable=False)
    # What the studio opens with where nothing else says so; empty: the model used last, and as the group or the team has it.
    default_model = models.ForeignKey("ImageModel", models.SET_NULL, null=True, blank=True, related_name="+")
    default_visibility = models.CharField(max_length=10, blank=True)
    # Whether a new comment that names this person shows as a dot in the rail.
    tells_mentions = models.BooleanField(default=True)
    # A run that is reckoned to cost more than this is asked about first; null: never.
    confirm_usd = models.DecimalField(max_digits=12, decimal_places=4, null=True, blank=True)
    confirm_points = models.DecimalField(max_digits=12, decimal_places=2, null=True, blank=True)
    # What ended before was seen in the queue.
    queue_seen_at = models.DateTimeField(null=True, editable=False)

    objects: ClassVar[PeopleManager] = PeopleManager()

    class Meta:
        verbose_name = "user"
        constraints = [
            models.CheckConstraint(
                name="administrators_are_superusers",
                condition=Q(role=Role.ADMIN, is_staff=True, is_superuser=True)
                | (~Q(role=Role.ADMIN) & Q(is_staff=False, is_superuser=False)),
            )
        ]

    def save(self, *args: Any, **options: Any) -> None:
        """An administrator is a superuser, since whoever may change keys may do anything; nobody else is one."""
        self.is_staff = self.is_superuser = self.role == Role.ADMIN
        if (fields := options.get("update_fields")) is not None and "role" in fields:
            options["update_fields"] = {*fields, "is_staff", "is_superuser"}
        super().save(*args, **options)

    def get_full_name(self) -> str:
        return self.display_name

    @property
    def display_name(self) -> str:
        return self.name or self.username

    @property
    def initials(self) -> str:
        parts = self.display_name.split()
        letters = parts[0][:1] + parts[-1][:1] if len(parts) > 1 else self.display_name[:2]
        return letters.upper()

    @property
    def avatar_url(self) -> str:
        return reverse("avatar", args=[self.pk, self.avatar_stamp]) if self.avatar_stamp else ""

    @cached_property
    def unseen_mentions(self) -> int:
        """How many comments name this person that they have not seen; asked once a page, for the rail."""
        if not self.tells_mentions:
            return 0
        return self.mentions.for_person(self).unseen().count()

    @property
    def may_make(self) -> bool:
        """Viewers look at what others make, mark it and take it with them."""
        return self.role != Role.VIEWER

    @property
    def may_steer(self) -> bool:
        """Whether the people page is theirs, or a part of it."""
        return self.role == Role.ADMIN or bool(self.led_group_ids)

    @cached_property
    def groups_led(self) -> dict[int, bool]:
        """The groups this person works for, by key, and whether they lead them; asked once a page. A viewer leads none."""
        return dict(self.memberships.order_by("group").values_list("group", "is_lead"))

    @property
    def group_ids(self) -> list[int]:
        return list(self.groups_led)

    @cached_property
    def is_bound(self) -> bool:
        """Whether they always work for a group, as one of theirs asks of its members."""
        return bool(self.group_ids) and self.work_groups.open().filter(binds_members=True).exists()

    @property
    def led_group_ids(self) -> list[int]:
        return [key for key, is_lead in self.groups_led.items() if is_lead and self.role != Role.VIEWER]


class Avatar(models.Model):
    """Somebody's picture: square, small, drawn anew by the decoder. In a row of its own, since pages never need its bytes."""

    user = models.OneToOneField(User, models.CASCADE, primary_key=True, related_name="avatar")
    content = models.BinaryField()


class InvitationQuerySet(models.QuerySet["Invitation"]):
    def open(self) -> Self:
        return self.filter(used_at=None, revoked_at=None, expires_at__gt=timezone.now())

    def of_token(self, token: str) -> Self:
        return self.filter(token_hash=hashlib.sha256(token.encode()).hexdigest())

    def for_people_page(self) -> Self:
        return self.open().filter(is_setup=False).select_related("created_by", "group").order_by("-id")


class Invitation(models.Model):
    """A one-time link that makes an account. Only the token's hash is kept; the set-up link is one of these."""

    token_hash = models.CharField(max_length=64, unique=True)
    role = models.CharField(max_length=10, choices=Role, default=Role.DESIGNER)
    group = models.ForeignKey("gallery.Group", models.SET_NULL, null=True, related_name="+", db_index=False)
    note = models.CharField(max_length=150, blank=True)
    is_setup = models.BooleanField(default=False)
    created_by = models.ForeignKey(User, models.CASCADE, null=True, related_name="invitations_made")
    created_at = models.DateTimeField(auto_now_add=True)
    expires_at = models.DateTimeField()
    used_at = models.DateTimeField(null=True)
    used_by = models.ForeignKey(User, models.SET_NULL, null=True, related_name="+")
    revoked_at = models.DateTimeField(null=True)

    objects = InvitationQuerySet.as_manager()
