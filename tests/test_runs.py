"""How runs are claimed, retried, cancelled, ended and repaired. Every fault leaves a truthful row and a way on."""

import json
import resource
import struct
import threading
import time
import zlib
from concurrent.futures import ThreadPoolExecutor
from contextlib import suppress
from datetime import timedelta
from decimal import Decimal
from typing import Any

import pytest
from django.conf import settings
from django.core.files.storage import default_storage
from django.db import connection
from django.test import Client
from django.utils import timezone

from gallery import tasks
from gallery.gateway import errors
from gallery.models import APIKey, Gateway, Generation, Image, ImageModel, User, Worker
from gallery.services import claims, gateways, generations, homecoming, outcomes, runs, version_watch
from tests import factories
from tests import fake_gateway as fakes
from tests.fake_gateway import FakeGateway
from tests.visitor import wait_until

FORM = {"model": "routellm/flux_kontext", "prompt": "a red chair", "mode": "pro"}


@pytest.fixture
def worker(db: None) -> Worker:
    return claims.register_worker()


def submit(client: Client, **changes: Any) -> Generation:
    assert client.post("/", {**FORM, **changes}).status_code == 302
    return Generation.objects.latest("pk")


def one_image(url: str) -> dict[str, Any]:
    return fakes.image_reply([fakes.image_entry(url)])


def png_bomb() -> bytes:
    """A small file that would unpack to 30,000 × 30,000 pixels."""
    header = struct.pack(">IIBBBBB", 30_000, 30_000, 8, 2, 0, 0, 0)
    parts = [(b"IHDR", header), (b"IDAT", zlib.compress(bytes(1_000_000))), (b"IEND", b"")]
    chunks = [
        struct.pack(">I", len(data)) + kind + data + struct.pack(">I", zlib.crc32(kind + data)) for kind, data in parts
    ]
    return b"\x89PNG\r\n\x1a\n" + b"".join(chunks)


# Faults of the gateway ---------------------------------------------------------------------------------------------


def moderated() -> dict[str, Any]:
    return {"error": {"code": 403, "message": "Flagged", "metadata": {"reasons": ["violence"], "flagged_input": "x"}}}


FAULTS: list[tuple[str, dict[str, Any], str, str]] = [
    # name, reply, kind, words of the sentence
    ("bad key", {"status": 403, "json": {"error": "Invalid API Key"}}, "key_refused", "RouteLLM"),
    ("401", {"status": 401, "json": {"error": {"message": "no"}}}, "key_refused", "key"),
    ("no credit", {"status": 402, "json": {"error": {"message": "pay"}}}, "out_of_credit", "credit"),
    ("moderation", {"status": 403, "json": moderated()}, "content_refused", "prompt"),
    (
        "parameter",
        {"status": 400, "json": {"success": False, "error": "Invalid image config param mode provided"}},
        "parameter_refused",
        "mode",
    ),
    (
        "value",
        {"status": 400, "json": {"success": False, "error": "Invalid size for x: 9. Supported values are: 1x1, 2x2"}},
        "parameter_refused",
        "2x2",
    ),
    ("gone model", {"status": 404, "json": {"error": {"message": "No such model"}}}, "model_not_found", ""),
    ("server error", {"status": 500, "body": "<html>oops</html>"}, "gateway_failed", "may have been charged"),
    ("bad gateway", {"status": 502, "body": "<html>502</html>"}, "gateway_failed", "may have been charged"),
    ("error in a 200", {"status": 200, "json": {"error": {"code": 500, "message": "it broke"}}}, "gateway_failed", ""),
    ("proxy page", {"status": 200, "body": "<html>Sign in</html>"}, "answer_unreadable", ""),
    ("half a JSON", {"status": 200, "body": '{"choices": [{"mess'}, "answer_unreadable", ""),
    ("no image", {"status": 200, "json": {"choices": []}}, "no_image", ""),
    ("broken base64", {"status": 200, "json": one_image("data:image/png;base64,!!!!")}, "no_image", ""),
    ("empty picture", {"status": 200, "json": one_image("data:image/png;base64,")}, "no_image", ""),
    ("html as png", {"status": 200, "json": one_image("data:image/png;base64,PGh0bWw+")}, "no_image", ""),
    ("bomb", {"status": 200, "json": one_image(fakes.data_url(png_bomb()))}, "no_image", ""),
    ("private link", {"status": 200, "json": one_image("http://169.254.169.254/x.png")}, "picture_not_fetched", ""),
    ("file link", {"status": 200, "json": one_image("file:///etc/passwd")}, "no_image", ""),
    ("redirect", {"status": 307, "headers": {"Location": "https://evil.test/v1"}}, "redirected", ""),
]


