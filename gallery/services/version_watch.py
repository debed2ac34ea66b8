"""Whether the database moved on to a later version under this process, as when somebody migrated it from another host. Old code
would only harm it: nothing new is begun then, and what runs comes to its end."""

import logging
import threading
import time
from functools import cache

from django.db import DatabaseError, connection
from django.db.migrations.loader import MigrationLoader
from django.db.migrations.recorder import MigrationRecorder

logger = logging.getLogger(__name__)

LOOK_SECONDS = 2.0


class LaterVersion(DatabaseError):
    """What came was not begun; see `troubles`."""


@cache
def known_migrations() -> frozenset[str]:
    return frozenset(name for app, name in MigrationLoader(None).disk_migrations if app == "gallery")


def later_migrations() -> list[str]:
    """Changes that were made to this database and that this version does not know."""
    applied = MigrationRecorder(connection).applied_migrations()
    return sorted(name for app, name in applied if app == "gallery" and name not in known_migrations())


class VersionWatch:
    """Asks the database once in two seconds. While one asks, however long, the others go by what was known before."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._later: list[str] = []
        self._good_until = 0.0

    def is_behind(self) -> bool:
        if self._lock.acquire(blocking=False):
            try:
                if time.monotonic() >= self._good_until:
                    self._look()
            finally:
                self._lock.release()
        return bool(self._later)

    def _look(self) -> None:
        later = later_migrations()
        if later and not self._later:
            logger.error(
                "The database was changed by a later version of Proofsheet (%s): nothing new is begun here. "
                "Stop this process and start that version.",
                later[-1],
            )
        self._later, self._good_until = later, time.monotonic() + LOOK_SECONDS

    def refuse_when_behind(self) -> None:
        """Raises LaterVersion."""
        if self.is_behind():
            raise LaterVersion("the database is of a later version")


watch = VersionWatch()
