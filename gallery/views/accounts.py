"""Ways in: signing in, the set-up and invitation links, a new password by link."""

from typing import Any

from allauth.account.utils import perform_login
from allauth.account.views import LoginView
from django.contrib.auth import login, views
from django.contrib.auth.decorators import login_not_required
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse_lazy
from django.utils.decorators import method_decorator
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_http_methods

from gallery.forms import JoinForm, SignInForm
from gallery.models import Act, User
from gallery.services import audit, people, sessions
from gallery.views.devices import why_no_passkeys
from gallery.views.sso import sso_name


class SignInView(LoginView):
    """allauth's, with our page."""

    template_name = "accounts/login.html"

    def get_context_data(self, **kwargs: Any) -> dict[str, Any]:
        context: dict[str, Any] = super().get_context_data(**kwargs)
        needs_setup = not User.objects.administrators().exists()
        doors = {"sso_name": sso_name(), "why_no_passkeys": why_no_passkeys(self.request)}
        return context | {"needs_setup": needs_setup, **doors}

    def form_invalid(self, form: SignInForm) -> HttpResponse:
        response: HttpResponse = super().form_invalid(form)
        response.status_code = 429 if form.is_throttled else 422
        return response


class SignOutView(views.LogoutView):
    def post(self, request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponse:
        audit.record(Act.SIGN_OUT)
        response: HttpResponse = super().post(request, *args, **kwargs)
        return response


@login_not_required
@never_cache
@require_http_methods(["GET", "HEAD"])
def inactive(request: HttpRequest) -> HttpResponse:
    """Where somebody whose account is switched off ends, by whichever way they came."""
    return render(request, "accounts/inactive.html", status=403)


@method_decorator(login_not_required, name="dispatch")
class PasswordResetView(views.PasswordResetConfirmView):
    """A new password behind the link that an administrator handed over. Whoever sets it goes through the door as they do
    with a password: a second step is asked for here too."""

    template_name = "accounts/reset.html"
    success_url = reverse_lazy("studio")

    def form_valid(self, form: Any) -> HttpResponse:
        super().form_valid(form)
        sessions.end_sessions(form.user)
        audit.record(Act.PASSWORD_CHANGED, form.user.display_name, actor=form.user)
        response: HttpResponse = perform_login(self.request, form.user, email_verification="none")
        return response


@login_not_required
@never_cache
@require_http_methods(["GET", "HEAD", "POST"])
def join(request: HttpRequest, token: str) -> HttpResponse:
    """Make the account of a set-up or invitation link and sign it in."""
    try:
        invitation = people.find_invitation(token)
    except people.InvitationClosed:
        return render(request, "accounts/join.html", {"is_closed": True}, status=410)
    form = JoinForm(request.POST or None)
    if request.method == "POST" and form.is_valid():
        try:
            user = people.accept_invitation(token=token, **form.cleaned_data)
        except people.InvitationClosed:
            return render(request, "accounts/join.html", {"is_closed": True}, status=410)
        login(request, user)
        return redirect("studio")
    context = {"form": form, "invitation": invitation, "token": token}
    if not invitation.is_setup:
        context["sso_name"] = sso_name()
    return render(request, "accounts/join.html", context, status=422 if form.is_bound else 200)
