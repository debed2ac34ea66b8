"""What the usage page can be narrowed by: names for keys, the choices of its filter, and what is chosen now."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from django.urls import reverse

from gallery.models import AccessToken, Gateway, Group, ImageModel, UsageDay, User
from gallery.models.people import Role
from gallery.models.usage import UsageQuery

FILTERS = (
    ("person", "Person", "Everybody"),
    ("group", "Group", "Every group"),
    ("model", "Model", "Every model"),
    ("gateway", "Gateway", "Every gateway"),
    ("token", "Token", "Every token"),
)
NOBODY = {"person": "Nobody", "group": "No group", "token": "Without a token"}
GONE = {"person": "Somebody who left", "group": "A group that is gone", "token": "A token that is gone"}


@dataclass(frozen=True, kw_only=True)
class Choice:
    """One select of the filter; options are value, words, and whether it is chosen."""

    name: str
    label: str
    all_words: str
    options: Sequence[tuple[str, str, bool]]


@dataclass(frozen=True, kw_only=True)
class Chip:
    """Something chosen, and the address without it."""

    words: str
    url: str


def names_of(dimension: str, keys: Sequence[Any]) -> dict[Any, str]:
    """How people call what a key stands for."""
    found: dict[Any, str] = {}
    if dimension == "person":
        found = {row.pk: row.display_name for row in User.objects.filter(pk__in=keys)}
    elif dimension == "group":
        found = {row.pk: row.name for row in Group.objects.filter(pk__in=keys)}
    elif dimension == "token":
        found = {row.pk: str(row.name) for row in AccessToken.objects.filter(pk__in=keys)}
    elif dimension == "gateway":
        found = {row.slug: row.name for row in Gateway.objects.filter(slug__in=keys)}
    elif dimension == "model":
        found = {row.full_id: row.name for row in ImageModel.objects.keyed(keys)}
    return {key: found.get(key) or missing_name(dimension, key) for key in keys}


def missing_name(dimension: str, key: Any) -> str:
    if not key:
        return NOBODY.get(dimension, "Unknown")
    return GONE.get(dimension, str(key))


def sees_others(user: User) -> bool:
    return user.role in (Role.LEAD, Role.ADMIN) or bool(user.led_group_ids)


def build_filter(query: UsageQuery, user: User) -> list[Choice]:
    """A choice for everything of which this person sees more than one in these days."""
    found = UsageDay.objects.visible_to(user).within(query).choices()
    choices = []
    for name, label, all_words in FILTERS:
        if name == "person" and not sees_others(user):
            continue
        chosen = getattr(query, name)
        names = names_of(name, [key for key in {*found[name], *chosen} if key])
        options = [(str(key), words, key in chosen) for key, words in names.items()]
        if len(options) > 1 or chosen:
            options.sort(key=lambda option: option[1].casefold())
            choices.append(Choice(name=name, label=label, all_words=all_words, options=options))
    return choices


def chips_of(query: UsageQuery) -> list[Chip]:
    found = []
    for name, label, _ in FILTERS:
        chosen = getattr(query, name)
        for key, words in names_of(name, chosen).items():
            rest = tuple(value for value in chosen if value != key)
            url = f"{reverse('usage')}?{query.changed(**{name: rest}).encode()}"
            found.append(Chip(words=f"{label}: {words}", url=url))
    return found
