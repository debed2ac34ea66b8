"""Who may do what with a board."""

import pytest
from django.test import Client

from gallery.models import Board, Image, User
from gallery.services import boards
from tests.boards.lying import page_of, put


def test_only_its_owner_decides_who_sees_a_board(as_ada: Client, as_bea: Client, board: Board) -> None:
    for client, visibility in ((as_ada, "team"), (as_bea, "private")):
        client.post(f"/boards/{board.pk}/visibility/", {"visibility": "private"})
        board.refresh_from_db()
        assert board.visibility == visibility


Statuses = tuple[int, int, int, int]
ACCESS: list[tuple[str, str, str, Statuses]] = [
    # visibility, method, path, (anonymous, owner, teammate, admin)
    ("team", "get", "", (302, 200, 200, 200)),
    ("team", "get", "face/", (302, 200, 200, 200)),
    ("team", "post", "words/", (302, 302, 403, 302)),
    ("team", "post", "add/", (302, 302, 302, 302)),
    ("team", "post", "remove/", (302, 302, 302, 302)),
    ("team", "post", "move/", (302, 302, 302, 302)),
    ("team", "post", "cover/", (302, 302, 403, 302)),
    ("team", "post", "search/", (302, 302, 403, 302)),
    ("team", "post", "trash/", (302, 302, 403, 302)),
    ("team", "post", "visibility/", (302, 302, 403, 302)),
    ("team", "post", "restore/", (302, 302, 403, 302)),
    ("private", "get", "", (302, 200, 404, 404)),
    ("private", "get", "face/", (302, 200, 404, 404)),
    ("private", "post", "words/", (302, 302, 404, 404)),
    ("private", "post", "add/", (302, 302, 404, 404)),
    ("private", "post", "remove/", (302, 302, 404, 404)),
    ("private", "post", "move/", (302, 302, 404, 404)),
    ("private", "post", "cover/", (302, 302, 404, 404)),
    ("private", "post", "search/", (302, 302, 404, 404)),
    ("private", "post", "trash/", (302, 302, 404, 404)),
    ("private", "post", "visibility/", (302, 302, 404, 404)),
    ("private", "post", "restore/", (302, 302, 404, 404)),
]


@pytest.mark.parametrize(("visibility", "method", "path", "statuses"), ACCESS)
def test_who_may_do_what_with_a_board(
    as_ada: Client,
    as_bea: Client,
    as_chi: Client,
    bea: User,
    pictures: list[Image],
    visibility: str,
    method: str,
    path: str,
    statuses: Statuses,
) -> None:
    found = []
    for client in (Client(), as_bea, as_chi, as_ada):
        row = boards.create_board(owner=bea, name="Spring", visibility=visibility)
        put(row, pictures[:1], bea)
        data = {"ids": pictures[1].pk, "name": "Autumn", "image": pictures[0].pk}
        found.append(getattr(client, method)(f"/boards/{row.pk}/{path}", data if method == "post" else {}).status_code)
    assert tuple(found) == statuses


def test_the_name_of_a_private_board_is_in_no_page_of_others(
    as_bea: Client, as_ada: Client, bea: User, board: Board, pictures: list[Image]
) -> None:
    put(board, pictures, bea)
    boards.rename_board(board=board, name="Zanzibar")
    boards.set_visibility(board=board, visibility="private")
    picture = pictures[0]
    for page in (
        "/boards/",
        "/boards/?q=zanzibar",
        "/boards/?show=trash",
        "/library/?q=zanzibar",
        f"/library/?board={board.pk}",
        f"/images/{picture.pk}/",
        "/",
    ):
        assert "Zanzibar" not in page_of(as_ada, page)
    assert "Zanzibar" in page_of(as_bea, "/boards/")


def test_only_a_picture_of_the_board_becomes_its_cover(
    as_bea: Client, bea: User, board: Board, pictures: list[Image]
) -> None:
    a, b, *_ = pictures
    put(board, [a], bea)
    assert as_bea.post(f"/boards/{board.pk}/cover/", {"image": b.pk}).status_code == 404
    as_bea.post(f"/boards/{board.pk}/cover/", {"image": a.pk})
    assert Board.objects.get().cover == a
    as_bea.post(f"/boards/{board.pk}/cover/")
    assert Board.objects.get().cover is None
