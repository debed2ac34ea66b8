"""Whose process is gone: leases that are renewed no more, and what becomes of their rows.

What a clock wrote is never compared with another's: clocks of hosts differ, are set forward and back, and jump when a machine
wakes. A process watches whether a lease is renewed, by its own steady clock.
"""

import os
import socket
import time
from datetime import datetime, timedelta

from django.conf import settings
from django.db import transaction
from django.utils import timezone

from gallery.models import Generation, Worker
from gallery.models.generations import Status
from gallery.services.claims import LEASE, in_hand

DROPPED = timedelta(seconds=5)
# How long a host that was lost may take to come back with what lies on its disk.
OTHER_HOSTS_WAIT = timedelta(minutes=settings.LOST_HOST_MINUTES)
# A process of this folder on another machine is gone when it was not heard of for so long.
SILENCE = timedelta(minutes=1)
HERE = f"{settings.HOST_NAME}:"
HANDED_BACK = "handed-back"
# Rows that others run: whose lease until when, and since when by our own steady clock it reads so.
watched: dict[int, tuple[tuple[str, datetime | None], float]] = {}


def take_over_abandoned(worker: Worker, *, at: float | None = None) -> list[Generation]:
    """Claim rows whose process is gone, to end them truthfully: those whose lease was not renewed for as long as this process
    watched it, by its own steady clock (`at`)."""
    now = time.monotonic() if at is None else at
    rows = Generation.objects.running().exclude(claimed_by=worker.name, pk__in=list(in_hand[worker.name]))
    leases = {
        pk: (claimed_by, until) for pk, claimed_by, until in rows.values_list("pk", "claimed_by", "lease_expires_at")
    }
    for pk in watched.keys() - leases.keys():
        del watched[pk]
    taken = []
    for pk, lease in leases.items():
        if pk not in watched or watched[pk][0] != lease:
            watched[pk] = lease, now
        if not is_given_up(*lease, worker, now - watched[pk][1]):
            continue
        claimed_by, until = lease
        with transaction.atomic():
            row = Generation.objects.running().filter(pk=pk, claimed_by=claimed_by, lease_expires_at=until)
            if row.update(claimed_by=worker.name, lease_expires_at=timezone.now() + LEASE):
                in_hand[worker.name].add(pk)
                taken.append(pk)
    return list(Generation.objects.filter(pk__in=taken).select_related("gateway", "image_model", "owner"))


def is_given_up(claimed_by: str, until: datetime | None, worker: Worker, seconds: float) -> bool:
    """Whether a lease was unrenewed for long enough. One that is null was given back, to this host or to whoever comes. What a
    thread of our own dropped waits for no process. Those of other hosts wait longer: their disk may hold the reply. A process
    of this host that lives is not gone, however late its leases are renewed."""
    is_here = claimed_by.startswith(HERE)
    if until is None and (is_here or not claimed_by):
        return True
    stood = timedelta(seconds=seconds)
    if claimed_by == worker.name:
        return stood > DROPPED
    if stood <= LEASE:
        return False
    return stood > LEASE + OTHER_HOSTS_WAIT or (is_here and not is_neighbour_alive(claimed_by))


def expire_dead_neighbours(worker: Worker) -> None:
    """At start: processes of this host that are gone need not keep their leases. Their rows are taken over at once."""
    for neighbour in Worker.objects.filter(name__startswith=HERE).exclude(pk=worker.pk):
        if not is_alive(neighbour):
            Generation.objects.running().filter(claimed_by=neighbour.name).update(lease_expires_at=None)
            neighbour.delete()


def is_neighbour_alive(claimed_by: str) -> bool:
    """Whether the claim is of another process of this host that still runs (after a suspend every lease is late)."""
    if not claimed_by.startswith(HERE):
        return False
    neighbour = Worker.objects.filter(name=claimed_by).first()
    return neighbour is not None and neighbour.process_id != os.getpid() and is_alive(neighbour)


def is_alive(worker: Worker) -> bool:
    """A process id says something on its own machine only: this folder may have moved to another, as a container's does."""
    if worker.host == socket.gethostname():
        return is_running(worker.process_id)
    return worker.seen_at > timezone.now() - SILENCE


def hand_back(found: Generation, host: str) -> bool:
    """Let the host whose disk holds the reply of an ended row finish it: it takes the row like one of a dead process. False when
    somebody else has it, or has ended it anew since it was found."""
    ended = Generation.objects.filter(pk=found.pk, status__in=(Status.FAILED, Status.SUCCEEDED))
    changed = ended.filter(status=found.status, finished_at=found.finished_at).update(
        status=Status.RUNNING,
        claimed_by=f"{host}:{HANDED_BACK}",
        lease_expires_at=None,
        changed_at=timezone.now(),
        error_kind="",
        error_sentence="",
        error_detail="",
        refused=None,
    )
    return bool(changed)


def take_handed_back(pk: int, worker: Worker) -> Generation | None:
    """The row, if it was handed back to this host and nobody took it yet."""
    row = Generation.objects.running().filter(pk=pk, claimed_by=f"{HERE}{HANDED_BACK}", lease_expires_at=None)
    if not row.update(claimed_by=worker.name, lease_expires_at=timezone.now() + LEASE):
        return None
    in_hand[worker.name].add(pk)
    return Generation.objects.select_related("gateway", "image_model", "owner").get(pk=pk)


def is_running(process_id: int) -> bool:
    try:
        os.kill(process_id, 0)
    except ProcessLookupError:
        return False
    except PermissionError:
        return True
    return True
