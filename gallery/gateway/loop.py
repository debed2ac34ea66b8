"""The one event loop of this process, in a background thread, that owns every outgoing connection.

Worker threads hand it coroutines with `run`, async views with `run_async`. It starts at the first use, so that a
process that forks before that inherits nothing; a child that forks later starts its own.
"""

import asyncio
import atexit
import os
import sys
import threading
from collections.abc import Awaitable, Callable, Coroutine
from concurrent.futures import Future, ThreadPoolExecutor
from contextlib import suppress
from typing import Any, TypeVar

if sys.platform == "win32":
    from asyncio import new_event_loop
else:
    from uvloop import new_event_loop

T = TypeVar("T")

# Names are looked up and files are synced in these threads; a name server that hangs must not stop the others.
THREADS = 32
CLOSING_SECONDS = 5


class _Background:
    def __init__(self) -> None:
        self.process = os.getpid()
        self.loop = new_event_loop()
        self.threads = ThreadPoolExecutor(THREADS, thread_name_prefix="gateway-io")
        self.loop.set_default_executor(self.threads)
        self.cleanups: list[Callable[[], Awaitable[None]]] = []
        self.thread = threading.Thread(target=self._serve, name="gateway-loop", daemon=True)
        self.thread.start()

    def _serve(self) -> None:
        asyncio.set_event_loop(self.loop)
        self.loop.run_forever()

    async def _stop_tasks(self) -> None:
        tasks = asyncio.all_tasks() - {asyncio.current_task()}
        for task in tasks:
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)
        for cleanup in self.cleanups:
            await cleanup()

    def close(self) -> None:
        with suppress(TimeoutError):
            asyncio.run_coroutine_threadsafe(self._stop_tasks(), self.loop).result(CLOSING_SECONDS)
        self.loop.call_soon_threadsafe(self.loop.stop)
        self.thread.join(CLOSING_SECONDS)
        # Not waited for: a name server that hangs must not keep the process from ending.
        self.threads.shutdown(wait=False, cancel_futures=True)
        if not self.thread.is_alive():
            self.loop.close()


_lock = threading.Lock()
_background: _Background | None = None
# A forked child keeps what it inherited unused and alive: taking a foreign loop apart would touch the parent's sockets.
_inherited: list[_Background | None] = []


def _running() -> _Background:
    global _background
    with _lock:
        if _background is None or _background.process != os.getpid():
            _background = _Background()
        return _background


def submit(coroutine: Coroutine[Any, Any, T]) -> Future[T]:
    """Start a coroutine on the loop; cancelling the future cancels it."""
    return asyncio.run_coroutine_threadsafe(coroutine, _running().loop)


def run(coroutine: Coroutine[Any, Any, T]) -> T:
    """Run a coroutine on the loop and wait for it. Only for ordinary threads: on the loop itself it would never end."""
    future = submit(coroutine)
    try:
        return future.result()
    except BaseException:
        # A thread that is told to stop while it waits takes its call with it; a call that ended is left as it is.
        future.cancel()
        raise


async def run_async(coroutine: Coroutine[Any, Any, T]) -> T:
    """Run a coroutine on the loop from a coroutine of another loop. Cancelling the waiter cancels the call."""
    return await asyncio.wrap_future(submit(coroutine))


def before_close(cleanup: Callable[[], Awaitable[None]]) -> None:
    """Have `cleanup` awaited on the loop when it closes."""
    _running().cleanups.append(cleanup)


def close() -> None:
    """Cancel what runs, close connections, stop the thread. A later use starts afresh."""
    global _background
    with _lock:
        background, _background = _background, None
    if background is not None and background.process == os.getpid():
        background.close()


def _forget_after_fork() -> None:
    global _background, _lock
    _lock = threading.Lock()
    _inherited.append(_background)
    _background = None


atexit.register(close)
if hasattr(os, "register_at_fork"):
    os.register_at_fork(after_in_child=_forget_after_fork)
