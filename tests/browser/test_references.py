"""Reference pictures: chosen, pasted, dropped, put in order and taken away again, and what they switch off."""

import base64
import re
from pathlib import Path

import pytest
from playwright.sync_api import Locator, Page, expect

from tests.browser import steps
from tests.browser.desk import Desk
from tests.fake_gateway import make_picture

pytestmark = pytest.mark.browser

HAND_OVER = """
(target, [kind, encoded, count]) => {
  const bytes = Uint8Array.from(atob(encoded), (letter) => letter.charCodeAt(0));
  const carried = new DataTransfer();
  for (let number = 0; number < count; number++) {
    carried.items.add(new File([bytes], `picture-${number}.png`, { type: "image/png" }));
  }
  const options = { bubbles: true, cancelable: true };
  if (kind === "paste") target.dispatchEvent(new ClipboardEvent("paste", { ...options, clipboardData: carried }));
  else for (const name of ["dragenter", "dragover", "drop"]) {
    target.dispatchEvent(new DragEvent(name, { ...options, dataTransfer: carried }));
  }
}
"""


def hand_over(target: Locator, kind: str, picture: bytes, count: int = 1) -> None:
    """Paste or drop files on an element, as the browser tells a page of it."""
    target.evaluate(HAND_OVER, [kind, base64.b64encode(picture).decode(), count])


def box(page: Page, name: str = "image_prompt") -> Locator:
    return page.locator(f'[data-parameter="{name}"]')


def given(page: Page, name: str = "image_prompt") -> Locator:
    return box(page, name).get_by_role("img")


def ids(page: Page, name: str = "image_prompt") -> list[str]:
    """The stored pictures that will travel with the form, in their order."""
    fields = page.locator(f'#studio-form input[name="{name}_images"]')
    return [field.input_value() for field in fields.all()]


@pytest.fixture
def files(tmp_path: Path) -> list[Path]:
    paths = [tmp_path / f"reference-{number}.png" for number in range(6)]
    for path in paths:
        path.write_bytes(make_picture(size=(80, 60)))
    return paths


def test_a_chosen_reference_is_stored_at_once_and_used(desk: Desk, files: list[Path]) -> None:
    page = desk.open(desk.designer, "/?model=routellm/flux_kontext")
    page.locator('input[type=file][name="image_prompt"]').set_input_files(files[0])
    expect(given(page)).to_have_count(1)
    steps.assert_loaded(given(page).first)
    steps.make_picture(page, "the same in blue")
    steps.open_picture(page)
    made_from = page.get_by_role("complementary").locator("section", has_text="Made from")
    steps.assert_loaded(made_from.get_by_role("img"))


@pytest.mark.parametrize("kind", ["paste", "drop"])
def test_a_picture_that_is_pasted_or_dropped_anywhere_becomes_a_reference(desk: Desk, kind: str) -> None:
    page = desk.open(desk.designer, "/?model=routellm/flux_kontext")
    for number, target in enumerate((box(page), steps.prompt(page), page.get_by_role("main")), start=1):
        hand_over(target, kind, make_picture())
        expect(given(page)).to_have_count(number)
    assert len(set(ids(page))) == 3


def test_words_are_pasted_into_the_prompt_as_ever(desk: Desk) -> None:
    page = desk.open(desk.designer, "/?model=routellm/flux_kontext")
    steps.prompt(page).fill("tulips")
    steps.prompt(page).press("Control+a")
    steps.prompt(page).press("Control+c")
    steps.prompt(page).press("End")
    steps.prompt(page).press("Control+v")
    expect(steps.prompt(page)).to_have_value("tulipstulips")
    expect(given(page)).to_have_count(0)


