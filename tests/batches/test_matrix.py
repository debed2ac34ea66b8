"""A matrix: its axes and values, and what cannot run."""

import re
from typing import Any

import pytest
from django.test import Client

from gallery.models import Batch, Gateway
from tests.batches.batch import FORM, MODELS, create, words_of
from tests.fake_gateway import FakeGateway

SWEEP = {"models": MODELS[:1], "axis": "guidance_scale", "axis_values": "1, 2, .., 5"}


def test_a_matrix_runs_every_value_with_one_seed(routellm: Gateway, fake_gateway: FakeGateway, as_bea: Client) -> None:
    batch = create(as_bea, **SWEEP)
    sent = [request.json["image_config"] for request in fake_gateway.requests]
    assert [config["guidance_scale"] for config in sent] == [1, 2, 3, 4, 5]
    assert len({config["seed"] for config in sent}) == 1
    assert batch.kind == "matrix"
    assert [value["label"] for value in batch.axes[0]["values"]] == ["1", "2", "3", "4", "5"]


def test_axes_multiply_and_are_turned_by_the_address(
    routellm: Gateway, fake_gateway: FakeGateway, as_bea: Client
) -> None:
    batch = create(as_bea, models=MODELS[:2], prompt="a {red|blue} chair", axis="num_images", axis_values="1, 2")
    assert [axis["label"] for axis in batch.axes] == ["Model", "Words", "Images"]
    assert len(fake_gateway.requests) == 8
    assert {request.json["messages"][0]["content"] for request in fake_gateway.requests} == {
        "a red chair",
        "a blue chair",
    }
    html = as_bea.get(f"/batches/{batch.pk}/?columns=1&rows=0&page=1").content.decode()
    assert re.findall(r'<th scope="col" dir="auto">([^<]+)', html) == ["red", "blue"]
    assert re.findall(r'<th scope="row" dir="auto">([^<]+)', html) == ["FLUX Kontext", "FLUX Pro"]
    assert sorted(re.findall(r'id="cell-([\d-]+)"', html)) == ["0-0-1", "0-1-1", "1-0-1", "1-1-1"]
    assert len(fake_gateway.requests) == 8


SENTENCES: list[tuple[dict[str, Any], str]] = [
    # what is posted, words of the sentence
    ({"axis": "guidance_scale", "axis_values": "1, 999"}, "Guidance scale"),
    ({"axis": "aspect_ratio", "axis_values": "1:1, 5:1"}, "Aspect ratio"),
    ({"axis": "seed", "axis_values": "1..500"}, "More than 400 values"),
    ({"axis": "seed", "axis_values": ""}, "Write the values of Seed"),
    ({"axis": "nonsense", "axis_values": "1, 2"}, "has no such setting"),
    ({"axis": "inputs:image_prompt", "axis_values": ""}, "Give the pictures"),
    ({"axis": ["seed", "seed"], "axis_values": ["1, 2", "3, 4"]}, "Seed varies already."),
    ({"prompt": "{1..30} x {1..30}"}, "This prompt stands for 900 prompts"),
    ({"prompt": "{1..20}", "axis": "seed", "axis_values": "1..30"}, "This makes 600 runs; at most 400 go together."),
    ({"prompt": "{a|b} {a|b} {a|b}", "axis": "seed", "axis_values": "1, 2"}, "4 things vary"),
    ({"spend_limit": "a lot"}, "Write a sum like 2.50"),
    ({"models": "routellm/flux_pro_fill"}, "works from a picture"),
]


@pytest.mark.parametrize(("posted", "words"), SENTENCES, ids=[words for _, words in SENTENCES])
def test_what_cannot_run_is_refused_with_a_sentence(
    routellm: Gateway, fake_gateway: FakeGateway, as_bea: Client, posted: dict[str, Any], words: str
) -> None:
    response = as_bea.post("/batches/new/", {**FORM, "models": MODELS[:1], **posted})
    assert response.status_code == 422 and words in words_of(response)
    assert not Batch.objects.exists() and not fake_gateway.requests
