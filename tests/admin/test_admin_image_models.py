"""Image models in the admin: the spec's editor, what was changed, what is chosen at first."""

import json
from typing import Any

import pytest
from django.test import Client

from gallery.models import Generation, ImageModel, User
from gallery.services import catalogue
from tests import factories
from tests.admin import pages

SEED = {"name": "seed", "type": "integer", "minimum": 0, "maximum": 10}


def save(client: Client, image_model: ImageModel, **changes: Any) -> Any:
    """Post the page as it stands, with changes."""
    shown = client.get(pages.change_page(image_model)).context["adminform"].form["parameters"].value()
    fields = pages.image_model_post(image_model, parameters=shown)
    response = client.post(pages.change_page(image_model), pages.without_none(fields | changes))
    image_model.refresh_from_db()
    return response


def test_saving_a_page_unchanged_changes_nothing(as_ada: Client, shipped: None) -> None:
    for image_model in ImageModel.objects.all()[:12]:
        assert save(as_ada, image_model).status_code == 302
        for name, value in (image_model.shipped or {}).items():
            assert getattr(image_model, name) == value, (image_model.model_id, name)


def test_the_spec_is_shown_readable(as_ada: Client, flux_kontext: ImageModel) -> None:
    flux_kontext.parameters = [{"name": "style", "type": "string", "label": "Стиль — スタイル"}]
    flux_kontext.save()
    form = as_ada.get(pages.change_page(flux_kontext)).context["adminform"].form
    assert form["parameters"].value() == json.dumps(flux_kontext.parameters, indent=2, ensure_ascii=False)


def test_a_changed_spec_is_saved_and_marked(as_ada: Client, flux_kontext: ImageModel) -> None:
    save(as_ada, flux_kontext, parameters=json.dumps([SEED]), name="Kontext")
    assert flux_kontext.parameters == [SEED]
    page = as_ada.get(pages.list_page("imagemodel")).content.decode()
    assert '<td class="field-origin">name, parameter spec</td>' in page
    catalogue.load_catalogue()
    flux_kontext.refresh_from_db()
    assert flux_kontext.parameters == [SEED]


@pytest.mark.parametrize(
    ("typed", "sentence"),
    [
        ('[{"name": "a", "type": "text"}, {"type": "text"}]', "parameters[1].name: is missing"),
        (f"[{json.dumps(SEED | {'default': 11})}]", "parameters[0].default:"),
        (f"[{json.dumps(SEED | {'minimum': 11})}]", "parameters[0].minimum: is above the maximum"),
        ('[{"name": "a", "type": "text", "lable": "A"}]', "parameters[0].lable: is not a word of the spec"),
        ('[\n  {"name": "a",}\n]', "Line 2, column"),
        ('[{"name": "a", "name": "b", "type": "text"}]', "“name” stands twice in one table"),
        ('[{"name": "a", "type": "number", "default": NaN}]', "NaN is not a number in JSON"),
        ('[{"name": "a", "type": "number", "default": 1e999}]', "1e999 is too large a number"),
        ('[{"name": "a", "type": "text", "label": "\\ud800"}]', "half of a character"),
        ('[{"name": "a", "type": "text", "label": "\\u0000"}]', "cannot be stored"),
        ("[" * 100_000, "nested too deeply"),
        (f"[{'9' * 5000}]", "a number that is too long"),
        ('[{"name": "a", "type": "text", "forbids": [["url"]]}]', "parameters[0].forbids:"),
        (f'[{{"name": "a", "type": "number", "step": {"9" * 400}}}]', "parameters[0].step: must be a finite number"),
        (
            '[{"name": "a", "type": "text", "choices": [{"value": 1, "cost_factor": "NaN"}]}]',
            "parameters[0].choices[0].cost_factor: must be a number above 0",
        ),
        ("{}", "parameters: must be a list of parameters"),
        ("null", "parameters: must be a list of parameters"),
        ('""', "parameters: must be a list of parameters"),
        ("3", "parameters: must be a list of parameters"),
        ("[null]", "parameters[0]: must be a table"),
        ("midjourney", "This is not JSON yet"),
    ],
)
def test_a_spec_that_does_not_parse_is_refused_with_its_place(
    as_ada: Client, flux_kontext: ImageModel, typed: str, sentence: str
) -> None:
    before = flux_kontext.parameters
    response = save(as_ada, flux_kontext, parameters=typed, name="Kept name")
    form = response.context["adminform"].form
    assert sentence in form.errors["parameters"][0]
    assert form["parameters"].value() == typed
    assert form["name"].value() == "Kept name"
    assert flux_kontext.parameters == before


def test_no_spec_at_all_means_no_parameters(as_ada: Client, flux_kontext: ImageModel) -> None:
    save(as_ada, flux_kontext, parameters=" ")
    assert flux_kontext.parameters == []


