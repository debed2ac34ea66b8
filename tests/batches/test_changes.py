"""What is done with a batch that is under way: paused, done again in part, stopped at a sum, given up."""

import re
from collections.abc import Iterator
from contextlib import contextmanager
from decimal import Decimal
from typing import Any

import pytest
from django.db import OperationalError, connection
from django.test import Client
from django.utils import timezone

from gallery import tasks
from gallery.models import Batch, Budget, BudgetSpan, Gateway, Generation, Image, ImageModel, User
from gallery.models.amounts import to_millionths
from tests import factories
from tests.batches.batch import FORM, MODELS, SEEDS, create, statuses, words_of
from tests.fake_gateway import FakeGateway

TWO = MODELS[:2]


def create_seeds(client: Client, **changes: Any) -> Batch:
    """Six runs, unless told otherwise."""
    return create(client, **SEEDS | changes)


# Done again --------------------------------------------------------------------------------------------------------


@pytest.fixture
def paused(routellm: Gateway, as_bea: Client) -> Batch:
    """Its first run failed, five are held back."""
    tasks.queue.immediate = False
    batch = create_seeds(as_bea)
    first = Generation.objects.filter(batch=batch).earliest("pk")
    Generation.objects.filter(pk=first.pk).update(status="failed", error_kind="rejected")
    as_bea.post(f"/batches/{batch.pk}/pause/")
    assert statuses(batch) == ["failed", *["held"] * 5]
    tasks.queue.immediate = True
    return batch


@pytest.mark.parametrize("state", ["paused", "refused"])
def test_one_cell_done_again_lets_nothing_else_go_that_is_held_back(
    paused: Batch, fake_gateway: FakeGateway, as_bea: Client, state: str
) -> None:
    Batch.objects.update(state=state)
    failed = Generation.objects.get(batch=paused, status="failed")
    as_bea.post(f"/batches/{paused.pk}/retry/", {"run": failed.pk})
    assert statuses(paused) == ["failed", *["held"] * 5, "succeeded"]
    assert len(fake_gateway.requests) == 1
    paused.refresh_from_db()
    assert paused.state == state
    as_bea.post(f"/batches/{paused.pk}/resume/")
    assert statuses(paused) == ["failed", *["succeeded"] * 6]


@pytest.mark.parametrize(("limit", "runs"), [("150", 1), ("149", 0)])
def test_what_is_done_again_while_the_rest_waits_keeps_to_the_stop(
    paused: Batch, fake_gateway: FakeGateway, as_bea: Client, limit: str, runs: int
) -> None:
    Batch.objects.update(spend_limit=limit, spend_unit="points")
    Generation.objects.update(quote=150, quote_unit="points")
    ImageModel.objects.update(price=150, price_unit="points")
    as_bea.post(f"/batches/{paused.pk}/retry/")
    assert len(fake_gateway.requests) == runs
    assert statuses(paused).count("held") == 6 - runs


def test_a_paused_batch_that_holds_nothing_back_any_more_is_open_again(
    paused: Batch, fake_gateway: FakeGateway, as_bea: Client
) -> None:
    as_bea.post(f"/batches/{paused.pk}/stop/")
    as_bea.post(f"/batches/{paused.pk}/retry/")
    assert len(fake_gateway.requests) == 6
    paused.refresh_from_db()
    assert paused.state == "open"


def test_what_a_model_no_longer_takes_is_named_and_not_sent(
    routellm: Gateway, fake_gateway: FakeGateway, as_bea: Client, flux_kontext: ImageModel
) -> None:
    fake_gateway.will_fail(400)
    batch = create_seeds(as_bea, models=TWO, axis="num_images", axis_values="1", aspect_ratio="21:9")
    left = [table for table in flux_kontext.parameters if table["name"] != "aspect_ratio"]
    ImageModel.objects.filter(pk=flux_kontext.pk).update(parameters=left)
    response = as_bea.post(f"/batches/{batch.pk}/retry/", follow=True)
    assert "FLUX Kontext no longer takes Aspect ratio 21:9" in words_of(response)
    assert len(fake_gateway.requests) == 2 and statuses(batch) == ["failed", "succeeded"]


def test_what_is_done_again_without_its_deleted_reference_is_refused(
    routellm: Gateway, fake_gateway: FakeGateway, as_bea: Client, bea: User, flux_kontext: ImageModel
) -> None:
    reference = factories.create_picture(bea, flux_kontext)
    fake_gateway.will_fail(400)
    batch = create_seeds(as_bea, image_prompt_images=reference.pk, axis_values="1")
    Image.objects.filter(pk=reference.pk).update(purged_at=timezone.now(), deleted_at=timezone.now())
    response = as_bea.post(f"/batches/{batch.pk}/retry/", follow=True)
    assert "A picture that went into this run was deleted." in words_of(response)
    assert len(fake_gateway.requests) == 1 and statuses(batch) == ["failed"]


# Given up ----------------------------------------------------------------------------------------------------------


@contextmanager
def counting(words: str, *, fails_at: int = 0) -> Iterator[list[str]]:
    """Statements with these words; one of them may be given up by the database."""
    found: list[str] = []

    def see(execute: Any, sql: str, *rest: Any) -> Any:
        if words in sql:
            found.append(sql)
            if len(found) == fails_at:
                raise OperationalError("database is locked")
        return execute(sql, *rest)

    with connection.execute_wrapper(see):
        yield found


