"""Pictures written anew for people to take away."""

import io
import os
from collections.abc import Callable
from pathlib import Path

import pytest
from PIL import Image

from gallery.images import formats, metadata
from gallery.images.decoder import Decoder
from gallery.images.errors import PictureRefused
from gallery.images.exporting import ANY_SIDE, Exported, export
from gallery.images.recipes import Recipe, check_recipe
from tests.images import corpus
from tests.images.corpus import encode, picture

RECIPE = Recipe(prompt="a red chair", gateway_slug="routellm", model_id="flux_pro")
Export = Callable[..., Exported]


@pytest.fixture
def export_in(decoder: Decoder, folder: Path) -> Export:
    def export_content(
        content: bytes, media_type: str = formats.PNG, max_side: int = ANY_SIDE, recipe: Recipe | None = None
    ) -> Exported:
        return export(content, folder=folder, media_type=media_type, max_side=max_side, recipe=recipe, decoder=decoder)

    return export_content


@pytest.mark.parametrize("media_type", [formats.PNG, formats.JPEG, formats.WEBP])
@pytest.mark.parametrize(
    ("mode", "pillow_name"),
    [
        ("RGB", "PNG"),
        ("RGBA", "PNG"),
        ("P", "PNG"),
        ("I;16", "PNG"),
        ("CMYK", "JPEG"),
        ("RGBA", "WEBP"),
        ("RGB", "GIF"),
    ],
)
@pytest.mark.parametrize(("max_side", "size"), [(30, (30, 20)), (60, (60, 40)), (4000, (60, 40))])
def test_every_picture_is_written_in_every_format_and_never_enlarged(
    export_in: Export, media_type: str, mode: str, pillow_name: str, max_side: int, size: tuple[int, int]
) -> None:
    exported = export_in(encode(picture(mode), pillow_name), media_type, max_side, RECIPE)

    assert (exported.media_type, exported.width, exported.height) == (media_type, *size)
    with Image.open(io.BytesIO(exported.content)) as image:
        assert (image.size, image.format) == (size, formats.PILLOW_NAMES[media_type])
        assert image.has_transparency_data == (mode == "RGBA" and media_type != formats.JPEG)
    assert check_recipe(metadata.read_recipe(exported.content, media_type)) == RECIPE


def test_what_was_transparent_is_white_in_a_jpeg(export_in: Export) -> None:
    with Image.open(io.BytesIO(export_in(encode(picture("RGBA"), "PNG"), formats.JPEG).content)) as image:
        assert image.getpixel((30, 38)) == (255, 255, 255)


def test_an_export_is_upright_in_srgb_and_carries_nothing_of_the_file(export_in: Export) -> None:
    turned = export_in(corpus.with_exif(picture(), "JPEG", 6), formats.JPEG)
    coloured = export_in(encode(Image.new("RGB", (9, 9), "red"), "PNG", icc_profile=corpus.swapped_profile()))

    assert (turned.width, turned.height) == (40, 60)
    assert b"ecret" not in turned.content and b"Exif" not in turned.content
    with Image.open(io.BytesIO(coloured.content)) as image:
        assert "icc_profile" not in image.info
        red, _, blue = image.convert("RGB").getpixel((4, 4))  # type: ignore[misc]
        assert blue > 200 > 60 > red


def test_of_an_animated_picture_it_is_the_first_frame(export_in: Export) -> None:
    with Image.open(io.BytesIO(export_in(corpus.animated("WEBP", 3)).content)) as image:
        assert getattr(image, "n_frames", 1) == 1 and image.convert("RGB").getpixel((5, 5)) == (0, 0, 0)


@pytest.mark.parametrize(
    ("content", "media_type", "kind", "sentence"),
    [
        (corpus.BARE_SVG, formats.PNG, "unsupported_format", "Download the original instead"),
        (b"<html>", formats.PNG, "not_a_picture", "not a picture"),
        (encode(picture(), "PNG")[:80], formats.PNG, "broken", "damaged"),
        (encode(Image.new("1", (16_400, 2)), "PNG"), formats.WEBP, "too_large", "16,383 pixels a side"),
    ],
)
def test_what_cannot_be_exported_is_refused_with_a_sentence(
    export_in: Export, folder: Path, content: bytes, media_type: str, kind: str, sentence: str
) -> None:
    with pytest.raises(PictureRefused, match=sentence) as refused:
        export_in(content, media_type)

    assert refused.value.kind == kind
    assert list(folder.iterdir()) == []


def test_a_file_beyond_what_is_written_says_what_to_choose(export_in: Export) -> None:
    grain = encode(Image.frombytes("RGB", (4800, 4800), os.urandom(4800 * 4800 * 3)), "PNG", compress_level=0)

    with pytest.raises(PictureRefused, match="larger than 64 MB") as refused:
        export_in(grain)

    assert refused.value.kind == "too_large"
