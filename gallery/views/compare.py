"""Two to four pictures beside each other, and what differs in how they were made."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import render
from django.urls import reverse
from django.views.decorators.http import require_GET

from gallery.models import Generation, Image, Mark, User
from gallery.services import generations
from gallery.views.access import current_user
from gallery.views.differences import tell_apart
from gallery.views.generations import cost_in_words, inputs_shown, settings_rows, took
from gallery.views.tiles import edit_url, owner_name, shorten

FEWEST = 2
MOST = 4
NUMBERS = ("none", "one", "two", "three", "four")


@dataclass(frozen=True, kw_only=True)
class View:
    """One picture of a comparison. `without_url` is the page without it, `first_url` the page with it in front."""

    number: int
    image_id: int
    preview_url: str
    original_url: str
    preview_width: int
    width: int
    height: int
    colour: str
    alt: str
    model_name: str
    owner_name: str
    page_url: str
    edit_url: str
    mark_url: str
    is_circled: bool
    without_url: str
    first_url: str


@require_GET
def compare(request: HttpRequest) -> HttpResponse:
    user = current_user(request)
    ids = read_ids(request)
    if not FEWEST <= len(ids) <= MOST:
        return render(request, "compare/page.html", {"views": [], "asked": len(ids)}, status=422)
    found = {image.pk: image for image in Image.objects.for_page(user).kept().filter(pk__in=ids)}
    pictures = [found[pk] for pk in ids if pk in found]
    if len(pictures) < FEWEST:
        raise Http404
    differing, same = tell_apart([recipe_of(image) for image in pictures])
    context = {
        "views": build_views(pictures, user),
        "left_out": left_out(len(ids) - len(pictures)),
        "differing": differing,
        "same": same,
        "made_from": made_from(pictures, user),
        "is_grid": len(pictures) == MOST and all(image.ratio > 0.8 for image in pictures),
        "address": request.get_full_path(),
    }
    return render(request, "compare/page.html", context)


def read_ids(request: HttpRequest) -> list[int]:
    """`images` by comma or repeated, each once, in the order given."""
    words = [word.strip() for value in request.GET.getlist("images") for word in value.split(",")]
    return list(dict.fromkeys(int(word) for word in words if word.isascii() and word.isdecimal() and len(word) < 19))


def left_out(count: int) -> str:
    if not count:
        return ""
    if count == 1:
        return "One picture is left out: it was thrown away, or it is somebody’s own."
    return f"{NUMBERS[count].capitalize()} pictures are left out: they were thrown away, or they are somebody’s own."


def build_views(pictures: Sequence[Image], user: User) -> list[View]:
    ids = [image.pk for image in pictures]
    marks = Mark.objects.of_images(user, ids)
    return [
        build_view(image, number, ids, is_circled=image.pk in marks and marks[image.pk].is_favourite)
        for number, image in enumerate(pictures, 1)
    ]


def build_view(image: Image, number: int, ids: Sequence[int], *, is_circled: bool) -> View:
    generation = image.generation
    others = [pk for pk in ids if pk != image.pk]
    nominal = max((width for width in image.thumbnail_widths if width <= 1280), default=image.width)
    return View(
        number=number,
        image_id=image.pk,
        preview_url=image.thumbnail_of(1280),
        original_url=image.media_url(),
        preview_width=min(nominal, image.width),
        width=image.width,
        height=image.height,
        colour=image.colour,
        alt=shorten(generation.prompt, 200) if generation and generation.prompt else "Picture",
        model_name=generation.model_name if generation else image.get_source_display(),
        owner_name=person_of(image),
        page_url=image.get_absolute_url(),
        edit_url=edit_url(generation) if generation else "",
        mark_url=f"{image.get_absolute_url()}mark/",
        is_circled=is_circled,
        without_url=compare_url(others) if len(others) >= FEWEST else "",
        first_url=compare_url([image.pk, *others]) if number > 1 else "",
    )


def compare_url(ids: Sequence[int]) -> str:
    return f"{reverse('compare')}?images={','.join(map(str, ids))}"


def person_of(image: Image) -> str:
    if image.owner:
        return image.owner.display_name
    return owner_name(image.generation) if image.generation else "Somebody who left"


# The recipe ---------------------------------------------------------------------------------------------------------


def recipe_of(image: Image) -> dict[str, str]:
    """Everything that made a picture, as label and words; "" where it is not known."""
    made = run_recipe(image.generation) if image.generation else {"Model": image.get_source_display()}
    return {**made, "Pixels": f"{image.width} × {image.height}", "Person": person_of(image)}


def run_recipe(generation: Generation) -> dict[str, str]:
    settings: dict[str, str] = {}
    for row in settings_rows(generation, set(generations.inputs_of(generation))):
        label = row["label"] if row["label"] not in settings else f"{row['label']} ({len(settings) + 1})"
        settings[label] = f"{row['value']} (not used)" if row["is_ignored"] else row["value"]
    return {
        "Prompt": generation.prompt,
        "Rewritten by the model": generation.revised_prompt,
        "Model": generation.model_name,
        "Gateway": generation.gateway.name if generation.gateway else generation.gateway_slug,
        **settings,
        "Cost": cost_in_words(generation),
        "Took": took(generation),
    }


def made_from(pictures: Sequence[Image], user: User) -> list[dict[str, Any]]:
    """The pictures that went into each, as far as this person may see them; nothing where they are the same."""
    given = [generations.inputs_of(image.generation) if image.generation else {} for image in pictures]
    keys = {tuple(image.pk for images in inputs.values() for image in images) for inputs in given}
    if len(keys) == 1:
        return []
    cells = []
    for inputs in given:
        shown = inputs_shown(inputs, user)
        cells.append({"shown": shown, "hidden": sum(map(len, inputs.values())) - len(shown)})
    return cells
