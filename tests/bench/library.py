"""Benchmarks `library` and `pages`: pages of the wall, and the main pages, at 1,000 pictures against the same at more.

Libraries are seeded once and kept in `--folder`; each is served by a process of its own, and rounds go through all in turn.
A larger library is an older one, with as many pictures a day, and what is looked for has the same share of each: so pages hold
as many tiles of the same make, and the ratio is that of what the database has to do. Only of the rare word there is no such page.
"""

import contextlib
import json
import shutil
import subprocess
import sys
from collections import defaultdict
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from tests.bench import processes
from tests.bench.results import Row
from tests.real_parts import running_postgres

SMALL = 1000
SEEDED = "seeded"
FILES, DAYS = 1000, 900
A_DAY = 1000
# Of these pages nobody looks at the pixels.
FEW_FILES = 200
PATHS = {
    "first page": "/library/",
    "deep page": "/library/?before={deep}",
    "filter: gateway": "/library/?gateway=routellm",
    "filter: model": "/library/?model={model}",
    "filter: tag": "/library/?tag={tag}",
    "filter: circled by me": "/library/?favourite=me",
    "filter: colour": "/library/?colour=blue",
    "search: common word": "/library/?q=light",
    "search: two words": "/library/?q=light+grain",
    "search: rare word": "/library/?q=theremin",
    "section counts": "/library/sections/",
}
PAGES = {
    "studio": "/",
    "library": "/library/",
    "rows of the wall that come as one scrolls": "/library/section/?first={deep}&last={below}",
    "search": "/library/?q=light",
    "a picture": "/images/{middle}/",
    "history": "/history/",
    "boards": "/boards/",
    "models": "/models/",
    "usage": "/usage/",
    "poll of an open tab, something changed": "/queue/live/",
    "thumbnail": "/media/{sha256}/320",
}


@dataclass(frozen=True, kw_only=True)
class Asked:
    """`sizes` stand beside SMALL; `folder` keeps what was seeded."""

    sizes: Sequence[int]
    folder: Path


@dataclass(frozen=True, kw_only=True)
class Seen:
    """Answers by size of the library and name of the page, one a round; bytes of the database for each picture by size."""

    answers: dict[tuple[int, str], list[dict[str, float]]]
    database_bytes: dict[int, float]


def measure(rounds: int, database: str, asked: Asked) -> list[Row]:
    seen = look(rounds, database, asked, PATHS)
    # A database within the server's own process; then what else the machine does hardly matters.
    timed = "processor" if database == "sqlite" else "milliseconds"
    return [row_of_wall(seen, size, name, timed) for size in asked.sizes for name in PATHS]


def measure_pages(rounds: int, database: str, asked: Asked) -> list[Row]:
    """Processor time, which hardly depends on what else a machine does."""
    seen = look(rounds, database, asked, PAGES)
    rows = []
    for size in asked.sizes:
        rows += [row_of_page(seen, size, name) for name in PAGES]
        kilobytes, less = seen.database_bytes[size] / 1000, seen.database_bytes[SMALL] / 1000
        what = f"{size:,} pictures: the database, for each picture with its run"
        rows.append(Row(what=what, ours=[kilobytes], unit="KB", other=[less], other_name=f"at {SMALL:,}"))
    return rows


def look(rounds: int, database: str, asked: Asked, paths: Mapping[str, str]) -> Seen:
    answers: dict[tuple[int, str], list[dict[str, float]]] = defaultdict(list)
    database_bytes = {}
    with contextlib.ExitStack() as stack:
        servers = {}
        for size in sorted({SMALL, *asked.sizes}):
            servers[size], told = stack.enter_context(serving(asked.folder, database, size))
            database_bytes[size] = told["bytes"] / told["pictures"]
        for _ in range(rounds):
            for name, path in paths.items():
                for size, server in servers.items():
                    answers[size, name].append(ask(server, path))
    return Seen(answers=answers, database_bytes=database_bytes)


def row_of_page(seen: Seen, size: int, name: str) -> Row:
    large, small = seen.answers[size, name], seen.answers[SMALL, name]
    last = large[-1]
    weight = f"{last['bytes'] / 1000:.1f} KB, {last['compressed'] / 1000:.1f} compressed"
    return Row(
        what=f"{size:,} pictures: {name}; {last['queries']:.0f} queries, {weight}",
        ours=[answer["processor"] for answer in large],
        unit="ms",
        other=[answer["processor"] for answer in small],
        other_name=f"at {SMALL:,}",
    )


def row_of_wall(seen: Seen, size: int, name: str, timed: str) -> Row:
    large, small = seen.answers[size, name], seen.answers[SMALL, name]
    figures = f"{large[0]['queries']:.0f} queries ({small[0]['queries']:.0f} at {SMALL:,})"
    tiles = f", {large[0]['tiles']:.0f} tiles ({small[0]['tiles']:.0f})" if name != "section counts" else ""
    return Row(
        what=f"{size:,} pictures: {name}; {figures}{tiles}",
        ours=[answer[timed] for answer in large],
        unit="ms",
        other=[answer[timed] for answer in small],
        other_name=f"at {SMALL:,}",
    )


def ask(server: "subprocess.Popen[bytes]", path: str) -> dict[str, float]:
    assert server.stdin
    server.stdin.write(json.dumps(path).encode() + b"\n")
    server.stdin.flush()
    return dict(read_line(server))


def read_line(server: "subprocess.Popen[bytes]") -> Any:
    assert server.stdout
    return json.loads(server.stdout.readline())


@contextlib.contextmanager
def serving(folder: Path, database: str, size: int) -> "Iterator[tuple[subprocess.Popen[bytes], dict[str, int]]]":
    """A process that answers `pages` of a library of this size, seeded when it is not there yet; and what it told of that."""
    place = folder / f"{database}-{size}-even"
    place.mkdir(parents=True, exist_ok=True)
    with contextlib.ExitStack() as stack:
        environment = processes.environment(place)
        if database == "postgres":
            cluster_folder = folder / f"cluster-{size}-even"
            if not (place / SEEDED).exists():
                shutil.rmtree(cluster_folder, ignore_errors=True)
            cluster = running_postgres(cluster_folder, settings=processes.POSTGRES)
            environment["PROOFSHEET_DATABASE_URL"] = stack.enter_context(cluster)
        seed(place, environment, size, files=FEW_FILES, days=max(size // A_DAY, 1))
        words = ["-m", "tests.bench.pages"]
        server = stack.enter_context(processes.running(words, environment=environment, log=place / "log"))
        told = read_line(server)
        assert told["pictures"] >= size
        yield server, told


def seed(place: Path, environment: dict[str, str], size: int, *, files: int = FILES, days: int = DAYS) -> None:
    mark = place / SEEDED
    if not mark.exists():
        # What was seeded in part, before it was ended, would be more than was asked for.
        shutil.rmtree(place, ignore_errors=True)
        place.mkdir(parents=True)
    # The code may be newer than what was seeded with it.
    ahead = [["migrate", "-v0"], ["collectstatic", "-v0", "--noinput"]]
    if not mark.exists():
        print(f"Seeding {size:,} pictures in {place}", file=sys.stderr, flush=True)
        ahead.append(seed_words(size, files, days))
    for words in ahead:
        command = [sys.executable, "manage.py", *words]
        with (place / "log").open("ab") as log:
            subprocess.run(command, cwd=processes.ROOT, env=environment, check=True, stdout=log)
    mark.touch()


def seed_words(size: int, files: int, days: int) -> list[str]:
    return ["seed_library", "--images", str(size), "--files", str(files), "--days", str(days)]
