"""Groups: made, named, closed, and who works for them."""

from collections.abc import Sequence
from dataclasses import asdict, dataclass

from django.db import connection, transaction
from django.utils import timezone
from django.utils.text import slugify

from gallery.models import Act, Group, ImageModel, Membership, User
from gallery.services import audit, batches, generations
from gallery.services.working_for import lock_group

# Any number of its own, the same in every process: PostgreSQL's lock that stands for the names of all groups.
NAMES = 7_020_110_306


@dataclass(frozen=True)
class Stopped:
    """What no longer goes on: batches pause, and what waits in line by itself is cancelled."""

    batches: int = 0
    runs: int = 0


class GroupRefused(Exception):
    """This cannot be done to a group; the text is a sentence for people."""


def create_group(*, name: str, default_visibility: str, model_ids: Sequence[str], binds_members: bool = False) -> Group:
    """Raises GroupRefused."""
    with transaction.atomic():
        lock_names()
        name = checked_name(name)
        group = Group.objects.create(
            name=name,
            slug=free_slug(name),
            default_visibility=default_visibility,
            is_limited=bool(model_ids),
            binds_members=binds_members,
        )
        group.image_models.set(ImageModel.objects.keyed(model_ids))
        models = len(model_ids) or "all"
        audit.record(Act.GROUP_CHANGED, name, change="made", models=models, bound=binds_members)
    return group


def change_group(
    *, group: Group, name: str, default_visibility: str, model_ids: Sequence[str], binds_members: bool = False
) -> None:
    """Its short name stays: addresses hold it. Raises GroupRefused."""
    with transaction.atomic():
        lock_names()
        group.name = checked_name(name, group)
        group.default_visibility = default_visibility
        group.is_limited = bool(model_ids)
        group.binds_members = binds_members
        group.save(update_fields=["name", "default_visibility", "is_limited", "binds_members"])
        group.image_models.set(ImageModel.objects.keyed(model_ids))
        models = len(model_ids) or "all"
        audit.record(Act.GROUP_CHANGED, group.name, seen_by=default_visibility, models=models, bound=binds_members)


def lock_names() -> None:
    """Until the transaction ends: whoever looks which names are taken sees those that were given at the same time.
    SQLite's transactions write one after the other by themselves."""
    if connection.vendor == "postgresql":
        with connection.cursor() as cursor:
            cursor.execute("SELECT pg_advisory_xact_lock(%s)", [NAMES])


def checked_name(name: str, group: Group | None = None) -> str:
    name = " ".join(name.replace("\x00", "").split())
    if not name:
        raise GroupRefused("Give the group a name.")
    others = Group.objects.exclude(pk=group.pk) if group else Group.objects.all()
    if any(other.casefold() == name.casefold() for other in others.values_list("name", flat=True)):
        raise GroupRefused(f"There is a group “{name}” already. Choose another name.")
    return name


def free_slug(name: str) -> str:
    slug = slugify(name)[:70] or "group"
    taken = set(Group.objects.filter(slug__startswith=slug).values_list("slug", flat=True))
    return next(
        each for each in (slug, *(f"{slug}-{number}" for number in range(2, len(taken) + 3))) if each not in taken
    )


def set_open(group: Group, *, is_open: bool) -> Stopped:
    """A closed group takes no new work, and what waits for it stops; what was made for it stays with its members."""
    with transaction.atomic():
        Group.objects.filter(pk=group.pk).update(archived_at=None if is_open else timezone.now())
        stopped = Stopped() if is_open else stop_work_for(group)
        audit.record(Act.GROUP_CHANGED, group.name, change="opened" if is_open else "closed", **asdict(stopped))
    return stopped


def stop_work_for(group: Group, *, of: User | None = None) -> Stopped:
    """Of this person alone, if one is named. What runs already ends by itself."""
    return Stopped(batches.pause_batches_for(group, of=of), generations.cancel_waiting_for(group, of=of))


def add_member(*, group: Group, user: User, is_lead: bool = False) -> None:
    """Whoever is in it already stays as they are."""
    _, is_new = Membership.objects.get_or_create(group=group, user=user, defaults={"is_lead": is_lead})
    if is_new:
        audit.record(Act.GROUP_CHANGED, group.name, change="member added", person=user.display_name)


def remove_member(*, group: Group, user: User) -> Stopped:
    """What they made for it stays the group's, and their own to see. What of theirs waits for it stops."""
    with transaction.atomic():
        lock_group(group)
        if not Membership.objects.filter(group=group, user=user).delete()[0]:
            return Stopped()
        stopped = stop_work_for(group, of=user)
        told = {"person": user.display_name, **asdict(stopped)}
        audit.record(Act.GROUP_CHANGED, group.name, change="member removed", **told)
    return stopped


def set_lead(*, group: Group, user: User, is_lead: bool) -> None:
    """Raises GroupRefused."""
    if is_lead and not user.may_make:
        raise GroupRefused(f"{user.display_name} is a viewer. Make them a designer or a lead first.")
    if Membership.objects.filter(group=group, user=user).exclude(is_lead=is_lead).update(is_lead=is_lead):
        change = "made a lead" if is_lead else "no longer a lead"
        audit.record(Act.GROUP_CHANGED, group.name, change=change, person=user.display_name)
