"""Pictures that come from outside: with a recipe, without one, hostile ones."""

import zlib
from decimal import Decimal
from typing import Any

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from django.test import Client

from gallery.images import formats, metadata
from gallery.models import Generation, Image, ImageModel, User
from gallery.models.generations import Status
from gallery.services.imports import clean_name
from tests import factories
from tests.images import corpus

RECIPE: dict[str, Any] = {
    "proofsheet": 1,
    "prompt": "a red chair",
    "model": "routellm/flux_kontext",
    "model_name": "FLUX Kontext",
    "parameters": {"seed": 4711, "aspect_ratio": "3:2"},
    "revised_prompt": "a chair, red",
    "made_at": "2026-05-04T03:02:01+00:00",
    "owner_name": "Somebody Else",
    "cost": "0.04",
    "cost_unit": "usd",
    "is_simulated": True,
}
EVERY = {
    formats.PNG: factories.png(),
    formats.JPEG: corpus.encode(corpus.picture(), "JPEG"),
    formats.WEBP: corpus.encode(corpus.picture(), "WEBP"),
}


def with_recipe(content: bytes | None = None, media_type: str = formats.PNG, **changes: Any) -> bytes:
    return bytes(metadata.with_recipe(content or factories.png(), media_type, RECIPE | changes))


def send(client: Client, *files: tuple[str, bytes], **data: Any) -> Any:
    headers = {"HX-Request": "true"} if data.pop("is_script", False) else {}
    uploads = [SimpleUploadedFile(name, content) for name, content in files]
    return client.post("/import/", {"files": uploads, **data}, headers=headers)


@pytest.mark.parametrize("media_type", EVERY)
def test_a_picture_brings_its_recipe_back(as_bea: Client, bea: User, flux_kontext: ImageModel, media_type: str) -> None:
    response = send(as_bea, ("chair.png", with_recipe(EVERY[media_type], media_type)))

    assert "1 file, 1 with its recipe" in response.content.decode()
    image = Image.objects.get()
    run = image.generation
    assert run is not None and (image.source, image.owner, image.visibility) == ("imported", bea, "team")
    assert (run.status, run.client, run.owner, run.owner_name) == (Status.SUCCEEDED, "import", bea, "Bea Arthur")
    assert (run.prompt, run.revised_prompt, run.parameters) == ("a red chair", "a chair, red", RECIPE["parameters"])
    assert (run.image_model, run.gateway, run.model_name) == (flux_kontext, flux_kontext.gateway, "FLUX Kontext")
    assert (run.spec, run.spec_hash) == (flux_kontext.spec_json, flux_kontext.spec_hash)
    assert (run.cost, run.cost_unit, run.is_simulated, image.is_simulated) == (Decimal("0.04"), "usd", True, True)
    assert (image.model_key, image.gateway_slug) == ("routellm/flux_kontext", "routellm")
    assert image.note == "According to its file made by Somebody Else on 4 May 2026."
    assert image.thumbnail_widths


def test_what_was_imported_is_found_on_the_wall_by_its_words_and_run_again_from_its_page(
    as_bea: Client, flux_kontext: ImageModel
) -> None:
    send(as_bea, ("chair.png", with_recipe()), ("holiday in rome.png", factories.png("gold")))
    image = Image.objects.exclude(generation=None).get()

    assert image.get_absolute_url() in as_bea.get("/library/?q=red+chair").content.decode()
    assert Image.objects.get(generation=None).get_absolute_url() in as_bea.get("/library/?q=rome").content.decode()
    assert "a red chair" in as_bea.get(image.get_absolute_url()).content.decode()
    form = as_bea.get(f"/?generation={image.generation_id}").content.decode()
    assert "a red chair</textarea>" in form and 'value="4711"' in form
    assert image.generation_id and f"generation-{image.generation_id}" not in as_bea.get("/").content.decode()


def test_the_recipe_of_an_unknown_model_is_kept_all_the_same(as_bea: Client, shipped: None) -> None:
    spec = [{"name": "seed", "type": "integer", "label": "Seed"}]
    send(as_bea, ("a.png", with_recipe(model="elsewhere/old-model", model_name="", spec=spec, cost=None)))

    run = Generation.objects.get()
    assert (run.image_model, run.gateway, run.gateway_slug, run.model_id) == (None, None, "elsewhere", "old-model")
    assert (run.model_name, run.spec, run.cost) == ("old-model", spec, None)
    assert as_bea.get(f"/images/{Image.objects.get().pk}/").status_code == 200
    assert as_bea.get(f"/?generation={run.pk}").status_code == 200


