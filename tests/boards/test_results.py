"""Results come onto the board that was chosen."""

import re
from typing import Any
from urllib.parse import urlsplit

from django.test import Client

from gallery import tasks
from gallery.models import Board, Gateway, Generation, User
from gallery.services import boards, generations
from tests import factories
from tests.boards.lying import found, order_of
from tests.fake_gateway import FakeGateway
from tests.fake_gateway import image_entry as fake_gateway_entry

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
