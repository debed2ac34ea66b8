"""What the decoder says about pictures, and which it refuses."""

import io
import struct
import zlib
from collections.abc import Callable
from pathlib import Path

import pytest
from PIL import Image

from gallery.images import formats
from gallery.images.decoder import Decoded
from gallery.images.errors import KINDS, PictureRefused
from tests.images import corpus
from tests.images.corpus import encode, picture

Decode = Callable[[bytes], Decoded]

GOOD = [
    ("RGB", "PNG", {}, formats.PNG, False),
    ("RGBA", "PNG", {}, formats.PNG, True),
    ("L", "PNG", {}, formats.PNG, False),
    ("LA", "PNG", {}, formats.PNG, True),
    ("1", "PNG", {}, formats.PNG, False),
    ("P", "PNG", {}, formats.PNG, False),
    ("PA", "PNG", {}, formats.PNG, True),
    ("I;16", "PNG", {}, formats.PNG, False),
    ("RGB", "PNG", {"transparency": (20, 40, 220)}, formats.PNG, True),
    ("RGB", "JPEG", {}, formats.JPEG, False),
    ("RGB", "JPEG", {"progressive": True}, formats.JPEG, False),
    ("L", "JPEG", {}, formats.JPEG, False),
    ("CMYK", "JPEG", {}, formats.JPEG, False),
    ("RGB", "WEBP", {}, formats.WEBP, False),
    ("RGBA", "WEBP", {"lossless": True}, formats.WEBP, True),
    ("P", "GIF", {}, formats.GIF, False),
    ("RGBA", "GIF", {}, formats.GIF, True),
]


@pytest.mark.parametrize(("mode", "pillow_name", "options", "media_type", "has_alpha"), GOOD)
def test_every_format_and_mode_is_decoded(
    decode: Decode, mode: str, pillow_name: str, options: dict[str, object], media_type: str, has_alpha: bool
) -> None:
    decoded = decode(encode(picture(mode), pillow_name, **options))

    assert (decoded.media_type, decoded.width, decoded.height) == (media_type, 60, 40)
    assert decoded.has_alpha is has_alpha
    assert not decoded.is_animated and not decoded.is_vector
    assert len(decoded.pixel_hash) == 64 and len(decoded.dhash) == 16
    with Image.open(decoded.thumbnails[0].path) as thumbnail:
        assert (thumbnail.format, thumbnail.size) == ("WEBP", (60, 40))
        assert thumbnail.has_transparency_data is has_alpha


def colour_at(image: Image.Image, left: int, top: int) -> list[int]:
    return list(image.convert("RGB").crop((left, top, left + 1, top + 1)).tobytes())


@pytest.mark.parametrize(("mode", "pillow_name"), [("RGB", "PNG"), ("CMYK", "JPEG"), ("P", "GIF"), ("RGBA", "WEBP")])
def test_thumbnails_show_the_colours_of_the_picture(decode: Decode, mode: str, pillow_name: str) -> None:
    decoded = decode(encode(picture(mode), pillow_name))

    with Image.open(decoded.thumbnails[0].path) as thumbnail:
        seen = [*colour_at(thumbnail, 20, 20), *colour_at(thumbnail, 45, 20)]
    assert seen == pytest.approx([220, 30, 40, 20, 40, 220], abs=30)


def test_sixteen_bit_greys_are_scaled_not_clipped(decode: Decode) -> None:
    decoded = decode(encode(picture("I;16"), "PNG"))

    with Image.open(decoded.thumbnails[0].path) as thumbnail:
        greys = [colour_at(thumbnail, 30, row)[0] for row in (2, 20, 37)]
    assert greys[0] < 30 < 100 < greys[1] < 160 < 220 < greys[2]


@pytest.mark.parametrize("pillow_name", ["JPEG", "PNG", "WEBP"])
@pytest.mark.parametrize("orientation", range(1, 9))
def test_exif_orientation_is_applied_once(decode: Decode, pillow_name: str, orientation: int) -> None:
    upright = picture()
    backwards = {5: 5, 6: 8, 7: 7, 8: 6}.get(orientation, orientation)
    turns = {2: 0, 3: 3, 4: 1, 5: 5, 6: 4, 7: 6, 8: 2}
    stored = upright if backwards == 1 else upright.transpose(Image.Transpose(turns[backwards]))

    decoded = decode(corpus.with_exif(stored, pillow_name, orientation))

    assert (decoded.width, decoded.height) == (60, 40)
    with Image.open(decoded.thumbnails[0].path) as thumbnail:
        red, green, blue = colour_at(thumbnail, 3, 2)
    assert green > 120 > max(red, blue)


