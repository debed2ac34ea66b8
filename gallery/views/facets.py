"""Lists to choose from in the filters: models, gateways, people, tags and boards of which this person sees something."""

from collections import Counter
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any

from django.http import Http404, HttpResponse
from django.shortcuts import render

from gallery.images import traits
from gallery.models import Board, Gateway, Generation, Group, Image, ImageModel, Tag, User
from gallery.models.images import MOST_COUNTED
from gallery.models.people import Role
from gallery.models.search import plain
from gallery.models.url_state import UrlState, clean
from gallery.views.access import current_user
from gallery.views.htmx import HtmxRequest

MOST_LISTED = 100
LONGEST_FIND = 100


@dataclass(frozen=True, kw_only=True)
class Choice:
    """`group` stands above the first of its kind; `colour` paints a swatch, `ratio` draws a shape, `person` an avatar;
    `name` is that of its parameter where it is not the filter's own."""

    value: str
    label: str
    name: str = ""
    group: str = ""
    note: str = ""
    colour: str = ""
    ratio: float = 0
    person: User | None = None
    is_chosen: bool = False


# Rows as choices -----------------------------------------------------------------------------------------------------


def model_choices(keys: Iterable[str]) -> list[Choice]:
    """By gateway, then as the picker orders them; a model that was deleted keeps its id for a name."""
    keys = set(keys)
    found = [
        Choice(value=row.full_id, label=row.name, group=row.gateway.name) for row in ImageModel.objects.keyed(keys)
    ]
    others = sorted(keys - {choice.value for choice in found})
    return found + [Choice(value=key, label=key.partition("/")[2] or key, group="No longer offered") for key in others]


def gateway_choices(slugs: Iterable[str]) -> list[Choice]:
    names = dict(Gateway.objects.order_by("position").values_list("slug", "name"))
    slugs = set(slugs)
    ordered = [slug for slug in names if slug in slugs] + sorted(slugs - set(names))
    return [Choice(value=slug, label=names.get(slug, slug)) for slug in ordered]


def person_choices(people: Iterable[User], user: User) -> list[Choice]:
    """Oneself first, then by name."""
    ordered = sorted(people, key=lambda person: (person.pk != user.pk, plain(person.display_name)))
    return [
        Choice(
            value=str(person.pk),
            label="Me" if person.pk == user.pk else person.display_name,
            note=person.display_name if person.pk == user.pk else "",
            person=person,
        )
        for person in ordered
    ]


def tag_choices(rows: Iterable[Tag]) -> list[Choice]:
    return [Choice(value=str(tag.pk), label=tag.name, colour=traits.SWATCHES.get(tag.colour, "")) for tag in rows]


def board_choices(rows: Iterable[Board]) -> list[Choice]:
    return [
        Choice(value=str(board.pk), label=board.name, note="Only me" if board.visibility == "private" else "")
        for board in rows
    ]


def group_choices(rows: Iterable[Group]) -> list[Choice]:
    return [Choice(value=str(row.pk), label=row.name, note="Closed" if row.archived_at else "") for row in rows]


def groups_of(user: User, find: str) -> list[Choice]:
    return fitting(group_choices(Group.objects.seen_by(user).order_by("name")), find)


def has_groups(user: User) -> bool:
    """Whoever belongs to no group is offered none to look for."""
    return bool(user.group_ids) or (user.role == Role.ADMIN and Group.objects.exists())


# What is listed, and what is called by its name ----------------------------------------------------------------------


def fits(choice: Choice, find: str) -> bool:
    words = plain(" ".join((choice.label, choice.value, choice.group, choice.note)))
    return all(word in words for word in plain(find).split())


def fitting(choices: Sequence[Choice], find: str) -> list[Choice]:
    return [choice for choice in choices if fits(choice, find)]


def models_of_pictures(user: User, find: str) -> list[Choice]:
    """Those with pictures alone, each with how many, the most used first; gateways as often as theirs are."""
    counts = Image.objects.count_by(user, "model_key")
    choices = fitting(model_choices(counts), find)
    totals = Counter[str]()
    for choice in choices:
        totals[choice.group] += counts[choice.value]
    choices.sort(key=lambda each: (-totals[each.group], each.group, -counts[each.value]))
    return [replace(choice, note=count_in_short(counts[choice.value])) for choice in choices]


def count_in_short(count: int) -> str:
    return f"{count:,}{'+' if count == MOST_COUNTED else ''}"


def people_of_pictures(user: User, find: str) -> list[Choice]:
    people = {person.pk: person for person in [user, *Image.objects.owners(user)]}
    return fitting(person_choices(people.values(), user), find)


def people_of_runs(user: User, find: str) -> list[Choice]:
    people = {person.pk: person for person in [user, *Generation.objects.owners(user)]}
    return fitting(person_choices(people.values(), user), find)


