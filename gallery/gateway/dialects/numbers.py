"""Costs, token counts and waiting times as gateways write them, bounded; nonsense is unknown (None), never 0."""

import time
from collections.abc import Mapping
from decimal import Decimal, InvalidOperation
from email.utils import parsedate_to_datetime
from typing import Any

import msgspec

HIGHEST_COST = Decimal(10) ** 9
MOST_TOKENS = 2**31 - 1
LONGEST_WAIT_SECONDS = 60.0
LARGEST_USAGE_BYTES = 64 * 1024

_exact = msgspec.json.Decoder(float_hook=Decimal)
_plain = msgspec.json.Decoder()


def usage_of(raw: msgspec.Raw) -> dict[str, Any]:
    """The usage as plain JSON, to be kept; empty when there is none."""
    usage = _decode(raw, _plain)
    return usage if isinstance(usage, dict) else {}


def cost_of(raw: msgspec.Raw, *names: str) -> Decimal | None:
    """The first of the named fields of a usage that is a cost, digit for digit."""
    usage = _decode(raw, _exact)
    costs = (_cost(usage.get(name)) for name in names) if isinstance(usage, dict) else ()
    return next((cost for cost in costs if cost is not None), None)


def cost_in(text: str) -> Decimal | None:
    """A cost that stands by itself, as in a header."""
    return _cost(text) if text else None


def _cost(value: Any) -> Decimal | None:
    if isinstance(value, bool) or not isinstance(value, int | str | Decimal):
        return None
    if isinstance(value, str) and len(value) > 40:
        return None
    try:
        cost = Decimal(value)
    except InvalidOperation:
        return None
    return cost if cost.is_finite() and 0 <= cost <= HIGHEST_COST else None


def tokens_of(usage: Mapping[str, Any], *names: str) -> int | None:
    """The first of the named counts that is one."""
    for name in names:
        count = usage.get(name)
        if isinstance(count, int) and not isinstance(count, bool) and 0 <= count <= MOST_TOKENS:
            return count
    return None


def wait_of(headers: Mapping[str, str]) -> float | None:
    """Retry-After in seconds, at most 60, or None; a date is measured against the answer's own clock."""
    said = headers.get("retry-after", "").strip()
    try:
        seconds = float(said)
    except ValueError:
        seconds = _until(said, headers.get("date", ""))
    # The comparison is also False for "nan".
    return min(seconds, LONGEST_WAIT_SECONDS) if seconds >= 0 else None


def _until(said: str, now: str) -> float:
    try:
        end = parsedate_to_datetime(said).timestamp()
    except (ValueError, OverflowError):
        return -1
    try:
        return max(0.0, end - parsedate_to_datetime(now).timestamp())
    except (ValueError, OverflowError):
        return max(0.0, end - time.time())


def _decode(raw: msgspec.Raw, decoder: "msgspec.json.Decoder[Any]") -> Any:
    if not 0 < len(memoryview(raw)) <= LARGEST_USAGE_BYTES:
        return None
    try:
        return decoder.decode(raw)
    except (msgspec.MsgspecError, UnicodeDecodeError, InvalidOperation, RecursionError):
        return None
