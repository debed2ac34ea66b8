"""Pictures over the wall: opened by click and key, stepped through beyond what is loaded, zoomed, closed where one ended."""

import re
from collections.abc import Iterator

import pytest
from playwright.sync_api import Browser, FilePayload, Locator, Page, Route, expect

from tests import factories
from tests.browser import steps
from tests.browser.desk import Desk
from tests.browser.walls import wait_for_wall
from tests.running_studio import Studio, manage, running_studio
from tests.visitor import Visitor, join, make_picture, wait_until

pytestmark = pytest.mark.browser

ORIGINAL = re.compile(r"/media/\w+/original$")


@pytest.fixture(scope="module")
def large_studio(chromium: str, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Studio]:
    """A studio whose library is longer than what its first page holds."""
    folder = tmp_path_factory.mktemp("large") / "data"
    with running_studio(folder) as studio:
        seeded = manage(folder, "seed_library", "--images", "420", "--files", "9", "--days", "300")
        assert seeded.returncode == 0, seeded.stderr
        yield studio


@pytest.fixture(scope="module")
def curator(large_studio: Studio) -> Visitor:
    return join(large_studio.address, large_studio.setup_path, "cora", "Cora Curator")


@pytest.fixture
def large_desk(browser: Browser, large_studio: Studio, curator: Visitor) -> Iterator[Desk]:
    with Desk(browser, large_studio, curator, curator) as opened:
        yield opened


def open_wall(desk: Desk, path: str = "/library/?stacks=off", **options: object) -> Page:
    page = desk.open(desk.designer, path, **options)
    wait_for_wall(page)
    return page


def tiles(page: Page) -> Locator:
    return page.locator("[data-wall] .shot")


def lightbox(page: Page) -> Locator:
    return page.get_by_role("dialog", name="Picture over the wall")


def shown(page: Page) -> Locator:
    return lightbox(page).get_by_role("group").and_(page.locator('[aria-hidden="false"]')).locator("img:not([role])")


def position(page: Page) -> Locator:
    return lightbox(page).locator("header").get_by_text(re.compile(r"^[\d,]+ of [\d,]+"))


def count_of(page: Page) -> int:
    """How many pictures the wall has; some of the seeded ones are private."""
    count: int = page.evaluate("Proofsheet.wall.count")
    return count


def open_tile(page: Page, number: int = 0, *, touch: bool = False) -> str:
    """Open a tile's picture; its id."""
    tile = tiles(page).nth(number)
    link = tile.locator(".shot-link")
    if touch:
        link.tap()
    else:
        link.click()
    expect(shown(page)).to_be_visible()
    return tile.get_attribute("data-tile") or ""


def assert_on(page: Page, picture: str) -> None:
    expect(page).to_have_url(re.compile(rf"/images/{picture}/"))


def close(page: Page) -> None:
    page.keyboard.press("Escape")
    expect(lightbox(page)).to_have_count(0)


def test_a_click_opens_it_with_its_address_and_escape_gives_the_tile_the_focus(large_desk: Desk) -> None:
    page = open_wall(large_desk)
    count = count_of(page)
    picture = open_tile(page, 2)
    assert_on(page, picture)
    assert "stacks=off" in page.url
    expect(position(page)).to_have_text(f"3 of {count}")
    steps.assert_loaded(shown(page))
    close(page)
    expect(page).to_have_url(re.compile(r"/library/\?stacks=off$"))
    expect(tiles(page).nth(2).locator(".shot-link")).to_be_focused()


def test_enter_opens_it_and_the_wall_below_cannot_be_reached(large_desk: Desk) -> None:
    page = open_wall(large_desk)
    tiles(page).nth(1).locator(".shot-link").focus()
    page.keyboard.press("Enter")
    expect(shown(page)).to_be_visible()
    for _ in range(12):
        page.keyboard.press("Tab")
        is_inside = page.evaluate(
            "document.activeElement === document.body || Boolean(document.activeElement.closest('[role=dialog]'))"
        )
        assert is_inside
    assert page.evaluate("document.querySelector('main').inert")


