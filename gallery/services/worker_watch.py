"""Whether anything takes from the queue, for the line that administrators have on every page while nothing does."""

import time

from gallery.models import Worker
from gallery.services.patience import OF_THE_DATABASE

WELL_FOR_SECONDS = 10.0


class WorkerWatch:
    """Asks the database once in ten seconds as long as all is well, and each time it is asked while it is not."""

    def __init__(self) -> None:
        self.well_until = 0.0

    def is_missing(self) -> bool:
        now = time.monotonic()
        if now < self.well_until:
            return False
        try:
            is_there = Worker.objects.alive().exists()
        except OF_THE_DATABASE:
            # Pages have words of their own for that.
            return False
        self.well_until = now + WELL_FOR_SECONDS if is_there else 0.0
        return not is_there


watch = WorkerWatch()
