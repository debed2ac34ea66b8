"""Benchmark `worker`: 200 generations of 2 s each, drained by one worker process of 64 threads, and its memory."""

import json
import math
import subprocess
import sys
from typing import Any

from tests.bench import processes
from tests.bench.results import Row, other_to_ours

COUNT = 200
SHORT_COUNT = 64
SECONDS = 2.0
THREADS = 64
# A drain takes about 10 s, a round with all its starts 25; a thousand calls that all have to wait take minutes.
LONGEST_SECONDS = 900


def measure(rounds: int, database: str, *, is_short: bool) -> list[Row]:
    count = SHORT_COUNT if is_short else COUNT
    small = [run_round(database, count=count, side=64) for _ in range(rounds)]
    large = [run_round(database, count=THREADS, side=1024) for _ in range(rounds)]
    waves = math.ceil(count / THREADS) * SECONDS
    idle = figures(small, "idle_megabytes")
    books = [
        Row(what=f"Lock of the books {what}, for one generation", ours=[r[name] / count for r in small], unit="ms")
        for what, name in (("held", "books_held_milliseconds"), ("waited for", "books_awaited_milliseconds"))
        if database == "postgres"
    ]
    return [
        drain_row(small, count, "in whole waves", waves),
        drain_row(small, count, "work divided by slots", count * SECONDS / THREADS),
        Row(
            what="Calls at the gateway",
            ours=figures(small, "calls"),
            unit="",
            other=[count] * rounds,
            other_name="rows",
        ),
        Row(
            what="Rows ended well", ours=figures(small, "succeeded"), unit="", other=[count] * rounds, other_name="rows"
        ),
        Row(what="CPU for one generation", ours=[r["cpu_seconds"] / count * 1000 for r in small], unit="ms"),
        Row(what="Worker start, to its heartbeat", ours=figures(small, "start_seconds"), unit="s"),
        Row(what="CPU of the idle worker, of one core", ours=figures(small, "idle_cpu_percent"), unit="%"),
        Row(what="Memory (PSS), idle", ours=idle, unit="MB"),
        memory_row(f"Memory, {THREADS} waiting for the gateway", figures(small, "waiting_megabytes"), idle),
        memory_row("Memory, peak of the drain, with decoders", figures(small, "peak_megabytes"), idle),
        memory_row(
            f"Memory, peak of {THREADS} answers of {large[0]['picture_bytes'] / 1e6:.1f} MB (1024²) at once",
            figures(large, "peak_megabytes"),
            idle,
        ),
        *books,
        Row(what="Used of the machine by others meanwhile", ours=figures(small, "others_percent"), unit="%"),
    ]


def run_round(database: str, *, count: int, side: int) -> dict[str, Any]:
    return run_words(database, "--count", count, "--threads", THREADS, "--seconds", SECONDS, "--side", side)


def run_words(database: str, *words: object) -> dict[str, Any]:
    with processes.throw_away_folder() as folder, processes.running_database(database) as told:
        done = subprocess.run(
            [sys.executable, "-m", "tests.bench.drain", *map(str, words)],
            cwd=processes.ROOT,
            env=processes.environment(folder) | told,
            stdout=subprocess.PIPE,
            timeout=LONGEST_SECONDS,
            check=True,
        )
        return dict(json.loads(done.stdout))


def figures(rounds: list[dict[str, Any]], name: str) -> list[float]:
    return [float(seen[name]) for seen in rounds]


def drain_row(rounds: list[dict[str, Any]], count: int, name: str, ideal: float) -> Row:
    return Row(
        what=f"{count} generations of {SECONDS:.0f} s, {THREADS} at once: first call to last row",
        ours=figures(rounds, "drain_seconds"),
        unit="s",
        other=[ideal] * len(rounds),
        other_name=name,
        compare=other_to_ours,
    )


def memory_row(what: str, ours: list[float], idle: list[float]) -> Row:
    return Row(what=what, ours=ours, unit="MB", other=idle, other_name="idle")
