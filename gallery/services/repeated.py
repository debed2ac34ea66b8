"""Work that a process does again and again beside everything else: renewing leases, repairing."""

import logging
import threading
from collections.abc import Callable

from django.db import close_old_connections, connection

from gallery.services.troubles import trouble_of

logger = logging.getLogger(__name__)

BEAT_SECONDS = 2.0


class Repeated(threading.Thread):
    """Does its work soon and then every so many seconds until told to finish, whatever becomes of one turn."""

    def __init__(self, name: str, work: Callable[[], object], *, seconds: float = BEAT_SECONDS):
        super().__init__(name=name, daemon=True)
        self.work = work
        self.seconds = seconds
        self.ended = threading.Event()

    def run(self) -> None:
        pause = BEAT_SECONDS
        while not self.ended.wait(pause):
            pause = self.seconds
            try:
                close_old_connections()
                self.work()
            except Exception as problem:
                if trouble := trouble_of(problem):
                    # A disk that is full gets no fuller by its own report every two seconds.
                    logger.warning("The %s could not do its work; it goes on: %s", self.name, trouble.title)
                else:
                    logger.exception("The %s stumbled; it goes on.", self.name)
        connection.close()

    def finish(self) -> None:
        self.ended.set()
        self.join(timeout=10)
