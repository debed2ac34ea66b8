"""Database work of coroutines, in one thread with one connection: what comes at the same time is committed together.

SQLite takes one writer at a time and an fsync for each commit that must be on the disk; a hundred calls at once would
wait for each other. Here they share a transaction and its fsync, and each still fails or succeeds by itself. They share its
locks too: the books stand before all others and are locked first, if one of them writes there; then they are done in the
order of the rows that they lock.
"""

import asyncio
import logging
import threading
import time
from collections.abc import Callable, Hashable, Sequence
from contextlib import suppress
from contextvars import copy_context
from dataclasses import dataclass, field
from functools import partial
from operator import attrgetter
from queue import Empty, SimpleQueue
from typing import Any, TypeVar

from django.db import OperationalError, close_old_connections, connection, transaction

from gallery.services.budgets import lock_books
from gallery.services.durable import durable_atomic

T = TypeVar("T")

logger = logging.getLogger(__name__)

MOST_TOGETHER = 64
MOST_REMEMBERED = 1000
DEADLOCK = "40P01"
PAUSES = (0.05, 0.2, 0.8)


@dataclass(kw_only=True)
class _Job:
    work: Callable[[], Any]
    is_durable: bool
    writes_books: bool
    row: str
    loop: asyncio.AbstractEventLoop
    done: "asyncio.Future[Any]"
    result: Any = None
    problem: BaseException | None = field(default=None)

    def tell(self) -> None:
        # The loop of a caller that hung up may be gone.
        with suppress(RuntimeError):
            self.loop.call_soon_threadsafe(self._settle)

    def _settle(self) -> None:
        if self.done.done():
            return
        if self.problem is not None:
            self.done.set_exception(self.problem)
        else:
            self.done.set_result(self.result)


_remembered: dict[Hashable, Any] = {}
_version: int | None = None
_jobs: SimpleQueue[_Job] = SimpleQueue()
_starting = threading.Lock()
_thread: threading.Thread | None = None


async def in_database(
    work: Callable[[], T], *, is_durable: bool = False, writes_books: bool = False, row: str = ""
) -> T:
    """Run `work` in a transaction and return when it is committed; `is_durable`: and on the disk. It must not wait for
    anything but the database. Raises what `work` raises, and then nothing of it is kept.

    Work that writes the books says so, since they are locked before anything else. Who only reads does not ask for them, but
    waits as long as whoever came before it or with it in this process waits for them: the thread is one.
    Other work names the `row` it locks, in words that are the same in every process, lest two of them wait for each other.
    """
    loop = asyncio.get_running_loop()
    job = _Job(
        work=partial(copy_context().run, work),
        is_durable=is_durable,
        writes_books=writes_books,
        row=row,
        loop=loop,
        done=loop.create_future(),
    )
    _start()
    _jobs.put(job)
    result: T = await job.done
    return result


def remembered(key: Hashable, find: Callable[[], T]) -> T:
    """What `find` gave since anybody else wrote to the database, else what it gives now. Only for work given to
    `in_database`, of things which such work does not change: what every call asks and hardly ever changes."""
    if key not in _remembered:
        _remembered[key] = find()
    found: T = _remembered[key]
    return found


def forget() -> None:
    """After such work did change what is remembered: its own writes are not seen as somebody else's."""
    _remembered.clear()


def _forget_what_others_changed() -> None:
    """SQLite tells a connection whether others have written (https://sqlite.org/pragma.html#pragma_data_version), and
    within our transaction nobody does; other databases do not tell, and nothing is remembered there."""
    global _version
    version = None
    if connection.vendor == "sqlite":
        with connection.cursor() as cursor:
            cursor.execute("PRAGMA data_version")
            version = int(cursor.fetchone()[0])
    if version is None or version != _version or len(_remembered) > MOST_REMEMBERED:
        _remembered.clear()
    _version = version


def _start() -> None:
    global _thread
    with _starting:
        if _thread is None or not _thread.is_alive():
            _thread = threading.Thread(target=_serve, name="database", daemon=True)
            _thread.start()


def _serve() -> None:
    while True:
        jobs = [_jobs.get()]
        with suppress(Empty):
            while len(jobs) < MOST_TOGETHER:
                jobs.append(_jobs.get_nowait())
        if not _commit(jobs) and len(jobs) > 1:
            # One of them broke the transaction of all: each gets one of its own.
            for job in jobs:
                _commit([job])
        for job in jobs:
            _insist(job)
            job.tell()


def _insist(job: _Job) -> None:
    """Of what the database gave up nothing is kept: it is done again, when whom it stood in the way of has gone on."""
    for pause in PAUSES:
        if not was_given_up(job.problem):
            return
        time.sleep(pause)
        _commit([job])


def was_given_up(problem: BaseException | None) -> bool:
    """PostgreSQL ends a deadlock by giving up one of those who wait for each other."""
    return isinstance(problem, OperationalError) and getattr(problem.__cause__, "sqlstate", "") == DEADLOCK


def _commit(jobs: Sequence[_Job]) -> bool:
    """Whether what they did is kept; each job then has its result or its own problem, else the transaction's."""
    for job in jobs:
        job.result, job.problem = None, None
    try:
        _work_off(jobs)
    except Exception as problem:
        logger.exception("a transaction of %s failed", len(jobs))
        for job in jobs:
            job.problem = job.problem or problem
        with suppress(Exception):
            close_old_connections()
        return False
    return True


class _Broken(Exception):
    """The database gave up the transaction: what its jobs were told is void."""


def _work_off(jobs: Sequence[_Job]) -> None:
    with durable_atomic() if any(job.is_durable for job in jobs) else transaction.atomic():
        if any(job.writes_books for job in jobs):
            lock_books()
        _forget_what_others_changed()
        for job in sorted(jobs, key=attrgetter("row")):
            try:
                # Alone it needs no savepoint: what it did is rolled back with the whole.
                with transaction.atomic(savepoint=len(jobs) > 1):
                    job.result = job.work()
            except Exception as problem:
                job.problem = problem
                if len(jobs) == 1:
                    transaction.set_rollback(True)
                elif connection.needs_rollback:
                    raise _Broken from problem
