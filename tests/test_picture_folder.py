"""The folder of pictures on another disk, or another mount, than the folder where they arrive: nothing can be renamed over."""

import os
import stat
import threading
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from django.core.files.base import ContentFile
from django.core.files.storage import FileSystemStorage

from gallery.images.decoder import shared_decoder
from gallery.images.store import MovableFile, take_in
from gallery.services import leftovers
from gateway_site.picture_folder import ARRIVING, PictureFolder
from tests.images.corpus import encode, picture
from tests.small_disk import SmallDisk, mount_at, unmount
from tests.visitor import LONGEST_SECONDS

NAME = "originals/aa/aa/picture.png"


@pytest.fixture(params=["another disk", "another mount of the same disk"])
def elsewhere(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[Path]:
    folder = tmp_path / "pictures"
    if request.param == "another disk":
        SmallDisk(folder, megabytes=4)
    else:
        (tmp_path / "mounted").mkdir()
        mount_at(folder, "--bind", str(tmp_path / "mounted"))
    yield folder
    unmount(folder)


@pytest.fixture
def storage(elsewhere: Path) -> PictureFolder:
    return PictureFolder(elsewhere, file_permissions_mode=0o640, directory_permissions_mode=0o750)


def files_in(folder: Path) -> list[str]:
    return sorted(str(path.relative_to(folder)) for path in folder.rglob("*") if path.is_file())


def test_under_its_name_a_picture_is_whole_or_not_there(
    storage: PictureFolder, elsewhere: Path, tmp_path: Path
) -> None:
    """It arrives through a pipe, so that half of it can be seen arriving."""
    pipe = tmp_path / "arriving"
    os.mkfifo(pipe)
    saved: list[str] = []
    saving = threading.Thread(
        target=lambda: saved.append(storage.save(NAME, MovableFile(None, str(pipe)))), daemon=True
    )
    saving.start()
    with pipe.open("wb", buffering=0) as writing:
        writing.write(b"01234")
        assert not storage.exists(NAME)
        assert storage.listdir("") == ([], [])
        writing.write(b"56789")
    saving.join(LONGEST_SECONDS)
    assert saved == [NAME]
    path = Path(storage.path(NAME))
    assert path.read_bytes() == b"0123456789"
    assert stat.S_IMODE(path.stat().st_mode) == 0o640
    assert stat.S_IMODE(path.parent.stat().st_mode) == 0o750
    assert files_in(elsewhere) == [NAME]
    assert not pipe.exists()


@pytest.mark.parametrize("kind", [PictureFolder, FileSystemStorage])
def test_what_had_to_be_copied_is_on_the_disk_before_a_row_is_written(
    kind: type[FileSystemStorage], elsewhere: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    synced: set[int] = set()
    sync = os.fsync

    def fsync(descriptor: int) -> None:
        sync(descriptor)
        synced.add(os.fstat(descriptor).st_ino)

    monkeypatch.setattr(os, "fsync", fsync)
    storage = kind(elsewhere)
    content = encode(picture(), "PNG")
    stored = take_in(content, folder=tmp_path / "incoming", storage=storage, max_bytes=10**6, decoder=shared_decoder)
    names = [stored.original_name, *stored.thumbnail_names]
    assert files_in(elsewhere) == sorted(names)
    for name in names:
        path = Path(storage.path(name))
        assert {path.stat().st_ino, path.parent.stat().st_ino} <= synced, name
    assert files_in(tmp_path / "incoming") == []


def test_a_picture_without_room_leaves_nothing(tmp_path: Path) -> None:
    disk = SmallDisk(tmp_path / "pictures", megabytes=1)
    try:
        storage = PictureFolder(disk.folder)
        large = tmp_path / "large"
        large.write_bytes(bytes(2 * 1024 * 1024))
        with large.open("rb") as file, pytest.raises(OSError, match="No space"):
            storage.save(NAME, MovableFile(file, str(large)))
        assert files_in(disk.folder) == []
        assert large.exists()
    finally:
        disk.unmount()


def test_another_picture_of_the_same_name_is_left_as_it_is(storage: PictureFolder, tmp_path: Path) -> None:
    storage.save(NAME, ContentFile(b"first"))
    second = tmp_path / "second"
    second.write_bytes(b"second")
    with second.open("rb") as file:
        saved_as = storage.save(NAME, MovableFile(file, str(second)))
    assert saved_as != NAME
    assert Path(storage.path(NAME)).read_bytes() == b"first"
    assert Path(storage.path(saved_as)).read_bytes() == b"second"


@pytest.mark.django_db
def test_what_a_killed_process_left_on_its_way_is_removed_a_day_later(settings: Any, tmp_path: Path) -> None:
    own = {"BACKEND": "gateway_site.picture_folder.PictureFolder", "OPTIONS": {"location": tmp_path}}
    settings.STORAGES = {**settings.STORAGES, "default": own}
    left, recent = (tmp_path / ARRIVING / f"arrival-{name}" for name in ("left", "recent"))
    for folder in (left, recent):
        folder.mkdir(parents=True)
        (folder / "original").write_bytes(b"half")
    os.utime(left, (0, 0))
    leftovers.remove_old()
    assert not left.exists()
    assert recent.exists()