def test_references_are_put_in_order_and_removed(desk: Desk, files: list[Path]) -> None:
    page = desk.open(desk.designer, "/?model=routellm/flux_kontext")
    for number in range(3):
        page.locator('input[type=file][name="image_prompt"]').set_input_files(files[number])
        expect(given(page)).to_have_count(number + 1)
    first, second, third = ids(page)
    pictures = box(page).get_by_role("listitem")
    pictures.nth(2).get_by_role("button", name="Move one to the left").click()
    assert ids(page) == [first, third, second]
    pictures.nth(0).get_by_role("button", name="Move one to the right").click()
    assert ids(page) == [third, first, second]
    pictures.nth(1).get_by_role("button", name="Remove this picture").click()
    assert ids(page) == [third, second]

    steps.make_picture(page, "both together")
    page.reload()
    steps.newest(page).get_by_role("link", name="Edit and run").click()
    expect(given(page)).to_have_count(2)
    assert ids(page) == [third, second]


def test_what_a_reference_switches_off_goes_dim_and_says_why(desk: Desk, files: list[Path]) -> None:
    page = desk.open(desk.designer, "/?model=routellm/flux_kontext")
    steps.show_more(page)
    knobs = {name: page.locator(f'[data-knob="{name}"]') for name in ("num_images", "seed", "guidance_scale", "mode")}
    reason = re.compile("Not used once a reference", re.IGNORECASE)
    brightness = {name: knob.evaluate(BRIGHTNESS) for name, knob in knobs.items()}
    page.locator('input[type=file][name="image_prompt"]').set_input_files(files[0])
    expect(given(page)).to_have_count(1)
    for name in ("num_images", "seed", "guidance_scale"):
        expect(knobs[name].get_by_text(reason)).to_be_visible()
        page.wait_for_function(f"(knob) => ({BRIGHTNESS})(knob) < 0.8", arg=knobs[name].element_handle())
        assert knobs[name].locator("[inert]").count() == 1
    assert knobs["mode"].evaluate(BRIGHTNESS) == brightness["mode"] == 1
    page.get_by_role("button", name="Remove this picture").click()
    expect(knobs["seed"].get_by_text(reason)).to_be_hidden()
    assert knobs["seed"].locator("[inert]").count() == 0


# How solid the control of a knob is drawn, whoever of its elements the dimming is set on.
BRIGHTNESS = """
(knob) => {
  let solid = 1;
  for (let part = knob.querySelector("[name]"); part !== knob.parentElement; part = part.parentElement) {
    if (part.matches("input[type=radio]")) continue;
    solid *= Number(getComputedStyle(part).opacity);
  }
  return solid;
}
"""


def test_more_references_than_the_model_takes_are_left_out_with_a_word(desk: Desk, files: list[Path]) -> None:
    page = desk.open(desk.designer, "/?model=routellm/flux_kontext")
    page.locator('input[type=file][name="image_prompt"]').set_input_files(files)
    expect(given(page)).to_have_count(4)
    expect(box(page).get_by_role("alert")).to_contain_text("takes 4")


def test_a_file_that_is_no_picture_is_refused_with_a_sentence(desk: Desk, tmp_path: Path) -> None:
    (tmp_path / "notes.png").write_text("These are no pixels.")
    page = desk.open(desk.designer, "/?model=routellm/flux_kontext")
    page.locator('input[type=file][name="image_prompt"]').set_input_files(tmp_path / "notes.png")
    expect(box(page).get_by_role("alert")).to_contain_text(re.compile(r"\w+ .*\."))
    expect(given(page)).to_have_count(0)
    expect(steps.generate_button(page)).to_be_enabled()


def test_an_edit_model_asks_for_its_picture(desk: Desk) -> None:
    page = desk.open(desk.designer, "/?model=routellm/flux_kontext_edit")
    steps.prompt(page).fill("make the sky green")
    steps.generate(page, expected=422)
    knob = page.locator('[data-knob="image_prompt"]')
    expect(knob).to_contain_text("This model works from a picture.")
    expect(steps.prompt(page)).to_have_value("make the sky green")


def test_references_move_to_another_model_that_takes_them(desk: Desk, files: list[Path]) -> None:
    page = desk.open(desk.designer, "/?model=routellm/flux_kontext")
    page.locator('input[type=file][name="image_prompt"]').set_input_files(files[:2])
    expect(given(page)).to_have_count(2)
    before = ids(page)
    steps.choose_model(page, "nano_banana_pro")
    expect(given(page)).to_have_count(2)
    assert ids(page) == before
