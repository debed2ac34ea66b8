"""The commands as processes: what they print, what they leave in the data folder, how they end and what outlives them."""

import contextlib
import json
import os
import re
import signal
import socket
import sqlite3
import stat
import subprocess
import sys
import urllib.error
import urllib.request
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest

from tests import own_parts
from tests.running_studio import (
    LONGEST_START,
    ROOT,
    Process,
    Studio,
    children_of,
    clean_environment,
    command_of,
    free_port,
    is_running,
    manage,
    prepare,
)
from tests.visitor import Visitor, join, make_picture, wait_until

pytestmark = pytest.mark.skipif(not sys.platform.startswith("linux"), reason="Processes are looked at through /proc.")


on_a_file = pytest.mark.skipif(
    own_parts.DATABASE_SERVER != "", reason="A database on a server is there or not, whatever the folder."
)


@pytest.fixture
def data_folder(tmp_path: Path) -> Path:
    return tmp_path / "data"


@pytest.fixture
def start(data_folder: Path) -> Iterator[Callable[[], Studio]]:
    """Starts a studio; what a failed test leaves running is ended."""
    started: list[Studio] = []

    def start_one() -> Studio:
        started.append(Studio(data_folder))
        return started[-1]

    yield start_one
    for studio in started:
        studio.end()


def mode(path: Path) -> int:
    return stat.S_IMODE(path.stat().st_mode)


# studio ------------------------------------------------------------------------------------------------------------


def test_a_taken_port_is_said_in_one_line_before_anything_is_made(data_folder: Path) -> None:
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        taken.listen()
        port = taken.getsockname()[1]
        result = manage(data_folder, "studio", "--port", str(port))
    assert result.returncode != 0
    assert result.stdout == ""
    (line,) = result.stderr.strip().splitlines()
    assert f"127.0.0.1:{port}" in line
    assert "--port" in line
    if own_parts.DATABASE_SERVER:
        assert own_parts.ask(data_folder, "SELECT * FROM pg_tables WHERE schemaname = 'public'") == []
    else:
        assert (data_folder / "proofsheet.sqlite3").stat().st_size == 0


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("PROOFSHEET_DATABASE_URL", "no address at all"),
        ("PROOFSHEET_STORAGE_URL", "ftp://pictures"),
        ("PROOFSHEET_ENCRYPTION_KEYS", "too short"),
        ("PROOFSHEET_DEBUG", "perhaps"),
    ],
)
def test_a_bad_setting_stops_the_start_with_one_line_that_names_it(data_folder: Path, name: str, value: str) -> None:
    result = manage(data_folder, "studio", "--port", str(free_port()), **{name: value})
    assert result.returncode != 0
    (line,) = result.stderr.strip().splitlines()
    assert name in line
    assert "too short" not in line


def test_a_second_start_finds_what_the_first_one_made_and_both_end_cleanly(
    data_folder: Path, start: Callable[[], Studio]
) -> None:
    umask = os.umask(0o022)
    try:
        first = start()
    finally:
        os.umask(umask)
    secrets = [data_folder / "secret_key", data_folder / "encryption_keys"]
    made = [path.read_bytes() for path in secrets]
    assert all(made)
    assert mode(data_folder) == 0o700
    assert [mode(path) for path in secrets] == [0o600, 0o600]
    assert first.words.splitlines()[0] == f"Proofsheet is at {first.address}"
    ada = join(first.address, first.setup_path, "ada", "Ada Lovelace")
    assert_ends_cleanly(first, signal.SIGTERM)

    second = start()
    assert [path.read_bytes() for path in secrets] == made
    assert second.words.splitlines() == [f"Proofsheet is at {second.address}"]
    ada.origin = second.address
    assert ada.status("/people/") == 200
    assert_ends_cleanly(second, signal.SIGINT)


def assert_ends_cleanly(studio: Studio, with_signal: signal.Signals) -> None:
    """Both processes and the child that decodes pictures go; nothing is complained about."""
    workers = studio.workers()
    family = [*workers, *(child for worker in workers for child in children_of(worker))]
    assert workers
    assert studio.end(with_signal) == 0
    assert "Traceback" not in studio.complaints
    assert not any(map(is_running, family))


def test_a_killed_worker_is_started_again_and_a_killed_studio_takes_its_worker_along(
    start: Callable[[], Studio],
) -> None:
    studio = start()
    ada = join(studio.address, studio.setup_path, "ada", "Ada Lovelace")
    (first,) = studio.workers()
    os.kill(first, signal.SIGKILL)
    wait_until(lambda: studio.workers() not in ([], [first]), "another worker")
    assert studio.popen.poll() is None
    assert make_picture(ada, "a lantern that stays lit")
    (second,) = studio.workers()
    family = [second, *children_of(second)]
    studio.end(signal.SIGKILL)
    wait_until(lambda: not any(map(is_running, family)), "the worker gone")


