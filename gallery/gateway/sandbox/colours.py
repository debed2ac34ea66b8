"""Colours as (red, green, blue) of 0 to 255: mixing, ramps, and their plain names."""

from collections.abc import Sequence
from functools import lru_cache

Colour = tuple[int, int, int]

NAMED: dict[str, Colour] = {
    "black": (18, 18, 20),
    "charcoal": (56, 57, 62),
    "grey": (128, 128, 130),
    "light grey": (196, 197, 199),
    "white": (250, 250, 248),
    "cream": (241, 229, 204),
    "beige": (212, 190, 156),
    "brown": (112, 72, 42),
    "dark brown": (58, 38, 26),
    "red": (206, 40, 44),
    "dark red": (112, 22, 30),
    "terracotta": (201, 104, 74),
    "orange": (236, 132, 40),
    "ochre": (202, 146, 44),
    "gold": (230, 180, 70),
    "yellow": (246, 216, 72),
    "olive": (116, 116, 52),
    "green": (62, 142, 78),
    "dark green": (24, 62, 42),
    "sage": (160, 176, 144),
    "teal": (28, 128, 126),
    "turquoise": (82, 190, 186),
    "light blue": (158, 200, 228),
    "blue": (52, 100, 190),
    "navy": (24, 34, 72),
    "violet": (112, 72, 180),
    "purple": (86, 36, 110),
    "lilac": (196, 172, 220),
    "magenta": (202, 42, 140),
    "pink": (240, 160, 180),
}


def parse_hex(text: str) -> Colour:
    return int(text[0:2], 16), int(text[2:4], 16), int(text[4:6], 16)


def to_hex(colour: Colour) -> str:
    return "#{:02x}{:02x}{:02x}".format(*colour)


def mix(first: Colour, second: Colour, share: float) -> Colour:
    """`share` 0 gives the first, 1 the second; mixed in OKLab, where the way between two colours stays clean."""
    a, b = _to_oklab(first), _to_oklab(second)
    return _from_oklab(*(x + (y - x) * share for x, y in zip(a, b, strict=True)))


def lightness(colour: Colour) -> float:
    """0 for black to 1 for white, as the eye sees it."""
    return _to_oklab(colour)[0]


def ramp(stops: Sequence[Colour], steps: int = 256) -> list[Colour]:
    """An even way through the stops."""
    last = len(stops) - 1
    places = [last * step / (steps - 1) for step in range(steps)]
    return [
        mix(stops[min(int(place), last - 1)], stops[min(int(place), last - 1) + 1], place - min(int(place), last - 1))
        for place in places
    ]


def name_of(colour: Colour) -> str:
    """The plain name nearest to a colour."""
    here = _to_oklab(colour)

    def distance(name: str) -> float:
        there = _to_oklab(NAMED[name])
        return sum((a - b) ** 2 for a, b in zip(here, there, strict=True))

    return min(NAMED, key=distance)


# The two matrices of OKLab: https://bottosson.github.io/posts/oklab/
@lru_cache(maxsize=4096)
def _to_oklab(colour: Colour) -> tuple[float, float, float]:
    red, green, blue = (_to_linear(channel / 255) for channel in colour)
    long = (0.4122214708 * red + 0.5363325363 * green + 0.0514459929 * blue) ** (1 / 3)
    medium = (0.2119034982 * red + 0.6806995451 * green + 0.1073969566 * blue) ** (1 / 3)
    short = (0.0883024619 * red + 0.2817188376 * green + 0.6299787005 * blue) ** (1 / 3)
    return (
        0.2104542553 * long + 0.7936177850 * medium - 0.0040720468 * short,
        1.9779984951 * long - 2.4285922050 * medium + 0.4505937099 * short,
        0.0259040371 * long + 0.7827717662 * medium - 0.8086757660 * short,
    )


def _from_oklab(light: float, a: float, b: float) -> Colour:
    long = (light + 0.3963377774 * a + 0.2158037573 * b) ** 3
    medium = (light - 0.1055613458 * a - 0.0638541728 * b) ** 3
    short = (light - 0.0894841775 * a - 1.2914855480 * b) ** 3
    return (
        _to_channel(4.0767416621 * long - 3.3077115913 * medium + 0.2309699292 * short),
        _to_channel(-1.2684380046 * long + 2.6097574011 * medium - 0.3413193965 * short),
        _to_channel(-0.0041960863 * long - 0.7034186147 * medium + 1.7076147010 * short),
    )


def _to_linear(value: float) -> float:
    return value / 12.92 if value <= 0.04045 else ((value + 0.055) / 1.055) ** 2.4


def _to_channel(value: float) -> int:
    value = min(1.0, max(0.0, value))
    return round(255 * (value * 12.92 if value <= 0.0031308 else 1.055 * value ** (1 / 2.4) - 0.055))
