"""What unchanged clients get from the endpoint: pictures, streams, words, lists of models, and their own typed errors."""

from typing import Any

import pytest

from tests.clients.pictures import fetch, open_picture, sizes
from tests.clients.room import BOTH, CLIENTS, PICTURE_SIZE, Room

EVERY = tuple(CLIENTS)
PYTHON = ("openai-3", "openai-2")
OPENAI = (*PYTHON, "openai-node")
# OpenRouter's own package drops the pictures of a stream.
STREAMING = (*OPENAI, "litellm")
SMALL = (640, 480)
# Its pixels stand in OpenRouter's document.
ULTRAWIDE = (1536, 672)


# Chat completions --------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("client", EVERY)
def test_a_picture_comes_in_the_message(client: str, room: Room) -> None:
    seen = room.fact(client, "one_picture")
    assert sizes(seen["pictures"]) == [SMALL]
    assert seen["content"] == ""
    assert (seen["object"], seen["role"], seen["finish_reason"]) == ("chat.completion", "assistant", "stop")
    assert seen["model"].endswith("routellm/flux_pro")
    assert isinstance(seen["total_tokens"], int)


@pytest.mark.parametrize("client", EVERY)
def test_several_pictures_come_in_one_message(client: str, room: Room) -> None:
    pictures = room.fact(client, "several_pictures")["pictures"]
    assert sizes(pictures) == [SMALL] * 3
    assert len(set(pictures)) == 3


@pytest.mark.parametrize("client", PYTHON)
def test_a_model_of_pictures_needs_no_modalities(client: str, room: Room) -> None:
    assert sizes(room.fact(client, "picture_without_modalities")["pictures"]) == [SMALL]


@pytest.mark.parametrize("client", PYTHON)
def test_switches_and_numbers_may_be_texts(client: str, room: Room) -> None:
    assert sizes(room.fact(client, "picture_from_values_as_strings")["pictures"]) == [SMALL] * 2


@pytest.mark.parametrize("client", STREAMING)
def test_a_stream_has_a_chunk_for_each_picture(client: str, room: Room) -> None:
    seen = room.fact(client, "streamed_pictures")
    assert sizes(seen["pictures"]) == [SMALL] * 2
    assert seen["chunks_with_pictures"] == 2
    assert seen["finish_reason"] == "stop"
    assert isinstance(seen["total_tokens"], int)


@pytest.mark.parametrize("client", STREAMING)
def test_a_stream_has_words_beside_the_picture(client: str, room: Room) -> None:
    seen = room.fact(client, "streamed_picture_and_words")
    assert sizes(seen["pictures"]) == [ULTRAWIDE]
    assert "picture" in "".join(seen["pieces"])


def test_a_stream_of_pictures_passes_the_strictest_client(room: Room) -> None:
    for name in ("streamed_pictures", "streamed_picture_and_words"):
        seen = room.fact("openrouter-node", name)
        assert seen["chunks"] >= 3
        assert (seen["finish_reason"], seen["error"]) == ("stop", None)


@pytest.mark.parametrize("client", EVERY)
def test_a_picture_is_looked_at(client: str, room: Room) -> None:
    assert_measured(room.fact(client, "vision")["content"])


@pytest.mark.parametrize("client", EVERY)
def test_words_are_streamed_piece_by_piece(client: str, room: Room) -> None:
    seen = room.fact(client, "streamed_words")
    assert len(seen["pieces"]) > 1
    assert_measured("".join(seen["pieces"]))
    assert seen["finish_reason"] == "stop"
    assert seen["total_tokens"] > 0


@pytest.mark.parametrize("client", PYTHON)
def test_plain_talk_is_answered(client: str, room: Room) -> None:
    seen = room.fact(client, "talk")
    assert seen["content"] and not seen["pictures"]


@pytest.mark.parametrize("client", PYTHON)
def test_a_picture_in_the_message_is_changed(client: str, room: Room) -> None:
    (size,) = sizes(room.fact(client, "picture_from_picture")["pictures"])
    assert size == (1344, 768)


@pytest.mark.parametrize("client", PYTHON)
def test_a_picture_may_come_as_a_link(client: str, room: Room) -> None:
    (link,) = room.fact(client, "picture_as_link")["pictures"]
    assert fetch(link).size == SMALL


@pytest.mark.parametrize("client", OPENAI)
def test_a_picture_may_come_as_a_content_part(client: str, room: Room) -> None:
    seen = room.fact(client, "picture_as_content_part")
    assert not seen["pictures"]
    (part,) = seen["content"]
    assert part["type"] == "image_url"
    assert open_picture(part["image_url"]["url"]).size == SMALL


@pytest.mark.parametrize("client", PYTHON)
def test_the_answer_says_which_run_it_is_and_that_the_sandbox_made_it(client: str, room: Room) -> None:
    seen = room.fact(client, "headers")
    assert seen["x-request-id"]
    assert seen["id"] == f"gen-{seen['x-generation-id']}"
    assert seen["x-proofsheet-simulated"] == "true"
    assert seen["content-type"].startswith("application/json")


@pytest.mark.parametrize("client", PYTHON)
def test_the_same_request_under_the_same_key_is_run_once(client: str, room: Room) -> None:
    first, second = room.fact(client, "same_key_twice")
    assert first == second


