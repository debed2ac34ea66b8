"""Gateways: by which connections a run may reach one, and every change an administrator makes to its address.

What becomes of its keys is in services.api_keys, which of them a run takes in services.key_choices."""

from collections.abc import Iterable
from dataclasses import asdict, dataclass
from decimal import Decimal
from typing import Any

from django.conf import settings
from django.db import transaction
from django.utils.crypto import salted_hmac

from gallery.gateway import base_urls, client, errors
from gallery.models import Act, APIKey, Gateway, User
from gallery.models.fields import SecretUnreadable
from gallery.models.gateways import APIKeyQuerySet
from gallery.services import api_keys, audit


class AddressRefused(ValueError):
    """An address that cannot be a gateway's; the text is a sentence for people."""


@dataclass(frozen=True, kw_only=True)
class Access:
    """How a gateway is reached now: the connection, the row of its key (None: it takes none), and the key's name as a record
    keeps it."""

    connection: client.Connection
    api_key: APIKey | None
    key_label: str = ""


@dataclass(frozen=True, kw_only=True)
class KeyLimits:
    """How much one key may be used for; None where there is no limit. Spend is in the gateway's own unit."""

    runs_a_day: int | None = None
    runs_a_month: int | None = None
    spend_a_day: Decimal | None = None
    spend_a_month: Decimal | None = None


def environment_key(gateway: Gateway) -> str:
    return settings.GATEWAY_KEYS.get(gateway.slug, "")


def key_variable(gateway: Gateway) -> str:
    """The name of the environment variable that holds the key, or ""."""
    return f"{settings.GATEWAY_PREFIXES[gateway.slug]}_API_KEY" if environment_key(gateway) else ""


def fingerprint(gateway: Gateway) -> str:
    """By what the row of the environment's key knows it again, or "". Whoever reads the database alone learns nothing by it."""
    secret = environment_key(gateway)
    return salted_hmac("gallery.environment-key", secret, algorithm="sha256").hexdigest() if secret else ""


def is_in_environment(api_key: APIKey) -> bool:
    """Whether it is the value that stands there now."""
    return api_key.is_from_environment and api_key.fingerprint == fingerprint(api_key.gateway)


def address_variable(gateway: Gateway) -> str:
    """The name of the environment variable that holds the address, or ""."""
    is_set = settings.GATEWAY_BASE_URLS.get(gateway.slug)
    return f"{settings.GATEWAY_PREFIXES[gateway.slug]}_BASE_URL" if is_set else ""


def base_url_of(gateway: Gateway) -> str:
    """The address in force: the environment's, else the row's."""
    return settings.GATEWAY_BASE_URLS.get(gateway.slug, "") or gateway.base_url


def is_simulated(gateway: Gateway) -> bool:
    """Whether the sandbox answers: only as long as no key was ever configured."""
    return not gateway.had_key and not environment_key(gateway)


def access_to(gateway: Gateway) -> Access:
    """The connection that a call would take first, or a GatewayError that says why there is none."""
    return accesses_to(gateway)[0]


def accesses_to(gateway: Gateway, *, is_look: bool = False) -> list[Access]:
    """Every connection that may be used now, in the order in which to try them: one, unless there are several keys. A look
    notes nothing on the keys.

    Raises a GatewayError that says why there is none.
    """
    if not gateway.is_enabled:
        raise errors.Rejected(
            f"{gateway.name} is switched off. An administrator can switch it on, or choose another model."
        )
    if is_simulated(gateway):
        return [Access(connection=connect(gateway, gateway.base_url, "", is_sandbox=True), api_key=None)]
    address = normal_base_url(gateway, base_url_of(gateway))
    if takes_no_key(gateway):
        return [Access(connection=connect(gateway, address, ""), api_key=None)]
    return accesses_by(gateway, address, usable_keys(gateway, is_look=is_look), is_look=is_look)


def takes_no_key(gateway: Gateway) -> bool:
    return gateway.needs_no_key and not environment_key(gateway)


def note_environment_key(gateway: Gateway) -> None:
    """Give the environment's key a row, where this value at this address has none yet: so that all processes and machines
    know what becomes of it."""
    if not environment_key(gateway):
        return
    APIKey.objects.get_or_create(**environment_row(gateway), defaults={"label": key_variable(gateway)})


def environment_row(gateway: Gateway) -> dict[str, Any]:
    """By what the row of its value at the address in force is found."""
    return {"gateway": gateway, "host": host_in_force(gateway), "fingerprint": fingerprint(gateway)}


def usable_keys(gateway: Gateway, *, is_look: bool) -> list[APIKey]:
    """In the order in which to try them. The environment's gets a row where it has none, unless this is a look."""
    rows = list(keys_in_force(gateway).usable())
    if not environment_key(gateway) or any(row.is_from_environment for row in rows):
        return rows
    if not is_look:
        note_environment_key(gateway)
        return list(keys_in_force(gateway).usable())
    known = environment_row(gateway)
    return rows if APIKey.objects.filter(**known).exists() else [APIKey(**known, label=key_variable(gateway)), *rows]


def keys_in_force(gateway: Gateway) -> APIKeyQuerySet:
    """Those for the address in force, in their order. What stood in the environment before is none of them."""
    known = {"", fingerprint(gateway)}
    return APIKey.objects.in_order().filter(gateway=gateway, host=host_in_force(gateway), fingerprint__in=known)


