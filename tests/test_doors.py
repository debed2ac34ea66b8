"""The door: signing in and out, forgotten passwords, and that everything else is behind it."""

import logging
import re
from collections.abc import Iterator
from typing import Any

import pytest
from django.test import Client
from django.urls import URLPattern, URLResolver, get_resolver

from gallery.models import User
from tests import factories
from tests.test_people import LINK


def sign_in(username: str, password: str = factories.PASSWORD, query: str = "") -> Any:
    return Client().post(f"/accounts/login/{query}", {"username": username, "password": password})


def test_a_switched_off_person_is_out_and_stays_out(as_ada: Client, as_bea: Client, bea: User) -> None:
    assert sign_in("bea").status_code == 302
    as_ada.post(f"/people/{bea.pk}/active/", {"active": "no"})
    assert sign_in("bea", "not her password").status_code == 422
    refused = sign_in("bea")
    assert refused["Location"] == "/accounts/inactive/"
    assert refused.client.get("/library/").status_code == 302
    assert as_bea.get("/")["Location"].startswith("/accounts/login/")
    as_ada.post(f"/people/{bea.pk}/active/", {"active": "yes"})
    assert sign_in("bea").status_code == 302


@pytest.mark.parametrize(
    ("target", "location"),
    [
        ("/library/?q=fox", "/library/?q=fox"),
        ("https://evil.test/", "/"),
        ("//evil.test/", "/"),
        ("/\\evil.test", "/"),
        ("javascript:alert(1)", "/"),
        ("http:evil.test", "/"),
        ("http://127.0.0.1/", "/"),
        ("", "/"),
    ],
)
def test_signing_in_leads_to_our_own_pages_alone(bea: User, target: str, location: str) -> None:
    data = {"username": "bea", "password": factories.PASSWORD, "next": target}
    assert Client().post("/accounts/login/", data)["Location"] == location


def test_signing_out_takes_a_post(as_bea: Client) -> None:
    assert as_bea.get("/accounts/logout/").status_code == 405
    assert as_bea.get("/").status_code != 302
    as_bea.post("/accounts/logout/")
    assert as_bea.get("/").status_code == 302


def password_path(administrator: Client, person: User) -> str:
    found = LINK.search(administrator.post(f"/people/{person.pk}/password-link/").content.decode())
    assert found
    return found[1]


def set_password(client: Client, path: str, password: str) -> Any:
    """Follow Django's own step, which hides the token from the address, and post the new password."""
    page = client.get(path, follow=True)
    if not page.redirect_chain:
        return page
    return client.post(page.redirect_chain[-1][0], {"new_password1": password, "new_password2": password})


def test_a_password_link_sets_a_new_password_once_and_signs_in(as_ada: Client, bea: User) -> None:
    path, client = password_path(as_ada, bea), Client()
    assert set_password(client, path, "fog over the harbour").status_code == 302
    assert client.get("/profile/").status_code == 200
    assert sign_in("bea").status_code == 422
    assert sign_in("bea", "fog over the harbour").status_code == 302
    again = set_password(Client(), path, "a third password")
    assert "This link is used up" in again.content.decode()
    assert sign_in("bea", "a third password").status_code == 422


def test_a_weak_password_is_refused_and_the_link_stays_open(as_ada: Client, bea: User) -> None:
    path = password_path(as_ada, bea)
    assert "too short" in set_password(Client(), path, "short").content.decode()
    assert set_password(Client(), path, "fog over the harbour").status_code == 302


def test_a_password_link_is_tied_to_its_person(as_ada: Client, bea: User, chi: User) -> None:
    of_bea, of_chi = password_path(as_ada, bea), password_path(as_ada, chi)
    mixed = f"{of_chi.rsplit('/', 2)[0]}/{of_bea.rsplit('/', 2)[1]}/"
    assert "This link is used up" in Client().get(mixed, follow=True).content.decode()


