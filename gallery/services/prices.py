"""What a run will cost and take, reckoned before it is run: from this team's own runs, else from the model's price, else
unknown."""

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass, replace
from decimal import ROUND_HALF_UP, Decimal
from statistics import median
from typing import Any

from gallery import specs
from gallery.models import Generation, ImageModel
from gallery.services import gateways, listed_models

SAMPLE = 40
ENOUGH_ALIKE = 3
MOST_TIMES = 25
# What a price depends on besides the number of pictures, as far as gateways tell.
PRICED = frozenset(
    {"quality", "image_quality", "size", "image_size", "resolution", "mode", "rendering_speed", "process_mode"}
)
PLACES = Decimal("0.000001")


@dataclass(frozen=True, kw_only=True)
class Quote:
    """`amount` is None where nobody knows; `unit` is `usd` or `points`. `each` is one picture's share, `how` tells in a few
    words where the figure comes from."""

    pictures: int
    amount: Decimal | None = None
    each: Decimal | None = None
    unit: str = ""
    how: str = "no run of this model has told its price yet"
    is_simulated: bool = False

    @property
    def is_known(self) -> bool:
        return self.amount is not None


def quote_run(
    image_model: ImageModel,
    parameters: Mapping[str, Any],
    given_images: Collection[str] = (),
    *,
    kind: str = Generation.Kind.IMAGE,
) -> Quote:
    """The price of one run with these settings."""
    return Prices([image_model]).quote(image_model, parameters, given_images, kind=kind)


class Prices:
    """Prices and times of some models, read once: a comparison, a matrix or the picker asks for many quotes."""

    def __init__(self, image_models: Sequence[ImageModel]):
        self.past = past_runs(image_models)

    def seconds(self, image_model: ImageModel) -> float | None:
        return usual([run.seconds for run in self.past[image_model.pk]])

    def quote(
        self,
        image_model: ImageModel,
        parameters: Mapping[str, Any],
        given_images: Collection[str] = (),
        *,
        kind: str = Generation.Kind.IMAGE,
    ) -> Quote:
        """An answer in words costs what such answers did; the price of a picture says nothing about it."""
        if not image_model.makes_images:
            kind = Generation.Kind.ANALYSIS
        spec = spec_of(image_model, kind)
        pictures = specs.count_chosen(spec, parameters, given_images)
        if simulated := simulated_quote(image_model, pictures):
            return simulated
        chosen = with_defaults(spec, parameters, given_images)
        return (
            self.from_runs(image_model, chosen, pictures, kind)
            or from_price(image_model, chosen, pictures, kind)
            or Quote(pictures=pictures)
        )

    def from_runs(self, image_model: ImageModel, chosen: Mapping[str, Any], pictures: int, kind: str) -> Quote | None:
        past = self.past[image_model.pk]
        runs = [(run, run.each) for run in past if run.each is not None and run.kind == kind]
        if not runs:
            return None
        unit = runs[0][0].unit
        same_unit = [(run, each) for run, each in runs if run.unit == unit]
        alike = [each for run, each in same_unit if run.priced == priced(chosen)]
        if len(alike) >= ENOUGH_ALIKE:
            how = f"median of the last {len(alike)} runs with these settings"
            return quoted(median(alike), pictures, unit, how)
        plain = median(each / run.factor for run, each in same_unit)
        count = len(same_unit)
        settings = "these" if len(alike) == count else "other"
        how = f"from the last {count} runs with {settings} settings" if count > 1 else "from one run before"
        return quoted(plain * factor_of(spec_of(image_model, kind), chosen), pictures, unit, how)


def usual_seconds(image_model: ImageModel) -> float | None:
    """The same as `Prices.seconds`, where no price is asked for."""
    return usual([seconds_of(row) for row in runs_that_count([image_model])])


def usual(times: Sequence[float | None]) -> float | None:
    """The median of the last ones; `times` newest first."""
    known = [seconds for seconds in times if seconds is not None][:MOST_TIMES]
    return round(median(known), 1) if known else None


def quoted(each: Decimal, pictures: int, unit: str, how: str) -> Quote:
    return Quote(pictures=pictures, amount=rounded(each * pictures), each=rounded(each), unit=unit, how=how)


@dataclass(frozen=True, kw_only=True)
class PastRun:
    """`each` is what one picture of it cost, `factor` how many times the plain price that was; None where not told."""

    kind: str
    seconds: float | None
    each: Decimal | None
    unit: str
    factor: Decimal
    priced: tuple[tuple[str, str], ...]


def past_runs(image_models: Sequence[ImageModel]) -> dict[int, list[PastRun]]:
    known = {image_model.pk: image_model for image_model in image_models}
    past: dict[int, list[PastRun]] = {key: [] for key in known}
    for row in runs_that_count(image_models):
        key = row.image_model_id or 0
        past[key].append(past_run(row, spec_of(known[key], row.kind)))
    return past


def runs_that_count(image_models: Sequence[ImageModel], *, questions: bool = False) -> list[Generation]:
    """The last runs of each model that came to a good end, newest first; simulated ones only until there is a key. Of a
    model that draws those that drew, or with `questions` those that answered: the two cost nothing alike."""
    simulated = {image_model.pk for image_model in image_models if gateways.is_simulated(image_model.gateway)}
    draws = {image_model.pk for image_model in image_models if image_model.makes_images and not questions}
    return [
        row
        for row in Generation.objects.last_of_models(image_models, SAMPLE)
        if row.status == Generation.Status.SUCCEEDED
        and (not row.is_simulated or row.image_model_id in simulated)
        and (row.kind == Generation.Kind.IMAGE) == (row.image_model_id in draws)
    ]


