"""A real Chromium before a real studio: the server, the browser, and a desk from which a test sends people there."""

import os
import shutil
from collections.abc import Iterator
from pathlib import Path

import pytest
from playwright.sync_api import Browser, expect, sync_playwright

from tests.browser.desk import Desk
from tests.running_studio import Studio, running_studio
from tests.visitor import Visitor, invitation_path, join

NAMES = ("chromium", "chromium-browser", "google-chrome")
ARGUMENTS = ["--no-sandbox", "--disable-gpu", "--disable-background-networking", "--disable-quic", "--no-first-run"]
PATIENCE = 20_000


@pytest.fixture(scope="session")
def chromium() -> str:
    """Where Chromium is. Asked for before any server is started, so that a skip costs nothing."""
    path = next(filter(None, map(shutil.which, NAMES)), None)
    if path is None:
        complaint = f"No Chromium here (looked for {', '.join(NAMES)}): the browser tests need one."
        if os.environ.get("PROOFSHEET_BROWSER") == "required":
            pytest.fail(complaint, pytrace=False)
        pytest.skip(complaint)
    return path


# Playwright's event loop counts as running in this thread as long as it lives, and Django's ORM then refuses to work:
# it must be gone before a test of another folder runs.
@pytest.fixture(scope="package")
def browser(chromium: str) -> Iterator[Browser]:
    expect.set_options(timeout=PATIENCE)
    with sync_playwright() as playwright:
        opened = playwright.chromium.launch(executable_path=chromium, args=ARGUMENTS)
        yield opened
        opened.close()


@pytest.fixture(scope="session")
def studio_server(chromium: str, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Studio]:
    """One studio for all tests that leave its settings alone. It has no key: the sandbox answers."""
    with running_studio(tmp_path_factory.mktemp("studio") / "data") as studio:
        yield studio


@pytest.fixture
def fresh_studio(chromium: str, tmp_path: Path) -> Iterator[Studio]:
    """A studio of the test's own that nobody has set up."""
    with running_studio(tmp_path / "data") as studio:
        yield studio


@pytest.fixture(scope="session")
def administrator(studio_server: Studio) -> Visitor:
    return join(studio_server.address, studio_server.setup_path, "ada", "Ada Lovelace")


@pytest.fixture(scope="session")
def designer(studio_server: Studio, administrator: Visitor) -> Visitor:
    return join(studio_server.address, invitation_path(administrator), "dora", "Dora Designer")


@pytest.fixture
def desk(browser: Browser, studio_server: Studio, administrator: Visitor, designer: Visitor) -> Iterator[Desk]:
    """Before the shared studio."""
    with Desk(browser, studio_server, administrator, designer) as opened:
        yield opened


@pytest.fixture
def fresh_desk(browser: Browser, fresh_studio: Studio) -> Iterator[Desk]:
    """Before a studio of its own."""
    with Desk(browser, fresh_studio) as opened:
        yield opened
