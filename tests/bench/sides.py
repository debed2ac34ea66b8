"""The sides that the front measures, and how one of them is run, in a process of its own."""

import os
import tempfile
from argparse import Namespace
from collections.abc import Callable
from pathlib import Path

from tests.bench import endpoint, kept, library, loading, pictures, profile, scrolling, start, waiting, worker
from tests.bench.results import Row, as_table

Benchmark = Callable[[Namespace, str], list[Row]]
BENCHMARKS: dict[str, Benchmark] = {
    "pictures": lambda options, _: pictures.measure(options.rounds, is_short=options.short),
    "profile": lambda options, _: profile.measure(options.rounds, is_short=options.short),
    "queue": lambda options, database: worker.measure(options.rounds, database, is_short=options.short),
    "waiting": lambda options, database: waiting.measure(options.rounds, database, options.calls),
    "start": lambda options, _: start.measure(options.rounds),
    "endpoint": lambda options, database: endpoint.measure(options.rounds, database, is_short=options.short),
    "pages": lambda options, database: library.measure_pages(options.rounds, database, asked_of(options)),
    "library": lambda options, database: library.measure(options.rounds, database, asked_of(options)),
    "loading": lambda options, _: loading.measure(options.rounds, folder=options.folder),
    "scrolling": lambda options, _: scrolling.measure(options.rounds, folder=options.folder),
}
ON_EACH_DATABASE = ("queue", "waiting", "endpoint", "pages", "library")
SIDES = """
pictures   taking in one picture, beside plain Pillow and beside what the machine itself takes for it
profile    where the time of taking in one picture goes, as pyinstrument tells it
queue      a worker's drain, beside the work divided by the slots
waiting    a worker's memory and processor time while calls wait, beside the idle worker
start      from the command to the first page, beside an empty Django project
endpoint   scripts' calls, beside LiteLLM's proxy in an environment of its own
pages      processor time, queries and bytes of the main pages at 100,000 pictures, beside the same at 1,000
library    pages of the wall at 100,000 pictures or more, beside the same at 1,000
loading    pages as the browser times them, beside an empty Django page
scrolling  50,000 pictures in Chromium, beside the aims
"""
DATABASES = ("sqlite", "postgres")


def run(options: Namespace, name: str, database: str, scratch: Path) -> None:
    """In the process of this side, which throws away what it leaves in `scratch`."""
    os.environ["TMPDIR"] = tempfile.tempdir = str(scratch)
    # Leads a group of its own, by which it is ended with all that it started.
    os.setpgid(0, 0)
    taken = kept.describe(options, database)
    title = title_of(name, database)
    rows = BENCHMARKS[name](options, database)
    print(f"\n{title}: {taken}\n\n{as_table(rows)}", flush=True)
    order = [title_of(each, place) for each in BENCHMARKS for place in DATABASES]
    kept.keep(options.results, title, taken, rows, order=order)


def title_of(name: str, database: str) -> str:
    return name if database == "sqlite" else f"{name}, {database}"


def asked_of(options: Namespace) -> library.Asked:
    return library.Asked(sizes=options.pictures, folder=options.folder)
