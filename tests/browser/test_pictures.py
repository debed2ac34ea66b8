"""What was made: found again, looked at, downloaded, run again, hidden, thrown away and taken back."""

import hashlib
import re
from pathlib import Path

import pytest
from playwright.sync_api import Locator, Page, expect

from tests.browser import steps
from tests.browser.desk import Desk
from tests.visitor import make_picture

pytestmark = pytest.mark.browser


def open_menu(page: Page) -> None:
    page.get_by_role("complementary").get_by_role("button", name="More").click()


def search(page: Page, words: str) -> None:
    page.get_by_role("searchbox").fill(words)
    page.keyboard.press("Enter")
    page.wait_for_url(re.compile(r"[?&]q="))


def expect_wall(page: Page, *words: str) -> None:
    """What the library shows, as screen readers hear it."""
    pictures = page.get_by_role("main").get_by_role("img")
    expect(pictures).to_have_count(len(words))
    for number, each in enumerate(words):
        expect(pictures.nth(number)).to_have_attribute("alt", each)


def values_of(about: Locator) -> list[str]:
    """What stands beside each name, without the link that uses it."""
    return [text.split("\n")[0] for text in about.get_by_role("definition").all_inner_texts()]


def test_the_library_finds_a_picture_by_a_word_of_its_prompt(desk: Desk) -> None:
    person = desk.add_person()
    for words in ("a walrus reading the paper", "an espresso machine in brass"):
        make_picture(person.visitor, words)
    page = desk.open(person.visitor, "/library/?show=mine")
    expect_wall(page, "an espresso machine in brass", "a walrus reading the paper")
    search(page, "walrus")
    expect_wall(page, "a walrus reading the paper")
    page.get_by_role("link", name=re.compile("walrus reading")).click()
    expect(page).to_have_url(re.compile(r"/images/\d+/\?q=walrus&show=mine$"))
    page.go_back()
    search(page, "hippopotamus")
    expect(page.get_by_role("heading", name=re.compile("Nothing found"))).to_be_visible()


def test_a_picture_tells_everything_about_its_making(desk: Desk) -> None:
    person = desk.add_person("Grace Hopper")
    chosen = {"mode": "max", "aspect_ratio": "3:2", "seed": "4711", "guidance_scale": "7.5", "rewrite_prompt": "true"}
    words = "a moth on a relay, macro"
    page = desk.open(person.visitor, make_picture(person.visitor, words, "routellm/flux_kontext", **chosen))
    about = page.get_by_role("complementary")
    expect(about).to_contain_text(words)
    expect(about).to_contain_text("Grace Hopper")
    expect(about.locator("time").first).to_have_attribute("datetime", re.compile(r"^\d{4}-\d\d-\d\dT"))
    facts = dict(zip(about.get_by_role("term").all_inner_texts(), values_of(about), strict=True))
    assert "FLUX Kontext" in facts["Model"]
    assert facts["Gateway"] == "RouteLLM"
    expected = {"Images": "1", "Mode": "Max", "Aspect ratio": "3:2", "Seed": "4711", "Guidance scale": "7.5"}
    assert expected.items() <= facts.items()
    assert "Rewrite prompt" in facts
    assert re.fullmatch(r"\d+\.\d s", facts["Took"])
    assert facts["Cost"] == "simulated"
    steps.assert_loaded(page.get_by_role("img", name=words).first)
    expect(page.get_by_role("region", name="Picture").get_by_text("simulated", exact=True)).to_be_visible()


def test_a_click_shows_the_original_large_and_escape_closes_it(desk: Desk) -> None:
    person = desk.add_person()
    path = make_picture(person.visitor, "a harp in a hallway")
    page = desk.open(person.visitor, path, reduced_motion="reduce")
    page.get_by_role("region", name="Picture").get_by_role("img", name="a harp in a hallway").click()
    large = page.get_by_role("dialog")
    expect(large).to_be_visible()
    page.keyboard.press("Escape")
    expect(large).to_have_count(0)


