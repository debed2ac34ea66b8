"""Pictures that the proxy in front sends by itself: Django decides who sees them, nginx sends the bytes, and every word about
them is the same as without it."""

import stat
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest
from asgiref.sync import async_to_sync
from asgiref.testing import ApplicationCommunicator
from django.conf import settings
from django.core.exceptions import ImproperlyConfigured
from django.core.files.storage import default_storage
from django.test import Client

from gallery.endpoint import files
from gallery.models import Image, ImageModel, User
from gallery.services import images
from gateway_site import environment
from gateway_site.asgi import django_application
from gateway_site.front import Front
from tests import factories, own_parts
from tests.sharing import link_to
from tests.test_operation import networks_of

Communicator: Any = ApplicationCommunicator
PROXY, SOMEBODY = "10.0.0.7", "198.51.100.4"
HEADER = "x-accel-redirect"
SAID = (
    "content-type",
    "content-security-policy",
    "x-content-type-options",
    "cross-origin-resource-policy",
    "cache-control",
)


in_a_folder = pytest.mark.skipif(own_parts.STORAGE_SERVER != "", reason="A bucket's files have no place in a folder.")


@dataclass(frozen=True)
class Answer:
    status: int
    headers: dict[str, str]
    body: bytes


@pytest.fixture
def offloaded(settings: Any) -> None:
    settings.MEDIA_OFFLOAD = "x-accel"


@pytest.fixture
def picture(bea: User, flux_kontext: ImageModel) -> Image:
    return factories.create_picture(bea, flux_kontext, colour="olive")


def ask(path: str, client: Client, *, through: str = PROXY, method: str = "GET", **headers: str) -> Answer:
    """As the web process is asked from that address."""
    told = {
        "host": "testserver",
        "cookie": "; ".join(f"{each.key}={each.value}" for each in client.cookies.values()),
        **headers,
    }
    scope = {
        "type": "http",
        "method": method,
        "path": path,
        "query_string": b"",
        "http_version": "1.1",
        "client": (through, 5),
        "headers": [(name.encode(), value.encode()) for name, value in told.items()],
    }

    async def scene() -> Answer:
        caller: Any = Communicator(Front(django_application, networks_of(PROXY)), scope)
        await caller.send_input({"type": "http.request", "body": b""})
        start = await caller.receive_output(60)
        body, more = b"", True
        while more:
            piece = await caller.receive_output(60)
            body, more = body + piece.get("body", b""), piece.get("more_body", False)
        await caller.wait(60)
        told = {name.decode().lower(): value.decode() for name, value in start["headers"]}
        return Answer(start["status"], told, body)

    return async_to_sync(scene)()


def stored(name: str) -> bytes:
    return Path(default_storage.path(name)).read_bytes()


def paths_of(picture: Image) -> list[str]:
    return [
        f"/media/{picture.sha256}/original",
        f"/media/{picture.sha256}/{picture.thumbnail_widths[0]}",
        f"/images/{picture.pk}/download/",
    ]


@in_a_folder
@pytest.mark.django_db(transaction=True)
def test_the_proxy_is_told_where_a_picture_lies_and_whoever_comes_past_it_gets_the_bytes(
    offloaded: None, as_bea: Client, bea: User, picture: Image
) -> None:
    for path in [*paths_of(picture), f"{link_to(bea, picture)}media/{picture.pk}/320"]:
        told, sent = ask(path, as_bea), ask(path, as_bea, through=SOMEBODY)
        assert (told.status, told.body) == (200, b"")
        place = told.headers.pop(HEADER)
        assert stored(place.removeprefix("/-/pictures/")) == sent.body != b""
        assert HEADER not in sent.headers
        for answer in (told, sent):
            for own in ("x-request-id", "content-length"):
                answer.headers.pop(own)
        assert told.headers == sent.headers
        assert all(told.headers[name] for name in SAID)
        assert told.headers["x-content-type-options"] == "nosniff"


@pytest.mark.django_db(transaction=True)
def test_who_may_not_see_a_picture_is_told_no_place(offloaded: None, as_chi: Client, picture: Image) -> None:
    assert HEADER in ask(paths_of(picture)[0], as_chi).headers
    images.set_image_visibility(picture, "private")
    for client, status in ((as_chi, 404), (Client(), 302)):
        for path in paths_of(picture):
            answer = ask(path, client)
            if client is as_chi or path.startswith("/media/"):
                assert answer.status == status
            assert HEADER not in answer.headers


