"""A link is made by its owner, and opened by somebody without an account in another browser, on a desk and on a phone."""

import re

import pytest
from playwright.sync_api import Locator, Page, expect

from tests.browser import steps
from tests.browser.barriers import grave_findings
from tests.browser.desk import Desk, Person
from tests.browser.test_lightbox import swipe
from tests.running_studio import manage
from tests.visitor import join, make_picture

pytestmark = pytest.mark.browser
PHONE = {"width": 390, "height": 844}


@pytest.fixture
def maker(desk: Desk) -> Person:
    return desk.add_person()


def open_panel(page: Page, image: str) -> Locator:
    page.goto(image)
    page.get_by_role("link", name="Share a link").click()
    panel = page.get_by_role("dialog", name="Share")
    expect(panel.get_by_role("heading", name="Share this picture")).to_be_visible()
    return panel


def make_link(panel: Locator) -> str:
    panel.get_by_role("button", name="Make a link").click()
    field = panel.get_by_role("textbox", name="Link")
    expect(field).to_be_visible()
    return field.input_value()


def share(page: Page, *images: str, **options: str) -> str:
    """A link to these pictures, by the form as it is without scripts; its path."""
    page.goto(f"/shares/new/?image={images[0].split('/')[2]}")
    ids = ",".join(image.split("/")[2] for image in images)
    page.locator('input[name="ids"]').evaluate("(field, ids) => { field.value = ids; }", ids)
    for name, value in options.items():
        field = page.locator(f'[name="{name}"]')
        field.set_checked(True) if value == "on" else field.fill(value)
    form = page.locator(".share-form")
    form.evaluate("form => HTMLFormElement.prototype.submit.call(form)")
    expect(page).to_have_url(re.compile(r"/shares/\d+/"))
    return page.get_by_role("textbox", name="Link").input_value()


def test_a_link_is_made_beside_the_picture_and_opens_signed_out(desk: Desk, maker: Person) -> None:
    image = make_picture(maker.visitor, "a lantern on a jetty")
    page = desk.open(maker.visitor, image)
    panel = open_panel(page, image)
    assert grave_findings(page) == []
    panel.get_by_text("Show the prompts").click()
    link = make_link(panel)
    expect(panel.get_by_text("The link works.")).to_be_visible()
    page.keyboard.press("Escape")
    expect(panel).to_be_hidden()
    visitor = desk.open(path=link)
    steps.assert_loaded(visitor.get_by_role("img", name="a lantern on a jetty"))
    expect(visitor.get_by_text("Made with Proofsheet")).to_be_visible()
    panel = open_panel(page, image)
    expect(panel.get_by_text("Seen once, last just now")).to_be_visible()


def test_pictures_open_large_over_the_page_and_are_walked_through_by_keys(desk: Desk, maker: Person) -> None:
    images = [make_picture(maker.visitor, f"a paper boat, number {number}") for number in range(3)]
    link = share(desk.open(maker.visitor), *images, title="Boats for Anna", shows_prompts="on", allows_download="on")
    page = desk.open(path=link, reduced_motion="reduce")
    expect(page.get_by_role("heading", name="Boats for Anna")).to_be_visible()
    assert grave_findings(page) == []
    first = page.get_by_role("link", name="a paper boat, number 2")
    steps.tab_to(page, first)
    page.keyboard.press("Enter")
    viewer = page.get_by_role("dialog", name="One picture")
    expect(viewer.locator("p", has_text="a paper boat, number 2").first).to_be_visible()
    page.keyboard.press("ArrowRight")
    expect(viewer.locator("p", has_text="a paper boat, number 1").first).to_be_visible()
    expect(viewer.get_by_text("2 of 3", exact=True)).to_be_visible()
    expect(page).to_have_url(re.compile(f"{link}{images[1].split('/')[2]}/$"))
    assert grave_findings(page) == []
    with page.expect_download() as download:
        viewer.get_by_role("link", name="Download").click()
    assert re.fullmatch(r"picture-\d+\.(png|jpg|webp)", download.value.suggested_filename)
    page.keyboard.press("Escape")
    expect(viewer).to_be_hidden()
    expect(page.get_by_role("link", name="a paper boat, number 1")).to_be_focused()


def test_on_a_phone_a_swipe_steps_and_nothing_is_shown_that_was_not_allowed(desk: Desk, maker: Person) -> None:
    images = [make_picture(maker.visitor, f"a tin whistle, number {number}") for number in range(2)]
    link = share(desk.open(maker.visitor), *images)
    page = desk.open(path=link, viewport=PHONE, has_touch=True, is_mobile=True, reduced_motion="reduce")
    page.get_by_role("link", name="Picture 1").tap()
    viewer = page.get_by_role("dialog", name="One picture")
    expect(viewer.get_by_text("1 of 2", exact=True)).to_be_visible()
    expect(viewer.get_by_role("group").locator('img[alt="Picture 1"]')).to_be_visible()
    swipe(page, -260)
    expect(viewer.get_by_text("2 of 2", exact=True)).to_be_visible()
    expect(viewer.get_by_role("link", name="Download")).to_have_count(0)
    assert "tin whistle" not in page.content()
    assert steps.width_beyond(page) == 0
    viewer.get_by_role("button", name="Close").tap()
    expect(viewer).to_be_hidden()
    expect(page).to_have_url(link)


def test_a_picture_has_a_page_of_its_own_without_scripts(desk: Desk, maker: Person) -> None:
    images = [make_picture(maker.visitor, f"a copper kettle, number {number}") for number in range(2)]
    link = share(desk.open(maker.visitor), *images, shows_prompts="on")
    page = desk.open(path=link, java_script_enabled=False)
    page.get_by_role("link", name="a copper kettle, number 1").click()
    steps.assert_loaded(page.get_by_role("img", name="a copper kettle, number 1"))
    page.get_by_role("link", name="Next picture").click()
    steps.assert_loaded(page.get_by_role("img", name="a copper kettle, number 0"))
    page.get_by_role("link", name="All pictures").click()
    expect(page).to_have_url(link)


