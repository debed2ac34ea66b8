"""Callers of the load: crowds that count their answers, one connection for each request, readers who stop."""

import asyncio
import socket
import sys
import time
from collections import Counter
from collections.abc import Callable, Coroutine, Sequence
from contextlib import closing, suppress
from dataclasses import dataclass, field
from typing import Any

PATIENCE_SECONDS = 180.0
# An answer whose length was not told ends with an empty piece.
END_OF_CHUNKS = b"0\r\n\r\n"


@dataclass
class Crowd:
    name: str
    clients: int
    statuses: Counter[int] = field(default_factory=Counter)
    seconds: list[float] = field(default_factory=list)

    def line(self, alone: float) -> str:
        told = ", ".join(f"{status}: {count}" for status, count in sorted(self.statuses.items()))
        worst = f"{max(self.seconds, default=0):.1f} s ({max(self.seconds, default=0) / alone:.0f} ×)"
        return f"| {self.name} | {self.clients} | {told} | {worst} |"


class Caller:
    """One connection for each request; 0 is a connection that ended without an answer."""

    def __init__(self, port: int, headers: Sequence[str] = ()):
        self.port, self.headers = port, headers

    def head(self, method: str, path: str, *more: str, body: bytes = b"") -> bytes:
        lines = [f"{method} {path} HTTP/1.1", "Host: 127.0.0.1", "Connection: close", *self.headers, *more]
        if not any(line.lower().startswith("content-length") for line in more):
            lines.append(f"Content-Length: {len(body)}")
        return "\r\n".join(lines).encode() + b"\r\n\r\n"

    async def ask(self, method: str, path: str, body: bytes = b"", *more: str) -> tuple[int, str]:
        try:
            async with asyncio.timeout(PATIENCE_SECONDS):
                reader, writer = await asyncio.open_connection("127.0.0.1", self.port)
                with closing(writer):
                    writer.write(self.head(method, path, *more, body=body) + body)
                    answer = await reader.read()
        except (OSError, TimeoutError):
            return 0, ""
        lines = answer.partition(b"\r\n\r\n")[0].decode("latin-1")
        return int(lines[9:12] or 0), lines.lower()


async def crowd(name: str, clients: int, work: Callable[[int, Crowd], Coroutine[Any, Any, None]]) -> Crowd:
    print(f"{time.strftime('%H:%M:%S')} {name}: {clients}", file=sys.stderr, flush=True)
    found = Crowd(name, clients)
    await asyncio.gather(*(work(number, found) for number in range(clients)))
    return found


async def counted(found: Crowd, asking: Coroutine[Any, Any, tuple[int, str]]) -> tuple[int, str]:
    began = time.perf_counter()
    status, head = await asking
    found.seconds.append(time.perf_counter() - began)
    found.statuses[status] += 1
    if status in (429, 503):
        assert "retry-after" in head, head
    return status, head


async def heard(reader: asyncio.StreamReader) -> tuple[int, str]:
    """What is said first: whoever still sends when the studio hangs up is reset, and would lose it."""
    try:
        answer = await reader.read(64 * 1024)
    except OSError:
        answer = b""
    return int(answer[9:12] or 0), answer.decode("latin-1").lower()


async def rest_is_whole(line: socket.socket, first: bytes) -> bool:
    """Whether the answer can still be read to its end."""
    last = first
    with suppress(OSError):
        while piece := await asyncio.get_running_loop().sock_recv(line, 1 << 20):
            last = last[-len(END_OF_CHUNKS) :] + piece
    return last.endswith(END_OF_CHUNKS)
