"""Runs generations: huey's threads take the doorbell, a keeper renews leases, hangs up and rings again, a repairer repairs."""

import logging
import os
import signal
from collections.abc import Sequence
from datetime import timedelta
from functools import partial
from typing import Any

from django.core.management.base import BaseCommand, CommandParser
from huey.consumer import Consumer

from gallery import tasks
from gallery.gateway import loop
from gallery.images.decoder import shared_decoder
from gallery.models import Worker
from gallery.services import claims, images, outcomes, runs
from gallery.services.repeated import Repeated

logger = logging.getLogger(__name__)

THREADS = 64
LONGEST_POLL_SECONDS = 2.0
LAST_WORDS_SECONDS = 30.0
MOST_RINGS = THREADS
LEFT_UNDRAWN = timedelta(minutes=2)


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
        # A thread of its own: a repair may fetch pictures for minutes, and leases do not wait.
        repairer = Repeated("repairer", partial(repair, worker))
        keeper.start()
        repairer.start()
        self.stdout.write(f"Worker ready, {options['threads']} threads.")
        try:
            consumer.run()
        finally:
            self.end(worker, [repairer, keeper], consumer)

    def end(self, worker: Worker, threads: Sequence[Repeated], consumer: Consumer) -> None:
        """What still runs is hung up on, and its threads write that down, before the process goes."""
        runs.hang_up(list(runs.calls_in_flight))
        for _, thread in consumer.worker_threads:
            thread.join(timeout=1)
        for thread in threads:
            thread.finish()
        claims.forget_worker(worker)
        loop.close()
        shared_decoder.close()


def repair(worker: Worker) -> None:
    runs.end_abandoned(worker)
    images.draw_waiting(older_than=LEFT_UNDRAWN)


class Keeper(Repeated):
    """Renew leases, hang up on what was cancelled, ring for what waits."""

    def __init__(self, worker: Worker, parent: int):
        super().__init__("keeper", self.keep)
        self.worker = worker
        self.parent = parent

    def keep(self) -> None:
        runs.hang_up(claims.beat(self.worker))
        if not tasks.stopping.is_set() and not tasks.queue.pending_count():
            for _ in range(min(claims.count_startable(), MOST_RINGS)):
                tasks.run_next()
        if self.parent and os.getppid() != self.parent:
            logger.warning("The studio process is gone; the worker ends.")
            self.parent = 0
            os.kill(os.getpid(), signal.SIGTERM)