def test_orientation_in_xmp_alone_is_left_to_browsers_which_ignore_it(decode: Decode) -> None:
    xmp = b'<x:xmpmeta xmlns:x="adobe:ns:meta/"><rdf tiff:Orientation="6"/></x:xmpmeta>'

    assert decode(encode(picture(), "JPEG", xmp=xmp)).width == 60


def test_thumbnails_carry_no_metadata(decode: Decode) -> None:
    content = corpus.with_exif(picture(size=(700, 500)), "JPEG", 1)
    assert b"Secret Camera" in content and b"secret comment" in content

    for thumbnail in decode(content).thumbnails:
        written = Path(thumbnail.path).read_bytes()
        assert not any(word in written for word in (b"ecret", b"EXIF", b"Exif", b"ICCP", b"XMP"))


@pytest.mark.parametrize("mode", ["RGB", "RGBA"])
def test_a_profile_is_applied_and_not_copied(decode: Decode, mode: str) -> None:
    decoded = decode(encode(picture(mode), "PNG", icc_profile=corpus.swapped_profile()))

    assert b"ICCP" not in Path(decoded.thumbnails[0].path).read_bytes()
    with Image.open(decoded.thumbnails[0].path) as thumbnail:
        red, _, blue = colour_at(thumbnail, 20, 20)
    assert red < 80 < 180 < blue
    assert decoded.has_alpha is (mode == "RGBA")


@pytest.mark.parametrize("profile", [b"nonsense", b"\0" * 200, b"x" * 3_000_000])
def test_a_senseless_profile_is_left_out(decode: Decode, profile: bytes) -> None:
    assert decode(encode(picture(), "JPEG", icc_profile=profile)).width == 60


@pytest.mark.parametrize(
    ("size", "expected"),
    [
        ((1, 1), [(1, 1)]),
        ((300, 300), [(300, 300)]),
        ((500, 250), [(320, 160), (500, 250)]),
        ((2000, 1000), [(320, 160), (640, 320), (1280, 640)]),
        ((1, 3000), [(1, 640), (1, 1280), (1, 2560)]),
        ((30000, 1), [(320, 1), (640, 1), (1280, 1)]),
    ],
)
def test_thumbnails_keep_shape_and_never_grow(
    decode: Decode, size: tuple[int, int], expected: list[tuple[int, int]]
) -> None:
    decoded = decode(encode(Image.new("RGB", size, "teal"), "PNG"))

    assert [(thumbnail.width, thumbnail.height) for thumbnail in decoded.thumbnails] == expected
    for thumbnail in decoded.thumbnails:
        with Image.open(thumbnail.path) as image:
            assert image.size == (thumbnail.width, thumbnail.height)
        assert Path(thumbnail.path).stat().st_size == thumbnail.byte_size
        assert Path(thumbnail.path).stat().st_mode & 0o777 == 0o600


@pytest.mark.parametrize(("pillow_name", "frames"), [("GIF", 200), ("WEBP", 30), ("PNG", 30)])
def test_frames_are_counted_and_the_first_is_shown(decode: Decode, pillow_name: str, frames: int) -> None:
    decoded = decode(corpus.animated(pillow_name, frames))

    assert decoded.is_animated and decoded.frames == frames
    assert decoded.colour.startswith("#00")


def test_a_frame_bomb_costs_no_time(decode: Decode) -> None:
    frame = b"\x2c" + struct.pack("<HHHHB", 0, 0, 1, 1, 0) + b"\x02\x02\x44\x01\x00"
    content = corpus.animated("GIF", 2)[:-1] + frame * 1_000_000 + b"\x3b"

    assert decode(content).frames == 10_000


