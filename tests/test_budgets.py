"""Budgets through the studio's own pages: held when a run is queued, settled when it ends, refused beside the button."""

import re
from collections.abc import Callable
from datetime import UTC, date, datetime
from decimal import Decimal
from pathlib import Path
from typing import Any

import pytest
from django.db import connection
from django.test import Client, override_settings
from django.test.utils import CaptureQueriesContext
from django.utils import timezone

from gallery import tasks
from gallery.models import (
    AccessToken,
    AuditEntry,
    Batch,
    Budget,
    BudgetHold,
    BudgetSpan,
    Gateway,
    Generation,
    Group,
    ImageModel,
    Membership,
    User,
    Worker,
)
from gallery.models.budgets import Spender
from gallery.models.days import studio_day, studio_midnight
from gallery.services import batches, budget_changes, budget_words, claims, generations, runs, tokens
from tests import factories
from tests.fake_gateway import FakeGateway
from tests.running_studio import manage

MODEL = "routellm/flux_kontext"
FORM = {"model": MODEL, "previous_model": MODEL, "prompt": "a red chair", "mode": "pro"}
HTMX: Any = {"HTTP_HX_REQUEST": "true"}
Limit = Callable[..., Budget]


def words_of(response: Any) -> str:
    return " ".join(re.sub(r"<[^>]+>", " ", response.content.decode()).split())


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


def books(budget: Budget) -> tuple[str, str, int]:
    """Spent, held and untold, in the budget's unit."""
    span = BudgetSpan.objects.get(budget=budget)
    spent, held = (f"{(Decimal(amount) / 1_000_000).normalize():f}" for amount in (span.spent, span.held))
    return spent, held, span.untold


def queue(owner: User, **fields: Any) -> Generation:
    """A run that waits in line."""
    image_model = ImageModel.objects.select_related("gateway").get(model_id="flux_kontext")
    return factories.create_generation(owner, image_model, **fields)


# Held and settled ----------------------------------------------------------------------------------------------------


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


# Refused -------------------------------------------------------------------------------------------------------------


def test_points_are_left_and_dollars_is(priced: Gateway, limit: Limit, bea: User, as_bea: Client) -> None:
    limit(bea, unit="points", stop_at="250")
    refusal = words_of(as_bea.post("/", FORM | {"num_images": "3"}, **HTMX))
    assert "This costs about 300 points, and 250 points are left of your budget of 250 points for" in refusal


def test_a_run_beyond_the_budget_is_refused_beside_generate_and_nothing_typed_is_lost(
    priced: Gateway, limit: Limit, bea: User, as_bea: Client, fake_gateway: FakeGateway
) -> None:
    limit(bea, stop_at="0.25")
    sentence = "This costs about $0.30, and $0.25 is left of your budget of $0.25 for"
    response = as_bea.post("/", FORM | {"num_images": "3"}, **HTMX)
    assert (response.status_code, response["HX-Retarget"]) == (422, "#run-question")
    assert sentence in words_of(response)
    assert "Ada Lovelace can raise it." in words_of(response)
    plain = as_bea.post("/", FORM | {"num_images": "3", "guidance_scale": "7"})
    assert plain.status_code == 422
    assert sentence in words_of(plain)
    assert "a red chair</textarea>" in plain.content.decode() and 'value="7"' in plain.content.decode()
    assert not fake_gateway.requests
    assert not Generation.objects.exists()
    assert as_bea.post("/", FORM | {"num_images": "2"}).status_code == 302


def test_a_cost_above_the_hold_is_counted_whole_and_nothing_goes_after_it(
    priced: Gateway, limit: Limit, bea: User, as_bea: Client, fake_gateway: FakeGateway
) -> None:
    budget = limit(bea, stop_at="0.5")
    fake_gateway.will_send_image(cost=700)
    as_bea.post("/", FORM)
    assert books(budget) == ("0.7", "0", 0)
    response = as_bea.post("/", FORM)
    assert response.status_code == 422
    assert "Your budget of $0.50 for" in words_of(response) and "is spent." in words_of(response)


@pytest.mark.parametrize(("is_strict", "status"), [(False, 302), (True, 422)])
def test_a_run_of_unknown_price_is_refused_by_a_strict_budget_alone(
    routellm: Gateway, limit: Limit, bea: User, as_bea: Client, is_strict: bool, status: int
) -> None:
    budget_changes.set_rate(routellm, Decimal("1"))
    budget = limit(bea, stop_at="1", is_strict=is_strict)
    assert as_bea.post("/", FORM).status_code == status
    assert books(budget)[0] == ("0" if is_strict else "0.15")


