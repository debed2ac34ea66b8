"""Arriving, keeping once, leaving nothing behind."""

import asyncio
import hashlib
import os
import stat
import subprocess
import sys
from collections.abc import AsyncIterator, Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
from django.core.files.base import ContentFile
from django.core.files.storage import FileSystemStorage, InMemoryStorage

from gallery.images.arrivals import incoming
from gallery.images.decoder import Decoder
from gallery.images.errors import PictureNotStored, PictureRefused
from gallery.images.process import SOURCE_ROOT
from gallery.images.store import StoredPicture, take_in, take_in_arrived
from tests.images import corpus
from tests.images.corpus import encode, picture

Take = Callable[[bytes], StoredPicture]
Files = Callable[[], list[str]]


def test_a_picture_is_kept_bit_for_bit_under_its_hash(take: Take, storage: FileSystemStorage, files: Files) -> None:
    content = corpus.with_exif(picture(size=(700, 400)), "JPEG", 6)
    sha256 = hashlib.sha256(content).hexdigest()

    stored = take(content)

    assert (stored.sha256, stored.byte_size, stored.media_type) == (sha256, len(content), "image/jpeg")
    assert (stored.width, stored.height, stored.thumbnail_widths) == (400, 700, (320, 640))
    assert stored.original_name == f"originals/{sha256[:2]}/{sha256[2:4]}/{sha256}.jpg"
    with storage.open(stored.original_name) as file:
        assert file.read() == content
    assert files() == sorted(f"media/{name}" for name in (stored.original_name, *stored.thumbnail_names))


def test_kept_files_are_private(take: Take, storage: FileSystemStorage, folder: Path) -> None:
    stored = take(encode(picture(), "PNG"))

    for name in (stored.original_name, *stored.thumbnail_names):
        path = Path(storage.path(name))
        assert stat.S_IMODE(path.stat().st_mode) == 0o600
        assert stat.S_IMODE(path.parent.stat().st_mode) == 0o700
    assert stat.S_IMODE(folder.stat().st_mode) == 0o700


def test_the_same_bytes_are_stored_once(take: Take, storage: FileSystemStorage, files: Files) -> None:
    content = encode(picture(), "PNG")
    first = take(content)
    before = files(), os.stat(storage.path(first.original_name)).st_ino

    assert take(content) == first
    assert (files(), os.stat(storage.path(first.original_name)).st_ino) == before


def test_what_a_crash_left_half_copied_is_replaced(take: Take, storage: FileSystemStorage) -> None:
    content = encode(picture(), "PNG")
    stored = take(content)
    Path(storage.path(stored.original_name)).write_bytes(content[:10])
    Path(storage.path(stored.thumbnail_names[0])).write_bytes(b"")

    take(content)

    with storage.open(stored.original_name) as file:
        assert file.read() == content
    assert storage.size(stored.thumbnail_names[0]) > 0


def test_an_svg_is_kept_without_thumbnails(take: Take, files: Files) -> None:
    stored = take(corpus.BARE_SVG)

    assert stored.is_vector and stored.thumbnail_names == ()
    assert files() == [f"media/{stored.original_name}"]
    assert stored.original_name.endswith(".svg")


def test_any_storage_will_do(decoder: Decoder, folder: Path, files: Files) -> None:
    storage = InMemoryStorage()
    content = encode(picture(), "WEBP")

    stored = take_in(content, folder=folder, storage=storage, max_bytes=10**6, decoder=decoder)

    with storage.open(stored.original_name) as file:
        assert file.read() == content
    assert all(storage.exists(name) for name in stored.thumbnail_names)
    assert files() == []


def test_bytes_a_path_or_chunks_make_the_same_picture(
    decoder: Decoder, folder: Path, storage: FileSystemStorage, tmp_path: Path
) -> None:
    content = encode(picture(), "PNG")
    path = tmp_path / "mine.png"
    path.write_bytes(content)
    chunks = (content[start : start + 7] for start in range(0, len(content), 7))

    stored = {
        take_in(source, folder=folder, storage=storage, max_bytes=10**6, decoder=decoder)
        for source in (content, memoryview(content), path, str(path), chunks)
    }

    assert len(stored) == 1
    assert path.read_bytes() == content


