"""Groups: made and filled with people, worked for, seen by their members alone, with models of their own."""

import re
import threading
from collections.abc import Callable
from typing import Any

import pytest
from django.db import connection
from django.test import Client
from django.urls import reverse

from gallery import tasks
from gallery.models import (
    AccessToken,
    AuditEntry,
    Batch,
    Board,
    Gateway,
    Generation,
    Group,
    Image,
    ImageModel,
    Membership,
    Mention,
    User,
)
from gallery.models.people import Role
from gallery.services import batches, boards, comments, generations, groups, images, people, tokens
from tests import factories
from tests.endpoint.script import FLUX, Script
from tests.sharing import link_to_board, see, shown
from tests.visitor import wait_until

LINK = re.compile(r"https?://testserver(/accounts/[\w/:-]+)")
ACCOUNT = {"name": "Dan Brown", "username": "dan", "password": "salt pans at sunrise"}


@pytest.fixture
def acme(shipped: None, ada: User, bea: User) -> Group:
    """Bea works for it, and leads it."""
    group = groups.create_group(name="Acme", default_visibility="group", model_ids=[])
    groups.add_member(group=group, user=bea, is_lead=True)
    return group


@pytest.fixture
def picture(acme: Group, bea: User, flux_kontext: ImageModel) -> Image:
    return factories.create_picture(bea, flux_kontext, "a secret chair", visibility="group", group=acme)


def fresh(person: User) -> User:
    """As the next request reads it."""
    return User.objects.get(pk=person.pk)


def add(group: Group, person: User, **options: Any) -> Client:
    groups.add_member(group=group, user=person, **options)
    return factories.signed_in(person)


def text(client: Client, address: str) -> str:
    response = client.get(address)
    assert response.status_code == 200, address
    return response.content.decode()


# What a group sees -------------------------------------------------------------------------------------------------


def test_a_groups_picture_is_on_its_members_walls_and_on_no_others(
    picture: Image, acme: Group, as_bea: Client, as_chi: Client, as_ada: Client
) -> None:
    viewer = factories.create_user("vic")
    people.set_role(viewer, Role.VIEWER)
    as_vic = add(acme, viewer)
    pages = ("/library/", "/library/?q=secret", f"/library/?group={acme.pk}", "/history/", f"/history/?group={acme.pk}")
    for page in pages:
        for client in (as_bea, as_vic, as_ada):
            assert "a secret chair" in text(client, page), page
        assert "a secret chair" not in text(as_chi, page), page


def test_one_who_leaves_the_group_sees_only_what_is_their_own(
    picture: Image, acme: Group, bea: User, chi: User, as_bea: Client, as_chi: Client
) -> None:
    groups.add_member(group=acme, user=chi)
    assert as_chi.get(picture.get_absolute_url()).status_code == 200
    for person in (bea, chi):
        groups.remove_member(group=acme, user=person)
    assert as_chi.get(picture.get_absolute_url()).status_code == 404
    assert as_chi.get(picture.media_url()).status_code == 404
    assert as_bea.get(picture.get_absolute_url()).status_code == 200


def test_tags_boards_comments_and_counts_tell_nobody_else_of_it(
    picture: Image, acme: Group, bea: User, chi: User, as_bea: Client, as_chi: Client
) -> None:
    board = boards.create_board(owner=bea, name="Everybody’s", visibility="team")
    boards.put_on_board(board=board, image_ids=[picture.pk], user=fresh(bea))
    as_bea.post(reverse("image-tags", args=[picture.pk]), {"tag": "hush"})
    comments.add_comment(image=picture, author=bea, text="@chi look")
    assert not Mention.objects.filter(user=chi)
    assert "hush" not in text(as_chi, "/tags/")
    assert "hush" in text(as_bea, "/tags/")
    assert [item.pk for item in board.items.seen_by(fresh(chi))] == []
    assert "a secret chair" not in text(as_chi, board.get_absolute_url())
    groups.add_member(group=acme, user=chi)
    assert [item.image_id for item in board.items.seen_by(fresh(chi))] == [picture.pk]


