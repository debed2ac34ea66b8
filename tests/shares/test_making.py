"""How a link is made, and what is told and asked before."""

import re
from datetime import timedelta

import pytest
from django.test import Client
from django.utils import timezone

from gallery.models import Image, ImageModel, Share, User
from gallery.services import images, shares
from tests import factories
from tests.sharing import board_with, link_to, link_to_board, see, shown


def test_a_picture_is_shared_for_thirty_days_unless_said_otherwise(picture: Image, as_bea: Client) -> None:
    page = as_bea.get(f"/shares/new/?image={picture.pk}").content.decode()
    assert 'value="30" checked' in page
    answer = as_bea.post("/shares/", {"ids": str(picture.pk), "query": "stacks=off", "lasts": "30"})
    share = Share.objects.get()
    assert answer["Location"] == f"/shares/{share.pk}/"
    assert share.expires_at
    assert timedelta(days=29) < share.expires_at - timezone.now() <= timedelta(days=30)
    link = f"/s/{share.token.reveal()}/"
    assert f"http://testserver{link}" in as_bea.get(f"/shares/{share.pk}/").content.decode()
    assert shown(see(link)) == [picture.pk]


@pytest.mark.parametrize(("lasts", "days"), [("1", 1), ("7", 7), ("30", 30), ("never", None)])
def test_a_link_lasts_as_long_as_chosen(picture: Image, as_bea: Client, lasts: str, days: int | None) -> None:
    as_bea.post("/shares/", {"ids": str(picture.pk), "query": "", "lasts": lasts})
    expires_at = Share.objects.get().expires_at
    if days is None or expires_at is None:
        assert (days, expires_at) == (None, None)
    else:
        assert timedelta(0) <= timezone.now() + timedelta(days=days) - expires_at < timedelta(minutes=1)


@pytest.mark.parametrize(
    ("changes", "sentence"),
    [
        ({"lasts": "90"}, "Select a valid choice"),
        ({"lasts": "kept"}, "Select a valid choice"),
        ({"lasts": ""}, "Choose for how long the link works."),
        ({"password": "short"}, "At least 6 characters"),
        ({"password": "x" * 129}, "at most 128"),
        ({"title": "x" * 121}, "at most 120"),
        ({"ids": ""}, "There is nothing to share"),
        ({"ids": "999999"}, "There is nothing to share"),
    ],
)
def test_a_bad_choice_comes_back_with_its_sentence(
    picture: Image, as_bea: Client, changes: dict[str, str], sentence: str
) -> None:
    data = {"ids": str(picture.pk), "query": "stacks=off", "lasts": "30"} | changes
    answer = as_bea.post("/shares/", data)
    assert answer.status_code == 422
    assert sentence in answer.content.decode()
    assert not Share.objects.exists()


def test_a_selection_is_first_asked_how(picture: Image, other: Image, as_bea: Client) -> None:
    answer = as_bea.post("/shares/", {"ids": f"{picture.pk},{other.pk}", "query": ""})
    assert answer.status_code == 200
    assert "Share 2 pictures" in answer.content.decode()
    assert not Share.objects.exists()


def test_a_stack_that_is_selected_is_shared_whole(bea: User, flux_kontext: ImageModel, as_bea: Client) -> None:
    cover = factories.create_picture(bea, flux_kontext)
    second = Image.objects.get(pk=cover.pk)
    second.pk, second.position, second.is_cover = None, 1, False
    second.save()
    as_bea.post("/shares/", {"ids": str(cover.pk), "query": "", "lasts": "7"})
    assert set(Share.objects.get().images.values_list("pk", flat=True)) == {cover.pk, second.pk}


def test_everything_found_is_shared_in_the_walls_order(picture: Image, other: Image, as_bea: Client) -> None:
    as_bea.post("/shares/", {"all": "1", "query": "q=chair", "lasts": "7"})
    link = f"/s/{Share.objects.get().token.reveal()}/"
    assert shown(see(link)) == [other.pk, picture.pk]


def test_too_many_pictures_are_better_put_on_a_board(bea: User) -> None:
    with pytest.raises(shares.ShareRefused, match="Put them on a board"):
        shares.create_share(owner=bea, image_ids=range(1, shares.MOST_PICTURES + 2))


def test_what_one_does_not_see_cannot_be_shared(picture: Image, as_chi: Client, chi: User, bea: User) -> None:
    board = board_with(bea, picture, visibility="private")
    images.set_image_visibility(picture, "private")
    assert as_chi.get(f"/shares/new/?image={picture.pk}").status_code == 404
    assert as_chi.get(f"/shares/new/?board={board.pk}").status_code == 404
    assert as_chi.post("/shares/", {"board": str(board.pk), "lasts": "7"}).status_code == 404
    assert as_chi.post("/shares/", {"ids": str(picture.pk), "query": "", "lasts": "7"}).status_code == 422
    with pytest.raises(shares.ShareRefused):
        shares.create_share(owner=chi, image_ids=[picture.pk])


def test_links_to_the_same_thing_are_shown_when_it_is_shared_again(
    picture: Image, other: Image, bea: User, chi: User, as_bea: Client
) -> None:
    link = link_to(bea, picture)
    for someone_elses in (link_to(chi, picture), link_to(bea, picture, other), link_to(bea, other)):
        page = as_bea.get(f"/shares/new/?image={picture.pk}").content.decode()
        assert link in page
        assert someone_elses not in page
    board = board_with(bea, picture)
    to_board = link_to_board(bea, board)
    assert to_board in as_bea.get(f"/shares/new/?board={board.pk}").content.decode()


def test_without_a_page_around_it_the_answer_is_the_panel(picture: Image, as_bea: Client) -> None:
    data = {"ids": str(picture.pk), "query": "", "lasts": "7"}
    answer = as_bea.post("/shares/", data, headers={"HX-Request": "true"})
    page = answer.content.decode()
    assert "<html" not in page
    assert Share.objects.get().token.reveal() in page


def test_private_pictures_are_told_beside_the_button(picture: Image, other: Image, bea: User, as_bea: Client) -> None:
    board = board_with(bea, picture, other, visibility="private")
    paths = [f"/shares/new/?image={picture.pk}", "/shares/new/?all=1&query=q%3Dchair", f"/shares/new/?board={board.pk}"]

    def warnings() -> list[str]:
        found = [
            re.search(r'class="share-private">.*</svg>(.*)</p>', as_bea.get(path).content.decode()) for path in paths
        ]
        return [match[1] if match else "" for match in found]

    assert warnings() == ["", "", ""]
    images.set_image_visibility(picture, "private")
    later = "Whoever has the link sees it too, and private ones that come later."
    assert warnings() == [
        "This picture is private. Whoever has the link sees it too.",
        "1 of these pictures is private. Whoever has the link sees it too.",
        f"1 picture on this board is private. {later}",
    ]
    images.set_image_visibility(other, "private")
    assert warnings()[1:] == [
        "Both pictures are private. Whoever has the link sees them too.",
        f"2 pictures on this board are private. {later.replace(' it ', ' them ')}",
    ]


def test_a_board_of_the_team_needs_no_warning_since_its_private_pictures_stay_hidden(
    picture: Image, bea: User, as_bea: Client
) -> None:
    images.set_image_visibility(picture, "private")
    board = board_with(bea, picture)
    assert "share-private" not in as_bea.get(f"/shares/new/?board={board.pk}").content.decode()
