"""A newcomer's first minutes: the set-up link, people, a model, its form, a first picture."""

import re
import secrets

import pytest
from playwright.sync_api import Locator, Page, Route, expect

from tests.browser import steps
from tests.browser.desk import Desk
from tests.visitor import PASSWORD, Visitor

pytestmark = pytest.mark.browser
NEW_PASSWORD = "fog over the harbour"


def fill_account(page: Page, name: str, username: str) -> None:
    page.get_by_label("Your name").fill(name)
    page.get_by_label("User name").fill(username)
    page.get_by_label("Password").fill(PASSWORD)
    page.keyboard.press("Enter")


# Set-up and people -------------------------------------------------------------------------------------------------


def test_the_set_up_link_makes_the_administrator_once_and_opens_a_working_studio(fresh_desk: Desk) -> None:
    path = fresh_desk.studio.setup_path
    page = fresh_desk.open(path=path)
    fill_account(page, "Ada Lovelace", "ada")
    page.wait_for_url(f"{fresh_desk.studio.address}/")
    expect(page.get_by_text("Simulated: no key for RouteLLM yet.")).to_be_visible()
    expect(page.get_by_role("link", name="Enter a key")).to_have_attribute(
        "href", re.compile("/admin/gallery/gateway/")
    )
    expect(steps.prompt(page)).not_to_have_value("")
    steps.generate(page)
    expect(steps.newest(page).get_by_role("img")).to_be_visible()
    expect(steps.newest(page)).to_contain_text("simulated")

    fresh_desk.expect_status(410, path)
    stranger = fresh_desk.open(path=path)
    expect(stranger.get_by_role("heading", name="This link is used up")).to_be_visible()
    expect(stranger.get_by_role("textbox")).to_have_count(0)


def test_a_newcomer_compares_pictures_within_eight_clicks_of_the_set_up_link(fresh_desk: Desk) -> None:
    """With the pointer alone; the keyboard only writes who one is."""
    page = fresh_desk.open(path=fresh_desk.studio.setup_path)
    clicks = 0

    def click(target: Locator) -> Locator:
        nonlocal clicks
        clicks += 1
        target.click()
        return target

    for label, words in (("Your name", "Ada Lovelace"), ("User name", "ada"), ("Password", PASSWORD)):
        click(page.get_by_label(label)).press_sequentially(words)
    click(page.get_by_role("button", name="Create the administrator"))
    page.wait_for_url(f"{fresh_desk.studio.address}/")
    click(page.get_by_role("button", name="Compare"))
    click(page.get_by_role("button", name=re.compile("^Run")))
    expect(page.locator('[id^=cell-][data-status="succeeded"]').nth(1)).to_be_visible()
    click(page.get_by_role("link", name="Look closely"))
    pictures = page.locator("[data-lens]").get_by_role("img")
    expect(pictures.nth(1)).to_be_visible()
    for picture in pictures.all():
        steps.assert_loaded(picture)
    assert clicks <= 8


def test_an_invitation_link_brings_a_designer_in(desk: Desk) -> None:
    # Another one each time, so that the test can be run once more in the same studio.
    username = f"chi{secrets.token_hex(4)}"
    page = desk.open(desk.administrator, "/people/")
    page.get_by_label("Who it is for").fill(f"{username}, brand team")
    page.get_by_role("button", name="Make a link").click()
    link = page.get_by_label("Link", exact=True).input_value()
    expect(page.get_by_role("list").get_by_text(f"{username}, brand team")).to_be_visible()

    newcomer = desk.open(path=link)
    expect(newcomer.get_by_text("Ada Lovelace")).to_be_visible()
    fill_account(newcomer, f"Newly Come {username}", username)
    newcomer.wait_for_url(f"{desk.studio.address}/")
    expect(newcomer.get_by_role("link", name="Admin")).to_have_count(0)
    expect(newcomer.get_by_text("Ask an administrator for one.")).to_be_visible()

    page.goto("/people/")
    expect(page.get_by_text(f"{username}, brand team")).to_have_count(0)
    expect(page.get_by_text(f"Newly Come {username}", exact=True)).to_be_visible()


