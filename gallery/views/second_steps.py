"""Pages of authenticator apps, passkeys and recovery codes: allauth's views with our templates and ways back."""

import json
from typing import Any

from allauth.account.views import ReauthenticateView
from allauth.mfa.base.views import AuthenticateView
from allauth.mfa.base.views import ReauthenticateView as ReauthenticateByCodeView
from allauth.mfa.recovery_codes.views import GenerateRecoveryCodesView, ViewRecoveryCodesView
from allauth.mfa.totp.views import ActivateTOTPView, DeactivateTOTPView
from allauth.mfa.webauthn.internal import auth as passkeys
from allauth.mfa.webauthn.views import (
    AddWebAuthnView,
    ReauthenticateWebAuthnView,
    RemoveWebAuthnView,
)
from django.contrib import messages
from django.core.serializers.json import DjangoJSONEncoder
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect
from django.urls import reverse
from django.utils.decorators import method_decorator
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_POST

from gallery.models import Act, User
from gallery.services import audit
from gallery.services.second_steps import list_second_steps, remove_second_steps
from gallery.views.access import current_user, require_administrator
from gallery.views.devices import why_no_passkeys


def signing_in() -> str:
    """The place on the profile that lists what somebody comes in with."""
    return f"{reverse('profile')}#signing-in"


def in_json(options: Any) -> str:
    """What the page's script hands to the browser."""
    return json.dumps(options, cls=DjangoJSONEncoder)


class ComesBack:
    """A form that comes back with its errors is a 422, like all others here."""

    def form_invalid(self, form: Any) -> HttpResponse:
        response: HttpResponse = super().form_invalid(form)  # type: ignore[misc]
        response.status_code = 422
        return response


class Recorded:
    """A change of what somebody comes in with is in the audit log; `what` says which."""

    what = ""
    request: HttpRequest

    def form_valid(self, form: Any) -> HttpResponse:
        response: HttpResponse = super().form_valid(form)  # type: ignore[misc]
        audit.record(Act.SECOND_FACTOR, current_user(self.request).display_name, what=self.what)
        return response


class SecondStepView(ComesBack, AuthenticateView):
    """After the password: a code, or a passkey."""

    template_name = "accounts/second_step.html"

    def get_context_data(self, **kwargs: Any) -> dict[str, Any]:
        context: dict[str, Any] = super().get_context_data(**kwargs)
        steps = list_second_steps(self.stage.login.user)
        options = ""
        if steps.passkeys and not why_no_passkeys(self.request):
            options = in_json(context["js_data"]["request_options"])
        return context | {"steps": steps, "options": options}

    def form_invalid(self, form: Any) -> HttpResponse:
        audit.record(Act.SIGN_IN_FAILED, self.stage.login.user.display_name, what="second step")
        return super().form_invalid(form)


class PasswordAgainView(ComesBack, ReauthenticateView):
    """Before ways in are changed: whoever found the browser open must not make it theirs."""

    template_name = "accounts/again.html"
    extra_context = {"method": "password"}


class CodeAgainView(ComesBack, ReauthenticateByCodeView):
    template_name = "accounts/again.html"
    extra_context = {"method": "code"}


class PasskeyAgainView(ReauthenticateWebAuthnView):
    template_name = "accounts/again.html"

    def get_context_data(self, **kwargs: Any) -> dict[str, Any]:
        context: dict[str, Any] = super().get_context_data(**kwargs)
        options = in_json(context["js_data"]["request_options"])
        return context | {"method": "passkey", "options": options, "why_not": why_no_passkeys(self.request)}

    def form_invalid(self, form: Any) -> HttpResponse:
        super().form_invalid(form)
        return redirect(self.passthrough_next_url(reverse("mfa_reauthenticate_webauthn")))


@method_decorator(never_cache, name="dispatch")
class AddAppView(Recorded, ComesBack, ActivateTOTPView):
    template_name = "accounts/add_app.html"
    what = "authenticator app added"

    def get_context_data(self, **kwargs: Any) -> dict[str, Any]:
        context: dict[str, Any] = super().get_context_data(**kwargs)
        secret = context["form"].secret
        return context | {"secret": " ".join(secret[start : start + 4] for start in range(0, len(secret), 4))}

    def get_success_url(self) -> str:
        return codes_or_profile(self.did_generate_recovery_codes)


class RemoveAppView(Recorded, DeactivateTOTPView):
    template_name = "accounts/remove_app.html"
    what = "authenticator app removed"

    def get_success_url(self) -> str:
        return signing_in()


class AddPasskeyView(Recorded, ComesBack, AddWebAuthnView):
    """A passkey always stands for itself here: the device asks for a finger, a face or its PIN."""

    template_name = "accounts/add_passkey.html"
    what = "passkey added"

    def get_context_data(self, **kwargs: Any) -> dict[str, Any]:
        context: dict[str, Any] = super().get_context_data(**kwargs)
        options = in_json(passkeys.begin_registration(self.request.user, True))
        return context | {"options": options, "why_not": why_no_passkeys(self.request)}

    def get_success_url(self) -> str:
        return codes_or_profile(self.did_generate_recovery_codes)


class RemovePasskeyView(Recorded, RemoveWebAuthnView):
    template_name = "accounts/remove_passkey.html"
    what = "passkey removed"

    def get_success_url(self) -> str:
        return signing_in()


@method_decorator(never_cache, name="dispatch")
class RecoveryCodesView(ViewRecoveryCodesView):
    template_name = "accounts/recovery_codes.html"


class NewRecoveryCodesView(Recorded, GenerateRecoveryCodesView):
    template_name = "accounts/new_recovery_codes.html"
    what = "new recovery codes"


def codes_or_profile(are_new: bool) -> str:  # noqa: FBT001
    return reverse("mfa_view_recovery_codes") if are_new else signing_in()


@require_POST
def take_away(request: HttpRequest, user_id: int) -> HttpResponse:
    """For somebody who lost telephone and recovery codes."""
    require_administrator(request)
    person = get_object_or_404(User, pk=user_id)
    remove_second_steps(person)
    messages.success(
        request, f"{person.display_name} comes in with the password alone, and can set up a new second step."
    )
    return redirect("people")
