"""Benchmark `library`: pages of the wall at 1,000 pictures against the same at more, on SQLite and PostgreSQL.

Libraries are seeded once and kept in `--folder`; each is served by a process of its own, and rounds go through all in turn.
"""

import contextlib
import json
import subprocess
import sys
from collections import defaultdict
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any

from tests.bench import processes
from tests.bench.results import Row
from tests.real_parts import running_postgres

SMALL = 1000
FILES = 1000
POSTGRES = {"shared_buffers": "512MB"}
PATHS = {
    "first page": "/library/",
    "deep page": "/library/?before={deep}",
    "filter: gateway": "/library/?gateway=routellm",
    "filter: model": "/library/?model=routellm/flux_pro",
    "filter: tag": "/library/?tag={tag}",
    "filter: circled by me": "/library/?favourite=me",
    "filter: colour": "/library/?colour=blue",
    "search: common word": "/library/?q=light",
    "search: two words": "/library/?q=teapot+dusk",
    "search: rare word": "/library/?q=theremin",
    "section counts": "/library/sections/",
}


def measure(rounds: int, *, sizes: Sequence[int], databases: Sequence[str], folder: Path) -> list[Row]:
    rows = []
    for database in databases:
        with contextlib.ExitStack() as stack:
            asked = sorted({SMALL, *sizes})
            servers = {size: stack.enter_context(serving(folder, database, size)) for size in asked}
            seen: dict[tuple[int, str], list[dict[str, float]]] = defaultdict(list)
            for _ in range(rounds):
                for name, path in PATHS.items():
                    for size, server in servers.items():
                        seen[size, name].append(ask(server, path))
            rows += [
                row for size in asked if size != SMALL for name in PATHS for row in rows_of(seen, database, size, name)
            ]
    return rows


def rows_of(seen: dict[tuple[int, str], list[dict[str, float]]], database: str, size: int, name: str) -> list[Row]:
    large, small = seen[size, name], seen[SMALL, name]
    figures = f"{large[0]['queries']:.0f} queries ({small[0]['queries']:.0f} at {SMALL:,})"
    tiles = f", {large[0]['tiles']:.0f} tiles ({small[0]['tiles']:.0f})" if name != "section counts" else ""
    return [
        Row(
            what=f"{database}, {size:,} pictures: {name}; {figures}{tiles}",
            ours=[answer["milliseconds"] for answer in large],
            unit="ms",
            other=[answer["milliseconds"] for answer in small],
            other_name=f"at {SMALL:,}",
        )
    ]


def ask(server: "subprocess.Popen[bytes]", path: str) -> dict[str, float]:
    assert server.stdin
    server.stdin.write(json.dumps(path).encode() + b"\n")
    server.stdin.flush()
    return dict(read_line(server))


def read_line(server: "subprocess.Popen[bytes]") -> Any:
    assert server.stdout
    return json.loads(server.stdout.readline())


@contextlib.contextmanager
def serving(folder: Path, database: str, size: int) -> "Iterator[subprocess.Popen[bytes]]":
    """A process that answers `pages` of a library of this size, seeded when it is not there yet."""
    place = folder / f"{database}-{size}"
    place.mkdir(parents=True, exist_ok=True)
    with contextlib.ExitStack() as stack:
        environment = processes.environment(place)
        if database == "postgres":
            cluster = running_postgres(folder / f"cluster-{size}", settings=POSTGRES)
            environment["PROOFSHEET_DATABASE_URL"] = stack.enter_context(cluster)
        seed(place, environment, size)
        words = ["-m", "tests.bench.pages"]
        server = stack.enter_context(processes.running(words, environment=environment, log=place / "log"))
        assert read_line(server)["pictures"] >= size
        yield server


def seed(place: Path, environment: dict[str, str], size: int) -> None:
    mark = place / "seeded"
    # The code may be newer than what was seeded with it.
    ahead = [["migrate", "-v0"], ["collectstatic", "-v0", "--noinput"]]
    if not mark.exists():
        print(f"Seeding {size:,} pictures in {place}", file=sys.stderr, flush=True)
        ahead.append(seed_words(size))
    for words in ahead:
        command = [sys.executable, "manage.py", *words]
        with (place / "log").open("ab") as log:
            subprocess.run(command, cwd=processes.ROOT, env=environment, check=True, stdout=log)
    mark.touch()


def seed_words(size: int) -> list[str]:
    return ["seed_library", "--images", str(size), "--files", str(FILES)]
