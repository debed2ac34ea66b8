"""The state of the history: what a URL asks for. Runs are ordered by their ids."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, ClassVar

from gallery.models.groups import groups_asked
from gallery.models.url_state import (
    UNKNOWN,
    Reader,
    UrlState,
    cost_bounds,
    one_of,
    read_cost,
    read_day,
    read_first_day,
    read_names,
    read_numbers,
    read_words,
    some_of,
)

KINDS = ("image", "analysis")
STATUSES = ("queued", "running", "succeeded", "failed", "cancelled")


@dataclass(frozen=True, kw_only=True)
class HistoryQuery(UrlState):
    """Field names are the names in the URL; of several values any will do."""

    q: str = ""
    show: str = ""
    model: tuple[str, ...] = ()
    gateway: tuple[str, ...] = ()
    person: tuple[int, ...] = ()
    group: tuple[int, ...] = ()
    since: str = ""
    until: str = ""
    kind: tuple[str, ...] = ()
    status: tuple[str, ...] = ()
    cost: str = ""
    unit: str = ""

    readers: ClassVar[Mapping[str, Reader]] = {
        "q": read_words,
        "show": one_of("mine"),
        "model": read_names,
        "gateway": read_names,
        "person": read_numbers,
        "group": read_numbers,
        "since": read_first_day,
        "until": read_day,
        "kind": some_of(KINDS),
        "status": some_of(STATUSES),
        "cost": read_cost,
        "unit": one_of("usd", "points"),
    }

    def settled(self) -> "HistoryQuery":
        """A unit without a cost means nothing."""
        return self if self.cost and self.cost != UNKNOWN else self.changed(unit="")

    def columns(self, user: Any) -> dict[str, Any]:
        """Look-ups on a run's own columns."""
        lists = {
            "gateway_slug__in": self.gateway,
            "group__in": groups_asked(self.group, user),
            "owner__in": (*self.person, *([user.pk] if self.show == "mine" else [])),
            "kind__in": self.kind,
            "status__in": self.status,
        }
        found: dict[str, Any] = {name: values for name, values in lists.items() if values}
        return found | self.cost_columns()

    def cost_columns(self) -> dict[str, Any]:
        """Dollars and points are not compared; simulated runs cost nothing, which is no price."""
        if not self.cost:
            return {}
        if self.cost == UNKNOWN:
            return {"cost": None, "status": "succeeded", "is_simulated": False}
        low, high = cost_bounds(self.cost)
        ends = {"cost__gte": low, "cost__lte": high}
        known = {name: value for name, value in ends.items() if value is not None}
        return {**known, "cost_unit": self.unit or "usd", "is_simulated": False}