def quote_questions(image_models: Sequence[ImageModel]) -> dict[int, Quote]:
    """What a question to each model costs, from those before it: a model's price is that of a picture."""
    asked: dict[int, list[Generation]] = {image_model.pk: [] for image_model in image_models}
    for row in runs_that_count(image_models, questions=True):
        if row.cost is not None and not row.is_simulated:
            asked[row.image_model_id or 0].append(row)
    return {one.pk: simulated_quote(one, 0) or from_questions(asked[one.pk]) for one in image_models}


def from_questions(rows: Sequence[Generation]) -> Quote:
    costs = [row.cost for row in rows if row.cost is not None and row.cost_unit == rows[0].cost_unit]
    if not costs:
        return Quote(pictures=0, how="no question to this model has told its price yet")
    how = f"median of the last {len(costs)} questions" if len(costs) > 1 else "from one question before"
    amount = rounded(median(costs))
    return Quote(pictures=0, amount=amount, each=amount, unit=rows[0].cost_unit, how=how)


def simulated_quote(image_model: ImageModel, pictures: int) -> Quote | None:
    if not gateways.is_simulated(image_model.gateway):
        return None
    how = f"no key for {image_model.gateway.name} yet"
    return Quote(pictures=pictures, amount=Decimal(0), each=Decimal(0), unit="usd", how=how, is_simulated=True)


def seconds_of(row: Generation) -> float | None:
    return row.took.total_seconds() if row.took else None


def past_run(row: Generation, spec: Sequence[specs.Parameter]) -> PastRun:
    chosen = with_defaults(spec, row.parameters, ())
    # What was reckoned here, or is told by an imported file, is nobody's word.
    is_told = not row.is_simulated and not row.is_cost_reckoned and row.client != Generation.IMPORT
    return PastRun(
        kind=row.kind,
        seconds=seconds_of(row),
        each=row.cost / max(row.image_count, 1) if row.cost is not None and is_told else None,
        unit=row.cost_unit,
        factor=factor_of(spec, chosen),
        priced=priced(chosen),
    )


def spec_of(image_model: ImageModel, kind: str) -> Sequence[specs.Parameter]:
    """An answer in words has no knobs of the model."""
    return image_model.spec if kind == Generation.Kind.IMAGE else ()


def from_price(image_model: ImageModel, chosen: Mapping[str, Any], pictures: int, kind: str) -> Quote | None:
    is_of_pictures = kind != Generation.Kind.IMAGE and image_model.makes_images
    if image_model.price is None or is_of_pictures:
        return None
    each = image_model.price * factor_of(image_model.spec, chosen)
    return quoted(each, pictures, image_model.price_unit, teller_of(image_model))


def teller_of(image_model: ImageModel) -> str:
    """Whether the price of a picture is the one in the gateway's own list, or somebody's."""
    gateway, listed = image_model.gateway, (image_model.listed or {}).get("prices")
    is_listed = listed and listed_models.price_of(gateway, listed) == image_model.price
    return f"the price {gateway.name} lists" if is_listed else "the price an administrator entered"


def with_defaults(
    spec: Sequence[specs.Parameter], parameters: Mapping[str, Any], given: Collection[str]
) -> dict[str, Any]:
    used = [p for p in spec if not p.is_image and not specs.is_ignored(p, given)]
    return {p.name: parameters.get(p.name, p.default) for p in used}


def priced(chosen: Mapping[str, Any]) -> tuple[tuple[str, str], ...]:
    return tuple(sorted((name, str(value)) for name, value in chosen.items() if name in PRICED))


def factor_of(spec: Sequence[specs.Parameter], chosen: Mapping[str, Any]) -> Decimal:
    """How many times the plain price the chosen values cost, as the spec tells."""
    factor = Decimal(1)
    for parameter in spec:
        if choice := parameter.choice(chosen.get(parameter.name)):
            factor *= choice.cost_factor
    return factor


def rounded(amount: Decimal) -> Decimal:
    return amount.quantize(PLACES, rounding=ROUND_HALF_UP).normalize()


# Several runs together ---------------------------------------------------------------------------------------------


@dataclass(frozen=True, kw_only=True)
class Total:
    """Sums by unit: dollars and points are never added up. `unknown` counts the runs nobody has a price for."""

    runs: int
    pictures: int
    sums: Mapping[str, Decimal]
    unknown: int


def together(quote: Quote, runs: int) -> Quote:
    """So many runs of one price as if they were one."""
    amount = None if quote.amount is None else quote.amount * runs
    return replace(quote, amount=amount, pictures=quote.pictures * runs)


def add_up(quotes: Sequence[Quote]) -> Total:
    sums: dict[str, Decimal] = {}
    for quote in quotes:
        if quote.amount is not None:
            sums[quote.unit] = sums.get(quote.unit, Decimal(0)) + quote.amount
    return Total(
        runs=len(quotes),
        pictures=sum(quote.pictures for quote in quotes),
        sums=sums,
        unknown=sum(1 for quote in quotes if not quote.is_known),
    )