def test_what_was_selected_cannot_be_reached_behind_it(large_desk: Desk) -> None:
    page = open_wall(large_desk)
    for number in (0, 1):
        tiles(page).nth(number).locator(".shot-link").click(modifiers=["Control"])
    tiles(page).nth(2).locator(".shot-link").focus()
    page.keyboard.press("Enter")
    expect(shown(page)).to_be_visible()
    for _ in range(6):
        page.keyboard.press("Shift+Tab")
        assert not page.evaluate("Boolean(document.activeElement.closest('.selection-bar, aside'))")


def test_arrows_go_on_where_the_page_has_not_loaded_yet_and_closing_scrolls_there(large_desk: Desk) -> None:
    page = open_wall(large_desk)
    count = count_of(page)
    first = page.locator("[data-section]").first.locator(".shot")
    last_of_section = first.count() - 1
    open_tile(page, last_of_section)
    page.keyboard.press("ArrowRight")
    expect(position(page)).to_have_text(f"{last_of_section + 2} of {count}")
    steps.assert_loaded(shown(page))

    page.keyboard.press("End")
    expect(position(page)).to_have_text(f"{count} of {count}")
    steps.assert_loaded(shown(page))
    page.keyboard.press("ArrowLeft")
    expect(position(page)).to_have_text(f"{count - 1} of {count}")
    steps.assert_loaded(shown(page))
    expect(lightbox(page).locator('[data-lightbox="live"]')).to_contain_text(f"{count - 1} of {count}: ")
    picture = re.search(r"/images/(\d+)/", page.url)
    assert picture
    close(page)
    ended = page.locator(f'.shot[data-tile="{picture[1]}"] .shot-link')
    expect(ended).to_be_focused()
    expect(ended).to_be_in_viewport()


def test_back_closes_forward_opens_again_and_a_reload_is_the_real_page(large_desk: Desk) -> None:
    page = open_wall(large_desk)
    picture = open_tile(page, 4)
    page.go_back()
    expect(lightbox(page)).to_have_count(0)
    expect(page).to_have_url(re.compile(r"/library/"))
    page.go_forward()
    expect(shown(page)).to_be_visible()
    assert_on(page, picture)
    page.reload()
    expect(page.get_by_role("region", name="Picture")).to_be_visible()
    expect(lightbox(page)).to_have_count(0)
    page.go_back()
    expect(page.locator("[data-wall]")).to_be_visible()


def test_steps_replace_the_address_so_that_one_step_back_closes_it(large_desk: Desk) -> None:
    page = open_wall(large_desk)
    open_tile(page)
    for number in (1, 2):
        page.keyboard.press("ArrowRight")
        assert_on(page, tiles(page).nth(number).get_attribute("data-tile") or "")
    page.go_back()
    expect(page).to_have_url(re.compile(r"/library/"))
    expect(lightbox(page)).to_have_count(0)
    expect(tiles(page).nth(2).locator(".shot-link")).to_be_focused()


def test_the_original_comes_only_when_one_zooms_and_only_of_this_picture(desk: Desk) -> None:
    person = desk.add_person()
    for words in ("an abacus", "a barometer", "a compass"):
        make_picture(person.visitor, words, "routellm/flux_kontext", aspect_ratio="3:2")
    asked: list[str] = []
    page = desk.open(person.visitor, "/library/?show=mine", viewport={"width": 1100, "height": 700})
    page.on("request", lambda request: asked.append(request.url) if ORIGINAL.search(request.url) else None)
    open_tile(page, 1)
    steps.assert_loaded(shown(page))
    page.keyboard.press("ArrowRight")
    expect(position(page)).to_have_text("3 of 3")
    page.keyboard.press("ArrowLeft")
    expect(position(page)).to_have_text("2 of 3")
    assert asked == []
    expected = tiles(page).nth(1).get_attribute("data-original") or ""
    shown(page).click()
    page.mouse.wheel(0, -400)
    expect(shown(page)).to_have_attribute("src", re.compile(f"{expected}$"))
    assert {url.split("/media/")[1] for url in asked} == {expected.split("/media/")[1]}


