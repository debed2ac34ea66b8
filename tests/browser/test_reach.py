"""For everybody: without scripts, on a phone, by keyboard alone, in the dark, without motion, with enough contrast."""

from pathlib import Path

import pytest
from playwright.sync_api import ViewportSize, expect

from tests.browser import looks, steps
from tests.browser.desk import Desk, Person
from tests.fake_gateway import make_picture as draw
from tests.faulty_front import FaultyFront
from tests.visitor import PASSWORD, make_picture, wait_until

pytestmark = pytest.mark.browser
PHONE = ViewportSize(width=390, height=844)
PAGES = ["/", "/library/", "/library/?show=trash", "/history/", "/models/", "/profile/", "{image}", "{generation}"]
ADMIN_PAGES = ["/people/", "/admin/", "/admin/gallery/gateway/", "/admin/gallery/imagemodel/", "/admin/gallery/user/"]
LONG_PROMPT = (
    "a lighthouse " + "on an improbably long promontory " * 12 + "Donaudampfschifffahrtsgesellschaftskapitän" * 3
)


@pytest.fixture
def maker(desk: Desk) -> Person:
    return desk.add_person()


def addresses(maker: Person) -> list[str]:
    """Every page of a designer, with something on it that is hard to fit."""
    image = make_picture(maker.visitor, LONG_PROMPT)
    generation = maker.visitor.get(image).text.split('href="/generations/')[1].split('"')[0]
    return [page.format(image=image, generation=f"/generations/{generation}") for page in PAGES]


# Without scripts ---------------------------------------------------------------------------------------------------


def test_without_scripts_one_signs_in_posts_the_form_with_a_file_and_sees_the_picture(
    desk: Desk, maker: Person, tmp_path: Path
) -> None:
    (tmp_path / "reference.png").write_bytes(draw(size=(80, 60)))
    page = desk.open(path="/?model=routellm/flux_kontext", java_script_enabled=False)
    page.get_by_label("User name", exact=True).fill(maker.username)
    page.get_by_label("Password").fill(PASSWORD)
    page.get_by_role("button", name="Sign in").click()
    expect(page.locator('input[name="model"]')).to_have_value("routellm/flux_kontext")
    steps.prompt(page).fill("a weather vane")
    steps.choose(page, "aspect_ratio", "3:2")
    page.locator('input[type=file][name="image_prompt"]').set_input_files(tmp_path / "reference.png")
    steps.generate_button(page).click()
    # A page that is on its way yet cannot be reloaded.
    expect(page.locator("[id^=generation-]")).to_have_count(1)
    picture = page.locator("#generations").get_by_role("img", name="a weather vane")

    def is_there() -> bool:
        page.reload()
        return picture.count() == 1

    wait_until(is_there, "the picture after a reload")
    picture.click()
    expect(page.get_by_role("complementary")).to_contain_text("Made from")
    expect(page.get_by_role("complementary")).to_contain_text("3:2")


def test_without_scripts_a_model_is_found_and_chosen_and_errors_stand_beside_their_fields(
    desk: Desk, maker: Person
) -> None:
    page = desk.open(maker.visitor, java_script_enabled=False)
    page.get_by_role("link", name="Model:").click()
    page.get_by_role("searchbox").fill("midjourney")
    page.keyboard.press("Enter")
    page.get_by_role("link", name="Midjourney").click()
    steps.prompt(page).fill("a cat --ar 16:9")
    steps.generate_button(page).click()
    expect(steps.prompt(page)).to_have_value("a cat --ar 16:9")
    expect(steps.prompt(page)).to_have_attribute("aria-invalid", "true")


# On a phone --------------------------------------------------------------------------------------------------------


def test_no_page_scrolls_sideways_on_a_phone(desk: Desk, maker: Person) -> None:
    page = desk.open(maker.visitor, viewport=PHONE, has_touch=True)
    found = {}
    for address in addresses(maker):
        page.goto(address)
        found[address] = steps.width_beyond(page)
    assert found == dict.fromkeys(found, 0)


def test_no_page_of_the_administrators_scrolls_sideways_on_a_phone(desk: Desk) -> None:
    page = desk.open(desk.administrator, viewport=PHONE, has_touch=True)
    found = {}
    for address in ADMIN_PAGES:
        page.goto(address)
        found[address] = steps.width_beyond(page)
    assert found == dict.fromkeys(found, 0)


def test_the_door_fits_a_phone(desk: Desk) -> None:
    page = desk.open(path="/accounts/login/", viewport=PHONE)
    assert steps.width_beyond(page) == 0
    expect(page.get_by_role("button", name="Sign in")).to_be_in_viewport(ratio=1)


