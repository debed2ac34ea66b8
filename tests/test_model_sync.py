"""Gateways' own lists held against our models: what differs is shown first, and taken over model by model or as a whole."""

import io
import json
from decimal import Decimal
from pathlib import Path
from typing import Any

import pytest
from django.core.management import CommandError, call_command
from django.test import Client
from django.utils import timezone

from gallery.models import Gateway, Generation, ImageModel, SpecVersion, User
from tests import factories
from tests.admin import pages
from tests.fake_gateway import CannedReply, FakeGateway

LISTS = Path(__file__).parent / "gateway" / "listings"
JSON = {"Content-Type": "application/json"}
NEW = {
    "routellm": ["gpt_image2", "gpt_image2_edit", "nano_banana25", "recraft_vectorize", "grok_imagine_image2"],
    "openroute": ["google/gemini-3-pro-image", "some/untold-model"],
    "openrouter": ["google/gemini-3-pro-image", "openai/gpt-image-2", "recraft/recraft-v3"],
    "llmgateway": ["gemini-3-pro-image", "qwen-image"],
}


@pytest.fixture
def listed(shipped: None, fake_gateway: FakeGateway) -> FakeGateway:
    """All four gateways with a key, each answering with its recorded lists."""
    for gateway in Gateway.objects.all():
        factories.give_key(gateway, f"{fake_gateway.origin}/{gateway.slug}/v1")
        serve(fake_gateway, gateway.slug, json.loads((LISTS / f"{gateway.slug}.json").read_text()))
    typed = (LISTS / "openrouter_images.json").read_bytes()
    fake_gateway.will_serve(typed, path="/openrouter/v1/images/models", headers=JSON)
    return fake_gateway


def serve(fake: FakeGateway, slug: str, data: Any) -> None:
    fake.will_serve(json.dumps(data).encode(), path=f"/{slug}/v1/models", headers=JSON)


def sync(*words: str) -> str:
    out = io.StringIO()
    call_command("sync_models", *words, stdout=out)
    return out.getvalue()


def page_of(client: Client, slug: str) -> Any:
    return client.get(f"/admin/gallery/imagemodel/gateways/{slug}/")


def read(client: Client, slug: str) -> Any:
    return client.post(f"/admin/gallery/imagemodel/gateways/{slug}/read/", follow=True)


def accept(client: Client, slug: str, **fields: Any) -> str:
    posted = {"read_at": page_of(client, slug).context["read_at"]} | fields
    address = f"/admin/gallery/imagemodel/gateways/{slug}/accept/"
    return str(client.post(address, posted, follow=True).content.decode())


def sandbox_note() -> str:
    return f"The sandbox’s list of {timezone.localdate():%-d %b %Y}."


def group(page: Any, kind: str) -> dict[str, Any]:
    rows = [row for one in page.context["groups"] if one.kind == kind for row in one.rows]
    return {row.one.model_id: row for row in rows}


def model(model_id: str, slug: str = "openrouter") -> ImageModel:
    return ImageModel.objects.select_related("gateway").get(gateway__slug=slug, model_id=model_id)


@pytest.mark.parametrize("slug", list(NEW))
def test_new_models_of_every_gateway_are_shown_and_get_a_form_once_taken_over(
    listed: FakeGateway, as_ada: Client, as_bea: Client, slug: str
) -> None:
    before = ImageModel.objects.count()
    page = read(as_ada, slug)
    assert sorted(group(page, "new")) == sorted(NEW[slug])
    assert ImageModel.objects.count() == before
    accept(as_ada, slug, model=NEW[slug])
    for model_id in NEW[slug]:
        made = model(model_id, slug)
        assert made.shipped is None and made.is_enabled and made.is_available
        assert as_bea.get("/", {"model": made.full_id}).status_code == 200
        version = SpecVersion.objects.get(image_model=made)
        assert (version.reason, version.who) == ("synced", "Ada Lovelace")
    assert group(page_of(as_ada, slug), "new") == {}


