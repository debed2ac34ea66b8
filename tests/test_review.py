"""Odd turns that a first reading of the code found: races around cancelling and keys, odd input, who sees what later."""

import re
import threading
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
from django.test import Client
from django.utils import timezone

from gallery import specs, tasks
from gallery.gateway import errors, loop
from gallery.management.commands.studio import name_in_address
from gallery.models import APIKey, Gateway, Generation, Image, ImageModel, User, Worker
from gallery.services import api_keys, catalogue, claims, gateways, generations, images, outcomes, replies, runs
from tests import factories
from tests import fake_gateway as fakes
from tests.fake_gateway import FakeGateway
from tests.visitor import wait_until


@pytest.fixture
def worker(db: None) -> Worker:
    return claims.register_worker()


@pytest.fixture
def claimed(routellm: Gateway, flux_kontext: ImageModel, worker: Worker, bea: User) -> Generation:
    factories.create_generation(bea, flux_kontext)
    generation = claims.claim_next(worker)
    assert generation
    return generation


def test_a_run_that_was_refused_for_now_is_not_tried_again_for_a_closed_account(
    claimed: Generation, worker: Worker, fake_gateway: FakeGateway, as_ada: Client, bea: User
) -> None:
    fake_gateway.will_fail(429)
    assert as_ada.post(f"/people/{bea.pk}/active/", {}).status_code == 302
    runs.run_claimed(claimed, worker)
    claimed.refresh_from_db()
    assert claimed.status == "cancelled"


# Cancelling --------------------------------------------------------------------------------------------------------


def test_what_is_cancelled_before_it_is_sent_is_not_sent(
    claimed: Generation, worker: Worker, fake_gateway: FakeGateway
) -> None:
    generations.cancel_generation(claimed)
    runs.run_claimed(claimed, worker)
    claimed.refresh_from_db()
    assert (claimed.status, claimed.error_sentence) == ("cancelled", "Cancelled. Nothing was charged.")
    assert not fake_gateway.requests


def test_what_is_cancelled_after_its_answer_came_is_kept_and_says_so(
    claimed: Generation, worker: Worker, fake_gateway: FakeGateway
) -> None:
    access = gateways.access_to(runs.gateway_of(claimed))
    runs.call_gateway(claimed, access)
    generations.cancel_generation(claimed)
    runs.finish_from_reply(claimed, access, worker)
    claimed.refresh_from_db()
    assert (claimed.status, claimed.images.count()) == ("succeeded", 1)
    assert claimed.notes == ["Cancelled too late: the answer had already come, and is kept."]


def test_what_is_cancelled_does_not_go_back_into_the_line(claimed: Generation, worker: Worker) -> None:
    generations.cancel_generation(claimed)
    outcomes.requeue(claimed, worker, errors.TooManyRequests("Too many."))
    claimed.refresh_from_db()
    assert claimed.status == "cancelled"
    assert claimed.finished_at


def test_run_again_pressed_twice_runs_once(
    claimed: Generation, worker: Worker, as_bea: Client, fake_gateway: FakeGateway
) -> None:
    runs.run_claimed(claimed, worker)
    for _ in range(2):
        as_bea.post(f"/generations/{claimed.pk}/run-again/", {"submission": "one press"})
    assert Generation.objects.filter(made_from=claimed).count() == 1
    assert len(fake_gateway.requests) == 2


# Keys --------------------------------------------------------------------------------------------------------------


def test_a_key_is_not_called_refused_by_a_run_that_did_not_use_it(
    claimed: Generation, worker: Worker, fake_gateway: FakeGateway
) -> None:
    fake_gateway.will_fail(429, retry_after=7)
    runs.run_claimed(claimed, worker)
    APIKey.objects.update(is_enabled=False)
    Generation.objects.update(run_after=None)
    Gateway.objects.update(paused_until=None)
    tasks.run_next()
    claimed.refresh_from_db()
    assert (claimed.status, claimed.error_kind) == ("failed", "key_refused")
    assert APIKey.objects.get().set_aside_at is None


def test_a_refusal_of_the_old_key_does_not_stick_to_the_one_that_took_its_place(routellm: Gateway) -> None:
    used = gateways.access_to(routellm).api_key
    assert used
    gateways.save_api_key(
        gateway=routellm,
        secret="sk-another-0123456789abcdef",
        label="",
        position=0,
        is_enabled=True,
        created_by=None,
        api_key=APIKey.objects.get(),
    )
    api_keys.set_aside(used, errors.KeyRefused("The key was refused."))
    assert APIKey.objects.get().set_aside_at is None


