"""Benchmark `waiting`: what a worker holds and does while so many calls wait for their gateway, beside the idle worker."""

from collections.abc import Sequence

from tests.bench.results import Row
from tests.bench.worker import run_words

# Longer than it takes until all are on their way, on a machine that does other things too.
SECONDS = 600


def measure(calls: Sequence[int]) -> list[Row]:
    rows = []
    for count in calls:
        seen = run_words("--count", count, "--threads", count, "--seconds", SECONDS, "--side", 64, "--holds")
        what = f"{seen['most_waiting']:.0f} calls waiting in one process"
        grown = (seen["waiting_megabytes"] - seen["idle_megabytes"]) / count
        rows += [
            Row(
                what=f"{what}: memory (PSS), {grown:.2f} MB a call",
                ours=[seen["waiting_megabytes"]],
                unit="MB",
                other=[seen["idle_megabytes"]],
                other_name=f"idle, {count} threads",
            ),
            Row(
                what=f"{what}: processor time, of one core",
                ours=[seen["waiting_cpu_percent"]],
                unit="%",
                other=[seen["idle_cpu_percent"]],
                other_name=f"idle, {count} threads",
            ),
        ]
    return rows
