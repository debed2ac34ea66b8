"""Pictures of people: whatever is uploaded is proven and drawn anew by the decoder, as every picture from outside."""

import hashlib
from collections.abc import Iterable

from django.conf import settings
from django.db import transaction

from gallery.images import exporting, formats
from gallery.images.boxes import Box
from gallery.models import Avatar, User

LARGEST_UPLOAD = 20 * 1024 * 1024
SIDE = 192
# Small enough to be cut, large enough that the middle of a panorama still fills the square.
FIRST_SIDE = 1600


def save_avatar(*, user: User, chunks: Iterable[bytes]) -> None:
    """Keep the middle of a picture as this person's. Raises PictureRefused, PictureNotStored, DecoderNotStarted."""
    whole = exporting.export(
        chunks,
        folder=settings.INCOMING_DIR,
        media_type=formats.PNG,
        max_side=FIRST_SIDE,
        max_source_bytes=LARGEST_UPLOAD,
    )
    side = min(whole.width, whole.height)
    middle = Box(left=(whole.width - side) // 2, top=(whole.height - side) // 2, width=side, height=side)
    square = exporting.export(
        whole.content, folder=settings.INCOMING_DIR, media_type=formats.WEBP, max_side=SIDE, box=middle
    )
    with transaction.atomic():
        Avatar.objects.update_or_create(user=user, defaults={"content": square.content})
        user.avatar_stamp = hashlib.sha256(square.content).hexdigest()[:16]
        user.save(update_fields=["avatar_stamp"])


def remove_avatar(user: User) -> None:
    with transaction.atomic():
        Avatar.objects.filter(user=user).delete()
        user.avatar_stamp = ""
        user.save(update_fields=["avatar_stamp"])
