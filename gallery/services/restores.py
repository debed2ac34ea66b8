"""A backup put back into an empty place. Nothing that waited there is sent from here: it may have been sent since.

The database comes last, so that a restore that was cut off can simply be done again.
"""

import hashlib
import json
import os
import re
import tarfile
import tempfile
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import IO, Any

from django.conf import settings
from django.core.files.storage import default_storage
from django.db import connection
from django.db.migrations.loader import MigrationLoader

from gallery.images.store import MovableFile
from gallery.models import Act, APIKey, Batch, Generation, Image, Worker
from gallery.services import audit, batches, database_copies, encryption
from gallery.services.backups import END, FORMAT, MANIFEST, PICTURES, REPLIES
from gallery.services.generations import cancel_generation

SAFE_NAME = re.compile(r"(?!.*\.\.)[A-Za-z0-9][A-Za-z0-9._/-]*")
CHUNK_BYTES = 1024 * 1024


class RestoreRefused(Exception):
    """The sentence says what is in the way."""


@dataclass
class Restored:
    made_at: str
    missing: int
    pictures: int = 0
    generations: int = 0
    cancelled: int = 0
    unreadable_keys: int = 0
    unreadable_others: int = 0
    without_second_step: list[str] = field(default_factory=list)


def unpack(file: IO[bytes], *, workspace: Path) -> dict[str, Any]:
    """Pictures into the storage and, at the end, the database into its place; returns the manifest, with what the archive's
    end tells. Raises RestoreRefused, CopyRefused."""
    database_copies.refuse_unless_empty()
    try:
        with (
            tempfile.TemporaryDirectory(dir=workspace, prefix=".restore-") as folder,
            tarfile.open(fileobj=file, mode="r|*") as archive,
        ):
            return unpack_members(archive, Path(folder))
    except (tarfile.TarError, EOFError) as problem:
        raise RestoreRefused(f"This archive is damaged or was cut short: {problem}") from problem


def unpack_members(archive: tarfile.TarFile, folder: Path) -> dict[str, Any]:
    about: dict[str, Any] = {}
    database = folder / database_copies.NAMES[connection.vendor]
    for member, content in files_in(archive):
        if not about:
            about = read_manifest(member.name, content)
        elif member.name == database.name:
            save_as(content, database)
        elif member.name.startswith(REPLIES):
            save_as(content, settings.REPLIES_DIR / Path(member.name).name)
        elif member.name.startswith(PICTURES):
            save_picture(member.name.removeprefix(PICTURES), content, folder / "picture")
        elif member.name == END:
            about["end"] = json.load(content)
    if "end" not in about or not database.exists():
        raise RestoreRefused("This archive was cut short: its end is missing. Nothing of the record was put back.")
    database_copies.put_back(database)
    return about


def files_in(archive: tarfile.TarFile) -> Iterator[tuple[tarfile.TarInfo, IO[bytes]]]:
    for member in archive:
        content = archive.extractfile(member) if member.isreg() else None
        if content is None or not SAFE_NAME.fullmatch(member.name):
            raise RestoreRefused(f"This is no backup of a studio: it holds “{member.name[:100]}”.")
        yield member, content


def read_manifest(name: str, content: IO[bytes]) -> dict[str, Any]:
    if name != MANIFEST:
        raise RestoreRefused("This is no backup of a studio: it does not begin with a manifest.")
    about: dict[str, Any] = json.load(content)
    if about.get("format") != FORMAT:
        raise RestoreRefused("This backup was made by a newer Proofsheet. Restore it with that version.")
    if about["database"] != connection.vendor:
        raise RestoreRefused(
            f"This backup is of a {about['database']} database, and here is {connection.vendor}. "
            "Set PROOFSHEET_DATABASE_URL to the same kind."
        )
    known = {f"{app}.{name}" for app, name in MigrationLoader(None).disk_migrations or {}}
    if unknown := [name for name in about["migrations"] if name.startswith("gallery.") and name not in known]:
        raise RestoreRefused(
            f"This backup was made by a newer Proofsheet ({unknown[-1]}). Restore it with that version."
        )
    return about


def save_as(content: IO[bytes], path: Path) -> str:
    """Returns the SHA-256."""
    digest = hashlib.sha256()
    with open(path, "wb", opener=open_private) as file:
        while chunk := content.read(CHUNK_BYTES):
            digest.update(chunk)
            file.write(chunk)
        file.flush()
        os.fsync(file.fileno())
    return digest.hexdigest()


def open_private(path: str, flags: int) -> int:
    return os.open(path, flags, 0o600)


def save_picture(name: str, content: IO[bytes], arrived: Path) -> None:
    sha256 = save_as(content, arrived)
    if name.startswith("originals/") and Path(name).stem != sha256:
        raise RestoreRefused(f"This archive is damaged: the picture {Path(name).stem[:12]}… is not what it was.")
    if default_storage.exists(name):
        default_storage.delete(name)
    with open(arrived, "rb") as file:
        default_storage.save(name, MovableFile(file, str(arrived)))


def settle(about: dict[str, Any]) -> Restored:
    """After the database was brought up to date: nothing here waits or runs any more, and no key is taken for readable."""
    restored = Restored(made_at=about["made_at"], missing=about["end"]["missing"])
    Worker.objects.all().delete()
    for batch in Batch.objects.filter(state=Batch.State.OPEN, generations__status__in=("held", "queued")).distinct():
        batches.pause_batch(batch)
    for generation in Generation.objects.filter(status__in=("held", "queued")).iterator():
        restored.cancelled += cancel_generation(generation)
    # The next start finishes these from their replies, or says that they were interrupted.
    Generation.objects.running().update(claimed_by="", lease_expires_at=None)
    restored.pictures = Image.objects.filter(purged_at=None).count()
    restored.generations = Generation.objects.count()
    unreadable = encryption.list_unreadable()
    restored.unreadable_keys = len(unreadable.rows.pop(APIKey, []))
    restored.unreadable_others = sum(map(len, unreadable.rows.values()))
    restored.without_second_step = [person.username for person in unreadable.people]
    audit.record(Act.RESTORED, about["made_at"], pictures=restored.pictures)
    return restored
