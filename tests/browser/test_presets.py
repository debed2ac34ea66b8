"""A form kept under a name, a knob changed, the preset used again, and that undone."""

import pytest
from playwright.sync_api import Page, expect

from tests.browser import steps
from tests.browser.desk import Desk

pytestmark = pytest.mark.browser


def save_preset(page: Page, name: str) -> None:
    """With a name that is refused first: the dialog stays, and what was chosen in it."""
    page.get_by_role("button", name="Presets").click()
    page.get_by_role("button", name="Save as preset…").click()
    dialog = page.get_by_role("dialog", name="Save as preset")
    dialog.get_by_label("The team").check()
    dialog.get_by_label("With the prompt").uncheck()
    dialog.get_by_role("button", name="Save preset").click()
    expect(dialog).to_contain_text("Give it a name, so that you find it again.")
    expect(dialog.get_by_label("The team")).to_be_checked()
    expect(dialog.get_by_label("With the prompt")).not_to_be_checked()
    dialog.get_by_label("Name").fill(name)
    dialog.get_by_label("Name").press("Enter")
    expect(dialog).to_contain_text(f"“{name}” is kept for the team.")
    dialog.get_by_role("button", name="Back to the form").click()
    expect(dialog).to_be_hidden()


def test_a_form_is_saved_changed_filled_with_its_preset_and_brought_back(desk: Desk) -> None:
    person = desk.add_person()
    page = desk.open(person.visitor, "/?model=routellm/flux_kontext")
    steps.prompt(page).fill("a teapot at dusk")
    steps.choose(page, "aspect_ratio", "21:9")
    desk.expect_status(422, "/presets/")
    save_preset(page, f"Wide {person.username}")

    steps.choose(page, "aspect_ratio", "1:1")
    steps.prompt(page).fill("a lamp")
    page.get_by_role("button", name="Presets").click()
    page.get_by_role("button", name=f"Wide {person.username}").click()
    expect(page.locator("#filled-note")).to_contain_text(f"“Wide {person.username}” is in the form.")
    expect(page.locator('input[name="aspect_ratio"][value="21:9"]')).to_be_checked()
    expect(steps.prompt(page)).to_have_value("a lamp")
    page.get_by_role("button", name="Undo").click()
    expect(page.locator('input[name="aspect_ratio"][value="1:1"]')).to_be_checked()
    expect(steps.prompt(page)).to_have_value("a lamp")
    save_into_and_undo(page, f"Wide {person.username}")


def save_into_and_undo(page: Page, name: str) -> None:
    """The square form goes into the preset, and out of it again."""
    chosen = page.get_by_role("button", name=name, include_hidden=True).first
    page.get_by_role("button", name="Presets").click()
    page.get_by_role("button", name="Save as preset…").click()
    dialog = page.get_by_role("dialog", name="Save as preset")
    dialog.get_by_role("button", name=f"Save these settings into “{name}”").click()
    expect(dialog).to_contain_text(f"“{name}” holds these settings now, for the whole team.")
    expect(chosen).not_to_contain_text("21:9")
    dialog.get_by_role("button", name="Undo").click()
    expect(dialog).to_contain_text(f"“{name}” is as it was before.")
    expect(chosen).to_contain_text("21:9")
