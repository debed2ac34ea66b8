"""The way of one generation, from the form to the picture page. Read this file first."""

import json
from typing import Any

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext

from gallery.models import Gateway, Generation, Image, ImageModel, User
from tests import factories
from tests.fake_gateway import FakeGateway

FORM = {"model": "routellm/flux_kontext", "prompt": "a red chair", "mode": "max", "aspect_ratio": "16:9"}


def test_a_form_becomes_a_request_and_its_answer_a_picture(
    routellm: Gateway, fake_gateway: FakeGateway, as_bea: Client, bea: User
) -> None:
    fake_gateway.will_send_image(count=2)
    response = as_bea.post("/", {**FORM, "num_images": "2", "seed": "7", "rewrite_prompt": "true"})
    assert response.status_code == 302

    request = fake_gateway.requests[0]
    assert request.path == "/v1/chat/completions"
    assert request.headers["authorization"] == "Bearer sk-test-0123456789abcdef"
    assert request.json == {
        "model": "flux_kontext",
        "messages": [{"role": "user", "content": "a red chair"}],
        "modalities": ["image"],
        "image_config": {"mode": "max", "aspect_ratio": "16:9", "num_images": 2, "seed": 7, "rewrite_prompt": True},
    }

    generation = Generation.objects.get()
    assert (generation.status, generation.owner, generation.is_simulated) == ("succeeded", bea, False)
    assert (str(generation.cost), generation.cost_unit) == ("150.000000", "points")
    assert generation.images.count() == 2
    assert "base64" not in json.dumps(generation.reply) or "characters" in json.dumps(generation.reply)

    picture = generation.images.first()
    assert picture
    page = as_bea.get(f"/images/{picture.pk}/").content.decode()
    for words in ("a red chair", "FLUX Kontext", "16:9", "Max", "150 points", "Bea Arthur"):
        assert words in page


def test_hosted_pictures_are_fetched_at_once_and_without_the_key(
    routellm: Gateway, fake_gateway: FakeGateway, as_bea: Client
) -> None:
    fake_gateway.will_send_image(as_url=True)
    as_bea.post("/", FORM)
    assert Generation.objects.get().status == "succeeded"
    assert len(fake_gateway.fetches) == 1
    assert "authorization" not in fake_gateway.fetches[0].headers


def test_a_bad_form_comes_back_whole_with_the_error_beside_its_field(
    routellm: Gateway, fake_gateway: FakeGateway, as_bea: Client
) -> None:
    response = as_bea.post("/", {**FORM, "aspect_ratio": "5:7", "guidance_scale": "99", "seed": "12"})
    page = response.content.decode()
    assert response.status_code == 422
    assert "a red chair" in page
    assert 'value="12"' in page
    assert "Aspect ratio takes one of" in page
    assert "takes 1 to 20" in page
    assert not fake_gateway.requests
    assert not Generation.objects.exists()


def test_htmx_gets_the_form_alone_when_it_is_bad_and_the_new_tile_when_it_is_good(
    routellm: Gateway, as_bea: Client
) -> None:
    bad = as_bea.post("/", {**FORM, "prompt": ""}, headers={"HX-Request": "true"})
    assert bad.status_code == 422
    assert "<html" not in bad.content.decode()
    assert 'id="studio-form"' in bad.content.decode()
    good = as_bea.post("/", FORM, headers={"HX-Request": "true"})
    assert good.status_code == 200
    assert f'id="generation-{Generation.objects.get().pk}"' in good.content.decode()


def test_one_submission_is_one_call_however_often_it_is_posted(
    routellm: Gateway, fake_gateway: FakeGateway, as_bea: Client
) -> None:
    for _ in range(3):
        assert as_bea.post("/", {**FORM, "submission": "0123456789abcdef"}).status_code == 302
    assert len(fake_gateway.requests) == 1
    assert Generation.objects.count() == 1


def test_run_again_repeats_everything_and_remembers_where_it_came_from(
    routellm: Gateway, fake_gateway: FakeGateway, as_bea: Client, as_chi: Client
) -> None:
    as_bea.post("/", {**FORM, "image_prompt": factories.upload()})
    first = Generation.objects.get()
    as_chi.post(f"/generations/{first.pk}/run-again/")
    before, after = fake_gateway.requests
    assert before.json == after.json
    second = Generation.objects.exclude(pk=first.pk).get()
    assert (second.made_from, second.owner and second.owner.username) == (first, "chi")


def test_edit_and_run_fills_the_form(routellm: Gateway, as_bea: Client) -> None:
    as_bea.post("/", {**FORM, "seed": "4711", "image_prompt": factories.upload()})
    page = as_bea.get(f"/?generation={Generation.objects.get().pk}").content.decode()
    assert "a red chair" in page
    assert 'value="4711"' in page
    upload = Image.objects.get(source="uploaded")
    assert f'name="image_prompt_images" value="{upload.pk}"' in page


