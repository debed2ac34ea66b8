"""Bytes on their way in: one private folder per picture, written and hashed in one pass, gone when the work is over."""

import contextlib
import hashlib
import os
import shutil
import tempfile
from collections.abc import AsyncIterable, Iterable, Iterator
from pathlib import Path

from gallery.images.errors import PictureNotStored, PictureRefused

Source = bytes | bytearray | memoryview | str | os.PathLike[str] | Iterable[bytes]
CHUNK_BYTES = 1024 * 1024
PREFIX = "arrival-"


class Arrival:
    """`folder` is this picture's own (0700) and takes its thumbnails too; `path` is the file (0600)."""

    def __init__(self, folder: Path, max_bytes: int):
        self.folder = folder
        self.path = folder / "original"
        self.max_bytes = max_bytes
        self.byte_size = 0
        self._digest = hashlib.sha256()
        self._file = open(self.path, "xb", buffering=0, opener=_open_private)  # noqa: SIM115

    @property
    def sha256(self) -> str:
        return self._digest.hexdigest()

    def write(self, chunk: bytes | bytearray | memoryview) -> None:
        """Raises PictureRefused (too_large) before writing past the cap; PictureNotStored."""
        view = memoryview(chunk).cast("B")
        self.byte_size += len(view)
        if self.byte_size > self.max_bytes:
            most = self.max_bytes / 1024**2
            raise PictureRefused(
                "too_large", f"This picture is larger than the {most:.3g} MB taken. Save a smaller copy and try that."
            )
        with disk_errors():
            for start in range(0, len(view), CHUNK_BYTES):
                piece = view[start : start + CHUNK_BYTES]
                self._digest.update(piece)
                while len(piece):
                    piece = piece[self._file.write(piece) or 0 :]

    def write_all(self, source: Source) -> None:
        """A path is copied, never moved: the file is somebody else's."""
        if isinstance(source, bytes | bytearray | memoryview):
            self.write(source)
        elif isinstance(source, str | os.PathLike):
            with open(source, "rb") as file:
                for chunk in iter(lambda: file.read(CHUNK_BYTES), b""):
                    self.write(chunk)
        else:
            for chunk in source:
                self.write(chunk)

    async def write_all_async(self, source: AsyncIterable[bytes]) -> None:
        async for chunk in source:
            self.write(chunk)

    def finish(self) -> None:
        """Make the bytes durable. Calling it again does no harm."""
        if not self._file.closed:
            with disk_errors():
                os.fsync(self._file.fileno())
                self._file.close()

    def close(self) -> None:
        with contextlib.suppress(OSError):
            self._file.close()


@contextlib.contextmanager
def own_folder(folder: str | os.PathLike[str]) -> Iterator[Path]:
    """Give a folder under `folder` (made 0700 when missing); it is gone at the end, whatever happens. Raises PictureNotStored."""
    with disk_errors():
        os.makedirs(folder, mode=0o700, exist_ok=True)
        own = Path(tempfile.mkdtemp(prefix=PREFIX, dir=folder))
    try:
        yield own
    finally:
        shutil.rmtree(own, ignore_errors=True)


@contextlib.contextmanager
def incoming(folder: str | os.PathLike[str], *, max_bytes: int) -> Iterator[Arrival]:
    """Give a place under `folder` for one picture, as `own_folder` does.

    For a local storage, `folder` should lie on the same disk, so that keeping a picture is a rename.
    Raises PictureNotStored.
    """
    with own_folder(folder) as own:
        with disk_errors():
            arrival = Arrival(own, max_bytes)
        with contextlib.closing(arrival):
            yield arrival


@contextlib.contextmanager
def disk_errors() -> Iterator[None]:
    """What the disk refuses meanwhile is PictureNotStored."""
    try:
        yield
    except OSError as error:
        raise PictureNotStored(f"{type(error).__name__}: {error.strerror}") from error


def _open_private(path: str, flags: int) -> int:
    return os.open(path, flags, 0o600)
