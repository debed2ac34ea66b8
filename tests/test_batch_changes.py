"""What is done with a batch that is under way: paused, done again in part, stopped at a sum, given up."""

import re
from typing import Any

import pytest
from django.test import Client

from gallery import tasks
from gallery.models import Batch, Gateway, Generation, ImageModel
from tests.fake_gateway import FakeGateway

MODELS = ["routellm/flux_kontext", "routellm/flux_pro"]
FORM = {"model": MODELS[0], "previous_model": MODELS[0], "prompt": "a red chair", "mode": "pro"}
SIX = {"models": MODELS[:1], "axis": "seed", "axis_values": "1, 2, .., 6"}


def create(client: Client, **changes: Any) -> Batch:
    response = client.post("/batches/new/", FORM | SIX | changes)
    assert response.status_code == 302, words_of(response)
    return Batch.objects.latest("pk")


def words_of(response: Any) -> str:
    """What is read on the page, without its tags."""
    return " ".join(re.sub(r"<[^>]+>", " ", response.content.decode()).split())


def statuses(batch: Batch) -> list[str]:
    return list(Generation.objects.filter(batch=batch).order_by("id").values_list("status", flat=True))


# Done again --------------------------------------------------------------------------------------------------------


@pytest.fixture
def paused(routellm: Gateway, as_bea: Client) -> Batch:
    """Its first run failed, five are held back."""
    tasks.queue.immediate = False
    batch = create(as_bea)
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
