"""The one front: `python3 -m uv run --group bench python -m tests.bench [side …]` measures ours and the other side in turn, prints
one table of ratios, and keeps it in `docs/benchmarks.md`."""

import argparse
import tempfile
from argparse import Namespace
from collections.abc import Callable
from pathlib import Path

from tests.bench import endpoint, kept, library, loading, pictures, processes, scrolling, start, waiting, worker
from tests.bench.results import Row, as_table

BENCHMARKS: dict[str, Callable[[Namespace], list[Row]]] = {
    "pictures": lambda options: pictures.measure(options.rounds, is_short=options.short),
    "queue": lambda options: worker.measure(options.rounds, is_short=options.short),
    "waiting": lambda options: waiting.measure(options.calls),
    "start": lambda options: start.measure(options.rounds),
    "endpoint": lambda options: endpoint.measure(options.rounds, is_short=options.short),
    "library": lambda options: library.measure(
        options.rounds, sizes=options.pictures, databases=options.databases, folder=Path(options.folder)
    ),
    "loading": lambda options: loading.measure(options.rounds, folder=Path(options.folder)),
    "scrolling": lambda options: scrolling.measure(options.rounds, folder=Path(options.folder)),
}
SIDES = """
pictures   taking in one picture, beside plain Pillow and beside what the machine itself takes for it
queue      a worker's drain, beside the work divided by the slots
waiting    a worker's memory and processor time while calls wait, beside the idle worker
start      from the command to the first page, beside an empty Django project
endpoint   scripts' calls, beside LiteLLM's proxy in an environment of its own
library    pages at 100,000 pictures or more, beside the same at 1,000
loading    pages as the browser times them, beside an empty Django page
scrolling  50,000 pictures in Chromium, beside the aims
"""


def main() -> None:
    parser = argparse.ArgumentParser(
        prog="python -m tests.bench",
        description="Measure ours beside the other side, print ratios and keep them.",
        epilog=f"Sides:{SIDES}",
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )
    parser.add_argument("names", nargs="*", metavar="side", help="Which of those below; without one, all of them.")
    parser.add_argument(
        "--short", action="store_true", help="Each side in about a minute or two: less work, one round."
    )
    parser.add_argument("--rounds", type=int, choices=range(1, 11), help="Times each thing is measured; else 3.")
    parser.add_argument("--pictures", type=int, nargs="+", help="Sizes of library beside 1,000; else 100,000.")
    parser.add_argument("--calls", type=int, nargs="+", help="How many wait at once; else 10, 100, 300 and 600.")
    parser.add_argument("--databases", nargs="+", choices=["sqlite", "postgres"], default=["sqlite"])
    parser.add_argument(
        "--folder", default=f"{tempfile.gettempdir()}/proofsheet-libraries", help="Keeps seeded libraries."
    )
    parser.add_argument(
        "--results", type=Path, default=processes.ROOT / "docs", help="Folder that keeps what was seen."
    )
    options = parser.parse_args()
    if unknown := set(options.names) - set(BENCHMARKS):
        parser.error(f"There is no side called {', '.join(sorted(unknown))}.")
    options.rounds = options.rounds or (1 if options.short else 3)
    options.pictures = options.pictures or ([10_000] if options.short else [100_000])
    options.calls = options.calls or ([10, 100] if options.short else [10, 100, 300, 600])
    for name in options.names or BENCHMARKS:
        taken = kept.describe(options)
        rows = BENCHMARKS[name](options)
        print(f"\n{name}: {taken}\n\n{as_table(rows)}", flush=True)
        kept.keep(options.results, name, taken, rows, order=list(BENCHMARKS))


if __name__ == "__main__":
    main()
