"""Runs of unknown price: they go one at a time into a budget with a stop, by turns between people."""

from collections.abc import Callable
from decimal import Decimal
from typing import Any

import pytest
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django.utils import timezone

from gallery import tasks
from gallery.models import Batch, Gateway, Generation, ImageModel, User, Worker
from gallery.services import batches, budget_changes, claims, runs
from tests import factories
from tests.budgets.books import FORM, HTMX, MODEL, Limit, books, queue, words_of
from tests.fake_gateway import FakeGateway


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