# Images API --------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("client", EVERY)
def test_the_images_api_makes_a_picture(client: str, room: Room) -> None:
    seen = room.fact(client, "generated")
    assert sizes(seen["pictures"]) == [SMALL]
    assert isinstance(seen["created"], int)


@pytest.mark.parametrize("client", [*OPENAI, "openrouter-node"])
def test_the_images_api_makes_several_pictures(client: str, room: Room) -> None:
    assert sizes(room.fact(client, "generated_several")["pictures"]) == [SMALL] * 2


@pytest.mark.parametrize("client", PYTHON)
def test_the_images_api_gives_links(client: str, room: Room) -> None:
    (link,) = room.fact(client, "generated_as_links")["links"]
    assert fetch(link).size == SMALL


@pytest.mark.parametrize("client", [*OPENAI, "litellm"])
def test_an_alias_takes_a_size_that_its_model_has_not(client: str, room: Room) -> None:
    seen = room.fact(client, "generated_by_alias")
    assert sizes(seen["pictures"]) == [(1024, 1024)]
    if client in OPENAI:
        assert any("512x512" in warning and "1024x1024" in warning for warning in seen["warnings"])


@pytest.mark.parametrize("client", PYTHON)
def test_an_alias_takes_the_size_auto(client: str, room: Room) -> None:
    seen = room.fact(client, "generated_in_any_size")
    assert len(sizes(seen["pictures"])) == 1
    assert not seen["warnings"]


def test_openrouters_images_api_takes_a_shape_and_a_tier(room: Room) -> None:
    assert sizes(room.fact("openrouter-node", "generated_in_shape")["pictures"]) == [ULTRAWIDE]


@pytest.mark.parametrize("client", EVERY)
def test_a_picture_is_edited(client: str, room: Room) -> None:
    assert len(sizes(room.fact(client, "edited")["pictures"])) == 1


@pytest.mark.parametrize("client", OPENAI)
def test_two_pictures_are_edited_into_one(client: str, room: Room) -> None:
    assert len(sizes(room.fact(client, "edited_from_two")["pictures"])) == 1


@pytest.mark.parametrize("client", PYTHON)
def test_a_picture_is_edited_under_a_mask(client: str, room: Room) -> None:
    assert len(sizes(room.fact(client, "edited_with_mask")["pictures"])) == 1


# Lists -------------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("client", EVERY)
def test_the_models_are_listed(client: str, room: Room) -> None:
    seen = room.fact(client, "models")
    ids = [name.removeprefix("litellm_proxy/") for name in seen["ids"]]
    assert {"routellm/flux_pro", f"openrouter/{BOTH}", f"openroute/{BOTH}"} <= set(ids)
    assert len(ids) == len(set(ids))
    assert seen.get("objects", ["model"]) == ["model"]
    assert seen.get("total", len(ids)) == len(ids)


@pytest.mark.parametrize("client", OPENAI)
def test_one_model_is_retrieved(client: str, room: Room) -> None:
    seen = room.fact(client, "one_model")
    assert (seen["id"], seen["object"]) == (f"openrouter/{BOTH}", "model")
    assert seen["created"] > 0 and seen["owned_by"]


def test_one_model_is_retrieved_by_author_and_slug(room: Room) -> None:
    assert room.fact("openrouter-node", "one_model")["id"] == "routellm/flux_pro"


def test_openrouters_list_of_image_models_holds_their_settings(room: Room) -> None:
    seen = room.fact("openrouter-node", "image_models")
    assert "routellm/flux_pro" in seen["ids"]
    assert "640x480" in seen["parameters"]["size"]["values"]


def test_a_models_endpoints_name_its_gateway(room: Room) -> None:
    assert room.fact("openrouter-node", "image_model_endpoints") == {
        "id": "routellm/flux_pro",
        "providers": ["routellm"],
    }


def test_the_key_tells_what_it_is(room: Room) -> None:
    seen = room.fact("openrouter-node", "key")
    assert seen["label"] and seen["limit"] is None and seen["usage"] >= 0


# Errors ------------------------------------------------------------------------------------------------------------

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
    # litellm knows refused content by a class of its own.
    is_its_own = client == "litellm" and name in ("refused_content", "refused_stream")
    expected = "ContentPolicyViolationError" if is_its_own else CLASSES[client][status]
    assert (seen["class"], seen["status"]) == (expected, status), seen
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
    seen: dict[str, Any] = room.fact(client, "broken_stream")
    assert seen["class"] == expected, seen


def test_a_stream_that_breaks_tells_openrouters_client_why(room: Room) -> None:
    seen = room.fact("openrouter-node", "broken_stream")
    assert seen["finish_reason"] == "error"
    assert seen["error"]["code"] == 502 and seen["error"]["message"]


@pytest.mark.parametrize("client", OPENAI)
def test_a_call_that_may_have_been_paid_is_not_sent_again(client: str, room: Room) -> None:
    seen = room.fact(client, "tried_once_though_retries_are_on")
    assert (seen["class"], seen["status"], seen["sent"]) == ("InternalServerError", 502, 1)


def assert_measured(words: str) -> None:
    width, height = PICTURE_SIZE
    assert str(width) in words and str(height) in words
