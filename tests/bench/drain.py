"""One round of the benchmark `worker`, in a process of its own because the data folder is chosen at Django's start.

Submits generations of several owners, lets one worker process drain them, and prints what it saw as JSON.
"""

import argparse
import json
import os
import subprocess
import threading
import time
import urllib.request
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import django

django.setup()

from django.conf import settings  # noqa: E402
from django.core.management import call_command  # noqa: E402
from django.db import connection  # noqa: E402

from gallery import tasks  # noqa: E402
from gallery.models import Gateway, Generation, ImageModel, User, Worker  # noqa: E402
from gallery.services import budgets, catalogue, gateways, generations  # noqa: E402
from tests.bench import processes  # noqa: E402

OWNERS = ("ada", "bea", "chi", "dan", "eve")
LOOK_SECONDS = 0.1
BOOKS_LOOK_SECONDS = 0.01
BOOKS_LOCKS = """
SELECT count(*) FILTER (WHERE granted), count(*) FILTER (WHERE NOT granted)
FROM pg_locks WHERE locktype = 'advisory' AND classid = %s AND objid = %s
"""
IDLE_SECONDS = 6.0
STILL_SECONDS = 4.0
LONGEST_SECONDS = 300.0


class TookTooLong(Exception):
    """A round that does not end is given up; the text says what it waited for."""


class Watch:
    """Looks at the worker and its decoders again and again while the round goes on."""

    def __init__(self, process: "subprocess.Popen[bytes]", address: str):
        self.process = process
        self.address = address
        self.peak_megabytes = 0.0

    def until(self, is_reached: Callable[[], bool], what: str) -> None:
        deadline = time.monotonic() + LONGEST_SECONDS
        while not is_reached():
            if self.process.poll() is not None or time.monotonic() > deadline:
                raise TookTooLong(what)
            self.look()
            time.sleep(LOOK_SECONDS)

    def look(self) -> float:
        megabytes = processes.pss_megabytes(processes.family(self.process.pid))
        self.peak_megabytes = max(self.peak_megabytes, megabytes)
        return megabytes

    def cpu_seconds(self) -> float:
        return processes.cpu_seconds(processes.family(self.process.pid))

    def stand_in(self) -> dict[str, Any]:
        with urllib.request.urlopen(f"{self.address}/calls", timeout=10) as answer:
            return dict(json.load(answer))


def main() -> None:
    parser = argparse.ArgumentParser()
    for name, kind in (("count", int), ("threads", int), ("seconds", float), ("side", int)):
        parser.add_argument(f"--{name}", type=kind, required=True)
    parser.add_argument("--holds", action="store_true", help="Look at the calls while they wait, and leave them.")
    options = parser.parse_args()
    folder = Path(settings.DATA_DIR)
    environment = dict(os.environ)
    pace = ["--seconds", str(options.seconds), "--side", str(options.side)]
    worker = ["manage.py", "worker", "--threads", str(options.threads)]
    with processes.running(
        ["-m", "tests.bench.stand_in", *pace], environment=environment, log=folder / "log"
    ) as stand_in:
        assert stand_in.stdout
        address = f"http://127.0.0.1:{int(stand_in.stdout.readline())}"
        gateway = prepare(address)
        started = time.monotonic()
        with processes.running(worker, environment=environment, log=folder / "log") as process:
            watch = Watch(process, address)
            watch.until(lambda: Worker.objects.exists(), "the worker to start")
            report = {"start_seconds": time.monotonic() - started, **watch_idle(watch)}
            submit(gateway, options.count)
            if options.holds:
                report |= watch_waiting(watch, gateway, options)
                process.kill()
            else:
                report |= watch_drain(watch, gateway, options)
    print(json.dumps(report | count_outcomes()))


def prepare(address: str) -> Gateway:
    """A team and a gateway with a key, whose limit of 0 holds everything back until all is submitted."""
    call_command("migrate", verbosity=0, interactive=False)
    catalogue.load_catalogue()
    for username in OWNERS:
        User.objects.create_user(username)
    gateway = Gateway.objects.get(slug="routellm")
    gateways.save_base_url(gateway=gateway, address=f"{address}/v1")
    gateway.refresh_from_db()
    gateways.save_api_key(
        gateway=gateway, secret="sk-bench-0123456789", label="bench", position=0, is_enabled=True, created_by=None
    )
    Gateway.objects.filter(pk=gateway.pk).update(max_running=0)
    return gateway


