"""Two pictures of Bea's."""

import pytest

from gallery.models import Image, ImageModel, User
from tests import factories


@pytest.fixture
def picture(bea: User, flux_kontext: ImageModel) -> Image:
    return factories.create_picture(bea, flux_kontext, "a red chair")


@pytest.fixture
def other(bea: User, flux_kontext: ImageModel) -> Image:
    return factories.create_picture(bea, flux_kontext, "a blue chair", colour="navy")
