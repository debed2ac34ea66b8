"""One's own account: name, picture, what the studio opens with, what one is told of, and where one is signed in."""

import io
import re
import zlib
from typing import Any

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from django.test import Client
from PIL import Image as PillowImage

from gallery.models import Avatar, ImageModel, Session, User
from gallery.services import comments
from tests import factories
from tests.images import corpus
from tests.test_signing_in import FIREFOX, said, signed_in

PICTURE = "/profile/picture/"


def send_picture(client: Client, content: bytes | None = None, name: str = "me.png") -> Any:
    file = SimpleUploadedFile(name, content or factories.png("teal", (400, 200)), content_type="image/png")
    return client.post(PICTURE, {"picture": file})


def avatar_path(client: Client) -> str:
    found = re.search(r'<img class="avatar[^"]*" src="([^"]+)"', client.get("/tokens/").content.decode())
    return found[1] if found else ""


# Picture -----------------------------------------------------------------------------------------------------------


def test_a_picture_is_cut_square_and_small_and_stands_where_initials_stood(as_bea: Client, as_chi: Client) -> None:
    assert not avatar_path(as_bea)
    assert send_picture(as_bea).status_code == 302
    response = as_chi.get(avatar_path(as_bea))
    assert response["Content-Type"] == "image/webp"
    assert "sandbox" in response["Content-Security-Policy"]
    with PillowImage.open(io.BytesIO(response.content)) as image:
        assert (image.format, image.size) == ("WEBP", (192, 192))


def test_nothing_of_the_file_itself_is_kept(as_bea: Client) -> None:
    with PillowImage.new("RGB", (300, 300), "olive") as image:
        exif = image.getexif()
        exif[0x010E] = "taken at home"
        buffer = io.BytesIO()
        image.save(buffer, "JPEG", exif=exif)
    send_picture(as_bea, buffer.getvalue(), "me.jpg")
    assert b"taken at home" not in bytes(Avatar.objects.get().content)


def test_a_new_picture_has_a_new_address(as_bea: Client) -> None:
    send_picture(as_bea)
    first = avatar_path(as_bea)
    send_picture(as_bea, factories.png("olive", (300, 300)))
    assert avatar_path(as_bea) != first
    assert as_bea.get(first).status_code == 404


def test_a_picture_is_seen_by_people_of_the_team_alone(as_bea: Client) -> None:
    send_picture(as_bea)
    assert Client().get(avatar_path(as_bea)).status_code == 302


def test_initials_come_back_when_it_is_removed(as_bea: Client) -> None:
    send_picture(as_bea)
    path = avatar_path(as_bea)
    as_bea.post(f"{PICTURE}remove/")
    assert not avatar_path(as_bea)
    assert as_bea.get(path).status_code == 404
    assert not Avatar.objects.exists()


@pytest.mark.parametrize(
    ("content", "name"),
    [
        (b"no picture at all", "me.png"),
        (b"<svg xmlns='http://www.w3.org/2000/svg'/>", "me.svg"),
        (corpus.png(60_000, 60_000, data=zlib.compress(bytes(10**6))), "me.png"),
    ],
    ids=["words", "vector", "bomb"],
)
def test_what_is_no_picture_is_refused_beside_its_field(as_bea: Client, content: bytes, name: str) -> None:
    response = send_picture(as_bea, content, name)
    assert response.status_code == 422
    assert 'id="picture-error"' in response.content.decode()
    assert not Avatar.objects.exists()


def test_without_a_file_the_form_says_so(as_bea: Client) -> None:
    response = as_bea.post(PICTURE)
    assert response.status_code == 422
    assert "Choose a picture first." in said(response)


# The studio --------------------------------------------------------------------------------------------------------


def test_the_studio_opens_with_what_was_chosen(as_bea: Client, bea: User, flux_kontext: ImageModel) -> None:
    chosen = ImageModel.objects.offered().named("openrouter/google/gemini-2.5-flash-image").first()
    chosen = chosen or ImageModel.objects.offered().exclude(pk=flux_kontext.pk)[5]
    factories.create_picture(bea, flux_kontext)
    as_bea.post("/profile/studio/", {"default_model": chosen.pk, "default_visibility": "private"})
    form = as_bea.get("/").context["form"]
    assert (form.image_model, form["visibility"].value()) == (chosen, "private")
    assert as_bea.get(f"/?model={flux_kontext.full_id}").context["form"].image_model == flux_kontext


def test_a_chosen_model_that_is_no_longer_offered_is_left_out(
    as_bea: Client, bea: User, flux_kontext: ImageModel
) -> None:
    User.objects.filter(pk=bea.pk).update(default_model=flux_kontext)
    ImageModel.objects.filter(pk=flux_kontext.pk).update(is_enabled=False)
    assert as_bea.get("/").context["form"].image_model != flux_kontext
    assert as_bea.get("/profile/").status_code == 200


@pytest.mark.parametrize("fields", [{"default_model": "999999"}, {"default_visibility": "everybody"}])
def test_what_cannot_be_chosen_is_refused(as_bea: Client, bea: User, shipped: None, fields: dict[str, str]) -> None:
    assert as_bea.post("/profile/studio/", fields).status_code == 422
    bea.refresh_from_db()
    assert (bea.default_model, bea.default_visibility) == (None, "")


def test_whoever_wants_no_dot_for_mentions_gets_none(
    as_chi: Client, bea: User, chi: User, flux_kontext: ImageModel
) -> None:
    picture = factories.create_picture(bea, flux_kontext)
    comments.add_comment(image=picture, author=bea, text="look, @chi")
    assert "You, named in 1 new comment" in as_chi.get("/tokens/").content.decode()
    assert as_chi.post("/profile/notices/", {}, headers={"HX-Request": "true"}).status_code == 204
    assert "You, named in" not in as_chi.get("/tokens/").content.decode()
    assert "look," in said(as_chi.get("/mentions/"))


# Sessions ----------------------------------------------------------------------------------------------------------


def test_sessions_are_listed_and_ended_one_by_one(bea: User) -> None:
    here, there = signed_in(bea), signed_in(bea, "curl/8.5.0", "192.0.2.77")
    page = here.get("/profile/").content.decode()
    assert "Firefox on Linux" in page
    assert "192.0.2.77" in page
    assert str(there.session.session_key) not in page
    handle = Session.objects.get(device="curl/8.5.0").handle
    assert here.post(f"/profile/sessions/{handle}/end/")["Location"] == "/profile/#sessions"
    assert [client.get("/tokens/").status_code for client in (here, there)] == [200, 302]


def test_all_other_sessions_are_ended_at_once(bea: User, as_chi: Client) -> None:
    here, *others = [signed_in(bea, FIREFOX) for _ in range(3)]
    here.post("/profile/sessions/end/")
    assert [client.get("/tokens/").status_code for client in (here, *others, as_chi)] == [200, 302, 302, 200]


def test_nobody_ends_anothers_session(bea: User, chi: User) -> None:
    theirs, mine = signed_in(bea), signed_in(chi)
    handle = Session.objects.get(user=bea).handle
    assert mine.post(f"/profile/sessions/{handle}/end/").status_code == 404
    assert theirs.get("/tokens/").status_code == 200
