"""Pictures by `chat/completions`: what travels, what is kept, what comes back."""

import base64
from typing import Any

import pytest

from gallery.models import Gateway, Generation, Image, User
from tests import factories
from tests.endpoint.script import FLUX, PROMPT, Script, ask
from tests.fake_gateway import FakeGateway

pytestmark = pytest.mark.django_db(transaction=True)

TOKENS = {"prompt_tokens": 0, "completion_tokens": 0, "total_tokens": 0}
DETAILS = {
    "prompt_tokens_details": {"cached_tokens": 0},
    "completion_tokens_details": {"reasoning_tokens": 0, "image_tokens": 0},
}


def test_a_chat_request_becomes_a_picture_with_a_record_and_a_strict_answer(
    routellm: Gateway, fake_gateway: FakeGateway, script: Script, bea: User
) -> None:
    (picture,) = fake_gateway.will_send_image(size=(64, 36))
    answer = script.chat(image_config={"aspect_ratio": "16:9", "seed": 7})
    assert answer.status == 200

    (request,) = fake_gateway.requests
    assert request.path == "/v1/chat/completions"
    assert request.headers["authorization"] == "Bearer sk-test-0123456789abcdef"
    assert request.json == {
        "model": "flux_kontext",
        "messages": [{"role": "user", "content": PROMPT}],
        "modalities": ["image"],
        "image_config": {"mode": "pro", "aspect_ratio": "16:9", "seed": 7, "rewrite_prompt": True},
    }

    generation = Generation.objects.get()
    assert (generation.status, generation.kind, generation.is_simulated) == ("succeeded", "image", False)
    assert (generation.owner, generation.client, generation.visibility) == (bea, "Packshot script", "team")
    assert generation.prompt == PROMPT
    assert generation.parameters == {"aspect_ratio": "16:9", "seed": 7, "rewrite_prompt": True}
    assert (str(generation.cost), generation.cost_unit) == ("150.000000", "points")
    assert generation.access_token and generation.access_token.request_count == 1
    assert (generation.claimed_by != "", generation.lease_expires_at) == (True, None)
    image = generation.images.get()
    assert (image.owner, image.source, image.visibility) == (bea, "generated", "team")

    message = {
        "role": "assistant",
        "content": "",
        "refusal": None,
        "images": [{"type": "image_url", "index": 0, "image_url": {"url": data_url(picture)}}],
    }
    choice = {"index": 0, "finish_reason": "stop", "native_finish_reason": "stop", "logprobs": None}
    assert answer.json == {
        "id": f"gen-{generation.pk}",
        "object": "chat.completion",
        "created": int(generation.created_at.timestamp()),
        "model": FLUX,
        "provider": "routellm",
        "system_fingerprint": None,
        "choices": [choice | {"message": message}],
        "usage": {**TOKENS, **DETAILS, "cost": None, "compute_points_used": 150},
        "metadata": {"generation_id": str(generation.pk), "warnings": [], "notes": [], "simulated": False},
    }
    assert answer.headers["x-generation-id"] == str(generation.pk)
    assert len(answer.headers["x-request-id"]) == 32
    assert "x-proofsheet-simulated" not in answer.headers


def data_url(picture: bytes) -> str:
    return f"data:image/png;base64,{base64.b64encode(picture).decode()}"


@pytest.mark.parametrize("prefix", ["/v1/", "/api/v1/"])
def test_both_prefixes_answer_alike(prefix: str, shipped: None, script: Script) -> None:
    script.prefix = prefix
    assert script.chat().urls[0].startswith("data:image/")


