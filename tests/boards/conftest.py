"""A board of Bea's and five pictures that lie on none."""

import pytest

from gallery.models import Board, Image, ImageModel, User
from gallery.services import boards
from tests import factories


@pytest.fixture
def board(bea: User) -> Board:
    return boards.create_board(owner=bea, name="Spring", visibility="team")


@pytest.fixture
def pictures(bea: User, flux_kontext: ImageModel) -> list[Image]:
    return [factories.create_picture(bea, flux_kontext, f"picture {number}") for number in range(5)]
