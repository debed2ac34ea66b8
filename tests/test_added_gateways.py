"""A gateway that an administrator added: from its form to pictures, answers and the endpoint, and what is left without it."""

import json
import re
from typing import Any
from urllib.parse import urlencode

import pytest
from django.test import Client

from gallery.admin import added_gateways
from gallery.gateway.dialects import DIALECTS
from gallery.gateway.sandbox.forms import read_form
from gallery.models import APIKey, Budget, Gateway, Generation, Image, ImageModel, Preset, User
from gallery.services import claims, runs, tokens
from tests import factories
from tests.admin import pages
from tests.admin.pages import CANARY
from tests.endpoint.script import Script
from tests.fake_gateway import FakeGateway, data_url, image_entry, make_picture

LISTED = ["flux-dev", "llava", "gemini-2.5-flash-image", "text-embedding-3-small", "whisper-1"]


def add(client: Client, fake_gateway: FakeGateway, **changes: Any) -> Any:
    fields = {
        "name": "Studio server",
        "slug": "studio-server",
        "dialect": "openai",
        "base_url": fake_gateway.base_url,
        "needs_no_key": "on",
        "api_key": "",
    }
    return client.post(pages.add_page("gateway"), pages.without_none(fields | changes), follow=True)


def offer(client: Client, fake_gateway: FakeGateway, *model_ids: str) -> Gateway:
    """Add the server, ask for its models and take some of them over, all as an administrator does it."""
    fake_gateway.will_serve(json.dumps({"data": [{"id": one} for one in LISTED]}).encode(), path="/v1/models")
    add(client, fake_gateway)
    gateway = Gateway.objects.get(slug="studio-server")
    pages.take_over(client, gateway, *model_ids)
    return gateway


def send_picture(fake_gateway: FakeGateway, **entry: Any) -> None:
    inline = data_url(make_picture()).partition(",")[2]
    fake_gateway.will_send(
        json={"created": 1, "data": [entry or {"b64_json": inline, "revised_prompt": "A red chair, of oak"}]},
        headers={"x-litellm-response-cost": "0.042"},
    )


def run(client: Client, model_id: str = "flux-dev", **fields: Any) -> Generation:
    client.post("/", {"model": f"studio-server/{model_id}", "prompt": "a red chair", **fields})
    return Generation.objects.latest("pk")


# Adding --------------------------------------------------------------------------------------------------------------


def test_a_server_is_added_tested_and_its_models_are_found_and_offered(
    shipped: None, as_ada: Client, as_bea: Client, fake_gateway: FakeGateway
) -> None:
    gateway = offer(as_ada, fake_gateway, "flux-dev")
    assert (gateway.dialect, gateway.base_url, gateway.needs_no_key) == ("openai", fake_gateway.base_url, True)
    assert [(row.model_id, row.surface) for row in gateway.image_models.all()] == [("flux-dev", "images")]
    page = as_ada.post(pages.button(gateway, "list"), follow=True).content.decode()
    shown = set(re.findall(r'name="model" value="([^"]+)"', page))
    assert shown == {"llava", "gemini-2.5-flash-image"}

    page = as_ada.post(pages.button(gateway, "test"), follow=True).content.decode()
    assert "Studio server: The server took the key, if it asks for one, and lists 5 models." in page
    listed = as_ada.get(pages.list_page("gateway")).content.decode().partition(">Studio server</a>")[2]
    assert "Works</p>" in listed and "needs no key" in listed
    assert {request.headers.get("authorization") for request in fake_gateway.fetches} == {None}

    studio = as_bea.get("/?model=studio-server/flux-dev").content.decode()
    for field in ('name="n"', 'name="size"', 'name="quality"', 'name="seed"', 'data-parameter="mask"'):
        assert field in studio


def test_the_new_gateways_own_page_follows_its_form(shipped: None, as_ada: Client, fake_gateway: FakeGateway) -> None:
    response = add(as_ada, fake_gateway, base_url=fake_gateway.origin)
    assert response.redirect_chain[-1][0] == pages.change_page(Gateway.objects.get(slug="studio-server"))
    page = response.content.decode()
    assert "Which models are there?" in page
    assert "travel unencrypted" in page


