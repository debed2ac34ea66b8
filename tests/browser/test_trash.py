"""A picture thrown away, taken back, and deleted for good; by keyboard, on a phone and without scripts."""

import re

import pytest
from playwright.sync_api import Page, expect

from tests.browser import steps
from tests.browser.barriers import grave_findings
from tests.browser.desk import Desk, Person
from tests.visitor import make_picture

pytestmark = pytest.mark.browser
PHONE = {"width": 390, "height": 844}


@pytest.fixture
def maker(desk: Desk) -> Person:
    return desk.add_person()


def throw_away(page: Page, image: str) -> None:
    page.goto(image)
    page.get_by_role("button", name="More").click()
    page.get_by_role("button", name="Move to trash").click()
    expect(page).to_have_url(re.compile("/library/"))


def test_a_picture_is_taken_back_from_the_note_about_it(desk: Desk, maker: Person) -> None:
    image = make_picture(maker.visitor, "a weather vane")
    page = desk.open(maker.visitor)
    throw_away(page, image)
    page.get_by_role("button", name="Undo").click()
    expect(page.get_by_text("Back in the library.")).to_be_visible()


def test_a_picture_is_deleted_for_good_on_a_phone(desk: Desk, maker: Person) -> None:
    image = make_picture(maker.visitor, "a cracked cup")
    page = desk.open(maker.visitor, viewport=PHONE)
    throw_away(page, image)
    page.goto("/library/?show=trash")
    expect(page.get_by_text("Pictures stay here for 30 days.")).to_be_visible()
    expect(page.get_by_text("30 days", exact=True)).to_be_visible()
    assert steps.width_beyond(page) == 0
    page.goto(image)
    page.get_by_role("button", name="Delete for good").click()
    expect(page.get_by_role("heading", name="Delete 1 picture for good?")).to_be_visible()
    assert grave_findings(page) == []
    assert steps.width_beyond(page) == 0
    page.get_by_role("button", name="Delete for good").click()
    expect(page.get_by_text("1 picture deleted for good.")).to_be_visible()
    expect(page.get_by_role("heading", name="The trash is empty")).to_be_visible()


def test_ones_own_trash_is_emptied_without_scripts_and_by_keyboard(desk: Desk, maker: Person) -> None:
    images = [make_picture(maker.visitor, f"a burnt match, {number}") for number in range(2)]
    with_scripts = desk.open(maker.visitor)
    for image in images:
        throw_away(with_scripts, image)
    page = desk.open(maker.visitor, "/library/?show=trash", java_script_enabled=False)
    page.get_by_role("link", name="Empty the trash").click()
    expect(page.get_by_text("2 pictures of yours are in the trash.")).to_be_visible()
    button = page.get_by_role("button", name="Delete 2 pictures for good")
    button.focus()
    page.keyboard.press("Enter")
    expect(page.get_by_text("2 pictures deleted for good.")).to_be_visible()


def test_it_is_said_what_a_picture_was_used_for(desk: Desk, maker: Person) -> None:
    image = make_picture(maker.visitor, "a plain vase")
    number = image.split("/")[2]
    make_picture(maker.visitor, "the vase with flowers", model="routellm/flux_kontext", image_prompt_images=number)
    page = desk.open(maker.visitor, image)
    page.get_by_role("button", name="More").click()
    page.get_by_role("button", name="Move to trash").click()
    expect(page.get_by_role("heading", name="Used as input by 1 picture")).to_be_visible()
    assert grave_findings(page) == []
    page.get_by_role("link", name="Keep it").click()
    expect(page).to_have_url(re.compile(image))
