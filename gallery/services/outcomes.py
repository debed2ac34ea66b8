"""How a run ends: finished, failed, cancelled or back in the line. Only the process that holds the claim may end it."""

import logging
from collections.abc import Mapping
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any

from django.conf import settings
from django.db import connection, transaction
from django.db.models import Q, QuerySet
from django.utils import timezone

from gallery.gateway import errors
from gallery.gateway.dialects.refusals import PROMPT
from gallery.gateway.reply_files import part_of
from gallery.images.errors import PictureNotStored
from gallery.models import Batch, Gateway, Generation, Image, Visibility, Worker
from gallery.models.clocks import is_over
from gallery.models.generations import Status
from gallery.services import batches, budgets, key_uses, prompt_limits, usage, working_for
from gallery.services.search import index_ended

logger = logging.getLogger(__name__)

MOST_ATTEMPTS = 4
SHORTEST_WAIT_SECONDS = 1.0
FIRST_WAIT_SECONDS = 4.0
LONGEST_WAIT_SECONDS = 60.0
MEANWHILE = "SELECT visibility, cancel_requested_at IS NOT NULL FROM gallery_generation WHERE id = %s"
UPDATE = "UPDATE gallery_generation SET"
# What others may have changed while it ran, or an end before this one left.
KEPT_FIELDS = ("finished_at", "key_day", "key_hold", "counted", "visibility")
RESULT_FIELDS = (
    "reply",
    "model_used",
    "answer",
    "revised_prompt",
    "cost",
    "cost_unit",
    "is_cost_reckoned",
    "input_tokens",
    "output_tokens",
    "notes",
)


def reply_path(generation: Generation) -> Path:
    return settings.REPLIES_DIR / f"{generation.pk}-{generation.attempts}.reply"


def finish(generation: Generation, worker: Worker, status: str, *, is_uncertain: bool = False, **fields: Any) -> bool:
    """End the row if it still runs and is ours; returns whether it was. With `is_uncertain` it may have been charged,
    although nothing came of it."""
    if is_uncertain or status == Status.SUCCEEDED:
        reckon_cost(generation)
    changes = {
        "status": status,
        "lease_expires_at": None,
        "cancel_requested_at": None,
        "key_day": None,
        "key_hold": None,
        "is_simulated": generation.is_simulated,
        **{name: getattr(generation, name) for name in RESULT_FIELDS},
        **fields,
    }
    # Nobody else may write meanwhile: what can be done before is.
    update, values = written_out(changes)
    kept = ours(generation, worker).select_for_update(no_key=True).values_list(*KEPT_FIELDS)
    # Without a savepoint of its own: what fails here fails the whole.
    with transaction.atomic(savepoint=False):
        batches.lock(generation)
        budgets.lock_books()
        found = list(kept)
        if not found:
            logger.warning("generation %s was ended by somebody else", generation.pk)
            return False
        # What a try before this wrote was given up by the database, and is left on the object alone.
        set_all(generation, dict(zip(KEPT_FIELDS, found[0], strict=True)))
        is_first_end = generation.finished_at is None
        key_uses.settle(generation, did_run=is_uncertain or status == Status.SUCCEEDED)
        # Taken inside: whoever waited for the database must not look older than what open pages have seen already.
        now = timezone.now()
        set_all(generation, {**changes, "finished_at": now, "changed_at": now})
        if generation.visibility != Visibility.TEAM:
            # Hidden while a picture was being stored.
            hide_pictures(generation)
        pictures = index_ended(generation, is_first_end=is_first_end)
        usage.count_run(generation, pictures=pictures, is_first_end=is_first_end, is_uncertain=is_uncertain)
        last, last_values = written_out({"finished_at": now, "changed_at": now, "counted": generation.counted})
        with connection.cursor() as cursor:
            cursor.execute(f"{UPDATE} {update}, {last} WHERE id = %s", [*values, *last_values, generation.pk])
        budgets.settle(generation, is_first_end=is_first_end, is_uncertain=is_uncertain)
        batches.follow(generation)
    logger.info("generation %s ended: %s", generation.pk, generation.error_kind or status)
    return True


