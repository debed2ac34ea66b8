"""Rejected pictures move to the trash by the studio's own rule; from there they can be taken back like all others."""

from datetime import timedelta

from django.utils import timezone

from gallery.models import Act, Upkeep
from gallery.services import audit, images

MOST_AT_ONCE = 500


def trash_rejected() -> int:
    """All that are due, some at a time; returns how many."""
    days = Upkeep.objects.current().rejected_days
    if days is None:
        return 0
    now, count = timezone.now(), 0
    while ids := list(Upkeep.objects.unwanted(rejected_before=now - timedelta(days=days))[:MOST_AT_ONCE]):
        count += images.trash_images(image_ids=ids, by=None, moment=now)
    if count:
        audit.record(Act.DELETED, "Rejected pictures, to the trash", pictures=count, days=days)
    return count
