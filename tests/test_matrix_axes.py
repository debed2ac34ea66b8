"""Values of an axis as people write them, and what stays the same while they vary."""

from typing import Any

import pytest
from django.test import Client

from gallery.models import Batch, Gateway
from gallery.services.axis_values import AxisRefused, read_values
from tests.fake_gateway import FakeGateway

KONTEXT, PRO, WITHOUT_SEED = "routellm/flux_kontext", "routellm/flux_pro", "routellm/nano_banana_pro"

READ: list[tuple[str, list[str]]] = [
    # text, values
    ("1, 2, 3", ["1", "2", "3"]),
    ("1, 2, .., 5", ["1", "2", "3", "4", "5"]),
    ("1, 3, .., 9", ["1", "3", "5", "7", "9"]),
    ("1, 4, .., 9", ["1", "4", "7"]),
    ("1, .., 4", ["1", "2", "3", "4"]),
    ("1..4", ["1", "2", "3", "4"]),
    ("4..1", ["4", "3", "2", "1"]),
    ("3 .. 5, 9", ["3", "4", "5", "9"]),
    ("1, ..., 3", ["1", "2", "3"]),
    ("1, …, 3", ["1", "2", "3"]),
    ("10, 8, .., 4", ["10", "8", "6", "4"]),
    ("0.5, 1, .., 2", ["0.5", "1", "1.5", "2"]),
    ("-2..1", ["-2", "-1", "0", "1"]),
    ("100, 200, .., 400, 1000", ["100", "200", "300", "400", "1000"]),
    ("7", ["7"]),
    ("3, .., 3", ["3"]),
    ("16:9, 1:1", ["16:9", "1:1"]),
    ("red\nwhite\n\nblue", ["red", "white", "blue"]),
    ('"red, white", blue', ["red, white", "blue"]),
    ("a, a, b", ["a", "b"]),
    (" , ,", []),
    ("", []),
    ("x..y", ["x..y"]),
    ("version 1.5", ["version 1.5"]),
]


@pytest.mark.parametrize(("text", "values"), READ, ids=[text or "nothing" for text, _ in READ])
def test_values_are_read_as_written(text: str, values: list[str]) -> None:
    assert read_values(text) == values


REFUSED: list[tuple[str, str]] = [
    # text, words of the sentence
    (".., 4", "between numbers"),
    ("1, ..", "between numbers"),
    ("red, .., blue", "between numbers"),
    ("1, 2, .., -5", "never comes to -5"),
    ("5, 5, .., 9", "never comes to 9"),
    ("1..100000", "More than 400 values"),
    ("1, 1.000001, .., 9", "More than 400 values"),
]


@pytest.mark.parametrize(("text", "words"), REFUSED, ids=[text for text, _ in REFUSED])
def test_what_cannot_be_read_is_refused_with_a_sentence(text: str, words: str) -> None:
    with pytest.raises(AxisRefused, match=words):
        read_values(text)


# The seed ----------------------------------------------------------------------------------------------------------

ONE_SEED: list[tuple[str, dict[str, Any], int]] = [
    # address, what is posted beside the prompt, seeds sent
    ("/batches/new/", {"models": [KONTEXT]}, 2),
    ("/batches/new/", {"models": [KONTEXT, PRO]}, 4),
    ("/batches/new/", {"model": WITHOUT_SEED, "models": [WITHOUT_SEED, KONTEXT, PRO]}, 4),
    ("/", {"prompts_shown": "2"}, 2),
]


@pytest.mark.parametrize(("address", "posted", "count"), ONE_SEED)
def test_words_that_vary_leave_the_seed_as_it_is(
    routellm: Gateway, fake_gateway: FakeGateway, as_bea: Client, address: str, posted: dict[str, Any], count: int
) -> None:
    form = {"model": KONTEXT, "prompt": "a {red|blue} chair"} | posted
    response = as_bea.post(address, form | {"previous_model": form["model"]})
    assert response.status_code == 302, response.content.decode()
    seeds = [
        seed for request in fake_gateway.requests if (seed := request.json["image_config"].get("seed")) is not None
    ]
    assert len(seeds) == count and len(set(seeds)) == 1
    assert Batch.objects.get().kind == "matrix"


def test_a_comparison_of_models_alone_draws_each_its_own_seed(
    routellm: Gateway, fake_gateway: FakeGateway, as_bea: Client
) -> None:
    form = {"model": KONTEXT, "previous_model": KONTEXT, "prompt": "a red chair", "models": [KONTEXT, PRO]}
    assert as_bea.post("/batches/new/", form).status_code == 302
    seeds = {request.json["image_config"]["seed"] for request in fake_gateway.requests}
    assert len(seeds) == 2
