"""`manage.py move_to`, as an operator types it: what it says, what it refuses, and that everything arrives as it was. To
PostgreSQL and S3 the same is done in test_moving_up.py."""

import contextlib
import hashlib
import re
import shutil
import sqlite3
from collections.abc import Callable, Iterator
from datetime import UTC, datetime
from pathlib import Path

import pytest
from django.core.management import call_command
from django.core.management.base import CommandError
from django.db import connection

from gallery.models.clocks import APART
from gallery.services.moved_tables import LEFT_BEHIND, moved_tables
from tests.running_studio import manage, prepared_folder

# Whatever the test run itself stands on.
DEFAULT = {"PROOFSHEET_DATABASE_URL": "", "PROOFSHEET_STORAGE_URL": ""}
PICTURES = 30
NEW = ("2026-11-30 09:00:00", "sign-in.failed")


@pytest.fixture(scope="module")
def made(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("studio") / "data"
    if (prepared_folder() / "proofsheet.sqlite3").exists():
        shutil.copytree(prepared_folder(), folder)
    else:
        manage(folder, "migrate", **DEFAULT)
    done = manage(folder, "seed_library", "--images", str(PICTURES), "--files", "3", **DEFAULT)
    assert done.returncode == 0, done.stderr
    with books(folder / "proofsheet.sqlite3") as database:
        # On a machine that stalls, the studio of a moment ago may have been killed before it signed off.
        database.execute("DELETE FROM gallery_worker")
    # Nor closed its queue: whoever reads it next puts it in order, which is no change of what it holds.
    with books(folder / "queue.sqlite3") as queue:
        queue.execute("SELECT count(*) FROM sqlite_master")
    return folder


@pytest.fixture
def studio(made: Path, tmp_path: Path) -> Path:
    return Path(shutil.copytree(made, tmp_path / "data"))


@contextlib.contextmanager
def books(path: Path) -> Iterator[sqlite3.Connection]:
    with contextlib.closing(sqlite3.connect(path)) as opened, opened:
        yield opened


def contents(folder: Path) -> dict[str, str]:
    """Names and hashes; what only marks that something runs is nobody's content."""
    return {
        str(path.relative_to(folder)): hashlib.sha256(path.read_bytes()).hexdigest()
        for path in folder.rglob("*")
        if path.is_file() and path.suffix != ".lock"
    }


def move(studio: Path, **to: Path) -> tuple[int, str]:
    """Exit code, and all that was said."""
    schemes = {"database": "sqlite:///", "storage": "file://"}
    words = [f"--{name}={schemes[name]}{path}" for name, path in to.items()]
    done = manage(studio, "move_to", *words, **DEFAULT)
    assert "Traceback" not in done.stderr
    return done.returncode, done.stdout + done.stderr


def test_every_table_of_the_database_is_carried_or_left_for_a_reason(db: None) -> None:
    known = {table.name for table in moved_tables()} | LEFT_BEHIND | {"django_migrations"}
    found = connection.introspection.table_names()
    assert {
        name for name in found if not name.startswith(("gallery_search_", "gallery_image_search_", "huey_"))
    } == known


def test_a_studio_is_in_its_new_place_as_it_was_and_the_old_one_as_before(studio: Path, tmp_path: Path) -> None:
    before = contents(studio)
    code, said = move(studio, database=tmp_path / "new.sqlite3", storage=tmp_path / "pictures")
    assert code == 0, said
    assert "all there, and the same" in said
    assert "all there and verified" in said
    assert f"PROOFSHEET_DATABASE_URL=sqlite:///{tmp_path}/new.sqlite3" in said
    assert f"PROOFSHEET_STORAGE_URL=file://{tmp_path}/pictures" in said
    assert str(studio / "encryption_keys") in said
    assert contents(studio) == before
    assert contents(tmp_path / "pictures") == contents(studio / "pictures")
    question = "SELECT id, sha256, generation_id FROM gallery_image ORDER BY id"
    with books(studio / "proofsheet.sqlite3") as old, books(tmp_path / "new.sqlite3") as new:
        assert len(new.execute(question).fetchall()) == PICTURES
        given = "SELECT name, seq FROM sqlite_sequence WHERE name LIKE 'gallery_%' AND name <> 'gallery_worker' ORDER BY name"
        for same in (question, "SELECT rowid, text FROM gallery_image_search", given):
            assert new.execute(same).fetchall() == old.execute(same).fetchall()
    assert (tmp_path / "new.sqlite3").stat().st_mode & 0o777 == 0o600
    # It is somebody's now.
    code, said = move(studio, database=tmp_path / "new.sqlite3")
    assert code == 1
    assert "There are people in the studio of this database already" in said


def test_a_place_where_somebody_tried_to_come_in_and_nobody_was_is_emptied(studio: Path, tmp_path: Path) -> None:
    new = tmp_path / "new.sqlite3"
    shutil.copy(studio / "proofsheet.sqlite3", new)
    with books(new) as database:
        database.execute("DELETE FROM gallery_user")
        database.execute(
            "INSERT INTO gallery_auditentry (at, act, actor_name, subject, detail) VALUES (?, ?, '', '', '{}')", NEW
        )
        with pytest.raises(sqlite3.IntegrityError, match="only ever added to"):
            database.execute("DELETE FROM gallery_auditentry")
    code, said = move(studio, database=new)
    assert code == 0, said
    with books(studio / "proofsheet.sqlite3") as old, books(new) as there:
        question = "SELECT id, at, act FROM gallery_auditentry ORDER BY id"
        assert there.execute(question).fetchall() == old.execute(question).fetchall()
        with pytest.raises(sqlite3.IntegrityError, match="only ever added to"):
            there.execute("DELETE FROM gallery_auditentry")


def test_a_dry_run_counts_and_leaves_nothing(studio: Path, tmp_path: Path) -> None:
    before = contents(tmp_path)
    words = [f"--database=sqlite:///{tmp_path}/new.sqlite3", f"--storage=file://{tmp_path}/pictures", "--dry-run"]
    done = manage(studio, "move_to", *words, **DEFAULT)
    assert done.returncode == 0, done.stderr
    assert f"gallery_image                              {PICTURES}" in done.stdout
    assert f"{len(contents(studio / 'pictures'))} files" in done.stdout
    assert "Nothing was moved." in done.stdout
    assert contents(tmp_path) == before


def heard_of(studio: Path, _: Path) -> str:
    with books(studio / "proofsheet.sqlite3") as database:
        names = "INSERT INTO gallery_worker (name, host, process_id, takes_from_queue, started_at, seen_at)"
        now = datetime.now(UTC)
        # A machine that tests may stall for longer than a worker is taken for alive.
        moments = [f"{moment:%Y-%m-%d %H:%M:%S}" for moment in (now, now + APART)]
        database.execute(f"{names} VALUES ('x', 'attic', 77, 1, ?, ?)", moments)
    return "process 77 on attic was heard of just now"


def another_file(_: Path, tmp_path: Path) -> str:
    (tmp_path / "pictures" / "holidays").mkdir(parents=True)
    (tmp_path / "pictures" / "holidays" / "beach.jpg").write_bytes(b"sea")
    return "The new storage holds something else: holidays/beach.jpg"


def another_table(_: Path, tmp_path: Path) -> str:
    with books(tmp_path / "new.sqlite3") as database:
        database.execute("CREATE TABLE shop_orders (id integer)")
    return "This database holds something else: the table shop_orders"


def another_studio(_: Path, tmp_path: Path) -> str:
    with books(tmp_path / "new.sqlite3") as database:
        database.execute("CREATE TABLE proofsheet_move (number integer, kind text, words text)")
        database.execute("INSERT INTO proofsheet_move VALUES (1, 'whose', 'theirs')")
    return "Another studio is being moved into this database"


def nobody(studio: Path, _: Path) -> str:
    with books(studio / "proofsheet.sqlite3") as database:
        database.execute("DELETE FROM gallery_user")
    return "There is nothing to move"


def loose_end(studio: Path, _: Path) -> str:
    with books(studio / "proofsheet.sqlite3") as database:
        database.execute("DELETE FROM gallery_generation WHERE id = 1")
    return "points at another that is not there"


@pytest.mark.parametrize("obstacle", [heard_of, another_file, another_table, another_studio, nobody, loose_end])
def test_what_is_in_the_way_is_said_before_anything_is_done(
    obstacle: Callable[[Path, Path], str], studio: Path, tmp_path: Path
) -> None:
    sentence = obstacle(studio, tmp_path)
    before = contents(studio), contents(tmp_path / "pictures")
    code, said = move(studio, database=tmp_path / "new.sqlite3", storage=tmp_path / "pictures")
    assert code == 1
    assert sentence in said
    assert "Nothing here was changed." in said
    assert (contents(studio), contents(tmp_path / "pictures")) == before


def test_while_somebody_writes_nothing_is_moved(studio: Path, tmp_path: Path) -> None:
    with contextlib.closing(sqlite3.connect(studio / "proofsheet.sqlite3", isolation_level=None)) as somebody:
        somebody.execute("BEGIN IMMEDIATE")
        code, said = move(studio, database=tmp_path / "new.sqlite3")
    assert code == 1
    assert "Somebody writes into the studio's database. Stop the studio first." in said
    assert not (tmp_path / "new.sqlite3").exists()


@pytest.mark.parametrize(
    ("words", "sentence"),
    [
        ([], "Say where to: --database, --storage, or both."),
        (["--database=somewhere"], "“somewhere” is neither an address nor a variable that holds one."),
        (["--storage=ftp://host/pictures"], "--storage must look like s3://"),
        (["--storage=s3://AKIA1:ab/cd@pictures?endpoint_url=http://s3:9000"], "a / in key or secret written as %2F."),
        (["--storage=s3://AK/IA1:abcd@pictures"], "a / in key or secret written as %2F."),
        (["--database=files://host/x"], "--database is not a database address"),
    ],
)
def test_an_address_that_is_none_is_said_in_a_sentence(words: list[str], sentence: str) -> None:
    with pytest.raises(CommandError, match=re.escape(sentence)):
        call_command("move_to", *words)


def test_what_is_damaged_or_lost_here_is_told_and_moved_as_it_is(studio: Path, tmp_path: Path) -> None:
    damaged, lost, *_ = sorted((studio / "pictures" / "originals").rglob("*.jpg"))
    damaged.write_bytes(b"torn")
    lost.unlink()
    code, said = move(studio, storage=tmp_path / "pictures")
    assert code == 0, said
    assert f"Damaged here already, and moved as they are: originals/{damaged.name[:2]}" in said
    assert "1 pictures of the record have no file here either." in said
    assert contents(tmp_path / "pictures") == contents(studio / "pictures")