def test_whoever_has_no_group_asks_the_database_what_they_asked_before_there_were_groups(chi: User) -> None:
    sql = str(Image.objects.visible_to(chi).query)
    assert "group_id" not in sql.partition("WHERE")[2]


def test_which_team_pictures_were_made_for_a_group_is_told_to_its_members_alone(
    acme: Group, bea: User, flux_kontext: ImageModel, as_bea: Client, as_chi: Client
) -> None:
    factories.create_picture(bea, flux_kontext, "an open chair", visibility="team", group=acme)
    address = f"/library/?group={acme.pk}"
    assert "an open chair" in text(as_bea, address)
    assert "an open chair" not in text(as_chi, address)
    assert "Acme" not in text(as_chi, address)
    assert 'id="chip-group"' not in text(as_chi, "/library/")


def test_a_link_of_a_groups_board_shows_what_the_group_sees_and_nothing_private(
    picture: Image, acme: Group, bea: User, flux_kontext: ImageModel
) -> None:
    hidden = factories.create_picture(bea, flux_kontext, colour="navy", visibility="private", group=acme)
    other = groups.create_group(name="Other", default_visibility="group", model_ids=[])
    groups.add_member(group=other, user=bea)
    elsewhere = factories.create_picture(bea, flux_kontext, colour="red", visibility="group", group=other)
    groups.remove_member(group=other, user=bea)
    board = boards.create_board(owner=bea, name="Acme’s", visibility="group", group=acme)
    ids = [picture.pk, hidden.pk, elsewhere.pk]
    boards.put_on_board(board=board, image_ids=ids, user=fresh(bea))
    assert shown(see(link_to_board(bea, board))) == [picture.pk]


def test_a_reference_is_seen_by_whoever_sees_a_run_it_went_into(
    acme: Group, bea: User, flux_kontext: ImageModel
) -> None:
    upload = images.store_upload(source=factories.upload().chunks(), owner=bea)
    inputs = {flux_kontext.image_parameters[0].name: [upload]}
    run = factories.create_generation(bea, flux_kontext, inputs=inputs, visibility="group", group=acme)
    upload.refresh_from_db()
    assert (upload.visibility, upload.group) == ("group", acme)
    generations.set_visibility(run, "team")
    upload.refresh_from_db()
    assert upload.visibility == "team"
    factories.create_generation(bea, flux_kontext, inputs=inputs, visibility="group", group=acme)
    upload.refresh_from_db()
    assert upload.visibility == "team"
    generations.set_visibility(run, "private")
    upload.refresh_from_db()
    assert (upload.visibility, upload.group) == ("group", acme)


def test_run_again_never_shows_more_people_what_a_group_alone_saw(
    picture: Image, acme: Group, ada: User, chi: User, as_ada: Client, as_chi: Client
) -> None:
    again = reverse("generation-run-again", args=[picture.generation_id])
    as_ada.post(again)
    made = Generation.objects.latest("pk")
    assert (made.owner, made.visibility, made.group) == (ada, "private", None)
    groups.add_member(group=acme, user=chi)
    as_chi.post(again)
    made = Generation.objects.latest("pk")
    assert (made.owner, made.visibility, made.group) == (chi, "group", acme)


def test_selected_pictures_are_shown_to_their_group_and_back(
    acme: Group, bea: User, flux_kontext: ImageModel, as_bea: Client
) -> None:
    ours = factories.create_picture(bea, flux_kontext, visibility="private", group=acme)
    nobodys = factories.create_picture(bea, flux_kontext, colour="navy", visibility="team")
    answer = as_bea.post("/library/bulk/group/", {"ids": f"{ours.pk},{nobodys.pk}"}, headers={"HX-Request": "true"})
    assert "1 picture was made for no group and stayed." in answer.content.decode()
    assert [row.visibility for row in Image.objects.order_by("pk")] == ["group", "team"]
    undo = re.search(r"/library/bulk/works/\d+/undo/", answer.content.decode())
    assert undo
    as_bea.post(undo[0])
    assert [row.visibility for row in Image.objects.order_by("pk")] == ["private", "team"]


