"""Authenticator apps, passkeys and recovery codes: what somebody has, and how it is taken away for them."""

from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import datetime

from allauth.mfa.models import Authenticator
from django.db import transaction

from gallery.models import Act, User
from gallery.models.fields import Secret
from gallery.services import audit, sessions

# As many as allauth makes at once.
CODES = 10
# What allauth keeps within its JSON, encrypted by our adapter: of an app, and of recovery codes.
SECRETS = ("secret", "seed")


@dataclass(frozen=True, kw_only=True)
class Passkey:
    id: int
    name: str
    added_at: datetime
    used_at: datetime | None


@dataclass(kw_only=True)
class SecondSteps:
    """`app` is when an authenticator app was added; `codes_left` counts the recovery codes that were not used."""

    app: datetime | None = None
    codes_left: int = 0
    has_codes: bool = False
    passkeys: list[Passkey] = field(default_factory=list)

    @property
    def are_on(self) -> bool:
        return self.app is not None or bool(self.passkeys)


def list_second_steps(user: User) -> SecondSteps:
    steps = SecondSteps()
    for row in Authenticator.objects.filter(user=user).order_by("pk"):
        if row.type == Authenticator.Type.TOTP:
            steps.app = row.created_at
        elif row.type == Authenticator.Type.RECOVERY_CODES:
            steps.has_codes, steps.codes_left = True, codes_left(row)
        else:
            name = str(row.data.get("name", ""))
            steps.passkeys.append(Passkey(id=row.pk, name=name, added_at=row.created_at, used_at=row.last_used_at))
    return steps


def codes_left(row: Authenticator) -> int:
    """Counted without the codes themselves, which need the encryption key."""
    return CODES - int(row.data.get("used_mask", 0)).bit_count()


def people_with_second_step() -> set[int]:
    return set(Authenticator.objects.values_list("user_id", flat=True))


def remove_second_steps(user: User) -> None:
    """For somebody who lost theirs: they come in with their password alone from then on. Their sessions end."""
    with transaction.atomic():
        Authenticator.objects.filter(user=user).delete()
        sessions.end_sessions(user)
        audit.record(Act.SECOND_FACTOR, user.display_name, what="all taken away")


def list_secrets() -> Iterator[tuple[int, str, Secret]]:
    """Row, name and secret of all people, for a change of the encryption key."""
    rows = Authenticator.objects.exclude(type=Authenticator.Type.WEBAUTHN).order_by("pk")
    for row in rows.iterator(chunk_size=100):
        yield from ((row.pk, name, Secret(row.data[name])) for name in SECRETS if name in row.data)


def replace_secret(pk: int, name: str, secret: Secret, fresh: Secret) -> int:
    """1, or 0 where the row went or changed meanwhile. Locked: a recovery code may be used just now."""
    with transaction.atomic():
        row = Authenticator.objects.select_for_update().filter(pk=pk).first()
        if row is None or row.data.get(name) != secret.token:
            return 0
        row.data[name] = fresh.token
        row.save(update_fields=["data"])
    return 1
