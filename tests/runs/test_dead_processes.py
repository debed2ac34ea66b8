"""Runs whose process died or whose disk failed: ended truthfully, and finished without paying again."""

import json
import resource
import threading
from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta
from typing import Any

import pytest
from django.conf import settings
from django.db import connection
from django.test import Client
from django.utils import timezone

from gallery import tasks
from gallery.models import Gateway, Generation, Worker
from gallery.services import claims, gateways, homecoming, outcomes, runs
from tests import factories
from tests import fake_gateway as fakes
from tests.fake_gateway import FakeGateway
from tests.runs.line import expire, resume, submit
from tests.visitor import wait_until


def test_a_row_whose_worker_died_is_interrupted_and_not_called_again(
    claimed: Generation, fake_gateway: FakeGateway, as_bea: Client
) -> None:
    rescuer = claims.register_worker()
    assert runs.end_abandoned(rescuer) == 1
    claimed.refresh_from_db()
    assert (claimed.status, claimed.error_kind) == ("failed", "interrupted")
    assert "charged" in claimed.error_sentence
    tasks.run_next()
    assert not fake_gateway.requests
    assert "Run again" in as_bea.get("/").content.decode()


@pytest.mark.django_db(transaction=True)
def test_a_paid_reply_on_disk_is_finished_without_paying_again(
    claimed: Generation, fake_gateway: FakeGateway, worker: Worker
) -> None:
    access = gateways.access_to(runs.gateway_of(claimed))
    runs.call_gateway(claimed, access)
    expire(claimed)
    runs.end_abandoned(claims.register_worker())
    claimed.refresh_from_db()
    assert (claimed.status, claimed.images.count()) == ("succeeded", 1)
    assert len(fake_gateway.requests) == 1
    assert not outcomes.reply_path(claimed).exists()


def test_a_worker_that_lives_keeps_its_leases(claimed: Generation, worker: Worker) -> None:
    claims.beat(worker)
    rescuer = claims.register_worker()
    assert [runs.end_abandoned(rescuer, at=seconds) for seconds in (0, 29)] == [0, 0]
    claims.beat(worker)
    assert [runs.end_abandoned(rescuer, at=seconds) for seconds in (31, 60)] == [0, 0]
    claimed.refresh_from_db()
    assert claimed.status == "running"
    assert runs.end_abandoned(rescuer, at=62) == 1


@pytest.mark.parametrize("hours", [-24, -1, 1, 24])
def test_a_lease_counts_by_how_long_it_was_watched_whatever_any_clock_says(claimed: Generation, hours: int) -> None:
    """It was written before the clock was set forward or back."""
    Generation.objects.update(lease_expires_at=timezone.now() + timedelta(hours=hours))
    rescuer = claims.register_worker()
    assert [runs.end_abandoned(rescuer, at=seconds) for seconds in (1000, 1029, 1031)] == [0, 0, 1]
    claimed.refresh_from_db()
    assert (claimed.status, claimed.error_kind) == ("failed", "interrupted")


def test_rows_of_another_host_wait_longer_for_its_disk(claimed: Generation) -> None:
    lease = timezone.now() - timedelta(minutes=11)
    Generation.objects.update(claimed_by="elsewhere:1:abcd", lease_expires_at=lease)
    rescuer = claims.register_worker()
    assert [runs.end_abandoned(rescuer, at=seconds) for seconds in (0, 31, 629, 631)] == [0, 0, 0, 1]


def test_what_a_thread_of_ones_own_dropped_waits_for_no_process(claimed: Generation, worker: Worker) -> None:
    Generation.objects.update(lease_expires_at=timezone.now())
    assert [runs.end_abandoned(worker, at=seconds) for seconds in (0, 60)] == [0, 0]
    claims.put_down(claimed.pk, worker)
    assert [runs.end_abandoned(worker, at=seconds) for seconds in (100, 104, 106)] == [0, 0, 1]


@pytest.mark.parametrize("is_link", [False, True], ids=["in the answer", "behind a link"])
def test_a_picture_that_could_not_be_stored_is_looked_at_again_for_nothing(
    is_link: bool, routellm: Gateway, fake_gateway: FakeGateway, as_bea: Client, settings: Any, tmp_path: Any
) -> None:
    fake_gateway.will_send_image(as_url=is_link)
    kept = settings.INCOMING_DIR
    (tmp_path / "full").write_text("a disk on which no folder can be made")
    settings.INCOMING_DIR = tmp_path / "full" / "incoming"
    generation = submit(as_bea)
    assert (generation.status, generation.error_kind) == ("failed", "not_stored")
    assert "Look again" in as_bea.get("/").content.decode()
    settings.INCOMING_DIR = kept
    as_bea.post(f"/generations/{generation.pk}/look-again/")
    generation.refresh_from_db()
    assert (generation.status, generation.images.count(), generation.error_sentence) == ("succeeded", 1, "")
    assert len(fake_gateway.requests) == 1


@pytest.mark.django_db(transaction=True)
def test_a_paid_answer_that_came_whole_stays_when_the_disk_does_not_confirm_its_name(
    waiting: Gateway, fake_gateway: FakeGateway, as_bea: Client, worker: Worker
) -> None:
    """This process has no file left to open: the answer gets its name, and its folder cannot be asked to keep that."""
    may_answer = threading.Event()
    body = json.dumps(factories.reply([fakes.image_entry(fakes.data_url(fakes.make_picture()))])).encode()
    fake_gateway.will_answer(fakes.CannedReply(200, body, {"Content-Type": "application/json"}, may_answer=may_answer))
    generation = submit(as_bea)
    resume()
    most = resource.getrlimit(resource.RLIMIT_NOFILE)
    with ThreadPoolExecutor(1) as pool:
        running = pool.submit(runs.run_next, worker)
        try:
            wait_until(lambda: len(fake_gateway.requests) == 1, "the call is under way")
            resource.setrlimit(resource.RLIMIT_NOFILE, (3, most[1]))
            may_answer.set()
            reply = settings.REPLIES_DIR / f"{generation.pk}-1.reply"
            wait_until(reply.exists, "the answer has its name")
            wait_until(lambda: generation.pk not in runs.calls_in_flight, "what the disk said is known")
        finally:
            resource.setrlimit(resource.RLIMIT_NOFILE, most)
        running.result()
        pool.submit(lambda: connection.close()).result()
    generation.refresh_from_db()
    assert (generation.status, generation.error_kind) == ("failed", "interrupted")
    assert "could not write the answer" in generation.error_sentence
    assert homecoming.bring_home(worker) == 1
    generation.refresh_from_db()
    assert (generation.status, generation.images.count(), generation.error_sentence) == ("succeeded", 1, "")
    assert len(fake_gateway.requests) == 1
