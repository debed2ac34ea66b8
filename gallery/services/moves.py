"""A studio that moves into another database, another storage, or both. Nothing is changed where it moves from."""

import fcntl
import hashlib
import os
import time
from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager
from pathlib import Path

from django.db import DatabaseError, IntegrityError, OperationalError, connection, transaction

from gallery.models import Image, User, Worker
from gallery.models.workers import ALIVE_FOR
from gallery.services import doctor
from gallery.services.moved_rows import carry_last_ids, copy_rows, empty
from gallery.services.moved_tables import Compared, Table, compare, moved_tables
from gallery.services.new_databases import ALIAS, NewDatabase

HERE = "default"
LONGEST_WAIT_SECONDS = 300.0
Say = Callable[[str], None]


class MoveRefused(Exception):
    """The sentence says what is in the way here."""


@contextmanager
def alone(path: Path, say: Say) -> Iterator[None]:
    """One move at a time from this data folder. The lock goes along to the process that makes tables, which outlives us where
    we are killed, and is waited for. Raises MoveRefused."""
    with open(path, "w", opener=lambda name, flags: os.open(name, flags, 0o600)) as file:
        os.set_inheritable(file.fileno(), True)
        end = time.monotonic() + LONGEST_WAIT_SECONDS
        while True:
            try:
                fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
                break
            except BlockingIOError as problem:
                if time.monotonic() > end:
                    raise MoveRefused("Another move_to is at work on this studio. Wait for it to end.") from problem
                say("waiting for another move_to to end")
                time.sleep(0.2)
        yield


@contextmanager
def held_still() -> Iterator[None]:
    """Nobody writes into this database within the block, not even a web process that nothing is known of. Raises
    MoveRefused where somebody seems to be at work."""
    refuse_unless_stopped()
    with ExitStack() as stack:
        try:
            if connection.vendor == "sqlite":
                be_impatient()
            stack.enter_context(transaction.atomic())
            if connection.vendor == "postgresql":
                lock_tables()
        except OperationalError as problem:
            raise MoveRefused(
                f"Somebody writes into the studio's database. Stop the studio first. ({problem})"
            ) from problem
        yield


def be_impatient() -> None:
    """Its transactions keep others from writing by themselves; whoever writes longer than this is not between two pages."""
    with connection.cursor() as cursor:
        cursor.execute("PRAGMA busy_timeout = 3000")


def lock_tables() -> None:
    """As they are now, until the transaction ends, however long the files take."""
    names = ", ".join(connection.ops.quote_name(table.name) for table in moved_tables())
    with connection.cursor() as cursor:
        cursor.execute("SET TRANSACTION ISOLATION LEVEL REPEATABLE READ")
        cursor.execute("SET LOCAL lock_timeout = '3s'")
        cursor.execute("SET LOCAL idle_in_transaction_session_timeout = 0")
        cursor.execute(f"LOCK TABLE {names} IN SHARE MODE")


def refuse_unless_stopped() -> None:
    try:
        if why_not := doctor.why_not_to_serve():
            raise MoveRefused(why_not)
        if doctor.unapplied_migrations() or not User.objects.exists():
            raise MoveRefused(
                "There is nothing to move, or it is of an earlier version of Proofsheet. Is PROOFSHEET_DATA_DIR the right "
                "one? Then start the studio once, and stop it again."
            )
        worker = Worker.objects.heard_of().first()
        if connection.vendor == "sqlite":
            connection.check_constraints()
    except IntegrityError as problem:
        raise MoveRefused(f"A row of this database points at another that is not there: {problem}") from problem
    except DatabaseError as problem:
        raise MoveRefused(f"The studio's database does not answer: {problem}") from problem
    if worker:
        raise MoveRefused(
            f"The studio runs: process {worker.process_id} on {worker.host} was heard of just now. Stop it first; "
            f"where it was killed, wait for {ALIVE_FOR.seconds} seconds."
        )


def name_of_studio() -> str:
    """The same for each try to move a studio, and of no other studio."""
    first = User.objects.order_by("pk").values_list("pk", "date_joined").first()
    return hashlib.sha256(repr(first).encode()).hexdigest()


def needed_originals() -> set[bytes]:
    rows = Image.objects.filter(purged_at=None).exclude(sha256="").values_list("sha256", flat=True)
    return {bytes.fromhex(sha256) for sha256 in rows.iterator(chunk_size=2000)}


def count_rows() -> list[tuple[str, int]]:
    return [(table.name, table.count(HERE)) for table in moved_tables()]


def move_rows(new: NewDatabase, say: Say) -> list[Compared]:
    """All tables, each compared once it is there. The last one alone may differ; then the move ends there, unfinished.
    Raises PlaceRefused, RowRefused."""
    say("making the tables")
    new.make_ready(name_of_studio())
    done: list[Compared] = []
    for table in moved_tables():
        done.append(move_table(table, say))
        if not done[-1].is_same:
            return done
    for number, words in new.owed():
        say(f"making again: {' '.join(words.split()[:6])} …")
        new.make_again(number, words)
    carry_last_ids(HERE, ALIAS)
    say("last checks")
    new.finish()
    return done


def move_table(table: Table, say: Say) -> Compared:
    """What an earlier try brought is kept where it is still the same, else brought again."""
    was_begun = table.last(ALIAS) > 0
    compared = copy_and_compare(table, say)
    if was_begun and not compared.is_same:
        empty(table, ALIAS)
        compared = copy_and_compare(table, say)
    return compared


def copy_and_compare(table: Table, say: Say) -> Compared:
    here = table.count(HERE)
    for count in copy_rows(table, HERE, ALIAS):
        say(f"{table.name}: {count:,} of {here:,} rows")
    compared = Compared(table.name, 0, 0)
    for compared in compare(table, HERE, ALIAS):
        say(f"{table.name}: {compared.here:,} of {here:,} rows compared")
    return compared
