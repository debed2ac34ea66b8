"""Recipes and other metadata put into, taken out of and read from files, with the pixels left alone."""

import io
import json
import struct
import zlib
from collections.abc import Callable
from typing import Any
from xml.etree import ElementTree

import pytest
from PIL import Image, ImageCms

from gallery.images import formats, metadata
from gallery.images.errors import PictureRefused
from gallery.images.metadata import packing, xmp
from tests.images import corpus
from tests.images.corpus import encode, picture

RECIPE: dict[str, Any] = {
    "proofsheet": 1,
    "prompt": "a red chair",
    "model": "routellm/flux_pro",
    "model_name": "Flux Pro",
    "parameters": {"seed": 7, "aspect_ratio": "1:1"},
    "spec": [{"name": "seed", "type": "integer"}],
}
PROMPTS = {
    "words": "a red chair",
    "every script": "كرسي أحمر 赤い椅子 红椅子 🪑👩🏽‍🎨 Stühle",
    "markup": "]]> <script>alert('1')</script> & &amp; <![CDATA[ --> <?xml?> </rdf:RDF></rdf:Description>",
    "lines": "one\r\ntwo\ttabbed\n\nthree\u2028four",
    "controls": "bell\x07 and \x00 null \x1b[0m \x7f \ufffe \uffff",
    "nothing": "",
    "long": "椅" * 32_000,
}
# What each file is made of: a format and a picture in every mode it can hold.
FILES: dict[str, tuple[str, bytes]] = {
    **{
        f"png {mode}": (formats.PNG, encode(picture(mode), "PNG"))
        for mode in ("1", "L", "LA", "P", "RGB", "RGBA", "I;16")
    },
    **{f"jpeg {mode}": (formats.JPEG, encode(picture(mode), "JPEG")) for mode in ("L", "RGB", "CMYK")},
    **{f"webp {mode}": (formats.WEBP, encode(picture(mode), "WEBP")) for mode in ("RGB", "RGBA")},
    **{
        f"webp lossless {mode}": (formats.WEBP, encode(picture(mode), "WEBP", lossless=True))
        for mode in ("RGB", "RGBA")
    },
    "jpeg progressive": (formats.JPEG, encode(corpus.noise((90, 70)), "JPEG", progressive=True)),
    "jpeg with restarts": (formats.JPEG, encode(corpus.noise((90, 70)), "JPEG", restart_marker_rows=1)),
    "png animated": (formats.PNG, corpus.animated("PNG", 4)),
    "webp animated": (formats.WEBP, corpus.animated("WEBP", 4)),
    "png with profile": (formats.PNG, encode(picture(), "PNG", icc_profile=corpus.swapped_profile(), gamma=0.4)),
    "jpeg with profile": (formats.JPEG, encode(picture(), "JPEG", icc_profile=corpus.swapped_profile())),
    "webp with profile": (formats.WEBP, encode(picture(), "WEBP", icc_profile=corpus.swapped_profile())),
    "png turned": (formats.PNG, corpus.with_exif(picture(), "PNG", 6)),
    "jpeg turned": (formats.JPEG, corpus.with_exif(picture(), "JPEG", 6)),
    "webp turned": (formats.WEBP, corpus.with_exif(picture(), "WEBP", 6)),
    "png odd and trailing": (formats.PNG, encode(picture(), "PNG") + b"more"),
    "jpeg odd and trailing": (formats.JPEG, encode(picture(), "JPEG") + b"more"),
}
ONE_OF_EACH = ["png RGB", "jpeg RGB", "webp RGB"]


def read_pixels(content: bytes) -> list[tuple[str, tuple[int, int], bytes, bytes | None]]:
    """Every frame as it is decoded, with the colour profile it is to be seen under."""
    with Image.open(io.BytesIO(content)) as image:
        frames = []
        for number in range(getattr(image, "n_frames", 1)):
            image.seek(number)
            frames.append((image.mode, image.size, image.tobytes(), image.info.get("icc_profile")))
    return frames


def embed(content: bytes, media_type: str, **changes: Any) -> bytes:
    return bytes(metadata.with_recipe(content, media_type, RECIPE | changes))


