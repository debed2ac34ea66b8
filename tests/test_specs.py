"""Tables of the pure part: values against their spec, what travels, shapes."""

import json
from typing import Any

import pytest

from gallery import specs


def parse(**fields: Any) -> specs.Parameter:
    return specs.parse_parameters([{"name": "knob", **fields}])[0]


SEED = {"type": "number", "step": 1}
GUIDANCE = {"type": "number", "minimum": 1, "maximum": 20, "step": 0.5}
STRENGTH = {"type": "number", "minimum": 0, "maximum": 1, "step": 0.01}
COUNT = {"type": "integer", "minimum": 1, "maximum": 4}
MODE = {"type": "string", "choices": ["pro", "max"]}


@pytest.mark.parametrize(
    ("spec", "raw", "json_text"),
    [
        (SEED, "7", "7"),
        (SEED, "7.0", "7"),
        (SEED, " 12 ", "12"),
        (SEED, "9223372036854775807", "9223372036854775807"),
        (SEED, "-5", "-5"),
        (GUIDANCE, "4.5", "4.5"),
        (GUIDANCE, "4", "4.0"),
        (STRENGTH, "0.3", "0.3"),
        (STRENGTH, 0.1, "0.1"),
        (COUNT, "2", "2"),
        (COUNT, 2, "2"),
        (MODE, "max", '"max"'),
        ({"type": "boolean"}, "on", "true"),
        ({"type": "boolean"}, "false", "false"),
        ({"type": "boolean"}, False, "false"),
        ({"type": "integer", "choices": [1, 2]}, "2", "2"),
        ({"type": "string"}, " fog ", '"fog"'),
        ({"type": "array"}, "[1, 2]", "[1, 2]"),
        ({"type": "object"}, '{"a": 1}', '{"a": 1}'),
        ({"type": "font"}, "Inter", '"Inter"'),
    ],
)
def test_a_value_gets_its_json_type(spec: dict[str, Any], raw: object, json_text: str) -> None:
    assert json.dumps(specs.clean_value(parse(**spec), raw)) == json_text


@pytest.mark.parametrize(
    ("spec", "raw", "sentence"),
    [
        (SEED, "1.5", "whole number"),
        (SEED, "nan", "must be a number"),
        (SEED, "inf", "must be a number"),
        (SEED, "1e400", "too large"),
        (SEED, "9223372036854775808", "too large"),
        (SEED, True, "must be a number"),
        (GUIDANCE, "4.3", "steps of 0.5"),
        (GUIDANCE, "0.5", "takes 1 to 20"),
        (GUIDANCE, "20.5", "takes 1 to 20"),
        (STRENGTH, "0.333", "steps of 0.01"),
        (COUNT, "5", "takes 1 to 4"),
        (COUNT, "two", "must be a number"),
        (MODE, "PRO", "takes one of: pro, max"),
        (MODE, "", "takes one of"),
        ({"type": "boolean"}, "maybe", "on or off"),
        ({"type": "string"}, "x" * 4001, "at most 4,000"),
        ({"type": "string", "forbids": ["url", "flags"]}, "see https://x.test", "web addresses"),
        ({"type": "string", "forbids": ["url", "flags"]}, "a cat --ar 16:9", "--flags"),
        ({"type": "array"}, "{}", "JSON of type array"),
        ({"type": "object"}, "not json", "JSON of type object"),
    ],
)
def test_a_value_outside_its_spec_is_refused_with_a_sentence(spec: dict[str, Any], raw: object, sentence: str) -> None:
    with pytest.raises(specs.ValueRefused, match=sentence):
        specs.clean_value(parse(**spec), raw)


@pytest.mark.parametrize("text", ["a well-known cat", "an em — dash", "1--2 cats", "the cat -- asleep"])
def test_plain_dashes_are_no_flags(text: str) -> None:
    specs.refuse_forbidden_text(text, ["url", "flags"])


@pytest.mark.parametrize(
    ("value", "shape"),
    [
        ("16:9", (16, 9)),
        ("9x16", (9, 16)),
        ("1440x768", (1440, 768)),
        ("1:1 HD", (1, 1)),
        ("square_hd", (1, 1)),
        ("portrait_16_9", (9, 16)),
        ("landscape_4_3", (4, 3)),
        ("portrait_4_3", (3, 4)),
        ("auto_4K", None),
        ("auto", None),
        ("0x0", None),
    ],
)
def test_a_choice_means_a_shape(value: str, shape: tuple[float, float] | None) -> None:
    assert specs.shape_of(value) == shape


