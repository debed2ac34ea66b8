"""Who may run what, now: claims, limits and heartbeats. What becomes of rows whose process died is in `leases`.

At most one paid call per row rests on one thing: a claim is a conditional UPDATE from QUEUED to RUNNING, on disk
before a byte is sent; whoever changes no row stops.
"""

import logging
import os
import secrets
import socket
import threading
from collections import Counter, defaultdict
from datetime import timedelta
from typing import Any

from django.conf import settings
from django.db import close_old_connections, connection
from django.db.models import Count, F, Min, OuterRef, QuerySet, Subquery
from django.utils import timezone

from gallery.models import Gateway, Generation, User, Worker
from gallery.models.clocks import is_ahead
from gallery.models.generations import Status
from gallery.services import budgets, version_watch
from gallery.services.durable import durable_atomic
from gallery.services.patience import OF_THE_DATABASE

logger = logging.getLogger(__name__)

LEASE = timedelta(seconds=30)
LIMIT = "SELECT max_running FROM gallery_gateway WHERE id = %s"
COUNT = "SELECT COUNT(*) FROM gallery_generation WHERE status = %s AND gateway_id = %s"
one_claim_at_a_time = threading.Lock()
# Rows that a thread of this process works on, by worker: only their leases are renewed, so that a row whose thread
# could not even write down its failure is repaired like one of a dead process.
in_hand: dict[str, set[int]] = defaultdict(set)


def register_worker(*, takes_from_queue: bool = True) -> Worker:
    """A row and a name for this process; the name starts with the host, whose disk holds the replies of its runs. `host` is what
    the machine is called, which decides whose process ids can be looked up here."""
    return Worker.objects.create(
        name=f"{settings.HOST_NAME}:{os.getpid()}:{secrets.token_hex(4)}",
        host=socket.gethostname(),
        process_id=os.getpid(),
        takes_from_queue=takes_from_queue,
        seen_at=timezone.now(),
    )


def forget_worker(worker: Worker) -> None:
    """At its end. The connection it began with may have broken since; and where there is no database, others find by its silence
    that it is gone."""
    close_old_connections()
    try:
        worker.delete()
    except OF_THE_DATABASE:
        logger.warning("The database is away; the row of this process stays until others take it off.", exc_info=True)


def beat(worker: Worker) -> list[int]:
    """Renew this worker's mark and the leases of what it works on; returns the rows that somebody asked to cancel."""
    now = timezone.now()
    Worker.objects.filter(pk=worker.pk).update(seen_at=now)
    mine = Generation.objects.running().filter(claimed_by=worker.name, pk__in=list(in_hand[worker.name]))
    mine.update(lease_expires_at=now + LEASE)
    return list(mine.exclude(cancel_requested_at=None).values_list("pk", flat=True))


def note_taking(worker: Worker, *, is_taking: bool) -> None:
    """Whether it takes from the queue just now: one that does not is no worker to whoever waits for one."""
    if worker.takes_from_queue != is_taking:
        Worker.objects.filter(pk=worker.pk).update(takes_from_queue=is_taking)
        worker.takes_from_queue = is_taking


def claim_next(worker: Worker) -> Generation | None:
    """Claim the row that is next in line, or None when nothing may run now."""
    if version_watch.watch.is_behind():
        return None
    with one_claim_at_a_time, durable_atomic():
        pk = next_in_line()
        if pk is None or not claim(pk, worker):
            return None
        in_hand[worker.name].add(pk)
    return Generation.objects.select_related("gateway", "image_model", "owner").get(pk=pk)


def next_in_line() -> int | None:
    """Fair between people: whoever has fewest running goes first, then whoever started longest ago; within a person, first come.

    Locks the books, so that two hosts cannot pass a limit together.
    """
    budgets.lock_books()
    limits = gateway_limits(Gateway.objects.all())
    due = Generation.objects.due().values("gateway", "owner").annotate(first=Min("pk")).order_by()
    waiting = [row for row in due if limits.get(row["gateway"], 1) > 0]
    if not waiting:
        return None
    at_gateway, of_owner = count_running()
    first_of: dict[int | None, int] = {}
    for row in waiting:
        gateway, owner, first = row["gateway"], row["owner"], row["first"]
        if gateway is None or at_gateway[gateway] < limits[gateway]:
            first_of[owner] = min(first, first_of.get(owner, first))
    fewest = min((of_owner[owner] for owner in first_of), default=0)
    equals = [owner for owner in first_of if of_owner[owner] == fewest]
    started = last_starts(equals) if len(equals) > 1 else {}
    return min(((started.get(owner, 0.0), first_of[owner]) for owner in equals), default=(0.0, None))[1]


