"""Where replies keep their pictures: every place seen in the wild, read in a fixed order. Nothing is fetched here."""

import binascii
import re
from collections.abc import Iterator
from typing import TypeGuard
from urllib.parse import unquote_to_bytes

import msgspec
import pybase64
from msgspec import Raw

from gallery.gateway.destinations import LONGEST_URL
from gallery.gateway.dialects.bodies import NOTHING, Body, Inline, Link, Message, Part, Parts
from gallery.gateway.messages import Picture

MOST_PICTURES = 32
LONGEST_DATA_HEADER = 200
PICTURE_TYPES = ("image/", "application/octet-stream", "binary/octet-stream")

_DATA_HEADER = re.compile(rb"data:([^;,]{0,100})((?:;[^;,]{0,60}){0,4}),", re.IGNORECASE)
_DATA_URL_IN_TEXT = re.compile(r"data:image/[\w.+-]{1,40}(?:;[\w=.+-]{1,40}){0,4},[^\s\"'<>)\]]+", re.IGNORECASE)
_URL_IN_TEXT = re.compile(r"https?://[^\s\"'<>)\]]{1,8000}", re.IGNORECASE)
_MARKDOWN_BEFORE = re.compile(r"!\[[^\]\n]{0,500}\]\(\s{0,9}<?\Z")
_ENDS_LIKE_A_PICTURE = re.compile(r"\.(?:png|jpe?g|webp|gif|avif|svg)(?:\?.*)?\Z", re.IGNORECASE)

Where = str | Raw
Source = Where | Inline | None


class Unreadable(ValueError):
    """A picture of a reply that is none; the text is in people's words."""


def find_pictures(body: Body) -> tuple[list[Picture], list[str]]:
    """The pictures of a reply, in order, each once, and in people's words those that could not be read.

    The places are tried in order and the first that holds a usable picture is taken: a second place repeats the first.
    """
    problems: list[str] = []
    for place in (_message_images, _content_parts, _content_text, _delta_images, _data, _top_level_images):
        pictures, broken = _read_all(place(body))
        if pictures:
            return pictures, broken
        problems += broken
    return [], problems


def _message_images(body: Body) -> Iterator[Source]:
    for message in messages_of(body):
        yield from _sources(message.images)


def _content_parts(body: Body) -> Iterator[Source]:
    for message in messages_of(body):
        for part in message.content if isinstance(message.content, list) else [message.content]:
            if may_hold_a_picture(part):
                yield from _sources(part)


def _content_text(body: Body) -> Iterator[Source]:
    for message in messages_of(body):
        for text in texts_of(message):
            yield from links_in_text(text)


def _delta_images(body: Body) -> Iterator[Source]:
    for message in messages_of(body, "delta"):
        yield from _sources(message.images)


def _data(body: Body) -> Iterator[Source]:
    yield from _sources(body.data)


def _top_level_images(body: Body) -> Iterator[Source]:
    yield from _sources(body.images)


def messages_of(body: Body, name: str = "message") -> list[Message]:
    choices = body.choices if isinstance(body.choices, list) else []
    found = (getattr(choice, name, None) for choice in choices)
    return [message for message in found if isinstance(message, Message)]


def may_hold_a_picture(part: object) -> TypeGuard[Part]:
    """Whether a part of a message's content is anything but words."""
    return isinstance(part, Part) and part.type not in ("text", "output_text")


def texts_of(message: Message) -> list[str]:
    """The words of a message, wherever they stand."""
    content = message.content if isinstance(message.content, list) else [message.content]
    words = [part.text if isinstance(part, Part) else part for part in content]
    return [word for word in words if isinstance(word, str)]


def without_data_urls(text: str) -> str:
    """The words around pictures that stand in the text itself."""
    text = _DATA_URL_IN_TEXT.sub("", text)
    return re.sub(r"!\[[^\]\n]{0,500}\]\(\s{0,9}<?>?\s{0,9}\)", "", text).strip()


def links_in_text(text: str) -> Iterator[str]:
    """Data URLs; and links that are shown as a picture in Markdown or end like one."""
    found = {match.start(): match.group() for match in _DATA_URL_IN_TEXT.finditer(text)}
    for match in _URL_IN_TEXT.finditer(text):
        url = match.group().rstrip(".,;:!?*_`")
        is_shown = _MARKDOWN_BEFORE.search(text[max(0, match.start() - 520) : match.start()])
        if is_shown or _ENDS_LIKE_A_PICTURE.search(url):
            found[match.start()] = url
    for start in sorted(found):
        yield found[start]


def _sources(parts: Parts) -> Iterator[Source]:
    """Where each entry keeps its picture; None for an entry in which no picture was found."""
    for entry in parts if isinstance(parts, list) else [] if parts is None else [parts]:
        yield _source(entry) if isinstance(entry, Part) else entry if isinstance(entry, str) else None


