"""The studio's books, read as anybody could: the SQLite file, opened for reading only."""

import contextlib
import json
import re
import sqlite3
from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime
from decimal import Decimal
from pathlib import Path
from typing import Any

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


def read_rows(database: Path) -> list[Row]:
    with contextlib.closing(_open(database)) as books:
        pictures: dict[int, list[Picture]] = {}
        for one in books.execute("SELECT * FROM gallery_image WHERE generation_id IS NOT NULL ORDER BY position"):
            kept = Picture(
                sha256=one["sha256"],
                media_type=one["media_type"],
                thumbnail_widths=json.loads(one["thumbnail_widths"]),
            )
            pictures.setdefault(one["generation_id"], []).append(kept)
        found = books.execute("SELECT * FROM gallery_generation ORDER BY id").fetchall()
    return [_row(one, pictures.get(one["id"], ())) for one in found]


def count_open(database: Path) -> int:
    with contextlib.closing(_open(database)) as books:
        [count] = books.execute("SELECT COUNT(*) FROM gallery_generation WHERE status IN (?, ?)", OPEN).fetchone()
    return int(count)


def _open(database: Path) -> sqlite3.Connection:
    books = sqlite3.connect(f"file:{database}?mode=ro", uri=True, timeout=20)
    books.row_factory = sqlite3.Row
    return books


def _row(one: sqlite3.Row, pictures: Sequence[Picture]) -> Row:
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
    return datetime.fromisoformat(moment).replace(tzinfo=UTC).timestamp() if moment else 0.0
