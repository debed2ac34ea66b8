"""What the record keeps of a request and a reply: everything but the pictures' bytes and the key."""

from collections.abc import Mapping
from typing import Any

import msgspec

from gallery.gateway import client, errors, messages

LONGEST_STRING = 4000


def without_pictures(value: Any) -> Any:
    """The same JSON with data URLs and other long strings replaced by a note of their size."""
    if isinstance(value, str):
        return shortened(value)
    if isinstance(value, Mapping):
        return {storable(str(key)[:200]): without_pictures(item) for key, item in value.items()}
    if isinstance(value, messages.InputPicture):
        return f"{value.media_type},… ({len(value.content):,} bytes)"
    if isinstance(value, list | tuple):
        return [without_pictures(item) for item in value]
    return value


def shortened(text: str) -> str:
    if text.startswith("data:"):
        return f"{text[:40].partition(',')[0]},… ({len(text):,} characters)"
    return storable(text if len(text) <= LONGEST_STRING else f"{text[:200]}… ({len(text):,} characters)")


def storable(text: str) -> str:
    """Without the one character that PostgreSQL keeps nowhere, neither in text nor in JSON."""
    return text.replace("\x00", "")


def reply_record(reply: messages.Reply) -> dict[str, Any]:
    """A reply as the record keeps it, a stream as the list of its events; what is not JSON as the beginning of its text."""
    try:
        content = without_pictures(client.reply_json(reply))
    except (msgspec.DecodeError, RecursionError, UnicodeDecodeError, errors.GatewayError):
        content = shortened_text(bytes(reply.body[:LONGEST_STRING]))
    return {"status": reply.status, "body": content}


def shortened_text(beginning: bytes) -> str:
    return storable(beginning.decode("utf-8", "replace"))


def finish_reason(record: Mapping[str, Any] | None) -> str:
    """Why the answer ended, by the record of its reply; "" where nothing was told."""
    body = (record or {}).get("body")
    told = [_reason_in(event) for event in (body if isinstance(body, list) else [body])]
    return next((reason for reason in reversed(told) if reason), "")


def _reason_in(event: Any) -> str:
    choices = event.get("choices") if isinstance(event, Mapping) else None
    first = choices[0] if isinstance(choices, list) and choices else None
    reason = first.get("finish_reason") if isinstance(first, Mapping) else None
    return reason if isinstance(reason, str) else ""
