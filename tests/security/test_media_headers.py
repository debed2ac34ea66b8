"""Bytes and pages that are somebody's: gone with the sign-out, the trash and the deletion, kept by no cache on the way, and
never a page of their own.

ComfyUI CVE-2026-56670 and CVE-2024-10099 (HTML taken for a picture), Langflow GHSA-7grx-3xcx-2xv5 (pictures without a sign-in),
InvokeAI CVE-2025-6237 and its keys that could be read by a path.
"""

from collections.abc import Callable
from pathlib import Path

import pytest
from django.conf import settings
from django.core.files.uploadedfile import SimpleUploadedFile
from django.test import Client

from gallery.models import Image, ImageModel, User
from gallery.services import avatars, groups, images, trash
from tests import factories
from tests.security.house import body_of, everything_asked
from tests.test_permissions import World

pytestmark = pytest.mark.django_db


def media_of(image: Image) -> list[str]:
    return [
        f"/media/{image.sha256}/original",
        f"/media/{image.sha256}/{image.thumbnail_widths[0]}",
        f"/images/{image.pk}/download/",
        f"/images/{image.pk}/",
    ]


def statuses(client: Client, image: Image) -> set[int]:
    found = set()
    for path in media_of(image):
        response = client.get(path)
        body_of(response)
        found.add(response.status_code)
    return found


def test_a_picture_is_out_of_reach_after_signing_out(as_bea: Client, bea: User, flux_kontext: ImageModel) -> None:
    picture = factories.create_picture(bea, flux_kontext)
    assert statuses(as_bea, picture) == {200}
    as_bea.post("/accounts/logout/")
    assert statuses(as_bea, picture) == {302}


def throw_away(image: Image, by: User) -> None:
    images.trash_image(image, by=by)


def hide(image: Image, by: User) -> None:
    images.set_image_visibility(image, "private")


def delete(image: Image, by: User) -> None:
    throw_away(image, by)
    trash.empty_trash(owner=by)


@pytest.mark.parametrize("end", [throw_away, hide, delete])
def test_a_picture_that_was_taken_away_is_not_there_for_others(
    end: Callable[[Image, User], None], as_chi: Client, bea: User, flux_kontext: ImageModel
) -> None:
    picture = factories.create_picture(bea, flux_kontext)
    assert statuses(as_chi, picture) == {200}
    end(picture, bea)
    assert statuses(as_chi, picture) == {404}


def test_whoever_leaves_a_group_sees_its_pictures_no_longer(
    as_chi: Client, chi: User, bea: User, flux_kontext: ImageModel
) -> None:
    group = groups.create_group(name="Acme", default_visibility="group", model_ids=[])
    for person in (bea, chi):
        groups.add_member(group=group, user=person)
    picture = factories.create_picture(bea, flux_kontext, visibility="group", group=group)
    assert statuses(as_chi, picture) == {200}
    groups.remove_member(group=group, user=chi)
    assert statuses(as_chi, picture) == {404}


def test_nothing_of_a_person_is_kept_by_a_cache_on_the_way(world: World) -> None:
    """Whatever a signed-in person is shown is theirs: no answer says that others may have it, and what bears a cookie varies
    by it."""
    shared = {}
    for asked in everything_asked(world, "get"):
        response = asked.client.get(asked.path, asked.told)
        body_of(response)
        said = response.headers.get("Cache-Control", "")
        is_own = "private" in said or "no-store" in said
        if "public" in said or "s-maxage" in said or not (is_own or "Cookie" in response.headers.get("Vary", "")):
            shared[asked.label] = said
    # What everybody may know.
    assert {label.split()[1] for label in shared} <= {"healthz", "readyz"}


def test_every_answer_is_what_it_says_and_stands_in_no_frame(world: World) -> None:
    wrong = {}
    for asked in everything_asked(world, "get"):
        response = asked.client.get(asked.path, asked.told)
        body_of(response)
        policy = response.headers.get("Content-Security-Policy", "")
        if response.headers.get("X-Content-Type-Options") != "nosniff" or "unsafe-eval" in policy or not policy:
            wrong[asked.label] = policy
        is_page = response.headers.get("Content-Type", "").startswith("text/html")
        if is_page and not all(
            word in policy for word in ("script-src 'self';", "frame-ancestors 'none'", "object-src 'none'")
        ):
            wrong[asked.label] = policy
    assert wrong == {}


DISGUISED = {
    "a.png": b"<html><script>alert(1)</script></html>",
    "b.png": b'<?xml version="1.0"?><html xmlns="http://www.w3.org/1999/xhtml"><script>alert(1)</script></html>',
    "c.png": b"MIME-Version: 1.0\r\nContent-Type: multipart/related\r\n\r\n<html></html>",
    "d.png": b"\x1f\x8b\x08\x00" + b"\x00" * 60,
    "e.png": b"alert(1)",
    "f.png": b"body { background: url(javascript:alert(1)) }",
    "g.png": b"%PDF-1.7\n",
    ".htaccess": b"AddType text/html .png",
    "index.html": b"<!doctype html>",
}


