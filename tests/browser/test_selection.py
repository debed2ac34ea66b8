"""Selecting on a wall by pointer, by keys and by touch, and what the bar does with it."""

import re
import zipfile
from pathlib import Path
from typing import Any

import pytest
from playwright.sync_api import Page, expect

from tests.browser import steps, walls
from tests.browser.desk import Desk
from tests.visitor import wait_until

pytestmark = pytest.mark.browser


# By pointer -----------------------------------------------------------------------------------------------------------


def test_a_mark_on_a_tile_selects_it_and_the_bar_counts(seeded_desk: Desk) -> None:
    page = walls.open_wall(seeded_desk)
    walls.expect_none_selected(page)
    walls.tile(page, 1).hover()
    pick = walls.tile(page, 1).get_by_role("button", name="Select")
    pick.click()
    expect(pick).to_have_attribute("aria-pressed", "true")
    walls.expect_selected(page, "1 selected")
    walls.link(page, 3).click(modifiers=["Control"])
    walls.expect_selected(page, "2 selected")
    assert walls.selected(page) == walls.ids(page, 1, 3)
    walls.link(page, 3).click(modifiers=["Control"])
    walls.expect_selected(page, "1 selected")
    walls.bar(page).get_by_role("button", name="Select nothing").click()
    walls.expect_none_selected(page)


def test_shift_reaches_from_the_last_one_to_here_and_back(seeded_desk: Desk) -> None:
    page = walls.open_wall(seeded_desk)
    walls.link(page, 0).click(modifiers=["Control"])
    walls.link(page, 2).click(modifiers=["Control"])
    walls.link(page, 5).click(modifiers=["Shift"])
    walls.expect_selected(page, "5 selected")
    walls.link(page, 3).click(modifiers=["Shift"])
    walls.expect_selected(page, "3 selected")
    assert walls.selected(page) == walls.ids(page, 0, 2, 3)


def test_a_range_goes_over_sections_that_were_never_there(seeded_desk: Desk) -> None:
    page = walls.open_wall(seeded_desk)
    walls.link(page, 0).click(modifiers=["Control"])
    page.evaluate("Proofsheet.wall.show(Proofsheet.wall.count - 1, { focus: true })")
    expect(page.locator("[data-wall] [data-tile]").last.locator("a").first).to_be_focused()
    page.locator("[data-wall] [data-tile]").last.locator(".shot-link").click(modifiers=["Shift"])
    total = walls.count(page)
    walls.expect_selected(page, f"{total} selected")
    assert len(walls.selected(page)) == total > 300


def test_all_that_was_found_is_selected_and_one_can_be_left_out(seeded_desk: Desk) -> None:
    page = walls.open_wall(seeded_desk)
    walls.link(page, 0).click(modifiers=["Control"])
    total = walls.count(page)
    walls.bar(page).get_by_role("button", name=f"Select all {total}").click()
    walls.expect_selected(page, f"All {total} selected")
    expect(walls.tile(page, 4)).to_have_attribute("data-selected", "")
    walls.link(page, 4).click(modifiers=["Control"])
    walls.expect_selected(page, f"{total - 1} selected")
    expect(walls.tile(page, 4)).not_to_have_attribute("data-selected", "")


def test_a_stack_counts_its_pictures(seeded_desk: Desk) -> None:
    page = walls.open_wall(seeded_desk, "/library/")
    stack = page.locator("[data-tile][data-count]").first
    held = int(stack.get_attribute("data-count") or 0)
    stack.locator(".shot-link").click(modifiers=["Control"])
    walls.expect_selected(page, f"1 selected {held} pictures")
    walls.bar(page).get_by_role("button", name="Circle").click()
    expect(walls.note(page)).to_contain_text(f"{held} pictures circled.")
    walls.undo(page)
    walls.bar(page).get_by_role("button", name=re.compile("^Select all")).click()
    # The head of the page counts the pictures in them, as the bar does.
    words = page.locator("#found-count").inner_text()
    walls.expect_selected(page, f"All {walls.count(page)} selected {words}")


def test_the_tools_begin_selecting_and_clicks_choose_until_it_ends(seeded_desk: Desk) -> None:
    page = walls.open_wall(seeded_desk)
    page.get_by_role("button", name="Select", exact=True).and_(page.locator(".chip")).click()
    walls.expect_selected(page, "Choose pictures")
    expect(walls.bar(page).get_by_role("button", name="Trash")).to_be_disabled()
    walls.link(page, 0).click()
    walls.link(page, 1).click()
    walls.expect_selected(page, "2 selected")
    walls.bar(page).get_by_role("button", name="Select nothing").click()
    walls.expect_none_selected(page)
    walls.link(page, 0).click()
    expect(page.get_by_role("dialog", name="Picture over the wall")).to_be_visible()


