"""Content credentials (C2PA) by name: the boxes of a manifest store (ISO 19566-5), walked without verifying anything."""

import struct
from collections.abc import Iterable, Iterator
from typing import NamedTuple

MOST_STORE_BYTES = 64 * 1024 * 1024
MOST_BOXES = 1000
LONGEST_LABEL = 200
HAS_LABEL = 0x02
# CBOR's text strings of these lengths, as they stand in a claim.
GENERATOR_KEY, GENERATOR_INFO_KEY, NAME_KEY = b"\x6fclaim_generator", b"\x74claim_generator_info", b"\x64name"
NAME_WITHIN = 200


class Manifest(NamedTuple):
    """The active manifest's label, as in `urn:c2pa:…`, and the program that claims to have made it, "" when unsaid."""

    label: str
    generator: str


class Box(NamedTuple):
    kind: bytes
    body: range


def read_store(store: bytes) -> Manifest | None:
    """The last manifest of a store is the active one. None when the boxes do not add up."""
    try:
        outer = next((box for box in _boxes(store, range(len(store))) if box.kind == b"jumb"), None)
        manifests = [] if outer is None else [box for box in _boxes(store, outer.body) if box.kind == b"jumb"]
        label = _label(store, manifests[-1]) if manifests else ""
    except struct.error:
        return None
    return Manifest(label, _generator(store, manifests[-1])) if label else None


def join_segments(bodies: Iterable[bytes]) -> bytes:
    """The store out of JPEG's APP11 segments: `JP`, box number, place in the sequence, then box header and content.

    Only the first segment's header counts: each later one says it again.
    """
    pieces: dict[tuple[int, int], bytes] = {}
    size = 0
    for body in bodies:
        size += len(body)
        if body[:2] != b"JP" or len(body) < 16 or body[12:16] != b"jumb" or size > MOST_STORE_BYTES:
            continue
        number, sequence = struct.unpack_from(">HI", body, 2)
        pieces.setdefault((number, sequence), body[8:])
    for wanted in sorted({number for number, _ in pieces}):
        parts = [pieces[key] for key in sorted(pieces) if key[0] == wanted]
        header = 16 if parts[0][:4] == b"\0\0\0\1" else 8
        store = parts[0] + b"".join(part[header:] for part in parts[1:])
        if read_store(store):
            return store
    return b""


def _boxes(store: bytes, place: range) -> Iterator[Box]:
    position = place.start
    for _ in range(MOST_BOXES):
        if position + 8 > place.stop:
            return
        length, kind = struct.unpack_from(">I4s", store, position)
        start = position + 8
        if length == 1:
            (length,) = struct.unpack_from(">Q", store, start)
            start += 8
        end = place.stop if length == 0 else position + length
        if end > place.stop or end < start:
            return
        yield Box(kind, range(start, end))
        position = end


def _label(store: bytes, box: Box) -> str:
    """From its description box: a UUID, a byte of switches, then the label up to a NUL."""
    first = next(_boxes(store, box.body), None)
    if first is None or first.kind != b"jumd" or len(first.body) < 18 or not store[first.body.start + 16] & HAS_LABEL:
        return ""
    start = first.body.start + 17
    label = store[start : min(first.body.stop, start + LONGEST_LABEL)].partition(b"\0")[0]
    return _readable(label)


def _generator(store: bytes, manifest: Box) -> str:
    """Looked for by its key alone: a claim is CBOR, and no more of it is wanted."""
    start, stop = manifest.body.start, manifest.body.stop
    found = store.find(GENERATOR_KEY, start, stop)
    if found >= 0 and (text := _text_at(store, found + len(GENERATOR_KEY), stop)):
        return text
    found = store.find(GENERATOR_INFO_KEY, start, stop)
    name = store.find(NAME_KEY, found, min(found + NAME_WITHIN, stop)) if found >= 0 else -1
    return _text_at(store, name + len(NAME_KEY), stop) if name >= 0 else ""


def _text_at(store: bytes, position: int, stop: int) -> str:
    """A CBOR text string (major type 3) of up to 255 bytes; "" for anything else."""
    head = store[position : position + 2]
    if len(head) < 2 or head[0] >> 5 != 3:
        return ""
    short = head[0] & 31
    start, length = (position + 1, short) if short < 24 else (position + 2, head[1])
    return _readable(store[start : min(start + length, stop, start + LONGEST_LABEL)]) if short <= 24 else ""


def _readable(raw: bytes) -> str:
    text = raw.decode(errors="replace").strip()
    return text if text.isprintable() else ""
