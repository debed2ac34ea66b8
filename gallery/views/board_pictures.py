"""What lies on a board, changed by whoever it is open to: put on, taken off, put in order. Its cover is its owner's choice.

Scripts are answered in JSON, plain forms with the board's page.
"""

import re
from collections.abc import Iterator, Sequence
from typing import Any

from django.contrib import messages
from django.http import Http404, HttpRequest, HttpResponse, JsonResponse
from django.shortcuts import redirect
from django.urls import reverse
from django.views.decorators.http import require_POST

from gallery.models import Board, BoardItem, Image, Selection, User, WallQuery
from gallery.services import boards
from gallery.services.search import MOST_AT_ONCE
from gallery.views.access import get_editable_board, get_visible_board, require_maker
from gallery.views.bulk_choices import read_selection
from gallery.views.uploads import is_id

MOST_PUT_BACK = 100


@require_POST
def add(request: HttpRequest, board_id: int) -> HttpResponse:
    """Pictures chosen on any wall; `?places=` is how the undo of “Take off” names them and where they lay."""
    user = require_maker(request)
    board = get_visible_board(request, board_id)
    places = read_places(request.GET.get("places", ""))
    ids = list(places) or chosen_ids(user, read_selection(request.POST))
    if not ids:
        return answer(request, board, "Choose a picture first.", status=422)
    try:
        if places:
            count = boards.put_back(board=board, ranks=places, user=user)
        else:
            # From the end, so that what was first is first.
            parts = reversed(list(portions(ids)))
            count = sum(boards.put_on_board(board=board, image_ids=part, user=user) for part in parts)
    except boards.BoardRefused as refusal:
        return answer(request, board, str(refusal), status=422)
    there = len(ids) - count
    sentence = f"{pictures(count)} put on “{board.name}”." if count or not there else f"Already on “{board.name}”."
    return answer(request, board, f"{sentence} {there} lay there already." if count and there else sentence)


@require_POST
def remove(request: HttpRequest, board_id: int) -> HttpResponse:
    user = require_maker(request)
    board = get_visible_board(request, board_id)
    ids = chosen_ids(user, read_selection(request.POST))
    places = places_of(board, user, ids)
    try:
        count = sum(boards.take_off_board(board=board, image_ids=part) for part in portions(ids))
    except boards.BoardRefused as refusal:
        return answer(request, board, str(refusal), status=422)
    sentence = f"{pictures(count)} taken off the board. The library keeps {'it' if count == 1 else 'them'}."
    undo = f"{reverse('board-add', args=[board.pk])}?places={places}" if 0 < count <= MOST_PUT_BACK else ""
    return answer(request, board, sentence, undo=undo, count=seen(board, user).count())


@require_POST
def move(request: HttpRequest, board_id: int) -> HttpResponse:
    """`before` or `after` is a picture's id; without either `to` is front or end."""
    user = require_maker(request)
    board = get_visible_board(request, board_id)
    ids = chosen_ids(user, read_selection(request.POST))
    place = {name: int(value) for name in ("before", "after") if is_id(value := request.POST.get(name, ""))}
    try:
        boards.move_on_board(board=board, image_ids=ids, **place, to_end=request.POST.get("to") == "end")
    except boards.BoardRefused as refusal:
        return answer(request, board, str(refusal), status=422)
    first = seen(board, user).filter(image__in=ids).order_by("-rank").first()
    if first is None:
        return answer(request, board, "Nothing was moved.")
    place, total = seen(board, user).filter(rank__gt=first.rank).count() + 1, seen(board, user).count()
    return answer(request, board, f"{pictures(len(ids))} moved to place {place} of {total}.", place=place, count=total)


@require_POST
def cover(request: HttpRequest, board_id: int) -> HttpResponse:
    """`image` is a picture of the board, "" goes back to its first pictures."""
    user = require_maker(request)
    board = get_editable_board(request, board_id)
    wanted = request.POST.get("image", "")
    if not is_id(wanted):
        boards.set_cover(board=board, image=None)
        return answer(request, board, "The cover shows the first pictures again.")
    wall = WallQuery.read(board.query) if board.is_smart else WallQuery(board=board.pk)
    image = Image.objects.for_wall(user, wall.changed(stacks="off")).filter(pk=int(wanted)).first()
    if image is None:
        raise Http404
    boards.set_cover(board=board, image=image)
    return answer(request, board, "The board has a new cover.")


def chosen_ids(user: User, selection: Selection) -> list[int]:
    """As they hang on their wall, the first one first."""
    return list(Image.objects.selected(user, selection).values_list("pk", flat=True))


def places_of(board: Board, user: User, ids: Sequence[int]) -> str:
    """Which of them lie on it, and where."""
    rows = seen(board, user)
    found = [rows.filter(image__in=part).values_list("image", "rank") for part in portions(ids)]
    return ",".join(f"{pk}.{rank}" for part in found for pk, rank in part)


def read_places(text: str) -> dict[int, int]:
    """Ranks by pictures."""
    found = re.findall(r"(?a:(\d{1,18})\.(-?\d{1,18}))(?:,|$)", text)
    return {int(pk): int(rank) for pk, rank in found[:MOST_PUT_BACK]}


def portions(ids: Sequence[int]) -> Iterator[Sequence[int]]:
    """As many as a service takes at once."""
    return (ids[start : start + MOST_AT_ONCE] for start in range(0, len(ids), MOST_AT_ONCE))


def seen(board: Board, user: User) -> Any:
    return BoardItem.objects.seen_by(user).filter(board=board)


def pictures(count: int) -> str:
    return "1 picture" if count == 1 else f"{count} pictures"


def answer(
    request: HttpRequest, board: Board, sentence: str, *, status: int = 200, undo: str = "", **more: Any
) -> HttpResponse:
    if not request.accepts("text/html"):
        return JsonResponse({"sentence": sentence, "undo": undo, **more}, status=status)
    tell = messages.success if status == 200 else messages.error
    tell(request, sentence, extra_tags=f"undo:{undo}" if undo else "")
    return redirect(board)
