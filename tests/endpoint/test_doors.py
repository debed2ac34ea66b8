"""Who and what comes in at all: tokens, methods, types and sizes of bodies, addresses; each refusal in the one shape."""

import json
from collections.abc import Callable
from datetime import timedelta
from typing import Any

import pytest
from asgiref.sync import async_to_sync
from asgiref.testing import ApplicationCommunicator
from django.test import Client
from django.utils import timezone

from gallery.endpoint.bodies import LARGEST_BODY
from gallery.models import AccessToken, Gateway, Generation, User
from gallery.services import tokens
from gateway_site.asgi import application
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
    routellm: Gateway, fake_gateway: FakeGateway, limited: Callable[..., Script]
) -> None:
    script = limited(requests_per_minute=2)
    now = int(timezone.now().timestamp()) // 60
    # Ahead of the clock by a minute would reset the count: both minutes are made the same.
    answers = [script.chat() for _ in range(4)]
    if int(timezone.now().timestamp()) // 60 == now:
        assert [answer.status for answer in answers] == [200, 200, 429, 429]
        assert answers[2].error["type"] == "rate_limit_error"
        assert 1 <= int(answers[2].headers["retry-after"]) <= 60
        assert len(fake_gateway.requests) == 2
        assert AccessToken.objects.get().request_count == 2
    assert script.get("models").status == 200


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
    ["", "nothing", "chat", "chat/completions/", "completions", "embeddings", "models/", "a%0Ab", "%00", "images/x",
     "models/%0A", "audio/speech", "..%2Fadmin/", "é", "x" * 3000],
)
def test_what_is_not_there_is_a_404_in_the_same_shape(path: str, prefix: str, shipped: None, script: Script) -> None:
    for method in ("GET", "POST"):
        answer = script.send(method, prefix + path)
        assert answer.refusal[:2] == (404, "not_found_error")


def test_other_pages_keep_their_own_404(as_bea: Client) -> None:
    assert "<html" in as_bea.get("/v2/models").content.decode()


# Bodies ------------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("path", PAID)
@pytest.mark.parametrize(
    "media_type", ["text/plain", "application/x-www-form-urlencoded", "multipart/form-data; boundary=x", "image/png", ""]
)
def test_another_type_of_body_is_a_415(media_type: str, path: str, shipped: None, script: Script) -> None:
    if path == EDITS and media_type.startswith("multipart"):
        return
    answer = script.send("POST", path, ask(), media_type=media_type)
    assert answer.refusal == (415, INVALID, None)
    assert "application/json" in answer.error["message"]


@pytest.mark.parametrize("media_type", ["application/json; charset=utf-8", "Application/JSON", "application/json;charset=x"])
def test_json_is_json_however_it_is_written(media_type: str, shipped: None, script: Script) -> None:
    assert script.send("POST", CHAT, ask(), media_type=media_type).status == 200


BAD_JSON = [
    (b"", "line 1, column 1"),
    (b'{"model": "x",\n  "messages": [}', "line 2, column 16"),
    (b'{"model": "x"', "line 1, column 14"),
    (b"{'model': 1}", "line 1, column 2"),
    (b'{"a": 1} x', "line 1, column 10"),
    (b"[1, 2]", "must be a JSON object"),
    (b"null", "must be a JSON object"),
    (b'"text"', "must be a JSON object"),
    (b'{"model": NaN}', "no JSON"),
    (b'{"model": "\xff"}', "UTF-8"),
    (b'{"a":' * 5000 + b"1" + b"}" * 5000, "nested too deeply"),
    (b'{"model": "\\ud800"}', "no JSON"),
    (b'{"model": 1e999}', "no JSON"),
]


@pytest.mark.parametrize("path", PAID)
@pytest.mark.parametrize(("body", "words"), BAD_JSON, ids=lambda value: str(value)[:30])
def test_bad_json_is_a_400_with_the_place(body: bytes, words: str, path: str, shipped: None, script: Script) -> None:
    answer = script.send("POST", path, body)
    assert answer.refusal == (400, INVALID, None)
    assert words in answer.error["message"], answer.error["message"]


