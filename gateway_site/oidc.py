"""The team's own sign-in as the environment names it: one OpenID Connect provider, or none."""

from dataclasses import dataclass
from urllib.parse import urlsplit

from django.core.exceptions import ImproperlyConfigured

from gateway_site import environment

ROLES = ("viewer", "designer", "lead")
PORTS = {"https": 443, "http": 80}


@dataclass(frozen=True, kw_only=True)
class SignInProvider:
    """`named` is the issuer's host and port, the only ones that may be private. `sign_up` holds "everyone" or the domains
    whose people come in without an invitation; `role` is theirs."""

    issuer: str
    named: frozenset[tuple[str, int]]
    client_id: str
    client_secret: str
    name: str
    sign_up: frozenset[str]
    role: str


def sign_in_provider() -> SignInProvider | None:
    """Bad values stop the start with one clear line."""
    given = environment.text("PROOFSHEET_OIDC_ISSUER").removesuffix("/.well-known/openid-configuration").rstrip("/")
    if not given:
        return None
    parts = urlsplit(given)
    if parts.scheme not in PORTS or not parts.hostname:
        raise ImproperlyConfigured("PROOFSHEET_OIDC_ISSUER must be an address like https://sso.example.com.")
    client_id, role = (
        environment.text("PROOFSHEET_OIDC_CLIENT_ID"),
        environment.text("PROOFSHEET_OIDC_ROLE", "designer"),
    )
    if not client_id:
        raise ImproperlyConfigured("PROOFSHEET_OIDC_ISSUER needs PROOFSHEET_OIDC_CLIENT_ID beside it.")
    if role not in ROLES:
        raise ImproperlyConfigured(f"PROOFSHEET_OIDC_ROLE must be one of {', '.join(ROLES)}.")
    return SignInProvider(
        issuer=given,
        named=frozenset({(parts.hostname, parts.port or PORTS[parts.scheme])}),
        client_id=client_id,
        client_secret=environment.text("PROOFSHEET_OIDC_CLIENT_SECRET"),
        name=environment.text("PROOFSHEET_OIDC_NAME") or parts.hostname,
        sign_up=frozenset(word.lower().removeprefix("@") for word in environment.words("PROOFSHEET_OIDC_SIGN_UP")),
        role=role,
    )
