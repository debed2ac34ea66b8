"""`image_config` of a chat request: what is taken, what is a warning, what is a 400 that names the allowed values."""

from typing import Any

import pytest

from gallery.models import Gateway, Generation
from tests import factories
from tests.endpoint.script import Script, picture_part, text_part
from tests.fake_gateway import FakeGateway, data_url

pytestmark = pytest.mark.django_db(transaction=True)

URL = data_url(factories.png())
OTHERS = [data_url(factories.png(f"#{number:02x}6040")) for number in range(16)]

# What a run gets of its own accord.
UNASKED = ("seed", "rewrite_prompt")
# Model, image_config as it came, what of it is kept.
TAKEN = [
    ("flux_kontext", {"aspect_ratio": "auto"}, {}),
    ("gpt_image", {"quality": "auto", "size": "auto"}, {"quality": "auto"}),
    ("flux_pro_ultra", {"raw": "true"}, {"raw": True}),
    ("flux_pro_ultra", {"raw": "False"}, {"raw": False}),
    ("flux_pro_ultra", {"raw": True}, {"raw": True}),
    ("flux_kontext", {"rewrite_prompt": "false"}, {"rewrite_prompt": False}),
    ("flux_kontext", {"seed": "42", "guidance_scale": "2.5"}, {"seed": 42, "guidance_scale": 2.5}),
    ("flux_kontext", {"seed": 42.0}, {"seed": 42}),
    ("flux_kontext", {"seed": 1, "mode": None}, {"seed": 1}),
    ("midjourney", {"version": "niji 6"}, {"version": "niji 6"}),
    ("gpt-5.4", {"num_images": 2, "aspect_ratio": "2:3"}, {"num_images": 2, "aspect_ratio": "2:3"}),
]


@pytest.mark.parametrize(("model", "settings", "kept"), TAKEN, ids=str)
def test_a_setting_is_taken_in_its_json_type(
    model: str, settings: dict[str, Any], kept: dict[str, Any], shipped: None, script: Script
) -> None:
    answer = script.chat(model=f"routellm/{model}", image_config=settings)
    assert answer.warnings == []
    parameters = Generation.objects.get().parameters
    assert {name: value for name, value in parameters.items() if name in kept or name not in UNASKED} == kept
    assert all(type(parameters[name]) is type(value) for name, value in kept.items())


# Model, image_config, the setting that is named, words of the sentence.
REFUSED = [
    ("flux_kontext", {"aspect_ratio": "5:7"}, "aspect_ratio", ["1:1", "16:9", "9:21"]),
    ("flux_kontext", {"aspect_ratio": 1}, "aspect_ratio", ["1:1"]),
    ("flux_kontext", {"mode": "turbo"}, "mode", ["pro", "max"]),
    ("ideogram", {"style": "auto "}, "style", ["AUTO", "DESIGN"]),
    ("flux_kontext", {"guidance_scale": 21}, "guidance_scale", ["1 to 20"]),
    ("flux_kontext", {"guidance_scale": 2.3}, "guidance_scale", ["steps of 0.5"]),
    ("flux_kontext", {"seed": "seven"}, "seed", ["number"]),
    ("flux_kontext", {"seed": True}, "seed", ["number"]),
    ("flux_kontext", {"rewrite_prompt": "perhaps"}, "rewrite_prompt", ["on or off"]),
    ("imagen", {"negative_prompt": "x" * 4001}, "negative_prompt", ["4,000"]),
    ("midjourney", {"negative_prompt": "https://x.test"}, "negative_prompt", ["web addresses"]),
    ("flux_kontext", {"image_prompt": 7}, "image_prompt", ["data URLs"]),
    ("flux_kontext", {"image_prompt": [URL, ""]}, "image_prompt", ["data URLs"]),
    ("flux_kontext", {"image_prompt": OTHERS[:5]}, "image_prompt", ["takes 4 pictures"]),
    ("flux_kontext_edit", {}, "image_prompt", ["works from a picture"]),
    ("flux_pro_canny", {}, "control_image", ["works from a picture"]),
]


@pytest.mark.parametrize(("model", "settings", "name", "words"), REFUSED, ids=str)
def test_a_value_outside_the_spec_is_refused_and_the_allowed_ones_named(
    model: str,
    settings: dict[str, Any],
    name: str,
    words: list[str],
    routellm: Gateway,
    fake_gateway: FakeGateway,
    script: Script,
) -> None:
    answer = script.chat(model=f"routellm/{model}", image_config=settings)
    assert answer.refusal == (400, "invalid_request_error", f"image_config.{name}")
    assert all(word in answer.error["message"] for word in words), answer.error["message"]
    assert not fake_gateway.requests
    assert not Generation.objects.exists()


