"""Who may see a row: the one rule of access, used by every QuerySet of things that people own."""

from typing import Any, Self, TypeVar

from django.db import models
from django.db.models import Q

Owned = TypeVar("Owned", bound=models.Model)


class Visibility(models.TextChoices):
    PRIVATE = "private", "Only me"
    TEAM = "team", "The team"


class OwnedQuerySet(models.QuerySet[Owned]):
    """Rows with `owner`, `visibility` and `deleted_at`."""

    def visible_to(self, user: Any) -> Self:
        """The team's rows and one's own. Administrators see what everyone sees: private is private."""
        if not user.is_authenticated:
            return self.none()
        return self.filter(Q(visibility=Visibility.TEAM) | Q(owner_id=user.pk))

    def editable_by(self, user: Any) -> Self:
        """One's own rows; administrators also the team's."""
        if not user.is_authenticated:
            return self.none()
        mine = Q(owner_id=user.pk)
        return self.filter(mine | Q(visibility=Visibility.TEAM)) if user.is_staff else self.filter(mine)

    def kept(self) -> Self:
        return self.filter(deleted_at=None)

    def trashed(self) -> Self:
        return self.exclude(deleted_at=None)
