"""A real Chromium before a real studio: the server, the browser, and a desk from which a test sends people there."""

import shutil
from collections.abc import Iterator
from pathlib import Path

import pytest
from playwright.sync_api import Browser, expect, sync_playwright

from tests.browser.desk import PATIENCE, Desk
from tests.installed import go_without
from tests.running_studio import Studio, manage, running_studio
from tests.visitor import Visitor, invitation_path, join

# The shell is the same engine without windows around its pages, which take a third of what a whole test takes of the processor.
NAMES = ("chromium-headless-shell", "chromium", "chromium-browser", "google-chrome")
# Each window of Chromium draws an address bar's list of its own, which nobody sees, and which took more of the processor than most
# pages. The others are those that Playwright turns off by itself: of two such lists the last one counts.
UNUSED = (
    "WebUIOmniboxPopup WebUIOmniboxAimPopup WebUIOmniboxFullPopup OmniboxAimPopup AvoidUnnecessaryBeforeUnloadCheckSync "
    "DestroyProfileOnBrowserClose HttpsUpgrades HttpsFirstBalancedModeAutoEnable LensOverlay MediaRouter PaintHolding "
    "ThirdPartyStoragePartitioning AvoidCorsURLLoaderRestartOnRedirect OptimizationHints NetworkTimeServiceQuerying AimEnabled "
    "PreconnectToSearch"
)
ARGUMENTS = [
    "--no-sandbox",
    "--disable-gpu",
    "--disable-background-networking",
    "--disable-quic",
    "--no-first-run",
    f"--disable-features={','.join(UNUSED.split())}",
]


@pytest.fixture(scope="session")
def chromium() -> str:
    """Where Chromium is. Asked for before any server is started, so that a skip costs nothing."""
    path = next(filter(None, map(shutil.which, NAMES)), None)
    if path is None:
        go_without(f"No Chromium here (looked for {', '.join(NAMES)}): the browser tests need one.")
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
    clear_form(designer)
    with Desk(browser, studio_server, administrator, designer) as opened:
        yield opened


def clear_form(visitor: Visitor) -> None:
    """So that no test finds in the form what another one left there."""
    fields = {"model": "routellm/flux_kontext", "prompt": "", "rewrite_prompt": "true", "draft_seen": str(10**9)}
    assert visitor.post("/studio/draft/", fields).status == 200


@pytest.fixture
def fresh_desk(browser: Browser, fresh_studio: Studio) -> Iterator[Desk]:
    """Before a studio of its own."""
    with Desk(browser, fresh_studio) as opened:
        yield opened


@pytest.fixture(scope="session")
def seeded_studio(chromium: str, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Studio]:
    """A studio with a library longer than what a wall holds at once, for tests that select and move about in it."""
    folder = tmp_path_factory.mktemp("seeded") / "data"
    with running_studio(folder) as studio:
        done = manage(folder, "seed_library", "--images", "420", "--files", "9", "--days", "300")
        assert done.returncode == 0, done.stderr
        yield studio


@pytest.fixture(scope="session")
def seeded_administrator(seeded_studio: Studio) -> Visitor:
    return join(seeded_studio.address, seeded_studio.setup_path, "ada", "Ada Lovelace")


@pytest.fixture
def seeded_desk(browser: Browser, seeded_studio: Studio, seeded_administrator: Visitor) -> Iterator[Desk]:
    with Desk(browser, seeded_studio, seeded_administrator) as opened:
        yield opened
