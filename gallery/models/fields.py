"""The Secret field: encrypted at rest with Fernet, decrypted only where the value is asked for."""

from functools import cache
from typing import Any

from cryptography.fernet import Fernet, InvalidToken, MultiFernet
from django.conf import settings
from django.db import models


class SecretUnreadable(Exception):
    """The stored secret cannot be decrypted with the keys of this installation."""


@cache
def cipher(keys: tuple[str, ...]) -> MultiFernet:
    return MultiFernet([Fernet(key) for key in keys])


class Secret:
    """An encrypted value. Printing, comparing or serialising it shows nothing; `reveal()` is the only way in."""

    def __init__(self, token: str):
        self.token = token

    @classmethod
    def of(cls, plain: str) -> "Secret":
        return cls(cipher(tuple(settings.ENCRYPTION_KEYS)).encrypt(plain.encode()).decode())

    def reveal(self) -> str:
        """The plain value, or SecretUnreadable when the encryption key is not the one it was saved with."""
        try:
            return cipher(tuple(settings.ENCRYPTION_KEYS)).decrypt(self.token.encode()).decode()
        except InvalidToken as problem:
            raise SecretUnreadable("This key was saved with another encryption key. Enter it again.") from problem

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
