"""Who may see a row: the one rule of access, used by every QuerySet of things that people own."""

from typing import Any, ClassVar, Self, TypeVar

from django.db import models
from django.db.models import Q

from gallery.models.people import Role

Owned = TypeVar("Owned", bound=models.Model)


class Visibility(models.TextChoices):
    PRIVATE = "private", "Only me"
    GROUP = "group", "The group"
    TEAM = "team", "The team"


SHARED = (Visibility.TEAM, Visibility.GROUP)


def visibilities_of(group: Any) -> list[tuple[str, str]]:
    """What may be chosen for a row of this group, in words; one of no group has no group to be shown to."""
    named = [(Visibility.GROUP.value, str(group))] if group else []
    return [
        (Visibility.PRIVATE.value, Visibility.PRIVATE.label),
        *named,
        (Visibility.TEAM.value, Visibility.TEAM.label),
    ]


def is_seen_by(user: Any, row: Any) -> bool:
    """`seen_by` for a row that is read already."""
    if row.visibility == Visibility.TEAM or row.owner_id == user.pk:
        return True
    is_open = user.role == Role.ADMIN or (row.group_id is not None and row.group_id in user.group_ids)
    return bool(row.visibility == Visibility.GROUP and is_open)


def seen_by(user: Any, path: str = "") -> Q:
    """The team's rows, one's own and those of one's groups. Administrators see what is shared with anybody: private is
    private. Whoever has no group is asked about none, so that the database reads the wall as if there were no groups."""
    seen = Q(**{f"{path}visibility": Visibility.TEAM}) | Q(**{f"{path}owner": user.pk})
    if user.role == Role.ADMIN:
        return seen | Q(**{f"{path}visibility": Visibility.GROUP})
    if user.group_ids:
        return seen | Q(**{f"{path}visibility": Visibility.GROUP, f"{path}group__in": user.group_ids})
    return seen


class OwnedQuerySet(models.QuerySet[Owned]):
    """Rows with `owner`, `visibility`, `group` and `deleted_at`. Leads steer what a team works with, not what it made."""

    is_steered: ClassVar[bool] = False

    def visible_to(self, user: Any) -> Self:
        return self.filter(seen_by(user)) if user.is_authenticated else self.none()

    def editable_by(self, user: Any) -> Self:
        """One's own rows; administrators also what is shared, leads what they steer."""
        if not user.is_authenticated:
            return self.none()
        found = Q(owner=user.pk)
        if user.role == Role.ADMIN:
            return self.filter(found | Q(visibility__in=SHARED))
        return self.filter(found | steered_by(user)) if self.is_steered else self.filter(found)

    def kept(self) -> Self:
        return self.filter(deleted_at=None)

    def trashed(self) -> Self:
        return self.exclude(deleted_at=None)


def steered_by(user: Any) -> Q:
    """What the team shares is every lead's to steer, what a group shares only its own leads'."""
    found = Q(pk__in=[])
    if user.role == Role.LEAD:
        found |= Q(visibility=Visibility.TEAM)
    if user.led_group_ids:
        found |= Q(visibility=Visibility.GROUP, group__in=user.led_group_ids)
    return found
