"""The history: every generation of the team, failed ones too, searchable."""

from dataclasses import dataclass

from django.http import HttpResponse
from django.shortcuts import render
from django.views.decorators.http import require_GET

from gallery.models import Generation, User, Visibility
from gallery.models.generations import Status
from gallery.views.access import current_user
from gallery.views.generations import cost_in_words, took
from gallery.views.htmx import HtmxRequest
from gallery.views.library import read_query
from gallery.views.tiles import Tile, age, may_show, owner_name, picture_tile, shorten

PAGE = 50
SHOWN = 3


@dataclass(frozen=True, kw_only=True)
class Line:
    """One generation as the list shows it."""

    url: str
    prompt: str
    model_name: str
    owner_name: str
    script: str
    age: str
    took: str
    cost: str
    status: str
    status_label: str
    sentence: str
    is_private: bool
    is_simulated: bool
    pictures: list[Tile]
    more_pictures: int


@require_GET
def history(request: HtmxRequest) -> HttpResponse:
    """`?q=` searches, `?show=mine` and `?status=` narrow, `?before=<id>` is the next page (keyset)."""
    user = current_user(request)
    query = read_query(request)
    status = request.GET.get("status", "")
    rows = Generation.objects.for_history(user, search=query.words, mine=query.is_mine, status=status)
    page = list((rows.filter(pk__lt=query.before) if query.before else rows)[: PAGE + 1])
    following = request.GET.copy()
    following["before"] = str(page[PAGE - 1].pk) if len(page) > PAGE else ""
    context = {
        "lines": [build_line(row, user) for row in page[:PAGE]],
        "search": query.words,
        "show": query.show,
        "status": status if status in Status.values else "",
        "statuses": Status.choices,
        "next_url": f"{request.path}?{following.urlencode()}" if len(page) > PAGE else "",
        "is_filtered": bool(query.words or query.show or status),
    }
    is_next_page = bool(request.htmx and query.before)
    response = render(request, "history/page.html#next" if is_next_page else "history/page.html", context)
    response["Vary"] = "HX-Request"
    return response


def build_line(generation: Generation, user: User) -> Line:
    pictures = [image for image in generation.images.all() if image.deleted_at is None and may_show(image, user)]
    pictures.sort(key=lambda image: image.position)
    return Line(
        url=f"/generations/{generation.pk}/",
        prompt=shorten(generation.prompt, 300),
        model_name=generation.model_name,
        owner_name=owner_name(generation),
        script=generation.script,
        age=age(generation.created_at),
        took=took(generation),
        cost=cost_in_words(generation),
        status=generation.status,
        status_label=generation.get_status_display(),
        sentence=generation.error_sentence,
        is_private=generation.visibility == Visibility.PRIVATE,
        is_simulated=generation.is_simulated,
        pictures=[picture_tile(image, generation.prompt) for image in pictures[:SHOWN]],
        more_pictures=max(len(pictures) - SHOWN, 0),
    )
