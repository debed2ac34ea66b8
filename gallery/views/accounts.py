"""Ways in: signing in, the set-up and invitation links, a new password by link."""

from typing import Any

from django.contrib.auth import login, views
from django.contrib.auth.decorators import login_not_required
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse_lazy
from django.utils.decorators import method_decorator
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_http_methods

from gallery.forms import JoinForm
from gallery.models import User
from gallery.services import people


class LoginView(views.LoginView):
    template_name = "accounts/login.html"
    redirect_authenticated_user = True

    def get_context_data(self, **kwargs: Any) -> dict[str, Any]:
        return super().get_context_data(**kwargs) | {"needs_setup": not User.objects.administrators().exists()}


@method_decorator(login_not_required, name="dispatch")
class PasswordResetView(views.PasswordResetConfirmView):
    """A new password behind the link that an administrator handed over; signs the person in."""

    template_name = "accounts/reset.html"
    post_reset_login = True
    success_url = reverse_lazy("studio")


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
    context = {"form": form, "invitation": invitation}
    return render(request, "accounts/join.html", context, status=422 if form.is_bound else 200)
