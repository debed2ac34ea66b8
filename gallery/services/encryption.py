"""The keys that secrets are encrypted with: a new one put first, rows encrypted anew in small steps, old keys taken out.

Old keys stay readable all the while: a row is written with the first key and read with any. Stopped in the middle, the
next call goes on where this one ended.
"""

import fcntl
import os
from collections import defaultdict
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from functools import partial
from pathlib import Path

from allauth.mfa.models import Authenticator
from cryptography.fernet import Fernet, InvalidToken
from django.apps import apps
from django.db import transaction
from django.db.models import Model

from gallery.models import User
from gallery.models.fields import Secret, SecretField, SecretUnreadable, cipher, encryption_keys
from gallery.services import second_steps

STEP = 100


class AlreadyRotating(Exception):
    """Another process does the same."""


@dataclass(kw_only=True)
class Progress:
    """Rows encrypted with the first key now, and rows that none of the keys can read."""

    done: int = 0
    unreadable: int = 0


@contextmanager
def alone(path: Path) -> Iterator[None]:
    """One rotation at a time. Raises AlreadyRotating."""
    folder = os.open(path, os.O_RDONLY)
    try:
        fcntl.flock(folder, fcntl.LOCK_EX | fcntl.LOCK_NB)
        yield
    except BlockingIOError as problem:
        raise AlreadyRotating from problem
    finally:
        os.close(folder)


def add_key(path: Path) -> None:
    """Put a new key before the others; it is on the disk before a row is written with it."""
    write_keys(path, (Fernet.generate_key().decode(), *encryption_keys()))


def remove_old_keys(path: Path) -> int:
    """Keep the first key alone; returns how many went. A row that was written with an old one meanwhile brings them back."""
    keys = encryption_keys()
    write_keys(path, keys[:1])
    if any(is_readable(secret, keys) for _, _, _, secret in older_secrets()):
        write_keys(path, keys)
        return 0
    return len(keys) - 1


def write_keys(path: Path, keys: tuple[str, ...]) -> None:
    fresh = path.with_name(f"{path.name}.new")
    with open(os.open(fresh, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600), "w") as file:
        file.writelines(f"{key}\n" for key in keys)
        file.flush()
        os.fsync(file.fileno())
    fresh.replace(path)
    folder = os.open(path.parent, os.O_RDONLY)
    try:
        os.fsync(folder)
    finally:
        os.close(folder)


def has_older_rows() -> bool:
    """Whether a secret is still encrypted with another key than the first, by one of those we have."""
    keys = encryption_keys()
    return any(is_readable(secret, keys) for _, _, _, secret in older_secrets())


def encrypt_anew() -> Progress:
    """Write every secret with the first key, some at a time. A row that changes meanwhile is left to its change."""
    progress = Progress()
    for model, name in secret_fields():
        last = 0
        while rows := secrets_after(model, name, last):
            last = rows[-1][0]
            with transaction.atomic():
                for pk, secret in rows:
                    turn_over(secret, progress, partial(replace, model, name, pk, secret))
    for pk, name, secret in second_steps.list_secrets():
        turn_over(secret, progress, partial(second_steps.replace_secret, pk, name, secret))
    return progress


def turn_over(secret: Secret, progress: Progress, put: Callable[[Secret], int]) -> None:
    if is_newest(secret):
        return
    try:
        fresh = Secret.of(secret.reveal())
    except SecretUnreadable:
        progress.unreadable += 1
        return
    progress.done += put(fresh)


def replace(model: type[Model], name: str, pk: int, secret: Secret, fresh: Secret) -> int:
    return model._default_manager.filter(pk=pk, **{name: secret}).update(**{name: fresh})


def older_secrets() -> Iterator[tuple[type[Model], str, int, Secret]]:
    for model, name in secret_fields():
        last = 0
        while rows := secrets_after(model, name, last):
            last = rows[-1][0]
            yield from ((model, name, pk, secret) for pk, secret in rows if not is_newest(secret))
    steps = second_steps.list_secrets()
    yield from ((Authenticator, name, pk, secret) for pk, name, secret in steps if not is_newest(secret))


@dataclass(frozen=True, kw_only=True)
class Unreadable:
    """What none of the keys can read: rows by their model, and who cannot take their second step."""

    rows: dict[type[Model], list[int]]
    people: list[User]


def list_unreadable() -> Unreadable:
    keys, rows = encryption_keys(), defaultdict[type[Model], list[int]](list)
    for model, _, pk, secret in older_secrets():
        if not is_readable(secret, keys):
            rows[model].append(pk)
    steps = rows.pop(Authenticator, [])
    return Unreadable(rows=dict(rows), people=list(User.objects.filter(authenticator__in=steps).distinct()))


def secret_fields() -> Iterator[tuple[type[Model], str]]:
    for model in apps.get_models():
        for field in model._meta.concrete_fields:
            if isinstance(field, SecretField):
                yield model, field.name


def secrets_after(model: type[Model], name: str, last: int) -> list[tuple[int, Secret]]:
    rows = model._default_manager.filter(pk__gt=last).exclude(**{name: None}).order_by("pk")
    return list(rows.values_list("pk", name)[:STEP])


def is_newest(secret: Secret) -> bool:
    return is_readable(secret, encryption_keys()[:1])


def is_readable(secret: Secret, keys: tuple[str, ...]) -> bool:
    try:
        cipher(keys).decrypt(secret.token.encode())
    except InvalidToken:
        return False
    return True
