"""The parts of a large installation, as processes of our own: PostgreSQL, Redis and a server that speaks S3, each on a free
loopback port with its data in one folder, ended with the block.

`python -m tests.real_parts COMMAND …` starts all three, tells the command of them by `PROOFSHEET_TEST_DATABASE_URL`,
`PROOFSHEET_TEST_QUEUE_URL` and `PROOFSHEET_TEST_STORAGE_URL`, and ends with its exit code. `--queue=postgres` before the
command: PostgreSQL is the queue as well, and there is no Redis.
"""

import os
import shutil
import signal
import socket
import subprocess
import sys
import tempfile
import time
import urllib.error
import urllib.request
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager, nullcontext
from pathlib import Path
from typing import Any

START_SECONDS = 120.0
LOOPBACK = "127.0.0.1"
# What was written may be lost with the machine: nobody needs it then.
THROW_AWAY = {"fsync": "off", "full_page_writes": "off", "synchronous_commit": "off", "max_connections": "400"}
REDIS_DATABASES = 4096
QUEUE_IN_POSTGRES = "--queue=postgres"
S3_KEY, S3_SECRET, S3_REGION = "proofsheet", "not-a-secret", "us-east-1"


class PartMissing(Exception):
    """It is not installed here; the text says what was looked for."""


@contextmanager
def running_postgres(
    folder: Path, *, host: str = LOOPBACK, port: int = 0, settings: Mapping[str, str] = THROW_AWAY
) -> Iterator[str]:
    """The address of its database `postgres`. The cluster in `folder` is made when it is not there.

    Run by root it becomes the user `postgres`, who must be able to come to the folder.
    """
    programs = postgres_programs()
    folder.mkdir(parents=True, exist_ok=True)
    user = "postgres" if os.geteuid() == 0 else None
    if user:
        shutil.chown(folder, user)
    if not (folder / "PG_VERSION").exists():
        words = ["-D", str(folder), "-A", "trust", "-U", "postgres", "-E", "UTF8", "--locale=C.UTF-8", "--no-sync"]
        subprocess.run([str(programs / "initdb"), *words], check=True, capture_output=True, cwd="/", user=user)
    port = port or free_port(host)
    said = {"listen_addresses": host, "port": str(port), "unix_socket_directories": "", **settings}
    words = [word for name, value in said.items() for word in ("-c", f"{name}={value}")]

    def is_ready() -> bool:
        asked = [str(programs / "pg_isready"), "-h", host, "-p", str(port), "-q"]
        return subprocess.run(asked, check=False).returncode == 0

    command = [str(programs / "postgres"), "-D", str(folder), *words]
    with _running(command, is_ready, folder.parent / f"{folder.name}.log", user=user):
        yield f"postgresql://postgres@{host}:{port}/postgres"


@contextmanager
def running_redis(folder: Path, *, host: str = LOOPBACK, port: int = 0) -> Iterator[str]:
    """The address of its database 0; there are `REDIS_DATABASES`. Every write is kept in `folder`."""
    program = shutil.which("redis-server")
    if program is None:
        raise PartMissing("No redis-server on the path.")
    folder.mkdir(parents=True, exist_ok=True)
    port = port or free_port(host)
    said = {
        "bind": host,
        "port": str(port),
        "dir": str(folder),
        "databases": str(REDIS_DATABASES),
        "appendonly": "yes",
        "save": "",
        "protected-mode": "no",
    }
    words = [word for name, value in said.items() for word in (f"--{name}", value)]

    def is_ready() -> bool:
        with socket.create_connection((host, port), timeout=5) as asking:
            asking.sendall(b"PING\r\n")
            return asking.recv(16).startswith(b"+PONG")

    with _running([program, *words], is_ready, folder.parent / f"{folder.name}.log"):
        yield f"redis://{host}:{port}/0"