def written_out(changes: Mapping[str, Any]) -> tuple[str, list[Any]]:
    """The same columns and values as the ORM would write, for `UPDATE … SET`."""
    fields = [field for field in Generation._meta.concrete_fields if field.name in changes]
    columns = ", ".join(f"{connection.ops.quote_name(field.column)} = %s" for field in fields)
    values = [field.get_db_prep_save(changes[field.name], connection) for field in fields]
    return columns, values


def set_all(generation: Generation, values: Mapping[str, Any]) -> None:
    for name, value in values.items():
        setattr(generation, name, value)


def reckon_cost(generation: Generation) -> None:
    """What no gateway told costs what it was reckoned to, and says so; what nobody knows stays unknown."""
    if generation.cost is None and generation.quote is not None and not generation.is_simulated:
        generation.cost, generation.cost_unit = generation.quote, generation.quote_unit
        generation.is_cost_reckoned = True


def hide_pictures(generation: Generation) -> None:
    """From whoever does not see their run."""
    rows = Image.objects.filter(generation=generation).exclude(visibility=Visibility.PRIVATE)
    rows.exclude(visibility=generation.visibility).update(visibility=generation.visibility)


def ours(generation: Generation, worker: Worker) -> QuerySet[Generation]:
    """The row, as long as this worker runs it."""
    return Generation.objects.running().filter(pk=generation.pk, claimed_by=worker.name)


def end_with_error(generation: Generation, worker: Worker, problem: errors.GatewayError) -> None:
    """Requeue what surely did not run and may pass later; fail everything else with its sentence."""
    if was_cancelled(generation):
        end_cancelled(generation, worker, problem)
        return
    is_passing = isinstance(problem, errors.TooManyRequests | errors.NotReached)
    if is_passing and generation.gateway and generation.gateway.is_enabled and generation.attempts < MOST_ATTEMPTS:
        requeue(generation, worker, problem)
        return
    fail_with(generation, worker, problem)


def end_call_with_error(generation: Generation, worker: Worker, problem: errors.GatewayError) -> None:
    """As `end_with_error` for a script that waits for its own call: it is told, and itself decides about another try."""
    if was_cancelled(generation):
        end_cancelled(generation, worker, problem)
        return
    fail_with(generation, worker, problem)


def end_cancelled(generation: Generation, worker: Worker, problem: errors.GatewayError, why: str = "Cancelled") -> None:
    sentence = f"{why}. Nothing was charged."
    if problem.may_have_run and not generation.is_simulated:
        sentence = "Cancelled while running. Nothing was kept; the gateway may still charge for it."
    words = {"error_kind": "cancelled", "error_sentence": sentence}
    finish(generation, worker, Status.CANCELLED, is_uncertain=problem.may_have_run, **words)


def was_cancelled(generation: Generation) -> bool:
    return changed_meanwhile(generation)[1]


def changed_meanwhile(generation: Generation, *, locks: bool = False) -> tuple[str, bool]:
    """What people may have changed while it ran: its visibility, and whether it was asked to stop; with `locks` they change
    neither until the transaction ends. Written out: each run asks it again and again, and building the query costs ten times
    the answer."""
    locked = " FOR NO KEY UPDATE" if locks and connection.features.has_select_for_update else ""
    with connection.cursor() as cursor:
        cursor.execute(f"{MEANWHILE}{locked}", [generation.pk])
        visibility, is_cancelled = cursor.fetchone() or (generation.visibility, False)
    return visibility, bool(is_cancelled)


