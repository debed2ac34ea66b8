"""A group, and a picture that it alone sees."""

import pytest

from gallery.models import Group, Image, ImageModel, User
from gallery.services import groups
from tests import factories


@pytest.fixture
def acme(shipped: None, ada: User, bea: User) -> Group:
    """Bea works for it, and leads it."""
    group = groups.create_group(name="Acme", default_visibility="group", model_ids=[])
    groups.add_member(group=group, user=bea, is_lead=True)
    return group


@pytest.fixture
def picture(acme: Group, bea: User, flux_kontext: ImageModel) -> Image:
    return factories.create_picture(bea, flux_kontext, "a secret chair", visibility="group", group=acme)
