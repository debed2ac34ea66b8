"""What the tests of hostile requests stand on: the world of `tests.test_permissions`, who may ask for each address in it, and
a database that takes as little as the strictest one does."""

import re
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from copy import deepcopy
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from django.conf import settings
from django.db import connection, transaction
from django.test import Client

from tests import factories
from tests.test_permissions import ROWS, WHO, Row, World, addressed

# Whoever made the things asks, else whoever may.
ASKERS = ("owner", "admin", "lead")
FIELD = re.compile(r'name="([a-z_-]+)"')
# What views read that no page's form has by this name.
MORE_FIELDS = (
    "ids",
    "all",
    "query",
    "former",
    "later",
    "until",
    "find",
    "before",
    "after",
    "address",
    "former_model",
    "stamp",
)
Told = dict[str, Any]


@dataclass(frozen=True)
class Asked:
    """One address of the product as somebody asks for it who may."""

    row: Row
    path: str
    client: Client
    told: Told

    @property
    def label(self) -> str:
        return f"{self.row.method} {self.row.name} {self.row.args}".strip()


def everything_asked(world: World, method: str) -> Iterator[Asked]:
    """Whoever signed out with the one before is in again: `undone` brings back the session, this the cookie."""
    cookies = {who: deepcopy(client.cookies) for who, client in world.clients.items()}
    for rows in ROWS.values():
        for row in rows:
            kind = next(iter(row.expected))
            outcomes = dict(zip(WHO, row.expected[kind].split(), strict=True))
            asker = next((who for who in ASKERS if outcomes[who] == "ok"), "owner")
            things = world.things[kind]
            if row.method == method:
                world.clients[asker].cookies = deepcopy(cookies[asker])
                yield Asked(row, addressed(row, things), world.clients[asker], row.told(world, things))


def field_names() -> list[str]:
    """The names of everything that forms of ours post."""
    templates = Path(settings.BASE_DIR) / "templates"
    found = {name for path in templates.rglob("*.html") for name in FIELD.findall(path.read_text())}
    return sorted((found | set(MORE_FIELDS)) - {"csrfmiddlewaretoken", "viewport", "robots", "color-scheme"})


@contextmanager
def undone() -> Iterator[None]:
    """What a request changed is taken back."""
    with transaction.atomic():
        yield
        transaction.set_rollback(True)


def answer_of(ask: Callable[..., Any], *words: Any) -> tuple[int, str]:
    """The status, 500 with its reason where the product broke down."""
    try:
        response = ask(*words)
        body_of(response)
    except Exception as problem:
        return 500, f"{type(problem).__name__}: {problem}"[:300]
    return response.status_code, ""


@contextmanager
def strict_database() -> Iterator[None]:
    """PostgreSQL takes no NUL in a text and SQLite does: here neither does."""

    def refuse(execute: Any, sql: str, parameters: Any, many: bool, context: Any) -> Any:
        rows = parameters if many else [parameters]
        for row in rows or ():
            values = row.values() if isinstance(row, dict) else row or ()
            if any(isinstance(value, str) and "\x00" in value for value in values):
                raise ValueError(f"A text with NUL reached the database: {sql[:200]}")
        return execute(sql, parameters, many, context)

    with connection.execute_wrapper(refuse):
        yield


def body_of(response: Any) -> bytes:
    if not response.streaming:
        return bytes(response.content)
    return factories.read_stream(response) if response.is_async else b"".join(response.streaming_content)
