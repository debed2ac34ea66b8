"""Keeps originals and thumbnails by the SHA-256 of the original, in any Django storage that is handed in.

A picture is on disk and hashed before it is looked at, and kept only once it is proven. Rows are written elsewhere.
"""

import contextlib
import mmap
import os
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Protocol

from django.core.files import File

from gallery.images import containers, formats, removal, sizes
from gallery.images.arrivals import Arrival, Source, incoming
from gallery.images.decoder import Decoded, Decoder, shared_decoder
from gallery.images.errors import PictureError, PictureNotStored


class Storage(Protocol):
    """The part of Django's storages that is used; a storage that also has `path` is local."""

    def save(self, name: str, content: "File[bytes]", /) -> str: ...
    def exists(self, name: str, /) -> bool: ...
    def open(self, name: str, mode: str = "rb", /) -> "File[bytes]": ...
    def delete(self, name: str, /) -> None: ...


@dataclass(frozen=True, kw_only=True)
class StoredPicture:
    """What a row about a picture needs. `thumbnail_widths` are nominal: see `sizes.thumbnail_size` for the pixels."""

    sha256: str
    media_type: str
    byte_size: int
    width: int
    height: int
    colour: str = "#888888"
    pixel_hash: str = ""
    dhash: str = ""
    frames: int = 1
    has_alpha: bool = False
    is_vector: bool = False
    has_content_credentials: bool = False
    thumbnail_widths: tuple[int, ...] = ()

    @property
    def is_animated(self) -> bool:
        return self.frames > 1

    @property
    def original_name(self) -> str:
        return name_original(self.sha256, self.media_type)

    @property
    def thumbnail_names(self) -> tuple[str, ...]:
        return tuple(name_thumbnail(self.sha256, width) for width in self.thumbnail_widths)


class MovableFile(File):  # type: ignore[type-arg]
    """Lets a local storage rename the file instead of copying it (the seam of Django's TemporaryUploadedFile)."""

    def temporary_file_path(self) -> str:
        return str(self.name)


def name_original(sha256: str, media_type: str) -> str:
    return f"originals/{sha256[:2]}/{sha256[2:4]}/{sha256}.{formats.EXTENSIONS[media_type]}"


def name_thumbnail(sha256: str, nominal_width: int) -> str:
    return f"thumbnails/{sha256[:2]}/{sha256[2:4]}/{sha256}-{nominal_width}.webp"


def names_of(sha256: str, media_type: str, widths: Iterable[int]) -> list[str]:
    """Every file that may stand for a picture, the original last."""
    return [
        *(name_thumbnail(sha256, width) for width in sorted({*widths, *sizes.WIDTHS})),
        name_original(sha256, media_type),
    ]


def take_in(
    source: Source,
    *,
    folder: str | os.PathLike[str],
    storage: Storage,
    max_bytes: int,
    widths: Sequence[int] = sizes.WIDTHS,
    decoder: Decoder = shared_decoder,
) -> StoredPicture:
    """Take bytes, a path or an iterator of chunks all the way: arrive in `folder`, prove, measure, keep in `storage`.

    Blocks for the decode (call it in a thread from async code). Raises PictureRefused, PictureNotStored,
    DecoderNotStarted; whatever it raises, nothing is left in `folder` or new in `storage`.
    """
    with incoming(folder, max_bytes=max_bytes) as arrival:
        arrival.write_all(source)
        return take_in_arrived(arrival, storage=storage, widths=widths, decoder=decoder)


def take_in_undrawn(
    source: Source, *, folder: str | os.PathLike[str], storage: Storage, max_bytes: int
) -> StoredPicture | None:
    """As `take_in`, but known by its headers alone and without thumbnails: for who waits. `take_in` of the kept original
    makes up for it later, and may find it broken. None for what has to be looked at first: a vector, a file whose headers
    do not tell its size or that it is to be turned."""
    with incoming(folder, max_bytes=max_bytes) as arrival:
        arrival.write_all(source)
        if not arrival.byte_size:
            return None
        with arrival.path.open("rb") as file, mmap.mmap(file.fileno(), 0, access=mmap.ACCESS_READ) as data:
            media_type = formats.sniff(data[: formats.SNIFFED_BYTES])
            if media_type is None or media_type == formats.SVG:
                return None
            survey = containers.survey(data, media_type)
        if not survey.width or not survey.height or survey.may_be_turned:
            return None
        arrival.finish()
        stored = StoredPicture(
            sha256=arrival.sha256,
            byte_size=arrival.byte_size,
            media_type=media_type,
            width=survey.width,
            height=survey.height,
            frames=survey.frames,
            has_content_credentials=survey.has_content_credentials,
        )
        with contextlib.ExitStack() as undo, _storage_errors():
            _keep_file(arrival.path, stored.original_name, storage, undo)
            undo.pop_all()
        return stored


