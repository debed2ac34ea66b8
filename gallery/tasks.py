"""The doorbell: one-line huey tasks. A task carries nothing; the row is the truth, and ringing twice is harmless."""

import threading
from urllib.parse import urlsplit

from django.conf import settings
from django.core.exceptions import ImproperlyConfigured
from django.db import close_old_connections, connection
from huey import Huey, PostgresHuey, RedisHuey, SqliteHuey

from gallery.models import Worker
from gallery.services import claims, runs


def build_queue(url: str) -> Huey:
    """huey over SQLite (a file), Redis or PostgreSQL, chosen by the address alone."""
    scheme = urlsplit(url).scheme
    if scheme == "sqlite":
        return SqliteHuey("proofsheet", filename=url.removeprefix("sqlite:///"), results=False)
    if scheme in ("redis", "rediss"):
        return RedisHuey("proofsheet", url=url, results=False)
    if scheme in ("postgres", "postgresql"):
        return PostgresHuey("proofsheet", dsn=url, results=False)
    raise ImproperlyConfigured("PROOFSHEET_QUEUE_URL must start with sqlite:///, redis:// or postgresql://.")


queue = build_queue(settings.QUEUE_URL)
this_worker: Worker | None = None


def worker_of_this_process() -> Worker:
    """The row of this process, made on first use."""
    global this_worker
    if this_worker is None or not Worker.objects.filter(pk=this_worker.pk).exists():
        this_worker = claims.register_worker()
    return this_worker


def use_fresh_connection() -> None:
    """Not within a transaction: an immediate queue runs in its caller's."""
    if not connection.in_atomic_block:
        close_old_connections()


stopping = threading.Event()


@queue.task()
def run_next() -> None:
    use_fresh_connection()
    worker = worker_of_this_process()
    while not stopping.is_set() and runs.run_next(worker):
        pass


@queue.task()
def look_again(generation_id: int) -> None:
    use_fresh_connection()
    worker = worker_of_this_process()
    if generation := claims.claim_ended(generation_id, worker):
        try:
            runs.look_again(generation, worker)
        finally:
            claims.put_down(generation_id, worker)