@pytest.mark.parametrize("name", FILES)
def test_a_recipe_goes_in_and_comes_back_and_no_pixel_changes(name: str) -> None:
    media_type, content = FILES[name]

    edited = metadata.with_recipe(content, media_type, RECIPE)
    written = bytes(edited)

    assert metadata.read_recipe(written, media_type) == RECIPE
    assert read_pixels(written) == read_pixels(content)
    assert edited.byte_size == len(written)


@pytest.mark.parametrize("name", FILES)
def test_a_picture_loses_what_is_told_of_it_and_keeps_what_it_looks_like(name: str) -> None:
    media_type, content = FILES[name]
    told = embed(content, media_type, prompt="ecret")

    written = bytes(metadata.without_metadata(told, media_type))

    assert b"ecret" not in written and b"proofsheet" not in written and not written.endswith(b"more")
    assert metadata.read_recipe(written, media_type) is None
    assert read_pixels(written) == read_pixels(content)
    assert len(written) <= len(content) + len("VP8X") + 14


@pytest.mark.parametrize("name", ONE_OF_EACH)
@pytest.mark.parametrize("prompt", PROMPTS)
def test_every_prompt_comes_back_to_the_letter(name: str, prompt: str) -> None:
    media_type, content = FILES[name]

    written = embed(content, media_type, prompt=PROMPTS[prompt])

    found = metadata.read_recipe(written, media_type)
    assert found is not None and found["prompt"] == PROMPTS[prompt]
    assert read_pixels(written) == read_pixels(content)


@pytest.mark.parametrize("name", ONE_OF_EACH)
def test_a_new_recipe_takes_the_place_of_the_old_one(name: str) -> None:
    media_type, content = FILES[name]

    written = embed(embed(content, media_type, prompt="an old tree"), media_type)

    assert written == embed(content, media_type)
    assert b"an old tree" not in written


@pytest.mark.parametrize("name", ONE_OF_EACH)
def test_other_programs_read_prompt_and_model(name: str) -> None:
    media_type, content = FILES[name]

    with Image.open(io.BytesIO(embed(content, media_type, prompt="a <red> chair"))) as image:
        packet = image.info["xmp"]

    text = packet if isinstance(packet, str) else packet.decode()
    assert '<dc:description><rdf:Alt><rdf:li xml:lang="x-default">a &lt;red&gt; chair</rdf:li>' in text
    assert "<xmp:CreatorTool>Proofsheet, Flux Pro</xmp:CreatorTool>" in text


FOREIGN = (
    '<x:xmpmeta xmlns:x="adobe:ns:meta/"><rdf:RDF xmlns:rdf="http://www.w3.org/1999/02/22-rdf-syntax-ns#">'
    '<rdf:Description rdf:about="" xmlns:dc="http://purl.org/dc/elements/1.1/" xmlns:a="urn:a/" a:source="a camera">'
    "<dc:description>theirs</dc:description></rdf:Description></rdf:RDF></x:xmpmeta>"
)


@pytest.mark.parametrize(
    ("name", "put_in"),
    [
        ("png RGB", lambda file, body: corpus.insert_png_chunk(file, b"iTXt", b"XML:com.adobe.xmp\0\0\0\0\0" + body)),
        (
            "jpeg RGB",
            lambda file, body: corpus.insert_jpeg_segment(file, 0xFFE1, b"http://ns.adobe.com/xap/1.0/\0" + body),
        ),
        ("webp RGB", lambda file, body: corpus.append_webp_chunk(file, b"XMP ", body)),
    ],
)
def test_what_others_wrote_stays_beside_the_recipe(name: str, put_in: Callable[[bytes, bytes], bytes]) -> None:
    media_type, content = FILES[name]

    written = embed(put_in(content, FOREIGN.encode()), media_type)
    again = embed(written, media_type)
    replaced = embed(put_in(content, b"<broken"), media_type)

    assert again == written
    assert b'a:source="a camera"' in written and b"theirs" in written and b"x-default" not in written
    assert metadata.read_recipe(written, media_type) == metadata.read_recipe(replaced, media_type) == RECIPE
    assert b"<broken" not in replaced


def test_a_recipe_moved_into_an_attribute_by_another_program_is_still_found() -> None:
    content = json.dumps(RECIPE).replace('"', "&quot;")
    packet = f'<r:Description xmlns:r="urn:r" xmlns:p="{xmp.NAMESPACE}" p:recipe="{content}"/>'.encode()

    assert xmp.find_recipe(packet + b"\0\0") == json.dumps(RECIPE).encode()


