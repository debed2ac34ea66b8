"""Which model does exactly what stands in a form for the least: every model's spec is held against it, known prices decide."""

from collections.abc import Sequence
from dataclasses import dataclass
from decimal import Decimal

from gallery import specs
from gallery.models import ImageModel
from gallery.services.axes import Recipe
from gallery.services.prices import Prices, Quote

FOR_PICTURES = frozenset({"image", "edit"})


@dataclass(frozen=True, kw_only=True)
class Offer:
    image_model: ImageModel
    quote: Quote
    seconds: float | None

    @property
    def rank(self) -> tuple[Decimal, float]:
        """By price, and where it is the same by time."""
        return self.quote.amount or Decimal(0), self.seconds if self.seconds is not None else float("inf")


@dataclass(frozen=True, kw_only=True)
class Cheapest:
    """`best` has one offer for each unit: dollars and points are never compared. `able` are all that could do it, `unknown`
    those of them whose price nobody knows."""

    best: Sequence[Offer]
    able: Sequence[ImageModel]
    unknown: Sequence[ImageModel]


def find_cheapest(recipe: Recipe, image_models: Sequence[ImageModel], prices: Prices) -> Cheapest:
    able = [image_model for image_model in image_models if not misfits(recipe, image_model)]
    offers = [make_offer(recipe, image_model, prices) for image_model in able]
    # What is only drawn by the sandbox is no bargain as long as something real is there.
    if any(not offer.quote.is_simulated for offer in offers):
        offers = [offer for offer in offers if not offer.quote.is_simulated]
    known = [offer for offer in offers if offer.quote.is_known]
    units = sorted({offer.quote.unit for offer in known}, reverse=True)
    return Cheapest(
        best=[
            min((offer for offer in known if offer.quote.unit == unit), key=lambda offer: offer.rank) for unit in units
        ],
        able=[offer.image_model for offer in offers],
        unknown=[offer.image_model for offer in offers if not offer.quote.is_known],
    )


def make_offer(recipe: Recipe, image_model: ImageModel, prices: Prices) -> Offer:
    values = specs.translate(recipe.parameters, recipe.image_model.spec, image_model.spec).values
    quote = prices.quote(image_model, values, set(recipe.inputs))
    return Offer(image_model=image_model, quote=quote, seconds=prices.seconds(image_model))


def misfits(recipe: Recipe, image_model: ImageModel) -> list[str]:
    """In a few words each, what keeps a model from doing exactly this."""
    if image_model.pk == recipe.image_model.pk:
        return []
    pictures = {name: len(images) for name, images in recipe.inputs.items()}
    found = specs.misfits(recipe.parameters, pictures, recipe.image_model.spec, image_model.spec)
    if image_model.output != recipe.image_model.output:
        found.append(f"it makes {image_model.get_output_display().lower()}")
    if not is_made_for(image_model, recipe):
        found.append("it is made for something else")
    try:
        for prompt in recipe.prompts if image_model.prompt_forbids else ():
            specs.refuse_forbidden_text(prompt, image_model.prompt_forbids)
    except specs.ValueRefused as refusal:
        found.append(str(refusal))
    return found


def is_made_for(image_model: ImageModel, recipe: Recipe) -> bool:
    """Drawing from words alone, going by pictures, or enlarging one."""
    tasks = set(image_model.tasks)
    does_it = bool(tasks & FOR_PICTURES) if recipe.inputs else "text" in tasks
    enlarges, is_enlarging = "upscale" in tasks, "upscale" in recipe.image_model.tasks
    return enlarges if is_enlarging else does_it and not enlarges
