"""The library's head: how many pictures were found, the filters, and saving what they find as a smart board."""

from typing import Any

from django.contrib import messages
from django.http import HttpResponse
from django.shortcuts import redirect, render
from django.views.decorators.http import require_GET, require_http_methods
from django_htmx.http import HttpResponseClientRedirect

from gallery.models import Image, User, Visibility, WallQuery
from gallery.services import boards
from gallery.views import facets, filters
from gallery.views.access import require_maker
from gallery.views.audiences import audiences_of, read_audience
from gallery.views.filter_kinds import LIBRARY, title_of
from gallery.views.filter_words import MOST_COUNTED, found_in_words
from gallery.views.htmx import HtmxRequest

PATH = "/library/"


def head_context(user: User, query: WallQuery) -> dict[str, Any]:
    rows = Image.objects.for_wall(user, query.changed(stacks="off"))
    count = rows.values("pk")[: MOST_COUNTED + 1].count()
    always = ("show", "stacks")
    return {
        "finder": filters.build_finder(LIBRARY, query, user, path=PATH, always=always),
        "found": found_in_words(count, "picture", "pictures"),
        # The wall knows the exact number, a moment later.
        "wall_counts": count > MOST_COUNTED,
        "search_label": "Search the trash" if query.is_trash else "Search the library",
        "save_url": f"{PATH}save/?{query.encode()}" if may_be_saved(query) else "",
    }


def may_be_saved(query: WallQuery) -> bool:
    return not query.is_trash and not query.is_plain


@require_GET
def facet(request: HtmxRequest, name: str) -> HttpResponse:
    """What one filter offers; `?find=` narrows the list, the rest of the query says what is set."""
    query = WallQuery.read(request.GET)
    return facets.render_facet(request, name, facets.OF_PICTURES, query, title=title_of(LIBRARY, name), path=PATH)


@require_http_methods(["GET", "POST"])
def save(request: HtmxRequest) -> HttpResponse:
    """GET asks for a name, POST makes the smart board; the query string is the state of the wall."""
    user = require_maker(request)
    query = WallQuery.read(request.GET)
    if not may_be_saved(query):
        return redirect("library")
    if request.method == "GET":
        return ask_for_name(request, user, query)
    visibility, group = read_audience(request.POST.get("visibility", ""), user, otherwise=Visibility.TEAM)
    try:
        board = boards.create_board(
            owner=user, name=request.POST.get("name", ""), visibility=visibility, group=group, query=query.encode()
        )
    except boards.BoardRefused as refusal:
        return ask_for_name(request, user, query, error=str(refusal), status=422)
    messages.success(request, f"“{board.name}” is on the boards’ page now, and fills itself.")
    return HttpResponseClientRedirect(board.get_absolute_url()) if request.htmx else redirect(board)


def ask_for_name(
    request: HtmxRequest, user: User, query: WallQuery, *, error: str = "", status: int = 200
) -> HttpResponse:
    finder = filters.build_finder(LIBRARY, query, user, path=PATH, always=())
    suggested = ", ".join(filter(None, [query.q, *(each.words for each in finder.filters if each.kind.control)]))
    context = {
        "query": query.encode(),
        "name": request.POST.get("name", suggested[: boards.LONGEST_NAME]),
        "visibility": request.POST.get("visibility", Visibility.TEAM),
        "visibilities": audiences_of(user),
        "chips": [each for each in finder.filters if each.words],
        "search": query.q,
        "error": error,
    }
    template = "library/save.html#form" if request.htmx else "library/save.html"
    return render(request, template, context, status=status)
