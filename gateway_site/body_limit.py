"""A bound on what may be sent to a page, kept while it arrives: Django would write any body whole to the disk first, and ask
only then who sends it."""

from functools import partial
from http.cookies import CookieError, SimpleCookie

from django.conf import settings

from gallery.endpoint.body_limit import (
    LARGEST_WITHOUT_TOKEN,
    LINGER_WITHOUT_TOKEN,
    Application,
    Bounded,
    Message,
    Receive,
    Send,
    declared_length,
)
from gallery.endpoint.middleware import is_endpoints
from gallery.models import Session
from gallery.services.database_thread import in_database
from gallery.services.patience import OF_THE_DATABASE
from gateway_site import turned_away

MEBIBYTE = 1024 * 1024
# A form without files. Django reads less than this of its fields, and says so itself.
LARGEST_FORM = 4 * MEBIBYTE
# Where files are sent: a little more than the views themselves take of one, which say by how much it is too large.
LARGEST_BY_PATH = {
    "/uploads/": 64 * MEBIBYTE,
    "/uploads/mask/": 64 * MEBIBYTE,
    "/profile/picture/": 64 * MEBIBYTE,
    "/": 512 * MEBIBYTE,
    "/analysis/": 512 * MEBIBYTE,
    "/import/": 1024 * MEBIBYTE,
}
LARGEST_WITHOUT_SESSION = LARGEST_WITHOUT_TOKEN


class PageBodyLimit:
    """Around the whole application; the endpoint's requests have a bound of their own, and pass untouched."""

    def __init__(self, application: Application):
        self.application = application

    async def __call__(self, scope: Message, receive: Receive, send: Send) -> None:
        if scope["type"] != "http" or is_endpoints(scope["path"]):
            await self.application(scope, receive, send)
            return
        bounded = Bounded(receive, LARGEST_WITHOUT_SESSION, partial(largest_for, scope))
        if await bounded.takes(declared_length(scope)):
            await self.application(scope, bounded, send)
            if not bounded.is_over:
                return
        await refuse(scope, bounded, send)


async def largest_for(scope: Message) -> int:
    """Only who is signed in may send much, and only where it is wanted."""
    key = session_key_of(scope)
    if not key or scope["method"] in ("GET", "HEAD"):
        return LARGEST_WITHOUT_SESSION
    try:
        is_somebody = await in_database(partial(lets_in, key))
    except OF_THE_DATABASE:
        # Told in words where the page is answered.
        return LARGEST_FORM
    return LARGEST_BY_PATH.get(scope["path"], LARGEST_FORM) if is_somebody else LARGEST_WITHOUT_SESSION


def session_key_of(scope: Message) -> str:
    """As the browser says; whether it lets anybody in is asked where it matters."""
    said = b"; ".join(value for name, value in scope["headers"] if name == b"cookie").decode("latin-1")
    try:
        found = SimpleCookie(said).get(settings.SESSION_COOKIE_NAME)
    except CookieError:
        return ""
    return found.value if found else ""


def lets_in(key: str) -> bool:
    return bool(Session.objects.letting_in(key).exists())


async def refuse(scope: Message, bounded: Bounded, send: Send) -> None:
    """A page for whoever posts a form, else the sentence alone."""
    words = turned_away.in_words(scope, "413.html", sentence=sentence_for(bounded.largest), status=413)
    most = 2 * max(bounded.largest, LINGER_WITHOUT_TOKEN)
    await turned_away.turn_away(send, words, status=413, headers={}, linger=partial(bounded.linger, most))


def sentence_for(largest: int) -> str:
    if largest < MEBIBYTE:
        return "This is more than is taken from somebody who is not signed in. Sign in and send it again."
    how = "fewer or smaller files" if largest > LARGEST_FORM else "less"
    return f"This is more than {largest // MEBIBYTE} MB, the most that is taken here at once. Send {how} at a time."
