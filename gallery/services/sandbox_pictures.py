"""Pictures that are sent to the sandbox, opened in the decoder processes as all others are."""

from django.conf import settings

from gallery.gateway.sandbox.openers import Opened, ReferenceRefused
from gallery.images import formats
from gallery.images.errors import PictureError
from gallery.images.flattening import flatten

NOT_READ = "The image could not be read. Supported formats are PNG, JPEG, WebP and GIF."


def open_picture(content: bytes, longest_side: int) -> Opened:
    """Blocks. Raises ReferenceRefused."""
    try:
        flat = flatten(content, folder=settings.INCOMING_DIR, max_side=longest_side)
    except PictureError as problem:
        raise ReferenceRefused(NOT_READ) from problem
    return Opened(
        rgb=flat.rgb,
        size=(flat.width, flat.height),
        full_size=(flat.from_width, flat.from_height),
        format=formats.PILLOW_NAMES[flat.from_media_type],
    )
