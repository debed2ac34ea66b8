"""The model picker by keyboard alone, the price that follows the form, and the question before a dear run."""

import re
from pathlib import Path

import pytest
from playwright.sync_api import Browser, Page, expect

from tests.browser import steps
from tests.browser.desk import Desk
from tests.fake_gateway import FakeGateway
from tests.running_studio import running_studio
from tests.visitor import join, make_picture

pytestmark = pytest.mark.browser
MODEL = "/?model=routellm/flux_kontext"


def focused(page: Page) -> str:
    words: str = page.evaluate("document.activeElement.textContent.trim()")
    return words


def test_a_model_is_filtered_starred_and_chosen_by_keyboard_alone(desk: Desk) -> None:
    page = desk.open_new(MODEL)
    steps.prompt(page).fill("a lighthouse of paper")
    opener = page.get_by_role("link", name=re.compile("^Model:"))
    opener.focus()
    page.keyboard.press("Enter")
    picker = page.get_by_role("dialog", name="Choose a model")
    expect(picker.get_by_role("searchbox")).to_be_focused()
    expect(picker.get_by_text("Cheapest that can do exactly this")).to_be_visible()
    page.keyboard.press("Escape")
    expect(picker).to_be_hidden()
    expect(opener).to_be_focused()

    page.keyboard.press("Enter")
    expect(picker.get_by_role("searchbox")).to_be_focused()
    steps.tab_to(page, picker.get_by_role("link", name="Negative prompt", exact=True))
    page.keyboard.press("Enter")
    assert steps.models_shown(picker) >= {"imagen", "ideogram"}
    assert "flux_pro" not in steps.models_shown(picker)
    page.keyboard.press("/")
    page.keyboard.press("ArrowDown")
    first = focused(page)
    page.keyboard.press("ArrowRight")
    second = focused(page)
    assert first != second
    page.keyboard.press("ArrowDown")
    assert focused(page) not in (first, second)
    page.keyboard.press("ArrowUp")
    assert focused(page) == second
    page.keyboard.press("f")
    expect(picker.get_by_role("button", name=f"{second} is a favourite")).to_have_attribute("aria-pressed", "true")
    assert focused(page) == second
    page.keyboard.type("imagen")
    expect(picker.get_by_role("searchbox")).to_have_value("imagen")
    page.keyboard.press("Enter")
    expect(picker).to_be_hidden()
    expect(page.locator('#studio-form input[name="model"]')).to_have_value("routellm/imagen")
    expect(steps.prompt(page)).to_have_value("a lighthouse of paper")
    expect(steps.prompt(page)).to_be_focused()

    picker = steps.open_picker(page)
    expect(picker.get_by_role("article").first).to_contain_text("Favourites")
    expect(picker.get_by_role("article").first).to_contain_text(second)


def test_the_cheapest_for_exactly_this_is_one_choice(desk: Desk) -> None:
    """What stands in the form now decides, and is still there afterwards."""
    page = desk.open_new("/?model=routellm/hunyuan_image")
    steps.show_more(page)
    page.locator('[name="guidance_scale"]').fill("9")
    picker = steps.open_picker(page)
    bargains = picker.get_by_role("region", name="Cheapest that can do exactly this")
    expect(bargains).to_contain_text("3 models can do it.")
    bargains.get_by_role("link").click()
    expect(picker).to_be_hidden()
    expect(page.locator('#studio-form input[name="model"]')).not_to_have_value("routellm/hunyuan_image")
    expect(page.locator('[name="guidance_scale"]')).to_have_value("9")


def test_the_price_follows_the_form_and_a_dear_run_asks_once(
    browser: Browser, chromium: str, tmp_path: Path, fake_gateway: FakeGateway
) -> None:
    key = {"ROUTELLM_API_KEY": "sk-test-0123456789", "ROUTELLM_BASE_URL": fake_gateway.base_url}
    with running_studio(tmp_path / "data", **key) as studio, Desk(browser, studio) as desk:
        administrator = join(studio.address, studio.setup_path, "ada", "Ada Lovelace")
        make_picture(administrator, "a first run", "routellm/flux_kontext")
        follow_the_price(desk.open(administrator, "/profile/"))


def follow_the_price(page: Page) -> None:
    """A run costs 150 points; above 400 the person wants to be asked."""
    page.get_by_label("Points").fill("400")
    page.locator("#limits").get_by_role("button", name="Save").click()
    page.goto(MODEL)
    steps.prompt(page).fill("a brass sextant on a chart")
    price = page.locator("#run-price")
    expect(price).to_contain_text("150 points")
    steps.choose(page, "num_images", "4")
    expect(price).to_contain_text("600 points")
    expect(price).to_contain_text("4 × 150 points")
    steps.generate(page, expected=422)
    question = page.get_by_role("group", name=re.compile("This costs about"))
    expect(question.get_by_role("button", name="Run for 600 points")).to_be_focused()
    steps.choose(page, "num_images", "2")
    expect(question).to_be_hidden()
    expect(price).to_contain_text("300 points")

    steps.choose(page, "num_images", "3")
    expect(price).to_contain_text("450 points")
    steps.generate(page, expected=422)
    page.keyboard.press("Escape")
    expect(question).to_be_hidden()
    expect(steps.generate_button(page)).to_be_focused()
    steps.generate(page, expected=422)
    expect(page.locator("[id^=generation-]")).to_have_count(1)
    with page.expect_response(steps.is_submission) as answer:
        page.keyboard.press("Enter")
    assert answer.value.status == 200
    expect(question).to_be_hidden()
    expect(page.locator("[id^=generation-]")).to_have_count(2)

    # At the first press, with the caret still in the prompt, whose change is told only as the question takes the focus.
    steps.prompt(page).fill("")
    steps.prompt(page).press_sequentially("a {brass|steel} sextant")
    expect(page.get_by_role("button", name="Generate 2")).to_be_visible()
    with page.expect_response(steps.is_submission) as answer:
        page.keyboard.press("Control+Enter")
    assert answer.value.status == 422
    expect(question.get_by_role("button", name=re.compile("Run for"))).to_be_focused()
    steps.prompt(page).press_sequentially("s")
    expect(question).to_be_hidden()
