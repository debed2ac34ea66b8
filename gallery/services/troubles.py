"""What stands behind a database or a disk that does not do what it is told, in words for people."""

import errno
from dataclasses import dataclass

from django.db import DatabaseError, InterfaceError

SOON_SECONDS = 5
LATER_SECONDS = 30


@dataclass(frozen=True)
class Trouble:
    """`retry_after` in seconds; None where only an administrator helps."""

    status: int
    title: str
    sentence: str
    retry_after: int | None = None


BUSY = Trouble(
    503,
    "One moment",
    "Much is being written just now, and this did not get its turn. Nothing of it was done; try again in a moment.",
    SOON_SECONDS,
)
FULL = Trouble(
    507,
    "The disk is full",
    "The studio’s disk is full, so nothing of this was kept. What was there before is safe and can be looked at. "
    "Tell an administrator, who has to make room.",
)
READ_ONLY = Trouble(
    503,
    "Nothing can be written",
    "The studio’s disk takes no changes, so nothing of this was kept. What was there before is safe. "
    "Tell an administrator.",
)
DAMAGED = Trouble(
    503,
    "The database is damaged",
    "The studio’s database cannot be read. Tell an administrator: “manage.py doctor” says more, and a backup brings it back.",
)
AWAY = Trouble(
    503,
    "The database does not answer",
    "The studio cannot reach its database, so nothing of this was done. It goes on by itself once it is back.",
    LATER_SECONDS,
)
MOVED_ON = Trouble(
    503,
    "A newer version takes over",
    "The studio’s database belongs to a newer version by now, and this one begins nothing any more. Nothing of this was done; "
    "try again in a moment.",
    LATER_SECONDS,
)
# By the databases' own words; what none of them is in is a fault of ours, and is told as one.
WORDS = (
    (("of a later version",), MOVED_ON),
    (("is locked", "is busy", "deadlock detected", "lock timeout"), BUSY),
    (("is full", "no space left", "disk quota"), FULL),
    (("readonly", "read-only"), READ_ONLY),
    (("malformed", "not a database"), DAMAGED),
    (
        (
            "unable to open",
            "disk i/o error",
            "no such table",
            "connection",
            "terminat",
            "could not translate host",
            "ssl",
        ),
        AWAY,
    ),
)
ERRNOS = {errno.ENOSPC: FULL, errno.EDQUOT: FULL, errno.EFBIG: FULL, errno.EROFS: READ_ONLY}


def trouble_of(problem: BaseException | None) -> Trouble | None:
    """None for everything else."""
    if isinstance(problem, DatabaseError | InterfaceError):
        said = str(problem).lower()
        return next((trouble for words, trouble in WORDS if any(word in said for word in words)), None)
    if isinstance(problem, OSError):
        return ERRNOS.get(problem.errno or 0)
    return None
