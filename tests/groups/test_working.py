"""Working for a group, with its models."""

import re

import pytest
from django.test import Client
from django.urls import reverse

from gallery.models import Board, Generation, Group, Image, ImageModel, User
from gallery.services import groups
from tests import factories
from tests.endpoint.script import FLUX
from tests.groups.members import submit, text


def test_the_studio_asks_for_whom_only_where_there_is_a_group(acme: Group, as_bea: Client, as_chi: Client) -> None:
    assert 'name="group"' not in text(as_chi, "/")
    page = text(as_bea, "/")
    assert re.search(rf'<option value="{acme.pk}"[^>]*selected', page)
    assert '<option value="group" selected' in page


def test_who_sees_a_groups_work_at_first_is_the_groups_word_and_not_the_profiles(
    acme: Group, bea: User, as_bea: Client
) -> None:
    User.objects.filter(pk=bea.pk).update(default_visibility="team")
    for page in ("/", "/analysis/"):
        assert '<option value="group" selected' in text(as_bea, page), page
    User.objects.filter(pk=bea.pk).update(default_visibility="private")
    assert '<option value="" data-visibility="private">For nobody in particular' in text(as_bea, "/")
    groups.remove_member(group=acme, user=bea)
    for page in ("/", "/analysis/"):
        assert '<option value="private" selected' in text(as_bea, page), page


def test_a_form_opened_on_a_picture_begins_as_the_profile_says(
    shipped: None, bea: User, as_bea: Client, flux_kontext: ImageModel
) -> None:
    picture = factories.create_picture(bea, flux_kontext)
    User.objects.filter(pk=bea.pk).update(default_visibility="private")
    for page in (f"/?reference={picture.pk}", f"/analysis/?images={picture.pk}"):
        assert '<option value="private" selected' in text(as_bea, page), page


def test_what_a_group_alone_sees_is_marked(picture: Image, as_bea: Client) -> None:
    mark = '<i class="mark mark-group">Group sees it</i>'
    for page, words in (("/library/", mark), ("/history/", "<span>group sees it</span>")):
        assert words in text(as_bea, page), page
        Image.objects.update(visibility="team")
        Generation.objects.update(visibility="team")
        assert words not in text(as_bea, page), page
        Image.objects.update(visibility="group")
        Generation.objects.update(visibility="group")


def test_what_is_made_for_a_group_is_its_own_and_the_next_form_begins_so(
    acme: Group, bea: User, as_bea: Client
) -> None:
    other = groups.create_group(name="Other", default_visibility="team", model_ids=[])
    groups.add_member(group=other, user=bea)
    assert submit(as_bea, group=str(acme.pk), visibility="group").status_code == 302
    run = Generation.objects.latest("pk")
    image = Image.objects.latest("pk")
    assert (run.group, run.visibility) == (acme, "group")
    assert (image.group, image.visibility) == (acme, "group")
    as_bea.post("/studio/draft/drop/")
    assert re.search(rf'<option value="{acme.pk}"[^>]*selected', text(as_bea, "/"))


@pytest.mark.parametrize("visibility", ["group", "team", "private"])
def test_a_stranger_to_the_group_cannot_work_for_it(acme: Group, as_chi: Client, visibility: str) -> None:
    answer = submit(as_chi, group=str(acme.pk), visibility=visibility)
    assert answer.status_code == 422
    assert "You do not work for this group" in answer.content.decode()
    assert "a red chair" in answer.content.decode()
    assert not Generation.objects.exists()


def test_a_group_that_nobody_chose_sees_nothing(acme: Group, as_bea: Client) -> None:
    answer = submit(as_bea, group="", visibility="group")
    assert answer.status_code == 422
    assert "Choose for whom this is" in answer.content.decode()


def test_a_closed_group_takes_no_more_work(acme: Group, as_bea: Client, picture: Image) -> None:
    groups.set_open(acme, is_open=False)
    assert submit(as_bea, group=str(acme.pk), visibility="group").status_code == 422
    assert as_bea.get(picture.get_absolute_url()).status_code == 200
    assert 'name="group"' not in text(as_bea, "/")


def test_only_the_groups_models_are_offered_and_taken(acme: Group, as_bea: Client) -> None:
    groups.change_group(group=acme, name="Acme", default_visibility="group", model_ids=["routellm/flux_pro"])
    picker = text(as_bea, "/models/")
    assert "routellm/flux_pro" in picker
    assert FLUX not in picker
    answer = submit(as_bea, group=str(acme.pk), visibility="group")
    assert answer.status_code == 422
    assert "may not be used for Acme" in answer.content.decode()
    assert submit(as_bea, group="", visibility="team").status_code == 302
    assert (
        FLUX in as_bea.post("/models/", {"group": "", "model": FLUX}, headers={"HX-Request": "true"}).content.decode()
    )


def test_a_list_of_models_holds_when_all_of_them_were_deleted(acme: Group, as_bea: Client, as_ada: Client) -> None:
    image_model = ImageModel.objects.keyed([FLUX])[0]
    groups.change_group(group=acme, name="Acme", default_visibility="group", model_ids=[FLUX])
    image_model.delete()
    other = ImageModel.objects.offered()[0]
    acme.refresh_from_db()
    assert not acme.allows(other)
    fields = {"model": other.full_id, "prompt": "a red chair", "group": acme.pk, "visibility": "group"}
    assert "may not be used for Acme" in as_bea.post("/", fields).content.decode()
    page = text(as_ada, reverse("group", args=[acme.pk]))
    assert 'name="scope" value="chosen" checked' in page


def test_a_batch_is_refused_when_one_of_its_models_is_not_the_groups(acme: Group, as_bea: Client) -> None:
    groups.change_group(group=acme, name="Acme", default_visibility="group", model_ids=["routellm/flux_pro"])
    values = {"model": "routellm/flux_pro", "prompt": "a red chair", "models": ["routellm/flux_pro", FLUX]}
    answer = as_bea.post("/batches/new/", {**values, "group": acme.pk, "visibility": "group", "submission": "one"})
    assert answer.status_code == 422
    assert "may not be used for Acme" in answer.content.decode()
    assert not Generation.objects.exists()


def test_boards_presets_and_words_belong_to_a_group_when_it_is_chosen(
    acme: Group, as_bea: Client, as_chi: Client
) -> None:
    as_bea.post("/boards/new/", {"name": "Spring", "visibility": f"group-{acme.pk}"})
    board = Board.objects.get()
    assert (board.visibility, board.group) == ("group", acme)
    as_bea.post("/words/", {"name": "Warm", "kind": "style", "text": "warm", "visibility": f"group-{acme.pk}"})
    assert "Warm" in text(as_bea, "/words/")
    assert "Warm" not in text(as_chi, "/words/")
    as_chi.post("/boards/new/", {"name": "Stolen", "visibility": f"group-{acme.pk}"})
    assert Board.objects.get(name="Stolen").group is None
    as_bea.post(reverse("board-visibility", args=[board.pk]), {"visibility": "team"})
    board.refresh_from_db()
    assert (board.visibility, board.group) == ("team", acme)
