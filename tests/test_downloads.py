"""One picture taken away: as it came, as a copy. Many as a ZIP: see test_archives."""

import io
from typing import Any

import pytest
from django.core.files.storage import default_storage
from django.test import Client
from PIL import Image as PillowImage

from gallery.images import formats, metadata
from gallery.images.recipes import check_recipe
from gallery.models import Image, ImageModel, User
from gallery.services import images
from tests import factories
from tests.images import corpus

PROMPT = "a red chair, 红椅子"


@pytest.fixture
def picture(bea: User, flux_kontext: ImageModel) -> Image:
    return factories.create_picture(bea, flux_kontext, PROMPT, parameters={"seed": 7})


def fetch(client: Client, image: Image, query: str = "") -> tuple[Any, bytes]:
    response = client.get(f"/images/{image.pk}/download/{query}")
    body = factories.read_stream(response) if response.streaming else response.content
    return response, body


def original_of(image: Image) -> bytes:
    with default_storage.open(image.file_name) as file:
        return bytes(file.read())


@pytest.mark.parametrize("query", ["", "?recipe=keep", "?format=original", "?format=original&side="])
def test_as_it_came_is_bit_for_bit_what_the_gateway_sent(as_chi: Client, bea: User, query: str) -> None:
    content = corpus.insert_png_chunk(factories.png(), b"caBX", corpus.manifest_store("urn:c2pa:1"))
    image = factories.import_picture(bea, content)

    response, body = fetch(as_chi, image, query)

    assert body == content
    assert response["Content-Length"] == str(len(content))


@pytest.mark.parametrize(
    ("query", "media_type", "size"),
    [
        ("?format=png", formats.PNG, (64, 48)),
        ("?format=jpeg", formats.JPEG, (64, 48)),
        ("?format=webp&side=32", formats.WEBP, (32, 24)),
        ("?side=32", formats.PNG, (32, 24)),
        ("?format=png&side=4096&recipe=embed", formats.PNG, (64, 48)),
        ("?recipe=embed", formats.PNG, (64, 48)),
    ],
)
def test_a_copy_has_the_format_and_size_asked_for_and_its_recipe(
    as_chi: Client, picture: Image, query: str, media_type: str, size: tuple[int, int]
) -> None:
    response, body = fetch(as_chi, picture, query)

    assert response["Content-Type"] == media_type and response["Content-Length"] == str(len(body))
    with PillowImage.open(io.BytesIO(body)) as copy:
        assert (copy.size, copy.format) == (size, formats.PILLOW_NAMES[media_type])
    recipe = check_recipe(metadata.read_recipe(body, media_type))
    assert recipe is not None and picture.generation is not None
    assert (recipe.prompt, recipe.parameters["seed"], recipe.seed) == (PROMPT, 7, 7)
    assert (recipe.full_model_id, recipe.spec) == ("routellm/flux_kontext", picture.generation.spec)
    assert (recipe.owner_name, recipe.made_at, recipe.cost) == ("Bea Arthur", picture.created_at, None)


@pytest.mark.parametrize("query", ["?recipe=strip", "?format=jpeg&recipe=strip", "?side=32&recipe=strip"])
def test_a_copy_without_recipe_tells_nothing(as_chi: Client, bea: User, query: str) -> None:
    image = factories.import_picture(bea, corpus.with_exif(corpus.picture(), "PNG", 1))

    response, body = fetch(as_chi, image, query)

    assert b"Secret" not in body and b"proofsheet" not in body
    assert metadata.read_recipe(body, response["Content-Type"]) is None


def test_the_pixels_of_a_copy_in_the_same_format_and_size_are_the_same(as_chi: Client, bea: User) -> None:
    content = corpus.encode(corpus.noise((90, 70)), "JPEG", comment=b"secret comment")
    _, body = fetch(as_chi, factories.import_picture(bea, content), "?recipe=strip")

    assert b"secret" not in body
    with PillowImage.open(io.BytesIO(body)) as copy, PillowImage.open(io.BytesIO(content)) as original:
        assert copy.tobytes() == original.tobytes()


