"""Gateways and API keys: which connection a run uses, and every change an administrator makes to them."""

from dataclasses import dataclass
from datetime import timedelta

from django.conf import settings
from django.db import transaction
from django.utils import timezone

from gallery.gateway import base_urls, client, errors
from gallery.models import APIKey, Gateway, User
from gallery.models.fields import SecretUnreadable

SAME_MOMENT = timedelta(seconds=1)


class AddressRefused(ValueError):
    """An address that cannot be a gateway's; the text is a sentence for people."""


@dataclass(frozen=True, kw_only=True)
class Access:
    """How a gateway is reached now: the connection, and the row of its key (None: sandbox, or key from the environment)."""

    connection: client.Connection
    api_key: APIKey | None


def environment_key(gateway: Gateway) -> str:
    return settings.GATEWAY_KEYS.get(gateway.slug, "")


def base_url_of(gateway: Gateway) -> str:
    """The address in force: the environment's, else the row's."""
    return settings.GATEWAY_BASE_URLS.get(gateway.slug, "") or gateway.base_url


def is_simulated(gateway: Gateway) -> bool:
    """Whether the sandbox answers: only as long as no key was ever configured."""
    return not gateway.had_key and not environment_key(gateway)


def access_to(gateway: Gateway) -> Access:
    """The connection for the next call, or a GatewayError that says why there is none."""
    if not gateway.is_enabled:
        raise errors.Rejected(
            f"{gateway.name} is switched off. An administrator can switch it on, or choose another model."
        )
    if is_simulated(gateway):
        return Access(connection=connect(gateway, gateway.base_url, "", is_sandbox=True), api_key=None)
    address = normal_base_url(gateway, base_url_of(gateway))
    if secret := environment_key(gateway):
        return Access(connection=connect(gateway, address, secret), api_key=None)
    host = base_urls.host_of(address)
    for api_key in APIKey.objects.usable().filter(gateway=gateway, host=host):
        try:
            return Access(connection=connect(gateway, address, api_key.secret.reveal()), api_key=api_key)
        except SecretUnreadable as problem:
            note_key_error(api_key, str(problem))
    raise errors.KeyRefused(f"{gateway.name} has no API key that works. An administrator can enter one.")


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
) -> APIKey:
    """Save a new key, or a new secret for an existing one; it is tied to the host the gateway has now."""
    row = api_key or APIKey(gateway=gateway, created_by=created_by)
    row.gateway, row.label, row.position, row.is_enabled = gateway, label, position, is_enabled
    if secret:
        row.secret = secret
        row.last_four = secret[-4:] if len(secret) >= 12 else ""
        row.host = base_urls.host_of(normal_base_url(gateway, base_url_of(gateway)))
        row.refused_at, row.last_error, row.last_error_at = None, "", None
    with transaction.atomic():
        row.save()
        Gateway.objects.filter(pk=gateway.pk, had_key=False).update(had_key=True)
        if secret:
            forget_test(gateway)
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


def forget_test(gateway: Gateway) -> None:
    """What was proven of an earlier address or key says nothing about the new one."""
    Gateway.objects.filter(pk=gateway.pk).update(tested_at=None, test_passed=None, test_report="")


def note_key_used(api_key: APIKey) -> None:
    """To the second: many runs at once need not all write it down."""
    now = timezone.now()
    if api_key.last_used_at is None or now - api_key.last_used_at > SAME_MOMENT:
        APIKey.objects.filter(pk=api_key.pk).update(last_used_at=now)
        api_key.last_used_at = now


def note_key_worked(api_key: APIKey) -> None:
    """An answer came with it: earlier trouble is over."""
    if api_key.last_error:
        APIKey.objects.filter(pk=api_key.pk).exclude(last_error="").update(last_error="", last_error_at=None)


def note_key_error(api_key: APIKey, sentence: str, *, is_refused: bool = False) -> None:
    now = timezone.now()
    changes = {"last_error": sentence[:500], "last_error_at": now} | ({"refused_at": now} if is_refused else {})
    # A new secret may have taken the place of the one that was used: the error is not its.
    APIKey.objects.filter(pk=api_key.pk, secret=api_key.secret).update(**changes)


def test_gateway(gateway: Gateway) -> tuple[bool, str]:
    """One cheap call that proves address and key; the outcome is kept on the row. Returns (passed, sentence)."""
    api_key = None
    try:
        access = access_to(gateway)
        api_key = access.api_key
        if access.connection.is_sandbox:
            passed, report = True, "No key yet: the sandbox answers, and everything made is marked as simulated."
        else:
            passed, report = True, client.test_key(access.connection)
            if api_key:
                note_key_used(api_key)
    except errors.GatewayError as problem:
        passed, report = False, problem.sentence
        if api_key:
            note_key_error(api_key, problem.sentence, is_refused=isinstance(problem, errors.KeyRefused))
    Gateway.objects.filter(pk=gateway.pk).update(tested_at=timezone.now(), test_passed=passed, test_report=report[:500])
    return passed, report


def retry_api_key(api_key: APIKey) -> None:
    """Let a key that was set aside be tried again."""
    APIKey.objects.filter(pk=api_key.pk).update(refused_at=None, last_error="", last_error_at=None)
