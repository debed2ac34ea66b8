"""How a gateway and a key stand, in words. Reads only."""

from datetime import datetime

from django.conf import settings
from django.utils import timezone
from django.utils.formats import date_format

from gallery.gateway import base_urls
from gallery.models import APIKey, Gateway
from gallery.services import gateways


def key_variable(gateway: Gateway) -> str:
    """The name of the environment variable that holds the key, or ""."""
    return f"{settings.GATEWAY_PREFIXES[gateway.slug]}_API_KEY" if gateways.environment_key(gateway) else ""


def address_variable(gateway: Gateway) -> str:
    """The name of the environment variable that holds the address, or ""."""
    is_set = settings.GATEWAY_BASE_URLS.get(gateway.slug)
    return f"{settings.GATEWAY_PREFIXES[gateway.slug]}_BASE_URL" if is_set else ""


def moment(when: datetime) -> str:
    """`12:04` today, `20 Nov 12:04` on another day, in the reader's zone."""
    local = timezone.localtime(when)
    return date_format(local, "H:i" if local.date() == timezone.localdate() else "j M H:i")


def gateway_state(gateway: Gateway) -> str:
    if not gateway.is_enabled:
        return "Switched off"
    if variable := key_variable(gateway):
        return f"Key from the environment ({variable}){tested(gateway)}"
    if gateways.is_simulated(gateway):
        return "Simulated: no key yet"
    return saved_keys_state(gateway)


def saved_keys_state(gateway: Gateway) -> str:
    host = host_in_force(gateway)
    api_keys = [api_key for api_key in gateway.api_keys.all() if api_key.host == host]
    usable = [api_key for api_key in api_keys if api_key.is_enabled and not api_key.refused_at]
    if usable and usable[0].last_error:
        return f"Key {usable[0].masked}: {usable[0].last_error}"
    if usable:
        return f"Key {usable[0].masked}{tested(gateway)}"
    if any(api_key.is_enabled for api_key in api_keys):
        return "Key refused"
    if api_keys:
        return "Every key is switched off"
    return "No key for this address" if gateway.api_keys.all() else "No key"


def tested(gateway: Gateway) -> str:
    if gateway.tested_at is None:
        return ", not tested yet"
    return f"{' works, tested' if gateway.test_passed else ', test failed'} {moment(gateway.tested_at)}"


def host_in_force(gateway: Gateway) -> str:
    """`host:port` of the address in force, or "" when that cannot be read."""
    try:
        return base_urls.host_of(base_urls.normalise(gateways.base_url_of(gateway), dialect=gateway.dialect))
    except ValueError:
        return ""


def key_state(api_key: APIKey) -> str:
    if not api_key.is_enabled:
        return "Switched off"
    if api_key.refused_at:
        return f"Refused {moment(api_key.refused_at)}"
    if api_key.host != host_in_force(api_key.gateway):
        return "Waits: saved for another host"
    return "Ready" if not key_variable(api_key.gateway) else "Waits: the environment’s key goes first"


def plain_host(host: str) -> str:
    """`host:port` without the port that goes without saying."""
    return host.removesuffix(":443")