def host_in_force(gateway: Gateway) -> str:
    """What a key for the address in force is tied to (see `base_urls.host_of`). Raises Rejected."""
    return base_urls.host_of(normal_base_url(gateway, base_url_of(gateway)))


def accesses_by(gateway: Gateway, address: str, rows: Iterable[APIKey], *, is_look: bool = False) -> list[Access]:
    """With each of these keys, as far as they can be read. Raises a GatewayError where there is none."""
    found = []
    for api_key in rows:
        try:
            found.append(access_by(gateway, address, api_key))
        except SecretUnreadable as problem:
            if not is_look:
                api_keys.note_error(api_key, str(problem))
    if not found:
        raise api_keys.none_left(gateway, keys_in_force(gateway))
    return found


def access_by(gateway: Gateway, address: str, api_key: APIKey) -> Access:
    """The connection with this key, which goes to no host but the one it was saved for, whoever asks. Raises Rejected,
    SecretUnreadable."""
    if api_key.host != base_urls.host_of(address):
        raise errors.Rejected(
            f"This key was saved for {base_urls.in_words(api_key.host)}, and {gateway.name} has another address now. "
            "Nothing was sent. Enter the key again to use it there."
        )
    connection = connect(gateway, address, secret_of(gateway, api_key))
    return Access(connection=connection, api_key=api_key, key_label=str(api_key))


def secret_of(gateway: Gateway, api_key: APIKey) -> str:
    """Raises Rejected, SecretUnreadable."""
    if api_key.is_from_environment:
        if api_key.fingerprint != fingerprint(gateway):
            raise errors.Rejected(f"This value of {api_key} is not in the environment any more. Nothing was sent.")
        return environment_key(gateway)
    secret: str = api_key.secret.reveal()
    return secret


def access_to_answer(gateway: Gateway, *, is_simulated: bool) -> Access:
    """The connection by which an answer that is already here is read, and its pictures fetched: that takes no key, and
    what was paid is not lost when the gateway is switched off or its keys are gone. Raises Rejected for a bad address."""
    address = gateway.base_url if is_simulated else normal_base_url(gateway, base_url_of(gateway))
    return Access(connection=connect(gateway, address, "", is_sandbox=is_simulated), api_key=None)


def connect(gateway: Gateway, address: str, secret: str, *, is_sandbox: bool = False) -> client.Connection:
    return client.Connection(base_url=address, api_key=secret, dialect=gateway.dialect, is_sandbox=is_sandbox)


def normal_base_url(gateway: Gateway, address: str) -> str:
    try:
        return base_urls.normalise(address, dialect=gateway.dialect)
    except ValueError as problem:
        raise errors.Rejected(f"{gateway.name}’s address cannot be used. {problem}") from problem


def save_api_key(
    *,
    gateway: Gateway,
    secret: str,
    label: str,
    position: int,
    is_enabled: bool,
    created_by: User | None,
    api_key: APIKey | None = None,
    limits: KeyLimits | None = None,
) -> APIKey:
    """Save a new key, or a new secret for an existing one; it is tied to the host the gateway has now.
    Without `limits` they stay as they are, and so does whatever runs and looks have noted on the row meanwhile."""
    row = api_key or APIKey(created_by=created_by)
    fields = {"gateway": gateway, "label": label, "position": position, "is_enabled": is_enabled}
    fields |= asdict(limits) if limits else {}
    if secret:
        host = host_in_force(gateway)
        last_four = secret[-4:] if len(secret) >= 12 else ""
        fields |= {"secret": secret, "last_four": last_four, "host": host, **api_keys.FRESH}
    for name, value in fields.items():
        setattr(row, name, value)
    with transaction.atomic():
        row.save(update_fields=list(fields) if api_key else None)
        Gateway.objects.filter(pk=gateway.pk, had_key=False).update(had_key=True)
        if secret:
            forget_test(gateway)
            audit.record(Act.KEY_CHANGED if api_key else Act.KEY_ADDED, gateway.name, key=label)
    row.refresh_from_db()
    return row


def save_base_url(*, gateway: Gateway, address: str) -> str:
    """Normalise and save an address. Another host makes the saved keys unusable until they are entered again."""
    try:
        normal = base_urls.normalise(address, dialect=gateway.dialect)
    except ValueError as problem:
        raise AddressRefused(str(problem)) from problem
    Gateway.objects.filter(pk=gateway.pk).update(base_url=normal)
    forget_test(gateway)
    return normal


def save_needs_no_key(*, gateway: Gateway, needs_no_key: bool) -> None:
    """Whoever says that no key is needed means the real server: the sandbox answers for it no more."""
    changes = {"needs_no_key": needs_no_key} | ({"had_key": True} if needs_no_key else {})
    Gateway.objects.filter(pk=gateway.pk).update(**changes)
    forget_test(gateway)


def forget_test(gateway: Gateway) -> None:
    """What was proven of an earlier address or key says nothing about the new one."""
    unknown = {"tested_at": None, "test_passed": None, "test_report": ""}
    unseen = {"looked_at": None, "is_reachable": None, "look_report": ""}
    Gateway.objects.filter(pk=gateway.pk).update(**unknown, **unseen)
