"""The page of a comparison or a matrix: cells that fill as their runs finish, and what may be done with them."""

import logging
from datetime import UTC
from typing import Any

from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils.http import urlencode
from django.views.decorators.http import require_GET, require_POST

from gallery import tasks
from gallery.forms.batches import StopForm
from gallery.images.errors import PictureError
from gallery.models import Act, Batch, Generation, User
from gallery.services import audit, batches, budgets, contact_sheets
from gallery.services.confirmations import Question
from gallery.views import batch_cells
from gallery.views.access import current_user, get_editable_batch, get_visible_batch, require_maker
from gallery.views.amounts import amount_in_words, sum_in_words
from gallery.views.batch_questions import question_before_limit, question_before_retry, tell_left_out
from gallery.views.batch_words import as_seen
from gallery.views.compare import FEWEST, MOST, compare_url
from gallery.views.downloads import refuse
from gallery.views.htmx import HtmxRequest
from gallery.views.queue import is_seen, poll_context, poller
from gallery.views.quotes import ask_on_its_page
from gallery.views.studio_live import read_moment
from gallery.views.tiles import age
from gallery.views.uploads import is_id

NOT_DRAWN = "The contact sheet could not be drawn just now. Try again in a moment; ask an administrator if it stays so."
logger = logging.getLogger(__name__)

BUSY_SECONDS = 1
WAITING_SECONDS = 8


@require_GET
def batch(request: HttpRequest, batch_id: int) -> HttpResponse:
    user = current_user(request)
    found = as_seen(get_visible_batch(request, batch_id), current_user(request))
    return render(request, "batches/page.html", page_context(request, found, user))


@require_GET
def live(request: HtmxRequest, batch_id: int) -> HttpResponse:
    """The cells that changed since the page last asked; 204 when none did, the whole page when the batch itself did."""
    user = current_user(request)
    found = as_seen(get_visible_batch(request, batch_id), current_user(request))
    stamp = Generation.objects.stamp()
    since = read_moment(request.GET.get("since", ""))
    if found.changed_at > since:
        response = HttpResponse(status=204)
        response["HX-Refresh"] = "true"
        return response
    if is_seen(request, stamp):
        return HttpResponse(status=204)
    runs = batch_cells.newest_runs(found, user)
    layout = batch_cells.read_layout(found, request.GET)
    changed = [row for row in runs.values() if row.changed_at > since]
    may_edit = Batch.objects.editable_by(user).filter(pk=found.pk).exists()
    maker = batch_cells.CellMaker(found, user, may_edit=may_edit)
    context = head_context(found, user, list(runs.values()), may_edit=may_edit) | {
        "changed": [maker.cell(row) for row in changed if layout.shows(row.cell)],
        "is_changed": bool(changed),
        "turn_words": layout.words,
        **live_context(found, list(runs.values()), layout, stamp),
    }
    return render(request, "batches/page.html#poll", poll_context(request, stamp) | context)


@require_GET
def sheet(request: HttpRequest, batch_id: int) -> HttpResponse:
    """All pages as one PNG, laid out as the address says."""
    user = current_user(request)
    found = as_seen(get_visible_batch(request, batch_id), current_user(request))
    layout = batch_cells.read_layout(found, request.GET)
    runs = batch_cells.newest_runs(found, user)
    sections = batch_cells.sections_of(found, layout, runs, user)
    try:
        png = contact_sheets.draw_sheet(title=batch_cells.title_of(found), sections=sections)
    except PictureError:
        logger.exception("the contact sheet of batch %s could not be drawn", found.pk)
        return refuse(request, NOT_DRAWN, 503, found.get_absolute_url())
    audit.record(Act.EXPORTED, f"Contact sheet of batch {found.pk}")
    response = HttpResponse(png, content_type="image/png")
    response["Content-Disposition"] = f'attachment; filename="contact-sheet-{found.pk}.png"'
    response["Cache-Control"] = "private, no-store"
    return response


# What people do with one -------------------------------------------------------------------------------------------


@require_POST
def pause(request: HttpRequest, batch_id: int) -> HttpResponse:
    found = as_seen(get_editable_batch(request, batch_id), current_user(request))
    batches.pause_batch(found)
    return redirect(found)


@require_POST
def resume(request: HttpRequest, batch_id: int) -> HttpResponse:
    found = as_seen(get_editable_batch(request, batch_id), require_maker(request))
    try:
        batches.resume_batch(found, current_user(request))
    except (batches.BatchRefused, budgets.BudgetRefused) as refusal:
        messages.error(request, str(refusal))
    tasks.run_next()
    return redirect(found)


@require_POST
def stop(request: HttpRequest, batch_id: int) -> HttpResponse:
    found = as_seen(get_editable_batch(request, batch_id), current_user(request))
    count = batches.stop_batch(found)
    messages.info(request, f"Cancelled {count} run{'s' if count != 1 else ''}.")
    return redirect(found)