def test_another_search_begins_with_nothing_selected(seeded_desk: Desk) -> None:
    page = walls.open_wall(seeded_desk)
    walls.link(page, 0).click(modifiers=["Control"])
    page.get_by_role("searchbox").fill("light")
    page.get_by_role("searchbox").press("Enter")
    expect(page).to_have_url(re.compile("q=light"))
    walls.wait_for_wall(page)
    walls.expect_none_selected(page)


def test_what_one_has_judged_shows_on_the_wall(seeded_desk: Desk) -> None:
    page = walls.open_wall(seeded_desk)
    walls.focus(page, 0)
    page.keyboard.press("4")
    expect(walls.tile(page, 0).locator(".shot-rating")).to_have_text("Rated 4 ★")
    page.keyboard.press("x")
    expect(walls.tile(page, 0)).to_have_attribute("data-rejected", "")
    expect(walls.tile(page, 0).locator("img")).to_have_css("opacity", "0.35")
    for key in ("x", "0"):
        page.keyboard.press(key)
    expect(walls.tile(page, 0).locator(".shot-rating")).to_have_count(0)
    expect(walls.tile(page, 0)).not_to_have_attribute("data-rejected", "")


# What the bar does ----------------------------------------------------------------------------------------------------


def select(page: Page, *numbers: int) -> None:
    for number in numbers:
        walls.link(page, number).click(modifiers=["Control"])


def test_pictures_are_tagged_with_a_word_that_is_completed_and_untagged(seeded_desk: Desk) -> None:
    page = walls.open_wall(seeded_desk)
    select(page, 0, 1)
    walls.bar(page).get_by_role("button", name="Tag").click()
    field = walls.dialog(page).get_by_role("combobox", name="Add a tag")
    expect(field).to_be_focused()
    field.fill("seaside, dusk")
    field.press("Enter")
    expect(walls.note(page)).to_contain_text("2 pictures tagged #seaside, #dusk.")
    expect(walls.dialog(page)).to_be_hidden()
    walls.expect_selected(page, "2 selected")

    select(page, 2)
    walls.bar(page).get_by_role("button", name="Tag").click()
    expect(walls.dialog(page)).to_contain_text("on 2")
    walls.dialog(page).get_by_role("button", name="seaside: Add to all").click()
    expect(walls.note(page)).to_contain_text("1 picture tagged #seaside. 2 were so already.")

    walls.bar(page).get_by_role("button", name="Tag").click()
    walls.dialog(page).get_by_role("combobox").press_sequentially("dus")
    page.get_by_role("option", name="#dusk").click()
    expect(walls.note(page)).to_contain_text("1 picture tagged #dusk.")

    for word in ("seaside", "dusk"):
        walls.bar(page).get_by_role("button", name="Tag").click()
        walls.dialog(page).get_by_role("button", name=f"Take off: {word}").click()
        expect(walls.note(page)).to_contain_text(f"#{word} taken off 3 pictures.")


def test_a_word_that_is_too_long_is_refused_in_the_dialog(seeded_desk: Desk) -> None:
    page = walls.open_wall(seeded_desk)
    select(page, 0)
    walls.bar(page).get_by_role("button", name="Tag").click()
    field = walls.dialog(page).get_by_role("combobox", name="Add a tag")
    field.fill("x" * 70)
    field.press("Enter")
    expect(walls.dialog(page)).to_contain_text("A tag has at most 60 characters")
    expect(field).to_have_value("x" * 70)


def test_pictures_go_on_a_new_board_then_the_last_used_comes_first(seeded_desk: Desk) -> None:
    page = walls.open_wall(seeded_desk)
    select(page, 0, 1)
    walls.bar(page).get_by_role("button", name="Board").click()
    field = walls.dialog(page).get_by_label("Find a board, or name a new one")
    expect(field).to_be_focused()
    field.press_sequentially("Campaign")
    walls.dialog(page).get_by_role("button", name="New board “Campaign”").click()
    expect(walls.note(page)).to_contain_text("2 pictures put on “Campaign”.")

    select(page, 2)
    walls.bar(page).get_by_role("button", name="Board").click()
    first = walls.dialog(page).get_by_role("list", name="Boards").get_by_role("button").first
    expect(first).to_contain_text("Campaign")
    expect(first).to_contain_text("2 on it")
    field.press("ArrowDown")
    expect(first).to_be_focused()
    page.keyboard.press("Enter")
    expect(walls.note(page)).to_contain_text("1 picture put on “Campaign”. 2 were so already.")

    walls.bar(page).get_by_role("button", name="Board").click()
    walls.dialog(page).get_by_role("button", name="Campaign").click()
    expect(walls.note(page)).to_contain_text("3 pictures taken off “Campaign”.")
    walls.undo(page)


