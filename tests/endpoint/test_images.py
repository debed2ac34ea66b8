"""The images API: `images/generations` as OpenAI has it, `images` as OpenRouter does; edits are in `test_edits`."""

import base64
import json
from typing import Any

import pytest

from gallery.models import Gateway, Generation, ImageModel
from tests import factories
from tests.endpoint.script import CHAT, EDITS, FLUX, GENERATIONS, PROMPT, ROUTED, Script, ask
from tests.fake_gateway import FakeGateway, data_url, image_entry, image_reply, make_noise

pytestmark = pytest.mark.django_db(transaction=True)

PICTURE, OTHER = factories.png("olive"), factories.png("navy")
FILL = "routellm/flux_pro_fill"


def order(**more: Any) -> dict[str, Any]:
    return {"model": FLUX, "prompt": PROMPT, **more}


def settings_sent(gateway: FakeGateway) -> dict[str, Any]:
    return dict(gateway.requests[-1].json.get("image_config", {}))


def pictures_sent(gateway: FakeGateway) -> list[bytes]:
    parts = gateway.requests[-1].json["messages"][-1]["content"]
    urls = [part["image_url"]["url"] for part in parts if part["type"] == "image_url"]
    return [base64.b64decode(url.partition(",")[2]) for url in urls]


def test_a_generation_gives_its_pictures_as_base64(
    routellm: Gateway, fake_gateway: FakeGateway, script: Script
) -> None:
    pictures = fake_gateway.will_send_image(count=2)
    answer = script.post(GENERATIONS, order(n=2, response_format="b64_json", user="u-1"))
    assert answer.status == 200
    generation = Generation.objects.get()
    assert answer.json == {
        "created": int(generation.created_at.timestamp()),
        "model": generation.full_model_id,
        "data": [{"b64_json": base64.b64encode(picture).decode()} for picture in pictures],
        "output_format": "png",
        "usage": {
            "input_tokens": 0,
            "input_tokens_details": {"image_tokens": 0, "text_tokens": 0},
            "output_tokens": 0,
            "total_tokens": 0,
            "cost": None,
            "compute_points_used": 150,
        },
        "metadata": {"generation_id": str(generation.pk), "warnings": [], "notes": [], "simulated": False},
    }
    assert answer.headers["x-generation-id"] == str(generation.pk)
    assert fake_gateway.requests[0].json["messages"] == [{"role": "user", "content": PROMPT}]
    assert (generation.prompt, generation.parameters["num_images"]) == (PROMPT, 2)


@pytest.mark.parametrize(
    ("path", "more"), [(GENERATIONS, {}), (GENERATIONS, {"stream": True}), (CHAT, {"stream": True})]
)
def test_a_large_picture_is_never_in_memory_whole(
    path: str, more: dict[str, Any], routellm: Gateway, fake_gateway: FakeGateway, script: Script
) -> None:
    """It is written as base64 piece by piece, as its reader takes it: the same text."""
    picture = make_noise((1000, 700))
    fake_gateway.will_send(json=image_reply([image_entry(data_url(picture))]))
    answer = script.post(path, ask(**more) if path == CHAT else order(**more))
    told = answer.events if more else [answer.json]
    assert base64.b64encode(picture).decode() in json.dumps(told)
    assert max(map(len, answer.pieces)) <= 1024 * 1024
    assert len(answer.body) > 2 * 1024 * 1024


def test_a_link_is_given_to_who_asks_for_one(routellm: Gateway, fake_gateway: FakeGateway, script: Script) -> None:
    (picture,) = fake_gateway.will_send_image()
    (entry,) = script.post(GENERATIONS, order(response_format="url")).json["data"]
    assert list(entry) == ["url"]
    found = Script().get(entry["url"].removeprefix("http://testserver"))
    assert (found.body, found.headers["content-type"]) == (picture, "image/png")


def test_openrouters_shape_names_the_media_type_and_counts_tokens_in_its_own_words(
    routellm: Gateway, fake_gateway: FakeGateway, script: Script
) -> None:
    (picture,) = fake_gateway.will_send_image(file_format="WEBP")
    references = [{"type": "image_url", "image_url": {"url": data_url(PICTURE)}}]
    script.prefix = "/api/v1/"
    answer = script.post(ROUTED, order(input_references=references, aspect_ratio="16:9"))
    assert answer.json["data"] == [{"b64_json": base64.b64encode(picture).decode(), "media_type": "image/webp"}]
    assert answer.json["usage"]["prompt_tokens"] == 0
    assert pictures_sent(fake_gateway) == [PICTURE]
    assert settings_sent(fake_gateway)["aspect_ratio"] == "16:9"


def test_without_a_model_the_studios_first_choice_is_taken(
    routellm: Gateway, fake_gateway: FakeGateway, script: Script
) -> None:
    ImageModel.objects.update(is_default=False)
    ImageModel.objects.filter(gateway=routellm, model_id="imagen").update(is_default=True)
    assert script.post(GENERATIONS, {"prompt": PROMPT}).status == 200
    assert fake_gateway.requests[0].json["model"] == "imagen"
    ImageModel.objects.update(is_enabled=False)
    assert script.post(GENERATIONS, {"prompt": PROMPT}).refusal == (404, "not_found_error", "model")


def test_an_alias_of_an_admin_stands_for_a_model(routellm: Gateway, fake_gateway: FakeGateway, script: Script) -> None:
    routellm.image_models.get(model_id="gpt_image15").aliases.create(name="gpt-image-1")
    answer = script.post(GENERATIONS, order(model="gpt-image-1", size="auto", quality="auto", background="auto", n=1))
    assert (answer.status, answer.warnings) == (200, [])
    assert fake_gateway.requests[0].json["model"] == "gpt_image15"
    assert {"size", "quality", "background"}.isdisjoint(settings_sent(fake_gateway))


