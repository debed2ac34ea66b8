"""What the record keeps of a request and a reply: everything but the pictures' bytes and the key."""

from collections.abc import Mapping
from typing import Any

import msgspec

LONGEST_STRING = 4000


def without_pictures(value: Any) -> Any:
    """The same JSON with data URLs and other long strings replaced by a note of their size."""
    if isinstance(value, str):
        return shortened(value)
    if isinstance(value, Mapping):
        return {str(key)[:200]: without_pictures(item) for key, item in value.items()}
    if isinstance(value, list | tuple):
        return [without_pictures(item) for item in value]
    return value


def shortened(text: str) -> str:
    if text.startswith("data:"):
        return f"{text[:40].partition(',')[0]},… ({len(text):,} characters)"
    return text if len(text) <= LONGEST_STRING else f"{text[:200]}… ({len(text):,} characters)"


def reply_record(status: int, body: bytes | memoryview) -> dict[str, Any]:
    """A reply as the record keeps it; a body that is not JSON is kept as the beginning of its text."""
    try:
        content = without_pictures(msgspec.json.decode(body))
    except (msgspec.DecodeError, RecursionError, UnicodeDecodeError):
        content = bytes(body[:LONGEST_STRING]).decode("utf-8", "replace").replace("\x00", "")
    return {"status": status, "body": content}
