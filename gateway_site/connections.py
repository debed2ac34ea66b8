"""Connections that cannot be held for nothing: uvicorn itself waits for slow headers and slow readers as long as they like,
takes headers of any size, and opens as many connections as come.
"""

import asyncio
from asyncio.events import TimerHandle
from http import HTTPStatus
from typing import Any

from uvicorn.protocols.http.httptools_impl import HttpToolsProtocol

from gateway_site.open_files import allow_open_files
from gateway_site.patience import LEAST_A_SECOND
from gateway_site.tallies import tally

FULL = "The studio has more to do than it can at once. Nothing was changed; try again in a few seconds."
RETRY_SECONDS = 5
HEAD_SECONDS = 15.0
LARGEST_HEAD = 64 * 1024
# Whoever takes nothing of an answer for so long has left; so has who takes a byte now and then.
STALLED_SECONDS = 60.0
MOST_CONNECTIONS = 2000
# Pictures, databases, calls to gateways.
FILES_KEPT_FREE = 256
TOO_SLOW = "The head of this request took too long."
TOO_LARGE = "The head of this request is too large."


def most_connections() -> int:
    """As many as this process may open files for; it asks for what it is allowed at most."""
    limit = allow_open_files(MOST_CONNECTIONS + FILES_KEPT_FREE)
    return max(limit - FILES_KEPT_FREE, limit // 2)


class GuardedConnection(HttpToolsProtocol):
    most = MOST_CONNECTIONS
    head_seconds = HEAD_SECONDS
    stalled_seconds = STALLED_SECONDS

    def connection_made(self, transport: asyncio.Transport) -> None:  # type: ignore[override]
        super().connection_made(transport)
        self.head_clock: TimerHandle | None = None
        self.stall_clock: TimerHandle | None = None
        self.head_size = 0
        if len(self.connections) > self.most:
            self.turn_away(503, FULL, "connections")
        else:
            self.await_head()

    def connection_lost(self, exc: Exception | None) -> None:
        self.stop_clocks()
        super().connection_lost(exc)

    def data_received(self, data: bytes) -> None:
        if self.transport.is_closing():
            return
        super().data_received(data)
        if self.head_clock is not None:
            self.head_size += len(data)
            if self.head_size > LARGEST_HEAD:
                self.turn_away(431, TOO_LARGE, "large head")

    def on_message_begin(self) -> None:
        super().on_message_begin()
        if self.head_clock is None:
            self.await_head()

    def on_headers_complete(self) -> None:
        if self.head_clock is not None:
            self.head_clock.cancel()
            self.head_clock = None
        super().on_headers_complete()

    def await_head(self) -> None:
        self.head_size = 0
        self.head_clock = self.loop.call_later(self.head_seconds, self.turn_away, 408, TOO_SLOW, "slow head")

    def pause_writing(self) -> None:
        super().pause_writing()
        if self.stall_clock is None:
            self.await_reader()

    def resume_writing(self) -> None:
        super().resume_writing()
        if self.stall_clock is not None:
            self.stall_clock.cancel()
            self.stall_clock = None

    def await_reader(self) -> None:
        kept = self.transport.get_write_buffer_size()
        self.stall_clock = self.loop.call_later(self.stalled_seconds, self.look_at_reader, kept)

    def look_at_reader(self, kept: int) -> None:
        """`kept` is what was waiting to be taken when the clock was set: a large piece takes a slow line minutes."""
        self.stall_clock = None
        taken = kept - self.transport.get_write_buffer_size()
        if taken >= self.stalled_seconds * LEAST_A_SECOND:
            self.await_reader()
            return
        tally.refused["slow reader"] += 1
        self.transport.abort()

    def stop_clocks(self) -> None:
        for clock in (self.head_clock, self.stall_clock):
            if clock is not None:
                clock.cancel()
        self.head_clock = self.stall_clock = None

    def turn_away(self, status: int, sentence: str, reason: str) -> None:
        tally.refused[reason] += 1
        self.stop_clocks()
        if self.transport.is_closing():
            return
        head = f"HTTP/1.1 {status} {HTTPStatus(status).phrase}\r\nContent-Type: text/plain; charset=utf-8\r\n"
        wait = f"Retry-After: {RETRY_SECONDS}\r\n" if status == 503 else ""
        body = sentence.encode()
        self.transport.write(f"{head}{wait}Content-Length: {len(body)}\r\nConnection: close\r\n\r\n".encode() + body)
        self.transport.close()


def guarded(**more: Any) -> type[GuardedConnection]:
    """With as many connections as this process can have open."""
    return type("Connection", (GuardedConnection,), {"most": most_connections(), **more})
