"""The doorbell: one-line huey tasks. A task carries nothing; the row is the truth, and ringing twice is harmless."""

import logging
import sqlite3
import threading
from collections.abc import Callable
from functools import wraps
from typing import Any
from urllib.parse import parse_qsl, urlencode, urlsplit

from django.conf import settings
from django.core.exceptions import ImproperlyConfigured
from huey import Huey, PostgresHuey, RedisHuey, SqliteHuey
from huey.storage import PostgresStorage

from gallery.models import Worker
from gallery.services import bulk, claims, house_looks, idle_connections, leases, runs, search, trash, version_watch

logger = logging.getLogger(__name__)

REDIS_LIMITS = {
    "socket_connect_timeout": 5,
    "socket_timeout": 15,
    "socket_keepalive": True,
    "health_check_interval": 30,
}
POSTGRES_LIMITS = {"connect_timeout": 5, "keepalives_idle": 15, "tcp_user_timeout": 15_000}
# Any number, the same in every process: whoever makes the tables of the queue.
TABLES = 7_020_110_307


class Bell:
    """A bell that cannot be rung costs a moment, not the request: workers look at the rows by themselves."""

    def enqueue(self, task: Any) -> Any:
        try:
            return super().enqueue(task)  # type: ignore[misc]
        # Each kind of queue raises its own.
        except Exception:
            logger.exception("the bell for %s could not be rung", task.name)
            return None


class SqliteBell(Bell, SqliteHuey):  # type: ignore[misc]
    """A file."""


class RedisBell(Bell, RedisHuey):  # type: ignore[misc]
    """A server."""


class BellTables(PostgresStorage):  # type: ignore[misc]
    """Made with the first connection, by one process at a time: two that make the same table at once disturb each other, and
    at import a server that is away would end every command."""

    def _create_connection(self) -> Any:
        made = self._connect()
        with made.transaction():
            made.execute("SELECT pg_advisory_xact_lock(%s)", [TABLES])
            for words in self.ddl:
                made.execute(words)
        return made


class PostgresBell(Bell, PostgresHuey):  # type: ignore[misc]
    """A table."""

    storage_class = BellTables


def build_queue(url: str) -> Huey:
    """huey over SQLite (a file), Redis or PostgreSQL, chosen by the address alone."""
    scheme = urlsplit(url).scheme
    if scheme == "sqlite":
        return bell_in_file(url.removeprefix("sqlite:///"))
    if scheme in ("redis", "rediss"):
        return RedisBell("proofsheet", url=with_limits(url), results=False)
    if scheme in ("postgres", "postgresql"):
        # Asked again and again by all threads over one connection: to be told, each would keep one of its own.
        limits = {"blocking": False, "create_tables": False, **POSTGRES_LIMITS}
        return PostgresBell("proofsheet", dsn=url, results=False, **limits)
    raise ImproperlyConfigured("PROOFSHEET_QUEUE_URL must start with sqlite:///, redis:// or postgresql://.")


def bell_in_file(name: str) -> SqliteBell:
    """It is opened at once."""
    try:
        return SqliteBell("proofsheet", filename=name, results=False)
    except sqlite3.Error as problem:
        known = [finding.sentence for finding in house_looks.look_at_the_file_system()]
        raise ImproperlyConfigured(" ".join([f"{name} cannot be used: {problem}.", *known])) from problem


def with_limits(url: str) -> str:
    """A server that cannot be reached is given up, not waited for; what the address says of it itself holds."""
    parts = urlsplit(url)
    return parts._replace(query=urlencode({**REDIS_LIMITS, **dict(parse_qsl(parts.query))})).geturl()


queue = build_queue(settings.QUEUE_URL)
this_worker: Worker | None = None


def worker_of_this_process() -> Worker:
    """The row of this process, made on first use."""
    global this_worker
    if this_worker is None or not Worker.objects.filter(pk=this_worker.pk).exists():
        this_worker = claims.register_worker()
    return this_worker


stopping = threading.Event()


def bell(work: Callable[..., None]) -> Any:
    """Make it a task, which does nothing once a later version has changed the database: whoever mends or purges finds what it
    would have done. Between two bells a thread holds no connection."""

    @wraps(work)
    def answer(*ids: int) -> None:
        try:
            if not version_watch.watch.is_behind():
                work(*ids)
        finally:
            idle_connections.give_back()

    return queue.task()(answer)


@bell
def run_next() -> None:
    worker = worker_of_this_process()
    while not stopping.is_set() and runs.run_next(worker):
        pass


@bell
def look_again(generation_id: int) -> None:
    worker = worker_of_this_process()
    if generation := leases.take_handed_back(generation_id, worker):
        try:
            runs.look_again(generation, worker)
        finally:
            claims.put_down(generation_id, worker)


@bell
def index_waiting() -> None:
    search.index_waiting()


@bell
def remove_purged() -> None:
    while not stopping.is_set() and trash.remove_purged():
        pass


@bell
def purge_expired() -> None:
    while not stopping.is_set() and trash.purge_expired():
        pass


@bell
def run_bulk(work_id: int) -> None:
    while not stopping.is_set() and bulk.run_chunk(work_id):
        pass
