"""What people do in the studio, by names and labels that are promised; no class names of the stylesheets."""

import re
import time
from typing import Any

from playwright.sync_api import Locator, Page, Response, Route, expect

from tests.browser.desk import PATIENCE


def wait_for(page: Page, function: str, arg: Any = None) -> None:
    """Until a function of the page says true. Asked from here again and again: Playwright's own waiting evaluates text in
    the page, which our policy refuses as soon as it has to ask twice."""
    end = time.monotonic() + PATIENCE / 1000
    while not page.evaluate(function, arg):
        assert time.monotonic() < end, function
        page.wait_for_timeout(50)


def wait_for_held(page: Page, held: list[Route], count: int = 1) -> None:
    """Until that many requests wait for the test's word."""
    end = time.monotonic() + PATIENCE / 1000
    while len(held) < count:
        assert time.monotonic() < end, f"{len(held)} of {count} asked for"
        page.wait_for_timeout(50)


def prompt(page: Page) -> Locator:
    return page.locator('[name="prompt"]')


def wait_for_scripts(page: Page) -> None:
    """A page to which a link or a key led is there before its scripts are."""
    wait_for(page, "document.readyState === 'complete'")


def press(page: Page, key: str) -> None:
    """A key that the page's own script answers."""
    wait_for_scripts(page)
    page.keyboard.press(key)


def generate_button(page: Page) -> Locator:
    return page.get_by_role("button", name=re.compile("^Generate"))


def is_submission(response: Response) -> bool:
    return response.request.method == "POST" and re.fullmatch(r"https?://[^/]+/", response.url) is not None


def generate(page: Page, *, expected: int | None = 200) -> None:
    """Press Generate and wait for the answer; `expected` None: none will come. Before the scripts are there, the form goes off
    as it does without them."""
    wait_for_scripts(page)
    if expected is None:
        generate_button(page).click()
        return
    with page.expect_response(is_submission) as answer:
        generate_button(page).click()
    assert answer.value.status == expected


def newest(page: Page) -> Locator:
    """The run on top."""
    return page.locator("[id^=generation-]").first


def make_picture(page: Page, words: str) -> None:
    """Generate one picture of the model that is chosen, and wait for it."""
    prompt(page).fill(words)
    generate(page)
    expect(newest(page).get_by_role("img", name=words).first).to_be_visible()


def open_picture(page: Page) -> None:
    """Go to the page of the newest run's first picture."""
    newest(page).get_by_role("img").first.click()
    expect(page).to_have_url(re.compile(r"/images/\d+/$"))


# The form ----------------------------------------------------------------------------------------------------------


def choose(page: Page, name: str, value: str) -> None:
    """Set a choice, whether it is drawn as radio buttons or as a select."""
    select = page.locator(f'select[name="{name}"]')
    if select.count():
        select.select_option(value)
        return
    radio = page.locator(f'input[name="{name}"][value="{value}"]')
    page.locator("label", has=radio).click()
    expect(radio).to_be_checked()


def show_more(page: Page) -> None:
    """Unfold the rest of the knobs."""
    if not page.locator("form details[open]").count():
        page.get_by_text("More settings").click()


def field_names(page: Page) -> set[str]:
    """Names of everything a person can set in the form."""
    names: list[str] = (
        page.locator("#studio-form")
        .locator("[name]:not([type=hidden])")
        .evaluate_all("fields => fields.map((field) => field.name)")
    )
    return set(names)


# Models ------------------------------------------------------------------------------------------------------------


def open_picker(page: Page) -> Locator:
    page.get_by_role("link", name=re.compile("^Model:")).click()
    picker = page.get_by_role("dialog", name="Choose a model")
    expect(picker.get_by_role("searchbox")).to_be_focused()
    return picker


def models_shown(picker: Locator) -> set[str]:
    shown = picker.locator("[data-model]:visible").evaluate_all("cards => cards.map((card) => card.dataset.model)")
    return {full_id.removeprefix("routellm/") for full_id in shown}


def find_models(picker: Locator, words: str) -> set[str]:
    picker.get_by_role("searchbox").press_sequentially(words)
    return models_shown(picker)


def choose_model(page: Page, model_id: str) -> None:
    picker = open_picker(page)
    find_models(picker, model_id)
    picker.locator(f'[data-model="routellm/{model_id}"]').click()
    expect(page.locator('#studio-form input[name="model"]')).to_have_value(f"routellm/{model_id}")
    expect(picker).to_be_hidden()


# What is seen ------------------------------------------------------------------------------------------------------


def assert_shape(tile: Locator, ratio: float) -> None:
    box = tile.bounding_box()
    assert box
    assert abs(box["width"] / box["height"] / ratio - 1) < 0.03, box


def assert_loaded(picture: Locator) -> None:
    """The picture's bytes came and are one; an empty frame would have no natural width."""
    expect(picture).to_have_js_property("complete", value=True)
    expect(picture).not_to_have_js_property("naturalWidth", 0)


def width_beyond(page: Page) -> int:
    """How many pixels the page scrolls sideways."""
    beyond: int = page.evaluate("document.documentElement.scrollWidth - document.documentElement.clientWidth")
    return beyond


def tab_to(page: Page, target: Locator, *, most: int = 60) -> None:
    """Press Tab until the target has the focus, as somebody without a mouse does."""
    for _ in range(most):
        page.keyboard.press("Tab")
        if target.evaluate("target => target === document.activeElement"):
            return
    raise AssertionError(f"{target} is out of reach of the Tab key.")
