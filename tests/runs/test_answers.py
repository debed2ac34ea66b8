"""What is kept and told of an answer: its pictures, words and cost."""

import threading
import time
from concurrent.futures import ThreadPoolExecutor
from decimal import Decimal
from typing import Any

import pytest
from django.db import connection
from django.test import Client

from gallery.models import Gateway, Generation, Worker
from gallery.services import runs
from tests import factories
from tests import fake_gateway as fakes
from tests.fake_gateway import FakeGateway
from tests.runs.line import one_image, resume, stored_files, submit
from tests.visitor import wait_until


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


def test_an_expired_link_has_its_own_sentence(routellm: Gateway, fake_gateway: FakeGateway, as_bea: Client) -> None:
    url = fake_gateway.will_serve(status=410)
    fake_gateway.will_send(200, json=factories.reply([{"type": "image_url", "image_url": {"url": url}}]))
    generation = submit(as_bea)
    assert generation.status == "failed"
    assert "expired" in generation.error_sentence


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
