"""How a gateway and a key stand, in words. Reads only."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime

from django.utils import timezone
from django.utils.formats import date_format

from gallery.gateway import errors
from gallery.models import APIKey, Gateway
from gallery.services import gateways

SetAside = APIKey.SetAside
NO_KEY_WORKS = "No key works"
OTHER_ENCRYPTION_KEY = (
    "It was saved with another encryption key. Bring that one back (the doctor says where to), or enter the API key "
    "again."
)
NONE_USABLE: Mapping[str, str] = {
    SetAside.REFUSED: "Key refused",
    SetAside.OUT_OF_CREDIT: "Out of credit",
    SetAside.BUSY: "Asked to wait a moment",
}


def moment(when: datetime) -> str:
    """`12:04` today, `20 Nov 12:04` on another day, in the reader's zone."""
    local = timezone.localtime(when)
    return date_format(local, "H:i" if local.date() == timezone.localdate() else "j M H:i")


@dataclass(frozen=True)
class Verdict:
    """`tone` is good, fair, bad or quiet; `why` is a sentence where there is more to say."""

    tone: str
    words: str
    why: str = ""


def verdict(gateway: Gateway, *, has_worked: bool = False) -> Verdict:
    """How a gateway stands, in a few words. `has_worked`: whether a run of the last day came to a good end."""
    if not gateway.is_enabled:
        return Verdict("quiet", "Switched off", "None of its models is offered.")
    if gateways.is_simulated(gateway):
        return Verdict("quiet", "Simulated: no key yet", "The sandbox draws in its place, and nothing is charged.")
    if gateway.is_reachable is False:
        return Verdict("bad", "Not reachable", gateway.look_report)
    if gateway.look_report:
        return Verdict("bad", "Its address leads elsewhere", gateway.look_report)
    if not gateways.takes_no_key(gateway):
        return verdict_on_keys(gateway, has_worked=has_worked)
    return proven(gateway, "Works", has_worked=has_worked)


def verdict_on_keys(gateway: Gateway, *, has_worked: bool) -> Verdict:
    api_keys = [api_key for api_key in keys_in_force(gateway) if api_key.is_enabled]
    usable = [api_key for api_key in api_keys if is_usable(api_key)]
    if usable and len(usable) < len(api_keys):
        return proven(gateway, f"Works with {len(usable)} of {len(api_keys)} keys", tone="fair", has_worked=has_worked)
    if usable:
        return proven(gateway, "Works", has_worked=has_worked)
    if any(not is_readable(api_key) for api_key in api_keys):
        return Verdict("bad", "Key cannot be read", OTHER_ENCRYPTION_KEY)
    if api_keys:
        reasons = {api_key.set_aside_as for api_key in api_keys}
        return Verdict("bad", NONE_USABLE.get(reasons.pop(), NO_KEY_WORKS) if len(reasons) == 1 else NO_KEY_WORKS)
    if not all(api_key.is_from_environment for api_key in gateway.api_keys.all()):
        is_off = any(keys_in_force(gateway))
        return Verdict("bad", "Every key is switched off" if is_off else "No key for this address")
    return Verdict("bad", "No key")


def proven(gateway: Gateway, words: str, *, has_worked: bool, tone: str = "good") -> Verdict:
    """What speaks for it, or against it, since address and key were saved."""
    if gateway.test_passed is False and not has_worked:
        return Verdict("bad", "Its last test failed", gateway.test_report)
    if gateway.test_passed is None and not has_worked:
        return Verdict("fair", "Not tested yet", "Press “Test” to see whether it answers and takes its key.")
    return Verdict(tone, words)


def keys_in_words(gateway: Gateway) -> str:
    """`2 keys`, `key from the environment (ROUTELLM_API_KEY), 1 key`."""
    if gateways.takes_no_key(gateway):
        return "needs no key"
    api_keys = [api_key for api_key in keys_in_force(gateway) if api_key.is_enabled]
    saved = sum(not api_key.is_from_environment for api_key in api_keys)
    aside = sum(not is_usable(api_key) for api_key in api_keys)
    words = [f"key from the environment ({variable})"] if (variable := gateways.key_variable(gateway)) else []
    if saved or not words:
        words.append("1 key" if saved == 1 else f"{saved or 'no'} keys")
    return ", ".join([*words, f"{aside} set aside"] if aside else words)


def keys_in_force(gateway: Gateway) -> list[APIKey]:
    """As `gateways.keys_in_force`, of rows that may have been read already."""
    host, known = host_in_force(gateway), {"", gateways.fingerprint(gateway)}
    found = [api_key for api_key in gateway.api_keys.all() if api_key.host == host and api_key.fingerprint in known]
    return sorted(found, key=lambda api_key: (not api_key.is_from_environment, api_key.position, api_key.pk))


def is_usable(api_key: APIKey) -> bool:
    """Whether the next run may try it; its own limits are another matter."""
    is_over = api_key.try_again_at is not None and api_key.try_again_at <= timezone.now()
    return api_key.is_enabled and (api_key.set_aside_at is None or is_over) and is_readable(api_key)


def is_readable(api_key: APIKey) -> bool:
    return api_key.secret is None or api_key.secret.is_readable


def host_in_force(gateway: Gateway) -> str:
    """As `gateways.host_in_force`, or "" where the address cannot be read."""
    try:
        return gateways.host_in_force(gateway)
    except errors.Rejected:
        return ""


def key_state(api_key: APIKey) -> str:
    if not api_key.is_enabled:
        return "Switched off"
    if api_key.is_from_environment and not gateways.is_in_environment(api_key):
        return "Not in the environment any more"
    if api_key.host != host_in_force(api_key.gateway):
        return "Waits: saved for another host"
    if not is_readable(api_key):
        return "Cannot be read: saved with another encryption key"
    if api_key.set_aside_at:
        return set_aside_in_words(api_key)
    return "Ready"


def set_aside_in_words(api_key: APIKey) -> str:
    """`Out of credit since 12:04, tried again at 12:09`."""
    since = (
        f"{api_key.get_set_aside_as_display() or 'Set aside'} since {moment(api_key.set_aside_at or timezone.now())}"
    )
    if api_key.try_again_at is None:
        return since
    is_over = api_key.try_again_at <= timezone.now()
    return (
        f"{since}, tried again with the next run" if is_over else f"{since}, tried again {moment(api_key.try_again_at)}"
    )
