"""The stand-in's own books: one line of JSON per event of a call, on disk before the call goes on."""

import json
import os
import time
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, fields
from decimal import Decimal
from pathlib import Path
from typing import Any

from tests.soak.plans import DID_NOT_RUN, Plan


class Ledger:
    """Append-only. `event` names what happened; `call` numbers the calls from 1."""

    def __init__(self, path: Path):
        self._file = path.open("ab", buffering=0)

    def write(self, event: str, call: int, **facts: Any) -> None:
        line = {"event": event, "call": call, f"{event}_at": time.time(), **facts}
        self._file.write(json.dumps(line).encode() + b"\n")
        os.fsync(self._file.fileno())


@dataclass(frozen=True, kw_only=True)
class Call:
    """One POST, from its lines. `pictures` are (SHA-256, fate); the fate "whole" is a usable one. `ended_at` and
    `is_whole`: when the last byte was handed to the system, and whether that was the answer's last. 0 is never."""

    call: int
    gateway: str
    model: str
    token: str
    plan: Plan
    is_streamed: bool
    arrived_at: float
    status: int = 0
    pictures: Sequence[tuple[str, str]] = field(default_factory=tuple)
    words: str = ""
    cost: Decimal | None = None
    ended_at: float = 0
    is_whole: bool = False

    @property
    def may_have_run(self) -> bool:
        return self.plan not in DID_NOT_RUN

    @property
    def usable(self) -> set[str]:
        return {sha256 for sha256, fate in self.pictures if fate == "whole"}


def read_calls(path: Path) -> list[Call]:
    """Every call in the order of arrival."""
    gathered: dict[int, dict[str, Any]] = {}
    for line in path.read_text().splitlines():
        event = json.loads(line)
        gathered.setdefault(event["call"], {}).update(event)
    return [_call(facts) for facts in gathered.values()]


def _call(facts: Mapping[str, Any]) -> Call:
    known = {one.name for one in fields(Call)}
    cost = facts.get("cost")
    changes = {
        "plan": Plan(facts["plan"]),
        "pictures": tuple((sha256, fate) for sha256, fate in facts.get("pictures", ())),
        "cost": None if cost is None else Decimal(cost),
    }
    return Call(**{name: value for name, value in facts.items() if name in known} | changes)
