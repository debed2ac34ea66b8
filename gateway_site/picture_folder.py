"""The folder of pictures on this machine's disk."""

import errno
import os
import shutil
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from django.core.files import File
from django.core.files.storage import FileSystemStorage

# Where pictures from another disk wait until they are whole. No name of a stored file begins so.
ARRIVING = ".arriving"


class WholeFile(File):  # type: ignore[type-arg]
    def temporary_file_path(self) -> str:
        return str(self.name)


class PictureFolder(FileSystemStorage):
    def _open(self, name: str, mode: str = "rb") -> Any:
        """A picture is a file. A link in its place is nobody's here, and leads who knows where; folders may be links, to
        another disk say."""
        if Path(self.path(name)).is_symlink():
            raise FileNotFoundError(name)
        return super()._open(name, mode)  # type: ignore[misc]

    def _save(self, name: str, content: Any) -> str:
        """Under its name a file is whole, or not there. Django renames what can be renamed, and copies the rest to its very
        name, without a sync."""
        find_path = getattr(content, "temporary_file_path", None)
        if find_path is None:
            return str(super()._save(name, content))  # type: ignore[misc]
        # A folder that is still to be made is made by Django, on the disk that its next existing folder is on.
        folder = next(folder for folder in (Path(self.location), *Path(self.location).parents) if folder.is_dir())
        if not is_elsewhere(find_path(), folder):
            return str(super()._save(name, content))  # type: ignore[misc]
        with self._copied_here(find_path()) as path, path.open("rb") as file:
            saved_as = str(super()._save(name, WholeFile(file, str(path))))  # type: ignore[misc]
        os.remove(find_path())
        return saved_as

    @contextmanager
    def _copied_here(self, source: str) -> Iterator[Path]:
        folder = Path(self.location, ARRIVING)
        folder.mkdir(mode=0o700, parents=True, exist_ok=True)
        # The prefix by which `gallery.images.arrivals` knows what a killed process left.
        with tempfile.TemporaryDirectory(prefix="arrival-", dir=folder) as own_folder:
            path = Path(own_folder, "original")
            with open(source, "rb") as arrived, path.open("xb") as file:
                shutil.copyfileobj(arrived, file)
                file.flush()
                os.fsync(file.fileno())
            yield path

    def exists(self, name: str) -> bool:
        """Of a folder that cannot be looked into nothing is known, which is an OSError, as with a bucket."""
        try:
            os.lstat(self.path(name))
        except FileNotFoundError:
            return False
        return True

    def listdir(self, path: str) -> tuple[list[str], list[str]]:
        folders, files = super().listdir(path)
        return [name for name in folders if name != ARRIVING], files


def is_elsewhere(source: str, folder: Path) -> bool:
    """Whether no file can be renamed from there to here: another disk, or another mount of the same one."""
    if os.stat(source).st_dev != os.stat(folder).st_dev:
        return True
    try:
        # Between mounts this is refused before anybody looks whether there is such a file.
        os.rename(f"{source}.absent", folder / f"{ARRIVING}.absent")
    except OSError as problem:
        return problem.errno == errno.EXDEV
    return False