def models_of_runs(user: User, find: str) -> list[Choice]:
    return fitting(model_choices(row.full_id for row in Generation.objects.image_models(user)), find)


def gateways_of_runs(user: User, find: str) -> list[Choice]:
    return fitting(gateway_choices(row.gateway.slug for row in Generation.objects.image_models(user)), find)


Lister = Callable[[User, str], list[Choice]]

OF_PICTURES: Mapping[str, Lister] = {
    "model": models_of_pictures,
    "gateway": lambda user, find: fitting(gateway_choices(Image.objects.spread(user, "gateway_slug")), find),
    "person": people_of_pictures,
    "group": groups_of,
    "tag": lambda user, find: tag_choices(Tag.objects.for_filter(user, find=find)[: MOST_LISTED + 1]),
    "board": lambda user, find: board_choices(Board.objects.for_filter(user, find=find)[: MOST_LISTED + 1]),
}
OF_RUNS: Mapping[str, Lister] = {
    "model": models_of_runs,
    "gateway": gateways_of_runs,
    "person": people_of_runs,
    "group": groups_of,
}

# Names are told to those alone who may see the thing; of the rest nothing is known.
NAMED: Mapping[str, Callable[[User, Sequence[Any]], list[Choice]]] = {
    "model": lambda _, keys: model_choices(keys),
    "gateway": lambda _, slugs: gateway_choices(slugs),
    "person": lambda user, ids: person_choices(User.objects.filter(pk__in=ids), user),
    "group": lambda user, ids: group_choices(Group.objects.seen_by(user).filter(pk__in=ids)),
    "tag": lambda user, ids: tag_choices(Tag.objects.for_filter(user).filter(pk__in=ids)),
    "board": lambda user, ids: board_choices(Board.objects.visible_to(user).kept().filter(pk__in=ids)),
}


def chosen(facet: str, user: User, values: Sequence[Any]) -> list[Choice]:
    """What is set, under its names; what this person may not see is kept, namelessly."""
    if not values:
        return []
    named = [replace(choice, is_chosen=True) for choice in NAMED[facet](user, values)]
    known = {choice.value for choice in named}
    others = [str(value) for value in values if str(value) not in known]
    return named + [Choice(value=value, label="Unknown", is_chosen=True) for value in others]


def values_of(facet: str, state: UrlState, user: User) -> tuple[Any, ...]:
    """What is set. “Mine” is oneself among the people to who reads it."""
    value = getattr(state, facet)
    values = value if isinstance(value, tuple) else (value,) if value else ()
    return tuple({*values, user.pk}) if is_mine(facet, state) else values


def is_mine(facet: str, state: UrlState) -> bool:
    return facet == "person" and getattr(state, "show", "") == "mine"


def as_said(choices: Iterable[Choice], facet: str, state: UrlState, user: User) -> list[Choice]:
    """Oneself is still called “mine” where the address says so: sent to others it means them."""
    if not is_mine(facet, state) or user.pk in getattr(state, facet):
        return list(choices)
    me = str(user.pk)
    return [replace(choice, name="show", value="mine") if choice.value == me else choice for choice in choices]


def options(facet: str, lister: Lister, user: User, values: Sequence[Any], find: str) -> tuple[list[Choice], bool]:
    """The list with what is set marked in it, or above it where it is not in the list; and whether the list was cut."""
    listed = lister(user, find)
    set_ones = {choice.value: choice for choice in chosen(facet, user, values)}
    shown = [replace(choice, is_chosen=choice.value in set_ones) for choice in listed[:MOST_LISTED]]
    inside = {choice.value for choice in shown}
    above = [replace(choice, group="") for value, choice in set_ones.items() if value not in inside]
    return above + shown, len(listed) > MOST_LISTED


def render_facet(
    request: HtmxRequest, facet: str, listers: Mapping[str, Lister], state: UrlState, *, title: str, path: str
) -> HttpResponse:
    """The list alone for the popover, else a page of its own, for browsers without scripts; `?find=` searches it."""
    if facet not in listers:
        raise Http404
    find = clean(request.GET.get("find", ""))[:LONGEST_FIND]
    user = current_user(request)
    choices, is_cut = options(facet, listers[facet], user, values_of(facet, state, user), find)
    context = {
        "facet": facet,
        "title": title,
        "choices": as_said(choices, facet, state, user),
        "is_cut": is_cut,
        "is_single": not isinstance(getattr(state, facet), tuple),
        "find": find,
        "path": path,
        "others": state.without(facet, *(["show"] if is_mine(facet, state) else [])).pairs(),
    }
    response = render(request, "filters/page.html#options" if request.htmx else "filters/page.html", context)
    response["Vary"] = "HX-Request"
    return response
