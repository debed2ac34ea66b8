"""A parameter spec as JSON Schema (2020-12), for who writes requests: what `image_config` of a model may hold."""

from collections.abc import Iterable
from typing import Any

from gallery.specs.parameters import Parameter

DIALECT = "https://json-schema.org/draft/2020-12/schema"


def json_schema(parameters: Iterable[Parameter]) -> dict[str, Any]:
    """Image parameters are addresses or data URLs here, one or a list."""
    shown = [parameter for parameter in parameters if parameter.name != "prompt"]
    schema: dict[str, Any] = {
        "$schema": DIALECT,
        "type": "object",
        "properties": {parameter.name: schema_of(parameter) for parameter in shown},
    }
    needed = [parameter.name for parameter in shown if parameter.is_required and parameter.default is None]
    return schema | ({"required": needed} if needed else {})


def schema_of(parameter: Parameter) -> dict[str, Any]:
    schema: dict[str, Any] = {"title": parameter.label}
    if parameter.description:
        schema["description"] = parameter.description
    if parameter.ignored_with:
        schema["description"] = f"{parameter.description} Not used once {parameter.ignored_with} is given.".strip()
    if parameter.is_mask:
        told = f"A mask of {parameter.mask_of}, of its size: {parameter.mask_marks} pixels are those to work on."
        schema["description"] = f"{schema.get('description', '')} {told}".strip()
    schema |= picture_schema(parameter) if parameter.is_image else value_schema(parameter)
    if parameter.default is not None:
        schema["default"] = parameter.default
    return schema


def picture_schema(parameter: Parameter) -> dict[str, Any]:
    one = {"type": "string", "format": "uri"}
    if parameter.max_images == 1:
        return one
    return {"anyOf": [one, {"type": "array", "items": one, "minItems": 1, "maxItems": parameter.max_images}]}


def value_schema(parameter: Parameter) -> dict[str, Any]:
    if parameter.choices:
        return {"enum": [choice.value for choice in parameter.choices]}
    schema: dict[str, Any] = {"type": "integer" if parameter.is_whole else parameter.type}
    for name, limit in (("minimum", parameter.minimum), ("maximum", parameter.maximum)):
        if limit is not None:
            schema[name] = limit
    if parameter.step is not None:
        schema["multipleOf"] = parameter.step
    return schema
