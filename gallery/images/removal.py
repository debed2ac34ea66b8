"""Takes files out of the storage without pulling them from under somebody who stores the same bytes at that moment.

Who finds his bytes stored already marks the file as fresh before he writes his row. Who removes a file first moves it
aside, which nobody can miss, and puts it back when it is fresh or a row needs it after all. A storage that is not on this
machine marks by its own `touch`; it cannot move aside, so that between its last answer and the removal a moment stays open.
"""

import contextlib
import os
import time
from collections.abc import Callable, Iterable
from datetime import datetime
from pathlib import Path
from typing import Protocol

FRESH_SECONDS = 600.0
ASIDE = ".leaving"


class Storage(Protocol):
    """The part of Django's storages that is used; a storage that also has `path` may be local."""

    def exists(self, name: str, /) -> bool: ...
    def delete(self, name: str, /) -> None: ...


def local_path(storage: object, name: str) -> Path | None:
    find_path: Callable[[str], str] | None = getattr(storage, "path", None)
    try:
        return Path(find_path(name)) if find_path else None
    except NotImplementedError:
        return None


def mark_fresh(storage: Storage, name: str) -> bool:
    """Whether the file is still there, and from now on stays for the time it takes to write a row."""
    path = local_path(storage, name)
    if path is None:
        return touch_there(storage, name)
    try:
        os.utime(path)
    except FileNotFoundError:
        # A storage in memory has paths, too.
        return storage.exists(name)
    return True


def touch_there(storage: Storage, name: str) -> bool:
    touch: Callable[[str], None] | None = getattr(storage, "touch", None)
    try:
        if touch:
            touch(name)
    except FileNotFoundError:
        return False
    return True


def is_fresh_there(storage: Storage, name: str) -> bool:
    """Only a storage that marks is believed: others may tell a time of their own making."""
    find_time: Callable[[str], datetime] | None = getattr(storage, "get_modified_time", None)
    if not find_time or not hasattr(storage, "touch"):
        return False
    try:
        return time.time() - find_time(name).timestamp() < FRESH_SECONDS
    except FileNotFoundError:
        return False


def remove(storage: Storage, names: Iterable[str], is_needed: Callable[[], bool]) -> bool:
    """Remove what nobody needs. False: something is too fresh to tell, so ask again later. Done twice it changes nothing."""
    return all(remove_one(storage, name, is_needed) for name in names)


def remove_one(storage: Storage, name: str, is_needed: Callable[[], bool]) -> bool:
    path = local_path(storage, name)
    if path is None or not path.parent.is_dir():
        if is_needed():
            return True
        if path is None and is_fresh_there(storage, name):
            return False
        storage.delete(name)
        return True
    aside = path.with_name(path.name + ASIDE)
    if not is_needed():
        with contextlib.suppress(FileNotFoundError):
            path.rename(aside)
    # It may also lie there since a process was killed.
    try:
        is_fresh = time.time() - aside.stat().st_mtime < FRESH_SECONDS
    except FileNotFoundError:
        return is_needed() or not path.exists()
    if not is_fresh and not is_needed():
        aside.unlink(missing_ok=True)
        return True
    aside.rename(path)
    return not is_fresh