@pytest.mark.parametrize(("model", "ending"), [("routellm/flux_pro", "jpg"), ("routellm/recraft_svg", "svg")])
def test_a_download_is_the_original_bit_for_bit(desk: Desk, tmp_path: Path, model: str, ending: str) -> None:
    person = desk.add_person()
    page = desk.open(person.visitor, make_picture(person.visitor, f"a copper kettle as {ending}", model))
    original = page.locator('a[href^="/media/"]').first.get_attribute("href") or ""
    with page.expect_download() as waiting:
        page.get_by_role("link", name="Download").click()
    waiting.value.save_as(tmp_path / "saved")
    digest = hashlib.sha256((tmp_path / "saved").read_bytes()).hexdigest()
    assert original == f"/media/{digest}/original"
    assert re.fullmatch(rf"a-copper-kettle-as-{ending}-[\w-]+\.{ending}", waiting.value.suggested_filename)


def test_run_again_repeats_the_seed_and_so_the_picture(desk: Desk) -> None:
    person = desk.add_person()
    page = desk.open(person.visitor, make_picture(person.visitor, "two herons", "routellm/flux_kontext"))
    original = page.locator('a[href^="/media/"]').first.get_attribute("href") or ""
    page.get_by_role("button", name="Run again").click()
    expect(page).to_have_url(re.compile(r"/\?model=routellm/flux_kontext"))
    runs = page.locator("#generations [id^=generation-]")
    expect(runs).to_have_count(2)
    expect(runs.first.get_by_role("img", name="two herons")).to_be_visible()
    steps.open_picture(page)
    expect(page.locator('a[href^="/media/"]').first).to_have_attribute("href", original)


def test_edit_and_run_opens_the_form_filled_in(desk: Desk) -> None:
    person = desk.add_person()
    chosen = {"mode": "max", "aspect_ratio": "9:16", "num_images": "2", "seed": "99", "guidance_scale": "6.5"}
    page = desk.open(person.visitor, make_picture(person.visitor, "a paper crane", "routellm/flux_kontext", **chosen))
    page.get_by_role("link", name="Edit and run").click()
    expect(steps.prompt(page)).to_have_value("a paper crane")
    for name in ("mode", "aspect_ratio", "num_images"):
        expect(page.locator(f'[name="{name}"]:checked')).to_have_value(chosen[name])
    for name in ("seed", "guidance_scale"):
        expect(page.locator(f'[name="{name}"]')).to_have_value(chosen[name])
    expect(page.locator('[name="rewrite_prompt"]')).not_to_be_checked()
    steps.prompt(page).fill("a paper crane, blue")
    steps.generate(page)
    expect(steps.newest(page).get_by_role("img", name="a paper crane, blue")).to_have_count(2)


def test_a_private_picture_is_not_there_for_others(desk: Desk) -> None:
    owner = desk.add_person("Olga Owner")
    path = make_picture(owner.visitor, "a secret zeppelin")
    teammate = desk.open_new(path)
    expect(teammate.get_by_text("Olga Owner")).to_be_visible()

    page = desk.open(owner.visitor, path)
    open_menu(page)
    page.get_by_role("button", name="Make private").click()
    expect(page.get_by_text("only you", exact=True)).to_be_visible()

    desk.expect_status(404, path)
    teammate.reload()
    expect(teammate.get_by_role("heading", name="Nothing here")).to_be_visible()
    for address in ("/library/?q=zeppelin", "/history/?q=zeppelin"):
        teammate.goto(address)
        expect(teammate.get_by_text("a secret zeppelin")).to_have_count(0)
    page.goto("/library/?q=zeppelin")
    expect_wall(page, "a secret zeppelin")


