"""Gateways that an administrator added, beside those that are shipped: a local server, or another one of any dialect."""

from django.conf import settings
from django.db import transaction
from django.db.models import Max

from gallery.gateway import base_urls
from gallery.models import Gateway
from gallery.services import budgets, gateways

# The endpoint's word for the placeholder pictures' maker.
TAKEN_SLUGS = frozenset({"sandbox"})


def is_added(gateway: Gateway) -> bool:
    """Whether it came by an administrator: what is shipped would come back at the next start."""
    return gateway.slug not in settings.GATEWAY_PREFIXES


def add_gateway(*, slug: str, name: str, dialect: str, address: str, needs_no_key: bool) -> Gateway:
    """Raises AddressRefused for an address that cannot be one."""
    try:
        normal = base_urls.normalise(address, dialect=dialect)
    except ValueError as problem:
        raise gateways.AddressRefused(str(problem)) from problem
    last = Gateway.objects.aggregate(last=Max("position"))["last"]
    return Gateway.objects.create(
        slug=slug,
        name=name,
        dialect=dialect,
        base_url=normal,
        needs_no_key=needs_no_key,
        had_key=needs_no_key,
        position=0 if last is None else min(last + 1, 32767),
    )


def remove_gateway(gateway: Gateway) -> None:
    """With its keys and models; what was made with it stays, under the names it was made with."""
    if is_added(gateway):
        with transaction.atomic():
            # Its budgets go along.
            budgets.lock_books()
            gateway.delete()