@pytest.mark.parametrize(("name", "reply", "kind", "words"), FAULTS, ids=[row[0] for row in FAULTS])
def test_a_fault_of_the_gateway_ends_truthful_and_is_not_called_again(
    name: str,
    reply: dict[str, Any],
    kind: str,
    words: str,
    routellm: Gateway,
    fake_gateway: FakeGateway,
    as_bea: Client,
) -> None:
    fake_gateway.will_send(**reply)
    generation = submit(as_bea)
    assert (generation.status, generation.error_kind) == ("failed", kind)
    assert words in generation.error_sentence
    assert len(fake_gateway.requests) == 1
    page = as_bea.get("/").content.decode()
    assert "Edit and run" in page
    assert "sk-test" not in json.dumps(generation.reply) + generation.error_detail + generation.error_sentence + page
    is_kept = kind == "picture_not_fetched"
    assert outcomes.reply_path(generation).exists() == is_kept


def test_a_refused_key_is_set_aside_and_named(routellm: Gateway, fake_gateway: FakeGateway, as_bea: Client) -> None:
    fake_gateway.will_send(403, json={"error": "Invalid API Key"})
    submit(as_bea)
    key = APIKey.objects.get()
    assert key.set_aside_at
    assert key.last_error
    following = submit(as_bea)
    assert following.error_kind == "key_refused"
    assert len(fake_gateway.requests) == 1


def test_too_many_requests_wait_and_slow_only_their_gateway(
    routellm: Gateway, fake_gateway: FakeGateway, as_bea: Client
) -> None:
    fake_gateway.will_fail(429, retry_after=7)
    generation = submit(as_bea)
    routellm.refresh_from_db()
    assert generation.status == "queued"
    assert generation.run_after
    assert routellm.paused_until
    assert timedelta(seconds=5) < generation.run_after - timezone.now() <= timedelta(seconds=7)
    tasks.run_next()
    assert len(fake_gateway.requests) == 1

    past = timezone.now() - timedelta(seconds=1)
    Generation.objects.update(run_after=past)
    Gateway.objects.update(paused_until=past)
    tasks.run_next()
    generation.refresh_from_db()
    assert generation.status == "succeeded"
    assert len(fake_gateway.requests) == 2


def test_a_gateway_that_is_never_reached_is_given_up_after_four_tries(
    routellm: Gateway, fake_gateway: FakeGateway, as_bea: Client
) -> None:
    fake_gateway.stop()
    generation = submit(as_bea)
    for _ in range(3):
        assert generation.status == "queued"
        Generation.objects.update(run_after=None)
        tasks.run_next()
        generation.refresh_from_db()
    assert (generation.status, generation.error_kind, generation.attempts) == ("failed", "not_reached", 4)
    assert "charged" not in generation.error_sentence


def test_a_silent_gateway_is_uncertain_and_never_called_again_by_itself(
    routellm: Gateway, fake_gateway: FakeGateway, as_bea: Client
) -> None:
    Gateway.objects.update(answer_seconds=1)
    fake_gateway.will_hang(5)
    generation = submit(as_bea)
    assert (generation.status, generation.error_kind) == ("failed", "timed_out")
    assert "charged" in generation.error_sentence
    tasks.run_next()
    assert len(fake_gateway.requests) == 1


def test_one_broken_picture_of_several_does_not_cost_the_others(
    routellm: Gateway, fake_gateway: FakeGateway, as_bea: Client
) -> None:
    entries = [factories.image_entry("teal"), factories.broken_image_entry(), factories.image_entry("navy")]
    fake_gateway.will_send(200, json=factories.reply(entries))
    generation = submit(as_bea, num_images="3")
    assert (generation.status, generation.images.count()) == ("succeeded", 2)
    assert len(generation.notes) == 1
    assert generation.notes[0] in as_bea.get(f"/generations/{generation.pk}/").content.decode()


def test_the_same_pixels_twice_are_one_picture(routellm: Gateway, fake_gateway: FakeGateway, as_bea: Client) -> None:
    entries = [factories.image_entry("teal"), factories.image_entry("teal", text="another file")]
    fake_gateway.will_send(200, json=factories.reply(entries))
    assert submit(as_bea).images.count() == 1


@pytest.mark.parametrize(
    ("status", "kind"), [(200, "no_image"), (410, "picture_not_fetched"), (400, "picture_not_fetched")]
)
def test_an_answer_whose_picture_cannot_be_kept_has_its_cost_all_the_same(
    status: int, kind: str, routellm: Gateway, fake_gateway: FakeGateway, as_bea: Client
) -> None:
    url = fake_gateway.will_serve(b"half a picture", status=status)
    fake_gateway.will_send(200, json=fakes.image_reply([fakes.image_entry(url)], text="Here it is.", cost=150))
    generation = submit(as_bea)
    assert (generation.status, generation.error_kind) == ("failed", kind)
    assert (generation.cost, generation.cost_unit, generation.answer) == (Decimal(150), "points", "Here it is.")