# The other commands ------------------------------------------------------------------------------------------------


def test_load_catalogue_says_how_many_models_there_are(data_folder: Path) -> None:
    assert manage(data_folder, "migrate", "--verbosity", "0").returncode == 0
    printed = [manage(data_folder, "load_catalogue").stdout for _ in range(2)]
    assert printed[0] == printed[1]
    found = re.fullmatch(r"(\d+) models are in the catalogue\.\n", printed[0])
    assert found
    # RouteLLM's document alone lists 31 dedicated models, 10 multimodal ones and the router.
    assert int(found[1]) >= 42


@pytest.mark.parametrize(
    "words",
    [
        ["doctor"],
        ["backup", "{folder}/studio.tar"],
        ["rotate_encryption_key"],
        ["create_token", "ada", "--name", "a script"],
        ["remove_second_step", "ada"],
        ["sync_models", "routellm"],
        *(pytest.param(words, marks=on_a_file) for words in (["worker"], ["createsuperuser"], ["shell", "-c", "1"])),
    ],
    ids=lambda words: words[0],
)
def test_a_shell_that_does_not_know_where_the_studio_is_hears_of_it_in_one_line_and_makes_nothing(
    data_folder: Path, tmp_path: Path, words: list[str]
) -> None:
    result = manage(data_folder, *(word.format(folder=tmp_path) for word in words))
    assert result.returncode == 1
    (line,) = (result.stdout + result.stderr).strip().splitlines()
    assert "There is no studio here" in line
    assert "PROOFSHEET_DATA_DIR" in line
    assert own_parts.DATABASE_SERVER or str(data_folder) in line
    assert own_parts.DATABASE_SERVER or list(tmp_path.iterdir()) == []
    assert not (tmp_path / "studio.tar").exists()


@on_a_file
def test_a_command_beside_an_empty_database_makes_nothing_more_than_is_there(data_folder: Path) -> None:
    data_folder.mkdir()
    (data_folder / "notes.txt").write_text("not a studio")
    elsewhere = data_folder / "else.sqlite3"
    result = manage(
        data_folder, "create_token", "ada", "--name", "a script", PROOFSHEET_DATABASE_URL=f"sqlite:///{elsewhere}"
    )
    assert f"There is no studio here: {elsewhere} is not there." in result.stderr
    assert [path.name for path in data_folder.iterdir()] == ["notes.txt"]


def test_a_folder_that_cannot_even_be_asked_about_is_one_line(tmp_path: Path) -> None:
    """As one that another account keeps to itself; a name too long is refused to root as well."""
    done = manage(tmp_path / ("x" * 300), "doctor")
    assert done.returncode == 1
    (line,) = done.stderr.strip().splitlines()
    assert "xxx" in line


WHAT_A_WORKER_READS = """
import sys
import django
django.setup()
import gallery.management.commands.worker
rooms = ("gallery.views", "gallery.admin", "gallery.endpoint", "gateway_site.urls", "rich")
print([name for name in sys.modules if name.startswith(rooms)])
"""


def test_a_worker_reads_no_page(data_folder: Path) -> None:
    environment = clean_environment(data_folder, DJANGO_SETTINGS_MODULE="gateway_site.settings")
    command = [sys.executable, "-c", WHAT_A_WORKER_READS]
    done = subprocess.run(command, cwd=ROOT, env=environment, capture_output=True, text=True, check=True)
    assert done.stdout == "[]\n"


def insert(database: sqlite3.Connection, table: str, **values: object) -> None:
    """A row, empty where nothing is said."""
    columns = database.execute(f"PRAGMA table_info({table})").fetchall()
    empty = {
        name: "[]" if "text" in kind and name == "notes" else "" if "char" in kind or "text" in kind else 0
        for _, name, kind, is_needed, *_ in columns
        if is_needed
    }
    row = {**empty, **values}
    marks = ", ".join("?" for _ in row)
    database.execute(f"INSERT INTO {table} ({', '.join(row)}) VALUES ({marks})", list(row.values()))


