"""For whom somebody works, asked once more where a run is written down: between a form's look and that moment a group may be
closed, or left. And once more before one that is under way goes back into the line."""

from gallery.models import Generation, Group, Membership, User


class WorkRefused(Exception):
    """This person makes nothing for this group; the text is a sentence for people."""


def hold_open(group: Group | None, user: User) -> None:
    """Until the transaction ends nobody closes the group or takes this person out of it; to be called before a batch is
    locked (`services.locks`). Raises WorkRefused."""
    if group is None:
        return
    now = lock_group(group)
    if now is None or now.archived_at:
        raise WorkRefused(f"{group} is closed and takes no more work. An administrator can open it again.")
    if not Membership.objects.filter(group=group, user=user).exists():
        raise WorkRefused(f"You do not work for {group}. One of its leads or an administrator can add you.")


def lock_group(group: Group) -> Group | None:
    return Group.objects.filter(pk=group.pk).select_for_update(no_key=True).first()


def end_in_words(generation: Generation) -> str:
    """How its owner's work for its group ended, as a sentence begins; "" where it goes on. It stays so while the books are locked,
    which whoever ends it waits for: after them no group is locked any more (`services.locks`)."""
    group = Group.objects.filter(generations=generation).first()
    if group is None:
        return ""
    if generation.owner_id and not Membership.objects.filter(group=group, user=generation.owner_id).exists():
        return left_in_words(group)
    return closed_in_words(group) if group.archived_at else ""


def closed_in_words(group: Group) -> str:
    return f"{group} was closed"


def left_in_words(group: Group) -> str:
    return f"No longer working for {group}"
