"""Pictures taken away: as they came, as copies, many as a ZIP."""

import csv
import io
import json
import zipfile
from decimal import Decimal
from typing import Any

import pytest
from django.core.files.storage import default_storage
from django.test import Client
from PIL import Image as PillowImage

from gallery.images import formats, metadata
from gallery.images.recipes import check_recipe
from gallery.models import Board, BoardItem, Generation, Image, ImageModel, ImageTag, Tag, User
from gallery.services import archives, images
from tests import factories
from tests.images import corpus

PROMPT = "a red chair, 红椅子"


@pytest.fixture
def picture(bea: User, flux_kontext: ImageModel) -> Image:
    return factories.create_picture(bea, flux_kontext, PROMPT, parameters={"seed": 7})


def store(owner: User, content: bytes, **fields: Any) -> Image:
    stored = images.take_in(content, max_bytes=10**7)
    return Image.objects.create(source=Image.Source.IMPORTED, owner=owner, **images.image_fields(stored), **fields)


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
    image = store(bea, content)

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
    image = store(bea, corpus.with_exif(corpus.picture(), "PNG", 1))

    response, body = fetch(as_chi, image, query)

    assert b"Secret" not in body and b"proofsheet" not in body
    assert metadata.read_recipe(body, response["Content-Type"]) is None


def test_the_pixels_of_a_copy_in_the_same_format_and_size_are_the_same(as_chi: Client, bea: User) -> None:
    content = corpus.encode(corpus.noise((90, 70)), "JPEG", comment=b"secret comment")
    _, body = fetch(as_chi, store(bea, content), "?recipe=strip")

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
        store(bea, content) for content in (corpus.svg(inside="<path/>"), corpus.animated("GIF", 2), factories.png())
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
    with zip_of(as_bea, ids=image.pk) as archive:
        assert name.format(image.pk) in archive.namelist()


@pytest.mark.parametrize("action", ["download", "credentials"])
def test_a_teammates_private_picture_is_not_downloaded(as_chi: Client, picture: Image, action: str) -> None:
    images.set_image_visibility(picture, "private")

    assert as_chi.get(f"/images/{picture.pk}/{action}/?format=png").status_code == 404


def test_content_credentials_are_named_on_the_page_of_their_picture(as_chi: Client, bea: User) -> None:
    claim = b"\xa1\x6fclaim_generator\x67Painter"
    signed = store(
        bea, corpus.insert_png_chunk(factories.png("red"), b"caBX", corpus.manifest_store("urn:c2pa:1", claim))
    )
    odd = store(bea, corpus.insert_png_chunk(factories.png("lime"), b"caBX", b"nothing"))
    plain = store(bea, factories.png("blue"))

    page = as_chi.get(f"/images/{signed.pk}/").content.decode()
    named = as_chi.get(f"/images/{signed.pk}/credentials/").content.decode()

    assert "every copy breaks them" in page and f"/images/{signed.pk}/credentials/" in page
    assert "content credentials by Painter: urn:c2pa:1." in named
    assert "content credentials." in as_chi.get(f"/images/{odd.pk}/credentials/").content.decode()
    assert "redentials" not in as_chi.get(f"/images/{plain.pk}/").content.decode()
    default_storage.delete(signed.file_name)
    assert as_chi.get(f"/images/{signed.pk}/credentials/").status_code == 200


# Selections ---------------------------------------------------------------------------------------------------------


def zip_of(client: Client, **data: Any) -> zipfile.ZipFile:
    response = client.post("/library/download/", data)
    assert response.status_code == 200, response.content
    body = factories.read_stream(response)
    assert response["Content-Length"] == str(len(body))
    archive = zipfile.ZipFile(io.BytesIO(body))
    assert archive.testzip() is None
    return archive


def rows_of(archive: zipfile.ZipFile) -> list[dict[str, str]]:
    return list(csv.DictReader(io.StringIO(archive.read("pictures.csv").decode("utf-8-sig"))))


def test_a_selection_is_one_zip_with_a_list_of_its_pictures(
    as_chi: Client, chi: User, bea: User, picture: Image, flux_kontext: ImageModel
) -> None:
    imported = store(chi, factories.png("gold"), note="my chair")
    tag = Tag.objects.create(name="Chairs", key="chairs")
    ImageTag.objects.create(tag=tag, image=picture)
    for name, owner, visibility in (("Spring", bea, "team"), ("Bea’s secret", bea, "private")):
        board = Board.objects.create(name=name, owner=owner, visibility=visibility)
        BoardItem.objects.create(board=board, image=picture, rank=1)
    factories.create_picture(bea, flux_kontext, "left out")

    with zip_of(as_chi, ids=f"{picture.pk},{imported.pk}") as archive:
        rows, told = rows_of(archive), json.loads(archive.read("pictures.json"))
        assert set(archive.namelist()) == {"pictures.csv", "pictures.json", *(row["file"] for row in rows)}
        assert [archive.read(row["file"]) for row in rows] == [original_of(imported), original_of(picture)]
        assert all(item.compress_type == zipfile.ZIP_STORED for item in archive.infolist())

    first, second = rows
    assert (first["prompt"], first["model"], first["person"], first["note"]) == ("", "", "Chi Ma", "my chair")
    assert (second["prompt"], second["model"], second["gateway"]) == (PROMPT, "routellm/flux_kontext", "routellm")
    assert (second["person"], second["tags"], second["boards"], second["cost"]) == (
        "Bea Arthur",
        "Chairs",
        "Spring",
        "",
    )
    assert (second["picture"], second["width"], second["made_at"]) == (
        str(picture.pk),
        "64",
        picture.created_at.isoformat(),
    )
    assert json.loads(second["parameters"]) == told[1]["parameters"] == {"seed": 7}
    assert (told[1]["tags"], told[1]["boards"], told[1]["cost"]) == (["Chairs"], ["Spring"], None)


