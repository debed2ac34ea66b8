"""Pictures in a bucket: the same promises as in a folder. What needs a server runs where the test run names one."""

import io
import threading
from collections.abc import Iterator
from datetime import timedelta
from typing import Any
from urllib.parse import quote

import pytest
from django.core.files.base import ContentFile
from django.core.files.storage import default_storage
from django.core.management import call_command
from django.test import Client
from django.utils import timezone

from gallery.images import removal
from gallery.models import Image, ImageModel, User
from gallery.services import images, trash
from gateway_site import environment
from tests import factories, own_parts, real_parts

at_a_server = pytest.mark.skipif(own_parts.STORAGE_SERVER == "", reason="No server that speaks S3 is named.")
pytestmark = at_a_server
AWAY = "http://127.0.0.1:9"


@pytest.fixture
def picture(bea: User, flux_kontext: ImageModel) -> Image:
    return factories.create_picture(bea, flux_kontext, colour="#13579b")


@pytest.fixture
def storage_away(picture: Image, settings: Any) -> None:
    """Its server is gone, from after the picture was stored."""
    default = settings.STORAGES["default"]
    options = {**default["OPTIONS"], "endpoint_url": AWAY}
    settings.STORAGES = {**settings.STORAGES, "default": {**default, "OPTIONS": options}}


def test_a_file_is_read_piece_by_piece_and_a_lost_one_is_not_found() -> None:
    name = default_storage.save("originals/aa/aa/pieces.png", ContentFile(b"0123456789"))
    with default_storage.open(name) as file:
        assert (file.size, file.read(4), file.read(4), file.read(4), file.read(4)) == (10, b"0123", b"4567", b"89", b"")
    default_storage.delete(name)
    for ask in (default_storage.open, default_storage.size, default_storage.get_modified_time):
        with pytest.raises(FileNotFoundError):
            ask(name)
    assert not default_storage.exists(name)


def test_all_threads_share_one_client() -> None:
    clients: list[Any] = []
    threads = [threading.Thread(target=lambda: clients.append(default_storage.connection)) for _ in range(4)]  # type: ignore[attr-defined]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert len({id(client) for client in clients}) == 1


def test_bytes_stored_again_moments_before_their_removal_stay(picture: Image, monkeypatch: pytest.MonkeyPatch) -> None:
    """Whoever finds them stored already marks them as fresh, and only then writes his row."""
    images.trash_images(image_ids=[picture.pk], by=picture.owner, moment=timezone.now() - timedelta(days=40))
    trash.purge_images(image_ids=[picture.pk])
    with default_storage.open(picture.file_name) as file:
        content = file.read()
    before = default_storage.get_modified_time(picture.file_name)
    images.take_in(content, max_bytes=1_000_000)
    assert default_storage.get_modified_time(picture.file_name) >= before
    trash.remove_purged()
    assert default_storage.exists(picture.file_name)
    monkeypatch.setattr(removal, "FRESH_SECONDS", 0.0)
    trash.remove_purged()
    assert not default_storage.exists(picture.file_name)


def test_a_storage_that_is_away_is_a_placeholder_and_said(storage_away: None, picture: Image, as_bea: Client) -> None:
    answer = as_bea.get(f"/media/{picture.sha256}/original")
    assert (answer.status_code, answer["Content-Type"]) == (404, "image/svg+xml")
    assert answer["Cache-Control"] == "no-store"
    assert as_bea.get(f"/images/{picture.pk}/").status_code == 200
    assert Client().get("/readyz").json()["storage"] == "failed"


@pytest.mark.parametrize(
    ("query", "place"),
    [
        ("region_name=eu-central-1", "https://pictures.s3.eu-central-1.amazonaws.com/a.png"),
        ("region_name=us-east-1", "https://pictures.s3.us-east-1.amazonaws.com/a.png"),
        ("region_name=us-east-1&addressing_style=path", "https://s3.us-east-1.amazonaws.com/pictures/a.png"),
        ("region_name=us-east-1&endpoint_url=http://10.0.0.30:9000", "http://10.0.0.30:9000/pictures/a.png"),
    ],
)
def test_what_is_signed_is_signed_for_the_host_that_a_proxy_asks(query: str, place: str, settings: Any) -> None:
    """The host is part of what is signed: Amazon's general one would not be the one in nginx-pictures.conf."""
    storage = environment.storage_at(f"s3://KEY:SECRET@pictures?{query}")
    settings.STORAGES = {**settings.STORAGES, "default": storage}
    assert default_storage.url("a.png", expire=60).partition("?")[0] == place  # type: ignore[call-arg]


# Keys ----------------------------------------------------------------------------------------------------------------


@pytest.fixture(scope="module")
def guarded(tmp_path_factory: pytest.TempPathFactory) -> Iterator[tuple[str, str, str]]:
    """A server that checks signatures, with a bucket: its address, key and secret."""
    with real_parts.running_s3(tmp_path_factory.mktemp("guarded") / "s3") as server:
        real_parts.make_bucket(server, "pictures")
        yield server, *own_parts.guard_storage(server)


def use(settings: Any, server: str, key: str, secret: str) -> None:
    address = (
        f"s3://{quote(key, safe='')}:{quote(secret, safe='')}@pictures?endpoint_url={server}&region_name=us-east-1"
    )
    settings.STORAGES = {**settings.STORAGES, "default": environment.storage_at(address)}


def test_everything_that_is_asked_of_a_bucket_is_signed(guarded: tuple[str, str, str], settings: Any) -> None:
    use(settings, *guarded)
    name = default_storage.save("originals/aa/aa/signed – ä.png", ContentFile(b"0123456789"))
    default_storage.touch(name)  # type: ignore[attr-defined]
    assert default_storage.exists(name) and default_storage.size(name) == 10
    assert default_storage.get_modified_time(name) <= timezone.now() + timedelta(minutes=1)
    with default_storage.open(name) as file:
        assert file.read() == b"0123456789"
    assert default_storage.listdir("originals/aa/aa")[1] == ["signed – ä.png"]
    default_storage.delete(name)
    assert not default_storage.exists(name)


@pytest.mark.django_db
@pytest.mark.parametrize(("key", "secret"), [("", "another secret"), ("AKIANOBODYISHERE", "")])
def test_a_key_that_the_bucket_refuses_is_said(
    guarded: tuple[str, str, str], settings: Any, key: str, secret: str
) -> None:
    server, its_key, its_secret = guarded
    use(settings, server, key or its_key, secret or its_secret)
    said = io.StringIO()
    with pytest.raises(SystemExit):
        call_command("doctor", stdout=said)
    assert "the picture storage refused us (403): key or secret are wrong, or may not do this" in said.getvalue()
    assert "Check PROOFSHEET_STORAGE_URL and its rights." in said.getvalue()
    assert its_secret not in said.getvalue()
