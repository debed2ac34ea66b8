"""The wall in Chromium: heights that are known beforehand, and a place that is kept whatever happens."""

import re
import textwrap
from collections.abc import Iterator
from typing import Any

import pytest
from playwright.sync_api import Browser, Locator, Page, Route, expect

from tests.browser import looks, steps, walls
from tests.browser.desk import Desk
from tests.browser.walls import wait_for_rest, wait_for_wall
from tests.running_studio import Studio, manage, running_studio
from tests.visitor import Visitor, join, make_picture, wait_until

pytestmark = pytest.mark.browser
PICTURES = 1500
MOST_NODES = 2500
HANG = f"""
    from datetime import timedelta
    from django.utils import timezone
    from gallery.models import Generation, Image, User
    owner, now = User.objects.get(username="ada"), timezone.now()
    shapes = [(1024, 1024), (1536, 1024), (1024, 1536), (1344, 768), (768, 1344), (400, 1800)]
    file = Image.objects.first()
    for number in range({PICTURES}):
        moment = now - timedelta(days=400 * (1 - number / {PICTURES}) ** 2)
        run = Generation.objects.create(
            owner=owner, prompt=f"picture {{number}}", model_name="FLUX Pro", gateway_slug="routellm", status="succeeded",
            model_id="flux_pro", spec_hash="", created_at=moment)
        width, height = shapes[number * 7 % 6]
        Image.objects.create(
            source="generated", generation=run, owner=owner, sha256=file.sha256, media_type=file.media_type,
            byte_size=file.byte_size, thumbnail_widths=file.thumbnail_widths, colour="#88aacc",
            width=width, height=height, created_at=moment)
"""
ONE_MORE = """
    from gallery.models import Image
    image = Image.objects.latest("pk")
    image.pk, image.position = None, image.position + 1
    image.save()
"""


def run_inside(studio: Studio, program: str) -> None:
    done = manage(studio.data_folder, "shell", "-c", textwrap.dedent(program))
    assert done.returncode == 0, done.stderr


@pytest.fixture(scope="module")
def long_wall(chromium: str, tmp_path_factory: pytest.TempPathFactory) -> Iterator[tuple[Studio, Visitor]]:
    """A studio whose wall is long: many pictures over more than a year."""
    with running_studio(tmp_path_factory.mktemp("wall") / "data") as studio:
        visitor = join(studio.address, studio.setup_path, "ada", "Ada Lovelace")
        make_picture(visitor, "the first one")
        run_inside(studio, HANG)
        yield studio, visitor


@pytest.fixture
def long_desk(browser: Browser, long_wall: tuple[Studio, Visitor]) -> Iterator[Desk]:
    with Desk(browser, *long_wall) as desk:
        yield desk


def open_wall(desk: Desk, path: str = "/library/", **options: Any) -> Page:
    page = desk.open(desk.administrator, path, **options)
    wait_for_wall(page)
    return page


def ask(page: Page, expression: str) -> Any:
    return page.evaluate(f"(() => {{ const wall = Proofsheet.wall; return {expression.strip()}; }})()")


def test_the_wall_can_be_used_before_any_picture_has_arrived(long_desk: Desk) -> None:
    held: list[Route] = []
    page = long_desk.open(long_desk.administrator, "/boards/")
    page.route("**/media/**", lambda route: held.append(route))
    page.goto("/library/", wait_until="commit")
    tiles = page.locator("[data-tile]")
    expect(tiles.nth(1)).to_be_visible()
    sizes = tiles.evaluate_all(
        "(found) => found.map((tile) => tile.getBoundingClientRect()).map((box) => [box.width, box.height])"
    )
    assert all(width > 20 and height > 20 for width, height in sizes)
    wait_for_wall(page)
    assert held, "No picture was asked for."
    walls.focus(page, 0)
    page.keyboard.press("Space")
    walls.expect_selected(page, "1 selected")


def place_of(page: Page) -> tuple[int, float]:
    """The picture in the middle of what is seen and where it is."""
    key, top = ask(page, "[wall.anchor().key, wall.anchor().top]")
    return int(key), float(top)


def top_of(page: Page, key: int) -> float:
    box = page.locator(f'[data-key="{key}"]').bounding_box()
    assert box
    return box["y"]


