"""Code and database of different versions, and an upgrade that was cut off.

Open WebUI and LiteLLM served on with a half-changed database: here it is a sentence, or it is put right.

Not from an advisory: upgrades are cut off, and hosts forgotten, by those who run them.
"""

import json
import os
import re
import signal
import sqlite3
import threading
import time
from contextlib import closing, suppress
from datetime import UTC, datetime, timedelta
from pathlib import Path
from urllib.error import HTTPError
from urllib.request import Request, urlopen

import pytest

from tests import own_parts
from tests.endpoint import script
from tests.fake_gateway import FakeGateway
from tests.running_studio import LONGEST_START, Process, Studio, free_port, manage, prepare, running_studio
from tests.visitor import join, wait_until

FORM = {"model": "routellm/flux_kontext", "prompt": "a red chair", "mode": "pro"}
LATER = "The database was changed by a later version of Proofsheet (9999_of_tomorrow): nothing new is begun here."
OF_TOMORROW = "('gallery', '9999_of_tomorrow', '2030-01-01')"
# What a column of an older version holds where it must hold something; JSON is text.
FILLINGS = {"text": "[]", "datetime": "2026-01-02 03:04:05", "integer": 0, "bool": 0, "real": 1}


def ask(database: Path, words: str) -> list[tuple[object, ...]]:
    with closing(sqlite3.connect(database, timeout=20)) as books, books:
        return books.execute(words).fetchall()


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder that an upgrade of its database was cut off in, by kill -9."""
    folder = tmp_path_factory.mktemp("versions") / "data"
    upgrade = Process(folder, "migrate", "--no-input")
    database = folder / "proofsheet.sqlite3"
    tables = "SELECT count(*) FROM sqlite_master WHERE name = 'django_migrations'"
    wait_until(
        lambda: database.exists() and ask(database, tables) == [(1,)] and count_applied(database) > 5,
        "an upgrade begun",
    )
    os.kill(upgrade.popen.pid, signal.SIGKILL)
    upgrade.end()
    return folder


def count_applied(database: Path) -> int:
    ((count,),) = ask(database, "SELECT count(*) FROM django_migrations")
    return int(str(count))


def test_no_worker_works_on_a_database_whose_upgrade_was_cut_off(folder: Path) -> None:
    worker = manage(folder, "worker")
    assert worker.returncode == 1
    assert worker.stderr.startswith("CommandError: The database is of an earlier version of Proofsheet")


def put_row(database: Path, table: str, **values: object) -> None:
    """A row of whatever columns that version has."""
    for _, column, kind, is_needed, default, _ in ask(database, f"PRAGMA table_info({table})"):
        if is_needed and default is None and column not in ("id", *values):
            values[str(column)] = FILLINGS.get(str(kind).lower().split()[0], "")
    places = ", ".join("?" * len(values))
    with closing(sqlite3.connect(database, timeout=20)) as books, books:
        books.execute(f"INSERT INTO {table} ({', '.join(values)}) VALUES ({places})", list(values.values()))


def test_an_upgrade_that_is_cut_off_again_and_again_comes_to_its_end_and_loses_nothing(tmp_path: Path) -> None:
    """By kill -9 of the studio that makes it, over a database of the first version in which people have worked."""
    folder, database = tmp_path / "data", tmp_path / "data" / "proofsheet.sqlite3"
    assert Process(folder, "migrate", "gallery", "0001", "--no-input").popen.wait(LONGEST_START) == 0
    put_row(database, "gallery_user", id=7, username="bea", name="Bea")
    put_row(
        database, "gallery_generation", id=9, owner_id=7, prompt="a red chair", status="succeeded", owner_name="Bea"
    )
    cuts = 0
    for step in (1, 5):
        before = count_applied(database)
        start = Process(folder, "studio", "--port", str(free_port()))
        wait_until(lambda: count_applied(database) >= before + step, "changes made", seconds=LONGEST_START)  # noqa: B023
        os.kill(start.popen.pid, signal.SIGKILL)
        assert start.end() == -signal.SIGKILL
        cuts += manage(folder, "worker").returncode
    # Each time a part of it was still to be made.
    assert cuts == 2
    studio = Studio(folder)
    try:
        assert ask(database, "PRAGMA integrity_check") == [("ok",)]
        assert ask(database, "PRAGMA foreign_key_check") == []
        assert ask(database, "SELECT username, name FROM gallery_user WHERE id = 7") == [("bea", "Bea")]
        run = ask(database, "SELECT prompt, status, owner_id FROM gallery_generation WHERE id = 9")
        assert run == [("a red chair", "succeeded", 7)]
    finally:
        assert studio.end() == 0


def test_no_host_changes_the_database_under_another_that_runs(tmp_path: Path) -> None:
    folder, database = tmp_path / "data", tmp_path / "data" / "proofsheet.sqlite3"
    assert Process(folder, "migrate", "gallery", "0001", "--no-input").popen.wait(LONGEST_START) == 0
    # Heard of for almost a minute: a start may take a while.
    seen_at = (datetime.now(UTC) + timedelta(seconds=25)).replace(tzinfo=None).isoformat(" ")
    put_row(database, "gallery_worker", name="elsewhere-1:7:ab", host="elsewhere", process_id=7, seen_at=seen_at)
    before = count_applied(database)
    done = manage(folder, "studio", "--port", str(free_port()))
    assert done.returncode == 1
    (line,) = done.stderr.strip().splitlines()
    assert "an earlier one still runs on another host (elsewhere-1)" in line
    assert count_applied(database) == before


def test_what_runs_begins_nothing_on_a_database_that_another_host_has_changed(
    tmp_path: Path, fake_gateway: FakeGateway
) -> None:
    """Studio and worker both; what was sent before comes to its end."""
    folder = prepare(tmp_path / "data")
    keys = {"ROUTELLM_API_KEY": "sk-test-0123456789abcdef", "ROUTELLM_BASE_URL": fake_gateway.base_url}
    may_answer = threading.Event()
    with running_studio(folder, **keys) as studio:
        ada = join(studio.address, studio.setup_path, "ada", "Ada")
        token = manage(folder, "create_token", "ada", "--name", "Script").stdout.strip()

        def submit() -> str:
            assert ada.post("/", FORM).status == 302
            return str(max(map(int, re.findall(r"/generations/(\d+)/", ada.get("/history/").text))))

        def status_of(run: str) -> str:
            return str(re.findall(r'data-status="(\w+)"', ada.get(f"/generations/{run}/").text)[0])

        fake_gateway.will_send_image_when(may_answer)
        under_way = submit()
        wait_until(lambda: len(fake_gateway.requests) == 1, "the call is under way")
        own_parts.change(folder, f"INSERT INTO django_migrations (app, name, applied) VALUES {OF_TOMORROW}")
        wait_until(lambda: ada.status("/readyz") == 503, "not ready")
        wait_until(lambda: studio.complaints.count(LATER) == 2, "web server and worker have said so")
        # Nor is it a worker to the hosts of that version.
        nobody_works = {"database": "failed", "storage": "ok", "worker": "failed"}
        wait_until(lambda: json.loads(ada.get("/readyz").body) == nobody_works, "the worker is none")
        waiting = submit()
        asked = Request(
            f"{studio.address}/v1/chat/completions",
            json.dumps(script.ask()).encode(),
            {"Authorization": f"Bearer {token}", "Content-Type": "application/json"},
        )
        with pytest.raises(HTTPError) as refused:
            urlopen(asked, timeout=60)
        with refused.value as answer:
            assert (answer.code, answer.headers["Retry-After"]) == (503, "30")
            assert "belongs to a newer version" in json.loads(answer.read())["error"]["message"]
        may_answer.set()
        wait_until(lambda: status_of(under_way) == "succeeded", "what was sent has come to its end")
        kept = own_parts.stored_names(folder)
        for name in kept:
            # Fresh ones are spared for ten minutes. A bucket tells its own times.
            with suppress(FileNotFoundError):
                os.utime(folder / "pictures" / name, (0, 0))
        page = ada.get(f"/generations/{under_way}/").text
        (picture,) = set(re.findall(r"/images/(\d+)/", page))
        assert ada.post(f"/images/{picture}/trash/", {}).status == 302
        assert ada.post("/trash/empty/", {"whose": "mine"}).status == 302
        # For longer than a worker looks away.
        time.sleep(5)
        assert own_parts.stored_names(folder) == kept != []
        assert (status_of(waiting), len(fake_gateway.requests)) == ("queued", 1)
        own_parts.change(folder, "DELETE FROM django_migrations WHERE name = '9999_of_tomorrow'")
        wait_until(lambda: status_of(waiting) == "succeeded", "it goes on")
        assert ada.status("/readyz") == 200


def test_a_database_of_a_later_version_is_not_served(folder: Path) -> None:
    database = folder / "proofsheet.sqlite3"
    ask(
        database,
        f"INSERT INTO django_migrations (app, name, applied) VALUES {OF_TOMORROW}",
    )
    before = ask(database, "SELECT * FROM django_migrations")
    for words in (("studio", "--port", str(free_port())), ("worker",)):
        done = manage(folder, *words)
        assert done.returncode == 1
        (line,) = done.stderr.strip().splitlines()
        assert "changed by a later version of Proofsheet (9999_of_tomorrow)" in line
        assert "Start that version" in line
    assert ask(database, "SELECT * FROM django_migrations") == before
    ask(database, "DELETE FROM django_migrations WHERE name = '9999_of_tomorrow'")


def test_a_damaged_database_is_said_in_one_sentence(folder: Path, tmp_path: Path) -> None:
    (tmp_path / "proofsheet.sqlite3").write_bytes(b"no database at all, but of some length " * 200)
    done = manage(tmp_path, "studio", "--port", str(free_port()))
    assert done.returncode == 1
    (line,) = done.stderr.strip().splitlines()
    assert "file is not a database" in line
