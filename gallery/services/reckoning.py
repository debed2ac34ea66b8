"""What a batch with a limit has spent, promised and learnt: prices that turn out higher than they were reckoned."""

from dataclasses import dataclass, replace
from decimal import Decimal
from typing import Self

from gallery.gateway import errors
from gallery.models import Batch, Generation
from gallery.models.generations import Status

UNDER_WAY = (Status.QUEUED, Status.RUNNING)
MAY_BE_CHARGED = frozenset(kind.kind for kind in errors.MayHaveRun.__subclasses__())


@dataclass(frozen=True, kw_only=True)
class Reckoning:
    """`spent` counts costs, and for runs whose cost nobody told what they were reckoned to cost. `factors` say by model how
    many times its quote a run of this batch cost at most; `dearest` what it cost at most; `foreign` are models that were
    charged in another unit, which this one cannot stop."""

    unit: str
    spent: Decimal
    factors: dict[int | None, Decimal]
    dearest: dict[int | None, Decimal]
    foreign: frozenset[int | None]
    is_busy: bool

    @classmethod
    def of(cls, batch: Batch) -> Self:
        rows = list(
            Generation.objects.filter(batch=batch)
            .exclude(status=Status.HELD)
            .only(
                "status",
                "image_model_id",
                "quote",
                "quote_unit",
                "cost",
                "cost_unit",
                "is_cost_reckoned",
                "error_kind",
                "is_simulated",
            )
        )
        factors: dict[int | None, Decimal] = {}
        dearest: dict[int | None, Decimal] = {}
        told = [row for row in rows if not is_guess(row)]
        for row in told:
            if row.cost is not None and row.cost_unit == batch.spend_unit:
                model = row.image_model_id
                dearest[model] = max(dearest.get(model, Decimal(0)), row.cost)
                has_quote = row.quote and row.quote_unit == batch.spend_unit
                factor = row.cost / row.quote if has_quote and row.quote else Decimal(1)
                factors[model] = max(factors.get(model, Decimal(1)), factor)
        is_busy = any(row.status in UNDER_WAY for row in rows)
        foreign = frozenset(row.image_model_id for row in told if row.cost and row.cost_unit != batch.spend_unit)
        made = cls(
            unit=batch.spend_unit,
            spent=Decimal(0),
            factors=factors,
            dearest=dearest,
            foreign=foreign,
            is_busy=is_busy,
        )
        return replace(made, spent=sum((made.counted(row) for row in rows), Decimal(0)))

    def counted(self, row: Generation) -> Decimal:
        if row.cost is not None and not is_guess(row):
            return row.cost if row.cost_unit == self.unit else Decimal(0)
        may_cost = row.status in (*UNDER_WAY, Status.SUCCEEDED) or row.error_kind in MAY_BE_CHARGED or is_guess(row)
        return (self.amount_of(row) or Decimal(0)) if may_cost and not row.is_simulated else Decimal(0)

    def amount_of(self, row: Generation) -> Decimal | None:
        """What a run will cost at most, as far as this batch has learnt; None where nobody knows."""
        if row.quote is None or (row.quote and row.quote_unit != self.unit):
            return self.dearest.get(row.image_model_id)
        return row.quote * self.factors.get(row.image_model_id, Decimal(1))


def is_guess(row: Generation) -> bool:
    """It failed and only may have been charged: that teaches nothing about prices."""
    return row.is_cost_reckoned and row.status != Status.SUCCEEDED
