"""One order for pictures, whichever dialect it came in: drawn, enlarged or outlined, and encoded."""

import hashlib
import io
from collections.abc import Sequence
from dataclasses import dataclass
from functools import partial

from PIL import Image

from gallery.gateway.sandbox import collage, drawing, vectors
from gallery.gateway.sandbox.sizes import LONGEST

# PNG of a grained picture grows to 40 MB at 4096 pixels and takes seconds; above this size it becomes WebP.
LARGEST_PNG_PIXELS = 2_600_000
ENDINGS = {"image/png": "png", "image/jpeg": "jpg", "image/webp": "webp", "image/svg+xml": "svg"}


@dataclass(frozen=True, kw_only=True)
class Order:
    """`media_type` is what the pictures are encoded as; with `enlargement` 0 they are drawn. `salt` lets two models
    draw one prompt and seed differently."""

    prompt: str
    size: tuple[int, int]
    seed: int
    count: int = 1
    salt: str = ""
    references: Sequence[Image.Image] = ()
    manner: str = "prints"
    media_type: str = "image/png"
    style: str = "any"
    enlargement: float = 0


@dataclass(frozen=True)
class Made:
    content: bytes
    media_type: str


def carry_out(order: Order) -> list[Made]:
    """Takes up to a second of processor time per picture: for a thread."""
    return [_make(order, number) for number in range(order.count)]


def encode(picture: Image.Image, media_type: str) -> Made:
    if media_type == "image/png" and picture.width * picture.height > LARGEST_PNG_PIXELS:
        media_type = "image/webp"
    buffer = io.BytesIO()
    _ENCODERS[media_type](picture, buffer)
    return Made(buffer.getvalue(), media_type)


_ENCODERS = {
    "image/png": partial(Image.Image.save, format="PNG", compress_level=3),
    "image/jpeg": partial(Image.Image.save, format="JPEG", quality=90, subsampling=0),
    "image/webp": partial(Image.Image.save, format="WEBP", quality=86, method=1),
}


def _make(order: Order, number: int) -> Made:
    seed = int.from_bytes(hashlib.sha256(f"{order.salt}\n{order.seed}\n{number}".encode()).digest()[:8])
    width, height = order.size
    if order.media_type == "image/svg+xml":
        text = vectors.draw_svg(order.prompt, width=width, height=height, seed=seed, style=order.style)
        return Made(text.encode(), order.media_type)
    if order.enlargement:
        return encode(collage.enlarge(order.references[0], order.enlargement, LONGEST), order.media_type)
    picture = drawing.draw(
        order.prompt, width=width, height=height, seed=seed, references=order.references, manner=order.manner
    )
    return encode(picture, order.media_type)
