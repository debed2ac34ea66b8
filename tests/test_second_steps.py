"""The second step: an authenticator app and recovery codes, no way around them, and how they are taken away."""

import json
import re
from pathlib import Path
from typing import Any

import pytest
from allauth.mfa.models import Authenticator
from cryptography.fernet import Fernet
from django.core.management import CommandError, call_command
from django.test import Client

from gallery.models import Act, AuditEntry, User
from gallery.models.fields import encryption_keys
from gallery.views.devices import device_in_words
from tests import factories
from tests.authenticator_app import code_of
from tests.test_doors import password_path, set_password
from tests.test_signing_in import knock, said, signed_in

STEP = "/accounts/second-step/"
APP = "/accounts/app/add/"
CODES = "/accounts/recovery-codes/"


def prove(client: Client, password: str = factories.PASSWORD) -> Any:
    return client.post("/accounts/again/", {"password": password})


def add_app(client: Client) -> str:
    """The secret of a new authenticator app; whose client it is has just proved to be the owner."""
    prove(client)
    found = re.search(r'id="totp-secret">([A-Z2-7 ]+)<', client.get(APP).content.decode())
    assert found
    response = client.post(APP, {"code": code_of(found[1])})
    assert response["Location"] == CODES
    return found[1]


def codes_of(client: Client) -> list[str]:
    return re.findall(r"<li>(\d{8})</li>", client.get(CODES).content.decode())


@pytest.fixture
def with_app(bea: User) -> tuple[str, list[str]]:
    """Bea has an authenticator app: its secret and her recovery codes."""
    client = signed_in(bea)
    return add_app(client), codes_of(client)


# The door ----------------------------------------------------------------------------------------------------------


def test_the_password_is_followed_by_a_code(bea: User, with_app: tuple[str, list[str]]) -> None:
    client = Client()
    asked = knock("bea", factories.PASSWORD, client=client, next="/library/")
    assert asked["Location"] == STEP
    assert client.get("/library/").status_code == 302
    wrong = client.post(STEP, {"code": "000000"})
    assert wrong.status_code == 422
    assert "This code does not fit." in said(wrong)
    assert client.post(STEP, {"code": code_of(with_app[0], steps_from_now=-1)})["Location"] == "/library/"
    assert client.get("/library/").status_code == 200


def test_a_code_counts_once(bea: User, with_app: tuple[str, list[str]]) -> None:
    code = code_of(with_app[0])
    first, second = Client(), Client()
    for client in (first, second):
        knock("bea", factories.PASSWORD, client=client)
    assert first.post(STEP, {"code": code}).status_code == 302
    assert second.post(STEP, {"code": code}).status_code == 422


def test_a_recovery_code_lets_in_once(bea: User, with_app: tuple[str, list[str]]) -> None:
    code = with_app[1][0]
    assert len(set(with_app[1])) == 10
    statuses = []
    for _ in range(2):
        client = Client()
        knock("bea", factories.PASSWORD, client=client)
        statuses.append(client.post(STEP, {"code": code}).status_code)
    assert statuses == [302, 422]


def test_codes_cannot_be_guessed_on_and_on(bea: User, with_app: tuple[str, list[str]]) -> None:
    client = Client()
    knock("bea", factories.PASSWORD, client=client)
    for number in range(10):
        client.post(STEP, {"code": f"00000{number}"}, REMOTE_ADDR=f"192.0.2.{number}")
    refused = client.post(STEP, {"code": code_of(with_app[0], steps_from_now=1)}, REMOTE_ADDR="192.0.2.50")
    assert "Too many tries." in said(refused)
    assert client.get("/library/").status_code == 302


def test_the_second_step_is_no_way_in_by_itself(db: None) -> None:
    assert Client().get(STEP)["Location"] == "/accounts/login/"
    assert Client().post(STEP, {"code": "000000"})["Location"] == "/accounts/login/"


def test_the_admin_asks_for_it_too(as_ada: Client, ada: User) -> None:
    secret, client = add_app(as_ada), Client()
    door = client.get("/admin/")["Location"]
    assert door.startswith("/admin/login/")
    assert client.get(door)["Location"] == "/accounts/login/?next=/admin/"
    knock("ada", factories.PASSWORD, client=client, next="/admin/")
    assert client.get("/admin/").status_code == 302
    assert client.post(STEP, {"code": code_of(secret, steps_from_now=1)})["Location"] == "/admin/"


