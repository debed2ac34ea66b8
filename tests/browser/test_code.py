"""“Use from code” and the reference: the form becomes code that can be copied, and a request can be sent from a page."""

import re

import pytest
from playwright.sync_api import Page, expect

from tests.browser import looks, steps
from tests.browser.desk import Desk

pytestmark = pytest.mark.browser
PHONE = {"width": 390, "height": 844}


def open_panel(page: Page) -> None:
    page.get_by_role("button", name="Use from code").click()
    expect(page.get_by_role("dialog", name="Use from code")).to_be_visible()


@pytest.fixture
def token(desk: Desk) -> str:
    """An access token, made on its page."""
    page = desk.open(desk.designer, "/tokens/")
    page.get_by_label("Name", exact=True).fill("reference")
    page.get_by_role("button", name=re.compile("^(Make|Create)")).click()
    shown = page.get_by_text(re.compile(r"ps_[\w-]{20,}")).first
    shown.wait_for()
    found = re.search(r"ps_[\w-]{20,}", page.content())
    assert found
    return found[0]


COPIED = "async (id) => (await navigator.clipboard.readText()) === document.getElementById(id).textContent"


def test_the_form_becomes_code_that_can_be_copied(desk: Desk) -> None:
    page = desk.open(desk.designer, "/?model=routellm/flux_pro")
    page.context.grant_permissions(["clipboard-read", "clipboard-write"])
    steps.prompt(page).fill('a "salt" pan')
    steps.choose(page, "size", "1024x768")
    open_panel(page)
    dialog = page.get_by_role("dialog", name="Use from code")
    expect(dialog.get_by_role("radio", name="curl")).to_be_focused()
    for language, name in (("curl", "curl"), ("python", "Python"), ("javascript", "JavaScript")):
        expect(dialog.get_by_role("radio", name=name)).to_be_checked()
        dialog.get_by_role("button", name=f"Copy the {name} code").click()
        expect(page.get_by_role("status").filter(has_text="Copied.").first).to_be_visible()
        # The note may be of the one before.
        steps.wait_for(page, COPIED, f"sample-{language}")
        copied = page.evaluate("navigator.clipboard.readText()")
        assert "1024x768" in copied
        assert r"a \"salt\" pan" in copied
        expect(page.locator("pre:visible")).to_have_count(1)
        dialog.get_by_role("radio", name=name).focus()
        page.keyboard.press("ArrowRight")
    page.keyboard.press("Escape")
    expect(dialog).to_be_hidden()
    expect(steps.prompt(page)).to_have_value('a "salt" pan')


def test_errors_stand_in_the_form_and_no_panel_opens(desk: Desk) -> None:
    page = desk.open(desk.designer, "/?model=routellm/flux_pro")
    steps.prompt(page).fill("")
    page.get_by_role("button", name="Use from code").click()
    expect(page.locator("#studio-form")).to_contain_text("Write a prompt first")
    expect(page.get_by_role("dialog", name="Use from code")).to_be_hidden()


def test_enter_in_a_field_generates_and_shows_no_code(desk: Desk) -> None:
    page = desk.open_new("/?model=routellm/flux_pro")
    steps.prompt(page).fill("a lantern")
    steps.show_more(page)
    seed = page.locator('input[name="seed"]')
    with page.expect_response(steps.is_submission):
        seed.press("Enter")
    expect(page.get_by_role("dialog", name="Use from code")).to_be_hidden()


def test_without_scripts_the_code_is_a_page(desk: Desk) -> None:
    page = desk.open(desk.designer, "/?model=routellm/flux_pro", java_script_enabled=False)
    steps.prompt(page).fill("a lantern")
    page.get_by_role("button", name="Use from code").click()
    expect(page.locator("#sample-curl")).to_contain_text("a lantern")
    page.get_by_role("link", name="Back to the studio").click()
    expect(page).to_have_url(re.compile(r"/\?model="))


def test_panel_and_reference_can_be_read_on_a_phone(desk: Desk) -> None:
    page = desk.open(desk.designer, "/?model=routellm/flux_pro", viewport=PHONE)
    page.get_by_role("button", name="Settings").last.click()
    steps.prompt(page).fill("a lantern")
    open_panel(page)
    assert steps.width_beyond(page) == 0
    assert looks.faint_words(page) == []
    page.goto("/v1/docs")
    page.locator(".opblock-summary-control").first.click()
    expect(page.get_by_role("button", name="Execute")).to_be_visible()
    assert steps.width_beyond(page) == 0
    assert looks.faint_words(page) == []


def test_a_request_sent_from_the_reference_shows_its_picture(desk: Desk, token: str) -> None:
    page = desk.open(path="/v1/docs")
    expect(page.get_by_role("navigation")).to_have_count(0)
    page.get_by_label("Access token").fill(token)
    page.locator("#operations-Chat-createChatCompletion .opblock-summary-control").click()
    page.get_by_role("button", name="Execute").click()
    picture = page.get_by_role("img", name="Picture 1 of the answer")
    expect(picture).to_be_visible()
    steps.assert_loaded(picture)
    body = page.locator(".live-responses-table tbody")
    expect(body).to_contain_text('"object": "chat.completion"')
    assert len(body.text_content() or "") < 6000


def test_a_wrong_token_is_refused_with_a_sentence(desk: Desk) -> None:
    desk.expect_status(401, "/v1/key")
    page = desk.open(path="/v1/docs")
    page.get_by_label("Access token").fill("ps_00000000_nothing")
    page.locator("#operations-Token-getKey .opblock-summary-control").click()
    page.get_by_role("button", name="Execute").click()
    expect(page.locator(".live-responses-table")).to_contain_text("This access token is unknown")
