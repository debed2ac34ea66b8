"""A database that is locked, full, read-only or damaged: every page says so, nothing typed is lost, and no call is sent.

In products of this class each of these was a bare 500, after which people pressed again and paid twice.

Not from an advisory: what is lost here is lost to trouble, not to an attacker.
"""

import html
import re
import sqlite3
from collections.abc import Iterator
from contextlib import closing, contextmanager
from pathlib import Path
from typing import Any

import pytest
from asgiref.sync import async_to_sync
from django.db import connection
from django.test import Client

from gallery import tasks
from gallery.models import Gateway, Generation, User
from gallery.services import tokens
from gallery.services.database_thread import in_database
from tests import factories
from tests.endpoint.script import Script
from tests.fake_gateway import FakeGateway
from tests.test_signing_in import DOOR

pytestmark = pytest.mark.django_db(transaction=True)
FORM = {"model": "routellm/flux_kontext", "prompt": "a <red> chair", "mode": "pro", "num_images": "1"}


def pragma(words: str) -> None:
    with connection.cursor() as cursor:
        cursor.execute(f"PRAGMA {words}")


def everywhere(words: str) -> None:
    """On the pages' connection and on the endpoint's own."""
    pragma(words)
    async_to_sync(in_database)(lambda: pragma(words))


@contextmanager
def locked() -> Iterator[None]:
    """Somebody else writes, and does not come to an end."""
    everywhere("busy_timeout=50")
    try:
        with closing(sqlite3.connect(connection.settings_dict["NAME"], isolation_level=None)) as other:
            other.execute("BEGIN IMMEDIATE")
            yield
            other.execute("ROLLBACK")
    finally:
        everywhere("busy_timeout=20000")


@contextmanager
def read_only() -> Iterator[None]:
    pragma("query_only=1")
    try:
        yield
    finally:
        pragma("query_only=0")


TROUBLES = [
    pytest.param(locked, 503, "One moment", "5", id="locked"),
    pytest.param(read_only, 503, "Nothing can be written", None, id="read-only"),
]


@pytest.fixture
def patient(as_bea: Client) -> Client:
    """A browser that is shown a fault as people are."""
    as_bea.raise_request_exception = False
    return as_bea


def hidden_fields(page: str) -> dict[str, str]:
    found = re.findall(r'<input type="hidden" name="([^"]+)" value="([^"]*)">', page)
    return {name: html.unescape(value) for name, value in found}


@pytest.mark.parametrize(("trouble", "status", "title", "retry_after"), TROUBLES)
def test_a_form_that_met_a_database_in_trouble_is_kept_and_sent_again(
    trouble: Any,
    status: int,
    title: str,
    retry_after: str | None,
    patient: Client,
    routellm: Gateway,
    fake_gateway: FakeGateway,
) -> None:
    with trouble():
        assert patient.get("/library/").status_code == 200
        answer = patient.post("/", FORM)
    page = answer.content.decode()
    assert (answer.status_code, answer.get("Retry-After")) == (status, retry_after)
    assert f"<h1>{title}</h1>" in page
    assert not re.search(r"Traceback|sqlite|OperationalError", page)
    assert not Generation.objects.exists()
    assert hidden_fields(page) == FORM
    assert patient.post("/", hidden_fields(page)).status_code == 302
    assert Generation.objects.get().prompt == FORM["prompt"]
    assert len(fake_gateway.requests) == 1


def test_of_a_form_with_files_the_words_are_kept_and_the_files_asked_for_again(
    patient: Client, routellm: Gateway, fake_gateway: FakeGateway
) -> None:
    with read_only():
        answer = patient.post("/", {**FORM, "image_prompt": factories.upload()})
    page = answer.content.decode()
    assert (answer.status_code, hidden_fields(page)) == (503, FORM)
    assert "Files have to be chosen again." in page
    assert re.search(r'<form method="post" action="/" enctype="multipart/form-data">', page)
    assert re.search(r'<input type="file" name="image_prompt"', page)
    assert patient.post("/", {**hidden_fields(page), "image_prompt": factories.upload()}).status_code == 302
    assert len(Generation.objects.get().inputs.all()) == 1


@pytest.mark.parametrize(("trouble", "status", "title", "retry_after"), TROUBLES)
def test_whoever_signs_in_meanwhile_has_not_tried_too_often_and_types_the_password_alone_again(
    trouble: Any, status: int, title: str, retry_after: str | None, bea: User
) -> None:
    """What counts the tries could not be written, which is said as the trouble that it is."""
    browser = Client(raise_request_exception=False)
    with trouble():
        answer = browser.post(DOOR, {"username": "bea", "password": factories.PASSWORD, "next": "/library/"})
    page = answer.content.decode()
    assert (answer.status_code, answer.get("Retry-After")) == (status, retry_after)
    assert f"<h1>{title}</h1>" in page
    assert hidden_fields(page) == {"username": "bea", "next": "/library/"}
    assert re.search(r'<input type="password" name="password"[^>]* required>', page)
    assert factories.PASSWORD not in page
    again = browser.post(DOOR, {**hidden_fields(page), "password": factories.PASSWORD})
    assert (again.status_code, again["Location"]) == (302, "/library/")


def test_a_full_database_keeps_what_there_is_and_says_what_to_do(
    patient: Client, bea: User, routellm: Gateway, fake_gateway: FakeGateway
) -> None:
    patient.post("/", FORM)
    # What other tests deleted left room within the file.
    with connection.cursor() as cursor:
        cursor.execute("VACUUM")
    pragma("max_page_count=1")
    try:
        # Its last pages have room for a little: what is written must need another one.
        answer = patient.post("/", {**FORM, "prompt": "a red chair " * 2500})
        seen = patient.get("/library/")
    finally:
        pragma("max_page_count=4294967294")
    assert (answer.status_code, "Retry-After" in answer) == (507, False)
    assert "<h1>The disk is full</h1>" in answer.content.decode()
    assert seen.status_code == 200
    assert (Generation.objects.count(), len(fake_gateway.requests)) == (1, 1)


def test_a_secret_is_not_put_into_the_page_that_keeps_a_form(patient: Client, routellm: Gateway) -> None:
    with read_only():
        answer = patient.post("/", {**FORM, "new_password": "salt pans at noon"})
    assert answer.status_code == 503
    assert "salt pans" not in answer.content.decode()
    assert "Go back in your browser" in answer.content.decode()


def test_a_script_is_told_to_try_again_before_anything_was_sent(
    bea: User, routellm: Gateway, fake_gateway: FakeGateway
) -> None:
    script = Script(tokens.create_token(owner=bea, name="Packshot script")[1])
    with locked():
        answer = script.chat()
    assert (answer.status, answer.headers.get("retry-after")) == (503, "5")
    assert answer.error["message"]
    assert not fake_gateway.requests
    assert not Generation.objects.exists()
    assert script.chat().status == 200


def test_a_bell_that_cannot_be_rung_fails_no_form(
    as_bea: Client, routellm: Gateway, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    """The queue's own file is locked, full or gone; the worker looks at the rows by itself."""
    bell = tasks.SqliteBell("proofsheet", filename=str(tmp_path / "queue.sqlite3"), results=False)
    with closing(sqlite3.connect(tmp_path / "queue.sqlite3")) as file:
        file.execute("DROP TABLE task")
    monkeypatch.setattr(tasks.run_next, "huey", bell)
    assert as_bea.post("/", FORM).status_code == 302
    assert Generation.objects.get().status == "queued"
    bell.storage.close()
