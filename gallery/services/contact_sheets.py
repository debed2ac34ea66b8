"""Contact sheets: stored pictures with their labels, as one PNG. Drawn in the decoder process, from our own thumbnails and never
from originals."""

import json
import threading
from collections.abc import Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from django.conf import settings
from django.core.files.storage import default_storage

from gallery.images import arrivals
from gallery.images.decoder import shared_decoder
from gallery.images.store import name_thumbnail
from gallery.models import Image

NOMINAL_WIDTH, NOMINAL_WIDTH_OF_MANY = 640, 320
MANY = 200
MOST_WORDS = 16 * 1024**2
# A sheet takes its decoder for seconds: the other one stays with those who upload.
one_at_a_time = threading.Lock()


@dataclass(frozen=True, kw_only=True)
class Frame:
    image: Image | None
    label: str = ""


@dataclass(frozen=True, kw_only=True)
class Line:
    frames: Sequence[Frame]
    label: str = ""


@dataclass(frozen=True, kw_only=True)
class Section:
    lines: Sequence[Line]
    label: str = ""
    columns: Sequence[str] = field(default_factory=list)
    across: str = ""
    down: str = ""


def draw_sheet(*, title: str, sections: Sequence[Section]) -> bytes:
    """A PNG of all sections below each other. A picture without a thumbnail leaves an empty frame. Raises PictureError."""
    with arrivals.incoming(settings.INCOMING_DIR, max_bytes=MOST_WORDS) as arrival:
        count = sum(len(line.frames) for section in sections for line in section.lines)
        width = NOMINAL_WIDTH if count <= MANY else NOMINAL_WIDTH_OF_MANY
        described = [describe(section, arrival.folder, width) for section in sections]
        arrival.write_all(json.dumps({"title": title, "sections": described}).encode())
        arrival.finish()
        target = arrival.folder / "sheet.png"
        with one_at_a_time:
            shared_decoder.sheet(arrival.path, target)
        return target.read_bytes()


def describe(section: Section, folder: Path, width: int) -> dict[str, Any]:
    """As the decoder process reads it."""
    lines = [
        {"label": line.label, "frames": [describe_frame(frame, folder, width) for frame in line.frames]}
        for line in section.lines
    ]
    heads = {"label": section.label, "columns": list(section.columns), "across": section.across, "down": section.down}
    return {**heads, "lines": lines}


def describe_frame(frame: Frame, folder: Path, width: int) -> dict[str, Any]:
    image = frame.image
    ratio = image.height / image.width if image and image.width else None
    return {"path": bring_thumbnail(image, folder, width), "ratio": ratio, "label": frame.label}


def bring_thumbnail(image: Image | None, folder: Path, wanted: int) -> str:
    """Where the decoder process finds it; "" where there is none."""
    if image is None or not image.thumbnail_widths:
        return ""
    widths = image.thumbnail_widths
    name = name_thumbnail(image.sha256, next((width for width in widths if width >= wanted), widths[-1]))
    path = folder / Path(name).name
    try:
        with default_storage.open(name) as file:
            content = file.read()
    # Gone, or its storage is: the others are drawn all the same.
    except OSError:
        return ""
    path.write_bytes(content)
    return str(path)
