"""Reference pictures made to fit a gateway."""

import io
from collections.abc import Callable
from pathlib import Path

import pytest
from PIL import Image

from gallery.images import formats
from gallery.images.decoder import Decoder
from gallery.images.errors import PictureRefused
from gallery.images.scaling import Fitted, fit
from tests.images import corpus
from tests.images.corpus import encode, picture

EVERY = (formats.PNG, formats.JPEG, formats.WEBP)
Fit = Callable[..., Fitted]


@pytest.fixture
def fit_in(decoder: Decoder, folder: Path) -> Fit:
    def fit_content(
        content: bytes, max_side: int = 2048, max_bytes: int = 10**7, media_types: tuple[str, ...] = EVERY
    ) -> Fitted:
        return fit(
            content, folder=folder, max_side=max_side, max_bytes=max_bytes, media_types=media_types, decoder=decoder
        )

    return fit_content


def test_a_picture_that_fits_is_sent_bit_for_bit(fit_in: Fit) -> None:
    content = encode(picture(), "PNG")

    fitted = fit_in(content)

    assert (fitted.content, fitted.media_type, fitted.done) == (content, formats.PNG, "")


@pytest.mark.parametrize(
    ("image", "pillow_name", "max_side", "media_types", "media_type", "size", "done"),
    [
        ("RGB", "PNG", 30, EVERY, formats.PNG, (30, 20), "scaled from 60×40 to 30×20"),
        ("RGB", "PNG", 99, (formats.JPEG,), formats.JPEG, (60, 40), "saved as JPEG"),
        ("RGBA", "WEBP", 30, (formats.JPEG,), formats.JPEG, (30, 20), "scaled from 60×40 to 30×20, saved as JPEG"),
        ("CMYK", "JPEG", 30, (formats.PNG,), formats.PNG, (30, 20), "scaled from 60×40 to 30×20, saved as PNG"),
        ("RGB", "GIF", 99, (formats.WEBP,), formats.WEBP, (60, 40), "saved as WebP"),
    ],
)
def test_a_picture_is_scaled_and_saved_as_the_gateway_wants(
    fit_in: Fit,
    image: str,
    pillow_name: str,
    max_side: int,
    media_types: tuple[str, ...],
    media_type: str,
    size: tuple[int, int],
    done: str,
) -> None:
    fitted = fit_in(encode(picture(image), pillow_name), max_side=max_side, media_types=media_types)

    assert (fitted.media_type, fitted.width, fitted.height, fitted.done) == (media_type, *size, done)
    with Image.open(io.BytesIO(fitted.content)) as sent:
        assert (sent.size, sent.format) == (size, formats.PILLOW_NAMES[media_type])


@pytest.mark.parametrize(
    ("max_bytes", "media_type"), [(200_000, formats.PNG), (60_000, formats.JPEG), (5_000, formats.JPEG)]
)
def test_a_picture_is_brought_under_the_bytes_with_as_little_loss_as_needed(
    fit_in: Fit, max_bytes: int, media_type: str
) -> None:
    fitted = fit_in(encode(corpus.noise((250, 250)), "PNG", compress_level=0), max_bytes=max_bytes)

    assert len(fitted.content) <= max_bytes
    assert fitted.media_type == media_type


def test_transparency_is_kept_where_the_gateway_takes_it(fit_in: Fit) -> None:
    fitted = fit_in(encode(picture("RGBA"), "PNG"), max_side=30, media_types=(formats.JPEG, formats.WEBP))

    with Image.open(io.BytesIO(fitted.content)) as sent:
        assert sent.format == "WEBP" and sent.has_transparency_data


def test_a_scaled_copy_is_upright_and_carries_no_metadata(fit_in: Fit) -> None:
    fitted = fit_in(corpus.with_exif(picture(), "JPEG", 6), max_side=30, media_types=(formats.JPEG,))

    assert (fitted.width, fitted.height) == (20, 30)
    assert b"ecret" not in fitted.content and b"Exif" not in fitted.content


@pytest.mark.parametrize(
    ("content", "max_bytes", "kind"),
    [
        (corpus.BARE_SVG, 10**6, "unsupported_format"),
        (b"<html>", 10**6, "not_a_picture"),
        (encode(picture(), "PNG")[:80], 10**6, "broken"),
        (encode(corpus.noise((90, 90)), "PNG"), 20, "too_large"),
    ],
)
def test_what_cannot_be_fitted_is_refused(fit_in: Fit, folder: Path, content: bytes, max_bytes: int, kind: str) -> None:
    with pytest.raises(PictureRefused) as refused:
        fit_in(content, max_bytes=max_bytes)

    assert refused.value.kind == kind
    assert list(folder.iterdir()) == []
