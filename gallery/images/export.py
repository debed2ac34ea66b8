"""The decoder process's `export` command: a picture written anew for people to take away."""

import dataclasses
import errno
from collections.abc import Sequence
from typing import Any

from PIL import Image

from gallery.images import containers, formats, limits, measures, raster
from gallery.images.boxes import Box
from gallery.images.errors import PictureRefused
from gallery.images.examine import prove
from gallery.images.rescale import scale_to_srgb

WEBP_SIDE = 16_383
# 4:4:4, so that thin coloured lines and lettering stay what they are.
OPTIONS: dict[str, dict[str, int]] = {
    formats.PNG: {"compress_level": 6},
    formats.JPEG: {"quality": 95, "subsampling": 0},
    formats.WEBP: {"quality": 95, "method": 4},
}
IS_VECTOR = "An SVG has no pixels to save anew. Download the original instead."
WEBP_TOO_LARGE = f"WebP holds at most {WEBP_SIDE:,} pixels a side. Choose a smaller size, or PNG or JPEG."
FILE_TOO_LARGE = (
    f"Saved so, this picture is larger than {limits.CHILD_FILE_BYTES // 1024**2} MB. Choose a smaller size, or JPEG."
)


def export(
    *, path: str, target: str, media_type: str, max_side: int, box: Sequence[int] | None = None
) -> dict[str, Any]:
    """Write the first frame to `target`, or the part of it in `box` (left, top, width, height; upright pixels): upright, sRGB,
    no side above `max_side` pixels, never enlarged, no metadata.

    Raises PictureRefused: what a decode raises; unsupported_format for SVG; too_large for what does not fit the format.
    """
    with prove(path) as (file, from_media_type, data):
        if from_media_type == formats.SVG:
            raise PictureRefused("unsupported_format", IS_VECTOR)
        containers.survey(data, from_media_type)
        decoded = raster.decode(file, from_media_type)
    image = scale_to_srgb(cut(decoded, box) if box else decoded, max_side)
    if media_type == formats.WEBP and max(image.size) > WEBP_SIDE:
        raise PictureRefused("too_large", WEBP_TOO_LARGE)
    _write(measures.on_white(image) if media_type == formats.JPEG else image, target, media_type)
    return {"width": image.width, "height": image.height}


def cut(decoded: raster.Raster, box: Sequence[int]) -> raster.Raster:
    left, top, width, height = box
    part = Box(left=left, top=top, width=width, height=height).within(*decoded.pixels.size)
    edges = (part.left, part.top, part.left + part.width, part.top + part.height)
    return dataclasses.replace(decoded, pixels=decoded.pixels.crop(edges))


def _write(image: Image.Image, target: str, media_type: str) -> None:
    try:
        with open(target, "xb") as file:
            image.save(file, formats.PILLOW_NAMES[media_type], **OPTIONS[media_type])
    except OSError as error:
        if error.errno == errno.EFBIG:
            raise PictureRefused("too_large", FILE_TOO_LARGE) from error
        raise
