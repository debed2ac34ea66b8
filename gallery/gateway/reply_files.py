"""The raw reply of a gateway on disk: one line of JSON about the answer, then its body, byte for byte.

While it arrives it is called `<name>.part`; the name without it means that the reply is whole and safe on the disk.
"""

import mmap
import os
from collections.abc import Mapping
from contextlib import suppress
from datetime import UTC, datetime
from pathlib import Path
from typing import BinaryIO

import msgspec

from gallery.gateway import errors, messages


class _Head(msgspec.Struct):
    status: int
    headers: dict[str, str]
    received_at: str


class ReplyFile:
    """A reply being written, in the place of one that another key was refused with. Every method may raise OSError: a full disk,
    a folder that may not be written."""

    def __init__(self, path: Path):
        self.path = path
        self.part = part_of(path)
        self.has_begun = False
        descriptor = os.open(self.part, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600)
        self._file: BinaryIO = os.fdopen(descriptor, "wb")
        path.unlink(missing_ok=True)

    def begin(self, status: int, headers: Mapping[str, str]) -> None:
        head = _Head(status=status, headers=dict(headers), received_at=datetime.now(UTC).isoformat())
        self.has_begun = True
        self.write(msgspec.json.encode(head) + b"\n")

    def write(self, chunk: bytes) -> None:
        """Hand it to the system at once, so that it outlives this process."""
        self._file.write(chunk)
        self._file.flush()

    def finish(self) -> None:
        """Put it on the disk for good under its own name; blocks until the disk says so."""
        os.fsync(self._file.fileno())
        self._file.close()
        self.part.replace(self.path)
        _sync_folder(self.path.parent)

    def leave(self) -> None:
        """Stop without finishing: what arrived stays in the .part; when nothing did, no file is left. A piece that found no
        room is tried once more by closing; that it fails again says nothing new, and must not hide why one stopped."""
        with suppress(OSError):
            self._file.close()
        if not self.has_begun:
            self.part.unlink(missing_ok=True)


def part_of(path: Path) -> Path:
    return path.with_name(path.name + ".part")


def promote_part(path: Path) -> None:
    """Give what arrived of a reply the name of a whole one, for good. Raises OSError."""
    part = part_of(path)
    with part.open("rb") as file:
        os.fsync(file.fileno())
    part.replace(path)
    _sync_folder(path.parent)


def read_reply(path: Path) -> messages.Reply:
    """The reply in a whole reply file; its body is a view of the file, not a copy. Raises AnswerUnreadable, OSError."""
    with path.open("rb") as file:
        try:
            mapped = mmap.mmap(file.fileno(), 0, access=mmap.ACCESS_READ)
            content = memoryview(mapped)
            end_of_head = mapped.find(b"\n")
            head = msgspec.json.decode(content[:end_of_head], type=_Head)
        except (ValueError, msgspec.MsgspecError) as error:
            raise errors.AnswerUnreadable(
                "The saved answer of the gateway is damaged. It may have been charged: "
                "look at the gateway's own records before you run it again.",
                detail=str(error),
            ) from error
    return messages.Reply(status=head.status, headers=head.headers, body=content[end_of_head + 1 :])


def _sync_folder(folder: Path) -> None:
    if os.name == "posix":  # elsewhere a folder cannot be opened
        descriptor = os.open(folder, os.O_RDONLY)
        try:
            os.fsync(descriptor)
        finally:
            os.close(descriptor)
