"""What may lie on a board and who sees it there."""

import pytest

from gallery.models import Board, Image, User, WallQuery
from gallery.services import boards, images
from tests import factories
from tests.boards.lying import order_of, put


def test_nobody_puts_what_they_do_not_see_on_a_board(board: Board, pictures: list[Image], bea: User, chi: User) -> None:
    hidden, trashed, shown, *_ = pictures
    images.set_image_visibility(hidden, "private")
    images.trash_image(trashed, by=bea)
    assert put(board, [hidden, trashed, shown], chi) == 1
    assert order_of(board, bea) == [shown.pk]


def test_a_private_picture_on_a_team_board_shows_to_its_owner_alone(
    board: Board, pictures: list[Image], bea: User, chi: User
) -> None:
    hidden, shown, *_ = pictures
    images.set_image_visibility(hidden, "private")
    put(board, [hidden, shown], bea)
    assert order_of(board, bea) == [hidden.pk, shown.pk]
    assert order_of(board, chi) == [shown.pk]


def test_a_private_board_has_no_wall_for_others(board: Board, pictures: list[Image], bea: User, ada: User) -> None:
    put(board, pictures, bea)
    boards.set_visibility(board=board, visibility="private")
    assert len(order_of(board, bea)) == 5
    assert order_of(board, ada) == []


def test_an_uploaded_reference_lies_on_a_board_though_not_on_the_librarys_wall(board: Board, bea: User) -> None:
    reference = images.store_upload(source=factories.png("olive"), owner=bea)
    put(board, [reference], bea)
    assert order_of(board, bea) == [reference.pk]
    assert not Image.objects.for_wall(bea, WallQuery())


def test_a_smart_board_takes_no_pictures(pictures: list[Image], bea: User) -> None:
    smart = boards.create_board(owner=bea, name="All chairs", visibility="team", query="q=chair")
    with pytest.raises(boards.BoardRefused, match="fills itself"):
        put(smart, pictures, bea)


@pytest.mark.parametrize(("name", "sentence"), [(" \x00 ", "Give the board a name"), ("x" * 121, "121")])
def test_a_name_that_is_none_is_refused(bea: User, name: str, sentence: str) -> None:
    with pytest.raises(boards.BoardRefused, match=sentence):
        boards.create_board(owner=bea, name=name, visibility="team")
    assert not Board.objects.exists()


def test_taking_pictures_off_keeps_them_and_gives_the_cover_back(
    board: Board, pictures: list[Image], bea: User
) -> None:
    a, b, *_ = pictures
    put(board, pictures, bea)
    boards.set_cover(board=board, image=a)
    assert boards.take_off_board(board=board, image_ids=[b.pk]) == 1
    assert Board.objects.get().cover == a
    assert boards.take_off_board(board=board, image_ids=[a.pk, b.pk]) == 1
    assert Board.objects.get().cover is None
    assert Image.objects.kept().count() == 5
