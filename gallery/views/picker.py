"""The model picker: every model on offer as a card, found by words and by what it can do."""

from collections.abc import Sequence
from urllib.parse import urlencode

from django.http import HttpRequest, HttpResponse, QueryDict
from django.shortcuts import get_object_or_404, redirect, render
from django.urls import reverse
from django.views.decorators.http import require_http_methods, require_POST

from gallery.forms import GenerationForm
from gallery.models import Group, ImageModel, User
from gallery.services import cheapest, favourite_models
from gallery.services.axes import Recipe
from gallery.services.prices import Prices
from gallery.views.access import require_maker
from gallery.views.drafted import keep_draft
from gallery.views.htmx import HtmxRequest
from gallery.views.model_bargains import Bargains, build_bargains
from gallery.views.model_cards import CardMaker, Section, build_sections
from gallery.views.uploads import is_id, store_posted_files

# What models are narrowed by; the same words stand on their cards.
CAPABILITIES = (
    ("text", "From text"),
    ("image", "From image"),
    ("edit", "Edit"),
    ("references", "References"),
    ("vector", "Vector"),
    ("4k", "4K"),
    ("seed", "Seed"),
    ("negative_prompt", "Negative prompt"),
    ("lettering", "Text in image"),
    ("upscale", "Upscale"),
    ("analysis", "Analysis"),
)


@require_http_methods(["GET", "HEAD", "POST"])
def models(request: HtmxRequest) -> HttpResponse:
    """A posted form is the studio's: what stands in it is held against every model. `?q=` and `?can=` narrow on the server,
    for browsers without scripts; the page's script does the same as one types."""
    user = require_maker(request)
    if request.method == "POST" and not request.htmx:
        return keep_and_choose(request)
    group = group_chosen(request, user)
    rows = list(group.usable(ImageModel.objects.for_picker()) if group else ImageModel.objects.for_picker())
    words, able = request.GET.get("q", "").lower().split(), request.GET.getlist("can")
    key = request.POST.get("model", "") or request.GET.get("current", "")
    current = next((row for row in rows if row.full_id == key), None)
    prices = Prices(rows)
    cards = CardMaker(rows, prices, user, current=key, labels=CAPABILITIES)
    shown = [row for row in rows if cards.matches(row, words, able)]
    sections = build_sections(cards, shown, user) if not words and not able else [Section(cards=cards.make(shown))]
    context = {
        "sections": sections,
        "count": len(shown),
        "group": group,
        "capabilities": capability_links(request.GET.get("q", ""), able),
        "search": request.GET.get("q", ""),
        "able": able,
        "query": request.GET.urlencode(),
        "bargains": find_bargains(request, current, rows, prices, user) if current else None,
    }
    response = render(request, "models/page.html#picker" if request.htmx else "models/page.html", context)
    response["Vary"] = "HX-Request"
    return response


def keep_and_choose(request: HtmxRequest) -> HttpResponse:
    """Without a script the draft keeps the posted form; the model that is chosen next takes it over."""
    image_model = ImageModel.objects.named(request.POST.get("model", "")).select_related("gateway").first()
    if image_model is None:
        return redirect("models")
    data, _ = store_posted_files(request, image_model, require_maker(request))
    keep_draft(request, image_model, data)
    return redirect(f"{reverse('models')}?{urlencode({'current': image_model.full_id})}")


def group_chosen(request: HttpRequest, user: User) -> Group | None:
    """For whom the posted form is, else for whom one worked last."""
    return group_in(request.POST, user)


def group_in(data: QueryDict, user: User) -> Group | None:
    if "group" not in data:
        return Group.objects.first_for(user)
    key = str(data["group"])
    return Group.objects.of_person(user).filter(pk=key).first() if is_id(key) else None


@require_POST
def favourite(request: HtmxRequest, model_key: int) -> HttpResponse:
    """Star a model or take the star away."""
    user = require_maker(request)
    image_model = get_object_or_404(ImageModel.objects.offered(), pk=model_key)
    is_favourite = request.POST.get("favourite") == "1"
    favourite_models.set_favourite(user=user, image_model=image_model, is_favourite=is_favourite)
    if not request.htmx:
        query = request.POST.get("query", "")
        return redirect(f"{reverse('models')}?{query}" if query else "models")
    card = {"id": image_model.pk, "name": image_model.name, "is_favourite": is_favourite}
    return render(request, "models/_star.html", {"card": card, "query": request.POST.get("query", "")})


def find_bargains(
    request: HtmxRequest, current: ImageModel, rows: Sequence[ImageModel], prices: Prices, user: User
) -> Bargains:
    """What the posted form holds, or where none was posted its model as it opens, done by others for less."""
    form = GenerationForm(request.POST or None, image_model=current, user=user)
    form.is_valid()
    recipe = Recipe(
        image_model=current,
        prompt=str(form["prompt"].value() or ""),
        parameters=form.standing,
        inputs={name: list(images) for name, images in form.given.items()},
    )
    return build_bargains(cheapest.find_cheapest(recipe, rows, prices), recipe)


def capability_links(search: str, able: Sequence[str]) -> list[dict[str, object]]:
    """Each filter with the address that turns it on or off."""
    links = []
    for slug, label in CAPABILITIES:
        is_on = slug in able
        others = [other for other in able if other != slug]
        query = "&".join(f"can={word}" for word in (others if is_on else [*others, slug]))
        links.append({"slug": slug, "label": label, "is_on": is_on, "query": query})
    return links