@pytest.mark.parametrize("dialect", ["openai", "openrouter", "openroute", "llmgateway", "routellm"])
def test_until_it_has_a_key_the_sandbox_answers_for_it(
    dialect: str, shipped: None, as_ada: Client, as_bea: Client, fake_gateway: FakeGateway
) -> None:
    add(as_ada, fake_gateway, needs_no_key=None, dialect=dialect)
    gateway = Gateway.objects.get(slug="studio-server")
    ImageModel.objects.create(gateway=gateway, model_id="anything", name="Anything", modalities=["image"])
    generation = run(as_bea, "anything")
    assert (generation.status, generation.is_simulated) == ("succeeded", True)
    assert not fake_gateway.requests


def test_its_key_is_sent_to_it_and_once_there_was_one_the_sandbox_is_over(
    shipped: None, as_ada: Client, as_bea: Client, fake_gateway: FakeGateway
) -> None:
    page = add(as_ada, fake_gateway, needs_no_key=None, api_key=CANARY).content.decode()
    assert CANARY not in page
    gateway = Gateway.objects.get(slug="studio-server")
    ImageModel.objects.create(gateway=gateway, model_id="m", name="M", surface="images", modalities=["image"])
    send_picture(fake_gateway)
    assert run(as_bea, "m").status == "succeeded"
    assert fake_gateway.requests[0].headers["authorization"] == f"Bearer {CANARY}"
    APIKey.objects.all().delete()
    assert run(as_bea, "m").error_kind == "key_refused"
    assert len(fake_gateway.requests) == 1


def test_save_and_test_says_what_it_proved(shipped: None, as_ada: Client, fake_gateway: FakeGateway) -> None:
    fake_gateway.will_serve(b'{"data": []}', path="/v1/models")
    page = add(as_ada, fake_gateway, _saveandtest="1").content.decode()
    assert "The server took the key, if it asks for one, and lists 0 models." in page


@pytest.mark.parametrize(
    ("changes", "field", "sentence"),
    [
        ({"slug": "routellm"}, "slug", "“routellm” is taken."),
        ({"slug": "Sandbox"}, "slug", "“sandbox” is taken."),
        ({"slug": "a/b"}, "slug", "Enter a valid “slug”"),
        ({"slug": ""}, "slug", "This field is required."),
        ({"name": ""}, "name", "This field is required."),
        ({"dialect": "klingon"}, "dialect", "Select a valid choice."),
        ({"base_url": ""}, "base_url", "This field is required."),
        ({"base_url": "http://gateway.example/v1"}, "base_url", "because the API key travels with every request"),
        ({"base_url": "https://ada:pw@gateway.example"}, "base_url", "Leave the user name and password out"),
        ({"base_url": "file:///etc/passwd"}, "base_url", "has to start with https://"),
        ({"api_key": CANARY}, "api_key", "Either it needs no key, or this is its key"),
        ({"api_key": "no key at all", "needs_no_key": None}, "api_key", "This does not look like an API key"),
    ],
)
def test_what_cannot_be_a_gateway_is_refused_beside_its_field(
    changes: dict[str, Any], field: str, sentence: str, shipped: None, as_ada: Client, fake_gateway: FakeGateway
) -> None:
    before = Gateway.objects.count()
    response = add(as_ada, fake_gateway, **changes)
    assert sentence in str(response.context["adminform"].form.errors[field])
    assert CANARY not in response.content.decode()
    assert Gateway.objects.count() == before


def test_only_administrators_add_and_remove(
    shipped: None, as_ada: Client, as_bea: Client, fake_gateway: FakeGateway
) -> None:
    add(as_bea, fake_gateway)
    assert not Gateway.objects.filter(slug="studio-server").exists()
    add(as_ada, fake_gateway)
    gateway = Gateway.objects.get(slug="studio-server")
    for path in (pages.delete_page(gateway), pages.button(gateway, "list"), pages.change_page(gateway)):
        as_bea.post(path, {"post": "yes"})
        Client().post(path, {"post": "yes"})
    assert Gateway.objects.filter(slug="studio-server").exists()
    assert not fake_gateway.fetches


# Running -------------------------------------------------------------------------------------------------------------


