"""Groups: for whom people work, a client or a brand, with its own members, models and pictures."""

from collections.abc import Sequence
from typing import Any, Self

from django.db import models

from gallery.models.image_models import ImageModel, ImageModelQuerySet
from gallery.models.people import Role, User
from gallery.models.visibility import Visibility


class GroupQuerySet(models.QuerySet["Group"]):
    def open(self) -> Self:
        return self.filter(archived_at=None)

    def of_person(self, user: Any) -> Self:
        """Groups this person works for; a closed one takes no more work."""
        return self.open().filter(pk__in=user.group_ids).order_by("name", "id")

    def for_people_page(self, user: Any) -> Self:
        """Those this person steers, closed ones last, each with its memberships."""
        members = models.Prefetch("memberships", Membership.objects.for_people_page())
        return (
            self.led_by(user).prefetch_related(members).order_by(models.F("archived_at").asc(nulls_first=True), "name")
        )

    def led_by(self, user: Any) -> Self:
        """Groups whose members this person chooses and whose budgets they raise: administrators all."""
        return self if user.role == Role.ADMIN else self.filter(pk__in=user.led_group_ids)

    def seen_by(self, user: Any) -> Self:
        """Groups whose names this person is told: their own, administrators all."""
        return self if user.role == Role.ADMIN else self.filter(pk__in=user.group_ids)

    def first_for(self, user: Any) -> "Group | None":
        """The group one's last run was for, else the only one there is; whoever worked for nobody in particular goes on so,
        where no group forbids it."""
        if not user.group_ids:
            return None
        if user.generations.filter(request_hash="", made_from=None).exists():
            return self.last_used_by(user) or (self.of_person(user).first() if user.is_bound else None)
        groups = list(self.of_person(user)[:2])
        return groups[0] if groups and (len(groups) == 1 or user.is_bound) else None

    def last_used_by(self, user: Any) -> "Group | None":
        """For whom this person's last run in the studio was; None for nobody, or where that group is theirs no more."""
        runs = user.generations.filter(request_hash="", made_from=None).order_by("-id")
        last = runs.values_list("group", flat=True)[:1]
        return self.of_person(user).filter(pk__in=list(last)).first()


class Group(models.Model):
    """A limited group uses `image_models` alone, even where all of them were deleted meanwhile. The members of one that binds
    them run nothing for nobody in particular. A closed group keeps all that was made for it."""

    name = models.CharField(max_length=80)
    slug = models.SlugField(max_length=80, unique=True)
    default_visibility = models.CharField(max_length=10, choices=Visibility, default=Visibility.GROUP)
    is_limited = models.BooleanField(default=False)
    binds_members = models.BooleanField(default=False)
    image_models = models.ManyToManyField(ImageModel, related_name="groups", blank=True)
    members = models.ManyToManyField(User, through="gallery.Membership", related_name="work_groups")
    created_at = models.DateTimeField(auto_now_add=True)
    archived_at = models.DateTimeField(null=True)

    objects = GroupQuerySet.as_manager()

    def __str__(self) -> str:
        return self.name

    def usable(self, rows: ImageModelQuerySet) -> ImageModelQuerySet:
        """Of these models those that may be used for this group."""
        return rows.filter(pk__in=self.image_models.values("pk")) if self.is_limited else rows

    def allows(self, image_model: ImageModel) -> bool:
        return self.usable(ImageModel.objects.filter(pk=image_model.pk)).exists()


class MembershipQuerySet(models.QuerySet["Membership"]):
    def for_people_page(self) -> Self:
        """Leads first, then by name; whoever was switched off comes last."""
        rows = self.select_related("user")
        return rows.order_by("-user__is_active", "-is_lead", "user__name", "user__username")


class Membership(models.Model):
    group = models.ForeignKey(Group, models.CASCADE, related_name="memberships", db_index=False)
    user = models.ForeignKey(User, models.CASCADE, related_name="memberships")
    is_lead = models.BooleanField(default=False)
    created_at = models.DateTimeField(auto_now_add=True)

    objects = MembershipQuerySet.as_manager()

    class Meta:
        constraints = [models.UniqueConstraint(fields=["group", "user"], name="one_membership_per_group")]


def groups_asked(keys: Sequence[int], user: Any) -> list[int]:
    """What a filter may narrow by: which of the team's pictures were made for whom is told to those alone who work there."""
    if not keys:
        return []
    return [key for key in keys if user.role == Role.ADMIN or key in user.group_ids] or [0]
