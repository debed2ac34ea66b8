"""Doing one thing to many pictures: a row remembers what and to which, chunks of it are done one by one, each in its own
transaction, so that neither the database nor a request waits for all of them. A killed process loses no chunk and does
none twice: the row moves on with the pictures it changed. A chunk that goes wrong again and again ends it.
"""

import logging
from collections import Counter
from collections.abc import Mapping
from typing import Any

from django.db import transaction
from django.db.models import F
from django.utils import timezone

from gallery.models import BulkChange, BulkWork, Image, Selection, User
from gallery.models.url_state import LARGEST_ID
from gallery.services.boards import BoardRefused
from gallery.services.bulk_actions import ACTIONS, BulkStopped, Step

logger = logging.getLogger(__name__)

CHUNK = 500
# More than that is not done while a person waits for the answer.
AT_ONCE = 2000
MOST_FAILURES = 3
FAILED = "Stopped: something went wrong with the rest, which was left as it was. It is written in the server’s log."


def begin(*, user: User, action: str, selection: Selection, arguments: Mapping[str, Any]) -> BulkWork:
    """The row alone; `run` does it. What arrives on the wall from now on is left alone."""
    BulkWork.objects.past_undo().filter(user=user).delete()
    ids = None if selection.ids is None else open_stacks(user, selection)
    total = Image.objects.selected(user, selection).count() if ids is None else len(ids)
    newest = Image.objects.order_by("-id").values_list("pk", flat=True).first()
    return BulkWork.objects.create(
        user=user,
        action=action,
        arguments=dict(arguments),
        query=selection.query.encode(),
        image_ids=ids,
        last=newest or LARGEST_ID,
        total=total,
    )


def open_stacks(user: User, selection: Selection) -> list[int]:
    """The pictures that chosen tiles stand for, lowest id first, as far as this person sees them."""
    chosen = selection.ids or ()
    found: set[int] = set()
    for start in range(0, len(chosen), CHUNK):
        part = Selection(query=selection.query, ids=chosen[start : start + CHUNK])
        found.update(Image.objects.selected(user, part).values_list("pk", flat=True))
    return sorted(found)


def begin_undo(work: BulkWork) -> BulkWork | None:
    """None when it was undone before, still runs, or cannot be undone."""
    if work.ended_at is None or work.undoes_id or not work.changed or ACTIONS[work.action].revert is None:
        return None
    undoing, is_new = BulkWork.objects.get_or_create(
        undoes=work,
        defaults={"user": work.user, "action": work.action, "arguments": work.arguments, "total": work.changed},
    )
    return undoing if is_new else None


def stop(work: BulkWork) -> None:
    """What is done stays done, and can be undone."""
    BulkWork.objects.filter(pk=work.pk, ended_at=None).update(ended_at=timezone.now(), stopped="Stopped.")


def run(work: BulkWork) -> None:
    while run_chunk(work.pk):
        pass
    work.refresh_from_db()


def run_chunk(work_id: int) -> bool:
    """Whether there may be more."""
    try:
        return do_next(work_id)
    except (BulkStopped, BoardRefused) as problem:
        BulkWork.objects.filter(pk=work_id, ended_at=None).update(ended_at=timezone.now(), stopped=str(problem)[:200])
        return False
    except Exception:
        logger.exception("a chunk of the bulk work %s went wrong", work_id)
        return count_failure(work_id)


def count_failure(work_id: int) -> bool:
    """Whether it is tried again. Apart from the chunk, of which nothing is left."""
    rows = BulkWork.objects.filter(pk=work_id, ended_at=None)
    with transaction.atomic():
        now = timezone.now()
        rows.update(failures=F("failures") + 1, moved_at=now)
        rows.filter(failures__gte=MOST_FAILURES).update(ended_at=now, stopped=FAILED)
    return rows.exists()


def do_next(work_id: int) -> bool:
    """Two processes at the same work take turns at its row."""
    with transaction.atomic():
        rows = BulkWork.objects.select_for_update(of=("self",)).select_related("user", "undoes")
        work = rows.filter(pk=work_id, ended_at=None).first()
        if work is None:
            return False
        is_last = undo_chunk(work, work.undoes) if work.undoes else do_chunk(work)
        work.failures = 0
        work.ended_at = timezone.now() if is_last else None
        work.save()
    return not is_last


def do_chunk(work: BulkWork) -> bool:
    """Returns whether it was the last one."""
    ids = Image.objects.next_selected(work.user, work.selection, above=work.reached, last=work.last, most=CHUNK)
    if not ids:
        return True
    outcome = ACTIONS[work.action].apply(step_of(work), ids)
    if outcome.changes:
        BulkChange.objects.create(work=work, pairs=list(outcome.changes.items()))
    work.reached = ids[-1]
    work.seen += len(ids)
    work.changed += len(outcome.changes)
    work.refusals = +(Counter(work.refusals) + Counter(outcome.refusals))
    return work.seen >= work.total and work.image_ids is not None


def undo_chunk(work: BulkWork, undone: BulkWork) -> bool:
    change = undone.changes.filter(pk__gt=work.reached).order_by("pk").first()
    revert = ACTIONS[work.action].revert
    if change is None or revert is None:
        return True
    work.reached = change.pk
    work.seen += len(change.pairs)
    seen = Image.objects.visible_to(work.user).filter(pk__in=[pk for pk, _ in change.pairs])
    visible = set(seen.values_list("pk", flat=True))
    work.changed += revert(step_of(undone), {pk: before for pk, before in change.pairs if pk in visible})
    return False


def step_of(work: BulkWork) -> Step:
    return Step(user=work.user, arguments=work.arguments, moment=work.created_at)
