"""The prompt box in a browser: walking through prompts, words by completion, many at once, the length."""

import re

import pytest
from playwright.sync_api import Locator, Page, expect

from tests.browser.desk import Desk
from tests.browser.steps import choose_model, generate, generate_button, make_picture, prompt
from tests.visitor import Visitor

pytestmark = pytest.mark.browser


def keep_words(visitor: Visitor, kind: str, name: str, text: str) -> None:
    page = visitor.post("/words/", {"kind": kind, "name": name, "text": text, "visibility": "private"})
    assert page.status == 302, page.text


def walk_line(page: Page) -> Locator:
    return page.locator("[data-walk]")


def test_alt_and_the_arrows_walk_through_what_was_written_and_back(desk: Desk) -> None:
    colleague = desk.add_person("Zoe Ma")
    make_picture(desk.open(colleague.visitor), "a lamp of hers")
    page = desk.open_new()
    for words in ("a first stool", "a second stool"):
        make_picture(page, words)
    prompt(page).fill("something half wri")
    prompt(page).press("Alt+ArrowUp")
    expect(prompt(page)).to_have_value("a second stool")
    expect(walk_line(page)).to_have_text(re.compile(r"^1 of \d+ · yours · FLUX"))
    prompt(page).press("Alt+ArrowUp")
    expect(prompt(page)).to_have_value("a first stool")
    prompt(page).press("Alt+ArrowUp")
    expect(walk_line(page)).not_to_contain_text("yours")
    for _ in range(3):
        prompt(page).press("Alt+ArrowDown")
    expect(prompt(page)).to_have_value("something half wri")
    expect(walk_line(page)).to_be_hidden()

    # The same by pointer, with a search; what was being written is one step away.
    page.get_by_role("button", name="Earlier prompts").click()
    earlier = page.get_by_role("dialog", name="Earlier prompts")
    expect(earlier.get_by_role("searchbox")).to_be_focused()
    earlier.get_by_role("searchbox").press_sequentially("lamp hers")
    expect(earlier.locator(".prompt-row")).to_have_count(1)
    expect(earlier.locator(".prompt-row")).to_contain_text("Zoe Ma")
    page.keyboard.press("ArrowDown")
    page.keyboard.press("Enter")
    expect(prompt(page)).to_have_value("a lamp of hers")
    expect(prompt(page)).to_be_focused()
    prompt(page).press("Alt+ArrowUp")
    expect(prompt(page)).to_have_value("something half wri")
    expect(walk_line(page)).to_contain_text("not sent")


def test_words_are_completed_shown_as_many_and_run_as_one_batch(desk: Desk) -> None:
    person = desk.add_person("Bea Arthur")
    keep_words(person.visitor, "list", "material", "oak\nsteel")
    keep_words(person.visitor, "snippet", "Soft light", "in soft light")
    keep_words(person.visitor, "style", "Film", "{prompt}, {warm|cold} film")
    page = desk.open(person.visitor)
    options = page.get_by_role("listbox", name="Suggestions").get_by_role("option")
    prompt(page).fill("")
    prompt(page).press_sequentially("a {mat")
    expect(options).to_have_text([re.compile(r"\{material\}")])
    prompt(page).press("Enter")
    prompt(page).press_sequentially(" cup /so")
    expect(options).to_have_text([re.compile("Soft light")])
    prompt(page).press("Enter")
    expect(prompt(page)).to_have_value("a {material} cup in soft light")
    expect(page.get_by_role("button", name="Generate 2")).to_be_visible()

    page.get_by_role("button", name="Words", exact=True).click()
    words = page.get_by_role("dialog", name="Words")
    kept = words.get_by_role("link", name="Keep what is written")
    expect(kept).to_have_attribute("href", re.compile(r"/words/\?text=a\+%7Bmaterial%7D\+cup"))
    words.get_by_role("button", name="Film").click()
    expect(page.get_by_role("checkbox", name="Style Film")).to_be_checked()
    page.get_by_role("button", name="4 prompts").click()
    preview = page.locator("#expansion-list")
    expect(preview.get_by_role("listitem")).to_have_count(4)
    expect(preview.get_by_role("listitem").last).to_have_text("a steel cup in soft light, cold film")
    page.keyboard.press("Escape")

    page.get_by_role("button", name="Generate 4").click()
    batch = page.locator("[id^=batch-]").first
    expect(batch.get_by_role("img")).to_have_count(4)
    expect(batch).to_contain_text("4 prompts")
    page.locator("label", has=page.get_by_role("checkbox", name="Style Film")).click()
    expect(page.get_by_role("button", name="Generate 2")).to_be_visible()


def test_pressed_before_the_count_was_told_nothing_runs_until_it_was_seen(desk: Desk) -> None:
    page = desk.open_new()
    page.route("**/studio/expansion/", lambda route: route.fulfill(status=204))
    prompt(page).fill("a {red|blue} cup")
    generate(page, expected=422)
    expect(page.get_by_text("This prompt stands for 2.")).to_be_visible()
    expect(page.get_by_role("img", name="cup")).to_have_count(0)
    page.get_by_role("button", name="Generate 2").click()
    expect(page.locator("[id^=batch-]").first.get_by_role("img")).to_have_count(2)


def test_a_refusal_stands_once_and_goes_with_the_words_it_was_about(desk: Desk) -> None:
    page = desk.open_new()
    choose_model(page, "nano_banana_pro")
    make_picture(page, "a plain cup")
    refusal = page.get_by_text("counts 5,000 numbers")
    prompt(page).fill("a {1..5000} cup")
    expect(refusal).to_have_count(1)
    # The form that comes back asks once more what its prompt stands for.
    with page.expect_response("**/studio/expansion/"):
        generate(page, expected=422)
    expect(page.locator("#prompt-error")).to_have_text(re.compile("counts 5,000 numbers"))
    expect(refusal).to_have_count(1)
    expect(page.locator("#filled-note")).to_be_hidden()
    prompt(page).fill("a {1..2} cup")
    expect(refusal).to_have_count(0)
    expect(page.get_by_role("button", name="Generate 2")).to_be_visible()


def test_the_length_is_told_near_the_limit_and_nothing_is_cut(desk: Desk) -> None:
    page = desk.open_new()
    line = page.locator("[data-length]")
    before = prompt(page).bounding_box()
    prompt(page).fill("a word\n" * 12)
    after = prompt(page).bounding_box()
    assert before
    assert after
    assert after["height"] > before["height"]
    expect(line).to_be_hidden()
    prompt(page).fill("x" * 31_500)
    expect(line).to_have_text("31,500 of 32,000 characters")
    prompt(page).fill("x" * 32_100)
    expect(line).to_have_text("32,100 of 32,000 characters, 100 too many")
    generate_button(page).click()
    expect(page.get_by_text("Take 100 away.")).to_be_visible()
    expect(prompt(page)).to_have_value("x" * 32_100)
