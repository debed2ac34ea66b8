"""Stored pictures: take in uploads, show or hide, trash and restore."""

from collections.abc import Iterable

from django.conf import settings
from django.core.files.storage import default_storage
from django.utils import timezone

from gallery.gateway import client
from gallery.images import store
from gallery.images.errors import PictureRefused
from gallery.models import Generation, Image, User, Visibility
from gallery.services import generations

FETCH_SECONDS = 30.0
LARGEST_UPLOAD = 50 * 1024 * 1024
LARGEST_PICTURE = 200 * 1024 * 1024


def take_in(source: bytes | Iterable[bytes], *, max_bytes: int) -> store.StoredPicture:
    """Prove, store and thumbnail the bytes of one picture; raises images.PictureRefused, or OSError when they cannot be kept."""
    return store.take_in(source, folder=settings.INCOMING_DIR, storage=default_storage, max_bytes=max_bytes)


def image_fields(stored: store.StoredPicture) -> dict[str, object]:
    """What an Image row keeps of a stored picture."""
    return {
        "sha256": stored.sha256,
        "media_type": stored.media_type,
        "byte_size": stored.byte_size,
        "width": stored.width,
        "height": stored.height,
        "thumbnail_widths": list(stored.thumbnail_widths),
        "colour": stored.colour,
        "pixel_hash": stored.pixel_hash,
        "dhash": stored.dhash,
    }


def store_upload(*, chunks: Iterable[bytes], owner: User, max_bytes: int = LARGEST_UPLOAD) -> Image:
    """Keep an uploaded reference picture, private to its owner until it is used in a shared generation."""
    stored = take_in(chunks, max_bytes=max_bytes)
    if stored.is_vector:
        raise PictureRefused("unsupported_format", "An SVG cannot be a reference. Save it as PNG and try that copy.")
    same = Image.objects.kept().filter(owner=owner, source=Image.Source.UPLOADED, sha256=stored.sha256).first()
    return same or Image.objects.create(
        source=Image.Source.UPLOADED, owner=owner, visibility=Visibility.PRIVATE, **image_fields(stored)
    )


def store_from_address(*, address: str, owner: User, max_bytes: int = LARGEST_UPLOAD) -> Image:
    """Fetch a picture that a person named by its address, and keep it as an upload. Raises PictureNotFetched, PictureError."""
    content = client.fetch_public(address.strip(), max_bytes=max_bytes, deadline=FETCH_SECONDS)
    return store_upload(chunks=[content], owner=owner, max_bytes=max_bytes)


def set_image_visibility(image: Image, visibility: str) -> None:
    """One picture alone; its generation's record keeps its own visibility unless this was its only picture."""
    generation = image.generation
    if generation and not generation.images.exclude(pk=image.pk).exists():
        generations.set_visibility(generation, visibility)
    else:
        Image.objects.filter(pk=image.pk).update(visibility=visibility)


def trash_image(image: Image, *, by: User) -> None:
    Image.objects.filter(pk=image.pk, deleted_at=None).update(deleted_at=timezone.now(), deleted_by=by)
    touch_generation(image)


def restore_image(image: Image) -> None:
    Image.objects.filter(pk=image.pk).update(deleted_at=None, deleted_by=None)
    touch_generation(image)


def touch_generation(image: Image) -> None:
    """So that open pages notice."""
    if image.generation_id:
        Generation.objects.filter(pk=image.generation_id).update(changed_at=timezone.now())
