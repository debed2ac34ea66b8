"""Batches paused, resumed, given up, and stopped at a sum."""

import pytest
from django.test import Client

from gallery import tasks
from gallery.models import Gateway, ImageModel
from tests.batches.batch import SEEDS, create, page_of, statuses
from tests.fake_gateway import FakeGateway


def test_a_paused_batch_sends_nothing_until_it_is_resumed(
    routellm: Gateway, fake_gateway: FakeGateway, as_bea: Client
) -> None:
    tasks.queue.immediate = False
    batch = create(as_bea, **SEEDS)
    assert statuses(batch) == ["queued"] * 6
    as_bea.post(f"/batches/{batch.pk}/pause/")
    tasks.queue.immediate = True
    tasks.run_next()
    assert statuses(batch) == ["held"] * 6 and not fake_gateway.requests
    assert "Paused: 6 runs held back." in page_of(as_bea, batch)
    as_bea.post(f"/batches/{batch.pk}/resume/")
    assert statuses(batch) == ["succeeded"] * 6


def test_what_is_left_is_cancelled_at_a_word(routellm: Gateway, fake_gateway: FakeGateway, as_bea: Client) -> None:
    tasks.queue.immediate = False
    batch = create(as_bea, **SEEDS)
    as_bea.post(f"/batches/{batch.pk}/stop/")
    assert statuses(batch) == ["cancelled"] * 6


LIMITS: list[tuple[str, list[int], int | None, str, int]] = [
    # name, what the runs cost, price an administrator entered, the limit, how many run
    ("as quoted", [100] * 6, 100, "350", 3),
    ("dearer than quoted", [140] * 6, 100, "350", 2),
    ("much dearer than quoted", [300] * 6, 100, "350", 1),
    ("cheaper than quoted", [50] * 6, 100, "300", 5),
    ("dearer from the third on", [100, 100, 150, 150], 100, "350", 3),
    ("unknown before", [100] * 6, None, "350", 3),
    ("unknown and dear", [200] * 6, None, "350", 1),
    ("exactly met", [100] * 6, 100, "300", 3),
    ("room for all", [100] * 6, 100, "600", 6),
    ("nothing allowed", [100] * 6, 100, "0", 0),
]


@pytest.mark.parametrize(
    ("costs", "price", "limit", "count"), [row[1:] for row in LIMITS], ids=[row[0] for row in LIMITS]
)
def test_the_limit_is_never_passed(
    routellm: Gateway,
    fake_gateway: FakeGateway,
    as_bea: Client,
    costs: list[int],
    price: int | None,
    limit: str,
    count: int,
) -> None:
    ImageModel.objects.filter(model_id="flux_kontext").update(price=price, price_unit="points")
    for cost in costs:
        fake_gateway.will_send_image(cost=cost)
    batch = create(as_bea, **SEEDS, spend_limit=limit, spend_unit="points")
    assert len(fake_gateway.requests) == count
    assert sum(costs[:count]) <= int(limit)
    batch.refresh_from_db()
    assert batch.state == ("spent" if count < 6 else "open")
    if count < 6:
        assert f"Stopped at {limit} points. {6 - count} run" in page_of(as_bea, batch)


def test_a_higher_limit_lets_the_rest_go(routellm: Gateway, fake_gateway: FakeGateway, as_bea: Client) -> None:
    batch = create(as_bea, **SEEDS, spend_limit="300", spend_unit="points")
    assert len(fake_gateway.requests) == 2
    refused = as_bea.post(f"/batches/{batch.pk}/limit/", {"spend_limit": "more", "spend_unit": "points"})
    assert refused.status_code == 422
    as_bea.post(f"/batches/{batch.pk}/limit/", {"spend_limit": "450", "spend_unit": "points"})
    assert len(fake_gateway.requests) == 3
    as_bea.post(f"/batches/{batch.pk}/limit/", {"spend_limit": "", "spend_unit": "points"})
    assert statuses(batch) == ["succeeded"] * 6
