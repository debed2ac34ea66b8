"""Filters above a list as a page shows them, and the answer when one was changed; templates/filters draws them."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from django.http import HttpResponse
from django.shortcuts import render
from django_htmx.http import push_url, replace_url

from gallery.images import traits
from gallery.models import User
from gallery.models.url_state import UrlState
from gallery.views import facets
from gallery.views.facets import Choice
from gallery.views.filter_kinds import FilterKind
from gallery.views.filter_words import cost_ends, in_words
from gallery.views.htmx import HtmxRequest

SHAPE_RATIOS = {"square": 1.0, "landscape": 1.4, "wide": 2.2, "portrait": 0.71, "tall": 0.45}


@dataclass(frozen=True, kw_only=True)
class Filter:
    """A filter as a page shows it: `words` say what is set, "" for nothing."""

    kind: FilterKind
    words: str
    choices: Sequence[Choice]
    clear_url: str
    facet_url: str
    swatches: Sequence[str] = ()

    @property
    def panel(self) -> str:
        """The popover that holds its controls."""
        return f"filter-{self.kind.name}" if self.kind.is_main else "filter-more"

    @property
    def template(self) -> str:
        return f"filters/_{self.kind.control}.html"

    @property
    def parameters(self) -> str:
        return " ".join((self.kind.name, *self.kind.also))


@dataclass(frozen=True, kw_only=True)
class Finder:
    """Everything the head of a list needs."""

    path: str
    state: Any
    filters: Sequence[Filter]
    hidden: Sequence[tuple[str, str]]
    clear_url: str
    costs: tuple[str, str]

    @property
    def main(self) -> list[Filter]:
        return [each for each in self.filters if each.kind.is_main]

    @property
    def more(self) -> list[Filter]:
        return [each for each in self.filters if not each.kind.is_main and each.kind.control]

    @property
    def chips(self) -> list[Filter]:
        return [each for each in self.filters if each.kind.is_main or each.words]

    @property
    def is_set(self) -> bool:
        return any(each.words for each in self.filters)


def build_finder(
    kinds: Sequence[FilterKind], state: UrlState, user: User, *, path: str, always: Sequence[str]
) -> Finder:
    """`always` are parameters that stay when everything is cleared."""
    said = dict(state.pairs())
    kinds = [kind for kind in kinds if kind.name != "group" or "group" in said or facets.has_groups(user)]
    shown = {name for kind in kinds if kind.control for name in (kind.name, *kind.also)} - {"order"}
    keeps_mine = said.get("show") == "mine"
    hidden = [(name, value) for name, value in state.pairs() if name not in shown and name != "q"]
    if "show" in said and not keeps_mine:
        hidden.append(("show", said["show"]))
    kept = state.without(*(name for name in said if name not in always or keeps_mine))
    return Finder(
        path=path,
        state=state,
        filters=[build_filter(kind, state, user, path) for kind in kinds],
        hidden=hidden,
        clear_url=address(path, kept),
        costs=cost_ends(state),
    )


def build_filter(kind: FilterKind, state: UrlState, user: User, path: str) -> Filter:
    values = [str(value) for value in facets.values_of(kind.name, state, user)]
    if kind.control == "facet":
        choices = facets.as_said(facets.chosen(kind.name, user, values), kind.name, state, user)
    else:
        choices = [
            Choice(
                value=value,
                label=label,
                is_chosen=value in values,
                colour=traits.SWATCHES.get(value, "") if kind.control == "swatches" else "",
                ratio=SHAPE_RATIOS.get(value, 0) if kind.control == "shapes" else 0,
            )
            for value, label in kind.choices.items()
        ]
    return Filter(
        kind=kind,
        words=in_words(kind, state, choices),
        choices=choices,
        clear_url=address(path, state.without(kind.name, *kept_apart(kind, state))),
        facet_url=f"{path}facets/{kind.name}/" if kind.control == "facet" else "",
        swatches=[choice.colour for choice in choices if choice.colour and choice.is_chosen],
    )


def kept_apart(kind: FilterKind, state: UrlState) -> tuple[str, ...]:
    """The trash stays the trash when no person is asked for any more."""
    is_trash = "show" in kind.also and getattr(state, "show", "") == "trash"
    return () if is_trash else kind.also


def address(path: str, state: UrlState) -> str:
    query = state.encode()
    return f"{path}?{query}" if query else path


# Answers -------------------------------------------------------------------------------------------------------------


def is_refinding(request: HtmxRequest) -> bool:
    """The list alone is wanted, with what of its head changes with it."""
    return bool(request.htmx and request.htmx.target == "found")


def refound(
    request: HtmxRequest, state: UrlState, template: str, context: dict[str, Any], *, path: str
) -> HttpResponse:
    """A search that is still being typed takes the place of its beginning; every other change is a step one can go back."""
    response = varied(render(request, template, context))
    before = type(state).read((request.htmx.current_url_abs_path or "").partition("?")[2])
    words = [getattr(each, "q", "") for each in (before, state)]
    is_typing = all(words) and before.without("q") == state.without("q")
    return (replace_url if is_typing else push_url)(response, address(path, state))


def varied(response: HttpResponse) -> HttpResponse:
    """One address has several answers."""
    response["Vary"] = "HX-Request, HX-Target"
    return response