@pytest.mark.parametrize("is_key_gone", [True, False])
def test_a_paid_reply_is_read_even_if_its_gateway_can_no_longer_be_called(
    is_key_gone: bool, claimed: Generation, worker: Worker, fake_gateway: FakeGateway
) -> None:
    fake_gateway.will_send_image(as_url=True)
    runs.call_gateway(claimed, gateways.access_to(runs.gateway_of(claimed)))
    if is_key_gone:
        APIKey.objects.all().delete()
    else:
        Gateway.objects.update(is_enabled=False)
    Generation.objects.update(lease_expires_at=None)
    runs.end_abandoned(claims.register_worker())
    claimed.refresh_from_db()
    assert (claimed.status, claimed.images.count()) == ("succeeded", 1)


def test_a_simulated_reply_is_still_the_sandboxs_once_a_key_was_entered(
    flux_kontext: ImageModel, worker: Worker, bea: User, fake_gateway: FakeGateway
) -> None:
    factories.create_generation(bea, flux_kontext)
    claimed = claims.claim_next(worker)
    assert claimed
    runs.call_gateway(claimed, gateways.access_to(runs.gateway_of(claimed)))
    factories.give_key(flux_kontext.gateway, fake_gateway.base_url)
    Generation.objects.update(lease_expires_at=None)
    runs.end_abandoned(claims.register_worker())
    claimed.refresh_from_db()
    assert (claimed.status, claimed.is_simulated) == ("succeeded", True)
    assert not fake_gateway.requests + fake_gateway.fetches


# Ends --------------------------------------------------------------------------------------------------------------


def test_a_run_that_ended_well_cannot_fail_any_more(claimed: Generation, worker: Worker) -> None:
    runs.run_claimed(claimed, worker)
    outcomes.fail(claimed, worker, "not_stored", "The disk is full.")
    claimed.refresh_from_db()
    assert (claimed.status, claimed.error_sentence) == ("succeeded", "")


def test_words_and_counts_that_postgresql_does_not_take_cost_no_answer(
    claimed: Generation, worker: Worker, fake_gateway: FakeGateway
) -> None:
    reply = fakes.image_reply([factories.image_entry()], text="a\x00b")
    reply["usage"] |= {"prompt_tokens": 2**31, "completion_tokens": 7, "no\x00te": "c\x00d"}
    fake_gateway.will_send(json=reply)
    runs.run_claimed(claimed, worker)
    claimed.refresh_from_db()
    assert (claimed.status, claimed.answer, claimed.output_tokens) == ("succeeded", "ab", 7)
    assert claimed.input_tokens is None
    assert "\\u0000" not in str(claimed.reply)
    assert "\x00" not in repr(claimed.reply)


def test_looking_again_does_not_show_what_was_made_private(
    claimed: Generation, worker: Worker, fake_gateway: FakeGateway, as_bea: Client
) -> None:
    entries = [factories.image_entry("teal"), factories.image_entry("navy")]
    fake_gateway.will_send(json=factories.reply(entries))
    runs.call_gateway(claimed, gateways.access_to(runs.gateway_of(claimed)))
    kept = outcomes.reply_path(claimed).read_bytes()
    runs.look_again(claimed, worker)
    first = Image.objects.earliest("pk")
    images.set_image_visibility(first, "private")
    outcomes.reply_path(claimed).write_bytes(kept)
    Generation.objects.update(status="failed")
    as_bea.post(f"/generations/{claimed.pk}/look-again/")
    claimed.refresh_from_db()
    assert claimed.status == "succeeded"
    assert sorted(claimed.images.values_list("visibility", flat=True)) == ["private", "team"]


def test_a_studio_that_stops_while_it_fetches_pictures_keeps_the_paid_answer(
    claimed: Generation, worker: Worker, fake_gateway: FakeGateway, as_bea: Client
) -> None:
    url = fake_gateway.will_serve(status=503)
    for status in (503, 200):
        fake_gateway.will_serve(factories.png(), status=status, path=url.removeprefix(fake_gateway.origin))
    fake_gateway.will_send(json=fakes.image_reply([fakes.image_entry(url)]))
    stopping = threading.Thread(target=stop_while_fetching, args=(fake_gateway,))
    stopping.start()
    runs.run_claimed(claimed, worker)
    stopping.join()
    claimed.refresh_from_db()
    assert (claimed.status, claimed.error_kind) == ("failed", "picture_not_fetched")
    assert "Look again" in as_bea.get("/").content.decode()
    as_bea.post(f"/generations/{claimed.pk}/look-again/")
    claimed.refresh_from_db()
    assert (claimed.status, claimed.images.count()) == ("succeeded", 1)
    assert len(fake_gateway.requests) == 1


