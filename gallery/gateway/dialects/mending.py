"""JSON that is nearly some: what a strict reader stops at, though every picture in it is whole.

Programs in Python write NaN, infinities and numbers without measure, cut a character of two halves in the middle, or send
bytes that are no UTF-8. An answer is paid: these cost a letter or a number.
"""

import re
from typing import Any

import msgspec

# Strings are taken whole and many at a time, also one that never ends: nothing is looked at twice, whatever the bytes are.
_STRINGS = rb'(?:"[^"\\]*+(?:\\.[^"\\]*+)*+(?:"|\\?\Z)[^"NI\d-]*+)++'
_NUMBERS = rb"-?Infinity|NaN|-?\d++(?:\.\d++)?+[eE]\+?\d{3,}+|(?<![\d.])-?\d{20,}+(?![\d.eE])"
_PIECE = re.compile(_STRINGS + rb"|" + _NUMBERS, re.DOTALL)
_ESCAPE = re.compile(
    rb"\\(?:u[dD][89abAB][0-9a-fA-F]{2}\\u[dD][c-fC-F][0-9a-fA-F]{2}|(u[dD][89a-fA-F][0-9a-fA-F]{2})|.)", re.DOTALL
)


def mended(content: bytes) -> bytes:
    """The same with a sign for every broken letter, and null for what is no number that anybody can hold."""
    return _PIECE.sub(_mended_piece, content.decode("utf-8", "replace").encode())


def decode(content: bytes | memoryview) -> Any:
    """Plain JSON. Raises ValueError, RecursionError."""
    try:
        return msgspec.json.decode(content)
    except ValueError:
        return msgspec.json.decode(mended(bytes(content)))


def _mended_piece(piece: re.Match[bytes]) -> bytes:
    text = piece[0]
    if not text.startswith(b'"'):
        return b"null"
    return _ESCAPE.sub(lambda escape: rb"\ufffd" if escape[1] else escape[0], text) if rb"\u" in text else text
