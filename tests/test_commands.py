"""The commands as processes: what they print, what they leave in the data folder, how they end and what outlives them."""

import json
import os
import re
import signal
import socket
import stat
import sys
import urllib.error
import urllib.request
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest

from tests.running_studio import Process, Studio, children_of, free_port, is_running, manage
from tests.visitor import Visitor, join, make_picture, wait_until

pytestmark = pytest.mark.skipif(not sys.platform.startswith("linux"), reason="Processes are looked at through /proc.")


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
    assert not (data_folder / "proofsheet.sqlite3").exists()


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
