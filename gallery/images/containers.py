"""Walks a picture file block by block, without decoding: claimed size, frames, whether it is whole, C2PA manifest."""

import mmap
import struct
from collections.abc import Callable
from dataclasses import dataclass

from gallery.images import formats, limits
from gallery.images.errors import PictureRefused

Data = bytes | mmap.mmap
# JPEG's markers of a frame: all of FFC0 to FFCF but the tables DHT, JPG and DAC.
FRAME_HEADERS = frozenset(range(0xFFC0, 0xFFD0)) - {0xFFC4, 0xFFC8, 0xFFCC}


@dataclass(frozen=True, kw_only=True)
class Survey:
    """`width` and `height` are pixels as the header claims them, a JPEG’s before it is turned upright; 0 where it does not tell."""

    width: int = 0
    height: int = 0
    frames: int = 1
    is_whole: bool = True
    has_content_credentials: bool = False
    may_be_turned: bool = False


def survey(data: Data, media_type: str) -> Survey:
    """Raises PictureRefused: broken when blocks do not add up or the file ends early, too_large by the claimed size."""
    try:
        found = SURVEYS[media_type](data)
    except (struct.error, IndexError) as error:
        raise PictureRefused("broken", detail=f"blocks do not add up: {error}") from error
    if not found.is_whole:
        raise PictureRefused("broken", detail="the file ends before the picture does")
    if found.width * found.height > limits.MAX_PIXELS:
        raise PictureRefused("too_large", too_many_pixels(found.width, found.height))
    return found


def too_many_pixels(width: int, height: int) -> str:
    most = limits.MAX_PIXELS // 1_000_000
    return f"This picture has {width}×{height} pixels, more than the {most} million taken. Scale it down and try again."


def survey_png(data: Data) -> Survey:
    """Chunks as in https://www.w3.org/TR/png-3/#5Chunk-layout; C2PA sits in `caBX`."""
    width, height = struct.unpack_from(">II", data, 16)
    frames, has_credentials, position = 1, False, 8
    for _ in range(limits.MAX_BLOCKS):
        if position + 12 > len(data):
            return Survey(is_whole=False)
        length, kind = struct.unpack_from(">I4s", data, position)
        if kind == b"acTL":
            frames = max(1, struct.unpack_from(">I", data, position + 8)[0])
        has_credentials = has_credentials or kind == b"caBX"
        position += 12 + length
        if kind == b"IEND":
            return Survey(
                width=width,
                height=height,
                frames=min(frames, limits.MAX_FRAMES_COUNTED),
                is_whole=position <= len(data),
                has_content_credentials=has_credentials,
            )
    raise PictureRefused("broken", detail="too many chunks")


def survey_jpeg(data: Data) -> Survey:
    """Segments up to the first scan; C2PA sits in APP11 as a JUMBF box (ISO 19566-5)."""
    position, has_credentials, width, height = 2, False, 0, 0
    has_exif = False
    for _ in range(limits.MAX_BLOCKS):
        while data[position : position + 2] == b"\xff\xff":
            position += 1
        marker, length = struct.unpack_from(">HH", data, position)
        if marker == 0xFFDA:
            return Survey(
                width=width,
                height=height,
                is_whole=data.find(b"\xff\xd9", position) >= 0,
                has_content_credentials=has_credentials,
                may_be_turned=has_exif,
            )
        if marker < 0xFF01 or length < 2:
            break
        has_exif = has_exif or (marker == 0xFFE1 and data[position + 4 : position + 8] == b"Exif")
        if marker in FRAME_HEADERS:
            height, width = struct.unpack_from(">HH", data, position + 5)
        if marker == 0xFFEB and not has_credentials:
            segment = data[position : position + 2 + length]
            has_credentials = b"jumb" in segment and b"c2pa" in segment
        position += 2 + length
    raise PictureRefused("broken", detail="no scan after the headers")


def survey_webp(data: Data) -> Survey:
    """Chunks as in https://developers.google.com/speed/webp/docs/riff_container; C2PA sits in `C2PA`."""
    end = struct.unpack_from("<I", data, 4)[0] + 8
    if end > len(data):
        return Survey(is_whole=False)
    width, height = webp_canvas(data)
    frames, has_credentials, position = 0, False, 12
    for _ in range(limits.MAX_BLOCKS):
        if position + 8 > end:
            break
        kind, length = struct.unpack_from("<4sI", data, position)
        frames += kind == b"ANMF"
        has_credentials = has_credentials or kind == b"C2PA"
        position += 8 + length + length % 2
    return Survey(
        width=width,
        height=height,
        frames=min(max(1, frames), limits.MAX_FRAMES_COUNTED),
        has_content_credentials=has_credentials,
    )


def webp_canvas(data: Data) -> tuple[int, int]:
    kind = data[12:16]
    if kind == b"VP8X":
        return int.from_bytes(data[24:27], "little") + 1, int.from_bytes(data[27:30], "little") + 1
    if kind == b"VP8L":
        bits = struct.unpack_from("<I", data, 21)[0]
        return (bits & 0x3FFF) + 1, (bits >> 14 & 0x3FFF) + 1
    width, height = struct.unpack_from("<HH", data, 26)
    return width & 0x3FFF, height & 0x3FFF


def survey_gif(data: Data) -> Survey:
    """Blocks as in the GIF89a specification; C2PA sits in an application extension named `C2PA_GIF`."""
    width, height, flags = struct.unpack_from("<HHB", data, 6)
    position = 13 + _colour_table_bytes(flags)
    frames, has_credentials = 0, False
    while frames < limits.MAX_FRAMES_COUNTED:
        if position >= len(data):
            return Survey(is_whole=False)
        block = data[position]
        if block == 0x3B:
            break
        if block == 0x2C:
            frames += 1
            position = _skip_sub_blocks(data, position + 11 + _colour_table_bytes(data[position + 9]))
        elif block == 0x21:
            has_credentials = has_credentials or data[position + 3 : position + 11] == b"C2PA_GIF"
            position = _skip_sub_blocks(data, position + 2)
        else:
            raise PictureRefused("broken", detail=f"unknown block {block:#x}")
    return Survey(width=width, height=height, frames=max(1, frames), has_content_credentials=has_credentials)


def _colour_table_bytes(flags: int) -> int:
    return 3 << (flags & 7) + 1 if flags & 0x80 else 0


def _skip_sub_blocks(data: Data, position: int) -> int:
    while length := data[position]:
        position += 1 + length
    return position + 1


SURVEYS: dict[str, Callable[[Data], Survey]] = {
    formats.PNG: survey_png,
    formats.JPEG: survey_jpeg,
    formats.WEBP: survey_webp,
    formats.GIF: survey_gif,
}
