"""The decoder process's `decode` command: prove a picture by one full decode and derive everything from it."""

import contextlib
import mmap
import os
from collections.abc import Iterable, Iterator, Sequence
from pathlib import Path
from typing import Any, BinaryIO

from PIL import Image

from gallery.images import containers, formats, limits, measures, raster, sizes, vector
from gallery.images.errors import PictureRefused

WEBP_OPTIONS = {"quality": 80, "method": 2}


def decode(*, path: str, folder: str, widths: Sequence[int]) -> dict[str, Any]:
    """Write `<nominal width>.webp` files into `folder`; returns what `decoder.Decoded` holds. Raises PictureRefused."""
    with prove(path) as (file, media_type, data):
        if media_type == formats.SVG:
            return _describe_vector(data)
        survey = containers.survey(data, media_type)
        decoded = raster.decode(file, media_type)
    pixels = decoded.pixels
    thumbnails = make_thumbnails(decoded, sizes.thumbnail_widths(pixels.width, pixels.height, widths))
    smallest = thumbnails[0][1]
    return {
        "media_type": media_type,
        "width": pixels.width,
        "height": pixels.height,
        "colour": measures.dominant_colour(smallest),
        "pixel_hash": measures.pixel_hash(pixels),
        "dhash": measures.difference_hash(smallest),
        "frames": survey.frames,
        "has_alpha": pixels.mode == "RGBA",
        "is_vector": False,
        "has_content_credentials": survey.has_content_credentials,
        "thumbnails": [_save(image, Path(folder), nominal_width) for nominal_width, image in thumbnails],
    }


@contextlib.contextmanager
def prove(path: str) -> Iterator[tuple[BinaryIO, str, mmap.mmap]]:
    """Open a file and tell its type from its bytes. Raises PictureRefused: not_a_picture, unsupported_format."""
    with open(path, "rb") as file:
        if not os.fstat(file.fileno()).st_size:
            raise PictureRefused("not_a_picture", "This file is empty. Choose another one.")
        with mmap.mmap(file.fileno(), 0, access=mmap.ACCESS_READ) as data:
            head = data[: formats.SNIFFED_BYTES]
            media_type = formats.sniff(head)
            if media_type is None:
                raise _refuse(head)
            yield file, media_type, data


def _refuse(head: bytes) -> PictureRefused:
    name = formats.name_refused_format(head)
    if name is None:
        return PictureRefused("not_a_picture")
    return PictureRefused(
        "unsupported_format",
        f"This is a {name} file, which is not taken. Save it as PNG, JPEG or WebP and try that copy.",
    )


def make_thumbnails(decoded: raster.Raster, nominal_widths: Iterable[int]) -> list[tuple[int, Image.Image]]:
    """Pairs of nominal width and picture, smallest first; each is scaled from the next larger one, in sRGB."""
    made: list[tuple[int, Image.Image]] = []
    larger, full = decoded.pixels, decoded.pixels
    for nominal_width in sorted(nominal_widths, reverse=True):
        size = sizes.thumbnail_size(full.width, full.height, nominal_width)
        smaller = larger if size == larger.size else larger.resize(size, Image.Resampling.BICUBIC, reducing_gap=1.5)
        if not made:
            smaller = raster.to_srgb(smaller, decoded.profile)
        made.append((nominal_width, smaller))
        larger = smaller
    return made[::-1]


def _save(image: Image.Image, folder: Path, nominal_width: int) -> dict[str, Any]:
    path = folder / f"{nominal_width}.webp"
    with open(path, "xb") as file:
        image.save(file, "WEBP", **WEBP_OPTIONS)
        file.flush()
        os.fsync(file.fileno())
        byte_size = file.tell()
    return {
        "nominal_width": nominal_width,
        "width": image.width,
        "height": image.height,
        "byte_size": byte_size,
        "path": str(path),
    }


def _describe_vector(data: mmap.mmap) -> dict[str, Any]:
    found = vector.examine(data[: limits.MAX_SVG_BYTES + 1])
    return {
        "media_type": formats.SVG,
        "width": found.width,
        "height": found.height,
        "colour": found.colour,
        "pixel_hash": "",
        "dhash": "",
        "frames": 1,
        "has_alpha": True,
        "is_vector": True,
        "has_content_credentials": found.has_content_credentials,
        "thumbnails": [],
    }
