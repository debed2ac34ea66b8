import os
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from django.core.files.storage import FileSystemStorage

from gallery.images.decoder import Decoded, Decoder
from gallery.images.store import StoredPicture, take_in


@pytest.fixture(scope="package")
def decoder() -> Iterator[Decoder]:
    decoder = Decoder()
    yield decoder
    decoder.close()


@pytest.fixture
def decode(decoder: Decoder, tmp_path: Path) -> Callable[[bytes], Decoded]:
    """Decode bytes; thumbnails lie in tmp_path."""

    def decode_bytes(content: bytes) -> Decoded:
        path = tmp_path / "original"
        path.write_bytes(content)
        return decoder.decode(path, tmp_path)

    return decode_bytes


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    return tmp_path / "incoming"


@pytest.fixture
def storage(tmp_path: Path) -> FileSystemStorage:
    return FileSystemStorage(tmp_path / "media", file_permissions_mode=0o600, directory_permissions_mode=0o700)


@pytest.fixture
def take(decoder: Decoder, folder: Path, storage: FileSystemStorage) -> Callable[[bytes], StoredPicture]:
    def take_bytes(content: bytes) -> StoredPicture:
        return take_in(content, folder=folder, storage=storage, max_bytes=50 * 1024**2, decoder=decoder)

    return take_bytes


@pytest.fixture
def files(tmp_path: Path) -> Callable[[], list[str]]:
    """Every file below tmp_path, relative."""

    def list_files() -> list[str]:
        return sorted(
            os.path.relpath(os.path.join(folder, name), tmp_path)
            for folder, _, names in os.walk(tmp_path)
            for name in names
        )

    return list_files
