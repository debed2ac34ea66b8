"""The library: every picture of the team, newest first, found by a word."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date

from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.utils import timezone
from django.views.decorators.http import require_GET

from gallery.models import Image, Visibility
from gallery.views.access import current_user
from gallery.views.htmx import HtmxRequest
from gallery.views.tiles import owner_name, shorten

PAGE = 100
PICKED = 60


@dataclass(frozen=True, kw_only=True)
class WallTile:
    url: str
    thumbnail_url: str
    srcset: str
    width: int
    height: int
    ratio: float
    colour: str
    prompt: str
    model_name: str
    owner_name: str
    initials: str
    is_private: bool
    is_simulated: bool


@dataclass(kw_only=True)
class Section:
    """One day. `is_continued` when the page before ended within it."""

    day: date
    title: str
    tiles: list[WallTile]
    is_continued: bool = False

    @property
    def count(self) -> int:
        return len(self.tiles)

    @property
    def people(self) -> str:
        return ", ".join(dict.fromkeys(tile.owner_name.split(" ")[0] for tile in self.tiles if tile.owner_name))


@require_GET
def library(request: HtmxRequest) -> HttpResponse:
    """`?q=` searches, `?show=mine` or `trash` narrows, `?before=<id>` is the next page (keyset)."""
    user = current_user(request)
    query = read_query(request)
    wall = Image.objects.for_wall(user, search=query.words, mine=query.is_mine, trash=query.is_trash)
    rows = list((wall.filter(pk__lt=query.before) if query.before else wall)[: PAGE + 1])
    context = {
        "sections": build_sections(rows[:PAGE], request.GET.get("day", "") if query.before else ""),
        "search": query.words,
        "show": query.show,
        "next_url": next_page_url(request, rows[PAGE - 1]) if len(rows) > PAGE else "",
        "is_empty": not rows,
    }
    is_next_page = bool(request.htmx and query.before)
    response = render(request, "library/page.html#next" if is_next_page else "library/page.html", context)
    response["Vary"] = "HX-Request"
    return response


@require_GET
def pick(request: HttpRequest) -> HttpResponse:
    """Stored pictures to choose a reference from: the team's and one's own uploads, newest first, `?q=` searches."""
    query = read_query(request)
    rows = Image.objects.for_picking(current_user(request), search=query.words)[:PICKED]
    return render(request, "_library_pick.html", {"pictures": rows, "search": query.words})


@dataclass(frozen=True, kw_only=True)
class Query:
    """What a list was asked for; shared by the library and the history."""

    words: str
    show: str
    before: int | None

    @property
    def is_mine(self) -> bool:
        return self.show == "mine"

    @property
    def is_trash(self) -> bool:
        return self.show == "trash"


def read_query(request: HttpRequest) -> Query:
    before = request.GET.get("before", "")
    show = request.GET.get("show", "")
    return Query(
        words=request.GET.get("q", "").replace("\x00", "").strip()[:500],
        show=show if show in ("mine", "trash") else "",
        before=int(before) if before.isdecimal() and len(before) < 19 else None,
    )


def next_page_url(request: HttpRequest, last: Image) -> str:
    query = request.GET.copy()
    query["before"] = str(last.pk)
    query["day"] = timezone.localtime(last.created_at).date().isoformat()
    return f"{request.path}?{query.urlencode()}"


def build_sections(rows: Sequence[Image], continued_day: str) -> list[Section]:
    sections: list[Section] = []
    for image in rows:
        day = timezone.localtime(image.created_at).date()
        if not sections or sections[-1].day != day:
            is_continued = not sections and day.isoformat() == continued_day
            sections.append(Section(day=day, title=day_title(day), tiles=[], is_continued=is_continued))
        sections[-1].tiles.append(build_wall_tile(image))
    return sections


def build_wall_tile(image: Image) -> WallTile:
    generation = image.generation
    return WallTile(
        url=image.get_absolute_url(),
        thumbnail_url=image.thumbnail_of(640 if image.ratio > 2 else 320),
        srcset=image.srcset,
        width=image.width,
        height=image.height,
        ratio=round(image.ratio, 4),
        colour=image.colour,
        prompt=shorten(generation.prompt, 200) if generation else "Uploaded picture",
        model_name=generation.model_name if generation else "",
        owner_name=image.owner.display_name if image.owner else owner_name(generation) if generation else "",
        initials=image.owner.initials if image.owner else "",
        is_private=image.visibility == Visibility.PRIVATE,
        is_simulated=image.is_simulated,
    )


def day_title(day: date) -> str:
    today = timezone.localdate()
    if (today - day).days in (0, 1):
        return "Today" if day == today else "Yesterday"
    return f"{day:%A} {day.day} {day:%B}" if day.year == today.year else f"{day.day} {day:%B %Y}"
