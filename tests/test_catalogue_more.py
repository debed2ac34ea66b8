"""The shipped models of OpenRouter, OpenRoute and LLMGateway against their documents, as in test_catalogue."""

import json
from typing import Any

import pytest
from django.test import Client

from gallery.gateway.base_urls import DEFAULT_PATHS
from gallery.gateway.dialects import DIALECTS
from gallery.models import Gateway, Generation, ImageModel
from tests import catalogue_expectations_more as expected
from tests import factories
from tests.fake_gateway import FakeGateway

MODEL_IDS = list(expected.PARAMETERS)
SLUGS = {"openrouter", "openroute", "llmgateway"}


def find(full_id: str) -> ImageModel:
    return ImageModel.objects.named(full_id).select_related("gateway").get()


def test_every_documented_model_is_shipped_in_the_documents_order(shipped: None) -> None:
    rows = ImageModel.objects.select_related("gateway").exclude(gateway__slug="routellm")
    by_gateway: dict[str, list[str]] = {}
    for row in rows.order_by("position"):
        by_gateway.setdefault(row.gateway.slug, []).append(row.full_id)
    assert by_gateway == {slug: [full_id for full_id in MODEL_IDS if full_id.startswith(f"{slug}/")] for slug in SLUGS}


def test_every_gateway_is_shipped_with_its_dialect_and_address(shipped: None) -> None:
    rows = {row.slug: (row.dialect, row.base_url) for row in Gateway.objects.all()}
    # Whose server the fifth dialect's is, an administrator says.
    shipped_dialects = {slug: dialect for slug, dialect in DIALECTS.items() if slug != "openai"}
    assert rows == {slug: (slug, dialect.default_base_url) for slug, dialect in shipped_dialects.items()}


@pytest.mark.parametrize("full_id", MODEL_IDS)
def test_every_parameter_is_as_documented(full_id: str, shipped: None) -> None:
    image_model = find(full_id)
    rows = expected.PARAMETERS[full_id]
    assert {parameter.name for parameter in image_model.spec} == set(rows)
    for parameter in image_model.spec:
        row = rows[parameter.name]
        assert (parameter.type, parameter.is_required) == (row["type"], False), parameter.name
        assert tuple(choice.value for choice in parameter.choices) == row.get("choices", ()), parameter.name
        if "notes" in row:
            assert tuple(choice.note for choice in parameter.choices) == row["notes"]
        limits = (parameter.minimum, parameter.maximum, parameter.step)
        assert limits == (row.get("minimum"), row.get("maximum"), row.get("step")), parameter.name
        assert json.dumps(parameter.default) == json.dumps(row.get("default")), parameter.name
        assert parameter.max_images == row.get("max_images", 1), parameter.name
        assert parameter.transport == ("message" if parameter.is_image else "image_config")
    assert ("analysis" in image_model.tasks) == (full_id in expected.ANALYSE)
    assert {"text", "image"} <= set(image_model.tasks)


@pytest.mark.parametrize("full_id", MODEL_IDS)
def test_every_control_is_in_the_page_under_its_name(full_id: str, shipped: None, as_bea: Client) -> None:
    page = as_bea.get("/", {"model": full_id}).content.decode()
    for name, row in expected.PARAMETERS[full_id].items():
        assert f'name="{name}"' in page, name
        if row["type"] == "image":
            assert f'data-parameter="{name}"' in page


@pytest.mark.parametrize(
    ("full_id", "form", "count", "payload"),
    expected.PAYLOADS,
    ids=[f"{row[0]}-{number}" for number, row in enumerate(expected.PAYLOADS)],
)
def test_what_is_filled_in_travels_as_the_document_wants_it(
    full_id: str,
    form: dict[str, str],
    count: int,
    payload: dict[str, Any],
    shipped: None,
    fake_gateway: FakeGateway,
    as_bea: Client,
) -> None:
    slug, _, model_id = full_id.partition("/")
    address = f"{fake_gateway.origin}{DEFAULT_PATHS[slug]}"
    factories.give_key(Gateway.objects.get(slug=slug), address)
    files = [factories.upload(f"{number}.png", f"#{16 * number:02x}4080") for number in range(count)]

    response = as_bea.post("/", {"model": full_id, "prompt": "a red chair", **form, "image_prompt": files})

    assert response.status_code == 302, response.content.decode()
    request = fake_gateway.requests[0]
    assert request.path == f"{DEFAULT_PATHS[slug]}/chat/completions"
    sent = request.json
    [message] = sent.pop("messages")
    content = message["content"]
    assert (content if count == 0 else content[0]["text"]) == "a red chair"
    assert [part["type"] for part in content[1:]] == ["image_url"] * count if count else isinstance(content, str)
    assert sent.pop("model") == model_id
    assert json.dumps(sent, sort_keys=True) == json.dumps(payload, sort_keys=True)
    assert Generation.objects.get().status == Generation.Status.SUCCEEDED


@pytest.mark.parametrize("full_id", MODEL_IDS)
def test_every_model_draws_in_the_sandbox_as_long_as_there_is_no_key(
    full_id: str, shipped: None, as_bea: Client
) -> None:
    as_bea.post("/", {"model": full_id, "prompt": "a red chair", "aspect_ratio": "3:2"})
    generation = Generation.objects.get()
    assert (generation.status, generation.error_sentence) == (Generation.Status.SUCCEEDED, "")
    assert generation.is_simulated
    [image] = generation.images.all()
    assert (image.width, image.height) == (1248, 832)
    assert generation.cost_unit == "usd"
