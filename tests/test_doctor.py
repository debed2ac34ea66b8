"""What the doctor says of an installation, by command and on the admin's first page."""

import io
import os
import re
from contextlib import suppress
from datetime import timedelta
from pathlib import Path

import pytest
from allauth.mfa.models import Authenticator
from django.conf import settings
from django.core.cache import cache
from django.core.exceptions import ImproperlyConfigured
from django.core.files.storage import default_storage
from django.core.management import call_command
from django.db import connection
from django.db.migrations.recorder import MigrationRecorder
from django.test import Client
from django.utils import timezone

from gallery.gateway import errors
from gallery.models import CacheEntry, Gateway, Generation, Image, ImageModel, Share, User, Worker
from gallery.models.fields import Secret
from gallery.services import added_gateways, api_keys, file_systems, gateways, shares
from gateway_site import environment
from tests import factories, own_parts
from tests.running_studio import manage, running_studio
from tests.visitor import join


def findings(client: Client) -> str:
    """The words of the admin's first page above its list."""
    cache.clear()
    page = client.get("/admin/").content.decode()
    return re.sub(r"\s+", " ", re.sub(r"<[^>]+>", "", page[: page.index('id="content-main"')]))


@pytest.fixture
def worker(db: None) -> Worker:
    return Worker.objects.create(name="here:1:a", host="here", process_id=1, seen_at=timezone.now())


@pytest.mark.parametrize(
    ("content", "sentence"),
    [("", "encryption_keys holds no key"), ("junk", "encryption_keys holds something that is not")],
)
def test_a_key_file_that_holds_no_key_is_named_in_one_line(tmp_path: Path, content: str, sentence: str) -> None:
    (tmp_path / "proofsheet.sqlite3").touch()
    (tmp_path / "encryption_keys").write_text(content)
    done = manage(tmp_path, "doctor")
    assert done.returncode == 1
    assert str(tmp_path / sentence) in done.stderr
    assert done.stderr.count("\n") == 1, done.stderr


@pytest.mark.parametrize("name", ["", "queue.sqlite3"])
def test_what_cannot_be_written_is_named_in_one_line(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, name: str
) -> None:
    (tmp_path / "queue.sqlite3").touch()
    path = tmp_path / name
    monkeypatch.setenv("PROOFSHEET_DATA_DIR", str(tmp_path))
    # Tests may run as an account that writes everything.
    monkeypatch.setattr(os, "access", lambda asked, mode: asked != path)
    with pytest.raises(ImproperlyConfigured, match=f"{path} cannot be written by this account"):
        environment.data_folder(tmp_path)


def test_a_database_of_a_later_version_is_said(as_ada: Client, worker: Worker) -> None:
    assert "later version" not in findings(as_ada)
    MigrationRecorder(connection).record_applied("gallery", "9999_of_tomorrow")
    assert "changed by a later version of Proofsheet (9999_of_tomorrow)" in findings(as_ada)


# As Linux writes them: number, parent, device, root, place, options, optional ones, “-”, kind, source, options.
DISK = "22 1 8:1 / / rw,relatime shared:1 - ext4 /dev/sda1 rw"
NAS = "90 22 0:50 / /srv/my\\040studio rw,relatime shared:9 - nfs4 nas:/studio rw,vers=4.2"
WINDOWS = "91 22 0:51 / /srv/windows rw - cifs //server/share rw"
INSIDE = "92 90 8:17 / /srv/my\\040studio/disk rw - xfs /dev/sdb1 rw"
HIDDEN = "93 22 8:18 / /srv/windows rw - ext4 /dev/sdc1 rw"


