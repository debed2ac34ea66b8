"""Makes a reference picture fit what a gateway takes. The pixels are handled in the decoder process."""

import os
from collections.abc import Sequence
from dataclasses import dataclass

from gallery.images import formats
from gallery.images.arrivals import Source, incoming
from gallery.images.decoder import Decoder, Rescaled, shared_decoder
from gallery.images.errors import PictureNotStored


@dataclass(frozen=True, kw_only=True)
class Fitted:
    """`done` says what was changed, as in "scaled from 6000×4000 to 2048×1365, saved as JPEG"; "" when nothing was."""

    content: bytes
    media_type: str
    width: int
    height: int
    done: str


def fit(
    source: Source,
    *,
    folder: str | os.PathLike[str],
    max_side: int,
    max_bytes: int,
    media_types: Sequence[str],
    max_source_bytes: int = 200 * 1024**2,
    decoder: Decoder = shared_decoder,
) -> Fitted:
    """Return the picture with no side above `max_side` pixels, at most `max_bytes` bytes, in one of `media_types`.

    A picture that fits comes back bit for bit. `folder` holds temporary files. Raises PictureRefused
    (unsupported_format for SVG, too_large when nothing helps), PictureNotStored, DecoderNotStarted.
    """
    with incoming(folder, max_bytes=max_source_bytes) as arrival:
        arrival.write_all(source)
        arrival.finish()
        target = arrival.folder / "rescaled"
        rescaled = decoder.rescale(
            arrival.path, target, max_side=max_side, max_bytes=max_bytes, media_types=media_types
        )
        try:
            content = (arrival.path if rescaled.is_unchanged else target).read_bytes()
        except OSError as error:
            raise PictureNotStored(f"{type(error).__name__}: {error.strerror}") from error
    return Fitted(
        content=content,
        media_type=rescaled.media_type,
        width=rescaled.width,
        height=rescaled.height,
        done=describe(rescaled),
    )


def describe(rescaled: Rescaled) -> str:
    if rescaled.is_unchanged:
        return ""
    before = f"{rescaled.from_width}×{rescaled.from_height}"
    after = f"{rescaled.width}×{rescaled.height}"
    steps = [f"scaled from {before} to {after}"] if before != after else []
    if rescaled.media_type != rescaled.from_media_type:
        steps.append(f"saved as {formats.SHORT_NAMES[rescaled.media_type]}")
    return ", ".join(steps) or f"saved again as {formats.SHORT_NAMES[rescaled.media_type]} to be smaller"
