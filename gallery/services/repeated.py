"""Work that a process does again and again beside everything else: renewing leases, repairing."""

import logging
import threading
from collections.abc import Callable

from django.db import close_old_connections, connection

logger = logging.getLogger(__name__)

BEAT_SECONDS = 2.0


class Repeated(threading.Thread):
    """Does its work every two seconds until told to finish, whatever becomes of one turn."""

    def __init__(self, name: str, work: Callable[[], object]):
        super().__init__(name=name, daemon=True)
        self.work = work
        self.ended = threading.Event()

    def run(self) -> None:
        while not self.ended.wait(BEAT_SECONDS):
            try:
                close_old_connections()
                self.work()
            except Exception:
                logger.exception("The %s stumbled; it goes on.", self.name)
        connection.close()

    def finish(self) -> None:
        self.ended.set()
        self.join(timeout=10)