def test_a_picture_is_made_with_what_was_set_and_has_its_cost(
    shipped: None, as_ada: Client, as_bea: Client, fake_gateway: FakeGateway
) -> None:
    offer(as_ada, fake_gateway, "flux-dev")
    send_picture(fake_gateway)
    generation = run(as_bea, n="1", size="512x512", seed="7")
    (request,) = fake_gateway.requests
    assert request.path == "/v1/images/generations"
    assert request.json == {"model": "flux-dev", "prompt": "a red chair", "size": "512x512", "seed": 7}
    assert (generation.status, generation.is_simulated, generation.request) == ("succeeded", False, request.json)
    assert (str(generation.cost), generation.cost_unit) == ("0.042000", "usd")
    assert generation.revised_prompt == "A red chair, of oak"
    # The picture that came is 24 by 16.
    assert generation.notes == ["Not honoured: Asked for 512 × 512, got 24 × 16."]
    page = as_bea.get(f"/images/{generation.images.get().pk}/").content.decode()
    for words in ("Studio server", "flux-dev", "$0.042"):
        assert words in page


def test_pictures_and_a_mask_go_to_be_edited(
    shipped: None, as_ada: Client, as_bea: Client, bea: User, flux_kontext: ImageModel, fake_gateway: FakeGateway
) -> None:
    offer(as_ada, fake_gateway, "flux-dev")
    picture = factories.create_picture(bea, flux_kontext)
    stored = as_bea.post(
        "/uploads/mask/",
        {
            "model": "studio-server/flux-dev",
            "parameter": "mask",
            "of": picture.pk,
            "file": factories.upload("m.png", "#fff"),
        },
    )
    mask = re.search(r'name="mask_images" value="(\d+)"', stored.content.decode())
    assert mask, stored.content
    send_picture(fake_gateway)
    generation = run(as_bea, image_images=picture.pk, mask_images=mask[1], n="2", seed="7")
    (request,) = fake_gateway.requests
    fields, files = read_form(request.headers["content-type"], request.body)
    assert request.path == "/v1/images/edits"
    assert fields == {"model": "flux-dev", "prompt": "a red chair", "n": "2", "seed": "7"}
    assert {name: len(found) for name, found in files.items()} == {"image": 1, "mask": 1}
    assert (generation.status, generation.inputs.count()) == ("succeeded", 2)
    kept = json.dumps(generation.request)
    assert "image/png" in kept and "bytes" in kept and len(kept) < 500


def test_a_model_that_draws_in_the_chat_and_one_that_looks(
    shipped: None, as_ada: Client, as_bea: Client, bea: User, flux_kontext: ImageModel, fake_gateway: FakeGateway
) -> None:
    offer(as_ada, fake_gateway, "gemini-2.5-flash-image", "llava")
    inline = image_entry(data_url(make_picture()))
    fake_gateway.will_send(json={"choices": [{"message": {"content": "", "images": [inline]}}]})
    assert run(as_bea, "gemini-2.5-flash-image").status == "succeeded"

    picture = factories.create_picture(bea, flux_kontext)
    fake_gateway.will_stream(
        {"choices": [{"index": 0, "delta": {"content": "A teal "}}]},
        {"choices": [{"index": 0, "delta": {"content": "rectangle."}, "finish_reason": "stop"}]},
        {"choices": [], "usage": {"prompt_tokens": 9, "completion_tokens": 3}},
        b"data: [DONE]\n\n",
    )
    question = {"model": "studio-server/llava", "prompt": "What is this?", "images_images": picture.pk}
    as_bea.post("/analysis/", question)
    generation = Generation.objects.latest("pk")
    assert (generation.status, generation.answer, generation.cost) == ("succeeded", "A teal rectangle.", None)
    assert [request.path for request in fake_gateway.requests] == ["/v1/chat/completions"] * 2
    assert "modalities" not in fake_gateway.requests[1].json


def test_a_refused_size_is_mended_by_one_click(
    shipped: None, as_ada: Client, as_bea: Client, fake_gateway: FakeGateway
) -> None:
    offer(as_ada, fake_gateway, "flux-dev")
    message = "Invalid value: '1792x1024'. Supported values are: '1024x1024', '1536x1024', and 'huge'."
    error = {"message": message, "type": "invalid_request_error", "param": "size", "code": "invalid_value"}
    fake_gateway.will_send(400, json={"error": error})
    failed = run(as_bea, size="1792x1024")
    assert failed.error_sentence == (
        "Studio server refused the size 1792x1024: this model takes 1024x1024, 1536x1024, huge. Choose one and run it again."
    )
    assert failed.refused == {"parameter": "size", "values": ["1024x1024", "1536x1024", "huge"]}
    page = as_bea.get("/").content.decode()
    offered = re.findall(rf'href="/\?generation={failed.pk}&amp;take=[^"]+">([^<]+)<', page)
    assert offered == ["Use 1536 × 1024", "Use 1024 × 1024"]
    mended = as_bea.get(f"/?{urlencode({'generation': failed.pk, 'take': '1536x1024'})}").content.decode()
    assert "Size is now 1536 × 1024. Press Generate." in mended


