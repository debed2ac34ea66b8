"""Stored pictures: take in uploads, show or hide, trash and restore."""

import logging
from collections.abc import Iterable
from datetime import timedelta

from django.conf import settings
from django.core.files.storage import default_storage
from django.db import transaction
from django.utils import timezone

from gallery.gateway import client
from gallery.images import store
from gallery.images.decoder import patient_decoder
from gallery.images.errors import PictureRefused
from gallery.models import Generation, Image, User, Visibility
from gallery.models.generations import Status
from gallery.services import generations

logger = logging.getLogger(__name__)

FETCH_SECONDS = 30.0
LARGEST_UPLOAD = 50 * 1024 * 1024
LARGEST_PICTURE = 200 * 1024 * 1024
CHUNK = 1024 * 1024
MOST_AT_ONCE = 20


def take_in(source: bytes | Iterable[bytes], *, max_bytes: int) -> store.StoredPicture:
    """Prove, store and thumbnail the bytes of one picture; raises images.PictureRefused, or OSError when they cannot be kept."""
    return store.take_in(source, folder=settings.INCOMING_DIR, storage=default_storage, max_bytes=max_bytes)


def take_in_undrawn(source: bytes, *, max_bytes: int) -> store.StoredPicture | None:
    """The quick half of `take_in`; see `images.store`."""
    return store.take_in_undrawn(source, folder=settings.INCOMING_DIR, storage=default_storage, max_bytes=max_bytes)


def draw(image: Image) -> None:
    """The other half: prove the kept original, make its thumbnails. One that turns out to be broken is taken off its
    generation, which says so. Done twice it changes nothing. Raises PictureError, OSError when it cannot be told."""
    try:
        with default_storage.open(image.file_name) as file:
            stored = store.take_in(
                iter(lambda: file.read(CHUNK), b""),
                folder=settings.INCOMING_DIR,
                storage=default_storage,
                max_bytes=LARGEST_PICTURE,
                decoder=patient_decoder,
            )
    except PictureRefused as problem:
        take_off(image, problem.sentence)
    except FileNotFoundError:
        take_off(image, "Its file is missing.")
    else:
        Image.objects.filter(pk=image.pk).update(**image_fields(stored), is_drawn=True)
        touch_generation(image)


def take_off(image: Image, reason: str) -> None:
    """A generation without its only picture has failed, whatever its script was told; it keeps its cost."""
    told = f"Picture {image.position + 1} was handed on as it came, and turned out to be broken. {reason}"
    assert image.generation_id
    with transaction.atomic():
        generation = Generation.objects.select_for_update().get(pk=image.generation_id)
        changes: dict[str, object] = {"notes": [*generation.notes, told], "changed_at": timezone.now()}
        if image.uses.exists():
            Image.objects.filter(pk=image.pk).update(is_drawn=True)
        else:
            Image.objects.filter(pk=image.pk).delete()
            if not generation.images.exists():
                changes |= {"status": Status.FAILED, "error_kind": "no_image", "error_sentence": told[:500]}
        Generation.objects.filter(pk=generation.pk).update(**changes)


def draw_waiting(*, older_than: timedelta) -> None:
    """Make up for what processes left undrawn when they died. One that cannot be drawn even now shows its original."""
    for image in Image.objects.undrawn().filter(created_at__lt=timezone.now() - older_than)[:MOST_AT_ONCE]:
        try:
            draw(image)
        except Exception:
            logger.exception("picture %s gets no thumbnails", image.pk)
            Image.objects.filter(pk=image.pk).update(is_drawn=True)


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