def test_typed_parameters_become_the_spec(listed: FakeGateway) -> None:
    sync("openrouter", "--accept")
    gemini, gpt = model("google/gemini-3-pro-image"), model("openai/gpt-image-2")
    knobs = {p.name: p for p in gemini.spec}
    assert [p.name for p in gemini.spec] == ["aspect_ratio", "image_prompt", "image_size"]
    assert [choice.value for choice in knobs["image_size"].choices] == ["1K", "2K", "4K"]
    assert (knobs["image_prompt"].max_images, knobs["image_prompt"].transport) == (14, "message")
    assert (gemini.modalities, gemini.tasks) == (["image", "text"], ["text", "image", "edit", "analysis"])
    assert [p.name for p in gpt.spec] == ["image_prompt", "size", "quality", "background", "output_compression"]
    assert (gpt.spec[-1].minimum, gpt.spec[-1].maximum, gpt.modalities) == (0, 100, ["image"])
    recraft = model("recraft/recraft-v3")
    assert [(p.name, p.type) for p in recraft.spec] == [("size", "string"), ("style_strength", "number")]
    assert (recraft.price, recraft.price_unit, gpt.price) == (Decimal("0.04"), "usd", None)


def test_a_model_without_typed_parameters_gets_what_its_kind_takes(listed: FakeGateway) -> None:
    sync("routellm", "--accept")
    sync("llmgateway", "--accept")
    edit, plain = model("gpt_image2_edit", "routellm"), model("gpt_image2", "routellm")
    assert [(p.name, p.is_required) for p in edit.spec] == [("image_prompt", True), ("rewrite_prompt", False)]
    assert [p.name for p in plain.spec] == ["image_prompt", "aspect_ratio", "num_images", "rewrite_prompt"]
    qwen = model("qwen-image", "llmgateway")
    assert "image_prompt" not in {p.name for p in qwen.spec}
    assert (qwen.modalities, qwen.tasks) == (["image"], ["text"])


def test_changed_values_are_shown_with_what_goes_and_comes_and_keep_our_words(
    listed: FakeGateway, as_ada: Client
) -> None:
    page = read(as_ada, "openrouter")
    rows = group(page, "changed")
    told = [str(change) for change in rows["black-forest-labs/flux.2-pro"].one.spec]
    assert "aspect_ratio, choices: +1:2, +2:1" in told
    assert any(words.startswith("seed: added") for words in told)
    assert [str(change) for change in rows["google/gemini-2.5-flash-image-preview"].one.spec] == ["image_size: removed"]
    accept(as_ada, "openrouter", model=["black-forest-labs/flux.2-pro"])
    flux = model("black-forest-labs/flux.2-pro")
    ratio = next(p for p in flux.spec if p.name == "aspect_ratio")
    assert (ratio.choices[0].note, ratio.choices[-1].label, ratio.default) == ("1024 × 1024", "2:1", "1:1")
    assert flux.version == 2
    assert list(group(page_of(as_ada, "openrouter"), "changed")) != ["black-forest-labs/flux.2-pro"]
    assert "image_size" in {p.name for p in model("google/gemini-2.5-flash-image-preview").spec}


def test_ours_can_be_kept_until_the_gateway_changes_again(listed: FakeGateway, as_ada: Client) -> None:
    read(as_ada, "openrouter")
    model_id = "google/gemini-2.5-flash-image-preview"
    accept(as_ada, "openrouter", model=[model_id], keep="1")
    assert model_id not in group(page_of(as_ada, "openrouter"), "changed")
    typed = json.loads((LISTS / "openrouter_images.json").read_text())
    typed["data"][0]["supported_parameters"]["aspect_ratio"]["values"].append("9:21")
    listed.will_serve(json.dumps(typed).encode(), path="/openrouter/v1/images/models", headers=JSON)
    read(as_ada, "openrouter")
    read(as_ada, "openrouter")
    assert model_id in group(page_of(as_ada, "openrouter"), "changed")
    assert model(model_id).version == 1


