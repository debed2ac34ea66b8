"""Pictures leave with their recipe and come back with it: the menu of copies, a folder dropped, Edit and run."""

import base64
import re
from pathlib import Path

import pytest
from playwright.sync_api import FilePayload, Page, expect

from gallery.images import formats, metadata
from tests import factories
from tests.browser import steps
from tests.browser.desk import Desk
from tests.visitor import make_picture

pytestmark = pytest.mark.browser

DROP = """
(files) => {
  const data = new DataTransfer();
  for (const [name, content] of files) {
    const bytes = Uint8Array.from(atob(content), (letter) => letter.charCodeAt(0));
    data.items.add(new File([bytes], name));
  }
  const place = document.querySelector("[data-drop]");
  for (const kind of ["dragover", "drop"])
    place.dispatchEvent(new DragEvent(kind, { bubbles: true, cancelable: true, dataTransfer: data }));
}
"""


def recipe(words: str) -> dict[str, object]:
    parameters = {"seed": 4711, "aspect_ratio": "3:2"}
    return {"proofsheet": 1, "prompt": words, "model": "routellm/flux_kontext", "parameters": parameters}


def with_recipe(words: str, colour: str) -> bytes:
    return bytes(metadata.with_recipe(factories.png(colour), formats.PNG, recipe(words)))


def drop(page: Page, *files: tuple[str, bytes]) -> None:
    page.evaluate(DROP, [[name, base64.b64encode(content).decode()] for name, content in files])


def open_copies(page: Page) -> None:
    page.get_by_role("button", name="Copies in other formats and sizes").click()
    expect(page.get_by_role("button", name="Save a copy")).to_be_visible()


def test_a_folder_comes_in_and_its_recipes_are_found_again(desk: Desk, tmp_path: Path) -> None:
    person = desk.add_person()
    inside = tmp_path / "shoot" / "second roll"
    inside.mkdir(parents=True)
    (tmp_path / "shoot" / "first.png").write_bytes(with_recipe("a lamp shaped like a heron", "teal"))
    (inside / "harbour at dawn.png").write_bytes(factories.png("navy"))
    (inside / "broken.png").write_bytes(factories.png()[:60])
    (inside / "notes.txt").write_text("not a picture")
    page = desk.open(person.visitor, "/library/?show=mine")

    page.get_by_role("link", name="Import").click()
    page.get_by_label("Choose a folder").set_input_files(tmp_path / "shoot")
    result = page.get_by_role("region", name="What came in")
    expect(result).to_contain_text("3 files, 1 with its recipe, 1 refused")
    expect(result.get_by_role("listitem").filter(has_text="broken.png")).to_contain_text("damaged")
    expect(page.get_by_text("1 file is no PNG, JPEG or WebP")).to_be_visible()

    result.get_by_role("link", name="See them in the library").click()
    page.goto(page.get_by_role("link", name=re.compile("lamp shaped like a heron")).first.get_attribute("href") or "")
    page.get_by_role("link", name="Edit and run").first.click()
    expect(steps.prompt(page)).to_have_value("a lamp shaped like a heron")
    expect(page.locator('[name="seed"]').first).to_have_value("4711")
    expect(page.locator('input[name="aspect_ratio"]:checked')).to_have_value("3:2")


def test_dropped_files_come_in_for_their_owner_alone_where_that_is_chosen(desk: Desk) -> None:
    person = desk.add_person()
    page = desk.open(person.visitor, "/import/")
    page.get_by_role("radio", name="Only me").check()

    drop(page, ("one.png", with_recipe("a private kite", "coral")), ("two.png", factories.png("khaki")))

    result = page.get_by_role("region", name="What came in")
    expect(result).to_contain_text("2 files, 1 with its recipe")
    drop(page, ("again.png", factories.png("khaki")))
    expect(result).to_contain_text("3 files, 1 with its recipe, 1 already here")
    picture = result.get_by_role("link", name="two.png").get_attribute("href") or ""
    assert desk.add_person("Carl Chi").visitor.status(picture) == 404


def test_a_file_that_does_not_arrive_can_be_sent_again(desk: Desk) -> None:
    page = desk.open_new("/import/")
    desk.expect_line("Failed to load resource")
    page.route("**/import/", lambda route: route.abort() if route.request.method == "POST" else route.fallback())
    drop(page, ("one.png", factories.png("plum")))
    result = page.get_by_role("region", name="What came in")
    expect(result).to_contain_text("1 did not arrive")

    page.unroute("**/import/")
    result.get_by_role("button", name="Try again").click()

    expect(result.get_by_role("listitem")).to_have_count(1)
    expect(result.get_by_role("link", name="one.png")).to_be_visible()


def test_pictures_are_imported_by_a_plain_form_without_scripts(desk: Desk) -> None:
    page = desk.open_new("/import/", java_script_enabled=False)
    content = with_recipe("a plain form", "olive")
    page.get_by_label("Choose pictures").set_input_files(
        [FilePayload(name=f"{number}.png", mimeType="image/png", buffer=content) for number in range(2)]
    )
    page.get_by_role("button", name="Import", exact=True).click()

    expect(page.get_by_role("region", name="What came in")).to_contain_text("2 files, 1 with its recipe")


def test_a_copy_is_saved_as_chosen_and_the_choice_is_remembered(desk: Desk, tmp_path: Path) -> None:
    person = desk.add_person()
    path = make_picture(person.visitor, "a copper kettle", "routellm/flux_kontext", seed="4711")
    page = desk.open(person.visitor, path)

    open_copies(page)
    page.get_by_role("radio", name="WebP").check()
    page.get_by_label("Longest side").select_option("512")
    with page.expect_download() as waiting:
        page.get_by_role("button", name="Save a copy").click()
    waiting.value.save_as(tmp_path / "copy.webp")

    assert re.fullmatch(r"a-copper-kettle-flux-kontext-\d+\.webp", waiting.value.suggested_filename)
    found = metadata.read_recipe((tmp_path / "copy.webp").read_bytes(), formats.WEBP)
    assert found is not None and (found["prompt"], found["seed"]) == ("a copper kettle", 4711)
    expect(page.get_by_role("button", name="Save a copy")).to_be_hidden()

    page.reload()
    open_copies(page)
    expect(page.locator('input[name="format"]:checked')).to_have_value("webp")
    expect(page.get_by_label("Longest side")).to_have_value("512")


def test_copies_are_reached_by_keyboard_and_the_menu_fits_a_phone(desk: Desk) -> None:
    person = desk.add_person()
    path = make_picture(person.visitor, "a brass bell")
    page = desk.open(person.visitor, path, viewport={"width": 390, "height": 844}, has_touch=True)

    opener = page.get_by_role("button", name="Copies in other formats and sizes")
    opener.focus()
    page.keyboard.press("Enter")
    steps.tab_to(page, page.get_by_role("button", name="Save a copy"))
    box = page.locator("[id^=download-menu]").bounding_box()

    assert box and box["x"] >= 0 and box["x"] + box["width"] <= 390 and box["y"] >= 0
    assert steps.width_beyond(page) == 0
    page.keyboard.press("Escape")
    expect(opener).to_be_focused()