@pytest.mark.django_db(transaction=True)
def test_the_endpoint_serves_its_models(shipped: None, as_ada: Client, bea: User, fake_gateway: FakeGateway) -> None:
    offer(as_ada, fake_gateway, "flux-dev")
    script = Script(tokens.create_token(owner=bea, name="Packshot script")[1])
    send_picture(fake_gateway)
    answer = script.post(
        "/v1/images/generations", {"model": "studio-server/flux-dev", "prompt": "a chair", "size": "512x512"}
    )
    assert (answer.status, len(answer.json["data"])) == (200, 1)
    send_picture(fake_gateway)
    answer = script.chat(model="studio-server/flux-dev")
    assert (answer.status, answer.json["provider"]) == (200, "studio-server")
    assert answer.json["usage"]["cost"] == 0.042
    assert [request.path for request in fake_gateway.requests] == ["/v1/images/generations"] * 2
    assert "studio-server/flux-dev" in script.get("/v1/models").body.decode()


# Where its requests may lead -----------------------------------------------------------------------------------------


def test_its_pictures_come_from_its_own_host_and_port_and_from_no_other_of_this_machine(
    shipped: None, as_ada: Client, as_bea: Client, fake_gateway: FakeGateway
) -> None:
    offer(as_ada, fake_gateway, "flux-dev")
    send_picture(fake_gateway, url=fake_gateway.will_serve(make_picture()))
    assert run(as_bea).status == "succeeded"

    with FakeGateway() as other:
        elsewhere = other.will_serve(make_picture())
        away = fake_gateway.will_serve(status=302, headers={"Location": elsewhere})
        by_name = elsewhere.replace("127.0.0.1", "localhost")
        for link in (elsewhere, away, by_name, fake_gateway.will_serve().replace("127.0.0.1", "localhost")):
            send_picture(fake_gateway, url=link)
            failed = run(as_bea)
            assert (failed.status, failed.error_kind) == ("failed", "picture_not_fetched"), link
        assert not other.fetches


def test_a_redirect_of_the_call_itself_is_not_followed(
    shipped: None, as_ada: Client, as_bea: Client, fake_gateway: FakeGateway
) -> None:
    offer(as_ada, fake_gateway, "flux-dev")
    with FakeGateway() as other:
        for status in (301, 302, 307, 308):
            fake_gateway.will_send(status, headers={"Location": f"{other.base_url}/images/generations"})
            assert run(as_bea).error_kind == "redirected"
        assert not other.requests and not other.fetches


def test_one_gateways_address_is_open_to_no_other(
    shipped: None, as_ada: Client, as_bea: Client, fake_gateway: FakeGateway
) -> None:
    offer(as_ada, fake_gateway, "flux-dev")
    with FakeGateway() as other:
        add(as_ada, other, slug="second", name="Second server")
        send_picture(fake_gateway, url=other.will_serve(make_picture()))
        assert run(as_bea).error_kind == "picture_not_fetched"
        assert not other.fetches
        # Nor to people who give an address of a picture.
        fields = {"model": "studio-server/flux-dev", "parameter": "images", "address": other.will_serve(make_picture())}
        assert as_bea.post("/uploads/", fields).status_code == 422
        assert not other.fetches


# Taking it away ------------------------------------------------------------------------------------------------------


def test_switched_off_it_refuses_and_keeps_its_history(
    shipped: None, as_ada: Client, as_bea: Client, fake_gateway: FakeGateway
) -> None:
    gateway = offer(as_ada, fake_gateway, "flux-dev")
    send_picture(fake_gateway)
    made = run(as_bea)
    gateway.refresh_from_db()
    as_ada.post(pages.change_page(gateway), pages.gateway_post(gateway, is_enabled=None))
    assert as_bea.post("/", {"model": "studio-server/flux-dev", "prompt": "a red chair"}).status_code != 302
    assert as_bea.get(f"/images/{made.images.get().pk}/").status_code == 200
    assert len(fake_gateway.requests) == 1


