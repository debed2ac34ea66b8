"""The trash: how long things stay in it, and what each person may take back."""

from datetime import datetime, timedelta
from typing import Any, Self

from django.utils import timezone

from gallery.models.visibility import Owned, OwnedQuerySet

TRASH_LASTS = timedelta(days=30)


class TrashQuerySet(OwnedQuerySet[Owned]):
    def removed_for(self, user: Any) -> Self:
        """What this person may take back, the last thrown away first."""
        return self.editable_by(user).trashed().select_related("owner").order_by("-deleted_at", "-id")

    def past_trash(self, now: datetime) -> Self:
        """In the trash for longer than things stay there."""
        return self.filter(deleted_at__lte=now - TRASH_LASTS).order_by("deleted_at")


def days_left(deleted_at: datetime | None) -> int:
    """Days until what is in the trash is removed for good, begun ones counted: 1 on the last day."""
    if deleted_at is None:
        return 0
    return max(-((timezone.now() - deleted_at - TRASH_LASTS) // timedelta(days=1)), 0)
