"""A secret is taken out of what comes back, however it is cut into pieces, and nothing else is touched."""

import secrets

import pytest

from gallery.gateway.redaction import Blanker

SECRET = "sk-CANARY-0123456789"
STARS = b"*" * len(SECRET)


@pytest.mark.parametrize("size", [1, 2, 3, 7, 19, 20, 21, 1000])
def test_a_secret_is_blanked_wherever_the_pieces_are_cut(size: int) -> None:
    body = b'{"error": "Your key sk-CANARY-0123456789 is not sk-CANARY-01234, sk-sk-CANARY-0123456789."} sk-CAN'
    blanker = Blanker(SECRET)
    pieces = [blanker.take(body[start : start + size]) for start in range(0, len(body), size)]
    assert b"".join([*pieces, blanker.rest()]) == body.replace(SECRET.encode(), STARS)


@pytest.mark.parametrize("secret", ["", "short", SECRET])
def test_what_holds_no_secret_comes_through_as_it_is(secret: str) -> None:
    body = secrets.token_bytes(200_000)
    blanker = Blanker(secret)
    pieces = [blanker.take(body[start : start + 65_536]) for start in range(0, len(body), 65_536)]
    assert b"".join([*pieces, blanker.rest()]) == body
