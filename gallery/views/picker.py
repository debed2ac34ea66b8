"""The model picker: every model on offer as a card, found by words and by what it can do."""

from collections.abc import Sequence
from dataclasses import dataclass

from django.http import HttpResponse
from django.shortcuts import render
from django.views.decorators.http import require_GET

from gallery.models import Generation, Image, ImageModel, User
from gallery.views.access import current_user
from gallery.views.htmx import HtmxRequest
from gallery.views.tiles import Medians, colour_of_words

CAPABILITIES = (
    ("text", "From text"),
    ("image", "From image"),
    ("edit", "Edit"),
    ("upscale", "Upscale"),
    ("vector", "Vector"),
    ("lettering", "Text in image"),
    ("4k", "4K"),
    ("seed", "Seed"),
    ("analysis", "Analysis"),
)


@dataclass(frozen=True, kw_only=True)
class Card:
    """A model as the picker shows it. `colours` make a swatch for a model without pictures yet."""

    full_id: str
    name: str
    badges: list[str]
    capabilities: str
    search_text: str
    typical_seconds: float | None
    sample_url: str
    colours: tuple[str, str]
    is_current: bool


@require_GET
def models(request: HtmxRequest) -> HttpResponse:
    """`?q=` and `?can=` narrow on the server, for browsers without scripts; the page's script does the same as one types."""
    words = request.GET.get("q", "").lower().split()
    capability = request.GET.get("can", "")
    current = request.GET.get("current", "")
    rows = list(ImageModel.objects.for_picker())
    samples = newest_pictures(rows, current_user(request))
    medians = Medians()
    cards = [build_card(row, samples.get(row.pk), medians.of(row), current) for row in rows]
    context = {
        "cards": [card for card in cards if matches(card, words, capability)],
        "capabilities": CAPABILITIES,
        "search": request.GET.get("q", ""),
        "can": capability,
    }
    return render(request, "models/page.html#picker" if request.htmx else "models/page.html", context)


def matches(card: Card, words: list[str], capability: str) -> bool:
    is_able = not capability or capability in card.capabilities.split()
    return is_able and all(word in card.search_text for word in words)


def newest_pictures(rows: Sequence[ImageModel], user: User) -> dict[int, Image]:
    """A picture of each model's newest run that this person may see, by the model's key: two queries, by an index."""
    newest = Generation.objects.newest_of_models(rows, user)
    images = Image.objects.visible_to(user).kept().filter(generation__in=list(newest)).order_by("-position")
    return {newest[image.generation_id]: image for image in images if image.generation_id in newest}


def newest_picture(image_model: ImageModel, user: User) -> Image | None:
    return newest_pictures([image_model], user).get(image_model.pk)


def swatch(image_model: ImageModel) -> tuple[str, str]:
    """Two neighbouring colours that are this model's own, until it has a picture to show."""
    return colour_of_words(image_model.name), colour_of_words(image_model.name, turn=0.22)


def build_card(row: ImageModel, sample: Image | None, seconds: float | None, current: str) -> Card:
    labels = [label for key, label in CAPABILITIES if key in row.capabilities]
    words = [row.name, row.full_id, row.family, row.description, *row.badges, *labels, *row.capabilities]
    return Card(
        full_id=row.full_id,
        name=row.name,
        badges=row.badges,
        capabilities=" ".join(row.capabilities),
        search_text=" ".join(words).lower(),
        typical_seconds=seconds,
        sample_url=sample.thumbnail_url if sample else "",
        colours=swatch(row),
        is_current=row.full_id == current,
    )