def test_rating_and_visibility_are_menus(seeded_desk: Desk) -> None:
    page = walls.open_wall(seeded_desk)
    select(page, 0, 1)
    walls.bar(page).get_by_role("button", name="Rate").click()
    page.get_by_role("button", name="4 of 5").click()
    expect(walls.note(page)).to_contain_text("2 pictures rated 4 of 5.")
    walls.undo(page)
    seeded_desk.expect_status(403, "/library/bulk/private/")
    walls.bar(page).get_by_role("button", name="Visibility").click()
    page.get_by_role("button", name="Make private").click()
    expect(walls.note(page)).to_contain_text("All are somebody else’s and stayed.")


def test_pictures_go_to_the_trash_come_back_by_undo_and_from_the_trash(seeded_desk: Desk) -> None:
    page = walls.open_wall(seeded_desk)
    total = walls.count(page)
    gone = walls.ids(page, 0, 1)
    select(page, 0, 1)
    walls.bar(page).get_by_role("button", name="Trash").click()
    expect(walls.note(page)).to_contain_text("2 pictures moved to the trash.")
    walls.expect_none_selected(page)
    steps.wait_for(page, "total => Proofsheet.wall.count === total", arg=total - 2)
    wait_until(lambda: not walls.ids(page, 0, 1) & gone, "others in their place")
    walls.undo(page)
    steps.wait_for(page, "total => Proofsheet.wall.count === total", arg=total)
    wait_until(lambda: walls.ids(page, 0, 1) == gone, "both back")

    select(page, 0)
    page.keyboard.press("Delete")
    expect(walls.note(page)).to_contain_text("1 picture moved to the trash.")
    page.goto("/library/?show=trash")
    walls.wait_for_wall(page)
    select(page, 0)
    expect(walls.bar(page).get_by_role("button", name="Tag")).to_have_count(0)
    walls.bar(page).get_by_role("button", name="Take back").click()
    expect(walls.note(page)).to_contain_text("1 picture back in the library.")


def test_before_everything_goes_to_the_trash_it_is_asked(seeded_desk: Desk) -> None:
    page = walls.open_wall(seeded_desk)
    page.keyboard.press("Control+a")
    walls.bar(page).get_by_role("button", name="Trash").click()
    expect(walls.dialog(page)).to_contain_text("to the trash?")
    walls.dialog(page).get_by_role("button", name="Keep them").click()
    expect(walls.dialog(page)).to_be_hidden()
    walls.expect_selected(page, "All ")


def test_two_to_four_are_compared_and_a_selection_is_shared_and_downloaded(seeded_desk: Desk) -> None:
    page = walls.open_wall(seeded_desk)
    compare = walls.bar(page).get_by_role("button", name="Compare")
    select(page, 0)
    expect(compare).to_be_disabled()
    select(page, 1)
    walls.bar(page).get_by_role("button", name="Download").click()
    with page.expect_download() as download:
        walls.dialog(page).get_by_role("button", name="As they came").click()
    assert download.value.suggested_filename == "proofsheet-2-pictures.zip"
    expect(walls.dialog(page)).to_be_hidden()
    walls.bar(page).get_by_role("button", name="Share").click()
    expect(page.get_by_role("dialog", name="Share")).to_be_visible()
    page.keyboard.press("Escape")
    chosen = walls.selected(page)
    compare.click()
    expect(page).to_have_url(re.compile(r"/compare/\?images=\d+"))
    assert all(each in page.url for each in chosen)


def test_a_download_that_is_refused_is_said_beside_the_wall_which_stays(seeded_desk: Desk) -> None:
    seeded_desk.expect_status(429, "/library/download/")
    seeded_desk.expect_line("Response Status Error Code 429")
    page = walls.open_wall(seeded_desk)
    select(page, 0)
    words = "<p data-refusal>Let one of them arrive first.</p>"
    page.route("**/library/download/", lambda route: route.fulfill(status=429, content_type="text/html", body=words))
    walls.bar(page).get_by_role("button", name="Download").click()
    walls.dialog(page).get_by_role("button", name="As they came").click()
    expect(page.get_by_text("Let one of them arrive first.")).to_be_visible()
    expect(walls.dialog(page)).to_be_hidden()
    walls.expect_selected(page, "1 ")
    page.unroute("**/library/download/")
    walls.bar(page).get_by_role("button", name="Download").click()
    with page.expect_download():
        walls.dialog(page).get_by_role("button", name="As they came").click()


