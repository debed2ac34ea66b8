"""A connection to the fake gateway."""

import pytest

from gallery.gateway.client import Connection
from tests.fake_gateway import FakeGateway

KEY = "sk-CANARY-1234567890abcdef"


@pytest.fixture
def connection(fake_gateway: FakeGateway) -> Connection:
    return Connection(base_url=fake_gateway.base_url, api_key=KEY, dialect="routellm")
