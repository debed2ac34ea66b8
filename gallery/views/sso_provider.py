"""OpenID Connect as we speak it: allauth's, with a nonce, signatures checked, and one issuer that must be itself."""

import hashlib
from collections.abc import Mapping
from typing import Any

from allauth.socialaccount.adapter import get_adapter
from allauth.socialaccount.models import SocialApp, SocialToken
from allauth.socialaccount.providers.oauth2.client import OAuth2Error
from allauth.socialaccount.providers.openid_connect.provider import OpenIDConnectProvider
from allauth.socialaccount.providers.openid_connect.views import OpenIDConnectOAuth2Adapter
from django.conf import settings
from django.http import HttpRequest
from django.urls import reverse

from gallery.views.people import absolute
from gallery.views.sso_identity import read_identity
from gateway_site.oidc import SignInProvider

# What is kept of what the provider tells; the rest is nobody's business here.
KEPT_CLAIMS = ("sub", "name", "preferred_username", "email", "email_verified")


def named() -> SignInProvider:
    """What the environment says; the views answer 404 where it says nothing."""
    assert settings.OIDC
    return settings.OIDC


def build_provider(request: HttpRequest) -> "Provider":
    """The one that the environment names. Accounts belong to its issuer: another one's people are others."""
    given = named()
    app = SocialApp(
        provider=Provider.id,
        provider_id=given.issuer,
        name=given.name,
        client_id=given.client_id,
        secret=given.client_secret,
        settings={"server_url": given.issuer, "oauth_pkce_enabled": True},
    )
    return Provider(request, app=app)


def nonce_of(code_verifier: str) -> str:
    """It need not be remembered: only this session knows the verifier it is made from."""
    return hashlib.sha256(f"nonce {code_verifier}".encode()).hexdigest()


class Provider(OpenIDConnectProvider):
    def get_login_url(self, request: HttpRequest, **kwargs: Any) -> str:
        return reverse("sso")

    def get_callback_url(self) -> str:
        return reverse("sso-callback")

    def get_oauth2_adapter(self, request: HttpRequest) -> "Adapter":
        return Adapter(request, self.sub_id)

    def get_pkce_params(self) -> dict[str, Any]:
        """What goes into the address that people are led to; allauth keeps the verifier back."""
        params: dict[str, Any] = super().get_pkce_params()
        return params | {"nonce": nonce_of(params["code_verifier"])}

    def get_auth_params_from_request(self, request: HttpRequest, action: str) -> dict[str, Any]:
        """allauth's would take more from our own address."""
        return {}

    def get_scope_from_request(self, request: HttpRequest) -> list[str]:
        return list(self.get_default_scope())

    def extract_common_fields(self, data: Mapping[str, Any]) -> dict[str, Any]:
        """Without the address of mail: nobody is found or linked by it."""
        fields: dict[str, Any] = super().extract_common_fields(data)
        return {name: value for name, value in fields.items() if name in ("username", "name") and value}

    def extract_email_addresses(self, data: Mapping[str, Any]) -> list[Any]:
        return []

    def extract_extra_data(self, data: Mapping[str, Any]) -> dict[str, Any]:
        return {name: data[name] for name in KEPT_CLAIMS if name in data}


class Adapter(OpenIDConnectOAuth2Adapter):
    """Raises OAuth2Error for whatever does not fit."""

    def get_provider(self) -> Provider:
        return build_provider(self.request)

    @property
    def openid_config(self) -> dict[str, Any]:
        config: dict[str, Any] = super().openid_config
        if not isinstance(config, dict) or str(config.get("issuer", "")).rstrip("/") != named().issuer:
            raise OAuth2Error(f"the issuer calls itself something else than {named().issuer}")
        return config

    def get_callback_url(self, request: HttpRequest, app: SocialApp) -> str:
        return absolute(request, reverse("sso-callback"))

    def get_access_token_data(
        self, request: HttpRequest, app: SocialApp, client: Any, pkce_code_verifier: str | None = None
    ) -> dict[str, Any]:
        self.nonce = nonce_of(pkce_code_verifier or "")
        data: dict[str, Any] = super().get_access_token_data(request, app, client, pkce_code_verifier)
        return data

    def complete_login(self, request: HttpRequest, app: SocialApp, token: SocialToken, **kwargs: Any) -> Any:
        """allauth's believes an identity that came over TLS without looking at its signature, and knows no nonce."""
        try:
            claims = read_identity(
                kwargs["response"]["id_token"],
                self.fetch_keys(),
                issuer=self.openid_config["issuer"],
                audience=app.client_id,
                nonce=self.nonce,
            )
            known = self._fetch_user_info(token.token) if "userinfo_endpoint" in self.openid_config else claims
            if known["sub"] != claims["sub"]:
                raise OAuth2Error("it tells of somebody else than it signed for")
            return self.get_provider().sociallogin_from_response(request, claims | known)
        except (KeyError, TypeError, ValueError) as error:
            raise OAuth2Error(f"the identity is not believed: {error!r}") from error

    def fetch_keys(self) -> dict[str, Any]:
        with get_adapter().get_requests_session() as session:
            reply = session.get(self.openid_config["jwks_uri"])
        reply.raise_for_status()
        keys: dict[str, Any] = reply.json()
        return keys
