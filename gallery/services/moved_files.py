"""Carries the files of one storage into another, folder by folder, several at once; what is there already and the same is left.

A file has arrived once the new storage gives it back: by the MD5 that an S3 server has reckoned over what it keeps, else, and
where that differs, by reading it again.
"""

import contextlib
import hashlib
from collections.abc import Iterator, Mapping
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field
from functools import partial
from pathlib import PurePosixPath
from typing import Any

from django.core.files.storage import Storage

from gallery.images.removal import ASIDE
from gallery.services.backups import stored_names

AT_ONCE = 8
CHUNK_BYTES = 1024 * 1024
ORIGINALS = "originals"


@dataclass(frozen=True)
class Kept:
    """A file as its storage tells of it. `md5` is "" where it does not say, or something else."""

    size: int
    md5: str = ""


@dataclass(frozen=True)
class Digest:
    size: int
    md5: str
    sha256: str


@dataclass
class Sent:
    name: str
    digest: Digest
    was_there: bool = False
    is_whole: bool = False


@dataclass
class Files:
    """`different` arrived otherwise than they are here; `damaged` are here already not what their name says; `left` are the
    originals that the record names and that were not met."""

    count: int = 0
    byte_size: int = 0
    were_there: int = 0
    different: list[str] = field(default_factory=list)
    damaged: list[str] = field(default_factory=list)
    left: set[bytes] = field(default_factory=set)


class FilesRefused(Exception):
    """The sentence says what is in the way."""


class FileMove:
    """From one storage into another; both are used by several threads."""

    def __init__(self, here: Storage, there: Storage):
        self.here, self.there = here, there
        self.files = Files()

    def look(self) -> Iterator[Files]:
        """Counts, and changes nothing. Raises FilesRefused where the new storage holds what is not ours."""
        found = Files()
        for folder, is_deep in folders_of(self.there, self.here):
            ours = contents(self.here, folder, is_deep=is_deep)
            theirs = contents(self.there, folder, is_deep=is_deep)
            if strange := sorted(theirs.keys() - ours.keys()):
                raise FilesRefused(
                    f"The new storage holds something else: {strange[0]}. Give an empty bucket or folder, or one with a "
                    "place of its own in it (…&location=NAME)."
                )
            found.count += len(ours)
            found.byte_size += sum(kept.size for kept in ours.values())
            found.were_there += len(theirs)
            yield found

    def run(self, needed: set[bytes]) -> Iterator[Files]:
        """What has arrived so far, folder after folder. `needed` are the SHA-256 of all originals of the record."""
        self.files.left = needed
        with ThreadPoolExecutor(AT_ONCE) as threads:
            for folder, is_deep in folders_of(self.here):
                names = sorted(contents(self.here, folder, is_deep=is_deep))
                before = contents(self.there, folder, is_deep=is_deep)
                sent = list(threads.map(partial(self.carry, before), names))
                if not all(one.was_there for one in sent):
                    after = contents(self.there, folder, is_deep=is_deep)
                    for one, is_whole in zip(sent, threads.map(partial(self.has_arrived, after), sent), strict=True):
                        one.is_whole = is_whole
                for one in sent:
                    self.count(one)
                yield self.files

    def carry(self, before: Mapping[str, Kept], name: str) -> Sent:
        with self.here.open(name) as file:
            digest = read(file)
        if name in before and is_same(digest, before[name], self.there, name):
            return Sent(name, digest, was_there=True, is_whole=True)
        with self.here.open(name) as file:
            self.there.save(name, file)
        return Sent(name, digest)

    def has_arrived(self, after: Mapping[str, Kept], one: Sent) -> bool:
        if one.was_there:
            return True
        return one.name in after and is_same(one.digest, after[one.name], self.there, one.name)

    def count(self, one: Sent) -> None:
        self.files.count += 1
        self.files.byte_size += one.digest.size
        self.files.were_there += one.was_there
        if not one.is_whole:
            self.files.different.append(one.name)
        path = PurePosixPath(one.name)
        if path.parts[0] == ORIGINALS:
            if path.stem != one.digest.sha256:
                self.files.damaged.append(one.name)
            with contextlib.suppress(ValueError):
                self.files.left.discard(bytes.fromhex(path.stem))


def read(file: Any) -> Digest:
    md5, sha256, size = hashlib.md5(usedforsecurity=False), hashlib.sha256(), 0
    while chunk := file.read(CHUNK_BYTES):
        md5.update(chunk)
        sha256.update(chunk)
        size += len(chunk)
    return Digest(size, md5.hexdigest(), sha256.hexdigest())


def is_same(digest: Digest, kept: Kept, storage: Storage, name: str) -> bool:
    if kept.size != digest.size:
        return False
    if kept.md5 == digest.md5:
        return True
    with storage.open(name) as file:
        return read(file).sha256 == digest.sha256


def folders_of(*storages: Storage) -> list[tuple[str, bool]]:
    """What is listed in one go: the folders of the second step (`originals/ab`) with all in them, and the files above."""
    first = sorted({name for storage in storages for name in folders_in(storage, "")})
    found = [("", False), *((name, False) for name in first)]
    for folder in first:
        second = {name for storage in storages for name in folders_in(storage, folder)}
        found += [(f"{folder}/{name}", True) for name in sorted(second)]
    return found


def folders_in(storage: Storage, folder: str) -> list[str]:
    try:
        return storage.listdir(folder)[0]
    except FileNotFoundError:
        return []


def contents(storage: Storage, folder: str, *, is_deep: bool) -> dict[str, Kept]:
    """The files of a folder; deep: of the folders in it, too."""
    if hasattr(storage, "bucket"):
        return in_bucket(storage, folder, is_deep=is_deep)
    try:
        names = list(stored_names(folder, storage)) if is_deep else files_in(storage, folder)
    except FileNotFoundError:
        return {}
    return {name: Kept(storage.size(name)) for name in names}


def files_in(storage: Storage, folder: str) -> list[str]:
    return [f"{folder}/{name}".lstrip("/") for name in storage.listdir(folder)[1] if not name.endswith(ASIDE)]


def in_bucket(storage: Any, folder: str, *, is_deep: bool) -> dict[str, Kept]:
    """A thousand for each question, with the MD5 of each: asked one by one, a file would cost as much as sending it."""
    root = storage.location.strip("/")
    start = "/".join(part for part in (root, folder) if part)
    found = storage.bucket.objects.filter(Prefix=f"{start}/" if start else "", Delimiter="" if is_deep else "/")
    named = {each.key.removeprefix(root).lstrip("/"): Kept(each.size, each.e_tag.strip('"')) for each in found}
    return {name: kept for name, kept in named.items() if name and not name.endswith(("/", ASIDE))}
