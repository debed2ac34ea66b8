"""An identity as a provider signs it (an ID token of OpenID Connect Core 1.0): what must be true before it is believed."""

from collections.abc import Mapping
from typing import Any

import jwt

# Those that nobody can sign with what is public.
ALGORITHMS = ["RS256", "RS384", "RS512", "PS256", "PS384", "PS512", "ES256", "ES384", "ES512", "EdDSA"]
REQUIRED = ["iss", "aud", "sub", "exp", "iat", "nonce"]
CLOCKS_DIFFER_SECONDS = 60


class IdentityRefused(ValueError):
    """It is not signed by the issuer, not for us, not for this sign-in, or not any more."""


def read_identity(token: str, keys: Mapping[str, Any], *, issuer: str, audience: str, nonce: str) -> dict[str, Any]:
    """Its claims. `keys` is the issuer's key set as JSON. A token without a key's name may be signed with any of them."""
    try:
        name = jwt.get_unverified_header(token).get("kid")
        candidates = [key for key in jwt.PyJWKSet.from_dict(dict(keys)).keys if name in (None, key.key_id)]
    except (jwt.PyJWTError, TypeError, AttributeError) as error:
        raise IdentityRefused(f"it cannot be read: {error}") from error
    refusal = IdentityRefused("none of the issuer's keys has signed it")
    for key in candidates:
        try:
            return check(token, key, issuer=issuer, audience=audience, nonce=nonce)
        except jwt.PyJWTError as error:
            refusal = IdentityRefused(str(error))
    raise refusal


def check(token: str, key: jwt.PyJWK, *, issuer: str, audience: str, nonce: str) -> dict[str, Any]:
    claims: dict[str, Any] = jwt.decode(
        token,
        key,
        algorithms=ALGORITHMS,
        issuer=issuer,
        audience=audience,
        leeway=CLOCKS_DIFFER_SECONDS,
        options={"require": REQUIRED},
    )
    if claims["nonce"] != nonce:
        raise IdentityRefused("it was made for another sign-in")
    return claims
