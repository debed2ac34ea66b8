"""Boards: what lies on them, in which order, under which words it is found, and who may do what."""

import re
from collections.abc import Sequence
from typing import Any
from urllib.parse import urlencode, urlsplit

import pytest
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext

from gallery import tasks
from gallery.models import Board, BoardItem, Gateway, Generation, Image, ImageModel, User, WallQuery
from gallery.services import boards, generations, images, search
from gallery.views import boards as boards_page
from tests import factories
from tests.fake_gateway import FakeGateway
from tests.fake_gateway import image_entry as fake_gateway_entry


@pytest.fixture
def board(bea: User) -> Board:
    return boards.create_board(owner=bea, name="Spring", visibility="team")


@pytest.fixture
def pictures(bea: User, flux_kontext: ImageModel) -> list[Image]:
    return [factories.create_picture(bea, flux_kontext, f"picture {number}") for number in range(5)]


def put(board: Board, pictures: Sequence[Image], user: User) -> int:
    return boards.put_on_board(board=board, image_ids=[picture.pk for picture in pictures], user=user)


def order_of(board: Board, user: User) -> list[int]:
    wall = Image.objects.for_wall(user, WallQuery(board=board.pk, order="hand"))
    return list(wall.values_list("pk", flat=True))


def found(user: User, words: str) -> set[int]:
    return set(Image.objects.for_wall(user, WallQuery(q=words)).values_list("pk", flat=True))


# Order ---------------------------------------------------------------------------------------------------------------


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


# What may lie there --------------------------------------------------------------------------------------------------


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


# Words ---------------------------------------------------------------------------------------------------------------


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


# Results -------------------------------------------------------------------------------------------------------------


FORM = {"model": "routellm/flux_kontext", "prompt": "a red chair", "mode": "max", "aspect_ratio": "16:9"}


def generate(client: Client, board: Board | None = None, **more: str) -> Generation:
    assert client.post("/", {**FORM, "board": board.pk if board else "", **more}).status_code == 302
    generation = Generation.objects.order_by("-pk").first()
    assert generation
    return generation


def chosen_board(client: Client, path: str = "/") -> str:
    found = re.search(r'<option value="(\d*)" selected>[^<]*</option>', board_select(client.get(path)))
    return found[1] if found else ""


def board_select(response: Any) -> str:
    found = re.search(r'<select[^>]* name="board".*?</select>', response.content.decode(), re.DOTALL)
    return found[0] if found else ""


def test_results_come_onto_the_board_chosen_and_the_choice_is_remembered(
    routellm: Gateway, fake_gateway: FakeGateway, as_bea: Client, board: Board, bea: User
) -> None:
    assert chosen_board(as_bea) == ""
    fake_gateway.will_send_image(count=2)
    generation = generate(as_bea, board, num_images="2")
    assert order_of(board, bea) == list(generation.images.order_by("-position").values_list("pk", flat=True))
    assert found(bea, "spring") == set(order_of(board, bea))
    assert chosen_board(as_bea) == str(board.pk)
    generate(as_bea)
    assert chosen_board(as_bea) == ""
    assert chosen_board(as_bea, f"/?board={board.pk}") == str(board.pk)
    assert chosen_board(as_bea, f"/?generation={generation.pk}") == str(board.pk)


def test_a_run_again_goes_to_the_same_board_as_long_as_it_is_open(
    routellm: Gateway, as_bea: Client, as_chi: Client, board: Board
) -> None:
    generation = generate(as_bea, board)
    for client, visibility, goes_there in (
        (as_chi, "team", True),
        (as_chi, "private", False),
        (as_bea, "private", True),
    ):
        boards.set_visibility(board=board, visibility=visibility)
        client.post(f"/generations/{generation.pk}/run-again/")
        again = Generation.objects.order_by("-pk").first()
        assert again
        assert (again.board == board) is goes_there


def test_a_board_of_somebody_else_or_in_the_trash_is_neither_offered_nor_taken(
    routellm: Gateway, fake_gateway: FakeGateway, as_chi: Client, chi: User, board: Board
) -> None:
    own = boards.create_board(owner=chi, name="Chi’s own", visibility="private")
    boards.create_board(owner=chi, name="Found", visibility="team", query="q=chair")
    boards.set_visibility(board=board, visibility="private")
    page = as_chi.get(f"/?board={board.pk}")
    assert "no longer open" in page.content.decode()
    assert "Chi’s own" in board_select(page)
    assert "Spring" not in page.content.decode()
    assert "Found" not in board_select(page)
    boards.trash_board(board=own)
    for closed in (board, own):
        response = as_chi.post("/", {**FORM, "board": closed.pk})
        assert response.status_code == 422
        assert "no longer open to you" in response.content.decode()
    assert not fake_gateway.requests


def test_a_board_that_closed_meanwhile_keeps_no_picture_from_being_kept(
    routellm: Gateway, as_bea: Client, bea: User, board: Board
) -> None:
    generation = generate(as_bea, board)
    assert boards.CLOSED not in generation.notes
    boards.trash_board(board=board)
    assert generation.image_model
    # Queued while the board was open, run when it was in the trash.
    late = generations.create_generation(
        owner=bea, image_model=generation.image_model, prompt="late", parameters={"mode": "max"}, board=board
    )
    tasks.run_next()
    late.refresh_from_db()
    assert (late.status, late.images.count()) == ("succeeded", 1)
    assert boards.CLOSED in late.notes
    assert board.name not in str(late.notes)
    assert board.items.count() == 1


def test_a_second_look_at_the_same_reply_puts_nothing_onto_the_board_again(
    routellm: Gateway, fake_gateway: FakeGateway, as_bea: Client, bea: User, board: Board
) -> None:
    address = fake_gateway.will_serve(status=500)
    entries = [factories.image_entry("teal"), fake_gateway_entry(address)]
    fake_gateway.will_send(200, json=factories.reply(entries))
    generation = generate(as_bea, board)
    first = generation.images.get()
    assert order_of(board, bea) == [first.pk]
    boards.take_off_board(board=board, image_ids=[first.pk])
    fake_gateway.will_serve(factories.png("red"), path=urlsplit(address).path)
    fake_gateway.will_serve(factories.png("red"), path=urlsplit(address).path)
    as_bea.post(f"/generations/{generation.pk}/look-again/")
    second = generation.images.get(position=1)
    assert order_of(board, bea) == [second.pk]


def test_the_form_of_another_model_keeps_the_board(shipped: None, as_bea: Client, board: Board) -> None:
    posted = {"model": "routellm/flux_pro", "previous_model": "routellm/flux_kontext", "prompt": "x", "board": board.pk}
    page = as_bea.post("/studio/form/", posted, headers={"HX-Request": "true"})
    assert f'value="{board.pk}" selected' in board_select(page)


# Pages ---------------------------------------------------------------------------------------------------------------


def page_of(client: Client, path: str) -> str:
    return client.get(path).content.decode()


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


def test_only_its_owner_decides_who_sees_a_board(as_ada: Client, as_bea: Client, board: Board) -> None:
    for client, visibility in ((as_ada, "team"), (as_bea, "private")):
        client.post(f"/boards/{board.pk}/visibility/", {"visibility": "private"})
        board.refresh_from_db()
        assert board.visibility == visibility


# Who may do what -----------------------------------------------------------------------------------------------------

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
