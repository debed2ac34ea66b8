"""The answer to whoever is turned away before Django is asked: a page, or the sentence alone."""

from collections.abc import Awaitable, Callable, Mapping

from django.conf import settings
from django.template.loader import render_to_string

from gallery.endpoint.body_limit import Message, Send
from gateway_site.csp import HEADER, build_policy


def in_words(scope: Message, template: str, *, sentence: str, status: int) -> tuple[str, bytes]:
    """Media type and content: a page for whoever asks for one."""
    if b"text/html" in dict(scope["headers"]).get(b"accept", b""):
        page = render_to_string(template, {"sentence": sentence, "status": status})
        return "text/html; charset=utf-8", page.encode()
    return "text/plain; charset=utf-8", sentence.encode()


async def turn_away(
    send: Send,
    words: tuple[str, bytes],
    *,
    status: int,
    headers: Mapping[str, str],
    linger: Callable[[], Awaitable[None]] | None = None,
) -> None:
    """`linger` takes in what is still being sent: who reads only after sending would never see the answer. The connection ends
    with it."""
    media_type, content = words
    told = {
        "content-type": media_type,
        "content-length": str(len(content)),
        "cache-control": "no-store",
        "x-content-type-options": "nosniff",
        HEADER.lower(): build_policy(settings.SECURE_CSP),
        **headers,
        **({"connection": "close"} if linger else {}),
    }
    encoded = [(name.encode(), value.encode()) for name, value in told.items()]
    await send({"type": "http.response.start", "status": status, "headers": encoded})
    await send({"type": "http.response.body", "body": content, "more_body": True})
    if linger:
        await linger()
    await send({"type": "http.response.body", "body": b""})
