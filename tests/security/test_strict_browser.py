"""What every page asks of a browser: scripts and styles of our own files alone, nothing between the lines, no picture from
anywhere else, and an htmx that neither runs nor keeps what it is sent.

Open WebUI CVE-2026-45314 and -56398, LibreChat's hot-linked pictures. That no page breaks its own policy is asserted by every
test in `tests/browser` (`tests/browser/desk.py`).
"""

import json
import re
from collections.abc import Iterator
from html import unescape
from html.parser import HTMLParser

import pytest
from django.test import Client

from tests.security.house import body_of, everything_asked
from tests.test_permissions import World

pytestmark = pytest.mark.django_db

# DESIGN.md's.
HTMX = {
    "allowEval": False,
    "includeIndicatorStyles": False,
    "historyCacheSize": 0,
    "selfRequestsOnly": True,
    "allowScriptTags": False,
}
OWN = re.compile(r"(/(?!/)|#|\?|data:image/|blob:|$)")


class Page(HTMLParser):
    def __init__(self) -> None:
        super().__init__()
        self.wrong: list[str] = []

    def handle_starttag(self, tag: str, attributes: list[tuple[str, str | None]]) -> None:
        told = {name: value or "" for name, value in attributes}
        self.wrong += code_in(tag, told)
        self.wrong += fetched_from_elsewhere(tag, told)
        if tag == "a" and not re.match(r"(/(?!/)|#|\?|https?://|mailto:|$)", told.get("href", "/")):
            self.wrong.append(f"a {told['href']}")


def code_in(tag: str, told: dict[str, str]) -> Iterator[str]:
    if tag == "script" and "src" not in told and told.get("type") not in ("application/json", "text/plain"):
        yield "a script in the page"
    if tag in ("style", "base", "object", "embed", "applet", "iframe", "frame"):
        yield f"<{tag}>"
    yield from (f"{name}=" for name in told if name.startswith(("on", "hx-on")) or name == "srcdoc")


def fetched_from_elsewhere(tag: str, told: dict[str, str]) -> Iterator[str]:
    names = (
        "src",
        "srcset",
        "poster",
        "data-src",
        "action",
        "formaction",
        *(["href"] if tag in ("link", "use") else []),
    )
    for name in names:
        yield from (f"{name}={part}" for part in told.get(name, "").split(", ") if not OWN.match(part))


def test_no_page_asks_for_more_than_its_policy_gives(world: World) -> None:
    wrong, pages = {}, 0
    for asked in everything_asked(world, "get"):
        response = asked.client.get(asked.path, asked.told)
        body = body_of(response)
        if not response.headers.get("Content-Type", "").startswith("text/html"):
            continue
        pages += 1
        page = Page()
        page.feed(body.decode())
        if page.wrong:
            wrong[asked.label] = page.wrong
    assert wrong == {}
    assert pages > 60


def test_htmx_runs_and_keeps_nothing_that_it_is_sent(as_bea: Client) -> None:
    for client, path in ((as_bea, "/library/"), (Client(), "/accounts/login/")):
        found = re.search(r"name=\"htmx-config\" content='([^']+)'", client.get(path).content.decode())
        assert found
        told = json.loads(unescape(found[1]))
        assert {name: told.get(name) for name in HTMX} == HTMX
        codes = {each["code"]: each["swap"] for each in told["responseHandling"]}
        assert codes["422"] is True
        assert codes["[45].."] is False


def test_the_policy_is_the_one_that_was_decided(as_bea: Client) -> None:
    told = dict(part.strip().split(" ", 1) for part in as_bea.get("/library/")["Content-Security-Policy"].split(";"))
    assert told == {
        "default-src": "'self'",
        "script-src": "'self'",
        "style-src": "'self'",
        "style-src-attr": "'unsafe-inline'",
        "img-src": "'self' data: blob:",
        "object-src": "'none'",
        "base-uri": "'none'",
        "form-action": "'self'",
        "frame-ancestors": "'none'",
    }
