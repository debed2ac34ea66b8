"""One's own account."""

from django.contrib import messages
from django.contrib.auth import update_session_auth_hash
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.views.decorators.debug import sensitive_post_parameters
from django.views.decorators.http import require_http_methods, require_POST

from gallery.forms import PasswordForm, ProfileForm
from gallery.models.people import Theme
from gallery.views.access import current_user


@require_http_methods(["GET", "HEAD", "POST"])
def profile(request: HttpRequest) -> HttpResponse:
    user = current_user(request)
    form = ProfileForm(request.POST or None, instance=user)
    if request.method == "POST" and form.is_valid():
        form.save()
        messages.success(request, "Saved.")
        return redirect("profile")
    status = 422 if form.is_bound else 200
    return render(request, "profile/page.html", {"form": form, "password_form": PasswordForm(user)}, status=status)


@require_POST
def theme(request: HttpRequest) -> HttpResponse:
    """The switch in the menu; kept with the account, so that it is the same on every machine."""
    user = current_user(request)
    wanted = request.POST.get("theme")
    if wanted in Theme.values:
        user.theme = wanted
        user.save(update_fields=["theme"])
    return HttpResponse(status=204)


@sensitive_post_parameters()
@require_POST
def password(request: HttpRequest) -> HttpResponse:
    user = current_user(request)
    form = PasswordForm(user, request.POST)
    if not form.is_valid():
        context = {"form": ProfileForm(instance=user), "password_form": form}
        return render(request, "profile/page.html", context, status=422)
    form.save()
    update_session_auth_hash(request, user)
    messages.success(request, "Your new password holds from now on.")
    return redirect("profile")