# Working for one ---------------------------------------------------------------------------------------------------


def submit(client: Client, **values: str) -> Any:
    return client.post("/", {"model": FLUX, "prompt": "a red chair", **values})


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


DOORS: dict[str, Callable[[Client], Any]] = {
    "studio": lambda client: submit(client, visibility="team"),
    "comparison": lambda client: client.post(
        "/batches/new/",
        {"model": FLUX, "prompt": "a chair", "models": [FLUX, "routellm/flux_pro"], "submission": "one"},
    ),
    "analysis": lambda client: client.post(
        "/analysis/",
        {"prompt": "What is it?", "model": "routellm/gpt-4o", "images_images": Image.objects.earliest("pk").pk},
    ),
    "again": lambda client: client.post(
        reverse("generation-run-again", args=[Image.objects.earliest("pk").generation_id]), follow=True
    ),
    "retry": lambda client: client.post(
        reverse("batch-retry", args=[Batch.objects.earliest("pk").pk]), {"submission": "two"}, follow=True
    ),
    "retry in the queue": lambda client: client.post(
        reverse("queue-batch", args=[Batch.objects.earliest("pk").pk, "retry"]), follow=True
    ),
    "resume": lambda client: client.post(reverse("batch-resume", args=[Batch.objects.earliest("pk").pk]), follow=True),
    "resume in the queue": lambda client: client.post(
        reverse("queue-batch", args=[Batch.objects.earliest("pk").pk, "resume"]), follow=True
    ),
    "stop": lambda client: client.post(
        reverse("batch-limit", args=[Batch.objects.earliest("pk").pk]), {"spend_limit": ""}, follow=True
    ),
    "token": lambda client: client.post(
        "/tokens/create/", {"name": "Script", "scope": "every", "expires": "never", "group": ""}
    ),
}


@pytest.mark.parametrize("door", DOORS)
def test_who_always_works_for_a_group_runs_nothing_for_nobody_in_particular(
    door: str, acme: Group, bea: User, as_bea: Client, flux_kontext: ImageModel
) -> None:
    batch = Batch.objects.create(owner=bea, kind="comparison", prompt="a chair", visibility="team")
    factories.create_picture(bea, flux_kontext)
    failed = factories.create_generation(bea, flux_kontext)
    Generation.objects.filter(pk=failed.pk).update(status="failed", batch=batch, cell=[0])
    held = factories.create_generation(bea, flux_kontext)
    Generation.objects.filter(pk=held.pk).update(status="held", batch=batch, cell=[1])
    batches.pause_batch(batch)

    def made() -> int:
        return Generation.objects.exclude(status="held").count() + AccessToken.objects.count()

    before = made()
    groups.change_group(group=acme, name="Acme", default_visibility="group", model_ids=[], binds_members=True)
    answer = DOORS[door](as_bea).content.decode()
    assert "You always work for a group" in answer
    assert made() == before
    groups.set_open(acme, is_open=False)
    DOORS[door](as_bea)
    assert made() > before


@pytest.mark.parametrize("door", ["retry", "retry in the queue", "resume", "resume in the queue", "stop"])
@pytest.mark.parametrize("is_closed", [True, False], ids=["closed", "left"])
def test_nothing_more_of_a_batch_runs_for_a_group_that_is_closed_or_was_left(
    acme: Group, bea: User, as_bea: Client, flux_kontext: ImageModel, door: str, is_closed: bool
) -> None:
    batch = Batch.objects.create(owner=bea, kind="compare", prompt="a chair", visibility="team", group=acme)
    for place, status in enumerate(("failed", "held", "queued")):
        run = factories.create_generation(bea, flux_kontext, group=acme)
        Generation.objects.filter(pk=run.pk).update(status=status, batch=batch, cell=[place])
    if is_closed:
        groups.set_open(acme, is_open=False)
    else:
        groups.remove_member(group=acme, user=bea)
    assert batches.let_all_go() == 0
    said = "Acme is closed and takes no more work." if is_closed else "You do not work for Acme."
    assert said in DOORS[door](as_bea).content.decode()
    assert sorted(Generation.objects.values_list("status", flat=True)) == ["failed", "held", "held"]
    groups.set_open(acme, is_open=True)
    groups.add_member(group=acme, user=bea)
    DOORS[door](as_bea)
    assert Generation.objects.filter(status="succeeded").exists()


