"""Who sees a thing: its maker alone, one of their groups, or the team. One choice in forms, `group-<id>` for a group."""

from typing import Any

from gallery.models import Group, User, Visibility
from gallery.views.uploads import is_id

OF_GROUP = "group-"

Audience = tuple[str, Group | None]


def audiences_of(user: User, row: Any = None) -> list[tuple[str, str]]:
    """What this person may choose, in words; of a row also the group it is of already."""
    groups = list(Group.objects.of_person(user)) if user.group_ids else []
    own = getattr(row, "group", None)
    groups += [own] if own and own not in groups else []
    return [
        (Visibility.PRIVATE.value, Visibility.PRIVATE.label),
        *((f"{OF_GROUP}{group.pk}", group.name) for group in groups),
        (Visibility.TEAM.value, Visibility.TEAM.label),
    ]


def audience_of(row: Any) -> str:
    """The choice that stands for what a row is now."""
    return f"{OF_GROUP}{row.group_id}" if row.visibility == Visibility.GROUP else str(row.visibility)


def read_audience(text: str, user: User, *, otherwise: str, row: Any = None) -> Audience:
    """Visibility and group; `otherwise` for what cannot be chosen. A row that is hidden or shown to the team stays its
    group's."""
    own = getattr(row, "group", None)
    if text in (Visibility.PRIVATE, Visibility.TEAM):
        return text, own
    if own and text == f"{OF_GROUP}{own.pk}":
        return Visibility.GROUP, own
    key = text.removeprefix(OF_GROUP)
    group = Group.objects.of_person(user).filter(pk=key).first() if is_id(key) else None
    return (Visibility.GROUP, group) if group else (otherwise, own)


def seen_by_in_words(visibility: str, group: Group | None) -> str:
    if visibility == Visibility.GROUP:
        return f"{group} sees it"
    return "only you see it" if visibility == Visibility.PRIVATE else "the team sees it"


def narrower_than_team(visibility: str) -> str:
    """For the small facts beside a thing; "" for what the team sees, as most is."""
    return {Visibility.PRIVATE: "private", Visibility.GROUP: "group sees it"}.get(Visibility(visibility), "")


def told(visibility: str, group: Group | None) -> str:
    words = seen_by_in_words(visibility, group)
    return f"{words[:1].upper()}{words[1:]} now."
