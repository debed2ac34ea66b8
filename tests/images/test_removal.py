"""Files leave the storage only when nobody needs them, and never from under somebody who stores the same bytes."""

import os
from collections.abc import Callable
from pathlib import Path

import pytest
from django.core.files.base import ContentFile
from django.core.files.storage import FileSystemStorage, InMemoryStorage

from gallery.images import removal, store
from gallery.images.store import StoredPicture
from tests.images.corpus import encode, picture

Take = Callable[[bytes], StoredPicture]
Files = Callable[[], list[str]]
CONTENT = encode(picture(size=(900, 900)), "PNG")


def names_of(stored: StoredPicture) -> list[str]:
    return store.names_of(stored.sha256, stored.media_type, stored.thumbnail_widths)


def grow_old(storage: FileSystemStorage, stored: StoredPicture) -> None:
    for name in names_of(stored):
        if storage.exists(name):
            os.utime(storage.path(name), (1, 1))


def nobody() -> bool:
    return False


def somebody() -> bool:
    return True


def test_what_nobody_needs_goes_whole(take: Take, storage: FileSystemStorage, files: Files) -> None:
    stored = take(CONTENT)
    grow_old(storage, stored)
    for _ in range(2):
        assert removal.remove(storage, names_of(stored), nobody)
    assert files() == []


def test_what_somebody_needs_stays(take: Take, storage: FileSystemStorage, files: Files) -> None:
    stored = take(CONTENT)
    grow_old(storage, stored)
    before = files()
    assert removal.remove(storage, names_of(stored), somebody)
    assert files() == before


def test_fresh_files_wait(take: Take, storage: FileSystemStorage, files: Files) -> None:
    stored = take(CONTENT)
    before = files()
    assert not removal.remove(storage, names_of(stored), nobody)
    assert files() == before


def test_storing_the_same_bytes_again_makes_them_fresh(take: Take, storage: FileSystemStorage, files: Files) -> None:
    stored = take(CONTENT)
    grow_old(storage, stored)
    before = files()
    take(CONTENT)
    assert not removal.remove(storage, names_of(stored), nobody)
    assert files() == before


def test_a_row_that_appears_between_the_two_questions_keeps_its_files(
    take: Take, storage: FileSystemStorage, files: Files
) -> None:
    stored = take(CONTENT)
    grow_old(storage, stored)
    before, answers = files(), iter([False, True, *[True] * 9])
    assert removal.remove(storage, names_of(stored), lambda: next(answers))
    assert files() == before


def test_bytes_stored_anew_while_the_old_file_is_aside_stay(take: Take, storage: FileSystemStorage) -> None:
    stored = take(CONTENT)
    grow_old(storage, stored)
    asked = []

    def somebody_stores_it() -> bool:
        asked.append(1)
        if len(asked) % 2 == 0:
            take(CONTENT)
        return False

    removal.remove(storage, names_of(stored), somebody_stores_it)
    assert storage.exists(stored.original_name)
    assert all(storage.exists(name) for name in stored.thumbnail_names)


@pytest.mark.parametrize(("is_needed", "is_kept"), [(nobody, False), (somebody, True)])
def test_a_file_left_aside_by_a_killed_process_is_settled(
    take: Take, storage: FileSystemStorage, is_needed: Callable[[], bool], is_kept: bool
) -> None:
    stored = take(CONTENT)
    grow_old(storage, stored)
    path = Path(storage.path(stored.original_name))
    path.rename(path.with_name(path.name + removal.ASIDE))
    assert removal.remove_one(storage, stored.original_name, is_needed)
    assert path.exists() == is_kept
    assert not path.with_name(path.name + removal.ASIDE).exists()


def test_a_storage_without_files_of_this_machine_removes_at_once() -> None:
    storage = InMemoryStorage()
    name = storage.save("originals/ab/cd/abcd.png", ContentFile(b"bytes"))
    assert removal.mark_fresh(storage, name)
    assert removal.remove(storage, [name], nobody)
    assert not storage.exists(name)
