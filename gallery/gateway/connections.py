"""What it takes to call one gateway, and the handle by which a running call is stopped."""

import asyncio
import threading
from dataclasses import dataclass, field

import httpx

from gallery.gateway import errors
from gallery.gateway.destinations import HostAndPort, host_and_port
from gallery.gateway.dialects import DIALECTS
from gallery.gateway.dialects.dialect import Dialect

SANDBOX_ORIGIN = "https://sandbox.invalid"


@dataclass(frozen=True, kw_only=True)
class Connection:
    """One gateway as an administrator set it up. `dialect` is its slug in `DIALECTS`; `allow_http` lets pictures be
    fetched from public addresses on port 80; `public_url` is this studio's own address, which some gateways want to know
    ("" tells them nothing). With `is_sandbox` base URL and key are not used and nothing leaves the
    process."""

    base_url: str
    api_key: str = field(repr=False)
    dialect: str
    is_sandbox: bool = False
    allow_http: bool = False
    public_url: str = ""

    @property
    def speaks(self) -> Dialect:
        return DIALECTS[self.dialect]

    @property
    def root(self) -> str:
        """The address under which `/chat/completions` is."""
        if self.is_sandbox:
            return f"{SANDBOX_ORIGIN}/{self.dialect}{self.speaks.default_path}"
        return self.base_url.rstrip("/")

    @property
    def named(self) -> frozenset[HostAndPort]:
        """The one (host, port) that was named by entering this base URL; nothing when it cannot be read."""
        try:
            return frozenset({host_and_port(httpx.URL(self.root))})
        except (httpx.InvalidURL, ValueError):
            return frozenset()


class CallHandle:
    """Stops a call from another thread. Stopping before the start or after the end is allowed."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._is_cancelled = False
        self._loop: asyncio.AbstractEventLoop | None = None
        self._task: asyncio.Task[object] | None = None

    @property
    def is_cancelled(self) -> bool:
        return self._is_cancelled

    def cancel(self) -> None:
        with self._lock:
            self._is_cancelled = True
            if self._loop is not None and self._task is not None:
                self._loop.call_soon_threadsafe(self._task.cancel)

    def start(self) -> None:
        """Called by the running call, on its loop, before it sends. Raises Interrupted when it was stopped already."""
        with self._lock:
            if self._is_cancelled:
                raise errors.Interrupted("The generation was stopped before anything was sent. Nothing was charged.")
            self._loop, self._task = asyncio.get_running_loop(), asyncio.current_task()

    def end(self) -> None:
        with self._lock:
            self._loop = self._task = None