def test_a_picture_far_narrower_than_its_frame_stands_in_the_middle_before_and_after_it_has_come(desk: Desk) -> None:
    page = desk.open_new("/import/")
    narrow = FilePayload(name="mast.png", mimeType="image/png", buffer=factories.png("plum", (64, 2048)))
    page.get_by_label("Choose pictures").set_input_files([narrow])
    expect(page.get_by_role("link", name="mast.png")).to_be_visible()
    page.goto("/library/")
    wait_for_wall(page)
    steps.assert_loaded(tiles(page).first.locator("img"))
    held: list[Route] = []
    is_held = True
    page.route("**/media/**", lambda route: held.append(route) if is_held else route.continue_())
    tiles(page).first.locator(".shot-link").click()
    thumbnail = lightbox(page).locator('[aria-hidden="false"] .pswp__img--placeholder')
    wait_until(lambda: is_in_the_middle(thumbnail), "the thumbnail in the middle")
    is_held = False
    for route in held:
        route.continue_()
    steps.assert_loaded(shown(page))
    assert is_in_the_middle(shown(page))


def is_in_the_middle(picture: Locator) -> bool:
    """Of the space that the lightbox gives it, and not higher than that."""
    box, size = picture.bounding_box(), picture.page.viewport_size
    assert box and size
    across = abs(box["x"] + box["width"] / 2 - size["width"] / 2)
    down = abs(box["y"] + box["height"] / 2 - (size["height"] + 56 - 28) / 2)
    return across <= 1 and down <= 1


def test_i_turns_the_panel_which_follows_and_is_remembered(desk: Desk) -> None:
    person = desk.add_person()
    for words in ("a dinghy", "an easel"):
        make_picture(person.visitor, words)
    page = desk.open(person.visitor, "/library/?show=mine")
    open_tile(page)
    panel = lightbox(page).get_by_role("complementary", name="About this picture")
    expect(panel).to_be_hidden()
    page.keyboard.press("i")
    expect(panel).to_contain_text("an easel")
    page.keyboard.press("ArrowRight")
    expect(panel).to_contain_text("a dinghy")
    panel.get_by_role("textbox", name="Note").fill("left to right, i to z")
    page.keyboard.press("ArrowLeft")
    expect(position(page)).to_have_text("2 of 2")
    expect(panel).to_be_visible()
    close_typing(page)
    close(page)
    page.reload()
    open_tile(page)
    expect(panel).to_contain_text("an easel")
    lightbox(page).get_by_role("button", name="About this picture").click()
    expect(panel).to_be_hidden()


def close_typing(page: Page) -> None:
    """Escape leaves the field first."""
    page.keyboard.press("Escape")
    expect(lightbox(page)).to_be_visible()


def test_a_circle_from_the_bar_is_kept_and_shown_on_the_wall(desk: Desk) -> None:
    person = desk.add_person()
    make_picture(person.visitor, "a fig")
    page = desk.open(person.visitor, "/library/?show=mine")
    open_tile(page)
    circle = lightbox(page).locator("header").get_by_role("button", name="Circle it")
    with page.expect_response(re.compile(r"/mark/$")):
        circle.click()
    expect(circle).to_have_attribute("aria-pressed", "true")
    close(page)
    expect(tiles(page).first.get_by_text("Circled", exact=True)).to_be_visible()
    open_tile(page)
    expect(circle).to_have_attribute("aria-pressed", "true")


