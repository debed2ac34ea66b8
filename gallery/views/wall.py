"""The wall of any page: its first sections with the page, all others as a list of heights and then one by one."""

from collections.abc import Sequence
from dataclasses import dataclass
from itertools import islice
from typing import Any
from urllib.parse import urlencode

from django.http import HttpRequest, HttpResponse, JsonResponse
from django.shortcuts import render
from django.views.decorators.cache import cache_control
from django.views.decorators.http import conditional_page, require_GET

from gallery.models import Image, User, WallQuery
from gallery.views.access import current_user
from gallery.views.wall_days import find_periods
from gallery.views.wall_layout import LEAST_ACROSS, MOST_ACROSS, Layout, Section, cut_sections
from gallery.views.wall_tiles import TileMaker, WallSection, key_of

PAGE = 100
# A section never has more than 200; until it is read, some may have come back from the trash.
MOST_TILES = 240
MOST_FOUND = 50_000
MOST_IDS = 5_000
CHUNK = 5_000
LIGHT = ("wall_key", "width", "height")
LightRow = tuple[int, int, int]
ACROSS, ACROSS_ON_PHONES = 6, 3


@dataclass(frozen=True, kw_only=True)
class Wall:
    """What `_wall.html` prints. The URLs of neighbours are keyset pages for browsers without scripts."""

    query: str
    across: int
    is_square: bool
    sections: list[WallSection]
    newer_url: str
    older_url: str

    @property
    def layout(self) -> str:
        return "square" if self.is_square else "rows"


def build_wall(request: HttpRequest, user: User, query: WallQuery) -> Wall:
    """About a hundred pictures: the newest ones, those after `?before=<key>`, or the ones just above `?after=<key>`."""
    layout = read_layout(request)
    before, after = read_key(request, "before"), read_key(request, "after")
    if before is None and after is not None:
        found = read_above(user, query, after)
        cut = list(cut_sections(found[-PAGE:], find_periods(query), layout))
        has_newer, has_older = len(found) > PAGE, True
    else:
        found = read_below(user, query, before)
        cut = first_sections(list(cut_sections(found, find_periods(query), layout)), of=len(found))
        has_newer, has_older = before is not None, len(found) > sum(section.count for section in cut)
    built = build_sections(cut, user, query, layout)
    return Wall(
        query=query.encode(),
        across=layout.across,
        is_square=layout.is_square,
        sections=built,
        newer_url=page_url(query, "after", built[0].first) if built and has_newer else "",
        older_url=page_url(query, "before", built[-1].last) if built and has_older else "",
    )


def read_above(user: User, query: WallQuery, key: int) -> list[LightRow]:
    rows = Image.objects.for_wall(user, query, gt=key).values_list(*LIGHT)
    return list(rows.reverse()[: PAGE + 1])[::-1]


def read_below(user: User, query: WallQuery, key: int | None) -> list[LightRow]:
    """Enough to know where the first sections end."""
    within = {} if key is None else {"lt": key}
    return list(Image.objects.for_wall(user, query, **within).values_list(*LIGHT)[: 2 * PAGE + 1])


def first_sections(sections: Sequence[Section], *, of: int) -> list[Section]:
    """Whole sections up to a page; the last one of what was read may go on, so it counts only when all was read."""
    taken: list[Section] = []
    for section in sections if of <= 2 * PAGE else sections[:-1]:
        if taken and sum(each.count for each in taken) + section.count > PAGE:
            break
        taken.append(section)
    return taken


def build_sections(sections: Sequence[Section], user: User, query: WallQuery, layout: Layout) -> list[WallSection]:
    """All of their pictures, marks and stack sizes are read together."""
    if not sections:
        return []
    rows = Image.objects.for_wall(user, query, lte=sections[0].first, gte=sections[-1].last)
    images = list(rows[: sum(section.count for section in sections)])
    maker = TileMaker.about(images, user, query, layout)
    rest = iter(images)
    parts = [(section.title, list(islice(rest, section.count))) for section in sections]
    return [maker.section(part, title) for title, part in parts if part]