def submit(gateway: Gateway, count: int) -> None:
    image_model = ImageModel.objects.select_related("gateway").get(gateway=gateway, model_id="flux_kontext")
    owners = list(User.objects.order_by("pk"))
    for number in range(count):
        generations.create_generation(
            owner=owners[number % len(owners)],
            image_model=image_model,
            prompt=f"a red chair by the window, number {number}",
            parameters={"aspect_ratio": "1:1"},
        )


def watch_idle(watch: Watch) -> dict[str, float]:
    time.sleep(IDLE_SECONDS / 2)
    before = watch.cpu_seconds()
    time.sleep(IDLE_SECONDS)
    return {
        "idle_megabytes": watch.look(),
        "idle_cpu_percent": (watch.cpu_seconds() - before) / IDLE_SECONDS * 100,
    }


def fill_slots(watch: Watch, gateway: Gateway, options: argparse.Namespace) -> None:
    Gateway.objects.filter(pk=gateway.pk).update(max_running=options.threads)
    for _ in range(options.count):
        tasks.run_next()
    full = min(options.threads, options.count)
    watch.until(lambda: watch.stand_in()["waiting"] >= full or not is_any_open(), "all slots to be taken")


def watch_waiting(watch: Watch, gateway: Gateway, options: argparse.Namespace) -> dict[str, float]:
    """Processor time is of one core, while every call waits and nothing else is to do."""
    fill_slots(watch, gateway, options)
    before = watch.cpu_seconds()
    time.sleep(STILL_SECONDS)
    return {
        "waiting_cpu_percent": (watch.cpu_seconds() - before) / STILL_SECONDS * 100,
        "waiting_megabytes": watch.look(),
        "most_waiting": watch.stand_in()["most_waiting"],
    }


def watch_drain(watch: Watch, gateway: Gateway, options: argparse.Namespace) -> dict[str, float]:
    before, started = watch.cpu_seconds(), time.monotonic()
    busy_before = processes.machine_busy_seconds() - time.process_time()
    with watching_books() as books:
        fill_slots(watch, gateway, options)
        waiting_megabytes = watch.look()
        watch.until(lambda: not is_any_open(), "the last row to end")
    ended = time.time()
    seen = watch.stand_in()
    used = watch.cpu_seconds() - before
    others = processes.machine_busy_seconds() - time.process_time() - busy_before - used
    return {
        "drain_seconds": ended - seen["first_at"],
        "waiting_megabytes": waiting_megabytes,
        "peak_megabytes": watch.peak_megabytes,
        "cpu_seconds": used,
        "others_percent": others / (time.monotonic() - started) / (os.cpu_count() or 1) * 100,
        "calls": seen["calls"],
        "most_waiting": seen["most_waiting"],
        "picture_bytes": seen["picture_bytes"],
        **books,
    }


@contextmanager
def watching_books() -> Iterator[dict[str, float]]:
    """How long the lock of the books was held, and how long all who waited for it did together; nothing but on PostgreSQL.
    Looked at so often that each look stands for the time since the last."""
    told: dict[str, float] = {}
    if connection.vendor != "postgresql":
        yield told
        return
    is_over = threading.Event()

    def look() -> None:
        held = awaited = 0.0
        last = time.monotonic()
        with connection.cursor() as cursor:
            while not is_over.wait(BOOKS_LOOK_SECONDS):
                cursor.execute(BOOKS_LOCKS, [budgets.BOOKS >> 32, budgets.BOOKS & 0xFFFFFFFF])
                holding, waiting = cursor.fetchone()
                now = time.monotonic()
                held, awaited = held + holding * (now - last), awaited + waiting * (now - last)
                last = now
        told.update(books_held_milliseconds=held * 1000, books_awaited_milliseconds=awaited * 1000)
        connection.close()

    thread = threading.Thread(target=look, daemon=True)
    thread.start()
    try:
        yield told
    finally:
        is_over.set()
        thread.join()


def is_any_open() -> bool:
    return Generation.objects.filter(status__in=["queued", "running"]).exists()


def count_outcomes() -> dict[str, int]:
    return {
        "succeeded": Generation.objects.filter(status=Generation.Status.SUCCEEDED).count(),
        "pictures": Generation.objects.filter(images__isnull=False).distinct().count(),
    }


if __name__ == "__main__":
    main()
