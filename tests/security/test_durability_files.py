"""Pictures whose files are gone, unreadable or nobody's: a placeholder, a word of the doctor's, never a page that breaks.

InvokeAI and others answered a lost file with a 500 that took the whole gallery along.

Not from an advisory: files are lost by those who tidy up, and by disks.
"""

import os
import re
import time
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
from django.core.files.base import ContentFile
from django.core.files.storage import default_storage
from django.test import Client
from django.utils import timezone

from gallery.models import Generation, Image, User, Worker
from gallery.services import doctor
from tests import own_parts
from tests.fake_gateway import FakeGateway

pytestmark = pytest.mark.django_db
STRAY = "a" * 64


@pytest.fixture
def picture(as_bea: Client, routellm: Any, fake_gateway: FakeGateway) -> Image:
    as_bea.post("/", {"model": "routellm/flux_kontext", "prompt": "a red chair", "mode": "pro", "num_images": "1"})
    return Image.objects.get()


in_a_folder = pytest.mark.skipif(
    own_parts.STORAGE_SERVER != "", reason="Does to a folder what nobody can do to a bucket."
)


@pytest.fixture
def own_storage(settings: Any, tmp_path: Path) -> None:
    """Without what other tests left in the common one."""
    default = settings.STORAGES["default"]
    own = {**default, "OPTIONS": {**default["OPTIONS"], "location": tmp_path / "pictures"}}
    settings.STORAGES = {**settings.STORAGES, "default": own}


@pytest.mark.parametrize("lost", ["gone", pytest.param("a folder", marks=in_a_folder)])
def test_a_picture_without_its_file_is_a_placeholder_on_pages_that_stay_whole(
    lost: str, picture: Image, as_bea: Client
) -> None:
    names = [picture.file_name, *(picture.thumbnail_name(width) for width in picture.thumbnail_widths)]
    for name in names:
        default_storage.delete(name)
        if lost == "a folder":
            Path(default_storage.path(name)).mkdir()
    wall = as_bea.get("/library/")
    sources = re.findall(r"/media/[\w./-]+", wall.content.decode())
    assert sources
    for source in {*sources, f"/media/{picture.sha256}/original"}:
        answer = as_bea.get(source)
        assert (answer.status_code, answer["Content-Type"]) == (404, "image/svg+xml"), source
        assert b"file missing" in answer.content
        assert answer["Cache-Control"] == "no-store"
        assert "sandbox" in answer["Content-Security-Policy"]
    for path in ("/", f"/images/{picture.pk}/", f"/generations/{picture.generation_id}/", "/history/", "/queue/"):
        assert as_bea.get(path).status_code == 200, path
    for name in names:
        if lost == "a folder":
            Path(default_storage.path(name)).rmdir()


@in_a_folder
def test_the_doctor_names_a_lost_file_and_one_that_belongs_to_nobody(own_storage: None, picture: Image) -> None:
    Worker.objects.create(name="here:1:a", host="here", process_id=1, seen_at=timezone.now())
    stray = default_storage.save(f"originals/aa/aa/{STRAY}.png", ContentFile(b"left by a process that was killed"))
    try:
        said = " ".join(one.sentence for one in doctor.examine(is_thorough=True))
        assert STRAY not in said
        hours_ago = time.time() - 2 * 3600
        os.utime(default_storage.path(stray), (hours_ago, hours_ago))
        default_storage.delete(picture.file_name)
        found = {one.sentence: one.is_fault for one in doctor.examine(is_thorough=True)}
    finally:
        default_storage.delete(stray)
    (lost,) = [one for one in found if "has no file" in one]
    (left,) = [one for one in found if STRAY in one]
    assert f"/images/{picture.pk}/" in lost
    assert (found[lost], found[left]) == (True, False)
    assert picture.sha256 not in left


def test_a_disk_that_is_full_fails_the_picture_alone_and_keeps_what_was_paid(
    as_bea: Client, routellm: Any, fake_gateway: FakeGateway, settings: Any, tmp_path: Path
) -> None:
    """The storage takes no file; the paid answer waits for “Look again”."""
    kept = settings.STORAGES
    (tmp_path / "full").write_text("a disk on which no folder can be made")
    broken = {**kept["default"], "OPTIONS": {**kept["default"]["OPTIONS"], "location": tmp_path / "full" / "pictures"}}
    settings.STORAGES = {**kept, "default": broken}
    as_bea.post("/", {"model": "routellm/flux_kontext", "prompt": "a red chair", "mode": "pro", "num_images": "1"})
    generation = Generation.objects.get()
    assert (generation.status, generation.error_kind) == ("failed", "not_stored")
    assert list(settings.INCOMING_DIR.iterdir()) == []
    settings.STORAGES = kept
    as_bea.post(f"/generations/{generation.pk}/look-again/")
    generation.refresh_from_db()
    assert (generation.status, generation.images.count()) == ("succeeded", 1)
    assert len(fake_gateway.requests) == 1


def test_a_reply_that_finds_no_room_is_not_asked_for_at_all(
    as_bea: Client, routellm: Any, fake_gateway: FakeGateway, settings: Any, tmp_path: Path
) -> None:
    """Where the answer could not be kept, nothing is sent that would have to be paid."""
    settings.REPLIES_DIR = tmp_path / "read-only" / "replies"
    as_bea.post("/", {"model": "routellm/flux_kontext", "prompt": "a red chair", "mode": "pro", "num_images": "1"})
    generation = Generation.objects.get()
    assert generation.status == "failed"
    assert "nothing was sent" in generation.error_sentence
    assert not fake_gateway.requests


def test_a_clock_that_went_back_makes_no_negative_time_and_changes_no_order(
    picture: Image, as_bea: Client, bea: User
) -> None:
    before = Generation.objects.get()
    hour = timedelta(hours=1)
    Generation.objects.filter(pk=before.pk).update(
        created_at=before.created_at + hour, started_at=before.created_at + hour
    )
    as_bea.post("/", {"model": "routellm/flux_kontext", "prompt": "a blue chair", "mode": "pro", "num_images": "1"})
    newest = Generation.objects.latest("pk")
    for path in ("/history/", "/", "/queue/", f"/generations/{before.pk}/", f"/images/{picture.pk}/", "/usage/"):
        page = as_bea.get(path)
        assert page.status_code == 200, path
        words = re.sub(r"<[^>]+>", " ", page.content.decode())
        assert not re.search(r"[-−–]\d+(\.\d+)? (s|seconds|minutes|hours)\b", words), path
    listed = re.findall(r"/generations/(\d+)/", as_bea.get("/history/").content.decode())
    assert list(dict.fromkeys(listed)) == [str(newest.pk), str(before.pk)]