@require_GET
@conditional_page
@cache_control(private=True, no_cache=True)
def sections(request: HttpRequest) -> HttpResponse:
    """Every section of a wall with the numbers its height follows from. A narrowed wall tells of 50,000 pictures at a time:
    it goes on with `?before=<more>`, which the page asks by itself."""
    user = current_user(request)
    query = WallQuery.read(request.GET)
    before = read_key(request, "before")
    rows = Image.objects.for_wall(user, query, **({} if before is None else {"lt": before})).values_list(*LIGHT)
    is_whole = not query.changed(show="", stacks="").pairs()
    pictures = rows.iterator(CHUNK) if is_whole else iter(rows[:MOST_FOUND])
    found = list(cut_sections(pictures, find_periods(query), read_layout(request)))
    total = sum(section.count for section in found)
    answer = {
        "total": total,
        "pictures": count_pictures(user, query) if before is None else None,
        "more": found[-1].last if total == MOST_FOUND and not is_whole else None,
        "sections": [values_of(section) for section in found],
    }
    return JsonResponse(answer, json_dumps_params={"separators": (",", ":")})


def count_pictures(user: User, query: WallQuery) -> int | None:
    """What stacks stand for, all together; None where every picture hangs by itself."""
    return Image.objects.for_wall(user, query.changed(stacks="off")).count() if query.is_stacked else None


@require_GET
@conditional_page
@cache_control(private=True, no_cache=True)
def section(request: HttpRequest) -> HttpResponse:
    """The rows of a section, `?first=` and `?last=` being its highest and lowest key; both repeated for some that follow each
    other. What has no picture any more is left out."""
    user = current_user(request)
    query = WallQuery.read(request.GET)
    bounds = list(zip(read_keys(request, "first"), read_keys(request, "last"), strict=False))
    if not bounds:
        return HttpResponse("A section goes from ?first=<key> to ?last=<key>.", status=422, content_type="text/plain")
    layout = read_layout(request)
    rows = Image.objects.for_wall(user, query, lte=max(bounds)[0], gte=min(last for _, last in bounds))
    images = list(rows[:MOST_TILES])
    maker = TileMaker.about(images, user, query, layout)
    parts = [[image for image in images if last <= key_of(image) <= first] for first, last in bounds]
    return render(request, "_wall.html#sections", {"sections": [maker.section(part) for part in parts if part]})


@require_GET
def ids(request: HttpRequest) -> HttpResponse:
    """Ids of at most 5,000 pictures of a wall in its order, within `?first=` and `?last=` where they are given."""
    user = current_user(request)
    query = WallQuery.read(request.GET)
    bounds = {"lte": read_key(request, "first"), "gte": read_key(request, "last")}
    within = {lookup: key for lookup, key in bounds.items() if key is not None}
    rows = Image.objects.for_wall(user, query, **within).values_list("pk", flat=True)
    return JsonResponse({"ids": list(rows[:MOST_IDS])})


def values_of(section: Section) -> list[Any]:
    """In this order: title, month, first and last key, count, A, B, rows."""
    return [
        section.title, section.month, section.first, section.last, section.count, section.a, section.b, section.rows
    ]  # fmt: skip


def read_layout(request: HttpRequest) -> Layout:
    """What the URL says, else what the person chose in this browser, else what suits its screen."""
    said = request.GET.get("across") or request.COOKIES.get("across", "")
    layout = request.GET.get("layout") or request.COOKIES.get("layout", "")
    across = int(said) if said.isascii() and said.isdecimal() and len(said) < 3 else 0
    if not LEAST_ACROSS <= across <= MOST_ACROSS:
        across = ACROSS_ON_PHONES if is_phone(request) else ACROSS
    return Layout(across=across, is_square=layout == "square")


def is_phone(request: HttpRequest) -> bool:
    return "Mobi" in request.headers.get("User-Agent", "")


def read_keys(request: HttpRequest, name: str) -> list[int]:
    return [int(said) for said in request.GET.getlist(name)[:MOST_TILES] if is_key(said)]


def is_key(said: str) -> bool:
    digits = said.removeprefix("-")
    return digits.isascii() and digits.isdecimal() and len(digits) < 19


def read_key(request: HttpRequest, name: str) -> int | None:
    said = request.GET.get(name, "")
    return int(said) if is_key(said) else None


def page_url(query: WallQuery, name: str, key: int) -> str:
    return "?" + urlencode([*query.pairs(), (name, key)])
