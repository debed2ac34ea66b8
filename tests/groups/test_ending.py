"""A group is closed, or somebody leaves it, while runs for it wait or are under way: nothing more is paid for."""

from collections.abc import Callable

import pytest
from django.test import Client
from django.urls import reverse

from gallery import tasks
from gallery.models import Batch, Gateway, Generation, Group, User, Worker
from gallery.services import claims, runs
from tests.batches.batch import MODELS, create, statuses
from tests.fake_gateway import FakeGateway
from tests.groups.members import add, submit, text
from tests.runs.line import resume

WAYS = pytest.mark.parametrize("is_closed", [True, False], ids=["closed", "left"])


@pytest.fixture
def worker(db: None) -> Worker:
    return claims.register_worker()


@pytest.fixture
def batch(acme: Group, routellm: Gateway, as_bea: Client) -> Batch:
    """Bea's: two runs that wait in line."""
    tasks.queue.immediate = False
    return create(as_bea, models=MODELS[:2], group=acme.pk, visibility="group")


def fail(batch: Batch, place: int) -> None:
    row = Generation.objects.filter(batch=batch).order_by("pk")[place]
    Generation.objects.filter(pk=row.pk).update(status="failed", error_kind="rejected")


def press(client: Client, batch: Batch, what: str) -> None:
    assert client.post(reverse(f"batch-{what}", args=[batch.pk])).status_code == 302


def end(group: Group, person: User, *, is_closed: bool, by: Client) -> str:
    """The group, or this person's work for it. Returns what the page says then."""
    page = reverse("group", args=[group.pk])
    address, data = (f"{page}open/", {"open": "no"}) if is_closed else (f"{page}members/{person.pk}/remove/", {})
    return by.post(address, data, follow=True).content.decode()


def begin_anew(group: Group, person: User, *, by: Client) -> None:
    page = reverse("group", args=[group.pk])
    by.post(f"{page}open/", {"open": "yes"})
    by.post(f"{page}members/", {"person": person.pk})


def run_all() -> None:
    """As a worker does with everything that may run now."""
    Generation.objects.update(run_after=None)
    resume()
    tasks.queue.immediate = True
    tasks.run_next()


def do_again(client: Client, batch: Batch, worker: Worker, gateway: FakeGateway) -> None:
    fail(batch, 0)
    press(client, batch, "pause")
    press(client, batch, "retry")


def come_back(client: Client, batch: Batch, worker: Worker, gateway: FakeGateway) -> None:
    """Paused while its run was under way, which the gateway then refused for now."""
    claimed = claims.claim_next(worker)
    assert claimed
    press(client, batch, "pause")
    gateway.will_fail(429)
    runs.run_claimed(claimed, worker)


@WAYS
@pytest.mark.parametrize("state", ["paused", "refused"])
@pytest.mark.parametrize("wait", [do_again, come_back])
def test_what_waits_in_line_although_its_batch_paused_is_held_back_with_the_group(
    acme: Group,
    bea: User,
    as_ada: Client,
    as_bea: Client,
    batch: Batch,
    worker: Worker,
    fake_gateway: FakeGateway,
    wait: Callable[[Client, Batch, Worker, FakeGateway], None],
    state: str,
    is_closed: bool,
) -> None:
    wait(as_bea, batch, worker, fake_gateway)
    Batch.objects.update(state=state)
    assert statuses(batch).count("queued") == 1
    sent = len(fake_gateway.requests)
    assert "batch paused" not in end(acme, bea, is_closed=is_closed, by=as_ada)
    run_all()
    assert len(fake_gateway.requests) == sent
    assert sorted(set(statuses(batch)) - {"failed"}) == ["held"]
    batch.refresh_from_db()
    assert batch.state == state
    begin_anew(acme, bea, by=as_ada)
    press(as_bea, batch, "resume")
    assert sorted(set(statuses(batch)) - {"failed"}) == ["succeeded"]


@pytest.mark.parametrize("is_held", [True, False], ids=["held back", "in line"])
def test_what_somebody_did_again_in_anothers_batch_is_cancelled_when_they_leave(
    acme: Group,
    ada: User,
    as_ada: Client,
    as_bea: Client,
    batch: Batch,
    fake_gateway: FakeGateway,
    is_held: bool,
) -> None:
    add(acme, ada)
    fail(batch, 0)
    press(as_bea, batch, "pause")
    press(as_ada, batch, "retry")
    if is_held:
        press(as_bea, batch, "pause")
    again = Generation.objects.get(owner=ada)
    assert again.status == ("held" if is_held else "queued")
    note = end(acme, ada, is_closed=False, by=as_ada)
    assert "Ada Lovelace no longer works for Acme. 1 run that waited was cancelled." in note
    why = "No longer working for Acme before it was sent. Nothing was charged."
    assert why in text(as_bea, reverse("generation-detail", args=[again.pk]))
    run_all()
    assert not fake_gateway.requests
    press(as_bea, batch, "resume")
    assert statuses(batch) == ["failed", "succeeded", "cancelled"]