@pytest.mark.parametrize(
    ("folder", "mounts", "kind"),
    [
        ("/srv/data", [DISK, NAS], ""),
        ("/srv/my studio/data", [DISK, NAS], "nfs4"),
        ("/srv/my studio", [DISK, NAS], "nfs4"),
        ("/srv/my studio of another name", [DISK, NAS], ""),
        ("/srv/my studio/disk/data", [DISK, NAS, INSIDE], ""),
        ("/srv/windows/data", [DISK, WINDOWS], "cifs"),
        ("/srv/windows/data", [DISK, WINDOWS, HIDDEN], ""),
        ("/srv/data", ["", "nonsense", "1 2 3 - "], ""),
        ("/srv/data", [], ""),
    ],
)
def test_a_file_system_that_machines_share_is_known(folder: str, mounts: list[str], kind: str) -> None:
    assert file_systems.shared_system_of(Path(folder), "\n".join(mounts)) == kind


def test_a_running_studio_is_sound_and_a_lost_file_is_named(tmp_path: Path) -> None:
    folder = tmp_path / "data"
    with running_studio(folder) as studio:
        join(studio.address, studio.setup_path, "ada", "Ada Lovelace")
        done = manage(folder, "doctor", "--full")
        assert (done.returncode, done.stdout) == (0, "Nothing is wrong.\n"), done.stderr
        assert manage(folder, "seed_library", "--images", "3", "--files", "3").returncode == 0
        own_parts.remove_stored(folder, own_parts.stored_names(folder, "originals/")[0])
        done = manage(folder, "doctor", "--full")
        assert done.returncode == 1
        assert re.search(r"wrong  1 picture has no file: /images/\d+/", done.stdout), done.stdout
    if own_parts.DATABASE_SERVER:
        return  # a server looks through its own files
    with (folder / "proofsheet.sqlite3").open("r+b") as file:
        file.seek(-10 * 4096, os.SEEK_END)
        file.write(b"\xff" * 8 * 4096)
    done = manage(folder, "doctor", "--full")
    assert "wrong  The database is damaged: " in done.stdout, done.stdout + done.stderr
    assert all(line.startswith(("wrong  ", "note   ")) for line in done.stdout.splitlines()), done.stdout
    (first,) = own_parts.ask(folder, "SELECT rootpage FROM sqlite_master WHERE name = 'django_migrations'")
    with (folder / "proofsheet.sqlite3").open("r+b") as file:
        file.seek((first["rootpage"] - 1) * 4096)
        file.write(b"\xff" * 4096)
    done = manage(folder, "doctor")
    assert (done.returncode, done.stderr) == (1, "")
    assert "wrong  The database cannot be read: " in done.stdout


def test_a_folder_that_others_can_read_is_said(as_ada: Client, worker: Worker) -> None:
    assert "can be read by other accounts" not in findings(as_ada)
    mode = settings.DATA_DIR.stat().st_mode
    settings.DATA_DIR.chmod(0o755)
    try:
        assert f"{settings.DATA_DIR} can be read by other accounts" in findings(as_ada)
    finally:
        settings.DATA_DIR.chmod(mode)


def test_the_page_looks_anew_after_some_seconds_and_the_command_at_once(as_ada: Client, worker: Worker) -> None:
    assert "No worker" not in findings(as_ada)
    worker.delete()
    assert "No worker is running" not in as_ada.get("/admin/").content.decode()
    out = io.StringIO()
    with suppress(SystemExit):
        call_command("doctor", stdout=out)
    assert "No worker is running" in out.getvalue()
    entry = CacheEntry.objects.get(cache_key__contains="findings")
    assert 0 < (entry.expires - timezone.now()).total_seconds() <= 11


def test_a_missing_worker_is_said(as_ada: Client, worker: Worker) -> None:
    assert "No worker" not in findings(as_ada)
    worker.delete()
    assert "No worker is running" in findings(as_ada)


def test_a_key_of_another_encryption_key_is_named_without_its_words(
    as_ada: Client, worker: Worker, routellm: Gateway
) -> None:
    assert "another encryption key" not in findings(as_ada)
    routellm.api_keys.update(secret=Secret("gAAAAAnothing"))
    said = findings(as_ada)
    assert "1 API key was saved with another encryption key" in said
    assert "encryption_keys, on a line of its own" in said or "PROOFSHEET_ENCRYPTION_KEYS, beside" in said
    assert "gAAAA" not in said


