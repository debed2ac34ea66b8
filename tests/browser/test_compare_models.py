"""Comparing models in a real browser: from the studio’s form to a winner, by mouse and by key, and blind."""

import re

import pytest
from playwright.sync_api import Locator, Page, Route, expect

from tests.browser import steps
from tests.browser.desk import Desk
from tests.visitor import make_picture

pytestmark = pytest.mark.browser
WORDS = "a brass sextant on a chart"
KONTEXT = "/?model=routellm/flux_kontext"


def set_up(desk: Desk, words: str = WORDS) -> Page:
    page = desk.open_new(KONTEXT)
    steps.prompt(page).fill(words)
    steps.choose(page, "aspect_ratio", "21:9")
    page.get_by_role("button", name="Compare").click()
    expect(page).to_have_url(re.compile("/compare/models/$"))
    steps.wait_for_scripts(page)
    return page


def rows(page: Page) -> Locator:
    return page.locator("tbody tr")


def run(page: Page, count: int) -> None:
    page.get_by_role("button", name=f"Run {count} models").click()
    expect(page).to_have_url(re.compile(r"/batches/\d+/$"))
    expect(page.locator('[id^=cell-][data-status="succeeded"]')).to_have_count(count)
    steps.wait_for_scripts(page)


def test_from_the_form_to_a_winner_by_key(desk: Desk) -> None:
    page = set_up(desk)
    expect(rows(page)).to_have_count(3)
    expect(page.get_by_text("As set here")).to_be_visible()
    run(page, 3)
    for picture in page.get_by_role("img", name=WORDS).all():
        steps.assert_loaded(picture)
    name = page.locator("#cell-1").get_by_role("heading").inner_text()
    page.keyboard.press("2")
    expect(page.locator("#cell-1")).to_contain_text("Winner")
    expect(page.locator("#cell-0")).not_to_contain_text("Winner")
    page.get_by_role("link", name="Look closely").click()
    expect(page.get_by_role("link", name=re.compile(name)).first).to_be_visible()

    page.goto("/")
    group = page.locator("[id^=batch-]")
    expect(group).to_have_count(1)
    expect(group.get_by_role("img", name=WORDS)).to_have_count(3)
    expect(page.locator("[id^=generation-]")).to_have_count(0)
    group.get_by_role("heading").get_by_role("link").click()
    expect(page).to_have_url(re.compile(r"/batches/\d+/$"))


def test_a_model_is_added_from_the_picker_and_another_taken_out(desk: Desk) -> None:
    page = set_up(desk)
    page.get_by_role("link", name="Add a model").click()
    picker = page.get_by_role("dialog", name="Choose a model")
    steps.find_models(picker, "seedream")
    picker.locator('[data-model="routellm/seedream"]').click()
    expect(rows(page)).to_have_count(4)
    expect(steps.prompt(page)).to_have_value(WORDS)
    page.get_by_role("button", name="Take FLUX Kontext out").click()
    expect(rows(page)).to_have_count(3)
    expect(rows(page).first).not_to_contain_text("FLUX Kontext")
    expect(steps.prompt(page)).to_have_value(WORDS)
    expect(page.get_by_role("button", name="Run 3 models")).to_be_visible()


def test_an_earlier_prompt_is_taken_into_the_set_up_and_the_plan_follows(desk: Desk) -> None:
    person = desk.add_person()
    make_picture(person.visitor, "a copper kettle at noon")
    page = desk.open(person.visitor, "/compare/models/")
    steps.prompt(page).fill("a {brass|glass} sextant")
    steps.prompt(page).blur()
    expect(page.get_by_role("button", name="Run all 6")).to_be_visible()
    page.get_by_role("button", name="Earlier prompts").click()
    page.get_by_role("dialog", name="Earlier prompts").get_by_role("button", name="a copper kettle at noon").click()
    expect(steps.prompt(page)).to_have_value("a copper kettle at noon")
    expect(page.get_by_role("button", name="Run 3 models")).to_be_visible()
    steps.prompt(page).press("Alt+ArrowUp")
    expect(steps.prompt(page)).to_have_value("a {brass|glass} sextant")
    expect(page.get_by_role("button", name="Run all 6")).to_be_visible()


def test_what_differs_follows_the_shared_settings(desk: Desk) -> None:
    page = set_up(desk)
    page.get_by_role("link", name="Add a model").click()
    picker = page.get_by_role("dialog", name="Choose a model")
    steps.find_models(picker, "dalle")
    picker.locator('[data-model="routellm/dalle"]').click()
    dalle = rows(page).filter(has_text="DALL")
    expect(dalle).to_contain_text("the nearest offered")
    steps.choose(page, "aspect_ratio", "1:1")
    expect(dalle).not_to_contain_text("the nearest offered")


def test_a_button_of_the_plan_answers_to_the_first_press_after_the_prompt_was_written(desk: Desk) -> None:
    page = set_up(desk)
    steps.prompt(page).fill("a sextant on a table")
    page.get_by_role("button", name="Vary a setting").click(delay=500)
    page.get_by_label("What varies").select_option(label="Images")
    page.get_by_label("Values of").fill("1, 2")
    steps.prompt(page).fill("a sextant at dusk")
    page.get_by_role("button", name=re.compile("^Run")).click(delay=500)
    expect(page).to_have_url(re.compile(r"/batches/\d+/$"))
    expect(page.get_by_text("a sextant at dusk").first).to_be_visible()


def test_what_is_ticked_while_an_older_plan_is_on_its_way_stays(desk: Desk) -> None:
    page = set_up(desk)
    held: list[Route] = []
    page.route("**/batches/plan/", lambda route: held.append(route), times=1)
    steps.choose(page, "aspect_ratio", "1:1")
    steps.wait_for_held(page, held)
    with page.expect_response("**/batches/plan/") as newer:
        page.get_by_label("Blind").check()
        held[0].continue_()
    assert "is_blind" in str(newer.value.request.post_data)
    expect(page.get_by_label("Blind")).to_be_checked()


def test_a_blind_comparison_tells_the_names_once_one_is_chosen(desk: Desk) -> None:
    page = set_up(desk)
    page.get_by_label("Blind").check()
    run(page, 3)
    expect(page.get_by_role("heading", name="A", exact=True)).to_be_visible()
    assert "FLUX" not in page.content()
    page.keyboard.press("1")
    expect(page.get_by_role("heading", name="FLUX Kontext")).to_be_visible()
    expect(page.locator("[id^=cell-]", has_text=re.compile(r"\bWinner\b"))).to_have_count(1)


def test_the_set_up_works_without_scripts(desk: Desk) -> None:
    page = desk.open_new(KONTEXT, java_script_enabled=False)
    steps.prompt(page).fill(WORDS)
    page.get_by_role("button", name="Compare").click()
    expect(rows(page)).to_have_count(3)
    page.get_by_role("button", name="Take FLUX Kontext out").click()
    expect(rows(page)).to_have_count(2)
    page.get_by_role("button", name="Run 2 models").click()
    expect(page).to_have_url(re.compile(r"/batches/\d+/$"))


def test_a_phone_shows_it_all_without_scrolling_sideways(desk: Desk) -> None:
    page = desk.open_new("/compare/models/", viewport={"width": 390, "height": 844})
    assert steps.width_beyond(page) == 0
    steps.prompt(page).fill(WORDS)
    run(page, 3)
    assert steps.width_beyond(page) == 0
