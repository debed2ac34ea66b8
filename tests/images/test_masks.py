"""A mask is written as exactly what a model reads, whatever it was drawn with."""

import io
from collections.abc import Callable
from pathlib import Path

import pytest
from PIL import Image

from gallery.images.decoder import Decoder
from gallery.images.errors import PictureRefused
from gallery.images.masks import make_mask
from tests.images import corpus
from tests.images.corpus import encode

Make = Callable[..., Image.Image]
Colour = str | tuple[int, ...]
SIZE = (60, 40)
LEFT, RIGHT = (5, 20), (55, 20)


@pytest.fixture
def make(decoder: Decoder, folder: Path) -> Make:
    def made(content: bytes, reads: str = "white", marks: str = "white", size: tuple[int, int] = SIZE) -> Image.Image:
        return Image.open(
            io.BytesIO(make_mask(content, folder=folder, size=size, reads=reads, marks=marks, decoder=decoder))
        )

    return made


def half(left: Colour, right: Colour, mode: str = "RGB", size: tuple[int, int] = SIZE) -> bytes:
    image = Image.new(mode, size, right)
    image.paste(left, (0, 0, size[0] // 2, size[1]))
    return encode(image, "PNG")


CLEAR, SOLID = (9, 9, 9, 0), (200, 200, 200, 255)
# The left half is marked in all of them.
MARKED_LEFT = {
    "white": half("white", "black"),
    "black": half((20, 30, 40), (240, 230, 220)),
    "transparent": half(CLEAR, SOLID, "RGBA"),
}
WRITTEN = {"white": ("L", 255, 0), "black": ("L", 0, 255), "transparent": ("RGBA", (0, 0, 0, 0), (0, 0, 0, 255))}


@pytest.mark.parametrize("reads", MARKED_LEFT)
@pytest.mark.parametrize("marks", WRITTEN)
def test_a_mask_keeps_its_meaning_in_every_way_of_marking(make: Make, reads: str, marks: str) -> None:
    made = make(MARKED_LEFT[reads], reads, marks)
    assert (made.size, made.format) == (SIZE, "PNG")
    assert (made.mode, made.getpixel(LEFT), made.getpixel(RIGHT)) == WRITTEN[marks]


@pytest.mark.parametrize(
    ("content", "reads"),
    [
        (half("white", "black"), "transparent"),
        (half((255, 255, 255, 255), (0, 0, 0, 0), "RGBA"), "white"),
        (half((0, 0, 0, 255), (0, 0, 0, 0), "RGBA"), "black"),
        (half((160, 150, 140), (90, 100, 110)), "white"),
        (half("white", "black", size=(120, 80)), "white"),
        (half("white", "black", size=(30, 20)), "white"),
    ],
    ids=["no transparency", "white on nothing", "black on nothing", "soft", "twice as large", "half as large"],
)
def test_a_mask_has_two_values_and_the_size_of_its_picture(make: Make, content: bytes, reads: str) -> None:
    made = make(content, reads)
    assert (made.size, made.getpixel(LEFT), made.getpixel(RIGHT)) == (SIZE, 255, 0)
    assert sorted(value for _, value in made.getcolors() or []) == [0, 255]


@pytest.mark.parametrize(
    ("content", "sentence"),
    [
        (half("black", "black"), "Nothing is marked"),
        (half("white", "black", size=(60, 60)), "60 × 60 pixels, its picture 60 × 40"),
        (corpus.BARE_SVG, "An SVG cannot be a mask"),
        (b"<html>", "not a picture"),
    ],
)
def test_what_is_no_mask_is_refused_with_a_sentence(make: Make, folder: Path, content: bytes, sentence: str) -> None:
    with pytest.raises(PictureRefused, match=sentence):
        make(content)
    assert list(folder.iterdir()) == []
