"""The order of a board's pictures, and how they are moved."""

from typing import Any

import pytest

from gallery.models import Board, BoardItem, Image, User
from gallery.services import boards
from tests.boards.lying import order_of, put


def test_new_pictures_come_first_in_the_order_given_and_what_is_there_stays(
    board: Board, pictures: list[Image], bea: User
) -> None:
    a, b, c, d, _ = pictures
    assert put(board, [a, b], bea) == 2
    assert put(board, [c, a, d, c], bea) == 2
    assert order_of(board, bea) == [c.pk, d.pk, a.pk, b.pk]


MOVES: list[tuple[str, dict[str, str], str]] = [
    # moved, where to, what "abcde" becomes
    ("e", {}, "eabcd"),
    ("a", {"to_end": "yes"}, "bcdea"),
    ("d", {"before": "b"}, "adbce"),
    ("a", {"after": "c"}, "bcade"),
    ("a", {"before": "b"}, "abcde"),
    ("ec", {"before": "a"}, "ceabd"),
    ("ab", {"after": "e"}, "cdeab"),
    ("bd", {"to_end": "yes"}, "acebd"),
    ("abcde", {}, "abcde"),
    ("", {"before": "b"}, "abcde"),
]


@pytest.mark.parametrize(("moved", "where", "after"), MOVES)
def test_pictures_move_together_and_keep_their_own_order(
    board: Board, pictures: list[Image], bea: User, moved: str, where: dict[str, str], after: str
) -> None:
    put(board, pictures, bea)
    by_letter = dict(zip("abcde", pictures, strict=True))
    place: dict[str, Any] = {key: by_letter[value].pk if value in by_letter else True for key, value in where.items()}
    count = boards.move_on_board(board=board, image_ids=[by_letter[letter].pk for letter in moved], **place)
    letters = {picture.pk: letter for letter, picture in by_letter.items()}
    assert count == len(moved)
    assert "".join(letters[pk] for pk in order_of(board, bea)) == after


def test_a_gap_that_is_used_up_is_opened_again(board: Board, pictures: list[Image], bea: User) -> None:
    put(board, pictures, bea)
    a, b, c, d, e = (picture.pk for picture in pictures)
    expected = [a, b, c, d, e]
    for moved in [d, c] * 15:
        # Again and again into the place after the first.
        boards.move_on_board(board=board, image_ids=[moved], after=a)
        expected.remove(moved)
        expected.insert(1, moved)
        assert order_of(board, bea) == expected
    ranks = list(BoardItem.objects.values_list("rank", flat=True))
    assert len(set(ranks)) == len(ranks)


def test_a_place_beside_a_picture_that_is_gone_is_refused(board: Board, pictures: list[Image], bea: User) -> None:
    a, b, c, *_ = pictures
    put(board, [a, b], bea)
    for anchor in (c, a):
        with pytest.raises(boards.BoardRefused, match="no longer on this board"):
            boards.move_on_board(board=board, image_ids=[a.pk], before=anchor.pk)
    assert order_of(board, bea) == [a.pk, b.pk]


def test_too_many_are_not_moved_at_once(board: Board) -> None:
    with pytest.raises(boards.BoardRefused, match="At most"):
        boards.move_on_board(board=board, image_ids=range(1, boards.MOST_MOVED_AT_ONCE + 2))
