"""The queue: what is under way, mine and the team's, what ended while one was elsewhere, and what can be done about it.

One poll per tab: a page with results of its own asks for them and for this in one request, see `poll_context`.
"""

import time
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Any

from django.contrib import messages
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils import timezone
from django.utils.http import urlencode
from django.views.decorators.http import require_GET, require_POST

from gallery import tasks
from gallery.models import Batch, Generation, User
from gallery.models.generations import OPEN, Status
from gallery.services import batches, budgets, generations, line, people
from gallery.services.working_for import WorkRefused
from gallery.views.access import (
    current_user,
    get_editable_batch,
    get_editable_generation,
    get_visible_generation,
    require_maker,
)
from gallery.views.batch_questions import question_before_retry, tell_left_out
from gallery.views.htmx import HtmxRequest
from gallery.views.queue_questions import ask_in_form, ask_on_page
from gallery.views.queue_rows import MOST_PICTURES, Row, batch_row, ended_row, open_row
from gallery.views.quotes import question_before_repeat
from gallery.views.tiles import Medians

BUSY_SECONDS, QUIET_SECONDS = 2, 15
LATELY = timedelta(hours=1)
MOMENT_DIGITS = 13
MOST_MINE, MOST_OTHERS, MOST_ENDED = 60, 24, 20
# Of twice as many as are shown some may be private.
LOOKED_AT = 2
ORDER = {"running": 0, "queued": 1, "held": 2}


@dataclass(frozen=True, kw_only=True)
class Section:
    """`until` is when the newest of all that ended did so, in epoch milliseconds."""

    name: str
    title: str
    rows: Sequence[Row]
    rest: str = ""
    until: int = 0


@require_GET
def queue(request: HttpRequest) -> HttpResponse:
    user = current_user(request)
    return render(request, "queue/page.html", {"sections": build_sections(user, ended_rows(user))})


@require_GET
def live(request: HtmxRequest) -> HttpResponse:
    """What every page shows of the queue; 204 when no run has changed since it asked last."""
    stamp = Generation.objects.stamp()
    if is_seen(request, stamp):
        return HttpResponse(status=204)
    context = poll_context(request, stamp)
    url = f"{reverse('queue-live')}?{urlencode({'stamp': stamp})}"
    return render(request, "queue/_poll.html", context | poller(url, is_busy=context["is_busy"]))


def is_seen(request: HttpRequest, stamp: str) -> bool:
    """Whether the page that asks shows all this already."""
    return request.GET.get("stamp", "") == stamp


def poller(url: str, *, is_busy: bool, seconds: int = 0) -> dict[str, Any]:
    return {
        "live_url": url,
        "live_seconds": seconds or (BUSY_SECONDS if is_busy else QUIET_SECONDS),
        "live_is_busy": is_busy,
        "now_milliseconds": int(time.time() * 1000),
    }


def poll_context(request: HttpRequest, stamp: str) -> dict[str, Any]:
    """For `queue/_parts.html`, which goes into every answer to a poll. The rows themselves only while they are looked at."""
    user = current_user(request)
    ended = ended_rows(user)
    is_open = request.GET.get("drawer") == "1"
    keys = Generation.objects.keys_moving()
    mine = sum(owner == user.pk for _, owner, _ in keys)
    return {
        "mine": mine,
        "is_busy": mine > 0 or (is_open and bool(keys)),
        "news": ended,
        "is_drawer_open": is_open,
        "sections": build_sections(user, ended) if is_open else (),
    }


# What people do about it -------------------------------------------------------------------------------------------


@require_POST
def seen(request: HtmxRequest) -> HttpResponse:
    """`until`, in epoch milliseconds, is the end of the newest that was shown."""
    until = request.POST.get("until", "")
    now = timezone.now()
    is_moment = until.isdecimal() and len(until) <= MOMENT_DIGITS
    moment = datetime.fromtimestamp((int(until) + 1) / 1000, tz=UTC) if is_moment else now
    people.see_queue(current_user(request), until=min(moment, now))
    return answer(request)


@require_POST
def cancel(request: HtmxRequest, generation_id: int) -> HttpResponse:
    generation = get_editable_generation(request, generation_id)
    if not generations.cancel_generation(generation):
        messages.info(request, "This had already ended.")
    return answer(request)


@require_POST
def retry(request: HtmxRequest, generation_id: int) -> HttpResponse:
    require_maker(request)
    generation = get_visible_generation(request, generation_id)
    if question_before_repeat(generation, current_user(request), ""):
        return ask_in_form(request, generation)
    # One retry for each run that failed, whichever drawing of the queue is pressed: what fails again has one of its own.
    submission = f"retry-{generation.pk}"
    try:
        generations.run_again(generation, owner=current_user(request), submission=submission)
    except (generations.CannotRunAgain, WorkRefused, budgets.BudgetRefused) as problem:
        messages.error(request, str(problem))
    else:
        tasks.run_next()
    return answer(request)


