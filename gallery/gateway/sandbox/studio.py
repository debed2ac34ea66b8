"""What the handlers of all dialects share: the pace, the store of pictures, and work in a thread."""

import asyncio
import random
from collections.abc import Callable
from typing import TypeVar

from gallery.gateway.sandbox.files import FileStore

T = TypeVar("T")


class Studio:
    def __init__(self, *, pace: float = 1.0):
        self.pace = pace
        self.files = FileStore()

    async def wait(self, seconds: float) -> None:
        """A moment of about this length, scaled by the pace."""
        await asyncio.sleep(seconds * self.pace * random.uniform(0.85, 1.15))

    async def make(self, work: Callable[[], T], seconds: float) -> T:
        """Do the work in a thread, and take at least about that long."""
        made, _ = await asyncio.gather(asyncio.to_thread(work), self.wait(seconds))
        return made
