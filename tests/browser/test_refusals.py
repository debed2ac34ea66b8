"""What is refused before any view answers is told where one is."""

import pytest
from playwright.sync_api import expect

from tests.browser.desk import Desk

pytestmark = pytest.mark.browser


def test_more_than_is_taken_at_once_is_told_in_a_sentence_and_nothing_is_lost(desk: Desk) -> None:
    """The application itself refuses it, outside of Django."""
    page = desk.open(desk.designer, "/boards/")
    desk.expect_status(413, "/boards/new/")
    desk.expect_line("Response Status Error Code 413")
    page.evaluate(
        "() => htmx.ajax('POST', '/boards/new/', { values: { name: 'x'.repeat(5 * 1024 * 1024) }, target: '#announcements' })"
    )
    expect(page.locator(".toast")).to_have_text(
        "This is more than 4 MB, the most that is taken here at once. Send less at a time."
    )
    expect(page.locator("h1")).to_be_visible()
