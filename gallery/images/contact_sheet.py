"""The decoder process's `sheet` command: a contact sheet of thumbnails and their labels.

Labels are in Pillow's built-in face, which has Latin letters alone; others are drawn in a face of the system where one is
found (Noto Sans, DejaVu Sans), else as boxes. Letters are not joined or turned: Arabic and Indic scripts read poorly.
"""

import json
import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from functools import cache
from pathlib import Path
from typing import Any

from PIL import Image, ImageDraw, ImageFont

from gallery.images import formats, raster
from gallery.images.errors import PictureRefused

Font = ImageFont.FreeTypeFont | ImageFont.ImageFont

LARGEST_SIDE = 12_000
# As bytes they are what one file of a decoder process may hold, whatever is on them.
MOST_PIXELS = 22_000_000
# Height by width: what is wider or taller than that lies on paper in a frame of this shape.
FLATTEST, TALLEST = 0.3, 2.0
WIDEST_FRAME, NARROWEST_FRAME = 420, 48
GAP, EDGE = 14, 48
SIDE_LABEL = 170
PAPER, INK, QUIET, WELL = "#faf9f7", "#17181a", "#67686b", "#f1efeb"
TITLE_SIZE, LABEL_SIZE = 26, 17
LAST_BUILT_IN = 0x17F
SYSTEM_FACES = ("NotoSans-Regular.ttf", "DejaVuSans.ttf", "Arial Unicode.ttf")


@dataclass(frozen=True, kw_only=True)
class Frame:
    """`path` is a thumbnail's, "" where there is none; `ratio` is the picture's height by its width."""

    path: str = ""
    ratio: float | None = None
    label: str = ""


@dataclass(frozen=True, kw_only=True)
class Line:
    frames: Sequence[Frame]
    label: str = ""


@dataclass(frozen=True, kw_only=True)
class Section:
    """`across` and `down` say what its columns and its rows are values of."""

    lines: Sequence[Line]
    label: str = ""
    columns: Sequence[str] = field(default_factory=list)
    across: str = ""
    down: str = ""

    @property
    def heads(self) -> int:
        """Lines of words above its pictures."""
        return bool(self.label) + bool(self.across) + bool(self.columns)


def sheet(*, path: str, target: str) -> dict[str, Any]:
    """Draw what is described in the file at `path` to `target`, a PNG. No side above LARGEST_SIDE pixels and no more than
    MOST_PIXELS in all: frames shrink until it fits. Thumbnails are opened one at a time; one that is broken is left out."""
    description = json.loads(Path(path).read_bytes())
    sections = [read_section(**described) for described in description["sections"]]
    drawn = Sheet(sections)
    drawn.draw_title(description["title"])
    for section in sections:
        drawn.draw_section(section)
    with open(target, "xb") as file:
        drawn.canvas.save(file, "PNG", compress_level=6)
    return {"width": drawn.canvas.width, "height": drawn.canvas.height}


def read_section(*, lines: Sequence[Mapping[str, Any]], **words: Any) -> Section:
    read = [Line(label=line["label"], frames=[Frame(**frame) for frame in line["frames"]]) for line in lines]
    return Section(lines=read, **words)


def open_thumbnail(path: str) -> Image.Image | None:
    try:
        with open(path, "rb") as file:
            return raster.decode(file, formats.WEBP).pixels.convert("RGBA")
    except PictureRefused:
        return None


