"""A caller over HTTP with cookies and without a browser, and what it does as a person. Nothing of Django here."""

import re
import time
import urllib.error
import urllib.parse
import urllib.request
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from http.cookiejar import CookieJar
from typing import Any

LONGEST_SECONDS = 60.0
PASSWORD = "salt pans at sunrise"


def wait_until(is_so: Callable[[], bool], what: str, *, seconds: float = LONGEST_SECONDS) -> None:
    end = time.monotonic() + seconds
    while not is_so():
        assert time.monotonic() < end, f"After {seconds:.0f} s still not: {what}"
        time.sleep(0.05)


@dataclass(frozen=True)
class Page:
    status: int
    address: str
    body: bytes

    @property
    def text(self) -> str:
        return self.body.decode()


class _StayHere(urllib.request.HTTPRedirectHandler):
    def redirect_request(self, *_: Any) -> None:
        return None


class Visitor:
    """A caller with cookies and without a browser. Redirects are shown, not followed."""

    def __init__(self, origin: str):
        self.origin = origin
        self.cookies = CookieJar()
        self._opener = urllib.request.build_opener(
            urllib.request.ProxyHandler({}), urllib.request.HTTPCookieProcessor(self.cookies), _StayHere
        )

    def get(self, path: str) -> Page:
        return self._open(urllib.request.Request(self.origin + path))

    def post(self, path: str, fields: Mapping[str, str]) -> Page:
        """Post a form; its token comes from the cookie, which the first page gave."""
        if self.cookie("proofsheet_csrf") is None:
            self.get(path)
        sent = {**fields, "csrfmiddlewaretoken": self.cookie("proofsheet_csrf") or ""}
        body = urllib.parse.urlencode(sent).encode()
        return self._open(urllib.request.Request(self.origin + path, data=body))

    def status(self, path: str) -> int:
        """0 when nobody answers."""
        try:
            return self.get(path).status
        except OSError:
            return 0

    def cookie(self, name: str) -> str | None:
        return next((cookie.value for cookie in self.cookies if cookie.name == name), None)

    def _open(self, request: urllib.request.Request) -> Page:
        try:
            with self._opener.open(request, timeout=LONGEST_SECONDS) as reply:
                return Page(reply.status, reply.url, reply.read())
        except urllib.error.HTTPError as reply:
            with reply:
                return Page(reply.code, reply.url, reply.read())


def join(origin: str, path: str, username: str, name: str) -> Visitor:
    """Make an account behind a set-up or invitation link; its owner is signed in."""
    visitor = Visitor(origin)
    page = visitor.post(path, {"name": name, "username": username, "password": PASSWORD})
    assert page.status == 302, page.text
    return visitor


def invitation_path(administrator: Visitor, role: str = "designer") -> str:
    """A fresh invitation link's path, read from the page that shows it."""
    administrator.get("/people/")
    page = administrator.post("/people/invite/", {"role": role, "note": ""})
    found = re.search(r"/accounts/join/[\w-]+/", page.text)
    assert found, page.text
    return found[0]


def make_picture(visitor: Visitor, words: str, model: str = "routellm/flux_pro", **parameters: str) -> str:
    """Generate with the form as a browser without scripts posts it; gives the path of the first picture's page."""
    page = visitor.post("/", {"model": model, "prompt": words, **parameters})
    assert page.status == 302, page.text
    found: list[str] = []

    def is_there() -> bool:
        wall = visitor.get(f"/library/?{urllib.parse.urlencode({'q': words, 'show': 'mine'})}").text
        found.extend(re.findall(r"/images/\d+/", wall))
        return bool(found)

    wait_until(is_there, f"a picture of {words}")
    return found[0]
