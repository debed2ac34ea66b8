"""Sums as they stand in the admin's figures: rounded to what can be read at a glance."""

from decimal import Decimal


def sum_in_words(amount: Decimal, unit: str) -> str:
    """`$2.26`, `1,835,750 points`; a part of a cent is told as less than one."""
    if unit != "usd":
        return f"{amount.quantize(Decimal(1)) if abs(amount) >= 1 else amount.normalize():,f} {unit}"
    if 0 < amount < Decimal("0.01"):
        return "under $0.01"
    return f"${amount:,.2f}" if amount >= 0 else f"–${-amount:,.2f}"