def scrubber(page: Page) -> Locator:
    return page.get_by_role("slider", name="Time")


# Heights --------------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("width", "across", "layout"),
    [
        (1440, 6, "rows"),
        (1440, 12, "rows"),
        (1003, 4, "rows"),
        (820, 7, "square"),
        (390, 3, "rows"),
        (390, 2, "square"),
    ],
)
def test_every_height_is_what_the_formula_said(long_desk: Desk, width: int, across: int, layout: str) -> None:
    page = long_desk.open(long_desk.administrator, "/profile/", viewport={"width": width, "height": 900})
    keep = "across:phone" if width <= 760 else "across"
    page.evaluate(f"localStorage.setItem('{keep}', {across}); localStorage.setItem('layout', '{layout}')")
    page.reload()
    page.goto("/library/")
    wait_for_wall(page)
    assert page.locator("[data-wall]").get_attribute("data-across") == str(across)
    for share in (0, 0.37, 0.9):
        ask(page, f"wall.jump(wall.heights.total * {share})")
        wait_for_rest(page)
        found = ask(page, MEASURED)
        assert found
        for height, told, rows_end in found:
            assert abs(height - told) < 1, found
            assert abs(rows_end) < 1, found
    assert steps.width_beyond(page) == 0


# Of each section: its height, the one of the list, and how far the end of its last row is from its own.
MEASURED = """
[...wall.placed].map((index) => [index, wall.elements.get(index)]).map(([index, element]) => {
  const box = element.getBoundingClientRect();
  const last = [...element.querySelectorAll(".row")].at(-1).getBoundingClientRect();
  return [box.height, wall.heights.heights[index], last.bottom - box.bottom];
})
"""


def test_the_page_without_a_script_is_as_high_as_with_one(long_desk: Desk) -> None:
    plain = long_desk.open(long_desk.administrator, "/library/?stacks=off", java_script_enabled=False)
    boxes = [section.bounding_box() for section in plain.locator("[data-section]").all()]
    page = open_wall(long_desk, "/library/?stacks=off")
    for index, box in enumerate(boxes):
        assert box
        assert abs(box["height"] - ask(page, f"wall.heights.heights[{index}]")) < 1
    plain.get_by_role("link", name="Older pictures").click()
    expect(plain).to_have_url(re.compile(r"before=\d+"))
    plain.get_by_role("link", name="Newer pictures").click()
    expect(plain.locator("[data-tile]").first).to_be_visible()


def test_squares_are_square(long_desk: Desk) -> None:
    page = open_wall(long_desk)
    page.get_by_role("button", name="Squares").click()
    expect(page.locator('[data-wall][data-layout="square"]')).to_be_visible()
    wait_for_rest(page)
    for tile in page.locator("[data-tile]").all()[:8]:
        steps.assert_shape(tile, 1)
    page.get_by_role("button", name="True shapes").click()
    expect(page.locator('[data-wall][data-layout="rows"]')).to_be_visible()


# Scrolling ------------------------------------------------------------------------------------------------------------


def test_scrolling_to_the_end_and_back_shows_every_picture_and_keeps_the_page_small(long_desk: Desk) -> None:
    page = open_wall(long_desk)
    page.evaluate(WATCH)
    for step in (700, -700):
        while True:
            page.mouse.wheel(0, step)
            expect(page.locator("[data-waits]")).to_have_count(0)
            nodes, at, end = page.evaluate(WALKED)
            assert nodes <= MOST_NODES
            if at <= 0 if step < 0 else at >= end - 1:
                break
            page.evaluate(f"scrollBy(0, {step * 3})")
    assert page.evaluate("seen.size") > PICTURES * 0.98
    assert ask(page, "wall.count") == PICTURES + 1


WATCH = """
window.seen = new Set();
const note = () => document.querySelectorAll("[data-tile]").forEach((tile) => seen.add(tile.dataset.tile));
document.addEventListener("wall:mount", note);
note();
"""
WALKED = "[document.querySelectorAll('*').length, scrollY, document.documentElement.scrollHeight - innerHeight]"


def test_nothing_moves_by_itself_while_the_wall_loads(long_desk: Desk) -> None:
    page = open_wall(long_desk)
    assert looks.shift_of(page, f"{long_desk.studio.address}/library/") < 0.001