def test_an_answer_whose_turn_to_fetch_comes_after_the_stop_fetches_nothing_and_is_kept(
    claimed: Generation, worker: Worker, fake_gateway: FakeGateway, as_bea: Client
) -> None:
    """As one that waited while others fetched."""
    fake_gateway.will_send_image(as_url=True)
    replies.stopped.set()
    try:
        runs.run_claimed(claimed, worker)
    finally:
        replies.stopped.clear()
    claimed.refresh_from_db()
    assert (claimed.status, claimed.error_kind, fake_gateway.fetches) == ("failed", "picture_not_fetched", [])
    as_bea.post(f"/generations/{claimed.pk}/look-again/")
    claimed.refresh_from_db()
    assert (claimed.status, claimed.images.count()) == ("succeeded", 1)


def stop_while_fetching(gateway: FakeGateway) -> None:
    wait_until(lambda: bool(gateway.fetches), "a picture is fetched")
    loop.close()


def test_a_long_repair_keeps_no_lease_from_being_renewed(claimed: Generation, worker: Worker) -> None:
    """The repair has a thread of its own; it must not take the rows of its own process, however late they are renewed."""
    Generation.objects.update(lease_expires_at=None)
    assert runs.end_abandoned(worker) == 0
    assert runs.end_abandoned(claims.register_worker()) == 1


# Who sees what -----------------------------------------------------------------------------------------------------


def test_an_upload_is_private_again_when_no_run_shows_it_any_more(flux_kontext: ImageModel, bea: User) -> None:
    upload = images.store_upload(source=factories.png(), owner=bea)
    runs_of_it = [factories.create_generation(bea, flux_kontext, inputs={"image_url": [upload]}) for _ in range(2)]
    seen = []
    for generation, visibility in [*((row, "private") for row in runs_of_it), (runs_of_it[0], "team")]:
        generations.set_visibility(generation, visibility)
        upload.refresh_from_db()
        seen.append(upload.visibility)
    assert seen == ["team", "private", "team"]


def test_every_change_reaches_an_open_page_however_many_there_were(
    flux_kontext: ImageModel, bea: User, as_bea: Client
) -> None:
    Gateway.objects.update(paused_until=timezone.now() + timedelta(minutes=4))
    since = timezone.now().isoformat().replace("+00:00", "Z")
    made = {factories.create_generation(bea, flux_kontext).pk for _ in range(64)}
    url, seen = f"/studio/live/?results=mine&since={since}", set()
    for _ in range(3):
        response = as_bea.get(url)
        if response.status_code == 204:
            break
        page = response.content.decode()
        seen |= {int(pk) for pk in re.findall(r'id="generation-(\d+)"', page)}
        url = re.search(r'"(/studio/live/[^"]+)"', page)[1].replace("&amp;", "&")  # type: ignore[index]
    assert seen == made


# Odd input ---------------------------------------------------------------------------------------------------------


def test_a_bare_model_id_works_only_where_it_is_unique(shipped: None) -> None:
    shared = "google/gemini-2.5-flash-image-preview"
    assert ImageModel.objects.filter(model_id=shared).count() == 2
    assert not ImageModel.objects.named(shared).exists()
    assert ImageModel.objects.named(f"openrouter/{shared}").count() == 1
    assert ImageModel.objects.named("flux_kontext").count() == 1
    assert not ImageModel.objects.named("flux\x00kontext").exists()


def test_a_submission_mark_with_odd_characters_is_a_mark_like_others(flux_kontext: ImageModel, bea: User) -> None:
    first, second = (factories.create_generation(bea, flux_kontext, submission="a\x00b") for _ in range(2))
    assert first.pk == second.pk
    assert first.submission == "ab"


@pytest.mark.parametrize(
    ("kind", "typed"),
    [
        ("array", "[" * 100_000),
        ("array", "[NaN]"),
        ("object", '{"a": Infinity}'),
        ("array", '["\\u0000"]'),
        ("array", '["\\ud800"]'),
        ("array", f'["{"a" * 5000}"]'),
        ("string", "a\x00b"),
        ("colour", "a\x00b"),
    ],
)
def test_text_that_no_record_could_hold_is_refused_with_a_sentence(kind: str, typed: str) -> None:
    parameter = specs.Parameter(name="odd", type=kind, label="Odd")
    with pytest.raises(specs.ValueRefused, match="Odd"):
        specs.clean_value(parameter, typed)