def requeue(generation: Generation, worker: Worker, problem: errors.GatewayError) -> None:
    """Back into the line, to be tried again later, unless it was cancelled just now, or its owner's account was closed, or their
    work for its group ended: a batch that paused with that holds it back. A 429 slows its whole gateway down, and no other."""
    later = pause_after(generation, problem)
    if isinstance(problem, errors.TooManyRequests):
        pause_gateway(generation, later)
    with transaction.atomic():
        budgets.lock_books()
        why = working_for.end_in_words(generation)
        batch = batches.paused_with_group(generation) if why else None
        going_on = ours(generation, worker).filter(Q(owner=None) | Q(owner__is_active=True), cancel_requested_at=None)
        is_waiting = (batch is not None or not why) and going_on.update(
            status=Status.QUEUED,
            claimed_by="",
            lease_expires_at=None,
            started_at=None,
            run_after=later,
            changed_at=timezone.now(),
            notes=[f"Tried again: {problem.sentence}"],
        )
        if is_waiting:
            key_uses.give_back(generation)
        if is_waiting and batch and batch.state != Batch.State.OPEN:
            batches.put_back(Generation.objects.filter(pk=generation.pk))
    if not is_waiting:
        end_cancelled(generation, worker, problem, f"{why} before it was tried again" if why else "Cancelled")


def pause_after(generation: Generation, problem: errors.GatewayError) -> datetime:
    """When to try again: after what the gateway asked for, else after longer and longer."""
    seconds = problem.retry_after
    if seconds is None:
        seconds = FIRST_WAIT_SECONDS * 2 ** (generation.attempts - 1)
    return timezone.now() + timedelta(seconds=min(max(seconds, SHORTEST_WAIT_SECONDS), LONGEST_WAIT_SECONDS))


def pause_gateway(generation: Generation, later: datetime) -> None:
    rows = Gateway.objects.filter(slug=generation.gateway_slug)
    rows.filter(Q(paused_until=None) | Q(paused_until__lt=later) | is_over("paused_until")).update(paused_until=later)


def sentence_for_people(generation: Generation, problem: errors.GatewayError) -> str:
    """The error in a designer's words, with the gateway's name and the truth about the money."""
    name = generation.gateway.name if generation.gateway else generation.gateway_slug
    sentence = problem.sentence.replace("The gateway", name, 1).replace("the gateway", name, 1)
    if problem.may_have_run and not generation.is_simulated and "charge" not in sentence:
        sentence += " It may have been charged."
    return sentence


def own_fault(generation: Generation, problem: Exception) -> tuple[str, str, str]:
    """Kind, sentence and detail of a failure on our side. If the reply is on disk, it stays there for “Look again”."""
    detail = f"{type(problem).__name__}: {problem}"
    path = reply_path(generation)
    if not path.exists() and part_of(path).exists():
        sentence = (
            "What arrived of the answer could not be saved yet. The studio tries again by itself, and it costs nothing."
        )
        return "not_stored", sentence, detail
    if not path.exists():
        return (
            "internal",
            "Something failed in the studio before an answer came. An administrator finds the reason in the log.",
            detail,
        )
    if isinstance(problem, OSError | PictureNotStored):
        sentence = "The picture arrived but could not be stored. Check the free space, then press “Look again”: it costs nothing."
        return "not_stored", sentence, detail
    return (
        "not_stored",
        "The answer arrived but could not be read in. “Look again” tries once more and costs nothing.",
        detail,
    )


def fail_with(generation: Generation, worker: Worker, problem: errors.GatewayError) -> None:
    refused = {"parameter": problem.parameter, "values": problem.supported_values} if problem.parameter else None
    sentence = sentence_for_people(generation, problem)
    if problem.parameter == PROMPT:
        sentence = prompt_limits.learn_limit(generation, tuple(problem.supported_values)) or sentence
    fail(generation, worker, problem.kind, sentence, problem.detail, refused=refused)


def fail(generation: Generation, worker: Worker, kind: str, sentence: str, detail: str = "", **fields: Any) -> None:
    words = {"error_kind": kind, "error_sentence": sentence[:500], "error_detail": detail[:4000]}
    finish(generation, worker, Status.FAILED, is_uncertain=kind in budgets.MAY_BE_CHARGED, **words, **fields)
