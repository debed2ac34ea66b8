"""`manage.py seed_library`: a library to try and to measure, found on the wall like any other, and never taken for real."""

import hashlib
import io
from io import StringIO

import PIL.Image
from django.core.files.storage import default_storage
from django.core.management import call_command
from django.test import Client

from gallery.images.store import name_thumbnail
from gallery.models import BoardItem, Generation, Image, ImageTag, Mark


def test_a_seeded_library_hangs_on_the_wall_marked_as_simulated_and_is_found(as_bea: Client) -> None:
    call_command("seed_library", images=120, files=4, days=90, stdout=StringIO())
    assert Image.objects.count() == 120
    assert Image.objects.values("sha256").distinct().count() <= 4
    assert not Image.objects.filter(is_simulated=False).exists()
    covers = Image.objects.filter(is_cover=True).count()
    assert covers == Generation.objects.count() < 120
    page = as_bea.get("/library/").text
    assert "simulated" in page.lower()
    prompt = Generation.objects.filter(visibility="team").latest("pk").prompt
    assert prompt in as_bea.get("/library/", {"q": prompt}).text
    assert prompt in as_bea.get("/history/", {"q": prompt}).text
    for rows in (Mark, ImageTag, BoardItem):
        assert rows.objects.exists()
    assert Image.objects.filter(favourite_count__gt=0).count() == Mark.objects.values("image").distinct().count()


def test_seeding_twice_adds_to_what_is_there(db: None) -> None:
    for number in (1, 2):
        call_command("seed_library", images=10, files=2, days=3, seed=number, stdout=StringIO())
    assert Image.objects.count() == 20


def test_with_files_of_their_own_no_two_seeded_pictures_share_one(db: None) -> None:
    call_command("seed_library", images=9, files=2, days=3, own_files=True, stdout=StringIO())
    assert Image.objects.values("sha256").distinct().count() == 9
    image = Image.objects.latest("pk")
    for width in image.thumbnail_widths:
        assert default_storage.exists(name_thumbnail(image.sha256, width))
    with default_storage.open(image.file_name) as file:
        data = file.read()
    assert hashlib.sha256(data).hexdigest() == image.sha256
    assert PIL.Image.open(io.BytesIO(data)).size
