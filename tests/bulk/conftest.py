"""A picture and a board of Bea's."""

import pytest

from gallery.models import Board, Image, ImageModel, User
from gallery.services import boards
from tests import factories


@pytest.fixture
def picture(bea: User, flux_kontext: ImageModel) -> Image:
    return factories.create_picture(bea, flux_kontext)


@pytest.fixture
def board(bea: User) -> Board:
    return boards.create_board(owner=bea, name="Autumn", visibility="team")
