"""Errors as unchanged clients meet them: their own typed exceptions, within streams too, and nothing paid twice."""

import pytest

from tests.clients.room import EVERY, OPENAI, PYTHON, Room

STATUSES = {
    "wrong_value": 400,
    "refused_content": 400,
    "refused_stream": 400,
    "wrong_token": 401,
    "no_credit": 402,
    "unknown_model": 404,
    "rate_limit": 429,
}
OPENAI_CLASSES = {400: "BadRequestError", 401: "AuthenticationError", 404: "NotFoundError", 429: "RateLimitError"}
# None of these clients but OpenRouter's has a class for 402.
CLASSES = {
    "openai-3": {**OPENAI_CLASSES, 402: "APIStatusError"},
    "openai-2": {**OPENAI_CLASSES, 402: "APIStatusError"},
    "openai-node": {**OPENAI_CLASSES, 402: "APIError"},
    "litellm": {**OPENAI_CLASSES, 402: "APIError"},
    "openrouter-node": {
        400: "BadRequestResponseError",
        401: "UnauthorizedResponseError",
        402: "PaymentRequiredResponseError",
        404: "NotFoundResponseError",
        429: "TooManyRequestsResponseError",
    },
}


@pytest.mark.parametrize("client", EVERY)
@pytest.mark.parametrize("name", STATUSES)
def test_an_error_is_the_clients_own_typed_one(client: str, name: str, room: Room) -> None:
    seen, status = room.fact(client, name), STATUSES[name]
    expected = {CLASSES[client][status]}
    if client == "litellm" and name in ("refused_content", "refused_stream"):
        # Up to 1.109 a kind of its own of the same error.
        expected.add("ContentPolicyViolationError")
    assert (seen["class"] in expected, seen["status"]) == (True, status), seen
    assert seen["message"]


@pytest.mark.parametrize("client", OPENAI)
@pytest.mark.parametrize("name", STATUSES)
def test_an_error_has_the_whole_shape(client: str, name: str, room: Room) -> None:
    seen = room.fact(client, name)
    assert seen["body"]["code"] == STATUSES[name]
    assert set(seen["body"]) == {"message", "type", "param", "code", "metadata"}


@pytest.mark.parametrize("client", OPENAI)
def test_a_value_outside_the_spec_is_named_with_those_that_are_allowed(client: str, room: Room) -> None:
    seen = room.fact(client, "wrong_value")
    assert seen["param"] == "image_config.size"
    assert "640x480" in seen["message"]


@pytest.mark.parametrize("client", [*OPENAI, "openrouter-node"])
def test_a_gateways_limit_is_passed_on_with_its_wait(client: str, room: Room) -> None:
    assert room.fact(client, "rate_limit")["retry_after"] == "5"


@pytest.mark.parametrize("client", OPENAI)
def test_refused_content_says_what_it_is(client: str, room: Room) -> None:
    seen = room.fact(client, "refused_content")
    assert seen["body"]["metadata"]["error_type"] == "content_policy_violation"


@pytest.mark.parametrize("client", PYTHON)
def test_another_request_under_the_same_key_is_refused(client: str, room: Room) -> None:
    seen = room.fact(client, "other_request_under_same_key")
    assert (seen["class"], seen["status"]) == ("ConflictError", 409)


@pytest.mark.parametrize("client", PYTHON)
def test_an_unknown_path_is_a_typed_error_too(client: str, room: Room) -> None:
    seen = room.fact(client, "unknown_path")
    assert (seen["class"], seen["body"]["code"]) == ("NotFoundError", 404)


@pytest.mark.parametrize(
    ("client", "expected"),
    [
        ("openai-3", "APIError"),
        ("openai-2", "APIError"),
        ("openai-node", "APIError"),
        ("litellm", "MidStreamFallbackError"),
    ],
)
def test_a_stream_that_breaks_is_an_error(client: str, expected: str, room: Room) -> None:
    seen = room.fact(client, "broken_stream")
    assert seen["class"] == expected, seen


def test_a_stream_that_breaks_tells_openrouters_client_why(room: Room) -> None:
    seen = room.fact("openrouter-node", "broken_stream")
    assert seen["finish_reason"] == "error"
    assert seen["error"]["code"] == 502 and seen["error"]["message"]


@pytest.mark.parametrize("client", OPENAI)
def test_a_call_that_may_have_been_paid_is_not_sent_again(client: str, room: Room) -> None:
    seen = room.fact(client, "tried_once_though_retries_are_on")
    assert (seen["class"], seen["status"], seen["sent"]) == ("InternalServerError", 502, 1)
