"""Pictures that are handed on before they are looked at: drawn afterwards, or taken off when they turn out to be broken."""

import io
import os
import signal
import threading
import zlib
from datetime import timedelta

import pytest
from django.core.files.storage import default_storage
from PIL import Image as PillowImage

from gallery.images.decoder import patient_decoder
from gallery.models import Gateway, Generation, Image
from gallery.services import images
from tests import factories, fake_gateway
from tests.endpoint.script import Script
from tests.fake_gateway import FakeGateway
from tests.security.test_hostile_pictures import crash
from tests.visitor import wait_until

pytestmark = pytest.mark.django_db(transaction=True)


def send(gateway: FakeGateway, content: bytes, media_type: str = "image/png") -> None:
    gateway.will_send(
        json=fake_gateway.image_reply([fake_gateway.image_entry(fake_gateway.data_url(content, media_type))])
    )


def broken_png() -> bytes:
    """Whole by its chunks, and nothing that can be decoded."""
    whole = factories.png("teal", (64, 48))
    start = whole.index(b"IDAT")
    length = int.from_bytes(whole[start - 4 : start], "big")
    chunk = b"IDAT" + b"\xff" * length
    return whole[:start] + chunk + zlib.crc32(chunk).to_bytes(4, "big") + whole[start + 8 + length :]


def turned_jpeg() -> bytes:
    buffer, exif = io.BytesIO(), PillowImage.Exif()
    exif[0x0112] = 6
    PillowImage.new("RGB", (64, 48), "teal").save(buffer, "JPEG", exif=exif)
    return buffer.getvalue()


def test_a_picture_has_its_thumbnails_soon_after_the_answer(
    routellm: Gateway, fake_gateway: FakeGateway, script: Script
) -> None:
    assert script.chat().status == 200
    wait_until(lambda: Image.objects.get().is_drawn, "the picture is drawn")
    image = Image.objects.get()
    assert image.thumbnail_widths
    assert image.pixel_hash
    assert all(default_storage.exists(image.thumbnail_name(width)) for width in image.thumbnail_widths)


def test_a_picture_found_broken_only_then_leaves_a_failed_record_with_its_cost(
    routellm: Gateway, fake_gateway: FakeGateway, script: Script
) -> None:
    send(fake_gateway, broken_png())
    answer = script.chat()
    assert answer.status == 200
    wait_until(lambda: Generation.objects.get().status == "failed", "the record says so")
    generation = Generation.objects.get()
    assert generation.error_kind == "no_image"
    assert generation.cost
    assert "turned out to be broken" in generation.error_sentence
    assert not Image.objects.exists()


def test_an_empty_picture_is_no_answer(routellm: Gateway, fake_gateway: FakeGateway, script: Script) -> None:
    url = fake_gateway.will_serve(b"", path="/pictures/empty.png")
    fake_gateway.will_send(json={"choices": [{"message": {"images": [{"image_url": {"url": url}}]}}]})
    answer = script.chat()
    assert answer.status == 502
    assert Generation.objects.get().error_kind == "picture_not_fetched"


def test_a_jpeg_that_has_to_be_turned_is_looked_at_first(
    routellm: Gateway, fake_gateway: FakeGateway, script: Script
) -> None:
    send(fake_gateway, turned_jpeg(), "image/jpeg")
    assert script.chat().status == 200
    image = Image.objects.get()
    assert (image.width, image.height, image.is_drawn) == (48, 64, True)


def test_what_a_dead_process_left_undrawn_is_drawn_by_a_worker(
    routellm: Gateway, fake_gateway: FakeGateway, script: Script
) -> None:
    for _ in range(2):
        assert script.chat().status == 200
    wait_until(lambda: not Image.objects.filter(is_drawn=False).exists(), "both are drawn")
    lost, left = Image.objects.order_by("id")
    Image.objects.update(is_drawn=False, thumbnail_widths=[])
    default_storage.delete(lost.file_name)
    images.draw_waiting(older_than=timedelta(0))
    left.refresh_from_db()
    assert left.is_drawn
    assert left.thumbnail_widths
    assert not Image.objects.filter(pk=lost.pk).exists()


def test_a_paid_picture_over_which_the_decoder_is_ended_stays_and_is_drawn_by_a_worker(
    routellm: Gateway, fake_gateway: FakeGateway, script: Script
) -> None:
    assert script.chat().status == 200
    wait_until(lambda: Image.objects.get().is_drawn, "it is drawn")
    [child] = patient_decoder.process_ids()
    os.kill(child, signal.SIGSTOP)
    crashing = threading.Thread(target=crash, args=(child,))
    crashing.start()
    assert script.chat().status == 200
    crashing.join()
    # One after the other.
    assert script.chat().status == 200
    wait_until(lambda: Image.objects.latest("id").is_drawn, "the next is drawn")
    left = Image.objects.get(is_drawn=False)
    assert Generation.objects.get(images=left).status == "succeeded"
    images.draw_waiting(older_than=timedelta(0))
    left.refresh_from_db()
    assert left.is_drawn and left.thumbnail_widths
