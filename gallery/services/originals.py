"""The bytes of stored pictures, for who reads in them without decoding."""

import contextlib
import mmap
from collections.abc import Iterator

from django.core.files.base import File
from django.core.files.storage import default_storage

from gallery.images.containers import Data

CHUNK_BYTES = 256 * 1024


@contextlib.contextmanager
def open_data(name: str) -> Iterator[Data]:
    """A map of the file where it lies on this machine, else its bytes. Raises FileNotFoundError."""
    with open_file(name) as file:
        try:
            path = default_storage.path(name)
        except NotImplementedError:
            yield file.read()
            return
    with open(path, "rb") as local:
        data = mmap.mmap(local.fileno(), 0, access=mmap.ACCESS_READ)
    with data:
        yield data


def read_chunks(name: str) -> Iterator[bytes]:
    """The file piece by piece, opened when the first piece is asked for. Raises FileNotFoundError."""
    with open_file(name) as file:
        yield from iter(lambda: file.read(CHUNK_BYTES), b"")


def open_file(name: str) -> "File[bytes]":
    """A file that cannot be opened, because its disk or bucket is in trouble, is not there for who wants it now. Raises
    FileNotFoundError."""
    try:
        return default_storage.open(name)
    except OSError as problem:
        raise FileNotFoundError(name) from problem
