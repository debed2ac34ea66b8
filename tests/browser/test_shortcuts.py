"""Every key of the table in static/js/shortcuts.js, pressed; and the keys that must not do anything."""

import re
from collections.abc import Callable

import pytest
from playwright.sync_api import Page, expect

from tests.browser import steps, walls
from tests.browser.desk import Desk
from tests.visitor import wait_until

pytestmark = pytest.mark.browser


def lightbox_id(page: Page) -> str:
    return str(page.evaluate("Proofsheet.lightbox.current()"))


def open_lightbox(page: Page, number: int = 0) -> str:
    walls.focus(page, number)
    page.keyboard.press("Enter")
    expect(page.get_by_role("dialog", name="Picture over the wall")).to_be_visible()
    steps.wait_for(page, "Proofsheet.lightbox.current() !== null")
    return lightbox_id(page)


def close_lightbox(page: Page) -> None:
    page.keyboard.press("Escape")
    expect(page.get_by_role("dialog", name="Picture over the wall")).to_be_hidden()
    expect(page).to_have_url(re.compile("/library/"))


def open_page(page: Page) -> None:
    """The page of the first picture."""
    page.goto(f"/images/{walls.tile(page, 0).get_attribute('data-tile')}/?stacks=off")
    expect(page.locator("[data-panel]")).to_be_visible()


# On the wall ----------------------------------------------------------------------------------------------------------


def walk(page: Page) -> None:
    walls.focus(page, 0)
    page.keyboard.press("ArrowRight")
    expect(walls.link(page, 1)).to_be_focused()
    page.keyboard.press("ArrowLeft")
    expect(walls.link(page, 0)).to_be_focused()
    page.keyboard.press("ArrowDown")
    wait_until(lambda: walls.focused(page) not in ("", *walls.ids(page, 0)), "a row down")
    below = walls.focused(page)
    page.keyboard.press("ArrowUp")
    wait_until(lambda: walls.focused(page) not in ("", below), "a row up")


def jump(page: Page) -> None:
    walls.focus(page, 0)
    first = walls.focused(page)
    page.keyboard.press("End")
    expect(page.locator("[data-wall] [data-tile]").last.locator(".shot-link")).to_be_focused()
    last = "document.activeElement.closest('[data-tile]')"
    steps.wait_for(page, f"{last} && Proofsheet.wall.indexOf({last}) === Proofsheet.wall.count - 1")
    page.keyboard.press("Home")
    steps.wait_for(page, "id => document.activeElement.closest('[data-tile]')?.dataset.tile === id", arg=first)


def enter(page: Page) -> None:
    assert open_lightbox(page) in walls.ids(page, 0)


def space(page: Page) -> None:
    walls.focus(page, 1)
    page.keyboard.press("Space")
    walls.expect_selected(page, "1 selected")
    page.keyboard.press("Space")
    walls.expect_none_selected(page)


def shift(page: Page) -> None:
    walls.focus(page, 1)
    page.keyboard.press("Space")
    for _ in range(3):
        page.keyboard.press("Shift+ArrowRight")
    walls.expect_selected(page, "4 selected")
    page.keyboard.press("Shift+ArrowLeft")
    walls.expect_selected(page, "3 selected")
    walls.focus(page, 6)
    page.keyboard.press("Shift+Space")
    walls.expect_selected(page, "6 selected")
    page.keyboard.press("Shift+End")
    walls.expect_selected(page, f"{walls.count(page) - 1} selected")


def select_all(page: Page) -> None:
    page.keyboard.press("Control+a")
    walls.expect_selected(page, f"All {walls.count(page)} selected")


def escape(page: Page) -> None:
    walls.focus(page, 0)
    page.keyboard.press("Space")
    page.keyboard.press("Escape")
    walls.expect_none_selected(page)


# What is selected, the focused picture, the one over the wall, the one of the page --------------------------------------


def circle(page: Page) -> None:
    walls.focus(page, 0)
    page.keyboard.press("f")
    expect(walls.note(page)).to_contain_text("1 picture circled.")
    expect(walls.tile(page, 0)).to_have_attribute("data-circled", "")
    expect(walls.link(page, 0)).to_be_focused()
    page.keyboard.press("f")
    expect(walls.note(page)).to_contain_text("Your circle taken off 1 picture.")
    expect(walls.tile(page, 0)).not_to_have_attribute("data-circled", "")
    open_lightbox(page)
    page.keyboard.press("f")
    button = page.get_by_role("button", name="Circle it")
    expect(button).to_have_attribute("aria-pressed", "true")
    page.keyboard.press("f")
    expect(button).to_have_attribute("aria-pressed", "false")
    close_lightbox(page)
    open_page(page)
    page.keyboard.press("f")
    expect(page.get_by_role("button", name="Circled", exact=True)).to_be_visible()
    page.keyboard.press("f")
    expect(page.get_by_role("button", name="Circle", exact=True)).to_be_visible()