def test_words_that_come_with_a_picture_take_no_line_of_their_own_in_the_studio(
    routellm: Gateway, fake_gateway: FakeGateway, as_bea: Client
) -> None:
    fake_gateway.will_send(200, json=fakes.image_reply([factories.image_entry("teal")], text="Here it is."))
    submit(as_bea)
    results = as_bea.get("/").content.decode().split('id="generations"')[1]
    assert "Here it is." in results and "is-wide" not in results


@pytest.mark.parametrize("cost", ["free", -1, 1e30, None])
def test_an_absurd_cost_is_unknown_and_not_nothing(
    cost: Any, routellm: Gateway, fake_gateway: FakeGateway, as_bea: Client
) -> None:
    fake_gateway.will_send_image(cost=cost)
    generation = submit(as_bea)
    assert (generation.status, generation.cost) == ("succeeded", None)
    assert "unknown" in as_bea.get(f"/generations/{generation.pk}/").content.decode()


# The line ----------------------------------------------------------------------------------------------------------


@pytest.fixture
def waiting(routellm: Gateway) -> Gateway:
    """A gateway told to pause: what is submitted waits."""
    Gateway.objects.filter(pk=routellm.pk).update(paused_until=timezone.now() + timedelta(minutes=4))
    return routellm


def resume() -> None:
    Gateway.objects.update(paused_until=None)


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


# Dead processes ----------------------------------------------------------------------------------------------------


@pytest.fixture
def claimed(waiting: Gateway, worker: Worker, as_bea: Client) -> Generation:
    """A row whose worker took it and then died: its lease has run out."""
    submit(as_bea)
    resume()
    generation = claims.claim_next(worker)
    assert generation
    expire(generation)
    return generation


def expire(generation: Generation) -> None:
    Generation.objects.filter(pk=generation.pk).update(lease_expires_at=None)


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


def test_an_expired_link_has_its_own_sentence(routellm: Gateway, fake_gateway: FakeGateway, as_bea: Client) -> None:
    url = fake_gateway.will_serve(status=410)
    fake_gateway.will_send(200, json=factories.reply([{"type": "image_url", "image_url": {"url": url}}]))
    generation = submit(as_bea)
    assert generation.status == "failed"
    assert "expired" in generation.error_sentence


def stored_files(folder: str = "originals") -> list[str]:
    """Of a folder or a bucket, whichever the tests run on."""
    with suppress(FileNotFoundError):
        folders, files = default_storage.listdir(folder)
        return [*files, *(file for name in folders for file in stored_files(f"{folder}/{name}"))]
    return []


def test_pictures_behind_links_are_stored_a_few_at_a_time(
    routellm: Gateway, fake_gateway: FakeGateway, as_bea: Client
) -> None:
    """Ten large ones never stand in memory together. Their order, and what is said of each, is as in the answer."""
    may_answer, before = threading.Event(), len(stored_files())
    pictures = [fakes.make_picture(size=(24 + number, 16)) for number in range(6)]
    links = [fake_gateway.will_serve(picture) for picture in pictures[:4]]
    links += [fake_gateway.will_serve(status=410), links[0]]
    links += [fake_gateway.will_serve(picture, may_answer=may_answer) for picture in pictures[4:]]
    fake_gateway.will_send(json=fakes.image_reply([fakes.image_entry(link) for link in links]))
    with ThreadPoolExecutor(1) as pool:

        def look() -> int:
            try:
                wait_until(lambda: len(fake_gateway.fetches) >= 6, "the second group asked for", seconds=10)
                return len(stored_files()) - before
            finally:
                may_answer.set()

        stored = pool.submit(look)
        generation = submit(as_bea)
    assert stored.result() == 4
    assert [image.width for image in generation.images.order_by("position")] == [24, 25, 26, 27, 28, 29]
    assert [note for note in generation.notes if note.startswith("Picture")] == [
        "Picture 5: The picture's link at the gateway has expired. Run it again."
    ]
    assert len(fake_gateway.fetches) == 7


@pytest.mark.django_db(transaction=True)
def test_eight_answers_fetch_what_they_link_to_at_a_time_and_the_others_wait(
    waiting: Gateway, fake_gateway: FakeGateway, as_bea: Client, worker: Worker
) -> None:
    may_answer = threading.Event()
    for _ in range(10):
        link = fake_gateway.will_serve(fakes.make_picture(), may_answer=may_answer)
        fake_gateway.will_send(json=one_image(link))
        submit(as_bea)
    resume()
    Gateway.objects.update(max_running=10)
    with ThreadPoolExecutor(10) as pool:
        running = [pool.submit(run_one, worker) for _ in range(10)]
        try:
            wait_until(lambda: len(fake_gateway.requests) == 10 and len(fake_gateway.fetches) == 8, "eight fetch")
            time.sleep(0.5)
            assert len(fake_gateway.fetches) == 8
        finally:
            may_answer.set()
        assert all(run.result() for run in running)
    assert len(fake_gateway.fetches) == 10
    assert set(Generation.objects.values_list("status", flat=True)) == {"succeeded"}


