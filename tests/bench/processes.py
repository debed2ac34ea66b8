"""Processes of a benchmark: started in a throw-away data folder, measured through /proc, ended by who started them."""

import contextlib
import os
import subprocess
import sys
import tempfile
from collections.abc import Iterator, Sequence
from pathlib import Path

from tests.real_parts import running_postgres

ROOT = Path(__file__).resolve().parents[2]
END_SECONDS = 60.0
POSTGRES = {"shared_buffers": "512MB", "max_connections": "400"}
TICKS_PER_SECOND = os.sysconf("SC_CLK_TCK")


@contextlib.contextmanager
def throw_away_folder() -> Iterator[Path]:
    with tempfile.TemporaryDirectory(prefix="proofsheet-bench-", ignore_cleanup_errors=True) as folder:
        yield Path(folder)


@contextlib.contextmanager
def running_database(name: str) -> Iterator[dict[str, str]]:
    """What an environment says of an empty database: nothing of SQLite; a PostgreSQL keeps what it is told as anywhere."""
    if name == "sqlite":
        yield {}
        return
    with throw_away_folder() as folder:
        # Run by root it is another user's.
        folder.chmod(0o755)
        with running_postgres(folder / "cluster", settings=POSTGRES) as address:
            yield {"PROOFSHEET_DATABASE_URL": address}


def environment(data_folder: Path) -> dict[str, str]:
    """The caller's environment without a word of the product's in it, and the product's data in `data_folder`."""
    kept = {
        name: value
        for name, value in os.environ.items()
        if not name.startswith(("PROOFSHEET_", "DJANGO_")) and not name.endswith(("_API_KEY", "_BASE_URL"))
    }
    return kept | {"PROOFSHEET_DATA_DIR": str(data_folder), "DJANGO_SETTINGS_MODULE": "gateway_site.settings"}


@contextlib.contextmanager
def running(
    arguments: Sequence[str],
    *,
    environment: dict[str, str],
    folder: Path = ROOT,
    log: Path,
    program: str = sys.executable,
    is_read: bool = True,
) -> Iterator[subprocess.Popen[bytes]]:
    """A process of `program`, Python else, ended at the end; what it says on stderr goes to the file `log`, and what it
    prints too, unless it `is_read`: a pipe that nobody reads stops who writes to it."""
    with log.open("ab") as errors:
        process = subprocess.Popen(
            [program, *arguments],
            cwd=folder,
            env=environment,
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE if is_read else errors,
            stderr=errors,
        )
    try:
        yield process
    finally:
        end(process)


def end(process: subprocess.Popen[bytes]) -> None:
    process.terminate()
    try:
        process.wait(END_SECONDS)
    except subprocess.TimeoutExpired:
        process.kill()
        process.wait()
    for pipe in (process.stdin, process.stdout):
        if pipe is not None:
            pipe.close()


def family(process_id: int) -> list[int]:
    """The process and all its descendants; a child belongs to the thread that started it.

    A child that has not yet become a program of its own is left out: its memory is its parent's, counted already.
    """
    found = [process_id]
    for child in _children(process_id):
        if _command(child) != _command(process_id):
            found += family(child)
    return found


def _children(process_id: int) -> list[int]:
    found = []
    for thread in _threads(process_id):
        with contextlib.suppress(OSError):
            words = Path(f"/proc/{process_id}/task/{thread}/children").read_text().split()
            found += [int(word) for word in words]
    return found


def _command(process_id: int) -> bytes:
    try:
        return Path(f"/proc/{process_id}/cmdline").read_bytes()
    except OSError:
        return b""


def _threads(process_id: int) -> list[str]:
    try:
        return os.listdir(f"/proc/{process_id}/task")
    except OSError:
        return []


def pss_megabytes(process_ids: Sequence[int]) -> float:
    """Proportional set size, MB of 10^6 bytes: pages shared by n processes count 1/n for each. One that is gone is 0."""
    kilobytes = 0
    for process_id in process_ids:
        with contextlib.suppress(OSError):
            lines = Path(f"/proc/{process_id}/smaps_rollup").read_text().splitlines()
            kilobytes += sum(int(line.split()[1]) for line in lines if line.startswith("Pss:"))
    return kilobytes * 1024 / 1e6


def machine_busy_seconds() -> float:
    """CPU time that all processes of this machine have used since it was started."""
    fields = [int(word) for word in Path("/proc/stat").read_text().splitlines()[0].split()[1:]]
    idle, waiting = fields[3], fields[4]
    return (sum(fields[:8]) - idle - waiting) / TICKS_PER_SECOND


def cpu_seconds(process_ids: Sequence[int]) -> float:
    """User and system time so far."""
    ticks = 0
    for process_id in process_ids:
        with contextlib.suppress(OSError):
            fields = Path(f"/proc/{process_id}/stat").read_text().rpartition(")")[2].split()
            ticks += int(fields[11]) + int(fields[12])
    return ticks / TICKS_PER_SECOND
