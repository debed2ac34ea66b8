"""What people put on a picture, and what they take from it: by pointer, by keyboard, on a phone, without scripts."""

import re

import pytest
from playwright.sync_api import Locator, Page, ViewportSize, expect

from tests.browser import looks, steps
from tests.browser.desk import Desk, Person
from tests.visitor import make_picture

pytestmark = pytest.mark.browser
PHONE = ViewportSize(width=390, height=844)
KONTEXT = "routellm/flux_kontext"


@pytest.fixture
def maker(desk: Desk) -> Person:
    return desk.add_person("Bea Arthur")


@pytest.fixture
def colleague(desk: Desk) -> Person:
    return desk.add_person("Chi Ma")


def panel(page: Page) -> Locator:
    return page.get_by_role("complementary", name="About this picture")


def part(page: Page, name: str) -> Locator:
    return panel(page).get_by_role("region", name=name, exact=True)


def facts(page: Page) -> dict[str, str]:
    values = [text.split("\n")[0] for text in panel(page).get_by_role("definition").all_inner_texts()]
    return dict(zip(panel(page).get_by_role("term").all_inner_texts(), values, strict=True))


# Marks -------------------------------------------------------------------------------------------------------------


def test_a_picture_is_circled_rated_and_rejected_by_keys_and_stays_so(desk: Desk, maker: Person) -> None:
    page = desk.open(maker.visitor, make_picture(maker.visitor, "a heron in reeds"))
    circle = panel(page).get_by_role("button", name=re.compile("^Circle"), exact=False).first
    page.keyboard.press("f")
    expect(circle).to_have_attribute("aria-pressed", "true")
    expect(part(page, "Marks")).to_contain_text("Circled by you")
    page.keyboard.press("4")
    expect(part(page, "Marks")).to_contain_text("4 from 1 person")
    page.keyboard.press("x")
    expect(panel(page).get_by_role("button", name="Rejected")).to_have_attribute("aria-pressed", "true")
    expect(circle).to_have_attribute("aria-pressed", "false")
    page.reload()
    expect(panel(page).get_by_role("radio", name="4 of 5")).to_be_checked()
    expect(panel(page).get_by_role("button", name="Rejected")).to_be_visible()
    page.keyboard.press("0")
    expect(panel(page).get_by_role("radio", name="4 of 5")).not_to_be_checked()


def test_stars_are_radio_buttons_and_keep_the_focus(desk: Desk, maker: Person) -> None:
    page = desk.open(maker.visitor, make_picture(maker.visitor, "a wren on a fence"))
    first = panel(page).get_by_role("radio", name="1 of 5")
    first.focus()
    page.keyboard.press("ArrowRight")
    expect(part(page, "Marks")).to_contain_text("2 from 1 person")
    expect(panel(page).get_by_role("radio", name="2 of 5")).to_be_focused()
    page.keyboard.press("ArrowRight")
    expect(part(page, "Marks")).to_contain_text("3 from 1 person")
    expect(page).to_have_url(re.compile(r"/images/\d+/$"))


def test_everybody_sees_who_circled_and_rated_it(desk: Desk, maker: Person, colleague: Person) -> None:
    path = make_picture(maker.visitor, "an owl at noon")
    colleague.visitor.post(f"{path}mark/", {"favourite": "1", "rating": "5"})
    page = desk.open(maker.visitor, path)
    panel(page).get_by_role("button", name="Circle", exact=True).click()
    panel(page).get_by_role("button", name="Circled by Chi Ma, you").click()
    expect(panel(page).get_by_text("5 of 5").last).to_be_visible()
    page.keyboard.press("Escape")
    panel(page).get_by_role("button", name="5 from 1 person").click()
    expect(panel(page).locator(":popover-open")).to_contain_text("Chi Ma")


# Tags and boards ---------------------------------------------------------------------------------------------------