def test_a_run_of_unknown_price_is_refused_once_nothing_is_left(
    routellm: Gateway, limit: Limit, bea: User, as_bea: Client
) -> None:
    limit(bea, unit="points", stop_at="0")
    assert as_bea.post("/", FORM).status_code == 422


def test_runs_of_unknown_price_go_one_at_a_time_into_a_budget_with_a_stop(
    routellm: Gateway, limit: Limit, bea: User, chi: User, as_bea: Client, fake_gateway: FakeGateway
) -> None:
    limit(unit="points", stop_at="1000")
    limit(unit="points", period="day", warn_at="10")
    tasks.queue.immediate = False
    before = queue(chi)
    said = "Waits for another run of unknown price: the studio’s budget takes one at a time"
    assert said in words_of(as_bea.post("/studio/price/", FORM, **HTMX))
    for _ in range(2):
        assert as_bea.post("/", {**FORM, "submission": "once"}).status_code == 302
    waiting = Generation.objects.exclude(pk=before.pk).get()
    assert (waiting.status, waiting.owner) == ("held", bea)
    for page in ("/", "/queue/", "/history/", f"/generations/{waiting.pk}/", f"/batches/{waiting.batch_id}/"):
        assert as_bea.get(page).status_code == 200, page
    assert batches.let_all_go() == 0
    assert not fake_gateway.requests
    assert factories.signed_in(chi).post(f"/generations/{before.pk}/cancel/").status_code == 302
    fake_gateway.will_send_image(cost=100)
    assert batches.let_all_go() == 1
    assert runs.run_next(claims.register_worker())
    waiting.refresh_from_db()
    assert (waiting.status, waiting.cost) == ("succeeded", Decimal(100))
    assert said not in words_of(as_bea.post("/studio/price/", FORM, **HTMX))


def test_what_a_model_that_answers_in_words_is_asked_waits_as_one_run_whatever_braces_are_in_it(
    routellm: Gateway, limit: Limit, bea: User, chi: User, as_bea: Client
) -> None:
    limit(unit="points", stop_at="1000")
    tasks.queue.immediate = False
    queue(chi)
    asked = "Fill {1..40} into a sentence."
    assert as_bea.post("/", {"model": "routellm/route-llm", "prompt": asked}).status_code == 302
    waiting = Generation.objects.get(owner=bea)
    assert (waiting.status, waiting.prompt, waiting.kind) == ("held", asked, "analysis")


def test_what_was_sent_twice_and_has_run_by_itself_makes_no_batch(
    routellm: Gateway, bea: User, as_bea: Client, fake_gateway: FakeGateway
) -> None:
    assert as_bea.post("/", {**FORM, "submission": "one"}).status_code == 302
    answer = as_bea.post("/batches/new/", {**FORM, "models": MODEL, "submission": "one"})
    assert (answer.status_code, Batch.objects.count(), Generation.objects.count()) == (422, 0, 1)
    assert "This has been run already" in words_of(answer)


def owners_of_the_next(count: int, worker: Worker) -> list[User | None]:
    """Whose runs are drawn, one after the other, a look of the worker after each."""
    owners = []
    for _ in range(count):
        assert runs.run_next(worker)
        owners.append(Generation.objects.filter(status="succeeded").latest("finished_at").owner)
        batches.let_all_go()
    return owners


def test_the_place_of_an_ended_run_of_unknown_price_goes_by_turns_between_people(
    routellm: Gateway, limit: Limit, bea: User, chi: User, as_bea: Client, as_chi: Client, fake_gateway: FakeGateway
) -> None:
    """A gateway that never tells a price: with bea's batch alone each run is followed at once by the next."""
    limit(unit="points", stop_at="1000")
    many = {**FORM, "prompt": "a {red|blue|green} chair", "prompts_shown": "3"}
    for _ in range(8):
        fake_gateway.will_send_image(cost=None)
    worker = claims.register_worker()
    tasks.queue.immediate = False
    assert as_bea.post("/", many | {"submission": "bea"}).status_code == 302
    assert as_chi.post("/", {**FORM, "submission": "chi"}).status_code == 302
    assert owners_of_the_next(4, worker) == [bea, chi, bea, bea]


