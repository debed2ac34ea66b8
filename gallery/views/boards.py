"""The team's boards: a wall of their covers, and how a new one is made."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any
from urllib.parse import urlencode

from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.views.decorators.http import require_GET, require_http_methods

from gallery.models import Board, Image, User, Visibility, WallQuery
from gallery.models.boards import FACES
from gallery.services import boards as boards_service
from gallery.views.access import current_user, get_visible_board, require_maker
from gallery.views.audiences import audiences_of, read_audience
from gallery.views.htmx import HtmxRequest
from gallery.views.tiles import age
from gallery.views.uploads import is_id

PAGE = 60
LONGEST_SEARCH = 120
FIRST_NAMES = ("Moodboard", "Shortlist", "For the client")


@dataclass(frozen=True, kw_only=True)
class Face:
    """A picture on a board's cover."""

    url: str
    srcset: str
    colour: str


@dataclass(frozen=True, kw_only=True)
class Card:
    """A board as the list shows it: one face large, or up to four as a sheet. `face_url` is where a smart board's come from."""

    id: int
    name: str
    url: str
    is_smart: bool
    is_private: bool
    owner_name: str
    changed: str
    count: int
    faces: list[Face]
    face_url: str


@require_GET
def boards(request: HtmxRequest) -> HttpResponse:
    user = current_user(request)
    search = request.GET.get("q", "").replace("\x00", "")[:LONGEST_SEARCH].strip()
    is_trash = request.GET.get("show") == "trash"
    found = Board.objects.for_list(user, search=search, is_trash=is_trash)
    if before := find_before(request):
        found = found.after(before)
    rows = list(found[: PAGE + 1])
    context = {
        "cards": build_cards(rows[:PAGE], user),
        "search": search,
        "is_trash": is_trash,
        "has_trash": not is_trash and Board.objects.editable_by(user).trashed().exists(),
        "is_first": not rows and not search and not is_trash and not before,
        "first_names": FIRST_NAMES,
        "next_url": next_url(rows[PAGE - 1], search, is_trash=is_trash) if len(rows) > PAGE else "",
        "visibilities": audiences_of(user),
    }
    response = render(request, "boards/page.html#cards" if request.htmx and before else "boards/page.html", context)
    response["Vary"] = "HX-Request"
    return response


def find_before(request: HttpRequest) -> Board | None:
    before = request.GET.get("before", "")
    return Board.objects.visible_to(request.user).filter(pk=int(before)).first() if is_id(before) else None


def next_url(last: Board, search: str, *, is_trash: bool) -> str:
    values = {"q": search, "show": "trash" if is_trash else "", "before": last.pk}
    return "?" + urlencode({name: value for name, value in values.items() if value})


@require_http_methods(["GET", "HEAD", "POST"])
def create(request: HttpRequest) -> HttpResponse:
    """A name and who sees it; then straight onto the new board."""
    user = require_maker(request)
    if request.method != "POST":
        return show_form(request)
    visibility, group = read_audience(request.POST.get("visibility", ""), user, otherwise=Visibility.TEAM)
    try:
        board = boards_service.create_board(
            owner=user, name=request.POST.get("name", ""), visibility=visibility, group=group
        )
    except boards_service.BoardRefused as refusal:
        return show_form(request, error=str(refusal), status=422)
    return redirect(board)


def show_form(request: HttpRequest, *, error: str = "", status: int = 200) -> HttpResponse:
    context = {
        "name": request.POST.get("name", ""),
        "visibility": request.POST.get("visibility", Visibility.TEAM),
        "visibilities": audiences_of(current_user(request)),
        "error": error,
    }
    return render(request, "boards/new.html", context, status=status)


@require_GET
def face(request: HttpRequest, board_id: int) -> HttpResponse:
    """The cover of a smart board: the first pictures of its search, asked for when the card is seen."""
    user = current_user(request)
    board = get_visible_board(request, board_id)
    found = list(Image.objects.for_wall(user, WallQuery.read(board.query))[:FACES]) if board.is_smart else []
    return render(request, "boards/page.html#face", {"card": build_card(board, user, found, is_asked=True)})


# Cards ---------------------------------------------------------------------------------------------------------------


def build_cards(rows: Sequence[Any], user: User) -> list[Card]:
    """`rows` are boards with faces; their pictures are read together."""
    faces_of = {row.pk: [row.cover_id, *(getattr(row, f"face_{n}") for n in range(FACES))] for row in rows}
    wanted = {pk for ids in faces_of.values() for pk in ids if pk}
    images = Image.objects.visible_to(user).kept().in_bulk(wanted)
    return [build_card(row, user, pictures_of(row, faces_of[row.pk], images)) for row in rows]


def pictures_of(board: Board, ids: Sequence[int | None], images: dict[int, Image]) -> list[Image]:
    """The chosen cover alone, as far as it is there and seen, else the first ones."""
    cover, *first = ids
    return [images[pk] for pk in ([cover] if cover in images else first) if pk in images]


def owner_of(board: Board) -> str:
    return board.owner.display_name if board.owner else "somebody who left"


def build_card(board: Any, user: User, pictures: Sequence[Image], *, is_asked: bool = False) -> Card:
    """A smart board without a chosen cover is asked for its pictures once the card is seen."""
    is_waiting = board.is_smart and not pictures and not board.deleted_at and not is_asked
    return Card(
        id=board.pk,
        name=board.name,
        url=board.get_absolute_url(),
        is_smart=board.is_smart,
        is_private=board.visibility == Visibility.PRIVATE,
        owner_name="you" if board.owner_id == user.pk else owner_of(board),
        changed=age(board.changed_at),
        count=getattr(board, "picture_count", 0),
        faces=[build_face(image) for image in pictures],
        face_url=reverse("board-face", args=[board.pk]) if is_waiting else "",
    )


def build_face(image: Image) -> Face:
    return Face(url=image.thumbnail_of(640), srcset=image.srcset, colour=image.colour)