@pytest.mark.parametrize(
    ("choices", "shapes"),
    [
        (["auto", "21:9", "9x16", "1024x1536", "2:3"], [("21:9", 21, 9), ("9:16", 9, 16), ("2:3", 1024, 1536)]),
        ([{"value": "square_hd", "label": "1:1 HD"}, "square", "landscape_16_9"], [("1:1", 1, 1), ("16:9", 16, 9)]),
        ([{"value": "1820x1024", "label": "Wide"}], [("Wide", 1820, 1024)]),
        (["auto"], []),
    ],
)
def test_the_shapes_a_model_offers_are_each_named_once(choices: list[object], shapes: list[object]) -> None:
    spec = specs.parse_parameters([{"name": "size", "type": "string", "choices": choices}])
    assert specs.shapes_offered(spec) == shapes
    assert specs.shapes_offered(spec[:0]) == []


PICTURE = {"name": "image", "type": "image"}


@pytest.mark.parametrize(
    ("mask", "problem"),
    [
        ({"type": "image", "mask_of": "photo"}, "no image parameter to cover is called “photo”"),
        ({"type": "image", "mask_of": "mask"}, "no image parameter to cover"),
        ({"type": "string", "mask_of": "image"}, "needs an image parameter that takes one image"),
        ({"type": "image", "mask_of": "image", "max_images": 2}, "takes one image"),
        ({"type": "image", "mask_of": "image", "mask_marks": "red"}, "must be one of white, black, transparent"),
        ({"type": "image", "mask_of": 3}, "must be text"),
    ],
)
def test_a_mask_covers_an_image_parameter_or_the_spec_is_refused(mask: dict[str, object], problem: str) -> None:
    with pytest.raises(specs.SpecRefused, match=problem):
        specs.parse_parameters([PICTURE, {"name": "mask", **mask}])


def test_what_an_older_spec_calls_a_mask_covers_its_first_picture() -> None:
    image, mask = specs.parse_parameters([{"name": "photo", "type": "image"}, {"name": "mask_image", "type": "image"}])
    assert (image.is_mask, mask.mask_of) == (False, "photo")
    assert not specs.parse_parameters([{"name": "mask", "type": "image"}])[0].is_mask


def test_a_mask_says_in_the_schema_what_its_pixels_mean() -> None:
    spec = specs.parse_parameters(
        [PICTURE, {"name": "mask", "type": "image", "mask_of": "image", "mask_marks": "black"}]
    )
    assert [parameter.is_mask for parameter in spec] == [False, True]
    assert specs.parse_parameters(specs.to_json(spec)) == spec
    told = specs.json_schema(spec)["properties"]["mask"]["description"]
    assert told == "A mask of image, of its size: black pixels are those to work on."


KONTEXT = specs.parse_parameters(
    [
        {"name": "mode", "type": "string", "required": True, "choices": ["pro", "max"], "default": "pro"},
        {"name": "guidance", "type": "number", "default": 3.5, "ignored_with": "image_prompt"},
        {"name": "image_prompt", "type": "image", "max_images": 4},
        {"name": "num_images", "type": "integer", "default": 1, "ignored_with": "image_prompt"},
        {"name": "rewrite_prompt", "type": "boolean", "default": True, "always_sent": True},
    ]
)


@pytest.mark.parametrize(
    ("chosen", "given", "sends_defaults", "sent"),
    [
        ({}, set(), False, {"mode": "pro"}),
        (
            {"mode": "pro", "guidance": 3.5, "rewrite_prompt": True},
            set(),
            False,
            {"mode": "pro", "rewrite_prompt": True},
        ),
        ({"mode": "max", "guidance": 5.0}, set(), False, {"mode": "max", "guidance": 5.0}),
        ({"mode": "max", "guidance": 5.0, "num_images": 3}, {"image_prompt"}, False, {"mode": "max"}),
        (
            {"mode": "pro", "guidance": 3.5, "num_images": 1},
            set(),
            True,
            {"mode": "pro", "guidance": 3.5, "num_images": 1},
        ),
    ],
)
def test_only_what_matters_travels(
    chosen: dict[str, Any], given: set[str], sends_defaults: bool, sent: dict[str, Any]
) -> None:
    assert specs.values_to_send(KONTEXT, chosen, given_images=given, sends_defaults=sends_defaults) == sent


def test_a_run_makes_one_picture_where_the_count_is_ignored() -> None:
    assert specs.count_chosen(KONTEXT, {"num_images": 3}) == 3
    assert specs.count_chosen(KONTEXT, {"num_images": 3}, {"image_prompt"}) == 1


@pytest.mark.parametrize(
    "name", ["prompt", "prompt_styles", "previous_model", "former", "later", "confirmed", "models"]
)
def test_a_name_that_the_form_itself_posts_is_no_parameters(name: str) -> None:
    with pytest.raises(specs.SpecRefused, match="cannot be a name"):
        specs.parse_parameters([{"name": name, "type": "string"}])
