"""What the library filters pictures by, told from their measures: shape, size class and colour swatch. Pure arithmetic."""

import colorsys

SHAPES = {"square": "Square", "landscape": "Landscape", "wide": "Wide", "portrait": "Portrait", "tall": "Tall"}
SIZES = {"small": "Under 1 MP", "medium": "1–4 MP", "large": "4–12 MP", "huge": "Over 12 MP"}
SIZE_PIXELS = {"small": 1_000_000, "medium": 4_000_000, "large": 12_000_000}
# In the order of the colour circle, then those without a hue; each with the colour its swatch is painted in.
SWATCHES = {
    "red": "#d64533",
    "orange": "#e8842c",
    "yellow": "#e9c33a",
    "green": "#4f9d57",
    "teal": "#2f9c95",
    "blue": "#3d6fc4",
    "purple": "#7d55b8",
    "pink": "#d86a9c",
    "brown": "#7b5236",
    "white": "#f2f0ec",
    "grey": "#8d8d8c",
    "black": "#1c1c1e",
}
# Where each hue ends, in degrees; past the last one it is red again.
HUE_ENDS = (
    (14, "red"),
    (42, "orange"),
    (68, "yellow"),
    (160, "green"),
    (195, "teal"),
    (255, "blue"),
    (292, "purple"),
    (342, "pink"),
)


def shape_of(width: int, height: int) -> str:
    """A key of SHAPES; within five per cent of square is square."""
    ratio = width / height
    if ratio >= 2:
        return "wide"
    if ratio > 1.05:
        return "landscape"
    if ratio >= 0.95:
        return "square"
    return "portrait" if ratio > 0.5 else "tall"


def size_of(width: int, height: int) -> str:
    """A key of SIZES, by pixels."""
    pixels = width * height
    return next((size for size, most in SIZE_PIXELS.items() if pixels < most), "huge")


def swatch_of(colour: str) -> str:
    """A key of SWATCHES for `#rrggbb`; dark orange is brown, what has hardly any saturation is white, grey or black."""
    red, green, blue = (int(colour[at : at + 2], 16) / 255 for at in (1, 3, 5))
    hue, lightness, saturation = colorsys.rgb_to_hls(red, green, blue)
    chroma = max(red, green, blue) - min(red, green, blue)
    if lightness < 0.12 or (lightness < 0.2 and chroma < 0.12):
        return "black"
    if chroma < 0.09 or saturation < 0.1:
        return "white" if lightness > 0.82 else "grey"
    name = next((name for end, name in HUE_ENDS if hue * 360 < end), "red")
    return "brown" if name in ("red", "orange") and lightness < 0.4 and hue * 360 >= 8 and hue * 360 < 60 else name