@pytest.mark.parametrize(
    ("name", "cleaned"),
    [
        ("holiday in rome.png", "holiday in rome"),
        ("../../etc/passwd.png", "passwd"),
        ("C:\\Users\\bea\\chair.final.png", "chair.final"),
        ("\u202egnp.exe.png", "gnp.exe"),
        ("line\nbreak\x07.png", "linebreak"),
        (".png", "png"),
        ("..", ""),
        ("椅子.png", "椅子"),
        ("n" * 300 + ".png", "n" * 200),
    ],
)
def test_a_files_name_loses_its_folders_its_ending_and_what_cannot_be_seen(name: str, cleaned: str) -> None:
    assert clean_name(name) == cleaned


def test_a_picture_without_recipe_is_called_as_its_file_and_its_note_is_left_to_the_team(as_bea: Client) -> None:
    send(as_bea, ("../../holiday in rome.png", factories.png()))

    image = Image.objects.get()
    assert (image.generation, image.note, image.imported_name) == (None, "", "holiday in rome")
    assert 'alt="holiday in rome"' in as_bea.get("/library/").content.decode()
    page = as_bea.get(image.get_absolute_url())
    assert page.context["note"] == ""
    assert "<title>holiday in rome" in page.content.decode() and "<bdi>holiday in rome</bdi>" in page.content.decode()
    download = as_bea.get(f"/images/{image.pk}/download/")
    assert "holiday-in-rome" in download["Content-Disposition"] and factories.read_stream(download)
    as_bea.post(f"/images/{image.pk}/note/", {"note": "too blue", "before": ""})
    assert image.get_absolute_url() in as_bea.get("/library/?q=rome+blue").content.decode()


def test_the_same_bytes_of_one_person_are_the_same_picture_again(as_bea: Client, as_chi: Client) -> None:
    for client, sentence in ((as_bea, "Added"), (as_bea, "Already here"), (as_chi, "Added")):
        assert f">{sentence}</span>" in send(client, ("a.png", factories.png())).content.decode()

    assert Image.objects.count() == 2


def test_ones_own_picture_that_was_taken_away_as_it_came_is_known_again(
    as_bea: Client, bea: User, flux_kontext: ImageModel
) -> None:
    image = factories.create_picture(bea, flux_kontext)
    content = factories.read_stream(as_bea.get(f"/images/{image.pk}/download/"))

    response = send(as_bea, ("back.png", content))

    assert "Already here" in response.content.decode() and image.get_absolute_url() in response.content.decode()
    assert Image.objects.count() == 1


def test_an_export_is_no_dead_end(as_bea: Client, as_chi: Client, bea: User, flux_kontext: ImageModel) -> None:
    image = factories.create_picture(bea, flux_kontext, "a red chair", parameters={"seed": 7})
    copy = factories.read_stream(as_bea.get(f"/images/{image.pk}/download/?format=webp&side=32"))

    send(as_chi, ("copy.webp", copy))

    back = Image.objects.get(source="imported")
    assert back.generation and image.generation
    assert (back.generation.prompt, back.generation.parameters) == ("a red chair", image.generation.parameters)
    assert (back.generation.spec_hash, back.width) == (image.generation.spec_hash, 32)
    assert back.note.startswith("According to its file made by Bea Arthur on ")


@pytest.mark.parametrize(
    ("wanted", "visibility"), [("private", "private"), ("team", "team"), ("world", "team"), ("", "team")]
)
def test_who_imports_says_who_sees_it(
    as_bea: Client, as_chi: Client, flux_kontext: ImageModel, wanted: str, visibility: str
) -> None:
    send(as_bea, ("a.png", with_recipe()), visibility=wanted)

    image = Image.objects.get()
    assert image.generation and (image.visibility, image.generation.visibility) == (visibility, visibility)
    assert as_chi.get(image.get_absolute_url()).status_code == (404 if visibility == "private" else 200)


@pytest.mark.parametrize(
    ("content", "sentence"),
    [
        (b"", "empty"),
        (b"<html>", "not a picture"),
        (corpus.svg(inside="<path/>"), "Only PNG, JPEG and WebP"),
        (corpus.animated("GIF", 2), "Only PNG, JPEG and WebP"),
        (factories.png()[:60], "damaged"),
        (b"BM\0\0\0\0\0\0\0\0", "BMP"),
    ],
)
def test_what_is_not_taken_says_why_and_leaves_nothing(as_bea: Client, content: bytes, sentence: str) -> None:
    response = send(as_bea, ("a.png", content), is_script=True)

    assert response.status_code == 422
    assert sentence in response.content.decode() and "<html" not in response.content.decode()
    assert not Image.objects.exists()