def test_the_trash_and_back_by_the_undo_of_its_note(desk: Desk) -> None:
    person = desk.add_person()
    path = make_picture(person.visitor, "a chipped blue mug")
    page = desk.open(person.visitor, path)
    open_menu(page)
    page.get_by_role("button", name="Move to trash").click()
    expect(page).to_have_url(re.compile(r"/library/$"))
    expect(page.get_by_role("main").get_by_role("img", name="a chipped blue mug")).to_have_count(0)
    page.get_by_role("status").get_by_role("button", name="Undo").click()
    expect(page).to_have_url(re.compile(f"{path}$"))
    page.goto("/library/?q=chipped")
    expect_wall(page, "a chipped blue mug")


def test_the_trash_and_back_by_its_own_page(desk: Desk) -> None:
    person = desk.add_person()
    path = make_picture(person.visitor, "a fallen maple leaf")
    page = desk.open(person.visitor, path)
    open_menu(page)
    page.get_by_role("button", name="Move to trash").click()
    expect(page).to_have_url(re.compile(r"/library/$"))
    page.get_by_role("link", name="Trash").click()
    expect_wall(page, "a fallen maple leaf")
    page.get_by_role("link", name=re.compile("maple leaf")).click()
    page.get_by_role("button", name="Take it back").click()
    expect(page.get_by_text("Back in the library.")).to_be_visible()
    page.goto("/library/?q=maple")
    expect_wall(page, "a fallen maple leaf")


def test_arrow_keys_step_through_pictures(desk: Desk) -> None:
    person = desk.add_person()
    first, second = (make_picture(person.visitor, words) for words in ("the first of two", "the second of two"))
    page = desk.open(person.visitor, second)
    page.keyboard.press("ArrowRight")
    expect(page).to_have_url(re.compile(f"{first}$"))
    steps.press(page, "Escape")
    expect(page).to_have_url(re.compile(r"/library/$"))


def test_the_history_lists_failed_runs_and_is_searched(desk: Desk) -> None:
    person = desk.add_person("Henry Historian")
    make_picture(person.visitor, "a globe of felt")
    page = desk.open(person.visitor, "/?model=routellm/flux_pro")
    steps.prompt(page).fill("a marble bust sandbox:refuse")
    steps.generate(page)
    expect(steps.newest(page)).to_have_attribute("data-status", "failed")
    expect(steps.newest(page)).to_contain_text("flagged")

    page.goto("/history/?show=mine")
    lines = page.get_by_role("main").locator('a[href^="/generations/"]')
    expect(lines).to_have_count(2)
    expect(lines.first).to_contain_text("Failed")
    search(page, "marble")
    expect(lines).to_have_count(1)
    expect(lines).to_contain_text("a marble bust sandbox:refuse")
    lines.click()
    expect(page.get_by_role("main")).to_contain_text("flagged")
    page.get_by_role("main").get_by_role("link", name="Edit and run").first.click()
    expect(steps.prompt(page)).to_have_value("a marble bust sandbox:refuse")


def test_a_prompt_half_written_is_still_there_after_a_look_at_the_library(desk: Desk) -> None:
    person = desk.add_person()
    image = make_picture(person.visitor, "an old oar")
    page = desk.open(person.visitor, "/?model=routellm/flux_kontext")
    expect(steps.prompt(page)).to_have_value("an old oar")
    steps.prompt(page).fill("")
    steps.prompt(page).press_sequentially("a harbour wall, half")
    page.goto("/library/")
    page.goto(image)
    page.get_by_role("link", name="Use Model").or_(page.get_by_role("link", name="use").first).first.click()
    expect(steps.prompt(page)).to_have_value("a harbour wall, half")
    page.goto("/library/")
    page.goto("/")
    expect(steps.prompt(page)).to_have_value("a harbour wall, half")
    # What was run stays, too, to be run again or changed.
    steps.generate(page)
    page.goto("/")
    expect(steps.prompt(page)).to_have_value("a harbour wall, half")