def test_the_button_brings_the_shipped_spec_back(as_ada: Client, flux_kontext: ImageModel) -> None:
    save(as_ada, flux_kontext, parameters="[]", description="Mine", tasks=["text"], is_enabled=None)
    assert ">Back to the shipped spec<" in as_ada.get(pages.change_page(flux_kontext)).content.decode()
    page = as_ada.post(pages.button(flux_kontext, "restore"), follow=True).content.decode()
    assert "is back to the shipped spec: description, tasks, parameter spec." in page
    assert ">Back to the shipped spec<" not in page
    flux_kontext.refresh_from_db()
    assert flux_kontext.shipped is not None
    assert flux_kontext.parameters == flux_kontext.shipped["parameters"]
    assert not flux_kontext.is_enabled


def test_actions_work_on_several_models(as_ada: Client, shipped: None) -> None:
    chosen = [image_model.pk for image_model in ImageModel.objects.all()[:3]]
    rows = ImageModel.objects.filter(pk__in=chosen)
    ImageModel.objects.update(name="Changed")
    for action in ("withdraw_selected", "restore_selected"):
        as_ada.post(pages.list_page("imagemodel"), {"action": action, "_selected_action": chosen})
    assert list(rows.values_list("is_enabled", flat=True)) == [False] * 3
    assert ImageModel.objects.filter(name="Changed").count() == ImageModel.objects.count() - 3
    as_ada.post(pages.list_page("imagemodel"), {"action": "offer_selected", "_selected_action": chosen})
    assert list(rows.values_list("is_enabled", flat=True)) == [True] * 3


def test_only_one_model_is_chosen_at_first(as_ada: Client, shipped: None) -> None:
    other = ImageModel.objects.get(model_id="dalle")
    save(as_ada, other, is_default="on")
    assert [row.model_id for row in ImageModel.objects.filter(is_default=True)] == ["dalle"]
    catalogue.load_catalogue()
    assert [row.model_id for row in ImageModel.objects.filter(is_default=True)] == ["dalle"]


def test_a_shipped_model_cannot_be_deleted(as_ada: Client, flux_kontext: ImageModel) -> None:
    assert as_ada.post(pages.delete_page(flux_kontext), {"post": "yes"}).status_code == 403
    fields = {"action": "delete_selected", "_selected_action": [flux_kontext.pk], "post": "yes"}
    as_ada.post(pages.list_page("imagemodel"), fields)
    assert ImageModel.objects.filter(pk=flux_kontext.pk).exists()


def test_a_model_of_ones_own_comes_and_goes_and_its_history_stays(
    as_ada: Client, bea: User, flux_kontext: ImageModel
) -> None:
    ours = {"gateway": flux_kontext.gateway_id, "model_id": "our/model", "name": "Ours", "output": "raster"}
    fields = {"position": 99, "is_enabled": "on", "tasks": ["text"], "modalities": ["image"]}
    response = as_ada.post(pages.add_page("imagemodel"), ours | fields | {"parameters": json.dumps([SEED])})
    assert response.status_code == 302
    own = ImageModel.objects.get(model_id="our/model")
    assert (own.full_id, own.spec[0].name, own.shipped) == ("routellm/our/model", "seed", None)
    generation = factories.create_generation(bea, own)
    assert as_ada.get(pages.delete_page(own)).status_code == 200
    as_ada.post(pages.delete_page(own), {"post": "yes"})
    kept = Generation.objects.get(pk=generation.pk)
    assert (kept.image_model, kept.model_name, kept.full_model_id) == (None, "Ours", "routellm/our/model")


def test_a_model_id_is_there_once_for_a_gateway(as_ada: Client, flux_kontext: ImageModel) -> None:
    fields = pages.image_model_post(flux_kontext) | {"gateway": flux_kontext.gateway_id, "model_id": "flux_kontext"}
    response = as_ada.post(pages.add_page("imagemodel"), fields)
    assert "already exists" in response.content.decode()


def test_a_models_gateway_id_and_origin_are_out_of_reach(as_ada: Client, flux_kontext: ImageModel) -> None:
    save(as_ada, flux_kontext, model_id="other", shipped="", gateway=999)
    assert (flux_kontext.model_id, flux_kontext.gateway.slug) == ("flux_kontext", "routellm")
    assert flux_kontext.shipped


def test_words_we_do_not_know_stay_choosable(as_ada: Client, flux_kontext: ImageModel) -> None:
    flux_kontext.tasks = ["text", "inpaint"]
    flux_kontext.save()
    save(as_ada, flux_kontext, name="Renamed")
    assert flux_kontext.tasks == ["text", "inpaint"]
    assert save(as_ada, flux_kontext, tasks=["<b>"]).status_code == 200


def test_models_are_found_by_word_and_filter(as_ada: Client, flux_kontext: ImageModel) -> None:
    query = f"?q=kontext&gateway__id__exact={flux_kontext.gateway.pk}&family=FLUX&is_enabled__exact=1"
    found = as_ada.get(pages.list_page("imagemodel") + query)
    ids = {row.model_id for row in found.context["cl"].result_list}
    assert ids == {"flux_kontext", "flux_kontext_edit"}
