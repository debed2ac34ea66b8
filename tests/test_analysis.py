"""Ask about pictures: the question travels with the pictures, the answer is kept with them and found like a prompt."""

import pytest
from django.test import Client

from gallery.models import Gateway, Generation, Image, ImageModel, User
from tests import factories
from tests.fake_gateway import FakeGateway

QUESTION = {"model": "routellm/route-llm", "prompt": "What is this?"}


@pytest.fixture
def picture(bea: User, flux_kontext: ImageModel) -> Image:
    return factories.create_picture(bea, flux_kontext)


def test_question_and_pictures_travel_and_the_answer_is_kept_with_them(
    routellm: Gateway, fake_gateway: FakeGateway, as_bea: Client, as_chi: Client, picture: Image
) -> None:
    fake_gateway.will_send_text("A teal rectangle, quite alone.")
    upload = factories.upload("other.png", "navy")
    response = as_bea.post("/analysis/", {**QUESTION, "images_images": picture.pk, "images": upload})
    assert response.status_code == 302
    sent = fake_gateway.requests[0].json
    assert sent["model"] == "route-llm"
    assert "modalities" not in sent
    assert [part["type"] for part in sent["messages"][0]["content"]] == ["text", "image_url", "image_url"]

    generation = Generation.objects.latest("pk")
    assert (generation.kind, generation.status) == ("analysis", "succeeded")
    assert generation.inputs.count() == 2
    record = as_bea.get(response["Location"]).content.decode()
    assert "quite alone" in record
    assert "Ask again" in record
    assert "quite alone" in as_chi.get(f"/images/{picture.pk}/").content.decode()
    assert "What is this?" in as_chi.get("/history/?q=rectangle").content.decode()


def test_ask_again_starts_with_the_same_pictures_and_model(
    routellm: Gateway, fake_gateway: FakeGateway, as_bea: Client, picture: Image
) -> None:
    fake_gateway.will_send_text("A rectangle.")
    as_bea.post("/analysis/", {**QUESTION, "model": "routellm/gpt-4o", "images_images": picture.pk})
    page = as_bea.get(f"/analysis/?generation={Generation.objects.latest('pk').pk}").content.decode()
    assert f'name="images_images" value="{picture.pk}"' in page
    assert 'value="routellm/gpt-4o" selected' in page


def test_the_sandbox_answers_with_the_plain_facts_of_the_picture(shipped: None, as_bea: Client, picture: Image) -> None:
    as_bea.post("/analysis/", {**QUESTION, "images_images": picture.pk})
    generation = Generation.objects.latest("pk")
    assert generation.is_simulated
    assert "64 × 48" in generation.answer
    assert "teal" in generation.answer.lower()


@pytest.mark.parametrize(
    ("change", "sentence"),
    [
        ({"prompt": ""}, "Write what you want to know"),
        ({"images_images": ""}, "at least one picture"),
        ({"images_images": "999999"}, "no longer there"),
        ({"model": "routellm/flux_pro"}, "not offered"),
    ],
)
def test_a_bad_question_comes_back_whole(
    routellm: Gateway, as_bea: Client, picture: Image, change: dict[str, str], sentence: str
) -> None:
    form = {**QUESTION, "images_images": str(picture.pk), "visibility": "private", **change}
    response = as_bea.post("/analysis/", form)
    assert response.status_code == 422
    assert sentence in response.content.decode()


def test_an_answer_without_words_is_a_failure(
    routellm: Gateway, fake_gateway: FakeGateway, as_bea: Client, picture: Image
) -> None:
    fake_gateway.will_send_text("")
    as_bea.post("/analysis/", {**QUESTION, "images_images": picture.pk})
    assert Generation.objects.latest("pk").status == "failed"


def test_a_picture_becomes_a_reference_and_both_know_of_each_other(
    routellm: Gateway, fake_gateway: FakeGateway, as_bea: Client, picture: Image
) -> None:
    page = as_bea.get(f"/?reference={picture.pk}").content.decode()
    assert f'name="image_prompt_images" value="{picture.pk}"' in page
    form = {"model": "routellm/flux_kontext", "prompt": "the same in blue", "image_prompt_images": picture.pk}
    assert as_bea.post("/", form).status_code == 302
    made = Generation.objects.latest("pk").images.get()
    assert "Used in 1" in as_bea.get(f"/images/{picture.pk}/").content.decode()
    assert f"/images/{picture.pk}/" in as_bea.get(f"/images/{made.pk}/").content.decode()


@pytest.mark.parametrize(
    "address",
    [
        "http://127.0.0.1/x.png",
        "http://[::1]/x.png",
        "http://169.254.169.254/latest",
        "http://localhost/x.png",
        "file:///etc/passwd",
        "https://user:pw@127.0.0.1/x.png",
        "nonsense",
    ],
)
def test_a_reference_from_an_address_of_our_own_network_is_refused(shipped: None, as_bea: Client, address: str) -> None:
    data = {"model": "routellm/flux_kontext", "parameter": "image_prompt", "address": address}
    response = as_bea.post("/uploads/", data)
    assert response.status_code == 422
    assert "address" in response.content.decode()


def test_the_fake_gateway_cannot_be_read_as_a_reference_either(
    shipped: None, fake_gateway: FakeGateway, as_bea: Client
) -> None:
    address = fake_gateway.will_serve(factories.png())
    data = {"model": "routellm/flux_kontext", "parameter": "image_prompt", "address": address}
    assert as_bea.post("/uploads/", data).status_code == 422
    assert not fake_gateway.fetches


def test_a_picture_of_the_library_is_chosen_by_its_id(
    shipped: None, as_bea: Client, as_chi: Client, picture: Image
) -> None:
    data = {"model": "routellm/flux_kontext", "parameter": "image_prompt", "image": picture.pk}
    assert f'value="{picture.pk}"' in as_chi.post("/uploads/", data).content.decode()
    Image.objects.update(visibility="private")
    assert as_chi.post("/uploads/", data).status_code == 422
    assert str(picture.sha256) in as_bea.get("/library/pick/?q=chair").content.decode()
    assert str(picture.sha256) not in as_chi.get("/library/pick/").content.decode()


def test_a_vector_cannot_be_sent_and_the_sentence_says_so(
    routellm: Gateway, fake_gateway: FakeGateway, as_bea: Client, picture: Image
) -> None:
    Image.objects.update(media_type="image/svg+xml")
    as_bea.post("/analysis/", {**QUESTION, "images_images": picture.pk})
    generation = Generation.objects.latest("pk")
    assert generation.status == "failed"
    assert "reference picture" in generation.error_sentence
    assert not fake_gateway.requests
