"""Bare pixels of a picture that comes with a request, decoded where all others are."""

import os
from dataclasses import dataclass

from gallery.images.arrivals import Source, incoming
from gallery.images.decoder import Decoder, shared_decoder
from gallery.images.errors import PictureNotStored, PictureRefused


@dataclass(frozen=True, kw_only=True)
class Flat:
    """`rgb` holds `width` × `height` pixels, three bytes each. `from_…` is what the file held, upright."""

    rgb: bytes
    width: int
    height: int
    from_media_type: str
    from_width: int
    from_height: int


def flatten(
    source: Source,
    *,
    folder: str | os.PathLike[str],
    max_side: int,
    max_source_bytes: int = 200 * 1024**2,
    decoder: Decoder = shared_decoder,
) -> Flat:
    """`folder` holds temporary files. Blocks for the decode. Raises PictureRefused, PictureNotStored, DecoderNotStarted."""
    with incoming(folder, max_bytes=max_source_bytes) as arrival:
        arrival.write_all(source)
        arrival.finish()
        target = arrival.folder / "flat"
        told = decoder.flat(arrival.path, target, max_side=max_side)
        try:
            rgb = target.read_bytes()
        except OSError as error:
            raise PictureNotStored(f"{type(error).__name__}: {error.strerror}") from error
    if min(told.width, told.height) < 1 or len(rgb) != 3 * told.width * told.height:
        # A taken-over process must not choose how much is read as what.
        raise PictureRefused("crashed", detail="not as many pixels as were told")
    return Flat(
        rgb=rgb,
        width=told.width,
        height=told.height,
        from_media_type=told.from_media_type,
        from_width=told.from_width,
        from_height=told.from_height,
    )
