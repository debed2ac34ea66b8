"""Budgets as scripts meet them: refused with 402, held and settled like everybody's, told by the key's own report."""

from decimal import Decimal
from typing import Any

import pytest

from gallery.models import AccessToken, Batch, Budget, BudgetSpan, Gateway, Generation, ImageModel, User
from gallery.services import budget_changes, claims, generations
from tests import factories
from tests.endpoint.script import Script
from tests.fake_gateway import FakeGateway

pytestmark = pytest.mark.django_db(transaction=True)


@pytest.fixture
def priced(routellm: Gateway) -> Gateway:
    """A picture costs 100 points, and 1,000 points cost a dollar."""
    ImageModel.objects.filter(model_id="flux_kontext").update(price="100", price_unit="points")
    budget_changes.set_rate(routellm, Decimal("1"))
    return routellm


def bound(scope: str, subject: Any, stop_at: str, by: User) -> Budget:
    return budget_changes.create_budget(
        scope=scope,
        subject=subject,
        period="month",
        unit="usd",
        warn_at=None,
        stop_at=Decimal(stop_at),
        is_strict=False,
        created_by=by,
    )


@pytest.mark.parametrize("scope", ["token", "person"])
def test_a_script_beyond_its_own_or_its_owners_budget_is_told_with_402(
    priced: Gateway, fake_gateway: FakeGateway, script: Script, bea: User, scope: str
) -> None:
    budget = bound(scope, AccessToken.objects.get() if scope == "token" else bea, "0.15", bea)
    fake_gateway.will_send_image(cost=100)
    assert script.chat().status == 200
    answer = script.chat()
    assert answer.refusal == (402, "insufficient_quota", None)
    assert "$0.05 is left of" in answer.error["message"]
    assert answer.error["metadata"] == {
        "error_type": "budget_exceeded",
        "budget": scope,
        "period": "month",
        "unit": "usd",
        "limit": 0.15,
        "left": 0.05,
        "begins_anew": budget.next_day(budget.first_day()).isoformat(),
    }
    assert answer.headers["x-should-retry"] == "false"
    assert len(fake_gateway.requests) == Generation.objects.count() == 1
    span = BudgetSpan.objects.get()
    assert (span.spent, span.held) == (100_000, 0)


def test_a_budget_without_room_refuses_a_stream_before_it_begins(
    priced: Gateway, fake_gateway: FakeGateway, script: Script, bea: User
) -> None:
    bound("person", bea, "0", bea)
    assert script.ask(stream=True).refusal == (402, "insufficient_quota", None)
    assert not fake_gateway.requests


def test_the_key_reports_the_tokens_own_budget(
    priced: Gateway, fake_gateway: FakeGateway, script: Script, bea: User
) -> None:
    bound("person", bea, "5", bea)
    assert script.get("key").json["data"]["limit"] is None
    bound("token", AccessToken.objects.get(), "1", bea)
    fake_gateway.will_send_image(cost=100)
    script.chat()
    report = script.get("key").json["data"]
    assert (report["limit"], report["limit_remaining"], report["limit_reset"]) == (1, 0.9, "monthly")


def test_a_cost_that_was_only_reckoned_stands_apart(priced: Gateway, fake_gateway: FakeGateway, script: Script) -> None:
    fake_gateway.will_send_image(cost=None)
    answer = script.chat().json
    assert answer["usage"]["cost"] is None
    assert answer["metadata"]["reckoned_cost"] == {"amount": 100, "unit": "points"}


def test_a_second_run_of_unknown_price_is_told_to_wait(
    routellm: Gateway, flux_kontext: ImageModel, fake_gateway: FakeGateway, script: Script, bea: User
) -> None:
    budget_changes.create_budget(
        scope="total", subject=None, period="day", unit="points", warn_at=None, stop_at=Decimal(500), is_strict=False,
        created_by=bea,
    )  # fmt: skip
    waiting = factories.create_generation(bea, flux_kontext)
    answer = script.chat()
    assert answer.refusal == (429, "rate_limit_error", None)
    assert "takes one such run at a time" in answer.error["message"]
    assert int(answer.headers["retry-after"]) > 0
    assert not fake_gateway.requests
    generations.cancel_generation(waiting)
    assert script.chat().status == 200


@pytest.mark.parametrize("is_waiting_for_its_own", [False, True], ids=["it waits", "it waits for its own limit"])
def test_what_nothing_lets_go_keeps_no_script_waiting(
    routellm: Gateway,
    flux_kontext: ImageModel,
    fake_gateway: FakeGateway,
    script: Script,
    bea: User,
    chi: User,
    is_waiting_for_its_own: bool,
) -> None:
    budget_changes.set_rate(routellm, Decimal("1"))
    batch = Batch.objects.create(owner=chi, kind="compare", prompt="a chair", visibility="team", spend_limit=Decimal(9))
    for status, quote in (("held", None), ("queued" if is_waiting_for_its_own else "failed", Decimal(1))):
        run = factories.create_generation(chi, flux_kontext)
        told = {"quote": quote, "quote_unit": "points"}
        Generation.objects.filter(pk=run.pk).update(batch=batch, cell=[0], status=status, **told)
    bound("total", None, "1", bea)
    for _ in range(2):
        fake_gateway.will_send_image(cost=None)
    assert script.chat().status == 200
    claims.register_worker()
    assert script.chat().status == (200 if is_waiting_for_its_own else 429)