def test_run_again_says_so_when_the_model_no_longer_takes_a_setting(flux_kontext: ImageModel, bea: User) -> None:
    generation = factories.create_generation(bea, flux_kontext, parameters={"aspect_ratio": "16:9"})
    left = [table for table in flux_kontext.parameters if table["name"] != "aspect_ratio"]
    ImageModel.objects.filter(pk=flux_kontext.pk).update(parameters=left)
    generation = Generation.objects.get(pk=generation.pk)
    with pytest.raises(generations.CannotRunAgain, match=r"(?i)aspect ratio"):
        generations.run_again(generation, owner=bea)


@pytest.mark.parametrize("content", ["[gateway\n", "[gateway]\nslug = 3\n", "\ufffd = 1"])
def test_a_catalogue_file_that_cannot_be_read_is_named(db: None, content: str, tmp_path: Path) -> None:
    (tmp_path / "odd.toml").write_text(content, encoding="utf-8")
    with pytest.raises(catalogue.CatalogueRefused, match=r"odd\.toml"):
        catalogue.load_catalogue(tmp_path)


def test_bytes_that_many_rows_share_are_found_with_few_questions(
    flux_kontext: ImageModel, bea: User, as_chi: Client, django_assert_max_num_queries: Any
) -> None:
    pictures = [factories.create_picture(bea, flux_kontext) for _ in range(4)]
    for picture in pictures[1:]:
        images.trash_image(picture, by=bea)
    with django_assert_max_num_queries(5):
        response = as_chi.get(pictures[0].media_url())
    assert factories.read_stream(response) == factories.png()
    images.trash_image(pictures[0], by=bea)
    with django_assert_max_num_queries(6):
        assert as_chi.get(pictures[0].media_url()).status_code == 404


@pytest.mark.parametrize(
    ("host", "name"),
    [
        ("127.0.0.1", "127.0.0.1"),
        ("0.0.0.0", "127.0.0.1"),
        ("::", "127.0.0.1"),
        ("::1", "[::1]"),
        ("192.0.2.7", "192.0.2.7"),
        ("studio.lan", "studio.lan"),
    ],
)
def test_the_printed_address_is_one_that_answers(host: str, name: str) -> None:
    assert name_in_address(host) == name


def test_a_row_that_its_thread_dropped_is_repaired_though_the_process_lives(routellm: Gateway, as_bea: Client) -> None:
    Gateway.objects.update(paused_until=timezone.now() + timedelta(minutes=4))
    as_bea.post("/", {"model": "routellm/flux_kontext", "prompt": "a red chair"})
    Gateway.objects.update(paused_until=None)
    worker = claims.register_worker()
    claimed = claims.claim_next(worker)
    assert claimed
    claims.put_down(claimed.pk, worker)
    claims.beat(worker)
    Generation.objects.update(lease_expires_at=None)
    assert runs.end_abandoned(worker) == 1
    claimed.refresh_from_db()
    assert claimed.status == "failed"


@pytest.mark.django_db(transaction=True)
def test_a_picture_whose_link_failed_beside_others_is_fetched_by_looking_again(
    routellm: Gateway, fake_gateway: FakeGateway, as_bea: Client
) -> None:
    path = "/pictures/late.png"
    for _ in range(3):
        late = fake_gateway.will_serve(b"busy", status=503, path=path)
    fake_gateway.will_serve(factories.png("olive"), path=path)
    entries = [factories.image_entry("teal"), {"type": "image_url", "image_url": {"url": late}}]
    fake_gateway.will_send(json=factories.reply(entries))
    as_bea.post("/", {"model": "routellm/flux_kontext", "prompt": "a red chair", "num_images": "2"})
    generation = Generation.objects.get()
    assert (generation.status, generation.images.count()) == ("succeeded", 1)
    assert "Look again" in as_bea.get(f"/generations/{generation.pk}/").content.decode()
    as_bea.post(f"/generations/{generation.pk}/look-again/")
    generation.refresh_from_db()
    assert (generation.status, generation.images.count()) == ("succeeded", 2)
    assert len(fake_gateway.requests) == 1
    assert not outcomes.reply_path(generation).exists()
