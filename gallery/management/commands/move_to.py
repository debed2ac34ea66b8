"""Takes a studio into a larger database and a larger storage, or back."""

import re
import sys
import time
from typing import Any

from django.conf import settings
from django.core.exceptions import ImproperlyConfigured
from django.core.files.storage import InvalidStorageError, storages
from django.core.management.base import BaseCommand, CommandError, CommandParser
from django.db import DatabaseError

from gallery.services import moves
from gallery.services.moved_files import FileMove, Files, FilesRefused
from gallery.services.moved_rows import RowRefused
from gallery.services.moved_tables import Compared
from gallery.services.new_databases import NewDatabase, PlaceRefused
from gateway_site import environment

BETWEEN_WORDS_SECONDS = 10.0
MOST_NAMED = 5
PASSWORD = re.compile(r"(://[^:/@]*):[^/@]*@")
OVERWRITE = {"file": {"allow_overwrite": True}, "s3": {"file_overwrite": True}}


class Command(BaseCommand):
    help = (
        "Move this studio, while it is stopped, into another database, another storage of pictures, or both. Nothing is "
        "changed here. Cut off at any moment, the same command goes on. Everything is compared before it says that it is there."
    )

    def add_arguments(self, parser: CommandParser) -> None:
        address = "an address as {} holds it, or the name of a variable that holds one"
        parser.add_argument("--database", default="", help=address.format("PROOFSHEET_DATABASE_URL"))
        parser.add_argument("--storage", default="", help=address.format("PROOFSHEET_STORAGE_URL"))
        parser.add_argument(
            "--dry-run", action="store_true", help="look at both sides, say what would be moved, and stop"
        )

    def handle(self, *args: Any, **options: Any) -> None:
        database, storage = (find_address(options[name]) for name in ("database", "storage"))
        if not database and not storage:
            raise CommandError("Say where to: --database, --storage, or both.")
        progress = Progress()
        try:
            new = NewDatabase(database, environment.database_at(database, "--database")) if database else None
            files = open_storage(storage) if storage else None
            with moves.alone(settings.DATA_DIR / "move.lock", progress.say), moves.held_still():
                self.say_what_is_there(new, files, progress)
                if options["dry_run"]:
                    self.stdout.write("Nothing was moved.")
                    return
                if files:
                    self.move_files(files, progress)
                if new:
                    self.move_rows(new, progress)
        except (moves.MoveRefused, PlaceRefused, RowRefused, FilesRefused, ImproperlyConfigured) as problem:
            raise CommandError(f"{problem} Nothing here was changed.") from problem
        except DatabaseError as problem:
            raise CommandError(f"A database failed: {problem}. Nothing here was changed; run this again.") from problem
        finally:
            progress.end()
        self.say_what_to_set(database, storage)

    def say_what_is_there(self, new: NewDatabase | None, files: FileMove | None, progress: "Progress") -> None:
        if new:
            new.open()
            if new.look(moves.name_of_studio()):
                self.stdout.write("A move into this database was begun before; this one goes on with it.")
            counts = [(name, count) for name, count in moves.count_rows() if count]
            for name, count in counts:
                self.stdout.write(f"{name:<32} {count:>12,}")
            self.stdout.write(f"{sum(count for _, count in counts):,} rows in {len(counts)} tables.")
        if files:
            found = Files()
            for found in reaching(files.look()):
                progress.say(f"{found.count:,} files counted")
            progress.end()
            self.stdout.write(
                f"{found.count:,} files, {found.byte_size:,} bytes; {found.were_there:,} files are there already."
            )

    def move_files(self, move: FileMove, progress: "Progress") -> None:
        for files in reaching(move.run(moves.needed_originals())):
            progress.say(f"{files.count:,} files, {files.byte_size:,} bytes carried and verified")
        progress.end()
        files = move.files
        if files.different:
            raise FilesRefused(
                f"{len(files.different):,} files did not arrive as they are here: {named(files.different)}. Run this again."
            )
        self.stdout.write(
            f"{files.count:,} files, {files.byte_size:,} bytes: all there and verified, {files.were_there:,} of them from before."
        )
        if files.damaged:
            self.stdout.write(f"Damaged here already, and moved as they are: {named(files.damaged)}.")
        if files.left:
            self.stdout.write(f"{len(files.left):,} pictures of the record have no file here either.")

    def move_rows(self, new: NewDatabase, progress: "Progress") -> None:
        done = moves.move_rows(new, progress.say)
        progress.end()
        if not done[-1].is_same:
            raise moves.MoveRefused(difference(done[-1]))
        self.stdout.write(f"{'table':<32} {'here':>12} {'there':>12}  SHA-256 of the rows, on both sides")
        full = [one for one in done if one.here]
        for one in full:
            self.stdout.write(f"{one.table:<32} {one.here:>12,} {one.there:>12,}  {one.sha256}")
        self.stdout.write(
            f"{sum(one.here for one in full):,} rows in {len(full)} tables: all there, and the same. "
            f"{len(done) - len(full)} more are empty on both sides."
        )

    def say_what_to_set(self, database: str, storage: str) -> None:
        self.stdout.write(
            "\nThe move is done. For every process of the studio, with your passwords in place of the dots:\n"
        )
        if database:
            self.stdout.write(f"PROOFSHEET_DATABASE_URL={masked(database)}")
        if storage:
            self.stdout.write(f"PROOFSHEET_STORAGE_URL={masked(storage)}")
        self.stdout.write("")
        keys = settings.ENCRYPTION_KEYS_FILE or "PROOFSHEET_ENCRYPTION_KEYS"
        self.stdout.write(
            f"Saved API keys stay encrypted with the key in {keys}, which was not moved: other hosts need it as "
            "PROOFSHEET_ENCRYPTION_KEYS, and the secret key as PROOFSHEET_SECRET_KEY."
        )
        if database:
            self.stdout.write("Everybody signs in anew. What waits in the queue goes on once a worker is started.")
        if waiting := len(list(settings.REPLIES_DIR.glob("*.reply"))):
            self.stdout.write(
                f"{waiting} paid answers wait in {settings.REPLIES_DIR}: start a worker here, with this data folder, first."
            )


