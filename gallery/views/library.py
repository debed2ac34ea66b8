"""The library: every picture of the team, newest first; the state of its wall is the query string (see `WallQuery`)."""

from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.views.decorators.http import require_GET

from gallery.models import Board, Image, WallQuery
from gallery.views import filters, wall_filters
from gallery.views.access import current_user
from gallery.views.htmx import HtmxRequest
from gallery.views.wall import build_wall

PICKED = 60


@require_GET
def library(request: HtmxRequest) -> HttpResponse:
    user = current_user(request)
    query = WallQuery.read(request.GET)
    context = {"query": query, "search": query.q, "show": query.show, "wall": build_wall(request, user, query)}
    context |= wall_filters.head_context(user, query)
    context["boards_named"] = [] if query.is_trash else Board.objects.for_search(user, query.q)
    if filters.is_refinding(request):
        return filters.refound(request, query, "library/_found.html", context, path=request.path)
    return filters.varied(render(request, "library/page.html", context))


@require_GET
def pick(request: HttpRequest) -> HttpResponse:
    """Stored pictures to choose a reference from: the team's and one's own uploads, newest first, `?q=` searches."""
    words = WallQuery.read(request.GET).q
    rows = Image.objects.for_picking(current_user(request), search=words)[:PICKED]
    return render(request, "_library_pick.html", {"pictures": rows, "search": words})
