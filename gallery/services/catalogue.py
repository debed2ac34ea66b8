"""Loads the shipped catalogue: gateways and image models with their parameter specs, from gallery/catalogue/*.toml."""

import tomllib
from collections.abc import Mapping
from contextlib import suppress
from pathlib import Path
from typing import Any

from django.conf import settings
from django.db import transaction

from gallery import specs
from gallery.gateway import errors
from gallery.models import Gateway, ImageModel, SpecVersion
from gallery.services import gateways
from gallery.services.spec_versions import save_changes

CATALOGUE = Path(__file__).resolve().parent.parent / "catalogue"


class CatalogueRefused(ValueError):
    """A catalogue file that cannot be loaded; the text names file and place."""


def load_catalogue(folder: Path = CATALOGUE) -> int:
    """Create or update every shipped gateway and model, in one transaction; what an admin changed stays as it is.

    Returns the number of models. Raises CatalogueRefused, and then nothing was changed.
    """
    count = 0
    with transaction.atomic():
        for position, path in enumerate(sorted(folder.glob("*.toml"), key=catalogue_order)):
            try:
                data = tomllib.loads(path.read_text(encoding="utf-8"))
                gateway = load_gateway(data["gateway"], position)
                common = data.get("common", [])
                for number, block in enumerate(data.get("models", [])):
                    load_model(gateway, read_model_block(block, common, number))
                    count += 1
            except (ValueError, KeyError, TypeError, AttributeError) as problem:
                raise CatalogueRefused(f"{path.name}: {problem}") from problem
    return count


def catalogue_order(path: Path) -> tuple[bool, str]:
    """RouteLLM first: it has the richest specs; then by name."""
    return (path.stem != "routellm", path.stem)


def load_gateway(block: Mapping[str, Any], position: int) -> Gateway:
    gateway, _ = Gateway.objects.get_or_create(
        slug=block["slug"],
        defaults={
            "name": block["name"],
            "dialect": block["dialect"],
            "base_url": block["base_url"],
            "position": position,
        },
    )
    if settings.GATEWAY_KEYS.get(gateway.slug):
        # A key of the environment may be another one at every start: what was tested before says nothing about it.
        gateway.had_key = True
        gateway.tested_at, gateway.test_passed, gateway.test_report = None, None, ""
        gateway.save(update_fields=["had_key", "tested_at", "test_passed", "test_report"])
        # Of an address that cannot be used each run tells.
        with suppress(errors.Rejected):
            gateways.note_environment_key(gateway)
    return gateway


def read_model_block(block: Mapping[str, Any], common: list[dict[str, Any]], number: int) -> dict[str, Any]:
    """A catalogue block as ImageModel fields. Common parameters come after the model's own; it may drop or override them."""
    place = f"models[{number}] ({block.get('id', '?')})"
    own = {parameter.get("name"): parameter for parameter in block.get("parameters", [])}
    shared = {
        item["name"]: own.pop(item["name"], item) for item in common if item["name"] not in block.get("without", [])
    }
    parameters = specs.parse_parameters([*own.values(), *shared.values()], f"{place}.parameters")
    tasks = list(block.get("tasks", ["text"]))
    makes_images = set(tasks) != {"analysis"}
    prompt = block.get("prompt", {})
    return {
        "model_id": block["id"],
        "name": block.get("name", block["id"]),
        "family": block.get("family", ""),
        "description": block.get("description", ""),
        "tasks": tasks,
        "modalities": list(block.get("modalities", ["image"] if makes_images else [])),
        "output": block.get("output", "raster") if makes_images else "text",
        "surface": block.get("surface", "chat"),
        "prompt_help": prompt.get("description", "Describe the scene or action to generate" if makes_images else ""),
        "prompt_forbids": list(prompt.get("forbids", [])),
        "parameters": specs.to_json(parameters),
        "is_default": bool(block.get("is_default", False)),
        "position": number,
    }


def load_model(gateway: Gateway, fields: dict[str, Any]) -> ImageModel:
    """Create the model, or bring it up to date field by field wherever it still stands as it was shipped before."""
    image_model, is_new = ImageModel.objects.get_or_create(
        gateway=gateway, model_id=fields["model_id"], defaults={**fields, "shipped": fields}
    )
    before = image_model.shipped or {}
    if is_new or before == fields:
        return image_model
    untouched = {
        name: value for name, value in fields.items() if name in before and getattr(image_model, name) == before[name]
    }
    reason, note = SpecVersion.Reason.SHIPPED, "A newer catalogue came with Proofsheet."
    save_changes(image_model=image_model, changes=untouched, author=None, reason=reason, note=note)
    image_model.shipped = fields
    image_model.save(update_fields=["shipped"])
    return image_model
