"""Pictures are found by the names of the team's boards."""

import pytest

from gallery.models import Board, BoardItem, Image, User
from gallery.services import boards, search
from tests.boards.lying import found, put


def test_pictures_are_found_by_the_names_of_the_teams_boards(board: Board, pictures: list[Image], bea: User) -> None:
    a, b, *_ = pictures
    put(board, [a, b], bea)
    assert found(bea, "spring") == {a.pk, b.pk}
    boards.take_off_board(board=board, image_ids=[b.pk])
    assert found(bea, "spring") == {a.pk}
    boards.rename_board(board=board, name="Herbst 秋")
    assert (found(bea, "spring"), found(bea, "秋")) == (set(), {a.pk})
    boards.trash_board(board=board)
    assert found(bea, "herbst") == set()
    boards.restore_board(board=board)
    assert found(bea, "herbst") == {a.pk}
    boards.set_visibility(board=board, visibility="private")
    assert found(bea, "herbst") == set()
    boards.set_visibility(board=board, visibility="team")
    assert found(bea, "herbst") == {a.pk}


def test_a_board_of_more_pictures_than_are_indexed_at_once_leaves_the_rest_to_a_worker(
    board: Board, pictures: list[Image], bea: User
) -> None:
    first, last = pictures[0], pictures[1]
    put(board, [last], bea)
    more = Image.objects.bulk_create(
        Image(
            source="generated",
            owner=bea,
            sha256=f"{number:064}",
            media_type="image/png",
            byte_size=1,
            width=1,
            height=1,
        )
        for number in range(search.MOST_AT_ONCE)
    )
    BoardItem.objects.bulk_create(
        BoardItem(board=board, image=image, rank=10_000_000 + number) for number, image in enumerate([*more[1:], first])
    )
    Image.objects.update(is_indexed=True)
    boards.rename_board(board=board, name="Autumn")
    assert first.pk in found(bea, "autumn")
    assert last.pk not in found(bea, "autumn")
    assert search.index_waiting() == 1
    assert last.pk in found(bea, "autumn")


@pytest.mark.parametrize("how", ["private", "trash"])
def test_a_large_board_that_leaves_the_team_is_found_by_its_name_no_more(
    board: Board, pictures: list[Image], bea: User, chi: User, how: str
) -> None:
    first, last = pictures[0], pictures[1]
    put(board, [last], bea)
    more = Image.objects.bulk_create(
        Image(source="generated", owner=bea, sha256=f"{number:064}", byte_size=1, width=1, height=1)
        for number in range(search.MOST_AT_ONCE)
    )
    BoardItem.objects.bulk_create(
        BoardItem(board=board, image=image, rank=10_000_000 + number) for number, image in enumerate([*more[1:], first])
    )
    search.index_waiting()
    assert last.pk in found(chi, "spring")
    if how == "trash":
        boards.trash_board(board=board)
    else:
        boards.set_visibility(board=board, visibility="private")
    assert found(chi, "spring") == set()
    search.index_waiting()
    assert last.pk in found(chi, "picture")
    assert found(chi, "spring") == set()
