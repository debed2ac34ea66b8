"""A real LiteLLM proxy as a gateway: added by an administrator, its models found, pictures made and changed, questions
answered, refusals understood and mended."""

import json
import re
from collections.abc import Iterator
from contextlib import ExitStack
from typing import Any
from urllib.parse import urlencode

import pytest
from django.test import Client

from gallery.models import Gateway, Generation, ImageModel, User
from tests import factories
from tests.admin import pages
from tests.clients.litellm_proxy import BEHIND, KEY, LiteLLM

PICTURE = (640, 480)


@pytest.fixture(scope="session")
def litellm(tmp_path_factory: pytest.TempPathFactory) -> Iterator[LiteLLM]:
    with ExitStack() as exit_stack:
        yield LiteLLM(tmp_path_factory.mktemp("litellm"), exit_stack)


def add(client: Client, litellm: LiteLLM, key: str = KEY) -> Gateway:
    """As an administrator does it, up to the models that people are offered."""
    fields = {"name": "Our proxy", "slug": "proxy", "dialect": "openai", "base_url": litellm.address, "api_key": key}
    assert client.post(pages.add_page("gateway"), fields).status_code == 302
    gateway = Gateway.objects.get(slug="proxy")
    pages.take_over(client, gateway, *BEHIND, "mocked")
    return gateway


def run(client: Client, model_id: str = "gpt-image-1", prompt: str = "a red chair", **fields: Any) -> Generation:
    client.post("/", {"model": f"proxy/{model_id}", "prompt": prompt, **fields})
    return Generation.objects.latest("pk")


def sizes(generation: Generation) -> list[tuple[int, int]]:
    return [(image.width, image.height) for image in generation.images.all()]


def test_the_proxy_is_proven_and_its_models_are_taken_for_what_they_are(
    shipped: None, as_ada: Client, litellm: LiteLLM
) -> None:
    gateway = add(as_ada, litellm)
    found = {row.model_id: row.surface for row in ImageModel.objects.filter(gateway=gateway)}
    assert found == {"gpt-image-1": "images", "stable-diffusion-3.5": "images", "gpt-4o": "chat", "mocked": "chat"}
    as_ada.post(pages.button(gateway, "test"))
    gateway.refresh_from_db()
    assert gateway.test_passed
    assert f"lists {len(BEHIND) + 1} models" in gateway.test_report


def test_a_wrong_key_is_told(shipped: None, as_ada: Client, litellm: LiteLLM) -> None:
    gateway = add(as_ada, litellm, key="sk-other-CANARY-9876543210")
    assert not ImageModel.objects.filter(gateway=gateway).exists()
    as_ada.post(pages.button(gateway, "test"))
    gateway.refresh_from_db()
    assert (gateway.test_passed, "did not accept the API key" in gateway.test_report) == (False, True)


def test_pictures_are_made_and_have_the_cost_that_the_proxy_reckoned(
    shipped: None, as_ada: Client, as_bea: Client, litellm: LiteLLM
) -> None:
    add(as_ada, litellm)
    generation = run(as_bea, n="2", size="1024x1536", quality="low")
    assert generation.status == "succeeded", generation.error_detail
    assert sizes(generation) == [(1024, 1536)] * 2
    assert generation.cost and generation.cost_unit == "usd"
    assert not generation.is_simulated
    # A seed, of which OpenAI's API knows nothing, passes the proxy all the same.
    first, second = (run(as_bea, "stable-diffusion-3.5", size="512x512", seed="7") for _ in "ab")
    assert first.images.get().sha256 == second.images.get().sha256


def test_pictures_and_a_mask_go_through_to_be_changed(
    shipped: None, as_ada: Client, as_bea: Client, bea: User, litellm: LiteLLM
) -> None:
    add(as_ada, litellm)
    picture = factories.create_picture(bea, ImageModel.objects.get(model_id="flux_kontext"))
    target = {"model": "proxy/gpt-image-1", "parameter": "mask", "of": picture.pk}
    stored = as_bea.post("/uploads/mask/", {**target, "file": factories.upload("mask.png", "#ffffff")})
    mask = re.search(r'name="mask_images" value="(\d+)"', stored.content.decode())
    assert mask
    generation = run(as_bea, size="1536x1024", image_images=picture.pk, mask_images=mask[1])
    assert generation.status == "succeeded", generation.error_detail
    assert sizes(generation) == [(1536, 1024)]
    both = [picture.pk, factories.create_picture(bea, picture.generation.image_model, colour="navy").pk]  # type: ignore[union-attr, arg-type]
    assert run(as_bea, size="1536x1024", image_images=both).status == "succeeded"


@pytest.mark.parametrize(("model_id", "words"), [("gpt-4o", "64 × 48 pixels"), ("mocked", "A mocked answer.")])
def test_a_question_is_answered_as_a_stream(
    model_id: str, words: str, shipped: None, as_ada: Client, as_bea: Client, bea: User, litellm: LiteLLM
) -> None:
    add(as_ada, litellm)
    picture = factories.create_picture(bea, ImageModel.objects.get(model_id="flux_kontext"))
    question = {"model": f"proxy/{model_id}", "prompt": "What is this?", "images_images": picture.pk}
    as_bea.post("/analysis/", question)
    generation = Generation.objects.latest("pk")
    assert generation.status == "succeeded", generation.error_detail
    assert words in generation.answer
    assert generation.input_tokens and generation.output_tokens


def test_a_value_that_is_refused_behind_the_proxy_is_mended_by_one_click(
    shipped: None, as_ada: Client, as_bea: Client, litellm: LiteLLM
) -> None:
    add(as_ada, litellm)
    failed = run(as_bea, prompt="a red chair sandbox:wrong-value", size="1792x1024")
    assert failed.refused == {"parameter": "size", "values": ["1024x1024", "1024x1536", "1536x1024"]}
    page = as_bea.get("/").content.decode()
    assert re.findall(rf'href="/\?generation={failed.pk}&amp;take=[^"]+">([^<]+)<', page)[0] == "Use 1536 × 1024"
    mended = as_bea.get(f"/?{urlencode({'generation': failed.pk, 'take': '1536x1024'})}").content.decode()
    assert "Size is now 1536 × 1024. Press Generate." in mended
    assert sizes(run(as_bea, prompt=failed.prompt, size="1536x1024")) == [(1536, 1024)]


@pytest.mark.parametrize(
    ("word", "kind"),
    [
        ("refuse", "content_refused"),
        ("no-credit", "out_of_credit"),
        ("no-image", "no_image"),
        ("error", "gateway_failed"),
        ("broken", "gateway_failed"),
    ],
)
def test_a_fault_behind_the_proxy_is_understood(
    word: str, kind: str, shipped: None, as_ada: Client, as_bea: Client, litellm: LiteLLM
) -> None:
    add(as_ada, litellm)
    failed = run(as_bea, prompt=f"a red chair sandbox:{word}", size="512x512")
    assert (failed.status, failed.error_kind) == ("failed", kind), failed.error_detail
    kept = json.dumps([failed.reply, failed.request, failed.error_detail, failed.error_sentence])
    assert "CANARY" not in kept
