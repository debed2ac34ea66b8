"""Model aliases in the admin: added, changed, deleted; never a name that a model has already."""

from typing import Any

import pytest
from django.test import Client

from gallery.models import ImageModel, ModelAlias
from gallery.services import model_aliases
from tests.admin import pages


def add(client: Client, name: str, image_model: ImageModel | str) -> Any:
    key = image_model.pk if isinstance(image_model, ImageModel) else image_model
    return client.post(pages.add_page("modelalias"), {"name": name, "image_model": key})


def errors_of(response: Any) -> dict[str, list[str]]:
    return dict(response.context["adminform"].form.errors)


def test_an_alias_is_added_trimmed_changed_and_deleted(as_ada: Client, flux_kontext: ImageModel) -> None:
    assert add(as_ada, "  gpt-image-1 ", flux_kontext).status_code == 302
    row = ModelAlias.objects.get()
    assert (row.name, row.image_model) == ("gpt-image-1", flux_kontext)
    other = ImageModel.objects.exclude(pk=flux_kontext.pk)[0]
    as_ada.post(pages.change_page(row), {"name": "dall-e-3", "image_model": other.pk})
    row.refresh_from_db()
    assert (row.name, row.image_model) == ("dall-e-3", other)
    as_ada.post(pages.delete_page(row), {"post": "yes"})
    assert not ModelAlias.objects.exists()
    assert ImageModel.objects.filter(pk=other.pk).exists()


def test_several_aliases_are_deleted_together(as_ada: Client, flux_kontext: ImageModel) -> None:
    rows = [model_aliases.save_alias(name=name, image_model=flux_kontext) for name in ("a", "b", "c")]
    chosen = {"action": "delete_selected", "_selected_action": [rows[0].pk, rows[1].pk], "post": "yes"}
    as_ada.post(pages.list_page("modelalias"), chosen)
    assert ModelAlias.objects.get() == rows[2]


def test_an_alias_never_hides_a_model(as_ada: Client, flux_kontext: ImageModel) -> None:
    response = add(as_ada, f" {flux_kontext.full_id} ", flux_kontext)
    assert errors_of(response)["name"] == ["A model has this very name already. Choose one that is free."]
    assert not ModelAlias.objects.exists()


@pytest.mark.parametrize("name", ["", "   ", "x" * 201, "gpt\x00image"])
def test_a_name_that_cannot_be_taken_is_said_beside_its_field(
    as_ada: Client, flux_kontext: ImageModel, name: str
) -> None:
    assert errors_of(add(as_ada, name, flux_kontext))["name"]


def test_an_alias_stands_for_one_model_that_is_there(as_ada: Client, flux_kontext: ImageModel) -> None:
    model_aliases.save_alias(name="gpt-image-1", image_model=flux_kontext)
    assert "already exists" in errors_of(add(as_ada, "gpt-image-1", flux_kontext))["name"][0]
    assert errors_of(add(as_ada, "dall-e-3", "0"))["image_model"]


def test_models_are_chosen_by_their_full_ids_and_the_list_shows_them(as_ada: Client, flux_kontext: ImageModel) -> None:
    page = as_ada.get(pages.add_page("modelalias")).content.decode()
    assert f">{flux_kontext.full_id}</option>" in page
    assert "gpt-image-1 and dall-e-3" in page
    model_aliases.save_alias(name="gpt-image-1", image_model=flux_kontext)
    ImageModel.objects.filter(pk=flux_kontext.pk).update(is_enabled=False)
    page = as_ada.get(pages.list_page("modelalias")).content.decode()
    assert flux_kontext.full_id in page
    assert "No: scripts are refused" in page


def test_an_alias_goes_with_its_model(flux_kontext: ImageModel) -> None:
    model_aliases.save_alias(name="gpt-image-1", image_model=flux_kontext)
    flux_kontext.delete()
    assert not ModelAlias.objects.exists()
