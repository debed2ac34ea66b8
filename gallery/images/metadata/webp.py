"""WebP chunks (https://developers.google.com/speed/webp/docs/riff_container): EXIF, XMP and C2PA in chunks of these names."""

import struct
from collections.abc import Iterable, Iterator, Mapping
from typing import Any, NamedTuple

from gallery.images import limits
from gallery.images.containers import Data, webp_canvas
from gallery.images.errors import PictureRefused
from gallery.images.metadata import xmp
from gallery.images.metadata.edits import Edited, Piece, edit
from gallery.images.metadata.orientation import only_orientation

HEAD_BYTES = 12
HAS_ALPHA, HAS_EXIF, HAS_XMP = 0x10, 0x08, 0x04
KEPT = (b"VP8X", b"ICCP", b"ANIM", b"ANMF", b"ALPH", b"VP8 ", b"VP8L")
EXIF_PREFIX = b"Exif\0\0"
MOST_EXIF_BYTES = 1024 * 1024


class Chunk(NamedTuple):
    """`place` takes in the byte that pads an odd body."""

    kind: bytes
    place: range
    body: range


def walk(data: Data) -> Iterator[Chunk]:
    """Raises PictureRefused, struct.error."""
    if data[:4] != b"RIFF" or data[8:12] != b"WEBP":
        raise PictureRefused("broken", detail="no WebP header")
    end = _end(data)
    position = HEAD_BYTES
    for _ in range(limits.MAX_BLOCKS):
        if position + 8 > end:
            return
        kind, length = struct.unpack_from("<4sI", data, position)
        stop = position + 8 + length
        if stop > end:
            raise PictureRefused("broken", detail="a chunk ends after the file")
        padded = min(stop + length % 2, end)
        yield Chunk(kind, range(position, padded), range(position + 8, stop))
        position = padded
    raise PictureRefused("broken", detail="too many chunks")


def with_recipe(data: Data, recipe: Mapping[str, Any]) -> Edited:
    chunks = list(walk(data))
    old = [chunk for chunk in chunks if chunk.kind == b"XMP "]
    packet = data[old[0].body.start : min(old[0].body.stop, old[0].body.start + xmp.LONGEST_PACKET + 1)] if old else b""
    written = _chunk(b"XMP ", xmp.with_recipe(packet, recipe))
    header = _extended_header(data, chunks)
    header[8] |= HAS_XMP
    pictures, others = _apart([chunk for chunk in chunks if chunk.kind not in (b"XMP ", b"VP8X")])
    rest = range(_end(data), len(data))
    return _file(data, [bytes(header), *pictures, *others, written], rest)


def without_metadata(data: Data) -> Edited:
    """A file in the simple form stays in it."""
    chunks = list(walk(data))
    exif = next((chunk.body for chunk in chunks if chunk.kind == b"EXIF"), range(0))
    turn = only_orientation(data[exif.start : min(exif.stop, exif.start + MOST_EXIF_BYTES)].removeprefix(EXIF_PREFIX))
    kept: list[Piece] = [chunk.place for chunk in chunks if chunk.kind in KEPT and chunk.kind != b"VP8X"]
    if not any(chunk.kind == b"VP8X" for chunk in chunks):
        return _file(data, kept)
    header = _extended_header(data, chunks)
    header[8] = header[8] & ~(HAS_EXIF | HAS_XMP) | (HAS_EXIF if turn else 0)
    return _file(data, [bytes(header), *kept, _chunk(b"EXIF", turn) if turn else b""])


def find_recipe(data: Data) -> bytes | None:
    found = next((chunk.body for chunk in walk(data) if chunk.kind == b"XMP "), None)
    return None if found is None else xmp.find_recipe(_most(data, found, xmp.LONGEST_PACKET + 1))


def find_manifest_store(data: Data) -> bytes:
    found = next((chunk.body for chunk in walk(data) if chunk.kind == b"C2PA"), range(0))
    return _most(data, found, limits.CHILD_FILE_BYTES)


def _apart(chunks: Iterable[Chunk]) -> tuple[list[Piece], list[Piece]]:
    """Readers want what makes the picture first, in its own order."""
    pictures: list[Piece] = []
    others: list[Piece] = []
    for chunk in chunks:
        (pictures if chunk.kind in KEPT else others).append(chunk.place)
    return pictures, others


def _extended_header(data: Data, chunks: list[Chunk]) -> bytearray:
    """The VP8X chunk there is, or one that says of a simple file what it already is."""
    for chunk in chunks:
        if chunk.kind == b"VP8X":
            if len(chunk.body) != 10:
                raise PictureRefused("broken", detail="VP8X of another length")
            return bytearray(data[chunk.place.start : chunk.place.stop])
    if not chunks or chunks[0].kind not in (b"VP8 ", b"VP8L") or len(chunks[0].body) < 10:
        raise PictureRefused("broken", detail="neither VP8X nor a picture first")
    width, height = webp_canvas(data)
    has_alpha = chunks[0].kind == b"VP8L" and bool(struct.unpack_from("<I", data, 21)[0] >> 28 & 1)
    flags = HAS_ALPHA if has_alpha else 0
    sides = (width - 1).to_bytes(3, "little") + (height - 1).to_bytes(3, "little")
    return bytearray(_chunk(b"VP8X", bytes((flags, 0, 0, 0)) + sides))


def _file(data: Data, pieces: list[Piece], rest: range = range(0)) -> Edited:
    padded = [even for piece in pieces for even in (piece, b"\0" * (len(piece) % 2))]
    size = sum(map(len, padded)) + 4
    if size >= 2**32:
        raise PictureRefused("too_large")
    return edit(data, [b"RIFF" + struct.pack("<I", size) + b"WEBP", *padded, rest])


def _end(data: Data) -> int:
    end: int = struct.unpack_from("<I", data, 4)[0] + 8
    if end > len(data):
        raise PictureRefused("broken", detail="the file ends before the picture does")
    return end


def _most(data: Data, place: range, most: int) -> bytes:
    return data[place.start : min(place.stop, place.start + most)]


def _chunk(kind: bytes, body: bytes) -> bytes:
    return kind + struct.pack("<I", len(body)) + body + b"\0" * (len(body) % 2)
