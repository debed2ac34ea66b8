"""One's own account."""

from typing import Any

from django.contrib import messages
from django.forms import ModelForm
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.views.decorators.http import require_http_methods, require_POST

from gallery.forms import LimitsForm, NoticesForm, PasswordForm, ProfileForm, StudioDefaultsForm
from gallery.models import AccessToken, User
from gallery.models.people import Theme
from gallery.services.second_steps import list_second_steps
from gallery.views.access import current_user
from gallery.views.devices import why_no_passkeys
from gallery.views.htmx import HtmxRequest
from gallery.views.sessions import build_lines
from gallery.views.sso import build_links, sso_name


@require_http_methods(["GET", "HEAD", "POST"])
def profile(request: HttpRequest) -> HttpResponse:
    user = current_user(request)
    form = ProfileForm(request.POST or None, instance=user)
    if request.method == "POST" and form.is_valid():
        form.save()
        messages.success(request, "Saved.")
        return redirect("profile")
    return show(request, user, form=form, status=422 if form.is_bound else 200)


def show(request: HttpRequest, user: User, *, status: int = 200, **forms: Any) -> HttpResponse:
    """The page; a form that was posted comes back with its errors."""
    context = {
        "form": ProfileForm(instance=user),
        "studio_form": StudioDefaultsForm(instance=user),
        "limits_form": LimitsForm(instance=user),
        "tokens": AccessToken.objects.for_owner(user).usable().count(),
        "password_form": PasswordForm(user),
        "steps": list_second_steps(user),
        "why_no_passkeys": why_no_passkeys(request),
        "sso_name": sso_name(),
        "sso_accounts": build_links(user),
        "sessions": build_lines(request),
    }
    return render(request, "profile/page.html", context | forms, status=status)


@require_POST
def studio_defaults(request: HttpRequest) -> HttpResponse:
    user = current_user(request)
    form = StudioDefaultsForm(request.POST, instance=user)
    if not form.is_valid():
        return show(request, user, studio_form=form, status=422)
    return keep(request, form, "in-studio")


@require_POST
def notices(request: HtmxRequest) -> HttpResponse:
    form = NoticesForm(request.POST, instance=current_user(request))
    if not request.htmx:
        return keep(request, form, "notices")
    form.save()
    return HttpResponse(status=204)


@require_POST
def limits(request: HttpRequest) -> HttpResponse:
    user = current_user(request)
    form = LimitsForm(request.POST, instance=user)
    if not form.is_valid():
        return show(request, user, limits_form=form, status=422)
    return keep(request, form, "limits")


def keep(request: HttpRequest, form: ModelForm, place: str) -> HttpResponse:  # type: ignore[type-arg]
    form.save()
    messages.success(request, "Saved.")
    return redirect(f"{reverse('profile')}#{place}")


@require_POST
def theme(request: HttpRequest) -> HttpResponse:
    """The switch in the menu; kept with the account, so that it is the same on every machine."""
    user = current_user(request)
    wanted = request.POST.get("theme")
    if wanted in Theme.values:
        user.theme = wanted
        user.save(update_fields=["theme"])
    return HttpResponse(status=204)
