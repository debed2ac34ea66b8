"""The decoder process's `rescale` command: make a picture small enough for a gateway."""

import io
from collections.abc import Iterator, Sequence
from typing import Any

from PIL import Image

from gallery.images import containers, formats, measures, raster, sizes
from gallery.images.errors import PictureRefused
from gallery.images.examine import prove

QUALITIES = (92, 85, 75)
SMALLER = 0.75
LEAST_SIDE = 64
IS_VECTOR = "An SVG cannot be sent as a reference picture here. Export it as PNG and use that."
DOES_NOT_FIT = "This picture cannot be made small enough for the gateway. Choose a simpler or smaller one."


def rescale(*, path: str, target: str, max_side: int, max_bytes: int, media_types: Sequence[str]) -> dict[str, Any]:
    """Write the picture to `target`, unless it fits as it is (`is_unchanged`). Sizes are pixels, upright.

    Raises PictureRefused: what a decode raises; unsupported_format for SVG; too_large when nothing helps.
    """
    with prove(path) as (file, media_type, data):
        if media_type == formats.SVG:
            raise PictureRefused("unsupported_format", IS_VECTOR)
        containers.survey(data, media_type)
        byte_size = len(data)
        decoded = raster.decode(file, media_type)
    full = decoded.pixels
    report = {"from_media_type": media_type, "from_width": full.width, "from_height": full.height}
    fits = max(full.size) <= max_side and byte_size <= max_bytes and media_type in media_types
    if fits:
        return report | {"is_unchanged": True, "media_type": media_type, "width": full.width, "height": full.height}
    image = scale_to_srgb(decoded, max_side)
    for candidate, media_type, content in _candidates(image, media_types):
        if len(content) <= max_bytes:
            with open(target, "xb") as written:
                written.write(content)
            size = {"width": candidate.width, "height": candidate.height}
            return report | {"is_unchanged": False, "media_type": media_type} | size
    raise PictureRefused("too_large", DOES_NOT_FIT)


def scale_to_srgb(decoded: raster.Raster, max_side: int) -> Image.Image:
    """No side above `max_side` pixels; never larger than it was."""
    full = decoded.pixels
    size = sizes.within(full.width, full.height, max_side)
    scaled = full if size == full.size else full.resize(size, Image.Resampling.LANCZOS, reducing_gap=3.0)
    return raster.to_srgb(scaled, decoded.profile)


def _candidates(image: Image.Image, media_types: Sequence[str]) -> Iterator[tuple[Image.Image, str, bytes]]:
    """Encodings from best to smallest: lossless first, then by falling quality, then the same on smaller copies."""
    lossy = _choose_lossy(image, media_types)
    candidate = image
    while max(candidate.size) >= LEAST_SIDE or candidate is image:
        if formats.PNG in media_types:
            yield candidate, formats.PNG, _encode(candidate, "PNG", compress_level=6)
        for quality in QUALITIES if lossy else ():
            yield candidate, lossy, _encode(candidate, formats.PILLOW_NAMES[lossy], quality=quality)
        size = sizes.within(candidate.width, candidate.height, int(max(candidate.size) * SMALLER) or 1)
        if size == candidate.size:
            return
        candidate = candidate.resize(size, Image.Resampling.LANCZOS)


def _choose_lossy(image: Image.Image, media_types: Sequence[str]) -> str:
    """WebP keeps transparency; JPEG is what every gateway takes."""
    liked = (formats.WEBP, formats.JPEG) if image.mode == "RGBA" else (formats.JPEG, formats.WEBP)
    return next((media_type for media_type in liked if media_type in media_types), "")


def _encode(image: Image.Image, pillow_name: str, **options: int) -> bytes:
    file = io.BytesIO()
    (measures.on_white(image) if pillow_name == "JPEG" else image).save(file, pillow_name, **options)
    return file.getvalue()
