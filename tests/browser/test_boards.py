"""Boards in Chromium: made, filled, put in order by pointer and by keys, given a cover, generated onto."""

import re
from collections.abc import Sequence

import pytest
from playwright.sync_api import Locator, Page, expect

from tests.browser import steps
from tests.browser.desk import Desk, Person
from tests.browser.steps import generate, prompt, tab_to, width_beyond
from tests.browser.walls import wait_for_wall
from tests.visitor import join, make_board, make_picture, number_of

pytestmark = pytest.mark.browser


def tiles(page: Page) -> Locator:
    return page.locator("[data-wall] [data-tile]")


def order(page: Page) -> list[str]:
    found: list[str] = tiles(page).evaluate_all("tiles => tiles.map(tile => tile.dataset.tile)")
    return found


def expect_order(page: Page, ids: Sequence[str]) -> None:
    """As it is shown, and as it is kept."""
    steps.wait_for(
        page,
        "ids => JSON.stringify([...document.querySelectorAll('[data-wall] [data-tile]')].map(tile => tile.dataset.tile)) === ids",
        arg="[" + ",".join(f'"{pk}"' for pk in ids) + "]",
    )
    page.reload()
    assert order(page) == list(ids)


@pytest.fixture
def person(desk: Desk) -> Person:
    return desk.add_person("Bo Ardley")


@pytest.fixture
def pictures(person: Person) -> list[str]:
    """Pages of four pictures."""
    words = ("one heron", "two herons", "three herons", "four herons")
    return [make_picture(person.visitor, f"{each} {person.username}") for each in words]


def test_the_first_board_is_made_where_the_empty_page_teaches_it(fresh_desk: Desk) -> None:
    visitor = join(fresh_desk.studio.address, fresh_desk.studio.setup_path, "ada", "Ada Lovelace")
    page = fresh_desk.open(visitor, "/")
    page.get_by_role("link", name="Boards").click()
    page.get_by_label("Name of the board").fill("Herons")
    page.get_by_role("button", name="Make a board").click()
    expect(page.get_by_label("Name of the board")).to_have_value("Herons")
    expect(page).to_have_title("Herons · Proofsheet")
    page.get_by_role("link", name="Boards", exact=True).first.click()
    page.get_by_role("button", name="New board").click()
    page.get_by_label("Name", exact=True).fill("Only a thought")
    page.get_by_text("Only me", exact=True).click()
    page.get_by_role("button", name="Make the board").click()
    expect(page.get_by_text("only me")).to_be_visible()


def test_a_board_is_filled_from_the_latest_pictures(desk: Desk, person: Person, pictures: list[str]) -> None:
    page = desk.open(person.visitor, make_board(person.visitor, "Fresh"))
    offers = page.get_by_role("checkbox")
    offers.nth(0).check()
    offers.nth(1).check()
    page.get_by_role("button", name="Put them on the board").click()
    expect(page.get_by_text("2 pictures put on “Fresh”.")).to_be_visible()
    expect(tiles(page)).to_have_count(2)


def test_name_and_notes_are_written_where_they_stand(desk: Desk, person: Person) -> None:
    page = desk.open(person.visitor, make_board(person.visitor, "Draft"))
    for label, words in (("Name of the board", "Final"), ("Notes", "For the poster")):
        page.get_by_label(label).fill(words)
        with page.expect_response(lambda response: response.request.method == "POST"):
            page.keyboard.press("Tab")
        expect(page.get_by_text("saved")).to_be_visible()
    page.reload()
    expect(page.get_by_label("Name of the board")).to_have_value("Final")
    expect(page.get_by_label("Notes")).to_have_value("For the poster")


def test_pictures_are_dragged_into_order(desk: Desk, person: Person, pictures: list[str]) -> None:
    page = desk.open(person.visitor, make_board(person.visitor, "Dragged", pictures))
    wait_for_wall(page)
    d, c, b, a = order(page)
    carried, target = tiles(page).nth(3), tiles(page).nth(0)
    box, place = carried.bounding_box(), target.bounding_box()
    assert box
    assert place
    page.mouse.move(box["x"] + box["width"] / 2, box["y"] + box["height"] / 2)
    page.mouse.down()
    page.mouse.move(place["x"] + place["width"] * 0.8, place["y"] + 30, steps=8)
    # It is shown there from the start: kept it is with the answer.
    with page.expect_response(lambda response: response.request.method == "POST"):
        page.mouse.up()
    expect_order(page, [d, a, c, b])
    assert page.url.endswith("/")


