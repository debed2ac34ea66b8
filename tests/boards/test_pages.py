"""The pages of boards, by plain forms and for scripts."""

import re
from urllib.parse import urlencode

import pytest
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext

from gallery.models import Board, BoardItem, Image, ImageModel, User
from gallery.services import boards, images
from gallery.views import boards as boards_page
from tests import factories
from tests.boards.lying import found, order_of, page_of, put


def test_a_board_is_made_filled_ordered_and_emptied_by_plain_forms(
    as_bea: Client, bea: User, pictures: list[Image]
) -> None:
    assert "Hang together" in page_of(as_bea, "/boards/")
    response = as_bea.post("/boards/new/", {"name": "  Spring   campaign ", "visibility": "private"})
    board = Board.objects.get()
    assert (board.name, board.visibility, response["Location"]) == (
        "Spring campaign",
        "private",
        f"/boards/{board.pk}/",
    )
    assert "Start with some of the latest" in page_of(as_bea, f"/boards/{board.pk}/")
    a, b, c, *_ = (picture.pk for picture in pictures)
    page = as_bea.post(f"/boards/{board.pk}/add/", {"ids": [a, b, c]}, follow=True).content.decode()
    assert "3 pictures put on “Spring campaign”." in page
    assert order_of(board, bea) == [c, b, a]
    as_bea.post(f"/boards/{board.pk}/move/", {"ids": a, "before": b})
    assert order_of(board, bea) == [c, a, b]
    page = as_bea.post(f"/boards/{board.pk}/remove/", {"ids": f"{a},{c}"}, follow=True).content.decode()
    assert "2 pictures taken off the board. The library keeps them." in page
    as_bea.post(undo_in(page))
    assert order_of(board, bea) == [c, a, b]
    assert "1 picture" not in page_of(as_bea, "/boards/")
    assert "3 pictures" in page_of(as_bea, "/boards/")


def undo_in(page: str) -> str:
    found = re.search(r"/boards/\d+/add/\?places=[-.,\d]+", page)
    assert found
    return found[0]


def test_a_cover_taken_off_goes_back_alone_and_to_its_place(
    as_bea: Client, bea: User, board: Board, pictures: list[Image]
) -> None:
    cover, sibling, other, *_ = pictures
    Image.objects.filter(pk=sibling.pk).update(generation=cover.generation, position=1, is_cover=False)
    put(board, [other, cover], bea)
    before = list(board.items.order_by("-rank").values_list("image", "rank"))
    page = as_bea.post(f"/boards/{board.pk}/remove/", {"ids": cover.pk}, follow=True).content.decode()
    as_bea.post(undo_in(page))
    assert list(board.items.order_by("-rank").values_list("image", "rank")) == before
    as_bea.post(f"/boards/{board.pk}/remove/", {"ids": cover.pk})
    as_bea.post(f"/boards/{board.pk}/add/", {"ids": cover.pk})
    assert order_of(board, bea) == [cover.pk, other.pk]


@pytest.mark.parametrize("places", ["", "x", "1.", ".1", "1", "999999.5", "1.-x"])
def test_odd_places_put_nothing_back(as_bea: Client, board: Board, pictures: list[Image], places: str) -> None:
    assert as_bea.post(f"/boards/{board.pk}/add/?places={places}").status_code == 302
    assert not board.items.exists()


def test_pictures_go_back_before_those_that_took_their_places(
    as_bea: Client, bea: User, board: Board, pictures: list[Image]
) -> None:
    a, b, c, d, e = pictures
    put(board, [a, b, c], bea)
    page = as_bea.post(f"/boards/{board.pk}/remove/", {"ids": [a.pk, b.pk]}, follow=True).content.decode()
    put(board, [d, e], bea)
    # No room between the two that took the places.
    _, lower, higher = board.items.order_by("rank")
    BoardItem.objects.filter(pk=higher.pk).update(rank=lower.rank + 1)
    as_bea.post(undo_in(page))
    assert len(set(board.items.values_list("rank", flat=True))) == 5
    assert order_of(board, bea) == [a.pk, d.pk, b.pk, e.pk, c.pk]
    steps = as_bea.get(f"/images/{b.pk}/?board={board.pk}&order=hand").content.decode()
    assert "3 of 5" in " ".join(re.sub(r"<[^>]*>", " ", steps).split())


def test_scripts_are_told_where_pictures_lie_now(
    as_bea: Client, bea: User, board: Board, pictures: list[Image]
) -> None:
    put(board, pictures, bea)
    a, _, c, *_ = (picture.pk for picture in pictures)
    json = {"Accept": "application/json"}
    moved = as_bea.post(f"/boards/{board.pk}/move/", {"ids": a, "after": c}, headers=json)
    assert moved.json() == {"sentence": "1 picture moved to place 3 of 5.", "undo": "", "place": 3, "count": 5}
    everything = {"all": "1", "query": f"board={board.pk}&order=hand&q=picture"}
    assert as_bea.post(f"/boards/{board.pk}/remove/", everything, headers=json).json()["count"] == 0
    refused = as_bea.post(f"/boards/{board.pk}/move/", {"ids": a, "after": c}, headers=json)
    assert (refused.status_code, refused.json()["sentence"]) == (
        422,
        "The picture they were to lie beside is no longer on this board.",
    )


def test_a_bad_name_comes_back_with_its_sentence(as_bea: Client, board: Board) -> None:
    response = as_bea.post("/boards/new/", {"name": " ", "visibility": "private"})
    assert response.status_code == 422
    assert "Give the board a name." in response.content.decode()
    fragment = as_bea.post(f"/boards/{board.pk}/words/", {"name": ""}, headers={"HX-Request": "true"})
    assert (fragment.status_code, "Give the board a name." in fragment.content.decode()) == (422, True)
    assert Board.objects.get().name == "Spring"


