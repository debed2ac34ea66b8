"""Bare pixels of a picture: as its file shows them, and no more of them than were asked for."""

from pathlib import Path

import pytest
from PIL import Image

from gallery.images.decoder import Decoder
from gallery.images.errors import PictureRefused
from gallery.images.flattening import Flat, flatten
from tests.images import corpus

CLEAR, RED = (0, 0, 0, 0), (255, 0, 0, 255)


def drawn(flat: Flat) -> Image.Image:
    return Image.frombytes("RGB", (flat.width, flat.height), flat.rgb)


def test_pixels_are_upright_on_white_and_within_the_side(decoder: Decoder, folder: Path) -> None:
    picture = Image.new("RGBA", (300, 100), CLEAR)
    picture.paste(RED, (0, 0, 150, 100))
    flat = flatten(corpus.encode(picture, "PNG"), folder=folder, max_side=60, decoder=decoder)
    assert (flat.from_width, flat.from_height, flat.from_media_type) == (300, 100, "image/png")
    assert drawn(flat).size == (60, 20)
    assert (drawn(flat).getpixel((5, 10)), drawn(flat).getpixel((55, 10))) == (RED[:3], (255, 255, 255))
    assert list(folder.iterdir()) == []


@pytest.mark.parametrize(
    ("content", "kind"),
    [
        (corpus.svg(), "unsupported_format"),
        (b"<!doctype html>", "not_a_picture"),
        (b"", "not_a_picture"),
        (corpus.encode(corpus.picture(size=(64, 64)), "PNG")[:-40], "broken"),
    ],
)
def test_what_has_no_pixels_is_refused_and_leaves_nothing(
    content: bytes, kind: str, decoder: Decoder, folder: Path
) -> None:
    with pytest.raises(PictureRefused) as refused:
        flatten(content, folder=folder, max_side=60, decoder=decoder)
    assert refused.value.kind == kind
    assert list(folder.iterdir()) == []
