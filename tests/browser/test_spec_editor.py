"""The editor of a spec: a fault is told as one types, the form follows, a try draws, and the history leads back."""

import pytest
from playwright.sync_api import expect

from tests.browser import steps
from tests.browser.desk import Desk

pytestmark = pytest.mark.browser


def test_a_spec_is_edited_with_its_form_beside_it_tried_saved_and_brought_back(desk: Desk) -> None:
    page = desk.open(desk.administrator, "/admin/gallery/imagemodel/?q=imagine_art")
    page.get_by_role("link", name="Imagine Art").click()
    page.get_by_role("link", name="Edit the spec", exact=True).click()
    text = page.get_by_label("Parameter spec as JSON")
    shipped = text.input_value()
    steps.wait_for_scripts(page)
    text.fill(shipped.replace('"1:1",', '"1:1"', 1))
    expect(page.locator("#spec-fault")).to_contain_text("This is not JSON yet")
    expect(page.locator(".code-lines .is-fault")).to_have_count(1)
    page.get_by_role("button", name="Line").click()
    expect(text).to_be_focused()
    expect(page.locator("#spec-preview [data-knob=aspect_ratio]")).to_be_visible()

    assert '"default": "1:1"' in shipped
    text.fill(shipped.replace('"default": "1:1"', '"default": "16:9"'))
    expect(page.locator('#spec-preview input[name=aspect_ratio][value="16:9"]')).to_be_checked()
    expect(page.locator("#spec-fault")).to_be_empty()
    expect(page.locator("#spec-unsaved")).to_contain_text("Not saved yet")
    page.locator("#spec-preview .aspect").filter(has=page.locator('[value="3:4"]')).click()
    page.get_by_role("button", name="Test run").click()
    expect(page.get_by_alt_text("What the sandbox drew").first).to_be_visible()
    expect(page.locator(".spec-trial .code")).to_contain_text('"aspect_ratio": "3:4"')

    page.get_by_label("Why").fill("Wide by default")
    page.get_by_role("button", name="Save the spec").click()
    expect(page.locator("#toasts")).to_contain_text("Saved as version")
    page.get_by_role("button", name="Back to shipped").click()
    expect(page.locator(".version").first).to_contain_text("As it was shipped.")
    expect(page.locator(".version").nth(1)).to_contain_text("Wide by default")