def test_links_and_second_steps_of_another_encryption_key_are_named(
    as_ada: Client, worker: Worker, bea: User, flux_kontext: ImageModel
) -> None:
    shares.create_share(owner=bea, image_ids=[factories.create_picture(bea, flux_kontext).pk])
    step = Authenticator.objects.create(user=bea, type=Authenticator.Type.TOTP, data={"secret": Secret.of("x").token})
    assert "another encryption key" not in findings(as_ada)
    Share.objects.update(token=Secret("gAAAAAnothing"))
    step.data["secret"] = "gAAAAAnothing"
    step.save()
    said = findings(as_ada)
    assert "1 share link was saved with another encryption key" in said
    assert "1 second step was saved with another encryption key, and cannot be taken any more: bea." in said
    assert "manage.py remove_second_step USERNAME" in said


def test_a_gateway_whose_keys_are_all_set_aside_is_named(as_ada: Client, worker: Worker, routellm: Gateway) -> None:
    for api_key in routellm.api_keys.all():
        api_keys.set_aside(api_key, errors.KeyRefused("The gateway refused the key."))
    assert "RouteLLM refuses every run: none of its keys is usable." in findings(as_ada)


def test_a_server_that_needs_no_key_is_sound(as_ada: Client, worker: Worker, shipped: None) -> None:
    added_gateways.add_gateway(
        slug="server", name="Our server", dialect="openai", address="http://127.0.0.1:4000", needs_no_key=True
    )
    assert "refuses every run" not in findings(as_ada)


def test_a_gateway_whose_keys_were_saved_for_another_address_is_named(
    as_ada: Client, worker: Worker, routellm: Gateway
) -> None:
    assert "refuses every run" not in findings(as_ada)
    gateways.save_base_url(gateway=routellm, address="https://elsewhere.example/v1")
    assert "RouteLLM refuses every run: its saved keys are for another address." in findings(as_ada)


def test_a_clock_that_went_back_is_said(as_ada: Client, worker: Worker, bea: User, flux_kontext: ImageModel) -> None:
    image = factories.create_picture(bea, flux_kontext)
    Generation.objects.filter(images=image).update(created_at=timezone.now() + timedelta(hours=3))
    assert "The clock went back" in findings(as_ada)


def test_a_picture_without_its_file_is_named_on_the_page(
    as_ada: Client, worker: Worker, bea: User, flux_kontext: ImageModel
) -> None:
    image = factories.create_picture(bea, flux_kontext, colour="#731257")
    default_storage.delete(image.file_name)
    assert f"/images/{image.pk}/" in findings(as_ada)


def test_paid_answers_that_nobody_read_in_are_counted(as_ada: Client, worker: Worker) -> None:
    reply = Path(settings.REPLIES_DIR) / "4711-1.reply"
    reply.write_text("{}")
    os.utime(reply, (0, 0))
    assert "1 paid answer lies in" in findings(as_ada)


def test_what_is_late_is_said(as_ada: Client, worker: Worker, bea: User, flux_kontext: ImageModel) -> None:
    image = factories.create_picture(bea, flux_kontext)
    long_ago = timezone.now() - timedelta(hours=2)
    Image.objects.filter(pk=image.pk).update(is_indexed=False, created_at=long_ago)
    Generation.objects.filter(images=image).update(status="running", lease_expires_at=long_ago)
    said = findings(as_ada)
    assert "1 picture is not in the search yet" in said
    assert "1 run belongs to processes that are gone" in said


def test_a_sound_installation_says_so_on_the_page(as_ada: Client, worker: Worker) -> None:
    mode = settings.DATA_DIR.stat().st_mode
    settings.DATA_DIR.chmod(0o700)
    try:
        assert "Nothing is wrong with this installation." in findings(as_ada)
    finally:
        settings.DATA_DIR.chmod(mode)
