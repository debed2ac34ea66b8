"""axe-core finds nothing serious on any page, light and dark, in its usual state and with what floats over it open."""

import pytest
from axe_playwright_python.sync_playwright import Axe
from playwright.sync_api import Page, expect

from tests.browser import steps
from tests.browser.desk import Desk, Person
from tests.browser.walls import wait_for_wall
from tests.visitor import make_board, make_picture, save_search

pytestmark = pytest.mark.browser
GRAVE = ("serious", "critical")
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


@pytest.fixture
def maker(desk: Desk) -> Person:
    return desk.add_person()


def grave_findings(page: Page) -> list[str]:
    """Each serious or critical violation with the first elements that have it."""
    response = Axe().run(page).response
    assert len(response["passes"]) > 10
    return [
        f"{violation['id']}: {violation['help']} {[node['html'][:160] for node in violation['nodes'][:3]]}"
        for violation in response["violations"]
        if violation["impact"] in GRAVE
    ]


def addresses(maker: Person) -> list[str]:
    image = make_picture(maker.visitor, "a sundial in a walled garden")
    generation = maker.visitor.get(image).text.split('href="/generations/')[1].split('"')[0]
    made = {
        "image": image,
        "generation": f"/generations/{generation}",
        "board": make_board(maker.visitor, "Sundials", [image]),
        "empty_board": make_board(maker.visitor, "Later"),
        "smart_board": save_search(maker.visitor, "sundial"),
    }
    return [page.format(**made) for page in PAGES]


@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_no_page_of_a_designer_has_a_serious_barrier(desk: Desk, maker: Person, scheme: str) -> None:
    page = desk.open(maker.visitor, color_scheme=scheme, reduced_motion="reduce")
    found = {}
    for address in addresses(maker):
        page.goto(address)
        if findings := grave_findings(page):
            found[address] = findings
    assert found == {}


@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_no_page_of_an_administrator_has_a_serious_barrier(desk: Desk, scheme: str) -> None:
    page = desk.open(desk.administrator, color_scheme=scheme, reduced_motion="reduce")
    found = {}
    for address in ADMIN_PAGES:
        page.goto(address)
        if findings := grave_findings(page):
            found[address] = findings
    assert found == {}


@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_the_door_has_no_serious_barrier(desk: Desk, scheme: str) -> None:
    page = desk.open(path="/accounts/login/", color_scheme=scheme, reduced_motion="reduce")
    assert grave_findings(page) == []


def test_the_model_picker_and_menus_have_no_serious_barrier(desk: Desk, maker: Person) -> None:
    page = desk.open(maker.visitor, reduced_motion="reduce")
    steps.open_picker(page)
    assert grave_findings(page) == []
    page.keyboard.press("Escape")
    page.get_by_role("button", name="You").click()
    assert grave_findings(page) == []


@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_open_filters_and_the_saving_dialog_have_no_serious_barrier(desk: Desk, maker: Person, scheme: str) -> None:
    make_picture(maker.visitor, "a sundial in a walled garden")
    page = desk.open(maker.visitor, "/library/?show=mine&since=today", color_scheme=scheme, reduced_motion="reduce")
    for name in ("Model", "Person", "Date", "Shape", "Colour", "More filters"):
        page.get_by_role("search").get_by_role("button", name=name).first.click()
        panel = page.get_by_role("dialog", name=name)
        expect(panel.get_by_role("checkbox").or_(panel.get_by_role("radio")).first).to_be_attached()
        assert grave_findings(page) == [], name
        page.keyboard.press("Escape")
    page.get_by_role("link", name="Save as smart board").click()
    expect(page.get_by_role("dialog", name="Save as smart board")).to_be_visible()
    assert grave_findings(page) == []


@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_selecting_its_dialogs_and_the_keys_have_no_serious_barrier(desk: Desk, maker: Person, scheme: str) -> None:
    make_picture(maker.visitor, "a sundial in a walled garden")
    page = desk.open(maker.visitor, "/library/", color_scheme=scheme, reduced_motion="reduce")
    wait_for_wall(page)
    page.keyboard.press("Control+a")
    expect(page.get_by_role("region", name="Selected pictures")).to_be_visible()
    assert grave_findings(page) == []
    for key in ("t", "b", "?"):
        page.keyboard.press(key)
        expect(page.locator("dialog[open]")).to_be_visible()
        page.wait_for_timeout(200)
        assert grave_findings(page) == []
        page.locator("dialog[open]").get_by_role("button", name="Close").click()
        expect(page.locator("dialog[open]")).to_have_count(0)


@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_the_lightbox_and_its_panel_have_no_serious_barrier(desk: Desk, maker: Person, scheme: str) -> None:
    make_picture(maker.visitor, "a sundial in a walled garden")
    page = desk.open(maker.visitor, "/library/?show=mine", color_scheme=scheme, reduced_motion="reduce")
    page.locator("[data-wall] .shot-link").first.click()
    lightbox = page.get_by_role("dialog", name="Picture over the wall")
    lightbox.get_by_role("button", name="About this picture").click()
    expect(lightbox.get_by_role("link", name="Edit and run")).to_be_visible()
    assert grave_findings(page) == []


@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_comparing_has_no_serious_barrier(desk: Desk, maker: Person, scheme: str) -> None:
    paths = [make_picture(maker.visitor, f"a sundial in a walled garden, {light}") for light in ("noon", "dusk")]
    ids = ",".join(path.strip("/").split("/")[-1] for path in paths)
    page = desk.open(maker.visitor, f"/compare/?images={ids}", color_scheme=scheme, reduced_motion="reduce")
    for mode in ("Side by side", "Blink", "Slider"):
        page.get_by_role("button", name=mode).click()
        assert grave_findings(page) == [], mode
