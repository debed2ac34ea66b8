"""Runs generations: huey's threads take the doorbell, a keeper renews leases, hangs up and rings again, a starter lets go what
waits in batches, a repairer repairs."""

import logging
import os
import signal
import threading
import time
from collections.abc import Callable, Sequence
from datetime import timedelta
from functools import partial
from typing import Any

from django.core.management.base import BaseCommand, CommandError, CommandParser
from huey.consumer import Consumer

from gallery import tasks
from gallery.gateway import loop
from gallery.images.decoder import shared_decoder
from gallery.management.checks import WITHOUT_PAGES
from gallery.management.telling import tell
from gallery.models import BulkWork, Worker
from gallery.services import (
    batches,
    budgets,
    claims,
    doctor,
    gateway_tests,
    homecoming,
    images,
    leases,
    leftovers,
    replies,
    retention,
    runs,
    search,
    sessions,
    trash,
    version_watch,
)
from gallery.services.repeated import Repeated
from gateway_site import open_files

logger = logging.getLogger(__name__)

THREADS = 64
# Tried with as many calls waiting at once; more worker processes take more.
MOST_THREADS = 1000
# A call's connection, what it keeps of the answer, its database, or four links and as many files they come to; and what the
# process has by itself.
FILES_OF_A_CALL, FILES_KEPT_FREE = 12, 256
LONGEST_POLL_SECONDS = 2.0
LAST_WORDS_SECONDS = 30.0
HANG_UP_SECONDS = 5.0
MOST_RINGS = THREADS
BETWEEN_PURGES_SECONDS = 3600.0
BETWEEN_LOOKS_SECONDS = 60.0
LEFT_UNDRAWN = timedelta(minutes=2)


class Command(BaseCommand):
    help = "Run queued generations until stopped. The studio command starts one by itself."
    requires_system_checks = WITHOUT_PAGES

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument(
            "--threads",
            type=int,
            default=THREADS,
            help=f"How many generations may wait at once, at most {MOST_THREADS}.",
        )
        parser.add_argument("--parent", type=int, default=0, help="End when this process is gone.")

    def handle(self, *args: Any, **options: Any) -> None:
        if not 1 <= options["threads"] <= MOST_THREADS:
            raise CommandError(f"A worker has 1 to {MOST_THREADS} threads. For more, start another worker.")
        refuse_another_version()
        allow_files_of(options["threads"])
        worker = tasks.worker_of_this_process()
        leases.expire_dead_neighbours(worker)
        leftovers.remove_old()
        replies.forget_taken_in()
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
        repairer = Repeated("repairer", partial(unless_behind, partial(repair, worker)))
        # Another one, for the same reason: what waits for a budget's place has only this to let it go.
        starter = Repeated("starter", partial(unless_behind, batches.let_all_go))
        purger = Repeated("purger", partial(unless_behind, purge), seconds=BETWEEN_PURGES_SECONDS)
        sweep = partial(unless_behind, leftovers.Sweeper().sweep)
        sweeper = Repeated("sweeper", sweep, seconds=leftovers.BETWEEN_SWEEPS_SECONDS)
        look = partial(unless_behind, gateway_tests.look_at_gateways)
        lookout = Repeated("lookout", look, seconds=BETWEEN_LOOKS_SECONDS)
        for thread in (keeper, starter, repairer, purger, sweeper, lookout):
            thread.start()
        tell(f"Worker ready, {options['threads']} threads.")
        try:
            consumer.run()
        finally:
            self.end(worker, [lookout, sweeper, purger, repairer, starter, keeper], consumer)

    def end(self, worker: Worker, threads: Sequence[Repeated], consumer: Consumer) -> None:
        """What still runs is hung up on, and its threads write that down, before the process goes."""
        runs.hang_up(list(runs.calls_in_flight))
        working = [thread for _, thread in consumer.worker_threads]
        join_all(working, HANG_UP_SECONDS)
        for thread in threads:
            thread.finish()
        # What did not hear it loses its connection; who waits to fetch pictures opens none.
        replies.stopped.set()
        loop.close()
        join_all(working, HANG_UP_SECONDS)
        claims.forget_worker(worker)
        shared_decoder.close()


def allow_files_of(threads: int) -> None:
    wanted = FILES_OF_A_CALL * threads + FILES_KEPT_FREE
    granted = open_files.allow_open_files(wanted)
    if granted < wanted:
        logger.warning(
            "This process may open %s files, and %s threads may need %s: allow more (LimitNOFILE, ulimit -n) or start it "
            "with fewer threads.",
            granted,
            threads,
            wanted,
        )


def join_all(threads: Sequence[threading.Thread], seconds: float) -> None:
    """Give all of them together so long."""
    end = time.monotonic() + seconds
    for thread in threads:
        thread.join(timeout=max(0.0, end - time.monotonic()))


def refuse_another_version() -> None:
    """Old code with a new database, and the reverse."""
    if why_not := doctor.why_not_to_serve():
        raise CommandError(why_not)
    if doctor.unapplied_migrations():
        raise CommandError(
            "The database is of an earlier version of Proofsheet. Start the studio once: it brings it up to date."
        )


def unless_behind(work: Callable[[], object]) -> None:
    """Once a later version has changed the database, this one leaves what is in it alone."""
    if not version_watch.watch.is_behind():
        work()


def purge() -> None:
    sessions.purge_expired()
    budgets.forget_settled()
    # These ask the picture storage, which may be away.
    retention.trash_rejected()
    trash.purge_expired()


def repair(worker: Worker) -> None:
    homecoming.repair(worker)
    images.draw_waiting(older_than=LEFT_UNDRAWN)
    search.index_waiting()
    for work_id in BulkWork.objects.abandoned().values_list("pk", flat=True)[:MOST_RINGS]:
        tasks.run_bulk(work_id)


class Keeper(Repeated):
    """Renew leases, hang up on what was cancelled, ring for what waits."""

    def __init__(self, worker: Worker, parent: int):
        super().__init__("keeper", self.keep)
        self.worker = worker
        self.parent = parent

    def keep(self) -> None:
        runs.hang_up(claims.beat(self.worker))
        is_behind = version_watch.watch.is_behind()
        claims.note_taking(self.worker, is_taking=not is_behind)
        has_work = not tasks.stopping.is_set() and not tasks.queue.pending_count()
        if has_work and not is_behind:
            for _ in range(min(claims.count_startable(), MOST_RINGS)):
                tasks.run_next()
        if self.parent and os.getppid() != self.parent:
            logger.warning("The studio process is gone; the worker ends.")
            self.parent = 0
            os.kill(os.getpid(), signal.SIGTERM)
