"""Several hosts that share no folder: what one of them paid for, and had to be given up while it was away, comes home."""

import os
import time
from datetime import timedelta
from typing import Any

import pytest
from django.conf import settings
from django.core.exceptions import ImproperlyConfigured
from django.db import connection
from django.test import Client
from django.utils import timezone

from gallery import tasks
from gallery.gateway.reply_files import part_of
from gallery.models import Gateway, Generation, ImageModel, User, Worker
from gallery.services import claims, gateways, homecoming, leases, outcomes, replies, runs
from gateway_site import environment
from tests import factories
from tests.fake_gateway import FakeGateway

pytestmark = pytest.mark.django_db


@pytest.fixture
def worker() -> Worker:
    return claims.register_worker()


@pytest.fixture
def answered(routellm: Gateway, flux_kontext: ImageModel, worker: Worker, bea: User) -> Generation:
    """A run whose answer is on this host's disk, and not read in."""
    factories.create_generation(bea, flux_kontext)
    generation = claims.claim_next(worker)
    assert generation
    runs.call_gateway(generation, gateways.access_to(runs.gateway_of(generation)))
    claims.put_down(generation.pk, worker)
    return generation


def give_up(generation: Generation, kind: str = "interrupted") -> None:
    """As another host does with a row of one that it does not hear of."""
    Generation.objects.filter(pk=generation.pk).update(claimed_by="elsewhere:1:ab", lease_expires_at=timezone.now())
    reply = outcomes.reply_path(generation)
    kept, hidden = reply, reply.with_name("hidden")
    reply.rename(hidden)
    rescuer, at_last = claims.register_worker(), (claims.LEASE + leases.OTHER_HOSTS_WAIT).total_seconds() + 1
    assert [runs.end_abandoned(rescuer, at=seconds) for seconds in (0, at_last)] == [0, 1]
    hidden.rename(kept)
    generation.refresh_from_db()
    assert (generation.status, generation.error_kind) == ("failed", "interrupted")
    Generation.objects.filter(pk=generation.pk).update(error_kind=kind)


def test_a_run_that_was_given_up_while_its_host_was_away_is_finished_when_it_is_back(
    answered: Generation, worker: Worker, fake_gateway: FakeGateway
) -> None:
    give_up(answered)
    homecoming.repair(worker)
    answered.refresh_from_db()
    assert (answered.status, answered.images.count(), answered.error_sentence) == ("succeeded", 1, "")
    assert homecoming.bring_home(worker) == 0
    assert len(fake_gateway.requests) == 1


def test_an_end_that_somebody_else_has_written_anew_is_left_alone(answered: Generation, worker: Worker) -> None:
    give_up(answered)
    assert homecoming.bring_home(worker) == 1
    assert claims.claim_ended(answered, worker) is None
    answered.refresh_from_db()
    assert (answered.status, answered.images.count()) == ("succeeded", 1)


def test_an_answer_that_may_still_be_arriving_is_left_alone(answered: Generation, worker: Worker) -> None:
    give_up(answered)
    part = part_of(outcomes.reply_path(answered))
    outcomes.reply_path(answered).rename(part)
    assert homecoming.bring_home(worker) == 0
    long_ago = time.time() - homecoming.PART_RESTS_SECONDS - 60
    os.utime(part, (long_ago, long_ago))
    assert homecoming.bring_home(worker) == 1


def test_an_answer_that_lacks_its_name_and_cannot_be_read_now_is_finished_when_it_can(
    answered: Generation, flux_kontext: ImageModel, bea: User, worker: Worker, fake_gateway: FakeGateway
) -> None:
    """Its process died before it gave it its name. Others come home meanwhile."""
    factories.create_generation(bea, flux_kontext)
    other = claims.claim_next(worker)
    assert other
    runs.call_gateway(other, gateways.access_to(runs.gateway_of(other)))
    reply = outcomes.reply_path(answered)
    part, content, long_ago = part_of(reply), reply.read_bytes(), time.time() - homecoming.PART_RESTS_SECONDS - 60
    reply.unlink()
    # As one that the disk does not give out.
    part.mkdir()
    os.utime(part, (long_ago, long_ago))
    assert [runs.end_abandoned(worker, at=seconds) for seconds in (0, 60)] == [0, 1]
    answered.refresh_from_db()
    assert (answered.status, answered.error_kind) == ("failed", "not_stored")
    assert "tries again by itself" in answered.error_sentence

    claims.put_down(other.pk, worker)
    Generation.objects.filter(pk=other.pk).update(status="failed", error_kind="interrupted")
    assert homecoming.bring_home(worker) == 1
    other.refresh_from_db()
    assert (other.status, other.images.count()) == ("succeeded", 1)

    part.rmdir()
    part.write_bytes(content)
    os.utime(part, (long_ago, long_ago))
    Generation.objects.filter(pk=answered.pk).update(finished_at=timezone.now() - timedelta(minutes=10))
    assert homecoming.bring_home(worker) == 1
    answered.refresh_from_db()
    assert (answered.status, answered.images.count(), answered.error_sentence) == ("succeeded", 1, "")
    assert len(fake_gateway.requests) == 2


