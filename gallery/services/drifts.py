"""Where what gateways charge has gone its own way from what was quoted."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import timedelta
from decimal import Decimal
from typing import Any

from gallery.models import ImageModel, UsageDay
from gallery.models.amounts import from_millionths
from gallery.models.days import studio_day
from gallery.models.usage import UsageDayQuerySet

# Percent, from which on somebody is told.
MOST_DRIFT = 10
LATELY = timedelta(days=30)


@dataclass(frozen=True, kw_only=True)
class Drift:
    """What runs of a model were quoted and what they were charged, in one unit; `image_model` is None once it is gone."""

    model: str
    image_model: ImageModel | None
    unit: str
    quoted: Decimal
    charged: Decimal

    @property
    def name(self) -> str:
        return self.image_model.name if self.image_model else self.model

    @property
    def percent(self) -> int:
        return round(100 * self.charged / self.quoted) - 100

    @property
    def is_alarming(self) -> bool:
        """By the very figures: 10.4 % is more than 10 %."""
        return abs(self.charged - self.quoted) * 100 > MOST_DRIFT * self.quoted

    @property
    def words(self) -> str:
        if not self.percent:
            return "as quoted"
        return f"{abs(self.percent)} % {'more' if self.percent > 0 else 'less'}"


def read_drifts(days: UsageDayQuerySet) -> list[Drift]:
    """Of every model of which anything is known in these, the worst first."""
    rows = days.exclude(quoted_usd=0, quoted_points=0).sums_by("model")
    known = {row.full_id: row for row in ImageModel.objects.keyed([row["key"] for row in rows])}
    found = [drift_of(row, unit, known) for row in rows for unit in ("usd", "points") if row[f"quoted_{unit}"]]
    return sorted(found, key=lambda drift: -abs(drift.charged / drift.quoted - 1))


def drift_of(row: Mapping[str, Any], unit: str, known: Mapping[str, ImageModel]) -> Drift:
    return Drift(
        model=row["key"],
        image_model=known.get(row["key"]),
        unit=unit,
        quoted=from_millionths(row[f"quoted_{unit}"]),
        charged=from_millionths(row[f"charged_{unit}"]),
    )


def alarms() -> list[Drift]:
    """Those of the last thirty days that somebody should look at."""
    days = UsageDay.objects.filter(day__gt=studio_day() - LATELY)
    return [drift for drift in read_drifts(days) if drift.is_alarming]
