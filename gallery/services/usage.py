"""Counts ended runs into the sums of their day, in the transaction that ends them. A run that ends once more takes back what
it counted before: its row remembers that."""

import math
from collections.abc import Mapping
from typing import Any

from django.db import connection

from gallery.models import Generation
from gallery.models.amounts import to_millionths
from gallery.models.days import studio_day
from gallery.models.generations import Status
from gallery.models.usage import KEY, PACE_STEP, SUMS, UsageDay, UsagePace

SHORTEST_SECONDS = 0.01
OUTCOMES = {Status.SUCCEEDED: "made", Status.FAILED: "failed", Status.CANCELLED: "cancelled"}

Facts = dict[str, Any]


def count_run(generation: Generation, *, pictures: int, is_first_end: bool, is_uncertain: bool) -> None:
    """Adds an ended run, and takes away what it counted as before. One that ended before anything was counted stays as it
    was read in then. Whoever calls this writes `counted` to the row."""
    if not is_first_end and not generation.counted:
        return
    facts = facts_of(generation, pictures=pictures, is_uncertain=is_uncertain)
    if generation.counted:
        add(generation.counted, sign=-1)
        # The second time it was only read in, and took no time of its own.
        facts.pop("pace", None)
        facts |= {name: value for name, value in generation.counted.items() if name == "pace"}
    add(facts, sign=1)
    generation.counted = facts


def facts_of(generation: Generation, *, pictures: int, is_uncertain: bool) -> Facts:
    """The key and what is not zero, as JSON keeps it; with `pace` where one was made."""
    is_made = generation.status == Status.SUCCEEDED
    is_real = not generation.is_simulated
    may_cost = is_real and (is_made or is_uncertain)
    facts = {
        "day": studio_day(generation.created_at).isoformat(),
        "person": generation.owner_id or 0,
        "group": generation.group_id or 0,
        "model": generation.full_model_id[:250],
        "gateway": generation.gateway_slug,
        "token": generation.access_token_id or 0,
        "runs": 1,
        OUTCOMES[Status(generation.status)]: 1,
        "simulated": int(not is_real),
        "pictures": pictures,
        "reckoned": int(is_real and generation.is_cost_reckoned),
        "unknown": int(may_cost and generation.cost is None),
        **(amounts_of(generation) if is_real else {}),
    }
    if is_made and is_real and generation.took is not None:
        facts["pace"] = pace_of(generation.took.total_seconds())
    return {name: value for name, value in facts.items() if value or name in KEY or name == "pace"}


def amounts_of(generation: Generation) -> Facts:
    unit = generation.cost_unit
    if generation.cost is None or unit not in ("usd", "points"):
        return {}
    amount = to_millionths(generation.cost)
    has_both = generation.quote and generation.quote_unit == unit and not generation.is_cost_reckoned
    if not has_both or generation.quote is None:
        return {unit: amount}
    return {unit: amount, f"quoted_{unit}": to_millionths(generation.quote), f"charged_{unit}": amount}


def pace_of(seconds: float) -> int:
    return round(math.log(max(seconds, SHORTEST_SECONDS)) / math.log(PACE_STEP))


def seconds_of(pace: float) -> float:
    return float(PACE_STEP**pace)


# The database --------------------------------------------------------------------------------------------------------


def add(facts: Mapping[str, Any], *, sign: int) -> None:
    key = [facts[name] for name in KEY]
    upsert(UsageDay._meta.db_table, KEY, SUMS, [*key, *(sign * facts.get(name, 0) for name in SUMS)])
    if "pace" in facts:
        upsert(UsagePace._meta.db_table, (*KEY, "pace"), ("runs",), [*key, facts["pace"], sign])


def upsert(table: str, key: tuple[str, ...], sums: tuple[str, ...], values: list[Any]) -> None:
    """Written out: one statement adds, whoever else does at the same time, and building it anew costs ten times as much."""
    name = connection.ops.quote_name
    columns = ", ".join(map(name, (*key, *sums)))
    places = ", ".join(["%s"] * len(values))
    more = ", ".join(f"{name(one)} = {name(table)}.{name(one)} + excluded.{name(one)}" for one in sums)
    sql = f"INSERT INTO {name(table)} ({columns}) VALUES ({places}) "  # noqa: S608 - names of our own
    with connection.cursor() as cursor:
        cursor.execute(f"{sql}ON CONFLICT ({', '.join(map(name, key))}) DO UPDATE SET {more}", values)
