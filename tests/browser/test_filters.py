"""Finding in the library: by words and filters, by pointer and by keyboard, on a phone, and what is found kept as a board."""

import re

import pytest
from playwright.sync_api import Locator, Page, expect

from gallery.images import traits
from tests.browser import looks, steps
from tests.browser.desk import Desk, Person
from tests.visitor import Visitor, make_picture, wait_until

pytestmark = pytest.mark.browser

PHONE = {"viewport": {"width": 390, "height": 844}, "has_touch": True, "is_mobile": True, "reduced_motion": "reduce"}
TILES = "#found [data-tile]"


@pytest.fixture(scope="module")
def pictures() -> dict[str, str]:
    """What `finder` makes: words of the prompt and the model each was made by."""
    return {
        "a kettle on a stove": "routellm/flux_pro",
        "a kettle in the snow": "routellm/flux_kontext",
        "a ladder by a wall": "routellm/flux_pro",
    }


@pytest.fixture(scope="module")
def finders() -> dict[str, Person]:
    return {}


@pytest.fixture
def finder(desk: Desk, pictures: dict[str, str], finders: dict[str, Person]) -> Person:
    """A designer with three pictures, made once."""
    if "finder" not in finders:
        person = finders["finder"] = desk.add_person("Fay Finder")
        for words, model in pictures.items():
            make_picture(person.visitor, words, model)
    return finders["finder"]


def shown(page: Page) -> Locator:
    return page.locator(TILES)


def search_box(page: Page) -> Locator:
    return page.get_by_role("searchbox", name="Search the library")


def chip(page: Page, name: str) -> Locator:
    return page.get_by_role("search").get_by_role("button", name=re.compile(f"^{name}"))


def announced(page: Page) -> Locator:
    return page.locator("#announcements")


def model(within: Page | Locator, name: str) -> Locator:
    """A model in its filter's list, called by its name and how many pictures it has."""
    return within.get_by_role("checkbox", name=re.compile(rf"^{name} \d+$"))


def swatch_of(visitor: Visitor, words: str) -> str:
    """The colour by which the library finds a picture."""
    return next(name for name in traits.SWATCHES if words in visitor.get(f"/library/?show=mine&colour={name}").text)


def test_filters_narrow_the_wall_by_pointer_and_leave_it_again(desk: Desk, finder: Person) -> None:
    page = desk.open(finder.visitor, "/library/?show=mine")
    expect(shown(page)).to_have_count(3)
    page.evaluate("window.stayed = true")
    chip(page, "Model").click()
    panel = page.get_by_role("dialog", name="Model")
    panel.get_by_role("searchbox").press_sequentially("kontext")
    expect(panel.get_by_role("checkbox")).to_have_count(1)
    model(panel, "FLUX Kontext").click()
    expect(shown(page)).to_have_count(1)
    expect(chip(page, "Model")).to_contain_text("FLUX Kontext")
    expect(page).to_have_url(re.compile(r"/library/\?show=mine&model=routellm/flux_kontext$"))
    expect(announced(page)).to_have_text("1 picture")
    panel.get_by_role("searchbox").fill("")
    model(panel, "FLUX Pro").click()
    expect(shown(page)).to_have_count(3)
    page.keyboard.press("Escape")
    expect(panel).to_be_hidden()

    page.get_by_role("link", name="Clear: Model").click()
    expect(page).to_have_url(re.compile(r"/library/\?show=mine$"))
    page.get_by_role("link", name="Clear: Person").click()
    expect(page).to_have_url(re.compile(r"/library/$"))
    assert page.evaluate("window.stayed"), "the page was loaded anew"


def test_by_keyboard_alone_a_filter_is_set_and_the_focus_stays(desk: Desk, finder: Person) -> None:
    page = desk.open(finder.visitor, "/library/?show=mine")
    steps.tab_to(page, chip(page, "Model"))
    page.keyboard.press("Enter")
    panel = page.get_by_role("dialog", name="Model")
    expect(panel.get_by_role("searchbox")).to_be_focused()
    expect(panel.get_by_role("checkbox")).not_to_have_count(0)
    page.keyboard.type("kontext")
    expect(panel.get_by_role("checkbox")).to_have_count(1)
    page.keyboard.press("ArrowDown")
    expect(panel.get_by_role("checkbox")).to_be_focused()
    page.keyboard.press("Space")
    expect(shown(page)).to_have_count(1)
    expect(panel.get_by_role("checkbox")).to_be_focused()
    page.keyboard.press("Escape")
    expect(chip(page, "Model")).to_be_focused()
    page.keyboard.press("Tab")
    expect(page.get_by_role("link", name="Clear: Model")).to_be_focused()
    page.keyboard.press("Enter")
    expect(shown(page)).to_have_count(3)
    expect(chip(page, "Model")).to_be_focused()


