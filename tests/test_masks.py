"""Masks: stored at the size of their picture, in the model's own way of marking, and held against the picture in the form."""

import io
import re
from typing import Any

import pytest
from django.core.files.storage import default_storage
from django.core.files.uploadedfile import SimpleUploadedFile
from django.test import Client
from PIL import Image as PillowImage

from gallery.models import Image, ImageModel, User
from gallery.services import images
from tests import factories
from tests.fake_gateway import FakeGateway

TARGET = {"model": "routellm/flux_pro_fill", "parameter": "mask"}


def painted(size: tuple[int, int] = (64, 48), *, is_blank: bool = False) -> SimpleUploadedFile:
    """The upper half in white, as the studio's dialog sends it."""
    image = PillowImage.new("RGB", size, "black")
    if not is_blank:
        image.paste("white", (0, 0, size[0], size[1] // 2))
    buffer = io.BytesIO()
    image.save(buffer, "PNG")
    return SimpleUploadedFile("mask.png", buffer.getvalue(), "image/png")


def store(client: Client, picture: Image, file: SimpleUploadedFile | None = None, **fields: Any) -> Any:
    data = {**TARGET, "of": picture.pk, "file": file or painted(), "painted": "1", **fields}
    return client.post("/uploads/mask/", data)


def id_in(response: Any) -> int:
    found = re.search(r'name="mask_images" value="(\d+)"', response.content.decode())
    assert found, response.content
    return int(found[1])


def submit(client: Client, picture: Image | None, mask: int) -> Any:
    inputs = {"image_images": picture.pk} if picture else {}
    return client.post("/", {**TARGET, "prompt": "a bay window", "mask_images": mask, **inputs})


@pytest.fixture
def picture(bea: User, flux_kontext: ImageModel) -> Image:
    return factories.create_picture(bea, flux_kontext)


def test_a_painted_mask_goes_to_the_gateway_behind_its_picture(
    routellm: object, as_bea: Client, picture: Image, fake_gateway: FakeGateway
) -> None:
    mask = Image.objects.get(pk=id_in(store(as_bea, picture, painted((128, 96)))))
    assert (mask.width, mask.height, mask.original, mask.cut) == (64, 48, picture, None)
    assert (mask.source, mask.visibility) == (Image.Source.UPLOADED, "private")
    assert not Image.objects.on_wall().filter(pk=mask.pk).exists()
    assert submit(as_bea, picture, mask.pk).status_code == 302
    _, first, second = fake_gateway.requests[0].json["messages"][0]["content"]
    assert factories.size_of(first) == (64, 48)
    with factories.open_part(second) as sent:
        assert (sent.format, sent.size) == ("PNG", (64, 48))
        assert sent.convert("L").getcolors() == [(64 * 24, 0), (64 * 24, 255)]


@pytest.mark.parametrize(
    ("marks", "upper", "lower"), [("black", (0, 255), (255, 255)), ("transparent", (0, 0), (0, 255))]
)
def test_the_spec_says_which_pixels_are_marked(
    as_bea: Client, picture: Image, marks: str, upper: tuple[int, int], lower: tuple[int, int]
) -> None:
    image_model = ImageModel.objects.get(model_id="flux_pro_fill")
    image_model.parameters[1]["mask_marks"] = marks
    image_model.save()
    mask = Image.objects.get(pk=id_in(store(as_bea, picture)))
    content = factories.read_stream(as_bea.get(mask.media_url()))
    with PillowImage.open(io.BytesIO(content)) as image:
        assert (image.convert("LA").getpixel((5, 5)), image.convert("LA").getpixel((5, 40))) == (upper, lower)
    assert f"{marks} is what changes" in as_bea.get("/?model=routellm/flux_pro_fill").content.decode()

    # Brought along it is read as the model reads it.
    again = SimpleUploadedFile("mask.png", content, "image/png")
    assert id_in(store(as_bea, picture, again, painted="")) == mask.pk


def test_the_dialog_shows_the_picture_and_the_mask_it_has(as_bea: Client, bea: User, picture: Image) -> None:
    mask = Image.objects.get(pk=id_in(store(as_bea, picture)))
    page = as_bea.get("/uploads/paint/", {**TARGET, "of": str(picture.pk), "mask": str(mask.pk)}).content.decode()
    assert 'data-width="64" data-height="48" data-marks="white"' in page
    assert f'data-mask-url="/media/{mask.sha256}/original"' in page
    other = images.store_upload(source=factories.png(size=(20, 20)), owner=bea)
    page = as_bea.get("/uploads/paint/", {**TARGET, "of": str(other.pk), "mask": str(mask.pk)}).content.decode()
    assert 'data-mask-url=""' in page


def test_the_form_holds_a_mask_against_its_picture(as_bea: Client, bea: User, picture: Image) -> None:
    mask = id_in(store(as_bea, picture))
    other = images.store_upload(source=factories.png(size=(20, 20)), owner=bea)
    for given, sentence in (
        (other, "This mask has 64 × 48 pixels, its picture 20 × 20."),
        (None, "This model works from a picture."),
    ):
        response = submit(as_bea, given, mask)
        assert response.status_code == 422
        assert sentence in response.content.decode()
    response = as_bea.post("/", {**TARGET, "prompt": "a bay window", "image_images": picture.pk})
    assert "This model works within a mask. Paint one over the picture." in response.content.decode()


@pytest.mark.parametrize(
    ("change", "sentence"),
    [
        ({"file": painted(is_blank=True)}, "Nothing is marked"),
        ({"file": painted((48, 64))}, "A mask has the shape of its picture"),
        ({"file": ""}, "Choose a mask"),
        ({"of": "99999"}, "Give the picture first"),
        ({"of": ""}, "Give the picture first"),
        ({"parameter": "image"}, "Give the picture first"),
        ({"model": "routellm/flux_kontext"}, "Give the picture first"),
    ],
)
def test_what_is_no_mask_of_the_picture_is_refused_with_a_sentence(
    as_bea: Client, picture: Image, change: dict[str, Any], sentence: str
) -> None:
    if isinstance(change.get("file"), SimpleUploadedFile):
        change["file"].seek(0)
    response = as_bea.post("/uploads/mask/", {**TARGET, "of": picture.pk, "file": painted(), "painted": "1", **change})
    assert response.status_code == 422
    assert sentence in response.content.decode()
    assert Image.objects.count() == 1


def test_nobody_paints_over_what_is_private_to_somebody_else(as_chi: Client, picture: Image) -> None:
    images.set_image_visibility(picture, "private")
    assert store(as_chi, picture).status_code == 422
    assert as_chi.get("/uploads/paint/", {**TARGET, "of": str(picture.pk)}).status_code == 422


def test_a_mask_that_came_with_the_form_is_made_to_fit_as_well(
    routellm: object, as_bea: Client, fake_gateway: FakeGateway
) -> None:
    files = {"image": factories.upload(size=(64, 48)), "mask": painted((32, 24))}
    assert as_bea.post("/", {**TARGET, "prompt": "a bay window", **files}).status_code == 302
    assert [factories.size_of(part) for part in fake_gateway.requests[0].json["messages"][0]["content"][1:]] == [
        (64, 48),
        (64, 48),
    ]


def test_changing_the_model_never_makes_a_mask_a_reference(as_bea: Client, picture: Image) -> None:
    mask = id_in(store(as_bea, picture))
    fields = {"prompt": "x", "image_images": str(picture.pk), "mask_images": str(mask)}
    response = as_bea.post(
        "/studio/form/", {"model": "routellm/flux_kontext", "previous_model": "routellm/flux_pro_fill", **fields}
    )
    page = response.content.decode()
    assert re.findall(r'name="image_prompt_images" value="(\d+)"', page) == [str(picture.pk)]


def cut_with(client: Client, picture: Image, mask: int, box: dict[str, int]) -> tuple[int, Any]:
    """The cut picture's id, and the answer for the mask that follows it."""
    answer = client.post("/uploads/cut/", {**TARGET, "parameter": "image", "image": picture.pk, **box})
    found = re.search(r'name="image_images" value="(\d+)"', answer.content.decode())
    assert found
    return int(found[1]), client.post("/uploads/cut/", {**TARGET, "image": mask, "of": found[1], **box})


def test_a_mask_is_cut_as_its_picture_is(routellm: object, as_bea: Client, picture: Image) -> None:
    mask = id_in(store(as_bea, picture))
    box = {"left": 8, "top": 16, "width": 32, "height": 16}
    cut_id, answer = cut_with(as_bea, picture, mask, box)
    cut = Image.objects.get(pk=id_in(answer))
    assert (cut.width, cut.height, cut.original_id, cut.visibility) == (32, 16, cut_id, "private")
    with default_storage.open(cut.file_name) as file, PillowImage.open(file) as image:
        marked = image.convert("L")
        assert (marked.getpixel((5, 2)), marked.getpixel((5, 13))) == (255, 0)
    assert submit(as_bea, Image.objects.get(pk=cut_id), cut.pk).status_code == 302


def test_a_mask_that_does_not_reach_over_all_of_a_crop_is_refused(as_bea: Client, picture: Image) -> None:
    mask = id_in(store(as_bea, picture))
    box = {"left": 8, "top": 16, "width": 32, "height": 16}
    _, answer = cut_with(as_bea, picture, mask, box)
    narrow = as_bea.post("/uploads/cut/", {**TARGET, "image": id_in(answer), "of": picture.pk, **box})
    assert narrow.status_code == 422 and "Paint it anew." in narrow.content.decode()