def test_held_runs_that_start_after_newer_ones_still_take_turns(
    routellm: Gateway, limit: Limit, bea: User, chi: User, as_bea: Client, as_chi: Client, fake_gateway: FakeGateway
) -> None:
    limit(unit="points", stop_at="1000")
    many = {**FORM, "prompt": "a {red|blue|green} chair", "prompts_shown": "3"}
    for _ in range(6):
        fake_gateway.will_send_image(cost=None)
    worker = claims.register_worker()
    tasks.queue.immediate = False
    assert as_chi.post("/", many | {"submission": "chi"}).status_code == 302
    ImageModel.objects.filter(model_id="flux_pro").update(price="100", price_unit="points")
    newer = factories.create_generation(chi, ImageModel.objects.select_related("gateway").get(model_id="flux_pro"))
    Generation.objects.filter(pk=newer.pk).update(status="failed", started_at=timezone.now())
    assert as_bea.post("/", many | {"submission": "bea"}).status_code == 302
    assert owners_of_the_next(6, worker) == [chi, bea] * 3


def test_however_many_wait_for_a_place_that_is_taken_the_books_are_taken_for_one(
    routellm: Gateway, limit: Limit, bea: User, chi: User, as_bea: Client
) -> None:
    limit(unit="points", stop_at="1000")
    tasks.queue.immediate = False
    queue(chi)
    counts = []
    for many in (2, 6):
        for place in range(many):
            assert as_bea.post("/", {**FORM, "submission": f"{many}-{place}"}).status_code == 302
        with CaptureQueriesContext(connection) as asked:
            assert batches.let_all_go() == 0
        counts.append(len(asked))
    assert counts[0] == counts[1]


NEWCOMERS: dict[str, Callable[[Client, Generation], Any]] = {
    "studio": lambda client, run: client.post("/", {**FORM, "submission": "new"}),
    "batch": lambda client, run: client.post(
        "/batches/new/", {**FORM, "models": MODEL, "prompt": "a {red|blue} chair", "submission": "new"}
    ),
    "run again": lambda client, run: client.post(f"/generations/{run.pk}/run-again/"),
    "resume": lambda client, run: client.post(f"/batches/{run.batch_id}/resume/"),
    "no stop": lambda client, run: client.post(f"/batches/{run.batch_id}/limit/", {"spend_limit": ""}),
    "retry": lambda client, run: client.post(f"/batches/{run.batch_id}/retry/"),
}


@pytest.mark.parametrize("newcomer", NEWCOMERS)
def test_no_newcomer_takes_the_place_that_somebody_else_waits_for(
    routellm: Gateway, limit: Limit, bea: User, chi: User, as_bea: Client, as_chi: Client, newcomer: str
) -> None:
    claims.register_worker()
    tasks.queue.immediate = False
    own = as_chi.post("/batches/new/", {**FORM, "models": MODEL, "prompt": "a {tall|low} chair", "submission": "own"})
    assert own.status_code == 302
    state = "failed" if newcomer in ("run again", "retry") else "held"
    Generation.objects.filter(owner=chi).update(status=state)
    Batch.objects.update(state="open" if newcomer == "retry" else "paused")
    limit(unit="points", stop_at="1000")
    before = queue(chi)
    assert as_bea.post("/", {**FORM, "submission": "bea"}).status_code == 302
    assert as_chi.post(f"/generations/{before.pk}/cancel/").status_code == 302
    assert NEWCOMERS[newcomer](as_chi, Generation.objects.filter(owner=chi).earliest("pk")).status_code in (302, 204)
    assert not Generation.objects.filter(status="queued").exists()
    said = "Waits for another run of unknown price: the studio’s budget takes one at a time"
    assert said in words_of(as_chi.post("/studio/price/", FORM, **HTMX))
    assert batches.let_all_go() == 1


def test_simulated_runs_go_side_by_side_whatever_the_stop(shipped: None, limit: Limit, bea: User) -> None:
    limit(unit="points", stop_at="0")
    assert queue(bea) and queue(bea)


