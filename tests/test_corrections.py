"""A gateway that names what it takes instead: one click of an administrator makes it the form's own."""

from typing import Any

import pytest
from django.test import Client

from gallery import specs
from gallery.models import Gateway, Generation, ImageModel, SpecVersion, User
from tests.admin import pages
from tests.fake_gateway import FakeGateway

SIZES = "square_hd, square, portrait_4_3, portrait_16_9, landscape_4_3, landscape_16_9"
REFUSAL = f"Invalid aspect_ratio for flux2: 1:1 HD. Supported values are: {SIZES}"


def spec_of(**fields: Any) -> list[specs.Parameter]:
    return list(specs.parse_parameters([{"name": "knob", "type": "string"} | fields]))


@pytest.mark.parametrize(
    ("fields", "values", "told"),
    [
        ({"choices": ["a", "b"], "default": "b"}, ["b", "c"], ["choices: −a, +c"]),
        ({"choices": ["a"], "default": "a"}, ["c"], ["choices: −a, +c", "default: a → none"]),
        ({"choices": ["a"], "default": "a", "required": True}, ["c", "d"], ["choices: −a, +c, +d", "default: a → c"]),
        ({}, ["1K", "2K"], ["choices: +1K, +2K"]),
        ({"choices": ["1:1", "16:9"], "default": "16:9"}, ["landscape_16_9"], None),
        ({"type": "integer", "minimum": 1, "maximum": 10, "default": 8}, ["1", "2", "3", "4"], None),
        ({"type": "number", "minimum": 0, "maximum": 1}, ["0", "20"], ["maximum: 1 → 20"]),
        ({"type": "integer", "choices": [1, 2]}, ["2", "4"], ["choices: −1, +4"]),
    ],
)
def test_what_was_named_takes_the_place_of_what_was_wrong(
    fields: dict[str, Any], values: list[str], told: list[str] | None
) -> None:
    before = spec_of(**fields)
    after = specs.corrected(before, "knob", values)
    assert after is not None
    specs.parse_parameters(specs.to_json(after))
    if told is not None:
        assert [str(change).removeprefix("knob, ") for change in specs.compare(before, after)] == told


@pytest.mark.parametrize(
    ("fields", "name", "values"),
    [
        ({"choices": ["a", "b"]}, "knob", ["b", "a"]),
        ({}, "other", ["a"]),
        ({"type": "boolean"}, "knob", ["true", "false"]),
        ({"type": "integer", "minimum": 1, "maximum": 10}, "knob", ["4"]),
        ({"type": "integer", "minimum": 1, "maximum": 4}, "knob", ["1", "2", "3", "4"]),
        ({"type": "number"}, "knob", ["low", "high"]),
        ({"type": "image"}, "knob", ["png"]),
    ],
)
def test_where_nothing_can_be_told_nothing_is_offered(fields: dict[str, Any], name: str, values: list[str]) -> None:
    assert specs.corrected(spec_of(**fields), name, values) is None


def test_a_value_that_stays_keeps_its_words_and_a_new_one_is_read_where_it_is_clear() -> None:
    choices = [{"value": "square", "label": "Square", "note": "1 MP", "cost_factor": 2}, "1:1 HD"]
    after = specs.corrected(
        spec_of(name="aspect_ratio", choices=choices, default="1:1 HD"), "aspect_ratio", SIZES.split(", ")
    )
    assert after is not None
    labels = {choice.value: choice.label for choice in after[0].choices}
    assert (labels["square"], labels["landscape_16_9"], labels["square_hd"]) == ("Square", "16:9", "square_hd")
    assert (after[0].choices[1].note, after[0].default) == ("1 MP", "square_hd")


def run_refused(client: Client, fake: FakeGateway, error: str = REFUSAL, **fields: Any) -> Generation:
    fake.will_fail(400, error=error)
    posted = {"model": "routellm/flux2", "prompt": "a red chair", "aspect_ratio": "16:9"} | fields
    client.post("/", posted)
    generation = Generation.objects.latest("pk")
    assert generation.error_kind == "parameter_refused", generation.error_sentence
    return generation


