"""Who and what comes in at all: tokens, methods, types and sizes of bodies, addresses; each refusal in the one shape."""

from collections.abc import Callable
from datetime import timedelta
from types import SimpleNamespace
from typing import Any

import pytest
from django.test import Client
from django.utils import timezone

from gallery.models import AccessToken, Gateway, Generation, User
from gallery.services import tokens
from tests.endpoint.script import CHAT, EDITS, FLUX, GENERATIONS, ROUTED, Script, ask
from tests.fake_gateway import FakeGateway

pytestmark = pytest.mark.django_db(transaction=True)

PAID = (CHAT, GENERATIONS, EDITS, ROUTED)
READ = ("models", f"models/{FLUX}", "images/models", f"images/models/{FLUX}/endpoints", "key")
INVALID = "invalid_request_error"


# Tokens ------------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("path", [*PAID, *READ])
@pytest.mark.parametrize(
    "authorization", [None, "Bearer", "Bearer ps_00000000_nothing", "Basic YTpi", "ps_x", "Bearer ä"], ids=str
)
def test_without_a_token_that_works_nothing_opens(path: str, authorization: str | None, shipped: None) -> None:
    headers = {"Authorization": authorization} if authorization else {}
    answer = Script(headers=headers).send("POST" if path in PAID else "GET", path, ask())
    assert answer.refusal == (401, "authentication_error", None)


@pytest.mark.parametrize(
    "change",
    [
        lambda row: AccessToken.objects.filter(pk=row.pk).update(expires_at=timezone.now() - timedelta(seconds=1)),
        lambda row: tokens.revoke_token(row),
        lambda row: User.objects.filter(pk=row.owner_id).update(is_active=False),
        lambda row: row.delete(),
    ],
    ids=["expired", "revoked", "owner switched off", "deleted"],
)
def test_a_token_stops_at_once(change: Callable[[AccessToken], Any], shipped: None, script: Script) -> None:
    assert script.get("key").status == 200
    change(AccessToken.objects.get())
    assert script.chat().refusal == (401, "authentication_error", None)
    assert not Generation.objects.exists()


def test_a_token_of_some_models_sees_and_uses_only_these(
    routellm: Gateway, fake_gateway: FakeGateway, limited: Callable[..., Script]
) -> None:
    script = limited(model_ids=[FLUX, "routellm/gone"])
    assert [entry["id"] for entry in script.get("models").json["data"]] == [FLUX]
    assert [entry["id"] for entry in script.get("images/models").json["data"]] == [FLUX]
    assert script.chat().status == 200
    for model in ("routellm/flux_pro", "flux_pro", "routellm/gone"):
        assert script.chat(model=model).refusal == (404, "not_found_error", "model")
    for path in ("models/routellm/flux_pro", "images/models/routellm/flux_pro/endpoints"):
        assert script.get(path).refusal == (404, "not_found_error", "model")
    routellm.image_models.get(model_id="flux_pro").aliases.create(name="dall-e-3")
    assert script.post(GENERATIONS, {"model": "dall-e-3", "prompt": "x"}).status == 404
    assert len(fake_gateway.requests) == 1


def test_a_token_makes_so_many_requests_a_minute(
    routellm: Gateway, fake_gateway: FakeGateway, limited: Callable[..., Script], monkeypatch: pytest.MonkeyPatch
) -> None:
    now = 60_000_015.0
    monkeypatch.setattr(tokens, "time", SimpleNamespace(time=lambda: now))
    script = limited(requests_per_minute=2)
    answers = [script.chat() for _ in range(4)]
    assert [answer.status for answer in answers] == [200, 200, 429, 429]
    assert answers[2].error["type"] == "rate_limit_error"
    assert answers[2].headers["retry-after"] == "45"
    assert script.get("models").status == 200
    assert len(fake_gateway.requests) == 2
    now += 60
    assert script.chat().status == 200
    assert AccessToken.objects.get().request_count == 3


def test_lists_are_not_counted_against_the_limit(shipped: None, limited: Callable[..., Script]) -> None:
    script = limited(requests_per_minute=1)
    assert [script.get(path).status for path in READ] == [200] * len(READ)


# Methods and addresses ---------------------------------------------------------------------------------------------


@pytest.mark.parametrize("path", PAID)
@pytest.mark.parametrize("method", ["GET", "PUT", "DELETE", "PATCH", "OPTIONS"])
def test_another_method_is_a_405(method: str, path: str, shipped: None, script: Script) -> None:
    answer = script.send(method, path, ask())
    assert answer.refusal == (405, INVALID, None)
    assert answer.headers["allow"] == "POST"


@pytest.mark.parametrize("path", [*READ, "docs", "openapi.json", "files/x.png"])
def test_what_is_read_cannot_be_posted_to(path: str, shipped: None, script: Script) -> None:
    answer = script.post(path, {})
    assert answer.status == 405
    assert answer.json["error"]["code"] == 405
    assert answer.headers["allow"] == "GET, HEAD"


@pytest.mark.parametrize("path", ["docs", "openapi.json"])
def test_a_post_to_the_reference_needs_no_form_token_to_be_told_so(path: str, db: None) -> None:
    response = Client(enforce_csrf_checks=True).post(f"/v1/{path}", {}, content_type="application/json")
    assert response.status_code == 405
    assert response.json()["error"]["type"] == INVALID


@pytest.mark.parametrize("prefix", ["/v1/", "/api/v1/"])
@pytest.mark.parametrize(
    "path",
    [
        "",
        "nothing",
        "chat",
        "chat/completions/",
        "completions",
        "embeddings",
        "models/",
        "a%0Ab",
        "%00",
        "images/x",
        "models/%0A",
        "audio/speech",
        "..%2Fadmin/",
        "é",
        "x" * 3000,
    ],
)
def test_what_is_not_there_is_a_404_in_the_same_shape(path: str, prefix: str, shipped: None, script: Script) -> None:
    for method in ("GET", "POST"):
        answer = script.send(method, prefix + path)
        assert answer.refusal[:2] == (404, "not_found_error")


@pytest.mark.parametrize("path", ["/v1", "/api/v1", "/v1?x=1"])
@pytest.mark.parametrize("method", ["GET", "POST"])
def test_a_prefix_without_its_slash_is_no_redirect(method: str, path: str, shipped: None, script: Script) -> None:
    assert script.send(method, path).refusal[:2] == (404, "not_found_error")


def test_other_pages_keep_their_own_404(as_bea: Client) -> None:
    assert "<html" in as_bea.get("/v2/models").content.decode()
