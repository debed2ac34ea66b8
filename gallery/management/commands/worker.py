"""Runs generations: huey's threads take the doorbell, a keeper thread renews leases, hangs up, repairs and rings again."""

import logging
import os
import signal
import threading
from typing import Any

from django.core.management.base import BaseCommand, CommandParser
from django.db import connection
from huey.consumer import Consumer

from gallery import tasks
from gallery.gateway import loop
from gallery.images.decoder import shared_decoder
from gallery.models import Worker
from gallery.services import claims, outcomes, runs

logger = logging.getLogger(__name__)

BEAT_SECONDS = 2.0
THREADS = 64
LONGEST_POLL_SECONDS = 2.0
LAST_WORDS_SECONDS = 30.0
MOST_RINGS = THREADS


class Command(BaseCommand):
    help = "Run queued generations until stopped. The studio command starts one by itself."

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("--threads", type=int, default=THREADS, help="How many generations may wait at once.")
        parser.add_argument("--parent", type=int, default=0, help="End when this process is gone.")

    def handle(self, *args: Any, **options: Any) -> None:
        worker = tasks.worker_of_this_process()
        claims.expire_dead_neighbours(worker)
        outcomes.remove_leftovers()
        consumer = Consumer(
            tasks.queue,
            workers=options["threads"],
            periodic=False,
            max_delay=LONGEST_POLL_SECONDS,
            shutdown_timeout=LAST_WORDS_SECONDS,
            graceful_signal="TERM",
        )
        tasks.stopping = consumer.stop_flag
        keeper = Keeper(worker, options["parent"])
        keeper.start()
        self.stdout.write(f"Worker ready, {options['threads']} threads.")
        try:
            consumer.run()
        finally:
            self.end(worker, keeper, consumer)

    def end(self, worker: Worker, keeper: "Keeper", consumer: Consumer) -> None:
        """What still runs is hung up on, and its threads write that down, before the process goes."""
        runs.hang_up(list(runs.calls_in_flight))
        for _, thread in consumer.worker_threads:
            thread.join(timeout=1)
        keeper.finish()
        claims.forget_worker(worker)
        loop.close()
        shared_decoder.close()


class Keeper(threading.Thread):
    """Every two seconds: renew leases, hang up on what was cancelled, end what died, ring for what waits."""

    def __init__(self, worker: Worker, parent: int):
        super().__init__(name="keeper", daemon=True)
        self.worker = worker
        self.parent = parent
        self.ended = threading.Event()

    def run(self) -> None:
        while not self.ended.wait(BEAT_SECONDS):
            try:
                self.keep()
            except Exception:
                logger.exception("The keeper stumbled; it goes on.")
        connection.close()

    def keep(self) -> None:
        runs.hang_up(claims.beat(self.worker))
        runs.end_abandoned(self.worker)
        if not tasks.stopping.is_set() and not tasks.queue.pending_count():
            for _ in range(min(claims.count_startable(), MOST_RINGS)):
                tasks.run_next()
        if self.parent and os.getppid() != self.parent:
            logger.warning("The studio process is gone; the worker ends.")
            self.parent = 0
            os.kill(os.getpid(), signal.SIGTERM)

    def finish(self) -> None:
        self.ended.set()
        self.join(timeout=10)
