"""Makes the file that somebody takes away: written anew in another format or size, with its recipe or without."""

import os
from dataclasses import dataclass

from gallery.images import metadata
from gallery.images.arrivals import Source, incoming
from gallery.images.boxes import Box
from gallery.images.decoder import Decoder, shared_decoder
from gallery.images.errors import PictureNotStored
from gallery.images.recipes import Recipe

ANY_SIDE = 65_535


@dataclass(frozen=True, kw_only=True)
class Exported:
    content: bytes
    media_type: str
    width: int
    height: int


def export(
    source: Source,
    *,
    folder: str | os.PathLike[str],
    media_type: str,
    max_side: int = ANY_SIDE,
    box: Box | None = None,
    recipe: Recipe | None = None,
    max_source_bytes: int = 200 * 1024**2,
    decoder: Decoder = shared_decoder,
) -> Exported:
    """Return the picture as PNG, JPEG or WebP, upright, in sRGB, no side above `max_side` pixels, never enlarged; with a
    `box` that part of it alone, as far as the picture reaches.

    Of an animated picture it is the first frame. Nothing of the file's own metadata stays; `recipe`, if any, goes in.
    `folder` holds temporary files. Blocks for the decode. Raises PictureRefused (unsupported_format for SVG),
    PictureNotStored, DecoderNotStarted.
    """
    with incoming(folder, max_bytes=max_source_bytes) as arrival:
        arrival.write_all(source)
        arrival.finish()
        target = arrival.folder / "exported"
        written = decoder.export(arrival.path, target, media_type=media_type, max_side=max_side, box=box)
        try:
            content = target.read_bytes()
        except OSError as error:
            raise PictureNotStored(f"{type(error).__name__}: {error.strerror}") from error
    if recipe is not None:
        content = bytes(metadata.with_recipe(content, media_type, recipe.to_json()))
    return Exported(content=content, media_type=media_type, width=written.width, height=written.height)
