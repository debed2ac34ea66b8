"""What one person thinks of pictures: circled, one to five, rejected. Writes go over many pictures at once."""

from collections.abc import Sequence

from django.db import transaction
from django.db.models import Count, OuterRef, Subquery
from django.db.models.functions import Coalesce

from gallery.models import Image, Mark, User
from gallery.services.locks import lock_with_runs

MARKED = ("is_favourite", "rating", "is_rejected")


def mark_images(
    *,
    user: User,
    image_ids: Sequence[int],
    is_favourite: bool | None = None,
    rating: int | None = None,
    is_rejected: bool | None = None,
) -> int:
    """None leaves a mark as it is, `rating` 0 takes it away. Circling takes a rejection back and the other way round.
    Returns how many pictures carry the marks now; at most 500 ids a call."""
    with transaction.atomic():
        # The pictures are locked, so that two people's circles are counted one after the other.
        ids = list(lock_with_runs(Image.objects.filter(pk__in=image_ids)))
        known = Mark.objects.of_images(user, ids)
        marks = [known.get(pk) or Mark(user=user, image_id=pk) for pk in ids]
        for mark in marks:
            set_marks(mark, is_favourite=is_favourite, rating=rating, is_rejected=is_rejected)
        Mark.objects.bulk_create(
            [
                Mark(user=user, image_id=mark.image_id, **{name: getattr(mark, name) for name in MARKED})
                for mark in marks
            ],
            update_conflicts=True,
            unique_fields=["user", "image"],
            update_fields=[*MARKED, "changed_at"],
        )
        Mark.objects.of_nothing().filter(user=user, image__in=ids).delete()
        if is_favourite is not None or is_rejected:
            count_favourites(ids)
    return len(ids)


def set_marks(mark: Mark, *, is_favourite: bool | None, rating: int | None, is_rejected: bool | None) -> None:
    if is_favourite is not None:
        mark.is_favourite = is_favourite
        mark.is_rejected = mark.is_rejected and not is_favourite
    if is_rejected is not None:
        mark.is_rejected = is_rejected
        mark.is_favourite = mark.is_favourite and not is_rejected
    if rating is not None:
        mark.rating = rating or None


def count_favourites(image_ids: Sequence[int]) -> None:
    """`Image.favourite_count` anew, from the marks themselves."""
    circled = Mark.objects.filter(image=OuterRef("pk"), is_favourite=True).order_by().values("image")
    count = Coalesce(Subquery(circled.annotate(count=Count("pk")).values("count")), 0)
    Image.objects.filter(pk__in=image_ids).update(favourite_count=count)
