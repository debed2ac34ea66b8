"""The queue's drawer: followed on another page, told by the tab's title, cancelled, and a refusal mended by one click."""

import re
import threading
from collections.abc import Iterator

import pytest
from playwright.sync_api import Browser, Locator, Page, expect

from tests.browser import steps
from tests.browser.desk import Desk
from tests.fake_gateway import FakeGateway
from tests.running_studio import Studio, running_studio
from tests.visitor import Visitor, join, wait_until

pytestmark = pytest.mark.browser
# In place of the system's notifications.
NOTIFICATIONS = """
window.notified = [];
window.Notification = class extends EventTarget {
  static permission = "granted";
  static requestPermission = async () => "granted";
  constructor(title, options) { super(); window.notified.push(options.body); }
};
"""


@pytest.fixture(scope="module")
def gateway() -> Iterator[FakeGateway]:
    with FakeGateway() as opened:
        yield opened


@pytest.fixture(scope="module")
def studio(chromium: str, gateway: FakeGateway, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Studio]:
    key = {"ROUTELLM_API_KEY": "sk-test-0123456789abcdef", "ROUTELLM_BASE_URL": gateway.base_url}
    with running_studio(tmp_path_factory.mktemp("queue") / "data", **key) as opened:
        yield opened


@pytest.fixture(scope="module")
def administrator(studio: Studio) -> Visitor:
    return join(studio.address, studio.setup_path, "ada", "Ada Lovelace")


@pytest.fixture
def desk(browser: Browser, studio: Studio, administrator: Visitor) -> Iterator[Desk]:
    with Desk(browser, studio, administrator) as opened:
        yield opened


def submit(page: Page, words: str) -> None:
    page.goto("/?model=routellm/flux_pro")
    steps.prompt(page).fill(words)
    steps.generate(page)


def entry(page: Page) -> Locator:
    return page.get_by_role("link", name=re.compile("Queue"))


def drawer(page: Page) -> Locator:
    return page.get_by_role("complementary", name="Queue")


def test_a_run_is_followed_from_another_page_and_told_by_the_tab_when_it_is_done(
    desk: Desk, gateway: FakeGateway
) -> None:
    page = desk.open_new()
    page.add_init_script(NOTIFICATIONS)
    may_answer = threading.Event()
    gateway.will_send_image_when(may_answer)
    submit(page, "a brass lamp")
    page.goto("/library/")
    expect(page.locator("#queue-count")).to_contain_text("1")
    entry(page).click()
    expect(drawer(page)).to_be_focused()
    row = drawer(page).get_by_role("listitem").filter(has_text="a brass lamp")
    expect(row).to_contain_text(re.compile(r"\d s"))
    drawer(page).get_by_role("button", name="When something is done").click()
    page.get_by_role("switch", name="Browser notification").check()
    page.keyboard.press("Escape")
    drawer(page).get_by_role("heading", name="Queue").click()
    page.keyboard.press("Escape")
    expect(drawer(page)).to_be_hidden()
    expect(entry(page)).to_be_focused()
    may_answer.set()
    expect(page).to_have_title(re.compile(r"^\(1\) Library"))
    expect(page.locator("#announcements")).to_contain_text("Done: a brass lamp")
    steps.wait_for(page, "window.notified.length > 0")
    assert page.evaluate("notified") == ["Done: a brass lamp"]
    expect(page.locator("#queue-count")).to_be_hidden()
    entry(page).press("Enter")
    expect(page).to_have_title(re.compile(r"^Library"))
    done = drawer(page).get_by_role("region", name="Done")
    expect(done.get_by_role("link", name="a brass lamp")).to_have_attribute("href", re.compile(r"^/images/\d+/$"))


def test_a_run_is_cancelled_in_the_drawer(desk: Desk, gateway: FakeGateway) -> None:
    page = desk.open_new()
    gateway.will_hang(120)
    before = len(gateway.requests)
    submit(page, "a green bottle")
    wait_until(lambda: len(gateway.requests) > before, "the call")
    page.goto("/boards/")
    entry(page).click()
    drawer(page).get_by_role("button", name="Cancel a green bottle").click()
    expect(drawer(page)).to_contain_text("Nothing is under way")
    expect(page.locator("#queue-count")).to_be_hidden()


def test_a_page_whose_person_signed_out_elsewhere_stays_as_it_is(desk: Desk) -> None:
    page = desk.open_new("/boards/")
    page.context.clear_cookies()
    with page.expect_response(re.compile("/accounts/login/")) as door:
        entry(page).click()
    door.value.finished()
    expect(drawer(page)).to_be_visible()
    expect(page.get_by_role("heading", name="Hang together what belongs together")).to_be_visible()
    expect(page.locator("#live")).to_have_count(1)
    expect(page.get_by_role("button", name="Sign in")).to_have_count(0)


def test_a_refused_size_is_mended_by_one_click(desk: Desk, gateway: FakeGateway) -> None:
    page = desk.open_new()
    gateway.will_fail(400, error="Invalid size for flux_pro: 1440x1440. Supported values are: 1024x1024, 640x480")
    submit(page, "a red chair")
    expect(steps.newest(page)).to_contain_text("RouteLLM refused the size")
    page.goto("/library/")
    entry(page).click()
    failed = drawer(page).get_by_role("region", name="Failed")
    expect(failed).to_contain_text("this model takes 1024x1024, 640x480")
    failed.get_by_role("link", name="Use 1024 × 1024").click()
    expect(page.locator("#filled-note")).to_contain_text("Size is now 1024 × 1024. Press Generate.")
    expect(steps.prompt(page)).to_have_value("a red chair")
    gateway.will_send_image()
    steps.generate(page)
    expect(steps.newest(page).get_by_role("img", name="a red chair")).to_be_visible()
    assert gateway.requests[-1].json["image_config"]["size"] == "1024x1024"