@pytest.mark.parametrize("is_closed", [True, False], ids=["closed", "left"])
def test_what_waits_for_a_group_stops_with_it_and_the_note_says_how_much_did(
    acme: Group, bea: User, chi: User, as_ada: Client, as_bea: Client, flux_kontext: ImageModel, is_closed: bool
) -> None:
    groups.add_member(group=acme, user=chi)
    for place, owner in enumerate((bea, bea, chi)):
        batch = Batch.objects.create(owner=owner, kind="compare", prompt="a chair", visibility="team", group=acme)
        held = factories.create_generation(owner, flux_kontext, group=acme)
        Generation.objects.filter(pk=held.pk).update(status="held", batch=batch, cell=[place])
    waiting = factories.create_generation(bea, flux_kontext, group=acme)
    others = [
        factories.create_generation(chi, flux_kontext, group=acme),
        factories.create_generation(bea, flux_kontext),
    ]
    page = reverse("group", args=[acme.pk])
    if is_closed:
        note = as_ada.post(f"{page}open/", {"open": "no"}, follow=True).content.decode()
        assert "Acme is closed. 3 batches paused. 2 runs that waited were cancelled." in note
        assert "Acme takes work again." in as_ada.post(f"{page}open/", {"open": "yes"}, follow=True).content.decode()
    else:
        note = as_ada.post(f"{page}members/{bea.pk}/remove/", follow=True).content.decode()
        assert "Bea Arthur no longer works for Acme. 2 batches paused. 1 run that waited was cancelled." in note
    waiting.refresh_from_db()
    why = "Acme was closed" if is_closed else "No longer working for Acme"
    assert (waiting.status, waiting.error_sentence) == ("cancelled", f"{why} before it was sent. Nothing was charged.")
    expected = ["cancelled" if is_closed else "queued", "queued"]
    assert [Generation.objects.get(pk=row.pk).status for row in others] == expected
    assert why in text(as_bea, reverse("generation-detail", args=[waiting.pk]))


@pytest.mark.django_db(transaction=True)
def test_what_is_made_at_the_very_moment_its_group_closes_is_refused_or_stops_with_it(
    acme: Group, bea: User, flux_kontext: ImageModel
) -> None:
    crowd = 6
    tasks.queue.immediate = False
    together = threading.Barrier(crowd + 1)
    answers: list[int] = []

    def make(number: int) -> None:
        client = factories.signed_in(bea)
        values = {"model": FLUX, "prompt": "a chair", "models": [FLUX, "routellm/flux_pro"], "submission": str(number)}
        together.wait(60)
        made = client.post("/batches/new/", {**values, "group": acme.pk, "visibility": "group"})
        answers.append(made.status_code)
        connection.close()

    threads = [threading.Thread(target=make, args=[number]) for number in range(crowd)]
    for thread in threads:
        thread.start()
    together.wait(60)
    wait_until(lambda: bool(answers), "the first batch")
    groups.set_open(acme, is_open=False)
    for thread in threads:
        thread.join(120)
    assert set(answers) <= {302, 422}
    assert set(Batch.objects.values_list("state", flat=True)) == {"paused"}
    assert not Generation.objects.filter(status="queued").exists()


def test_what_a_group_may_not_use_any_more_is_neither_asked_about_nor_run_again(
    acme: Group, bea: User, as_bea: Client, flux_kontext: ImageModel, routellm: Gateway
) -> None:
    ImageModel.objects.filter(pk=flux_kontext.pk).update(price="100", price_unit="points")
    User.objects.filter(pk=bea.pk).update(confirm_points="50")
    batch = Batch.objects.create(owner=bea, kind="compare", prompt="a chair", visibility="team", group=acme)
    run = factories.create_generation(bea, flux_kontext, group=acme)
    Generation.objects.filter(pk=run.pk).update(status="failed", batch=batch, cell=[0])
    asked = "Run what failed again?"
    assert asked in DOORS["retry"](as_bea).content.decode()
    groups.change_group(group=acme, name="Acme", default_visibility="group", model_ids=["routellm/flux_pro"])
    answer = DOORS["retry"](as_bea).content.decode()
    assert asked not in answer
    assert "No longer offered, or not allowed for Acme: FLUX Kontext." in answer


