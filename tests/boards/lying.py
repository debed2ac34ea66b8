"""What is put on a board, in which order it lies there, and under which words it is found."""

from collections.abc import Sequence

from django.test import Client

from gallery.models import Board, Image, User, WallQuery
from gallery.services import boards


def put(board: Board, pictures: Sequence[Image], user: User) -> int:
    return boards.put_on_board(board=board, image_ids=[picture.pk for picture in pictures], user=user)


def order_of(board: Board, user: User) -> list[int]:
    wall = Image.objects.for_wall(user, WallQuery(board=board.pk, order="hand"))
    return list(wall.values_list("pk", flat=True))


def found(user: User, words: str) -> set[int]:
    return set(Image.objects.for_wall(user, WallQuery(q=words)).values_list("pk", flat=True))


def page_of(client: Client, path: str) -> str:
    return client.get(path).content.decode()
