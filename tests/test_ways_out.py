"""A refused setting is mended by one click, whichever gateway refused it, in its own shape."""

import re
from html import unescape

import pytest
from django.test import Client

from gallery.models import Gateway, Generation, ImageModel
from gallery.services import added_gateways

SHAPE = {"aspect_ratio": "16:9"}
MODELS = {
    "routellm": ("flux_kontext", {**SHAPE, "mode": "pro"}),
    "openroute": ("google/gemini-2.5-flash-image-preview", SHAPE),
    "openrouter": ("google/gemini-2.5-flash-image-preview", SHAPE),
    "llmgateway": ("gemini-2.5-flash-image-preview", SHAPE),
    "server": ("gemini-2.5-flash-image", SHAPE),
}
SPEC = [{"name": "aspect_ratio", "type": "string", "choices": ["1:1", "16:9", "4:3", "3:4"]}]


@pytest.fixture
def server(shipped: None) -> Gateway:
    """A server of one's own that has no key yet: like the others, the sandbox plays it."""
    gateway = added_gateways.add_gateway(
        slug="server", name="Our server", dialect="openai", address="http://127.0.0.1:4000", needs_no_key=False
    )
    fields = {"name": "Gemini", "modalities": ["image", "text"], "parameters": SPEC}
    ImageModel.objects.create(gateway=gateway, model_id="gemini-2.5-flash-image", **fields)
    return gateway


def submit(client: Client, slug: str, **changes: str) -> Generation:
    model_id, fields = MODELS[slug]
    form = {"model": f"{slug}/{model_id}", "prompt": "a red hill sandbox:wrong-value", **fields, **changes}
    assert client.post("/", form).status_code == 302
    return Generation.objects.latest("pk")


@pytest.mark.parametrize("slug", MODELS)
def test_a_click_takes_a_value_that_the_gateway_named_and_the_run_succeeds(
    slug: str, server: Gateway, as_bea: Client
) -> None:
    failed = submit(as_bea, slug)
    assert failed.refused == {"parameter": "aspect_ratio", "values": ["1:1", "4:3", "3:4"]}
    assert "refused the aspect ratio 16:9: this model takes 1:1, 4:3, 3:4." in failed.error_sentence

    page = as_bea.get("/").content.decode()
    offered = re.findall(rf'href="(/\?generation={failed.pk}&amp;take=[^"]+)">Use ([^<]+)<', page)
    # The nearest in shape first.
    assert offered[0][1] == "4:3"
    assert set(dict(offered).values()) <= {"1:1", "4:3", "3:4"}
    mended = as_bea.get(unescape(offered[0][0])).content.decode()
    assert "Aspect ratio is now 4:3. Press Generate." in mended
    assert submit(as_bea, slug, aspect_ratio="4:3").status == "succeeded"
