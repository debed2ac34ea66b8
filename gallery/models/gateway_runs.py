"""What the admin shows of a gateway's runs: how many, how many failed and why, how long they took and what they cost.

Sums alone: an administrator sees no more of other people's private runs here than that they took place."""

from collections import defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from decimal import Decimal
from statistics import median
from typing import Any, TypeVar

from django.db import models
from django.db.models import Count, F, Max, Q, Sum, Window
from django.db.models.functions import RowNumber, TruncHour

from gallery.models.days import studio_day, studio_midnight
from gallery.models.queue import QueueQuerySet, Status

Run = TypeVar("Run", bound=models.Model)
# Of each gateway.
MOST_TIMES = 2000
NOT_SENT = (Status.HELD, Status.QUEUED)
HOURS = 24


@dataclass(frozen=True, kw_only=True)
class GatewayRuns:
    """Of the last 24 hours, but for `last_hour…`; `seconds` is the median of what came to a good end."""

    runs: int = 0
    errors: int = 0
    last_hour_runs: int = 0
    last_hour_errors: int = 0
    worked: int = 0
    spend: Decimal = Decimal(0)
    seconds: float | None = None


@dataclass(frozen=True, kw_only=True)
class Failures:
    kind: str
    count: int
    last_at: datetime


class GatewayRunsQuerySet(QueueQuerySet[Run]):
    def for_gateways(self, now: datetime) -> Mapping[int, GatewayRuns]:
        """By the gateway's key."""
        lately = Q(created_at__gte=now - timedelta(hours=1))
        failed = Q(status=Status.FAILED)
        rows = self._sent_since(now - timedelta(hours=HOURS)).values("gateway").order_by()
        sums = rows.annotate(
            runs=Count("pk"),
            errors=Count("pk", filter=failed),
            last_hour_runs=Count("pk", filter=lately),
            last_hour_errors=Count("pk", filter=lately & failed),
            worked=Count("pk", filter=Q(status=Status.SUCCEEDED)),
            spend=Sum("cost", filter=Q(is_simulated=False)),
        )
        seconds = self._seconds(now)
        return {
            row["gateway"]: GatewayRuns(
                **{name: value for name, value in row.items() if name not in ("gateway", "spend")},
                spend=row["spend"] or Decimal(0),
                seconds=seconds.get(row["gateway"]),
            )
            for row in sums
        }

    def hours_of_gateway(self, gateway: Any, now: datetime) -> Sequence[tuple[datetime, int, int]]:
        """Beginning, runs and failures of each of the last 24 hours, oldest first, the one under way last."""
        this_hour = now.replace(minute=0, second=0, microsecond=0)
        first = this_hour - timedelta(hours=HOURS - 1)
        rows = self._sent_since(first).filter(gateway=gateway).annotate(hour=TruncHour("created_at"))
        failed = Count("pk", filter=Q(status=Status.FAILED))
        found = rows.order_by().values_list("hour").annotate(runs=Count("pk"), errors=failed)
        counts = {hour: (runs, errors) for hour, runs, errors in found}
        hours = [first + timedelta(hours=number) for number in range(HOURS)]
        return [(hour, *counts.get(hour, (0, 0))) for hour in hours]

    def failures_of_gateway(self, gateway: Any, now: datetime) -> Sequence[Failures]:
        """Of the last 24 hours, by kind, the latest kind first."""
        rows = self._sent_since(now - timedelta(hours=HOURS)).filter(gateway=gateway, status=Status.FAILED)
        found = rows.order_by().values_list("error_kind").annotate(count=Count("pk"), last_at=Max("finished_at"))
        kinds = [Failures(kind=kind, count=count, last_at=last or now) for kind, count, last in found]
        return sorted(kinds, key=lambda failures: failures.last_at, reverse=True)

    def spend_of_month(self, gateway: Any) -> Decimal:
        """Of the studio's month so far, in the gateway's own unit."""
        rows = self._sent_since(studio_midnight(studio_day().replace(day=1))).filter(gateway=gateway)
        spend: Decimal | None = rows.exclude(is_simulated=True).aggregate(spend=Sum("cost"))["spend"]
        return spend or Decimal(0)

    def untold_of_month(self, api_keys: Sequence[Any]) -> Mapping[int, int]:
        """How many runs succeeded in the studio's month so far at a cost that nobody knows, by the key they took."""
        rows = self._sent_since(studio_midnight(studio_day().replace(day=1))).filter(api_key__in=api_keys)
        rows = rows.filter(status=Status.SUCCEEDED, cost=None, is_simulated=False)
        return dict(rows.order_by().values_list("api_key").annotate(count=Count("pk")))

    def _sent_since(self, moment: datetime) -> "GatewayRunsQuerySet[Run]":
        rows = self.filter(created_at__gte=moment).exclude(client="import")
        return rows.exclude(gateway=None).exclude(status__in=NOT_SENT)

    def _seconds(self, now: datetime) -> Mapping[int, float]:
        rows = self._sent_since(now - timedelta(hours=HOURS)).filter(status=Status.SUCCEEDED)
        place = Window(RowNumber(), partition_by="gateway", order_by=F("id").desc())
        newest = rows.exclude(started_at=None).order_by().annotate(place=place).filter(place__lte=MOST_TIMES)
        found = defaultdict(list)
        for gateway, started, finished in newest.values_list("gateway", "started_at", "finished_at"):
            found[gateway].append(max((finished - started).total_seconds(), 0))
        return {gateway: median(seconds) for gateway, seconds in found.items()}
