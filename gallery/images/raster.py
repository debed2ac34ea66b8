"""Turns a raster file into upright 8-bit pixels, once. Runs in the decoder process only."""

import io
import warnings
from dataclasses import dataclass
from typing import BinaryIO

from PIL import (
    ExifTags,
    GifImagePlugin,
    Image,
    ImageCms,
    ImageFile,
    JpegImagePlugin,
    MpoImagePlugin,
    PngImagePlugin,
    TiffImagePlugin,
    WebPImagePlugin,
)

from gallery.images import formats, limits
from gallery.images.containers import too_many_pixels
from gallery.images.errors import PictureRefused

# Named so that they are registered before the first job: Pillow would otherwise load every plugin it has.
PLUGINS = (GifImagePlugin, JpegImagePlugin, MpoImagePlugin, PngImagePlugin, TiffImagePlugin, WebPImagePlugin)

TURNS = {
    2: Image.Transpose.FLIP_LEFT_RIGHT,
    3: Image.Transpose.ROTATE_180,
    4: Image.Transpose.FLIP_TOP_BOTTOM,
    5: Image.Transpose.TRANSPOSE,
    6: Image.Transpose.ROTATE_270,
    7: Image.Transpose.TRANSVERSE,
    8: Image.Transpose.ROTATE_90,
}
PROFILE_SPACES = {"RGB": "RGB ", "RGBA": "RGB ", "CMYK": "CMYK"}


@dataclass(frozen=True, kw_only=True)
class Raster:
    """`pixels` is upright RGB, RGBA (with some transparency) or CMYK; `profile` is its ICC profile, not yet applied."""

    pixels: Image.Image
    profile: bytes


def set_pillow_limits() -> None:
    Image.MAX_IMAGE_PIXELS = limits.MAX_PIXELS
    ImageFile.LOAD_TRUNCATED_IMAGES = False
    PngImagePlugin.MAX_TEXT_CHUNK = limits.MAX_TEXT_CHUNK_BYTES
    PngImagePlugin.MAX_TEXT_MEMORY = limits.MAX_TEXT_BYTES
    warnings.simplefilter("ignore")
    warnings.simplefilter("error", Image.DecompressionBombWarning)


def decode(file: BinaryIO, media_type: str) -> Raster:
    """Decode the first frame whole: this is the validation. Raises PictureRefused; MemoryError passes."""
    image = _load(file, media_type)
    orientation = _orientation(image)
    profile = image.info.get("icc_profile") or b""
    pixels = _plain(image)
    turn = TURNS.get(orientation)
    if turn is not None:
        pixels = pixels.transpose(turn)
    # Pillow writes what stands in `info` (profile, comment) into the files it saves.
    pixels.info = {}
    return Raster(pixels=pixels, profile=profile)


def to_srgb(image: Image.Image, profile: bytes) -> Image.Image:
    """Convert small copies only: a conversion costs more than the decode. A profile that makes no sense is left out."""
    converted = _apply_profile(image, profile) if 0 < len(profile) <= limits.MAX_PROFILE_BYTES else None
    if converted is None:
        converted = image.convert("RGB") if image.mode == "CMYK" else image
    converted.info = {}
    return converted


def _load(file: BinaryIO, media_type: str) -> Image.Image:
    try:
        image = Image.open(file, formats=(formats.PILLOW_NAMES[media_type],))
        if max(image.size) > limits.MAX_SIDE:
            raise PictureRefused("too_large", too_many_pixels(*image.size))
        image.load()
    except (MemoryError, PictureRefused):
        raise
    except (Image.DecompressionBombWarning, Image.DecompressionBombError) as error:
        raise PictureRefused("too_large", detail=str(error)) from error
    # A hostile file makes Pillow raise nearly anything: SyntaxError, struct.error, KeyError, OverflowError, …
    except Exception as error:
        is_bomb = isinstance(error, ValueError) and ("too large" in str(error) or "Too much memory" in str(error))
        raise PictureRefused("too_large" if is_bomb else "broken", detail=f"{type(error).__name__}: {error}") from error
    return image


def _orientation(image: Image.Image) -> int:
    """Read EXIF alone: Pillow's own reading also takes XMP, and would turn what browsers do not."""
    exif = Image.Exif()
    try:
        exif.load(image.info.get("exif", b""))
        return int(exif.get(ExifTags.Base.Orientation, 1))
    except Exception:
        return 1


def _plain(image: Image.Image) -> Image.Image:
    if image.mode.startswith("I;16"):
        # Pillow's own conversion clips at 255 instead of scaling.
        return image.point(lambda value: value * (1 / 256)).convert("L").convert("RGB")
    if image.mode == "CMYK":
        return image
    if not image.has_transparency_data:
        return image if image.mode == "RGB" else image.convert("RGB")
    pixels = image if image.mode == "RGBA" and "transparency" not in image.info else image.convert("RGBA")
    lowest_alpha = pixels.getchannel("A").getextrema()[0]
    return pixels.convert("RGB") if lowest_alpha == 255 else pixels


def _apply_profile(image: Image.Image, profile: bytes) -> Image.Image | None:
    try:
        source = ImageCms.ImageCmsProfile(io.BytesIO(profile))
        if source.profile.xcolor_space != PROFILE_SPACES[image.mode]:
            return None
        if image.mode != "CMYK" and "srgb" in (source.profile.profile_description or "").lower():
            return None
        mode = "RGB" if image.mode == "CMYK" else image.mode
        return ImageCms.profileToProfile(image, source, ImageCms.createProfile("sRGB"), outputMode=mode)
    except (ImageCms.PyCMSError, OSError, ValueError, TypeError):
        return None