def test_one_bad_file_among_many_stops_no_other(as_bea: Client, flux_kontext: ImageModel) -> None:
    response = send(as_bea, ("a.png", factories.png()), ("b.txt", b"words"), ("c.png", with_recipe()))

    assert response.status_code == 200
    assert "3 files, 1 with its recipe, 1 refused" in response.content.decode()
    assert Image.objects.count() == 2


def test_a_form_without_files_says_so(as_bea: Client) -> None:
    response = as_bea.post("/import/", {})

    assert response.status_code == 422
    assert "No file was chosen" in response.content.decode()


@pytest.mark.parametrize(
    "changes",
    [
        {"proofsheet": 2},
        {"prompt": {"a": 1}},
        {"prompt": "a" * 32_001},
        {"model": "<script>alert(1)</script>\n/x"},
        {"model": ["routellm/flux_kontext"]},
    ],
)
def test_a_recipe_that_is_none_is_no_recipe(as_bea: Client, changes: dict[str, Any]) -> None:
    send(as_bea, ("odd.png", with_recipe(**changes)))

    image = Image.objects.get()
    assert image.generation is None and image.imported_name == "odd"


HOSTILE: list[dict[str, Any]] = [
    {"parameters": "seed"},
    {"parameters": {"seed": {"a": 1}, "aspect_ratio": [["x"]], "guidance_scale": "<b>", "images": ["1", "2"]}},
    {"parameters": {"aspect_ratio": ["3:2", None, True], "seed": None, "num_images": "many", "image_size": [1]}},
    {"parameters": {"size": 5, "seed": "not a number", "n": [9]}},
    {"spec": [{"name": "prompt", "type": "text"}]},
    {"spec": {"a": 1}, "cost": "1e400", "cost_unit": "bitcoin please", "made_at": "never", "owner_name": "<b>\n"},
    {"prompt": "<script>alert(1)</script>", "model_name": "<img src=x onerror=alert(1)>", "kind": "analysis"},
    {"model": "routellm/" + "x" * 200, "revised_prompt": 5, "is_simulated": "yes"},
    {"prompt": ""},
]


@pytest.mark.parametrize("changes", HOSTILE)
def test_a_hostile_recipe_breaks_no_page(as_bea: Client, flux_kontext: ImageModel, changes: dict[str, Any]) -> None:
    send(as_bea, ("odd.png", with_recipe(**changes)))

    image = Image.objects.get()
    assert image.generation and image.generation.kind == "image"
    for path in (
        image.get_absolute_url(),
        f"/generations/{image.generation_id}/",
        f"/?generation={image.generation_id}",
        "/library/?stacks=off",
        "/history/",
        "/",
    ):
        response = as_bea.get(path)
        assert response.status_code == 200, path
        assert "<script>alert" not in response.content.decode() and "<img src=x" not in response.content.decode()
    again = as_bea.get(f"/images/{image.pk}/download/?format=png")
    assert again.status_code == 200 and factories.read_stream(again)


def test_a_recipe_packed_to_burst_is_left_out(as_bea: Client) -> None:
    bomb = b"proofsheet\0\1\0\0\0" + zlib.compress(b'{"proofsheet":1,"prompt":"' + b"A" * 2 * 1024**2)
    send(as_bea, ("bomb.png", corpus.insert_png_chunk(factories.png(), b"iTXt", bomb)))

    assert [image.generation for image in Image.objects.all()] == [None]


def test_what_decoders_forgive_is_taken_without_a_recipe(as_bea: Client) -> None:
    send(as_bea, ("odd.jpg", EVERY[formats.JPEG].replace(b"\xff\xd9", b"\xff\x01\xff\xd9")))

    assert [(image.generation, image.imported_name) for image in Image.objects.all()] == [(None, "odd")]


def test_the_page_is_for_who_is_signed_in(as_bea: Client) -> None:
    assert Client().get("/import/").status_code == 302
    assert Client().post("/import/").status_code == 302
    page = as_bea.get("/import/").content.decode()
    assert "up to 500 at once" in page and 'href="/import/"' in as_bea.get("/library/").content.decode()


def test_a_script_is_answered_with_the_line_alone(as_bea: Client) -> None:
    answer = send(as_bea, ("a.png", factories.png()), is_script=True).content.decode()

    assert answer.strip().startswith("<li") and answer.count("<li") == 1