def test_changed_prices_are_told_and_a_price_that_somebody_entered_is_theirs(
    listed: FakeGateway, as_ada: Client
) -> None:
    sync("openrouter", "--accept")
    flex, pro = model("black-forest-labs/flux.2-flex"), model("black-forest-labs/flux.2-pro")
    assert (flex.price, pro.price) == (Decimal("0.06"), Decimal("0.03"))
    ImageModel.objects.filter(pk=pro.pk).update(price="0.5")
    changed = json.loads((LISTS / "openrouter.json").read_text())
    for entry in changed["data"]:
        entry["pricing"]["image_output"] = "0.07"
    serve(listed, "openrouter", changed)
    sync("openrouter")
    out = sync("openrouter", "--accept", flex.model_id, pro.model_id)
    assert f"change    {flex.model_id}: price of a picture: $0.06 → $0.07" in out
    assert f"change    {pro.model_id}: image output: 0.03 → 0.07" in out
    assert f"change    {pro.model_id}: price of" not in out
    flex.refresh_from_db()
    pro.refresh_from_db()
    assert (flex.price, pro.price) == (Decimal("0.07"), Decimal("0.5"))
    assert "flux.2-flex: image output" not in sync("openrouter")


def test_a_changed_price_is_told_though_nothing_was_ever_taken_over(listed: FakeGateway) -> None:
    changed = json.loads((LISTS / "openrouter.json").read_text())
    for entry in changed["data"]:
        entry["pricing"]["image_output"] = "0.07"
    serve(listed, "openrouter", changed)
    assert "image output" not in sync("openrouter")
    assert "change    black-forest-labs/flux.2-pro: image output: 0.03 → 0.07" in sync("openrouter")


def test_other_kinds_of_answer_are_a_change_where_the_gateway_minds(listed: FakeGateway) -> None:
    ImageModel.objects.filter(model_id="black-forest-labs/flux.2-pro").update(modalities=["image", "text"])
    out = sync("openrouter")
    assert "change    black-forest-labs/flux.2-pro: answers with: image+text → image" in out
    sync("openrouter", "--accept", "black-forest-labs/flux.2-pro")
    assert model("black-forest-labs/flux.2-pro").modalities == ["image"]


def test_a_gone_model_says_so_everywhere_and_keeps_its_history(
    listed: FakeGateway, as_ada: Client, as_bea: Client, bea: User
) -> None:
    imagen = model("imagen", "routellm")
    generation = factories.create_generation(bea, imagen)
    page = read(as_ada, "routellm")
    assert "imagen" in group(page, "gone")
    studio = as_bea.get("/", {"model": "routellm/imagen"}).content.decode()
    assert "RouteLLM no longer lists this model" in studio
    card = as_bea.get("/models/", {"q": "imagen"}).content.decode()
    assert "no longer listed" in card
    accept(as_ada, "routellm", model=["imagen"])
    imagen.refresh_from_db()
    assert (imagen.is_enabled, imagen.is_gone) == (False, True)
    assert "RouteLLM does not list it any more." in as_ada.get(pages.spec_page(imagen, "versions")).content.decode()
    assert "Gone." in as_ada.get(pages.spec_page(imagen)).content.decode()
    assert Generation.objects.get(pk=generation.pk).image_model == imagen
    record = as_bea.get(f"/generations/{generation.pk}/").content.decode()
    assert "no longer listed by RouteLLM" in record


def test_what_was_added_by_hand_is_never_gone_before_it_was_once_listed(
    listed: FakeGateway, as_ada: Client, as_bea: Client
) -> None:
    gateway = Gateway.objects.get(slug="routellm")
    ours = ImageModel.objects.create(gateway=gateway, model_id="house_model", name="House", modalities=["image"])
    data = json.loads((LISTS / "routellm.json").read_text())
    entry = {"id": "house_model", "model_type": "image_generation"}
    serve(listed, "routellm", data | {"data": [*data["data"], entry]})
    serve(listed, "routellm", data)
    # As an earlier version left it.
    ImageModel.objects.filter(pk=ours.pk).update(is_available=False, gone_since=timezone.now())
    page = read(as_ada, "routellm")
    assert "house_model" not in group(page, "gone") and "imagen" in group(page, "gone")
    assert "1 added by hand never was" in page.content.decode()
    ours.refresh_from_db()
    assert (ours.is_available, ours.gone_since) == (None, None)
    assert "no longer lists" not in as_bea.get("/", {"model": "routellm/house_model"}).content.decode()
    assert "available house_model" in sync("routellm")
    assert "withdraw  house_model" in sync("routellm")


