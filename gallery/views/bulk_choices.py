"""Choosing a tag or a board for many pictures: the dialogs, also pages of their own, and what they post."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from django.http import Http404, HttpResponse, QueryDict
from django.shortcuts import render
from django.views.decorators.http import require_http_methods

from gallery.images import traits
from gallery.models import Board, Group, Image, Selection, Tag, User, Visibility, WallQuery
from gallery.services import boards, tags
from gallery.views.access import current_user, require_maker
from gallery.views.audiences import Audience
from gallery.views.bulk_sentences import count_pictures
from gallery.views.htmx import HtmxRequest
from gallery.views.uploads import is_id

MOST_BOARDS = 200
MOST_TAGS_AT_ONCE = 10
RATINGS = ("0", "1", "2", "3", "4", "5")


class Refused(Exception):
    """What was chosen cannot be used; the text is a sentence for people."""


@dataclass(frozen=True, kw_only=True)
class Choice:
    """A tag or a board, and on how many of the selected pictures it is: all, some or none."""

    id: int
    name: str
    count: int
    is_on_all: bool
    colour: str = ""
    is_private: bool = False


def read_selection(data: QueryDict, *, in_trash: bool = False) -> Selection:
    """One's chosen pictures are meant one by one where no wall is named: only on a wall a cover stands for its run."""
    found = Selection.read(data)
    query = found.query
    if "query" not in data and found.ids is not None:
        query = WallQuery(stacks="off")
    return Selection(query=query.changed(show="trash") if in_trash else leave_trash(query), ids=found.ids)


def leave_trash(query: WallQuery) -> WallQuery:
    """What lies in the trash is only ever taken back."""
    return query.changed(show="", stacks="off") if query.is_trash else query


@require_http_methods(["GET", "POST"])
def choose_tag(request: HtmxRequest) -> HttpResponse:
    require_maker(request)
    return choose(request, "tag", read_selection(request.POST or request.GET))


@require_http_methods(["GET", "POST"])
def choose_board(request: HtmxRequest) -> HttpResponse:
    require_maker(request)
    return choose(request, "board", read_selection(request.POST or request.GET))


def choose(request: HtmxRequest, action: str, selection: Selection, *, refusal: str = "") -> HttpResponse:
    """Posted as well as got: a list of chosen pictures may be longer than an address."""
    user = current_user(request)
    total = Image.objects.selected(user, selection).count()
    if not total:
        raise Http404
    is_board = action in ("board", "unboard")
    data = request.POST or request.GET
    context = {
        "pictures": count_pictures(total),
        "choices": choices_of_boards(user, selection, total) if is_board else choices_of_tags(user, selection, total),
        "refusal": refusal,
        "typed": data.get("name", ""),
    }
    template = "bulk/board.html" if is_board else "bulk/tag.html"
    return show_dialog(request, template, context, data, status=422 if refusal else 200)


def choices_of_tags(user: User, selection: Selection, total: int) -> list[Choice]:
    """Those that stand on some of them, the most frequent first."""
    rows = Tag.objects.on_selected(Image.objects.selected(user, selection))
    return [
        Choice(
            id=row.pk, name=row.name, count=count, is_on_all=count == total, colour=traits.SWATCHES.get(row.colour, "")
        )
        for row, count in rows
    ]


def choices_of_boards(user: User, selection: Selection, total: int) -> list[Choice]:
    """All that are open to this person, the last used first."""
    rows = Board.objects.open_to(user).order_by("-changed_at", "-id")[:MOST_BOARDS]
    counts = Board.objects.open_to(user).counts_of_selected(Image.objects.selected(user, selection))
    return [
        Choice(
            id=row.pk,
            name=row.name,
            count=counts.get(row.pk, 0),
            is_on_all=counts.get(row.pk, 0) == total,
            is_private=row.visibility == Visibility.PRIVATE,
        )
        for row in rows
    ]


def show_dialog(
    request: HtmxRequest, template: str, context: dict[str, Any], data: QueryDict, status: int = 200
) -> HttpResponse:
    """In the page's dialog, without a script as a page of its own. It names the selection it was opened for."""
    chosen = {name: ",".join(data.getlist(name)) for name in ("query", "ids", "all") if name in data}
    name = f"{template}#form" if request.htmx else template
    response = render(request, name, {**context, "chosen": chosen, "next": data.get("next", "")}, status=status)
    response["HX-Retarget"] = "#bulk-dialog"
    response["HX-Reswap"] = "innerHTML"
    return response


# What is posted -------------------------------------------------------------------------------------------------------


def read_arguments(action: str, data: QueryDict, user: User, selection: Selection) -> dict[str, Any]:
    """What the action needs, with `label`, its name for people. Raises Refused, Http404."""
    if action in ("tag", "untag"):
        found = read_tags(data, user, may_create=action == "tag")
        return {"tags": [tag.pk for tag in found], "label": ", ".join(f"#{tag.name}" for tag in found)}
    if action in ("board", "unboard"):
        board = read_board(data, user, selection, may_create=action == "board")
        return {"board": board.pk, "label": f"“{board.name}”"}
    if action == "rate":
        rating = data.get("rating", "")
        if rating not in RATINGS:
            raise Http404
        return {"rating": int(rating), "label": f"{rating} of 5"}
    return {}


def read_tags(data: QueryDict, user: User, *, may_create: bool) -> Sequence[Tag]:
    """`tag` is the id of one, `name` a word, old or new, or several by commas."""
    wanted = data.get("tag", "")
    known = list(Tag.objects.known_to(user).filter(pk=wanted)) if is_id(wanted) else []
    if known:
        return known
    if wanted or not may_create:
        raise Http404
    names = [name for name in data.get("name", "").split(",") if name.strip()] or [""]
    if len(names) > MOST_TAGS_AT_ONCE:
        raise Refused(f"At most {MOST_TAGS_AT_ONCE} tags at once; these are {len(names)}.")
    try:
        for name in names:
            tags.check_name(name)
        found = [tags.get_or_create_tag(name=name, user=user) for name in names]
    except tags.TagRefused as refusal:
        raise Refused(str(refusal)) from refusal
    return list({tag.pk: tag for tag in found}.values())


def widest_of(user: User, selection: Selection) -> Audience:
    """Who sees a board that is made for these pictures: whoever sees one of them, as far as that is one audience."""
    rows = Image.objects.selected(user, selection).order_by()
    if rows.filter(visibility=Visibility.TEAM).exists():
        return Visibility.TEAM, None
    groups = rows.filter(visibility=Visibility.GROUP).values_list("group", flat=True).distinct()[:2]
    group = Group.objects.of_person(user).filter(pk=groups[0]).first() if len(groups) == 1 else None
    return (Visibility.GROUP, group) if group else (Visibility.PRIVATE, None)


def read_board(data: QueryDict, user: User, selection: Selection, *, may_create: bool) -> Board:
    """`board` is the id of one, `name` one's name, old or new. A new one is seen by whoever sees its pictures."""
    open_boards = Board.objects.open_to(user)
    wanted = data.get("board", "")
    if is_id(wanted) and (board := open_boards.filter(pk=wanted).first()):
        return board
    if wanted or not may_create:
        raise Http404
    name = " ".join(data.get("name", "").replace("\x00", "").split())
    if board := open_boards.filter(name__iexact=name).first():
        return board
    visibility, group = widest_of(user, selection)
    try:
        return boards.create_board(owner=user, name=name, visibility=visibility, group=group)
    except boards.BoardRefused as refusal:
        raise Refused(str(refusal)) from refusal
