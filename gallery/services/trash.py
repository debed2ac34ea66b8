"""The trash's end: pictures leave for good, after their days or because somebody says so.

In three steps, so that a process may be killed anywhere: the row is given up (invisible from then on), its files go, the
row goes. A row that runs name as what they were made from stays, without its file and its words.
"""

import logging
from collections.abc import Iterable, Iterator, Sequence

from django.core.files.storage import default_storage
from django.db import transaction
from django.db.models import QuerySet
from django.utils import timezone

from gallery.images import removal, store
from gallery.models import (
    Act,
    Board,
    BoardItem,
    Comment,
    Generation,
    Image,
    ImageTag,
    Mark,
    Preset,
    ShareItem,
    Snippet,
    User,
)
from gallery.models.generations import OPEN
from gallery.models.trash import TRASH_LASTS
from gallery.services import audit, search
from gallery.services.locks import lock_with_runs

logger = logging.getLogger(__name__)

MOST_AT_ONCE = 500
MOST_OF_A_RUN = 5000
# More than that is not given up while a person waits for the answer.
MOST_IN_A_REQUEST = 2000


def purge_expired() -> int:
    """Give up what has been in the trash for too long, some at a time, and remove what was given up. Returns how many
    pictures; boards go with their links and leave their pictures alone, presets and words go as they are."""
    ids = Image.objects.past_trash(timezone.now()).values_list("pk", flat=True)[:MOST_OF_A_RUN]
    count = purge_images(image_ids=ids)
    for rows in (Board.objects, Preset.objects, Snippet.objects):
        past = rows.past_trash(timezone.now())
        names = dict(past.values_list("pk", "name")[:MOST_AT_ONCE])
        past.filter(pk__in=list(names)).delete()
        record_end(0, names.values(), why="their days in the trash were over")
    record_end(count, (), why="their days in the trash were over")
    remove_purged()
    return count


def empty_trash(*, owner: User | None = None) -> tuple[int, int]:
    """One person’s, or everybody’s; returns as `purge_found`."""
    rows = Image.objects.in_trash_of(owner) if owner else Image.objects.trashed().filter(purged_at=None)
    return purge_found(rows)


def purge_found(rows: "QuerySet[Image, Image]") -> tuple[int, int]:
    """Returns how many were given up, and how many are left to `purge_expired`, their days being over from now on."""
    ids = list(rows.values_list("pk", flat=True))
    count = purge_images(image_ids=ids[:MOST_IN_A_REQUEST])
    record_end(len(ids), (), why="the trash was emptied")
    return count, sum(end_days(part) for part in in_parts(ids[MOST_IN_A_REQUEST:]))


def record_end(pictures: int, names: Iterable[str], *, why: str) -> None:
    if pictures:
        audit.record(Act.DELETED, "Pictures", pictures=pictures, why=why)
    for name in names:
        audit.record(Act.DELETED, name, why=why)


def end_days(image_ids: Sequence[int]) -> int:
    """What is due is told by its row alone: no process that ends meanwhile forgets it."""
    rows = Image.objects.trashed().filter(pk__in=image_ids, purged_at=None)
    return rows.update(deleted_at=timezone.now() - TRASH_LASTS)


def purge_images(*, image_ids: Iterable[int]) -> int:
    """Give up those of them that are in the trash, for ever; returns how many. Their files go with `remove_purged`."""
    return sum(purge_some(ids) for ids in in_parts(list(image_ids)))


def in_parts(ids: Sequence[int]) -> Iterator[Sequence[int]]:
    return (ids[start : start + MOST_AT_ONCE] for start in range(0, len(ids), MOST_AT_ONCE))


def purge_some(image_ids: Sequence[int]) -> int:
    """Up to MOST_AT_ONCE. What was taken back meanwhile stays, and so does what a waiting run is going to send."""
    with transaction.atomic():
        rows = Image.objects.trashed().filter(pk__in=image_ids, purged_at=None)
        rows = rows.exclude(uses__generation__status__in=OPEN)
        ids = list(lock_with_runs(rows))
        now = timezone.now()
        Image.objects.filter(pk__in=ids).update(
            purged_at=now, note="", imported_name="", favourite_count=0, is_indexed=True, is_drawn=True
        )
        search.forget_images(ids)
        for model in (Mark, ImageTag, Comment, BoardItem, ShareItem):
            model._default_manager.filter(image__in=ids).delete()
        Board.objects.filter(cover__in=ids).update(cover=None)
        Generation.objects.filter(images__in=ids).update(changed_at=now)
    return len(ids)


def remove_purged() -> bool:
    """Remove files and rows of what was given up, some of them; returns whether there may be more. What cannot be removed
    is passed over: the next run asks again."""
    removed = 0
    last: Image | None = None
    while rows := list(Image.objects.unremoved(after=last)[:MOST_OF_A_RUN]):
        last = rows[-1]
        removed += sum(remove_or_log(image) for image in rows)
        if removed >= MOST_OF_A_RUN:
            return True
    return False


def remove_or_log(image: Image) -> bool:
    try:
        return remove_picture(image)
    except Exception:
        logger.exception("picture %s could not be removed", image.pk)
        return False


def remove_picture(image: Image) -> bool:
    """Files first: a row whose files are gone is asked again, a file whose row is gone would be found by nobody."""
    same = Image.objects.filter(sha256=image.sha256, purged_at=None)
    names = store.names_of(image.sha256, image.media_type, image.thumbnail_widths)
    if not removal.remove(default_storage, names, same.exists):
        return False
    with transaction.atomic():
        row = Image.objects.select_for_update().exclude(purged_at=None).get(pk=image.pk)
        search.forget_images([row.pk])
        if row.uses.exists():
            Image.objects.filter(pk=row.pk).update(sha256="", thumbnail_widths=[], pixel_hash="", dhash="")
        else:
            row.delete()
    return True
