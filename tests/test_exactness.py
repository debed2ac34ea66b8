"""Whether another model can do exactly what stands in a form: cases of the pure check."""

from collections.abc import Sequence
from itertools import product
from typing import Any

import pytest

from gallery import specs
from gallery.models import ImageModel

Spec = Sequence[dict[str, Any]]

ASPECT = {"name": "aspect_ratio", "type": "string", "choices": ["1:1", "16:9", "21:9"], "default": "1:1"}
SIZE = {"name": "size", "type": "string", "choices": ["1024x1024", "1820x1024"], "default": "1024x1024"}
SEED = {"name": "seed", "type": "integer", "minimum": 0, "maximum": 999}
COUNT = {"name": "num_images", "type": "integer", "minimum": 1, "maximum": 4, "default": 1}
FEW = {"name": "n", "type": "integer", "minimum": 1, "maximum": 2, "default": 1}
STYLE = {"name": "style", "type": "string", "choices": ["vivid", "natural"], "default": "vivid"}
RAW = {"name": "raw", "type": "boolean", "label": "Raw"}
PICTURES = {"name": "image_prompt", "type": "image", "label": "References", "max_images": 3}
ONE = {"name": "image", "type": "image", "label": "Image", "max_images": 1}
NEEDED = {"name": "image_prompt", "type": "image", "label": "Image", "max_images": 3, "required": True}
MASK = {"name": "mask", "type": "image", "label": "Mask"}
NEEDED_MASK = {"name": "mask", "type": "image", "label": "Mask", "required": True}
NOT_BESIDE = {**ASPECT, "ignored_with": "image_prompt"}
NEEDED_FACTOR = {"name": "factor", "type": "integer", "label": "Factor", "minimum": 2, "maximum": 4, "required": True}

CASES: list[tuple[str, dict[str, Any], dict[str, int], Spec, Spec, str]] = [
    # name, settings, pictures, the form’s spec, the other’s, a word of what is missing ("": nothing)
    ("nothing set", {}, {}, [ASPECT, SEED], [], ""),
    ("all at its default", {"aspect_ratio": "1:1", "num_images": 1}, {}, [ASPECT, COUNT], [], ""),
    ("a switch left off", {"raw": False}, {}, [RAW], [], ""),
    ("a switch put on", {"raw": True}, {}, [RAW], [], "no Raw On"),
    ("the same by another name", {"aspect_ratio": "16:9"}, {}, [ASPECT], [SIZE], ""),
    ("only near", {"aspect_ratio": "21:9"}, {}, [ASPECT], [SIZE], "the nearest offered"),
    ("no such knob", {"style": "natural"}, {}, [STYLE], [ASPECT], "no Style natural"),
    ("a seed", {"seed": 5}, {}, [SEED], [SEED], ""),
    ("a seed without a place", {"seed": 5}, {}, [SEED], [COUNT], "no Seed 5"),
    ("a count by another name", {"num_images": 2}, {}, [COUNT], [FEW], ""),
    ("more than it makes", {"num_images": 4}, {}, [COUNT], [FEW], "it takes at most 2"),
    ("references", {}, {"image_prompt": 3}, [PICTURES], [NEEDED], ""),
    ("more references than it takes", {}, {"image_prompt": 2}, [PICTURES], [ONE], "not 2 pictures for References"),
    ("one reference is an image", {}, {"image_prompt": 1}, [PICTURES], [ONE], ""),
    ("a mask is nothing else", {}, {"mask": 1}, [MASK], [PICTURES], "not 1 picture for Mask"),
    ("no picture where one is needed", {}, {}, [PICTURES], [NEEDED], "it needs Image"),
    ("no mask where one is needed", {}, {"image": 1}, [ONE], [ONE, NEEDED_MASK], "it needs Mask"),
    ("a knob that must be set", {}, {}, [SEED], [NEEDED_FACTOR], "it needs Factor"),
    (
        "ignored beside a picture there",
        {"aspect_ratio": "16:9"},
        {"image_prompt": 1},
        [ASPECT, PICTURES],
        [NOT_BESIDE, PICTURES],
        "is not used beside a picture",
    ),
    (
        "ignored beside a picture here",
        {"aspect_ratio": "16:9"},
        {"image_prompt": 1},
        [NOT_BESIDE, PICTURES],
        [PICTURES],
        "",
    ),
]


@pytest.mark.parametrize(
    ("values", "pictures", "before", "after", "missing"), [row[1:] for row in CASES], ids=[row[0] for row in CASES]
)
def test_what_keeps_a_model_from_doing_exactly_this(
    values: dict[str, Any], pictures: dict[str, int], before: Spec, after: Spec, missing: str
) -> None:
    found = specs.misfits(values, pictures, specs.parse_parameters(before), specs.parse_parameters(after))
    assert bool(found) == bool(missing), found
    assert missing in "; ".join(found)


def test_between_all_shipped_models_whoever_can_do_it_changes_and_leaves_out_nothing(shipped: None) -> None:
    rows = list(ImageModel.objects.exclude(output=ImageModel.Output.TEXT).select_related("gateway"))
    able = 0
    for before, after in product(rows, rows):
        for parameter in before.spec:
            for choice in parameter.choices:
                values = {parameter.name: choice.value}
                if specs.misfits(values, {}, before.spec, after.spec):
                    continue
                able += 1
                told = specs.translate(values, before.spec, after.spec)
                assert choice.value == parameter.default or not (told.changed or told.left_out), (before, after, values)
                assert set(told.values) <= {one.name for one in after.spec}
    assert able > 1000
