"""A box is moved into its picture, and made smaller only where it must be."""

import io

import pytest
from PIL import Image

from gallery.images import formats
from gallery.images.boxes import Box
from gallery.images.decoder import Decoder
from gallery.images.exporting import export
from tests.images import corpus


@pytest.mark.parametrize(
    ("box", "size", "within"),
    [
        ((10, 20, 30, 40), (100, 100), (10, 20, 30, 40)),
        ((0, 0, 100, 100), (100, 100), (0, 0, 100, 100)),
        ((90, 95, 30, 40), (100, 100), (70, 60, 30, 40)),
        ((-5, -9, 30, 40), (100, 100), (0, 0, 30, 40)),
        ((10, 10, 900, 40), (100, 100), (0, 10, 100, 40)),
        ((50, 50, 0, 3), (100, 100), (50, 50, 16, 16)),
        ((99, 99, 1, 1), (100, 100), (84, 84, 16, 16)),
        ((3, 3, 2, 2), (9, 40), (0, 3, 9, 16)),
        ((0, 0, 1, 1), (1, 1), (0, 0, 1, 1)),
    ],
)
def test_a_box_lies_in_its_picture(
    box: tuple[int, int, int, int], size: tuple[int, int], within: tuple[int, int, int, int]
) -> None:
    left, top, width, height = box
    found = Box(left=left, top=top, width=width, height=height).within(*size)
    assert tuple(found.to_json()) == within
    assert found.within(*size) == found
    assert found.is_whole(*size) == (within == (0, 0, *size))


@pytest.mark.parametrize("orientation", range(1, 9))
def test_a_part_is_cut_out_of_the_upright_picture(decoder: Decoder, tmp_path: object, orientation: int) -> None:
    """The red corner is where people see it, however the file is turned."""
    picture = Image.new("RGB", (60, 40), "white")
    picture.paste("red", (0, 0, 20, 20))
    content = corpus.with_exif(turned_back(picture, orientation), "PNG", orientation)
    box = Box(left=0, top=0, width=20, height=20)
    made = export(content, folder=str(tmp_path), media_type=formats.PNG, box=box, decoder=decoder)
    assert (made.width, made.height) == (20, 20)
    with Image.open(io.BytesIO(made.content)) as image:
        assert image.convert("RGB").getcolors() == [(400, (255, 0, 0))]


def turned_back(picture: Image.Image, orientation: int) -> Image.Image:
    """As a camera that was held so would have written it."""
    turns = {
        2: Image.Transpose.FLIP_LEFT_RIGHT,
        3: Image.Transpose.ROTATE_180,
        4: Image.Transpose.FLIP_TOP_BOTTOM,
        5: Image.Transpose.TRANSPOSE,
        6: Image.Transpose.ROTATE_90,
        7: Image.Transpose.TRANSVERSE,
        8: Image.Transpose.ROTATE_270,
    }
    return picture.transpose(turns[orientation]) if orientation in turns else picture
