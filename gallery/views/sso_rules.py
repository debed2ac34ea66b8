"""Who may come by the team's own sign-in: whoever came before, whoever holds an invitation, and whom the operator lets in."""

import logging
from typing import Any

from allauth.core.exceptions import ImmediateHttpResponse
from allauth.socialaccount.adapter import DefaultSocialAccountAdapter
from allauth.socialaccount.models import SocialLogin
from allauth.socialaccount.providers.base import AuthError
from allauth.socialaccount.providers.oauth2.client import OAuth2Error
from allauth.utils import generate_unique_username
from django.conf import settings
from django.contrib import messages
from django.http import HttpRequest
from django.shortcuts import redirect, render
from django.urls import reverse

from gallery.gateway.web_session import WebSession
from gallery.models import User
from gallery.services import people
from gallery.views.sso_provider import Provider, build_provider, named

logger = logging.getLogger(__name__)

INVITATION = "invitation"
EVERYONE = "everyone"


class SocialAccountAdapter(DefaultSocialAccountAdapter):
    def get_provider(self, request: HttpRequest, provider: str, client_id: str | None = None) -> Provider:
        return build_provider(request)

    def list_providers(self, request: HttpRequest) -> list[Provider]:
        return [build_provider(request)] if settings.OIDC else []

    def get_requests_session(self) -> WebSession:
        return WebSession(named=named().named, failure=OAuth2Error)

    def get_connect_redirect_url(self, request: HttpRequest, socialaccount: Any) -> str:
        return f"{reverse('profile')}#signing-in"

    def on_authentication_error(self, request: HttpRequest, provider: Provider, **told: Any) -> None:
        if told.get("error") == AuthError.CANCELLED:
            messages.info(request, f"You are not signed in: {provider.name} was left before the end.")
            raise ImmediateHttpResponse(redirect("account_login"))
        logger.warning("sign-in by %s failed: %s", provider.name, told.get("exception") or "no such sign-in under way")
        raise ImmediateHttpResponse(render(request, "accounts/sso_failed.html", {"name": provider.name}, status=401))

    def is_open_for_signup(self, request: HttpRequest, sociallogin: SocialLogin) -> bool:
        if self.has_invitation(request) or is_let_in(sociallogin.account.extra_data):
            return True
        page = render(request, "accounts/sso_closed.html", {"name": named().name}, status=403)
        raise ImmediateHttpResponse(page)

    def has_invitation(self, request: HttpRequest) -> bool:
        try:
            return bool(people.find_invitation(request.session.get(INVITATION, "")))
        except people.InvitationClosed:
            return False

    def populate_user(self, request: HttpRequest, sociallogin: SocialLogin, data: dict[str, Any]) -> User:
        user: User = sociallogin.user
        user.username = str(data.get("username", ""))[:150]
        user.name = str(data.get("name", ""))[:150]
        return user

    def save_user(self, request: HttpRequest, sociallogin: SocialLogin, form: Any = None) -> User:
        """allauth has found the user name free, or emptied it."""
        user: User = sociallogin.user
        claims = sociallogin.account.extra_data
        user.username = user.username or generate_unique_username([str(claims.get("email", "")), user.name, "person"])
        token = request.session.pop(INVITATION, "") if self.has_invitation(request) else ""
        people.welcome(user, role=named().role, token=token, keep_account=lambda: sociallogin.save(request))
        return user


def is_let_in(claims: dict[str, Any]) -> bool:
    """By the setting: everyone, or whose address of mail the provider has verified at one of the domains."""
    allowed = named().sign_up
    domain = str(claims.get("email", "")).rpartition("@")[2].lower()
    return EVERYONE in allowed or (claims.get("email_verified") is True and domain in allowed)