@require_POST
def change_batch(request: HtmxRequest, batch_id: int, action: str) -> HttpResponse:
    """`action` is one of CHANGES, or `retry`."""
    batch = get_editable_batch(request, batch_id)
    if action not in (*CHANGES, "retry"):
        raise Http404
    user = require_maker(request) if action in PAYING else current_user(request)
    if action == "retry" and question_before_retry(batch, user, ""):
        return ask_on_page(request, batch)
    try:
        if action == "retry":
            tell_left_out(request, batch, batches.retry_failed(batch, user))
        else:
            CHANGES[action](batch, user)
    except (batches.BatchRefused, budgets.BudgetRefused) as refusal:
        messages.error(request, str(refusal))
    tasks.run_next()
    return answer(request)


# These send what was held back, or send it again.
PAYING = ("resume", "retry")
CHANGES: dict[str, Callable[[Batch, User], object]] = {
    "pause": lambda batch, _: batches.pause_batch(batch),
    "resume": batches.resume_batch,
    "stop": lambda batch, _: batches.stop_batch(batch),
}


def answer(request: HtmxRequest) -> HttpResponse:
    """The page asks anew by itself; only what could not be done is said here."""
    if not request.htmx:
        return redirect("queue")
    if not messages.get_messages(request):
        return HttpResponse(status=204)
    response = render(request, "_toasts.html")
    response["HX-Retarget"], response["HX-Reswap"] = "#toasts", "beforeend"
    return response


# Rows --------------------------------------------------------------------------------------------------------------


def build_sections(user: User, ended: Sequence[Row]) -> list[Section]:
    keys = Generation.objects.keys_moving()
    mine, others = open_rows(user, keys)
    until = ended[0].ended_at if ended else 0
    failed = [row for row in ended if row.status == Status.FAILED]
    done = [row for row in ended if row.status != Status.FAILED]
    hidden = len(keys) - Generation.objects.visible_to(user).moving().count()
    private = f"and {hidden} private of others" if hidden else ""
    rest = " ".join(filter(None, (more(len(others) - MOST_OTHERS), private)))
    sections = [
        Section(name="mine", title="Yours", rows=mine[:MOST_MINE], rest=more(len(mine) - MOST_MINE)),
        Section(name="failed", title="Failed", rows=failed, until=until),
        Section(name="done", title="Done", rows=done, until=until),
        Section(name="team", title="The team", rows=others[:MOST_OTHERS], rest=rest),
    ]
    return [section for section in sections if section.rows or section.rest]


def more(count: int) -> str:
    return f"and {count} more" if count > 0 else ""


def open_rows(user: User, keys: Sequence[tuple[int, int | None, int | None]]) -> tuple[list[Row], list[Row]]:
    """One's own and the others', batches first, then running ones, then in the order in which workers will take them."""
    places = line.places_in_line()
    medians = Medians()
    found: dict[bool, list[Row]] = {True: [], False: []}
    for batch, row in batch_rows(user):
        found[batch.owner_id == user.pk].append(row)
    for mine in (True, False):
        singles = [pk for pk, owner, batch_id in keys if batch_id is None and (owner == user.pk) == mine]
        # Those that run are not in the line.
        singles.sort(key=lambda pk: places.get(pk, 0))
        runs = Generation.objects.for_queue(user, singles[: LOOKED_AT * (MOST_MINE if mine else MOST_OTHERS)])
        for run in sorted(runs, key=lambda run: (ORDER.get(run.status, 3), places.get(run.pk, run.pk), run.pk)):
            found[mine].append(open_row(run, user, places, medians, may_change=mine or user.is_staff))
    return found[True], found[False]


def batch_rows(user: User) -> list[tuple[Batch, Row]]:
    rows = list(Batch.objects.for_queue(user))
    counts = Generation.objects.counts_of_batches([batch.pk for batch in rows]) if rows else {}
    return [
        (batch, batch_row(batch, user, counts[batch.pk], may_change=batch.owner_id == user.pk or user.is_staff))
        for batch in rows
        if batch.pk in counts
    ]


def ended_rows(user: User) -> list[Row]:
    """What this person's own runs came to within the hour, as far as it was not seen; newest first."""
    since = max(filter(None, (timezone.now() - LATELY, user.queue_seen_at)))
    keys = Generation.objects.keys_ended(user, since)
    singles = [pk for pk, batch, _ in keys if batch is None][:MOST_ENDED]
    retried = Generation.objects.retried(user, singles) if singles else set()
    runs = (
        Generation.objects.filter(pk__in=[pk for pk in singles if pk not in retried])
        .select_related("image_model")
        .prefetch_related("images")
    )
    rows = [ended_row(run, user) for run in runs] if singles else []
    # Newest first: the last one of a batch is met last.
    ends = {batch: moment for _, batch, moment in reversed(keys) if batch is not None}
    return sorted([*rows, *ended_batches(user, ends)], key=lambda row: -row.ended_at)


def ended_batches(user: User, ends: Mapping[int, datetime]) -> list[Row]:
    """Those of which nothing is under way any more."""
    if not ends:
        return []
    counts = Generation.objects.counts_of_batches(list(ends))
    pictures = Batch.objects.pictures_of(user, list(ends), most=MOST_PICTURES)
    return [
        batch_row(batch, user, counts[batch.pk], may_change=True, ended_at=ends[batch.pk], pictures=pictures[batch.pk])
        for batch in Batch.objects.for_page(user).filter(pk__in=list(ends))
        if not any(counts[batch.pk][status] for status in OPEN)
    ]