def test_a_model_that_is_there_again_is_offered_again(listed: FakeGateway) -> None:
    data = json.loads((LISTS / "routellm.json").read_text())
    sync("routellm", "--accept", "imagen")
    data["data"].append({"id": "imagen", "name": "Imagen", "model_type": "image_generation"})
    serve(listed, "routellm", data)
    sync("routellm")
    out = sync("routellm", "--accept", "imagen")
    assert "offer     imagen" in out
    imagen = model("imagen", "routellm")
    assert (imagen.is_enabled, imagen.is_gone, imagen.gone_since) == (True, False, None)


def test_all_can_be_taken_over_at_once(listed: FakeGateway, as_ada: Client) -> None:
    read(as_ada, "openrouter")
    assert "taken over" in accept(as_ada, "openrouter", all="1")
    assert page_of(as_ada, "openrouter").context["groups"] == []
    assert "Nothing differs" in page_of(as_ada, "openrouter").content.decode()


def test_a_list_that_was_read_again_meanwhile_is_shown_before_anything_is_taken_over(
    listed: FakeGateway, as_ada: Client
) -> None:
    read(as_ada, "openrouter")
    seen = page_of(as_ada, "openrouter").context["read_at"]
    read(as_ada, "openrouter")
    before = ImageModel.objects.count()
    assert "read again meanwhile" in accept(as_ada, "openrouter", all="1", read_at=seen)
    assert ImageModel.objects.count() == before


def test_without_its_typed_list_values_are_not_compared_and_that_is_said(
    shipped: None, fake_gateway: FakeGateway, as_ada: Client
) -> None:
    factories.give_key(Gateway.objects.get(slug="openrouter"), f"{fake_gateway.origin}/openrouter/v1")
    serve(fake_gateway, "openrouter", json.loads((LISTS / "openrouter.json").read_text()))
    page = read(as_ada, "openrouter")
    assert "values were not compared" in page.content.decode()
    assert not any(row.one.spec for row in group(page, "changed").values())


def test_an_empty_list_takes_nothing_away(listed: FakeGateway, as_ada: Client) -> None:
    serve(listed, "openroute", {"data": []})
    sync("openroute")
    with pytest.raises(CommandError, match="is empty"):
        sync("openroute", "--accept")
    assert "is empty" in read(as_ada, "openroute").content.decode()
    assert model("google/gemini-2.5-flash-image-preview", "openroute").is_available


def test_what_is_gone_is_chosen_by_hand(listed: FakeGateway, as_ada: Client) -> None:
    page = read(as_ada, "routellm")
    assert not any(row.is_chosen for row in group(page, "gone").values())
    assert all(row.is_chosen for row in group(page, "new").values())
    untold = group(read(as_ada, "openroute"), "new")["some/untold-model"]
    assert not untold.is_chosen


def test_a_dry_run_changes_nothing_at_all(listed: FakeGateway) -> None:
    out = sync("openrouter", "--dry-run")
    assert "add       openai/gpt-image-2: image_prompt, size, quality" in out
    assert "withdraw  sourceful/riverflow-v2-standard-preview" in out
    assert not ImageModel.objects.exclude(is_available=None).exists()
    assert not SpecVersion.objects.exists()
    assert Gateway.objects.get(slug="openrouter").listed_at is None


@pytest.mark.parametrize(
    ("words", "sentence"),
    [
        (["--accept", "nobody"], "Nothing differs of nobody"),
        (["--accept", "--dry-run"], "Either --dry-run or --accept"),
    ],
)
def test_what_cannot_be_accepted_is_refused_in_words(listed: FakeGateway, words: list[str], sentence: str) -> None:
    with pytest.raises(CommandError, match=sentence):
        sync("openrouter", *words)
    assert not SpecVersion.objects.exists()


