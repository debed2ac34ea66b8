"""A matrix in a real browser: set up with a range, paused and resumed, stopped at a sum, turned and taken away."""

import re
from collections.abc import Iterator
from pathlib import Path

import pytest
from playwright.sync_api import Browser, Locator, Page, expect

from tests.browser import steps
from tests.browser.desk import PATIENCE, Desk
from tests.fake_gateway import FakeGateway
from tests.running_studio import running_studio
from tests.visitor import join

pytestmark = pytest.mark.browser


def open_set_up(page: Page, words: str) -> None:
    """The matrix of one model: the others are taken out."""
    steps.prompt(page).fill(words)
    page.get_by_role("button", name="Compare").click()
    expect(page.locator("tbody tr")).to_have_count(3)
    steps.wait_for_scripts(page)
    for left in (2, 1):
        page.locator("tbody tr").last.get_by_role("button").click()
        expect(page.locator("tbody tr")).to_have_count(left)


def vary(page: Page, label: str, values: str, count: str) -> None:
    page.get_by_role("button", name="Vary a setting").click()
    page.get_by_label("What varies").last.select_option(label=label)
    page.get_by_label(f"Values of {label}").fill(values)
    page.keyboard.press("Tab")
    expect(page.get_by_role("button", name=count)).to_be_visible()


# The sandbox takes twelve seconds for each of these runs, eight at once: however slow the page, some wait still.
SLOW = "sandbox:slow"


def cells(page: Page, status: str) -> Locator:
    return page.locator(f'[id^=cell-][data-status="{status}"]')


def test_a_range_is_checked_beside_its_axis(desk: Desk) -> None:
    page = desk.open_new("/?model=routellm/flux_kontext")
    open_set_up(page, "a lighthouse")
    vary(page, "Guidance scale", "1, 3, .., 9", "Run all 5")
    page.get_by_label("Values of Guidance scale").fill("1, 3, .., -9")
    page.keyboard.press("Tab")
    expect(page.get_by_text("From 3 this never comes to -9.")).to_be_visible()


def test_pause_holds_the_rest_back_and_resume_lets_it_go(desk: Desk) -> None:
    page = desk.open_new("/?model=routellm/flux_kontext")
    open_set_up(page, f"a lighthouse at dawn {SLOW}")
    vary(page, "Seed", "1..20", "Run all 20")
    page.get_by_role("button", name="Run all 20").click()
    page.get_by_role("button", name="Pause").click()
    expect(page.get_by_text(re.compile(r"Paused: \d+ runs? held back"))).to_be_visible()
    expect(cells(page, "held").first).to_be_visible()
    expect(cells(page, "running")).to_have_count(0)
    page.get_by_role("button", name="Resume").click()
    expect(cells(page, "succeeded")).to_have_count(20, timeout=2 * PATIENCE)
    expect(page.get_by_role("button", name="Pause")).to_have_count(0)


def test_the_focus_outlasts_what_the_poll_brings(desk: Desk) -> None:
    page = desk.open_new("/?model=routellm/flux_kontext")
    open_set_up(page, f"a lighthouse in a storm {SLOW}")
    vary(page, "Seed", "1..40", "Run all 40")
    page.get_by_role("button", name="Run all 40").click()
    page.get_by_role("button", name="Cancel the rest").focus()
    expect(cells(page, "succeeded").nth(2)).to_be_visible()
    expect(page.get_by_role("button", name="Cancel the rest")).to_be_focused()
    page.keyboard.press("Enter")
    expect(cells(page, "cancelled").first).to_be_visible()
    expect(cells(page, "running")).to_have_count(0)


def test_axes_are_turned_without_another_run_and_taken_away_as_one_picture(desk: Desk) -> None:
    page = desk.open_new("/?model=routellm/flux_kontext")
    open_set_up(page, "a {red|blue} lighthouse")
    vary(page, "Seed", "1, 2, 3", "Run all 6")
    page.get_by_role("button", name="Run all 6").click()
    expect(cells(page, "succeeded")).to_have_count(6)
    axes, heads = page.locator("thead .matrix-axes"), page.locator("thead th:not(.matrix-axes)")
    expect(axes).to_have_text("Words →Seed ↓")
    expect(heads).to_have_text(["red", "blue"])
    page.get_by_role("link", name="Swap rows and columns").click()
    expect(axes).to_have_text("Seed →Words ↓")
    expect(heads).to_have_text(["1", "2", "3"])
    expect(cells(page, "succeeded")).to_have_count(6)
    with page.expect_download() as download:
        page.get_by_role("link", name="Contact sheet").click()
    assert Path(download.value.path()).read_bytes().startswith(b"\x89PNG")


def test_a_picture_of_somebody_else_does_not_wait_for_a_whole_matrix(desk: Desk) -> None:
    page, other = (desk.open_new("/?model=routellm/flux_kontext") for _ in range(2))
    open_set_up(page, f"a lighthouse at noon {SLOW}")
    vary(page, "Seed", "1..40", "Run all 40")
    steps.prompt(other).fill("a single pear")
    page.get_by_role("button", name="Run all 40").click()
    expect(page).to_have_url(re.compile(r"/batches/\d+/$"))
    steps.generate(other)
    expect(other.locator('#generations [data-status="succeeded"]').first).to_be_visible()
    page.reload()
    expect(cells(page, "queued")).not_to_have_count(0)
    page.get_by_role("button", name="Cancel the rest").click()
    # What other tests run would wait for its end.
    expect(cells(page, "queued")).to_have_count(0)
    expect(cells(page, "running")).to_have_count(0)


@pytest.fixture
def paid_desk(browser: Browser, fake_gateway: FakeGateway, tmp_path: Path) -> Iterator[Desk]:
    """Before a studio whose RouteLLM costs 150 points a picture."""
    keys = {"ROUTELLM_API_KEY": "sk-test-0123456789", "ROUTELLM_BASE_URL": fake_gateway.base_url}
    with running_studio(tmp_path / "data", **keys) as studio, Desk(browser, studio) as opened:
        yield opened


def test_the_batch_stops_at_its_sum_and_goes_on_with_another(paid_desk: Desk, fake_gateway: FakeGateway) -> None:
    administrator = join(paid_desk.studio.address, paid_desk.studio.setup_path, "ada", "Ada Lovelace")
    page = paid_desk.open(administrator, "/?model=routellm/flux_kontext")
    open_set_up(page, "a lighthouse in fog")
    vary(page, "Seed", "1..6", "Run all 6")
    expect(page.locator("#studio-form")).to_contain_text("unknown")
    page.get_by_label("Stop at").fill("500")
    page.get_by_label("Unit of the limit").select_option("points")
    page.get_by_role("button", name="Run all 6").click()
    expect(page.get_by_text("Stopped at 500 points.")).to_be_visible()
    expect(cells(page, "succeeded")).to_have_count(3)
    expect(cells(page, "held")).to_have_count(3)
    assert len(fake_gateway.requests) == 3
    page.get_by_label("Stop at").fill("")
    page.get_by_role("button", name="Go on").click()
    expect(cells(page, "succeeded")).to_have_count(6)
    expect(page.locator("#batch-head")).to_contain_text("900 points")