def test_points_count_in_dollars_only_by_a_stated_rate(
    routellm: Gateway, limit: Limit, bea: User, as_bea: Client, as_ada: Client
) -> None:
    budget = limit(bea, stop_at="0.01")
    assert as_bea.post("/", FORM).status_code == 302
    assert books(budget) == ("0", "0", 0)
    page = words_of(as_bea.get("/usage/budgets/"))
    assert "Points of RouteLLM are not counted: nobody stated what they cost." in page
    assert as_ada.post(f"/usage/rates/{routellm.pk}/", {"usd_per_1000_points": "0.5"}).status_code == 302
    assert as_bea.post("/", FORM).status_code == 422


def test_a_soft_budget_warns_before_and_lets_everything_run(
    priced: Gateway, limit: Limit, bea: User, as_bea: Client
) -> None:
    limit(bea, warn_at="0.05")
    said = words_of(as_bea.post("/studio/price/", FORM, **HTMX))
    assert "With this, your budget for" in said and "passes $0.05" in said
    assert as_bea.post("/", FORM).status_code == 302
    assert "Your budget for" in words_of(as_bea.get("/")) and "$0.15 of $0.05" in words_of(as_bea.get("/"))


def test_what_is_left_stands_quietly_in_the_foot_of_the_form(
    priced: Gateway, limit: Limit, bea: User, as_bea: Client
) -> None:
    limit(bea, stop_at="0.25")
    said = words_of(as_bea.get("/", {"model": MODEL}))
    assert "$0.25 left of your budget for" in said
    more = words_of(as_bea.post("/studio/price/", FORM | {"num_images": "3"}, **HTMX))
    assert "More than is left of your budget for" in more


# Batches -------------------------------------------------------------------------------------------------------------


def test_a_batch_is_held_whole_or_refused_whole(
    priced: Gateway, limit: Limit, bea: User, as_bea: Client, fake_gateway: FakeGateway
) -> None:
    budget = limit(bea, stop_at="0.25")
    many = FORM | {"prompt": "a {red|blue|green} chair", "prompts_shown": "3"}
    response = as_bea.post("/", many)
    assert response.status_code == 422
    assert "These cost about $0.30, and $0.25 is left" in words_of(response)
    assert not Generation.objects.exists() and not Batch.objects.exists()
    assert books(budget) == ("0", "0", 0)
    for _ in range(2):
        fake_gateway.will_send_image(cost=100)
    assert as_bea.post("/", many | {"prompt": "a {red|blue} chair", "prompts_shown": "2"}).status_code == 302
    assert books(budget) == ("0.2", "0", 0)


@pytest.mark.parametrize("own", [{}, {"spend_limit": "900", "spend_unit": "points"}], ids=["no limit", "own limit"])
def test_a_batch_of_unknown_price_goes_on_one_at_a_time(
    routellm: Gateway,
    limit: Limit,
    bea: User,
    chi: User,
    as_bea: Client,
    fake_gateway: FakeGateway,
    own: dict[str, str],
) -> None:
    budget = limit(unit="points", stop_at="250")
    for _ in range(4):
        fake_gateway.will_send_image(cost=100)
    queue(chi)
    setup = {"model": MODEL, "previous_model": MODEL, "models": MODEL, "prompt": "a {red|blue|green|grey} chair"}
    response = as_bea.post("/batches/new/", setup | own)
    assert response.status_code == 302, words_of(response)
    batch = Batch.objects.get()
    assert set(batch.generations.values_list("status", flat=True)) == {"held"}
    assert batch.state == "open"
    assert books(budget) == ("100", "0", 0)
    batches.let_all_go()
    tasks.run_next()
    batch.refresh_from_db()
    # The first one told the price of the others: one more has room, and then none.
    assert len(fake_gateway.requests) == 2
    assert batch.state == "refused"
    assert books(budget) == ("200", "0", 0)


def test_a_closed_account_spends_nothing_more(
    priced: Gateway, limit: Limit, bea: User, chi: User, as_bea: Client, as_ada: Client, fake_gateway: FakeGateway
) -> None:
    budget = limit(stop_at="9")
    setup = {"model": MODEL, "previous_model": MODEL, "models": MODEL, "prompt": "a {red|blue|green} chair"}
    as_bea.post("/batches/new/", setup | {"spend_limit": "200", "spend_unit": "points"})
    batch = Batch.objects.get()
    Batch.objects.update(state="open")
    mine, theirs = queue(bea), queue(chi)
    sent, held = len(fake_gateway.requests), batch.generations.filter(status="held").count()
    assert held and books(budget)[1] == "0.3"
    assert as_ada.post(f"/people/{bea.pk}/active/", {}).status_code == 302
    batch.refresh_from_db()
    assert batch.state == "paused"
    assert not Generation.objects.filter(owner=bea, status__in=("held", "queued")).exists()
    mine.refresh_from_db()
    theirs.refresh_from_db()
    assert (mine.status, theirs.status) == ("cancelled", "queued")
    assert books(budget)[1] == "0.15"
    assert AuditEntry.objects.get(act="person.closed").detail == {"batches": 1, "runs": held + 1}
    batches.let_all_go()
    tasks.run_next()
    assert len(fake_gateway.requests) == sent + 1


