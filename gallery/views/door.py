"""The rules of the door, as allauth asks for them: its sentences, which steps there are, where one may be led."""

import time
import unicodedata
from typing import Any

from allauth.account.adapter import DefaultAccountAdapter
from allauth.account.internal.flows.login import get_authentication_records
from allauth.account.internal.flows.reauthentication import get_reauthentication_flows
from allauth.mfa.adapter import DefaultMFAAdapter
from allauth.mfa.models import Authenticator
from django.conf import settings
from django.http import HttpRequest
from django.urls import reverse
from django.utils.http import url_has_allowed_host_and_scheme

from gallery.models import Act, User
from gallery.models.fields import Secret, SecretUnreadable
from gallery.services import audit
from gallery.views.devices import device_in_words

TOO_MANY_TRIES = "Too many tries. Wait a few minutes, then try again."
WRONG_CODE = (
    "This code does not fit. The codes of an app change every half minute and count once; take the one shown now."
)
SENTENCES = {
    "username_password_mismatch": "This user name and password do not go together.",
    "too_many_login_attempts": TOO_MANY_TRIES,
    "rate_limited": TOO_MANY_TRIES,
    "incorrect_password": "This is not your password.",
}
METHODS = {
    "reauthenticate": "Use the password instead",
    "mfa_reauthenticate": "Use a code instead",
    "mfa_reauthenticate:webauthn": "Use a passkey instead",
}
STEP_SENTENCES = {
    "incorrect_code": WRONG_CODE,
    "cannot_generate_recovery_codes": "Recovery codes come with an authenticator app or a passkey. Add one first.",
    "unreadable": "Your second step was saved with an encryption key that this server no longer has. "
    "An administrator can take it away on the People page.",
}


def plain_letters(name: str) -> str:
    """Without case, width, and what stands over letters or cannot be seen."""
    parts = unicodedata.normalize("NFKD", name.strip()).casefold()
    return "".join(character for character in parts if unicodedata.category(character) not in ("Mn", "Cf", "Cc"))


class AccountAdapter(DefaultAccountAdapter):
    error_messages = DefaultAccountAdapter.error_messages | SENTENCES

    def is_open_for_signup(self, request: HttpRequest) -> bool:
        """Accounts are made by links alone."""
        return False

    def get_login_stages(self) -> list[str]:
        """Without the steps by mail and telephone, which this product does not have."""
        return ["allauth.mfa.stages.AuthenticateStage"]

    def is_reauthentication_required(self, *, app: str, **told: Any) -> bool:
        """Who has neither password nor second step proves it by having come from the team's own sign-in just now."""
        request = self.request
        if get_reauthentication_flows(request.user):
            return True
        records = get_authentication_records(request, request.user)
        return not records or time.time() - records[-1]["at"] > settings.ACCOUNT_REAUTHENTICATION_TIMEOUT

    def get_reauthentication_methods(self, user: Any) -> list[dict[str, Any]]:
        methods: list[dict[str, Any]] = super().get_reauthentication_methods(user)
        for method in methods:
            method["description"] = METHODS.get(method["id"], method["description"])
        if not methods and settings.OIDC:
            return [{"id": "sso", "description": settings.OIDC.name, "url": reverse("sso")}]
        return methods

    def login(self, request: HttpRequest, user: Any) -> None:
        super().login(request, user)
        audit.record(Act.SIGN_IN, user.display_name, actor=user)

    def pre_authenticate(self, request: HttpRequest, **credentials: Any) -> None:
        """Tries are counted by the name’s plain letters: marks over them, wide ones and capitals give no new ones."""
        names = {name: plain_letters(text) for name, text in credentials.items() if name in ("username", "email")}
        super().pre_authenticate(request, **credentials | names)

    def authentication_failed(self, request: HttpRequest, **credentials: Any) -> None:
        """What was typed is told only where it is somebody's name: it may be a password in the wrong field."""
        user = User.objects.filter(username__iexact=credentials.get("username", "")).first()
        audit.record(Act.SIGN_IN_FAILED, user.display_name if user else "An unknown name")

    def is_safe_url(self, url: str | None) -> bool:
        """allauth's own also leads to every other host this server answers to."""
        request = self.request
        return url_has_allowed_host_and_scheme(url, {request.get_host()}, require_https=request.is_secure())


class SecondStepAdapter(DefaultMFAAdapter):
    error_messages = DefaultMFAAdapter.error_messages | STEP_SENTENCES

    def encrypt(self, text: str) -> str:
        return Secret.of(text).token

    def decrypt(self, encrypted_text: str) -> str:
        try:
            return Secret(encrypted_text).reveal()
        except SecretUnreadable as problem:
            raise self.validation_error("unreadable") from problem

    def get_totp_label(self, user: User) -> str:
        return user.get_username()

    def generate_authenticator_name(self, user: User, type: Authenticator.Type) -> str:  # noqa: A002
        """A passkey that was not given a name has the browser's."""
        return device_in_words(self.request.headers.get("User-Agent", ""))

    def get_public_key_credential_rp_entity(self) -> dict[str, str]:
        entity: dict[str, str] = super().get_public_key_credential_rp_entity()
        return entity | {"name": "Proofsheet"}

    def get_public_key_credential_user_entity(self, user: User) -> dict[str, Any]:
        entity: dict[str, Any] = super().get_public_key_credential_user_entity(user)
        return entity | {"name": user.get_username(), "display_name": user.display_name}
