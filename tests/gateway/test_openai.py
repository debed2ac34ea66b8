"""The fifth dialect: what is sent to a server that speaks OpenAI's API, by which route, and what is made of its answers."""

import json
from decimal import Decimal
from pathlib import Path
from typing import Any

import pytest

from gallery.gateway import client, errors
from gallery.gateway.client import Connection
from gallery.gateway.dialects import DIALECTS
from gallery.gateway.messages import Ask, InputPicture, Reply, Result, Turn, Wire
from gallery.gateway.sandbox.forms import read_form
from tests.fake_gateway import FakeGateway, make_picture

REPLIES = Path(__file__).parent / "replies"
OPENAI = DIALECTS["openai"]
CONNECTION = Connection(base_url="http://127.0.0.1:4000/v1", api_key="sk-CANARY-12345678", dialect="openai")
BESIDE = dict.fromkeys(("image", "mask", "n", "size", "seed", "transparent", "extra"), "top_level")
LITELLM = "\n\nLiteLLM: model group 'gpt-image-1' failed with the error above. No fallback was attempted."


def picture(parameter: str, content: bytes = b"\x89PNG\r\n--x\r\n\r\n") -> InputPicture:
    return InputPicture(parameter=parameter, media_type="image/png", content=content)


def build(**fields: Any) -> dict[str, Any]:
    return OPENAI.build(Ask(**{"model_id": "m", "prompt": "a fox", "transports": BESIDE, **fields}))


def sent(**fields: Any) -> Wire:
    return OPENAI.wire(build(surface="images", **fields))


def reply(body: Any, status: int = 200, headers: dict[str, str] | None = None) -> Reply:
    content = body if isinstance(body, bytes) else json.dumps(body).encode()
    return Reply(status=status, headers=headers or {}, body=content)


def parse(body: Any, status: int = 200, *, headers: dict[str, str] | None = None, wants_picture: bool = True) -> Result:
    return client.parse(CONNECTION, reply(body, status, headers), wants_picture=wants_picture)


def refusal(body: Any, status: int) -> errors.GatewayError:
    with pytest.raises(errors.GatewayError) as caught:
        parse(body, status)
    return caught.value


# What is sent


@pytest.mark.parametrize(
    ("fields", "expected"),
    [
        ({"modalities": ["image", "text"]}, {"modalities": ["image", "text"]}),
        ({"modalities": []}, {}),
        ({"modalities": ["text"], "is_streamed": True}, {"stream": True, "stream_options": {"include_usage": True}}),
        ({"modalities": [], "values": {"seed": 7}}, {"seed": 7}),
        ({"modalities": [], "values": {"aspect_ratio": "1:1"}}, {"image_config": {"aspect_ratio": "1:1"}}),
    ],
)
def test_a_model_of_the_chat_is_asked_in_the_chat(fields: dict[str, Any], expected: dict[str, Any]) -> None:
    payload = build(**fields)
    assert payload == {"model": "m", "messages": [{"role": "user", "content": "a fox"}]} | expected
    wire = OPENAI.wire(payload)
    assert (wire.path, wire.media_type, json.loads(wire.body)) == ("/chat/completions", "application/json", payload)


@pytest.mark.parametrize("slug", DIALECTS)
def test_every_dialect_has_the_chat(slug: str) -> None:
    payload = DIALECTS[slug].build(Ask(model_id="m", prompt="a fox"))
    wire = DIALECTS[slug].wire(payload)
    assert (wire.path, json.loads(wire.body)) == ("/chat/completions", payload)


def test_a_model_of_the_images_routes_is_asked_without_a_message() -> None:
    wire = sent(values={"n": 2, "size": "512x512", "quality": "low"}, is_streamed=True, modalities=["image"])
    assert (wire.path, wire.media_type) == ("/images/generations", "application/json")
    assert json.loads(wire.body) == {"model": "m", "prompt": "a fox", "n": 2, "size": "512x512", "quality": "low"}


def test_a_setting_never_takes_the_place_of_model_or_prompt() -> None:
    wire = sent(values={"model": "other", "prompt": "no"})
    assert json.loads(wire.body) == {"model": "m", "prompt": "a fox"}


def test_what_is_not_to_travel_stays_here() -> None:
    wire = sent(values={"note": "x"}, pictures=[picture("sketch")], transports={"note": "none", "sketch": "none"})
    assert (wire.path, json.loads(wire.body)) == ("/images/generations", {"model": "m", "prompt": "a fox"})


def test_what_people_said_before_stands_before_the_prompt() -> None:
    said = [Turn(role="user", text="a hill"), Turn(role="assistant", text="Here it is."), Turn(role="user", text="")]
    assert json.loads(sent(conversation=said, prompt="make it blue").body)["prompt"] == "a hill\n\nmake it blue"


