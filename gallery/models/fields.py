"""The Secret field: encrypted at rest with Fernet, decrypted only where the value is asked for."""

from functools import lru_cache
from pathlib import Path
from typing import Any

from cryptography.fernet import Fernet, InvalidToken, MultiFernet
from django.conf import settings
from django.db import models

from gateway_site.environment import split_keys


class SecretUnreadable(Exception):
    """The stored secret cannot be decrypted with the keys of this installation."""


def encryption_keys() -> tuple[str, ...]:
    """Newest first. Where they are in a file, as it is now: a rotation changes it while this process runs."""
    path = settings.ENCRYPTION_KEYS_FILE
    if path is None:
        return tuple(settings.ENCRYPTION_KEYS)
    state = path.stat()
    return keys_in(path, state.st_ino, state.st_mtime_ns)


@lru_cache(maxsize=4)
def keys_in(path: Path, *state: int) -> tuple[str, ...]:
    """`state` tells one content of the file from the next."""
    return tuple(split_keys(path.read_text()))


@lru_cache(maxsize=4)
def cipher(keys: tuple[str, ...]) -> MultiFernet:
    return MultiFernet([Fernet(key) for key in keys])


class Secret:
    """An encrypted value. Printing, comparing or serialising it shows nothing; `reveal()` is the only way in."""

    def __init__(self, token: str):
        self.token = token

    @classmethod
    def of(cls, plain: str) -> "Secret":
        return cls(cipher(encryption_keys()).encrypt(plain.encode()).decode())

    def reveal(self) -> str:
        """The plain value, or SecretUnreadable when the encryption key is not the one it was saved with."""
        try:
            return cipher(encryption_keys()).decrypt(self.token.encode()).decode()
        except InvalidToken as problem:
            raise SecretUnreadable("This key was saved with another encryption key. Enter it again.") from problem

    @property
    def is_readable(self) -> bool:
        try:
            self.reveal()
        except SecretUnreadable:
            return False
        return True

    def __repr__(self) -> str:
        return "Secret(••••)"

    __str__ = __repr__


class SecretField(models.TextField):  # type: ignore[type-arg]
    """A text column that holds the ciphertext; the attribute is a Secret."""

    def from_db_value(self, value: str | None, expression: Any, connection: Any) -> Secret | None:
        return None if value is None else Secret(value)

    def to_python(self, value: Any) -> Secret | None:
        return value if value is None or isinstance(value, Secret) else Secret.of(value)

    def get_prep_value(self, value: Any) -> str | None:
        return None if value is None else (value if isinstance(value, Secret) else Secret.of(value)).token

    def value_to_string(self, obj: Any) -> str:
        """What `dumpdata` writes: never the value, not even its ciphertext."""
        return ""
