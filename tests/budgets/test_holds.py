"""What budgets hold when a run is queued, and at what they settle it when it ends."""

from collections.abc import Callable
from decimal import Decimal

import pytest
from django.test import Client

from gallery.models import BudgetHold, BudgetSpan, Gateway, Generation, Group, ImageModel, Membership, User
from gallery.models.budgets import Spender
from gallery.services import generations, tokens
from tests import factories
from tests.budgets.books import FORM, HTMX, Limit, books, queue, words_of
from tests.fake_gateway import FakeGateway


def test_a_run_is_held_when_it_is_queued_and_settled_at_what_it_cost(
    priced: Gateway, limit: Limit, bea: User, as_bea: Client, fake_gateway: FakeGateway
) -> None:
    budget = limit(bea, stop_at="1")
    queue(bea)
    assert books(budget) == ("0", "0.1", 0)
    fake_gateway.will_send_image(cost=150)
    fake_gateway.will_send_image(cost=60)
    assert as_bea.post("/", FORM).status_code == 302
    assert books(budget) == ("0.21", "0", 0)


def test_every_budget_that_concerns_a_run_holds_it_and_no_other(
    priced: Gateway, limit: Limit, bea: User, chi: User
) -> None:
    mine, theirs, total, gateway = limit(bea, stop_at="1"), limit(chi, stop_at="1"), limit(), limit(priced, stop_at="1")
    points, daily = limit(bea, unit="points", stop_at="1000"), limit(bea, period="day", stop_at="1")
    queue(bea)
    held = {"mine": mine, "total": total, "gateway": gateway, "daily": daily}
    assert {name: books(row)[1] for name, row in held.items()} == dict.fromkeys(held, "0.1")
    assert books(points)[1] == "100"
    assert books(theirs)[1] == "0"


def test_a_groups_budget_counts_what_is_run_for_it_and_nothing_else(
    priced: Gateway, limit: Limit, bea: User, as_bea: Client, fake_gateway: FakeGateway
) -> None:
    acme = Group.objects.create(name="Acme", slug="acme")
    Membership.objects.create(group=acme, user=bea)
    budget = limit(acme, stop_at="0.15")
    fake_gateway.will_send_image(cost=60)
    fake_gateway.will_send_image(cost=100)
    assert as_bea.post("/", FORM | {"group": ""}).status_code == 302
    assert not BudgetSpan.objects.filter(budget=budget).exclude(spent=0, held=0).exists()
    assert as_bea.post("/", FORM | {"group": str(acme.pk)}).status_code == 302
    assert books(budget) == ("0.1", "0", 0)
    assert "More than is left of" in words_of(as_bea.post("/studio/price/", FORM | {"group": str(acme.pk)}))
    assert "More than is left of" not in words_of(as_bea.post("/studio/price/", FORM | {"group": ""}))
    assert as_bea.post("/", FORM | {"group": str(acme.pk)}).status_code == 422


@pytest.mark.parametrize(
    ("fault", "spent"),
    [
        (lambda gateway: gateway.will_fail(400), "0"),
        (lambda gateway: gateway.will_fail(500), "0.1"),
        (lambda gateway: gateway.will_cut(), "0.1"),
    ],
    ids=["refused, nothing ran", "failed, may be charged", "broken off, may be charged"],
)
def test_a_failure_gives_back_what_was_held_unless_it_may_have_been_charged(
    priced: Gateway,
    limit: Limit,
    bea: User,
    as_bea: Client,
    fake_gateway: FakeGateway,
    fault: Callable[[FakeGateway], None],
    spent: str,
) -> None:
    budget = limit(bea, stop_at="1")
    fault(fake_gateway)
    as_bea.post("/", FORM)
    assert Generation.objects.get().status == "failed"
    assert books(budget) == (spent, "0", 0)


def test_a_cancelled_run_gives_back_what_was_held(priced: Gateway, limit: Limit, bea: User, as_bea: Client) -> None:
    budget = limit(bea, stop_at="1")
    run = queue(bea)
    as_bea.post(f"/generations/{run.pk}/cancel/")
    assert books(budget) == ("0", "0", 0)
    assert not BudgetHold.objects.exists()


