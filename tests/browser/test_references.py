"""Reference pictures: chosen, pasted, dropped, put in order and taken away again, and what they switch off."""

import base64
import re
from pathlib import Path

import pytest
from playwright.sync_api import Locator, Page, Route, expect

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
    reference = made_from.get_by_role("img").first
    reference.scroll_into_view_if_needed()
    steps.assert_loaded(reference)


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


def faces(page: Page, name: str = "image_prompt") -> Locator:
    """The thumbnails, which open their menus."""
    return box(page, name).get_by_role("button", name=re.compile(": picture"))


def give(page: Page, files: list[Path], name: str = "image_prompt") -> list[str]:
    """Choose files one after the other, so that their order is known; gives their ids."""
    for number, path in enumerate(files, start=1):
        page.locator(f'input[type=file][name="{name}"]').set_input_files(path)
        expect(given(page, name)).to_have_count(number)
    return ids(page, name)


def act(page: Page, face: Locator, name: str) -> None:
    face.click()
    page.locator("#picture-menu").get_by_role("button", name=name).click()


def drag(page: Page, source: Locator, target: Locator) -> None:
    """Carry it by the mouse onto the near half of the target, as a hand does, in steps."""
    source.scroll_into_view_if_needed()
    source.hover()
    page.mouse.down()
    frame = target.bounding_box()
    assert frame
    page.mouse.move(frame["x"] + frame["width"] / 4, frame["y"] + frame["height"] / 2, steps=8)
    page.mouse.up()


def test_references_are_put_in_order_by_keys_by_menu_and_by_hand(desk: Desk, files: list[Path]) -> None:
    page = desk.open(desk.designer, "/?model=routellm/flux_kontext")
    first, second, third = give(page, files[:3])
    expect(box(page).get_by_role("listitem")).to_contain_text(["1", "2", "3"])

    faces(page).nth(2).focus()
    page.keyboard.press("Shift+ArrowLeft")
    assert ids(page) == [first, third, second]
    expect(faces(page).nth(1)).to_be_focused()
    expect(page.locator("#announcements")).to_have_text("Reference images: now picture 2 of 3.")
    act(page, faces(page).nth(0), "Move right")
    assert ids(page) == [third, first, second]
    drag(page, faces(page).nth(2), faces(page).nth(0))
    assert ids(page) == [second, third, first]
    expect(page.locator("#picture-menu")).to_be_hidden()
    box(page).get_by_role("listitem").nth(1).get_by_role("button", name="Remove this picture").click()
    assert ids(page) == [second, first]
    faces(page).nth(1).press("Delete")
    assert ids(page) == [second]
    page.locator('input[type=file][name="image_prompt"]').set_input_files(files[4])
    expect(given(page)).to_have_count(2)
    kept = ids(page)

    steps.make_picture(page, "both together")
    page.reload()
    steps.newest(page).get_by_role("link", name="Edit and run").click()
    expect(given(page)).to_have_count(2)
    assert ids(page) == kept


def test_a_picture_goes_to_the_parameter_under_the_pointer_and_moves_to_another(desk: Desk, files: list[Path]) -> None:
    page = desk.open(desk.designer, "/?model=routellm/ideogram_character")
    steps.show_more(page)
    character, style = (box(page, name) for name in CHARACTER_PARAMETERS)
    hand_over(steps.prompt(page), "paste", make_picture())
    expect(given(page, "character_images")).to_have_count(1)
    expect(character).to_contain_text("Put under Character images.")
    style.hover()
    hand_over(steps.prompt(page), "paste", make_picture())
    expect(given(page, "style_images")).to_have_count(1)
    hand_over(style, "drop", make_picture(), 2)
    expect(given(page, "style_images")).to_have_count(3)
    expect(style).to_contain_text("2 pictures put under Style images.")

    [face] = ids(page, "character_images")
    moved, last, _ = ids(page, "style_images")
    act(page, faces(page, "style_images").nth(0), "Use as Character images")
    assert ids(page, "character_images") == [face, moved]
    drag(page, faces(page, "style_images").nth(0), faces(page, "character_images").nth(0))
    assert ids(page, "character_images") == [last, face, moved]
    assert len(ids(page, "style_images")) == 1


CHARACTER_PARAMETERS = ("character_images", "style_images")


def test_generate_waits_until_every_picture_is_stored(desk: Desk, files: list[Path]) -> None:
    page = desk.open_new("/?model=routellm/flux_kontext")
    held: list[Route] = []
    page.route("**/uploads/", lambda route: held.append(route))
    steps.prompt(page).fill("the same in green")
    page.locator('input[type=file][name="image_prompt"]').set_input_files(files[:2])
    button = page.locator("#generate")
    expect(button).to_have_accessible_name("Storing 2 pictures…")
    expect(button).to_be_disabled()
    steps.prompt(page).press("Control+Enter")
    expect(page.locator("#toasts")).to_contain_text("Storing 2 pictures")
    steps.wait_for_held(page, held, 2)
    held[0].continue_()
    expect(button).to_have_accessible_name("Storing 1 picture…")

    # What failed is said, holds Generate up, and is not lost.
    desk.expect_line("net::ERR_FAILED")
    held[1].abort()
    expect(box(page).get_by_role("alert")).to_contain_text("reference-1.png could not be stored")
    expect(button).to_have_accessible_name("1 picture not stored")
    steps.prompt(page).press("Control+Enter")
    again = box(page).get_by_role("button", name="Try again")
    expect(again).to_be_focused()
    page.unroute("**/uploads/")
    again.click()
    expect(given(page)).to_have_count(2)
    expect(box(page).get_by_role("alert")).to_be_hidden()
    assert page.locator("[id^=generation-]", has_text="the same in green").count() == 0
    steps.make_picture(page, "the same in green")


def test_a_picture_on_its_way_goes_on_into_another_models_form(desk: Desk, files: list[Path]) -> None:
    page = desk.open(desk.designer, "/?model=routellm/flux_kontext")
    held: list[Route] = []
    page.route("**/uploads/", lambda route: held.append(route))
    page.locator('input[type=file][name="image_prompt"]').set_input_files(files[0])
    steps.choose_model(page, "nano_banana_pro")
    expect(page.locator("#generate")).to_be_disabled()
    steps.wait_for_held(page, held)
    held[0].continue_()
    expect(given(page)).to_have_count(1)
    expect(steps.generate_button(page)).to_be_enabled()


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
        steps.wait_for(page, f"(knob) => ({BRIGHTNESS})(knob) < 0.8", arg=knobs[name].element_handle())
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
