"""What people do on a wall: find its tiles, move about, select, and read what the page says of it."""

import re
from typing import Any

from playwright.sync_api import Locator, Page, expect

from tests.browser import steps
from tests.browser.desk import Desk

NOTHING_MOVES = "!Proofsheet.wall.frame && !document.querySelector('[data-waits]')"


def open_wall(desk: Desk, path: str = "/library/?stacks=off", **options: Any) -> Page:
    page = desk.open(desk.administrator, path, **options)
    wait_for_wall(page)
    return page


def wait_for_wall(page: Page) -> None:
    """Its rows hang as they will stay: in the density and the shapes that this browser has chosen."""
    expect(page.locator('[data-wall].is-placed:not([aria-busy="true"])')).to_be_visible()


def wait_for_rest(page: Page) -> None:
    """Everything near the screen is there, and the wall has noted its place."""
    page.evaluate("Proofsheet.wall.update()")
    steps.wait_for(page, f"Proofsheet.wall.stillness === null && {NOTHING_MOVES}")


def tile(page: Page, number: int) -> Locator:
    """The number-th of the tiles that are there, counted from 0."""
    return page.locator("[data-wall] [data-tile]").nth(number)


def link(page: Page, number: int) -> Locator:
    return tile(page, number).locator(".shot-link")


def ids(page: Page, *numbers: int) -> set[str]:
    return {tile(page, number).get_attribute("data-tile") or "" for number in numbers}


def focus(page: Page, number: int) -> str:
    """Put the focus on a tile; returns its picture's id."""
    link(page, number).focus()
    return tile(page, number).get_attribute("data-tile") or ""


def focused(page: Page) -> str:
    found: str = page.evaluate("document.activeElement.closest('[data-tile]')?.dataset.tile ?? ''")
    return found


def bar(page: Page) -> Locator:
    return page.get_by_role("region", name="Selected pictures")


def selected(page: Page) -> set[str]:
    return set(page.evaluate("[...Proofsheet.selection.ids]"))


def expect_selected(page: Page, words: str) -> None:
    expect(bar(page).get_by_role("status")).to_have_text(re.compile(rf"^{words}"))


def expect_none_selected(page: Page) -> None:
    expect(bar(page)).to_be_hidden()
    expect(page.locator("[data-tile][data-selected]")).to_have_count(0)


def note(page: Page) -> Locator:
    """What was said last."""
    return page.locator("#toasts .toast").last


def undo(page: Page) -> None:
    note(page).get_by_role("button", name="Undo").click()
    expect(note(page)).to_contain_text("Undone")


def dialog(page: Page) -> Locator:
    return page.locator("#bulk-dialog")


def count(page: Page) -> int:
    found: int = page.evaluate("Proofsheet.wall.count")
    return found