def test_escape_ends_a_drag_and_a_plain_click_still_opens(desk: Desk, person: Person, pictures: list[str]) -> None:
    page = desk.open(person.visitor, make_board(person.visitor, "Clicked", pictures))
    wait_for_wall(page)
    before = order(page)
    box = tiles(page).nth(1).bounding_box()
    assert box
    page.mouse.move(box["x"] + 20, box["y"] + 20)
    page.mouse.down()
    page.mouse.move(box["x"] + 300, box["y"] + 40, steps=5)
    page.keyboard.press("Escape")
    page.mouse.up()
    assert order(page) == before
    tiles(page).nth(1).get_by_role("link").first.click()
    page.wait_for_url(re.compile(rf"/images/{before[1]}/"))


def test_pictures_are_put_in_order_by_keys(desk: Desk, person: Person, pictures: list[str]) -> None:
    page = desk.open(person.visitor, make_board(person.visitor, "Keyed", pictures))
    wait_for_wall(page)
    d, c, b, a = order(page)
    tiles(page).nth(0).get_by_role("link").first.focus()
    page.keyboard.press("Alt+ArrowRight")
    page.keyboard.press("Alt+ArrowRight")
    expect(page.locator("#announcements")).to_have_text("1 picture moved to place 3 of 4.")
    expect(page.locator(f'[data-tile="{d}"] a').first).to_be_focused()
    page.keyboard.press("Alt+End")
    expect(page.locator("#announcements")).to_have_text("1 picture moved to place 4 of 4.")
    expect(page.locator(f'[data-tile="{d}"] a').first).to_be_focused()
    page.keyboard.press("Alt+ArrowRight")
    expect(page.locator("#announcements")).to_have_text("This is the last one.")
    page.keyboard.press("Alt+ArrowDown")
    expect(page.locator("#announcements")).to_have_text("This is the last row.")
    expect_order(page, [c, b, a, d])


def test_the_menu_of_a_picture_moves_it_makes_it_the_cover_and_takes_it_off(
    desk: Desk, person: Person, pictures: list[str]
) -> None:
    path = make_board(person.visitor, "Menu", pictures)
    page = desk.open(person.visitor, path)
    wait_for_wall(page)
    d, c, b, a = order(page)
    link = tiles(page).nth(1).get_by_role("link").first
    link.focus()
    page.keyboard.press("Tab")
    expect(tiles(page).nth(1).get_by_role("button", name="On this board")).to_be_focused()
    page.keyboard.press("Enter")
    page.get_by_role("button", name="Use as cover").click()
    expect(page.get_by_text("The board has a new cover.")).to_be_visible()
    open_menu(page, c)
    page.get_by_role("button", name="Move to the front").click()
    expect_order(page, [c, d, b, a])
    open_menu(page, c)
    page.get_by_role("button", name="One place back").click()
    expect_order(page, [d, c, b, a])
    open_menu(page, b)
    page.get_by_role("button", name="Take off the board").click()
    expect(tiles(page)).to_have_count(3)
    page.get_by_role("button", name="Undo").click()
    expect_order(page, [d, c, b, a])
    page.goto("/boards/")
    expect(page.locator("li", has_text="Menu").locator("img")).to_have_count(1)


def open_menu(page: Page, picture: str) -> None:
    tile = page.locator(f'[data-tile="{picture}"]')
    tile.hover()
    tile.get_by_role("button", name="On this board").click()


def test_what_is_generated_onto_a_board_lands_on_it(desk: Desk, person: Person) -> None:
    path = make_board(person.visitor, "Results")
    page = desk.open(person.visitor, path)
    page.get_by_role("link", name="Generate onto this board").click()
    expect(page.get_by_label("Board for the results")).to_have_value(number_of(path))
    prompt(page).fill(f"a heron for the board {person.username}")
    generate(page)
    expect(page.locator('#generations [data-status="succeeded"]').first).to_be_visible()
    page.goto(path)
    expect(tiles(page)).to_have_count(1)
    page.goto("/")
    expect(page.get_by_label("Board for the results")).to_have_value(number_of(path))


