"""What a share link shows: the pictures and what its owner allows. No names, no marks, no costs, nothing else of the house."""

import re
from dataclasses import dataclass

from django.http import HttpRequest, HttpResponse
from django.shortcuts import render

from gallery.models import Image, Share
from gallery.views.share_door import Visit, count_view, for_visitors
from gallery.views.tiles import shorten

PAGE = 100
MOST_COUNTED = 1000
PLACE = re.compile(r"(-?[0-9]{1,18})\.([0-9]{1,18})\Z")


@dataclass(frozen=True, kw_only=True)
class SharedTile:
    """A picture as a tile, or large. `prompt` and `model_name` are empty where they are not shown."""

    id: int
    url: str
    thumbnail_url: str
    preview_url: str
    srcset: str
    width: int
    height: int
    ratio: float
    colour: str
    alt: str
    prompt: str
    model_name: str
    download_url: str


@for_visitors
def share(request: HttpRequest, visit: Visit) -> HttpResponse:
    """`?after=<key>.<id>` is the next page (keyset). A link to one picture shows it large at once."""
    if is_of_one(visit.share):
        image = visit.share.pictures().first()
        response = show_picture(request, visit, image) if image else show_nothing(request, visit)
    else:
        response = show_pictures(request, visit)
    count_view(request, response, visit)
    return response


@for_visitors
def picture(request: HttpRequest, visit: Visit, image_id: int) -> HttpResponse:
    image = visit.share.pictures().filter(pk=image_id).first()
    if image is None:
        return render(request, "share/gone.html", {"way_back": visit.path}, status=404)
    return show_picture(request, visit, image)


def is_of_one(share: Share) -> bool:
    return share.board_id is None and share.items.count() == 1


def show_nothing(request: HttpRequest, visit: Visit) -> HttpResponse:
    return render(request, "share/page.html", {"title": title_of(visit.share), "path": visit.path})


def show_pictures(request: HttpRequest, visit: Visit) -> HttpResponse:
    place = PLACE.match(request.GET.get("after", ""))
    rows = visit.share.pictures_after(int(place[1]), int(place[2])) if place else visit.share.pictures()
    found = list(rows[: PAGE + 1])
    last = found[PAGE - 1] if len(found) > PAGE else None
    count = visit.share.pictures()[: MOST_COUNTED + 1].count()
    context = {
        "title": title_of(visit.share),
        "path": visit.path,
        "tiles": [build_tile(image, visit) for image in found[:PAGE]],
        "count": in_words(count),
        # What the lightbox counts to; on a page of its own it walks through that page alone.
        "total": min(count, MOST_COUNTED) if place is None else 0,
        "goes_on": count > MOST_COUNTED,
        "is_first": place is None,
        "next_url": f"{visit.path}?after={last.share_key}.{last.pk}" if last else "",  # type: ignore[attr-defined]
        "allows_download": visit.share.allows_download,
        "is_simulated": any(image.is_simulated for image in found),
    }
    return render(request, "share/page.html", context)


def show_picture(request: HttpRequest, visit: Visit, image: Image) -> HttpResponse:
    key: int = image.share_key  # type: ignore[attr-defined]
    is_alone = is_of_one(visit.share)
    previous = None if is_alone else visit.share.pictures_before(key, image.pk).first()
    following = None if is_alone else visit.share.pictures_after(key, image.pk).first()
    context = {
        "title": title_of(visit.share),
        "path": "" if is_alone else visit.path,
        "tile": build_tile(image, visit),
        "previous_url": f"{visit.path}{previous.pk}/" if previous else "",
        "next_url": f"{visit.path}{following.pk}/" if following else "",
        "is_simulated": image.is_simulated,
    }
    return render(request, "share/picture.html", context)


def title_of(share: Share) -> str:
    return share.title or (share.board.name if share.board else "")


def in_words(count: int) -> str:
    if count > MOST_COUNTED:
        return f"more than {MOST_COUNTED:,} pictures"
    return "1 picture" if count == 1 else f"{count:,} pictures"


def build_tile(image: Image, visit: Visit) -> SharedTile:
    media = f"{visit.path}media/{image.pk}/"
    widths = image.thumbnail_widths
    generation = image.generation if visit.share.shows_prompts else None
    return SharedTile(
        id=image.pk,
        url=f"{visit.path}{image.pk}/",
        thumbnail_url=media
        + str(next((width for width in widths if width >= 640), widths[-1] if widths else "original")),
        preview_url=media + str(widths[-1] if widths else "original"),
        srcset=", ".join(f"{media}{width} {min(width, image.width)}w" for width in widths),
        width=image.width,
        height=image.height,
        ratio=round(image.ratio, 4),
        colour=image.colour,
        alt=shorten(generation.prompt, 200) if generation and generation.prompt else "Picture",
        prompt=generation.prompt if generation else "",
        model_name=generation.model_name if generation else "",
        download_url=f"{visit.path}download/{image.pk}/" if visit.share.allows_download else "",
    )
