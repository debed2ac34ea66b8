"""What a gateway itself says it offers: asked for, kept as it was told, and our models marked by it."""

from collections.abc import Sequence
from dataclasses import asdict, dataclass, replace
from typing import Any

from django.db import transaction
from django.utils import timezone

from gallery.gateway import client, errors
from gallery.gateway.dialects import DIALECTS
from gallery.gateway.messages import ListedModel
from gallery.models import Gateway, ImageModel, ModelListing
from gallery.services import gateways

NO_SETTINGS = "{} did not tell the parameters of its models this time: values were not compared."


@dataclass(frozen=True, kw_only=True)
class Listing:
    """Model ids: ours that the gateway lists, ours that it does not, those added by hand that it never listed, and those it
    lists that we have no spec for."""

    available: list[str]
    missing: list[str]
    by_hand: list[str]
    new: list[str]

    @property
    def sentence(self) -> str:
        words = f"{len(self.available)} of our models are there"
        if self.missing:
            words += f", {len(self.missing)} are not: {', '.join(self.missing[:12])}"
        if self.by_hand:
            words += f", {len(self.by_hand)} added by hand never {'was' if len(self.by_hand) == 1 else 'were'}"
        others = "1 other is" if len(self.new) == 1 else f"{len(self.new)} others are"
        return f"{words}. {others} listed."


def ask(gateway: Gateway) -> list[ListedModel]:
    """The gateway's own list; the sandbox's without its invented prices. Raises GatewayError: an empty list too says nothing
    of what is there."""
    access = gateways.access_to(gateway)
    listed = list(client.list_models(access.connection))
    if access.connection.is_sandbox:
        listed = [replace(model, prices={}) for model in listed]
    if not listed:
        raise errors.AnswerUnreadable("The gateway’s list is empty, so nothing was held against it. Ask again later.")
    return listed


def read_listing(gateway: Gateway) -> Listing:
    """Ask the gateway for its list, keep it, and mark our models by it. Raises GatewayError, and then nothing is changed."""
    listed = ask(gateway)
    with transaction.atomic():
        mark(gateway, {model.model_id for model in listed})
        keep(gateway, listed)
    return hold(gateway, listed)


def hold(gateway: Gateway, listed: Sequence[ListedModel]) -> Listing:
    ids = {model.model_id for model in listed}
    rows = ImageModel.objects.filter(gateway=gateway)
    ours = set(rows.values_list("model_id", flat=True))
    by_hand = set(rows.by_hand().values_list("model_id", flat=True)) - ids
    return Listing(
        available=sorted(ours & ids),
        missing=sorted(ours - ids - by_hand),
        by_hand=sorted(by_hand),
        new=sorted(ids - ours),
    )


def mark(gateway: Gateway, ids: set[str]) -> None:
    """That a model which is no longer offered was gone is remembered, so that it can be offered again."""
    now = timezone.now()
    rows = ImageModel.objects.filter(gateway=gateway)
    rows.filter(model_id__in=ids).update(is_available=True)
    rows.filter(model_id__in=ids, is_enabled=True).update(gone_since=None)
    others = rows.exclude(model_id__in=ids)
    by_hand = others.by_hand()
    gone = others.exclude(pk__in=by_hand.values("pk"))
    gone.filter(gone_since=None).update(gone_since=now)
    gone.update(is_available=False)
    by_hand.update(is_available=None, gone_since=None)
    Gateway.objects.filter(pk=gateway.pk).update(listed_at=now)


def keep(gateway: Gateway, listed: Sequence[ListedModel]) -> None:
    """The list as it was told. What our models cost when they were first seen is what later prices are held against."""
    notes = []
    if DIALECTS[gateway.dialect].settings_path and not any(model.settings for model in listed):
        notes.append(NO_SETTINGS.format(gateway.name))
    kept = {"entries": [asdict(model) for model in listed], "notes": notes, "read_at": timezone.now()}
    ModelListing.objects.update_or_create(gateway=gateway, defaults=kept)
    told = {model.model_id: model for model in listed}
    for row in ImageModel.objects.filter(gateway=gateway, listed__isnull=True, model_id__in=told):
        ImageModel.objects.filter(pk=row.pk).update(listed={"prices": dict(told[row.model_id].prices)})


def entries_of(listing: ModelListing) -> list[ListedModel]:
    return [ListedModel(**entry) for entry in listing.entries]


def snapshot(listed: ListedModel) -> dict[str, Any]:
    """What is remembered of an entry that was taken over, or looked at and left."""
    return {
        "prices": dict(listed.prices),
        "settings": {name: dict(form) for name, form in listed.settings.items()},
        "gives": list(listed.gives),
    }
