"""What was used: sums of ended runs by day, person, group, model and token, so that a page over a million runs reads some
thousand rows. Amounts are whole millionths; 0 in a key is nobody, no group, no token."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date, timedelta
from typing import Any, ClassVar, Self, TypeVar

from django.db import models
from django.db.models import Q, Sum

from gallery.models.days import studio_day
from gallery.models.people import Role
from gallery.models.url_state import Reader, UrlState, one_of, read_day, read_names, read_numbers

KEY = ("day", "person", "group", "model", "gateway", "token")
SUMS = (
    "runs",
    "made",
    "failed",
    "cancelled",
    "simulated",
    "pictures",
    "usd",
    "points",
    "reckoned",
    "unknown",
    "quoted_usd",
    "charged_usd",
    "quoted_points",
    "charged_points",
)
# How much longer each pace is than the one before: a median read from them is right to a twentieth.
PACE_STEP = 1.1
DIMENSIONS = ("model", "person", "group", "gateway", "token", "day")
SPANS = ("7days", "30days", "year", "all")
MEASURES = ("usd", "points", "pictures", "success", "seconds")
FIRST_DAY = date(2000, 1, 1)

Counted = TypeVar("Counted", bound=models.Model)


@dataclass(frozen=True, kw_only=True)
class UsageQuery(UrlState):
    """Field names are the names in the URL; of several values any will do. Without days it is the present month; `by` is the
    table, `chart` what the days are drawn by. All days are the studio's."""

    span: str = ""
    since: str = ""
    until: str = ""
    person: tuple[int, ...] = ()
    group: tuple[int, ...] = ()
    model: tuple[str, ...] = ()
    gateway: tuple[str, ...] = ()
    token: tuple[int, ...] = ()
    by: str = ""
    chart: str = ""

    readers: ClassVar[Mapping[str, Reader]] = {
        "span": one_of(*SPANS),
        "since": read_day,
        "until": read_day,
        "person": read_numbers,
        "group": read_numbers,
        "model": read_names,
        "gateway": read_names,
        "token": read_numbers,
        "by": one_of(*DIMENSIONS[1:]),
        "chart": one_of(*MEASURES),
    }

    def settled(self) -> "UsageQuery":
        """Days that were named come before a span."""
        return self.changed(span="") if self.span and (self.since or self.until) else self

    @property
    def days(self) -> tuple[date, date]:
        """The first and the last."""
        today = studio_day()
        begins = {
            "7days": today - timedelta(days=6),
            "30days": today - timedelta(days=29),
            "year": today.replace(month=1, day=1),
            "all": FIRST_DAY,
        }
        last = date.fromisoformat(self.until) if self.until else today
        if self.since:
            return date.fromisoformat(self.since), last
        return begins.get(self.span, last.replace(day=1)), last

    @property
    def columns(self) -> dict[str, Any]:
        first, last = self.days
        lists = {"person": self.person, "group": self.group, "model": self.model}
        lists |= {"gateway": self.gateway, "token": self.token}
        chosen = {f"{name}__in": values for name, values in lists.items() if values}
        return {"day__range": (first, last), **chosen}


class UsageQuerySet(models.QuerySet[Counted]):
    def visible_to(self, user: Any) -> Self:
        """Leads and administrators see what everybody used, all others their own and that of the groups they lead."""
        if user.role in (Role.LEAD, Role.ADMIN):
            return self
        return self.filter(Q(person=user.pk) | Q(group__in=user.led_group_ids))

    def for_page(self, user: Any, query: UsageQuery) -> Self:
        return self.visible_to(user).filter(**query.columns).order_by()


class UsageDayQuerySet(UsageQuerySet["UsageDay"]):
    def sums_by(self, dimension: str) -> list[dict[str, Any]]:
        totals: Any = {f"sum_{name}": Sum(name) for name in SUMS}
        rows = self.values(dimension).annotate(**totals).order_by(dimension)
        return [{"key": row[dimension], **{name: row[f"sum_{name}"] or 0 for name in SUMS}} for row in rows]

    def choices(self) -> dict[str, set[Any]]:
        """What there is to choose from, by dimension; read once for all."""
        rows = list(self.order_by().values_list(*DIMENSIONS[:-1]).distinct())
        return {name: {row[place] for row in rows} for place, name in enumerate(DIMENSIONS[:-1])}

    def within(self, query: UsageQuery) -> Self:
        """The days alone, whatever else is asked for."""
        return self.filter(day__range=query.days)


class UsagePaceQuerySet(UsageQuerySet["UsagePace"]):
    def counts_by(self, dimension: str) -> dict[Any, dict[int, int]]:
        """How many runs had which pace."""
        found: dict[Any, dict[int, int]] = {}
        for key, pace, runs in self.values_list(dimension, "pace").annotate(total=Sum("runs")):
            found.setdefault(key, {})[pace] = runs
        return found


class UsageKey(models.Model):
    day = models.DateField()
    person = models.BigIntegerField(default=0)
    group = models.BigIntegerField(default=0)
    model = models.CharField(max_length=250)
    gateway = models.CharField(max_length=40)
    token = models.BigIntegerField(default=0)

    class Meta:
        abstract = True


class UsageDay(UsageKey):
    """`unknown` counts runs that cost something nobody knows, `reckoned` those whose cost no gateway told. Quoted and charged
    are of the same runs: those of which both are known."""

    runs = models.BigIntegerField(default=0)
    made = models.BigIntegerField(default=0)
    failed = models.BigIntegerField(default=0)
    cancelled = models.BigIntegerField(default=0)
    simulated = models.BigIntegerField(default=0)
    pictures = models.BigIntegerField(default=0)
    usd = models.BigIntegerField(default=0)
    points = models.BigIntegerField(default=0)
    reckoned = models.BigIntegerField(default=0)
    unknown = models.BigIntegerField(default=0)
    quoted_usd = models.BigIntegerField(default=0)
    charged_usd = models.BigIntegerField(default=0)
    quoted_points = models.BigIntegerField(default=0)
    charged_points = models.BigIntegerField(default=0)

    objects = UsageDayQuerySet.as_manager()

    class Meta:
        constraints = [models.UniqueConstraint(fields=KEY, name="one_usage_per_day")]


class UsagePace(UsageKey):
    """How many runs that were made took `PACE_STEP ** pace` seconds, about."""

    pace = models.SmallIntegerField()
    runs = models.BigIntegerField(default=0)

    objects = UsagePaceQuerySet.as_manager()

    class Meta:
        constraints = [models.UniqueConstraint(fields=[*KEY, "pace"], name="one_pace_per_day")]