# Size, model, the setting that it becomes, whether a word is said about it.
SIZES = [
    ("512x512", "flux_pro", {"size": "640x640"}, True),
    ("1024x1024", "flux_pro", {"size": "1024x1024"}, False),
    ("1792x1024", "flux_pro", {"size": "768x448"}, True),
    ("512x512", "gpt_image", {"size": "1024x1024"}, True),
    ("1024x1536", "gpt_image", {"size": "1024x1536"}, False),
    ("1024x1792", "dalle", {"size": "1024x1792"}, False),
    ("512x512", "flux_kontext", {"aspect_ratio": "1:1"}, True),
    ("1792x1024", "flux_kontext", {"aspect_ratio": "16:9"}, True),
    ("1024x1536", "imagen", {"aspect_ratio": "3:4"}, True),
    ("512x512", "ideogram", {"aspect_ratio": "1x1"}, True),
    ("1024x1792", "seedream", {"image_size": "portrait_16_9"}, True),
    ("1024x1024", "hunyuan_image", {"image_size": "square_hd"}, True),
    ("16:9", "flux_kontext", {"aspect_ratio": "16:9"}, False),
    ("auto", "flux_kontext", {}, False),
    ("auto", "flux_pro", {}, False),
    ("512x512", "gemini_native", {}, True),
    ("large", "flux_pro", {}, True),
]


@pytest.mark.parametrize(("size", "model", "setting", "is_warned"), SIZES)
def test_a_size_becomes_the_models_nearest(
    size: str, model: str, setting: dict[str, str], is_warned: bool, routellm: Gateway, script: Script
) -> None:
    pictures = [{"image_url": data_url(PICTURE)}] if model == "gemini_native" else None
    content = order(model=f"routellm/{model}", size=size) | ({"images": pictures} if pictures else {})
    answer = script.post(EDITS if pictures else GENERATIONS, content)
    assert answer.status == 200, answer.body
    parameters = Generation.objects.get().parameters
    assert {name: parameters[name] for name in ("size", "aspect_ratio", "image_size") if name in parameters} == setting
    assert bool(answer.warnings) == is_warned
    if is_warned:
        assert size in answer.warnings[0]
        assert all(value in answer.warnings[0] for value in setting.values())


def test_settings_beside_the_prompt_are_taken_where_they_fit_and_named_where_not(
    routellm: Gateway, fake_gateway: FakeGateway, script: Script
) -> None:
    content = order(
        model="routellm/dalle", quality="hd", style="natural", background="transparent", output_format="png"
    )
    answer = script.post(GENERATIONS, content)
    assert settings_sent(fake_gateway) == {"quality": "hd", "style": "natural", "rewrite_prompt": True}
    assert [warning.split()[0] for warning in answer.warnings] == ["background", "output_format"]
    answer = script.post(GENERATIONS, order(model="routellm/dalle", quality="ultra", style="vivid", moderation="low"))
    assert [warning.split()[0] for warning in answer.warnings] == ["quality", "moderation"]
    assert "Standard" in answer.warnings[0] or "standard" in answer.warnings[0]


def test_settings_go_by_the_gateways_own_names(shipped: None, fake_gateway: FakeGateway, script: Script) -> None:
    factories.give_key(Gateway.objects.get(slug="llmgateway"), fake_gateway.base_url)
    content = order(model="llmgateway/auto", quality="high", resolution="2K", size="1792x1024", seed=1, n="2")
    assert script.post(GENERATIONS, content).status == 200
    sent = {"image_quality": "high", "image_size": "2K", "aspect_ratio": "16:9", "seed": 1, "n": 2}
    assert settings_sent(fake_gateway) == sent


def test_a_word_about_the_shape_comes_before_the_size(routellm: Gateway, script: Script) -> None:
    assert script.post(GENERATIONS, order(size="512x512", aspect_ratio="21:9")).status == 200
    assert Generation.objects.get().parameters["aspect_ratio"] == "21:9"


def test_image_config_is_held_to_the_letter_here_too(shipped: None, script: Script) -> None:
    answer = script.post(GENERATIONS, order(image_config={"aspect_ratio": "5:7"}))
    assert answer.refusal == (400, "invalid_request_error", "image_config.aspect_ratio")


@pytest.mark.parametrize(
    ("content", "param"),
    [
        (order(prompt=" "), "prompt"),
        (order(prompt=7), "prompt"),
        ({"model": FLUX}, "prompt"),
        (order(response_format="jpeg"), "response_format"),
        (order(size=512), "size"),
        (order(n=0), "n"),
        (order(n=11), "n"),
        (order(image_config=[]), "image_config"),
        (order(model="routellm/route-llm"), "modalities"),
        (order(model="routellm/flux_kontext_edit"), "image"),
        (order(image_config={"image_prompt": "data:image/png;base64,!!"}), "image"),
        (order(model="routellm/midjourney", prompt="a cat --ar 1:1"), "prompt"),
        (order(prompt="x" * 32_001), "prompt"),
    ],
    ids=str,
)
def test_a_bad_order_is_refused_by_name(content: Any, param: str, shipped: None, script: Script) -> None:
    for path in (GENERATIONS, ROUTED):
        answer = script.post(path, content)
        assert answer.refusal == (400, "invalid_request_error", param)
        assert "message" not in answer.error["message"]
