"""What gateways list, held against our models: shown first, taken over model by model or as a whole."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.urls import reverse
from django.utils import timezone
from django.views.decorators.http import require_GET, require_POST

from gallery.admin import key_tests
from gallery.admin.model_access import administrator, page_url
from gallery.gateway import errors
from gallery.models import Gateway, ImageModel, ModelListing
from gallery.services import differences, gateways, listings
from gallery.services.differences import BACK, CHANGED, GONE, NEW, Difference

TITLES = (
    (
        NEW,
        "New there",
        "With a form of its own once taken over: what the gateway tells of its parameters, else what its kind takes.",
    ),
    (
        CHANGED,
        "Changed there",
        "Values and limits become the gateway’s; labels, notes and defaults stay yours where they still hold.",
    ),
    (
        GONE,
        "Gone there",
        "Taken over, they are no longer offered. What was made with them stays, and so does their history.",
    ),
    (BACK, "There again", "They were gone and are not offered now. Taken over, they are offered again."),
)
UNITS = {"usd": "${}", "points": "{} points"}


@dataclass(frozen=True, kw_only=True)
class Row:
    """`knobs` are what a new one's form has; `words` plain differences beside those of the spec."""

    one: Difference
    knobs: Sequence[str] = ()
    words: Sequence[str] = ()
    url: str = ""
    is_chosen: bool = True

    @property
    def is_default(self) -> bool:
        return self.one.image_model is not None and self.one.image_model.is_default


@dataclass(frozen=True, kw_only=True)
class Group:
    kind: str
    title: str
    help: str
    rows: Sequence[Row]

    @property
    def is_plain(self) -> bool:
        """Whether there is nothing to say of its rows but their names."""
        return self.kind in (GONE, BACK)


@require_GET
def overview(request: HttpRequest) -> HttpResponse:
    """Every gateway with what its last list differs in."""
    lines = []
    for gateway in Gateway.objects.for_admin():
        listing = ModelListing.objects.filter(gateway=gateway).first()
        found = differences.find_differences(gateway, listings.entries_of(listing)) if listing else []
        counts = [(title.lower(), sum(one.kind == kind for one in found)) for kind, title, _ in TITLES]
        lines.append(
            {
                "gateway": gateway,
                "listing": listing,
                "counts": [f"{count} {words}" for words, count in counts if count],
                "ours": ImageModel.objects.filter(gateway=gateway).count(),
                "is_simulated": gateways.is_simulated(gateway),
                "url": sync_url(gateway),
                "read_url": sync_url(gateway, "read"),
            }
        )
    return render(request, "model_sync/overview.html", {"lines": lines})


@require_GET
def show(request: HttpRequest, slug: str) -> HttpResponse:
    gateway = get_object_or_404(Gateway, slug=slug)
    listing = ModelListing.objects.filter(gateway=gateway).first()
    listed = listings.entries_of(listing) if listing else []
    found = differences.find_differences(gateway, listed) if listing else []
    context = {
        "gateway": gateway,
        "listing": listing,
        "read_at": stamp(listing) if listing else "",
        "groups": build_groups(found),
        "same": len(listings.hold(gateway, listed).available) - sum(one.kind in (CHANGED, BACK) for one in found),
        "withdrawn": ImageModel.objects.filter(gateway=gateway, is_available=False, is_enabled=False),
        "is_simulated": gateways.is_simulated(gateway),
        "has_changed": any(one.kind == CHANGED for one in found),
        "read_url": sync_url(gateway, "read"),
        "accept_url": sync_url(gateway, "accept"),
        "gateway_url": reverse("admin:gallery_gateway_change", args=[gateway.pk]),
    }
    return render(request, "model_sync/page.html", context)


@require_POST
def read(request: HttpRequest, slug: str) -> HttpResponse:
    """Ask the gateway now."""
    gateway = get_object_or_404(Gateway, slug=slug)
    read_into_messages(request, gateway)
    return redirect(sync_url(gateway))


def read_into_messages(request: HttpRequest, gateway: Gateway) -> None:
    if not key_tests.may_ask(gateway, "lists"):
        messages.warning(request, f"{gateway.name} was asked a lot just now. Wait a minute, then ask it again.")
        return
    try:
        listing = listings.read_listing(gateway)
    except errors.GatewayError as problem:
        messages.error(request, f"{gateway.name}: {problem.sentence}")
        return
    messages.success(request, f"{gateway.name}: {listing.sentence}")


@require_POST
def accept(request: HttpRequest, slug: str) -> HttpResponse:
    """Take over what was chosen of what was shown: a list that was read anew meanwhile is shown first."""
    gateway = get_object_or_404(Gateway, slug=slug)
    listing = get_object_or_404(ModelListing, gateway=gateway)
    chosen = None if "all" in request.POST else set(request.POST.getlist("model"))
    if request.POST.get("read_at") != stamp(listing):
        messages.warning(
            request, "The list was read again meanwhile. This is what differs now; nothing was taken over."
        )
    elif chosen is not None and not chosen:
        messages.info(request, "Nothing was chosen.")
    elif "keep" in request.POST:
        listed = listings.entries_of(listing)
        count = differences.keep_ours(gateway=gateway, listed=listed, model_ids=chosen or set())
        messages.success(request, f"{models_in_words(count)} as before, until the gateway changes again.")
    else:
        listed, author = listings.entries_of(listing), administrator(request)
        done = differences.accept_differences(gateway=gateway, listed=listed, model_ids=chosen, author=author)
        messages.success(request, f"{models_in_words(len(done))} taken over. Each has a version that says so.")
    return redirect(sync_url(gateway))


def models_in_words(count: int) -> str:
    return "1 model was" if count == 1 else f"{count} models were"


def sync_url(gateway: Gateway, page: str = "gateway") -> str:
    return reverse(f"admin:gallery_imagemodel_sync_{page}", args=[gateway.slug])


def stamp(listing: ModelListing) -> str:
    return listing.read_at.astimezone(timezone.get_default_timezone()).isoformat()


# Rows --------------------------------------------------------------------------------------------------------------


def build_groups(found: Sequence[Difference]) -> list[Group]:
    groups = [
        Group(kind=kind, title=title, help=words, rows=[build_row(one) for one in found if one.kind == kind])
        for kind, title, words in TITLES
    ]
    return [group for group in groups if group.rows]


def build_row(one: Difference) -> Row:
    if one.kind == NEW:
        return Row(one=one, knobs=knobs_of(one), words=new_in_words(one), is_chosen=one.is_sure)
    plain = differences.in_words(one)[len(one.spec) :] if one.kind == CHANGED else []
    url = page_url(one.image_model, "spec") if one.image_model else ""
    # A list may be short for once: what would be taken from people is chosen by hand.
    return Row(one=one, words=plain, url=url, is_chosen=one.kind != GONE)


def knobs_of(one: Difference) -> list[str]:
    return [parameter.get("label", parameter["name"]) for parameter in one.fields["parameters"]]


def new_in_words(one: Difference) -> list[str]:
    price: Any = one.fields.get("price")
    unit = UNITS[one.fields["price_unit"]]
    words = [unit.format(f"{price.normalize():f}") + " a picture"] if price is not None else []
    told = [f"{name.replace('_', ' ')} {amount}" for name, amount in one.listed.prices.items()] if one.listed else []
    return [*words, *told, *([] if one.is_sure else ["the gateway does not tell whether it makes pictures"])]