@pytest.mark.parametrize("body", [b"", b"--x\r\nrubbish", b"--x\r\nContent-Disposition: form-data; name=\"prompt\"\r\n"])
def test_a_form_that_cannot_be_read_is_a_400(body: bytes, shipped: None, script: Script) -> None:
    answer = script.send("POST", EDITS, body, media_type="multipart/form-data; boundary=x")
    assert (answer.status, answer.error["type"]) == (400, INVALID)


def test_a_form_without_its_boundary_is_a_400(shipped: None, script: Script) -> None:
    answer = script.send("POST", EDITS, b"--x--", media_type="multipart/form-data")
    assert (answer.status, answer.error["type"]) == (400, INVALID)


BAD_MESSAGES: list[tuple[Any, str]] = [
    (None, "messages"),
    ([], "messages"),
    ("hello", "messages"),
    ([1], "messages.0"),
    ([{"role": "king", "content": "x"}], "messages.0.role"),
    ([{"role": ["user"], "content": "x"}], "messages.0.role"),
    ([{"content": "x"}], "messages.0.role"),
    ([{"role": "user", "content": 5}], "messages.0.content"),
    ([{"role": "user", "content": [5]}], "messages.0.content.0"),
    ([{"role": "user", "content": [{"type": "input_audio"}]}], "messages.0.content.0.type"),
    ([{"role": "user", "content": [{"type": "image_url"}]}], "messages.0.content.0"),
    ([{"role": "user", "content": [{"type": "image_url", "image_url": {"url": ""}}]}], "messages.0.content.0"),
    ([{"role": "user", "content": [{"type": "text", "text": 5}]}], "text"),
    ([{"role": "user", "content": "a\x00b"}], "text"),
    ([{"role": "user", "content": ""}], "messages"),
    ([{"role": "user"}], "messages"),
    ([{"role": "user", "content": "x"}, {"role": "assistant", "content": "y"}], "messages"),
    ([{"role": "user", "content": "x"}] * 201, "messages"),
]


@pytest.mark.parametrize(("messages", "param"), BAD_MESSAGES, ids=lambda value: str(value)[:50])
def test_bad_messages_are_refused_by_place(messages: Any, param: str, shipped: None, script: Script) -> None:
    assert script.post(CHAT, {"model": FLUX, "messages": messages}).refusal == (400, INVALID, param)


@pytest.mark.parametrize("model", [None, "", 5, "a\x00", "nothing", "routellm/", "/", "x" * 5000], ids=lambda v: str(v)[:9])
def test_a_model_that_is_none_is_refused(model: Any, shipped: None, script: Script) -> None:
    answer = script.post(CHAT, ask() | {"model": model})
    assert answer.refusal[2] == "model"
    assert answer.status == (404 if isinstance(model, str) and model and "\x00" not in model else 400)


# Size --------------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("path", PAID)
def test_a_body_that_declares_too_much_is_a_413(path: str, shipped: None, script: Script) -> None:
    headers = {"Content-Length": str(LARGEST_BODY + 1)}
    for media_type in ("application/json", *(["multipart/form-data; boundary=x"] if path == EDITS else [])):
        answer = script.send("POST", path, b"{}", media_type=media_type, headers=headers)
        assert answer.refusal == (413, INVALID, None)
        assert "64 MiB" in answer.error["message"]


@pytest.mark.parametrize("path", ["/v1/chat/completions", "/api/v1/images/edits", "/v1/nothing"])
def test_a_body_that_declares_nothing_is_stopped_at_the_limit(path: str) -> None:
    """The application itself: the chunks are handed over one by one, and no more than the limit is taken."""
    scope = {"type": "http", "method": "POST", "path": path, "headers": [], "query_string": b"", "http_version": "1.1"}
    piece = b"x" * (8 * 1024 * 1024)

    async def send_all() -> tuple[dict[str, Any], dict[str, Any]]:
        caller = ApplicationCommunicator(application, scope)
        for _ in range(LARGEST_BODY // len(piece) + 1):
            await caller.send_input({"type": "http.request", "body": piece, "more_body": True})
        start, body = await caller.receive_output(20), await caller.receive_output(20)
        await caller.wait()
        return start, body

    start, body = async_to_sync(send_all)()
    assert start["status"] == 413
    headers = dict(start["headers"])
    assert headers[b"content-type"] == b"application/json"
    assert headers[b"x-request-id"]
    assert json.loads(body["body"])["error"]["code"] == 413