def test_who_is_bound_by_being_added_is_told_of_and_so_is_a_binding_that_is_taken_off(
    acme: Group, chi: User, as_ada: Client, as_bea: Client
) -> None:
    page, said = reverse("group", args=[acme.pk]), "from now on always for a group"
    dan = factories.create_user("dan")
    assert said not in as_bea.post(f"{page}members/", {"person": dan.pk}, follow=True).content.decode()
    settings = {"name": "Acme", "default_visibility": "group", "scope": "every"}
    for binds in ("on", ""):
        as_ada.post(f"{page}change/", {**settings, "binds_members": binds})
        assert AuditEntry.objects.filter(act="group.changed").latest("pk").detail["bound"] is bool(binds)
        if binds:
            assert said in as_bea.post(f"{page}members/", {"person": chi.pk}, follow=True).content.decode()


def test_the_forms_of_who_always_works_for_a_group_offer_nobody_in_particular_to_none(
    acme: Group, bea: User, as_bea: Client, as_ada: Client, flux_kontext: ImageModel
) -> None:
    factories.create_picture(bea, flux_kontext, group=None)
    pages = ("/", "/analysis/", "/tokens/")
    for page in pages:
        assert "obody in particular</option>" in text(as_bea, page), page
    rules = {"name": "Acme", "default_visibility": "group", "scope": "every", "binds_members": "on"}
    as_ada.post(reverse("group-change", args=[acme.pk]), rules)
    for page in pages:
        assert "obody in particular</option>" not in text(as_bea, page), page
    assert re.search(rf'<option value="{acme.pk}"[^>]*selected', text(as_bea, "/"))
    assert 'name="binds_members" value="on" checked' in text(as_ada, reverse("group", args=[acme.pk]))


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


# The people page ---------------------------------------------------------------------------------------------------


def test_an_administrator_makes_a_group_and_invites_a_lead_into_it(as_ada: Client) -> None:
    made = as_ada.post("/people/groups/new/", {"name": "Acme", "default_visibility": "group", "scope": "every"})
    group = Group.objects.get()
    assert made["Location"] == f"/people/groups/{group.pk}/"
    page = as_ada.post(f"/people/groups/{group.pk}/invite/", {"role": "lead", "note": "Dan"}).content.decode()
    found = LINK.search(page)
    assert found
    client = Client()
    client.post(found[1], ACCOUNT)
    dan = User.objects.get(username="dan")
    assert (dan.role, dan.led_group_ids) == (Role.LEAD, [group.pk])
    assert "Acme" in text(client, "/people/")


def test_two_groups_have_two_names_and_two_short_names(as_ada: Client) -> None:
    for _ in range(2):
        answer = as_ada.post("/people/groups/new/", {"name": " Acme  GmbH ", "scope": "every"})
    assert answer.status_code == 422
    assert "There is a group “Acme GmbH” already" in answer.content.decode()
    groups.create_group(name="Acme, GmbH", default_visibility="group", model_ids=[])
    assert set(Group.objects.values_list("slug", flat=True)) == {"acme-gmbh", "acme-gmbh-2"}


