"""What another site makes a browser send changes nothing, and reading changes nothing.

ComfyUI CVE-2026-56674 (`Origin: null` passed, a malformed port was a 500), Open WebUI CVE-2026-45339 (a rule that held for one
way to prove oneself alone), and the plain rule that a GET is safe.
"""

import re
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

import pytest
from django.db import connection
from django.test import Client
from django.urls import get_resolver

from gallery.models import Generation, User
from tests import factories
from tests.endpoint.script import ask
from tests.security.house import body_of, everything_asked
from tests.test_doors import addresses, readable
from tests.test_permissions import World

pytestmark = pytest.mark.django_db

ORIGINS = [
    None,
    "null",
    "https://evil.test",
    "http://testserver.evil.test",
    "http://testserver:99999",
    "http://host:port",
    "http://[::1",
    "//testserver",
    "",
]
# Not of pages with a session: a link's own password, and the endpoint, which takes nothing but its own tokens.
WITHOUT_FORM_TOKEN = {"share", "share-picture"}


def strict(user: User) -> Client:
    client = Client(enforce_csrf_checks=True)
    client.force_login(user)
    return client


@pytest.mark.parametrize("origin", ORIGINS, ids=repr)
def test_what_another_site_sends_is_refused(origin: str | None, bea: User) -> None:
    """Even with the right token, which another site cannot know, where the origin is told."""
    client = strict(bea)
    token = re.search(r'"X-CSRFToken": "(\w+)"', client.get("/boards/new/").content.decode())
    assert token
    headers = {} if origin is None else {"Origin": origin}
    for sent in ({}, {"csrfmiddlewaretoken": "x" * 64}, {"csrfmiddlewaretoken": "\x00"}):
        assert client.post("/boards/new/", {"name": "x", **sent}, headers=headers).status_code == 403
    known = client.post("/boards/new/", {"name": "x", "csrfmiddlewaretoken": token[1]}, headers=headers)
    assert known.status_code == (302 if origin is None else 403)


def test_every_address_that_changes_something_asks_for_the_token_of_its_form(world: World) -> None:
    """Of the product and of the admin; whatever answers a POST without it is not found or does not take one."""
    client = strict(world.people["admin"])
    open_doors = {}
    for name, path in addresses(get_resolver()):
        if path.startswith(("/v1", "/api/v1")) or name in WITHOUT_FORM_TOKEN:
            continue
        status = client.post(readable(path), {}, headers={"Origin": "https://evil.test"}).status_code
        if status != 403:
            open_doors[name] = status
    assert open_doors == {}


@contextmanager
def writes() -> Iterator[list[str]]:
    """What is written to the database meanwhile, but where somebody was last seen."""
    found: list[str] = []

    def note(execute: Any, sql: str, *rest: Any) -> Any:
        if re.match(r"\s*(INSERT|UPDATE|DELETE|REPLACE)", sql) and not re.search(
            r"gallery_(session|cacheentry)\b", sql
        ):
            found.append(sql[:90])
        return execute(sql, *rest)

    with connection.execute_wrapper(note):
        yield found


# A look at a link is counted, a named person has read the page of mentions, an export stands in the audit log, and the rules
# of upkeep have a row from the first look on.
WRITTEN_BY_READING = {
    "share",
    "mentions",
    "usage-csv",
    "batch-sheet",
    "admin:audit_export",
    "admin:gallery_upkeep_changelist",
}


def test_reading_changes_nothing(world: World) -> None:
    changed = {}
    for asked in everything_asked(world, "get"):
        with writes() as written:
            body_of(asked.client.get(asked.path, asked.told))
        if written and asked.row.name not in WRITTEN_BY_READING:
            changed[asked.label] = written
    client = world.clients["admin"]
    for name, path in addresses(get_resolver()):
        with writes() as written:
            response = client.get(readable(path), {"confirmed": "1", "delete": "1", "active": "no"})
        client.force_login(world.people["admin"])
        if written and name not in WRITTEN_BY_READING:
            changed[name] = written
        if response.streaming:
            body_of(response)
    assert changed == {}


@pytest.mark.django_db(transaction=True)
def test_the_endpoint_takes_no_cookie_and_invites_no_other_site(bea: User, shipped: None) -> None:
    client = strict(bea)
    for path in ("/v1/chat/completions", "/api/v1/images/generations"):
        response = client.post(path, ask(), content_type="application/json", headers={"Origin": "https://evil.test"})
        assert response.status_code == 401
        assert not [name for name in response.headers if name.lower().startswith("access-control")]
    preflight = client.options(
        "/v1/chat/completions", headers={"Origin": "https://evil.test", "Access-Control-Request-Method": "POST"}
    )
    assert preflight.status_code == 405
    assert not [name for name in preflight.headers if name.lower().startswith("access-control")]
    assert not Generation.objects.exists()


def test_no_page_invites_another_site(as_bea: Client, bea: User) -> None:
    for path in ("/library/", "/studio/live/", "/mentions/people/?q=b", "/healthz"):
        response = as_bea.get(path, headers={"Origin": "https://evil.test"})
        assert not [name for name in response.headers if name.lower().startswith("access-control")]
    session = as_bea.post("/accounts/login/", {"username": "bea", "password": factories.PASSWORD})
    assert all(cookie["samesite"] == "Lax" for cookie in session.cookies.values())
