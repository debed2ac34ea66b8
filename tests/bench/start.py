"""Benchmark `start`: from the command to the first page, against an empty Django project under the same server."""

import http.client
import socket
import subprocess
import sys
import time
from collections.abc import Sequence
from contextlib import closing, suppress
from pathlib import Path

from tests.bench import processes
from tests.bench.results import Row

LONGEST_SECONDS = 90.0
LOOK_SECONDS = 0.01


class NeverAnswered(Exception):
    """The server gave no page in time."""


def measure(rounds: int) -> list[Row]:
    ours_first, ours_again, empty_first, empty_again = [], [], [], []
    warm_up()
    for _ in range(rounds):
        with processes.throw_away_folder() as folder:
            ours_first.append(start_ours(folder))
            ours_again.append(start_ours(folder))
        with processes.throw_away_folder() as folder:
            migrating = make_empty_project(folder)
            empty_again.append(start_empty(folder))
            empty_first.append(migrating + empty_again[-1])
    name = "empty Django project, uvicorn"
    return [
        Row(
            what="First start in a fresh folder: command to sign-in page",
            ours=ours_first,
            unit="s",
            other=empty_first,
            other_name=f"{name}, after migrate",
        ),
        Row(
            what="Every later start: command to sign-in page",
            ours=ours_again,
            unit="s",
            other=empty_again,
            other_name=name,
        ),
    ]


def warm_up() -> None:
    """One start of each that does not count: it compiles what a fresh environment has not compiled yet."""
    with processes.throw_away_folder() as folder:
        start_ours(folder)
    with processes.throw_away_folder() as folder:
        make_empty_project(folder)
        start_empty(folder)


def start_ours(folder: Path) -> float:
    port = free_port()
    words = ["manage.py", "studio", "--port", str(port)]
    return seconds_to_page(words, port, "/accounts/login/", folder=folder, working_folder=processes.ROOT)


def make_empty_project(folder: Path) -> float:
    """As `startproject` makes it; returns the seconds of its first `migrate`."""
    environment = processes.environment(folder)
    del environment["DJANGO_SETTINGS_MODULE"]
    words = [sys.executable, "-m", "django", "startproject", "empty", str(folder)]
    subprocess.run(words, env=environment, check=True, timeout=LONGEST_SECONDS)
    started = time.monotonic()
    words = [sys.executable, "manage.py", "migrate", "--verbosity", "0"]
    subprocess.run(words, cwd=folder, env=environment, check=True, timeout=LONGEST_SECONDS)
    return time.monotonic() - started


def start_empty(folder: Path) -> float:
    port = free_port()
    server = ["-m", "uvicorn", "--port", str(port), "--lifespan", "off", "--log-level", "warning"]
    words = [*server, "empty.asgi:application"]
    return seconds_to_page(words, port, "/admin/login/", folder=folder, working_folder=folder)


def free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


def seconds_to_page(words: Sequence[str], port: int, path: str, *, folder: Path, working_folder: Path) -> float:
    environment = processes.environment(folder)
    if working_folder == folder:
        environment["DJANGO_SETTINGS_MODULE"] = "empty.settings"
    started = time.monotonic()
    with processes.running(words, environment=environment, folder=working_folder, log=folder / "log") as process:
        while not answers(port, path):
            if process.poll() is not None or time.monotonic() - started > LONGEST_SECONDS:
                raise NeverAnswered((folder / "log").read_text()[-2000:])
            time.sleep(LOOK_SECONDS)
        return time.monotonic() - started


def answers(port: int, path: str) -> bool:
    """Whether the page is there. A port that listens but does not serve yet is waited for."""
    connection = http.client.HTTPConnection("127.0.0.1", port, timeout=LONGEST_SECONDS)
    with closing(connection), suppress(OSError, http.client.HTTPException):
        connection.request("GET", path)
        return connection.getresponse().status == 200
    return False
