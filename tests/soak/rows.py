"""The studio's books, read as anybody could: its database, asked directly."""

import json
import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime
from decimal import Decimal
from pathlib import Path
from typing import Any

from tests import own_parts

TOKEN = re.compile(r"soak-\d+")
OPEN = ("queued", "running")


@dataclass(frozen=True, kw_only=True)
class Picture:
    sha256: str
    media_type: str
    thumbnail_widths: Sequence[int]


@dataclass(frozen=True, kw_only=True)
class Row:
    """A generation. `ending` is "succeeded", or the kind of its error; times are the system clock's, 0 is never."""

    pk: int
    token: str
    status: str
    ending: str
    kind: str
    gateway: str
    attempts: int
    started_at: float
    finished_at: float
    cost: Decimal | None
    cost_unit: str
    answer: str
    sentence: str
    pictures: Sequence[Picture] = field(default_factory=tuple)

    @property
    def name(self) -> str:
        return f"generation {self.pk} ({self.token}, {self.gateway}, {self.kind})"


def read_rows(data_folder: Path) -> list[Row]:
    # The rows first: a picture is never there before its row.
    found = own_parts.ask(data_folder, "SELECT * FROM gallery_generation ORDER BY id")
    pictures: dict[int, list[Picture]] = {}
    made = "SELECT * FROM gallery_image WHERE generation_id IS NOT NULL ORDER BY position"
    for one in own_parts.ask(data_folder, made):
        widths = one["thumbnail_widths"]
        kept = Picture(
            sha256=one["sha256"],
            media_type=one["media_type"],
            thumbnail_widths=json.loads(widths) if isinstance(widths, str) else widths,
        )
        pictures.setdefault(one["generation_id"], []).append(kept)
    return [_row(one, pictures.get(one["id"], ())) for one in found]


def count_open(data_folder: Path) -> int:
    return count(data_folder, "SELECT COUNT(*) AS rows FROM gallery_generation WHERE status IN (%s, %s)", *OPEN)


def count(data_folder: Path, question: str, *values: object) -> int:
    """What a question for `rows` comes to."""
    (found,) = own_parts.ask(data_folder, question, *values)
    return int(found["rows"])


def _row(one: Mapping[str, Any], pictures: Sequence[Picture]) -> Row:
    token = TOKEN.search(one["prompt"])
    return Row(
        pk=one["id"],
        token=token[0] if token else "",
        status=one["status"],
        ending=one["error_kind"] if one["status"] == "failed" else one["status"],
        kind=one["kind"],
        gateway=one["gateway_slug"],
        attempts=one["attempts"],
        started_at=_seconds(one["started_at"]),
        finished_at=_seconds(one["finished_at"]),
        # SQLite keeps decimals as numbers; six places are what the column has.
        cost=None if one["cost"] is None else Decimal(str(one["cost"])).quantize(Decimal("0.000001")),
        cost_unit=one["cost_unit"],
        answer=one["answer"],
        sentence=one["error_sentence"],
        pictures=pictures,
    )


def _seconds(moment: Any) -> float:
    """SQLite keeps moments as text, in UTC."""
    if isinstance(moment, str):
        moment = datetime.fromisoformat(moment).replace(tzinfo=UTC)
    return float(moment.timestamp()) if moment else 0.0
