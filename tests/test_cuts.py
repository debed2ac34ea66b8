"""Cropping a reference: cut on the server, kept as an upload that knows its original."""

import re
from typing import Any

import pytest
from django.test import Client

from gallery.models import Image, ImageModel, User
from gallery.services import images
from tests import factories
from tests.fake_gateway import FakeGateway

TARGET = {"model": "routellm/flux_kontext", "parameter": "image_prompt"}
BOX = {"left": 8, "top": 4, "width": 32, "height": 24}


def cut(client: Client, picture: Image, **box: Any) -> Any:
    return client.post("/uploads/cut/", {**TARGET, "image": picture.pk, **BOX, **box})


def open_dialog(client: Client, image_id: int) -> Any:
    return client.get("/uploads/crop/", {"model": "routellm/flux_kontext", "image": str(image_id)})


def id_in(response: Any) -> int:
    found = re.search(r'name="image_prompt_images" value="(\d+)"', response.content.decode())
    assert found
    return int(found[1])


@pytest.fixture
def picture(bea: User, flux_kontext: ImageModel) -> Image:
    return factories.create_picture(bea, flux_kontext)


def test_a_cut_is_a_private_upload_that_knows_its_original(
    as_bea: Client, as_chi: Client, chi: User, picture: Image
) -> None:
    made = Image.objects.get(pk=id_in(cut(as_chi, picture)))
    assert (made.width, made.height, made.media_type) == (32, 24, "image/png")
    assert (made.owner, made.source, made.visibility) == (chi, Image.Source.UPLOADED, "private")
    assert (made.original, made.cut) == (picture, [8, 4, 32, 24])
    assert Image.objects.get(pk=picture.pk).sha256 == picture.sha256
    assert not Image.objects.on_wall().filter(pk=made.pk).exists()
    assert id_in(cut(as_chi, picture)) == made.pk
    assert id_in(cut(as_bea, picture)) != made.pk

    page = as_chi.get(f"/images/{made.pk}/").content.decode()
    assert f'href="/images/{picture.pk}/" title="original"' in page
    images.set_image_visibility(picture, "private")
    page = as_chi.get(f"/images/{made.pk}/").content.decode()
    assert f"/images/{picture.pk}/" not in page and "1 picture private to somebody else" in page


def test_the_dialog_shows_the_original_with_the_box_as_it_was(as_bea: Client, picture: Image) -> None:
    made = id_in(cut(as_bea, picture))
    page = open_dialog(as_bea, made).content.decode()
    assert f'data-image="{picture.pk}" data-width="64" data-height="48" data-box="8,4,32,24"' in page
    assert re.findall(r'data-ratio="[\d.]+" aria-pressed="false">([\d:]+)<', page)[:3] == ["1:1", "21:9", "16:9"]
    images.trash_image(picture, by=picture.owner)  # type: ignore[arg-type]
    page = open_dialog(as_bea, made).content.decode()
    assert f'data-image="{made}" data-width="32" data-height="24" data-box="0,0,32,24"' in page


def test_all_of_a_picture_is_the_picture_itself(as_bea: Client, picture: Image) -> None:
    whole = {"left": 0, "top": 0, "width": 9000, "height": 9000}
    assert id_in(cut(as_bea, picture, **whole)) == picture.pk
    assert Image.objects.count() == 1


@pytest.mark.parametrize(
    ("change", "sentence"),
    [
        ({"width": ""}, "no size"),
        ({"left": "-3"}, "no size"),
        ({"top": "1e3"}, "no size"),
        ({"image": "99999"}, "no longer there"),
        ({"image": "../1"}, "no longer there"),
        ({"parameter": "seed"}, "no longer there"),
    ],
)
def test_a_cut_that_makes_no_sense_is_refused_with_a_sentence(
    as_bea: Client, picture: Image, change: dict[str, str], sentence: str
) -> None:
    response = as_bea.post("/uploads/cut/", {**TARGET, "image": picture.pk, **BOX, **change})
    assert response.status_code == 422
    assert sentence in response.content.decode()
    assert Image.objects.count() == 1


def test_nobody_cuts_what_is_private_to_somebody_else(as_chi: Client, picture: Image) -> None:
    images.set_image_visibility(picture, "private")
    assert cut(as_chi, picture).status_code == 422
    assert open_dialog(as_chi, picture.pk).status_code == 422


def test_a_cut_travels_and_becomes_the_teams_with_its_run(
    routellm: object, as_bea: Client, picture: Image, fake_gateway: FakeGateway
) -> None:
    made = id_in(cut(as_bea, picture))
    as_bea.post("/", {**TARGET, "prompt": "the same in blue", "image_prompt_images": [made, picture.pk]})
    [text, first, second] = fake_gateway.requests[0].json["messages"][0]["content"]
    assert text["type"] == "text"
    assert factories.size_of(first) == (32, 24) and factories.size_of(second) == (64, 48)
    assert Image.objects.get(pk=made).visibility == "team"
