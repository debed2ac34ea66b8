"""Links and visitors for the tests of sharing."""

import re
from typing import Any

from django.test import Client

from gallery.models import Board, BoardItem, Image, Share, User
from gallery.services import images, shares, trash
from tests import factories


def link_to(owner: User, *images: Image, **options: Any) -> str:
    """A link's path."""
    _, token = shares.create_share(owner=owner, image_ids=[image.pk for image in images], **options)
    return f"/s/{token}/"


def link_to_board(owner: User, board: Board, **options: Any) -> str:
    _, token = shares.create_share(owner=owner, board=board, **options)
    return f"/s/{token}/"


def share_of(path: str) -> Share:
    return Share.objects.of_token(path.split("/")[2]).get()


def board_with(owner: User, *images: Image, **fields: Any) -> Board:
    """A board filled by hand, the first picture on top."""
    board = Board.objects.create(owner=owner, **({"name": "Chairs for Anna"} | fields))
    BoardItem.objects.bulk_create(
        BoardItem(board=board, image=image, rank=-number) for number, image in enumerate(images)
    )
    return board


def delete(image: Image, owner: User) -> None:
    images.trash_image(image, by=owner)
    trash.purge_images(image_ids=[image.pk])


def see(path: str, client: Client | None = None) -> str:
    """The page, as somebody without an account sees it."""
    response = (client or Client()).get(path)
    assert response.status_code == 200, response.status_code
    return response.content.decode()


def shown(page: str) -> list[int]:
    """Ids of the pictures on a page, in order."""
    found = re.findall(r"/media/(\d+)/", page)
    return [int(pk) for pk in dict.fromkeys(found)]


def status_of(path: str, client: Client | None = None) -> int:
    """Streamed bodies are read to their end."""
    response = (client or Client()).get(path)
    if response.streaming:
        factories.read_stream(response)
    return response.status_code