def test_a_new_password_ends_other_sessions_and_keeps_ones_own(as_bea: Client, bea: User) -> None:
    elsewhere = factories.signed_in(bea)
    passwords = {
        "old_password": factories.PASSWORD,
        "new_password1": "over the dunes",
        "new_password2": "over the dunes",
    }
    assert as_bea.post("/profile/password/", passwords).status_code == 302
    assert as_bea.get("/profile/").status_code == 200
    assert elsewhere.get("/profile/").status_code == 302


# Who is nobody -----------------------------------------------------------------------------------------------------

OPEN_TO_ALL = {
    "account_login": 200,
    "account_inactive": 403,
    "sso": 404,
    "sso-callback": 404,
    "join": 410,
    "password-reset": 200,
    "healthz": 200,
    "readyz": 503,
    # For whoever asks from this machine.
    "metrics": 200,
    "endpoint-docs": 200,
    "endpoint-document": 200,
    "endpoint-file": 404,
    # What nginx shows in the place of a lost file: the same for everybody.
    "media-missing": 404,
    "share": 404,
    "share-picture": 404,
    "share-media": 404,
    "share-download": 404,
    "None": 404,
}
# The admin's own door leads to the product's.
DOORS = ("/accounts/login/", "/admin/login/")
VALUES: dict[str, Any] = {"sha256": "0" * 64, "size": "320", "token": "no-token", "uidb64": "MQ", "word": "test"}


def addresses(resolver: URLResolver, prefix: str = "", names: str = "") -> Iterator[tuple[str, str]]:
    """Every address of the site with its name, placeholders filled in."""
    for entry in resolver.url_patterns:
        path = prefix + str(entry.pattern)
        if isinstance(entry, URLResolver):
            yield from addresses(entry, path, f"{names}{entry.namespace}:" if entry.namespace else names)
        elif isinstance(entry, URLPattern):
            yield f"{names}{entry.name}", "/" + re.sub(r"<(?:\w+:)?(\w+)>", lambda part: filled(str(part[1])), path)


def filled(name: str) -> str:
    return str(VALUES.get(name, 1))


def readable(path: str) -> str:
    """Regular expressions of Django's own admin, as an address."""
    return path.replace("^", "").replace("$", "").replace(r"\Z", "").replace("(?P1.*)", "x").replace("(?P1.+)", "x")


@pytest.mark.parametrize("method", ["get", "post"])
def test_nobody_in_particular_is_sent_to_the_door(ada: User, method: str) -> None:
    client = Client()
    found = {}
    for name, path in addresses(get_resolver()):
        response = getattr(client, method)(readable(path))
        if name in OPEN_TO_ALL:
            continue
        is_sent_away = response.status_code == 302 and response["Location"].split("?")[0] in DOORS
        if not is_sent_away and response.status_code not in (401, 405):
            found[name] = response.status_code
    assert found == {}


def test_the_pages_of_the_product_are_all_behind_the_door(ada: User) -> None:
    client = Client()
    statuses = {name: client.get(readable(path)).status_code for name, path in addresses(get_resolver())}
    closed = {name: status for name, status in statuses.items() if not name.startswith("admin:")}
    assert {name: status for name, status in closed.items() if status not in (302, 401, 405)} == OPEN_TO_ALL


def test_health_tells_nothing_about_the_installation(ada: User) -> None:
    client = Client()
    assert client.get("/healthz").json() == {"status": "ok"}
    assert set(client.get("/readyz").json().values()) <= {"ok", "failed"}


def test_asking_whether_it_is_ready_writes_no_line_as_other_failures_do(
    ada: User, caplog: pytest.LogCaptureFixture
) -> None:
    assert Client().get("/readyz").status_code == 503
    assert caplog.records == []
    logging.getLogger("django.request").error("Service Unavailable: /", extra={"status_code": 503})
    assert [record.message for record in caplog.records] == ["Service Unavailable: /"]
