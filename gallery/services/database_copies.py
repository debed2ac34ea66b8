"""The database as one file: a copy of one moment, made while people work, and put back into an empty place.

SQLite's own backup and PostgreSQL's `pg_dump` and `pg_restore` do the work. A copy holds no session: whoever gets hold of
it cannot come in as somebody else.
"""

import os
import shutil
import sqlite3
import subprocess
from collections.abc import Mapping
from contextlib import closing
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from django.conf import settings
from django.db import connection, connections, transaction

SESSIONS = ("gallery_session", "django_session")
ORIGINALS = "SELECT sha256 FROM gallery_image WHERE sha256 <> '' AND purged_at IS NULL"
MIGRATIONS = "SELECT app, name FROM django_migrations ORDER BY id"
VARIABLES = {"NAME": "PGDATABASE", "USER": "PGUSER", "PASSWORD": "PGPASSWORD", "HOST": "PGHOST", "PORT": "PGPORT"}
SAFE_WAYS = ("sslmode", "sslrootcert", "sslcert", "sslkey")
NAMES = {"sqlite": "database.sqlite3", "postgresql": "database.pgdump"}


class CopyRefused(Exception):
    """The sentence says what is in the way."""


@dataclass(frozen=True)
class DatabaseCopy:
    """`originals` are the SHA-256 of every picture that a row of this moment needs (about 65 bytes each in memory)."""

    path: Path
    kind: str
    migrations: tuple[str, ...]
    originals: frozenset[bytes]


def copy_database(folder: Path) -> DatabaseCopy:
    """Raises CopyRefused."""
    path = folder / NAMES[connection.vendor]
    return copy_sqlite(path) if connection.vendor == "sqlite" else copy_postgres(path)


def copy_sqlite(path: Path) -> DatabaseCopy:
    connection.ensure_connection()
    path.touch(mode=0o600)
    with closing(sqlite3.connect(path, isolation_level=None)) as copy:
        # In one step: what others write meanwhile waits in the log and is not in the copy.
        connection.connection.backup(copy)
        copy.execute("PRAGMA journal_mode=DELETE")
        copy.execute("PRAGMA secure_delete=ON")
        tables = {name for (name,) in copy.execute("SELECT name FROM sqlite_master WHERE type = 'table'")}
        for table in tables.intersection(SESSIONS):
            copy.execute(f"DELETE FROM {table}")  # noqa: S608 - names of ours
        originals = frozenset(bytes.fromhex(sha256) for (sha256,) in copy.execute(ORIGINALS))
        migrations = tuple(f"{app}.{name}" for app, name in copy.execute(MIGRATIONS))
    return DatabaseCopy(path, "sqlite", migrations, originals)


def copy_postgres(path: Path) -> DatabaseCopy:
    with transaction.atomic(), connection.cursor() as cursor:
        cursor.execute("SET TRANSACTION ISOLATION LEVEL REPEATABLE READ, READ ONLY")
        cursor.execute("SELECT pg_export_snapshot()")
        (snapshot,) = cursor.fetchone()
        left_out = [f"--exclude-table-data={table}" for table in SESSIONS]
        run_tool("pg_dump", "--format=custom", f"--snapshot={snapshot}", f"--file={path}", *left_out)
        cursor.execute(MIGRATIONS)
        migrations = tuple(f"{app}.{name}" for app, name in cursor.fetchall())
        cursor.execute(ORIGINALS)
        originals = frozenset(bytes.fromhex(sha256) for (sha256,) in iter(cursor.fetchone, None))
    return DatabaseCopy(path, "postgresql", migrations, originals)


def run_tool(name: str, *words: str) -> None:
    """One of PostgreSQL's own programs, before our database. Raises CopyRefused with what it said."""
    program = shutil.which(name)
    if program is None:
        raise CopyRefused(f"{name} is not installed here; it comes with PostgreSQL's client programs.")
    done = subprocess.run(
        [program, "--no-owner", "--no-privileges", *words],
        env={**os.environ, **variables_of(connection.settings_dict)},
        capture_output=True,
        text=True,
        check=False,
    )
    if done.returncode:
        raise CopyRefused(f"{name} failed: {done.stderr.strip()[-500:]}")


def variables_of(place: Mapping[str, Any]) -> dict[str, str]:
    """Where and how our database is reached, as PostgreSQL's programs are told: never on a command line, which everybody
    sees, and no less strict about the server than the studio itself."""
    options = place.get("OPTIONS") or {}
    named = {VARIABLES[name]: place[name] for name in VARIABLES if place.get(name)}
    named |= {f"PG{name.upper()}": options[name] for name in SAFE_WAYS if options.get(name)}
    return {variable: str(value) for variable, value in named.items()}


def refuse_unless_empty() -> None:
    """Raises CopyRefused where somebody has set a studio up."""
    if "gallery_user" not in connection.introspection.table_names():
        return
    with connection.cursor() as cursor:
        cursor.execute("SELECT 1 FROM gallery_user LIMIT 1")
        if cursor.fetchone():
            raise CopyRefused(
                "There are people in this studio already. Restore into an empty data folder, or an empty database."
            )


def put_back(path: Path) -> None:
    """In place of the empty database. Raises CopyRefused."""
    connections.close_all()
    if connection.vendor == "sqlite":
        place = Path(settings.DATABASES["default"]["NAME"])
        for left in ("-wal", "-shm"):
            place.with_name(place.name + left).unlink(missing_ok=True)
        path.chmod(0o600)
        os.replace(path, place)
    else:
        name = str(connection.settings_dict["NAME"])
        run_tool("pg_restore", "--clean", "--if-exists", "--exit-on-error", f"--dbname={name}", str(path))