def test_chunks_may_come_from_async_code(
    decoder: Decoder, folder: Path, storage: FileSystemStorage, files: Files
) -> None:
    content = encode(picture(), "PNG")

    async def chunks() -> AsyncIterator[bytes]:
        for start in range(0, len(content), 50):
            yield content[start : start + 50]

    async def take() -> StoredPicture:
        with incoming(folder, max_bytes=10**6) as arrival:
            await arrival.write_all_async(chunks())
            return await asyncio.to_thread(take_in_arrived, arrival, storage=storage, decoder=decoder)

    assert asyncio.run(take()).sha256 == hashlib.sha256(content).hexdigest()
    assert not [name for name in files() if name.startswith("incoming")]


@pytest.mark.parametrize("as_chunks", [False, True])
def test_bytes_beyond_the_cap_are_refused_and_gone(
    decoder: Decoder, folder: Path, storage: FileSystemStorage, files: Files, as_chunks: bool
) -> None:
    content = encode(picture(), "PNG")
    taken = 0

    def endless() -> Iterator[bytes]:
        nonlocal taken
        while True:
            taken += 1
            yield content

    with pytest.raises(PictureRefused) as refused:
        source = endless() if as_chunks else content
        take_in(
            source,
            folder=folder,
            storage=storage,
            max_bytes=len(content) * 3 if as_chunks else len(content) - 1,
            decoder=decoder,
        )

    assert refused.value.kind == "too_large" and "MB" in refused.value.sentence
    assert taken == (4 if as_chunks else 0)
    assert files() == []


@pytest.mark.parametrize("content", [b"<html>", encode(picture(), "TIFF"), encode(picture(), "PNG")[:60], b""])
def test_a_refused_picture_leaves_nothing(take: Take, files: Files, content: bytes) -> None:
    with pytest.raises(PictureRefused):
        take(content)
    assert files() == []


def test_a_source_that_breaks_off_leaves_nothing(
    decoder: Decoder, folder: Path, storage: FileSystemStorage, files: Files
) -> None:
    def broken() -> Iterator[bytes]:
        yield b"\x89PNG"
        raise ConnectionResetError

    with pytest.raises(ConnectionResetError):
        take_in(broken(), folder=folder, storage=storage, max_bytes=10**6, decoder=decoder)
    assert files() == []


class FullStorage(FileSystemStorage):
    """Has room for thumbnails only; writes part of what it is given, as a full disk does."""

    def save(self, name: str | None, content: Any, max_length: int | None = None) -> str:
        if not str(name).startswith("originals/"):
            return super().save(name, content, max_length)
        super().save(name, ContentFile(content.read(20)))
        raise OSError(28, "No space left on device")


def test_a_full_storage_keeps_nothing(decoder: Decoder, folder: Path, tmp_path: Path, files: Files) -> None:
    storage = FullStorage(tmp_path / "media")

    with pytest.raises(PictureNotStored) as failed:
        take_in(encode(picture(), "PNG"), folder=folder, storage=storage, max_bytes=10**6, decoder=decoder)

    assert "try again" in failed.value.sentence and "No space" in failed.value.detail
    assert files() == []


def test_a_full_disk_leaves_nothing(tmp_path: Path, files: Files) -> None:
    """RLIMIT_FSIZE stands in for the disk: it leaves a partial file, as ENOSPC does."""
    script = (
        "import resource, sys\n"
        "from gallery.images.errors import PictureNotStored\nfrom gallery.images.store import take_in\n"
        "resource.setrlimit(resource.RLIMIT_FSIZE, (10_000, 10_000))\n"
        "try:\n"
        "    take_in(sys.stdin.buffer.read(), folder=sys.argv[1], storage=None, max_bytes=10**6)\n"
        "except PictureNotStored as failed:\n    print(failed.detail)\n"
    )
    content = encode(corpus.noise((200, 200)), "PNG")
    done = subprocess.run(
        [sys.executable, "-c", script, str(tmp_path / "incoming")],
        input=content,
        capture_output=True,
        cwd=SOURCE_ROOT,
        check=True,
        timeout=60,
    )
    assert b"File too large" in done.stdout, done.stderr
    assert files() == []


def test_a_folder_that_cannot_be_written_is_no_fault_of_the_picture(
    storage: FileSystemStorage, decoder: Decoder, tmp_path: Path
) -> None:
    (tmp_path / "file").write_bytes(b"")

    with pytest.raises(PictureNotStored):
        take_in(b"", folder=tmp_path / "file" / "incoming", storage=storage, max_bytes=1, decoder=decoder)
