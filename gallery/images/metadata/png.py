"""PNG chunks (https://www.w3.org/TR/png-3/): text in iTXt, XMP in an iTXt of its own, C2PA in `caBX`."""

import struct
import zlib
from collections.abc import Iterator, Mapping
from typing import Any, NamedTuple

from gallery.images import limits
from gallery.images.containers import Data
from gallery.images.errors import PictureRefused
from gallery.images.metadata import xmp
from gallery.images.metadata.edits import Edited, Piece, edit
from gallery.images.metadata.orientation import only_orientation
from gallery.images.metadata.packing import LONGEST_JSON, encode_json, inflate

SIGNATURE = b"\x89PNG\r\n\x1a\n"
KEYWORD, XMP_KEYWORD = b"proofsheet", b"XML:com.adobe.xmp"
TEXT_KINDS = (b"tEXt", b"zTXt", b"iTXt")
LONGEST_KEYWORD = 79
# Pixels, colour, animation. Every other chunk tells of the picture, and goes when metadata goes.
KEPT = frozenset(
    b"IHDR PLTE IDAT IEND tRNS gAMA cHRM sRGB iCCP cICP mDCV cLLI sBIT bKGD sPLT pHYs acTL fcTL fdAT".split()
)
MOST_EXIF_BYTES = 1024 * 1024


class Chunk(NamedTuple):
    kind: bytes
    place: range
    body: range


def walk(data: Data) -> Iterator[Chunk]:
    """From IHDR to IEND. Raises PictureRefused, struct.error."""
    if data[:8] != SIGNATURE:
        raise PictureRefused("broken", detail="no PNG signature")
    position = len(SIGNATURE)
    for _ in range(limits.MAX_BLOCKS):
        length, kind = struct.unpack_from(">I4s", data, position)
        end = position + 12 + length
        if end > len(data):
            raise PictureRefused("broken", detail="a chunk ends after the file")
        yield Chunk(kind, range(position, end), range(position + 8, end - 4))
        position = end
        if kind == b"IEND":
            return
    raise PictureRefused("broken", detail="too many chunks")


def with_recipe(data: Data, recipe: Mapping[str, Any]) -> Edited:
    chunks = list(walk(data))
    first_data = next((index for index, chunk in enumerate(chunks) if chunk.kind == b"IDAT"), None)
    if first_data is None:
        raise PictureRefused("broken", detail="no IDAT chunk")
    ours = [chunk for chunk in chunks if _keyword(data, chunk) in (KEYWORD, XMP_KEYWORD)]
    packet = next((text for chunk in ours if (text := _read_text(data, chunk, XMP_KEYWORD)) is not None), b"")
    text = encode_json(recipe).encode()
    new = [
        _chunk(b"iTXt", KEYWORD + b"\0\1\0\0\0" + zlib.compress(text, 9)),
        _chunk(b"iTXt", XMP_KEYWORD + b"\0\0\0\0\0" + xmp.with_recipe(packet, recipe)),
    ]
    dropped = {chunk.place.start for chunk in ours}
    before = [chunk.place for chunk in chunks[:first_data] if chunk.place.start not in dropped]
    after = [chunk.place for chunk in chunks[first_data:] if chunk.place.start not in dropped]
    rest = range(chunks[-1].place.stop, len(data))
    return edit(data, [range(len(SIGNATURE)), *before, *new, *after, rest])


def without_metadata(data: Data) -> Edited:
    pieces: list[Piece] = [range(len(SIGNATURE))]
    for chunk in walk(data):
        if chunk.kind in KEPT:
            pieces.append(chunk.place)
        elif chunk.kind == b"eXIf":
            turn = only_orientation(_bytes(data, chunk.body, MOST_EXIF_BYTES))
            pieces.append(_chunk(b"eXIf", turn) if turn else b"")
    return edit(data, pieces)


def find_recipe(data: Data) -> bytes | None:
    """From our own chunk, else from the XMP, which some programs keep where they drop texts."""
    packet = b""
    for chunk in walk(data):
        if found := _read_text(data, chunk, KEYWORD):
            return found
        packet = packet or _read_text(data, chunk, XMP_KEYWORD) or b""
    return xmp.find_recipe(packet) if packet else None


def find_manifest_store(data: Data) -> bytes:
    return next((_bytes(data, chunk.body) for chunk in walk(data) if chunk.kind == b"caBX"), b"")


def _keyword(data: Data, chunk: Chunk) -> bytes:
    if chunk.kind not in TEXT_KINDS:
        return b""
    return _bytes(data, chunk.body, LONGEST_KEYWORD + 1).partition(b"\0")[0]


def _read_text(data: Data, chunk: Chunk, keyword: bytes) -> bytes | None:
    """An iTXt's text: keyword, NUL, is compressed, method, language, NUL, translated keyword, NUL, text."""
    if chunk.kind != b"iTXt" or _keyword(data, chunk) != keyword:
        return None
    body = _bytes(data, chunk.body, xmp.LONGEST_PACKET + LONGEST_JSON)
    head, rest = body[len(keyword) + 1 : len(keyword) + 3], body[len(keyword) + 3 :]
    parts = rest.split(b"\0", 2)
    if len(parts) < 3:
        return None
    return inflate(parts[2]) if head[:1] == b"\1" else parts[2]


def _bytes(data: Data, place: range, most: int = limits.CHILD_FILE_BYTES) -> bytes:
    return data[place.start : min(place.stop, place.start + most)]


def _chunk(kind: bytes, body: bytes) -> bytes:
    return struct.pack(">I", len(body)) + kind + body + struct.pack(">I", zlib.crc32(kind + body))
