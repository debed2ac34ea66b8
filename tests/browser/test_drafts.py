"""What was typed is there after a reload, a sign-out and a crash; and two tabs lose nothing to each other."""

import re

import pytest
from playwright.sync_api import Page, Route, expect

from tests.browser import steps
from tests.browser.desk import Desk, Person
from tests.visitor import PASSWORD

pytestmark = pytest.mark.browser

FLUX = "/?model=routellm/flux_kontext"


def fill_in(page: Page, words: str) -> None:
    steps.prompt(page).fill(words)
    steps.choose(page, "aspect_ratio", "16:9")
    steps.show_more(page)
    page.locator('input[name="guidance_scale"]').fill("7.5")
    page.get_by_label("Who sees it").select_option("private")


def expect_filled_in(page: Page, words: str) -> None:
    expect(page.locator('#studio-form input[name="model"]')).to_have_value("routellm/flux_kontext")
    expect(steps.prompt(page)).to_have_value(words)
    expect(page.locator('input[name="aspect_ratio"][value="16:9"]')).to_be_checked()
    expect(page.locator('input[name="guidance_scale"]')).to_have_value("7.5")
    expect(page.get_by_label("Who sees it")).to_have_value("private")


def is_save(response: object) -> bool:
    return str(getattr(response, "url", "")).endswith("/studio/draft/")


def test_a_form_survives_a_reload_a_sign_out_and_a_crash(desk: Desk) -> None:
    person = desk.add_person()
    page = desk.open(person.visitor, FLUX)
    fill_in(page, "a teapot at dusk")
    page.reload()
    expect_filled_in(page, "a teapot at dusk")

    # A server that does not answer disturbs nobody, and what it missed comes when it is back.
    desk.expect_line("net::ERR_FAILED")
    page.route("**/studio/draft/", lambda route: route.abort())
    with page.expect_event("requestfailed", is_save):
        steps.prompt(page).fill("a teapot at dawn")
    expect(page.locator("[data-toast]")).to_have_count(0)
    page.unroute("**/studio/draft/")
    page.reload()
    expect_filled_in(page, "a teapot at dawn")

    page.get_by_role("button", name="You").click()
    page.get_by_role("button", name="Sign out").click()
    page.get_by_label("User name").fill(person.username)
    page.get_by_label("Password").fill(PASSWORD)
    page.get_by_role("button", name="Sign in").click()
    expect_filled_in(page, "a teapot at dawn")

    with page.expect_response(lambda response: is_save(response) and "noon" in (response.request.post_data or "")):
        steps.prompt(page).fill("a teapot at noon")
    page.context.close()
    again = desk.open(None, "/accounts/login/")
    again.get_by_label("User name").fill(person.username)
    again.get_by_label("Password").fill(PASSWORD)
    again.get_by_role("button", name="Sign in").click()
    expect_filled_in(again, "a teapot at noon")


@pytest.mark.parametrize("is_answered_in_time", [True, False])
def test_a_page_that_was_asked_for_before_the_last_word_was_stored_is_told_of_it(
    desk: Desk, is_answered_in_time: bool
) -> None:
    page = desk.open_new(FLUX)
    held: list[Route] = []

    def answer_late(route: Route) -> None:
        """The page as it is before the draft is stored, given out after that."""
        page_before = route.fetch()
        draft = held.pop()
        answer = draft.fetch()
        if is_answered_in_time:
            draft.fulfill(response=answer)
        route.fulfill(response=page_before)
        if not is_answered_in_time:
            draft.abort()

    # The page that comes next may send the same word again: that one passes.
    page.route("**/studio/draft/", lambda route: held.append(route), times=1)
    page.route(f"**{FLUX}", answer_late, times=1)
    # Somebody clicks while the next page is on its way.
    page.evaluate("addEventListener('beforeunload', () => setTimeout(() => document.body.click()))")
    steps.prompt(page).fill("a teapot at dusk")
    page.reload()
    expect(steps.prompt(page)).to_have_value("a teapot at dusk")


def test_two_tabs_write_and_the_last_one_wins_without_losing_the_other(desk: Desk) -> None:
    page = desk.open_new(FLUX)
    other = page.context.new_page()
    other.goto(FLUX)
    for tab, words in ((page, "a teapot"), (other, "a chair")):
        with tab.expect_response(is_save):
            steps.prompt(tab).fill(words)
    other.reload()
    expect(steps.prompt(other)).to_have_value("a chair")
    expect(other.get_by_text("Another draft was put aside: “a teapot”")).to_be_visible()
    other.get_by_role("button", name="Take it back").click()
    expect(steps.prompt(other)).to_have_value("a teapot")
    expect(other.get_by_text("Another draft was put aside: “a chair”")).to_be_visible()
    other.get_by_role("button", name="Let it go").click()
    expect(other.get_by_text("Another draft was put aside")).to_have_count(0)


def test_a_recalled_run_is_the_draft_once_it_is_touched(desk: Desk) -> None:
    page = desk.open_new(FLUX)
    steps.make_picture(page, "a teapot")
    number = re.sub(r"\D", "", steps.newest(page).get_attribute("id") or "")
    page.goto(f"/?generation={number}")
    with page.expect_response(is_save):
        steps.prompt(page).fill("a teapot, brass")
    expect(page).to_have_url(re.compile(r"/$"))
    page.reload()
    expect(steps.prompt(page)).to_have_value("a teapot, brass")


def test_a_set_up_survives_a_reload_and_a_sign_out(desk: Desk) -> None:
    person = desk.add_person()
    page = desk.open(person.visitor, FLUX)
    steps.prompt(page).fill("a teapot")
    page.get_by_role("button", name="Compare").click()
    expect(page).to_have_url(re.compile("/compare/models/$"))
    steps.wait_for_scripts(page)
    page.get_by_role("button", name=re.compile("^Take ")).last.click()
    expect(page.locator("tbody tr")).to_have_count(2)
    page.get_by_role("button", name="Vary a setting").click()
    page.get_by_label("What varies").select_option(label="Images")
    page.get_by_label("Values of Images").fill("1, 2")
    page.get_by_label("Stop at").fill("2.50")
    steps.prompt(page).fill("a teapot at dusk")
    page.reload()
    expect_set_up(page, "a teapot at dusk")

    page.get_by_role("button", name="You").click()
    page.get_by_role("button", name="Sign out").click()
    sign_in(page, person)
    page.goto("/compare/models/")
    expect_set_up(page, "a teapot at dusk")


def sign_in(page: Page, person: Person) -> None:
    page.get_by_label("User name").fill(person.username)
    page.get_by_label("Password").fill(PASSWORD)
    page.get_by_role("button", name="Sign in").click()
    expect(steps.prompt(page)).to_be_visible()


def expect_set_up(page: Page, words: str) -> None:
    expect(steps.prompt(page)).to_have_value(words)
    expect(page.locator("tbody tr")).to_have_count(2)
    expect(page.get_by_label("Values of Images")).to_have_value("1, 2")
    expect(page.get_by_label("Stop at")).to_have_value("2.50")