def test_on_a_phone_a_set_up_is_run_from_its_first_line_and_nothing_lies_under_the_button(
    desk: Desk, maker: Person
) -> None:
    page = desk.open(maker.visitor, "/matrix/", viewport=PHONE, has_touch=True)
    run = page.get_by_role("button", name="Run", exact=False).last
    expect(steps.prompt(page)).to_be_in_viewport()
    expect(run).to_be_in_viewport(ratio=1)
    page.get_by_label("Who sees it").click(trial=True)
    assert steps.width_beyond(page) == 0


def test_on_a_phone_generate_is_within_reach_and_every_knob_one_tap_away(desk: Desk, maker: Person) -> None:
    page = desk.open(maker.visitor, "/?model=routellm/flux_kontext", viewport=PHONE, has_touch=True)
    expect(steps.prompt(page)).to_be_in_viewport()
    expect(steps.generate_button(page)).to_be_in_viewport(ratio=1)
    page.get_by_role("button", name="Settings").last.tap()
    steps.choose(page, "aspect_ratio", "9:16")
    steps.show_more(page)
    page.locator('[name="seed"]').fill("5")
    expect(steps.generate_button(page)).to_be_in_viewport(ratio=1)
    steps.prompt(page).fill("a heron in the reeds")
    with page.expect_response(steps.is_submission):
        steps.generate_button(page).tap()
    picture = steps.newest(page).get_by_role("img", name="a heron in the reeds")
    expect(picture).to_be_in_viewport()
    steps.assert_shape(picture, 9 / 16)
    assert steps.width_beyond(page) == 0


def test_on_a_phone_the_closed_form_names_model_and_price_whole(desk: Desk, maker: Person) -> None:
    page = desk.open(maker.visitor, "/?model=routellm/flux_kontext", viewport=PHONE, has_touch=True)
    foot = page.locator("#studio-form footer")
    for words in ("FLUX Kontext", "simulated, costs nothing"):
        expect(foot.get_by_text(words, exact=True)).to_be_in_viewport(ratio=1)
    expect(foot.get_by_label("Who sees it")).to_be_hidden()
    assert looks.cut_words(page, "#studio-form footer") == []
    page.get_by_role("button", name="Settings").last.tap()
    expect(foot.get_by_label("Who sees it")).to_be_visible()


def test_what_one_does_with_a_run_covers_no_words_and_runs_of_a_line_begin_at_one_height(
    desk: Desk, maker: Person
) -> None:
    make_picture(maker.visitor, LONG_PROMPT, image_size="576x768")
    make_picture(maker.visitor, "a heron in the reeds")
    page = desk.open(maker.visitor, "/?model=routellm/flux_pro", viewport={"width": 1440, "height": 900})
    steps.prompt(page).fill("a pier sandbox:refuse")
    steps.generate(page)
    expect(steps.newest(page)).to_have_attribute("data-status", "failed")
    runs = page.locator("[id^=generation-]")
    boxes = [run.bounding_box() for run in runs.all()]
    assert len({round(box["y"]) for box in boxes if box}) == 1
    assert boxes[0] and boxes[1] and boxes[0]["height"] < boxes[1]["height"]
    for run in runs.all()[1:]:
        run.hover()
        again, words = run.get_by_role("button", name="Run again").bounding_box(), run.bounding_box()
        assert again and words and again["y"] >= words["y"] + words["height"]


def test_on_a_phone_a_gateways_figures_that_are_not_known_take_no_room(desk: Desk) -> None:
    page = desk.open(desk.administrator, "/admin/gallery/gateway/")
    credit = page.get_by_text("Credit left").first
    expect(credit).to_be_visible()
    page.set_viewport_size(PHONE)
    expect(credit).to_be_hidden()
    expect(page.get_by_text("Models offered").first).to_be_visible()


# By keyboard alone -------------------------------------------------------------------------------------------------


def test_by_keyboard_alone_one_chooses_a_model_sets_a_knob_generates_and_opens_the_picture(
    desk: Desk, maker: Person
) -> None:
    page = desk.open(maker.visitor)
    page.keyboard.press("Tab")
    expect(page.get_by_role("link", name="Skip to the content")).to_be_focused()
    expect(page.get_by_role("link", name="Skip to the content")).to_be_in_viewport()
    page.keyboard.press("Enter")
    steps.tab_to(page, page.get_by_role("link", name="Model:"))
    page.keyboard.press("Enter")
    expect(page.get_by_role("dialog").get_by_role("searchbox")).to_be_focused()
    page.keyboard.type("ultra")
    page.keyboard.press("ArrowDown")
    page.keyboard.press("Enter")
    expect(page.locator('#studio-form input[name="model"]')).to_have_value("routellm/flux_pro_ultra")

    steps.tab_to(page, steps.prompt(page))
    page.keyboard.press("Control+a")
    page.keyboard.type("a tide clock")
    steps.tab_to(page, page.locator('[name="aspect_ratio"][value="1:1"]'))
    page.keyboard.press("ArrowRight")
    expect(page.locator('[name="aspect_ratio"][value="21:9"]')).to_be_checked()
    steps.tab_to(page, page.locator("summary", has_text="More settings"))
    page.keyboard.press("Enter")
    steps.tab_to(page, page.locator('[name="seed"]'))
    page.keyboard.type("12")
    steps.tab_to(page, steps.generate_button(page))
    page.keyboard.press("Enter")
    picture = steps.newest(page).get_by_role("link", name="a tide clock").filter(has=page.get_by_role("img"))
    expect(picture).to_be_visible()
    steps.tab_to(page, picture)
    page.keyboard.press("Enter")
    expect(page.get_by_role("complementary")).to_contain_text("21:9")


