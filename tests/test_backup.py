"""A backup as an operator makes one: by command, while the studio runs, and put back somewhere else."""

import io
import json
import re
import tarfile
from collections.abc import Iterator
from pathlib import Path

import dj_database_url
import pytest

from gallery.services import database_copies
from tests import own_parts
from tests.running_studio import Studio, manage, running_studio
from tests.visitor import PASSWORD, Visitor, join, make_board, make_picture

KEY = "sk-canary-7d1f0a"


@pytest.fixture(scope="module")
def studio(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Studio]:
    with running_studio(tmp_path_factory.mktemp("studio") / "data") as started:
        yield started


@pytest.fixture(scope="module")
def ada(studio: Studio) -> Visitor:
    return join(studio.address, studio.setup_path, "ada", "Ada Lovelace")


@pytest.fixture(scope="module")
def archive(studio: Studio, ada: Visitor, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Made with two pictures on a board, a saved key and a run that waits for it."""
    pictures = [make_picture(ada, f"a brass telescope, number {number}") for number in range(2)]
    make_board(ada, "Instruments", pictures)
    keep_waiting = (
        "from gallery.models import APIKey, Gateway, Generation\n"
        "from gallery.models.fields import Secret\n"
        "from django.utils import timezone\n"
        f"APIKey.objects.create(gateway=Gateway.objects.get(slug='openrouter'), secret=Secret.of('{KEY}'), host='x')\n"
        "from allauth.mfa.models import Authenticator; from gallery.models import User\n"
        "data = {'secret': Secret.of('x').token}\n"
        "Authenticator.objects.create(user=User.objects.create_user('bea'), type='totp', data=data)\n"
        "row = Generation.objects.latest('pk'); row.pk = None; row.status = 'queued'\n"
        "row.run_after = timezone.now() + timezone.timedelta(minutes=4); row.save()\n"
    )
    assert manage(studio.data_folder, "shell", "-c", keep_waiting).returncode == 0
    path = tmp_path_factory.mktemp("backup") / "monday.tar"
    done = manage(studio.data_folder, "backup", str(path))
    assert done.returncode == 0, done.stderr
    assert "2 pictures" in done.stderr
    return path


def restore(archive: Path, folder: Path, **more: str) -> str:
    done = manage(folder, "restore", str(archive), **more)
    assert done.returncode == 0, done.stderr
    return done.stdout


def sign_in(address: str) -> Visitor:
    visitor = Visitor(address)
    page = visitor.post("/accounts/login/", {"username": "ada", "password": PASSWORD})
    assert page.status == 302, page.text
    return visitor


def test_a_backup_made_while_running_brings_people_pictures_and_boards_back_elsewhere(
    archive: Path, studio: Studio, tmp_path: Path
) -> None:
    folder = tmp_path / "elsewhere"
    said = restore(archive, folder, PROOFSHEET_ENCRYPTION_KEYS=(studio.data_folder / "encryption_keys").read_text())
    assert "2 pictures and 3 runs are back" in said
    assert "1 runs that waited then were cancelled" in said
    assert "cannot be read" not in said
    with running_studio(folder) as other:
        ada = sign_in(other.address)
        wall = ada.get("/library/?q=telescope").text
        assert len(set(re.findall(r"/images/\d+/", wall))) == 2
        assert "Instruments" in ada.get("/boards/").text
        (source, *_) = re.findall(r"/media/[\w./-]+", wall)
        assert ada.status(source) == 200


def test_who_was_signed_in_then_is_not_in_the_restored_studio(archive: Path, ada: Visitor, tmp_path: Path) -> None:
    restore(archive, tmp_path / "data")
    assert own_parts.ask(tmp_path / "data", "SELECT count(*) AS sessions FROM gallery_session") == [{"sessions": 0}]
    assert (ada.cookie("proofsheet_session") or "?").encode() not in archive.read_bytes()


def test_a_backup_holds_no_secret_of_the_installation(archive: Path, studio: Studio) -> None:
    data = archive.read_bytes()
    files = [studio.data_folder / name for name in ("secret_key", "encryption_keys")]
    for secret in (KEY, *(file.read_text().strip() for file in files)):
        assert secret.encode() not in data
    assert archive.stat().st_mode & 0o777 == 0o600


def test_without_its_encryption_key_the_saved_keys_are_said_to_be_unreadable(archive: Path, tmp_path: Path) -> None:
    said = restore(archive, tmp_path / "data")
    assert "1 saved API keys cannot be read" in said
    assert "Without it nobody takes these second steps: bea." in said and "remove_second_step USERNAME" in said


def test_a_studio_that_has_people_is_never_restored_over(archive: Path, studio: Studio) -> None:
    done = manage(studio.data_folder, "restore", str(archive))
    assert done.returncode == 1
    assert "There are people in this studio already" in done.stderr


def test_a_backup_is_never_written_over_another_file(archive: Path, studio: Studio) -> None:
    done = manage(studio.data_folder, "backup", str(archive))
    assert done.returncode == 1
    assert "is there already" in done.stderr


def test_a_backup_that_cannot_be_written_says_why_and_leaves_nothing(studio: Studio, tmp_path: Path) -> None:
    done = manage(studio.data_folder, "backup", str(tmp_path / "no folder" / "backup.tar"))
    assert done.returncode == 1
    assert "No such file or directory" in done.stderr
    assert list(tmp_path.iterdir()) == []


def test_a_restore_that_was_cut_short_can_be_done_again(archive: Path, tmp_path: Path) -> None:
    half = tmp_path / "half.tar"
    half.write_bytes(archive.read_bytes()[: archive.stat().st_size * 2 // 3])
    done = manage(tmp_path / "data", "restore", str(half))
    assert done.returncode == 1
    assert "cut short" in done.stderr
    assert "2 pictures" in restore(archive, tmp_path / "data")


def changed(archive: Path, to: Path, change: dict[str, bytes]) -> Path:
    """The same archive with other bytes in some members, by the beginnings of their names."""
    with tarfile.open(archive) as old, tarfile.open(to, "w") as new:
        for member in old:
            content = old.extractfile(member)
            assert content
            data = next((data for start, data in change.items() if member.name.startswith(start)), content.read())
            member.size = len(data)
            new.addfile(member, io.BytesIO(data))
    return to


def manifest(archive: Path, **changes: object) -> bytes:
    with tarfile.open(archive) as opened:
        content = opened.extractfile("manifest.json")
        assert content
        return json.dumps({**json.load(content), **changes}).encode()


@pytest.mark.parametrize(
    ("change", "said"),
    [
        ({"format": 2}, "newer Proofsheet"),
        ({"migrations": ["gallery.9999_tomorrow"]}, "newer Proofsheet (gallery.9999_tomorrow)"),
        ({"database": "sqlite" if own_parts.DATABASE_SERVER else "postgresql"}, "same kind"),
    ],
)
def test_what_this_version_cannot_read_is_refused_before_anything_is_written(
    archive: Path, tmp_path: Path, change: dict[str, object], said: str
) -> None:
    other = changed(archive, tmp_path / "other.tar", {"manifest.json": manifest(archive, **change)})
    done = manage(tmp_path / "data", "restore", str(other))
    assert done.returncode == 1
    assert said in done.stderr
    assert not list((tmp_path / "data").rglob("*.png"))


def test_a_picture_that_is_not_what_it_was_is_refused(archive: Path, tmp_path: Path) -> None:
    other = changed(archive, tmp_path / "other.tar", {"pictures/originals": b"something else"})
    done = manage(tmp_path / "data", "restore", str(other))
    assert done.returncode == 1
    assert "is not what it was" in done.stderr


@pytest.mark.parametrize("name", ["../outside", "/etc/outside", "pictures/../../outside", "pictures/link"])
def test_an_archive_that_reaches_outside_is_refused(archive: Path, tmp_path: Path, name: str) -> None:
    other = tmp_path / "other.tar"
    with tarfile.open(other, "w") as new:
        about = tarfile.TarInfo("manifest.json")
        data = manifest(archive)
        about.size = len(data)
        new.addfile(about, io.BytesIO(data))
        member = tarfile.TarInfo(name)
        if name.endswith("link"):
            member.type, member.linkname = tarfile.SYMTYPE, "/etc/passwd"
        new.addfile(member)
    done = manage(tmp_path / "data", "restore", str(other))
    assert done.returncode == 1
    assert "This is no backup of a studio" in done.stderr
    assert not (tmp_path / "outside").exists()


def test_what_is_no_archive_at_all_is_refused_in_one_sentence(tmp_path: Path) -> None:
    (tmp_path / "notes.txt").write_text("no archive" * 100)
    done = manage(tmp_path / "data", "restore", str(tmp_path / "notes.txt"))
    assert done.returncode == 1
    assert "damaged or was cut short" in done.stderr
    assert "Traceback" not in done.stderr


@pytest.mark.parametrize(
    ("address", "told"),
    [
        ("postgresql:///house", {"PGDATABASE": "house"}),
        (
            "postgresql://ada:p%40ss@db.test:5433/house",
            {"PGDATABASE": "house", "PGUSER": "ada", "PGPASSWORD": "p@ss", "PGHOST": "db.test", "PGPORT": "5433"},
        ),
        (
            "postgresql://db.test/house?sslmode=verify-full&sslrootcert=/etc/root.crt&connect_timeout=5",
            {"PGDATABASE": "house", "PGHOST": "db.test", "PGSSLMODE": "verify-full", "PGSSLROOTCERT": "/etc/root.crt"},
        ),
    ],
)
def test_postgresqls_programs_reach_the_database_as_the_studio_does(address: str, told: dict[str, str]) -> None:
    assert database_copies.variables_of(dj_database_url.parse(address)) == told