def test_removed_it_takes_its_keys_along_and_leaves_what_was_made(
    shipped: None, as_ada: Client, as_bea: Client, fake_gateway: FakeGateway
) -> None:
    gateway = offer(as_ada, fake_gateway, "flux-dev")
    send_picture(fake_gateway)
    made = run(as_bea)
    factories.give_key(gateway, fake_gateway.base_url)
    Preset.objects.create(name="Warm", owner=made.owner, image_model=made.image_model)
    Budget.objects.create(scope="gateway", gateway=gateway, period="day", unit="usd", stop_at=5)
    question = as_ada.get(pages.delete_page(gateway)).content.decode()
    assert "Delete Studio server?" in question
    assert "Its 1 API key, 1 model, 1 preset and 1 budget will be deleted with it." in question
    as_ada.post(pages.delete_page(gateway), {"post": "yes"})
    assert not Gateway.objects.filter(slug="studio-server").exists()
    assert not APIKey.objects.exists() and not ImageModel.objects.filter(model_id="flux-dev").exists()
    made.refresh_from_db()
    assert (made.status, made.full_model_id) == ("succeeded", "studio-server/flux-dev")
    assert Image.objects.filter(generation=made).exists()
    assert "flux-dev" in as_bea.get(f"/images/{made.images.get().pk}/").content.decode()
    assert as_bea.get("/history/").status_code == as_bea.get("/library/").status_code == 200


def test_a_number_that_is_too_high_is_mended_to_the_highest(
    shipped: None, as_ada: Client, as_bea: Client, fake_gateway: FakeGateway
) -> None:
    offer(as_ada, fake_gateway, "flux-dev")
    message = "n must be between 1 and 6"
    fake_gateway.will_send(422, json={"detail": [{"loc": ["body", "n"], "msg": message, "type": "value_error"}]})
    failed = run(as_bea, n="9")
    assert failed.refused == {"parameter": "n", "values": ["1", "2", "3", "4", "5", "6"]}
    page = as_bea.get("/").content.decode()
    offered = re.findall(rf'href="/\?generation={failed.pk}&amp;take=[^"]+">([^<]+)<', page)
    assert offered[:2] == ["Use 6", "Use 5"]


def test_a_server_that_asks_for_a_key_after_all_says_so(
    shipped: None, as_ada: Client, as_bea: Client, fake_gateway: FakeGateway
) -> None:
    offer(as_ada, fake_gateway, "flux-dev")
    fake_gateway.will_send(401, json={"error": {"message": "No key", "type": "auth", "param": None, "code": None}})
    failed = run(as_bea)
    assert failed.error_kind == "key_refused"
    assert failed.error_sentence == "Studio server asks for an API key that is good. An administrator can enter one."


def test_a_run_that_waited_for_a_removed_gateway_ends_with_a_sentence(
    shipped: None, as_ada: Client, bea: User, fake_gateway: FakeGateway
) -> None:
    gateway = offer(as_ada, fake_gateway, "flux-dev")
    waiting = factories.create_generation(bea, gateway.image_models.get())
    as_ada.post(pages.delete_page(gateway), {"post": "yes"})
    runs.run_next(claims.register_worker())
    waiting.refresh_from_db()
    assert (waiting.status, waiting.error_kind) == ("failed", "rejected")
    assert waiting.error_sentence.startswith("This generation’s gateway was removed.")
    assert not fake_gateway.requests


def test_every_dialect_can_be_chosen() -> None:
    assert set(added_gateways.DIALECTS) == set(DIALECTS)


def test_what_is_shipped_is_switched_off_and_never_removed(shipped: None, as_ada: Client) -> None:
    gateway = Gateway.objects.get(slug="routellm")
    assert as_ada.post(pages.delete_page(gateway), {"post": "yes"}).status_code == 403
    assert Gateway.objects.filter(slug="routellm").exists()


def test_a_server_that_needs_no_key_any_more_is_not_called_by_the_sandbox(
    shipped: None, as_ada: Client, as_bea: Client, fake_gateway: FakeGateway
) -> None:
    gateway = offer(as_ada, fake_gateway, "flux-dev")
    gateway.refresh_from_db()
    as_ada.post(pages.change_page(gateway), pages.gateway_post(gateway, needs_no_key=None))
    assert run(as_bea).error_kind == "key_refused"
    assert not fake_gateway.requests
