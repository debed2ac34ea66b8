"""The kinds of picture taken, told from their bytes alone: names and declared types are never looked at."""

import re

PNG, JPEG, WEBP, GIF, SVG = "image/png", "image/jpeg", "image/webp", "image/gif", "image/svg+xml"

EXTENSIONS = {PNG: "png", JPEG: "jpg", WEBP: "webp", GIF: "gif", SVG: "svg"}
PILLOW_NAMES = {PNG: "PNG", JPEG: "JPEG", WEBP: "WEBP", GIF: "GIF"}
SHORT_NAMES = {PNG: "PNG", JPEG: "JPEG", WEBP: "WebP", GIF: "GIF", SVG: "SVG"}

SNIFFED_BYTES = 4096
SIGNATURES = (
    (PNG, re.compile(rb"\x89PNG\r\n\x1a\n")),
    (JPEG, re.compile(rb"\xff\xd8\xff")),
    (WEBP, re.compile(rb"RIFF....WEBP", re.DOTALL)),
    (GIF, re.compile(rb"GIF8[79]a")),
)
REFUSED_SIGNATURES = (
    ("TIFF", re.compile(rb"II[\x2a\x2b]\x00|MM\x00[\x2a\x2b]")),
    ("BMP", re.compile(rb"BM.{4}\x00\x00\x00\x00", re.DOTALL)),
    ("ICO", re.compile(rb"\x00\x00[\x01\x02]\x00[\x01-\xff]\x00")),
    ("Photoshop", re.compile(rb"8BPS")),
    ("AVIF", re.compile(rb".{4}ftypavi[fs]", re.DOTALL)),
    ("HEIC", re.compile(rb".{4}ftyp(?:hei[cxms]|hev[cxms]|mif1|msf1)", re.DOTALL)),
    ("JPEG 2000", re.compile(rb"\x00\x00\x00\x0cjP  |\xff\x4f\xff\x51")),
    ("JPEG XL", re.compile(rb"\xff\x0a|\x00\x00\x00\x0cJXL ")),
    ("PostScript", re.compile(rb"%!PS|\xc5\xd0\xd3\xc6")),
    ("FITS", re.compile(rb"SIMPLE  =")),
    ("compressed SVG", re.compile(rb"\x1f\x8b\x08")),
)
BEFORE_ROOT = re.compile(r"\s+|<\?.*?\?>|<!--.*?-->|<!DOCTYPE\s[^\[>]*(?:\[.*?\]\s*)?>", re.DOTALL | re.IGNORECASE)
SVG_ROOT = re.compile(r"<(?:[A-Za-z_][\w.-]*:)?svg[\s>/]")
BYTE_ORDER_MARKS = ((b"\xef\xbb\xbf", "utf-8-sig"), (b"\xff\xfe", "utf-16"), (b"\xfe\xff", "utf-16"))


def sniff(head: bytes) -> str | None:
    """Tell the media type from a file's first SNIFFED_BYTES bytes; None when it is none of EXTENSIONS."""
    for media_type, signature in SIGNATURES:
        if signature.match(head):
            return media_type
    return SVG if _begins_as_svg(head[:SNIFFED_BYTES]) else None


def name_refused_format(head: bytes) -> str | None:
    """Name a picture format that is known and not taken, so that the refusal can say which it is."""
    return next((name for name, signature in REFUSED_SIGNATURES if signature.match(head)), None)


def _begins_as_svg(head: bytes) -> bool:
    encoding = next((name for mark, name in BYTE_ORDER_MARKS if head.startswith(mark)), "utf-8")
    text = head.decode(encoding, errors="ignore")
    position = 0
    while before := BEFORE_ROOT.match(text, position):
        position = before.end()
    return SVG_ROOT.match(text, position) is not None
