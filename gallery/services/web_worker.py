"""This web process as a worker: its row and its leases, and the threads in which it waits for disks and decoders."""

import asyncio
import logging
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from contextvars import copy_context
from functools import partial
from typing import TypeVar

from django.db import close_old_connections

from gallery.models import Image, Worker
from gallery.services import claims, images, runs
from gallery.services.repeated import Repeated

logger = logging.getLogger(__name__)

T = TypeVar("T")

_finishing = ThreadPoolExecutor(8, thread_name_prefix="finishing")
# Pictures that come from far away may take half a minute each, and must not keep paid answers waiting.
_arriving = ThreadPoolExecutor(8, thread_name_prefix="arriving")
# One at a time, and gently: scripts that wait come first.
_drawing = ThreadPoolExecutor(1, thread_name_prefix="drawing")
_worker: Worker | None = None
_keeper: Repeated | None = None


async def in_thread(work: Callable[[], T]) -> T:
    """Work that waits for the disk or a decoder, off the event loop."""
    return await asyncio.get_running_loop().run_in_executor(_finishing, marked(work))


async def for_arrivals(work: Callable[[], T]) -> T:
    """As `in_thread`, for pictures that come with a request and may have to be fetched."""
    return await asyncio.get_running_loop().run_in_executor(_arriving, marked(work))


def marked(work: Callable[[], T]) -> Callable[[], T]:
    """Lines of the log that a thread writes belong to what it works for."""
    return partial(copy_context().run, _with_connection, work)


def _with_connection(work: Callable[[], T]) -> T:
    close_old_connections()
    return work()


def draw_later(image: Image) -> None:
    _drawing.submit(_with_connection, partial(_draw, image))


def _draw(image: Image) -> None:
    try:
        images.draw(image)
    except Exception:
        # A worker tries again.
        logger.exception("picture %s could not be drawn", image.pk)


def this_worker() -> Worker:
    """The row of this process, made at its first call; from then on its leases are renewed."""
    global _worker, _keeper
    if _worker is None:
        _worker = claims.register_worker(takes_from_queue=False)
        _keeper = Repeated("keeper of calls", partial(_keep, _worker))
        _keeper.start()
    return _worker


def _keep(worker: Worker) -> None:
    runs.hang_up(claims.beat(worker))


def stop() -> None:
    """When the web server has ended: what was to be drawn is left to a worker, a run still under way is repaired by one."""
    end_threads()
    sign_off()


def sign_off() -> None:
    """This process is no worker any more, until its next call."""
    global _worker, _keeper
    if _keeper is not None:
        _keeper.finish()
    if _worker is not None and not claims.in_hand[_worker.name]:
        claims.forget_worker(_worker)
    _worker = _keeper = None


def end_threads() -> None:
    for threads in (_drawing, _arriving, _finishing):
        threads.shutdown(wait=False, cancel_futures=True)
