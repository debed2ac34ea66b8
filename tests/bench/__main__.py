"""The one front: `python -m tests.bench [worker] [start] [--rounds 3]` prints one table with both sides."""

import argparse
import os
import platform
from collections.abc import Callable
from datetime import UTC, datetime

from tests.bench import endpoint, start, worker
from tests.bench.results import Row, as_table

BENCHMARKS: dict[str, Callable[[int], list[Row]]] = {
    "worker": worker.measure,
    "start": start.measure,
    "endpoint": endpoint.measure,
}


def main() -> None:
    parser = argparse.ArgumentParser(prog="python -m tests.bench", description="Measure ours beside the other side.")
    parser.add_argument("names", nargs="*", metavar="name", help=f"Any of: {', '.join(BENCHMARKS)}. Without one, all.")
    parser.add_argument("--rounds", type=int, choices=range(1, 11), default=3, help="Times each thing is measured.")
    options = parser.parse_args()
    if unknown := set(options.names) - set(BENCHMARKS):
        parser.error(f"There is no benchmark called {', '.join(sorted(unknown))}.")
    rows = [row for name in options.names or BENCHMARKS for row in BENCHMARKS[name](options.rounds)]
    today = datetime.now(UTC).date()
    print(f"{today}, {os.cpu_count()} cores, Python {platform.python_version()}, {platform.machine()}.")
    print(f"Medians of {options.rounds} rounds, in brackets the lowest and the highest.\n")
    print(as_table(rows))


if __name__ == "__main__":
    main()