def test_a_run_that_is_tried_again_by_itself_is_held_once(
    priced: Gateway, limit: Limit, bea: User, as_bea: Client, fake_gateway: FakeGateway
) -> None:
    budget = limit(bea, stop_at="1")
    fake_gateway.will_fail(429, retry_after=1)
    as_bea.post("/", FORM)
    assert Generation.objects.get().status == "queued"
    assert books(budget) == ("0", "0.1", 0)


def test_an_answer_that_is_looked_at_again_counts_once(
    priced: Gateway, limit: Limit, bea: User, as_bea: Client, fake_gateway: FakeGateway
) -> None:
    budget = limit(bea, stop_at="1")
    link = fake_gateway.will_serve(b"", status=503)
    fake_gateway.will_send(json=factories.reply([{"type": "image_url", "image_url": {"url": link}}]))
    as_bea.post("/", FORM)
    run = Generation.objects.get()
    assert (run.status, run.error_kind) == ("failed", "picture_not_fetched")
    assert books(budget) == ("0.15", "0", 0)
    fake_gateway.will_serve(factories.png(), path=link.removeprefix(fake_gateway.origin))
    as_bea.post(f"/generations/{run.pk}/look-again/")
    run.refresh_from_db()
    assert run.status == "succeeded"
    assert books(budget) == ("0.15", "0", 0)


def test_what_was_spent_and_is_under_way_before_the_budget_counts_in_it(
    priced: Gateway, limit: Limit, bea: User, as_bea: Client, fake_gateway: FakeGateway
) -> None:
    fake_gateway.will_send_image(cost=250)
    as_bea.post("/", FORM)
    waiting = queue(bea)
    budget = limit(bea, stop_at="1")
    assert books(budget)[0] == "0.25"
    assert books(budget)[1] == "0.25"
    generations.cancel_generation(waiting)
    assert books(budget) == ("0.25", "0", 0)


def test_a_simulated_run_counts_in_no_budget_and_is_never_refused(
    shipped: None, limit: Limit, bea: User, as_bea: Client
) -> None:
    budget = limit(bea, stop_at="0")
    assert as_bea.post("/", FORM).status_code == 302
    assert Generation.objects.get().status == "succeeded"
    assert books(budget) == ("0", "0", 0)


def test_what_the_gateway_does_not_tell_costs_what_it_was_reckoned_to_and_says_so(
    priced: Gateway, limit: Limit, bea: User, as_bea: Client, fake_gateway: FakeGateway
) -> None:
    budget = limit(bea, stop_at="1")
    fake_gateway.will_send_image(cost=None)
    as_bea.post("/", FORM)
    run = Generation.objects.get()
    assert (run.cost, run.cost_unit, run.is_cost_reckoned) == (Decimal("100"), "points", True)
    assert "100 points, reckoned" in words_of(as_bea.get(f"/generations/{run.pk}/"))
    assert "100 points, reckoned" in words_of(as_bea.get("/history/"))
    assert books(budget) == ("0.1", "0", 0)
    # It tells the next price nothing: that would be reckoned from itself.
    ImageModel.objects.filter(model_id="flux_kontext").update(price="70")
    assert words_of(as_bea.post("/studio/price/", FORM, **HTMX)).startswith("70 points")


def test_what_nobody_knows_stays_unknown_and_is_counted_as_such(
    routellm: Gateway, limit: Limit, bea: User, as_bea: Client, fake_gateway: FakeGateway
) -> None:
    budget = limit(bea, unit="points", stop_at="1000")
    fake_gateway.will_send_image(cost=None)
    as_bea.post("/", FORM)
    run = Generation.objects.get()
    assert (run.cost, run.is_cost_reckoned) == (None, False)
    assert books(budget) == ("0", "0", 1)
    assert "1 run ended without a price, and is not in it." in words_of(as_bea.get("/usage/budgets/"))


def test_a_token_obeys_its_own_budget_and_its_owners(priced: Gateway, limit: Limit, bea: User, as_ada: Client) -> None:
    token, _ = tokens.create_token(owner=bea, name="Packshots")
    own, owners = limit(token, stop_at="0.15"), limit(bea, stop_at="0.25")
    run = Generation(owner=bea, access_token=token, gateway=priced, quote=Decimal(100), quote_unit="points")
    assert [budget.concerns(Spender.of(run)) for budget in (own, owners)] == [True, True]
    assert [budget.concerns(Spender(owner_id=bea.pk)) for budget in (own, owners)] == [False, True]
