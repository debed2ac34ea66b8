"""The history: every generation of the team, failed ones too, searchable."""

from dataclasses import dataclass
from typing import Any
from urllib.parse import urlencode

from django.http import HttpResponse
from django.shortcuts import render
from django.views.decorators.http import require_GET

from gallery.models import Generation, HistoryQuery, User
from gallery.models.generations import GenerationQuerySet
from gallery.views import facets, filters
from gallery.views.access import current_user
from gallery.views.audiences import narrower_than_team
from gallery.views.filter_kinds import HISTORY, title_of
from gallery.views.filter_words import MOST_COUNTED, found_in_words
from gallery.views.generations import cost_in_words, took
from gallery.views.htmx import HtmxRequest
from gallery.views.tiles import Tile, age, may_show, owner_name, picture_tile, shorten
from gallery.views.wall import read_key

PATH = "/history/"
PAGE = 50
SHOWN = 3


@dataclass(frozen=True, kw_only=True)
class Line:
    """One generation as the list shows it."""

    url: str
    prompt: str
    model_name: str
    owner_name: str
    script: str
    age: str
    took: str
    cost: str
    status: str
    status_label: str
    sentence: str
    seen_by: str
    is_simulated: bool
    pictures: list[Tile]
    more_pictures: int


@require_GET
def history(request: HtmxRequest) -> HttpResponse:
    """The query string is a HistoryQuery; `?before=<id>` is the next page (keyset)."""
    user = current_user(request)
    query = HistoryQuery.read(request.GET)
    before = read_key(request, "before")
    rows = Generation.objects.for_history(user, query)
    page = list((rows.filter(pk__lt=before) if before else rows)[: PAGE + 1])
    context = {
        "lines": [build_line(row, user) for row in page[:PAGE]],
        "next_url": next_page_url(query, page[PAGE - 1]) if len(page) > PAGE else "",
        "is_filtered": bool(query.pairs()),
    }
    if request.htmx and before:
        return filters.varied(render(request, "history/page.html#next", context))
    context |= head_context(rows, user, query)
    if filters.is_refinding(request):
        return filters.refound(request, query, "history/_found.html", context, path=PATH)
    return filters.varied(render(request, "history/page.html", context))


@require_GET
def facet(request: HtmxRequest, name: str) -> HttpResponse:
    """What one filter offers; `?find=` narrows the list, the rest of the query says what is set."""
    query = HistoryQuery.read(request.GET)
    return facets.render_facet(request, name, facets.OF_RUNS, query, title=title_of(HISTORY, name), path=PATH)


def head_context(rows: GenerationQuerySet, user: User, query: HistoryQuery) -> dict[str, Any]:
    count = rows.values("pk")[: MOST_COUNTED + 1].count()
    return {
        "finder": filters.build_finder(HISTORY, query, user, path=PATH, always=()),
        "found": found_in_words(count, "run", "runs"),
        "search_label": "Search prompts and models",
    }


def next_page_url(query: HistoryQuery, last: Generation) -> str:
    return f"{PATH}?{urlencode([*query.pairs(), ('before', last.pk)])}"


def build_line(generation: Generation, user: User) -> Line:
    pictures = [image for image in generation.images.all() if image.deleted_at is None and may_show(image, user)]
    pictures.sort(key=lambda image: image.position)
    return Line(
        url=f"/generations/{generation.pk}/",
        prompt=shorten(generation.prompt, 300),
        model_name=generation.model_name,
        owner_name=owner_name(generation),
        script=generation.script,
        age=age(generation.created_at),
        took=took(generation),
        cost=cost_in_words(generation),
        status=generation.status,
        status_label=generation.get_status_display(),
        sentence=generation.error_sentence,
        seen_by=narrower_than_team(generation.visibility),
        is_simulated=generation.is_simulated,
        pictures=[picture_tile(image, generation.prompt) for image in pictures[:SHOWN]],
        more_pictures=max(len(pictures) - SHOWN, 0),
    )
