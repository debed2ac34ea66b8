"""“Cheapest that can do exactly this”, in words."""

from collections.abc import Sequence
from dataclasses import dataclass, field

from gallery.services.axes import Recipe
from gallery.services.cheapest import Cheapest, Offer
from gallery.views.amounts import quote_in_words

MOST_NAMES = 3


@dataclass(frozen=True, kw_only=True)
class Bargain:
    full_id: str
    name: str
    gateway: str
    price: str
    seconds: float | None
    is_current: bool


@dataclass(frozen=True, kw_only=True)
class Bargains:
    """`title` says how many can, `sentences` what else is to know."""

    title: str
    choices: Sequence[Bargain] = field(default_factory=list)
    sentences: Sequence[str] = field(default_factory=list)


def build_bargains(found: Cheapest, recipe: Recipe) -> Bargains:
    others = [row for row in found.able if row.pk != recipe.image_model.pk]
    choices = [build_bargain(offer, recipe) for offer in found.best]
    if not others:
        return Bargains(title="No other model can do exactly this")
    sentences = [f"{len(found.able)} models can do it."]
    if len(choices) > 1:
        sentences.append("Dollars and points are not compared.")
    if found.unknown:
        sentences.append(unknown_in_words([row.name for row in found.unknown]))
    return Bargains(title="Cheapest that can do exactly this", choices=choices, sentences=sentences)


def build_bargain(offer: Offer, recipe: Recipe) -> Bargain:
    return Bargain(
        full_id=offer.image_model.full_id,
        name=offer.image_model.name,
        gateway=offer.image_model.gateway.name,
        price=quote_in_words(offer.quote),
        seconds=offer.seconds,
        is_current=offer.image_model.pk == recipe.image_model.pk,
    )


def unknown_in_words(names: Sequence[str]) -> str:
    """`The price of Imagen, Recraft and 4 more is not known yet.`"""
    shown, more = list(names[:MOST_NAMES]), len(names) - MOST_NAMES
    if more > 0:
        return f"The price of {', '.join(shown)} and {more} more is not known yet."
    last = f" and {shown[-1]}" if len(shown) > 1 else shown[-1]
    return f"The price of {', '.join(shown[:-1])}{last} is not known yet."
