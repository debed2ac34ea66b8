"""What only this process knows is written down once database and disk take it again."""

import asyncio
import logging
import time
from collections.abc import Awaitable, Callable

from django.db import DatabaseError, InterfaceError, close_old_connections

from gallery.services.troubles import trouble_of

Troubles = tuple[type[Exception], ...]

logger = logging.getLogger(__name__)

AGAIN_SECONDS = 2.0
LONGEST_SECONDS = 3600.0
OF_THE_DATABASE = (DatabaseError, InterfaceError)
TROUBLES = (*OF_THE_DATABASE, OSError)


def once_it_can(write: Callable[[], None], *, troubles: Troubles = TROUBLES) -> None:
    """Tries again for an hour; what is none of these troubles is raised at once. `write` must be whole or nothing, or change
    nothing when it is done twice."""
    end = time.monotonic() + LONGEST_SECONDS
    while True:
        try:
            write()
            return
        except troubles as problem:
            if not is_passing(problem, end):
                raise
        time.sleep(AGAIN_SECONDS)
        close_old_connections()


async def once_it_can_async(write: Callable[[], Awaitable[None]], *, troubles: Troubles = TROUBLES) -> None:
    """As `once_it_can`, for a coroutine."""
    end = time.monotonic() + LONGEST_SECONDS
    while True:
        try:
            await write()
            return
        except troubles as problem:
            if not is_passing(problem, end):
                raise
        await asyncio.sleep(AGAIN_SECONDS)


def is_passing(problem: Exception, end: float) -> bool:
    trouble = trouble_of(problem)
    if trouble is None or time.monotonic() > end:
        return False
    logger.warning("not written down yet: %s", trouble.title)
    return True