def test_a_batch_with_a_stop_of_its_own_is_stopped_by_a_budget_and_goes_on_once_that_is_raised(
    priced: Gateway, limit: Limit, bea: User, as_bea: Client, as_ada: Client, fake_gateway: FakeGateway
) -> None:
    budget = limit(bea, stop_at="0.25")
    for _ in range(3):
        fake_gateway.will_send_image(cost=100)
    setup = {"model": MODEL, "previous_model": MODEL, "models": MODEL, "prompt": "a {red|blue|green} chair"}
    response = as_bea.post("/batches/new/", setup | {"spend_limit": "400", "spend_unit": "points"})
    assert response.status_code == 302, words_of(response)
    path = f"/batches/{Batch.objects.get().pk}/"
    assert Batch.objects.get().state == "refused"
    assert len(fake_gateway.requests) == 2
    assert books(budget) == ("0.2", "0", 0)
    page = words_of(as_bea.get(path))
    assert "A budget has no room for the next. 1 run held back." in page
    assert as_bea.post(f"{path}resume/", follow=True).status_code == 200
    assert len(fake_gateway.requests) == 2
    as_ada.post(f"/usage/budgets/{budget.pk}/", {"stop_at": "1"})
    as_bea.post(f"{path}resume/")
    assert len(fake_gateway.requests) == 3
    assert books(budget) == ("0.3", "0", 0)


# Reckoned costs ------------------------------------------------------------------------------------------------------


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


# Scripts and days -----------------------------------------------------------------------------------------------------


def test_a_token_obeys_its_own_budget_and_its_owners(priced: Gateway, limit: Limit, bea: User, as_ada: Client) -> None:
    token, _ = tokens.create_token(owner=bea, name="Packshots")
    own, owners = limit(token, stop_at="0.15"), limit(bea, stop_at="0.25")
    run = Generation(owner=bea, access_token=token, gateway=priced, quote=Decimal(100), quote_unit="points")
    assert [budget.concerns(Spender.of(run)) for budget in (own, owners)] == [True, True]
    assert [budget.concerns(Spender(owner_id=bea.pk)) for budget in (own, owners)] == [False, True]


@pytest.mark.parametrize(
    ("period", "day", "first", "following"),
    [
        ("month", date(2026, 12, 31), date(2026, 12, 1), date(2027, 1, 1)),
        ("month", date(2027, 1, 1), date(2027, 1, 1), date(2027, 2, 1)),
        ("month", date(2028, 2, 29), date(2028, 2, 1), date(2028, 3, 1)),
        ("day", date(2026, 12, 31), date(2026, 12, 31), date(2027, 1, 1)),
    ],
)
def test_a_budget_begins_anew_with_the_month_or_the_day(period: str, day: date, first: date, following: date) -> None:
    budget = Budget(period=period)
    assert budget.first_day(day) == first
    assert budget.next_day(first) == following


@override_settings(TIME_ZONE="Pacific/Auckland")
def test_days_are_the_studios_and_nobody_elses() -> None:
    late = datetime(2026, 11, 30, 11, 30, tzinfo=UTC)
    assert studio_day(late) == date(2026, 12, 1)
    assert studio_midnight(date(2026, 12, 1)) == datetime(2026, 11, 30, 11, 0, tzinfo=UTC)


def test_a_time_zone_that_is_none_stops_the_start_with_a_sentence(tmp_path: Path) -> None:
    done = manage(tmp_path / "data", "check", PROOFSHEET_TIME_ZONE="Mars/Olympus")
    assert done.returncode != 0
    assert "PROOFSHEET_TIME_ZONE must be a name like Europe/Berlin, not “Mars/Olympus”." in done.stderr