@contextmanager
def running_s3(folder: Path, *, host: str = LOOPBACK, port: int = 0) -> Iterator[str]:
    """The address of a server that speaks S3 (moto). It keeps what it is given in memory; there is no bucket yet."""
    folder.mkdir(parents=True, exist_ok=True)
    port = port or free_port(host)
    address = f"http://{host}:{port}"

    def is_ready() -> bool:
        with urllib.request.urlopen(f"{address}/moto-api/data.json", timeout=5) as answer:
            return bool(answer.status == 200)

    command = [sys.executable, "-m", "moto.server", "-H", host, "-p", str(port)]
    with _running(command, is_ready, folder.parent / f"{folder.name}.log"):
        yield address


def make_bucket(address: str, name: str) -> str:
    """A new bucket at that server, as `PROOFSHEET_STORAGE_URL` names it."""
    with urllib.request.urlopen(urllib.request.Request(f"{address}/{name}", method="PUT")):
        pass
    return storage_url(address, name)


def storage_url(address: str, bucket: str) -> str:
    return f"s3://{S3_KEY}:{S3_SECRET}@{bucket}?endpoint_url={address}&region_name={S3_REGION}"


@contextmanager
def running_parts(folder: Path, *, has_redis: bool = True) -> Iterator[Mapping[str, str]]:
    """What the environment of a test run on them says."""
    with (
        running_postgres(folder / "postgres") as database,
        running_redis(folder / "redis") if has_redis else nullcontext(database) as queue,
        running_s3(folder / "s3") as storage,
    ):
        yield {
            "PROOFSHEET_TEST_DATABASE_URL": database,
            "PROOFSHEET_TEST_QUEUE_URL": queue,
            "PROOFSHEET_TEST_STORAGE_URL": storage,
        }


def postgres_programs() -> Path:
    """Debian keeps them beside the path."""
    places = [*sorted(Path("/usr/lib/postgresql").glob("*/bin"), reverse=True)]
    if found := shutil.which("initdb"):
        places.append(Path(found).resolve().parent)
    for place in places:
        if (place / "initdb").exists():
            return place
    raise PartMissing("No initdb on the path or under /usr/lib/postgresql.")


def free_port(host: str = LOOPBACK) -> int:
    with socket.socket() as listener:
        listener.bind((host, 0))
        return int(listener.getsockname()[1])


@contextmanager
def _running(
    command: Sequence[str], is_ready: Callable[[], bool], log: Path, *, user: str | None = None
) -> Iterator[subprocess.Popen[bytes]]:
    """What it says goes to the file `log`. SIGINT ends each of the three at once and in order."""
    with log.open("ab") as said:
        process: subprocess.Popen[bytes] = subprocess.Popen(
            command, cwd="/" if user else None, user=user, stdin=subprocess.DEVNULL, stdout=said, stderr=said
        )
    try:
        _wait(process, is_ready, log)
        yield process
    finally:
        process.send_signal(signal.SIGINT)
        try:
            process.wait(START_SECONDS)
        except subprocess.TimeoutExpired:
            process.kill()
            process.wait()


def _wait(process: subprocess.Popen[bytes], is_ready: Callable[[], bool], log: Path) -> None:
    end = time.monotonic() + START_SECONDS
    while True:
        try:
            if is_ready():
                return
        except (OSError, urllib.error.URLError):
            pass
        if process.poll() is not None or time.monotonic() > end:
            raise PartMissing(f"It did not start, {log} says: {log.read_text()[-2000:]}")
        time.sleep(0.05)


def main(command: Sequence[str]) -> int:
    """Told to end (Ctrl-C reaches the command as well), it waits for the command and then ends the parts."""
    has_redis = command[0] != QUEUE_IN_POSTGRES
    command = command if has_redis else command[1:]
    folder = Path(tempfile.mkdtemp(prefix="proofsheet-parts-"))
    folder.chmod(0o755)
    try:
        with running_parts(folder, has_redis=has_redis) as told:
            return _obey(command, {**os.environ, **told})
    finally:
        shutil.rmtree(folder, ignore_errors=True)


def _obey(command: Sequence[str], environment: Mapping[str, str]) -> int:
    process = subprocess.Popen(command, env=environment)

    def pass_on(number: int, _frame: Any) -> None:
        process.send_signal(number)

    signal.signal(signal.SIGTERM, pass_on)
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    return process.wait()


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
