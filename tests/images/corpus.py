"""Pictures and non-pictures made on the fly, as bytes."""

import io
import struct
import zlib
from typing import Any

from PIL import Image, ImageCms, ImageDraw

GRADIENT = Image.linear_gradient("L")
BARE_SVG = (
    b'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 200 100"><rect width="9" height="9" fill="#ff8000"/></svg>'
)


def picture(mode: str = "RGB", size: tuple[int, int] = (60, 40)) -> Image.Image:
    """Red on its left, blue on its right, a green mark in its top left corner; transparent below where the mode can."""
    image = Image.new("RGBA", size, (220, 30, 40, 255))
    draw = ImageDraw.Draw(image)
    draw.rectangle((size[0] // 2, 0, size[0], size[1]), fill=(20, 40, 220, 255))
    draw.rectangle((0, 0, size[0] // 6, size[1] // 6), fill=(0, 200, 0, 255))
    if mode in ("RGBA", "LA", "PA"):
        draw.rectangle((0, size[1] * 3 // 4, size[0], size[1]), fill=(0, 0, 0, 0))
    if mode == "PA":
        return image.quantize(16, Image.Quantize.FASTOCTREE)
    if mode == "I;16":
        return GRADIENT.resize(size).convert("I").point(lambda value: value * 257).convert("I;16")
    return image.convert(mode if mode in ("RGBA", "LA") else "RGB").convert(mode)


def encode(image: Image.Image, pillow_name: str, **options: Any) -> bytes:
    file = io.BytesIO()
    image.save(file, pillow_name, **options)
    return file.getvalue()


def with_exif(image: Image.Image, pillow_name: str, orientation: int) -> bytes:
    """Also carries a camera name, a place and, in a JPEG, a comment."""
    exif = Image.Exif()
    exif[0x0112] = orientation
    exif[0x010F] = "Secret Camera"
    exif.get_ifd(0x8825)[1] = "N"
    options = {"comment": b"secret comment"} if pillow_name == "JPEG" else {}
    return encode(image, pillow_name, exif=exif, **options)


def noise(size: tuple[int, int], seed: int = 1) -> Image.Image:
    state, samples = seed, bytearray()
    for _ in range(size[0] * size[1]):
        state = (state * 1103515245 + 12345) & 0x7FFFFFFF
        samples += bytes((state >> 8 & 255, state >> 14 & 255, state >> 20 & 255))
    return Image.frombytes("RGB", size, bytes(samples))


def animated(pillow_name: str, frames: int) -> bytes:
    first, *rest = [Image.new("RGB", (20, 20), (0, number * 83 % 256, number * 47 % 256)) for number in range(frames)]
    options = {"lossless": True} if pillow_name == "WEBP" else {}
    return encode(first, pillow_name, save_all=True, append_images=rest, duration=20, **options)


def srgb_profile() -> bytes:
    return ImageCms.ImageCmsProfile(ImageCms.createProfile("sRGB")).tobytes()


def swapped_profile() -> bytes:
    """A profile under which pure red is seen as blue, and blue as red."""
    swapped = srgb_profile().replace(b"rXYZ", b"?XYZ").replace(b"bXYZ", b"rXYZ").replace(b"?XYZ", b"bXYZ")
    return swapped.replace("sRGB".encode("utf-16-be"), "mine".encode("utf-16-be"))


def chunk(kind: bytes, body: bytes) -> bytes:
    return struct.pack(">I", len(body)) + kind + body + struct.pack(">I", zlib.crc32(kind + body))


def png(width: int, height: int, *extra: bytes, data: bytes | None = None) -> bytes:
    """A grey PNG by hand, with more chunks between its header and its data."""
    header = chunk(b"IHDR", struct.pack(">IIBBBBB", width, height, 8, 0, 0, 0, 0))
    rows = zlib.compress(b"\0" * ((width + 1) * height)) if data is None else data
    return b"\x89PNG\r\n\x1a\n" + header + b"".join(extra) + chunk(b"IDAT", rows) + chunk(b"IEND", b"")


def text_bomb(megabytes: int) -> bytes:
    return chunk(b"zTXt", b"key\0\0" + zlib.compress(b"A" * megabytes * 1024**2))


def insert_jpeg_segment(content: bytes, marker: int, body: bytes) -> bytes:
    return content[:2] + struct.pack(">HH", marker, len(body) + 2) + body + content[2:]


def append_webp_chunk(content: bytes, kind: bytes, body: bytes) -> bytes:
    inner = content[8:] + kind + struct.pack("<I", len(body)) + body + b"\0" * (len(body) % 2)
    return b"RIFF" + struct.pack("<I", len(inner)) + inner


def svg(attributes: str = 'viewBox="0 0 200 100"', inside: str = "", before: str = "") -> bytes:
    return f'{before}<svg xmlns="http://www.w3.org/2000/svg" {attributes}>{inside}</svg>'.encode()


def box(kind: bytes, body: bytes) -> bytes:
    return struct.pack(">I", len(body) + 8) + kind + body


def labelled_box(label: str, *inside: bytes) -> bytes:
    """A JUMBF superbox: its description with a label, then what is in it."""
    return box(b"jumb", box(b"jumd", b"\0" * 16 + b"\x03" + label.encode() + b"\0") + b"".join(inside))


def manifest_store(label: str, claim: bytes = b"") -> bytes:
    """Content credentials with an older manifest before the active one."""
    older = labelled_box("urn:c2pa:older")
    active = labelled_box(label, labelled_box("c2pa.claim", box(b"cbor", claim)))
    return labelled_box("c2pa", older, active)


def jpeg_with_store(content: bytes, store: bytes, piece_bytes: int = 60_000) -> bytes:
    """The store in as many APP11 segments as it takes, the box header in each of them."""
    pieces = [store[8:][start : start + piece_bytes] for start in range(0, len(store) - 8, piece_bytes)]
    for number, piece in reversed(list(enumerate(pieces, 1))):
        content = insert_jpeg_segment(content, 0xFFEB, b"JP" + struct.pack(">HI", 1, number) + store[:8] + piece)
    return content


def insert_png_chunk(content: bytes, kind: bytes, body: bytes) -> bytes:
    """Right behind the header."""
    return content[:33] + chunk(kind, body) + content[33:]