def test_a_row_of_which_half_has_arrived_hangs_as_it_will_stay(long_desk: Desk) -> None:
    """A page is drawn wherever its parser was when a frame was due: in the middle of a row, too."""
    page = open_wall(long_desk)
    left = "[...document.querySelector('.row').children].slice(0, 3).map((tile) => tile.getBoundingClientRect().left)"
    whole = page.evaluate(left)
    page.evaluate("[...document.querySelector('.row').children].slice(3).forEach((tile) => tile.remove())")
    assert page.evaluate(left) == whole


def test_who_scrolls_before_the_list_is_there_stays_where_they_are(long_desk: Desk) -> None:
    page = long_desk.open(long_desk.administrator, "/profile/")
    held: list[Route] = []
    page.route("**/library/sections/**", lambda route: held.append(route))
    page.goto("/library/")
    wait_until(lambda: page.evaluate("scrollTo(0, 420), scrollY") == 420 and bool(held), "scrolled, and asked")
    key = page.locator("[data-tile]").nth(9).get_attribute("data-key")
    top = top_of(page, int(key or 0))
    held[0].continue_()
    wait_for_wall(page)
    assert abs(top_of(page, int(key or 0)) - top) < 1


def test_only_the_first_row_is_urgent_and_pictures_have_their_colour_before_their_bytes(long_desk: Desk) -> None:
    page = open_wall(long_desk)
    first_row = page.locator(".row").first.locator("img")
    assert page.locator('img[fetchpriority="high"]').count() == first_row.count()
    assert page.locator('img:not([loading="lazy"])').count() == first_row.count()
    colour = page.locator("[data-tile]").first.evaluate("tile => getComputedStyle(tile).backgroundColor")
    assert colour == "rgb(136, 170, 204)"


# One's place ----------------------------------------------------------------------------------------------------------


def test_a_new_density_or_width_keeps_the_picture_one_looks_at(long_desk: Desk) -> None:
    page = open_wall(long_desk)
    ask(page, "wall.jump(wall.heights.total / 2)")
    wait_for_rest(page)
    for across in (10, 4):
        key, top = place_of(page)
        page.get_by_role("slider", name="Pictures across").fill(str(across))
        expect(page.locator(f'[data-wall][data-across="{across}"]')).to_be_visible()
        wait_for_rest(page)
        assert abs(top_of(page, key) - top) < 2
    key, top = place_of(page)
    page.set_viewport_size({"width": 1000, "height": 720})
    wait_for_rest(page)
    assert abs(top_of(page, key) - top) < 2


def test_the_old_rows_hang_until_those_of_another_density_have_come(long_desk: Desk) -> None:
    page = open_wall(long_desk)
    ask(page, "wall.jump(wall.heights.total / 2)")
    wait_for_rest(page)
    held: list[Route] = []
    is_held = True
    page.route("**/library/section/**", lambda route: held.append(route) if is_held else route.continue_())
    key, top = place_of(page)
    page.evaluate(COUNT_BARE)
    page.get_by_role("slider", name="Pictures across").fill("9")
    wait_until(lambda: page.evaluate("bare") == 0 and bool(held), "asked for the new rows")
    assert abs(top_of(page, key) - top) < 1
    expect(page.locator('[data-wall][data-across="6"]')).to_be_visible()
    is_held = False
    for route in held:
        route.continue_()
    expect(page.locator('[data-wall][data-across="9"]')).to_be_visible()
    wait_for_rest(page)
    assert abs(top_of(page, key) - top) < 2
    assert page.evaluate("bare") == 0


# In how many frames no row was on the screen.
COUNT_BARE = """
window.bare = 0;
const look = () => {
  const boxes = [...document.querySelectorAll(".row")].map((row) => row.getBoundingClientRect());
  if (!boxes.some((box) => box.bottom > 200 && box.top < innerHeight)) bare += 1;
  requestAnimationFrame(look);
};
requestAnimationFrame(look);
"""


