"""Makes the mask a model reads out of what somebody painted or brought. The pixels are handled in the decoder process."""

import os

from gallery.images.arrivals import Source, incoming
from gallery.images.decoder import Decoder, shared_decoder
from gallery.images.errors import PictureNotStored


def make_mask(
    source: Source,
    *,
    folder: str | os.PathLike[str],
    size: tuple[int, int],
    reads: str,
    marks: str,
    max_source_bytes: int = 50 * 1024**2,
    decoder: Decoder = shared_decoder,
) -> bytes:
    """A PNG of exactly this size in two values. `reads` and `marks` say what marks a pixel, in what comes and in what is
    made: `white`, `black` or `transparent`. `folder` holds temporary files. Blocks. Raises PictureRefused
    (unsupported_format for another shape and where nothing is marked), PictureNotStored, DecoderNotStarted."""
    with incoming(folder, max_bytes=max_source_bytes) as arrival:
        arrival.write_all(source)
        arrival.finish()
        target = arrival.folder / "mask"
        decoder.mask(arrival.path, target, size=size, reads=reads, marks=marks)
        try:
            return target.read_bytes()
        except OSError as error:
            raise PictureNotStored(f"{type(error).__name__}: {error.strerror}") from error