def test_a_cost_in_usd_is_told_as_usage_cost_and_an_unknown_one_as_null(
    openrouter: Gateway, fake_gateway: FakeGateway, script: Script
) -> None:
    reply = factories.reply([factories.image_entry()])
    usage = {"prompt_tokens": 5, "completion_tokens": 1290, "total_tokens": 1295, "cost": 0.0387}
    fake_gateway.will_send(json={**reply, "usage": usage})
    fake_gateway.will_send(json={**reply, "usage": {}})
    model = "openrouter/black-forest-labs/flux.2-pro"
    told = script.chat(model=model).json["usage"]
    assert (told["cost"], told["total_tokens"], "compute_points_used" in told) == (0.0387, 1295, False)
    assert script.chat(model=model).json["usage"]["cost"] is None


def test_what_a_client_says_of_its_person_is_in_the_history(
    routellm: Gateway, fake_gateway: FakeGateway, script: Script
) -> None:
    told = [
        {"X-OpenWebUI-User-Name": "Dora"},
        {"X-OpenWebUI-User-Email": "dora@studio.test", "X-Title": "Chat"},
        {"X-Title": "Banner maker"},
        {"X-OpenRouter-Title": "Banner maker", "X-Title": "Old name"},
        {"X-Title": "x" * 500},
        {"X-Title": "  "},
        {"X-OpenWebUI-User-Name": "Zo%C3%AB%20%C5%9Aliwa"},
        {"X-OpenWebUI-User-Name": "100%FF"},
        {"X-Title": "50%20off"},
        {"X-OpenWebUI-User-Name": "%00", "X-Title": "Chat"},
    ]
    clients = []
    for headers in told:
        assert script.post("chat/completions", ask(), **headers).status == 200
        clients.append(Generation.objects.latest("pk").client)
    assert clients[:4] == [
        "Packshot script · Dora",
        "Packshot script · dora@studio.test",
        "Packshot script · Banner maker",
        "Packshot script · Banner maker",
    ]
    assert (len(clients[4]), clients[5]) == (80, "Packshot script")
    assert [client.removeprefix("Packshot script · ") for client in clients[6:]] == [
        "Zoë Śliwa",
        "100%FF",
        "50%20off",
        "Chat",
    ]


COUNTS: list[dict[str, Any]] = [
    {"n": 3},
    {"n": "3"},
    {"num_images": 3},
    {"image_config": {"n": 3}},
    {"image_config": {"num_images": "3"}},
    {"image_config": {"num_images": 3}, "n": "3"},
]


@pytest.mark.parametrize("more", COUNTS, ids=str)
def test_several_pictures_are_asked_for_by_any_of_the_names(
    more: dict[str, Any], routellm: Gateway, fake_gateway: FakeGateway, script: Script
) -> None:
    pictures = fake_gateway.will_send_image(count=3)
    answer = script.chat(**more)
    assert answer.urls == [data_url(picture) for picture in pictures]
    assert [image["index"] for image in answer.message["images"]] == [0, 1, 2]
    assert fake_gateway.requests[0].json["image_config"]["num_images"] == 3
    assert "n" not in fake_gateway.requests[0].json
    assert Generation.objects.get().images.count() == 3
    assert answer.warnings == []


def test_the_gateways_own_name_of_the_count_is_used(shipped: None, fake_gateway: FakeGateway, script: Script) -> None:
    factories.give_key(Gateway.objects.get(slug="llmgateway"), fake_gateway.base_url)
    answer = script.chat(model="llmgateway/auto", image_config={"num_images": 2, "seed": 1})
    assert answer.status == 200
    assert fake_gateway.requests[0].json["image_config"] == {"n": 2, "seed": 1}


@pytest.mark.parametrize("model", ["routellm/midjourney", "openrouter/black-forest-labs/flux.2-pro"])
def test_a_model_of_one_picture_refuses_more_and_takes_one(model: str, shipped: None, script: Script) -> None:
    assert script.chat(model=model, n=2).refusal == (400, "invalid_request_error", "n")
    assert len(script.chat(model=model, n=1).urls) == 1