@pytest.mark.parametrize("options", [{}, {"viewport": {"width": 390, "height": 844}}], ids=["wide", "narrow"])
def test_a_selection_is_saved_as_copies_and_the_choice_is_kept(
    seeded_desk: Desk, tmp_path: Path, options: dict[str, Any]
) -> None:
    page = walls.open_wall(seeded_desk, **options)
    page.keyboard.press("Control+a")
    walls.expect_selected(page, "All ")
    walls.focus(page, 0)
    page.keyboard.press("d")
    dialog = walls.dialog(page)
    expect(dialog.get_by_role("button", name="As they came")).to_be_focused()
    for way in ("As they came", "Save copies"):
        button = dialog.get_by_role("button", name=way)
        expect(button).to_have_accessible_description(re.compile("^One ZIP, with two lists"))
    assert steps.width_beyond(page) == 0
    page.keyboard.press("Escape")
    expect(dialog).to_be_hidden()
    page.keyboard.press("Escape")
    walls.expect_none_selected(page)
    walls.focus(page, 0)
    page.keyboard.press("Space")
    page.keyboard.press("Shift+ArrowRight")
    walls.expect_selected(page, "2 selected")
    page.keyboard.press("d")
    dialog.get_by_role("radio", name="JPEG").check()
    dialog.get_by_label("Longest side").select_option("512")
    dialog.get_by_role("radio", name="Nothing").check()
    with page.expect_download() as download:
        dialog.get_by_role("button", name="Save copies").click()
    expect(dialog).to_be_hidden()
    path = tmp_path / "copies.zip"
    download.value.save_as(path)
    with zipfile.ZipFile(path) as archive:
        assert sorted(name.rpartition(".")[2] for name in archive.namelist()) == ["csv", "jpg", "jpg", "json"]
    walls.bar(page).get_by_role("button", name="Download").click()
    expect(dialog.get_by_role("radio", name="JPEG")).to_be_checked()
    expect(dialog.get_by_label("Longest side")).to_have_value("512")


# By touch -------------------------------------------------------------------------------------------------------------

PHONE: dict[str, Any] = {"viewport": {"width": 390, "height": 844}, "has_touch": True, "is_mobile": True}


def press_long(page: Page, number: int) -> None:
    """A finger that stays for a while, told to the browser as such."""
    box = walls.tile(page, number).bounding_box()
    assert box
    point = {"x": box["x"] + box["width"] / 2, "y": box["y"] + box["height"] / 2}
    session = page.context.new_cdp_session(page)
    session.send("Input.dispatchTouchEvent", {"type": "touchStart", "touchPoints": [point]})
    steps.wait_for(page, "() => Proofsheet.selection.size > 0")
    session.send("Input.dispatchTouchEvent", {"type": "touchEnd", "touchPoints": []})


def test_a_long_press_begins_and_taps_choose(seeded_desk: Desk) -> None:
    page = walls.open_wall(seeded_desk, **PHONE)
    press_long(page, 0)
    walls.expect_selected(page, "1 selected")
    walls.link(page, 1).tap()
    walls.expect_selected(page, "2 selected")
    walls.link(page, 0).tap()
    walls.expect_selected(page, "1 selected")
    assert walls.selected(page) == walls.ids(page, 1)
    assert steps.width_beyond(page) == 0
    walls.bar(page).get_by_role("button", name="Select nothing").tap()
    walls.expect_none_selected(page)
    walls.link(page, 0).tap()
    expect(page.get_by_role("dialog", name="Picture over the wall")).to_be_visible()


def start_selecting(page: Page) -> None:
    """On a phone the tools are a sheet behind one button, which goes when one is chosen."""
    page.get_by_role("button", name="View and tools").tap()
    page.locator("[data-start-selecting]").tap()
    expect(page.locator("[data-start-selecting]")).to_be_hidden()


def test_on_a_phone_everything_is_within_reach_of_the_thumb(seeded_desk: Desk) -> None:
    page = walls.open_wall(seeded_desk, **PHONE)
    # The search and one row of filters: the pictures begin early.
    head = page.locator("[data-wall-head]").bounding_box()
    assert head and head["height"] < 120
    start_selecting(page)
    walls.link(page, 0).tap()
    walls.link(page, 1).tap()
    for name in ("Board", "Tag", "Circle", "Rate", "Visibility", "Compare", "Download", "Share", "Trash"):
        button = walls.bar(page).get_by_role("button", name=name)
        button.scroll_into_view_if_needed()
        box = button.bounding_box()
        assert box and box["height"] >= 44 and box["width"] >= 44 and box["y"] > 844 * 0.6, name
    walls.bar(page).get_by_role("button", name="Trash").tap()
    expect(walls.note(page)).to_contain_text("2 pictures moved to the trash.")
    walls.undo(page)
    start_selecting(page)
    walls.link(page, 0).tap()
    walls.bar(page).get_by_role("button", name="Tag").tap()
    expect(walls.dialog(page)).to_be_in_viewport(ratio=0.99)
