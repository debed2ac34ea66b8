"""Amounts: in words, and as whole millionths, in which they are added up without losing a digit."""

from decimal import ROUND_CEILING, Decimal

UNKNOWN = "unknown"
MILLION = 1_000_000


def amount_in_words(amount: Decimal | None, unit: str) -> str:
    """`$0.16`, `150 points`; two decimals of dollars unless there are more to tell."""
    if amount is None:
        return UNKNOWN
    if unit != "usd":
        return f"{amount.normalize():f} {unit}"
    cents = amount.quantize(Decimal("0.01"))
    return f"${cents:f}" if cents == amount else f"${amount.normalize():f}"


def to_millionths(amount: Decimal) -> int:
    """A part of a millionth counts as one: nothing that is paid is lost."""
    return int((amount * MILLION).to_integral_value(ROUND_CEILING))


def from_millionths(count: int) -> Decimal:
    return Decimal(count) / MILLION