@pytest.mark.parametrize("kind", ["refused", "picture_not_fetched"])
def test_a_run_that_failed_for_another_reason_waits_for_a_person(
    kind: str, answered: Generation, worker: Worker
) -> None:
    give_up(answered, kind)
    assert homecoming.bring_home(worker) == 0


def test_what_the_storage_did_not_take_is_stored_once_it_does_and_tried_ever_more_rarely(
    answered: Generation, worker: Worker, fake_gateway: FakeGateway
) -> None:
    give_up(answered, "not_stored")
    row = Generation.objects.filter(pk=answered.pk)
    assert homecoming.bring_home(worker) == 0
    row.update(finished_at=timezone.now() - timedelta(minutes=10))
    an_hour_ago = time.time() - 3600
    os.utime(outcomes.reply_path(answered), (an_hour_ago, an_hour_ago))
    assert homecoming.bring_home(worker) == 0
    row.update(finished_at=timezone.now() - timedelta(minutes=31))
    assert homecoming.bring_home(worker) == 1
    assert (row.get().status, row.get().images.count()) == ("succeeded", 1)
    assert len(fake_gateway.requests) == 1


def test_looking_again_is_done_by_the_host_that_has_the_answer(answered: Generation, as_bea: Client) -> None:
    reply = outcomes.reply_path(answered)
    hidden = reply.with_name("hidden")
    reply.rename(hidden)
    row = Generation.objects.filter(pk=answered.pk)
    row.update(status="failed", error_kind="not_stored", claimed_by="elsewhere-1:7:ab", finished_at=timezone.now())
    page = f"/generations/{answered.pk}/"
    assert "Look again at" not in as_bea.get(page).content.decode()
    Worker.objects.create(
        name="elsewhere-1:9:cd", host="elsewhere", process_id=9, seen_at=timezone.now() - timedelta(days=1)
    )
    assert "Look again at" not in as_bea.get(page).content.decode()
    Worker.objects.update(seen_at=timezone.now())
    assert "Look again at" in as_bea.get(page).content.decode()

    as_bea.post(f"{page}look-again/")
    # Nobody but that host takes it, until it is lost.
    assert runs.end_abandoned(claims.register_worker()) == 0
    assert row.get().claimed_by == f"elsewhere-1:{leases.HANDED_BACK}"

    hidden.rename(reply)
    row.update(claimed_by=f"{settings.HOST_NAME}:{leases.HANDED_BACK}")
    assert runs.end_abandoned(claims.register_worker()) == 1
    assert row.get().status == "succeeded"


@pytest.mark.parametrize("claimed_by", [f"lost-1:{leases.HANDED_BACK}", "lost-1:7:ab"])
def test_pictures_whose_host_is_lost_for_good_stay_a_success(
    claimed_by: str, answered: Generation, worker: Worker, as_bea: Client
) -> None:
    """Handed back to a host that never came again, or stored by one that died before it said so."""
    runs.look_again(answered, worker)
    outcomes.reply_path(answered).unlink(missing_ok=True)
    row = Generation.objects.filter(pk=answered.pk)
    row.update(status="running", claimed_by=claimed_by, lease_expires_at=None)
    rescuer, at_last = claims.register_worker(), (claims.LEASE + leases.OTHER_HOSTS_WAIT).total_seconds() + 1
    assert [runs.end_abandoned(rescuer, at=seconds) for seconds in (0, at_last)] == [0, 1]
    page = as_bea.get(f"/generations/{answered.pk}/").content.decode()
    assert 'data-status="succeeded"' in page
    assert "What was stored is kept." in page


def test_who_looks_again_is_shown_at_once_that_it_is_under_way(answered: Generation, as_bea: Client) -> None:
    """Also while no worker has heard of it yet; a second press of another tab asks for nothing more."""
    row, page = Generation.objects.filter(pk=answered.pk), f"/generations/{answered.pk}/"
    row.update(status="failed", error_kind="not_stored", error_sentence="It could not be stored.")
    tasks.queue.immediate = False
    as_bea.post(f"{page}look-again/")
    assert 'data-status="running"' in as_bea.get(page).content.decode()
    as_bea.post(f"{page}look-again/")
    assert row.get().status == "running"
    assert runs.end_abandoned(claims.register_worker()) == 1
    assert 'data-status="succeeded"' in as_bea.get(page).content.decode()


