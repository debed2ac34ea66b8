"""What makes no sense, and more pictures than can be chosen one by one."""

from typing import Any

import pytest
from django.test import Client

from gallery.models import Board, Image, Tag
from tests import factories
from tests.bulk.acts import post, says

REFUSED: list[tuple[str, dict[str, str], int, str]] = [
    ("tag", {"name": " "}, 422, "Write a word for the tag."),
    ("tag", {"name": "x" * 70}, 422, "at most 60 characters"),
    ("tag", {"name": ",".join("abcdefghijk")}, 422, "At most 10 tags at once; these are 11."),
    ("tag", {"tag": "999999"}, 404, ""),
    ("untag", {}, 404, ""),
    ("board", {"name": "x" * 130}, 422, "has room for 120 characters"),
    ("board", {"name": ""}, 422, "Give the board a name."),
    ("board", {"board": "999999"}, 404, ""),
    ("unboard", {"name": "Autumn"}, 404, ""),
    ("rate", {"rating": "6"}, 404, ""),
    ("rate", {}, 404, ""),
    ("explode", {}, 404, ""),
]


@pytest.mark.parametrize(("action", "data", "status", "sentence"), REFUSED)
def test_what_makes_no_sense_is_refused_beside_its_field(
    as_bea: Client, picture: Image, action: str, data: dict[str, str], status: int, sentence: str
) -> None:
    response = post(as_bea, action, ids=picture.pk, **data)
    assert response.status_code == status
    assert says(response, sentence)
    assert not Tag.objects.exists()
    assert not Board.objects.exists()


def test_pictures_that_are_gone_make_no_tag_and_no_board(as_bea: Client) -> None:
    for action, name in (("tag", "Sea"), ("board", "Sea"), ("choose/tag", ""), ("choose/board", "")):
        assert post(as_bea, action, ids="99999999", name=name).status_code == 404
    assert not Tag.objects.exists()
    assert not Board.objects.exists()


ONE_BY_ONE = [
    "/library/bulk/circle/",
    "/library/bulk/choose/tag/",
    "/library/bulk/choose/board/",
    "/library/download/",
    "/shares/",
    "/trash/delete/",
    "/boards/{board}/add/",
    "/boards/{board}/remove/",
    "/boards/{board}/move/",
]


@pytest.mark.parametrize("path", ONE_BY_ONE)
def test_more_pictures_than_can_be_chosen_one_by_one_are_refused(as_bea: Client, board: Board, path: str) -> None:
    data = {"ids": ",".join(map(str, range(1, 20_002)))}
    for headers in ({}, {"HX-Request": "true"}, {"Accept": "application/json"}):
        response = as_bea.post(path.format(board=board.pk), data, headers=headers)
        assert response.status_code == 422
        assert says(response, "At most 20,000 pictures can be chosen one by one. Select all instead.")


@pytest.mark.parametrize("query", ["", "stacks=off", "show=trash"])
@pytest.mark.parametrize("path", ONE_BY_ONE)
def test_as_many_as_can_be_chosen_are_looked_for(
    as_bea: Client, board: Board, picture: Image, path: str, query: str
) -> None:
    ids = ",".join(map(str, range(picture.pk, picture.pk + 20_000)))
    response = as_bea.post(path.format(board=board.pk), {"ids": ids, "query": query, "name": "Sea"})
    if response.streaming:
        factories.read_stream(response)
    assert response.status_code in (200, 302, 404, 422)
    assert not says_too_many(response)


def says_too_many(response: Any) -> bool:
    return not response.streaming and says(response, "one by one")
