"""The decoder process's `flat` command: a picture as bare pixels, for who may decode nothing."""

from typing import Any

from gallery.images import containers, formats, measures, raster
from gallery.images.errors import PictureRefused
from gallery.images.examine import prove
from gallery.images.rescale import scale_to_srgb

IS_VECTOR = "An SVG has no pixels. Export it as PNG and use that."


def flat(*, path: str, target: str, max_side: int) -> dict[str, Any]:
    """Write the first frame to `target` as rows of RGB: upright, sRGB, on white, no side above `max_side` pixels. `from_…` is
    what the file held.

    Raises PictureRefused: what a decode raises; unsupported_format for SVG.
    """
    with prove(path) as (file, media_type, data):
        if media_type == formats.SVG:
            raise PictureRefused("unsupported_format", IS_VECTOR)
        containers.survey(data, media_type)
        decoded = raster.decode(file, media_type)
    full = decoded.pixels.size
    image = measures.on_white(scale_to_srgb(decoded, max_side)).convert("RGB")
    with open(target, "xb") as written:
        written.write(image.tobytes())
    report = {"from_media_type": media_type, "from_width": full[0], "from_height": full[1]}
    return report | {"width": image.width, "height": image.height}
