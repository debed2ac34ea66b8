import pytest

from gallery.images import formats
from tests.images import corpus


@pytest.mark.parametrize(
    ("head", "media_type"),
    [
        (b"\x89PNG\r\n\x1a\n....", formats.PNG),
        (b"\xff\xd8\xff\xe0....", formats.JPEG),
        (b"RIFF\x24\x00\x00\x00WEBPVP8 ", formats.WEBP),
        (b"GIF87a", formats.GIF),
        (b"GIF89a", formats.GIF),
        (corpus.BARE_SVG, formats.SVG),
        (b"\xef\xbb\xbf \n<?xml version='1.0'?><!-- drawn --><svg>", formats.SVG),
        (b'<!DOCTYPE svg PUBLIC "a" "b" [<!ENTITY a "b">]><svg ', formats.SVG),
        ("\ufeff<svg ".encode("utf-16-le"), formats.SVG),
        (b"<s:svg xmlns:s=''>", formats.SVG),
    ],
)
def test_the_type_is_told_from_the_bytes(head: bytes, media_type: str) -> None:
    assert formats.sniff(head) == media_type


@pytest.mark.parametrize(
    "head",
    [
        b"",
        b"\x89PNG",
        b" \x89PNG\r\n\x1a\n",
        b"RIFF\x24\x00\x00\x00WAVE",
        b"<html><svg>",
        b"<!-- <svg> -->",
        b"<svgfoo>",
        b"svg",
        b"PK\x03\x04",
        b"%PDF-1.7",
    ],
)
def test_other_bytes_have_no_type(head: bytes) -> None:
    assert formats.sniff(head) is None


def test_a_long_head_is_looked_at_in_linear_time() -> None:
    assert formats.sniff(b"<!--" * 1024) is None
    assert formats.sniff(b"<!DOCTYPE " + b"[" * 4000) is None


def test_every_type_has_an_extension_and_a_name() -> None:
    assert formats.EXTENSIONS.keys() == formats.SHORT_NAMES.keys() == formats.PILLOW_NAMES.keys() | {formats.SVG}
