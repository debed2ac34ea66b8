"""The tables of a studio as a move sees them: what is in a row, the same from every kind of database.

Not among them: sessions and the cache, which end with a move; migrations, which the new database has made itself; the
marks of worker processes, which are about processes that have ended.
"""

import hashlib
import json
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import UTC, date, datetime
from typing import Any

from django.apps import apps
from django.db import connections
from django.db.models import Field, JSONField, Model, QuerySet

from gallery.models import Worker
from gallery.models.fields import Secret
from gallery.models.search import IMAGE_TABLE, TABLE
from gallery.models.throttle import CacheEntry
from gallery.services.database_copies import SESSIONS

BATCH = 1000
LEFT_BEHIND = {*SESSIONS, CacheEntry._meta.db_table, Worker._meta.db_table}
Row = Sequence[Any]


@dataclass(frozen=True)
class ModelTable:
    """Rows in the order of their keys, which are whole numbers everywhere; the key is a row's first value."""

    model: type[Model]

    @property
    def name(self) -> str:
        return self.model._meta.db_table

    @property
    def fields(self) -> list[Any]:
        return sorted(self.model._meta.concrete_fields, key=lambda field: not field.primary_key)

    @property
    def columns(self) -> list[str]:
        return [field.column for field in self.fields]

    def count(self, alias: str) -> int:
        return QuerySet(self.model, using=alias).count()

    def last(self, alias: str) -> int:
        """The highest key, 0 where there is none."""
        return QuerySet(self.model, using=alias).order_by("-pk").values_list("pk", flat=True).first() or 0

    def rows(self, alias: str, after: int) -> list[Row]:
        found: QuerySet[Any, Row] = QuerySet(self.model, using=alias).values_list(
            *(field.attname for field in self.fields)
        )
        return list(found.filter(pk__gt=after).order_by("pk")[:BATCH])

    def prepared(self, alias: str, row: Row) -> list[Any]:
        """As this database's driver takes it. A secret stays encrypted as it is."""
        connection = connections[alias]
        return [field.get_db_prep_save(value, connection) for field, value in zip(self.fields, row, strict=True)]

    def told(self, row: Row) -> bytes:
        """The row in words that are the same for the same row, whichever database it comes from."""
        return in_words([steady(field, value) for field, value in zip(self.fields, row, strict=True)])


@dataclass(frozen=True)
class WordsTable:
    """A full-text table: what it is searched by the database makes of the text anew."""

    name: str
    columns = ("rowid", "text")

    def ask(self, alias: str, question: str, *parameters: int) -> list[Row]:
        with connections[alias].cursor() as cursor:
            cursor.execute(question, parameters)
            return list(cursor.fetchall())

    def count(self, alias: str) -> int:
        return int(self.ask(alias, f"SELECT count(*) FROM {self.name}")[0][0])  # noqa: S608 - ours

    def last(self, alias: str) -> int:
        return int(self.ask(alias, f"SELECT coalesce(max(rowid), 0) FROM {self.name}")[0][0])  # noqa: S608

    def rows(self, alias: str, after: int) -> list[Row]:
        question = f"SELECT rowid, text FROM {self.name} WHERE rowid > %s ORDER BY rowid LIMIT {BATCH}"  # noqa: S608
        return self.ask(alias, question, after)

    def prepared(self, alias: str, row: Row) -> list[Any]:
        return list(row)

    def told(self, row: Row) -> bytes:
        return in_words(row)


Table = ModelTable | WordsTable


def model_tables() -> list[ModelTable]:
    models = [model for model in apps.get_models(include_auto_created=True) if model._meta.managed]
    return [ModelTable(model) for model in models if model._meta.db_table not in LEFT_BEHIND]


def moved_tables() -> list[Table]:
    """All that is carried, smallest trouble first: by name, the full-text tables last."""
    return [*sorted(model_tables(), key=lambda table: table.name), WordsTable(TABLE), WordsTable(IMAGE_TABLE)]


def steady(field: "Field[Any, Any]", value: Any) -> Any:
    return whole_numbers(value) if isinstance(field, JSONField) else value


def whole_numbers(value: Any) -> Any:
    """JSON as PostgreSQL gives it back: 1e2 is 100 there."""
    if isinstance(value, dict):
        return {name: whole_numbers(part) for name, part in value.items()}
    if isinstance(value, list):
        return [whole_numbers(part) for part in value]
    return int(value) if isinstance(value, float) and value.is_integer() else value


def in_words(row: Row) -> bytes:
    return json.dumps(row, default=word, sort_keys=True, separators=(",", ":")).encode()


def word(value: Any) -> str:
    if isinstance(value, Secret):
        return value.token
    if isinstance(value, bytes | memoryview):
        return bytes(value).hex()
    if isinstance(value, datetime):
        return value.astimezone(UTC).isoformat()
    return value.isoformat() if isinstance(value, date) else str(value)


@dataclass(frozen=True)
class Compared:
    """How many rows each side has, the SHA-256 over all rows in their order, and the first key at which they differ."""

    table: str
    here: int
    there: int
    sha256: str = ""
    differs_at: int | None = None

    @property
    def is_same(self) -> bool:
        return self.differs_at is None and self.here == self.there


def compare(table: Table, here: str, there: str) -> Iterator[Compared]:
    """What was compared so far, batch after batch; the last word is the result. Ends at the first difference."""
    digest = hashlib.sha256()
    count = after = 0
    while True:
        ours, theirs = table.rows(here, after), table.rows(there, after)
        told, said = [table.told(row) for row in ours], [table.told(row) for row in theirs]
        if told != said:
            both = zip([*ours, None], [*theirs, None], [*told, b""], [*said, b""], strict=False)
            found = next(one or other for one, other, a, b in both if a != b)
            assert found
            yield Compared(table.name, table.count(here), table.count(there), differs_at=int(found[0]))
            return
        if not ours:
            yield Compared(table.name, count, count, digest.hexdigest())
            return
        for line in told:
            digest.update(line + b"\n")
        count += len(ours)
        after = int(ours[-1][0])
        yield Compared(table.name, count, count)