def test_without_any_key_the_sandbox_answers_and_says_so(shipped: None, as_bea: Client) -> None:
    as_bea.post("/", FORM)
    generation = Generation.objects.get()
    assert (generation.status, generation.is_simulated) == ("succeeded", True)
    picture = generation.images.get()
    assert picture.is_simulated
    for url in ("/", "/library/", "/history/", f"/images/{picture.pk}/", f"/generations/{generation.pk}/"):
        assert "simulated" in as_bea.get(url).content.decode().lower()


def test_a_gateway_that_ever_had_a_key_never_falls_back_to_the_sandbox(
    routellm: Gateway, fake_gateway: FakeGateway, as_bea: Client
) -> None:
    routellm.api_keys.all().delete()
    as_bea.post("/", FORM)
    generation = Generation.objects.get()
    assert (generation.status, generation.error_kind) == ("failed", "key_refused")
    assert "no API key that works" in generation.error_sentence
    assert not fake_gateway.requests
    assert not Image.objects.exists()


def test_a_gateway_that_is_switched_off_refuses(routellm: Gateway, fake_gateway: FakeGateway, as_bea: Client) -> None:
    Gateway.objects.filter(pk=routellm.pk).update(is_enabled=False)
    response = as_bea.post("/", FORM, headers={"HX-Request": "true"})
    page = response.content.decode()
    assert response.status_code == 422
    assert "no longer offered" in page
    assert "a red chair" in page
    assert "<html" not in page
    assert not fake_gateway.requests
    assert not Generation.objects.exists()


def test_a_submission_looks_back_for_what_a_lost_poll_had_found(
    routellm: Gateway, fake_gateway: FakeGateway, as_bea: Client
) -> None:
    as_bea.post("/", FORM)
    first = Generation.objects.get()
    page = as_bea.post("/", FORM, headers={"HX-Request": "true"}).content.decode()
    live = page.split('hx-get="/studio/live/')[1].split('"')[0].replace("&amp;", "&")
    assert f'id="generation-{first.pk}"' in as_bea.get(f"/studio/live/{live}").content.decode()


def test_a_vector_is_refused_as_a_reference_before_the_run(routellm: Gateway, as_bea: Client) -> None:
    svg = b'<svg xmlns="http://www.w3.org/2000/svg" width="9" height="9"/>'
    file = SimpleUploadedFile("x.svg", svg, content_type="image/svg+xml")
    response = as_bea.post("/uploads/", {"model": "routellm/flux_kontext", "parameter": "image_prompt", "file": file})
    assert response.status_code == 422
    assert "SVG cannot be a reference" in response.content.decode()


def test_a_reference_switches_off_what_the_model_then_ignores(
    routellm: Gateway, fake_gateway: FakeGateway, as_bea: Client
) -> None:
    form = {**FORM, "image_prompt": factories.upload(), "seed": "7", "guidance_scale": "5", "num_images": "3"}
    as_bea.post("/", form)
    sent = fake_gateway.requests[0].json
    assert sent["image_config"] == {"mode": "max", "aspect_ratio": "16:9", "rewrite_prompt": False}
    text, picture = sent["messages"][0]["content"]
    assert text == {"type": "text", "text": "a red chair"}
    assert picture["image_url"]["url"].startswith("data:image/png;base64,")
    assert Generation.objects.get().image_count == 1


def test_an_edit_model_demands_its_picture(routellm: Gateway, fake_gateway: FakeGateway, as_bea: Client) -> None:
    response = as_bea.post("/", {"model": "routellm/flux_kontext_edit", "prompt": "make it blue"})
    assert response.status_code == 422
    assert "works from a picture" in response.content.decode()


def test_midjourney_refuses_addresses_and_flags(routellm: Gateway, fake_gateway: FakeGateway, as_bea: Client) -> None:
    form = {"model": "routellm/midjourney", "prompt": "a cat --ar 16:9", "negative_prompt": "https://x.test"}
    page = as_bea.post("/", form).content.decode()
    assert "--flags" in page
    assert "web addresses" in page
    assert not fake_gateway.requests


@pytest.mark.parametrize("count", [2, 14])
def test_more_pictures_than_the_spec_takes_are_refused(routellm: Gateway, as_bea: Client, count: int) -> None:
    files = [factories.upload(f"{number}.png", f"#{16 * number:02x}2040") for number in range(count)]
    target = {"model": "routellm/nano_banana2", "parameter": "image_prompt"}
    for file in files:
        assert as_bea.post("/uploads/", {**target, "file": file}).status_code == 200
    ids = list(Image.objects.values_list("pk", flat=True))
    form = {"model": "routellm/flux_pro_ultra", "prompt": "x", "image_prompt_images": ids}
    response = as_bea.post("/", form)
    assert response.status_code == 422
    assert "takes one picture" in response.content.decode()


