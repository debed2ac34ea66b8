"""The product as people start it: `manage.py studio` in a process of its own, and Linux's books about processes."""

import atexit
import fcntl
import functools
import os
import re
import shutil
import signal
import socket
import subprocess
import sys
import tempfile
import threading
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import IO

from tests import own_parts
from tests.visitor import LONGEST_SECONDS, Visitor, wait_until

ROOT = Path(__file__).resolve().parents[1]
SANDBOX_PACE = "0.2"
# The first start makes the database and loads the catalogue, on a machine that may do two dozen things beside.
LONGEST_START = 600.0
# Names a folder that all processes of one run of tests see.
SHARED_FOLDER = "TESTS_SHARED_FOLDER"
SETUP_LINK = re.compile(r"https?://[^/\s]+(/accounts/join/\S+)")


def clean_environment(data_folder: Path, **more: str) -> dict[str, str]:
    """The caller's environment without a word of the product's or of the test run's in it, and where this studio keeps its
    things; bytecode is kept, since most of a process's start would be compiling."""
    kept = {
        name: value
        for name, value in os.environ.items()
        if not name.startswith(("PROOFSHEET_", "DJANGO_")) and not name.endswith(("_API_KEY", "_BASE_URL", "BYTECODE"))
    }
    told = {"PROOFSHEET_DATA_DIR": str(data_folder), "PROOFSHEET_SANDBOX_PACE": SANDBOX_PACE}
    return {**kept, **told, **own_parts.environment_of(data_folder), **more}


def manage(data_folder: Path, *words: str, **more: str) -> subprocess.CompletedProcess[str]:
    """Run one command to its end."""
    return subprocess.run(
        command(*words),
        cwd=ROOT,
        env=clean_environment(data_folder, **more),
        capture_output=True,
        text=True,
        timeout=LONGEST_START,
        check=False,
    )


def command(*words: str) -> Sequence[str]:
    return [sys.executable, str(ROOT / "manage.py"), *words]


def free_port() -> int:
    with socket.socket() as listener:
        listener.bind(("127.0.0.1", 0))
        return int(listener.getsockname()[1])


class Process:
    """A command that stays; what it prints is read all the time, so that it never waits for a reader."""

    # Where its log goes instead.
    log: IO[str] | None = None

    def __init__(self, data_folder: Path, *words: str, **more: str):
        self.popen = subprocess.Popen(
            command(*words),
            cwd=ROOT,
            env=clean_environment(data_folder, **more),
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=self.log or subprocess.PIPE,
            text=True,
        )
        self.printed: list[str] = []
        self.complained: list[str] = []
        self._readers = [
            threading.Thread(target=_read, args=(pipe, lines), daemon=True)
            for pipe, lines in ((self.popen.stdout, self.printed), (self.popen.stderr, self.complained))
            if pipe
        ]
        for reader in self._readers:
            reader.start()

    @property
    def words(self) -> str:
        return "".join(self.printed)

    @property
    def complaints(self) -> str:
        return "".join(self.complained)

    def end(self, with_signal: signal.Signals = signal.SIGTERM) -> int:
        """Ask it to end, and give its exit code."""
        if self.popen.poll() is None:
            self.popen.send_signal(with_signal)
        try:
            code = self.popen.wait(LONGEST_SECONDS)
        except subprocess.TimeoutExpired:
            self.popen.kill()
            raise
        for reader in self._readers:
            reader.join(5)
        return code


def _read(pipe: IO[str], lines: list[str]) -> None:
    with pipe:
        lines.extend(pipe)


