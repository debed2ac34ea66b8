"""axe-core finds nothing serious on any page, light and dark, in its usual state and with what floats over it open."""

import re

import pytest
from playwright.sync_api import Browser, expect

from tests.browser import steps
from tests.browser.barriers import grave_findings
from tests.browser.desk import Desk, Person
from tests.browser.walls import wait_for_wall
from tests.running_studio import Studio
from tests.visitor import Visitor, make_board, make_picture, number_of, save_search

pytestmark = pytest.mark.browser
PAGES = [
    "/",
    "/models/",
    "/compare/models/",
    "/library/",
    "/library/?q=no+such+words",
    "/library/?show=trash",
    "/import/",
    "/history/",
    "/analysis/",
    "/profile/",
    "/accounts/again/",
    "/tokens/",
    "/mentions/",
    "/tags/",
    "/presets/",
    "/words/",
    "/boards/",
    "/boards/new/",
    "{board}",
    "{empty_board}",
    "{smart_board}",
    "/shares/",
    "/trash/empty/",
    "{image}",
    "{generation}",
]
ADMIN_PAGES = ["/people/", "/admin/", "/admin/gallery/gateway/", "/admin/gallery/imagemodel/", "/admin/gallery/user/"]
ADMIN_PAGES += [f"/admin/gallery/imagemodel/{page}/" for page in ("1/spec", "1/versions", "gateways")]


@pytest.fixture(scope="module")
def maker(browser: Browser, studio_server: Studio, administrator: Visitor) -> Person:
    """A designer with two pictures."""
    person = Desk(browser, studio_server, administrator).add_person()
    for words in ("a sundial at dusk", "a sundial in a walled garden"):
        make_picture(person.visitor, words)
    return person


def pictures(maker: Person) -> list[str]:
    """The pages of the maker's pictures, the newest first."""
    found = re.findall(r'href="(/images/\d+/)', maker.visitor.get("/library/?show=mine").text)
    return list(dict.fromkeys(found))


def addresses(maker: Person) -> list[str]:
    image = pictures(maker)[0]
    generation = maker.visitor.get(image).text.split('href="/generations/')[1].split('"')[0]
    made = {
        "image": image,
        "generation": f"/generations/{generation}",
        "board": make_board(maker.visitor, "Sundials", [image]),
        "empty_board": make_board(maker.visitor, "Later"),
        "smart_board": save_search(maker.visitor, "sundial"),
    }
    return [page.format(**made) for page in PAGES]


def test_no_page_of_a_designer_has_a_serious_barrier(desk: Desk, maker: Person) -> None:
    page = desk.open(maker.visitor, reduced_motion="reduce")
    found = {}
    for address in addresses(maker):
        page.goto(address)
        if findings := grave_findings(page):
            found[address] = findings
    assert found == {}


def test_no_page_of_an_administrator_has_a_serious_barrier(desk: Desk) -> None:
    page = desk.open(desk.administrator, reduced_motion="reduce")
    found = {}
    for address in ADMIN_PAGES:
        page.goto(address)
        if findings := grave_findings(page):
            found[address] = findings
    assert found == {}


def test_the_door_has_no_serious_barrier(desk: Desk) -> None:
    page = desk.open(path="/accounts/login/", reduced_motion="reduce")
    assert grave_findings(page) == []


def test_the_model_picker_and_menus_have_no_serious_barrier(desk: Desk, maker: Person) -> None:
    page = desk.open(maker.visitor, reduced_motion="reduce")
    picker = steps.open_picker(page)
    assert grave_findings(page) == []
    page.keyboard.press("Escape")
    expect(picker).to_be_hidden()
    page.get_by_role("button", name="You").click()
    expect(page.get_by_role("link", name="Mentions")).to_be_visible()
    assert grave_findings(page) == []


def test_open_filters_and_the_saving_dialog_have_no_serious_barrier(desk: Desk, maker: Person) -> None:
    page = desk.open(maker.visitor, "/library/?show=mine&since=today", reduced_motion="reduce")
    for name in ("Model", "Person", "Date", "Shape", "Colour", "More filters"):
        page.get_by_role("search").get_by_role("button", name=name).first.click()
        panel = page.get_by_role("dialog", name=name)
        expect(panel.get_by_role("checkbox").or_(panel.get_by_role("radio")).first).to_be_attached()
        assert grave_findings(page) == [], name
        page.keyboard.press("Escape")
        expect(panel).to_be_hidden()
    page.get_by_role("link", name="Save as smart board").click()
    expect(page.get_by_role("dialog", name="Save as smart board")).to_be_visible()
    assert grave_findings(page) == []


def test_selecting_its_dialogs_and_the_keys_have_no_serious_barrier(desk: Desk, maker: Person) -> None:
    page = desk.open(maker.visitor, "/library/", reduced_motion="reduce")
    wait_for_wall(page)
    page.keyboard.press("Control+a")
    expect(page.get_by_role("region", name="Selected pictures")).to_be_visible()
    assert grave_findings(page) == []
    for key in ("t", "b", "?"):
        page.keyboard.press(key)
        opened = page.locator("dialog[open]")
        expect(opened.get_by_role("button", name="Close")).to_be_visible()
        assert grave_findings(page) == []
        opened.get_by_role("button", name="Close").click()
        expect(opened).to_have_count(0)


def test_the_lightbox_and_its_panel_have_no_serious_barrier(desk: Desk, maker: Person) -> None:
    page = desk.open(maker.visitor, "/library/?show=mine", reduced_motion="reduce")
    page.locator("[data-wall] .shot-link").first.click()
    lightbox = page.get_by_role("dialog", name="Picture over the wall")
    lightbox.get_by_role("button", name="About this picture").click()
    expect(lightbox.get_by_role("link", name="Edit and run")).to_be_visible()
    assert grave_findings(page) == []


def test_comparing_has_no_serious_barrier(desk: Desk, maker: Person) -> None:
    ids = ",".join(map(number_of, pictures(maker)))
    page = desk.open(maker.visitor, f"/compare/?images={ids}", reduced_motion="reduce")
    for mode in ("Side by side", "Blink", "Slider"):
        page.get_by_role("button", name=mode).click()
        expect(page.get_by_role("button", name=mode)).to_have_attribute("aria-pressed", "true")
        assert grave_findings(page) == [], mode
