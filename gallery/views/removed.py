"""What lies in the trash beside the things of its kind, to be taken back."""

from dataclasses import dataclass
from datetime import datetime

from gallery.models.trash import days_left

MOST_REMOVED = 100


@dataclass(frozen=True, kw_only=True)
class Removed:
    """`facts` say what else it is, `left` how long it lies there; `restore_url` takes it back."""

    name: str
    facts: str
    left: str
    restore_url: str


def words_left(deleted_at: datetime | None) -> str:
    days = days_left(deleted_at)
    return f"{days} days left" if days > 1 else "last day"