@pytest.mark.parametrize("pictures", [0, 1], ids=["nothing stored", "a picture stored"])
def test_an_answer_is_kept_while_its_gateways_address_is_mistyped(
    pictures: int, answered: Generation, worker: Worker, as_bea: Client, settings: Any, fake_gateway: FakeGateway
) -> None:
    reply = outcomes.reply_path(answered)
    content = reply.read_bytes()
    if pictures:
        runs.look_again(answered, worker)
        reply.write_bytes(content)
    row, page = Generation.objects.filter(pk=answered.pk), f"/generations/{answered.pk}/"
    row.update(status="failed", error_kind="not_stored", error_sentence="It could not be stored.")
    settings.GATEWAY_BASE_URLS = {"routellm": "https//routellm.example/v1"}
    as_bea.post(f"{page}look-again/")
    assert row.get().status == ("succeeded" if pictures else "failed")
    assert "address cannot be used" in as_bea.get(page).content.decode()
    assert row.get().error_kind in ("", "not_stored")
    replies.forget_taken_in()
    assert reply.read_bytes() == content

    settings.GATEWAY_BASE_URLS = {}
    as_bea.post(f"{page}look-again/")
    assert (row.get().status, row.get().images.count(), row.get().error_sentence) == ("succeeded", 1, "")
    assert len(fake_gateway.requests) == 1


def test_an_answer_whose_file_is_damaged_stays_for_whoever_looks_into_it(
    answered: Generation, worker: Worker, as_bea: Client
) -> None:
    reply = outcomes.reply_path(answered)
    damaged = b"\0" * 64 + reply.read_bytes()
    reply.write_bytes(damaged)
    assert runs.end_abandoned(worker, at=0) == 0
    assert runs.end_abandoned(worker, at=60) == 1
    assert "The saved answer" in as_bea.get(f"/generations/{answered.pk}/").content.decode()
    assert reply.read_bytes() == damaged


def test_a_bell_for_an_answer_that_is_nowhere_changes_nothing(answered: Generation) -> None:
    outcomes.reply_path(answered).unlink()
    row = Generation.objects.filter(pk=answered.pk)
    row.update(status="failed", error_kind="no_image", error_sentence="There was no picture.")
    tasks.look_again(answered.pk)
    assert (row.get().status, row.get().error_sentence) == ("failed", "There was no picture.")


def test_a_process_on_another_machine_is_gone_when_it_is_not_heard_of(worker: Worker) -> None:
    """Its number says nothing here. A container that was made anew keeps its folder, not its name."""
    Worker.objects.filter(pk=worker.pk).update(host="the-container-before", process_id=1)
    assert leases.is_neighbour_alive(worker.name)
    Worker.objects.filter(pk=worker.pk).update(seen_at=timezone.now() - leases.SILENCE)
    assert not leases.is_neighbour_alive(worker.name)
    leases.expire_dead_neighbours(claims.register_worker())
    assert not Worker.objects.filter(pk=worker.pk).exists()


@pytest.mark.parametrize(("notes", "is_left"), [([], False), (["Picture 2: It could not be fetched."], True)])
def test_an_answer_that_is_stored_whole_does_not_outlast_its_process(
    notes: list[str], is_left: bool, answered: Generation, worker: Worker
) -> None:
    """Killed between the row and the file: nothing is left to look at again, unless a picture is still missing."""
    reply = outcomes.reply_path(answered)
    content = reply.read_bytes()
    runs.look_again(answered, worker)
    reply.write_bytes(content)
    Generation.objects.filter(pk=answered.pk).update(notes=notes)
    replies.forget_taken_in()
    assert reply.exists() == is_left


@pytest.mark.django_db(transaction=True)
def test_a_process_ends_in_order_although_its_first_connection_broke(worker: Worker) -> None:
    """As that of a host does whose cable was out: the server has hung up, and nobody used it since."""
    connection.connection.close()
    claims.forget_worker(worker)
    assert not Worker.objects.exists()


@pytest.mark.parametrize("given", ["-1", "0", "soon", "nan", "1e9"])
def test_a_wait_that_is_no_number_of_minutes_stops_the_start(given: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("PROOFSHEET_LOST_HOST_MINUTES", given)
    with pytest.raises(ImproperlyConfigured, match="number of minutes"):
        environment.minutes("PROOFSHEET_LOST_HOST_MINUTES", 10)


def test_servers_that_cannot_be_reached_are_given_up_unless_the_address_says_otherwise(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Any
) -> None:
    url = tasks.with_limits("redis://:word@127.0.0.1:6379/2?socket_timeout=60")
    assert url.startswith("redis://:word@127.0.0.1:6379/2?")
    assert {"socket_timeout=60", "socket_connect_timeout=5"} <= set(url.partition("?")[2].split("&"))
    monkeypatch.setenv("PROOFSHEET_DATABASE_URL", "postgresql://a@127.0.0.1/b?connect_timeout=3")
    options = environment.database(tmp_path)["OPTIONS"]
    assert (str(options["connect_timeout"]), options["tcp_user_timeout"]) == ("3", 30_000)
