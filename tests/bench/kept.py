"""What benchmarks saw: `benchmarks.json`, each side with its own day and machine, and `benchmarks.md` made of it."""

import json
import os
import platform
import sqlite3
import subprocess
from argparse import Namespace
from collections.abc import Sequence
from datetime import UTC, datetime
from importlib.metadata import version
from pathlib import Path

from tests.bench.results import Row, cells_as_table
from tests.real_parts import postgres_programs

LIBRARIES = ("django", "pillow", "huey", "aiohttp", "uvicorn")
HEAD = """# Benchmarks

Ours and the other side, measured in turn on one machine by `python3 -m uv run --group bench python -m tests.bench`, which writes
this file. Medians, in brackets the lowest and the highest. Read the ratios: where the load says so, other work shared the cores.
"""


def describe(options: Namespace, database: str) -> str:
    """When and on what, without a name of the machine."""
    today = datetime.now(UTC).date()
    libraries = ", ".join(f"{name} {version(name)}" for name in LIBRARIES)
    rounds = "one round" if options.rounds == 1 else f"{options.rounds} rounds"
    return (
        f"{today}, {os.cpu_count()} cores ({platform.machine()}), load {os.getloadavg()[0]:.1f} at the start, "
        f"Python {platform.python_version()}, {version_of(database)}, {libraries}; "
        f"{'short, ' if options.short else ''}{rounds}."
    )


def version_of(database: str) -> str:
    if database == "sqlite":
        return f"SQLite {sqlite3.sqlite_version}"
    told = subprocess.run(
        [str(postgres_programs() / "postgres"), "--version"], capture_output=True, text=True, check=True
    )
    return f"PostgreSQL {told.stdout.split()[2]}"


def keep(folder: Path, name: str, taken: str, rows: Sequence[Row], *, order: Sequence[str]) -> None:
    """In place of what was seen of this side before."""
    folder.mkdir(parents=True, exist_ok=True)
    book = folder / "benchmarks.json"
    seen = json.loads(book.read_text()) if book.exists() else {}
    seen[name] = {"taken": taken, "rows": [row.cells() for row in rows]}
    book.write_text(json.dumps(seen, indent=1, ensure_ascii=False) + "\n")
    parts = [
        f"## {each}\n\n{seen[each]['taken']}\n\n{cells_as_table(seen[each]['rows'])}\n"
        for each in order
        if each in seen
    ]
    (folder / "benchmarks.md").write_text("\n".join([HEAD, *parts]))