def run_one(worker: Worker) -> bool:
    try:
        return runs.run_next(worker)
    finally:
        connection.close()


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


@pytest.mark.parametrize(
    ("form", "came", "sentence"),
    [
        (
            {"model": "routellm/gpt_image15", "size": "1024x1536"},
            [(1024, 1024)],
            "Asked for 1024 × 1536, got 1024 × 1024.",
        ),
        ({"model": "routellm/gpt_image15", "size": "1024x1536"}, [(1024, 1536)], ""),
        ({"model": "routellm/flux_kontext", "aspect_ratio": "16:9"}, [(1344, 768)], ""),
        ({"model": "routellm/flux_kontext", "aspect_ratio": "16:9"}, [(64, 64)], "Asked for 16:9, got 64 × 64."),
        ({"model": "routellm/flux_kontext", "num_images": "3"}, [(64, 64)] * 2, "Asked for 3, 2 came."),
        ({"model": "routellm/flux_kontext", "num_images": "1"}, [(64, 64)] * 2, "Asked for 1, 2 came."),
        ({"model": "routellm/seedream", "image_size": "portrait_4_3"}, [(768, 1024)], ""),
    ],
)
def test_what_came_is_held_against_what_was_asked(
    form: dict[str, str],
    came: list[tuple[int, int]],
    sentence: str,
    routellm: Gateway,
    fake_gateway: FakeGateway,
    as_bea: Client,
) -> None:
    entries = [factories.image_entry(f"#{number:02x}6070", size=size) for number, size in enumerate(came)]
    fake_gateway.will_send(200, json=factories.reply(entries))
    generation = submit(as_bea, **form)
    assert generation.notes == ([f"Not honoured: {sentence}"] if sentence else [])


@pytest.mark.parametrize(
    ("name", "retry_after", "at_least", "at_most"),
    [
        ("seconds", "7", 5, 7),
        ("a date", "Wed, 21 Oct 2099 07:28:00 GMT", 55, 60),
        ("a date gone by", "Wed, 21 Oct 2015 07:28:00 GMT", -1, 5),
        ("absurd", "999999", 55, 60),
        ("negative", "-5", -1, 5),
        ("garbage", "soon", -1, 5),
        ("missing", None, -1, 5),
    ],
)
def test_retry_after_is_honoured_within_reason(
    name: str,
    retry_after: str | None,
    at_least: float,
    at_most: float,
    routellm: Gateway,
    fake_gateway: FakeGateway,
    as_bea: Client,
) -> None:
    fake_gateway.will_fail(429, retry_after=retry_after)
    generation = submit(as_bea)
    assert generation.status == "queued"
    assert generation.run_after
    assert at_least <= (generation.run_after - timezone.now()).total_seconds() <= at_most


@pytest.mark.parametrize("fault", ["will_hang_up", "will_cut", "will_answer_slowly"])
def test_a_connection_that_breaks_or_drips_is_uncertain(
    fault: str, routellm: Gateway, fake_gateway: FakeGateway, as_bea: Client
) -> None:
    Gateway.objects.update(answer_seconds=1)
    getattr(fake_gateway, fault)()
    generation = submit(as_bea)
    assert generation.status == "failed"
    assert generation.error_kind in ("interrupted", "timed_out")
    assert "charged" in generation.error_sentence
    assert len(fake_gateway.requests) == 1


def test_a_svg_where_a_raster_was_asked_is_kept_as_what_it_is(
    routellm: Gateway, fake_gateway: FakeGateway, as_bea: Client
) -> None:
    svg = b'<svg xmlns="http://www.w3.org/2000/svg" width="10" height="10"><script>alert(1)</script></svg>'
    fake_gateway.will_send(json=one_image(fakes.data_url(svg, "image/png")))
    picture = submit(as_bea).images.get()
    assert picture.media_type == "image/svg+xml"
    response = as_bea.get(f"/media/{picture.sha256}/original")
    factories.read_stream(response)
    assert response["Content-Disposition"].startswith("attachment")


def test_a_wrong_media_type_is_set_right_from_the_bytes(
    routellm: Gateway, fake_gateway: FakeGateway, as_bea: Client
) -> None:
    jpeg = fakes.make_picture(file_format="JPEG")
    fake_gateway.will_send(json=one_image(fakes.data_url(jpeg, "image/png")))
    assert submit(as_bea).images.get().media_type == "image/jpeg"
