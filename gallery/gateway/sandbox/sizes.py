"""From a request's settings to pixels: every spelling of size, shape and tier that the gateways' documents know."""

import re
from collections.abc import Mapping
from typing import Any

LONGEST = 4096
SHORTEST = 64
DEFAULT = (1024, 1024)
SIZE_KEYS = ("size", "image_size", "aspect_ratio", "resolution")

# What a tier multiplies the sides at 1K by.
TIERS: Mapping[str, float] = {"0.5k": 0.5, "1k": 1.0, "2k": 2.0, "4k": 4.0, "512": 0.5}
# The shape is left to the gateway, and with some also how large.
AUTOMATIC: Mapping[str, float] = {"auto": 0, "auto_2k": 2.0, "auto_4k": 4.0}
NAMES: Mapping[str, tuple[int, int]] = {
    "square_hd": (1024, 1024),
    "square": (512, 512),
    "portrait_4_3": (768, 1024),
    "landscape_4_3": (1024, 768),
    "portrait_3_2": (832, 1248),
    "landscape_3_2": (1248, 832),
    "portrait_16_9": (576, 1024),
    "landscape_16_9": (1024, 576),
}
# What Gemini's image models really send at 1K: https://ai.google.dev/gemini-api/docs/image-generation
AT_1K: Mapping[tuple[int, int], tuple[int, int]] = {
    (1, 1): (1024, 1024),
    (3, 2): (1248, 832),
    (4, 3): (1184, 864),
    (5, 4): (1152, 896),
    (16, 9): (1344, 768),
    (21, 9): (1536, 672),
}
_PIXELS = re.compile(r"(\d{3,5})\s*[x×*]\s*(\d{3,5})", re.IGNORECASE)
_RATIO = re.compile(r"(\d{1,3}(?:\.\d{1,3})?)\s*[:x/]\s*(\d{1,3}(?:\.\d{1,3})?)(\s+HD)?", re.IGNORECASE)


class SizeRefused(ValueError):
    """A setting that names no size. The text is the value, `parameter` its name."""

    def __init__(self, parameter: str, value: object):
        super().__init__(str(value))
        self.parameter = parameter


def size_for(settings: Mapping[str, Any], reference: tuple[int, int] | None = None) -> tuple[int, int]:
    """Width and height for an `image_config`: pixels and names outrank a ratio, which a tier scales.

    `reference` is the size of a given picture: its shape is taken when the settings name none. Raises SizeRefused.
    """
    pixels: tuple[int, int] | None = None
    shape, tier = reference, 1.0
    for key in SIZE_KEYS:
        value = str(settings.get(key) or "auto").strip().lower()
        if value in AUTOMATIC:
            tier = AUTOMATIC[value] or tier
        elif value in TIERS:
            tier = TIERS[value]
        elif value in NAMES:
            pixels = pixels or NAMES[value]
        elif found := _PIXELS.fullmatch(value):
            pixels = pixels or (int(found[1]), int(found[2]))
        else:
            shape = _shape(key, value)
    return _bounded(pixels or _scaled(shape, tier))


def at_one_megapixel(shape: tuple[float, float]) -> tuple[int, int]:
    """The size for a ratio at tier 1K: about a megapixel, in multiples of 16 where no table says otherwise."""
    across, down = shape
    for (long, short), (width, height) in AT_1K.items():
        if abs(across / down - long / short) < 0.01:
            return width, height
        if abs(across / down - short / long) < 0.01:
            return height, width
    root = (across / down) ** 0.5
    return max(16, round(1024 * root / 16) * 16), max(16, round(1024 / root / 16) * 16)


def _scaled(shape: tuple[float, float] | None, tier: float) -> tuple[int, int]:
    width, height = at_one_megapixel(shape) if shape else DEFAULT
    return round(width * tier), round(height * tier)


def _shape(key: str, value: str) -> tuple[int, int]:
    found = _RATIO.fullmatch(value)
    across, down = (float(found[1]), float(found[2])) if found else (0, 0)
    if not across or not down or not 1 / 16 <= across / down <= 16:
        raise SizeRefused(key, value)
    return round(across * 1000), round(down * 1000)


def _bounded(size: tuple[int, int]) -> tuple[int, int]:
    """Within the limits, in the same shape as far as they allow."""
    scale = min(1.0, LONGEST / max(size))
    return max(SHORTEST, round(size[0] * scale)), max(SHORTEST, round(size[1] * scale))