def test_name_and_notes_are_written_where_they_stand(
    as_bea: Client, bea: User, board: Board, pictures: list[Image]
) -> None:
    put(board, pictures[:1], bea)
    saved = as_bea.post(
        f"/boards/{board.pk}/words/", {"name": "Autumn", "notes": "No text"}, headers={"HX-Request": "true"}
    )
    assert "saved" in saved.content.decode()
    page = page_of(as_bea, f"/boards/{board.pk}/")
    assert "Autumn" in page
    assert "No text" in page
    assert found(bea, "autumn") == {pictures[0].pk}


def test_boards_are_found_by_any_part_of_their_names(as_bea: Client, bea: User) -> None:
    for name in ("Café Ølstrøm", "包装 茶", "Kitchen_100%"):
        boards.create_board(owner=bea, name=name, visibility="team")
    for words, name in (
        ("cafe", "Café"),
        ("ØLSTRØM", "Café"),
        ("茶", "包装"),
        ("100%", "Kitchen"),
        ("en_1", "Kitchen"),
    ):
        page = page_of(as_bea, f"/boards/?{urlencode({'q': words})}")
        assert name in page
        assert page.count('class="board-card"') == 1
    assert "No board is called" in page_of(as_bea, "/boards/?q=nothing")


def test_a_long_list_of_boards_goes_on(as_bea: Client, bea: User) -> None:
    for number in range(boards_page.PAGE + 3):
        boards.create_board(owner=bea, name=f"Board {number:03}", visibility="team")
    first = page_of(as_bea, "/boards/")
    following = re.search(r'href="(\?before=\d+)"', first)
    assert following
    rest = as_bea.get(f"/boards/{following[1]}", headers={"HX-Request": "true"}).content.decode()
    names = re.findall(r"Board \d{3}", first) + re.findall(r"Board \d{3}", rest)
    assert sorted(set(names)) == sorted(names)
    assert len(names) == boards_page.PAGE + 3
    assert "<html" not in rest


def test_covers_and_counts_show_only_what_one_may_see(
    as_bea: Client, as_chi: Client, bea: User, board: Board, pictures: list[Image], flux_kontext: ImageModel
) -> None:
    secret = factories.create_picture(bea, flux_kontext, "secret", visibility="private", colour="crimson")
    put(board, [secret, pictures[0]], bea)
    boards.set_cover(board=board, image=secret)
    mine, theirs = page_of(as_bea, "/boards/"), page_of(as_chi, "/boards/")
    assert secret.sha256 in mine
    assert "2 pictures" in mine
    assert secret.sha256 not in theirs
    assert pictures[0].sha256 in theirs
    assert "1 picture<" in theirs
    own = page_of(as_chi, f"/boards/{board.pk}/")
    assert secret.sha256 not in own
    assert "1 picture<" in own
    images.trash_image(secret, by=bea)
    assert secret.sha256 not in page_of(as_bea, "/boards/")


@pytest.mark.parametrize("count", [0, 1, 2, 3, 4])
def test_the_print_of_a_board_has_no_empty_frames(
    as_bea: Client, bea: User, board: Board, flux_kontext: ImageModel, count: int
) -> None:
    put(board, [factories.create_picture(bea, flux_kontext, f"one of {n}") for n in range(count)], bea)
    page = page_of(as_bea, "/boards/")
    assert f'data-faces="{count}"' in page
    assert page.count("<i style=") == count and "<i></i>" not in page.split('class="boards-wall"')[1]


def test_the_list_costs_the_same_however_many_boards_there_are(
    as_bea: Client, bea: User, pictures: list[Image]
) -> None:
    # The first page of a session notes where it is.
    as_bea.get("/boards/")
    counts = []
    for number in range(2):
        for more in range(1 + 9 * number):
            row = boards.create_board(owner=bea, name=f"{number} {more}", visibility="team")
            put(row, pictures, bea)
            boards.set_cover(board=row, image=pictures[0] if more % 2 else None)
            boards.create_board(owner=bea, name=f"Smart {more}", visibility="team", query="q=picture")
        with CaptureQueriesContext(connection) as queries:
            as_bea.get("/boards/")
        counts.append(len(queries))
    assert counts[0] == counts[1]


def test_a_board_in_the_trash_comes_back_by_the_note_or_from_the_trash(
    as_bea: Client, as_chi: Client, bea: User, board: Board, pictures: list[Image]
) -> None:
    put(board, pictures[:1], bea)
    page = as_bea.post(f"/boards/{board.pk}/trash/", follow=True).content.decode()
    assert "“Spring” is in the trash. Its pictures stay in the library." in page
    assert f"/boards/{board.pk}/restore/" in page
    assert as_bea.get(f"/boards/{board.pk}/").status_code == 404
    assert "Spring" in page_of(as_bea, "/boards/?show=trash")
    assert "Spring" not in page_of(as_chi, "/boards/?show=trash")
    assert as_chi.post(f"/boards/{board.pk}/restore/").status_code == 404
    as_bea.post(f"/boards/{board.pk}/restore/")
    assert order_of(board, bea) == [pictures[0].pk]


def test_a_filter_narrows_a_board_in_its_own_order(
    as_bea: Client, bea: User, board: Board, pictures: list[Image]
) -> None:
    a, b, c, *_ = pictures
    put(board, [b, a, c], bea)
    page = page_of(as_bea, f"/boards/{board.pk}/?q=picture&board=999&show=trash")
    tiles = [int(pk) for pk in re.findall(r'data-tile="(\d+)"', page)]
    assert tiles == [b.pk, a.pk, c.pk]
    assert "Nothing on this board fits" in page_of(as_bea, f"/boards/{board.pk}/?q=bicycle")
