"""The darkroom: a reference cropped before it is used, and a mask painted over it. A gateway tells what arrived."""

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from playwright.sync_api import Browser, Locator, Page, expect

from tests import factories
from tests.browser import steps
from tests.browser.desk import Desk
from tests.fake_gateway import FakeGateway, make_picture
from tests.running_studio import running_studio
from tests.visitor import join

pytestmark = pytest.mark.browser


@pytest.fixture(scope="module")
def gateway() -> Iterator[FakeGateway]:
    with FakeGateway() as opened:
        yield opened


@pytest.fixture(scope="module")
def desk(browser: Browser, gateway: FakeGateway, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Desk]:
    """Before a studio whose gateway is the fake one."""
    words = {"ROUTELLM_API_KEY": "sk-darkroom-0123456789", "ROUTELLM_BASE_URL": gateway.base_url}
    with running_studio(tmp_path_factory.mktemp("darkroom") / "data", **words) as studio:
        administrator = join(studio.address, studio.setup_path, "ada", "Ada Lovelace")
        with Desk(browser, studio, administrator, administrator) as opened:
            yield opened


@pytest.fixture
def photo(tmp_path: Path) -> Path:
    path = tmp_path / "chair.png"
    path.write_bytes(make_picture(size=(640, 480)))
    return path


def thumbnails(page: Page, name: str) -> Locator:
    return page.locator(f'[data-parameter="{name}"] [data-face]')


def give(page: Page, name: str, photo: Path) -> str:
    page.locator(f'input[type=file][name="{name}"]').set_input_files(photo)
    expect(thumbnails(page, name)).to_have_count(1)
    return id_given(page, name)


def id_given(page: Page, name: str) -> str:
    return page.locator(f'#studio-form input[name="{name}_images"]').input_value()


def choose(page: Page, name: str, words: str) -> None:
    """From the menu of the first thumbnail."""
    thumbnails(page, name).first.click()
    page.locator("#picture-menu").get_by_role("button", name=words).click()


def drag(page: Page, start: Locator, by: tuple[float, float]) -> None:
    frame = start.bounding_box()
    assert frame
    x, y = frame["x"] + frame["width"] / 2, frame["y"] + frame["height"] / 2
    page.mouse.move(x, y)
    page.mouse.down()
    page.mouse.move(x + by[0], y + by[1], steps=6)
    page.mouse.up()


def pictures_sent(gateway: FakeGateway) -> list[dict[str, Any]]:
    return [part for part in gateway.requests[-1].json["messages"][0]["content"] if part["type"] == "image_url"]


def test_a_cropped_reference_is_what_the_gateway_gets(desk: Desk, gateway: FakeGateway, photo: Path) -> None:
    page = desk.open(desk.designer, "/?model=routellm/flux_kontext")
    original = give(page, "image_prompt", photo)
    choose(page, "image_prompt", "Crop…")
    dialog = page.get_by_role("dialog", name="Crop")
    size = dialog.locator("[data-crop-size]")
    expect(size).to_have_text("640 × 480 px, the whole picture")
    dialog.get_by_role("button", name="16:9").click()
    expect(size).to_have_text("640 × 360 px")
    drag(page, dialog.get_by_role("button", name="Bottom right corner"), (-200, -40))
    dialog.get_by_role("button", name="Free").click()
    dialog.get_by_role("button", name="Left edge").focus()
    page.keyboard.press("Shift+ArrowRight")
    width, height = (int(number) for number in (size.text_content() or "").removesuffix(" px").split(" × "))
    assert 16 <= width < 632 and 16 <= height < 360
    dialog.get_by_role("button", name="Crop").click()
    expect(page.locator(".toast")).to_contain_text(f"Cropped to {width} × {height}.")
    cropped = id_given(page, "image_prompt")
    assert cropped != original

    page.locator(".toast").get_by_role("button", name="Undo").click()
    assert id_given(page, "image_prompt") == original
    choose(page, "image_prompt", "Crop…")
    dialog.get_by_role("button", name="1:1").click()
    expect(size).to_have_text("480 × 480 px")
    dialog.get_by_role("group", name="What is kept").press("Enter")
    expect(page.locator(".toast").last).to_contain_text("Cropped to 480 × 480.")
    steps.make_picture(page, "the same in blue")
    assert [factories.size_of(part) for part in pictures_sent(gateway)] == [(480, 480)]

    # Cropped again it opens as it was, from the whole; and the original comes back.
    choose(page, "image_prompt", "Crop…")
    expect(size).to_have_text("480 × 480 px")
    dialog.get_by_role("button", name="Close").click()
    choose(page, "image_prompt", "Put the original back")
    expect(page.locator(".toast").last).to_contain_text("The original is back.")
    assert id_given(page, "image_prompt") == original