def test_what_is_done_to_budgets_is_written_down(shipped: None, bea: User, as_ada: Client) -> None:
    told = {"scope": "person", "person": bea.pk, "period": "month", "unit": "usd", "stop_at": "10"}
    as_ada.post("/usage/budgets/new/", told)
    budget = Budget.objects.get()
    as_ada.post(f"/usage/budgets/{budget.pk}/", {"stop_at": "12"})
    as_ada.post(f"/usage/budgets/{budget.pk}/remove/")
    as_ada.post(f"/usage/rates/{Gateway.objects.get(slug='routellm').pk}/", {"usd_per_1000_points": "0.5"})
    entries = AuditEntry.objects.filter(act="budget.changed").order_by("id")
    assert [(entry.actor_name, entry.detail.get("what"), entry.detail.get("stop_at")) for entry in entries] == [
        ("Ada Lovelace", "set", "$10.00"),
        ("Ada Lovelace", "changed", "$12.00"),
        ("Ada Lovelace", "taken away", "$12.00"),
        ("Ada Lovelace", None, None),
    ]


# Who may -------------------------------------------------------------------------------------------------------------


def test_administrators_set_change_and_take_away_budgets(
    shipped: None, bea: User, as_ada: Client, as_bea: Client
) -> None:
    told = {"scope": "person", "person": bea.pk, "period": "month", "unit": "usd", "warn_at": "8", "stop_at": "10"}
    assert as_ada.post("/usage/budgets/new/", told).status_code == 302
    assert as_ada.post("/usage/budgets/new/", told).status_code == 422
    budget = Budget.objects.get()
    assert budget.person == bea
    assert (str(budget.warn_at), str(budget.stop_at)) == ("8.000000", "10.000000")
    assert "Bea Arthur" in words_of(as_ada.get("/usage/budgets/"))
    assert "You" in words_of(as_bea.get("/usage/budgets/"))
    assert as_ada.post(f"/usage/budgets/{budget.pk}/", {"warn_at": "", "stop_at": "12"}).status_code == 302
    budget.refresh_from_db()
    assert budget.warn_at is None and budget.stop_at == 12
    assert as_ada.post(f"/usage/budgets/{budget.pk}/remove/").status_code == 302
    assert not Budget.objects.exists()


@pytest.mark.parametrize(
    ("told", "name", "sentence"),
    [
        ({"stop_at": ""}, "stop_at", "Write at least one of the two sums."),
        ({"stop_at": "much"}, "stop_at", "Write a sum like 20 or 2.50, or leave it empty."),
        ({"stop_at": "-1"}, "stop_at", "Write a sum like 20 or 2.50, or leave it empty."),
        ({"warn_at": "11"}, "warn_at", "A warning above the stop would never be seen."),
        ({"scope": "person", "person": ""}, "person", "Choose a person."),
        ({"scope": "gateway", "gateway": "routellm"}, "unit", "RouteLLM charges in points"),
    ],
)
def test_a_budget_that_makes_no_sense_is_refused_beside_its_field(
    shipped: None, as_ada: Client, told: dict[str, str], name: str, sentence: str
) -> None:
    form = {"scope": "total", "period": "month", "unit": "usd", "stop_at": "10", **told}
    if form.get("gateway"):
        form["gateway"] = str(Gateway.objects.get(slug=form["gateway"]).pk)
    response = as_ada.post("/usage/budgets/new/", form)
    assert response.status_code == 422
    assert sentence in " ".join(response.context["form"].errors[name])
    assert not Budget.objects.exists()


def test_a_budget_that_was_changed_meanwhile_is_shown_before_it_is_overwritten(
    limit: Limit, bea: User, as_ada: Client
) -> None:
    budget = limit(bea, stop_at="10")
    path = f"/usage/budgets/{budget.pk}/"
    seen = as_ada.get(path).context["seen"]
    as_ada.post(path, {"stop_at": "5", "seen": seen})
    assert as_ada.post(path, {"stop_at": "x", "seen": seen}).context["seen"] == seen
    response = as_ada.post(path, {"stop_at": "12", "warn_at": "8", "seen": seen})
    assert response.status_code == 409
    assert "it warns at nothing, stops at $5.00 now." in words_of(response)
    assert 'value="12"' in response.content.decode()
    budget.refresh_from_db()
    assert budget.stop_at == 5
    assert as_ada.post(path, {"stop_at": "12", "seen": response.context["seen"]}).status_code == 302