@pytest.mark.parametrize(
    ("content", "has_credentials"),
    [
        (corpus.png(4, 4), False),
        (corpus.png(4, 4, corpus.chunk(b"caBX", b"manifest")), True),
        (encode(picture(), "JPEG"), False),
        (
            corpus.insert_jpeg_segment(encode(picture(), "JPEG"), 0xFFEB, b"JP\0\1\0\0\0\1\0\0\0\x20jumb..jumdc2pa"),
            True,
        ),
        (corpus.append_webp_chunk(encode(picture(), "WEBP"), b"C2PA", b"manifest"), True),
        (corpus.svg(inside='<metadata><m:manifest xmlns:m="http://c2pa.org/manifest">x</m:manifest></metadata>'), True),
    ],
)
def test_content_credentials_are_noticed(decode: Decode, content: bytes, has_credentials: bool) -> None:
    assert decode(content).has_content_credentials is has_credentials


def test_the_same_pixels_have_one_pixel_hash(decode: Decode, tmp_path: Path) -> None:
    hashes = set()
    for content in (encode(picture(), "PNG"), encode(picture("RGB").convert("RGBA"), "WEBP", lossless=True)):
        hashes.add(decode(content).pixel_hash)
        (tmp_path / "320.webp").unlink()
    assert len(hashes) == 1
    assert decode(encode(picture("L"), "PNG")).pixel_hash not in hashes


def test_near_duplicates_are_near_and_inversions_far(decode: Decode, tmp_path: Path) -> None:
    drawn = corpus.noise((12, 12)).resize((300, 300), Image.Resampling.BICUBIC)
    hashes = []
    for image in (drawn, drawn.resize((200, 200)), drawn.point(lambda value: 255 - value)):
        hashes.append(int(decode(encode(image, "PNG")).dhash, 16))
        (tmp_path / "320.webp").unlink()
    assert (hashes[0] ^ hashes[1]).bit_count() <= 5
    assert (hashes[0] ^ hashes[2]).bit_count() > 40


@pytest.mark.parametrize(
    ("image", "colour"),
    [
        (Image.new("RGB", (9, 9), "#336699"), "#336699"),
        (Image.new("RGBA", (9, 9), (0, 0, 0, 0)), "#888888"),
        (Image.new("RGB", (9, 9), "white"), "#ffffff"),
    ],
)
def test_the_colour_is_one_of_the_picture(decode: Decode, image: Image.Image, colour: str) -> None:
    assert decode(encode(image, "WEBP", lossless=True)).colour == colour


def test_a_lively_colour_wins_over_a_white_ground(decode: Decode) -> None:
    image = Image.new("RGB", (100, 100), "white")
    image.paste("#e08020", (0, 0, 60, 70))

    red, green, blue = bytes.fromhex(decode(encode(image, "PNG")).colour[1:])
    assert red > 180 and 90 < green < 160 and blue < 80


def test_bytes_after_the_picture_do_no_harm(decode: Decode, tmp_path: Path) -> None:
    for pillow_name in ("PNG", "JPEG", "GIF", "WEBP"):
        decoded = decode(encode(picture(), pillow_name) + b"<script>alert(1)</script>PK\x03\x04")
        assert b"<script>" not in Path(decoded.thumbnails[0].path).read_bytes()
        (tmp_path / "320.webp").unlink()


def plugin_samples() -> list[tuple[str, bytes]]:
    names = ["TIFF", "BMP", "ICO", "JPEG2000", "AVIF", "PCX", "PPM", "TGA", "EPS", "SGI", "QOI", "DDS", "ICNS", "PDF"]
    return [(name, encode(picture(size=(64, 64)), name)) for name in names]


@pytest.mark.parametrize(
    ("name", "content"), plugin_samples(), ids=lambda value: value if isinstance(value, str) else ""
)
def test_other_formats_are_refused(decode: Decode, name: str, content: bytes) -> None:
    with pytest.raises(PictureRefused) as refused:
        decode(content)
    assert refused.value.kind in ("unsupported_format", "not_a_picture")


