"""The contact sheet of a batch."""

import io
from typing import Any

from django.core.files.base import ContentFile
from django.core.files.storage import default_storage
from django.test import Client
from PIL import Image as PillowImage
from PIL import ImageChops, ImageColor

from gallery import tasks
from gallery.models import Batch, Gateway, Image, ImageModel, User
from tests import factories
from tests.batches.batch import MODELS, create
from tests.fake_gateway import FakeGateway


def open_sheet(client: Client, batch: Batch, query: str = "") -> Any:
    response = client.get(f"/batches/{batch.pk}/sheet.png{query}")
    assert (response.status_code, response["Content-Type"]) == (200, "image/png")
    return PillowImage.open(io.BytesIO(response.content))


def test_the_contact_sheet_holds_every_cell_in_its_place(
    routellm: Gateway, fake_gateway: FakeGateway, as_bea: Client
) -> None:
    colours = ["red", "lime", "blue", "yellow", "cyan", "magenta"]
    for colour in colours:
        fake_gateway.will_send(json=factories.reply([factories.image_entry(colour, size=(640, 640))]))
    batch = create(as_bea, models=MODELS[:2], prompt="a {red|blue|青} chair")
    for query, across, down in (("?columns=0&rows=1", 2, 3), ("?columns=1&rows=0", 3, 2)):
        sheet = open_sheet(as_bea, batch, query).convert("RGB")
        places = {sheet.getpixel((x, y)) for x in range(0, sheet.width, 12) for y in range(0, sheet.height, 12)}
        assert sum(any(near(found, wanted) for found in places) for wanted in colours) == 6
        assert (sheet.width > sheet.height) == (across > down)


def near(found: tuple[int, int, int], wanted: str) -> bool:
    return max(abs(one - other) for one, other in zip(found, ImageColor.getrgb(wanted), strict=True)) < 12


def test_the_cells_of_a_contact_sheet_have_their_pictures_own_shape(
    routellm: Gateway, fake_gateway: FakeGateway, as_bea: Client
) -> None:
    for colour in ("red", "lime", "blue", "yellow"):
        fake_gateway.will_send(json=factories.reply([factories.image_entry(colour, size=(960, 540))]))
    batch = create(as_bea, models=MODELS[:2], prompt="a {red|blue} chair")
    sheet = open_sheet(as_bea, batch, "?columns=0&rows=1").convert("RGB")
    cells = [box_of(sheet, colour) for colour in ("red", "lime", "blue", "yellow")]
    for left, top, right, bottom in cells:
        assert abs((right - left) / (bottom - top) - 16 / 9) < 0.05
    rows = sorted({top for _, top, _, _ in cells})
    # No paper of a square cell between one row and the next.
    assert rows[1] - max(bottom for _, top, _, bottom in cells if top == rows[0]) < 40


def box_of(sheet: PillowImage.Image, colour: str) -> tuple[int, int, int, int]:
    wanted = PillowImage.new("RGB", sheet.size, colour)
    other = ImageChops.difference(sheet, wanted).convert("L").point(lambda value: 255 if value < 8 else 0)
    box = other.getbbox()
    assert box, colour
    return box


def test_a_contact_sheet_names_its_axes(routellm: Gateway, fake_gateway: FakeGateway, as_bea: Client) -> None:
    for colour in ("red", "lime", "blue", "yellow"):
        fake_gateway.will_send(json=factories.reply([factories.image_entry(colour, size=(640, 640))]))
    batch = create(as_bea, models=MODELS[:2], prompt="a {red|blue} chair")
    sheet = open_sheet(as_bea, batch, "?columns=0&rows=1").convert("RGB")
    left, top, _, _ = min(box_of(sheet, colour) for colour in ("red", "lime", "blue", "yellow"))
    # The prompt, what the columns are, their values; beside these, what the rows are.
    assert lines_of_words(sheet.crop((0, 0, sheet.width, top))) == 3
    assert lines_of_words(sheet.crop((0, 80, left, top))) == 1


def lines_of_words(part: PillowImage.Image) -> int:
    """How many bands of ink lie below each other."""
    dark = part.convert("L").point(lambda value: 255 if value < 160 else 0)
    inked = [dark.crop((0, y, dark.width, y + 1)).getbbox() is not None for y in range(dark.height)]
    # Dots and strokes of one line lie closer to each other than two lines do.
    starts = [y for y, is_inked in enumerate(inked) if is_inked and not any(inked[max(0, y - 8) : y])]
    return len(starts)


def test_a_thumbnail_that_is_broken_or_lost_leaves_its_frame_empty(
    routellm: Gateway, fake_gateway: FakeGateway, as_bea: Client
) -> None:
    colours = ("red", "lime", "blue")
    for colour in colours:
        fake_gateway.will_send(json=factories.reply([factories.image_entry(colour, size=(640, 640))]))
    batch = create(as_bea)
    broken, lost, _ = Image.objects.filter(generation__batch=batch).order_by("pk")
    for image in (broken, lost):
        default_storage.delete(image.thumbnail_name(640))
    default_storage.save(broken.thumbnail_name(640), ContentFile(b"RIFF....WEBPVP8 <script>"))
    sheet = open_sheet(as_bea, batch).convert("RGB")
    places = {sheet.getpixel((x, y)) for x in range(0, sheet.width, 12) for y in range(0, sheet.height, 12)}
    assert [any(near(found, colour) for found in places) for colour in colours] == [False, False, True]


def test_a_contact_sheet_of_four_hundred_stays_within_bounds(
    shipped: None, bea: User, as_bea: Client, flux_kontext: ImageModel
) -> None:
    tasks.queue.immediate = False
    batch = create(as_bea, models=MODELS[:1], axis=["seed", "guidance_scale"], axis_values=["1..200", "1, 2"])
    sheet = open_sheet(as_bea, batch)
    assert max(sheet.size) <= 12_000 and sheet.width * sheet.height <= 22_000_000