class Sheet:
    """The canvas, and how far down it is filled. Columns are equally wide; each line is as high as its tallest picture."""

    def __init__(self, sections: Sequence[Section]):
        lines = [line for section in sections for line in section.lines]
        self.across = max((len(line.frames) for line in lines), default=1)
        self.side = SIDE_LABEL if any(line.label for line in lines) else 0
        self.has_captions = any(frame.label for line in lines for frame in line.frames)
        heads = sum(section.heads for section in sections)
        # Of a line without a picture.
        self.usual = min(filter(None, map(ratio_of, lines)), default=1.0)
        ratios = [ratio_of(line) or self.usual for line in lines]
        self.frame = frame_width(self.across, ratios, heads)
        self.canvas = Image.new("RGB", self.size(ratios, heads), PAPER)
        self.pen = ImageDraw.Draw(self.canvas)
        self.top = EDGE

    def line_height(self, frame_height: int) -> int:
        return frame_height + GAP + (LABEL_SIZE + 10 if self.has_captions else 0)

    def size(self, ratios: Sequence[float], heads: int) -> tuple[int, int]:
        width = 2 * EDGE + self.side + self.across * (self.frame + GAP) - GAP
        lines = sum(self.line_height(round(self.frame * ratio)) for ratio in ratios)
        height = 2 * EDGE + TITLE_SIZE + 26 + lines + heads * (LABEL_SIZE + 20)
        return min(width, LARGEST_SIDE), min(height, LARGEST_SIDE)

    def draw_title(self, title: str) -> None:
        self.write(title, EDGE, self.top, self.canvas.width - 2 * EDGE, TITLE_SIZE, INK)
        self.top += TITLE_SIZE + 26

    def draw_section(self, section: Section) -> None:
        if section.label:
            self.write(section.label, EDGE, self.top, self.canvas.width - 2 * EDGE, LABEL_SIZE, INK)
            self.top += LABEL_SIZE + 20
        if section.across:
            self.write(section.across, self.left_of(0), self.top, self.canvas.width, LABEL_SIZE, QUIET)
            self.top += LABEL_SIZE + 20
        if section.columns:
            self.write(section.down, EDGE, self.top, SIDE_LABEL - GAP, LABEL_SIZE, QUIET)
            for at, words in enumerate(section.columns):
                self.write(words, self.left_of(at), self.top, self.frame, LABEL_SIZE, INK)
            self.top += LABEL_SIZE + 20
        for line in section.lines:
            height = round(self.frame * (ratio_of(line) or self.usual))
            self.write(line.label, EDGE, self.top, SIDE_LABEL - GAP, LABEL_SIZE, INK)
            for at, frame in enumerate(line.frames):
                self.draw_frame(frame, self.left_of(at), height)
            self.top += self.line_height(height)

    def left_of(self, at: int) -> int:
        return EDGE + self.side + at * (self.frame + GAP)

    def draw_frame(self, frame: Frame, left: int, height: int) -> None:
        self.pen.rectangle((left, self.top, left + self.frame - 1, self.top + height - 1), fill=WELL)
        picture = open_thumbnail(frame.path) if frame.path else None
        if picture:
            picture.thumbnail((self.frame, height), Image.Resampling.LANCZOS)
            across, down = (self.frame - picture.width) // 2, (height - picture.height) // 2
            self.canvas.paste(picture, (left + across, self.top + down), picture)
        self.write(frame.label, left, self.top + height + 6, self.frame, LABEL_SIZE, INK)

    def write(self, words: str, left: int, top: int, width: int, size: int, colour: str) -> None:
        if not words:
            return
        font = font_for(words, size)
        line = shorten(words, font, width)
        self.pen.text((left, top), line, fill=colour, font=font)


def ratio_of(line: Line) -> float | None:
    """Of its tallest picture; None where there is none yet."""
    known = [frame.ratio for frame in line.frames if frame.ratio]
    return min(max(*known, FLATTEST), TALLEST) if known else None


def frame_width(across: int, ratios: Sequence[float], heads: int) -> int:
    """As wide as the whole may be."""
    for width in range(WIDEST_FRAME, NARROWEST_FRAME, -4):
        whole = SIDE_LABEL + 2 * EDGE + across * (width + GAP)
        lines = sum(width * ratio + GAP + LABEL_SIZE + 10 for ratio in ratios)
        height = 4 * EDGE + lines + heads * (LABEL_SIZE + 20)
        if max(whole, height) <= LARGEST_SIDE and whole * height <= MOST_PIXELS:
            return width
    return NARROWEST_FRAME


def font_for(words: str, size: int) -> Font:
    is_latin = all(ord(letter) <= LAST_BUILT_IN or letter in "–—‘’“”…×→·" for letter in words)
    return load_font(size, is_latin=is_latin)


@cache
def load_font(size: int, *, is_latin: bool) -> Font:
    for name in () if is_latin else SYSTEM_FACES:
        try:
            return ImageFont.truetype(name, size)
        except OSError:
            continue
    return ImageFont.load_default(size)


def shorten(words: str, font: Font, width: int) -> str:
    """As much as has room, with an ellipsis where it is cut."""
    line = " ".join(words.split())[:400]
    if font.getlength(line) <= width:
        return line
    keep = math.floor(len(line) * width / max(font.getlength(line), 1))
    while keep > 0 and font.getlength(line[:keep].rstrip() + "…") > width:
        keep -= 1
    return line[:keep].rstrip() + "…"
