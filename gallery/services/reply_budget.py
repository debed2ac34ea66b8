"""A bound on the bytes of replies that this process reads in at once: memory follows the bound, not how many wait."""

import threading
from collections.abc import Iterator
from contextlib import contextmanager

BYTES_AT_ONCE = 32 * 1024 * 1024


class ReplyBudget:
    """For threads. A reply larger than the whole budget is let in alone."""

    def __init__(self, total: int):
        self._total = total
        self._free = total
        self._changed = threading.Condition()
        # Held while waiting: the small ones behind cannot keep a large one out for ever.
        self._turn = threading.Lock()

    @contextmanager
    def reserve(self, size: int) -> Iterator[None]:
        """Wait until `size` bytes are free, and hold them."""
        size = min(size, self._total)
        with self._turn, self._changed:
            self._changed.wait_for(lambda: self._free >= size)
            self._free -= size
        try:
            yield
        finally:
            with self._changed:
                self._free += size
                self._changed.notify_all()


replies_being_read = ReplyBudget(BYTES_AT_ONCE)
