"""Broken pictures: small good ones of every kind, spoilt, get a verdict from the child and cost it nothing.

Those who walk through a file without drawing it (surveys, recipes, removal of metadata) are held to the same.
"""

from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from gallery.images import containers, formats, metadata
from gallery.images.decoder import Decoder
from gallery.images.errors import PictureRefused
from tests.fuzz import hostile
from tests.fuzz.effort import bounded
from tests.images import corpus

RECIPE = {"proofsheet": 1, "prompt": "a red chair", "model": "routellm/flux_pro"}


def seeds() -> Iterator[tuple[str, bytes]]:
    """Small ones, each with as many kinds of blocks as its container has."""
    profile = corpus.srgb_profile()
    yield "png", corpus.encode(corpus.picture("RGBA", (9, 7)), "PNG", icc_profile=profile)
    yield "png of sixteen bits", corpus.encode(corpus.picture("I;16", (9, 7)), "PNG")
    yield "png in colours of a list", corpus.encode(corpus.picture("PA", (9, 7)), "PNG")
    yield "png with words", corpus.png(4, 4, corpus.text_bomb(0), corpus.chunk(b"iTXt", b"k\0\0\0\0\0words"))
    yield "moving png", corpus.animated("PNG", 2)
    yield "jpeg", corpus.with_exif(corpus.picture(size=(17, 9)), "JPEG", 6)
    yield "jpeg in cmyk", corpus.encode(corpus.picture("CMYK", (17, 9)), "JPEG", progressive=True)
    yield "webp", corpus.with_exif(corpus.picture("RGBA", (9, 7)), "WEBP", 3)
    yield "moving webp", corpus.animated("WEBP", 2)
    yield "gif", corpus.encode(corpus.picture("P", (9, 7)), "GIF")
    yield "moving gif", corpus.animated("GIF", 3)
    yield "svg", corpus.svg(inside='<g style="fill:#123"><path d="M0 0" fill="url(#a)"/></g><metadata>x</metadata>')


SEEDS = dict(seeds())


@pytest.fixture(scope="module")
def decode() -> Iterator[Callable[[bytes, Path], str]]:
    decoder = Decoder(children=1)

    def verdict(content: bytes, folder: Path) -> str:
        for path in folder.iterdir():
            path.unlink()
        (folder / "original").write_bytes(content)
        try:
            return decoder.decode(folder / "original", folder).media_type
        except PictureRefused as refused:
            return refused.kind

    yield verdict
    decoder.close()


@pytest.mark.parametrize("name", SEEDS)
def test_every_spoilt_picture_gets_its_verdict(name: str, decode: Callable[[bytes, Path], str], tmp_path: Path) -> None:
    @bounded(8)
    @given(content=hostile.spoilt(SEEDS[name]))
    def spoil(content: bytes) -> None:
        assert decode(content, tmp_path) not in ("crashed", "too_slow")

    spoil()
    assert decode(SEEDS[name], tmp_path).startswith("image/")


@pytest.mark.parametrize("name", SEEDS)
@bounded(8)
@given(data=st.data())
def test_every_spoilt_file_is_walked_through_or_refused(name: str, data: st.DataObject) -> None:
    content = data.draw(hostile.spoilt(SEEDS[name]))
    media_type = str(formats.sniff(SEEDS[name][: formats.SNIFFED_BYTES]))
    surveys = (containers.survey,) if media_type in containers.SURVEYS else ()
    for walk in (*surveys, metadata.without_metadata, metadata.read_recipe, metadata.read_manifest):
        try:
            walk(content, media_type)
        except PictureRefused as refused:
            assert refused.sentence
    try:
        metadata.with_recipe(content, media_type, RECIPE)
    except PictureRefused as refused:
        assert refused.sentence
