"""The model changed with everything set, the sentence read, and all of it undone; a recall from the library too."""

from pathlib import Path

import pytest
from playwright.sync_api import Page, expect

from tests.browser import steps
from tests.browser.desk import Desk
from tests.fake_gateway import make_picture
from tests.visitor import make_picture as run_once

pytestmark = pytest.mark.browser


def set_everything(page: Page, folder: Path) -> None:
    files = [folder / f"reference-{number}.png" for number in range(2)]
    for path in files:
        path.write_bytes(make_picture(size=(80, 60)))
    steps.prompt(page).fill("a lighthouse of paper")
    steps.choose(page, "aspect_ratio", "21:9")
    steps.choose(page, "mode", "max")
    page.locator('input[type=file][name="image_prompt"]').set_input_files(files)
    expect(page.locator("[data-picture]")).to_have_count(2)
    expect(steps.generate_button(page)).to_be_enabled()


def state(page: Page) -> list[list[str]]:
    """Every field of the form as it would travel, but for those that change by themselves."""
    found: list[list[str]] = page.locator("#studio-form").evaluate(
        """form => [...new FormData(form)].filter(([name, value]) => typeof value === "string"
          && !["submission", "former", "later", "csrfmiddlewaretoken", "draft_seen", "price_shown"].includes(name))"""
    )
    return found


def note(page: Page) -> str:
    return page.locator("#filled-note [data-words]").inner_text()


def test_a_changed_model_tells_what_came_of_the_form_and_undo_brings_it_back(desk: Desk, tmp_path: Path) -> None:
    page = desk.open(desk.designer, "/?model=routellm/flux_kontext")
    set_everything(page, tmp_path)
    before = state(page)
    steps.choose_model(page, "dalle")
    words = page.locator("#filled-note summary")
    expect(words).to_contain_text("changed 1 (Aspect ratio 21:9 → 1792 × 1024, the nearest offered), left out 2 (")
    words.click()
    changes = page.locator("#filled-note")
    expect(changes).to_contain_text("Aspect ratio 21:9 → 1792 × 1024, the nearest offered")
    expect(changes).to_contain_text("Mode Max, no such setting here")
    expect(changes).to_contain_text("2 pictures, this model takes none")
    expect(page.locator("#announcements")).to_contain_text("changed 1 (Aspect ratio 21:9 → 1792 × 1024")
    mark = page.locator('[data-knob="size"]').get_by_text("was 21:9")
    expect(mark).to_be_visible()
    steps.choose(page, "size", "1024x1024")
    expect(mark).to_have_count(0)
    steps.prompt(page).fill("a lighthouse of stone")
    page.get_by_role("button", name="Undo").click()
    expect(changes).to_contain_text("Back as it was.")
    assert state(page) == before
    page.get_by_role("button", name="Redo").click()
    expect(steps.prompt(page)).to_have_value("a lighthouse of stone")
    page.reload()
    page.get_by_role("button", name="Undo").click()
    expect(steps.prompt(page)).to_have_value("a lighthouse of paper")
    assert state(page) == before


def test_a_recall_from_the_library_is_undone_to_what_stood_in_the_form(desk: Desk, tmp_path: Path) -> None:
    assert desk.designer
    picture = run_once(desk.designer, "a teapot of glass", "routellm/ideogram")
    page = desk.open(desk.designer, "/?model=routellm/flux_kontext")
    set_everything(page, tmp_path)
    before = state(page)
    page.goto(picture)
    page.get_by_role("link", name="Edit and run").first.click()
    expect(steps.prompt(page)).to_have_value("a teapot of glass")
    page.get_by_role("button", name="Undo").click()
    expect(steps.prompt(page)).to_have_value("a lighthouse of paper")
    assert state(page) == before
    steps.generate(page)
    expect(page.locator("#filled-note")).to_be_hidden()
