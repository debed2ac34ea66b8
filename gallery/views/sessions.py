"""Where one is signed in: listed on the profile, ended one by one or all but this one."""

from dataclasses import dataclass
from datetime import datetime

from django.contrib import messages
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.urls import reverse
from django.views.decorators.http import require_POST

from gallery.models import Session
from gallery.services import sessions as sessions_service
from gallery.views.access import current_user
from gallery.views.devices import device_in_words
from gallery.views.tiles import age


@dataclass(frozen=True, kw_only=True)
class Line:
    """One session as the profile shows it."""

    handle: str
    device: str
    address: str
    seen: str
    started_at: datetime
    is_this: bool


def build_lines(request: HttpRequest) -> list[Line]:
    """This browser's first."""
    lines = [build_line(row, request) for row in Session.objects.for_profile(current_user(request))]
    return sorted(lines, key=lambda line: not line.is_this)


def build_line(row: Session, request: HttpRequest) -> Line:
    return Line(
        handle=row.handle,
        device=device_in_words(row.device),
        address=row.address or "no address",
        seen=age(row.last_seen_at or row.started_at),
        started_at=row.started_at,
        is_this=row.session_key == request.session.session_key,
    )


@require_POST
def end(request: HttpRequest, handle: str) -> HttpResponse:
    rows = Session.objects.for_profile(current_user(request))
    session = next((row for row in rows if row.handle == handle), None)
    if session is None:
        raise Http404
    sessions_service.end_session(session)
    messages.success(request, f"{device_in_words(session.device)} is signed out.")
    return redirect(f"{reverse('profile')}#sessions")


@require_POST
def end_others(request: HttpRequest) -> HttpResponse:
    sessions_service.end_other_sessions(current_user(request), but=request.session.session_key)
    messages.success(request, "All other browsers are signed out.")
    return redirect(f"{reverse('profile')}#sessions")
