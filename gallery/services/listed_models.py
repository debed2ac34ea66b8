"""An entry of a gateway's list as a model of ours: what it is, the spec it gets, what it is said to cost."""

from collections.abc import Mapping, Sequence
from decimal import Decimal
from typing import Any

from gallery import specs
from gallery.gateway.dialects import DIALECTS
from gallery.gateway.messages import ListedModel
from gallery.models import Gateway, ImageModel
from gallery.services import found_models

MADE = ("image", "text")


def makes_pictures(gateway: Gateway, listed: ListedModel) -> bool:
    """Whether it is worth a look: where the list tells what a model gives, pictures are in it."""
    if listed.alias_of or (listed.gives and "image" not in listed.gives):
        return False
    return found_models.is_shown(gateway.dialect, listed)


def fields_of(gateway: Gateway, listed: ListedModel) -> dict[str, Any]:
    """A new ImageModel's fields. What the list tells goes before what its kind is taken for."""
    fields = found_models.fields_of(gateway.dialect, listed) or bare_fields(listed)
    maker, _, name = listed.name.partition(": ")
    spec = spec_of(gateway, listed, specs.parse_parameters(fields["parameters"]))
    told = {
        # OpenRouter writes “Google: Gemini 3 Pro Image”.
        "name": name,
        "family": listed.family or (maker if name else family_of(listed.model_id))[:60],
        "description": listed.description,
        "tasks": tasks_of(listed),
        "modalities": modalities_of(listed),
    }
    price = price_of(gateway, listed.prices)
    return {
        **fields,
        **{name: value for name, value in told.items() if value},
        "parameters": specs.to_json(spec),
        "price": price,
        "price_unit": DIALECTS[gateway.dialect].cost_unit,
    }


def bare_fields(listed: ListedModel) -> dict[str, Any]:
    """Of a dialect for which the catalogue says nothing: the prompt alone."""
    name = (listed.name or listed.model_id)[:120]
    return {"model_id": listed.model_id, "name": name, "tasks": ["text"], "modalities": ["image"], "parameters": []}


def spec_of(gateway: Gateway, listed: ListedModel, spec: Sequence[specs.Parameter]) -> Sequence[specs.Parameter]:
    """`spec` is that of its kind. Typed parameters take its place; pictures are asked for only of a model that takes them."""
    if listed.settings:
        typed = specs.from_settings(listed.settings, typed_words(gateway.dialect))
        is_known = any(parameter.is_image for parameter in typed)
        spec = typed if is_known else [*(p for p in spec if p.is_image), *typed]
    takes_pictures = not listed.takes or "image" in listed.takes
    return [parameter for parameter in spec if takes_pictures or not parameter.is_image]


def updated_spec(image_model: ImageModel, listed: ListedModel) -> list[specs.Parameter]:
    """Ours, with what the gateway lists now; ours as it is where that tells nothing of parameters."""
    spec = list(image_model.spec)
    if not listed.settings:
        return spec
    typed = specs.from_settings(listed.settings, typed_words(image_model.gateway.dialect))
    return specs.brought_up_to_date(spec, typed)


def typed_words(dialect: str) -> Sequence[Mapping[str, Any]]:
    words: list[dict[str, Any]] = found_models.known_of(dialect).get("typed", [])
    return words


def modalities_of(listed: ListedModel) -> list[str]:
    return [kind for kind in MADE if kind in listed.gives]


def tasks_of(listed: ListedModel) -> list[str]:
    """Empty where the list does not tell what goes in."""
    if not listed.takes:
        return []
    looks = "image" in listed.takes
    answers = looks and "text" in listed.gives
    return ["text", *(["image", "edit"] if looks else []), *(["analysis"] if answers else [])]


def family_of(model_id: str) -> str:
    """`black-forest-labs/flux.2-pro` is of Black forest labs."""
    maker, slash, _ = model_id.partition("/")
    return maker.replace("-", " ").capitalize()[:60] if slash else ""


def price_of(gateway: Gateway, prices: Mapping[str, str]) -> Decimal | None:
    return DIALECTS[gateway.dialect].picture_price(prices)