@require_POST
def limit(request: HttpRequest, batch_id: int) -> HttpResponse:
    """Another sum to stop at, or none; what it leaves room for goes on."""
    found = as_seen(get_editable_batch(request, batch_id), require_maker(request))
    form = StopForm(request.POST)
    problem = batches.fault_of_limit(found, form.limit) if form.is_valid() else "Write a sum like 2.50."
    if problem:
        context = page_context(request, found, current_user(request)) | {"limit_error": problem}
        return render(request, "batches/page.html", context, status=422)
    confirmed = request.POST.get("confirmed", "")
    if question := question_before_limit(found, form.limit, current_user(request), confirmed):
        return ask_about(request, question, found, "Run what was held back?")
    try:
        batches.set_limit(found, current_user(request), form.limit)
    except (batches.BatchRefused, budgets.BudgetRefused) as refusal:
        messages.error(request, str(refusal))
    tasks.run_next()
    return redirect(found)


@require_POST
def retry(request: HttpRequest, batch_id: int) -> HttpResponse:
    """Those that failed once more, or with `run` that one."""
    found = as_seen(get_editable_batch(request, batch_id), require_maker(request))
    user = current_user(request)
    run = request.POST.get("run", "")
    only = int(run) if is_id(run) else None
    if question := question_before_retry(found, user, request.POST.get("confirmed", ""), only=only):
        return ask_about(request, question, found, "Run what failed again?")
    try:
        tell_left_out(request, found, batches.retry_failed(found, user, only=only))
    except (batches.BatchRefused, budgets.BudgetRefused) as refusal:
        messages.error(request, str(refusal))
        return redirect(found)
    tasks.run_next()
    return redirect(found)


@require_POST
def winner(request: HttpRequest, batch_id: int) -> HttpResponse:
    found = as_seen(get_editable_batch(request, batch_id), require_maker(request))
    user = current_user(request)
    chosen = request.POST.get("image", "")
    image = batch_cells.winning_picture(found, user, int(chosen)) if is_id(chosen) else None
    if image is None:
        messages.error(request, "That picture is no longer there. Choose another.")
    else:
        batches.choose_winner(found, image, user)
    return redirect(found)


def ask_about(request: HttpRequest, question: Question, found: Batch, heading: str) -> HttpResponse:
    return ask_on_its_page(
        request, question, heading=heading, prompt=batch_cells.title_of(found), back_url=found.get_absolute_url()
    )


# Contexts ----------------------------------------------------------------------------------------------------------


def page_context(request: HttpRequest, found: Batch, user: User) -> dict[str, Any]:
    layout = batch_cells.read_layout(found, request.GET)
    runs = batch_cells.newest_runs(found, user)
    may_edit = Batch.objects.editable_by(user).filter(pk=found.pk).exists()
    maker = batch_cells.CellMaker(found, user, may_edit=may_edit)
    return {
        "layout": layout,
        "grid": batch_cells.build_grid(found, layout, runs, maker),
        "axes": list(enumerate(found.axes)),
        "turn_words": layout.words,
        **head_context(found, user, list(runs.values()), may_edit=may_edit),
        **live_context(found, list(runs.values()), layout),
        "is_first_poll": True,
    }


def head_context(found: Batch, user: User, runs: list[Generation], *, may_edit: bool) -> dict[str, Any]:
    counts = batch_cells.facts_of(runs)
    is_veiled = batch_cells.is_veiled(found)
    return {
        "batch": found,
        "title": batch_cells.title_of(found),
        "owner_name": found.owner.display_name if found.owner and found.owner_id != user.pk else "",
        "age": age(found.created_at),
        "counts": counts,
        "is_open": counts["ended"] < counts["all"],
        "spent": "" if is_veiled else sum_in_words(found),
        "limit": amount_in_words(found.spend_limit, found.spend_unit) if found.spend_limit is not None else "",
        "limit_unit": batches.unit_of_limit(found) if found.state == Batch.State.SPENT else "",
        "may_edit": may_edit,
        "is_veiled": is_veiled,
        "is_single": len(found.axes) < 2,
        "compare_url": "" if is_veiled else compare_pictures(runs),
        "sheet_url": reverse("batch-sheet", args=[found.pk]),
    }


def compare_pictures(runs: list[Generation]) -> str:
    """Two to four pictures can be looked at side by side in the library's comparison."""
    ids = [image.pk for row in runs for image in row.images.all() if image.deleted_at is None]
    return compare_url(ids) if FEWEST <= len(ids) <= MOST else ""


def live_context(found: Batch, runs: list[Generation], layout: batch_cells.Layout, stamp: str = "") -> dict[str, Any]:
    newest = max([found.changed_at, *(row.changed_at for row in runs)])
    is_moving = any(row.status in ("queued", "running") for row in runs)
    moment = newest.astimezone(UTC).isoformat().replace("+00:00", "Z")
    query = urlencode({"since": moment, "stamp": stamp, "page": str(layout.page)})
    url = f"{reverse('batch-live', args=[found.pk])}?{query}&{layout.words}"
    return poller(url, is_busy=is_moving, seconds=BUSY_SECONDS if is_moving else WAITING_SECONDS)