def test_a_password_link_does_not_go_around_it(as_ada: Client, bea: User, with_app: tuple[str, list[str]]) -> None:
    client = Client()
    response = set_password(client, password_path(as_ada, bea), "fog over the harbour")
    assert response["Location"] == STEP
    assert client.get("/library/").status_code == 302
    assert client.post(STEP, {"code": with_app[1][3]}).status_code == 302
    assert client.get("/library/").status_code == 200


def test_who_was_switched_off_between_the_steps_stays_out(as_ada: Client, bea: User, with_app: Any) -> None:
    client = Client()
    knock("bea", factories.PASSWORD, client=client)
    as_ada.post(f"/people/{bea.pk}/active/", {"active": "no"})
    client.post(STEP, {"code": with_app[1][0]})
    assert client.get("/library/").status_code == 302


# Changing it -------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("path", [APP, "/accounts/passkeys/add/"])
def test_ways_in_are_changed_only_by_who_proves_it_again(as_bea: Client, path: str) -> None:
    asked = as_bea.get(path)
    assert asked["Location"].startswith("/accounts/again/")
    assert prove(as_bea, "a wrong password").status_code == 422
    assert as_bea.get(path).status_code == 302
    assert as_bea.post(asked["Location"], {"password": factories.PASSWORD})["Location"] == path
    assert as_bea.get(path).status_code == 200


def test_an_app_that_shows_another_code_is_not_switched_on(as_bea: Client, bea: User) -> None:
    prove(as_bea)
    as_bea.get(APP)
    assert as_bea.post(APP, {"code": "000000"}).status_code == 422
    assert not Authenticator.objects.exists()


def test_an_app_is_removed_with_its_codes(bea: User) -> None:
    client = signed_in(bea)
    add_app(client)
    assert "10 left" in said(client.get("/profile/"))
    assert client.post("/accounts/app/remove/")["Location"] == "/profile/#signing-in"
    assert not Authenticator.objects.exists()
    assert knock("bea", factories.PASSWORD)["Location"] == "/"


def test_new_recovery_codes_take_the_place_of_the_old(bea: User) -> None:
    client = signed_in(bea)
    add_app(client)
    old = codes_of(client)
    assert client.post(f"{CODES}new/")["Location"] == CODES
    assert not set(old) & set(codes_of(client))
    file = client.get(f"{CODES}file/")
    assert file.content.decode().split() == codes_of(client)
    assert "attachment" in file["Content-Disposition"]


def test_nobody_sees_or_removes_what_is_anothers(as_chi: Client, chi: User, bea: User, with_app: Any) -> None:
    prove(as_chi)
    row = Authenticator.objects.create(user=bea, type="webauthn", data={"name": "Key of Bea", "credential": {}})
    assert as_chi.get(CODES).status_code == 404
    assert as_chi.post(f"/accounts/passkeys/{row.pk}/remove/").status_code == 404
    assert as_chi.post("/accounts/app/remove/").status_code == 404
    assert Authenticator.objects.filter(user=bea).count() == 3


def test_secrets_are_encrypted_and_need_their_key(bea: User, with_app: tuple[str, list[str]], settings: Any) -> None:
    kept = json.dumps(list(Authenticator.objects.values_list("data", flat=True)))
    assert with_app[0].replace(" ", "") not in kept
    assert not any(code in kept for code in with_app[1])
    settings.ENCRYPTION_KEYS_FILE, settings.ENCRYPTION_KEYS = None, [Fernet.generate_key().decode()]
    client = Client()
    knock("bea", factories.PASSWORD, client=client)
    refused = client.post(STEP, {"code": code_of(with_app[0])})
    assert refused.status_code == 422
    assert "An administrator can take it away" in said(refused)


def test_the_encryption_key_can_be_exchanged(
    bea: User, with_app: tuple[str, list[str]], settings: Any, tmp_path: Path
) -> None:
    path = tmp_path / "encryption_keys"
    path.write_text(",".join(encryption_keys()))
    settings.ENCRYPTION_KEYS_FILE, settings.DATA_DIR = path, tmp_path
    call_command("rotate_encryption_key", "--remove-old")
    assert len(encryption_keys()) == 1
    for code in (code_of(with_app[0], steps_from_now=1), with_app[1][0]):
        client = Client()
        knock("bea", factories.PASSWORD, client=client)
        assert client.post(STEP, {"code": code}).status_code == 302