@pytest.mark.parametrize(("count", "name"), [(1, "image"), (2, "image[]")])
def test_pictures_and_mask_travel_as_files_of_a_form(count: int, name: str) -> None:
    content = make_picture() + b"\r\n--boundary--\r\n"
    pictures = [picture("image", content), picture("image"), picture("mask", b"mask")]
    values = {"n": 2, "size": "512x512", "transparent": True, "extra": {"a": [1]}}
    wire = sent(values=values, pictures=pictures[:count] + pictures[2:])

    assert wire.path == "/images/edits"
    fields, files = read_form(wire.media_type, wire.body)
    assert fields == {
        "n": "2",
        "size": "512x512",
        "transparent": "true",
        "extra": '{"a":[1]}',
        "model": "m",
        "prompt": "a fox",
    }
    assert files == {"image": [one.content for one in pictures[:count]], "mask": [b"mask"]}
    assert f'name="{name}"; filename="image-1.png"\r\nContent-Type: image/png'.encode() in wire.body


def test_the_request_is_sent_to_its_own_path_as_what_it_is(fake_gateway: FakeGateway, tmp_path: Path) -> None:
    connection = Connection(base_url=fake_gateway.base_url, api_key="sk-CANARY-12345678", dialect="openai")
    for pictures in ([], [picture("image")]):
        payload = build(surface="images", pictures=pictures)
        fake_gateway.will_send(json={"data": [{"b64_json": "AAAAAAAAAAAAAAAAAAAAAAAA"}]})
        client.send(connection, payload, reply_path=tmp_path / "r", deadline=20, max_bytes=10**7)
        assert len(client.parse(connection, client.read_reply(tmp_path / "r")).pictures) == 1
    plain, form = fake_gateway.requests
    assert (plain.path, plain.headers["content-type"]) == ("/v1/images/generations", "application/json")
    assert form.path == "/v1/images/edits"
    assert read_form(form.headers["content-type"], form.body)[1] == {"image": [picture("image").content]}
    assert {request.headers["authorization"] for request in fake_gateway.requests} == {"Bearer sk-CANARY-12345678"}


def test_without_a_key_no_word_of_one_is_sent(fake_gateway: FakeGateway, tmp_path: Path) -> None:
    connection = Connection(base_url=fake_gateway.base_url, api_key="", dialect="openai")
    client.send(connection, build(), reply_path=tmp_path / "r", deadline=20, max_bytes=10**7)
    assert "authorization" not in fake_gateway.requests[0].headers


# What comes back


def test_a_picture_of_the_images_routes_is_read_with_what_was_drawn_instead() -> None:
    result = parse((REPLIES / "openai_images.json").read_bytes())
    assert (result.pictures[0].content or b"").startswith(b"\x89PNG")
    assert result.revised_prompt == "A small red fox in the snow, at dusk"
    assert (result.input_tokens, result.output_tokens, result.cost) == (11, 1056, None)


@pytest.mark.parametrize(
    ("data", "expected"),
    [
        ([{"url": "http://127.0.0.1:4000/files/1.png"}, {"url": "https://cdn.example/2"}], 2),
        ([{"b64_json": None, "url": "https://cdn.example/1"}], 1),
        ([{"b64_json": "data:image/png;base64,AAAAAAAAAAAAAAAAAAAA"}], 1),
    ],
)
def test_pictures_come_as_links_or_inline(data: list[dict[str, Any]], expected: int) -> None:
    assert len(parse({"created": 1, "data": data}).pictures) == expected


def test_an_answer_without_a_picture_is_a_failure() -> None:
    assert type(refusal({"created": 1, "data": []}, 200)) is errors.NoImage


def test_a_picture_within_the_chat_is_read() -> None:
    result = parse((REPLIES / "openai.json").read_bytes())
    assert (len(result.pictures), result.model_used, result.cost) == (1, "gemini-2.5-flash-image", None)


@pytest.mark.parametrize(
    ("usage", "header", "cost"),
    [
        ({}, None, None),
        ({}, "0.042", "0.042"),
        ({}, "5e-06", "0.000005"),
        ({}, "0", "0"),
        ({"cost": 0.04}, None, "0.04"),
        # What the proxy reckons itself, not what it was told by whom it asked.
        ({"cost": 0.04}, "0.05", "0.05"),
        ({"cost": 0.04}, "None", "0.04"),
        ({}, "nan", None),
        ({}, "-1", None),
        ({}, "1" * 50, None),
    ],
)
def test_the_cost_is_read_where_it_is_told(usage: dict[str, Any], header: str | None, cost: str | None) -> None:
    headers = {} if header is None else {"x-litellm-response-cost": header}
    result = parse({"data": [{"url": "https://cdn.example/1"}], "usage": usage}, headers=headers)
    assert (result.cost, result.cost_unit) == (None if cost is None else Decimal(cost), "usd" if cost else "")