def test_nobody_else_changes_a_budget_or_sees_another_persons(
    shipped: None, limit: Limit, bea: User, chi: User, as_bea: Client, as_chi: Client, client: Client
) -> None:
    budget, total = limit(bea, stop_at="10"), limit(stop_at="100")
    for one, status in ((budget, 404), (total, 403)):
        for path in (f"/usage/budgets/{one.pk}/", f"/usage/budgets/{one.pk}/remove/"):
            assert as_chi.post(path, {"stop_at": "1000"}).status_code == status
    assert as_bea.post(f"/usage/budgets/{budget.pk}/", {"stop_at": "1000"}).status_code == 403
    for scope, about in (("total", {}), ("person", {"person": bea.pk})):
        told = {"scope": scope, "period": "day", "unit": "usd", "stop_at": "1000", **about}
        assert as_bea.post("/usage/budgets/new/", told).status_code == 422
    gateway = Gateway.objects.get(slug="routellm")
    assert as_bea.post(f"/usage/rates/{gateway.pk}/", {"usd_per_1000_points": "1"}).status_code == 403
    assert client.get("/usage/budgets/").status_code == 302
    assert "Bea Arthur" not in words_of(as_chi.get("/usage/budgets/"))
    budget.refresh_from_db()
    assert budget.stop_at == 10 and Budget.objects.count() == 2


def test_people_bound_their_own_tokens_and_no_others(
    shipped: None, bea: User, chi: User, as_bea: Client, as_chi: Client
) -> None:
    mine, _ = tokens.create_token(owner=bea, name="Packshots")
    told = {"scope": "token", "access_token": mine.pk, "period": "day", "unit": "usd", "stop_at": "2"}
    assert as_chi.post("/usage/budgets/new/", told).status_code == 422
    assert as_bea.post("/usage/budgets/new/", told).status_code == 302
    budget = Budget.objects.get()
    assert as_chi.post(f"/usage/budgets/{budget.pk}/", {"stop_at": "3"}).status_code == 404
    assert as_bea.post(f"/usage/budgets/{budget.pk}/", {"stop_at": "3"}).status_code == 302


def test_leads_bound_their_own_groups_and_no_others(
    shipped: None, bea: User, chi: User, as_bea: Client, as_chi: Client, as_ada: Client
) -> None:
    acme, other = (Group.objects.create(name=name, slug=name.lower()) for name in ("Acme", "Other"))
    Membership.objects.create(group=acme, user=bea, is_lead=True)
    Membership.objects.create(group=acme, user=chi)
    told = {"scope": "group", "group": acme.pk, "period": "month", "unit": "usd", "stop_at": "50"}
    assert as_chi.post("/usage/budgets/new/", told).status_code == 422
    assert as_bea.post("/usage/budgets/new/", {**told, "group": other.pk}).status_code == 422
    assert as_bea.post("/usage/budgets/new/", told).status_code == 302
    assert as_ada.post("/usage/budgets/new/", {**told, "group": other.pk}).status_code == 302
    mine, theirs = Budget.objects.get(group=acme), Budget.objects.get(group=other)
    assert as_bea.post(f"/usage/budgets/{mine.pk}/", {"stop_at": "60"}).status_code == 302
    assert as_bea.post(f"/usage/budgets/{theirs.pk}/", {"stop_at": "60"}).status_code == 404
    assert as_chi.post(f"/usage/budgets/{mine.pk}/", {"stop_at": "60"}).status_code == 403
    assert "Acme" in words_of(as_chi.get("/usage/budgets/"))
    assert "Other" not in words_of(as_chi.get("/usage/budgets/"))


def test_the_studio_says_where_its_days_begin(as_bea: Client) -> None:
    assert "begin at midnight, UTC." in words_of(as_bea.get("/usage/budgets/"))


@pytest.mark.parametrize(
    ("amount", "words"),
    [
        ("0.039", "$0.039"),
        ("0.0996", "$0.099"),
        ("0.3", "$0.30"),
        ("24.6289", "$24.62"),
        ("0.001", "$0.001"),
        ("0", "$0.00"),
    ],
)
def test_small_sums_are_told_to_a_tenth_of_a_cent(amount: str, words: str) -> None:
    assert budget_words.shortened(Decimal(amount), "usd") == words
