"""What unchanged clients get from the images API, OpenAI's and OpenRouter's, and from the lists of models."""

import pytest

from tests.clients.pictures import fetch, sizes
from tests.clients.room import BOTH, EVERY, OPENAI, PYTHON, Room

SMALL = (640, 480)
ULTRAWIDE = (1536, 672)


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


@pytest.mark.parametrize("client", [*OPENAI, "openrouter-node"])
def test_the_images_api_streams_an_event_for_each_picture(client: str, room: Room) -> None:
    seen = room.fact(client, "generated_as_stream")
    assert [event["type"] for event in seen] == ["image_generation.completed"] * 2
    assert sizes([event["picture"] for event in seen]) == [SMALL] * 2


@pytest.mark.parametrize("client", EVERY)
def test_a_picture_is_edited(client: str, room: Room) -> None:
    assert len(sizes(room.fact(client, "edited")["pictures"])) == 1


@pytest.mark.parametrize("client", OPENAI)
def test_two_pictures_are_edited_into_one(client: str, room: Room) -> None:
    assert len(sizes(room.fact(client, "edited_from_two")["pictures"])) == 1


@pytest.mark.parametrize("client", PYTHON)
def test_a_picture_is_edited_under_a_mask(client: str, room: Room) -> None:
    assert len(sizes(room.fact(client, "edited_with_mask")["pictures"])) == 1


# Lists -----------------------------------------------------------------------------------------------------------------


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
