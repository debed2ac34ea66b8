"""A team moves up, from the embedded default to PostgreSQL and S3, and back: killed on the way, it goes on. Runs where the test
run names real servers; without them the same is done between files, in test_moves.py."""

import hashlib
import shutil
import signal
import sqlite3
from contextlib import closing
from pathlib import Path

import pytest

from tests import own_parts
from tests.running_studio import LONGEST_START, Process, Studio, manage
from tests.test_moves import DEFAULT, contents
from tests.visitor import PASSWORD, Visitor, join, make_picture, wait_until

pytestmark = pytest.mark.skipif(
    not (own_parts.DATABASE_SERVER and own_parts.STORAGE_SERVER),
    reason="PROOFSHEET_TEST_DATABASE_URL and PROOFSHEET_TEST_STORAGE_URL name no servers",
)
KEY = "sk-canary-90b1c2"
# One run that waits, and one whose id was given and must not be given again.
LEFT_TO_DO = (
    "from gallery.models import APIKey, Gateway, Generation\n"
    "from gallery.models.fields import Secret\n"
    f"APIKey.objects.create(gateway=Gateway.objects.get(slug='openrouter'), secret=Secret.of('{KEY}'), host='x')\n"
    "row = Generation.objects.get(prompt='a brass telescope')\n"
    "row.pk = row.submission = None; row.status = 'queued'; row.started_at = row.finished_at = None; row.save()\n"
    "row.pk = None; row.save(); row.delete()\n"
)


@pytest.fixture(scope="module")
def made(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The embedded default, used for a while and stopped."""
    folder = tmp_path_factory.mktemp("default") / "data"
    studio = Studio(folder, **DEFAULT)
    make_picture(join(studio.address, studio.setup_path, "ada", "Ada Lovelace"), "a brass telescope")
    assert studio.end() == 0
    for words in (["seed_library", "--images", "1000", "--files", "20"], ["shell", "-c", LEFT_TO_DO]):
        done = manage(folder, *words, **DEFAULT)
        assert done.returncode == 0, done.stderr
    return folder


@pytest.fixture
def studio(made: Path, tmp_path: Path) -> Path:
    return Path(shutil.copytree(made, tmp_path / "data"))


def new_place(folder: Path) -> list[str]:
    told = own_parts.environment_of(folder)
    return [f"--database={told['PROOFSHEET_DATABASE_URL']}", f"--storage={told['PROOFSHEET_STORAGE_URL']}"]


def count(folder: Path, table: str) -> int:
    """In the new database; 0 where there is no such table yet."""
    found = own_parts.ask(folder, "SELECT to_regclass(%s) AS there", table)
    return own_parts.ask(folder, f"SELECT count(*) AS count FROM {table}")[0]["count"] if found[0]["there"] else 0


def kill_once(folder: Path, table: str = "") -> None:
    """Move, and kill -9 as soon as something is in this table; else as soon as a file is there."""
    moving = Process(folder, "move_to", *new_place(folder), **DEFAULT)

    def is_time() -> bool:
        assert moving.popen.poll() is None, moving.words + moving.complaints
        return count(folder, table) > 0 if table else bool(own_parts.stored_names(folder))

    try:
        wait_until(is_time, f"something in {table or 'the bucket'}", seconds=LONGEST_START)
    finally:
        assert moving.end(signal.SIGKILL) == -signal.SIGKILL


def test_a_team_moves_up_and_back_and_no_kill_on_the_way_loses_anything(studio: Path, tmp_path: Path) -> None:
    before = contents(studio)
    for table in ("", "proofsheet_move", "gallery_image"):
        kill_once(studio, table)
    # Half of it is there: no studio serves that.
    worker = manage(studio, "worker")
    assert worker.returncode == 1
    assert "A studio is being moved into this database, and not all of it is here." in worker.stderr
    # And what is there is not taken for right.
    own_parts.change(studio, "UPDATE gallery_image SET note = 'spoilt' WHERE id = (SELECT min(id) FROM gallery_image)")
    name = own_parts.stored_names(studio, "originals/")[0]
    spoil(studio, name)

    done = manage(studio, "move_to", *new_place(studio), **DEFAULT)
    assert done.returncode == 0, done.stderr
    assert "A move into this database was begun before" in done.stdout
    assert "all there, and the same" in done.stdout
    assert "all there and verified" in done.stdout
    assert own_parts.read_stored(studio, name) == (studio / "pictures" / name).read_bytes()
    assert contents(studio) == before

    moved = Studio(studio)
    try:
        ada = Visitor(moved.address)
        assert ada.post("/accounts/login/", {"username": "ada", "password": PASSWORD}).status == 302
        page = ada.get("/library/?q=telescope").text
        assert "a brass telescope" in page
        waited = "SELECT id, status FROM gallery_generation WHERE prompt = 'a brass telescope' ORDER BY id DESC"
        wait_until(lambda: own_parts.ask(studio, waited)[0]["status"] == "succeeded", "what waited is drawn")
        given = own_parts.ask(studio, waited)[0]["id"]
        make_picture(ada, "a tin kettle")
        newest = own_parts.ask(studio, "SELECT max(id) AS id FROM gallery_generation")[0]["id"]
        # The one between was given to a run that is gone.
        assert newest == given + 2
        assert "another encryption key" not in manage(studio, "doctor").stdout
    finally:
        assert moved.end() == 0

    done = manage(
        studio, "move_to", f"--database=sqlite:///{tmp_path}/back.sqlite3", f"--storage=file://{tmp_path}/back"
    )
    assert done.returncode == 0, done.stderr
    assert "all there, and the same" in done.stdout
    back = contents(tmp_path / "back")
    assert {name: back[name] for name in contents(studio / "pictures")} == contents(studio / "pictures")
    assert len(back) > len(contents(studio / "pictures"))
    with closing(sqlite3.connect(tmp_path / "back.sqlite3")) as books:
        assert books.execute("SELECT max(id) FROM gallery_generation").fetchone() == (newest,)


def spoil(folder: Path, name: str) -> None:
    """Other bytes, as many as before."""
    words = (
        "from django.core.files.base import ContentFile\n"
        "from django.core.files.storage import default_storage\n"
        f"size = default_storage.size('{name}'); default_storage.delete('{name}')\n"
        f"default_storage.save('{name}', ContentFile(b'x' * size))\n"
    )
    assert manage(folder, "shell", "-c", words).returncode == 0


def test_a_row_that_postgresql_cannot_hold_is_named(studio: Path) -> None:
    with closing(sqlite3.connect(studio / "proofsheet.sqlite3")) as books, books:
        books.execute("UPDATE gallery_tag SET name = 'soft' || char(0) WHERE id = 3")
    sha256 = hashlib.sha256((studio / "proofsheet.sqlite3").read_bytes()).hexdigest()
    done = manage(studio, "move_to", new_place(studio)[0], **DEFAULT)
    assert done.returncode == 1
    assert "The new database does not take a row of gallery_tag between 1 and 24" in done.stderr
    assert "Nothing here was changed." in done.stderr
    assert "Traceback" not in done.stderr
    assert hashlib.sha256((studio / "proofsheet.sqlite3").read_bytes()).hexdigest() == sha256