def test_a_tag_is_completed_with_the_arrow_keys_and_taken_off_again(desk: Desk, maker: Person) -> None:
    known = make_picture(maker.visitor, "a kiln, closed")
    maker.visitor.post(f"{known}tags/", {"tag": "zinnober"})
    page = desk.open(maker.visitor, make_picture(maker.visitor, "a kiln, open"))
    page.keyboard.press("t")
    field = panel(page).get_by_label("Add a tag")
    expect(field).to_be_focused()
    page.keyboard.type("zinn")
    expect(page.get_by_role("option", name="#zinnober")).to_be_visible()
    page.keyboard.press("ArrowDown")
    expect(page.get_by_role("option", name="#zinnober")).to_have_attribute("aria-selected", "true")
    page.keyboard.press("Enter")
    expect(panel(page).get_by_role("link", name="#zinnober")).to_be_visible()
    # The field is there for the next word.
    expect(field).to_be_focused()
    expect(field).to_have_value("")
    page.keyboard.type("kiln")
    page.keyboard.press("Enter")
    expect(panel(page).get_by_role("link", name="#kiln")).to_be_visible()
    panel(page).get_by_role("button", name="Remove the tag kiln").click()
    expect(panel(page).get_by_role("link", name="#kiln")).to_have_count(0)
    panel(page).get_by_role("link", name="#zinnober").click()
    expect(page).to_have_url(re.compile(r"/library/\?tag=\d+"))
    expect(page.get_by_role("img", name="a kiln, closed").first).to_be_visible()


def test_escape_closes_the_suggestions_and_nothing_else(desk: Desk, maker: Person) -> None:
    path = make_picture(maker.visitor, "a loom")
    maker.visitor.post(f"{path}tags/", {"tag": "weaving"})
    page = desk.open(maker.visitor, path)
    page.keyboard.press("t")
    expect(panel(page).get_by_label("Add a tag")).to_be_focused()
    maker.visitor.post(f"{path}tags/", {"tag": "wool"})
    page.keyboard.type("wea")
    expect(page.get_by_role("option")).to_have_text([re.compile("#weaving")])
    page.keyboard.press("Escape")
    expect(page.get_by_role("listbox", name="Suggestions")).to_have_count(0)
    expect(panel(page).get_by_label("Add a tag")).to_have_value("wea")
    expect(page).to_have_url(re.compile(path))


def test_a_picture_is_put_on_a_board_that_is_made_for_it(desk: Desk, maker: Person) -> None:
    page = desk.open(maker.visitor, make_picture(maker.visitor, "a lamp of rice paper"))
    page.keyboard.press("b")
    expect(panel(page).get_by_label("Put on a board")).to_be_focused()
    page.keyboard.type(f"Lamps of {maker.username}")
    page.keyboard.press("Enter")
    expect(part(page, "Boards and tags")).to_contain_text("the team sees it")
    expect(panel(page).get_by_role("link", name=f"Lamps of {maker.username}")).to_be_visible()
    panel(page).get_by_role("button", name=f"Take off the board Lamps of {maker.username}").click()
    expect(panel(page).get_by_role("link", name=f"Lamps of {maker.username}")).to_have_count(0)


# Words -------------------------------------------------------------------------------------------------------------


def test_a_comment_names_somebody_who_then_finds_it(desk: Desk, maker: Person, colleague: Person) -> None:
    path = make_picture(maker.visitor, "a teapot with a thin handle")
    page = desk.open(maker.visitor, path)
    box = panel(page).get_by_label("Add a comment")
    box.click()
    page.keyboard.type(f"Handle is too thin. @{colleague.username[:4]}")
    expect(page.get_by_role("option", name=colleague.username)).to_be_visible()
    while page.get_by_role("option", name=colleague.username).get_attribute("aria-selected") != "true":
        page.keyboard.press("ArrowDown")
    page.keyboard.press("Enter")
    expect(box).to_have_value(f"Handle is too thin. @{colleague.username} ")
    page.keyboard.type("what do you think?")
    page.keyboard.press("Control+Enter")
    expect(part(page, "Comments")).to_contain_text("Handle is too thin.")
    expect(panel(page).get_by_label("Add a comment")).to_have_value("")

    theirs = desk.open(colleague.visitor, "/library/")
    theirs.get_by_role("button", name="You, named in 1 new comment").click()
    theirs.get_by_role("link", name="Mentions (1)").click()
    expect(theirs.get_by_text("new", exact=True)).to_be_visible()
    theirs.get_by_role("link", name=re.compile("Handle is too thin")).click()
    expect(theirs).to_have_url(re.compile(rf"{path}#comment-\d+$"))
    expect(theirs.locator(":target")).to_contain_text("what do you think?")
    expect(theirs.get_by_role("button", name="You", exact=True)).to_be_visible()


