"""Pictures that come with a request: opened by whoever may (see `openers`), within bounds, and described in plain facts."""

from dataclasses import dataclass
from typing import cast

import pybase64
from PIL import Image

from gallery.gateway.sandbox import openers
from gallery.gateway.sandbox.colours import name_of
from gallery.gateway.sandbox.openers import ReferenceRefused as ReferenceRefused

MOST_PIXELS = 64_000_000
# Larger ones are opened smaller: nothing made here is longer.
LONGEST_OPENED = 4096
# Larger ones are made smaller before they are drawn into anything.
LONGEST_SIDE = 2048
_SHAPES = ((1, 1), (4, 3), (3, 2), (16, 9), (5, 4), (2, 1), (21, 9), (3, 1), (4, 1), (8, 1))


@dataclass(frozen=True)
class Reference:
    """A picture, of mode RGB, upright and no longer than LONGEST_OPENED; `size` is its own, `format` as people call it."""

    image: Image.Image
    size: tuple[int, int]
    format: str


def read_data_url(url: str) -> Reference:
    """Raises ReferenceRefused."""
    head, comma, data = url.partition(",")
    if not comma or not head.lower().endswith(";base64"):
        raise ReferenceRefused("Base64 images must use the data URI format: data:image/<format>;base64,<base64_string>")
    try:
        content = pybase64.b64decode(data, validate=True)
    except ValueError as error:
        raise ReferenceRefused("The image is not valid base64.") from error
    return read_picture(content)


def read_picture(content: bytes) -> Reference:
    """Raises ReferenceRefused."""
    opened = openers.open_picture(content, LONGEST_OPENED)
    width, height = opened.full_size
    if width * height > MOST_PIXELS:
        raise ReferenceRefused(f"The image has more than {MOST_PIXELS} pixels.")
    return Reference(Image.frombytes("RGB", opened.size, opened.rgb), opened.full_size, opened.format)


def reduced(reference: Reference) -> Image.Image:
    picture = reference.image.copy()
    picture.thumbnail((LONGEST_SIDE, LONGEST_SIDE), Image.Resampling.BICUBIC)
    return picture


def describe(reference: Reference) -> str:
    """Size, format, shape and colours, as in `1024 × 768 pixels, JPEG, 4:3. Main colours: ochre, brown and cream.`"""
    width, height = reference.size
    names = _main_colours(reference.image)
    colours = names[0] if len(names) == 1 else f"{', '.join(names[:-1])} and {names[-1]}"
    noun = "Main colour" if len(names) == 1 else "Main colours"
    return f"{width} × {height} pixels, {reference.format}, {_shape_of(width, height)}. {noun}: {colours}."


def _main_colours(picture: Image.Image) -> list[str]:
    small = picture.copy()
    small.thumbnail((64, 64))
    few = small.quantize(6)
    levels = few.getpalette() or []
    names: dict[str, int] = {}
    for count, number in cast("list[tuple[int, int]]", few.getcolors()):
        name = name_of((levels[3 * number], levels[3 * number + 1], levels[3 * number + 2]))
        names[name] = names.get(name, 0) + count
    return sorted(names, key=lambda name: -names[name])[:4]


def _shape_of(width: int, height: int) -> str:
    long, short = max(width, height), min(width, height)
    for first, second in _SHAPES:
        if abs(long / short - first / second) < 0.015:
            return f"{first}:{second}" if width >= height else f"{second}:{first}"
    return "landscape" if width > height else "portrait"