def test_a_teammate_adds_to_a_board_of_the_team_but_does_not_rename_it(
    desk: Desk, person: Person, pictures: list[str]
) -> None:
    path = make_board(person.visitor, f"Ours {person.username}", pictures[:2], "team")
    page = desk.open_new(path)
    expect(page.get_by_role("heading", name="Ours")).to_be_visible()
    expect(page.get_by_label("Name of the board")).to_have_count(0)
    tile = tiles(page).nth(0)
    tile.hover()
    tile.get_by_role("button", name="On this board").click()
    expect(page.get_by_role("button", name="Move to the end")).to_be_visible()
    expect(page.get_by_role("button", name="Use as cover")).to_have_count(0)


def test_boards_fit_a_phone_and_are_arranged_there(desk: Desk, person: Person, pictures: list[str]) -> None:
    path = make_board(person.visitor, "Pocket", pictures)
    page = desk.open(person.visitor, "/boards/", viewport={"width": 390, "height": 844}, has_touch=True, is_mobile=True)
    assert width_beyond(page) == 0
    page.locator("a", has_text="Pocket").tap()
    page.wait_for_url(re.compile(path))
    assert width_beyond(page) == 0
    boxes = [
        page.locator(".board-bar .chip", has_text=word).bounding_box() for word in ("Find", "Arrange", "View", "Select")
    ]
    edges = [edge for box in boxes if box for edge in (box["x"], box["x"] + box["width"])]
    assert len(edges) == 8 and edges == sorted(edges), "no button of the line lies on another"
    wait_for_wall(page)
    d, c, b, a = order(page)
    page.get_by_role("button", name="Arrange").tap()
    tiles(page).nth(3).get_by_role("button", name="On this board").tap()
    page.get_by_role("button", name="Move to the front").tap()
    expect_order(page, [a, d, c, b])


def test_a_board_is_reached_by_keys_alone(desk: Desk, person: Person, pictures: list[str]) -> None:
    make_board(person.visitor, "Keys only", pictures[:1])
    page = desk.open(person.visitor, "/boards/")
    tab_to(page, page.get_by_role("link", name="Keys only"))
    page.keyboard.press("Enter")
    expect(page).to_have_title("Keys only · Proofsheet")
    tab_to(page, tiles(page).first.get_by_role("link").first)


def test_a_search_becomes_a_smart_board_and_is_changed_in_place(
    desk: Desk, person: Person, pictures: list[str]
) -> None:
    page = desk.open(person.visitor, f"/library/?q=herons+{person.username}")
    page.get_by_role("link", name="Save as smart board").click()
    page.get_by_label("Name").fill("Many herons")
    page.get_by_role("button", name="Save").click()
    expect(page.get_by_text("fills itself", exact=True)).to_be_visible()
    expect(tiles(page)).to_have_count(3)
    expect(page.get_by_text(f"“herons {person.username}”")).to_be_visible()
    page.get_by_text("Change the search").click()
    field = page.get_by_role("searchbox", name="Search")
    field.fill(f"two {person.username}")
    expect(page.get_by_text("This is not the board’s own search.")).to_be_visible()
    expect(tiles(page)).to_have_count(1)
    page.get_by_role("button", name="Update to what I see").click()
    expect(page.get_by_text("The board shows this search from now on.")).to_be_visible()
    expect(page.get_by_text("This is not the board’s own search.")).to_have_count(0)
    expect(tiles(page)).to_have_count(1)
    page.goto("/boards/")
    expect(page.locator("li", has_text="Many herons").locator("img")).to_have_count(1)


def test_a_board_is_searched_in_its_own_order(desk: Desk, person: Person, pictures: list[str]) -> None:
    page = desk.open(person.visitor, make_board(person.visitor, "Searched", pictures))
    d, c, b, _ = order(page)
    page.get_by_text("Find on this board").click()
    page.get_by_role("searchbox", name="Search this board").fill("herons")
    expect(page.locator("#announcements")).to_have_text("3 pictures")
    expect(tiles(page)).to_have_count(3)
    wait_for_wall(page)
    tiles(page).nth(2).get_by_role("link").first.focus()
    page.keyboard.press("Alt+ArrowLeft")
    expect(page.locator("#announcements")).to_have_text("1 picture moved to place 2 of 4.")
    expect_order(page, [d, b, c])
