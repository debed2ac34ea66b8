"""A ZIP file as it is written: member after member, their lengths told after them, its directory kept on disk until the end, so
that a million members take no more memory than one.

The layout is that of PKWARE's APPNOTE.TXT, 4.3 and 4.5.3.
"""

import struct
import tempfile
from collections.abc import Iterable, Iterator
from datetime import datetime
from zlib import crc32

from django.conf import settings
from django.utils import timezone

CHUNK_BYTES = 256 * 1024
MOST_IN_MEMORY = 64 * 1024

LOCAL, DESCRIPTOR, ENTRY, END = b"PK\x03\x04", b"PK\x07\x08", b"PK\x01\x02", b"PK\x05\x06"
END_64, LOCATOR_64 = b"PK\x06\x06", b"PK\x06\x07"
EXTRA_64 = 1
PLAIN, VERSION_64 = 20, 45
UNIX = 3 << 8
# Lengths come after the data; names are UTF-8.
FLAGS = 1 << 3 | 1 << 11
STORED = 0
READABLE = 0o100644 << 16
# Numbers from here on do not fit where they belong, and stand in an extra field.
FULL_32, FULL_16 = 0xFFFFFFFF, 0xFFFF


def open_spool() -> "tempfile.SpooledTemporaryFile[bytes]":
    """Something small that may get large: in memory, then on disk."""
    return tempfile.SpooledTemporaryFile(MOST_IN_MEMORY, dir=str(settings.INCOMING_DIR))


def read_spool(spool: "tempfile.SpooledTemporaryFile[bytes]") -> Iterator[bytes]:
    spool.seek(0)
    yield from iter(lambda: spool.read(CHUNK_BYTES), b"")


class ZipWriter:
    """Gives the bytes of the file piece by piece, to be sent in this order: all `member`s one after the other, then `end`."""

    def __init__(self, directory: "tempfile.SpooledTemporaryFile[bytes]"):
        """`directory` is an empty spool."""
        self.directory = directory
        self.position = self.count = self.directory_size = 0

    def member(
        self, name: str, chunks: Iterable[bytes], *, moment: datetime, is_large: bool = False
    ) -> Iterator[bytes]:
        """Stored as it is. `is_large` is needed for what has 4 GiB or more."""
        offset, encoded, dated = self.position, name.encode(), dos_time(moment)
        extra = struct.pack("<HHQQ", EXTRA_64, 16, 0, 0) if is_large else b""
        size = FULL_32 if is_large else 0
        version = VERSION_64 if is_large else PLAIN
        head = struct.pack(
            "<4sHHHLLLLHH", LOCAL, version, FLAGS, STORED, dated, 0, size, size, len(encoded), len(extra)
        )
        yield self.passed(head + encoded + extra)
        length = checksum = 0
        for chunk in chunks:
            length += len(chunk)
            checksum = crc32(chunk, checksum)
            yield self.passed(chunk)
        yield self.passed(struct.pack("<4sLQQ" if is_large else "<4sLLL", DESCRIPTOR, checksum, length, length))
        self.remember(encoded, dated, checksum, length, offset)

    def remember(self, name: bytes, dated: int, checksum: int, length: int, offset: int) -> None:
        beyond = [*([length, length] if length >= FULL_32 else []), *([offset] if offset >= FULL_32 else [])]
        extra = struct.pack(f"<HH{len(beyond)}Q", EXTRA_64, 8 * len(beyond), *beyond) if beyond else b""
        version = VERSION_64 if beyond else PLAIN
        size = min(length, FULL_32)
        head = struct.pack("<4sHHHHLLLLHH", ENTRY, UNIX | version, version, FLAGS, STORED, dated, checksum, size, size,
                           len(name), len(extra))  # fmt: skip
        rest = struct.pack("<HHHLL", 0, 0, 0, READABLE, min(offset, FULL_32))
        entry = head + rest + name + extra
        self.directory.write(entry)
        self.directory_size += len(entry)
        self.count += 1

    def end(self) -> Iterator[bytes]:
        offset, size, count = self.position, self.directory_size, self.count
        for chunk in read_spool(self.directory):
            yield self.passed(chunk)
        if count >= FULL_16 or max(offset, size) >= FULL_32:
            end = self.position
            versions = (UNIX | VERSION_64, VERSION_64)
            yield struct.pack("<4sQHHLLQQQQ", END_64, 44, *versions, 0, 0, count, count, size, offset)
            yield struct.pack("<4sLQL", LOCATOR_64, 0, end, 1)
        count, size, offset = min(count, FULL_16), min(size, FULL_32), min(offset, FULL_32)
        yield struct.pack("<4sHHHHLLH", END, 0, 0, count, count, size, offset, 0)

    def passed(self, piece: bytes) -> bytes:
        self.position += len(piece)
        return piece


def dos_time(moment: datetime) -> int:
    """In the studio's own time, date above time, to two seconds."""
    at = timezone.localtime(moment, timezone.get_default_timezone())
    date = max(at.year - 1980, 0) << 9 | at.month << 5 | at.day
    return date << 16 | at.hour << 11 | at.minute << 5 | at.second // 2