def test_one_click_corrects_the_form_and_the_history_says_why(
    routellm: Gateway, fake_gateway: FakeGateway, as_ada: Client, as_bea: Client
) -> None:
    run_refused(as_bea, fake_gateway)
    generation = run_refused(as_bea, fake_gateway)
    flux2 = ImageModel.objects.get(model_id="flux2")
    page = as_ada.get(pages.spec_page(flux2)).content.decode()
    assert "RouteLLM refused a setting of this form" in page
    assert "2 runs" in page
    assert "Take these values over" in page
    assert "RouteLLM refused Aspect ratio: correct it" in as_ada.get(pages.change_page(flux2)).content.decode()
    as_ada.post(pages.spec_page(flux2, "correct"), {"generation": generation.pk})
    flux2.refresh_from_db()
    assert [choice["value"] if isinstance(choice, dict) else choice for choice in flux2.parameters[0]["choices"]] == (
        SIZES.split(", ")
    )
    version = SpecVersion.objects.for_page(flux2)[0]
    assert (version.reason, version.who) == ("corrected", "Ada Lovelace")
    assert version.note == f"RouteLLM refused aspect_ratio and takes {SIZES} (run {generation.pk})."
    assert "refused a setting" not in as_ada.get(pages.spec_page(flux2)).content.decode()
    assert (
        "nothing left to correct"
        in as_ada.post(pages.spec_page(flux2, "correct"), {"generation": generation.pk}, follow=True).content.decode()
    )
    fake_gateway.will_send_image()
    as_bea.post("/", {"model": "routellm/flux2", "prompt": "a chair", "aspect_ratio": "landscape_16_9"})
    assert fake_gateway.requests[-1].json["image_config"]["aspect_ratio"] == "landscape_16_9"


def test_a_setting_the_gateway_does_not_know_is_taken_out_of_the_form(
    routellm: Gateway, fake_gateway: FakeGateway, as_ada: Client, as_bea: Client
) -> None:
    generation = run_refused(
        as_bea, fake_gateway, "Invalid image config param acceleration provided", acceleration="high"
    )
    flux2 = ImageModel.objects.get(model_id="flux2")
    assert "Take it out of the form" in as_ada.get(pages.spec_page(flux2)).content.decode()
    as_ada.post(pages.spec_page(flux2, "correct"), {"generation": generation.pk})
    flux2.refresh_from_db()
    assert "acceleration" not in {table["name"] for table in flux2.parameters}


def test_administrators_alone_are_led_to_the_correction_from_run_and_queue(
    routellm: Gateway, fake_gateway: FakeGateway, as_ada: Client, as_bea: Client, ada: User
) -> None:
    generation = run_refused(as_bea, fake_gateway)
    link = f'href="/admin/gallery/imagemodel/{generation.image_model_id}/spec/#refused"'
    for address in (f"/generations/{generation.pk}/", "/history/"):
        assert (link in as_bea.get(address).content.decode()) is False
    assert link in as_ada.get(f"/generations/{generation.pk}/").content.decode()
    own = run_refused(as_ada, fake_gateway)
    assert link in as_ada.get("/queue/").content.decode()
    flux2 = ImageModel.objects.get(model_id="flux2")
    as_ada.post(pages.spec_page(flux2, "correct"), {"generation": own.pk})
    assert link not in as_ada.get(f"/generations/{generation.pk}/").content.decode()


@pytest.mark.parametrize("key", ["", "0", "999999", "x", "9" * 40])
def test_a_run_that_was_not_refused_corrects_nothing(as_ada: Client, flux_kontext: ImageModel, key: str) -> None:
    response = as_ada.post(pages.spec_page(flux_kontext, "correct"), {"generation": key}, follow=True)
    assert "nothing left to correct" in response.content.decode()
    assert not SpecVersion.objects.exists()


def test_another_models_refusal_corrects_nothing_here(
    routellm: Gateway, fake_gateway: FakeGateway, as_ada: Client, as_bea: Client, flux_kontext: ImageModel
) -> None:
    generation = run_refused(as_bea, fake_gateway)
    as_ada.post(pages.spec_page(flux_kontext, "correct"), {"generation": generation.pk})
    flux_kontext.refresh_from_db()
    assert flux_kontext.version == 1