def test_a_search_finds_as_one_types_and_is_one_step_back(desk: Desk, finder: Person) -> None:
    page = desk.open(finder.visitor, "/library/?show=mine")
    expect(shown(page)).to_have_count(3)
    search_box(page).press_sequentially("kettle", delay=120)
    expect(shown(page)).to_have_count(2)
    expect(search_box(page)).to_be_focused()
    expect(page.get_by_role("search")).to_contain_text("2 pictures")
    search_box(page).press_sequentially(" snow")
    expect(shown(page)).to_have_count(1)
    page.go_back()
    expect(page).to_have_url(re.compile(r"show=mine$"))
    expect(shown(page)).to_have_count(3)
    expect(search_box(page)).to_have_value("")
    page.go_forward()
    expect(search_box(page)).to_have_value("kettle snow")
    expect(shown(page)).to_have_count(1)
    page.get_by_role("link", name="Clear all").click()
    expect(page).to_have_url(re.compile(r"/library/$"))
    expect(search_box(page)).to_have_value("")
    expect(search_box(page)).to_be_focused()


def test_back_and_forward_go_through_filters(desk: Desk, finder: Person) -> None:
    page = desk.open(finder.visitor, "/library/?show=mine")
    chip(page, "Date").click()
    page.get_by_role("radio", name="Last 7 days").click()
    expect(chip(page, "Date")).to_contain_text("Last 7 days")
    page.keyboard.press("Escape")
    chip(page, "Circled").click()
    page.get_by_role("radio", name="By me").click()
    expect(page.get_by_role("heading", name="No picture fits")).to_be_visible()
    page.go_back()
    expect(shown(page)).to_have_count(3)
    expect(chip(page, "Date")).to_contain_text("Last 7 days")
    expect(chip(page, "Circled")).to_have_text("Circled")
    page.go_back()
    expect(chip(page, "Date")).to_have_text("Date")
    page.go_forward()
    expect(chip(page, "Date")).to_contain_text("Last 7 days")
    page.go_forward()
    expect(chip(page, "Circled")).to_contain_text("By me")
    expect(shown(page)).to_have_count(0)


def test_a_swatch_finds_pictures_of_its_colour(desk: Desk, finder: Person, pictures: dict[str, str]) -> None:
    words = next(iter(pictures))
    name = swatch_of(finder.visitor, words)
    page = desk.open(finder.visitor, "/library/?show=mine")
    chip(page, "Colour").click()
    page.get_by_role("checkbox", name=name.capitalize()).click()
    expect(page.locator(TILES).get_by_role("img", name=words)).to_be_visible()
    expect(chip(page, "Colour")).to_contain_text(name.capitalize())
    expect(page).to_have_url(re.compile(f"colour={name}$"))


def test_dates_and_spans_and_costs_let_go_of_each_other(desk: Desk, finder: Person) -> None:
    page = desk.open(finder.visitor, "/library/?show=mine&since=today")
    chip(page, "Date").click()
    panel = page.get_by_role("dialog", name="Date")
    panel.get_by_label("From").fill("2020-02-01")
    expect(page).to_have_url(re.compile(r"since=2020-02-01"))
    expect(panel.get_by_role("radio", name="Today")).not_to_be_checked()
    panel.get_by_role("radio", name="This year").click()
    expect(page).to_have_url(re.compile(r"since=year"))
    expect(panel.get_by_label("From")).to_have_value("")
    page.keyboard.press("Escape")
    chip(page, "More filters").click()
    more = page.get_by_role("dialog", name="More filters")
    more.get_by_role("textbox", name="From").fill("0.02")
    more.get_by_role("textbox", name="To").press("Tab")
    expect(page).to_have_url(re.compile(r"cost=0.02-&unit=usd"))
    more.get_by_role("checkbox", name="Unknown").click()
    expect(page).to_have_url(re.compile(r"cost=unknown"))
    expect(more.get_by_role("textbox", name="From")).to_have_value("")
    page.keyboard.press("Escape")
    chip(page, "Cost of the run").click()
    expect(more).to_be_visible()


