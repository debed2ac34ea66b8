"""The database that a studio moves into: found empty, made ready, and finished.

A table of its own marks it from the first moment to the last: whose move it is, how far, and what is still owed. Indexes and
foreign keys are put aside meanwhile and made again over all rows, which checks them all; a studio does not start on a
database that still has the mark.
"""

import os
import subprocess
import sys
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from django.conf import settings
from django.core.exceptions import ImproperlyConfigured
from django.db import DatabaseError, IntegrityError, connections, transaction
from django.db.migrations.loader import MigrationLoader

from gallery.models import User, Worker
from gallery.models.search import IMAGE_TABLE, TABLE
from gallery.services.moved_rows import empty
from gallery.services.moved_tables import LEFT_BEHIND, moved_tables

ALIAS = "moved_to"
MARK = "proofsheet_move"
MIGRATIONS = "django_migrations"
# A queue may be there already; SQLite keeps statistics, and a full-text table in several.
BESIDE = ("huey_", "sqlite_", f"{TABLE}_", f"{IMAGE_TABLE}_")
INDEXES = """
    SELECT pg_get_indexdef(i.indexrelid), 'DROP INDEX ' || i.indexrelid::regclass
    FROM pg_index i JOIN pg_class t ON t.oid = i.indrelid
    WHERE t.relname = ANY(%s) AND pg_table_is_visible(t.oid) AND NOT i.indisunique
    ORDER BY t.relname, i.indexrelid
"""
FOREIGN_KEYS = """
    SELECT format('ALTER TABLE %%s ADD CONSTRAINT %%I %%s', c.conrelid::regclass, c.conname, pg_get_constraintdef(c.oid)),
           format('ALTER TABLE %%s DROP CONSTRAINT %%I', c.conrelid::regclass, c.conname)
    FROM pg_constraint c JOIN pg_class t ON t.oid = c.conrelid
    WHERE c.contype = 'f' AND t.relname = ANY(%s) AND pg_table_is_visible(t.oid)
    ORDER BY t.relname, c.conname
"""


class PlaceRefused(Exception):
    """The sentence says what is in the way there."""


