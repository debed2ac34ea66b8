"""Which signed identities are believed."""

import hashlib
import hmac
import json
import time
from typing import Any

import jwt
import pytest
from cryptography.hazmat.primitives import serialization
from cryptography.hazmat.primitives.asymmetric import rsa
from jwt.utils import base64url_encode

from gallery.views.sso_identity import IdentityRefused, read_identity

OURS, OTHERS = (rsa.generate_private_key(public_exponent=65537, key_size=2048) for _ in range(2))
EXPECTED = {"issuer": "https://sso.example", "audience": "proofsheet", "nonce": "n-1"}


def key_set(*named: tuple[str, rsa.RSAPrivateKey]) -> dict[str, Any]:
    told = [json.loads(jwt.algorithms.RSAAlgorithm.to_jwk(key.public_key())) | {"kid": name} for name, key in named]
    return {"keys": told}


KEYS = key_set(("old", OTHERS), ("new", OURS))


def claims(**changes: Any) -> dict[str, Any]:
    now = int(time.time())
    told = {
        "iss": "https://sso.example",
        "aud": "proofsheet",
        "sub": "s-1",
        "nonce": "n-1",
        "iat": now,
        "exp": now + 300,
    }
    return {name: value for name, value in (told | changes).items() if value is not None}


def signed(key: Any = OURS, algorithm: str = "RS256", kid: str | None = "new", **changes: Any) -> str:
    return jwt.encode(claims(**changes), key, algorithm=algorithm, headers={"kid": kid} if kid else None)


@pytest.mark.parametrize("kid", ["new", None])
def test_what_the_issuer_signed_for_this_sign_in_is_believed(kid: str | None) -> None:
    assert read_identity(signed(kid=kid), KEYS, **EXPECTED)["sub"] == "s-1"


def test_several_audiences_may_be_named() -> None:
    assert read_identity(signed(aud=["others", "proofsheet"]), KEYS, **EXPECTED)["sub"] == "s-1"


@pytest.mark.parametrize(
    "changes",
    [
        {"iss": "https://evil.example"},
        {"iss": None},
        {"aud": "others"},
        {"aud": None},
        {"nonce": "n-2"},
        {"nonce": None},
        {"sub": None},
        {"exp": int(time.time()) - 120},
        {"exp": None},
        # Far ahead: these moments are reckoned long before the tests are run.
        {"iat": int(time.time()) + 86_400},
    ],
    # Numbers: what tells a moment is another word in each process.
    ids=range(10),
)
def test_what_was_signed_for_something_else_is_refused(changes: dict[str, Any]) -> None:
    with pytest.raises(IdentityRefused):
        read_identity(signed(**changes), KEYS, **EXPECTED)


def forged() -> str:
    """Signed with what everybody knows: the public key, as if it were a shared secret."""
    public = OURS.public_key().public_bytes(serialization.Encoding.PEM, serialization.PublicFormat.SubjectPublicKeyInfo)
    parts = [base64url_encode(json.dumps(part).encode()) for part in ({"alg": "HS256", "kid": "new"}, claims())]
    signature = hmac.new(public, b".".join(parts), hashlib.sha256).digest()
    return b".".join([*parts, base64url_encode(signature)]).decode()


@pytest.mark.parametrize(
    "token",
    [
        signed(OTHERS),
        signed(rsa.generate_private_key(public_exponent=65537, key_size=2048), kid=None),
        signed(kid="unknown"),
        signed(None, "none"),
        signed(None, "none", kid=None),
        forged(),
        signed()[:-4] + "AAAA",
        "no.token.atall",
        "",
    ],
    ids=range(9),
)
def test_what_the_issuer_did_not_sign_is_refused(token: str) -> None:
    with pytest.raises(IdentityRefused):
        read_identity(token, KEYS, **EXPECTED)


@pytest.mark.parametrize("keys", [{}, {"keys": []}, {"keys": [{"kty": "oct", "k": "AA"}]}])
def test_without_keys_nothing_is_believed(keys: dict[str, Any]) -> None:
    with pytest.raises(IdentityRefused):
        read_identity(signed(), keys, **EXPECTED)