def test_a_png_whose_texts_were_dropped_is_read_from_its_xmp() -> None:
    written = embed(FILES["png RGB"][1], formats.PNG)
    start = written.index(b"iTXtproofsheet") - 4
    (length,) = struct.unpack_from(">I", written, start)

    assert metadata.read_recipe(written[:start] + written[start + 12 + length :], formats.PNG) == RECIPE


def test_a_jpeg_packs_what_is_long_then_leaves_out_the_spec_then_says_what_to_do() -> None:
    media_type, content = FILES["jpeg RGB"]
    noise = "".join(f"{value:02x}" for value in corpus.noise((180, 120)).tobytes())

    packed = embed(content, media_type, prompt="a long story " * 8000)
    without_spec = embed(content, media_type, spec=[{"name": noise}])

    assert metadata.read_recipe(packed, media_type) == RECIPE | {"prompt": "a long story " * 8000}
    assert metadata.read_recipe(without_spec, media_type) == {key: RECIPE[key] for key in RECIPE if key != "spec"}
    with pytest.raises(PictureRefused, match="too long for a JPEG file"):
        embed(content, media_type, prompt=noise)


def test_a_recipe_beyond_measure_is_refused() -> None:
    with pytest.raises(PictureRefused, match="too long to be kept inside"):
        embed(FILES["png RGB"][1], formats.PNG, prompt="a" * packing.LONGEST_JSON)


@pytest.mark.parametrize(
    ("pillow_name", "media_type"), [("PNG", formats.PNG), ("JPEG", formats.JPEG), ("WEBP", formats.WEBP)]
)
@pytest.mark.parametrize("orientation", [1, 2, 6, 8, 9])
def test_orientation_alone_is_kept_of_exif(pillow_name: str, media_type: str, orientation: int) -> None:
    content = corpus.with_exif(picture(), pillow_name, orientation)

    written = bytes(metadata.without_metadata(content, media_type))

    with Image.open(io.BytesIO(written)) as image:
        assert dict(image.getexif()) == ({0x0112: orientation} if orientation in (2, 6, 8) else {})
    assert b"ecret" in content and b"ecret" not in written
    assert written.count(b"Exif") <= 1
    assert bytes(metadata.without_metadata(written, media_type)) == written


def test_orientation_is_read_in_either_byte_order_and_broken_exif_is_dropped() -> None:
    little = b"II*\0" + struct.pack("<IHHHIHHI", 8, 1, 0x0112, 3, 1, 6, 0, 0)
    for exif, kept in ((little, 6), (little[:12], None), (b"II*\0\xff\xff\xff\xff", None), (b"nothing", None)):
        content = corpus.insert_jpeg_segment(FILES["jpeg RGB"][1], 0xFFE1, b"Exif\0\0" + exif)

        with Image.open(io.BytesIO(bytes(metadata.without_metadata(content, formats.JPEG)))) as image:
            assert image.getexif().get(0x0112) == kept


def test_small_old_pictures_inside_a_jpeg_are_dropped() -> None:
    content = FILES["jpeg RGB"][1]
    head = content.index(b"JFIF\0") - 4
    header = content[head + 4 : head + 16] + b"\2\1secret"
    with_thumbnail = content[:head] + struct.pack(">HH", 0xFFE0, len(header) + 2) + header + content[head + 18 :]

    written = bytes(metadata.without_metadata(with_thumbnail, formats.JPEG))

    assert b"secret" not in written
    with Image.open(io.BytesIO(written)) as image:
        assert image.info["jfif_version"] == (1, 1)


V1_CLAIM = b"\xa1\x6fclaim_generator\x78\x1bA studio of another company"
V2_CLAIM = b"\xa1\x74claim_generator_info\xa2\x64name\x67Painter\x67version\x611"


