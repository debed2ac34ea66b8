"""Image models in the admin: their words, what was changed, what is chosen at first, a copy of one."""

import json
import re
from typing import Any

from django.test import Client

from gallery.models import Gateway, Generation, ImageModel, User
from gallery.services import catalogue
from tests import factories
from tests.admin import pages

SEED = {"name": "seed", "type": "integer", "minimum": 0, "maximum": 10}


def save(client: Client, image_model: ImageModel, **changes: Any) -> Any:
    """Post the page as it stands, with changes."""
    fields = pages.image_model_post(image_model)
    response = client.post(pages.change_page(image_model), pages.without_none(fields | changes))
    image_model.refresh_from_db()
    return response


def test_saving_a_page_unchanged_changes_nothing(as_ada: Client, shipped: None) -> None:
    for image_model in ImageModel.objects.all()[:12]:
        assert save(as_ada, image_model).status_code == 302
        for name, value in (image_model.shipped or {}).items():
            assert getattr(image_model, name) == value, (image_model.model_id, name)


def test_the_button_brings_the_shipped_spec_back(as_ada: Client, flux_kontext: ImageModel) -> None:
    save(as_ada, flux_kontext, description="Mine", tasks=["text"], is_enabled=None)
    as_ada.post(pages.spec_page(flux_kontext), pages.spec_post(flux_kontext, "[]"))
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


def test_what_can_be_done_with_the_ticked_models_is_a_button_each(as_ada: Client, shipped: None) -> None:
    page = as_ada.get(pages.list_page("imagemodel")).content.decode()
    buttons = dict(re.findall(r'name="index" value="(\d+)">([^<]+)<', page))
    assert list(buttons.values()) == ["Offer in the studio", "No longer offer", "Back to the shipped spec"]
    hidden = re.findall(r'type="hidden" name="action" value="(\w+)"', page)
    row = ImageModel.objects.all()[0]
    as_ada.post(pages.list_page("imagemodel"), {"action": hidden, "index": "1", "_selected_action": [row.pk]})
    row.refresh_from_db()
    assert not row.is_enabled


def test_a_list_says_what_it_does_not_have(as_ada: Client, shipped: None) -> None:
    assert "There are none yet." in as_ada.get(pages.list_page("apikey")).content.decode()
    page = as_ada.get(f"{pages.list_page('imagemodel')}?q=nothing").content.decode()
    assert "Nothing here is like that." in page
    assert "0 image models" not in page


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
    ours |= {"price_unit": "usd", "surface": "chat"}
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
    fields["parameters"] = "[]"
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


def test_a_price_is_entered_and_quoted_until_runs_tell_another(
    as_ada: Client, as_bea: Client, routellm: Gateway, flux_kontext: ImageModel
) -> None:
    response = save(as_ada, flux_kontext, price="150", price_unit="points")
    assert response.status_code == 302
    page = as_bea.get("/compare/models/", {"model": "routellm/flux_kontext", "prompt": "a chair"}).content.decode()
    assert "150 points" in page


def test_a_price_in_another_unit_than_the_gateways_is_refused(as_ada: Client, flux_kontext: ImageModel) -> None:
    response = save(as_ada, flux_kontext, price="0.04", price_unit="usd")
    assert "RouteLLM charges in points. Enter the price in points." in response.content.decode()
    assert flux_kontext.price is None
    assert save(as_ada, flux_kontext, price="", price_unit="usd").status_code == 302


def test_a_copy_begins_as_the_other_model_and_is_one_of_its_own(as_ada: Client, flux_kontext: ImageModel) -> None:
    address = f"{pages.add_page('imagemodel')}?copy={flux_kontext.pk}"
    copying = as_ada.get(address)
    assert ">A copy of FLUX Kontext</h1>" in copying.content.decode()
    assert "related-widget" not in copying.content.decode()
    form = copying.context["adminform"].form
    assert (form["name"].value(), form["model_id"].value()) == ("FLUX Kontext copy", None)
    shown = {field.name: field.value() for field in form if field.value() not in (None, False)}
    gateway = flux_kontext.gateway_id
    fields = shown | {"model_id": "flux_next", "gateway": gateway, "_save": "Save"}
    page = as_ada.post(address, fields, follow=True)
    made = ImageModel.objects.get(model_id="flux_next")
    assert page.request["PATH_INFO"] == pages.spec_page(made)
    assert "FLUX Kontext copy is offered now." in page.content.decode()
    assert (made.parameters, made.tasks, made.shipped) == (flux_kontext.parameters, flux_kontext.tasks, None)
    assert "A copy, begun from routellm/flux_kontext." in as_ada.get(pages.spec_page(made, "versions")).content.decode()
    assert not made.is_default


def test_a_spec_typed_for_a_new_model_is_refused_with_its_place(as_ada: Client, flux_kontext: ImageModel) -> None:
    fields = pages.image_model_post(flux_kontext) | {"gateway": flux_kontext.gateway_id, "model_id": "new"}
    response = as_ada.post(pages.add_page("imagemodel"), fields | {"parameters": '[\n {"type": "text"}\n]'})
    form = response.context["adminform"].form
    assert form.errors["parameters"] == ["Line 2. parameters[0].name: is missing"]
    assert form["parameters"].value() == '[\n {"type": "text"}\n]'
