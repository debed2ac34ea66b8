"""The one front: `python3 -m uv run --group bench python -m tests.bench [side …]` measures ours and the other side in turn, prints
one table of ratios, and keeps it in `docs/benchmarks.md`.

Each side runs in a process of its own, for a bounded time, and what it saw takes the place of what was seen of it before.
"""

import argparse
import multiprocessing
import os
import shutil
import signal
import sys
import tempfile
from argparse import Namespace
from contextlib import suppress
from pathlib import Path

from tests.bench import processes, sides
from tests.bench.sides import BENCHMARKS, ON_EACH_DATABASE

END_SECONDS = 60


def main() -> None:
    options = parse()
    asked = [name for name in BENCHMARKS if name in (options.names or BENCHMARKS)]
    failed = []
    for name in asked:
        for database in databases_of(name, options):
            if why_not := run_bounded(options, name, database):
                failed.append(f"{sides.title_of(name, database)}: {why_not}")
    if failed:
        sys.exit("\n".join(["", "Not measured:", *failed]))


def parse() -> Namespace:
    parser = argparse.ArgumentParser(
        prog="python -m tests.bench",
        description="Measure ours beside the other side, print ratios and keep them.",
        epilog=f"Sides:{sides.SIDES}",
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )
    parser.add_argument("names", nargs="*", metavar="side", help="Which of those below; without one, all of them.")
    parser.add_argument(
        "--short", action="store_true", help="Each side in about a minute or two: less work, one round."
    )
    parser.add_argument("--rounds", type=int, choices=range(1, 11), help="Times each thing is measured; else 3.")
    parser.add_argument(
        "--minutes", type=float, default=30.0, help="A side that takes longer is ended, and the next begins; else 30."
    )
    parser.add_argument(
        "--pictures", type=int, nargs="+", help="Sizes beside 1,000 of pages and library; else 100,000."
    )
    parser.add_argument("--calls", type=int, nargs="+", help="How many wait at once; else 100, 300, 600 and 1,000.")
    parser.add_argument(
        "--databases",
        nargs="+",
        choices=sides.DATABASES,
        default=["sqlite"],
        help=f"Of {', '.join(ON_EACH_DATABASE)}; else sqlite. A PostgreSQL is started and ended with the side.",
    )
    parser.add_argument(
        "--folder",
        type=Path,
        default=Path(tempfile.gettempdir(), "proofsheet-libraries"),
        help="Keeps seeded libraries.",
    )
    parser.add_argument(
        "--results", type=Path, default=processes.ROOT / "docs", help="Folder that keeps what was seen."
    )
    options = parser.parse_args()
    if unknown := set(options.names) - set(BENCHMARKS):
        parser.error(f"There is no side called {', '.join(sorted(unknown))}.")
    options.rounds = options.rounds or (1 if options.short else 3)
    options.pictures = options.pictures or ([10_000] if options.short else [100_000])
    options.calls = options.calls or ([100] if options.short else [100, 300, 600, 1000])
    return options


def databases_of(name: str, options: Namespace) -> list[str]:
    """A side that is the same on all is not measured again where all sides are asked for on another database."""
    if name in ON_EACH_DATABASE:
        return list(options.databases)
    return ["sqlite"] if options.names or "sqlite" in options.databases else []


def run_bounded(options: Namespace, name: str, database: str) -> str:
    """Why the side was not measured, or nothing. Whatever happens, no process of it is left, and no file it threw away."""
    scratch = Path(tempfile.mkdtemp(prefix="proofsheet-bench-"))
    # A PostgreSQL comes to its folder as a user of its own.
    scratch.chmod(0o711)
    side = multiprocessing.get_context("spawn").Process(target=sides.run, args=(options, name, database, scratch))
    side.start()
    try:
        side.join(options.minutes * 60)
        return "it took longer than it may." if side.is_alive() else "it failed." if side.exitcode else ""
    finally:
        end_all_of(side)
        # Twice: what was ended a moment ago may have written one more.
        shutil.rmtree(scratch, ignore_errors=True)
        shutil.rmtree(scratch, ignore_errors=True)


def end_all_of(side: multiprocessing.process.BaseProcess) -> None:
    """Asked first, so that it ends what it started and removes what it wrote."""
    assert side.pid is not None
    for sent in (signal.SIGINT, signal.SIGKILL):
        with suppress(ProcessLookupError):
            os.killpg(side.pid, sent)
            side.join(END_SECONDS)
    # It may have had no time to lead its group.
    side.kill()
    side.join()


if __name__ == "__main__":
    main()
