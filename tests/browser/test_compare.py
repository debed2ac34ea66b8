"""Comparing pictures in a real browser: a slider, side by side, in one place, and what differs below."""

import re

import pytest
from playwright.sync_api import Locator, Page, expect

from tests.browser import steps
from tests.browser.desk import Desk, Person
from tests.visitor import make_picture

pytestmark = pytest.mark.browser

MODEL = "routellm/flux_kontext"
PROMPTS = (
    "a red lighthouse on a cliff, oil on canvas",
    "a white lighthouse on a cliff, oil on canvas",
    "a white lighthouse on a cliff, ink",
)


def id_of(path: str) -> str:
    return path.strip("/").split("/")[-1]


def open_comparison(desk: Desk, count: int = 2, **options: object) -> tuple[Page, Person]:
    person = desk.add_person()
    shapes = ("3:2", "3:2", "9:16")
    made = zip(PROMPTS[:count], shapes, strict=False)
    paths = [make_picture(person.visitor, words, MODEL, aspect_ratio=shape, seed="7") for words, shape in made]
    page = desk.open(person.visitor, f"/compare/?images={','.join(map(id_of, paths))}", **options)
    for picture in lenses(page).get_by_role("img").all():
        steps.assert_loaded(picture)
    return page, person


def lenses(page: Page) -> Locator:
    return page.locator("[data-lens]")


def choose_mode(page: Page, name: str) -> None:
    button = page.get_by_role("button", name=name)
    button.click()
    expect(button).to_have_attribute("aria-pressed", "true")


def middles(page: Page) -> list[tuple[float, float]]:
    """Which place of each picture is in the middle of its lens, as parts of the picture."""
    found: list[tuple[float, float]] = lenses(page).evaluate_all(
        """lenses => lenses.map((lens) => {
            const frame = lens.getBoundingClientRect();
            const box = lens.querySelector("img").getBoundingClientRect();
            return [(frame.x + frame.width / 2 - box.x) / box.width, (frame.y + frame.height / 2 - box.y) / box.height];
        })"""
    )
    return found


def test_the_slider_moves_by_keyboard_and_tells_where_it_is(desk: Desk) -> None:
    page, _ = open_comparison(desk)
    slider = page.get_by_role("slider", name="Where picture 1 ends")
    expect(slider).to_have_attribute("aria-valuenow", "50")
    steps.tab_to(page, slider)
    page.keyboard.down("ArrowRight")
    expect(slider).not_to_have_attribute("aria-valuenow", "50")
    page.keyboard.up("ArrowRight")
    assert int(slider.get_attribute("aria-valuenow") or 0) > 50
    page.keyboard.press("Home")
    expect(slider).to_have_attribute("aria-valuenow", "0")
    page.keyboard.press("End")
    expect(slider).to_have_attribute("aria-valuetext", "100 % of picture 1")


def test_the_slider_follows_the_pointer(desk: Desk) -> None:
    page, _ = open_comparison(desk)
    slider = page.get_by_role("slider", name="Where picture 1 ends")
    box = slider.bounding_box()
    assert box
    page.mouse.move(box["x"] + box["width"] / 2, box["y"] + 200)
    page.mouse.down()
    page.mouse.move(box["x"] + box["width"] / 4, box["y"] + 200, steps=4)
    page.mouse.up()
    expect(slider).to_have_attribute("aria-valuenow", "25")


def test_zoom_and_pan_are_linked_and_the_originals_come_only_then(desk: Desk) -> None:
    asked: list[str] = []
    page, _ = open_comparison(desk, viewport={"width": 1440, "height": 800})
    page.on("request", lambda request: asked.append(request.url))
    choose_mode(page, "Side by side")
    expect(page.get_by_role("slider")).to_have_count(0)
    first = lenses(page).first
    box = first.bounding_box()
    assert box
    assert not [url for url in asked if url.endswith("/original")]

    page.mouse.click(box["x"] + box["width"] * 0.4, box["y"] + box["height"] * 0.5)
    expect(page.locator("[data-compare]")).to_have_class(re.compile("is-zoomed"))
    expect(page.locator("[data-zoom-words]")).to_have_text("100 %")
    one, two = middles(page)
    assert one == pytest.approx(two, abs=0.01)

    page.mouse.move(box["x"] + box["width"] * 0.5, box["y"] + box["height"] * 0.5)
    page.mouse.down()
    page.mouse.move(box["x"] + box["width"] * 0.5 - 90, box["y"] + box["height"] * 0.5, steps=5)
    page.mouse.up()
    moved, followed = middles(page)
    assert moved[0] > one[0] + 0.02
    assert moved == pytest.approx(followed, abs=0.01)

    page.keyboard.press("+")
    page.keyboard.press("+")
    expect(page.locator("[data-lens][data-sharp=yes]")).to_have_count(2)
    assert len({url for url in asked if url.endswith("/original")}) == 2
    page.keyboard.press("0")
    expect(page.locator("[data-zoom-words]")).to_have_text("Fit")


def test_pictures_of_different_size_show_the_same_place(desk: Desk) -> None:
    page, _ = open_comparison(desk, 3)
    for _ in range(5):
        page.keyboard.press("+")
    places = middles(page)
    page.keyboard.press("ArrowRight")
    page.keyboard.press("ArrowDown")
    moved = middles(page)
    assert moved[0][0] > places[0][0] and moved[0][1] > places[0][1]
    for place in moved[1:]:
        assert place == pytest.approx(moved[0], abs=0.02)