def test_a_file_that_is_no_picture_is_refused_and_the_form_kept(routellm: Gateway, as_bea: Client) -> None:
    bad = SimpleUploadedFile("cat.png", b"<html>not a picture</html>", content_type="image/png")
    response = as_bea.post("/", {**FORM, "image_prompt": bad})
    assert response.status_code == 422
    assert "not a picture" in response.content.decode()
    assert "a red chair" in response.content.decode()


def test_changing_the_model_keeps_what_fits_and_says_what_does_not(shipped: None, as_bea: Client) -> None:
    form = {**FORM, "model": "routellm/flux_pro_ultra", "previous_model": "routellm/flux_kontext", "seed": "9"}
    page = as_bea.post("/studio/form/", {**form, "guidance_scale": "7"}).content.decode()
    assert "a red chair" in page
    assert 'value="9"' in page
    assert "Left out" in page
    assert "Guidance scale 7" in page
    assert "Mode" in page.split("Left out")[1][:80]


def test_the_picture_goes_to_the_trash_and_back(
    routellm: Gateway, as_bea: Client, bea: User, flux_kontext: ImageModel
) -> None:
    picture = factories.create_picture(bea, flux_kontext, "a lonely lighthouse")
    as_bea.post(f"/images/{picture.pk}/trash/")
    assert "lighthouse" not in as_bea.get("/library/").content.decode()
    assert "lighthouse" in as_bea.get("/library/?show=trash").content.decode()
    assert "lighthouse" in as_bea.get("/history/").content.decode()
    as_bea.post(f"/images/{picture.pk}/restore/")
    assert "lighthouse" in as_bea.get("/library/").content.decode()


def test_history_survives_the_deletion_of_model_key_gateway_and_person(
    routellm: Gateway, as_bea: Client, as_chi: Client, bea: User
) -> None:
    as_bea.post("/", FORM)
    ImageModel.objects.all().delete()
    Gateway.objects.all().delete()
    bea.delete()
    page = as_chi.get("/history/").content.decode()
    for words in ("a red chair", "FLUX Kontext", "Bea Arthur"):
        assert words in page
    assert as_chi.get(f"/generations/{Generation.objects.get().pk}/").status_code == 200


SEARCHES = [
    ("chair", True),
    ("CHAIR", True),
    ("cha", True),
    ("red chair", True),
    ("chair red", True),
    ("chair blue", False),
    ("hair", False),
    ("café", True),
    ("cafe", True),
    ("椅", True),
    ("椅子", True),
    ("子椅", False),
    ("いす", True),
    ("kontext", True),
    ('"', False),
    ("chair OR", False),
    ("a* AND (", False),
    ("%", False),
    ("'; DROP TABLE gallery_search; --", False),
    ("\x00", True),
    ("x" * 5000, False),
]


@pytest.mark.parametrize(("query", "is_found"), SEARCHES)
@pytest.mark.parametrize("page", ["/library/", "/history/"])
def test_search_finds_words_in_any_script_and_never_fails(
    query: str, is_found: bool, page: str, as_bea: Client, bea: User, flux_kontext: ImageModel
) -> None:
    factories.create_picture(bea, flux_kontext, "a red chair in a Café, 赤い椅子 いす")
    response = as_bea.get(page, {"q": query})
    assert response.status_code == 200
    assert ("赤い椅子" in response.content.decode()) == is_found


@pytest.mark.parametrize("page", ["/library/", "/history/", "/"])
def test_pages_ask_the_database_as_often_for_many_rows_as_for_few(
    page: str, as_bea: Client, bea: User, flux_kontext: ImageModel, django_assert_max_num_queries: Any
) -> None:
    factories.create_picture(bea, flux_kontext)
    as_bea.get(page)
    with CaptureQueriesContext(connection) as few:
        as_bea.get(page)
    for number in range(12):
        factories.create_picture(bea, flux_kontext, f"chair {number}", colour=f"#{number:02x}8090")
    with django_assert_max_num_queries(len(few)):
        as_bea.get(page)


def test_a_vector_is_shown_and_served_as_an_attachment_that_can_run_nothing(shipped: None, as_bea: Client) -> None:
    as_bea.post("/", {"model": "routellm/recraft_svg", "prompt": "a fern"})
    picture = Image.objects.get()
    assert picture.media_type == "image/svg+xml"
    page = as_bea.get(f"/images/{picture.pk}/").content.decode()
    assert f'<img src="/media/{picture.sha256}/original"' in page
    response = as_bea.get(f"/media/{picture.sha256}/original")
    assert b"<svg" in factories.read_stream(response)
    assert response["Content-Disposition"].startswith("attachment")
    assert "sandbox" in response["Content-Security-Policy"]
