"""The one thing of EXIF that a picture needs: which way up it is (TIFF 6.0, tag 274)."""

import struct

TAG, SHORT = 0x0112, 3
UPRIGHT, TURNED = 1, range(2, 9)
MOST_ENTRIES = 1000
BYTE_ORDERS = {b"II*\0": "<", b"MM\0*": ">"}


def read_orientation(exif: bytes) -> int:
    """From a TIFF block; UPRIGHT for whatever makes no sense."""
    order = BYTE_ORDERS.get(exif[:4])
    if order is None:
        return UPRIGHT
    try:
        (start,) = struct.unpack_from(f"{order}I", exif, 4)
        (count,) = struct.unpack_from(f"{order}H", exif, start)
        for index in range(min(count, MOST_ENTRIES)):
            tag, kind, _, value = struct.unpack_from(f"{order}HHIH", exif, start + 2 + 12 * index)
            if tag == TAG:
                return value if kind == SHORT and value in TURNED else UPRIGHT
    except struct.error:
        pass
    return UPRIGHT


def write_orientation(orientation: int) -> bytes:
    """A TIFF block with nothing else in it."""
    return b"MM\0*" + struct.pack(">IHHHIHHI", 8, 1, TAG, SHORT, 1, orientation, 0, 0)


def only_orientation(exif: bytes) -> bytes:
    """The same turn in a block of its own; empty for a picture that is upright."""
    orientation = read_orientation(exif)
    return b"" if orientation == UPRIGHT else write_orientation(orientation)
