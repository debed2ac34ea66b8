"""Values, JSON and bytes as somebody would write them who wants to break a reader."""

import json
from typing import Any

from hypothesis import strategies as st

# Halves of characters, NUL, marks that turn the direction, ends of lines, a key of somebody's.
ODD = "\x00\ud800\u202e\u2028\r\n\x1b\\\"'{}[]<>|,:;\u0130\ufb01٣²"
texts = st.text(st.one_of(st.characters(), st.sampled_from(ODD)), max_size=40)
numbers = st.one_of(
    st.integers(),
    st.integers(min_value=-(10**40), max_value=10**40),
    st.floats(allow_nan=True, allow_infinity=True),
    st.sampled_from([10**400, 1e308, -1e308, 5e-324, 2**63, -(2**63) - 1, 2**64]),
)
scalars = st.one_of(st.none(), st.booleans(), numbers, texts)

PAYLOADS = [
    "",
    "!!!!",
    "iVBORw0KGgo=",
    "PGh0bWw+",
    "iVBO\nRw0K",
    "A" * 17,
    "_-_-_-_-_-_-_-_-_-_-",
    "%3Csvg%3E",
    "\ud83d",
]
HEADS = [
    "data:image/png;base64,", "DATA:IMAGE/PNG;BASE64,", "data:image/png,", "data:;base64,", "data:,", "data:",
    "data:image/png;charset=utf-8;base64,", "data: image/png ; base64 ,", "data:image/svg+xml;utf8,", "data:text/html;base64,",
    "data:image/png;name=../../x;base64,", "https://127.0.0.1/", "http://[::1", "file:///etc/passwd", "javascript:", "",
]  # fmt: skip
links = st.one_of(st.builds(str.__add__, st.sampled_from(HEADS), st.one_of(st.sampled_from(PAYLOADS), texts)), texts)


def trees(names: list[str]) -> st.SearchStrategy[Any]:
    """Any JSON, its fields mostly called as the fields that are looked for."""
    keys = st.one_of(st.sampled_from(names), texts)
    return st.recursive(
        st.one_of(scalars, links),
        lambda inner: st.one_of(st.lists(inner, max_size=4), st.dictionaries(keys, inner, max_size=5)),
        max_leaves=20,
    )


def as_json(value: Any) -> bytes:
    """NaN and infinities stand in it as Python writes them; halves of characters as escapes, or as they are in broken UTF-8."""
    return json.dumps(value).encode()


@st.composite
def spoilt(draw: st.DrawFn, good: bytes) -> bytes:
    """Good bytes with a few of them changed, cut, doubled or replaced."""
    content = bytearray(good)
    for _ in range(draw(st.integers(1, 4))):
        at = draw(st.integers(0, max(len(content) - 1, 0)))
        size = draw(st.integers(0, 12))
        how = draw(st.sampled_from(["change", "cut", "double", "insert", "end"]))
        if how == "change":
            content[at : at + size] = draw(st.binary(max_size=12))
        elif how == "cut":
            del content[at : at + size]
        elif how == "double":
            content[at:at] = content[at : at + size * 8]
        elif how == "insert":
            content[at:at] = draw(
                st.sampled_from([b"\xff" * 4, b"\0" * 8, b"\x7f\xff\xff\xff", b"\x80\0\0\0", b"[" * 2000])
            )
        else:
            del content[at:]
    return bytes(content)
