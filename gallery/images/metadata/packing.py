"""A recipe's JSON as text and packed small, and both of them read back within bounds."""

import base64
import binascii
import json
import re
import zlib
from collections.abc import Mapping
from typing import Any

import msgspec

LONGEST_JSON = 1024 * 1024
# What neither XML nor UTF-8 can hold, where JSON itself lets it stand.
UNWRITABLE = re.compile("[\ufffe\uffff]")
SURROGATES = re.compile("[\ud800-\udfff]")


def encode_json(recipe: Mapping[str, Any]) -> str:
    """Compact, and fit to stand in XML once its `<`, `>` and `&` are escaped."""
    text = json.dumps(recipe, ensure_ascii=False, separators=(",", ":"))
    return UNWRITABLE.sub(lambda found: f"\\u{ord(found[0]):04x}", SURROGATES.sub("", text))


def decode_json(content: bytes) -> dict[str, Any] | None:
    if len(content) > LONGEST_JSON:
        return None
    try:
        return msgspec.json.decode(content, type=dict[str, Any])
    except (ValueError, RecursionError):
        return None


def pack(text: str) -> str:
    return base64.b64encode(zlib.compress(text.encode(), 9)).decode()


def unpack(text: str) -> bytes | None:
    try:
        return inflate(base64.b64decode(text, validate=True))
    except (binascii.Error, ValueError):
        return None


def inflate(content: bytes) -> bytes | None:
    """None for what is not whole, or larger than LONGEST_JSON once it is unpacked."""
    decompressor = zlib.decompressobj()
    try:
        unpacked = decompressor.decompress(content, LONGEST_JSON)
    except zlib.error:
        return None
    return unpacked if decompressor.eof else None
