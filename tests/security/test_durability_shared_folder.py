"""A data folder on a file system that machines share: SQLite's locks and its log are made for one machine's disk.

Products of this class ran on such a folder without a word, until the database was damaged.

Not from an advisory: SQLite’s own documents warn of it (https://sqlite.org/useovernet.html).
"""

import re
import shutil
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.running_studio import Studio, manage, prepare, prepared_folder
from tests.shared_folder import KIND, shared_folder
from tests.visitor import join

SHARED = f"is on a file system that machines share ({KIND}). SQLite loses data there"
WITHOUT_LOG = "The database keeps no write-ahead log (it says “delete”)"


def words_of(page: str) -> str:
    return " ".join(re.sub(r"<[^>]+>", " ", page).split())


@pytest.fixture
def nas(tmp_path: Path) -> Iterator[Path]:
    with shared_folder(tmp_path / "nas") as folder:
        yield folder


@pytest.fixture
def nas_without_shared_memory(tmp_path: Path) -> Iterator[Path]:
    with shared_folder(tmp_path / "nas", "direct_io") as folder:
        yield folder


def test_a_shared_folder_and_a_database_without_its_log_are_said_at_the_start_and_by_the_doctor(nas: Path) -> None:
    folder = prepare(nas / "data")
    place = f"sqlite:///{folder / 'proofsheet.sqlite3'}?init_command=PRAGMA%20journal_mode%3DDELETE"
    studio = Studio(folder, PROOFSHEET_DATABASE_URL=place)
    try:
        ada = join(studio.address, studio.setup_path, "ada", "Ada")
        said = [studio.complaints, words_of(ada.get("/admin/").text)]
        doctor = manage(folder, "doctor", PROOFSHEET_DATABASE_URL=place)
    finally:
        assert studio.end() == 0
    assert doctor.returncode == 1
    for words in (*said, doctor.stdout):
        assert SHARED in words, words
        assert WITHOUT_LOG in words, words


@pytest.mark.parametrize("words", [("studio", "--port", "0"), ("doctor",)], ids=["studio", "doctor"])
def test_a_folder_in_which_no_log_can_be_kept_is_one_line(
    words: tuple[str, ...], nas_without_shared_memory: Path
) -> None:
    """Its files cannot be shared memory: SQLite says no more than “disk I/O error”."""
    folder = nas_without_shared_memory / "data"
    if words == ("doctor",):
        # It asks nothing of a folder in which there is no studio.
        folder.mkdir()
        shutil.copyfile(prepared_folder() / "proofsheet.sqlite3", folder / "proofsheet.sqlite3")
    done = manage(folder, *words)
    (line,) = done.stderr.strip().splitlines()
    assert done.returncode == 1
    assert SHARED in line