@pytest.mark.parametrize(
    ("claim", "generator"),
    [(V1_CLAIM, "A studio of another company"), (V2_CLAIM, "Painter"), (b"", ""), (b"\x6fclaim_generator\xff", "")],
)
@pytest.mark.parametrize(
    ("name", "put_in"),
    [
        ("png RGB", lambda file, store: corpus.insert_png_chunk(file, b"caBX", store)),
        ("jpeg RGB", corpus.jpeg_with_store),
        ("jpeg RGB", lambda file, store: corpus.jpeg_with_store(file, store, 50)),
        ("webp RGB", lambda file, store: corpus.append_webp_chunk(file, b"C2PA", store)),
    ],
)
def test_content_credentials_are_named_kept_with_a_recipe_and_gone_with_metadata(
    name: str, put_in: Callable[[bytes, bytes], bytes], claim: bytes, generator: str
) -> None:
    media_type, plain = FILES[name]
    content = put_in(plain, corpus.manifest_store("urn:c2pa:1234", claim))

    assert metadata.read_manifest(content, media_type) == ("urn:c2pa:1234", generator)
    assert metadata.read_manifest(embed(content, media_type), media_type) == ("urn:c2pa:1234", generator)
    assert bytes(metadata.without_metadata(content, media_type)) == bytes(metadata.without_metadata(plain, media_type))


@pytest.mark.parametrize(
    "store",
    [
        b"",
        b"\0\0\0\1jumb",
        corpus.box(b"jumb", b""),
        corpus.labelled_box("c2pa"),
        corpus.labelled_box("c2pa", corpus.labelled_box("line\nbreak")),
        corpus.manifest_store("urn:c2pa:1234")[:60],
        struct.pack(">I4sQ", 1, b"jumb", 2**64 - 1),
        struct.pack(">I4s", 0, b"jumb") * 500,
    ],
)
def test_credentials_that_make_no_sense_have_no_name(store: bytes) -> None:
    png = corpus.insert_png_chunk(FILES["png RGB"][1], b"caBX", store)
    jpeg = corpus.insert_jpeg_segment(FILES["jpeg RGB"][1], 0xFFEB, b"JP\0\1\0\0\0\1" + store)

    assert metadata.read_manifest(png, formats.PNG) is None
    assert metadata.read_manifest(jpeg, formats.JPEG) is None
    assert metadata.read_manifest(FILES["webp RGB"][1], formats.WEBP) is None


def itxt(body: bytes, *, is_packed: bool = True) -> bytes:
    return corpus.insert_png_chunk(
        FILES["png RGB"][1], b"iTXt", b"proofsheet\0" + (b"\1" if is_packed else b"\0") + b"\0\0\0" + body
    )


def in_webp(inside: str) -> bytes:
    packet = f'<a xmlns:p="{xmp.NAMESPACE}">{inside}</a>'
    return corpus.append_webp_chunk(FILES["webp RGB"][1], b"XMP ", packet.encode())


@pytest.mark.parametrize(
    ("media_type", "content"),
    [
        (formats.PNG, itxt(zlib.compress(b'"' + b"A" * 50 * 1024**2 + b'"'))),
        (formats.PNG, itxt(zlib.compress(b"{}")[:-3])),
        (formats.PNG, itxt(b"not packed at all")),
        (formats.PNG, itxt(b"[1]", is_packed=False)),
        (formats.PNG, itxt(b"[" * 100_000, is_packed=False)),
        (formats.PNG, itxt(b'{"a": NaN}', is_packed=False)),
        (formats.PNG, itxt(b"\xff\xfe", is_packed=False)),
        (formats.PNG, corpus.insert_png_chunk(FILES["png RGB"][1], b"iTXt", b"proofsheet\0\0")),
        (formats.WEBP, in_webp("<p:packed>" + packing.pack("A" * 50 * 1024**2) + "</p:packed>")),
        (formats.WEBP, in_webp("<p:packed>\u00e9\u00e9</p:packed>")),
        (formats.WEBP, in_webp("<p:recipe><p:recipe>{}</p:recipe>{}</p:recipe")),
        (formats.WEBP, in_webp("<p:recipe>{</p:recipe>")),
        (
            formats.WEBP,
            corpus.append_webp_chunk(FILES["webp RGB"][1], b"XMP ", b'<!DOCTYPE a [<!ENTITY b "{}">]><a>&b;</a>'),
        ),
        (formats.WEBP, corpus.append_webp_chunk(FILES["webp RGB"][1], b"XMP ", b"<a>" * 50_000)),
        (
            formats.WEBP,
            corpus.append_webp_chunk(FILES["webp RGB"][1], b"XMP ", b"<a>" + b" " * xmp.LONGEST_PACKET + b"</a>"),
        ),
        (
            formats.WEBP,
            corpus.append_webp_chunk(FILES["webp RGB"][1], b"XMP ", b'<?xml version="1.0" encoding="klingon"?><a/>'),
        ),
        (formats.GIF, encode(picture(), "GIF")),
    ],
)
def test_a_recipe_that_cannot_be_read_is_none(media_type: str, content: bytes) -> None:
    assert metadata.read_recipe(content, media_type) is None