def test_whoever_leaves_takes_nobody_elses_batch_along(
    acme: Group, ada: User, as_ada: Client, as_bea: Client, batch: Batch, fake_gateway: FakeGateway
) -> None:
    add(acme, ada)
    fail(batch, 0)
    press(as_ada, batch, "retry")
    end(acme, ada, is_closed=False, by=as_ada)
    run_all()
    assert statuses(batch) == ["failed", "succeeded", "cancelled"]


@WAYS
def test_a_run_that_was_refused_for_now_is_not_tried_again_for_a_group_that_was_closed_or_left_meanwhile(
    acme: Group,
    bea: User,
    as_ada: Client,
    as_bea: Client,
    routellm: Gateway,
    worker: Worker,
    fake_gateway: FakeGateway,
    is_closed: bool,
) -> None:
    tasks.queue.immediate = False
    submit(as_bea, group=str(acme.pk), visibility="group")
    claimed = claims.claim_next(worker)
    assert claimed
    end(acme, bea, is_closed=is_closed, by=as_ada)
    fake_gateway.will_fail(429)
    runs.run_claimed(claimed, worker)
    run_all()
    assert len(fake_gateway.requests) == 1
    why = "Acme was closed" if is_closed else "No longer working for Acme"
    words = text(as_bea, reverse("generation-detail", args=[claimed.pk]))
    assert f"{why} before it was tried again. Nothing was charged." in words
    claimed.refresh_from_db()
    assert claimed.status == "cancelled"


@WAYS
def test_a_run_of_a_batch_that_was_refused_for_now_is_held_back_by_what_paused_with_the_group(
    acme: Group,
    bea: User,
    as_ada: Client,
    as_bea: Client,
    batch: Batch,
    worker: Worker,
    fake_gateway: FakeGateway,
    is_closed: bool,
) -> None:
    claimed = claims.claim_next(worker)
    assert claimed
    assert "1 batch paused." in end(acme, bea, is_closed=is_closed, by=as_ada)
    fake_gateway.will_fail(429)
    runs.run_claimed(claimed, worker)
    run_all()
    assert len(fake_gateway.requests) == 1
    assert statuses(batch) == ["held", "held"]
    begin_anew(acme, bea, by=as_ada)
    press(as_bea, batch, "resume")
    assert statuses(batch) == ["succeeded", "succeeded"]


def test_a_run_in_anothers_batch_that_was_refused_for_now_is_not_tried_again_for_who_left_meanwhile(
    acme: Group,
    ada: User,
    as_ada: Client,
    as_bea: Client,
    batch: Batch,
    worker: Worker,
    fake_gateway: FakeGateway,
) -> None:
    add(acme, ada)
    fail(batch, 0)
    fail(batch, 1)
    press(as_ada, batch, "retry")
    claimed = claims.claim_next(worker)
    assert claimed
    end(acme, ada, is_closed=False, by=as_ada)
    fake_gateway.will_fail(429)
    runs.run_claimed(claimed, worker)
    run_all()
    assert len(fake_gateway.requests) == 1
    assert statuses(batch) == ["failed", "failed", "cancelled", "cancelled"]


def test_a_batch_that_somebody_else_resumed_goes_on_although_its_owner_left(
    acme: Group,
    ada: User,
    bea: User,
    as_ada: Client,
    batch: Batch,
    worker: Worker,
    fake_gateway: FakeGateway,
) -> None:
    """Whoever resumed it works for the group. It waits as long as the gateway asked for."""
    add(acme, ada)
    claimed = claims.claim_next(worker)
    assert claimed
    end(acme, bea, is_closed=False, by=as_ada)
    press(as_ada, batch, "resume")
    fake_gateway.will_fail(429, retry_after=30)
    runs.run_claimed(claimed, worker)
    claimed.refresh_from_db()
    assert (claimed.status, claimed.run_after is None) == ("queued", False)
    run_all()
    assert statuses(batch) == ["succeeded", "succeeded"]
