"""Where a studio of a test keeps its things: in files of its data folder, or, where the test run names real servers, in a
database, a queue and a bucket of its own there.

Each of the three is chosen by itself, by PROOFSHEET_TEST_DATABASE_URL, PROOFSHEET_TEST_QUEUE_URL and
PROOFSHEET_TEST_STORAGE_URL (the address of a server that speaks S3). What is asked here is asked of whichever it is.
"""

import contextlib
import os
import secrets
import sqlite3
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any

DATABASE_SERVER = os.environ.get("PROOFSHEET_TEST_DATABASE_URL", "")
QUEUE_SERVER = os.environ.get("PROOFSHEET_TEST_QUEUE_URL", "")
STORAGE_SERVER = os.environ.get("PROOFSHEET_TEST_STORAGE_URL", "")

# Only a run on real servers has these packages.
if DATABASE_SERVER or QUEUE_SERVER or STORAGE_SERVER:
    from tests import server_parts

_databases: dict[Path, str] = {}
_queues: dict[Path, str] = {}
_buckets: dict[Path, str] = {}


def is_any() -> bool:
    return bool(DATABASE_SERVER or QUEUE_SERVER or STORAGE_SERVER)


def environment_of(data_folder: Path, *, has_database: bool = True) -> Mapping[str, str]:
    """What a studio on this data folder is told; its places at the servers are made on first use."""
    told = {}
    if DATABASE_SERVER and has_database:
        told["PROOFSHEET_DATABASE_URL"] = _database_of(data_folder)
    if QUEUE_SERVER:
        if data_folder not in _queues:
            _queues[data_folder] = server_parts.take_queue(QUEUE_SERVER)
        told["PROOFSHEET_QUEUE_URL"] = _queues[data_folder]
    if STORAGE_SERVER:
        told["PROOFSHEET_STORAGE_URL"] = server_parts.storage_url(STORAGE_SERVER, _bucket_of(data_folder))
    return told


def guard_storage(server: str) -> tuple[str, str]:
    """The only key, and its secret, that this S3 server takes from now on."""
    return server_parts.guard(server)


@contextlib.contextmanager
def another_queue(server: str) -> Iterator[str]:
    address = server_parts.take_queue(server)
    yield address
    server_parts.empty_queue(address)


def copy(source: Path, target: Path) -> None:
    """The parts of one data folder that nobody uses just now, made another's. Its bucket has to be empty, its queue is left."""
    if DATABASE_SERVER:
        _databases[target] = server_parts.make_database(DATABASE_SERVER, _new_name(), template=_database_of(source))
    if STORAGE_SERVER:
        assert not server_parts.names_in(STORAGE_SERVER, _bucket_of(source))


def remove(above: Path) -> None:
    """The parts of all data folders under this one, in use or not."""
    for folder in [each for each in _databases if each.is_relative_to(above)]:
        server_parts.drop_database(DATABASE_SERVER, _databases.pop(folder))
    for folder in [each for each in _queues if each.is_relative_to(above)]:
        server_parts.empty_queue(_queues.pop(folder))
    for folder in [each for each in _buckets if each.is_relative_to(above)]:
        server_parts.remove_bucket(STORAGE_SERVER, _buckets.pop(folder))


# What is in them ----------------------------------------------------------------------------------------------------


def ask(data_folder: Path, question: str, *values: object) -> list[dict[str, Any]]:
    """Rows of the studio's database by the names of their columns. Values stand for `%s`, as in Django."""
    if DATABASE_SERVER:
        return server_parts.ask(_database_of(data_folder), question, values)
    with contextlib.closing(_open(data_folder, "ro")) as database:
        return [dict(row) for row in database.execute(question.replace("%s", "?"), values)]


def change(data_folder: Path, words: str, *values: object) -> None:
    """One statement that writes."""
    if DATABASE_SERVER:
        server_parts.change(_database_of(data_folder), words, values)
        return
    with contextlib.closing(_open(data_folder, "rw")) as database, database:
        database.execute(words.replace("%s", "?"), values)


def stored_names(data_folder: Path, beginning: str = "") -> Sequence[str]:
    """The files of the picture storage, sorted."""
    if STORAGE_SERVER:
        found = server_parts.names_in(STORAGE_SERVER, _bucket_of(data_folder), beginning)
    else:
        root = data_folder / "pictures"
        paths = [str(path.relative_to(root)) for path in root.rglob("*") if path.is_file()]
        found = [name for name in paths if name.startswith(beginning)]
    return sorted(found)


def read_stored(data_folder: Path, name: str) -> bytes:
    if STORAGE_SERVER:
        return server_parts.read_object(STORAGE_SERVER, _bucket_of(data_folder), name)
    return (data_folder / "pictures" / name).read_bytes()


def remove_stored(data_folder: Path, name: str) -> None:
    if STORAGE_SERVER:
        server_parts.remove_object(STORAGE_SERVER, _bucket_of(data_folder), name)
    else:
        (data_folder / "pictures" / name).unlink()


def _open(data_folder: Path, mode: str) -> sqlite3.Connection:
    place = f"file:{data_folder / 'proofsheet.sqlite3'}?mode={mode}"
    database = sqlite3.connect(place, uri=True, timeout=20)
    database.row_factory = sqlite3.Row
    return database


def _database_of(data_folder: Path) -> str:
    if data_folder not in _databases:
        _databases[data_folder] = server_parts.make_database(DATABASE_SERVER, _new_name())
    return _databases[data_folder]


def _bucket_of(data_folder: Path) -> str:
    if data_folder not in _buckets:
        _buckets[data_folder] = _new_name().replace("_", "-")
        server_parts.make_bucket(STORAGE_SERVER, _buckets[data_folder])
    return _buckets[data_folder]


def _new_name() -> str:
    return f"studio_{secrets.token_hex(6)}"