def take_in_arrived(
    arrival: Arrival, *, storage: Storage, widths: Sequence[int] = sizes.WIDTHS, decoder: Decoder = shared_decoder
) -> StoredPicture:
    """The second half of `take_in`, for bytes that were written into an `incoming` as they came. Raises like it."""
    arrival.finish()
    decoded = decoder.decode(arrival.path, arrival.folder, widths)
    return keep(decoded, arrival, storage)


def keep(decoded: Decoded, arrival: Arrival, storage: Storage) -> StoredPicture:
    """Thumbnails first, then the original: a kept original has its thumbnails. Raises PictureNotStored."""
    stored = StoredPicture(
        sha256=arrival.sha256,
        byte_size=arrival.byte_size,
        thumbnail_widths=tuple(thumbnail.nominal_width for thumbnail in decoded.thumbnails),
        media_type=decoded.media_type,
        width=decoded.width,
        height=decoded.height,
        colour=decoded.colour,
        pixel_hash=decoded.pixel_hash,
        dhash=decoded.dhash,
        frames=decoded.frames,
        has_alpha=decoded.has_alpha,
        is_vector=decoded.is_vector,
        has_content_credentials=decoded.has_content_credentials,
    )
    with contextlib.ExitStack() as undo, _storage_errors():
        for name, thumbnail in zip(stored.thumbnail_names, decoded.thumbnails, strict=True):
            _keep_file(Path(thumbnail.path), name, storage, undo)
        _keep_file(arrival.path, stored.original_name, storage, undo)
        undo.pop_all()
    return stored


@contextlib.contextmanager
def _storage_errors() -> Iterator[None]:
    try:
        yield
    except PictureError:
        raise
    # Each storage raises its own: OSError, botocore's ClientError, SuspiciousFileOperation, …
    except Exception as error:
        raise PictureNotStored(
            f"{type(error).__name__}: {getattr(error, 'strerror', None) or 'storage failed'}"
        ) from error


def _keep_file(path: Path, name: str, storage: Storage, undo: contextlib.ExitStack) -> None:
    """Save under exactly this name, once. A file of another size is what a crash in mid-copy left: replaced."""
    byte_size = path.stat().st_size
    if storage.exists(name):
        with contextlib.suppress(FileNotFoundError):
            if _stored_size(storage, name) == byte_size and removal.mark_fresh(storage, name):
                return
        storage.delete(name)
    undo.callback(_delete_quietly, storage.delete, name)
    with open(path, "rb") as file:
        saved_as = storage.save(name, MovableFile(file, str(path)))
    if saved_as != name:
        # Somebody saved the same bytes since we looked, and the storage found us another name.
        storage.delete(saved_as)
    _settle(storage, name, byte_size)


def _stored_size(storage: Storage, name: str) -> int:
    with storage.open(name) as file:
        return file.size


def _settle(storage: Storage, name: str, byte_size: int) -> None:
    """Check a file on this machine to be whole and make its name durable; other storages answer for themselves."""
    path = removal.local_path(storage, name)
    if path is None or not path.exists():
        return
    if os.path.getsize(path) != byte_size:
        raise OSError("the stored file is shorter than its source")
    # The file too: from another disk or mount it was copied, not renamed.
    for written in (path, path.parent):
        descriptor = os.open(written, os.O_RDONLY)
        try:
            os.fsync(descriptor)
        finally:
            os.close(descriptor)


def _delete_quietly(delete: Callable[[str], None], name: str) -> None:
    with contextlib.suppress(Exception):
        delete(name)