def count_startable() -> int:
    """How many queued rows could start now: what is due at each gateway, up to what its limit leaves."""
    limits = gateway_limits(Gateway.objects.all())
    at_gateway, _ = count_running()
    due = Generation.objects.due().values_list("gateway").annotate(count=Count("pk")).order_by()
    return sum(
        count if gateway is None else max(0, min(count, limits.get(gateway, 0) - at_gateway[gateway]))
        for gateway, count in due
    )


def gateway_limits(gateways: QuerySet[Gateway]) -> dict[int | None, int]:
    """How many may run at each gateway, 0 while it pauses."""
    rows = gateways.values_list("pk", "max_running", "paused_until")
    return {pk: 0 if is_ahead(paused) else limit for pk, limit, paused in rows}


def count_running() -> tuple[Counter[int | None], Counter[int | None]]:
    """How many run now, by gateway and by owner."""
    at_gateway: Counter[int | None] = Counter()
    of_owner: Counter[int | None] = Counter()
    running = Generation.objects.running().values_list("gateway", "owner").order_by()
    for gateway, owner, count in running.annotate(count=Count("pk")):
        at_gateway[gateway] += count
        of_owner[owner] += count
    return at_gateway, of_owner


def last_starts(owners: list[int | None]) -> dict[int | None, float]:
    """When each owner's newest row that ever started did so. Read from the end of the owner's rows: a history of any
    length costs the same."""
    started = Generation.objects.filter(owner=OuterRef("pk")).exclude(status=Status.QUEUED).exclude(started_at=None)
    newest = started.order_by("-pk").values("started_at")[:1]
    people = User.objects.filter(pk__in=owners).annotate(last_start=Subquery(newest))
    return {pk: at.timestamp() for pk, at in people.values_list("pk", "last_start") if at}


def claim(pk: int, worker: Worker) -> bool:
    fields = running_fields(worker) | {"attempts": F("attempts") + 1, "changed_at": timezone.now()}
    return Generation.objects.filter(pk=pk, status=Status.QUEUED).update(**fields) == 1


def running_fields(worker: Worker) -> dict[str, Any]:
    """What a row holds from the moment on that a process runs it for the first time."""
    now = timezone.now()
    return {
        "status": Status.RUNNING,
        "claimed_by": worker.name,
        "lease_expires_at": now + LEASE,
        "started_at": now,
        "attempts": 1,
    }


def is_gateway_full(gateway: Gateway) -> bool:
    """Whether as many run at this gateway as may; asked under the lock of the books. Written out: each call of a script asks
    it, and building the query costs ten times the answer."""
    with connection.cursor() as cursor:
        cursor.execute(LIMIT, [gateway.pk])
        most = cursor.fetchone()
        cursor.execute(COUNT, [Status.RUNNING.value, gateway.pk])
        running = cursor.fetchone()
    return most is None or running[0] >= most[0]


def claim_ended(found: Generation, worker: Worker) -> Generation | None:
    """Claim a row that ended with a part of its reply unkept, to finish it; None when somebody else has it, or has ended it
    anew since it was found."""
    pk, now = found.pk, timezone.now()
    rows = Generation.objects.filter(pk=pk, status__in=(Status.FAILED, Status.SUCCEEDED))
    changed = rows.filter(status=found.status, finished_at=found.finished_at).update(
        status=Status.RUNNING,
        claimed_by=worker.name,
        lease_expires_at=now + LEASE,
        changed_at=now,
        error_kind="",
        error_sentence="",
        error_detail="",
        refused=None,
    )
    if not changed:
        return None
    in_hand[worker.name].add(pk)
    return Generation.objects.select_related("gateway", "image_model", "owner").get(pk=pk)


def put_down(pk: int, worker: Worker) -> None:
    """This process works on the row no more, however it ended."""
    in_hand[worker.name].discard(pk)
