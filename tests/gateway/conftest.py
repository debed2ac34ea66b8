"""A connection to the fake gateway, and what is behind links."""

import tempfile
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import pytest

from gallery.gateway import client, errors
from gallery.gateway.client import Connection
from tests.fake_gateway import FakeGateway

KEY = "sk-CANARY-1234567890abcdef"


@pytest.fixture
def connection(fake_gateway: FakeGateway) -> Connection:
    return Connection(base_url=fake_gateway.base_url, api_key=KEY, dialect="routellm")


def fetch_all(connection: Connection, urls: Sequence[str], **limits: Any) -> list[bytes | errors.PictureNotFetched]:
    """The bytes behind links, or why there are none."""
    with tempfile.TemporaryDirectory() as folder:
        settings = {"max_bytes": 1024 * 1024, "deadline": 20, "folder": Path(folder), **limits}
        found = client.fetch_pictures(connection, urls, **settings)
        return [one.read_bytes() if isinstance(one, Path) else one for one in found]


def fetch_one(connection: Connection, url: str, **limits: Any) -> bytes:
    (found,) = fetch_all(connection, [url], **limits)
    if isinstance(found, errors.PictureNotFetched):
        raise found
    return found