@pytest.mark.parametrize(
    ("content", "kind", "word"),
    [
        (b"", "not_a_picture", "empty"),
        (b"<html><body>Sign in</body></html>", "not_a_picture", "not a picture"),
        (b'{"error": "quota"}', "not_a_picture", "not a picture"),
        (b"%PDF-1.7 ...", "not_a_picture", "not a picture"),
        (b"PK\x03\x04" + b"\0" * 60, "not_a_picture", "not a picture"),
        (b"\0\0\0\x20ftypisom" + b"\0" * 60, "not_a_picture", "not a picture"),
        (b"8BPS\0\1" + b"\0" * 60, "unsupported_format", "Photoshop"),
        (b"\0\0\0\x20ftypheic" + b"\0" * 60, "unsupported_format", "HEIC"),
        (encode(picture(), "TIFF"), "unsupported_format", "TIFF"),
        (encode(picture(), "BMP"), "unsupported_format", "BMP"),
        (encode(picture(), "ICO"), "unsupported_format", "ICO"),
        (b"\x89PNG\r\n\x1a\n" + b"\0" * 200, "broken", "damaged"),
        (b"\xff\xd8\xff\xe0" + b"\xff" * 200, "broken", "damaged"),
        (b"GIF89a" + b"\xff" * 200, "broken", "damaged"),
        (b"RIFF\x14\0\0\0WEBPVP8 " + b"\0" * 200, "broken", "damaged"),
        (corpus.png(0, 0), "broken", "damaged"),
        (corpus.png(4, 4, data=zlib.compress(b"\0" * 3)), "broken", "damaged"),
        (corpus.png(4, 4, data=b"not deflated"), "broken", "damaged"),
        (corpus.png(20_000, 20_000, data=zlib.compress(b"")), "too_large", "20000×20000"),
        (corpus.png(10_001, 10_000, data=b""), "too_large", "10001×10000"),
        (corpus.png(2**31 - 1, 1, data=b""), "too_large", "pixels"),
        (corpus.png(4, 4, corpus.text_bomb(100)), "too_large", "too large"),
        (corpus.png(4, 4, *[corpus.text_bomb(3)] * 40), "too_large", "too large"),
        (corpus.png(4, 4, corpus.chunk(b"iCCP", b"x\0\0" + zlib.compress(b"\0" * 10**8))), "too_large", "too large"),
    ],
)
def test_what_is_no_good_picture_is_refused(decode: Decode, content: bytes, kind: str, word: str) -> None:
    with pytest.raises(PictureRefused) as refused:
        decode(content)
    assert refused.value.kind == kind
    assert word in refused.value.sentence
    assert kind in KINDS


def test_a_webp_of_too_many_pixels_is_refused_by_its_header(decode: Decode) -> None:
    content = bytearray(corpus.append_webp_chunk(encode(picture("RGBA"), "WEBP"), b"TEST", b""))
    assert content[12:16] == b"VP8X"
    content[24:30] = (16_382).to_bytes(3, "little") * 2

    with pytest.raises(PictureRefused, match="16383×16383"):
        decode(bytes(content))


@pytest.mark.parametrize("part", [0.1, 0.5, 0.99, "last byte"])
@pytest.mark.parametrize(
    ("pillow_name", "options"), [("PNG", {}), ("JPEG", {}), ("JPEG", {"progressive": True}), ("WEBP", {}), ("GIF", {})]
)
def test_a_truncated_picture_is_refused(
    decode: Decode, pillow_name: str, options: dict[str, object], part: float | str
) -> None:
    whole = encode(corpus.noise((80, 80)), pillow_name, **options)
    cut = len(whole) - 1 if isinstance(part, str) else int(len(whole) * part)

    with pytest.raises(PictureRefused) as refused:
        decode(whole[:cut])
    assert refused.value.kind == "broken"


def test_flipped_bytes_never_end_in_anything_but_a_verdict(decode: Decode, tmp_path: Path) -> None:
    for pillow_name in ("PNG", "JPEG", "WEBP", "GIF"):
        whole = encode(corpus.noise((40, 40)), pillow_name)
        for place in range(0, len(whole), max(1, len(whole) // 40)):
            content = bytearray(whole)
            content[place] ^= 0xA5
            try:
                decode(bytes(content))
                (tmp_path / "320.webp").unlink()
            except PictureRefused as refused:
                assert refused.kind in ("broken", "not_a_picture", "too_large"), (pillow_name, place, refused.detail)


def test_an_exif_that_points_at_itself_is_survived(decode: Decode) -> None:
    loop = b"Exif\0\0II*\0\x08\0\0\0\x01\0\x69\x87\x04\0\x01\0\0\0\x08\0\0\0\x08\0\0\0"
    file = io.BytesIO()
    picture().save(file, "JPEG", exif=loop)

    assert decode(file.getvalue()).width == 60