@pytest.mark.django_db(transaction=True)
def test_what_the_browser_has_is_not_sent_again(offloaded: None, as_bea: Client, picture: Image) -> None:
    path = paths_of(picture)[0]
    etag = ask(path, as_bea).headers["etag"]
    again = ask(path, as_bea, **{"if-none-match": etag})
    assert again.status == 304
    assert HEADER not in again.headers


@in_a_folder
@pytest.mark.django_db(transaction=True)
def test_a_missing_file_or_a_link_in_its_place_is_not_handed_over(
    offloaded: None, as_bea: Client, picture: Image
) -> None:
    path = Path(default_storage.path(picture.file_name))
    content = path.read_bytes()
    path.unlink()
    try:
        gone = ask(paths_of(picture)[0], as_bea)
        path.symlink_to(Path(settings.DATA_DIR) / "secret_key")
        linked = ask(paths_of(picture)[0], as_bea)
    finally:
        path.unlink(missing_ok=True)
        path.write_bytes(content)
    shown = ask("/media/missing", Client())
    for answer in (gone, linked, shown):
        assert (answer.status, answer.headers["content-type"]) == (404, "image/svg+xml")
        assert answer.headers["cache-control"] == "no-store"
        assert HEADER not in answer.headers
        assert answer.body == shown.body


@in_a_folder
@pytest.mark.django_db(transaction=True)
def test_a_signed_address_of_the_endpoint_is_sent_by_the_proxy_too(offloaded: None, picture: Image) -> None:
    path = f"/v1/files/{files.signer.sign(str(picture.pk))}.png"
    told, sent = ask(path, Client()), ask(path, Client(), through=SOMEBODY)
    assert told.headers.pop(HEADER) == f"/-/pictures/{picture.file_name}"
    assert told.headers["content-security-policy"] == sent.headers["content-security-policy"]
    assert told.headers["cache-control"] == sent.headers["cache-control"] == "private, max-age=600"
    assert sent.body == stored(picture.file_name)
    assert told.body == b""
    assert HEADER not in ask(f"{path[:-6]}xx.png", Client()).headers


@pytest.mark.django_db(transaction=True)
def test_a_bucket_s_file_is_told_by_an_address_that_is_signed_for_a_minute(
    offloaded: None, as_bea: Client, picture: Image, monkeypatch: pytest.MonkeyPatch, settings: Any
) -> None:
    pytest.importorskip("storages.backends.s3", reason="needs --extra s3")
    monkeypatch.setenv(
        "PROOFSHEET_STORAGE_URL", "s3://KEY:SECRET@shelf?endpoint_url=http://127.0.0.1:9&region_name=us-east-1"
    )
    settings.STORAGES = {**settings.STORAGES, "default": environment.storage(Path("unused"))}
    seen = []
    for method in ("GET", "HEAD"):
        place = ask(paths_of(picture)[0], as_bea, method=method).headers[HEADER]
        assert place.startswith(f"/-/bucket/shelf/{picture.file_name}?")
        assert "X-Amz-Expires=60" in place
        assert "X-Amz-Signature=" in place
        assert "SECRET" not in place
        seen.append(place)
    # What is signed for looking is not signed for sending.
    assert len({place.rpartition("X-Amz-Signature=")[2] for place in seen}) == 2


@pytest.mark.parametrize(
    ("given", "proxies", "said"), [("redirect", "10.0.0.7", "x-accel or left out"), ("x-accel", "", "TRUSTED_PROXIES")]
)
def test_a_setting_that_cannot_hold_stops_the_start(
    given: str, proxies: str, said: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("PROOFSHEET_MEDIA_OFFLOAD", given)
    monkeypatch.setenv("PROOFSHEET_TRUSTED_PROXIES", proxies)
    with pytest.raises(ImproperlyConfigured, match=said):
        environment.media_offload()


@in_a_folder
@pytest.mark.parametrize(("given", "modes"), [("", (0o600, 0o700)), ("x-accel", (0o640, 0o750))])
def test_files_are_read_by_their_group_only_where_a_proxy_has_to(
    given: str, modes: tuple[int, int], monkeypatch: pytest.MonkeyPatch, settings: Any, tmp_path: Path
) -> None:
    monkeypatch.setenv("PROOFSHEET_MEDIA_OFFLOAD", given)
    monkeypatch.setenv("PROOFSHEET_TRUSTED_PROXIES", "127.0.0.1")
    settings.STORAGES = {**settings.STORAGES, "default": environment.storage(tmp_path)}
    stored = images.take_in(factories.png(), max_bytes=1_000_000)
    path = Path(default_storage.path(stored.original_name))
    assert tuple(stat.S_IMODE(each.stat().st_mode) for each in (path, path.parent)) == modes
