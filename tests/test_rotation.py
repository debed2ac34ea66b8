"""The encryption keys are exchanged by command, with the studio running; in a file, and where the environment has them."""

import io
import subprocess
from pathlib import Path
from typing import Any

import pytest
from cryptography.fernet import Fernet
from django.core.management import CommandError, call_command
from django.test import Client

from gallery.models import APIKey, Gateway
from gallery.models.fields import Secret, encryption_keys
from gallery.services import encryption, gateways
from gateway_site.environment import split_keys
from tests import factories
from tests.fake_gateway import FakeGateway
from tests.running_studio import clean_environment, command, manage

PLAIN = "sk-test-0123456789abcdef"


@pytest.fixture
def key_file(tmp_path: Path, settings: Any) -> Path:
    path = tmp_path / "encryption_keys"
    path.write_text(f"{Fernet.generate_key().decode()}\n")
    path.chmod(0o600)
    settings.ENCRYPTION_KEYS_FILE = path
    settings.DATA_DIR = tmp_path
    return path


def rotate(*words: str) -> tuple[str, str]:
    out, complaints = io.StringIO(), io.StringIO()
    call_command("rotate_encryption_key", *words, stdout=out, stderr=complaints)
    return out.getvalue(), complaints.getvalue()


def give_keys(gateway: Gateway, count: int) -> None:
    for number in range(count):
        gateways.save_api_key(
            gateway=gateway, secret=f"{PLAIN}{number}", label="", position=number, is_enabled=True, created_by=None
        )


def test_every_secret_is_under_the_new_key_and_the_old_ones_are_kept(key_file: Path, routellm: Gateway) -> None:
    give_keys(routellm, 3)
    old = key_file.read_text()
    before = {api_key.secret.token for api_key in APIKey.objects.all()}
    told, complaints = rotate()
    assert "A new key is in" in told and "4 secrets encrypted" in told and not complaints
    new, kept = key_file.read_text().splitlines()
    assert kept == old.strip() and new != old
    assert new not in told and old not in told
    assert key_file.stat().st_mode & 0o777 == 0o600
    for api_key in APIKey.objects.all():
        assert api_key.secret.reveal().startswith(PLAIN)
        assert api_key.secret.token not in before
        assert Fernet(new).decrypt(api_key.secret.token.encode()).decode().startswith(PLAIN)


def test_every_kind_of_secret_is_turned_over() -> None:
    kinds = {(model.__name__, name) for model, name in encryption.secret_fields()}
    assert {("APIKey", "secret"), ("Share", "token")} <= kinds


def test_a_rotation_that_was_stopped_goes_on_and_makes_no_other_key(
    key_file: Path, routellm: Gateway, monkeypatch: pytest.MonkeyPatch
) -> None:
    give_keys(routellm, 4)
    encryption.add_key(key_file)
    first, *_ = APIKey.objects.order_by("pk")
    APIKey.objects.filter(pk=first.pk).update(secret=Secret.of(first.secret.reveal()))
    # Half of the rows are old: all can be read.
    assert all(api_key.secret.reveal() for api_key in APIKey.objects.all())
    keys = key_file.read_text()
    told, _ = rotate()
    assert "goes on with its key" in told and "4 secrets" in told
    assert key_file.read_text() == keys
    assert not encryption.has_older_rows()


def test_old_keys_are_taken_out_when_asked(key_file: Path, routellm: Gateway) -> None:
    rotate()
    told, _ = rotate("--remove-old")
    assert "2 old keys were taken out" in told
    assert len(encryption_keys()) == 1
    assert APIKey.objects.get().secret.reveal() == PLAIN


def test_a_secret_that_no_key_can_read_is_told_of_and_stops_nothing(key_file: Path, routellm: Gateway) -> None:
    give_keys(routellm, 1)
    lost = APIKey.objects.latest("pk")
    stranger = Secret(Fernet(Fernet.generate_key()).encrypt(b"x").decode())
    APIKey.objects.filter(pk=lost.pk).update(secret=stranger)
    told, complaints = rotate()
    assert "1 secret encrypted" in told
    assert "1 can be read with none of the keys" in complaints
    lost.refresh_from_db()
    assert lost.secret.token == stranger.token


def test_a_process_that_runs_reads_with_the_new_key_at_once(
    key_file: Path, routellm: Gateway, fake_gateway: FakeGateway, as_bea: Client
) -> None:
    form = {"model": "routellm/flux_kontext", "prompt": "a red chair", "mode": "pro"}
    as_bea.post("/", form)
    rotate("--remove-old")
    as_bea.post("/", form)
    assert fake_gateway.requests[0].headers["authorization"] == f"Bearer {PLAIN}"
    assert fake_gateway.requests[1].headers["authorization"] == f"Bearer {PLAIN}"


@pytest.mark.parametrize("between", ["", "\n", ",", ", ", "\r\n\n"])
def test_a_file_of_keys_may_be_put_behind_another(key_file: Path, between: str) -> None:
    secret = Secret.of(PLAIN)
    old, new = key_file.read_text().strip(), Fernet.generate_key().decode()
    key_file.write_text(f"{new}{between}{old}")
    assert encryption_keys() == (new, old)
    assert split_keys(key_file.read_text()) == [new, old]
    assert secret.reveal() == PLAIN


def test_only_one_rotation_runs_at_a_time(key_file: Path, routellm: Gateway) -> None:
    with encryption.alone(key_file.parent), pytest.raises(CommandError, match="Another rotation"):
        rotate()


def test_keys_of_the_environment_are_the_operators_to_change(settings: Any, shipped: None) -> None:
    old, new = Fernet.generate_key().decode(), Fernet.generate_key().decode()
    settings.ENCRYPTION_KEYS_FILE, settings.ENCRYPTION_KEYS = None, [old]
    factories.give_key(Gateway.objects.get(slug="routellm"), "http://127.0.0.1:1/v1")
    told, _ = rotate()
    assert "which only you can change" in told and old not in told
    offered = told.strip().splitlines()[-1]
    assert Fernet(offered)
    settings.ENCRYPTION_KEYS = [new, old]
    told, _ = rotate()
    assert "1 secret encrypted" in told and "can leave PROOFSHEET_ENCRYPTION_KEYS" in told
    settings.ENCRYPTION_KEYS = [new]
    assert APIKey.objects.get().secret.reveal() == PLAIN
    with pytest.raises(CommandError, match="take the old ones out there"):
        rotate("--remove-old")


def test_the_command_works_on_an_installation(tmp_path: Path) -> None:
    data_folder = tmp_path / "data"
    assert manage(data_folder, "migrate", "-v0").returncode == 0
    before = (data_folder / "encryption_keys").read_text()
    assert before.endswith("\n")
    done = subprocess.run(
        command("rotate_encryption_key"),
        env=clean_environment(data_folder),
        capture_output=True,
        text=True,
        timeout=120,
        check=False,
    )
    assert (done.returncode, done.stderr) == (0, "")
    assert (data_folder / "encryption_keys").read_text().splitlines()[1] == before.strip()