@pytest.mark.parametrize("modalities", [None, ["image"], ["image", "text"], ["text", "image"]], ids=str)
def test_a_model_that_only_makes_pictures_makes_them_whatever_order_modalities_have(
    modalities: Any, routellm: Gateway, fake_gateway: FakeGateway, script: Script
) -> None:
    assert len(script.chat(modalities=modalities).urls) == 1
    assert fake_gateway.requests[0].json["modalities"] == ["image"]


def test_a_model_that_can_do_both_makes_pictures_when_told_so_or_when_only_pictures_have_such_settings(
    routellm: Gateway, fake_gateway: FakeGateway, script: Script
) -> None:
    for more in ({"modalities": ["image", "text"]}, {"modalities": None, "image_config": {"quality": "high"}}):
        assert len(script.chat(model="routellm/gpt-5.4", **more).urls) == 1
    assert [request.json.get("image_config") for request in fake_gateway.requests] == [None, {"quality": "high"}]
    assert all("image" in request.json["modalities"] for request in fake_gateway.requests)
    assert set(Generation.objects.values_list("kind", flat=True)) == {"image"}


@pytest.mark.parametrize(
    "name", ["flux_kontext", "routellm/flux_kontext", "chairs"], ids=["bare id", "full id", "alias"]
)
def test_a_model_is_found_by_its_names(
    name: str, routellm: Gateway, fake_gateway: FakeGateway, script: Script, chairs: None
) -> None:
    answer = script.chat(model=name)
    assert (answer.status, answer.json["model"]) == (200, FLUX)
    assert fake_gateway.requests[0].json["model"] == "flux_kontext"


@pytest.fixture
def chairs(routellm: Gateway) -> None:
    """An alias for FLUX Kontext."""
    image_model = routellm.image_models.get(model_id="flux_kontext")
    image_model.aliases.create(name="chairs")


def test_a_bare_id_of_two_gateways_is_no_name(shipped: None, script: Script) -> None:
    assert script.chat(model="google/gemini-2.5-flash-image-preview").refusal == (404, "not_found_error", "model")


def test_the_sandbox_says_that_it_answered(shipped: None, script: Script) -> None:
    answer = script.chat()
    assert answer.headers["x-proofsheet-simulated"] == "true"
    assert answer.json["provider"] == "sandbox"
    assert answer.json["metadata"]["simulated"] is True
    assert Image.objects.get().is_simulated


def test_a_private_picture_stays_private(shipped: None, script: Script, as_chi: Any, as_bea: Any) -> None:
    assert script.chat(visibility="private").status == 200
    assert Generation.objects.get().visibility == Image.objects.get().visibility == "private"
    picture = f"/images/{Image.objects.get().pk}/"
    assert (as_bea.get(picture).status_code, as_chi.get(picture).status_code) == (200, 404)
    assert script.chat(visibility="everybody").refusal == (400, "invalid_request_error", "visibility")


def test_words_beside_a_picture_are_the_content(routellm: Gateway, fake_gateway: FakeGateway, script: Script) -> None:
    fake_gateway.will_send_image(text="Here is your chair.")
    answer = script.chat()
    assert answer.message["content"] == "Here is your chair."
    assert len(answer.urls) == 1


def test_content_parts_are_given_to_who_asks_for_them(
    routellm: Gateway, fake_gateway: FakeGateway, script: Script
) -> None:
    (picture,) = fake_gateway.will_send_image(text="Here.")
    message = script.post("chat/completions?images=content", ask()).message
    url = {"url": data_url(picture)}
    assert message["content"] == [{"type": "text", "text": "Here."}, {"type": "image_url", "image_url": url}]
    assert "images" not in message
    assert script.post("chat/completions?images=tiff", ask()).refusal == (400, "invalid_request_error", "images")


def test_pictures_behind_links_come_back_as_bytes(routellm: Gateway, fake_gateway: FakeGateway, script: Script) -> None:
    (picture,) = fake_gateway.will_send_image(as_url=True)
    assert script.chat().urls == [data_url(picture)]
