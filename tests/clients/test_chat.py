"""What unchanged clients get from chat completions: pictures, streams, words about pictures, the studio's own variants."""

import pytest

from tests.clients.pictures import fetch, open_picture, sizes
from tests.clients.room import EVERY, OPENAI, PICTURE_SIZE, PYTHON, Room

# OpenRouter's own package drops the pictures of a stream.
STREAMING = (*OPENAI, "litellm")
SMALL = (640, 480)
# Its pixels stand in OpenRouter's document.
ULTRAWIDE = (1536, 672)


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


@pytest.mark.parametrize("client", PYTHON)
def test_n_counts_pictures(client: str, room: Room) -> None:
    assert sizes(room.fact(client, "pictures_by_n")["pictures"]) == [SMALL] * 2


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


def assert_measured(words: str) -> None:
    width, height = PICTURE_SIZE
    assert str(width) in words and str(height) in words
