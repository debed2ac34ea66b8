"""People and their browsers: whatever a page complains about while a test uses it fails the test in the end."""

import itertools
import os
import re
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

from playwright.sync_api import Browser, BrowserContext, CDPSession, ConsoleMessage, Page, WebError

from tests.running_studio import Studio
from tests.visitor import Visitor, invitation_path, join

# Milliseconds. Nothing that goes well waits for so long, and machines that check changes stall for many seconds.
PATIENCE = 60_000
# PROOFSHEET_BROWSER_SLOWDOWN=6 gives every page a sixth of the processor: what waits for too little fails on a fast machine too.
SLOWDOWN = float(os.environ.get("PROOFSHEET_BROWSER_SLOWDOWN", "1"))
REFUSED = re.compile(r"Failed to load resource: the server responded with a status of (\d+)")
# A form that comes back with its errors is no fault of the page.
FORM_COMES_BACK = 422
# A request that a newer one took the place of. One that failed has a line of its own beside these.
REPLACED = ("htmx:sendAbort", "htmx:afterRequest")
TELL_POLICY_VIOLATIONS = """
document.addEventListener("securitypolicyviolation", (event) =>
  console.error(`CSP: ${event.effectiveDirective} refused ${event.blockedURI} ${event.sourceFile}:${event.lineNumber}`));
"""
_numbers = itertools.count(1)


@dataclass(frozen=True)
class Person:
    name: str
    username: str
    visitor: Visitor


class Desk:
    """Opens browsers for people. `designer` has been here for a while, for tests that do not care whose results are shown.
    As a context manager: closing it asserts that no page had a script error, a refusal by its own policy, or an answer
    that was not expected."""

    def __init__(
        self, browser: Browser, studio: Studio, administrator: Visitor | None = None, designer: Visitor | None = None
    ):
        self.browser = browser
        self.studio = studio
        self.administrator = administrator
        self.designer = designer
        self._contexts: list[BrowserContext] = []
        self._brakes: list[CDPSession] = []
        self._complaints: list[str] = []
        self._expected: list[tuple[int, str]] = []
        self._expected_lines: list[str] = []

    def __enter__(self) -> "Desk":
        return self

    def __exit__(self, kind: object, *_: object) -> None:
        for context in self._contexts:
            context.close()
        if kind is None:
            assert not self._complaints, "\n".join(self._complaints)

    def expect_status(self, status: int, path: str) -> None:
        """A 4xx answer that the test is about: Chromium writes a line for it."""
        self._expected.append((status, path))

    def expect_line(self, words: str) -> None:
        """Words of a line that the test provokes."""
        self._expected_lines.append(words)

    def add_person(self, name: str = "Bea Arthur") -> Person:
        """A new designer, come in by an invitation link; the user name is theirs alone."""
        assert self.administrator
        username = f"{name.split()[0].lower()}{next(_numbers)}"
        visitor = join(self.studio.address, invitation_path(self.administrator), username, name)
        return Person(name, username, visitor)

    def open(self, visitor: Visitor | None = None, path: str = "/", **options: Any) -> Page:
        """A page in a browser of its own, signed in as the visitor is. `options` are Playwright's for contexts."""
        context = self.browser.new_context(base_url=self.studio.address, **options)
        self._contexts.append(context)
        context.set_default_timeout(PATIENCE)
        context.on("console", self._note_console)
        context.on("weberror", self._note_error)
        context.add_init_script(TELL_POLICY_VIOLATIONS)
        if visitor:
            context.add_cookies(list(self._cookies_of(visitor)))
        if SLOWDOWN > 1:
            context.on("page", self._slow_down)
        page = context.new_page()
        page.goto(path)
        return page

    def open_new(self, path: str = "/", **options: Any) -> Page:
        """The same for a designer who came in just now."""
        return self.open(self.add_person().visitor, path, **options)

    def _slow_down(self, page: Page) -> None:
        brake = page.context.new_cdp_session(page)
        brake.send("Emulation.setCPUThrottlingRate", {"rate": SLOWDOWN})
        self._brakes.append(brake)

    def _cookies_of(self, visitor: Visitor) -> Iterator[Any]:
        for cookie in visitor.cookies:
            yield {"name": cookie.name, "value": cookie.value or "", "url": self.studio.address}

    def _note_console(self, message: ConsoleMessage) -> None:
        if message.type != "error":
            return
        address = str(message.location.get("url", ""))
        refused = REFUSED.match(message.text)
        status = int(refused[1]) if refused else 0
        if status == FORM_COMES_BACK or any(status == code and path in address for code, path in self._expected):
            return
        if message.text.startswith(REPLACED):
            return
        if not any(words in message.text for words in self._expected_lines):
            self._complaints.append(f"{message.text} ({address})")

    def _note_error(self, error: WebError) -> None:
        self._complaints.append(str(error.error))