def test_the_overview_counts_what_differs_at_each_gateway(listed: FakeGateway, as_ada: Client) -> None:
    assert "never asked" in as_ada.get("/admin/gallery/imagemodel/gateways/").content.decode()
    read(as_ada, "llmgateway")
    assert "2 new there" in as_ada.get("/admin/gallery/imagemodel/gateways/").content.decode()


def test_the_sandbox_has_lists_as_well(shipped: None, as_ada: Client) -> None:
    for slug in NEW:
        page = read(as_ada, slug)
        assert "the sandbox answers" in page.content.decode()
        assert group(page, "gone") == {}
        accept(as_ada, slug, all="1")
    assert not ImageModel.objects.exclude(price=None).exists(), "The sandbox's prices are invented."
    assert set(SpecVersion.objects.filter(reason="synced").values_list("note", flat=True)) >= {sandbox_note()}


@pytest.mark.parametrize("page", ["", "openrouter/", "openrouter/read/", "openrouter/accept/"])
def test_lists_are_for_administrators_alone(listed: FakeGateway, as_bea: Client, page: str) -> None:
    for ask in (as_bea.get, as_bea.post):
        assert ask(f"/admin/gallery/imagemodel/gateways/{page}").status_code == 403
    assert not ImageModel.objects.exclude(is_available=None).exists()


def test_a_list_without_measure_is_read_to_its_bound_or_refused(
    shipped: None, fake_gateway: FakeGateway, as_ada: Client
) -> None:
    for slug in ("openroute", "llmgateway"):
        factories.give_key(Gateway.objects.get(slug=slug), f"{fake_gateway.origin}/{slug}/v1")
    # 10,000 are read of a longer one (`test_dialects`), which takes its time.
    serve(fake_gateway, "openroute", {"data": [{"id": "a/b", "name": "<b>" + "n" * 1_000_000}] * 3})
    assert [line for line in sync("openroute").splitlines() if line.startswith("new ")] == ["new       a/b"]
    assert len(read(as_ada, "openroute").content) < 100_000
    piece = b"%x\r\n%s\r\n" % (1 << 20, b"x" * (1 << 20))
    endless = CannedReply(200, piece, {**JSON, "Transfer-Encoding": "chunked"}, times=2048)
    fake_gateway.will_serve(endless, path="/llmgateway/v1/models")
    assert "is larger than 33.6 MB and was not taken in." in read(as_ada, "llmgateway").content.decode()


@pytest.mark.parametrize(
    "entry",
    [
        {"supported_parameters": {"aspect_ratio": {"type": "enum", "values": []}, "x": 7, "n": {"type": "range"}}},
        {"supported_parameters": {"Bad Name": {"type": "boolean"}, "model": {"type": "boolean"}}},
        {"supported_parameters": [["a"]], "pricing": [1]},
        {"architecture": "text->image", "pricing": {"image": "NaN", "x": [], "y": "-3", "z": True}},
        {"output_modalities": [7, None], "family": 7, "description": {"a": 1}, "cost_rate": "much"},
        {"supported_parameters": {"a": {"type": "enum", "values": [None, {}, "ok", "ok", "x" * 99, 1.5]}}},
    ],
)
def test_odd_entries_are_read_as_far_as_they_go(
    shipped: None, fake_gateway: FakeGateway, entry: dict[str, Any]
) -> None:
    factories.give_key(Gateway.objects.get(slug="openrouter"), f"{fake_gateway.origin}/openrouter/v1")
    data = {"data": [{"id": "odd/one", "name": "Odd"} | entry]}
    serve(fake_gateway, "openrouter", data)
    fake_gateway.will_serve(json.dumps(data).encode(), path="/openrouter/v1/images/models", headers=JSON)
    sync("openrouter", "--accept", "odd/one")
    assert {p.name for p in model("odd/one").spec} <= {"image_prompt", "aspect_ratio", "a"}
