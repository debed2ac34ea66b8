"""JPEG segments (ITU-T T.81 annex B): EXIF and XMP in APP1, C2PA in APP11, comments in COM."""

import re
import struct
from collections.abc import Iterator, Mapping
from typing import Any, NamedTuple

from gallery.images import limits
from gallery.images.containers import FRAME_HEADERS, Data
from gallery.images.errors import PictureRefused
from gallery.images.metadata import xmp
from gallery.images.metadata.edits import Edited, Piece, edit
from gallery.images.metadata.manifests import join_segments
from gallery.images.metadata.orientation import only_orientation

SOI, EOI, SOS = 0xFFD8, 0xFFD9, 0xFFDA
APP0, APP1, APP2, APP11, APP14 = 0xFFE0, 0xFFE1, 0xFFE2, 0xFFEB, 0xFFEE
# Tables and scans: DHT, DAC, DQT, DNL, DRI beside the frames.
PIXELS = FRAME_HEADERS | {0xFFC4, 0xFFCC, 0xFFDB, 0xFFDC, 0xFFDD, SOS, EOI}
EXIF, XMP = b"Exif\0\0", b"http://ns.adobe.com/xap/1.0/\0"
JFIF, ICC, ADOBE = b"JFIF\0", b"ICC_PROFILE\0", b"Adobe"
# In a scan, a 0xFF of the picture is followed by 0 or is a restart mark.
AFTER_SCAN = re.compile(rb"\xff[^\x00\xff\xd0-\xd7]")
SEGMENT_BYTES = 65_533


class Segment(NamedTuple):
    """`body` is without marker and length; a scan's place takes in the pixels behind it."""

    marker: int
    place: range
    body: range


def walk(data: Data) -> Iterator[Segment]:
    """From behind SOI to EOI, through all scans. Raises PictureRefused, struct.error."""
    if data[:2] != b"\xff\xd8":
        raise PictureRefused("broken", detail="no start of image")
    position = 2
    for _ in range(limits.MAX_BLOCKS):
        start = position
        while data[position : position + 2] == b"\xff\xff":
            position += 1
        (marker,) = struct.unpack_from(">H", data, position)
        if marker == EOI:
            yield Segment(marker, range(start, position + 2), range(0))
            return
        if marker < 0xFFC0 or 0xFFD0 <= marker <= SOI:
            break
        (length,) = struct.unpack_from(">H", data, position + 2)
        end = position + 2 + length
        if length < 2 or end > len(data):
            break
        body = range(position + 4, end)
        position = _end_of_scan(data, end) if marker == SOS else end
        yield Segment(marker, range(start, position), body)
    raise PictureRefused("broken", detail="segments do not add up")


def _end_of_scan(data: Data, start: int) -> int:
    found = AFTER_SCAN.search(data, start)
    if found is None:
        raise PictureRefused("broken", detail="the file ends before the picture does")
    return found.start()


def with_recipe(data: Data, recipe: Mapping[str, Any]) -> Edited:
    """The XMP goes behind JFIF and EXIF, before everything that tells offsets of its own."""
    segments = list(walk(data))
    old = [segment for segment in segments if _begins(data, segment, APP1, XMP)]
    packet = _bytes(data, old[0].body)[len(XMP) :] if old else b""
    body = XMP + xmp.with_recipe(packet, recipe, most_bytes=SEGMENT_BYTES - len(XMP))
    kept = [segment for segment in segments if segment not in old]
    lead = 0
    while _begins(data, kept[lead], APP0, JFIF) or _begins(data, kept[lead], APP1, EXIF):
        lead += 1
    places = [segment.place for segment in kept]
    rest = range(segments[-1].place.stop, len(data))
    return edit(data, [range(2), *places[:lead], _segment(APP1, body), *places[lead:], rest])


def without_metadata(data: Data) -> Edited:
    pieces: list[Piece] = [range(2)]
    is_turned = False
    for segment in walk(data):
        if _begins(data, segment, APP1, EXIF) and not is_turned:
            turn = only_orientation(_bytes(data, segment.body)[len(EXIF) :])
            is_turned = bool(turn)
            pieces.append(_segment(APP1, EXIF + turn) if turn else b"")
        elif _begins(data, segment, APP0, JFIF):
            pieces.append(_without_thumbnail(data, segment))
        elif segment.marker in PIXELS or _begins(data, segment, APP2, ICC) or _begins(data, segment, APP14, ADOBE):
            pieces.append(segment.place)
    return edit(data, pieces)


def find_recipe(data: Data) -> bytes | None:
    for segment in walk(data):
        if _begins(data, segment, APP1, XMP) and (found := xmp.find_recipe(_bytes(data, segment.body)[len(XMP) :])):
            return found
    return None


def find_manifest_store(data: Data) -> bytes:
    return join_segments(_bytes(data, segment.body) for segment in walk(data) if segment.marker == APP11)


def _begins(data: Data, segment: Segment, marker: int, name: bytes) -> bool:
    start = segment.body.start
    return segment.marker == marker and data[start : min(start + len(name), segment.body.stop)] == name


def _without_thumbnail(data: Data, segment: Segment) -> Piece:
    """JFIF itself tells how many dots there are to an inch; a small old picture may follow."""
    body = _bytes(data, segment.body)
    return segment.place if len(body) <= 14 else _segment(APP0, body[:12] + b"\0\0")


def _bytes(data: Data, place: range) -> bytes:
    return data[place.start : place.stop]


def _segment(marker: int, body: bytes) -> bytes:
    return struct.pack(">HH", marker, len(body) + 2) + body
