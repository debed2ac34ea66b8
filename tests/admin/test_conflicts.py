"""A change page that somebody else saved meanwhile: both versions are shown, and whoever saves second chooses."""

from typing import Any

from django.test import Client

from gallery.models import Gateway, ImageModel, SpecVersion, Upkeep, User
from tests import factories
from tests.admin import pages


def opened(client: Client, row: Any) -> dict[str, Any]:
    """What the page carries beside its fields."""
    return {"conflict-base": client.get(pages.change_page(row)).context["conflict_base"]}


def test_a_second_save_is_shown_both_versions_and_chooses_field_by_field(
    as_ada: Client, flux_kontext: ImageModel
) -> None:
    eve = factories.signed_in(factories.create_user("eve", name="Eve Admin", is_admin=True))
    base = opened(as_ada, flux_kontext)
    eve.post(pages.change_page(flux_kontext), pages.image_model_post(flux_kontext, name="Theirs", description="D"))
    mine = pages.image_model_post(flux_kontext, name="Mine", family="Own", price=None) | base
    response = as_ada.post(pages.change_page(flux_kontext), mine)
    assert response.status_code == 409
    both = {one.name: (one.theirs, one.mine, one.is_mine) for one in response.context["both"]}
    assert both["name"] == ("Theirs", "Mine", True)
    assert both["family"] == ("FLUX", "Own", True)
    assert both["description"] == ("D", "Context-aware image generation", False)
    assert "Eve Admin" in response.content.decode()
    flux_kontext.refresh_from_db()
    assert flux_kontext.name == "Theirs"
    chosen = dict(response.context["posted"]) | {"tasks": flux_kontext.tasks, "modalities": flux_kontext.modalities}
    choices = {
        "conflict-choose-name": "mine",
        "conflict-choose-family": "mine",
        "conflict-choose-description": "theirs",
    }
    again = chosen | {"conflict-base": response.context["base"]} | choices
    assert as_ada.post(pages.change_page(flux_kontext), again).status_code == 302
    flux_kontext.refresh_from_db()
    assert (flux_kontext.name, flux_kontext.family, flux_kontext.description) == ("Mine", "Own", "D")
    assert SpecVersion.objects.filter(image_model=flux_kontext).count() == 3


def test_a_third_save_in_between_is_shown_again(as_ada: Client, flux_kontext: ImageModel) -> None:
    base = opened(as_ada, flux_kontext)
    ImageModel.objects.filter(pk=flux_kontext.pk).update(name="Second")
    mine = pages.image_model_post(flux_kontext, name="Mine", price=None) | base
    response = as_ada.post(pages.change_page(flux_kontext), mine)
    ImageModel.objects.filter(pk=flux_kontext.pk).update(name="Third")
    again = mine | {"conflict-base": response.context["base"], "conflict-choose-name": "mine"}
    assert as_ada.post(pages.change_page(flux_kontext), again).status_code == 409


def test_a_save_that_meets_nobody_goes_through_and_an_error_keeps_what_was_seen(
    as_ada: Client, flux_kontext: ImageModel
) -> None:
    base = opened(as_ada, flux_kontext)
    ImageModel.objects.filter(pk=flux_kontext.pk).update(family="Theirs")
    wrong = as_ada.post(
        pages.change_page(flux_kontext), pages.image_model_post(flux_kontext, name="", price=None) | base
    )
    assert wrong.status_code == 200
    assert wrong.context["conflict_base"] == base["conflict-base"]
    fields = pages.image_model_post(flux_kontext, family="Theirs", price=None) | opened(as_ada, flux_kontext)
    assert as_ada.post(pages.change_page(flux_kontext), fields).status_code == 302


def test_a_gateways_page_meets_the_same_and_never_sends_a_key_back(
    as_ada: Client, routellm: Gateway, bea: User
) -> None:
    base = opened(as_ada, routellm)
    Gateway.objects.filter(pk=routellm.pk).update(max_running=3)
    mine = pages.gateway_post(routellm, answer_seconds=77, api_key=pages.CANARY) | base
    response = as_ada.post(pages.change_page(routellm), mine)
    assert response.status_code == 409
    assert {one.name for one in response.context["both"]} == {"max_running", "answer_seconds"}
    page = response.content.decode()
    assert pages.CANARY not in page
    assert "enter it again afterwards" in page
    again = dict(response.context["posted"]) | {"conflict-base": response.context["base"]}
    again |= {"conflict-choose-max_running": "theirs", "conflict-choose-answer_seconds": "mine"}
    assert as_ada.post(pages.change_page(routellm), again).status_code == 302
    routellm.refresh_from_db()
    assert (routellm.max_running, routellm.answer_seconds, routellm.api_keys.count()) == (3, 77, 1)


def test_a_name_corrected_on_an_old_page_does_not_open_a_closed_account(as_ada: Client, bea: User) -> None:
    eve = factories.signed_in(factories.create_user("eve", name="Eve Admin", is_admin=True))
    base = opened(as_ada, bea)
    fields = {"name": "Bea", "username": "bea", "role": "designer"}
    assert eve.post(pages.change_page(bea), fields | opened(eve, bea)).status_code == 302
    response = as_ada.post(pages.change_page(bea), fields | {"name": "Beatrice", "is_active": "on"} | base)
    assert response.status_code == 409
    both = {one.name: (one.theirs, one.mine, one.is_mine) for one in response.context["both"]}
    assert both["is_active"] == ("no", "yes", False)
    bea.refresh_from_db()
    assert not bea.is_active


def test_a_role_changed_meanwhile_is_not_given_back(as_ada: Client, bea: User) -> None:
    base = opened(as_ada, bea)
    User.objects.filter(pk=bea.pk).update(role="viewer")
    mine = {"name": "Beatrice", "username": "bea", "role": "designer", "is_active": "on"} | base
    assert as_ada.post(pages.change_page(bea), mine).status_code == 409
    bea.refresh_from_db()
    assert bea.role == "viewer"


def test_a_rule_of_retention_changed_meanwhile_is_shown(as_ada: Client) -> None:
    rules = Upkeep.objects.current()
    base = opened(as_ada, rules)
    Upkeep.objects.update(rejected_days=90)
    assert as_ada.post(pages.change_page(rules), {"rejected_days": "7"} | base).status_code == 409
    assert Upkeep.objects.current().rejected_days == 90