def test_space_blinks_between_pictures_and_held_it_looks_only_for_a_moment(desk: Desk) -> None:
    page, _ = open_comparison(desk, 3)
    shown = page.locator("[data-lens].is-shown")
    spoken = page.locator("#announcements")
    page.get_by_role("button", name="Blink").click()
    boxes = {str(lens.bounding_box()) for lens in lenses(page).all()}
    assert len(boxes) == 1
    for number in (2, 3, 1):
        page.keyboard.press("Space")
        expect(spoken).to_contain_text(f"Picture {number} of 3")
        expect(shown).to_have_count(1)
        expect(shown.get_by_role("img")).to_have_attribute("alt", PROMPTS[number - 1])
    page.keyboard.press("Space", delay=600)
    expect(spoken).to_contain_text("Picture 1 of 3")
    page.keyboard.press("3")
    expect(spoken).to_contain_text("Picture 3 of 3")
    expect(page.get_by_role("button", name="3", exact=True)).to_have_attribute("aria-pressed", "true")


def test_a_held_space_from_the_slider_leads_to_blinking_and_stays_on_the_picture(desk: Desk) -> None:
    page, _ = open_comparison(desk)
    steps.tab_to(page, page.get_by_role("slider", name="Where picture 1 ends"))
    page.keyboard.press("Space", delay=600)
    expect(page.get_by_role("button", name="Blink")).to_have_attribute("aria-pressed", "true")
    expect(page.get_by_role("button", name="1", exact=True)).to_have_attribute("aria-pressed", "true")
    page.keyboard.press("Space", delay=600)
    expect(page.locator("#announcements")).to_contain_text("Picture 1 of 2")
    page.keyboard.press("Space")
    expect(page.locator("#announcements")).to_contain_text("Picture 2 of 2")


def test_the_table_shows_what_differs_word_by_word(desk: Desk) -> None:
    page, _ = open_comparison(desk)
    table = page.get_by_role("table")
    prompt = table.get_by_role("row").filter(has=page.get_by_role("rowheader", name="Prompt"))
    expect(prompt.locator("del")).to_have_text("red")
    expect(prompt.locator("ins")).to_have_text("white")
    expect(table.get_by_role("rowheader", name="Aspect ratio")).to_have_count(0)
    same = page.get_by_text(re.compile(r"^The same: \d+ settings"))
    expect(page.get_by_text("Aspect ratio", exact=True)).to_be_hidden()
    same.click()
    expect(page.get_by_text("Aspect ratio", exact=True)).to_be_visible()


def test_pictures_are_swapped_put_first_and_taken_out(desk: Desk) -> None:
    page, _ = open_comparison(desk, 3)
    page.get_by_role("link", name="Put picture 3 first").click()
    expect(lenses(page).first.get_by_role("img")).to_have_attribute("alt", PROMPTS[2])
    page.get_by_role("link", name="Take picture 1 out").click()
    expect(lenses(page)).to_have_count(2)
    page.get_by_role("link", name="Swap").click()
    expect(lenses(page).first.get_by_role("img")).to_have_attribute("alt", PROMPTS[1])
    page.get_by_role("link", name="Edit and run").first.click()
    expect(steps.prompt(page)).to_have_value(PROMPTS[1])


def test_f_circles_the_picture_that_is_chosen(desk: Desk) -> None:
    page, _ = open_comparison(desk)
    circle = page.get_by_role("button", name="Circle picture 2")
    page.keyboard.press("2")
    with page.expect_response(re.compile(r"/mark/$")) as answer:
        page.keyboard.press("f")
    assert answer.value.ok
    expect(circle).to_have_attribute("aria-pressed", "true")
    page.reload()
    expect(circle).to_have_attribute("aria-pressed", "true")
    with page.expect_response(re.compile(r"/mark/$")):
        circle.click()
    page.reload()
    expect(circle).to_have_attribute("aria-pressed", "false")


def test_on_a_phone_the_slider_comes_first_and_nothing_scrolls_sideways(desk: Desk) -> None:
    page, _ = open_comparison(desk, viewport={"width": 390, "height": 844}, has_touch=True, is_mobile=True)
    expect(page.get_by_role("slider", name="Where picture 1 ends")).to_be_in_viewport()
    assert steps.width_beyond(page) == 0
    choose_mode(page, "Side by side")
    one, two = (lens.bounding_box() for lens in lenses(page).all())
    assert one and two
    assert one["x"] == two["x"] and two["y"] >= one["y"] + one["height"]
    assert steps.width_beyond(page) == 0


def test_without_a_script_pictures_stand_side_by_side_over_the_table(desk: Desk) -> None:
    page, _ = open_comparison(desk, java_script_enabled=False)
    one, two = (lens.bounding_box() for lens in lenses(page).all())
    assert one and two
    assert one["y"] == two["y"] and two["x"] >= one["x"] + one["width"]
    expect(page.get_by_role("rowheader", name="Prompt")).to_be_visible()
    expect(page.get_by_role("button", name="Blink")).to_be_hidden()
