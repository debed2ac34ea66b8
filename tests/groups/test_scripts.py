"""Access tokens that work for a group."""

import pytest
from django.test import Client

from gallery.models import Generation, Group, ImageModel, User
from gallery.services import groups, tokens
from tests.endpoint.script import FLUX, Script
from tests.groups.members import text


@pytest.mark.django_db(transaction=True)
def test_a_token_of_a_group_works_for_it_with_its_models_alone(
    acme: Group, bea: User, flux_kontext: ImageModel
) -> None:
    groups.change_group(group=acme, name="Acme", default_visibility="group", model_ids=[FLUX])
    script = Script(tokens.create_token(owner=bea, name="Script", group=acme)[1])
    assert [entry["id"] for entry in script.get("models").json["data"]] == [FLUX]
    answer = script.chat(model="routellm/flux_pro")
    assert answer.status == 403
    assert "may not be used for Acme" in answer.error["message"]
    assert script.chat().status == 200
    run = Generation.objects.latest("pk")
    assert (run.group, run.visibility, run.images.get().group) == (acme, "group", acme)
    assert script.chat(visibility="team").status == 200
    assert Generation.objects.latest("pk").visibility == "team"


@pytest.mark.django_db(transaction=True)
def test_a_token_without_a_group_makes_nothing_for_an_owner_who_always_works_for_one(
    acme: Group, bea: User, flux_kontext: ImageModel
) -> None:
    script = Script(tokens.create_token(owner=bea, name="Script")[1])
    assert script.chat().status == 200
    groups.change_group(group=acme, name="Acme", default_visibility="group", model_ids=[], binds_members=True)
    answer = script.chat()
    assert answer.status == 403
    assert "always works for a group, and the token for none" in answer.error["message"]
    assert Generation.objects.count() == 1
    assert Script(tokens.create_token(owner=bea, name="Other", group=acme)[1]).chat().status == 200


@pytest.mark.django_db(transaction=True)
def test_a_token_ends_with_its_owners_place_in_the_group(acme: Group, bea: User, flux_kontext: ImageModel) -> None:
    script = Script(tokens.create_token(owner=bea, name="Script", group=acme)[1])
    assert script.get("models").status == 200
    groups.remove_member(group=acme, user=bea)
    answer = script.chat()
    assert answer.status == 403
    assert "This access token works for Acme" in answer.error["message"]
    assert not Generation.objects.exists()


@pytest.mark.django_db(transaction=True)
def test_a_token_without_a_group_shows_nothing_to_one(bea: User, flux_kontext: ImageModel) -> None:
    script = Script(tokens.create_token(owner=bea, name="Script")[1])
    answer = script.chat(visibility="group")
    assert answer.refusal == (400, "invalid_request_error", "visibility")


def test_the_token_form_offers_ones_own_groups(acme: Group, as_bea: Client, as_chi: Client) -> None:
    assert f'<option value="{acme.pk}">Acme</option>' in text(as_bea, "/tokens/")
    assert "Acme" not in text(as_chi, "/tokens/")
    as_bea.post("/tokens/create/", {"name": "Script", "scope": "every", "expires": "never", "group": acme.pk})
    assert "for Acme" in text(as_bea, "/tokens/")
    answer = as_chi.post("/tokens/create/", {"name": "Script", "scope": "every", "expires": "never", "group": acme.pk})
    assert answer.status_code == 422