def test_a_comment_is_changed_and_deleted(desk: Desk, maker: Person) -> None:
    path = make_picture(maker.visitor, "a vase, too tall")
    maker.visitor.post(f"{path}comments/", {"text": "too tal"})
    page = desk.open(maker.visitor, path)
    part(page, "Comments").get_by_text("Edit", exact=True).click()
    part(page, "Comments").get_by_label("Change your comment").fill("too tall")
    part(page, "Comments").get_by_role("button", name="Save").click()
    expect(part(page, "Comments").get_by_role("article")).to_contain_text("too tall")
    expect(part(page, "Comments").get_by_role("article")).to_contain_text("edited")
    part(page, "Comments").get_by_role("button", name=re.compile("^delete")).click()
    expect(part(page, "Comments").get_by_role("article")).to_have_count(0)


def test_a_note_is_saved_when_one_leaves_it_and_nothing_is_written_over_unseen(
    desk: Desk, maker: Person, colleague: Person
) -> None:
    path = make_picture(maker.visitor, "a poster for spring")
    page, theirs = desk.open(maker.visitor, path), desk.open(colleague.visitor, path)
    write_note(page, "for the cover")
    expect(part(page, "Note").get_by_text("saved", exact=True)).to_be_visible()
    write_note(theirs, "for the back")
    expect(part(theirs, "Note")).to_contain_text("yours is not saved yet")
    expect(part(theirs, "Note").locator("blockquote")).to_have_text("for the cover")
    # Having seen it, they write on in peace.
    write_note(theirs, "for the back, or the cover")
    expect(part(theirs, "Note").get_by_text("saved", exact=True)).to_be_visible()
    page.reload()
    expect(page.get_by_role("textbox", name="Note")).to_have_value("for the back, or the cover")


def write_note(page: Page, words: str) -> None:
    page.get_by_role("textbox", name="Note").fill(words)
    page.keyboard.press("Tab")


# Recall ------------------------------------------------------------------------------------------------------------


def test_one_parameter_is_used_in_the_form_one_works_in(desk: Desk, maker: Person, colleague: Person) -> None:
    make_picture(maker.visitor, "a chair of my own", KONTEXT, mode="pro", aspect_ratio="3:4")
    path = make_picture(colleague.visitor, "a table", KONTEXT, mode="max", aspect_ratio="4:3")
    page = desk.open(maker.visitor, path)
    panel(page).get_by_role("link", name="use Aspect ratio 4:3").click()
    # What is taken over is kept by the page's script.
    steps.wait_for_scripts(page)
    expect(page.locator("#filled-note").get_by_text("Took over Aspect ratio 4:3.")).to_be_visible()
    expect(steps.prompt(page)).to_have_value("a chair of my own")
    expect(page.locator('[name="aspect_ratio"]:checked')).to_have_value("4:3")
    expect(page.locator('[name="mode"]:checked')).to_have_value("pro")
    page.go_back()
    panel(page).get_by_role("link", name="Use only the prompt").click()
    expect(steps.prompt(page)).to_have_value("a table")
    # The form one works in is the draft, with what was taken over before.
    expect(page.locator('[name="aspect_ratio"]:checked')).to_have_value("4:3")


def test_varying_makes_another_picture_of_the_same_words(desk: Desk, maker: Person) -> None:
    page = desk.open(maker.visitor, make_picture(maker.visitor, "two otters", KONTEXT))
    seed = facts(page)["Seed"]
    original = page.locator('a[href^="/media/"]').first.get_attribute("href") or ""
    panel(page).get_by_role("button", name="Vary").click()
    expect(page.locator("#generations [id^=generation-]")).to_have_count(2)
    expect(steps.newest(page).get_by_role("img", name="two otters")).to_be_visible()
    steps.open_picture(page)
    expect(page.locator('a[href^="/media/"]').first).not_to_have_attribute("href", original)
    assert facts(page)["Seed"] != seed


# Steps -------------------------------------------------------------------------------------------------------------


