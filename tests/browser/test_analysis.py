"""References from the library, and questions about pictures, as a designer asks them."""

import re
from pathlib import Path

import pytest
from playwright.sync_api import expect

from tests.browser import steps
from tests.browser.desk import Desk
from tests.fake_gateway import make_picture

pytestmark = pytest.mark.browser


def test_a_picture_of_the_library_becomes_a_reference(desk: Desk) -> None:
    page = desk.open(desk.designer, "/?model=routellm/flux_kontext")
    steps.make_picture(page, "a lighthouse to work from")
    control = page.locator('[data-parameter="image_prompt"]')
    control.get_by_role("button", name="From the library").click()
    dialog = page.get_by_role("dialog", name="Choose from the library")
    dialog.get_by_role("searchbox").fill("lighthouse")
    dialog.get_by_role("button", name="a lighthouse to work from").first.click()
    expect(dialog).to_be_hidden()
    expect(control.get_by_role("img")).to_have_count(1)
    steps.make_picture(page, "the same by night")
    steps.open_picture(page)
    made_from = page.get_by_role("complementary").locator("section", has_text="Made from")
    made_from.get_by_role("link", name=re.compile("^Made from")).click()
    expect(page.get_by_text("Used in 1")).to_be_visible()


def test_use_as_reference_opens_the_studio_with_the_picture(desk: Desk) -> None:
    page = desk.open(desk.designer, "/?model=routellm/flux_pro")
    steps.make_picture(page, "a chair to use again")
    steps.open_picture(page)
    page.get_by_role("link", name="Use as reference").click()
    expect(page.locator("[data-parameter] img")).to_have_count(1)


def test_an_address_of_our_own_network_is_refused_beside_the_control(desk: Desk) -> None:
    page = desk.open(desk.designer, "/?model=routellm/flux_kontext")
    control = page.locator('[data-parameter="image_prompt"]')
    control.get_by_role("button", name="From an address").click()
    field = control.get_by_role("textbox", name="Address of a picture")
    field.fill(address := f"{desk.studio.address}/static/favicon.svg")
    page.set_viewport_size({"width": 1280, "height": 480})
    control.get_by_role("button", name="Fetch").click()
    expect(control.get_by_role("alert")).to_contain_text("address cannot be used")
    expect(control.get_by_role("alert")).to_be_in_viewport(ratio=1)
    expect(field).to_have_value(address)


def test_a_question_is_asked_answered_and_asked_again(desk: Desk, tmp_path: Path) -> None:
    path = tmp_path / "scene.png"
    path.write_bytes(make_picture(size=(120, 90)))
    page = desk.open(desk.designer, "/analysis/")
    page.locator('input[type=file][name="images"]').set_input_files(path)
    expect(page.locator('[data-parameter="images"] img')).to_have_count(1)
    page.get_by_role("button", name="Describe").click()
    page.get_by_role("button", name=re.compile("^Ask")).click()
    expect(page).to_have_url(re.compile(r"/generations/\d+/$"))
    expect(page.get_by_text("120 × 90").first).to_be_visible()
    page.get_by_role("link", name="Ask again").click()
    expect(page.locator('[data-parameter="images"] img')).to_have_count(1)
    page.goto(f"{desk.studio.address}/history/?q=describe")
    expect(page.get_by_role("main").get_by_text("Describe this picture").first).to_be_visible()