def rate(page: Page) -> None:
    for stars in "12345":
        walls.focus(page, 0)
        page.keyboard.press(stars)
        expect(walls.note(page)).to_contain_text(f"1 picture rated {stars} of 5.")
    open_lightbox(page)
    page.keyboard.press("2")
    expect(walls.note(page)).to_contain_text("1 picture rated 2 of 5.")
    close_lightbox(page)
    open_page(page)
    page.keyboard.press("4")
    expect(page.get_by_role("radio", name="4 of 5")).to_be_checked()


def unrate(page: Page) -> None:
    walls.focus(page, 0)
    page.keyboard.press("3")
    expect(walls.note(page)).to_contain_text("rated 3")
    page.keyboard.press("0")
    expect(walls.note(page)).to_contain_text("Your rating taken off 1 picture.")


def reject(page: Page) -> None:
    walls.focus(page, 0)
    page.keyboard.press("x")
    expect(walls.note(page)).to_contain_text("1 picture rejected.")
    open_lightbox(page)
    page.keyboard.press("x")
    expect(walls.note(page)).to_contain_text("1 picture no longer rejected.")


def tag(page: Page) -> None:
    walls.focus(page, 0)
    page.keyboard.press("t")
    expect(walls.dialog(page)).to_contain_text("1 picture")
    expect(walls.dialog(page).get_by_role("combobox", name="Add a tag")).to_be_focused()
    page.keyboard.type("key word")
    page.keyboard.press("Enter")
    expect(walls.note(page)).to_contain_text("1 picture tagged #key word.")
    expect(walls.link(page, 0)).to_be_focused()
    open_lightbox(page)
    page.keyboard.press("t")
    walls.dialog(page).get_by_role("button", name="Take off: key word").click()
    expect(walls.note(page)).to_contain_text("#key word taken off 1 picture.")
    close_lightbox(page)
    open_page(page)
    page.keyboard.press("t")
    expect(page.get_by_label("Add a tag")).to_be_focused()


def board(page: Page) -> None:
    walls.focus(page, 0)
    page.keyboard.press("b")
    expect(walls.dialog(page)).to_contain_text("Put on a board")
    name = walls.dialog(page).get_by_label("Find a board, or name a new one")
    expect(name).to_be_focused()
    page.keyboard.type("By keys")
    page.keyboard.press("Enter")
    expect(walls.note(page)).to_contain_text("1 picture put on “By keys”.")
    open_lightbox(page, 1)
    page.keyboard.press("b")
    expect(walls.dialog(page).get_by_role("button", name="By keys")).to_be_visible()
    expect(name).to_be_focused()
    # The one that was used last comes first.
    page.keyboard.press("Enter")
    expect(walls.dialog(page)).to_be_hidden()
    expect(walls.note(page)).to_contain_text("1 picture put on “By keys”.")
    close_lightbox(page)
    open_page(page)
    page.keyboard.press("b")
    expect(page.get_by_label("Put on a board")).to_be_focused()


def compare(page: Page) -> None:
    walls.focus(page, 0)
    page.keyboard.press("c")
    walls.expect_selected(page, "1 selected")
    page.keyboard.press("ArrowRight")
    page.keyboard.press("c")
    walls.expect_selected(page, "2 selected")
    page.keyboard.press("c")
    expect(page).to_have_url(re.compile(r"/compare/\?images=\d+,\d+"))


def edit(page: Page) -> None:
    walls.focus(page, 0)
    run = walls.tile(page, 0).get_attribute("data-run")
    page.keyboard.press("r")
    expect(page).to_have_url(re.compile(rf"/\?generation={run}$"))
    page.go_back()
    walls.wait_for_wall(page)
    open_lightbox(page)
    page.keyboard.press("r")
    expect(page).to_have_url(re.compile(rf"/\?generation={run}$"))


def download(page: Page) -> None:
    walls.focus(page, 0)
    with page.expect_download() as one:
        page.keyboard.press("d")
    assert not one.value.suggested_filename.endswith(".zip")
    page.keyboard.press("Space")
    page.keyboard.press("Shift+ArrowRight")
    walls.expect_selected(page, "2 selected")
    page.keyboard.press("d")
    expect(walls.dialog(page).get_by_role("button", name="As they came")).to_be_focused()
    with page.expect_download() as two:
        page.keyboard.press("Enter")
    assert two.value.suggested_filename.endswith(".zip")