def test_everything_a_query_finds_is_downloaded_and_nobody_elses_private_pictures(
    as_chi: Client, bea: User, chi: User, flux_kontext: ImageModel
) -> None:
    shown = factories.create_picture(bea, flux_kontext, "a green door")
    hidden = factories.create_picture(bea, flux_kontext, "a green door", visibility="private", colour="red")
    factories.create_picture(chi, flux_kontext, "a blue door", colour="blue")

    for data in ({"all": "1", "query": f"person={bea.pk}"}, {"ids": [shown.pk, hidden.pk, 999_999]}):
        with zip_of(as_chi, **data) as archive:
            assert [row["picture"] for row in rows_of(archive)] == [str(shown.pk)]
            assert len(archive.namelist()) == 3


def test_a_run_shares_its_cost_among_its_pictures(as_bea: Client, bea: User, picture: Image) -> None:
    assert picture.generation_id
    Generation.objects.filter(pk=picture.generation_id).update(cost=Decimal("0.1"), cost_unit="usd")
    second = store(bea, factories.png("pink"), generation=picture.generation, position=1, is_cover=False)

    with zip_of(as_bea, ids=[picture.pk, second.pk]) as archive:
        assert [(row["cost"], row["cost_unit"]) for row in rows_of(archive)] == [("0.050000", "usd")] * 2


@pytest.mark.parametrize(
    "prompt", ["=1+1", "+1", "-1", "@SUM(A1)", "\t=1", "＝1+1", "\n=1", " =1", "\r\n @A1", "\nplain"]
)
def test_no_cell_of_the_list_is_a_formula(as_bea: Client, bea: User, flux_kontext: ImageModel, prompt: str) -> None:
    image = factories.create_picture(bea, flux_kontext, prompt)

    with zip_of(as_bea, ids=image.pk) as archive:
        assert rows_of(archive)[0]["prompt"] == f"'{prompt}"
        assert json.loads(archive.read("pictures.json"))[0]["prompt"] == prompt


def test_a_missing_file_is_named_and_the_rest_comes(as_bea: Client, bea: User, picture: Image) -> None:
    gone = store(bea, factories.png("gold"), note="gone")
    default_storage.delete(gone.file_name)

    with zip_of(as_bea, ids=[picture.pk, gone.pk]) as archive:
        assert f"gone-{gone.pk}.png" in archive.read("missing.txt").decode()
        assert len(archive.namelist()) == 4 and len(rows_of(archive)) == 2


@pytest.mark.parametrize("data", [{}, {"ids": "x"}, {"ids": "999999"}, {"all": "1", "query": "q=nowhere"}])
def test_a_selection_of_nothing_is_refused(as_bea: Client, picture: Image, data: dict[str, str]) -> None:
    response = as_bea.post("/library/download/", data)

    assert response.status_code == 422
    assert "Choose some first" in response.content.decode()


def test_more_than_one_zip_can_take_is_refused(as_bea: Client, bea: User) -> None:
    row = store(bea, factories.png())
    fields = {name: getattr(row, name) for name in ("sha256", "media_type", "byte_size", "width", "height", "source")}
    Image.objects.bulk_create([Image(owner=bea, **fields) for _ in range(archives.MOST_PICTURES)])

    response = as_bea.post("/library/download/", {"all": "1"})

    assert response.status_code == 422
    assert "10,000 pictures are too many" in response.content.decode()


def test_a_zip_is_asked_for_by_who_is_signed_in_and_never_by_a_link(as_bea: Client, picture: Image) -> None:
    assert Client().post("/library/download/", {"ids": picture.pk}).status_code == 302
    assert as_bea.get("/library/download/").status_code == 405
    assert Client(enforce_csrf_checks=True).post("/library/download/", {"ids": picture.pk}).status_code == 403


def test_many_pictures_are_planned_with_few_queries(
    as_bea: Client, bea: User, flux_kontext: ImageModel, django_assert_max_num_queries: Any
) -> None:
    ids = [
        factories.create_picture(bea, flux_kontext, f"chair {number}", colour=f"#0000{number:02x}").pk
        for number in range(12)
    ]

    with django_assert_max_num_queries(10):
        response = as_bea.post("/library/download/", {"ids": ids})
        factories.read_stream(response)
