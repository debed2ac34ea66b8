"""Pages that say no: in our own words and style, for browsers and for htmx, without a trace of the program behind them.

What Django shows by itself are bare lines, or with DEBUG all of its settings; LiteLLM CVE-2025-11203 told keys on such a page.
"""

import re
from typing import Any

import pytest
from django.test import Client

from gallery.models import Gateway, User
from tests import factories
from tests.admin import pages

pytestmark = pytest.mark.django_db
TRACES = re.compile(r"Traceback|Exception|django|/site-packages/|SECRET_KEY|sqlite3?|line \d+", re.IGNORECASE)


def check(response: Any, status: int, title: str) -> None:
    page = response.content.decode()
    assert response.status_code == status
    assert f"<h1>{title}</h1>" in page
    assert "base.css" in page
    # The name of htmx's script is a word of the page, not of a fault.
    assert not TRACES.search(re.sub(r"<script[^>]*>", "", page))
    assert "default-src 'self'" in response["Content-Security-Policy"]


@pytest.mark.parametrize("headers", [{}, {"HX-Request": "true"}], ids=["page", "htmx"])
def test_every_refusal_is_a_page_of_ours(headers: dict[str, str], as_bea: Client, bea: User, shipped: None) -> None:
    broken = as_bea.generic("POST", "/boards/new/", b"--x--", "multipart/form-data", headers=headers)
    check(broken, 400, "This request was not understood")
    check(as_bea.get("/boards/", HTTP_HOST="evil.test", headers=headers), 400, "No studio answers to this name")
    check(as_bea.get("/people/", headers=headers), 403, "Not for you")
    check(as_bea.get("/boards/9/", headers=headers), 404, "Nothing here")
    check(as_bea.get("/no/such/page/", headers=headers), 404, "Nothing here")
    for path in ("/uploads/", "/accounts/logout/", "/library/download/"):
        wrong = as_bea.get(path, headers=headers)
        check(wrong, 405, "Not this way")
        assert "POST" in wrong["Allow"]
    strict = Client(enforce_csrf_checks=True)
    strict.force_login(bea)
    check(strict.post("/boards/new/", {"name": "x"}, headers=headers), 403, "This page was too old")


def test_a_fault_of_our_own_is_a_page_that_tells_nothing(ada: User, shipped: None) -> None:
    gateway = Gateway.objects.get(slug="routellm")
    Gateway.objects.filter(pk=gateway.pk).update(dialect="none such")
    client = factories.signed_in(ada)
    client.raise_request_exception = False
    check(client.get(pages.change_page(gateway)), 500, "Something broke on our side")


def test_asking_too_often_is_a_page_of_its_own(bea: User) -> None:
    client = Client(REMOTE_ADDR="192.0.2.44")
    for _ in range(31):
        response = client.post("/accounts/login/", {"username": "bea", "password": factories.PASSWORD})
        client.cookies.clear()
    check(response, 429, "Too many tries")
