"""Bodies of requests: their type, their JSON with the place of a mistake, their messages, their size."""

import json
from typing import Any

import pytest
from asgiref.sync import async_to_sync
from asgiref.testing import ApplicationCommunicator

from gallery.endpoint.bodies import LARGE_BODY, LARGEST_BODY
from gallery.endpoint.body_limit import LARGEST_WITHOUT_TOKEN
from gallery.models import User
from gallery.services import tokens
from gateway_site.asgi import application
from tests.endpoint.script import CHAT, EDITS, FLUX, GENERATIONS, ROUTED, Script, ask

pytestmark = pytest.mark.django_db(transaction=True)

PAID = (CHAT, GENERATIONS, EDITS, ROUTED)
INVALID = "invalid_request_error"


@pytest.mark.parametrize("path", PAID)
@pytest.mark.parametrize(
    "media_type",
    ["text/plain", "application/x-www-form-urlencoded", "multipart/form-data; boundary=x", "image/png", ""],
)
def test_another_type_of_body_is_a_415(media_type: str, path: str, shipped: None, script: Script) -> None:
    if path == EDITS and media_type.startswith("multipart"):
        return
    answer = script.send("POST", path, ask(), media_type=media_type)
    assert answer.refusal == (415, INVALID, None)
    assert "application/json" in answer.error["message"]


@pytest.mark.parametrize(
    "media_type", ["application/json; charset=utf-8", "Application/JSON", "application/json;charset=x"]
)
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


@pytest.mark.parametrize("body", [b"", b"--x\r\nrubbish", b'--x\r\nContent-Disposition: form-data; name="prompt"\r\n'])
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


@pytest.mark.parametrize(
    "model", [None, "", 5, "a\x00", "nothing", "routellm/", "/", "x" * 5000], ids=lambda v: str(v)[:9]
)
def test_a_model_that_is_none_is_refused(model: Any, shipped: None, script: Script) -> None:
    answer = script.post(CHAT, ask() | {"model": model})
    assert answer.refusal[2] == "model"
    assert answer.status == (404 if isinstance(model, str) and model and "\x00" not in model else 400)


# Untyped where it comes from.
Communicator: Any = ApplicationCommunicator
PIECE = b"x" * (8 * 1024 * 1024)


async def send_pieces(scope: dict[str, Any], pieces: list[bytes]) -> list[dict[str, Any]]:
    """What a refusal consists of: its start, its body, its end."""
    caller: Any = Communicator(application, scope | {"http_version": "1.1"})
    for number, piece in enumerate(pieces):
        await caller.send_input({"type": "http.request", "body": piece, "more_body": number + 1 < len(pieces)})
    told = [await caller.receive_output(20) for _ in range(3)]
    await caller.wait()
    return told


@pytest.mark.parametrize("path", ["/v1/chat/completions", "/api/v1/images/edits", "/v1/nothing"])
@pytest.mark.parametrize("declared", [LARGEST_BODY + 1, None], ids=["declared", "not declared"])
def test_a_body_over_the_limit_is_stopped_with_a_413(declared: int | None, path: str, bea: User) -> None:
    """The application itself, handed the pieces one by one."""
    _, token = tokens.create_token(owner=bea, name="Large")
    bearer = (b"authorization", f"Bearer {token}".encode())
    headers = [bearer, *([(b"content-length", str(declared).encode())] if declared else [])]
    scope = {"type": "http", "method": "POST", "path": path, "headers": headers, "query_string": b""}

    start, body, end = async_to_sync(send_pieces)(scope, [PIECE] * (LARGEST_BODY // len(PIECE) + 2))
    assert start["status"] == 413
    told = dict(start["headers"])
    assert told[b"content-type"] == b"application/json"
    assert told[b"x-request-id"]
    assert int(told[b"content-length"]) == len(body["body"])
    error = json.loads(body["body"])["error"]
    assert (error["code"], error["type"], error["param"]) == (413, INVALID, None)
    assert "64 MiB" in error["message"]
    assert not end.get("more_body")


@pytest.mark.parametrize("path", ["/v1/chat/completions", "/v1"])
@pytest.mark.parametrize("authorization", [None, b"Basic YTpi", b"Bearer "], ids=str)
@pytest.mark.parametrize("declared", [LARGEST_WITHOUT_TOKEN + 1, None], ids=["declared", "not declared"])
def test_without_a_token_little_can_be_sent(declared: int | None, authorization: bytes | None, path: str) -> None:
    told = {b"content-length": str(declared).encode() if declared else None, b"authorization": authorization}
    headers = [(name, value) for name, value in told.items() if value is not None]
    scope = {"type": "http", "method": "POST", "path": path, "headers": headers, "query_string": b""}
    start, body, end = async_to_sync(send_pieces)(scope, [b"x" * LARGEST_WITHOUT_TOKEN, b"x"])
    assert start["status"] == 413
    assert "access token may hold 64 KiB" in json.loads(body["body"])["error"]["message"]
    assert not end.get("more_body")


@pytest.mark.parametrize("path", ["/v1/chat/completions", "/v1/images/edits"])
@pytest.mark.parametrize("token", ["ps_made_up", "ps_" + "\xe9" * 20, "ended"])
@pytest.mark.parametrize("declared", [1024 * 1024, None], ids=["declared", "not declared"])
def test_a_token_that_does_not_work_opens_no_larger_bound(
    declared: int | None, token: str, path: str, bea: User
) -> None:
    if token == "ended":
        row, token = tokens.create_token(owner=bea, name="Ended")
        tokens.revoke_token(row)
    length = [(b"content-length", str(declared).encode())] if declared else []
    headers = [(b"authorization", f"Bearer {token}".encode("latin-1")), *length]
    scope = {"type": "http", "method": "POST", "path": path, "headers": headers, "query_string": b""}
    start, body, end = async_to_sync(send_pieces)(scope, [b"x" * LARGEST_WITHOUT_TOKEN] * 16)
    assert start["status"] == 401
    assert "unknown, expired or revoked" in json.loads(body["body"])["error"]["message"]
    assert not end.get("more_body")


def test_a_large_body_is_read_like_a_small_one(shipped: None, script: Script) -> None:
    padding = "x" * LARGE_BODY
    assert script.send("POST", CHAT, ask(user=padding)).status == 200
    answer = script.send("POST", CHAT, b'{"user": "' + padding.encode() + b'",\n "model": ]}')
    assert answer.refusal == (400, INVALID, None)
    assert "line 2, column 11" in answer.error["message"]
