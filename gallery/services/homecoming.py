"""What this host paid for comes home: its own rows, replies on its disk whose rows others gave up while it was away, and pictures
that the storage did not take, once it does."""

import logging
import re
import time
from contextlib import suppress
from pathlib import Path

from django.conf import settings
from django.utils import timezone

from gallery.gateway import client, errors
from gallery.models import Generation, Worker
from gallery.services import claims, outcomes, runs
from gallery.services.log_marks import carrying_out

logger = logging.getLogger(__name__)

NAME = re.compile(r"(\d+)-(\d+)\.reply(\.part)?")
# An answer may still be arriving in a part: of a process that was cut off, and lives.
PART_RESTS_SECONDS = 300.0
# What could not be stored is tried again after this, and then ever more rarely: a full disk stays full for a while.
FIRST_TRY_SECONDS = 30.0
TRIES_BY_AGE = 0.5


def repair(worker: Worker) -> None:
    """End what dead processes left, and finish what was given up meanwhile. Never calls again."""
    runs.end_abandoned(worker)
    bring_home(worker)


def bring_home(worker: Worker) -> int:
    """A row that was ended as interrupted, because this host was not heard of, is finished from its reply; so is one whose
    picture could not be stored. Returns how many were tried."""
    found = dict(filter(None, map(attempt_of, settings.REPLIES_DIR.iterdir())))
    ended = Generation.objects.filter(
        pk__in=list(found), status=Generation.Status.FAILED, error_kind__in=(errors.Interrupted.kind, runs.NOT_STORED)
    )
    tried = 0
    for generation in ended:
        if found[generation.pk] == generation.attempts and is_due(generation):
            tried += finish(generation, worker)
    return tried


def is_due(generation: Generation) -> bool:
    path = outcomes.reply_path(generation)
    try:
        if not client.rescue(path):
            return False
    except OSError:
        logger.exception("what arrived for generation %s cannot be read", generation.pk)
        return False
    if generation.error_kind != runs.NOT_STORED or generation.finished_at is None:
        return True
    since = (timezone.now() - generation.finished_at).total_seconds()
    return since > max(FIRST_TRY_SECONDS, (time.time() - path.stat().st_mtime) * TRIES_BY_AGE)


def attempt_of(path: Path) -> tuple[int, int] | None:
    """Row and attempt that a reply is of; None for what is none, or may still be arriving."""
    name = NAME.fullmatch(path.name)
    with suppress(FileNotFoundError):
        if name and not (name[3] and time.time() - path.stat().st_mtime < PART_RESTS_SECONDS):
            return int(name[1]), int(name[2])
    return None


def finish(generation: Generation, worker: Worker) -> bool:
    claimed = claims.claim_ended(generation, worker)
    if claimed is None:
        return False
    try:
        with carrying_out(claimed.pk, asked_by=claimed.request_id):
            runs.look_again(claimed, worker)
    finally:
        claims.put_down(claimed.pk, worker)
    return True