def test_the_rest_is_cancelled_in_one_step_that_no_worker_comes_between(routellm: Gateway, as_bea: Client) -> None:
    tasks.queue.immediate = False
    budget = Budget.objects.create(scope="total", period="month", unit="points", stop_at=9000)
    ImageModel.objects.update(price=150, price_unit="points")
    batch = create_seeds(as_bea)
    running = Generation.objects.filter(batch=batch).latest("pk")
    Generation.objects.filter(pk=running.pk).update(status="running")
    with counting('UPDATE "gallery_generation"') as updates:
        as_bea.post(f"/batches/{batch.pk}/stop/")
    assert len(updates) == 2
    assert statuses(batch) == [*["cancelled"] * 5, "running"]
    running.refresh_from_db()
    assert running.cancel_requested_at is not None
    assert BudgetSpan.objects.get(budget=budget).held == to_millionths(Decimal(150))
    assert "Cancelled 6 runs." in words_of(as_bea.get(f"/batches/{batch.pk}/"))


def test_what_the_database_gives_up_half_way_cancels_none(routellm: Gateway, as_bea: Client) -> None:
    tasks.queue.immediate = False
    batch = create_seeds(as_bea)
    Generation.objects.filter(pk=Generation.objects.latest("pk").pk).update(status="running")
    with counting('cancel_requested_at" =', fails_at=1) as failed:
        as_bea.raise_request_exception = False
        as_bea.post(f"/batches/{batch.pk}/stop/")
    assert failed
    assert statuses(batch) == [*["queued"] * 5, "running"]


# Stopped at a sum --------------------------------------------------------------------------------------------------


def unit_in(response: Any) -> list[str]:
    """What the set-up's stop is counted in."""
    return re.findall(r'<option value="(usd|points)" selected', response.content.decode())


def test_the_stop_is_counted_in_what_the_models_are_charged_in(routellm: Gateway, as_bea: Client) -> None:
    assert unit_in(as_bea.post("/compare/models/", FORM | {"models": TWO})) == ["points"]
    Gateway.objects.filter(slug="openrouter").update(had_key=True)
    other = ImageModel.objects.offered().exclude(output="text").filter(gateway__slug="openrouter")[0].full_id
    swapped = {"models": [other], "model": other, "spend_unit": "points"}
    assert unit_in(as_bea.post("/compare/models/", FORM | swapped)) == ["usd"]
    assert unit_in(as_bea.post("/compare/models/", FORM | swapped | {"spend_limit": "5"})) == ["points"]


@pytest.mark.parametrize(
    ("models", "sentence"),
    [
        (MODELS[:1], "FLUX Kontext is charged in points: a stop in $ would not hold it."),
        (TWO, "FLUX Kontext and FLUX Pro are charged in points: a stop in $ would not hold them."),
    ],
)
def test_a_stop_in_a_unit_nobody_charges_is_refused_beside_its_field(
    routellm: Gateway, fake_gateway: FakeGateway, as_bea: Client, models: list[str], sentence: str
) -> None:
    posted = FORM | SEEDS | {"models": models, "spend_limit": "5", "spend_unit": "usd"}
    response = as_bea.post("/batches/new/", posted)
    assert response.status_code == 422 and sentence in words_of(response)
    assert sentence in words_of(as_bea.post("/batches/plan/", posted))
    assert not Batch.objects.exists() and not fake_gateway.requests


def test_where_no_sum_would_stop_all_models_the_set_up_says_so_in_the_fields_place(
    routellm: Gateway, as_bea: Client
) -> None:
    Gateway.objects.filter(slug="openrouter").update(had_key=True)
    other = ImageModel.objects.offered().exclude(output="text").filter(gateway__slug="openrouter")[0]
    posted = FORM | {"models": [*TWO, other.full_id]}
    said = f"FLUX Kontext and FLUX Pro are charged in points, {other.name} is charged in $, and a sum counts in one."
    for address in ("/compare/models/", "/batches/plan/"):
        response = as_bea.post(address, posted)
        assert said in words_of(response) and 'name="spend_limit"' not in response.content.decode()
        assert said not in words_of(as_bea.post(address, FORM | {"models": TWO}))
    typed = as_bea.post("/batches/plan/", posted | {"spend_limit": "5", "spend_unit": "points"})
    assert f"{other.name} is charged in $: a stop in points would not hold it." in words_of(typed)
    assert 'name="spend_limit"' in typed.content.decode()


def test_what_costs_nothing_is_held_by_a_stop_in_any_unit(shipped: None, as_bea: Client) -> None:
    assert statuses(create_seeds(as_bea, spend_limit="5", spend_unit="usd")) == ["succeeded"] * 6


def test_a_stop_is_not_moved_to_another_unit(routellm: Gateway, fake_gateway: FakeGateway, as_bea: Client) -> None:
    batch = create_seeds(as_bea, spend_limit="150", spend_unit="points")
    response = as_bea.post(f"/batches/{batch.pk}/limit/", {"spend_limit": "5", "spend_unit": "usd"})
    assert response.status_code == 422
    assert "FLUX Kontext is charged in points: a stop in $ would not hold it." in words_of(response)
    assert len(fake_gateway.requests) == 1


def test_a_stop_that_was_set_in_another_unit_lets_no_second_run_go(
    routellm: Gateway, fake_gateway: FakeGateway, as_bea: Client
) -> None:
    batch = create_seeds(as_bea, spend_limit="0", spend_unit="points")
    Batch.objects.update(spend_limit=5, spend_unit="usd", state="paused")
    as_bea.post(f"/batches/{batch.pk}/resume/")
    assert len(fake_gateway.requests) == 1
    batch.refresh_from_db()
    assert batch.state == "spent"
    assert 'name="spend_unit" value="points"' in as_bea.get(f"/batches/{batch.pk}/").content.decode()
