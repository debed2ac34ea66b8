"""Looks through an SVG without drawing it: well-formed, bounded; its size, a colour. For the decoder process only.

Scripts inside are not removed: an SVG is only ever shown through <img> or handed out as an attachment.
"""

import re
from dataclasses import dataclass
from xml.parsers import expat

from PIL import ImageColor

from gallery.images import limits
from gallery.images.errors import PictureRefused
from gallery.images.measures import FALLBACK_COLOUR

ROOT = "http://www.w3.org/2000/svg svg"
C2PA_NAMESPACE = "http://c2pa.org/manifest "
DEFAULT_SIDE = 1024
PIECE_BYTES = 16 * 1024
PIXELS_PER_UNIT = {"": 1.0, "px": 1.0, "pt": 4 / 3, "pc": 16.0, "in": 96.0, "cm": 96 / 2.54, "mm": 96 / 25.4}
LENGTH = re.compile(r"\s*\+?(\d{1,12}(?:\.\d{0,12})?|\.\d{1,12})(?:e\+?(\d))?\s*([a-z]*)\s*\Z", re.IGNORECASE)
SIDE = re.compile(r"\+?(?:\d{1,12}(?:\.\d{0,12})?|\.\d{1,12})(?:e\+?\d)?\Z", re.IGNORECASE)
STYLE_COLOUR = re.compile(r"(?:^|[;{\s])(?:fill|stop-color|stroke)\s*:\s*([^;}!]{1,60})")
COLOUR_ATTRIBUTES = ("fill", "stop-color", "stroke")
DECLARES_TOO_MUCH = (
    "This SVG declares a document type or entities, which are not taken. Export it as plain SVG and try that copy."
)


@dataclass(frozen=True, kw_only=True)
class Vector:
    width: int
    height: int
    colour: str
    has_content_credentials: bool


class SvgReader:
    """Collects what is needed while expat walks; holds no tree."""

    def __init__(self) -> None:
        self.root: dict[str, str] | None = None
        self.colour = ""
        self.depth = 0
        self.elements = 0
        self.has_content_credentials = False
        self.parser = expat.ParserCreate(namespace_separator=" ")
        self.parser.StartElementHandler = self.start_element
        self.parser.EndElementHandler = self.end_element
        self.parser.StartDoctypeDeclHandler = self.refuse_declaration
        self.parser.EntityDeclHandler = self.refuse_declaration

    def start_element(self, name: str, attributes: dict[str, str]) -> None:
        if self.root is None:
            if name != ROOT:
                raise PictureRefused("not_a_picture", detail="the root is not svg in the SVG namespace")
            self.root = attributes
        self.depth += 1
        self.elements += 1
        if self.depth > limits.MAX_SVG_DEPTH or self.elements > limits.MAX_SVG_ELEMENTS:
            raise PictureRefused("too_large", "This SVG has too many shapes or layers. Simplify it and try again.")
        self.has_content_credentials = self.has_content_credentials or name.startswith(C2PA_NAMESPACE)
        if not self.colour:
            self.colour = find_colour(attributes)

    def end_element(self, name: str) -> None:
        self.depth -= 1

    def refuse_declaration(self, *declaration: object) -> None:
        raise PictureRefused("unsupported_format", DECLARES_TOO_MUCH)


def examine(content: bytes) -> Vector:
    """Raises PictureRefused."""
    if len(content) > limits.MAX_SVG_BYTES:
        most = limits.MAX_SVG_BYTES // 1024**2
        raise PictureRefused("too_large", f"This SVG is larger than {most} MB. Simplify it and try again.")
    reader = SvgReader()
    try:
        # An error raised in a handler takes effect at the end of the piece only: expat reads on till there.
        for start in range(0, len(content), PIECE_BYTES):
            reader.parser.Parse(content[start : start + PIECE_BYTES], False)
        reader.parser.Parse(b"", True)
    except (expat.ExpatError, ValueError, LookupError) as error:
        raise PictureRefused("broken", detail=str(error)) from error
    width, height = find_size(reader.root or {})
    return Vector(
        width=width,
        height=height,
        colour=reader.colour or FALLBACK_COLOUR,
        has_content_credentials=reader.has_content_credentials,
    )


def find_size(root: dict[str, str]) -> tuple[int, int]:
    """Pixels from width and height, else the viewBox's shape, else DEFAULT_SIDE; bounded with the shape kept."""
    box_width, box_height = parse_box(root.get("viewBox", ""))
    width, height = parse_length(root.get("width", "")), parse_length(root.get("height", ""))
    shape = box_height / box_width if box_width else 1.0
    if not width and not height:
        width, height = box_width or DEFAULT_SIDE, box_height or DEFAULT_SIDE
    width = width or height / shape
    height = height or width * shape
    factor = min(1.0, limits.MAX_SVG_SIDE / max(width, height))
    return max(1, round(width * factor)), max(1, round(height * factor))


def parse_box(text: str) -> tuple[float, float]:
    """Width and height of a viewBox; zeros when it makes no sense."""
    sides = re.split(r"[\s,]+", text[:200].strip())[2:]
    if len(sides) != 2 or not all(SIDE.match(side) for side in sides):
        return 0.0, 0.0
    width, height = map(float, sides)
    return (width, height) if min(width, height) > 0 else (0.0, 0.0)


def parse_length(text: str) -> float:
    """CSS pixels; 0 for what is relative (%, em), not a length, or not above 0."""
    match = LENGTH.match(text[:40])
    if not match or match[3].lower() not in PIXELS_PER_UNIT:
        return 0.0
    return float(match[1]) * 10.0 ** int(match[2] or 0) * PIXELS_PER_UNIT[match[3].lower()]


def find_colour(attributes: dict[str, str]) -> str:
    """The first colour an element is painted with, as `#rrggbb`; "" when it names none."""
    named = [attributes.get(name, "") for name in COLOUR_ATTRIBUTES]
    named += STYLE_COLOUR.findall(attributes.get("style", "")[:1000])
    for text in filter(None, named):
        try:
            red, green, blue = ImageColor.getrgb(text.strip().lower())[:3]
        except ValueError:
            continue
        return f"#{red:02x}{green:02x}{blue:02x}"
    return ""