@pytest.mark.skipif(own_parts.DATABASE_SERVER != "", reason="Writes rows of an old version into the SQLite file.")
def test_the_first_picture_the_team_sees_stands_for_a_run_of_before_the_library(data_folder: Path) -> None:
    assert manage(data_folder, "migrate", "gallery", "0004", "--verbosity", "0").returncode == 0
    moment = "2024-01-01 00:00:00"
    with contextlib.closing(sqlite3.connect(data_folder / "proofsheet.sqlite3")) as database, database:
        database.execute("PRAGMA foreign_keys = OFF")
        for run in (1, 2):
            insert(database, "gallery_generation", id=run, prompt=f"teapot {run}", created_at=moment, changed_at=moment)
        pictures = [
            # run, position, visibility, deleted_at
            (1, 2, "team", None),
            (1, 1, "team", None),
            (1, 0, "private", None),
            (2, 1, "private", None),
            (2, 0, "team", moment),
        ]
        for pk, (run, position, visibility, deleted_at) in enumerate(pictures, start=1):
            place = {"generation_id": run, "position": position, "visibility": visibility, "deleted_at": deleted_at}
            insert(
                database,
                "gallery_image",
                id=pk,
                width=4,
                height=3,
                colour="#aabbcc",
                created_at=moment,
                is_cover=1,
                **place,
            )
    result = manage(data_folder, "migrate", "gallery", "--verbosity", "0")
    assert result.returncode == 0, result.stderr
    with contextlib.closing(sqlite3.connect(data_folder / "proofsheet.sqlite3")) as database:
        covers = database.execute("SELECT id FROM gallery_image WHERE is_cover ORDER BY id").fetchall()
        found = database.execute("SELECT rowid FROM gallery_image_search WHERE text MATCH 'teapot' ORDER BY rowid")
        assert covers == [(2,), (4,)]
        assert found.fetchall() == [(1,), (2,), (3,), (4,), (5,)]


REQUEST = {
    "model": "flux_kontext",
    "messages": [{"role": "user", "content": "A serene mountain landscape"}],
    "modalities": ["image"],
    "image_config": {"mode": "pro", "aspect_ratio": "16:9", "num_images": 2},
}


def ask(port: int, **headers: str) -> tuple[int, Any]:
    request = urllib.request.Request(
        f"http://127.0.0.1:{port}/routellm/v1/chat/completions",
        data=json.dumps(REQUEST).encode(),
        headers={"Content-Type": "application/json", **headers},
    )
    opener = urllib.request.build_opener(urllib.request.ProxyHandler({}))
    try:
        with opener.open(request, timeout=30) as reply:
            return reply.status, json.load(reply)
    except urllib.error.HTTPError as refusal:
        with refusal:
            return refusal.code, json.load(refusal)


def test_the_sandbox_is_served_over_http_and_asks_for_a_key(data_folder: Path) -> None:
    port = free_port()
    sandbox = Process(data_folder, "sandbox_gateway", "--port", str(port), "--pace", "0")
    try:
        wait_until(lambda: Visitor(f"http://127.0.0.1:{port}").status("/") != 0, "an answer of the sandbox")
        status, reply = ask(port, Authorization="Bearer sk-anything")
        assert status == 200
        images = reply["choices"][0]["message"]["images"]
        assert [image["type"] for image in images] == ["image_url", "image_url"]
        assert reply["usage"]["compute_points_used"] > 0
        assert ask(port)[0] == 403
        assert ask(port, Authorization="Bearer wrong")[0] == 403
        assert f"http://127.0.0.1:{port}/routellm/v1" in sandbox.words
    finally:
        code = sandbox.end()
    assert code in (0, -signal.SIGTERM)
    assert "Traceback" not in sandbox.complaints


def test_a_web_host_has_no_worker_and_ends_in_order(tmp_path: Path) -> None:
    port = free_port()
    web = Process(prepare(tmp_path / "data"), "studio", "--no-worker", "--port", str(port))
    try:
        visitor = Visitor(f"http://127.0.0.1:{port}")
        wait_until(lambda: visitor.status("/healthz") == 200, "it answers", seconds=LONGEST_START)
        assert "worker" in visitor.get("/readyz").text
        assert not [child for child in children_of(web.popen.pid) if "worker" in command_of(child)]
    finally:
        code = web.end()
    assert code == 0, web.complaints


@pytest.mark.parametrize("threads", ["0", "1001"])
def test_a_worker_with_more_threads_than_were_tried_does_not_start(tmp_path: Path, threads: str) -> None:
    (tmp_path / "proofsheet.sqlite3").touch()
    refused = manage(tmp_path, "worker", "--threads", threads)
    assert refused.returncode == 1
    assert refused.stderr == "CommandError: A worker has 1 to 1000 threads. For more, start another worker.\n"


def test_a_worker_says_at_once_that_it_is_ready(tmp_path: Path) -> None:
    """What a service writes goes into a pipe, which Python would gather pages for."""
    worker = Process(prepare(tmp_path / "data"), "worker", PYTHONUNBUFFERED="")
    try:
        wait_until(lambda: worker.words.startswith("Worker ready, "), "it says so", seconds=LONGEST_START)
    finally:
        worker.end()
