"""From a picture back to its wall and on to its neighbours there, keeping the wall's query and order."""

from dataclasses import dataclass

from django.http import HttpRequest
from django.urls import reverse
from django.utils.http import url_has_allowed_host_and_scheme

from gallery.models import Board, Image, Tag, User, WallQuery

# Nobody waits for a count of more than this.
MOST_COUNTED = 1000


@dataclass(frozen=True, kw_only=True)
class Steps:
    """`suffix` is the query as the end of a URL, with its question mark; "" for the plain library."""

    suffix: str
    previous_url: str
    next_url: str
    back_url: str
    back_label: str
    position: str
    words: str


def build_steps(image: Image, user: User, query: WallQuery) -> Steps:
    suffix = suffix_of(query)
    wall = query.changed(show="trash") if image.deleted_at else query
    before, after = Image.objects.beside(user, wall, image)
    back_url, back_label = way_back(wall, user)
    return Steps(
        suffix=suffix,
        previous_url=f"{before.get_absolute_url()}{suffix}" if before else "",
        next_url=f"{after.get_absolute_url()}{suffix}" if after else "",
        back_url=back_url,
        back_label=back_label,
        position=position_in(wall, image, user) if suffix else "",
        words=words_of(query, user) if suffix else "",
    )


def suffix_of(query: WallQuery) -> str:
    return f"?{query.encode()}" if query.pairs() else ""


def next_url(request: HttpRequest, *, otherwise: str) -> str:
    """Where the form that was posted asks to be led, as long as that is a page of ours: a path, which a word is not."""
    wanted = request.POST.get("next", "")
    is_ours = wanted.startswith("/") and url_has_allowed_host_and_scheme(wanted, allowed_hosts=None)
    return wanted if is_ours else otherwise


def way_back(query: WallQuery, user: User) -> tuple[str, str]:
    board = Board.objects.visible_to(user).kept().filter(pk=query.board).first() if query.is_by_hand else None
    if board:
        return board.get_absolute_url(), board.name
    label = "Trash" if query.is_trash else "Library"
    return f"{reverse('library')}?{query.encode()}" if query.pairs() else reverse("library"), label


def position_in(query: WallQuery, image: Image, user: User) -> str:
    """As in “3 of 3,412”; "" where the picture is far down, or no longer on this wall. Counts end at a thousand."""
    key = Image.objects.key_on_wall(user, query, image)
    if key is None:
        return ""
    wall = query.changed(stacks="off")
    before = Image.objects.for_wall(user, wall, gt=key)[:MOST_COUNTED].count()
    if before == MOST_COUNTED:
        return ""
    after = Image.objects.for_wall(user, wall, lt=key)[:MOST_COUNTED].count()
    total = f"{before + 1 + after:,}" if after < MOST_COUNTED else f"{MOST_COUNTED:,}+"
    return f"{before + 1:,} of {total}"


def words_of(query: WallQuery, user: User) -> str:
    """What the wall was asked for, in a few words."""
    tags = Tag.objects.known_to(user).filter(pk__in=query.tag)[:3]
    found = [query.q, *(f"#{tag.name}" for tag in tags)]
    if query.board:
        board = Board.objects.visible_to(user).kept().filter(pk=query.board).first()
        found.append(board.name if board else "")
    return " ".join(filter(None, found))
