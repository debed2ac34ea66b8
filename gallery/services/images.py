"""Stored pictures: take in uploads, show or hide, trash and restore."""

import logging
from collections.abc import Iterable, Sequence
from datetime import datetime, timedelta

from django.conf import settings
from django.core.files.storage import default_storage
from django.db import transaction
from django.db.models import QuerySet
from django.utils import timezone

from gallery.gateway import client
from gallery.images import arrivals, store, traits
from gallery.images.arrivals import Source
from gallery.images.decoder import patient_decoder
from gallery.images.errors import PictureRefused
from gallery.models import Generation, Image, User, Visibility
from gallery.models.generations import Status
from gallery.services import generations, search
from gallery.services.covers import settle_cover, settle_covers
from gallery.services.locks import lock_stacks, lock_with_runs

logger = logging.getLogger(__name__)

FETCH_SECONDS = 30.0
LARGEST_UPLOAD = 50 * 1024 * 1024
LARGEST_PICTURE = 200 * 1024 * 1024
CHUNK = 1024 * 1024
MOST_AT_ONCE = 20


def take_in(source: Source, *, max_bytes: int) -> store.StoredPicture:
    """Prove, store and thumbnail the bytes of one picture; raises images.PictureRefused, or OSError when they cannot be kept."""
    return store.take_in(source, folder=settings.INCOMING_DIR, storage=default_storage, max_bytes=max_bytes)


def take_in_undrawn(source: Source, *, max_bytes: int) -> store.StoredPicture | None:
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
        if problem.is_undecided:
            raise
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
        lock_stacks([image.generation_id])
        generation = Generation.objects.get(pk=image.generation_id)
        changes: dict[str, object] = {"notes": [*generation.notes, told], "changed_at": timezone.now()}
        if image.uses.exists():
            Image.objects.filter(pk=image.pk).update(is_drawn=True)
        else:
            Image.objects.filter(pk=image.pk).delete()
            search.forget_images([image.pk])
            settle_cover(image.generation_id)
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
        "has_content_credentials": stored.has_content_credentials,
        "shape": traits.shape_of(stored.width, stored.height),
        "size_class": traits.size_of(stored.width, stored.height),
        "swatch": traits.swatch_of(stored.colour),
    }


def origin_fields(generation: Generation) -> dict[str, object]:
    """What an Image row repeats of its generation, so that the wall need not look there."""
    return {
        "model_key": generation.full_model_id[:250],
        "gateway_slug": generation.gateway_slug,
        "group_id": generation.group_id,
    }


def store_upload(*, source: Source, owner: User, max_bytes: int = LARGEST_UPLOAD) -> Image:
    """Keep an uploaded reference picture, private to its owner until it is used in a shared generation."""
    stored = take_in(source, max_bytes=max_bytes)
    if stored.is_vector:
        raise PictureRefused("unsupported_format", "An SVG cannot be a reference. Save it as PNG and try that copy.")
    return keep_upload(stored, owner=owner)


def keep_upload(
    stored: store.StoredPicture, *, owner: User, original: Image | None = None, cut: Sequence[int] | None = None
) -> Image:
    """The owner's row of a stored picture, made once. One that was made from another here names its `original`."""
    uploads = Image.objects.kept().filter(owner=owner, source=Image.Source.UPLOADED, original=original)
    return uploads.filter(sha256=stored.sha256).first() or Image.objects.create(
        source=Image.Source.UPLOADED,
        owner=owner,
        visibility=Visibility.PRIVATE,
        original=original,
        cut=cut,
        **image_fields(stored),
    )


def store_from_address(*, address: str, owner: User, max_bytes: int = LARGEST_UPLOAD) -> Image:
    """Fetch a picture that a person named by its address, and keep it as an upload. Raises PictureNotFetched, PictureError."""
    with arrivals.own_folder(settings.INCOMING_DIR) as folder:
        fetched = folder / "fetched"
        with arrivals.disk_errors():
            client.fetch_public(address.strip(), to=fetched, max_bytes=max_bytes, deadline=FETCH_SECONDS)
        return store_upload(source=fetched, owner=owner, max_bytes=max_bytes)


def set_image_visibility(image: Image, visibility: str) -> None:
    if image.owner:
        set_images_visibility(image_ids=[image.pk], owner=image.owner, visibility=visibility)


def set_images_visibility(*, image_ids: Sequence[int], owner: User, visibility: str) -> int:
    """Show the owner's pictures to the team, to the group they were made for, or to nobody; returns how many changed. A
    generation's record goes along once all of its kept pictures are so; hidden, it takes what lies in the trash along. At most
    500 at once."""
    with transaction.atomic():
        rows = Image.objects.filter(pk__in=image_ids, owner=owner).exclude(visibility=visibility)
        rows = rows.exclude(group=None) if visibility == Visibility.GROUP else rows
        found = lock_with_runs(rows, with_uploads=True)
        Image.objects.filter(pk__in=found).update(visibility=visibility)
        generation_ids = touch_generations(found.values())
        whole = Generation.objects.filter(pk__in=generation_ids, owner=owner).exclude(visibility=visibility)
        others = Image.objects.kept().exclude(visibility=visibility).filter(generation__in=generation_ids)
        whole_ids = list(whole.exclude(pk__in=others.values("generation")).values_list("pk", flat=True))
        if visibility != Visibility.TEAM:
            hidden = Image.objects.trashed().filter(generation__in=whole_ids, owner=owner)
            wider = hidden.filter(visibility=Visibility.TEAM) if visibility == Visibility.GROUP else hidden
            wider.update(visibility=visibility)
        generations.set_visibilities(generation_ids=whole_ids, owner=owner, visibility=visibility)
        settle_covers(generation_ids)
    return len(found)


def trash_image(image: Image, *, by: User) -> None:
    trash_images(image_ids=[image.pk], by=by, moment=timezone.now())


def trash_images(*, image_ids: Sequence[int], by: User | None, moment: datetime) -> int:
    """Returns how many were not in the trash yet; at most 500 at once."""
    return move(Image.objects.kept().filter(pk__in=image_ids), deleted_at=moment, deleted_by=by)


def restore_image(image: Image) -> None:
    restore_images(image_ids=[image.pk])


def restore_images(*, image_ids: Sequence[int]) -> int:
    """Take back from the trash what is not given up for good; returns how many; at most 500 at once."""
    rows = Image.objects.trashed().filter(pk__in=image_ids, purged_at=None)
    return move(rows, deleted_at=None, deleted_by=None)


def move(rows: QuerySet[Image], *, deleted_at: datetime | None, deleted_by: User | None) -> int:
    """Into the trash or out of it."""
    with transaction.atomic():
        found = lock_with_runs(rows)
        # Asked again: what is given up for good at this moment must not come back without its file.
        kept = Image.objects.filter(pk__in=found, purged_at=None)
        kept.update(deleted_at=deleted_at, deleted_by=deleted_by)
        settle_covers(touch_generations(found.values()))
    return len(found)


def touch_generation(image: Image) -> None:
    with transaction.atomic():
        touch_generations([image.generation_id])


def touch_generations(generation_ids: Iterable[int | None]) -> list[int]:
    """So that open pages notice; and locked, so that two people's covers are settled one after the other."""
    found = lock_stacks(generation_ids)
    Generation.objects.filter(pk__in=found).update(changed_at=timezone.now())
    return found
