"""A bound on what arrives at once."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager


class ByteBudget:
    """How many bytes of bodies may be held in memory at once; who asks for more than is free waits."""

    def __init__(self, total: int):
        self._total = total
        self._free = total
        self._waiting: set[asyncio.Future[None]] = set()

    @asynccontextmanager
    async def reserve(self, size: int) -> AsyncIterator[None]:
        size = min(size, self._total)
        while size > self._free:
            turn = asyncio.get_running_loop().create_future()
            self._waiting.add(turn)
            try:
                await turn
            finally:
                self._waiting.discard(turn)
        self._free -= size
        try:
            yield
        finally:
            self._free += size
            for turn in self._waiting:
                if not turn.done():
                    turn.set_result(None)