def cut_everywhere(content: bytes) -> list[bytes]:
    return [content[:length] for length in range(len(content) - 1)]


BROKEN: dict[str, tuple[str, bytes]] = {
    "png length": (formats.PNG, b"\x89PNG\r\n\x1a\n" + struct.pack(">I", 2**32 - 1) + b"IHDR" + b"\0" * 40),
    "png endless": (formats.PNG, b"\x89PNG\r\n\x1a\n" + corpus.chunk(b"tEXt", b"") * 200_001),
    "not a png": (formats.PNG, b"\x89PNX" + b"\0" * 40),
    "not a jpeg": (formats.JPEG, b"\xff\xd9\xff\xd8"),
    "jpeg length": (formats.JPEG, b"\xff\xd8\xff\xe1\0\1\xff\xd9"),
    "jpeg marker": (formats.JPEG, b"\xff\xd8\xff\xd0\xff\xd9"),
    "jpeg padding": (formats.JPEG, b"\xff\xd8" + b"\xff" * 1000),
    "jpeg endless": (formats.JPEG, b"\xff\xd8" + b"\xff\xfe\0\2" * 200_001),
    "webp length": (formats.WEBP, b"RIFF\xff\xff\xff\xffWEBPVP8X" + b"\0" * 40),
    "webp chunk": (formats.WEBP, b"RIFF" + struct.pack("<I", 30) + b"WEBPVP8 \xff\xff\xff\xff" + b"\0" * 18),
    "webp endless": (formats.WEBP, b"RIFF" + struct.pack("<I", 4 + 8 * 200_001) + b"WEBP" + b"abcd\0\0\0\0" * 200_001),
    "not a webp": (formats.WEBP, b"RIFF\4\0\0\0WAVE"),
}


@pytest.mark.parametrize("name", BROKEN)
def test_a_broken_container_is_refused(name: str) -> None:
    media_type, content = BROKEN[name]

    for function in (metadata.without_metadata, metadata.read_recipe, metadata.read_manifest, embed):
        with pytest.raises(PictureRefused) as refused:
            function(content, media_type)
        assert refused.value.kind == "broken"


@pytest.mark.parametrize("name", [*ONE_OF_EACH, "jpeg progressive", "webp turned"])
def test_a_file_cut_anywhere_is_refused(name: str) -> None:
    media_type, content = FILES[name]

    for cut in cut_everywhere(content):
        with pytest.raises(PictureRefused):
            embed(cut, media_type)


@pytest.mark.parametrize(
    ("media_type", "content"),
    [
        (formats.PNG, b"\x89PNG\r\n\x1a\n" + corpus.chunk(b"IHDR", b"\0" * 13) + corpus.chunk(b"IEND", b"")),
        (formats.WEBP, b"RIFF\4\0\0\0WEBP"),
        (formats.WEBP, b"RIFF\x0c\0\0\0WEBPVP8X\0\0\0\0"),
        (formats.WEBP, b"RIFF\x0c\0\0\0WEBPVP8 \0\0\0\0"),
    ],
)
def test_a_file_without_a_picture_takes_no_recipe(media_type: str, content: bytes) -> None:
    with pytest.raises(PictureRefused) as refused:
        embed(content, media_type)

    assert refused.value.kind == "broken"


@pytest.mark.parametrize("media_type", [formats.GIF, formats.SVG, "image/tiff"])
def test_other_types_take_no_recipe(media_type: str) -> None:
    with pytest.raises(PictureRefused, match="Choose PNG, JPEG or WebP") as refused:
        embed(b"GIF89a", media_type)
    assert refused.value.kind == "unsupported_format"
    assert metadata.read_manifest(b"GIF89a", media_type) is None