def trash(page: Page) -> None:
    total = walls.count(page)
    next_one = walls.ids(page, 2).pop()
    for key in ("Delete", "Backspace"):
        gone = walls.focus(page, 1)
        page.keyboard.press(key)
        expect(walls.note(page)).to_contain_text("1 picture moved to the trash.")
        expect(page.locator(f'[data-tile="{gone}"]')).to_have_count(0)
        steps.wait_for(page, "id => document.activeElement.closest('[data-tile]')?.dataset.tile === id", arg=next_one)
        walls.undo(page)
        steps.wait_for(page, "total => Proofsheet.wall.count === total", arg=total)
    shown = open_lightbox(page, 1)
    page.keyboard.press("Delete")
    expect(walls.note(page)).to_contain_text("1 picture moved to the trash.")
    steps.wait_for(page, "id => String(Proofsheet.lightbox.current()) !== id", arg=shown)
    walls.undo(page)
    close_lightbox(page)
    steps.wait_for(page, "total => Proofsheet.wall.count === total", arg=total)
    open_page(page)
    page.keyboard.press("Delete")
    expect(page).to_have_url(re.compile(r"/library/\?stacks=off$"))
    page.get_by_role("button", name="Undo").click()
    expect(page.locator("[data-panel]")).to_be_visible()


# On one picture, and everywhere -----------------------------------------------------------------------------------------


def step(page: Page) -> None:
    open_page(page)
    before = page.url
    page.keyboard.press("ArrowRight")
    expect(page).not_to_have_url(before)
    steps.press(page, "ArrowLeft")
    expect(page).to_have_url(before)


def information(page: Page) -> None:
    open_lightbox(page)
    page.keyboard.press("i")
    expect(page.get_by_role("complementary", name="About this picture")).to_be_visible()
    page.keyboard.press("i")
    expect(page.get_by_role("complementary", name="About this picture")).to_be_hidden()


def zoom(page: Page) -> None:
    open_page(page)
    page.keyboard.press("z")
    expect(page.locator(".pswp--open")).to_be_visible()


def back(page: Page) -> None:
    open_lightbox(page)
    close_lightbox(page)
    expect(walls.link(page, 0)).to_be_focused()
    open_page(page)
    page.keyboard.press("Escape")
    expect(page).to_have_url(re.compile("/library/"))


def search(page: Page) -> None:
    page.keyboard.press("/")
    expect(page.get_by_role("searchbox")).to_be_focused()
    page.keyboard.type("/f?")
    expect(page.get_by_role("searchbox")).to_have_value("/f?")


def take_back(page: Page) -> None:
    walls.focus(page, 0)
    page.keyboard.press("x")
    expect(walls.note(page)).to_contain_text("1 picture rejected.")
    page.get_by_role("searchbox").press("Control+z")
    expect(walls.note(page)).to_contain_text("1 picture rejected.")
    walls.focus(page, 0)
    page.keyboard.press("Control+z")
    expect(walls.note(page)).to_contain_text("Undone")
    open_lightbox(page)
    page.keyboard.press("x")
    expect(walls.note(page)).to_contain_text("1 picture rejected.")
    walls.note(page).get_by_role("button", name="Close this note").click()
    expect(page.locator("#toasts")).not_to_contain_text("rejected")
    page.keyboard.press("Control+z")
    expect(walls.note(page)).to_contain_text("Undone")


def queue(page: Page) -> None:
    walls.focus(page, 0)
    drawer = page.get_by_role("complementary", name="Queue")
    page.keyboard.press("q")
    expect(drawer).to_be_focused()
    page.keyboard.press("q")
    expect(drawer).to_be_hidden()
    expect(walls.link(page, 0)).to_be_focused()


def keys(page: Page) -> None:
    for path in ("/library/", "/", "/history/", "/profile/"):
        page.goto(path)
        page.keyboard.press("?")
        shown = page.get_by_role("dialog", name="Keys")
        expect(shown).to_be_visible()
        for row in page.evaluate("Proofsheet.shortcuts.keys"):
            expect(shown.get_by_role("term").get_by_text(row["words"], exact=True).first).to_be_visible()
        page.keyboard.press("Escape")
        expect(shown).to_be_hidden()
    page.get_by_role("button", name="You").click()
    page.get_by_role("button", name="Keys").click()
    expect(page.get_by_role("dialog", name="Keys")).to_be_visible()


