"""What a group sees, and nobody else."""

import re

from django.test import Client
from django.urls import reverse

from gallery.models import Generation, Group, Image, ImageModel, Mention, User
from gallery.models.people import Role
from gallery.services import boards, comments, generations, groups, images, people
from tests import factories
from tests.groups.members import add, fresh, text
from tests.sharing import link_to_board, see, shown


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