def test_a_stack_shows_its_run_as_a_strip(desk: Desk) -> None:
    person = desk.add_person()
    make_picture(person.visitor, "three gourds", "routellm/flux_kontext", num_images="3")
    wait_until(lambda: "All 3 pictures" in person.visitor.get("/library/?show=mine").text, "three pictures")
    page = desk.open(person.visitor, "/library/?show=mine")
    open_tile(page)
    frames = lightbox(page).get_by_role("navigation", name="Pictures of this run").get_by_role("link")
    expect(frames).to_have_count(3)
    expect(position(page)).to_have_text("1 of 1, frame 1 of 3")
    page.keyboard.press("ArrowDown")
    expect(position(page)).to_have_text("1 of 1, frame 2 of 3")
    assert_on(page, frames.nth(1).get_attribute("data-picture") or "")
    frames.nth(2).click()
    expect(frames.nth(2)).to_have_attribute("aria-current", "true")
    assert_on(page, frames.nth(2).get_attribute("data-picture") or "")
    close(page)
    expect(tiles(page).first.locator(".shot-link")).to_be_focused()


def test_a_picture_that_is_thrown_away_makes_room_for_the_next(desk: Desk) -> None:
    person = desk.add_person()
    for words in ("a jug", "a kite", "a lute"):
        make_picture(person.visitor, words)
    page = desk.open(person.visitor, "/library/?show=mine")
    picture = open_tile(page, 1)
    expect(position(page)).to_have_text("2 of 3")
    person.visitor.post(f"/images/{picture}/trash/", {})
    told = {"ids": [], "removed": [int(picture)]}
    page.evaluate("told => document.dispatchEvent(new CustomEvent('pictures:changed', {detail: told}))", told)
    expect(position(page)).to_have_text("2 of 2")
    expect(shown(page)).to_have_attribute("alt", "a jug")
    page.keyboard.press("ArrowLeft")
    expect(shown(page)).to_have_attribute("alt", "a lute")
    close(page)
    expect(tiles(page).first.locator(".shot-link")).to_be_focused()


def swipe(page: Page, by: int) -> None:
    """A finger across the middle of the screen."""
    finger = page.context.new_cdp_session(page)
    start = {"x": 195 - by / 2, "y": 420}
    finger.send("Input.dispatchTouchEvent", {"type": "touchStart", "touchPoints": [start]})
    for step in range(1, 6):
        moved = {"x": start["x"] + by * step / 5, "y": 420}
        finger.send("Input.dispatchTouchEvent", {"type": "touchMove", "touchPoints": [moved]})
        page.wait_for_timeout(20)
    finger.send("Input.dispatchTouchEvent", {"type": "touchEnd", "touchPoints": []})


def test_on_a_phone_a_swipe_steps_and_the_panel_is_a_sheet(large_desk: Desk) -> None:
    page = open_wall(large_desk, viewport={"width": 390, "height": 844}, has_touch=True, is_mobile=True)
    count = count_of(page)
    open_tile(page, 1, touch=True)
    swipe(page, -260)
    expect(position(page)).to_have_text(f"3 of {count}")
    swipe(page, 260)
    expect(position(page)).to_have_text(f"2 of {count}")
    lightbox(page).get_by_role("button", name="About this picture").tap()
    panel = lightbox(page).get_by_role("complementary", name="About this picture")
    expect(panel.get_by_role("link", name="Edit and run")).to_be_visible()
    sheet, picture = panel.bounding_box(), shown(page).bounding_box()
    assert sheet and picture
    assert sheet["width"] == 390 and sheet["y"] > 300
    assert picture["y"] + picture["height"] <= sheet["y"]
    panel.get_by_role("button", name="Put it away").tap()
    expect(panel).to_be_hidden()
    assert steps.width_beyond(page) == 0
    lightbox(page).get_by_role("button", name="Close").tap()
    expect(lightbox(page)).to_have_count(0)


def test_without_a_script_a_tile_leads_to_its_page(large_desk: Desk) -> None:
    page = large_desk.open(large_desk.designer, "/library/", java_script_enabled=False)
    tiles(page).first.locator(".shot-link").click()
    expect(page.get_by_role("region", name="Picture")).to_be_visible()
