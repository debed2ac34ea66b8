"""The team's own sign-in (OpenID Connect): leaving for it, coming back, linking and unlinking it on the profile."""

from dataclasses import dataclass
from typing import Any

from allauth.account.internal.flows.reauthentication import raise_if_reauthentication_required
from allauth.socialaccount.internal.flows.connect import disconnect, validate_disconnect
from allauth.socialaccount.models import SocialAccount, SocialLogin
from allauth.socialaccount.providers.oauth2.client import OAuth2Error
from allauth.socialaccount.providers.oauth2.views import OAuth2CallbackView, OAuth2LoginView
from allauth.socialaccount.signals import social_account_added
from django.conf import settings
from django.contrib import messages
from django.contrib.auth.decorators import login_not_required
from django.core.exceptions import ValidationError
from django.db import transaction
from django.dispatch import receiver
from django.http import Http404, HttpRequest, HttpResponse, HttpResponseRedirect
from django.shortcuts import redirect, render
from django.urls import reverse
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_GET, require_http_methods, require_POST

from gallery.models import Act, User
from gallery.services import audit
from gallery.views.access import current_user
from gallery.views.sso_provider import Adapter, named
from gallery.views.sso_rules import INVITATION

LAST_WAY = "It is your only way in. Set a password first."


@login_not_required
@never_cache
@require_http_methods(["GET", "HEAD", "POST"])
def leave(request: HttpRequest) -> HttpResponse:
    """Only a form of ours leads away, so that no other page can send people through. It leads to a page that leads on:
    our policy lets no form end at another host, wherever it is redirected."""
    need_provider()
    name = sso_name()
    if request.method != "POST":
        return render(request, "accounts/sso.html", {"name": name, "next": request.GET.get("next", "")})
    if token := request.POST.get("invitation"):
        request.session[INVITATION] = token
    try:
        response = OAuth2LoginView.adapter_view(Adapter(request, named().issuer))(request)
    except OAuth2Error as problem:
        context = {"name": name, "detail": str(problem), "is_unreachable": True}
        return render(request, "accounts/sso_failed.html", context, status=502)
    assert isinstance(response, HttpResponseRedirect)
    return render(request, "accounts/leaving.html", {"name": name, "address": response.url})


@login_not_required
@never_cache
@require_GET
def come_back(request: HttpRequest) -> HttpResponse:
    need_provider()
    view = OAuth2CallbackView.adapter_view(Adapter(request, named().issuer))
    response: HttpResponse = view(request)
    return response


@receiver(social_account_added)
def note_linked(*, sociallogin: SocialLogin, **_: Any) -> None:
    """Whoever joins this way is in the audit log as that; this is an account that was there already."""
    user, account = sociallogin.user, sociallogin.account
    audit.record(Act.SIGN_ON_LINKED, user.display_name, change="linked", at=account.provider)


@require_POST
def unlink(request: HttpRequest, account_id: int) -> HttpResponse:
    """Whoever has nothing else keeps it."""
    raise_if_reauthentication_required(request, app="allauth.socialaccount")
    account = SocialAccount.objects.filter(user=current_user(request), pk=account_id).first()
    if account is None:
        raise Http404
    try:
        validate_disconnect(request, account)
    except ValidationError:
        messages.error(request, LAST_WAY)
    else:
        with transaction.atomic():
            disconnect(request, account)
            audit.record(
                Act.SIGN_ON_LINKED, current_user(request).display_name, change="taken off", at=account.provider
            )
        messages.success(request, "It no longer lets you in.")
    return redirect(f"{reverse('profile')}#signing-in")


@dataclass(frozen=True, kw_only=True)
class Link:
    """An account elsewhere that lets somebody in, as the profile lists it."""

    id: int
    name: str
    known_as: str


def build_links(user: User) -> list[Link]:
    return [build_link(row) for row in SocialAccount.objects.filter(user=user).order_by("pk")]


def build_link(row: SocialAccount) -> Link:
    """One of an issuer that was named before is called by its address."""
    is_ours = settings.OIDC is not None and row.provider == named().issuer
    told = row.extra_data
    known_as = told.get("email") or told.get("preferred_username") or told.get("name") or row.uid
    return Link(id=row.pk, name=sso_name() if is_ours else row.provider, known_as=str(known_as))


def sso_name() -> str:
    """What the button of the team's own sign-in says; "" where there is none."""
    return named().name if settings.OIDC else ""


def need_provider() -> None:
    if settings.OIDC is None:
        raise Http404
