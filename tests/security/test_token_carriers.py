"""One way to prove oneself to the endpoint, the header `Authorization: Bearer`, and one decision whatever else is said.

Open WebUI CVE-2026-45339 (a limit held for one header alone), LiteLLM CVE-2026-42208 (a token became part of SQL), CVE-2026-35030
(half of a token was as good as all), #27884 (a refusal told the token's hash).
"""

import hashlib
from typing import Any

import pytest
from django.db import connection
from django.test import Client

from gallery.models import AccessToken, Generation, User
from gallery.services import database_thread, tokens
from tests import factories
from tests.endpoint.script import CHAT, FLUX, Script, ask

pytestmark = pytest.mark.django_db(transaction=True)
CARRIERS = [
    "X-API-Key",
    "Api-Key",
    "X-Auth-Token",
    "Authorization-Token",
    "Proxy-Authorization",
    "X-Goog-Api-Key",
    "Cookie",
]


@pytest.mark.parametrize("carrier", CARRIERS)
def test_no_other_header_carries_a_token(carrier: str, bea: User, shipped: None) -> None:
    _, plain = tokens.create_token(owner=bea, name="Script", model_ids=[FLUX])
    for value in (plain, f"Bearer {plain}", f"token={plain}; proofsheet_session={plain}"):
        script = Script(headers={carrier: value})
        assert script.get("key").refusal == (401, "authentication_error", None)
        assert script.post(CHAT, ask()).refusal == (401, "authentication_error", None)
    # Beside the right one it changes nothing, neither more nor less.
    both = Script(plain, headers={carrier: "ps_00000000_other"})
    assert [entry["id"] for entry in both.get("models").json["data"]] == [FLUX]


def test_no_query_and_no_body_carries_a_token(bea: User, shipped: None) -> None:
    _, plain = tokens.create_token(owner=bea, name="Script")
    for name in ("key", "api_key", "token", "access_token", "authorization"):
        assert Script().get(f"key?{name}={plain}").status == 401
        assert Script().post(f"{CHAT}?{name}={plain}", ask(**{name: plain})).status == 401


def test_a_session_is_no_token_and_a_token_is_no_session(bea: User, shipped: None) -> None:
    client = factories.signed_in(bea)
    assert client.get("/v1/models").status_code == 401
    assert client.post("/v1/chat/completions", ask(), content_type="application/json").status_code == 401
    _, plain = tokens.create_token(owner=bea, name="Script")
    for path in ("/library/", "/admin/", "/tokens/", "/profile/"):
        assert Client(headers={"Authorization": f"Bearer {plain}"}).get(path).status_code == 302


ODD = [
    "' OR 1=1--",
    "ps_' OR '1'='1",
    "ps_00000000'; DROP TABLE gallery_accesstoken; --",
    "ps_%",
    "ps_________",
    "ps_\x00",
    "ps_" + "x" * 1_000_000,
    "ps_ä",
    "ps_\udce4",
    "null",
    "undefined",
    "{}",
    "ps_0 ps_1",
    "ps_0,Bearer ps_1",
]


@pytest.mark.parametrize("token", ODD, ids=lambda token: repr(token)[:20])
def test_an_odd_token_is_no_token(token: str, bea: User, shipped: None) -> None:
    tokens.create_token(owner=bea, name="Script")
    response = Client(HTTP_AUTHORIZATION=f"Bearer {token}").get("/v1/key")
    assert response.status_code == 401
    assert response.json()["error"]["type"] == "authentication_error"
    assert token[3:11] not in response.content.decode() or len(token) < 8
    assert AccessToken.objects.count() == 1


def test_two_tokens_that_begin_alike_are_two(bea: User, chi: User, shipped: None) -> None:
    first, plain = tokens.create_token(owner=bea, name="First", model_ids=[FLUX])
    second, _ = tokens.create_token(owner=chi, name="Second")
    # All but the end, which is what is remembered and compared.
    other = plain[:-1] + ("A" if plain[-1] != "A" else "B")
    AccessToken.objects.filter(pk=second.pk).update(token_hash=hashlib.sha256(other.encode()).hexdigest())
    assert Script(plain).get("key").json["data"]["label"] != "Second"
    assert Script(other).get("key").status == 401
    # Even with the mark that finds a row.
    AccessToken.objects.filter(pk=first.pk).update(prefix="ps_gone")
    AccessToken.objects.filter(pk=second.pk).update(prefix=plain[: tokens.PREFIX_LENGTH])
    database_thread.forget()
    assert Script(plain).get("key").status == 401
    assert Script(other).get("key").status == 200


def test_a_refusal_tells_nothing_of_a_token(bea: User, shipped: None) -> None:
    row, plain = tokens.create_token(owner=bea, name="Script", requests_per_minute=1)
    script = Script(plain)
    answers = [script.chat(), script.chat(), script.chat(model="nothing"), Script(plain[:-1]).chat()]
    assert {429, 401} <= {answer.status for answer in answers}
    for answer in answers:
        told = answer.body.decode() + str(answer.headers)
        # The one that was refused is all but its last letter.
        for secret in (plain[12:-1], row.token_hash[:12]):
            assert secret not in told


def test_a_wrong_token_costs_no_more_questions_than_a_right_one(bea: User, shipped: None) -> None:
    _, plain = tokens.create_token(owner=bea, name="Script")
    counts: dict[str, int] = {}
    for name, token in (("wrong", "ps_00000000_x"), ("near", plain[:-1]), ("long", "ps_" + "x" * 9000)):
        asked: list[str] = []

        def count(execute: Any, sql: str, *rest: Any, asked: list[str] = asked) -> Any:
            asked.append(sql)
            return execute(sql, *rest)

        with connection.execute_wrapper(count), pytest.raises(tokens.TokenRefused):
            tokens.find_token(token)
        counts[name] = len(asked)
    assert counts == {"wrong": 1, "near": 1, "long": 1}


def test_nothing_ran(bea: User, shipped: None) -> None:
    for headers in ({}, {"Authorization": "Bearer x"}, {"X-API-Key": "x"}):
        Script(headers=headers).post(CHAT, ask())
    assert not Generation.objects.exists()