class Studio(Process):
    """`manage.py studio` on a free port. `setup_path` is the set-up link's, "" once there is an administrator."""

    def __init__(self, data_folder: Path, **more: str):
        self.data_folder = data_folder
        self.port = free_port()
        super().__init__(data_folder, "studio", "--host", "127.0.0.1", "--port", str(self.port), **more)
        try:
            wait_until(self.is_ready, "ready", seconds=LONGEST_START)
        except BaseException as problem:
            self.popen.kill()
            self.popen.wait()
            problem.add_note(self.complaints)
            raise

    @property
    def address(self) -> str:
        return f"http://127.0.0.1:{self.port}"

    @property
    def setup_path(self) -> str:
        found = SETUP_LINK.search(self.words)
        return found[1] if found else ""

    def is_ready(self) -> bool:
        """Web server and worker both: `readyz` needs the worker's heartbeat."""
        assert self.popen.poll() is None, f"It ended: {self.words}{self.complaints}"
        return self.workers() != [] and Visitor(self.address).status("/readyz") == 200

    def workers(self) -> list[int]:
        """Process ids of the workers it started."""
        return [child for child in children_of(self.popen.pid) if "worker" in command_of(child)]


@functools.cache
def prepared_folder() -> Path:
    """What a first start leaves, made once for all tests: most of a start is making it. Processes that share the tests share it
    too, except for one at real servers: what it has there is known to nobody else."""
    above = os.environ.get(SHARED_FOLDER)
    if above is None or own_parts.is_any():
        kept = tempfile.TemporaryDirectory(prefix="proofsheet-prepared-")
        atexit.register(kept.cleanup)
        atexit.register(own_parts.remove, Path(kept.name))
        above = kept.name
    folder, made = Path(above, "data"), Path(above, "made")
    with Path(above, "turn").open("w") as turn:
        fcntl.flock(turn, fcntl.LOCK_EX)
        if not made.exists():
            shutil.rmtree(folder, ignore_errors=True)
            Studio(folder).end()
            made.touch()
    return folder


def prepare(data_folder: Path) -> Path:
    """A data folder as a first start leaves it, where there is none yet."""
    if not data_folder.exists():
        shutil.copytree(prepared_folder(), data_folder)
        own_parts.copy(prepared_folder(), data_folder)
    return data_folder


@contextmanager
def running_studio(data_folder: Path, **more: str) -> Iterator[Studio]:
    """A studio for the length of the block, after which it must end by SIGTERM with 0 and leave no worker behind."""
    studio = Studio(prepare(data_folder), **more)
    try:
        yield studio
    except BaseException:
        studio.end()
        raise
    workers = studio.workers()
    assert studio.end() == 0, studio.complaints
    assert workers
    assert not any(is_running(worker) for worker in workers)


# Processes, as Linux shows them ------------------------------------------------------------------------------------


@contextmanager
def memory_within(most: int) -> Iterator[None]:
    """This process needs no more than so many bytes meanwhile, beside what it has already. Where there is no Linux, nobody
    looks."""
    books = Path("/proc/self/clear_refs")
    if not books.exists():
        yield
        return
    # From here on the most is counted anew.
    books.write_text("5")
    before = _memory("VmRSS")
    yield
    assert _memory("VmHWM") - before <= most


def _memory(name: str) -> int:
    found = re.search(rf"^{name}:\s+(\d+) kB$", Path("/proc/self/status").read_text(), re.MULTILINE)
    assert found
    return int(found[1]) * 1024


def children_of(process_id: int) -> list[int]:
    found = []
    for path in Path("/proc").glob("[0-9]*/stat"):
        fields = _fields(path)
        if fields and int(fields[1]) == process_id:
            found.append(int(path.parent.name))
    return sorted(found)


def is_running(process_id: int) -> bool:
    """Whether it is there and more than a line in its parent's books."""
    fields = _fields(Path(f"/proc/{process_id}/stat"))
    return bool(fields) and fields[0] not in ("Z", "X")


def command_of(process_id: int) -> list[str]:
    try:
        return Path(f"/proc/{process_id}/cmdline").read_text().split("\0")
    except OSError:
        return []


def _fields(path: Path) -> list[str]:
    """State, parent and the rest; the name before them may hold anything."""
    try:
        return path.read_text().rpartition(")")[2].split()
    except OSError:
        return []
