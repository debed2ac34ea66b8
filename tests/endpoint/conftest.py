"""Scripts with access tokens. Tests that use them must be marked `django_db(transaction=True)`: the endpoint's database
thread has its own connection, which sees only what is committed."""

from collections.abc import Callable
from typing import Any

import pytest

from gallery.models import Gateway, User
from gallery.services import tokens
from tests import factories
from tests.endpoint.script import Script
from tests.fake_gateway import FakeGateway


@pytest.fixture
def script(bea: User) -> Script:
    """A script of Bea's."""
    return Script(tokens.create_token(owner=bea, name="Packshot script")[1])


@pytest.fixture
def limited(bea: User) -> Callable[..., Script]:
    """Makes a script of Bea's whose token has limits."""

    def make(**limits: Any) -> Script:
        return Script(tokens.create_token(owner=bea, name="Limited script", **limits)[1])

    return make


@pytest.fixture
def openrouter(shipped: None, fake_gateway: FakeGateway) -> Gateway:
    """OpenRouter with a key, its address being the fake gateway's."""
    return factories.give_key(Gateway.objects.get(slug="openrouter"), fake_gateway.base_url)