def _source(part: Part) -> Source:
    if isinstance(part.image_url, Link):
        return part.image_url.url
    if isinstance(part.image_url, str):
        return part.image_url
    for inline in (part.inline_data, part.inlineData, part.source, part.image):
        if isinstance(inline, Inline | str):
            return inline
    if part.url != NOTHING and bytes(part.url) not in (b"null", b'""'):
        return part.url
    return Inline(
        data=part.b64_json if part.b64_json != NOTHING else part.data,
        media_type=part.media_type or part.mime_type,
    )


def _read_all(sources: Iterator[Source]) -> tuple[list[Picture], list[str]]:
    pictures: list[Picture] = []
    broken: list[str] = []
    for number, source in enumerate(sources, start=1):
        if number > MOST_PICTURES:
            broken.append(f"The answer holds more than {MOST_PICTURES} pictures; the rest was left out.")
            break
        try:
            picture = _read(source)
        except Unreadable as error:
            broken.append(f"Picture {number}: {error}")
            continue
        if not any((known.content, known.url) == (picture.content, picture.url) for known in pictures):
            pictures.append(picture)
    return pictures, broken


def _read(source: Source) -> Picture:
    declared = ""
    if isinstance(source, Inline):
        types = (source.media_type, source.mime_type, source.mimeType)
        declared = next((kind for kind in types if isinstance(kind, str)), "")
        source = source.data if source.data != NOTHING else source.url
    text = _text(source)
    if text is None:
        raise Unreadable("the gateway sent no picture there.")
    if not text:
        raise Unreadable("the gateway sent an empty picture.")
    start = bytes(text[:LONGEST_DATA_HEADER])
    if b"\\" in start:
        text = memoryview(_unescaped(text).encode())
        start = bytes(text[:LONGEST_DATA_HEADER])
    if start[:5].lower() == b"data:":
        return _read_data_url(text, start)
    if re.match(rb"https?://", start, re.IGNORECASE):
        return _read_link(text)
    if re.match(rb"[A-Za-z0-9+/_-]{16}", start) is None:
        raise Unreadable("the gateway sent something that is neither a picture nor a link to one.")
    return Picture(content=_decoded(text), declared_type=declared[:100])


def _text(source: Where | None) -> memoryview | None:
    """The bytes of a JSON string without its quotes, escapes and all."""
    if isinstance(source, str):
        return memoryview(source.encode())
    if source is None:
        return None
    view = memoryview(source)
    return view[1:-1] if len(view) >= 2 and bytes(view[:1]) == b'"' else None


def _unescaped(text: memoryview) -> str:
    try:
        return msgspec.json.decode(b'"%s"' % bytes(text), type=str)
    except (msgspec.MsgspecError, UnicodeDecodeError) as error:
        raise Unreadable("the picture's text is damaged.") from error


def _read_link(text: memoryview) -> Picture:
    if len(text) > LONGEST_URL:
        raise Unreadable("the picture's link is too long.")
    return Picture(url=bytes(text).decode("utf-8", "replace"))


def _read_data_url(text: memoryview, start: bytes) -> Picture:
    header = _DATA_HEADER.match(start)
    if header is None:
        raise Unreadable("the picture's text is damaged.")
    declared = header[1].decode("ascii", "replace").strip().lower()
    if declared and not declared.startswith(PICTURE_TYPES):
        raise Unreadable(f"the gateway sent {declared[:60]} instead of a picture.")
    payload = text[header.end() :]
    if not payload:
        raise Unreadable("the gateway sent an empty picture.")
    is_base64 = header[2].lower().endswith(b";base64")
    content = _decoded(payload) if is_base64 else unquote_to_bytes(bytes(payload))
    return Picture(content=content, declared_type=declared)


def _decoded(text: memoryview) -> bytes:
    try:
        content = pybase64.b64decode(text, validate=True)
    except (binascii.Error, ValueError):
        content = _decoded_loosely(text)
    if not content:
        raise Unreadable("the gateway sent an empty picture.")
    return content


def _decoded_loosely(text: memoryview) -> bytes:
    """Base64 with line breaks, in the alphabet for URLs, or without its padding: seen, and harmless."""
    cleaned = re.sub(rb"\\[nrt/]|\s", lambda escape: b"/" if escape[0] == b"\\/" else b"", bytes(text)).rstrip(b"=")
    try:
        return pybase64.b64decode(cleaned + b"=" * (-len(cleaned) % 4), altchars=None, validate=True)
    except (binascii.Error, ValueError):
        pass
    try:
        return pybase64.b64decode(cleaned + b"=" * (-len(cleaned) % 4), altchars=b"-_", validate=True)
    except (binascii.Error, ValueError) as error:
        raise Unreadable("the picture's text is damaged.") from error
