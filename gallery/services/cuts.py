"""Parts of pictures: cut on the server from the stored original, kept as uploads that know what they were cut out of."""

from django.conf import settings

from gallery.images import exporting, formats
from gallery.images.boxes import Box
from gallery.models import Image, User
from gallery.services import images, originals

# What a JPEG was is a JPEG again; everything else stays as exact as it is.
SAVED_AS = {formats.JPEG: formats.JPEG}


def cut_image(*, image: Image, box: Box, owner: User) -> Image:
    """The part of a picture in `box`, made to lie within it; the picture itself where that is all of it. Blocks. Raises
    PictureError, FileNotFoundError."""
    box = box.within(image.width, image.height)
    if box.is_whole(image.width, image.height):
        return image
    made = exporting.export(
        originals.read_chunks(image.file_name),
        folder=settings.INCOMING_DIR,
        media_type=SAVED_AS.get(image.media_type, formats.PNG),
        box=box,
    )
    stored = images.take_in(made.content, max_bytes=images.LARGEST_PICTURE)
    return images.keep_upload(stored, owner=owner, original=image, cut=box.to_json())
