"""A backup: one tar archive of the database and all pictures, of one moment, made while people work.

In it, in this order: `manifest.json`, the database, `replies/` (paid answers that wait for being read in), `pictures/`
(the storage as it is), `end.json`, without which an archive was cut short. The database is copied first: a file is written
before its row and never changed, so that whatever a row of the copy needs is there. No secret of the installation is in it:
saved API keys are readable only together with its encryption key, which whoever may read them keeps elsewhere.
"""

import io
import json
import tarfile
import tempfile
from collections.abc import Iterator
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path
from typing import IO, Any

from django.conf import settings
from django.core.files.storage import Storage, default_storage
from django.utils import timezone

from gallery.images.removal import ASIDE
from gallery.services import database_copies

FORMAT = 1
MANIFEST = "manifest.json"
END = "end.json"
PICTURES = "pictures/"
REPLIES = "replies/"


@dataclass
class Backup:
    """`missing` are pictures of the record whose file was not in the storage."""

    pictures: int = 0
    files: int = 0
    missing: int = 0


def write_backup(file: IO[bytes], *, workspace: Path) -> Backup:
    """`workspace` takes a copy of the database for a while. Raises CopyRefused; OSError where the disk is full."""
    with tempfile.TemporaryDirectory(dir=workspace, prefix=".backup-") as folder:
        copy = database_copies.copy_database(Path(folder))
        with tarfile.open(fileobj=file, mode="w|", format=tarfile.PAX_FORMAT) as archive:
            made_at = timezone.now().isoformat(timespec="seconds")
            about = {"format": FORMAT, "made_at": made_at, "database": copy.kind, "migrations": copy.migrations}
            add_words(archive, MANIFEST, about)
            archive.add(copy.path, arcname=copy.path.name, filter=nameless)
            for path in sorted(settings.REPLIES_DIR.glob("*.reply")):
                with suppress(FileNotFoundError):
                    archive.add(path, arcname=REPLIES + path.name, filter=nameless)
            backup = add_pictures(archive, copy.originals)
            add_words(archive, END, vars(backup))
    return backup


def add_pictures(archive: tarfile.TarFile, needed: frozenset[bytes]) -> Backup:
    backup = Backup()
    left = set(needed)
    for name in stored_names(""):
        if not add_stored(archive, name):
            continue
        backup.files += 1
        if name.startswith("originals/"):
            backup.pictures += 1
            with suppress(ValueError):
                left.discard(bytes.fromhex(Path(name).stem))
    backup.missing = len(left)
    return backup


def stored_names(folder: str, storage: Storage = default_storage) -> Iterator[str]:
    """Every file of the storage, of any kind."""
    folders, files = storage.listdir(folder)
    for name in sorted(files):
        if not name.endswith(ASIDE):
            yield f"{folder}/{name}".lstrip("/")
    for name in sorted(folders):
        yield from stored_names(f"{folder}/{name}".lstrip("/"), storage)


def add_stored(archive: tarfile.TarFile, name: str) -> bool:
    """False for what was removed since it was listed: nothing of the copied moment needs it, or `missing` tells."""
    try:
        with default_storage.open(name) as file:
            member = tarfile.TarInfo(PICTURES + name)
            member.size = file.size
            archive.addfile(nameless(member), file)
    except FileNotFoundError:
        return False
    return True


def add_words(archive: tarfile.TarFile, name: str, words: dict[str, Any]) -> None:
    data = json.dumps(words, indent=1).encode()
    member = tarfile.TarInfo(name)
    member.size = len(data)
    archive.addfile(nameless(member), io.BytesIO(data))


def nameless(member: tarfile.TarInfo) -> tarfile.TarInfo:
    """Of this machine's people nothing goes along."""
    member.uid = member.gid = 0
    member.uname = member.gname = ""
    member.mode = 0o600
    return member