def test_reload_and_back_come_to_the_same_place_even_where_rows_came_late(long_desk: Desk) -> None:
    page = open_wall(long_desk)
    held: list[Route] = []
    is_held = True
    page.route("**/library/section/**", lambda route: held.append(route) if is_held else route.continue_())
    ask(page, "wall.jump(wall.heights.total / 3)")
    wait_until(lambda: ask(page, "wall.stillness") is None and bool(held), "scrolling has ended, nothing has come")
    is_held = False
    for route in held:
        route.continue_()
    wait_for_rest(page)
    key, top = place_of(page)
    page.reload()
    wait_for_wall(page)
    wait_for_rest(page)
    assert abs(top_of(page, key) - top) < 2
    page.goto("/history/")
    page.go_back()
    wait_for_wall(page)
    wait_for_rest(page)
    assert abs(top_of(page, key) - top) < 2


def test_new_pictures_are_told_and_wait_until_they_are_wanted(long_desk: Desk) -> None:
    page = open_wall(long_desk)
    ask(page, "wall.jump(wall.heights.total / 2)")
    wait_for_rest(page)
    key, top = place_of(page)
    run_inside(long_desk.studio, ONE_MORE)
    page.evaluate("document.dispatchEvent(new Event('visibilitychange'))")
    news = page.get_by_role("button", name="1 new picture")
    expect(news).to_be_visible()
    assert abs(top_of(page, key) - top) < 1
    count = ask(page, "wall.count")
    news.click()
    expect(news).to_be_hidden()
    wait_until(lambda: ask(page, "wall.count") == count + 1, "the new one counted")
    expect(page.locator("[data-tile]").first).to_be_in_viewport()
    run_inside(long_desk.studio, 'from gallery.models import Image; Image.objects.latest("pk").delete()')


def test_a_section_that_changed_meanwhile_moves_nothing_that_is_seen(long_desk: Desk) -> None:
    page = open_wall(long_desk)
    middle = ask(page, "Math.floor(wall.heights.sections.length / 2)")
    first, last = ask(page, f"[wall.heights.sections[{middle}].first, wall.heights.sections[{middle}].last]")
    gone = f"Image.objects.filter(pk__gte={last}, pk__lte={first}, pk__in=range({last}, {first}, 3))"
    run_inside(
        long_desk.studio,
        f"from django.utils import timezone\nfrom gallery.models import Image\n{gone}.update(deleted_at=timezone.now())",
    )
    ask(page, f"wall.jump(wall.heights.tops[{middle + 1}] + 150)")
    wait_for_rest(page)
    key, top = place_of(page)
    page.mouse.wheel(0, -60)
    wait_until(lambda: abs(top_of(page, key) - top - 60) < 2, "60 pixels up")
    wait_for_rest(page)
    assert abs(top_of(page, key) - top - 60) < 2
    run_inside(long_desk.studio, f"from gallery.models import Image\n{gone}.update(deleted_at=None)")


# The scrubber ---------------------------------------------------------------------------------------------------------


def test_the_scrubber_goes_by_months_and_years_with_the_keyboard(long_desk: Desk) -> None:
    page = open_wall(long_desk)
    months = ask(page, "[...new Set(wall.heights.sections.map((section) => section.month))]")
    names = [page.evaluate(NAME_OF_MONTH, month) for month in months]
    time = scrubber(page)
    time.focus()
    expect(time).to_have_attribute("aria-valuetext", names[0])
    for key, at in [
        ("ArrowDown", 1),
        ("ArrowDown", 2),
        ("ArrowUp", 1),
        ("Home", 0),
        ("ArrowDown", 1),
        ("PageDown", 13 if len(months) > 13 else len(months) - 1),
    ]:
        page.keyboard.press(key)
        expect(time).to_have_attribute("aria-valuetext", names[at])
    page.keyboard.press("PageUp")
    expect(time).to_have_attribute("aria-valuetext", names[1])
    page.keyboard.press("End")
    expect(time).to_have_attribute("aria-valuetext", names[-1])
    wait_for_rest(page)
    assert ask(page, "wall.mounted().length") > 0


NAME_OF_MONTH = """
(month) => new Date(Math.floor(month / 100), month % 100 - 1, 1).toLocaleDateString("en", { month: "long", year: "numeric" })
"""


