"""One's own password: changed on the profile, set by those who came without one."""

from allauth.account.internal.flows.reauthentication import (
    is_reauthentication_required,
    raise_if_reauthentication_required,
)
from allauth.core import ratelimit
from django.contrib import messages
from django.contrib.auth import update_session_auth_hash
from django.contrib.auth.forms import SetPasswordForm
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.views.decorators.cache import never_cache
from django.views.decorators.debug import sensitive_post_parameters
from django.views.decorators.http import require_http_methods, require_POST

from gallery.forms import PasswordForm
from gallery.models import Act, User
from gallery.services import audit, sessions
from gallery.views import profile
from gallery.views.access import current_user


@sensitive_post_parameters()
@require_POST
def change(request: HttpRequest) -> HttpResponse:
    """Whoever found the browser open must not try old passwords as often as they like."""
    user = current_user(request)
    refusal: HttpResponse | None = ratelimit.consume_or_429(request, action="change_password")
    if refusal:
        return refusal
    form = PasswordForm(user, request.POST)
    if not form.is_valid():
        return profile.show(request, user, password_form=form, status=422)
    return keep(request, form)


@sensitive_post_parameters()
@never_cache
@require_http_methods(["GET", "HEAD", "POST"])
def set_first(request: HttpRequest) -> HttpResponse:
    """The proof comes before the form: what is typed here waits nowhere for it."""
    user = current_user(request)
    if user.has_usable_password():
        return redirect("profile")
    if request.method != "POST":
        raise_if_reauthentication_required(request, app="allauth.account")
    form = SetPasswordForm(user, request.POST or None)
    if not form.is_valid():
        return render(request, "accounts/set_password.html", {"form": form}, status=422 if form.is_bound else 200)
    if is_reauthentication_required(request, app="allauth.account"):
        return redirect("password-set")
    return keep(request, form)


def keep(request: HttpRequest, form: "SetPasswordForm[User]") -> HttpResponse:
    """Other sessions end, this one stays."""
    user = form.save()
    update_session_auth_hash(request, user)
    sessions.end_sessions(user, but=request.session.session_key)
    audit.record(Act.PASSWORD_CHANGED, user.display_name)
    messages.success(request, "Your new password holds from now on.")
    return redirect(f"{reverse('profile')}#signing-in")