def test_arrow_keys_turn_the_large_pages(desk: Desk, maker: Person) -> None:
    images = [make_picture(maker.visitor, f"a glass marble, number {number}") for number in range(2)]
    link = share(desk.open(maker.visitor), *images, shows_prompts="on")
    page = desk.open(path=f"{link}{images[1].split('/')[2]}/", reduced_motion="reduce")
    assert grave_findings(page) == []
    steps.press(page, "ArrowRight")
    expect(page.get_by_role("img", name="a glass marble, number 0")).to_be_visible()
    steps.press(page, "ArrowLeft")
    expect(page.get_by_role("img", name="a glass marble, number 1")).to_be_visible()
    steps.wait_for_scripts(page)
    page.get_by_role("img", name="a glass marble, number 1").click()
    expect(page.get_by_role("dialog")).to_be_visible()
    page.keyboard.press("Escape")
    expect(page.get_by_role("dialog")).to_be_hidden()


def test_a_password_is_asked_once_on_a_phone(desk: Desk, maker: Person) -> None:
    image = make_picture(maker.visitor, "a locked garden gate")
    link = share(desk.open(maker.visitor), image, title="The secret garden", password="sunflower", shows_prompts="on")
    page = desk.open(path=link, viewport=PHONE)
    assert "garden" not in page.content()
    assert grave_findings(page) == []
    password = page.get_by_label("Password")
    expect(password).to_be_focused()
    password.fill("a wrong one")
    password.press("Enter")
    expect(page.get_by_text("That is not the password")).to_be_visible()
    password.fill("sunflower")
    page.get_by_role("button", name="Open").click()
    steps.assert_loaded(page.get_by_role("img", name="a locked garden gate"))
    assert steps.width_beyond(page) == 0
    page.reload()
    expect(page.get_by_role("img", name="a locked garden gate")).to_be_visible()
    expect(desk.open(path=link, viewport=PHONE).get_by_label("Password")).to_be_visible()


def test_a_link_that_is_ended_is_gone_for_who_has_it_open(desk: Desk, maker: Person) -> None:
    image = make_picture(maker.visitor, "a candle going out")
    owner = desk.open(maker.visitor)
    link = share(owner, image)
    visitor = desk.open(path=link)
    expect(visitor.get_by_role("img")).to_have_count(1)
    owner.reload()
    owner.get_by_role("button", name="End the link").click()
    ask = owner.get_by_role("dialog", name="End the link")
    expect(ask.get_by_text("It was seen once, last just now.")).to_be_visible()
    assert grave_findings(owner) == []
    ask.get_by_role("button", name="End it for everybody").click()
    expect(owner.get_by_text("The link no longer works.")).to_be_visible()
    desk.expect_status(404, "/s/")
    visitor.reload()
    expect(visitor.get_by_role("heading", name="This link does not work")).to_be_visible()


def test_the_list_is_used_on_a_phone(desk: Desk, maker: Person) -> None:
    image = make_picture(maker.visitor, "a pocket map")
    page = desk.open(maker.visitor, viewport=PHONE)
    share(page, image, title="Maps")
    page.get_by_role("button", name="You").click()
    page.get_by_role("navigation", name="Main").get_by_role("link", name="Shared links").click()
    expect(page.locator("strong", has_text=re.compile("^Maps$"))).to_be_visible()
    assert steps.width_beyond(page) == 0
    page.get_by_role("link", name="Change Maps").click()
    page.get_by_text("Allow downloads").click()
    page.get_by_role("button", name="Save").click()
    expect(page.get_by_role("switch", name="Allow downloads")).to_be_checked()
    assert steps.width_beyond(page) == 0


def test_a_long_page_goes_on_by_itself_and_by_its_link_without_scripts(fresh_desk: Desk) -> None:
    studio = fresh_desk.studio
    visitor = join(studio.address, studio.setup_path, "ada", "Ada Lovelace")
    seeded = manage(studio.data_folder, "seed_library", "--images", "130", "--files", "12")
    assert seeded.returncode == 0, seeded.stderr
    owner = fresh_desk.open(visitor, "/shares/new/?all=1&query=stacks%3Doff")
    owner.get_by_role("button", name="Make a link").click()
    link = owner.get_by_role("textbox", name="Link").input_value()
    wide = fresh_desk.open(path=link)
    wide.get_by_role("link", name="Picture 1", exact=True).click()
    wide.keyboard.press("End")
    page = fresh_desk.open(path=link, viewport=PHONE)
    # Some of what is seeded lies in the trash.
    total = int(page.get_by_text(re.compile(r"^1\d\d pictures$")).inner_text().split()[0])
    page.get_by_role("link", name="More pictures").scroll_into_view_if_needed()
    expect(page.locator("[data-tile]")).to_have_count(total)
    expect(page.get_by_role("link", name="More pictures")).to_have_count(0)
    assert steps.width_beyond(page) == 0
    expect(wide.get_by_role("dialog").get_by_text(f"{total} of {total}", exact=True)).to_be_visible()
    steps.assert_loaded(wide.locator('.pswp__item[aria-hidden="false"] img').last)
    plain = fresh_desk.open(path=link, java_script_enabled=False)
    expect(plain.locator("[data-tile]")).to_have_count(100)
    plain.get_by_role("link", name="More pictures").click()
    expect(plain.locator("[data-tile]")).to_have_count(total - 100)
