"""A caller over HTTP with cookies and without a browser, and what it does as a person. Nothing of Django here."""

import re
import secrets
import time
import urllib.error
import urllib.parse
import urllib.request
from collections.abc import Callable, Mapping, Sequence
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
    location: str = ""

    @property
    def text(self) -> str:
        return self.body.decode()


class _StayHere(urllib.request.HTTPRedirectHandler):
    def redirect_request(self, *_: Any) -> None:
        return None


class Visitor:
    """A caller with cookies and without a browser. Redirects are shown, not followed. `way` is how it gets there, where that
    is not as everybody does."""

    def __init__(self, origin: str, *way: urllib.request.BaseHandler):
        self.origin = origin
        self.cookies = CookieJar()
        self._opener = urllib.request.build_opener(
            urllib.request.ProxyHandler({}), urllib.request.HTTPCookieProcessor(self.cookies), _StayHere, *way
        )

    def get(self, path: str) -> Page:
        return self._open(urllib.request.Request(self.origin + path))

    def post(self, path: str, fields: Mapping[str, str]) -> Page:
        """Post a form; its token comes from the cookie, which the first page gave."""
        if self.cookie("proofsheet_csrf") is None:
            self.get(path)
        sent = {**fields, "csrfmiddlewaretoken": self.cookie("proofsheet_csrf") or ""}
        body = urllib.parse.urlencode(sent).encode()
        return self._open(urllib.request.Request(self.origin + path, data=body, headers={"Origin": self.origin}))

    def post_files(self, path: str, fields: Mapping[str, str], files: Mapping[str, bytes]) -> Page:
        """Post a form with pictures."""
        edge = secrets.token_hex(16)
        sent = {**fields, "csrfmiddlewaretoken": self.cookie("proofsheet_csrf") or ""}
        parts = [(f'name="{name}"', value.encode()) for name, value in sent.items()]
        parts += [(f'name="{name}"; filename="a.png"\r\nContent-Type: image/png', body) for name, body in files.items()]
        head = f"--{edge}\r\nContent-Disposition: form-data; "
        body = b"".join(f"{head}{about}\r\n\r\n".encode() + value + b"\r\n" for about, value in parts)
        headers = {"Content-Type": f"multipart/form-data; boundary={edge}"}
        data = body + f"--{edge}--\r\n".encode()
        return self._open(urllib.request.Request(self.origin + path, data=data, headers=headers))

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
                return Page(reply.code, reply.url, reply.read(), reply.headers.get("Location", ""))


def join(origin: str, path: str, username: str, name: str, *way: urllib.request.BaseHandler) -> Visitor:
    """Make an account behind a set-up or invitation link; its owner is signed in."""
    visitor = Visitor(origin, *way)
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


def make_board(visitor: Visitor, name: str, pictures: Sequence[str] = (), visibility: str = "private") -> str:
    """The path of a new board with the pictures of these pages, the last one first."""
    path = _moved_to(visitor.post("/boards/new/", {"name": name, "visibility": visibility}))
    if pictures:
        ids = ",".join(map(number_of, pictures))
        _moved_to(visitor.post(f"{path}add/", {"ids": ids}))
    return path


def save_search(visitor: Visitor, words: str) -> str:
    """The path of a new smart board."""
    query = urllib.parse.urlencode({"q": words})
    return _moved_to(visitor.post(f"/library/save/?{query}", {"name": words, "visibility": "private"}))


def number_of(path: str) -> str:
    """The one number in the path of a page."""
    return re.sub(r"\D", "", path)


def _moved_to(page: Page) -> str:
    assert page.status == 302, page.text
    return page.location
