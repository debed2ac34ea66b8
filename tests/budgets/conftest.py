"""A budget, and a gateway whose prices are known."""

from decimal import Decimal
from typing import Any

import pytest

from gallery.models import AccessToken, Budget, Gateway, Group, ImageModel, User
from gallery.services import budget_changes
from tests.budgets.books import Limit


@pytest.fixture
def limit(ada: User) -> Limit:
    """Makes a budget, of dollars for a month unless told otherwise."""

    def make(subject: Any = None, **told: Any) -> Budget:
        scopes = {User: "person", Group: "group", AccessToken: "token", Gateway: "gateway"}
        fields = {"period": "month", "unit": "usd", "warn_at": None, "stop_at": None, "is_strict": False, **told}
        for name in ("warn_at", "stop_at"):
            fields[name] = None if fields[name] is None else Decimal(fields[name])
        scope = scopes.get(type(subject), "total")
        return budget_changes.create_budget(scope=scope, subject=subject, created_by=ada, **fields)

    return make


@pytest.fixture
def priced(routellm: Gateway) -> Gateway:
    """A picture costs 100 points, and 1,000 points cost a dollar; nobody has run anything yet."""
    ImageModel.objects.filter(model_id="flux_kontext").update(price="100", price_unit="points")
    budget_changes.set_rate(routellm, Decimal("1"))
    return routellm
