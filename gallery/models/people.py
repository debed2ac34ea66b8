"""People and the links by which they come in."""

import hashlib
from typing import ClassVar, Self

from django.contrib.auth.models import AbstractUser, UserManager
from django.db import models
from django.utils import timezone


class Role(models.TextChoices):
    DESIGNER = "designer", "Designer"
    ADMIN = "admin", "Administrator"


class Theme(models.TextChoices):
    SYSTEM = "system", "As the system"
    LIGHT = "light", "Light"
    DARK = "dark", "Dark"


class PeopleManager(UserManager["User"]):
    def administrators(self) -> models.QuerySet["User"]:
        return self.filter(is_active=True, is_superuser=True)


class User(AbstractUser):
    """A person of the team. An administrator is a superuser: whoever may change keys may do anything."""

    name = models.CharField(max_length=150, blank=True)
    theme = models.CharField(max_length=10, choices=Theme, default=Theme.SYSTEM)

    objects: ClassVar[PeopleManager] = PeopleManager()

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
    def role(self) -> Role:
        return Role.ADMIN if self.is_superuser else Role.DESIGNER


class InvitationQuerySet(models.QuerySet["Invitation"]):
    def open(self) -> Self:
        return self.filter(used_at=None, revoked_at=None, expires_at__gt=timezone.now())

    def of_token(self, token: str) -> Self:
        return self.filter(token_hash=hashlib.sha256(token.encode()).hexdigest())

    def for_people_page(self) -> Self:
        return self.open().filter(is_setup=False).select_related("created_by").order_by("-id")


class Invitation(models.Model):
    """A one-time link that makes an account. Only the token's hash is kept; the set-up link is one of these."""

    token_hash = models.CharField(max_length=64, unique=True)
    role = models.CharField(max_length=10, choices=Role, default=Role.DESIGNER)
    note = models.CharField(max_length=150, blank=True)
    is_setup = models.BooleanField(default=False)
    created_by = models.ForeignKey(User, models.CASCADE, null=True, related_name="invitations_made")
    created_at = models.DateTimeField(auto_now_add=True)
    expires_at = models.DateTimeField()
    used_at = models.DateTimeField(null=True)
    used_by = models.ForeignKey(User, models.SET_NULL, null=True, related_name="+")
    revoked_at = models.DateTimeField(null=True)

    objects = InvitationQuerySet.as_manager()
