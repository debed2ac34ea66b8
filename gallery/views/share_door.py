"""The door of a share link: whose link works and who knows its password, if it has one, comes in. No account is asked for."""

import functools
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from django.contrib.auth.decorators import login_not_required
from django.core import signing
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils.crypto import constant_time_compare
from django.views.decorators.csrf import csrf_exempt
from django.views.decorators.http import require_http_methods

from gallery.models import Share
from gallery.services import shares

UNLOCKED, UNLOCKED_SECONDS = "share_unlocked", 12 * 3600
SEEN, SEEN_SECONDS = "share_seen", 3600
# No trace of the address leaves the browser, and none of the page stays behind.
QUIET_HEADERS = {
    "Referrer-Policy": "no-referrer",
    "X-Robots-Tag": "noindex, nofollow, noarchive",
    "Cache-Control": "private, no-store",
}
TRY_AGAIN = "That is not the password. Ask the person who sent you the link."


@dataclass(frozen=True, kw_only=True)
class Visit:
    share: Share
    token: str

    @property
    def path(self) -> str:
        return f"/s/{self.token}/"


View = Callable[..., HttpResponse]


def for_visitors(view: View) -> View:
    """A view of `(request, visit, …)`. A link that does not work, for whatever reason, is always the same page.

    Without CSRF protection: the only thing that can be posted is the link's own password, to a page without a session,
    whose policy makes browsers hide where they come from.
    """

    @csrf_exempt
    @login_not_required
    @require_http_methods(["GET", "HEAD", "POST"])
    @functools.wraps(view)
    def opened(request: HttpRequest, token: str, *args: Any, **kwargs: Any) -> HttpResponse:
        try:
            visit = Visit(share=shares.find_share(token), token=token)
        except shares.ShareGone:
            return quietly(render(request, "share/gone.html", status=404))
        if request.method == "POST":
            return quietly(unlock(request, visit))
        if not is_unlocked(request, visit.share):
            return quietly(ask_for_password(request, visit))
        return quietly(view(request, visit, *args, **kwargs))

    return opened


def quietly(response: HttpResponse) -> HttpResponse:
    for name, value in QUIET_HEADERS.items():
        response.headers.setdefault(name, value)
    return response


def ask_for_password(request: HttpRequest, visit: Visit, *, status: int = 200, problem: str = "") -> HttpResponse:
    return render(request, "share/password.html", {"path": visit.path, "problem": problem}, status=status)


def unlock(request: HttpRequest, visit: Visit) -> HttpResponse:
    if not visit.share.password:
        return redirect(visit.path)
    try:
        shares.try_password(visit.share, request.POST.get("password", "")[:1000])
    except shares.WrongPassword:
        return ask_for_password(request, visit, status=422, problem=TRY_AGAIN)
    except shares.ShareLocked as problem:
        response = ask_for_password(request, visit, status=429, problem=str(problem))
        response["Retry-After"] = str(problem.retry_after)
        return response
    response = redirect(visit.path)
    keep(request, response, visit, UNLOCKED, shares.unlocked_mark(visit.share), UNLOCKED_SECONDS)
    return response


def is_unlocked(request: HttpRequest, share: Share) -> bool:
    return not share.password or holds(request, UNLOCKED, shares.unlocked_mark(share), UNLOCKED_SECONDS)


def count_view(request: HttpRequest, response: HttpResponse, visit: Visit) -> None:
    """Once for each visitor and hour, by a cookie that says nothing but that; its owner’s own looks do not count."""
    mark = f"{visit.share.pk}"
    if request.user == visit.share.owner or holds(request, SEEN, mark, SEEN_SECONDS):
        return
    shares.note_view(visit.share)
    keep(request, response, visit, SEEN, mark, SEEN_SECONDS)


def keep(request: HttpRequest, response: HttpResponse, visit: Visit, name: str, mark: str, seconds: int) -> None:
    """A signed cookie for this link’s pages alone."""
    response.set_cookie(
        name,
        signing.TimestampSigner(salt=name).sign(mark),
        max_age=seconds,
        path=reverse("share", args=[visit.token]),
        secure=request.is_secure(),
        httponly=True,
        samesite="Lax",
    )


def holds(request: HttpRequest, name: str, mark: str, seconds: int) -> bool:
    try:
        found = signing.TimestampSigner(salt=name).unsign(request.COOKIES.get(name, ""), max_age=seconds)
    except signing.BadSignature:
        return False
    return constant_time_compare(found, mark)