def test_a_forgotten_password_is_set_anew_by_a_link(desk: Desk) -> None:
    person = desk.add_person("Forgetful Fay")
    page = desk.open(desk.administrator, "/people/")
    row = page.get_by_role("listitem").filter(has_text=person.username)
    row.get_by_role("button", name="What to do with").click()
    row.get_by_role("button", name="Make a new password link").click()
    link = page.get_by_label("Link", exact=True).input_value()

    fay = desk.open(path=link)
    for field in fay.locator("input[type=password]").all():
        field.fill(NEW_PASSWORD)
    fay.keyboard.press("Enter")
    fay.wait_for_url(f"{desk.studio.address}/")
    again = Visitor(desk.studio.address)
    again.get("/accounts/login/")
    assert again.post("/accounts/login/", {"username": person.username, "password": PASSWORD}).status == 422
    assert again.post("/accounts/login/", {"username": person.username, "password": NEW_PASSWORD}).status == 302
    expect(desk.open(path=link).get_by_role("heading", name="This link is used up")).to_be_visible()


# The first pictures ------------------------------------------------------------------------------------------------


def test_a_tile_of_the_right_shape_is_there_at_once_and_fills_without_a_reload(desk: Desk) -> None:
    page = desk.open_new("/?model=routellm/flux_kontext")
    page.evaluate("window.sinceTheStart = true")
    steps.prompt(page).fill("a red fox in the snow")
    steps.choose(page, "aspect_ratio", "16:9")
    steps.choose(page, "num_images", "2")
    with page.expect_response(steps.is_submission) as answer:
        steps.prompt(page).press("Control+Enter")
    assert answer.value.text().count("data-waiting") == 2

    group = steps.newest(page)
    expect(group.get_by_role("heading", name="a red fox in the snow")).to_be_visible()
    tiles = group.locator("[data-waiting], a:has(img)")
    expect(tiles).to_have_count(2)
    steps.assert_shape(tiles.first, 16 / 9)
    expect(group.get_by_role("img", name="a red fox in the snow")).to_have_count(2)
    steps.assert_loaded(group.get_by_role("img").first)
    steps.assert_shape(tiles.first, 16 / 9)
    assert page.evaluate("window.sinceTheStart") is True
    expect(steps.prompt(page)).to_have_value("a red fox in the snow")


def test_a_page_closed_meanwhile_misses_nothing(desk: Desk) -> None:
    page = desk.open_new("/?model=routellm/flux_pro")
    steps.prompt(page).fill("an owl made of books")
    with page.expect_response(steps.is_submission):
        steps.prompt(page).press("Control+Enter")
    context = page.context
    page.close()
    again = context.new_page()
    again.goto("/")
    expect(steps.newest(again).get_by_role("img", name="an owl made of books")).to_be_visible()


def test_a_run_is_cancelled_while_it_runs(desk: Desk) -> None:
    page = desk.open_new("/?model=routellm/flux_pro")
    steps.prompt(page).fill("a slow river sandbox:slow")
    steps.generate(page)
    group = steps.newest(page)
    group.get_by_role("button", name="Cancel").click()
    expect(group).to_have_attribute("data-status", "cancelled")
    expect(group.get_by_role("img")).to_have_count(0)


def test_a_teammates_run_appears_on_the_teams_page_by_itself(desk: Desk) -> None:
    watching = desk.open_new("/?results=team")
    maker = desk.open_new("/?model=routellm/flux_pro")
    steps.prompt(maker).fill("a kite over the dunes")
    steps.generate(maker)
    arrived = watching.locator("#generations").get_by_role("img", name="a kite over the dunes")
    expect(arrived).to_be_visible()


def test_a_server_that_does_not_answer_is_said_and_the_form_stays(desk: Desk) -> None:
    page = desk.open_new("/?model=routellm/flux_pro")
    steps.prompt(page).fill("a stone bridge")

    def hang_up(route: Route) -> None:
        route.abort() if route.request.method == "POST" else route.continue_()

    page.route(f"{desk.studio.address}/", hang_up)
    for line in ("net::ERR_FAILED", "htmx:sendError", "htmx:afterRequest"):
        desk.expect_line(line)
    steps.generate(page, expected=None)
    expect(page.get_by_text("The server did not answer.")).to_be_visible()
    expect(steps.prompt(page)).to_have_value("a stone bridge")
    expect(page.get_by_role("button", name=re.compile("Generate"))).to_be_enabled()


def test_only_signed_in_people_see_anything(desk: Desk) -> None:
    page = desk.open(path="/library/?q=fox")
    expect(page).to_have_url(re.compile(r"/accounts/login/\?next=/library/"))
    person = desk.add_person()
    page.get_by_label("User name").fill(person.username)
    page.get_by_label("Password").fill(PASSWORD)
    page.keyboard.press("Enter")
    expect(page).to_have_url(f"{desk.studio.address}/library/?q=fox")
