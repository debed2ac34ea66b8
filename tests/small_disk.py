"""A disk of a few megabytes that a test fills to the last byte, and gives room again: a tmpfs of its own."""

import os
import shutil
import subprocess
from pathlib import Path

import pytest

PIECES = (1024 * 1024, 4096, 1)


class SmallDisk:
    """Mounted at `folder`. Skips the test where nothing may be mounted."""

    def __init__(self, folder: Path, *, megabytes: int):
        self.folder = folder
        self._filler = folder / "filler"
        mount_at(folder, "-t", "tmpfs", "-o", f"size={megabytes}m,mode=0700", "tmpfs")

    def fill(self, *, but: int = 0) -> None:
        """Until not one more byte goes in, `but` for so many bytes."""
        with self._filler.open("ab", buffering=0) as file:
            for piece in PIECES:
                try:
                    while True:
                        file.write(b"\0" * piece)
                except OSError:
                    continue
            if but:
                os.truncate(file.fileno(), file.tell() - but)

    def free_bytes(self) -> int:
        return shutil.disk_usage(self.folder).free

    def make_room(self) -> None:
        self._filler.unlink(missing_ok=True)

    def unmount(self) -> None:
        unmount(self.folder)


def mount_at(folder: Path, *words: str) -> None:
    """Skips the test where nothing may be mounted."""
    folder.mkdir()
    command = [shutil.which("mount") or "mount", *words, str(folder)]
    done = subprocess.run(command, capture_output=True, text=True, check=False)
    if done.returncode:
        pytest.skip(f"no disk can be mounted here, which takes the rights of root: {done.stderr.strip()}")


def unmount(folder: Path) -> None:
    subprocess.run([shutil.which("umount") or "umount", "--lazy", str(folder)], check=True)