@pytest.mark.django_db(transaction=True)
def test_of_two_who_name_a_group_alike_at_the_same_moment_one_is_told_so(ada: User) -> None:
    crowd, answers = 4, []
    together = threading.Barrier(crowd)

    def make() -> None:
        client = factories.signed_in(ada)
        together.wait(60)
        answers.append(client.post("/people/groups/new/", {"name": "Acme", "scope": "every"}))
        connection.close()

    threads = [threading.Thread(target=make) for _ in range(crowd)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(120)
    assert sorted(answer.status_code for answer in answers) == [302] + [422] * (crowd - 1)
    refused = next(answer.content.decode() for answer in answers if answer.status_code == 422)
    assert "There is a group “Acme” already" in refused
    assert Group.objects.count() == 1


def test_a_lead_invites_and_adds_but_hands_on_no_more_than_they_have(acme: Group, chi: User, as_bea: Client) -> None:
    page = reverse("group", args=[acme.pk])
    for role in ("lead", "admin"):
        as_bea.post(f"{page}invite/", {"role": role})
    assert "Nobody" not in text(as_bea, page)
    assert not acme.memberships.exclude(user__username="bea").exists()
    invited = as_bea.post(f"{page}invite/", {"role": "viewer", "note": "Dan"}).content.decode()
    assert LINK.search(invited)
    as_bea.post(f"{page}members/", {"person": chi.pk})
    assert Membership.objects.filter(group=acme, user=chi, is_lead=False).exists()
    as_bea.post(f"{page}members/{chi.pk}/remove/")
    assert not Membership.objects.filter(user=chi).exists()


def test_a_viewer_leads_no_group(acme: Group, bea: User, chi: User, as_ada: Client, as_bea: Client) -> None:
    people.set_role(chi, Role.VIEWER)
    groups.add_member(group=acme, user=chi)
    page = as_ada.post(reverse("group-lead", args=[acme.pk, chi.pk]), {"lead": "yes"}, follow=True).content.decode()
    assert "is a viewer. Make them a designer or a lead first." in page
    people.set_role(bea, Role.VIEWER)
    assert as_bea.get("/people/").status_code == 403


def test_whoever_is_switched_off_keeps_their_name_on_everything(
    picture: Image, acme: Group, bea: User, chi: User, as_bea: Client
) -> None:
    as_chi = add(acme, chi)
    people.set_active(bea, is_active=False)
    assert as_bea.get("/library/").status_code == 302
    assert "Bea Arthur" in text(as_chi, picture.get_absolute_url())
    assert picture.owner == bea
    assert Membership.objects.filter(user=bea).exists()


def test_a_refusal_names_who_can_help(bea: User, ada: User, as_bea: Client) -> None:
    people.set_role(bea, Role.VIEWER)
    answer = as_bea.post("/boards/new/", {"name": "Spring"})
    assert answer.status_code == 403
    assert "You are here as a viewer" in answer.content.decode()
    assert "Ada Lovelace can make you a designer." in answer.content.decode()


def test_a_viewer_finds_no_button_that_would_be_refused(
    ada: User, bea: User, chi: User, flux_kontext: ImageModel
) -> None:
    picture = factories.create_picture(chi, flux_kontext)
    people.set_role(bea, Role.VIEWER)
    as_viewer = factories.signed_in(bea)
    pages = ("/library/", "/boards/", "/history/", "/queue/", picture.get_absolute_url(), "/tags/", "/access-tokens/")
    refused = ("generation-run-again", "generation-vary", "image-tags", "image-boards", "share-new", "bulk-choose-tag")
    addresses = [reverse(name, args=[picture.generation_id]) for name in refused[:2]]
    addresses += [reverse(name, args=[picture.pk]) for name in refused[2:4]] + [reverse(name) for name in refused[4:]]
    addresses += [reverse("import"), reverse("board-create"), reverse("analysis"), f"{reverse('studio')}?"]
    for page in (*pages[:6], reverse("access-tokens")):
        found = text(as_viewer, page)
        assert [address for address in addresses if f'"{address}' in found] == [], page
    assert as_viewer.get("/")["Location"] == "/library/"


# Scripts -----------------------------------------------------------------------------------------------------------


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


def test_a_group_that_nobody_leads_says_how_somebody_would(acme: Group, as_ada: Client, bea: User) -> None:
    hint, page = "Nobody leads it yet.", f"/people/groups/{acme.pk}/"
    assert hint not in text(as_ada, page)
    as_ada.post(f"{page}members/{bea.pk}/lead/", {"lead": "no"})
    assert hint in text(as_ada, page)