def paint(page: Page, canvas: Locator, start: tuple[float, float], end: tuple[float, float]) -> None:
    """One stroke; places are shares of the picture."""
    frame = canvas.bounding_box()
    assert frame
    places = [(frame["x"] + frame["width"] * x, frame["y"] + frame["height"] * y) for x, y in (start, end)]
    page.mouse.move(*places[0])
    page.mouse.down()
    page.mouse.move(*places[1], steps=8)
    page.mouse.up()


def test_a_painted_mask_is_what_the_gateway_gets(desk: Desk, gateway: FakeGateway, photo: Path) -> None:
    page = desk.open_new("/?model=routellm/flux_pro_fill")
    button = page.get_by_role("button", name="Paint a mask")
    expect(button).to_be_disabled()
    give(page, "image", photo)
    button.click()
    dialog = page.get_by_role("dialog", name="Mask")
    canvas = dialog.locator("canvas")
    done = dialog.get_by_role("button", name="Use this mask")
    expect(done).to_be_disabled()
    paint(page, canvas, (0.1, 0.25), (0.9, 0.25))
    paint(page, canvas, (0.1, 0.75), (0.9, 0.75))
    dialog.get_by_role("button", name="Undo").click()
    page.keyboard.press("e")
    page.keyboard.press("[")
    paint(page, canvas, (0.5, 0.1), (0.5, 0.4))
    # What was painted is still there after a look aside.
    page.keyboard.press("Escape")
    expect(dialog).to_be_hidden()
    button.click()
    done.click()
    expect(thumbnails(page, "mask")).to_have_count(1)
    expect(thumbnails(page, "image").locator("canvas")).to_have_count(1)
    steps.make_picture(page, "a bay window")
    picture, mask = pictures_sent(gateway)
    assert factories.size_of(picture) == (640, 480)
    with factories.open_part(mask) as sent:
        assert sent.size == (640, 480)
        grey = sent.convert("L")
        places = {(128, 120): 255, (512, 120): 255, (320, 120): 0, (320, 360): 0, (320, 20): 0}
        assert {place: grey.getpixel(place) for place in places} == places
        assert sorted(value for _, value in grey.getcolors() or []) == [0, 255]

    # Painted again from where it was, without a mouse: all but that.
    first = id_given(page, "mask")
    choose(page, "image", "Paint the mask…")
    expect(dialog).to_be_visible()
    page.keyboard.press("i")
    done.click()
    expect(page.locator(f'#studio-form input[name="mask_images"]:not([value="{first}"])')).to_have_count(1)
    steps.make_picture(page, "all but the window")
    with factories.open_part(pictures_sent(gateway)[1]) as sent:
        grey = sent.convert("L")
        assert {place: grey.getpixel(place) for place in places} == {
            place: 255 - value for place, value in places.items()
        }

    follow_a_crop(page)
    page.get_by_role("dialog", name="Crop").get_by_role("button", name="1:1").click()
    page.get_by_role("dialog", name="Crop").get_by_role("button", name="Crop").click()
    expect(page.locator('[data-parameter="image"] [data-picture]')).to_have_attribute("data-width", "480")
    page.get_by_role("button", name="Whole picture").click()
    expect(thumbnails(page, "mask")).to_have_count(1)
    steps.make_picture(page, "a bay window in a square")
    with factories.open_part(pictures_sent(gateway)[1]) as sent:
        assert sent.convert("L").getcolors() == [(480 * 480, 255)]


def follow_a_crop(page: Page) -> None:
    """The mask is cut as its picture is; Undo brings both back; the other way it is taken off and that is said."""
    mask = page.locator('[data-parameter="mask"] [data-picture]')
    choose(page, "image", "Crop…")
    dialog = page.get_by_role("dialog", name="Crop")
    dialog.get_by_role("button", name="1:1").click()
    dialog.get_by_role("group", name="What is kept").press("Enter")
    expect(mask).to_have_attribute("data-width", "480")
    expect(thumbnails(page, "image").locator("canvas")).to_have_count(1)
    page.locator(".toast").last.get_by_role("button", name="Undo").click()
    expect(mask).to_have_attribute("data-width", "640")
    choose(page, "image", "Crop…")
    dialog.get_by_role("button", name="1:1").click()
    dialog.get_by_role("group", name="What is kept").press("Enter")
    expect(mask).to_have_attribute("data-width", "480")
    choose(page, "image", "Put the original back")
    expect(mask).to_have_count(0)
    expect(page.get_by_text("The mask lay over another part and was taken off.")).to_be_visible()
    choose(page, "image", "Crop…")