@dataclass(frozen=True)
class NewDatabase:
    """Reached by `ALIAS` once it is open."""

    address: str
    config: dict[str, Any]

    def open(self) -> None:
        """Raises PlaceRefused."""
        both = connections.configure_settings({"default": {}, ALIAS: dict(self.config)})
        connections.settings[ALIAS] = both[ALIAS]
        try:
            if self.is_postgres:
                # What an earlier try was about to commit when it was killed is waited for.
                self.ask("SET lock_timeout = '30s'")
                self.ask("SELECT pg_advisory_lock(hashtext(%s))", MARK)
                self.ask("SET lock_timeout = 0")
        except (DatabaseError, ImproperlyConfigured) as problem:
            raise PlaceRefused(f"The new database does not answer: {problem}") from problem

    @property
    def is_there(self) -> bool:
        """Asked for, a file of SQLite would be."""
        return self.is_postgres or Path(self.config["NAME"]).exists()

    @property
    def is_postgres(self) -> bool:
        return bool(connections[ALIAS].vendor == "postgresql")

    def table_names(self) -> set[str]:
        return set(connections[ALIAS].introspection.table_names())

    def ask(self, question: str, *parameters: Any) -> list[Any]:
        with connections[ALIAS].cursor() as cursor:
            cursor.execute(question, parameters or None)
            return list(cursor.fetchall()) if cursor.description else []

    def noted(self, kind: str) -> list[Any]:
        return self.ask(f"SELECT number, words FROM {MARK} WHERE kind = %s ORDER BY number", kind)  # noqa: S608 - ours

    def note(self, kind: str, words: str) -> None:
        ((number,),) = self.ask(f"SELECT coalesce(max(number), 0) + 1 FROM {MARK}")  # noqa: S608 - ours
        self.ask(f"INSERT INTO {MARK} (number, kind, words) VALUES (%s, %s, %s)", number, kind, words)  # noqa: S608

    def look(self, whose: str) -> bool:
        """Whether the move of this studio was begun already. Raises PlaceRefused where the database is not ours to fill."""
        names = self.table_names() if self.is_there else set()
        if MARK in names:
            if [words for _, words in self.noted("whose")] != [whose]:
                raise PlaceRefused("Another studio is being moved into this database. Give an empty one.")
            return True
        ours = {table.name for table in moved_tables()} | LEFT_BEHIND | {MIGRATIONS}
        if strange := sorted(name for name in names - ours if not name.startswith(BESIDE)):
            raise PlaceRefused(f"This database holds something else: the table {strange[0]}. Give an empty one.")
        if User._meta.db_table in names and User.objects.using(ALIAS).exists():
            raise PlaceRefused("There are people in the studio of this database already. Give an empty one.")
        if Worker._meta.db_table in names and Worker.objects.using(ALIAS).alive().exists():
            raise PlaceRefused("A studio runs on this database. Stop it, or give another one.")
        return False

    def make_ready(self, whose: str) -> None:
        """Marked, with all tables, and nothing in them. Begun before, it goes on. Raises PlaceRefused."""
        if not self.is_there:
            Path(self.config["NAME"]).touch(mode=0o600)
        if MARK not in self.table_names():
            with transaction.atomic(using=ALIAS):
                self.ask(f"CREATE TABLE {MARK} (number integer PRIMARY KEY, kind text NOT NULL, words text NOT NULL)")
                self.note("whose", whose)
        # SQLite: not within a transaction, and for this connection alone.
        connections[ALIAS].disable_constraint_checking()
        if self.noted("ready"):
            self.refuse_another_version()
            if self.is_postgres:
                # What an earlier try had made anew already: rows do not come in the order of their foreign keys.
                with transaction.atomic(using=ALIAS):
                    self.put_aside()
            return
        self.migrate()
        with transaction.atomic(using=ALIAS):
            if self.is_postgres:
                self.put_aside()
            for table in moved_tables():
                empty(table, ALIAS)
            self.note("ready", version())

    def refuse_another_version(self) -> None:
        if [words for _, words in self.noted("ready")] != [version()]:
            raise PlaceRefused(
                "The move into this database was begun with another version of Proofsheet. Give an empty database."
            )

    def migrate(self) -> None:
        """In a process of its own, for which it is the studio's database: migrations may ask for `default` by name."""
        done = subprocess.run(
            [sys.executable, str(settings.BASE_DIR / "manage.py"), "migrate", "--verbosity=0", "--no-input"],
            env={**os.environ, "PROOFSHEET_DATABASE_URL": self.address},
            capture_output=True,
            text=True,
            check=False,
            # It keeps what we have locked.
            close_fds=False,
        )
        if done.returncode:
            raise PlaceRefused(f"The tables could not be made there: {done.stderr.strip()[-500:]}")

    def put_aside(self) -> None:
        names = [table.name for table in moved_tables()]
        for question in (INDEXES, FOREIGN_KEYS):
            for made, dropped in self.ask(question, names):
                self.note("owed", made)
                self.ask(dropped)

    def owed(self) -> Sequence[tuple[int, str]]:
        """What was put aside, and is still to be made again."""
        return self.noted("owed")

    def make_again(self, number: int, words: str) -> None:
        """Raises PlaceRefused where a row points at one that is not there."""
        try:
            with transaction.atomic(using=ALIAS):
                self.ask(words)
                self.ask(f"DELETE FROM {MARK} WHERE number = %s", number)  # noqa: S608 - ours
        except IntegrityError as problem:
            raise PlaceRefused(f"A row points at another that is not there: {problem}") from problem

    def finish(self) -> None:
        """The mark goes last. Raises PlaceRefused."""
        try:
            connections[ALIAS].check_constraints()
        except IntegrityError as problem:
            raise PlaceRefused(f"A row points at another that is not there: {problem}") from problem
        with transaction.atomic(using=ALIAS):
            self.ask(f"DROP TABLE {MARK}")
        self.ask("ANALYZE")


def version() -> str:
    """The last change of the tables that this version knows."""
    return max(name for app, name in MigrationLoader(None).disk_migrations or {} if app == "gallery")
