"""Models as the picker shows them: cards with a sample, price and time, in the order one looks for them."""

import re
from collections import Counter, defaultdict
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field

from gallery.models import FavouriteModel, Generation, ImageModel, User
from gallery.services.prices import Prices
from gallery.views.amounts import price_of_picture
from gallery.views.model_samples import newest_pictures, swatch

MOST_IN_SECTION = 4


@dataclass(frozen=True, kw_only=True)
class Sibling:
    """The same model at another gateway."""

    full_id: str
    gateway: str
    price: str
    limits: str


@dataclass(frozen=True, kw_only=True)
class Card:
    """`colours` make a swatch for a model without pictures yet. `how` tells where the price comes from."""

    id: int
    full_id: str
    name: str
    family: str
    gateway: str
    badges: list[str]
    capabilities: str
    search_text: str
    price: str
    is_priced: bool
    how: str
    seconds: float | None
    sample_url: str
    colours: tuple[str, str]
    siblings: Sequence[Sibling]
    is_current: bool
    is_favourite: bool


@dataclass(frozen=True, kw_only=True)
class Section:
    title: str = ""
    cards: Sequence[Card] = field(default_factory=list)


class CardMaker:
    """What cards are made of, read once for all models."""

    def __init__(
        self, rows: Sequence[ImageModel], prices: Prices, user: User, *, current: str, labels: Iterable[tuple[str, str]]
    ):
        self.prices = prices
        self.current = current
        self.labels = dict(labels)
        self.samples = newest_pictures(rows, user)
        self.favourites = FavouriteModel.objects.keys_of(user)
        self.alike: dict[str, list[ImageModel]] = defaultdict(list)
        for row in rows:
            self.alike[plain_name(row)].append(row)

    def matches(self, row: ImageModel, words: Sequence[str], able: Sequence[str]) -> bool:
        text = self.search_text(row)
        return set(able) <= set(row.capabilities) and all(word in text for word in words)

    def search_text(self, row: ImageModel) -> str:
        labels = [label for key, label in self.labels.items() if key in row.capabilities]
        words = [row.name, row.full_id, row.gateway.name, row.family, row.description, *row.badges, *labels]
        return " ".join([*words, *row.capabilities]).lower()

    def make(self, rows: Iterable[ImageModel]) -> list[Card]:
        return [self.card(row) for row in rows]

    def card(self, row: ImageModel) -> Card:
        sample = self.samples.get(row.pk)
        quote = self.prices.quote(row, {})
        return Card(
            id=row.pk,
            full_id=row.full_id,
            name=row.name,
            family=row.family or row.name,
            gateway=row.gateway.name,
            badges=[*(["no longer listed"] if row.is_gone else []), *row.badges],
            capabilities=" ".join(row.capabilities),
            search_text=self.search_text(row),
            price=price_of_picture(quote),
            is_priced=quote.is_known,
            how=quote.how,
            seconds=self.prices.seconds(row),
            sample_url=sample.thumbnail_url if sample else "",
            colours=swatch(row),
            siblings=[self.sibling(other) for other in self.alike[plain_name(row)] if other.pk != row.pk],
            is_current=row.full_id == self.current,
            is_favourite=row.pk in self.favourites,
        )

    def sibling(self, row: ImageModel) -> Sibling:
        price = price_of_picture(self.prices.quote(row, {}))
        return Sibling(
            full_id=row.full_id, gateway=row.gateway.name, price=price, limits=", ".join(row.limits) or "no references"
        )


def plain_name(row: ImageModel) -> str:
    """The same for one model under the names of several gateways."""
    return re.sub(r"[\W_]+", "", row.name).casefold()


def build_sections(cards: CardMaker, rows: Sequence[ImageModel], user: User) -> list[Section]:
    """Every model once, where one looks for it first."""
    left = {row.pk: row for row in rows}
    recent = list(dict.fromkeys(Generation.objects.models_used(user, team=False)))
    popular = [key for key, _ in Counter(Generation.objects.models_used(user, team=True)).most_common()]
    starred = [row.pk for row in rows if row.pk in cards.favourites]
    sections = []
    for title, keys, most in (
        ("Favourites", starred, len(rows)),
        ("Recent", recent, MOST_IN_SECTION),
        ("The team uses", popular, MOST_IN_SECTION),
    ):
        taken = [left.pop(key) for key in [key for key in keys if key in left][:most]]
        sections.append(Section(title=title, cards=cards.make(taken)))
    rest = Section(title="All others" if len(left) < len(rows) else "All models", cards=cards.make(left.values()))
    return [section for section in [*sections, rest] if section.cards]
