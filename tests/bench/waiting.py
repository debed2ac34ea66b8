"""Benchmark `waiting`: what a worker holds and does while so many calls wait for their gateway, beside the idle worker."""

import statistics
from collections.abc import Sequence

from tests.bench.results import Row
from tests.bench.worker import figures, run_words

# Longer than it takes until all are on their way, on a machine that does other things too.
SECONDS = 900


def measure(rounds: int, database: str, calls: Sequence[int]) -> list[Row]:
    rows = []
    for count in calls:
        words = ("--count", count, "--threads", count, "--seconds", SECONDS, "--side", 64, "--holds")
        seen = [run_words(database, *words) for _ in range(rounds)]
        idle, waiting = figures(seen, "idle_megabytes"), figures(seen, "waiting_megabytes")
        what = f"{min(figures(seen, 'most_waiting')):.0f} calls waiting in one process"
        grown = statistics.median((more - less) / count for more, less in zip(waiting, idle, strict=True))
        rows += [
            Row(
                what=f"{what}: memory (PSS), {grown:.2f} MB a call",
                ours=waiting,
                unit="MB",
                other=idle,
                other_name=f"idle, {count} threads",
            ),
            Row(
                what=f"{what}: processor time, of one core",
                ours=figures(seen, "waiting_cpu_percent"),
                unit="%",
                other=figures(seen, "idle_cpu_percent"),
                other_name=f"idle, {count} threads",
            ),
        ]
    return rows