def test_changes_are_in_the_audit_log(as_ada: Client, bea: User, with_app: Any) -> None:
    as_ada.post(f"/people/{bea.pk}/second-step/")
    rows = AuditEntry.objects.filter(act=Act.SECOND_FACTOR).order_by("pk")
    told = [(row.actor_name, row.subject, row.detail["what"]) for row in rows]
    assert told == [
        ("Bea Arthur", "Bea Arthur", "authenticator app added"),
        ("Ada Lovelace", "Bea Arthur", "all taken away"),
    ]


# Taken away --------------------------------------------------------------------------------------------------------


def test_an_administrator_takes_it_away_for_somebody(as_ada: Client, bea: User, with_app: Any) -> None:
    elsewhere = factories.signed_in(bea)
    assert "Take the second step away" in said(as_ada.get("/people/"))
    as_ada.post(f"/people/{bea.pk}/second-step/")
    assert "Take the second step away" not in said(as_ada.get("/people/"))
    assert elsewhere.get("/library/").status_code == 302
    assert knock("bea", factories.PASSWORD)["Location"] == "/"


def test_nobody_else_takes_it_away(as_chi: Client, bea: User, with_app: Any) -> None:
    assert as_chi.post(f"/people/{bea.pk}/second-step/").status_code == 403
    assert Authenticator.objects.filter(user=bea).exists()


def test_whoever_sits_at_the_server_takes_it_away(bea: User, with_app: Any, capsys: pytest.CaptureFixture[str]) -> None:
    call_command("remove_second_step", "bea")
    assert capsys.readouterr().out == "bea comes in with the password alone.\n"
    assert knock("bea", factories.PASSWORD)["Location"] == "/"
    with pytest.raises(CommandError, match="Nobody is called eve"):
        call_command("remove_second_step", "eve")


# Passkeys without a browser ----------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("host", "is_secure", "words"),
    [
        ("localhost:8000", False, ""),
        ("127.0.0.1:8000", False, "Passkeys need a name: this page was opened by a number (127.0.0.1)."),
        ("[::1]:8000", False, "Passkeys need a name: this page was opened by a number (::1)."),
        ("studio.example", False, "Passkeys need an encrypted connection"),
        ("studio.example", True, ""),
    ],
)
def test_where_browsers_refuse_passkeys_is_said(
    bea: User, settings: Any, host: str, is_secure: bool, words: str
) -> None:
    settings.ALLOWED_HOSTS = ["*"]
    client = factories.signed_in(bea)
    page = client.get("/profile/", headers={"Host": host}, secure=is_secure)
    assert ("Passkeys need" in said(page)) == bool(words)
    assert words in said(page)
    door = Client().get("/accounts/login/", headers={"Host": host}, secure=is_secure)
    assert ("Sign in with a passkey" in said(door)) == (not words)


@pytest.mark.parametrize("credential", ["", "{}", "[]", "null", '{"response": {"userHandle": "MQ"}}', "no json"])
def test_a_made_up_passkey_is_refused(bea: User, credential: str) -> None:
    client = Client()
    client.get("/accounts/passkey/", headers={"Accept": "application/json"})
    response = client.post("/accounts/passkey/", {"credential": credential})
    assert response["Location"] == "/accounts/login/"
    assert client.get("/library/").status_code == 302


@pytest.mark.parametrize(
    ("user_agent", "words"),
    [
        ("Mozilla/5.0 (X11; Linux x86_64) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/142.0 Safari/537.36", "Chrome on Linux"),
        ("Mozilla/5.0 (Windows NT 10.0; Win64) AppleWebKit/537.36 Chrome/142.0 Safari/537.36 Edg/142.0", "Edge on Windows"),
        ("Mozilla/5.0 (iPhone; CPU iPhone OS 26_0 like Mac OS X) Version/26.0 Mobile Safari/604.1", "Safari on iPhone"),
        ("Mozilla/5.0 (Macintosh; Intel Mac OS X 10.15; rv:143.0) Gecko/20100101 Firefox/143.0", "Firefox on Mac"),
        ("curl/8.5.0", "curl"),
        ("", "Unknown device"),
    ],
)  # fmt: skip
def test_a_browser_is_told_in_words(user_agent: str, words: str) -> None:
    assert device_in_words(user_agent) == words