def test_what_is_found_is_kept_as_a_smart_board(desk: Desk) -> None:
    keeper = desk.add_person("Kay Keeper")
    make_picture(keeper.visitor, "a samovar of brass")
    page = desk.open(keeper.visitor, "/library/?q=samovar")
    page.get_by_role("link", name="Save as smart board").click()
    dialog = page.get_by_role("dialog", name="Save as smart board")
    expect(dialog.get_by_label("Name")).to_be_focused()
    dialog.get_by_label("Name").fill(" ")
    dialog.get_by_role("button", name="Save").click()
    expect(dialog).to_contain_text("Give the board a name.")
    dialog.get_by_label("Name").fill("Every samovar")
    dialog.get_by_role("button", name="Save").click()
    page.wait_for_url(re.compile(r"/boards/\d+/$"))
    expect(page.get_by_role("main")).to_contain_text("Every samovar")
    expect(page.locator("[data-tile]")).to_have_count(1)
    make_picture(keeper.visitor, "a samovar of copper")
    page.reload()
    expect(page.locator("[data-tile]")).to_have_count(2)
    teammate = desk.open_new("/boards/")
    expect(teammate.get_by_role("main")).to_contain_text("Every samovar")


def edges(part: Locator) -> tuple[int, int, int]:
    """Left, width and foot."""
    box = part.bounding_box()
    assert box
    return round(box["x"]), round(box["width"]), round(box["y"] + box["height"])


def test_on_a_phone_the_chips_scroll_in_one_row_and_filters_are_a_sheet(desk: Desk, finder: Person) -> None:
    page = desk.open(finder.visitor, "/library/?show=mine", **PHONE)
    expect(shown(page).nth(1)).to_be_attached()
    assert steps.width_beyond(page) <= 0
    tops = page.locator("#finder-row > :not([type=submit])").evaluate_all(
        "parts => parts.map((part) => Math.round(part.getBoundingClientRect().top))"
    )
    assert max(tops) - min(tops) < 12
    chip(page, "Model").tap()
    panel = page.get_by_role("dialog", name="Model")
    wait_until(lambda: edges(panel) == (0, 390, 844), "the sheet at rest at the foot")
    model(panel, "FLUX Kontext").tap()
    panel.get_by_role("button", name="Done").tap()
    expect(panel).to_be_hidden()
    expect(shown(page)).to_have_count(1)
    assert steps.width_beyond(page) <= 0


def test_without_scripts_filters_are_a_form_and_long_lists_pages(desk: Desk, finder: Person) -> None:
    page = desk.open(finder.visitor, "/library/?show=mine", java_script_enabled=False)
    chip(page, "Model").click()
    page.get_by_role("dialog", name="Model").get_by_role("link", name="Show the list").click()
    model(page, "FLUX Kontext").click()
    page.get_by_role("button", name="Show", exact=True).click()
    expect(page.locator(TILES)).to_have_count(1)
    chip(page, "Date").click()
    panel = page.get_by_role("dialog", name="Date")
    below, button = panel.bounding_box(), chip(page, "Date").bounding_box()
    assert below and button
    assert abs(below["x"] - button["x"]) < 2 and 0 < below["y"] - button["y"] - button["height"] < 12
    panel.get_by_role("radio", name="Today").click()
    panel.get_by_role("button", name="Show").click()
    expect(chip(page, "Date")).to_contain_text("Today")
    page.get_by_role("link", name="Clear: Model").click()
    expect(page.locator(TILES)).not_to_have_count(1)
    page.get_by_role("link", name="Save as smart board").click()
    page.get_by_label("Name").fill("Kept without a script")
    page.get_by_role("button", name="Save").click()
    expect(page.get_by_role("main")).to_contain_text("Kept without a script")


def test_the_history_is_filtered_in_place(desk: Desk, finder: Person) -> None:
    page = desk.open(finder.visitor, "/history/?show=mine")
    lines = page.get_by_role("main").locator('a[href^="/generations/"]')
    before = lines.count()
    chip(page, "Model").click()
    page.get_by_role("dialog", name="Model").get_by_role("checkbox", name="FLUX Kontext", exact=True).click()
    expect(lines).to_have_count(1)
    expect(announced(page)).to_have_text("1 run")
    page.go_back()
    expect(lines).to_have_count(before)


def test_words_of_open_filters_stand_out(desk: Desk, finder: Person) -> None:
    page = desk.open(finder.visitor, "/history/?show=mine&status=succeeded", reduced_motion="reduce")
    for name in ("Model", "Date", "Status", "More filters"):
        chip(page, name).click()
        expect(page.locator(".filter-panel:popover-open")).to_have_count(1)
        assert looks.faint_words(page) == [], name
        page.keyboard.press("Escape")
