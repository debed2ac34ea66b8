"""The studio's poll: what changed of its results, and of the queue with them, in one request."""

from collections.abc import Sequence
from datetime import UTC, datetime, timedelta
from typing import Any

from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.urls import reverse
from django.utils import timezone
from django.utils.http import urlencode
from django.views.decorators.http import require_GET

from gallery.models import Generation, User
from gallery.models.clocks import APART
from gallery.views.access import current_user, require_maker
from gallery.views.batch_groups import BatchGroup, build_result_groups
from gallery.views.budget_notes import queue_note
from gallery.views.htmx import HtmxRequest
from gallery.views.queue import is_seen, poll_context, poller
from gallery.views.tiles import Group

MOST_CHANGES = 60
BUSY_SECONDS, QUIET_SECONDS = 1, 8


@require_GET
def live(request: HtmxRequest) -> HttpResponse:
    """What changed since the page last asked, of the results and of the queue, as out-of-band swaps; 204 when nothing did."""
    require_maker(request)
    stamp = Generation.objects.stamp()
    if is_seen(request, stamp):
        return HttpResponse(status=204)
    user = current_user(request)
    since = read_moment(request.GET.get("since", ""))
    is_team = request.GET.get("results") == "team"
    rows = list(Generation.objects.for_results(user, team=is_team).changed_since(since)[:MOST_CHANGES])
    changed = build_result_groups(rows, user)
    newest = max((row.changed_at for row in rows), default=since)
    # The rest of many comes with the next poll.
    told = stamp if len(rows) < MOST_CHANGES else ""
    context = live_context(request, newest, stamp=told) | {
        "generations": changed,
        "announcement": announce(changed),
        "queue": queue_counts(user),
    }
    return render(request, "studio/page.html#poll", poll_context(request, stamp) | context)


def live_context(
    request: HttpRequest, since: datetime, *, is_busy: bool | None = None, stamp: str = ""
) -> dict[str, Any]:
    """The poller: quick while something of what is shown is open, slow else. Without a stamp the next poll is answered."""
    user = current_user(request)
    results = "team" if request.GET.get("results") == "team" else "mine"
    if is_busy is None:
        is_busy = queue_counts(user)["waiting" if results == "team" else "yours"] > 0
    moment = since.astimezone(UTC).isoformat().replace("+00:00", "Z")
    url = f"{reverse('studio-live')}?{urlencode({'results': results, 'since': moment, 'stamp': stamp})}"
    return poller(url, is_busy=is_busy, seconds=BUSY_SECONDS if is_busy else QUIET_SECONDS)


def queue_counts(user: User) -> dict[str, Any]:
    keys = Generation.objects.keys_moving()
    yours = sum(owner == user.pk for _, owner, _ in keys)
    return {"waiting": len(keys), "yours": yours, "budget": queue_note(user)}


def announce(changed: Sequence[Group | BatchGroup]) -> str:
    """One line for screen readers about what ended."""
    done = [group for group in changed if group.status == "succeeded"]
    failed = [group for group in changed if group.status == "failed"]
    if failed:
        return f"Failed: {failed[0].title}. {failed[0].sentence}"
    return f"Done: {done[0].title}" if done else ""


def read_moment(text: str) -> datetime:
    """An ISO moment from the page; a recent one if it is not readable, or still to come."""
    recent = timezone.now() - timedelta(minutes=1)
    try:
        moment = datetime.fromisoformat(text)
    except ValueError:
        return recent
    moment = moment if moment.tzinfo else moment.replace(tzinfo=UTC)
    # The page was told by a clock that has been set back since.
    return recent if moment > timezone.now() + APART else moment
