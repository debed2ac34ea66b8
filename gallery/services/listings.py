"""What a gateway itself says it offers, held against our models: each one is there, is not there, or was never looked up."""

from dataclasses import dataclass

from django.db import transaction
from django.utils import timezone

from gallery.gateway import client
from gallery.models import Gateway, ImageModel
from gallery.services import gateways


@dataclass(frozen=True, kw_only=True)
class Listing:
    """Model ids: ours that the gateway lists, ours that it does not, and those it lists that we have no spec for."""

    available: list[str]
    missing: list[str]
    new: list[str]

    @property
    def sentence(self) -> str:
        words = f"{len(self.available)} of our models are there"
        if self.missing:
            words += f", {len(self.missing)} are not: {', '.join(self.missing[:12])}"
        return f"{words}. {len(self.new)} others are listed."


def read_listing(gateway: Gateway) -> Listing:
    """Ask the gateway for its list and mark our models by it. Raises GatewayError, and then nothing is changed."""
    listed = {model.model_id for model in client.list_models(gateways.access_to(gateway).connection)}
    ours = set(ImageModel.objects.filter(gateway=gateway).values_list("model_id", flat=True))
    with transaction.atomic():
        rows = ImageModel.objects.filter(gateway=gateway)
        rows.filter(model_id__in=listed).update(is_available=True)
        rows.exclude(model_id__in=listed).update(is_available=False)
        Gateway.objects.filter(pk=gateway.pk).update(listed_at=timezone.now())
    return Listing(available=sorted(ours & listed), missing=sorted(ours - listed), new=sorted(listed - ours))
