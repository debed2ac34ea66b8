"""Masks: painted over a reference or brought along, kept as uploads that know the picture they cover."""

from collections.abc import Iterable

from django.conf import settings

from gallery.images import exporting, formats, masks
from gallery.images.boxes import Box
from gallery.images.errors import PictureRefused
from gallery.models import Image, User
from gallery.services import images, originals


def store_mask(
    *, picture: Image, chunks: Iterable[bytes], owner: User, reads: str, marks: str, max_bytes: int
) -> Image:
    """Keep a mask of exactly the picture's size. `reads` says what marks a pixel in what comes, `marks` what the model takes
    for marked. Blocks. Raises PictureError."""
    content = masks.make_mask(
        chunks,
        folder=settings.INCOMING_DIR,
        size=(picture.width, picture.height),
        reads=reads,
        marks=marks,
        max_source_bytes=max_bytes,
    )
    stored = images.take_in(content, max_bytes=images.LARGEST_UPLOAD)
    return images.keep_upload(stored, owner=owner, original=picture)


def cut_mask(*, mask: Image, box: Box, picture: Image, owner: User) -> Image:
    """The part of a mask over the part that became `picture`. Blocks. Raises PictureError, FileNotFoundError."""
    box = box.within(mask.width, mask.height)
    if (box.width, box.height) != (picture.width, picture.height):
        raise PictureRefused("not_a_picture", "The mask does not lie over all of this crop. Paint it anew.")
    made = exporting.export(
        originals.read_chunks(mask.file_name), folder=settings.INCOMING_DIR, media_type=formats.PNG, box=box
    )
    stored = images.take_in(made.content, max_bytes=images.LARGEST_UPLOAD)
    return images.keep_upload(stored, owner=owner, original=picture)