def test_the_scrubber_follows_the_pointer_and_loads_where_it_rests(long_desk: Desk) -> None:
    page = open_wall(long_desk)
    asked: list[str] = []
    page.on("request", lambda request: asked.append(request.url) if "/library/section/" in request.url else None)
    wait_for_rest(page)
    asked.clear()
    box = scrubber(page).bounding_box()
    assert box
    middle = box["x"] + box["width"] / 2
    page.mouse.move(middle, box["y"] + 4)
    page.mouse.down()
    page.mouse.move(middle, box["y"] + box["height"] * 0.6, steps=20)
    before = len(asked)
    wait_for_rest(page)
    page.mouse.up()
    assert asked and len(asked) <= before + 6
    share = ask(page, "(wall.y + wall.headHeight) / (wall.heights.total - innerHeight + wall.headHeight)")
    assert abs(share - 0.6) < 0.02
    assert ask(page, "wall.mounted().length") > 0


# Keyboard, pointer, phone ---------------------------------------------------------------------------------------------


def place_of_focus(page: Page) -> int:
    """Its number on the wall, -1 while no picture has it."""
    at = "document.activeElement.closest('[data-tile]')"
    return int(ask(page, f"{at} ? wall.indexOf({at}) : -1"))


def test_arrow_keys_walk_on_past_what_is_in_the_page(long_desk: Desk) -> None:
    page = open_wall(long_desk)
    last = ask(page, "wall.indexOf(wall.mounted().at(-1))")
    ask(page, f"wall.show({last}, {{ focus: true }}).then(() => 0)")
    focused = page.locator("[data-tile]:has(:focus)")
    expect(focused).to_be_in_viewport()
    for step in (1, 2, 3):
        page.keyboard.press("ArrowRight")
        wait_until(lambda to=last + step: place_of_focus(page) == to, f"{step} further on")  # type: ignore[misc]
        expect(focused).to_be_in_viewport()
    page.keyboard.press("ArrowUp")
    wait_until(lambda: -1 < place_of_focus(page) < last + 3, "a row up")


def test_tab_stops_at_one_picture_of_the_wall(long_desk: Desk) -> None:
    page = open_wall(long_desk)
    wait_for_rest(page)
    assert page.locator(".shot-link:not([tabindex='-1'])").count() == 1
    steps.tab_to(page, page.locator("[data-tile] a").first)


def test_one_caption_tells_of_the_picture_one_points_at(long_desk: Desk) -> None:
    page = open_wall(long_desk)
    tile = page.locator("[data-tile]").nth(3)
    prompt = tile.get_by_role("img").get_attribute("alt")
    expect(page.locator(".shot-words")).to_have_count(0)
    tile.hover()
    expect(page.locator(".shot-words")).to_have_text(re.compile(f"{prompt}FLUX Pro · Ada Lovelace"))
    page.locator("[data-tile]").nth(5).hover()
    expect(page.locator(".shot-words")).to_have_count(1)
    page.mouse.move(2, 2)
    expect(page.locator(".shot-words")).to_have_count(0)
    expect(page.get_by_role("link", name=prompt, exact=True)).to_be_visible()


SCROLLED = "scrollBy(0, 100), getComputedStyle(document.querySelector('.scrubber-handle')).opacity"


def test_a_phone_has_its_own_density_and_a_handle_while_it_scrolls(long_desk: Desk) -> None:
    page = open_wall(
        long_desk, viewport={"width": 390, "height": 844}, has_touch=True, is_mobile=True, user_agent="Mobile"
    )
    wall = page.locator("[data-wall]")
    expect(wall).to_have_attribute("data-across", "3")
    assert steps.width_beyond(page) == 0
    page.get_by_role("button", name="View and tools").click()
    slider = page.get_by_role("slider", name="Pictures across")
    assert (slider.get_attribute("min"), slider.get_attribute("max")) == ("2", "5")
    slider.fill("2")
    expect(wall).to_have_attribute("data-across", "2")
    page.keyboard.press("Escape")
    handle = page.locator(".scrubber-handle")
    expect(handle).to_have_css("opacity", "0")
    wait_until(lambda: page.evaluate(SCROLLED) == "1", "the handle while it scrolls")
    page.set_viewport_size({"width": 1200, "height": 844})
    expect(wall).to_have_attribute("data-across", "6")