@pytest.mark.parametrize("count", [0, 5, -1, 1.5, "many", True, [2]], ids=str)
def test_a_count_outside_the_spec_is_refused(count: Any, shipped: None, script: Script) -> None:
    assert script.chat(n=count).refusal == (400, "invalid_request_error", "n")
    assert script.chat(image_config={"num_images": count}).refusal == (400, "invalid_request_error", "n")


def test_unknown_settings_are_warned_about_and_left_out(
    routellm: Gateway, fake_gateway: FakeGateway, script: Script
) -> None:
    answer = script.chat(image_config={"sparkle": 9, "size": "1024x1024", "prompt": "a cat", "seed": 1}, top_k=5)
    assert [warning.split()[0].rstrip(":") for warning in answer.warnings] == [
        "top_k",
        "image_config.prompt",
        "image_config.sparkle",
        "image_config.size",
    ]
    sent = {"mode": "pro", "seed": 1, "rewrite_prompt": True}
    assert fake_gateway.requests[0].json["image_config"] == sent


def test_options_for_words_are_warned_about(shipped: None, script: Script) -> None:
    assert script.chat(temperature=1, max_tokens=5).warnings == [
        "temperature is for answers in words and was left out.",
        "max_tokens is for answers in words and was left out.",
    ]


# Pictures ----------------------------------------------------------------------------------------------------------


def given(generation: Generation) -> list[tuple[str, int]]:
    return [(row.parameter, row.position) for row in generation.inputs.order_by("parameter", "position")]


def test_pictures_of_the_message_go_to_the_models_own_parameters_in_order(
    routellm: Gateway, fake_gateway: FakeGateway, script: Script
) -> None:
    content = [text_part("a knight"), *map(picture_part, OTHERS[:6])]
    assert script.chat(content, model="routellm/ideogram_character").status == 200
    assert given(Generation.objects.get()) == [
        *(("character_images", place) for place in range(4)),
        *(("style_images", place) for place in range(2)),
    ]
    sent = fake_gateway.requests[0].json["messages"][0]["content"]
    assert [part["image_url"]["url"] for part in sent[1:]] == OTHERS[:6]


@pytest.mark.parametrize("value", [URL, [URL]], ids=["one", "list"])
def test_a_picture_may_stand_in_image_config(
    value: Any, routellm: Gateway, fake_gateway: FakeGateway, script: Script
) -> None:
    assert script.chat(model="routellm/flux_pro_depth", image_config={"control_image": value}).status == 200
    assert given(Generation.objects.get()) == [("control_image", 0)]


def test_pictures_in_both_places_are_put_together(shipped: None, script: Script) -> None:
    content = [text_part("a knight"), picture_part(OTHERS[0]), picture_part(OTHERS[1])]
    settings = {"style_images": [OTHERS[2]], "character_images": OTHERS[3:6]}
    assert script.chat(content, model="routellm/ideogram_character", image_config=settings).status == 200
    assert given(Generation.objects.get()) == [
        *(("character_images", place) for place in range(4)),
        *(("style_images", place) for place in range(2)),
    ]


@pytest.mark.parametrize(("model", "most"), [("flux_kontext", 4), ("flux_pro_ultra", 1), ("imagen", 0)])
def test_more_pictures_than_the_model_takes_are_refused(
    model: str, most: int, routellm: Gateway, fake_gateway: FakeGateway, script: Script
) -> None:
    content = [text_part("x"), *map(picture_part, OTHERS[: most + 1])]
    answer = script.chat(content, model=f"routellm/{model}")
    assert answer.refusal == (400, "invalid_request_error", "messages")
    assert str(most or "no pictures").replace("1", "one") in answer.error["message"]
    assert not fake_gateway.requests


def test_a_picture_switches_off_what_the_model_then_ignores(
    routellm: Gateway, fake_gateway: FakeGateway, script: Script
) -> None:
    answer = script.chat([text_part("x"), picture_part(URL)], image_config={"seed": 1, "aspect_ratio": "16:9"}, n=3)
    assert [warning.split()[0] for warning in answer.warnings] == ["seed", "num_images"]
    sent = {"mode": "pro", "aspect_ratio": "16:9", "rewrite_prompt": True}
    assert fake_gateway.requests[0].json["image_config"] == sent


@pytest.mark.parametrize(("settings", "sent"), [({}, True), ({"rewrite_prompt": None}, True)])
def test_what_a_gateway_must_be_told_at_its_default_is_sent_as_the_studio_sends_it(
    settings: dict[str, Any], sent: bool, routellm: Gateway, fake_gateway: FakeGateway, script: Script
) -> None:
    script.chat(image_config=settings)
    assert fake_gateway.requests[0].json["image_config"]["rewrite_prompt"] is sent
    assert Generation.objects.get().parameters["rewrite_prompt"] is sent


def test_midjourneys_prompt_takes_no_flags(shipped: None, script: Script) -> None:
    answer = script.chat("a cat --ar 16:9", model="routellm/midjourney")
    assert answer.refusal == (400, "invalid_request_error", "messages")
