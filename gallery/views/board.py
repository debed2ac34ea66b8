"""One board: its head, and its pictures in the order people gave them or as its search finds them."""

from dataclasses import replace
from typing import Any

from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.views.decorators.http import require_GET, require_POST

from gallery import tasks
from gallery.models import Board, Image, User, Visibility, WallQuery
from gallery.services import boards
from gallery.views import facets, filters
from gallery.views.access import current_user, get_editable_board, get_visible_board
from gallery.views.audiences import audience_of, audiences_of, read_audience, told
from gallery.views.boards import owner_of
from gallery.views.filter_kinds import LIBRARY, FilterKind, title_of
from gallery.views.filter_words import MOST_COUNTED, found_in_words
from gallery.views.filters import Finder, build_finder
from gallery.views.htmx import HtmxRequest
from gallery.views.tiles import age
from gallery.views.wall import build_wall

OFFERED = 12


@require_GET
def board(request: HtmxRequest, board_id: int) -> HttpResponse:
    user = current_user(request)
    row = get_visible_board(request, board_id)
    query = query_of(row, request)
    context = {
        **head_context(row, user),
        **search_context(row, user, query),
        "wall": build_wall(request, user, query),
    }
    if filters.is_refinding(request):
        return filters.refound(request, said_of(row, query), "board/_found.html", context, path=row.get_absolute_url())
    return filters.varied(render(request, "board/page.html", context))


@require_GET
def facet(request: HtmxRequest, board_id: int, name: str) -> HttpResponse:
    """What one filter offers above this board."""
    row = get_visible_board(request, board_id)
    kinds, query = kinds_of(row), said_of(row, query_of(row, request))
    path, title = row.get_absolute_url(), title_of(kinds, name)
    return facets.render_facet(request, name, facets.OF_PICTURES, query, title=title, path=path)


def query_of(row: Board, request: HttpRequest) -> WallQuery:
    """The board's own wall, narrowed by what the URL says; of a smart one its search, or another in its place."""
    said = WallQuery.read(request.GET)
    if said.is_trash:
        said = said.changed(show="")
    if not row.is_smart:
        return said.changed(board=row.pk, order="hand", stacks="")
    is_own = said.is_plain and not request.GET.get("own")
    return WallQuery.read(row.query) if is_own else said


def said_of(row: Board, query: WallQuery) -> WallQuery:
    """What the filters show: a board filled by hand is none of them."""
    return query if row.is_smart else query.changed(board=0, order="")


def kinds_of(row: Board) -> tuple[FilterKind, ...]:
    return LIBRARY if row.is_smart else tuple(kind for kind in LIBRARY if kind.name != "board")


def search_context(row: Board, user: User, query: WallQuery) -> dict[str, Any]:
    said, path = said_of(row, query), row.get_absolute_url()
    finder = build_finder(kinds_of(row), said, user, path=path, always=())
    count = Image.objects.for_wall(user, query.changed(stacks="off")).values("pk")[: MOST_COUNTED + 1].count()
    own = WallQuery.read(row.query)
    is_other = row.is_smart and query != own
    context = {
        "finder": finder,
        "found": found_in_words(count, "picture", "pictures"),
        "search_label": "Search" if row.is_smart else "Search this board",
        "query": query.encode(),
        "is_other": is_other,
        "is_searched": is_other if row.is_smart else not said.is_plain,
        "save_url": f"{reverse('library-save')}?{query.encode()}" if is_other and not query.is_plain else "",
    }
    if row.is_smart:
        # Cleared of everything it is still another search than the board's own.
        context["finder"] = replace(finder, hidden=[*finder.hidden, ("own", "no")])
        context["own_words"] = words_of(build_finder(LIBRARY, own, user, path=path, always=()), own)
    return context


def words_of(finder: Finder, query: WallQuery) -> list[str]:
    """A search in words, as far as its reader may know them."""
    named = [f"{each.kind.label}: {each.words}" for each in finder.filters if each.words]
    return [f"“{query.q}”", *named] if query.q else named


