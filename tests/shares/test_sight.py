"""A link shows never more than its owner sees."""

from collections.abc import Callable

import pytest
from django.test import Client
from django.utils import timezone

from gallery.models import Board, BoardItem, Image, User
from gallery.services import generations, images
from tests.sharing import board_with, delete, link_to, link_to_board, see, shown, status_of


def hide(image: Image, owner: User) -> None:
    images.set_image_visibility(image, "private")


def hide_run(image: Image, owner: User) -> None:
    assert image.generation
    generations.set_visibility(image.generation, "private")


def throw_away(image: Image, owner: User) -> None:
    images.trash_image(image, by=owner)


@pytest.mark.parametrize(
    ("change", "by_owner", "by_teammate"),
    [(hide, True, False), (hide_run, True, False), (throw_away, False, False), (delete, False, False)],
)
def test_what_its_owner_no_longer_sees_leaves_the_link(
    picture: Image,
    other: Image,
    bea: User,
    chi: User,
    change: Callable[[Image, User], None],
    by_owner: bool,
    by_teammate: bool,
) -> None:
    board = board_with(bea, picture, other)
    smart = Board.objects.create(name="Reds", owner=bea, query="q=chair")
    own = board_with(bea, picture, other, visibility="private")
    of_bea = [link_to(bea, picture, other), link_to_board(bea, own)]
    of_team = [link_to_board(bea, board), link_to_board(bea, smart)]
    of_chi = [link_to(chi, picture, other), link_to_board(chi, board), link_to_board(chi, smart)]
    for link in of_bea + of_team + of_chi:
        assert picture.pk in shown(see(link))
    change(picture, bea)
    width = picture.thumbnail_widths[0]
    for links, is_left in ((of_bea, by_owner), (of_team, by_teammate), (of_chi, by_teammate)):
        for link in links:
            assert (picture.pk in shown(see(link))) == is_left
            assert Client().get(f"{link}{picture.pk}/").status_code == (200 if is_left else 404)
            assert status_of(f"{link}media/{picture.pk}/{width}") == (200 if is_left else 404)


def test_another_search_of_a_smart_board_publishes_nothing_private_of_whoever_shared_it(
    picture: Image, other: Image, bea: User, chi: User, as_ada: Client, as_chi: Client
) -> None:
    hide(other, bea)
    teams = Board.objects.create(name="Reds", owner=chi, query="q=red")
    own = Board.objects.create(name="Reds", owner=bea, query="q=red")
    hidden = Board.objects.create(name="Blues", owner=bea, query="q=blue", visibility="private")
    links = [link_to_board(bea, teams), link_to_board(bea, own)]
    as_chi.post(f"/boards/{teams.pk}/search/", {"query": "q=chair"})
    as_ada.post(f"/boards/{own.pk}/search/", {"query": "q=chair"})
    assert set(Board.objects.exclude(pk=hidden.pk).values_list("query", flat=True)) == {"q=chair"}
    assert [shown(see(link)) for link in links] == [[picture.pk], [picture.pk]]
    assert shown(see(link_to_board(bea, hidden))) == []


def test_a_picture_hidden_on_somebody_elses_board_leaves_ones_link(
    picture: Image, other: Image, bea: User, chi: User
) -> None:
    link = link_to_board(bea, board_with(chi, picture, other))
    hide(picture, bea)
    assert shown(see(link)) == [other.pk]


def test_a_single_picture_taken_away_leaves_an_empty_page_that_fills_again(picture: Image, bea: User) -> None:
    link = link_to(bea, picture)
    throw_away(picture, bea)
    assert "Nothing to see here now" in see(link)
    images.restore_image(picture)
    assert shown(see(link)) == [picture.pk]


def test_a_board_is_shown_as_it_is_at_that_moment(picture: Image, other: Image, bea: User) -> None:
    board = board_with(bea, picture)
    link = link_to_board(bea, board)
    assert "Chairs for Anna" in see(link)
    assert shown(see(link)) == [picture.pk]
    item = BoardItem.objects.create(board=board, image=other, rank=5)
    assert shown(see(link)) == [other.pk, picture.pk]
    assert f'href="{link}{picture.pk}/" rel="next"' in see(f"{link}{other.pk}/")
    item.delete()
    assert shown(see(link)) == [picture.pk]


@pytest.mark.parametrize("how", ["deleted", "private"])
def test_a_board_out_of_its_owners_sight_takes_the_link_with_it(picture: Image, bea: User, chi: User, how: str) -> None:
    board = board_with(bea, picture)
    link = link_to_board(chi, board)
    see(link)
    if how == "deleted":
        Board.objects.filter(pk=board.pk).update(deleted_at=timezone.now())
    else:
        Board.objects.filter(pk=board.pk).update(visibility="private")
    assert Client().get(link).status_code == 404


def test_a_smart_board_never_shows_the_trash(picture: Image, other: Image, bea: User) -> None:
    throw_away(other, bea)
    smart = Board.objects.create(name="Trash", owner=bea, query="show=trash")
    assert shown(see(link_to_board(bea, smart))) == []
