"""Smart boards: a saved state of the wall, which each person sees as far as they may."""

import re

import pytest
from django.test import Client

from gallery.models import Board, Image, ImageModel, User
from gallery.services import boards
from tests import factories


@pytest.fixture
def chairs(bea: User, flux_kontext: ImageModel) -> list[Image]:
    """A red chair of the team's and a private one."""
    shared = factories.create_picture(bea, flux_kontext, "a red chair")
    secret = factories.create_picture(bea, flux_kontext, "a secret chair", visibility="private", colour="crimson")
    factories.create_picture(bea, flux_kontext, "a blue table", colour="navy")
    return [shared, secret]


@pytest.fixture
def board(bea: User) -> Board:
    return boards.create_board(owner=bea, name="Seats", visibility="team", query="q=chair")


def tiles(client: Client, path: str) -> list[int]:
    page = client.get(path)
    assert page.status_code == 200
    return [int(pk) for pk in re.findall(r'data-tile="(\d+)"', page.content.decode())]


def test_a_search_of_the_library_is_saved_and_fills_itself(
    as_bea: Client, bea: User, chairs: list[Image], flux_kontext: ImageModel
) -> None:
    response = as_bea.post("/library/save/?q=chair", {"name": "Seats", "visibility": "private"})
    board = Board.objects.get()
    assert (response["Location"], board.query, board.visibility) == (f"/boards/{board.pk}/", "q=chair", "private")
    shared, secret = chairs
    assert tiles(as_bea, f"/boards/{board.pk}/") == [secret.pk, shared.pk]
    later = factories.create_picture(bea, flux_kontext, "one more chair", colour="olive")
    assert tiles(as_bea, f"/boards/{board.pk}/")[0] == later.pk


def test_each_person_sees_of_a_shared_one_what_they_may(
    as_bea: Client, as_chi: Client, as_ada: Client, chairs: list[Image], board: Board
) -> None:
    shared, secret = chairs
    assert tiles(as_bea, f"/boards/{board.pk}/") == [secret.pk, shared.pk]
    for client in (as_chi, as_ada):
        assert tiles(client, f"/boards/{board.pk}/") == [shared.pk]
        for path in (f"/boards/{board.pk}/", f"/boards/{board.pk}/face/", "/boards/"):
            assert secret.sha256 not in client.get(path).content.decode()
        assert shared.sha256 in client.get(f"/boards/{board.pk}/face/").content.decode()
        assert "1 picture<" in client.get(f"/boards/{board.pk}/").content.decode()


def test_mine_is_written_out_when_it_is_saved(as_bea: Client, as_chi: Client, bea: User, chairs: list[Image]) -> None:
    as_bea.post("/library/save/?show=mine&q=chair", {"name": "My seats", "visibility": "team"})
    board = Board.objects.get()
    assert board.query == f"q=chair&person={bea.pk}"
    assert tiles(as_chi, f"/boards/{board.pk}/") == [chairs[0].pk]


@pytest.mark.parametrize(
    ("query", "sentence"),
    [("show=trash&q=chair", "The trash cannot be a board."), ("stacks=off", "the whole library"), ("x=1", "the whole")],
)
def test_what_is_no_search_becomes_no_smart_board(bea: User, board: Board, query: str, sentence: str) -> None:
    with pytest.raises(boards.BoardRefused, match=sentence):
        boards.create_board(owner=bea, name="All", visibility="team", query=query)
    with pytest.raises(boards.BoardRefused, match=sentence):
        boards.set_query(board=board, query=query, user=bea)
    assert Board.objects.get().query == "q=chair"


def test_another_search_is_looked_at_and_takes_the_place_of_the_first(
    as_bea: Client, as_chi: Client, chairs: list[Image], board: Board
) -> None:
    path = f"/boards/{board.pk}/"
    assert "Update to what I see" not in as_bea.get(path).content.decode()
    page = as_bea.get(f"{path}?q=table").content.decode()
    assert "Update to what I see" in page
    assert len(tiles(as_bea, f"{path}?q=table")) == 1
    theirs = as_chi.get(f"{path}?q=table").content.decode()
    assert "Update to what I see" not in theirs
    assert "Back to its own" in theirs
    as_bea.post(f"{path}search/", {"query": "q=table"})
    assert Board.objects.get().query == "q=table"
    assert len(tiles(as_bea, path)) == 1
    refused = as_bea.post(f"{path}search/", {"query": ""}, follow=True).content.decode()
    assert "A smart board needs a search or a filter" in refused
    assert Board.objects.get().query == "q=table"


def test_cleared_of_everything_it_shows_the_library_until_it_is_updated(
    as_bea: Client, chairs: list[Image], board: Board
) -> None:
    assert len(tiles(as_bea, f"/boards/{board.pk}/?own=no")) == 3
    assert len(tiles(as_bea, f"/boards/{board.pk}/")) == 2


def test_a_changed_filter_answers_with_the_wall_and_the_head_alone(
    as_bea: Client, chairs: list[Image], board: Board
) -> None:
    response = as_bea.get(f"/boards/{board.pk}/?q=table", headers={"HX-Request": "true", "HX-Target": "found"})
    fragment = response.content.decode()
    assert "<html" not in fragment
    assert "1 picture" in fragment
    assert response["HX-Push-Url"] == f"/boards/{board.pk}/?q=table"
    models = as_bea.get(f"/boards/{board.pk}/facets/model/", headers={"HX-Request": "true"})
    assert "FLUX Kontext" in models.content.decode()


def test_its_search_is_told_in_words_without_names_one_may_not_know(
    as_bea: Client, as_chi: Client, bea: User, chairs: list[Image]
) -> None:
    hidden = boards.create_board(owner=bea, name="Zanzibar", visibility="private")
    boards.put_on_board(board=hidden, image_ids=[chairs[0].pk], user=bea)
    shared = boards.create_board(
        owner=bea, name="Found", visibility="team", query=f"q=chair&shape=landscape&board={hidden.pk}"
    )
    mine, theirs = (client.get(f"/boards/{shared.pk}/").content.decode() for client in (as_bea, as_chi))
    assert "“chair”" in mine
    assert "Board: Zanzibar" in mine
    assert "“chair”" in theirs
    assert "Zanzibar" not in theirs
    assert tiles(as_bea, f"/boards/{shared.pk}/") == [chairs[0].pk]
    assert tiles(as_chi, f"/boards/{shared.pk}/") == []


def test_a_smart_board_has_a_cover_but_takes_no_pictures(as_bea: Client, chairs: list[Image], board: Board) -> None:
    path = f"/boards/{board.pk}/"
    as_bea.post(f"{path}cover/", {"image": chairs[0].pk})
    assert Board.objects.get().cover == chairs[0]
    assert chairs[0].sha256 in as_bea.get("/boards/").content.decode()
    for action in ("add", "move", "remove"):
        response = as_bea.post(f"{path}{action}/", {"ids": chairs[0].pk}, headers={"Accept": "application/json"})
        assert (response.status_code, "fills itself" in response.json()["sentence"]) == (422, True)


def test_an_empty_one_waits_for_its_first_picture(as_bea: Client, bea: User) -> None:
    board = boards.create_board(owner=bea, name="Later", visibility="team", query="q=zebra")
    assert "Its search finds nothing yet" in as_bea.get(f"/boards/{board.pk}/").content.decode()
    face = as_bea.get(f"/boards/{board.pk}/face/").content.decode()
    assert "hx-get" not in face