@pytest.mark.parametrize("name", DISGUISED)
def test_what_is_no_picture_is_taken_by_no_door(name: str, as_bea: Client, shipped: None) -> None:
    def file() -> SimpleUploadedFile:
        return SimpleUploadedFile(name, DISGUISED[name], content_type="image/png")

    model = {"model": "routellm/flux_kontext", "parameter": "image_prompt"}
    assert as_bea.post("/uploads/", model | {"file": file()}).status_code == 422
    assert as_bea.post("/import/", {"files": [file()]}).status_code == 422
    assert as_bea.post("/profile/picture/", {"picture": file()}).status_code == 422
    assert as_bea.post("/", model | {"prompt": "x", "image_prompt": file()}).status_code == 422
    assert as_bea.post("/analysis/", {"prompt": "x", "images": file()}).status_code == 422
    assert not Image.objects.exists()


NAMES = [
    "../../x.png",
    "a\x00b.png",
    "x" * 300 + ".png",
    ".htaccess",
    "con.png",
    "a\u202egnp.exe",
    "index.html",
    "C:\\x.png",
    "/etc/passwd",
]


@pytest.mark.parametrize("name", NAMES, ids=lambda name: repr(name)[:20])
def test_a_name_of_a_file_never_becomes_a_path(name: str, as_bea: Client, bea: User) -> None:
    content = factories.png("plum")
    head = f'--x\r\nContent-Disposition: form-data; name="files"; filename="{name}"\r\nContent-Type: image/png\r\n\r\n'
    before = files_in_data()
    response = as_bea.generic(
        "POST", "/import/", head.encode() + content + b"\r\n--x--\r\n", "multipart/form-data; boundary=x"
    )
    assert response.status_code in (200, 422)
    new = files_in_data() - before
    assert all(len(path.name) < 80 and not set(path.name) & set("\u202e\x00\\") for path in new)
    assert not [path for path in new if path.suffix in (".htaccess", ".html", ".exe")]
    for image in Image.objects.all():
        download = as_bea.get(f"/images/{image.pk}/download/")
        body_of(download)
        assert not set(download["Content-Disposition"]) & set("\u202e\r\n\x00/\\")
        assert download["Content-Disposition"].endswith('.png"')


def files_in_data() -> set[Path]:
    return {path for path in Path(settings.DATA_DIR).rglob("*") if path.is_file() and "sqlite3" not in path.name}


PATHS = [
    "/media/../secret_key", "/media/%2e%2e/secret_key", "/media/..%2fsecret_key/original", "/media/.env/original",
    "/media/encryption_keys/original", "/media/../../etc/passwd", "/static/../secret_key", "/static/..%2fsecret_key",
    "/static/%2e%2e/%2e%2e/secret_key", "/static//etc/passwd", "/static/..\\secret_key", "/static/%00", "/static/.env",
    "/static/css/../../secret_key", "/s/../secret_key/", "/s/x/media/1/..%2f..%2fsecret_key", "/v1/files/..%2f..%2fsecret_key",
    "/media/" + "a" * 64 + "/..%2f..%2fsecret_key", "/media/" + "a" * 64 + "/original%00", "/pictures/", "/data/secret_key",
    "/people/1/picture/..%2f/", "/images/1%2f..%2f2/", "/images/%00/", "/boards/1;x/", "//etc/passwd", "/%2e%2e/%2e%2e/etc/passwd",
]  # fmt: skip


def test_no_path_leads_to_a_file(as_ada: Client) -> None:
    found = {}
    secret = (Path(settings.DATA_DIR) / "secret_key").read_text()
    for path in PATHS:
        for client in (as_ada, Client()):
            response = client.get(path)
            if response.status_code not in (302, 400, 401, 404) or secret in body_of(response).decode(
                "utf-8", "replace"
            ):
                found[path] = response.status_code
    assert found == {}


def test_a_link_within_the_folder_of_pictures_leads_nowhere(
    as_bea: Client, bea: User, flux_kontext: ImageModel
) -> None:
    """A symbolic link in the place of a picture's file is not followed to what lies outside."""
    picture = factories.create_picture(bea, flux_kontext, colour="wheat")
    stored = next(path for path in files_in_data() if path.as_posix().endswith(picture.file_name))
    content = stored.read_bytes()
    stored.unlink()
    stored.symlink_to(Path(settings.DATA_DIR) / "secret_key")
    try:
        for path in (f"/media/{picture.sha256}/original", f"/images/{picture.pk}/download/"):
            assert as_bea.get(path).status_code == 404
    finally:
        stored.unlink()
        stored.write_bytes(content)


def test_a_portrait_is_drawn_anew_and_cannot_run_anything(as_bea: Client, bea: User) -> None:
    avatars.save_avatar(user=bea, chunks=[factories.png() + b"<script>alert(1)</script>"])
    bea.refresh_from_db()
    response = as_bea.get(bea.avatar_url)
    assert b"<script" not in response.content
    assert "sandbox" in response["Content-Security-Policy"]
    assert response["X-Content-Type-Options"] == "nosniff"