def test_what_is_no_picture_of_ours_is_not_cleaned() -> None:
    with pytest.raises(PictureRefused, match="Choose PNG, JPEG or WebP"):
        metadata.without_metadata(b"II*", "image/tiff")


SECRETS_IN_GIF = b"!\xfe\x06secret\0", b"!\xff\x0bXMP DataXMP\x06secret\0", b"!\x01\x06secret\x06secret\0"


@pytest.mark.parametrize("secret", SECRETS_IN_GIF)
@pytest.mark.parametrize("frames", [1, 3])
def test_a_gif_loses_its_words_and_keeps_its_frames(secret: bytes, frames: int) -> None:
    content = corpus.animated("GIF", frames)
    start = 13 + (3 << (content[10] & 7) + 1 if content[10] & 0x80 else 0)
    told = content[:start] + secret + content[start:-1] + secret + content[-1:] + b"secret"

    assert bytes(metadata.without_metadata(told, formats.GIF)) == content
    for length in range(len(content) - 1):
        with pytest.raises(PictureRefused):
            metadata.without_metadata(told[:length], formats.GIF)


DRAWN = '<g id="a" fill="red"><path d="M0 0"/><text>“A &amp; B”</text><use xlink:href="#a"/></g>'
SECRETS_IN_SVG = [
    "<!-- secret -->",
    "<?secret secret?>",
    "<title>secret</title>",
    "<desc>secret <b>secret</b></desc>",
    '<metadata><rdf:RDF xmlns:rdf="urn:rdf"><rdf:li>secret</rdf:li></rdf:RDF></metadata>',
    '<s:metadata xmlns:s="http://www.w3.org/2000/svg">secret</s:metadata>',
    '<i:view xmlns:i="urn:inkscape" label="secret"><path d="secret"/></i:view>',
    '<view xmlns="urn:inkscape">secret<path/></view>',
    "<script>secret</script>",
]


@pytest.mark.parametrize("secret", SECRETS_IN_SVG)
def test_a_vector_loses_its_words_and_keeps_its_shapes(secret: str) -> None:
    plain = 'viewBox="0 0 2 1" xmlns:xlink="http://www.w3.org/1999/xlink"'
    told = corpus.svg(f'{plain} xmlns:i="urn:i" i:name="secret" aria-label="secret" data-p="secret"', secret + DRAWN)

    for content in (told, told.decode().encode("utf-16")):
        written = bytes(metadata.without_metadata(content, formats.SVG))
        assert b"secret" not in written
        assert ElementTree.canonicalize(written) == ElementTree.canonicalize(corpus.svg(plain, DRAWN))


def test_a_vectors_styles_lose_their_comments_alone() -> None:
    styled = "<style>/* secret */ g > path { fill: red } /* secret</style><g style='fill:red/*secret*/'/>"
    expected = corpus.svg(inside="<style> g > path { fill: red } </style><g style='fill:red'/>")

    written = bytes(metadata.without_metadata(corpus.svg(inside=styled), formats.SVG))
    assert ElementTree.canonicalize(written) == ElementTree.canonicalize(expected)


@pytest.mark.parametrize("content", [b"<svg", b"<!DOCTYPE svg><svg/>", b"<svg>&secret;</svg>", b""])
def test_a_vector_that_is_none_is_refused(content: bytes) -> None:
    with pytest.raises(PictureRefused) as refused:
        metadata.without_metadata(content, formats.SVG)
    assert refused.value.kind == "broken"


def test_a_large_file_is_handed_on_in_pieces() -> None:
    content = encode(corpus.noise((1000, 800)), "PNG", compress_level=0)

    edited = metadata.with_recipe(content, formats.PNG, RECIPE)

    chunks = list(edited.chunks())
    assert len(edited.pieces) == 4 and max(map(len, chunks)) <= 1024**2
    assert sum(map(len, chunks)) == edited.byte_size


def test_a_profile_that_is_kept_is_still_a_profile() -> None:
    written = bytes(metadata.without_metadata(FILES["webp with profile"][1], formats.WEBP))

    with Image.open(io.BytesIO(written)) as image:
        assert ImageCms.ImageCmsProfile(io.BytesIO(image.info["icc_profile"])).profile.xcolor_space == "RGB "
