"""SVGs are looked through, never drawn."""

from collections.abc import Callable

import pytest

from gallery.images.decoder import Decoded
from gallery.images.errors import PictureRefused
from tests.images.corpus import BARE_SVG, svg

Decode = Callable[[bytes], Decoded]


@pytest.mark.parametrize(
    ("attributes", "size"),
    [
        ("", (1024, 1024)),
        ('viewBox="0 0 200 100"', (200, 100)),
        ('viewBox="-5,-5 20.5 41"', (20, 41)),
        ('width="300" height="150"', (300, 150)),
        ('width="2in" height="96px"', (192, 96)),
        ('width="10mm" height="1cm"', (38, 38)),
        ('width="100%" height="100%" viewBox="0 0 40 30"', (40, 30)),
        ('width="80" viewBox="0 0 40 30"', (80, 60)),
        ('height="60" viewBox="0 0 40 30"', (80, 60)),
        ('width="100000" height="50000"', (16384, 8192)),
        ('width="1e9" height="1"', (16384, 1)),
        ('width="-5" height="0"', (1024, 1024)),
        ('width="NaN" height="inf" viewBox="0 0 0 0"', (1024, 1024)),
        ('viewBox="0 0 1e999 a"', (1024, 1024)),
    ],
)
def test_the_size_comes_from_the_root_and_is_bounded(decode: Decode, attributes: str, size: tuple[int, int]) -> None:
    decoded = decode(svg(attributes))

    assert (decoded.width, decoded.height) == size
    assert decoded.is_vector and decoded.media_type == "image/svg+xml"
    assert (decoded.thumbnails, decoded.pixel_hash, decoded.dhash) == ((), "", "")


@pytest.mark.parametrize(
    ("inside", "colour"),
    [
        ("", "#888888"),
        ('<path fill="none"/><path fill="#FF8000"/><path fill="red"/>', "#ff8000"),
        ('<g style="stroke-width:2; fill: rgb(1, 2, 3)"/>', "#010203"),
        ('<stop stop-color="#abc"/>', "#aabbcc"),
        ('<path fill="url(#a)" stroke="teal"/>', "#008080"),
        ('<path fill="currentColor"/>', "#888888"),
    ],
)
def test_the_colour_is_the_first_one_painted_with(decode: Decode, inside: str, colour: str) -> None:
    assert decode(svg(inside=inside)).colour == colour


@pytest.mark.parametrize(
    "inside",
    [
        "<script>alert(1)</script>",
        '<foreignObject onload="x()"/>',
        '<image href="/etc/passwd"/>',
        "<style>@import url(http://127.0.0.1/x)</style>",
    ],
)
def test_scripts_are_kept_because_nothing_ever_runs_them(decode: Decode, inside: str) -> None:
    assert decode(svg(inside=inside)).is_vector


@pytest.mark.parametrize(
    ("content", "kind"),
    [
        (svg(before='<!DOCTYPE svg PUBLIC "-//W3C//DTD SVG 1.1//EN" "http://127.0.0.1/x.dtd">'), "unsupported_format"),
        (svg(before='<!DOCTYPE svg [<!ENTITY a "aa"><!ENTITY b "&a;&a;">]>', inside="&b;"), "unsupported_format"),
        (svg(before='<!DOCTYPE svg [<!ENTITY x SYSTEM "file:///etc/passwd">]>', inside="&x;"), "unsupported_format"),
        (b"<!DOCTYPE html><svg/>", "unsupported_format"),
        (svg(inside="<g>" * 300 + "</g>" * 300), "too_large"),
        (svg(inside="<g>" * 100_000), "too_large"),
        (svg(inside="<g/>" * 200_001), "too_large"),
        (svg(inside=" " * (5 * 1024**2)), "too_large"),
        (BARE_SVG[:-8], "broken"),
        (BARE_SVG + b"<p/>", "broken"),
        (svg(inside="&undefined;"), "broken"),
        (svg(before='<?xml version="1.0" encoding="nonsense"?>'), "broken"),
        (b"<svg><path/></svg>", "not_a_picture"),
        (b'<svg xmlns="http://www.w3.org/1999/xhtml"/>', "not_a_picture"),
    ],
)
def test_what_is_no_plain_svg_is_refused(decode: Decode, content: bytes, kind: str) -> None:
    with pytest.raises(PictureRefused) as refused:
        decode(content)
    assert refused.value.kind == kind
