"""GIF blocks (https://www.w3.org/Graphics/GIF/spec-gif89a.txt): comments, XMP and C2PA in extensions between the frames."""

from collections.abc import Iterator

from gallery.images import limits
from gallery.images.containers import Data
from gallery.images.errors import PictureRefused
from gallery.images.metadata.edits import Edited, edit

EXTENSION, IMAGE, END = 0x21, 0x2C, 0x3B
GRAPHIC_CONTROL, APPLICATION = 0xF9, 0xFF
# How often it plays and the colour profile: what it looks like.
KEPT_APPLICATIONS = (b"NETSCAPE2.0", b"ANIMEXTS1.0", b"ICCRGBG1012")


def without_metadata(data: Data) -> Edited:
    """Raises PictureRefused, IndexError."""
    if data[:3] != b"GIF":
        raise PictureRefused("broken", detail="no GIF header")
    head = range(13 + _colour_table_bytes(data[10]))
    return edit(data, [head, *(block for block in walk(data, head.stop) if _is_kept(data, block)), bytes([END])])


def walk(data: Data, position: int) -> Iterator[range]:
    for _ in range(limits.MAX_BLOCKS):
        start, kind = position, data[position]
        if kind == END:
            return
        if kind == IMAGE:
            position = _skip_sub_blocks(data, start + 11 + _colour_table_bytes(data[start + 9]))
        elif kind == EXTENSION:
            position = _skip_sub_blocks(data, start + 2)
        else:
            raise PictureRefused("broken", detail=f"unknown block {kind:#x}")
        yield range(start, position)
    raise PictureRefused("broken", detail="too many blocks")


def _is_kept(data: Data, block: range) -> bool:
    if data[block.start] == IMAGE or data[block.start + 1] == GRAPHIC_CONTROL:
        return True
    name = data[block.start + 3 : block.start + 14]
    return data[block.start + 1] == APPLICATION and name in KEPT_APPLICATIONS


def _colour_table_bytes(flags: int) -> int:
    return 3 << (flags & 7) + 1 if flags & 0x80 else 0


def _skip_sub_blocks(data: Data, position: int) -> int:
    while length := data[position]:
        position += 1 + length
    return position + 1