def test_arrow_keys_step_through_the_search_and_escape_goes_back_to_it(desk: Desk, maker: Person) -> None:
    for words in ("a gazebo at dawn", "a pier", "a gazebo at noon", "a gazebo at dusk"):
        make_picture(maker.visitor, words)
    query = "q=gazebo&show=mine"
    page = desk.open(maker.visitor, f"/library/?{query}")
    path = page.get_by_role("link", name=re.compile("gazebo at noon")).first.get_attribute("href") or ""
    page.goto(f"{path.partition('?')[0]}?{query}")
    expect(page.get_by_role("main")).to_contain_text("2 of 3")
    steps.press(page, "ArrowRight")
    expect(page.get_by_role("img", name="a gazebo at dawn").first).to_be_visible()
    expect(page.get_by_role("main")).to_contain_text("3 of 3")
    steps.press(page, "ArrowLeft")
    expect(page.get_by_role("main")).to_contain_text("2 of 3")
    steps.press(page, "ArrowLeft")
    expect(page.get_by_role("main")).to_contain_text("1 of 3")
    steps.press(page, "Escape")
    expect(page).to_have_url(re.compile(r"/library/\?q=gazebo&show=mine"))


# For everybody -----------------------------------------------------------------------------------------------------


def test_without_scripts_everything_is_a_plain_form(desk: Desk, maker: Person) -> None:
    path = make_picture(maker.visitor, "a sundial")
    page = desk.open(maker.visitor, f"{path}?show=mine", java_script_enabled=False)
    panel(page).get_by_role("button", name="Circle", exact=True).click()
    panel(page).get_by_text("3 of 5").click(force=True)
    panel(page).get_by_role("button", name="Rate").click()
    expect(part(page, "Marks")).to_contain_text("3 from 1 person")
    expect(panel(page).get_by_role("button", name="Circled", exact=True)).to_be_visible()
    part(page, "Boards and tags").get_by_text("add", exact=False).first.click()
    panel(page).get_by_label("Add a tag").fill("garden")
    page.keyboard.press("Enter")
    expect(panel(page).get_by_role("link", name="#garden")).to_be_visible()
    panel(page).get_by_role("textbox", name="Note").fill("south wall")
    panel(page).get_by_role("button", name="Save the note").click()
    expect(panel(page).get_by_role("textbox", name="Note")).to_have_value("south wall")
    panel(page).get_by_label("Add a comment").fill("a bit early")
    panel(page).get_by_role("button", name="Send").click()
    expect(part(page, "Comments")).to_contain_text("a bit early")
    expect(page).to_have_url(re.compile(rf"{path}\?show=mine"))


def test_on_a_phone_the_panel_is_used_without_scrolling_sideways(desk: Desk, maker: Person) -> None:
    path = make_picture(maker.visitor, "a ferry " + "across-the-sound-" * 20)
    for number in range(6):
        maker.visitor.post(f"{path}tags/", {"tag": f"{'long-' * 10}{number}"})
    maker.visitor.post(f"{path}comments/", {"text": "Donaudampfschifffahrt" * 10})
    page = desk.open(maker.visitor, path, viewport=PHONE, has_touch=True, is_mobile=True)
    panel(page).get_by_role("button", name="Circle", exact=True).tap()
    expect(panel(page).get_by_role("button", name="Circled", exact=True)).to_be_visible()
    panel(page).get_by_label("Add a comment").fill("All aboard")
    panel(page).get_by_role("button", name="Send").tap()
    expect(part(page, "Comments")).to_contain_text("All aboard")
    assert steps.width_beyond(page) <= 0


def test_everything_on_the_panel_can_be_read(desk: Desk, maker: Person, colleague: Person) -> None:
    path = make_picture(maker.visitor, "a harbour in fog", KONTEXT)
    for part_name, data in (
        ("mark", {"favourite": "1", "rating": "4"}),
        ("tags", {"tag": "fog"}),
        ("comments", {"text": f"@{colleague.username} more fog"}),
    ):
        maker.visitor.post(f"{path}{part_name}/", data)
    for visitor, address in ((maker.visitor, path), (colleague.visitor, "/mentions/"), (maker.visitor, "/tags/")):
        page = desk.open(visitor, address)
        if address == path:
            page.keyboard.press("t")
            expect(panel(page).get_by_label("Add a tag")).to_be_focused()
        assert looks.faint_words(page) == []
