"""The decoder process's `mask` command: whatever a mask was drawn with, written as exactly what a model reads.

`white`, `black` and `transparent` say which pixels are marked. In between there is nothing: a mask has two values.
"""

from typing import Any

from PIL import Image, ImageChops

from gallery.images import containers, formats, raster
from gallery.images.errors import PictureRefused
from gallery.images.examine import prove

HALF = 128
SAME_SHAPE = 0.02
IS_VECTOR = "An SVG cannot be a mask. Save it as PNG and use that."
IS_BLANK = "Nothing is marked in this mask. Paint over what the model may change."


def mask(*, path: str, target: str, width: int, height: int, reads: str, marks: str) -> dict[str, Any]:
    """Read a mask that marks by `reads`, write it to `target` as a PNG of this size that marks by `marks`.

    Raises PictureRefused: what a decode raises; unsupported_format for SVG, another shape, and where nothing is marked.
    """
    with prove(path) as (file, media_type, data):
        if media_type == formats.SVG:
            raise PictureRefused("unsupported_format", IS_VECTOR)
        containers.survey(data, media_type)
        decoded = raster.decode(file, media_type)
    marked = marked_in(raster.to_srgb(decoded.pixels, decoded.profile), reads)
    marked = to_size(marked, width, height)
    if marked.getbbox() is None:
        raise PictureRefused("unsupported_format", IS_BLANK)
    with open(target, "xb") as written:
        written_as(marked, marks).save(written, "PNG", compress_level=6)
    return {"width": width, "height": height}


def marked_in(pixels: Image.Image, reads: str) -> Image.Image:
    """White where it is marked, black elsewhere. A mask that should mark by transparency and has none marks by white."""
    if pixels.mode == "RGBA" and reads == "transparent":
        return in_two(ImageChops.invert(pixels.getchannel("A")))
    ground = Image.new("RGB", pixels.size, "white" if reads == "black" else "black")
    ground.paste(pixels, (0, 0), pixels if pixels.mode == "RGBA" else None)
    grey = ground.convert("L")
    return in_two(ImageChops.invert(grey) if reads == "black" else grey)


def in_two(grey: Image.Image) -> Image.Image:
    return grey.point([0] * HALF + [255] * HALF)


def to_size(marked: Image.Image, width: int, height: int) -> Image.Image:
    if marked.size == (width, height):
        return marked
    if abs(marked.width / marked.height * height / width - 1) > SAME_SHAPE:
        words = f"This mask has {marked.width} × {marked.height} pixels, its picture {width} × {height}."
        raise PictureRefused("unsupported_format", f"{words} A mask has the shape of its picture.")
    return marked.resize((width, height), Image.Resampling.NEAREST)


def written_as(marked: Image.Image, marks: str) -> Image.Image:
    if marks == "white":
        return marked
    unmarked = ImageChops.invert(marked)
    if marks == "black":
        return unmarked
    black = Image.new("L", marked.size)
    return Image.merge("RGBA", (black, black, black, unmarked))
