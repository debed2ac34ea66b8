"""What of a file's recipe is believed."""

import json
from datetime import UTC, datetime
from decimal import Decimal
from typing import Any

import pytest

from gallery.images.recipes import Recipe, check_recipe

GOOD: dict[str, Any] = {"proofsheet": 1, "prompt": "a red chair", "model": "routellm/openai/gpt-image-1"}
FULL = Recipe(
    prompt="a red chair\n红椅子",
    gateway_slug="routellm",
    model_id="openai/gpt-image-1",
    model_name="GPT Image 1",
    parameters={"seed": 7, "size": "1024x1024", "strength": 0.5, "is_raw": True, "styles": ["a", "b"], "none": None},
    spec=[{"name": "seed", "type": "integer", "label": "Seed"}],
    seed=7,
    revised_prompt="a chair, red",
    kind="image",
    made_at=datetime(2026, 5, 4, 3, 2, 1, tzinfo=UTC),
    owner_name="Ada",
    cost=Decimal("0.040000"),
    cost_unit="USD",
    is_simulated=True,
)


@pytest.mark.parametrize("recipe", [FULL, Recipe(prompt="", gateway_slug="a", model_id="b")])
def test_a_recipe_comes_back_through_json_as_it_was(recipe: Recipe) -> None:
    assert check_recipe(json.loads(json.dumps(recipe.to_json()))) == recipe


@pytest.mark.parametrize(
    "value",
    [
        None,
        [],
        "a red chair",
        {},
        GOOD | {"proofsheet": 2},
        GOOD | {"proofsheet": True},
        GOOD | {"proofsheet": "1"},
        GOOD | {"prompt": None},
        GOOD | {"prompt": ["a"]},
        GOOD | {"prompt": "a" * 32_001},
        GOOD | {"prompt": "\ud800"},
        GOOD | {"model": None},
        GOOD | {"model": "flux_pro"},
        GOOD | {"model": "/flux_pro"},
        GOOD | {"model": "routellm/"},
        GOOD | {"model": "routellm/a\nb"},
        GOOD | {"model": "r" * 41 + "/flux_pro"},
        GOOD | {"model": "routellm/" + "m" * 201},
    ],
)
def test_what_is_no_recipe_is_none(value: object) -> None:
    assert check_recipe(value) is None


@pytest.mark.parametrize(
    ("given", "field", "believed"),
    [
        ({"prompt": "a\0 chair"}, "prompt", "a chair"),
        ({"model_name": "n" * 121}, "model_name", ""),
        ({"model_name": {"a": 1}}, "model_name", ""),
        ({"owner_name": "Ada\r\nBcc: all"}, "owner_name", ""),
        ({"owner_name": " Ada "}, "owner_name", "Ada"),
        ({"revised_prompt": 5}, "revised_prompt", ""),
        ({"kind": "secret"}, "kind", "image"),
        ({"kind": ["image"]}, "kind", "image"),
        ({"kind": "analysis"}, "kind", "analysis"),
        ({"is_simulated": 1}, "is_simulated", False),
        ({"parameters": [1]}, "parameters", {}),
        ({"parameters": {str(number): 1 for number in range(201)}}, "parameters", {}),
        ({"parameters": {"a": {"b": 1}, "c": [[1]], "d": 1, "e": float("nan"), "f": 10**30}}, "parameters", {"d": 1}),
        ({"parameters": {"a" * 65: 1, "b\n": 1, "c": "\0", "d": "x" * 32_001, "e": [1] * 201}}, "parameters", {}),
        ({"spec": "seed"}, "spec", []),
        ({"spec": [{"name": "Not a name", "type": "integer"}]}, "spec", []),
        ({"spec": [{"name": "a", "type": "text", "label": "\0"}]}, "spec", []),
        ({"spec": [{"name": "a", "type": "text", "choices": [{"value": 1, "cost_factor": "1e999"}]}]}, "spec", []),
        ({"seed": True}, "seed", None),
        ({"seed": 1.5}, "seed", None),
        ({"seed": 10**30}, "seed", None),
        ({"seed": "abc"}, "seed", "abc"),
        ({"parameters": {"seed": 9}}, "seed", 9),
        ({"made_at": "yesterday"}, "made_at", None),
        ({"made_at": "2026-05-04T03:02:01"}, "made_at", None),
        ({"made_at": "0001-01-01T00:00:00+23:00"}, "made_at", None),
        ({"made_at": 5}, "made_at", None),
        ({"made_at": "2026-05-04T05:02:01+02:00"}, "made_at", FULL.made_at),
        ({"cost": -1}, "cost", None),
        ({"cost": "NaN"}, "cost", None),
        ({"cost": "Infinity"}, "cost", None),
        ({"cost": "1e11"}, "cost", None),
        ({"cost": True}, "cost", None),
        ({"cost": "free"}, "cost", None),
        ({"cost": 0.04}, "cost", Decimal("0.04")),
        ({"cost": "0"}, "cost", Decimal(0)),
        ({"cost_unit": "USD"}, "cost_unit", ""),
        ({"cost": 1, "cost_unit": "compute points"}, "cost_unit", ""),
        ({"cost": 1, "cost_unit": "points"}, "cost_unit", "points"),
    ],
)
def test_of_each_value_what_can_be_believed_is_kept(given: dict[str, Any], field: str, believed: object) -> None:
    recipe = check_recipe(GOOD | given)

    assert recipe is not None and recipe.prompt in ("a red chair", "a chair")
    assert getattr(recipe, field) == believed


@pytest.mark.parametrize("said", [None, [7], True, "x" * 5000])
def test_a_seed_that_is_none_does_not_hide_the_one_among_the_parameters(said: object) -> None:
    given = {"proofsheet": 1, "prompt": "", "model": "routellm/x", "parameters": {"seed": 0}, "seed": said}
    recipe = check_recipe(given)
    assert recipe is not None and recipe.seed == 0