@pytest.mark.parametrize(
    ("query", "sentence"),
    [
        ("?format=tiff", "original, png, jpeg or webp"),
        ("?format=png%00", "original, png, jpeg or webp"),
        ("?side=0", "between 16 and 65,535"),
        ("?side=-5", "between 16 and 65,535"),
        ("?side=99999999999999999999", "between 16 and 65,535"),
        ("?side=wide", "between 16 and 65,535"),
        ("?recipe=burn", "kept as it came"),
        ("?format=png&recipe=keep", "is the original file"),
        ("?side=32&recipe=keep", "is the original file"),
    ],
)
def test_a_download_that_makes_no_sense_is_answered_with_a_sentence(
    as_chi: Client, picture: Image, query: str, sentence: str
) -> None:
    response, body = fetch(as_chi, picture, query)

    assert response.status_code == 400
    assert sentence in body.decode()


def test_what_cannot_be_copied_says_why(as_chi: Client, bea: User) -> None:
    vector, moving, plain = (
        factories.import_picture(bea, content)
        for content in (corpus.svg(inside="<path/>"), corpus.animated("GIF", 2), factories.png())
    )

    for image, query, sentence in (
        (vector, "?format=png", "Download the original instead"),
        (moving, "?side=16", "Choose one of them"),
        (plain, "?recipe=embed", "came without a recipe"),
    ):
        response, body = fetch(as_chi, image, query)
        assert response.status_code == 422
        assert sentence in body.decode()
    assert fetch(as_chi, moving, "?format=png")[0].status_code == 200
    for image in (vector, moving):
        assert fetch(as_chi, image, "?recipe=strip")[0].status_code == 200


def test_a_missing_file_is_not_found(as_chi: Client, picture: Image) -> None:
    default_storage.delete(picture.file_name)

    assert fetch(as_chi, picture)[0].status_code == 404
    assert fetch(as_chi, picture, "?format=jpeg")[0].status_code == 404
    assert fetch(as_chi, picture, "?recipe=strip")[0].status_code == 404


@pytest.mark.parametrize(
    ("prompt", "name"),
    [
        ("A Red Chair, on a hill by the sea today", "a-red-chair-on-a-hill-flux-kontext-{}.png"),
        ("红椅子", "红椅子-flux-kontext-{}.png"),
        ('../../etc/passwd\r\nX: y"', "etc-passwd-x-y-flux-kontext-{}.png"),
        ("!!!", "flux-kontext-{}.png"),
        ("w" * 300, "w" * 60 + "-flux-kontext-{}.png"),
    ],
)
def test_a_file_is_named_by_its_prompt_model_and_number(
    as_bea: Client, bea: User, flux_kontext: ImageModel, prompt: str, name: str
) -> None:
    image = factories.create_picture(bea, flux_kontext, prompt)

    response, _ = fetch(as_bea, image, "?format=png")

    assert response.headers["Content-Disposition"].count("\n") == 0
    with factories.zip_of(as_bea, ids=image.pk) as archive:
        assert name.format(image.pk) in archive.namelist()


@pytest.mark.parametrize("action", ["download", "credentials"])
def test_a_teammates_private_picture_is_not_downloaded(as_chi: Client, picture: Image, action: str) -> None:
    images.set_image_visibility(picture, "private")

    assert as_chi.get(f"/images/{picture.pk}/{action}/?format=png").status_code == 404


def test_content_credentials_are_named_on_the_page_of_their_picture(as_chi: Client, bea: User) -> None:
    claim = b"\xa1\x6fclaim_generator\x67Painter"
    signed = factories.import_picture(
        bea, corpus.insert_png_chunk(factories.png("red"), b"caBX", corpus.manifest_store("urn:c2pa:1", claim))
    )
    odd = factories.import_picture(bea, corpus.insert_png_chunk(factories.png("lime"), b"caBX", b"nothing"))
    plain = factories.import_picture(bea, factories.png("blue"))

    page = as_chi.get(f"/images/{signed.pk}/").content.decode()
    named = as_chi.get(f"/images/{signed.pk}/credentials/").content.decode()

    assert "every copy breaks them" in page and f"/images/{signed.pk}/credentials/" in page
    assert "content credentials by Painter: urn:c2pa:1." in named
    assert "content credentials." in as_chi.get(f"/images/{odd.pk}/credentials/").content.decode()
    assert "redentials" not in as_chi.get(f"/images/{plain.pk}/").content.decode()
    default_storage.delete(signed.file_name)
    assert as_chi.get(f"/images/{signed.pk}/credentials/").status_code == 200