def earlier(page: Page) -> None:
    page.goto("/")
    steps.prompt(page).fill("half a senten")
    steps.prompt(page).press("Alt+ArrowUp")
    expect(steps.prompt(page)).not_to_have_value("half a senten")
    steps.prompt(page).press("Alt+ArrowDown")
    expect(steps.prompt(page)).to_have_value("half a senten")


PRESSED: dict[str, Callable[[Page], None]] = {
    "From picture to picture": walk,
    "To the newest, to the oldest": jump,
    "Open": enter,
    "Select": space,
    "With the keys above: select up to there": shift,
    "Select all that was found": select_all,
    "Select nothing": escape,
    "Circle: a favourite": circle,
    "Rate": rate,
    "Take the rating away": unrate,
    "Reject": reject,
    "Tag": tag,
    "Put on a board": board,
    "Compare two to four": compare,
    "Edit and run": edit,
    "Download": download,
    "Move to the trash": trash,
    "The one before, the next one": step,
    "What is known about it": information,
    "The original, to zoom into": zoom,
    "Back to the wall": back,
    "In the prompt: earlier ones, and back": earlier,
    "Search": search,
    "Undo what a note told of last": take_back,
    "The queue, and away with it": queue,
    "These keys": keys,
}


@pytest.mark.parametrize("words", PRESSED)
def test_a_key_does_what_the_dialog_of_keys_says(seeded_desk: Desk, words: str) -> None:
    PRESSED[words](walls.open_wall(seeded_desk))


def test_every_key_of_the_table_is_tested_here(seeded_desk: Desk) -> None:
    page = walls.open_wall(seeded_desk)
    assert {row["words"] for row in page.evaluate("Proofsheet.shortcuts.keys")} == set(PRESSED)


def test_a_note_with_undo_stays_twenty_seconds_and_its_key_works_after_that(seeded_desk: Desk) -> None:
    page = walls.open_wall(seeded_desk)
    page.clock.install()
    page.reload()
    walls.wait_for_wall(page)
    walls.focus(page, 0)
    page.keyboard.press("f")
    expect(walls.note(page)).to_contain_text("1 picture circled.")
    page.clock.fast_forward(15_000)
    expect(walls.note(page)).to_contain_text("1 picture circled.")
    page.clock.fast_forward(6_000)
    expect(page.locator("#toasts .toast")).to_have_count(0)
    page.keyboard.press("Control+z")
    expect(walls.note(page)).to_contain_text("Undone")
    expect(walls.tile(page, 0)).not_to_have_attribute("data-circled", "")


def test_buttons_name_their_keys(seeded_desk: Desk) -> None:
    page = walls.open_wall(seeded_desk)
    walls.focus(page, 0)
    page.keyboard.press("Space")
    for name, title in (("Board", "Put on a board (B)"), ("Trash", "Move to the trash (Del)"), ("Rate", "Rate (1–5)")):
        expect(walls.bar(page).get_by_role("button", name=name)).to_have_attribute("title", title)


def test_keys_do_nothing_while_one_types_or_with_other_keys_or_behind_a_dialog(seeded_desk: Desk) -> None:
    page = walls.open_wall(seeded_desk)
    posts: list[str] = []
    page.on("request", lambda request: posts.append(request.url) if request.method == "POST" else None)
    page.get_by_role("searchbox").focus()
    page.keyboard.type("fx3t? ")
    expect(page.get_by_role("searchbox")).to_have_value("fx3t? ")
    page.goto("/library/?stacks=off")
    walls.wait_for_wall(page)
    walls.focus(page, 0)
    for key in ("Control+x", "Alt+x", "Meta+x", "Shift+F", "Shift+X", "Shift+Delete"):
        page.keyboard.press(key)
    page.keyboard.press("?")
    for key in ("f", "x", "3", "Delete", "t"):
        page.keyboard.press(key)
    page.keyboard.press("Escape")
    page.get_by_role("button", name="Model").first.click()
    page.keyboard.press("Tab")
    page.keyboard.press("x")
    page.wait_for_timeout(300)
    assert posts == []
    walls.expect_none_selected(page)


def test_tab_reaches_one_picture_of_the_wall_and_leaves_it_again(seeded_desk: Desk) -> None:
    page = walls.open_wall(seeded_desk)
    walls.focus(page, 3)
    page.keyboard.press("Tab")
    assert walls.focused(page) in ("", *walls.ids(page, 3))
    page.keyboard.press("Shift+Tab")
    expect(walls.link(page, 3)).to_be_focused()
    assert page.locator('[data-wall] .shot-link[tabindex="0"]').count() == 1
