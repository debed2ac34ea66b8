"""Amounts in words. Dollars and points are never added; unknown is said as unknown."""

from gallery.models import Batch, Generation
from gallery.models.amounts import UNKNOWN as UNKNOWN
from gallery.models.amounts import amount_in_words as amount_in_words
from gallery.services.prices import Quote, Total

SIMULATED = "simulated"
SIMULATED_SUM = "simulated, costs nothing"


def quote_in_words(quote: Quote) -> str:
    return SIMULATED if quote.is_simulated else amount_in_words(quote.amount, quote.unit)


def price_of_picture(quote: Quote) -> str:
    """What one picture costs: `$0.04`, `simulated`, `price unknown`."""
    if quote.is_simulated:
        return SIMULATED
    return amount_in_words(quote.each, quote.unit) if quote.is_known else "price unknown"


def reckoning_in_words(quote: Quote, runs: int = 1) -> str:
    """`2 × $0.04, median of the last 25 runs with these settings`: how a sum was reckoned, for so many runs alike."""
    if quote.each is None or quote.is_simulated:
        return quote.how
    factors = [f"{runs} prompts"] if runs > 1 else []
    factors += [str(quote.pictures)] if quote.pictures > 1 else []
    return ", ".join([" × ".join([*factors, amount_in_words(quote.each, quote.unit)])] * bool(factors) + [quote.how])


def cost_told(generation: Generation) -> str:
    """What a run cost, and whether that was only reckoned."""
    words = amount_in_words(generation.cost, generation.cost_unit)
    return f"{words}, reckoned" if generation.is_cost_reckoned else words


def total_in_words(total: Total, *, is_simulated: bool = False) -> str:
    """`$0.21 and 300 points`, with what is not known."""
    known = [amount_in_words(amount, unit) for unit, amount in total.sums.items() if amount]
    if total.unknown:
        known.append(UNKNOWN if not known else f"{total.unknown} of unknown price")
    return " and ".join(known) or (SIMULATED if is_simulated else "nothing")


def sum_in_words(batch: Batch) -> str:
    """What the runs of a batch cost so far; what gateways did not tell is reckoned, and the sum says so. "" before anything is."""
    sums, unknown, reckoned = batch.costs()
    if not any(sums.values()) and not unknown and not batch.is_simulated:
        return ""
    total = Total(runs=0, pictures=0, sums=sums, unknown=unknown)
    words = total_in_words(total, is_simulated=batch.is_simulated)
    return f"{words}, {reckoned} reckoned" if reckoned else words