def head_context(row: Board, user: User) -> dict[str, Any]:
    found = Image.objects.for_wall(user, WallQuery.read(row.query).changed(stacks="off")) if row.is_smart else None
    count = row.items.seen_by(user).count() if found is None else found.values("pk")[: MOST_COUNTED + 1].count()
    return {
        "board": row,
        "owner_name": owner_of(row),
        "people": people_of(row, user),
        "count": found_in_words(count, "picture", "pictures"),
        "is_empty": not count,
        "is_private": row.visibility == Visibility.PRIVATE,
        "is_mine": row.owner_id == user.pk,
        "group": row.group if row.visibility == Visibility.GROUP else None,
        "audiences": [each for each in audiences_of(user, row) if each[0] != audience_of(row)],
        "may_edit": Board.objects.editable_by(user).filter(pk=row.pk).exists(),
        "changed": age(row.changed_at),
        "library_url": f"{reverse('library')}?{row.query}" if row.is_smart else "",
        "generate_url": "" if row.is_smart else f"{reverse('studio')}?board={row.pk}",
        "share_url": f"{reverse('share-new')}?board={row.pk}",
        "offered": offered(user) if not count and not row.is_smart else [],
    }


def people_of(row: Board, user: User) -> list[User]:
    """Who put on it what this person sees, the owner first."""
    items = row.items.seen_by(user).exclude(added_by=row.owner_id)
    others = User.objects.filter(pk__in=items.values("added_by")).order_by("name", "username")
    return [*([row.owner] if row.owner else []), *others]


def offered(user: User) -> list[Image]:
    """The last pictures, for a board that has none yet."""
    return list(Image.objects.for_wall(user, WallQuery())[:OFFERED])


@require_POST
def words(request: HtmxRequest, board_id: int) -> HttpResponse:
    """Name or notes, whichever is posted."""
    row = get_editable_board(request, board_id)
    error = ""
    try:
        if "name" in request.POST:
            boards.rename_board(board=row, name=request.POST["name"])
            tasks.index_waiting()
        if "notes" in request.POST:
            boards.write_notes(board=row, notes=request.POST["notes"])
    except boards.BoardRefused as refusal:
        error = str(refusal)
    if request.htmx:
        context = {"word_error": error, "is_saved": not error}
        return render(request, "board/page.html#saved", context, status=422 if error else 200)
    if error:
        messages.error(request, error)
    return redirect(row)


@require_POST
def visibility(request: HttpRequest, board_id: int) -> HttpResponse:
    """Only its owner decides who sees a board."""
    row = get_editable_board(request, board_id)
    user, wanted = current_user(request), request.POST.get("visibility", "")
    if wanted and row.owner_id == user.pk:
        visibility, group = read_audience(wanted, user, otherwise=row.visibility, row=row)
        boards.set_visibility(board=row, visibility=visibility, group=group)
        tasks.index_waiting()
        messages.success(request, told(visibility, group))
    return redirect(row)


@require_POST
def search(request: HttpRequest, board_id: int) -> HttpResponse:
    """“Update to what I see”: another state of the wall takes the place of a smart board's own."""
    row = get_editable_board(request, board_id)
    try:
        boards.set_query(board=row, query=request.POST.get("query", ""), user=current_user(request))
    except boards.BoardRefused as refusal:
        messages.error(request, str(refusal))
    else:
        messages.success(request, "The board shows this search from now on.")
    return redirect(row)


@require_POST
def trash(request: HttpRequest, board_id: int) -> HttpResponse:
    row = get_editable_board(request, board_id)
    boards.trash_board(board=row)
    tasks.index_waiting()
    undo = reverse("board-restore", args=[board_id])
    messages.success(
        request, f"“{row.name}” is in the trash. Its pictures stay in the library.", extra_tags=f"undo:{undo}"
    )
    return redirect("boards")


@require_POST
def restore(request: HttpRequest, board_id: int) -> HttpResponse:
    row = get_editable_board(request, board_id)
    boards.restore_board(board=row)
    tasks.index_waiting()
    messages.success(request, f"“{row.name}” is back.")
    return redirect(row)
