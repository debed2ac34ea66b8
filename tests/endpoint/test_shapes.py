"""Pure parts beside the orders: JSON objects, the nearest size, a spec as JSON Schema."""

from typing import Any

import pytest

from gallery import specs
from gallery.endpoint import bodies

SPEC: list[dict[str, Any]] = [
    {"name": "num_images", "type": "integer", "minimum": 1, "maximum": 4, "default": 1},
    {"name": "aspect_ratio", "type": "string", "choices": ["1:1", "16:9", "9:16"], "default": "1:1"},
    {"name": "raw", "type": "boolean"},
    {"name": "character", "type": "image", "max_images": 2},
    {"name": "style", "type": "image"},
]


@pytest.mark.parametrize(
    ("size", "choices", "nearest"),
    [
        ("1024x1024", ["1:1", "16:9"], "1:1"),
        ("1792x1024", ["1:1", "16:9", "9:16"], "16:9"),
        ("1024x1536", ["3:4", "2:3", "9:16"], "2:3"),
        ("512x512", ["square", "square_hd", "portrait_4_3"], "square"),
        ("600x800", ["square_hd", "portrait_4_3", "portrait_16_9"], "portrait_4_3"),
        ("800x800", ["1024x1024", "640x640", "2048x2048"], "640x640"),
        ("1024x768", ["1x1", "4x3", "3x4"], "4x3"),
        ("1000X2000", ["1:1", "1:4", "1:2"], "1:2"),
        ("1024 x 1024", ["1:1 HD", "16:9"], "1:1 HD"),
        ("16:9", ["1:1", "16:9"], "16:9"),
        ("auto_4K", ["auto_4K", "square"], "auto_4K"),
        ("0x0", ["1:1"], None),
        ("huge", ["1:1"], None),
        ("", ["1:1"], None),
        ("512x512", ["auto", "best"], None),
        ("512x512", [], None),
        ("9" * 400 + "x1", ["1:1"], "1:1"),
    ],
    ids=lambda value: str(value)[:20],
)
def test_the_nearest_size_is_nearest_in_shape_and_then_in_area(size: str, choices: Any, nearest: str | None) -> None:
    (parameter,) = specs.parse_parameters([{"name": "size", "type": "string", "choices": choices}])
    assert specs.nearest_choice(parameter, size) == nearest


def test_a_spec_is_told_as_json_schema() -> None:
    more: list[dict[str, Any]] = [
        {"name": "guidance", "type": "number", "minimum": 1, "step": 0.5, "description": "How near.", "default": 2.5},
        {"name": "steps", "type": "number", "minimum": 2, "maximum": 50, "step": 1, "ignored_with": "style"},
        {"name": "mode", "type": "string", "choices": ["pro", "max"], "required": True, "default": "pro"},
        {"name": "control", "type": "image", "required": True},
        {"name": "extra", "type": "object"},
    ]
    schema = specs.json_schema(specs.parse_parameters([*SPEC, *more]))
    one = {"type": "string", "format": "uri"}
    properties = schema["properties"]
    assert schema["required"] == ["control"]
    assert properties["aspect_ratio"] == {"title": "Aspect ratio", "enum": ["1:1", "16:9", "9:16"], "default": "1:1"}
    assert properties["num_images"] | {"title": ""} == {
        "title": "",
        "type": "integer",
        "minimum": 1,
        "maximum": 4,
        "default": 1,
    }
    assert properties["guidance"]["description"] == "How near."
    assert (properties["guidance"]["type"], properties["guidance"]["multipleOf"]) == ("number", 0.5)
    assert properties["steps"]["type"] == "integer"
    assert "Not used once style is given." in properties["steps"]["description"]
    assert properties["style"] == {"title": "Style", **one}
    assert properties["character"]["anyOf"] == [one, {"type": "array", "items": one, "minItems": 1, "maxItems": 2}]
    assert properties["raw"]["type"] == "boolean"
    assert properties["extra"]["type"] == "object"


@pytest.mark.parametrize(
    ("content", "value"),
    [(b'{"a": 1}', {"a": 1}), (b' {"a": {"b": [null]}} ', {"a": {"b": [None]}}), (b'{"a": 1, "a": 2}', {"a": 2})],
)
def test_json_objects_are_read(content: bytes, value: Any) -> None:
    assert bodies.read_json(content) == value