def test_escape_closes_the_picker_and_gives_the_focus_back(desk: Desk, maker: Person) -> None:
    page = desk.open(maker.visitor)
    picker = steps.open_picker(page)
    page.keyboard.press("Escape")
    expect(picker).to_be_hidden()
    expect(page.get_by_role("link", name="Model:")).to_be_focused()


@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_every_stop_of_the_tab_key_is_seen(desk: Desk, maker: Person, scheme: str) -> None:
    make_picture(maker.visitor, "a sundial")
    page = desk.open(maker.visitor, "/?model=routellm/flux_kontext", color_scheme=scheme, reduced_motion="reduce")
    stops = looks.tab_stops(page)
    assert len(stops) > 15
    assert [stop.name for stop in stops if not stop.is_seen] == []


# In the dark, and without motion -----------------------------------------------------------------------------------


def test_the_theme_follows_the_system_until_a_person_chooses_and_then_follows_the_person(
    desk: Desk, maker: Person
) -> None:
    assert looks.is_dark(desk.open(maker.visitor, color_scheme="dark"))
    page = desk.open(maker.visitor, color_scheme="light")
    assert not looks.is_dark(page)
    page.get_by_role("button", name="You").click()
    with page.expect_response("**/profile/theme/"):
        page.get_by_role("button", name="Dark", exact=True).click()
    assert looks.is_dark(page)
    assert looks.is_dark(desk.open(maker.visitor, "/library/", color_scheme="light"))


def test_words_stand_out_from_what_is_behind_them(desk: Desk, maker: Person) -> None:
    page = desk.open(maker.visitor, reduced_motion="reduce")
    found: dict[str, list[str]] = {}
    for address in addresses(maker):
        page.goto(address)
        if faint := looks.faint_words(page):
            found[address] = faint
    assert found == {}


def test_nothing_moves_for_who_asked_for_that(desk: Desk, maker: Person) -> None:
    page = desk.open(maker.visitor, "/?model=routellm/flux_pro", reduced_motion="reduce")
    steps.prompt(page).fill("a pendulum sandbox:slow")
    steps.generate(page)
    expect(steps.newest(page).locator("[data-waiting][data-started]")).to_be_visible()
    assert looks.moving(page) == []
    page.get_by_role("button", name="You").click()
    assert looks.moving(page) == []
    page.keyboard.press("Escape")
    steps.open_picker(page)
    assert looks.moving(page) == []
    page.keyboard.press("Escape")
    steps.newest(page).get_by_role("button", name="Cancel").click()
    expect(steps.newest(page)).to_have_attribute("data-status", "cancelled")


def test_nothing_jumps_while_a_page_loads(desk: Desk, maker: Person) -> None:
    page = desk.open(maker.visitor)
    found = {}
    for address in addresses(maker):
        found[address] = looks.shift_of(page, address)
    assert {address: shift for address, shift in found.items() if shift > 0.01} == {}


@pytest.mark.parametrize(
    ("path", "begin", "width"),
    [
        ("/library/", 'id="library-tools" popover>', 1280),
        ("/library/", 'id="library-tools" popover>', 390),
        ("/library/", "data-wall-head>", 390),
    ],
)
def test_nothing_jumps_where_a_page_comes_in_halves(
    desk: Desk, maker: Person, path: str, begin: str, width: int
) -> None:
    """A slow line or a slow computer: what is drawn early stays where it is."""
    page = desk.open(maker.visitor, path, viewport={"width": width, "height": 844})
    with FaultyFront(desk.studio.address) as front:
        front.halts_after = begin.encode()
        page.goto(front.address + path, wait_until="commit")
        wait_until(front.has_halted.is_set, "half of the page")
        page.wait_for_timeout(600)
        front.may_go_on.set()
        page.wait_for_load_state("networkidle")
        assert looks.jumped(page) < 0.001
