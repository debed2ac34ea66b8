"""Doing one thing to the pictures selected on a wall, or to a single one. Answers with a note that says what was done and
undoes it; a long work reports to its note until it has ended."""

import json
from typing import Any

from django.contrib import messages
from django.core.exceptions import PermissionDenied
from django.http import Http404, HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.views.decorators.http import require_GET, require_POST

from gallery import tasks
from gallery.models import BulkWork, Image, Selection, User
from gallery.services import bulk
from gallery.services.bulk_actions import ACTIONS, THEIRS
from gallery.views.access import current_user, get_own_work, require_maker
from gallery.views.bulk_choices import Refused, choose, read_arguments, read_selection, show_dialog
from gallery.views.bulk_sentences import count_pictures, tell
from gallery.views.htmx import HtmxRequest
from gallery.views.steps import next_url

# The page redraws so many tiles one by one; of more the whole wall.
MOST_TOLD = 200
# What every viewer may do: it is their own opinion.
MARKING = ("circle", "uncircle", "reject", "unreject", "rate")
TOGGLES = {"circle": ("uncircle", "is_favourite"), "reject": ("unreject", "is_rejected")}
GONE = "These pictures are no longer there. Somebody threw them away, or made them private."


@require_POST
def act(request: HtmxRequest, action: str) -> HttpResponse:
    """`toggle=1` takes a circle or a rejection back where all have it. `confirmed=1`: nothing is asked any more."""
    if action not in ACTIONS:
        raise Http404
    user = current_user(request) if action in MARKING else require_maker(request)
    selection = read_selection(request.POST, in_trash=ACTIONS[action].in_trash)
    if not Image.objects.selected(user, selection).exists():
        return refuse(request, GONE, 404)
    if action == "trash" and not request.POST.get("confirmed") and (warning := warn(user, selection)):
        return show_dialog(request, "bulk/trash.html", warning, request.POST)
    try:
        arguments = read_arguments(action, request.POST, user, selection)
        action = toggled(action, user, selection) if request.POST.get("toggle") else action
        work = bulk.begin(user=user, action=action, selection=selection, arguments=arguments)
    except Refused as refusal:
        return choose(request, action, selection, refusal=str(refusal))
    carry_out(work)
    return answer(request, work)


def toggled(action: str, user: User, selection: Selection) -> str:
    back, name = TOGGLES.get(action, ("", ""))
    if not back:
        return action
    marked = user.marks.filter(**{name: True}).values("image")
    return action if Image.objects.selected(user, selection).exclude(pk__in=marked).exists() else back


def warn(user: User, selection: Selection) -> dict[str, Any] | None:
    """What to ask before: when runs were made from these pictures, and before throwing away everything that was found."""
    rows = Image.objects.selected(user, selection).editable_by(user)
    used = rows.filter(is_used=True)
    times = Image.objects.times_used(used.values("pk"))
    if not times and selection.ids is not None:
        return None
    total = rows.count()
    return {"total": total, "pictures": count_pictures(total), "used": used.count(), "times": count_pictures(times)}


def carry_out(work: BulkWork) -> None:
    """At once, or by the worker when it takes longer than people wait."""
    if work.total > bulk.AT_ONCE:
        tasks.run_bulk(work.pk)
        work.refresh_from_db()
    else:
        bulk.run(work)


@require_POST
def undo(request: HtmxRequest, work_id: int) -> HttpResponse:
    work = get_own_work(request, work_id)
    undoing = bulk.begin_undo(work)
    if undoing is None:
        return refuse(request, "That was undone before.", 409)
    carry_out(undoing)
    return answer(request, undoing, in_place=True)


@require_POST
def stop(request: HtmxRequest, work_id: int) -> HttpResponse:
    work = get_own_work(request, work_id)
    bulk.stop(work)
    work.refresh_from_db()
    return answer(request, work, in_place=True)


@require_GET
def progress(request: HtmxRequest, work_id: int) -> HttpResponse:
    work = get_own_work(request, work_id)
    response = render(request, "bulk/_note.html", note_of(work))
    if work.ended_at:
        response["HX-Trigger"] = json.dumps({"pictures:changed": changed_by(work)})
    return response


def answer(request: HtmxRequest, work: BulkWork, *, in_place: bool = False) -> HttpResponse:
    """With 403 when none of it was allowed. `in_place`: the note whose button was pressed becomes the new one."""
    is_refused = bool(work.seen) and work.refusals.get(THEIRS, 0) == work.seen
    if not request.htmx:
        if is_refused:
            raise PermissionDenied
        messages.success(request, tell(work), extra_tags=f"undo:{undo_url(work)}" if may_undo(work) else "")
        return redirect(next_url(request, otherwise=reverse("library")))
    response = render(request, "bulk/_note.html", note_of(work), status=403 if is_refused else 200)
    events: dict[str, Any] = {"bulk:done": {"action": work.action}}
    if work.ended_at and work.changed:
        events["pictures:changed"] = changed_by(work)
    response["HX-Trigger"] = json.dumps(events)
    return response if in_place else to_notes(response)


def refuse(request: HtmxRequest, sentence: str, status: int) -> HttpResponse:
    if request.htmx:
        return to_notes(render(request, "bulk/_note.html", {"sentence": sentence, "is_ended": True}, status=status))
    if status == 404:
        raise Http404
    messages.error(request, sentence)
    return redirect(next_url(request, otherwise=reverse("library")))


def to_notes(response: HttpResponse) -> HttpResponse:
    response["HX-Retarget"] = "#toasts"
    response["HX-Reswap"] = "beforeend"
    return response


def note_of(work: BulkWork) -> dict[str, Any]:
    return {
        "sentence": tell(work),
        "is_ended": work.ended_at is not None,
        "undo_url": undo_url(work) if may_undo(work) else "",
        "progress_url": reverse("bulk-progress", args=[work.pk]),
        "stop_url": reverse("bulk-stop", args=[work.pk]),
        "seen": work.seen,
        "total": work.total,
    }


def may_undo(work: BulkWork) -> bool:
    return bool(work.ended_at and work.changed and not work.undoes_id and ACTIONS[work.action].revert)


def undo_url(work: BulkWork) -> str:
    return reverse("bulk-undo", args=[work.pk])


def changed_by(work: BulkWork) -> dict[str, Any]:
    """For the wall: which tiles to draw anew and which are gone from it; `all` when they are many."""
    changed = work.undoes or work
    ids = [pk for change in changed.changes.order_by("pk")[:2] for pk, _ in change.pairs]
    if changed.changed > MOST_TOLD or len(ids) > MOST_TOLD:
        return {"ids": [], "removed": [], "all": True}
    if work.undoes_id:
        return {"ids": ids, "removed": [], "all": True}
    is_gone = work.action in ("trash", "restore")
    return {"ids": [] if is_gone else ids, "removed": ids if is_gone else []}
