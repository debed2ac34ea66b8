"""Whatever is sent to a page, it answers: 4xx with a sentence, never a fault of its own.

LibreChat CVE-2026-31949 (a missing `arg` ended the process), Mastodon CVE-2026-23963 (lists and texts without end), ComfyUI
CVE-2026-56674 (a malformed header was a 500), Django's own CVE-2026-5766 (understated lengths).
"""

import os
from collections.abc import Mapping
from typing import Any

import pytest

from tests.security.house import answer_of, everything_asked, field_names, strict_database, undone
from tests.test_permissions import World

pytestmark = pytest.mark.django_db

# All of it is tried with PROOFSHEET_FUZZ; else what broke something once, or would on another database.
IS_LONG = "PROOFSHEET_FUZZ" in os.environ
HOSTILE: dict[str, Any] = {
    "nothing": "",
    "nul": "a\x00b",
    "list": "[]",
    "object": '{"values": 1}',
    "huge": "9" * 30,
    "negative": "-1",
    "not a number": "NaN",
    "odd digits": "٣²",
    "half a character": '[{"model_key": "\\ud800", "values": {"prompt": "\\ud800\\u0000"}, "inputs": {}}]',
    "long": "x" * 20_000,
    "many": [str(number) for number in range(1, 12)],
}


def chosen(kinds: Mapping[str, Any], *names: str) -> list[str]:
    return list(kinds if IS_LONG else names)


def listed(broken: dict[str, str]) -> str:
    return "\n".join(f"{what}: {why}" for what, why in broken.items())


@pytest.mark.parametrize("kind", chosen(HOSTILE, "nul", "half a character", "huge", "odd digits"))
def test_no_form_breaks_on_any_value(kind: str, world: World) -> None:
    names, value = field_names(), HOSTILE[kind]
    broken = {}
    for asked in everything_asked(world, "post"):
        data = dict.fromkeys(names, value)
        for told in (data, data | asked.told) if IS_LONG else (data | asked.told,):
            with undone(), strict_database():
                status, why = answer_of(asked.client.post, asked.path, told)
            if status >= 500 and asked.row.name != "readyz":
                broken[asked.label] = why
    assert not broken, listed(broken)


PART = b'--x\r\nContent-Disposition: form-data; name="ids"'
FORM = "multipart/form-data; boundary=x"
BODIES = {
    "a list": ("application/json", b"[]"),
    "null": ("application/json", b"null"),
    "text": ("text/plain", b"\x00"),
    "not UTF-8": ("application/x-www-form-urlencoded", b"ids=%ff%fe&%00=%00&=&&&name=%ed%a0%80"),
    "unknown letters": ("application/x-www-form-urlencoded; charset=nonsense", b"ids=1"),
    "other letters": ("application/x-www-form-urlencoded; charset=utf-16", b"ids=1"),
    "no boundary": ("multipart/form-data", b"--x--"),
    "cut off": (FORM, PART + b"\r\n"),
    "bad base64": (FORM, PART + b"\r\nContent-Transfer-Encoding: base64\r\n\r\n%%%\r\n--x--\r\n"),
    "a file without a name": (FORM, PART + b'; filename="\x00"\r\n\r\n\r\n--x--'),
}


@pytest.mark.parametrize("kind", chosen(BODIES, "bad base64"))
def test_no_page_breaks_on_a_body_that_is_no_form(kind: str, world: World) -> None:
    media_type, body = BODIES[kind]
    broken = {}
    for asked in everything_asked(world, "post"):
        with undone(), strict_database():
            status, why = answer_of(asked.client.generic, "POST", asked.path, body, media_type)
        if status >= 500 and asked.row.name != "readyz":
            broken[asked.label] = why
    assert not broken, listed(broken)


QUERIES = {
    "page": "-1",
    "huge": "9" * 30,
    "nul": "a%00b",
    "no text": "%ff%fe",
    "list": "[]",
    "odd digits": "%D9%A3%C2%B2",
    "not a number": "NaN",
    "long": "x" * 20_000,
    "day": "9999-12-31",
}
# What views read from an address, beside what forms hold.
PARAMETERS = """
page q query sort order show shape size colour kind status since until cost unit model gateway group person tag board run batch
rating favourite rejected used stacks across layout days day top left width height mask of image images generation reference
preset only take draft before after find drawer stamp table chart by span at all places format side recipe next results own
text lasts can current first last
"""


@pytest.mark.parametrize("kind", chosen(QUERIES, "nul", "huge"))
def test_no_page_breaks_on_any_query(kind: str, world: World) -> None:
    names = sorted({*field_names(), *PARAMETERS.split()})
    value = QUERIES[kind]
    broken = {}
    for asked in everything_asked(world, "get"):
        own = "&".join(f"{name}={each}" for name, each in asked.told.items())
        several = "&".join(f"{name}={value}" for name in names[:: 1 if len(value) < 100 else 30])
        for query in (several, f"{own}&{several}") if IS_LONG else (f"{own}&{several}",):
            with undone(), strict_database():
                status, why = answer_of(asked.client.get, f"{asked.path}?{query}")
            if status >= 500 and asked.row.name != "readyz":
                broken[asked.label] = why
    assert not broken, listed(broken)
