"""How runs wait, are claimed and cancelled."""

import threading
from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta
from typing import Any

import pytest
from django.db import connection
from django.test import Client
from django.utils import timezone

from gallery import tasks
from gallery.gateway import errors
from gallery.models import Gateway, Generation, Image, ImageModel, User, Worker
from gallery.services import claims, generations, outcomes, runs, version_watch
from tests.fake_gateway import FakeGateway
from tests.runs.line import resume, submit


def test_one_persons_many_do_not_starve_anothers_single_one(
    waiting: Gateway, worker: Worker, as_bea: Client, as_chi: Client
) -> None:
    for _ in range(5):
        submit(as_bea)
    single = submit(as_chi)
    resume()
    order = []
    while claimed := claims.claim_next(worker):
        order.append(claimed.pk)
        if len(order) == 6:
            break
    assert order.index(single.pk) == 1


def test_a_gateways_limit_holds(waiting: Gateway, worker: Worker, as_bea: Client) -> None:
    for _ in range(4):
        submit(as_bea)
    Gateway.objects.update(paused_until=None, max_running=2)
    assert claims.claim_next(worker)
    assert claims.claim_next(worker)
    assert claims.claim_next(worker) is None


def test_a_row_is_claimed_once(waiting: Gateway, worker: Worker, as_bea: Client) -> None:
    generation = submit(as_bea)
    resume()
    other = claims.register_worker()
    assert claims.claim(generation.pk, worker)
    assert not claims.claim(generation.pk, other)


def test_ringing_twice_is_harmless(waiting: Gateway, fake_gateway: FakeGateway, as_bea: Client) -> None:
    submit(as_bea)
    resume()
    tasks.run_next()
    tasks.run_next()
    assert len(fake_gateway.requests) == 1


def test_what_waits_is_cancelled_at_once(waiting: Gateway, fake_gateway: FakeGateway, as_bea: Client) -> None:
    generation = submit(as_bea)
    as_bea.post(f"/generations/{generation.pk}/cancel/")
    resume()
    tasks.run_next()
    generation.refresh_from_db()
    assert generation.status == "cancelled"
    assert "Nothing was charged" in generation.error_sentence
    assert not fake_gateway.requests


def test_what_runs_is_hung_up_on_and_says_that_it_may_be_charged(
    waiting: Gateway, worker: Worker, as_bea: Client
) -> None:
    generation = submit(as_bea)
    resume()
    claimed = claims.claim_next(worker)
    assert claimed
    generations.cancel_generation(generation)
    assert claims.beat(worker) == [generation.pk]
    outcomes.end_with_error(claimed, worker, errors.Interrupted("Stopped while the gateway was at work."))
    generation.refresh_from_db()
    assert generation.status == "cancelled"
    assert "may still charge" in generation.error_sentence


def test_the_spec_of_a_waiting_generation_is_the_one_it_was_submitted_with(
    waiting: Gateway, fake_gateway: FakeGateway, as_bea: Client, flux_kontext: ImageModel
) -> None:
    submit(as_bea, guidance_scale="5")
    ImageModel.objects.filter(pk=flux_kontext.pk).update(parameters=[])
    resume()
    tasks.run_next()
    assert fake_gateway.requests[0].json["image_config"]["guidance_scale"] == 5.0


@pytest.mark.django_db(transaction=True)
def test_a_look_for_a_later_version_that_hangs_holds_nobody_else_up() -> None:
    watch, is_hanging, may_go_on = version_watch.VersionWatch(), threading.Event(), threading.Event()

    def hang(execute: Any, sql: str, *rest: Any) -> Any:
        is_hanging.set()
        may_go_on.wait(30)
        return execute(sql, *rest)

    def look() -> bool:
        try:
            with connection.execute_wrapper(hang):
                return watch.is_behind()
        finally:
            connection.close()

    with ThreadPoolExecutor(2) as pool:
        looking = pool.submit(look)
        try:
            assert is_hanging.wait(10)
            assert pool.submit(watch.is_behind).result(5) is False
        finally:
            may_go_on.set()
        assert looking.result() is False


@pytest.mark.skipif(connection.vendor != "sqlite", reason="PostgreSQL syncs every commit.")
@pytest.mark.django_db(transaction=True)
def test_the_claim_is_on_disk_before_a_byte_is_sent(
    routellm: Gateway, fake_gateway: FakeGateway, as_bea: Client, worker: Worker
) -> None:
    Gateway.objects.update(paused_until=timezone.now() + timedelta(minutes=4))
    submit(as_bea)
    resume()
    statements: list[str] = []

    def note(execute: Any, sql: str, *rest: Any) -> Any:
        statements.append(sql)
        return execute(sql, *rest)

    with connection.execute_wrapper(note):
        assert claims.claim_next(worker)
    full = next(index for index, sql in enumerate(statements) if "synchronous=FULL" in sql)
    update = next(index for index, sql in enumerate(statements) if sql.startswith("UPDATE"))
    normal = next(index for index, sql in enumerate(statements) if "synchronous=NORMAL" in sql)
    assert full < update < normal


def test_made_private_while_it_runs_its_pictures_are_private(
    claimed: Generation, worker: Worker, fake_gateway: FakeGateway, bea: User
) -> None:
    generations.set_visibility(claimed, "private")
    runs.run_claimed(claimed, worker)
    assert set(Image.objects.values_list("visibility", flat=True)) == {"private"}