class Progress:
    """One line that is written over at a terminal; elsewhere a line from time to time."""

    def __init__(self) -> None:
        self.said_at = time.monotonic()
        self.is_open = False

    def say(self, words: str) -> None:
        now = time.monotonic()
        if sys.stderr.isatty():
            print(f"\r\x1b[K{words[:100]}", end="", file=sys.stderr, flush=True)
            self.is_open = True
        elif now - self.said_at > BETWEEN_WORDS_SECONDS:
            print(words, file=sys.stderr, flush=True)
            self.said_at = now

    def end(self) -> None:
        if self.is_open:
            print("\r\x1b[K", end="", file=sys.stderr, flush=True)
            self.is_open = False


def find_address(given: str) -> str:
    """A password does not belong on a command line, which everybody on the machine can read."""
    if "://" in given or not given:
        return given
    if not (found := environment.text(given)):
        raise CommandError(f"“{given}” is neither an address nor a variable that holds one.")
    return found


def masked(address: str) -> str:
    return PASSWORD.sub(r"\1:…@", address)


def open_storage(address: str) -> FileMove:
    old, new = settings.STORAGES["default"], environment.storage_at(address, "--storage")
    new["OPTIONS"] |= OVERWRITE[address.partition(":")[0]]
    try:
        return FileMove(storages.create_storage(old), storages.create_storage(new))
    except InvalidStorageError as problem:
        raise ImproperlyConfigured(f"S3 needs more packages (--extra s3): {problem}.") from problem


def reaching(steps: Any) -> Any:
    """Each storage raises its own."""
    try:
        yield from steps
    except FilesRefused:
        raise
    except Exception as problem:
        raise FilesRefused(f"A storage failed: {type(problem).__name__}: {problem}. Run this again.") from problem


def named(names: list[str]) -> str:
    more = f" and {len(names) - MOST_NAMED:,} more" if len(names) > MOST_NAMED else ""
    return ", ".join(names[:MOST_NAMED]) + more


def difference(one: Compared) -> str:
    return (
        f"{one.table} is not the same there: {one.here:,} rows here and {one.there:,} there, and they differ from "
        f"id {one.differs_at} on. The new database is not finished, and no studio starts on it. Run this again."
    )
