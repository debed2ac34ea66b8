"""A run of the studio's form, and what it leaves in the books of a budget."""

import re
from collections.abc import Callable
from decimal import Decimal
from typing import Any

from gallery.models import Budget, BudgetSpan, Generation, ImageModel, User
from tests import factories

MODEL = "routellm/flux_kontext"
FORM = {"model": MODEL, "previous_model": MODEL, "prompt": "a red chair", "mode": "pro"}
HTMX: Any = {"HTTP_HX_REQUEST": "true"}
Limit = Callable[..., Budget]


def words_of(response: Any) -> str:
    return " ".join(re.sub(r"<[^>]+>", " ", response.content.decode()).split())


def books(budget: Budget) -> tuple[str, str, int]:
    """Spent, held and untold, in the budget's unit."""
    span = BudgetSpan.objects.get(budget=budget)
    spent, held = (f"{(Decimal(amount) / 1_000_000).normalize():f}" for amount in (span.spent, span.held))
    return spent, held, span.untold


def queue(owner: User, **fields: Any) -> Generation:
    """A run that waits in line."""
    image_model = ImageModel.objects.select_related("gateway").get(model_id="flux_kontext")
    return factories.create_generation(owner, image_model, **fields)