def word(code: str | None, message: str = "no", kind: str = "invalid_request_error", parameter: Any = None) -> Any:
    return {"error": {"message": message, "type": kind, "param": parameter, "code": code}}


@pytest.mark.parametrize(
    ("status", "body", "expected"),
    [
        (401, word("invalid_api_key", "Incorrect API key provided: sk-CANARY."), errors.KeyRefused),
        (400, word("400", "No connected db.", "no_db_connection"), errors.KeyRefused),
        (401, word("401", "Authentication Error, Invalid proxy server token passed.", "auth_error"), errors.KeyRefused),
        (429, word("insufficient_quota", "You exceeded your current quota"), errors.OutOfCredit),
        (400, word("billing_hard_limit_reached", "Billing hard limit has been reached"), errors.OutOfCredit),
        (
            400,
            word("400", "Budget has been exceeded! Current cost: 1, Max budget: 1", "budget_exceeded"),
            errors.OutOfCredit,
        ),
        (
            429,
            word("429", "litellm.RateLimitError: OpenAIException - Insufficient credits" + LITELLM),
            errors.OutOfCredit,
        ),
        (400, word("moderation_blocked", "Your request was rejected by the safety system."), errors.ContentRefused),
        (400, word("400", "litellm.ContentPolicyViolationError: no" + LITELLM), errors.ContentRefused),
        (404, word("model_not_found", "The model `x` does not exist"), errors.ModelNotFound),
        (404, word(None, "model 'x' not found, try pulling it first", "not_found_error"), errors.ModelNotFound),
        (
            400,
            word("400", "400: {'error': 'Invalid model name passed in model=x. Call `/v1/models`'}"),
            errors.ModelNotFound,
        ),
        (400, word("unknown_parameter", "Unknown parameter: 'seed'.", parameter="seed"), errors.ParameterRefused),
        (400, word("invalid_image_file", "Invalid image file", parameter=None), errors.Rejected),
        (400, word(None, "The prompt is too long.", parameter="prompt"), errors.Rejected),
        (413, word(None, "too large"), errors.Rejected),
        (429, word("rate_limit_exceeded", "Rate limit reached", "requests"), errors.TooManyRequests),
        (500, word("500", "litellm.APIConnectionError: Connection error." + LITELLM), errors.GatewayFailed),
        (502, word("502", "litellm.BadGatewayError: safety system" + LITELLM), errors.GatewayFailed),
        (408, word("408", "litellm.Timeout: Request timed out" + LITELLM), errors.TimedOut),
        (500, b"Internal Server Error", errors.GatewayFailed),
        (404, {"detail": "Not Found"}, errors.ModelNotFound),
        (405, {"detail": "Method Not Allowed"}, errors.Rejected),
        (200, word(None, "no", "server_error"), errors.GatewayFailed),
    ],
)
def test_every_refusal_has_its_kind(status: int, body: Any, expected: type[errors.GatewayError]) -> None:
    error = refusal(body, status)
    assert (type(error), error.status) == (expected, status)
    assert "CANARY" not in error.sentence + error.detail


# Keys and lists


LISTED = {"object": "list", "data": [{"id": "flux-dev", "object": "model", "created": 1, "owned_by": "us"}]}
MODES = {"data": [{"id": "a", "mode": "image_generation"}, {"id": "b", "mode": "chat"}, {"id": "c", "mode": 5}]}


def test_a_list_of_models_proves_address_and_key_and_costs_nothing() -> None:
    test = OPENAI.key_test()
    assert (test.method, test.path, test.json) == ("GET", "/models", None)
    assert OPENAI.read_key_test(reply(LISTED)) == "The server took the key, if it asks for one, and lists 1 model."
    assert OPENAI.read_key_test(reply(MODES)).endswith("lists 3 models.")
    for body, status, expected in (
        (word("invalid_api_key", "no"), 401, errors.KeyRefused),
        (word(None, "No connected db."), 400, errors.KeyRefused),
        (b"<html>", 200, errors.AnswerUnreadable),
        ({"detail": "Not Found"}, 404, errors.ModelNotFound),
    ):
        with pytest.raises(expected):
            OPENAI.read_key_test(reply(body, status))


def test_a_proxys_word_for_what_a_model_does_is_kept() -> None:
    assert [(model.model_id, model.mode) for model in OPENAI.read_models(reply(MODES))] == [
        ("a", "image_generation"),
        ("b", "chat"),
        ("c", ""),
    ]
