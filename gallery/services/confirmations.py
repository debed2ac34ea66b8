"""Whether a run, a comparison or a matrix is asked about first: above a sum that the person or an administrator set, or where
nobody knows what many runs cost and no stop holds them.

One question for all of it. What was said yes to is a sum, and a number of runs without a price; the same run is not asked
about again as long as it is not dearer.
"""

from collections.abc import Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass, replace
from decimal import Decimal, InvalidOperation

from gallery.gateway.dialects import DIALECTS
from gallery.models import Batch, Gateway, Generation, User
from gallery.services import generations, stops
from gallery.services.batches import Limit, offered_for
from gallery.services.prices import Prices, Quote
from gallery.services.reckoning import Reckoning

# A run at a gateway, and what it is reckoned to cost.
Offer = tuple[Gateway, Quote]
# So many runs that nobody has a price for go without a word.
MOST_UNPRICED = 10


@dataclass(frozen=True, kw_only=True)
class Question:
    """`sums` is what it all comes to, by unit, beside `unknown` of the `runs` nobody has a price for; `amount` goes beyond
    `limit`, which is this gateway's, or the person's own. Without one it `is_unpriced`: too many have no price; `may_stop`:
    one stop could hold them all."""

    sums: Mapping[str, Decimal]
    runs: int = 0
    unknown: int = 0
    is_unpriced: bool = False
    may_stop: bool = True
    amount: Decimal = Decimal(0)
    limit: Decimal | None = None
    unit: str = ""
    gateway: Gateway | None = None

    @property
    def to_confirm(self) -> dict[str, Decimal]:
        return {**self.sums, **({"unpriced": Decimal(self.unknown)} if self.is_unpriced else {})}

    @property
    def answer(self) -> str:
        """What a form sends back as `confirmed`."""
        return " ".join(f"{unit}:{amount:f}" for unit, amount in self.to_confirm.items())


def question_about(
    offers: Sequence[Offer], user: User, *, confirmed: str = "", stop: Limit | None = None
) -> Question | None:
    """None where it may run: below every limit, or confirmed. `offers` has each run by itself; what nobody has a price for is
    asked about where there is much of it. `stop` is the sum a batch never goes beyond."""
    sums = add_by_unit([quote for _, quote in offers], stop)
    passed = [*passed_by_person(sums, user), *passed_by_gateways(offers, sums, stop)]
    unknown = sum(1 for _, quote in offers if not quote.is_known)
    is_unpriced = stop is None and unknown > MOST_UNPRICED
    if not passed and not is_unpriced:
        return None
    question = min(passed, key=lambda one: one.limit or 0) if passed else Question(sums=sums)
    question = replace(
        question, runs=len(offers), unknown=unknown, is_unpriced=is_unpriced, may_stop=may_be_stopped(offers)
    )
    return None if covers(read_answer(confirmed), question.to_confirm) else question


def may_be_stopped(offers: Sequence[Offer]) -> bool:
    """Whether one sum counts all of them: a stop is in one unit."""
    return len(stops.units_of({gateway.pk: gateway for gateway, _ in offers}.values())) <= 1


def offers_of(batch: Batch, rows: Sequence[Generation]) -> list[Offer]:
    """Runs of a batch at what they were reckoned to cost, or more where it has learnt so; `gateway` must be selected."""
    reckoning = Reckoning.of(batch)
    offers = []
    for row in rows:
        learnt = reckoning.amount_of(row)
        amount, unit = (row.quote, row.quote_unit) if learnt is None else (learnt, batch.spend_unit or row.quote_unit)
        if row.gateway:
            offers.append((row.gateway, Quote(pictures=row.image_count, amount=amount, unit=unit)))
    return offers


def offers_again(batch: Batch, rows: Sequence[Generation]) -> list[Offer]:
    """The same for runs that are made once more: their settings as the model takes them by now, at the present price, or at
    what the batch has learnt where that is more. What cannot be repeated is refused when it is tried, and costs nothing."""
    offered = offered_for(batch).in_bulk({row.image_model_id for row in rows if row.image_model_id})
    prices = Prices(list(offered.values()))
    reckoning = Reckoning.of(batch)
    offers = []
    for row in rows:
        image_model = offered.get(row.image_model_id or 0)
        if image_model is None:
            continue
        try:
            parameters = generations.settings_again(row, image_model)
        except generations.CannotRunAgain:
            continue
        given = {one.parameter for one in row.inputs.all()}
        quote = prices.quote(image_model, parameters, given)
        learnt = reckoning.amount_of(row)
        if learnt is not None and quote.unit in ("", batch.spend_unit) and learnt > (quote.amount or 0):
            quote = replace(quote, amount=learnt, unit=batch.spend_unit)
        offers.append((image_model.gateway, quote))
    return offers


def passed_by_person(sums: Mapping[str, Decimal], user: User) -> list[Question]:
    limits = {"usd": user.confirm_usd, "points": user.confirm_points}
    return [
        Question(sums=sums, amount=amount, limit=limit, unit=unit, gateway=None)
        for unit, amount in sums.items()
        if (limit := limits.get(unit)) is not None and amount > limit
    ]


def passed_by_gateways(offers: Sequence[Offer], sums: Mapping[str, Decimal], stop: Limit | None) -> list[Question]:
    """A gateway's limit is in the unit in which it charges, and says nothing about sums in another one."""
    passed = []
    for gateway in {gateway.pk: gateway for gateway, _ in offers}.values():
        own = add_by_unit([quote for at, quote in offers if at.pk == gateway.pk], stop)
        unit, limit = DIALECTS[gateway.dialect].cost_unit, gateway.confirm_above
        amount = own.get(unit, Decimal(0))
        if limit is not None and amount > limit:
            passed.append(Question(sums=sums, amount=amount, limit=limit, unit=unit, gateway=gateway))
    return passed


def add_by_unit(quotes: Sequence[Quote], stop: Limit | None) -> dict[str, Decimal]:
    sums: dict[str, Decimal] = {}
    for quote in quotes:
        if quote.amount:
            sums[quote.unit] = sums.get(quote.unit, Decimal(0)) + quote.amount
    if stop and stop.unit in sums:
        sums[stop.unit] = min(sums[stop.unit], stop.amount)
    return sums


def read_answer(text: str) -> dict[str, Decimal]:
    answer: dict[str, Decimal] = {}
    for pair in text[:200].split():
        unit, _, amount = pair.partition(":")
        with suppress(InvalidOperation):
            answer[unit] = Decimal(amount)
    return {unit: amount for unit, amount in answer.items() if amount.is_finite()}


def covers(answer: Mapping[str, Decimal], sums: Mapping[str, Decimal]) -> bool:
    return all(unit in answer and answer[unit] >= amount for unit, amount in sums.items())
