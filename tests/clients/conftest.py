"""Real clients before a real studio: one room for the whole run."""

import os
from collections.abc import Iterator
from contextlib import ExitStack

import pytest

from tests.clients.environments import Missing
from tests.clients.room import Room


@pytest.fixture(scope="session")
def room(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Room]:
    with ExitStack() as exit_stack:
        yield Room(tmp_path_factory.mktemp("clients"), exit_stack)


@pytest.hookimpl(wrapper=True)
def pytest_runtest_call(item: pytest.Item) -> Iterator[None]:
    """A client that cannot be had here is skipped with a clear line, unless clients are required."""
    try:
        return (yield)
    except Missing as missing:
        complaint = str(missing)
    if os.environ.get("PROOFSHEET_CLIENTS") == "required":
        pytest.fail(complaint, pytrace=False)
    pytest.skip(complaint)
