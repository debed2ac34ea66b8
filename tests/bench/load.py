"""Load on one address: so many callers, each with one connection, each sending its next request when it has its answer.

`python -m tests.bench.load --url http://127.0.0.1:8000/v1/chat/completions --token T --model M --callers 64 --seconds 8`
prints JSON: answers a second, milliseconds at the median and the 99th of a hundred, and what was not a 200.
"""

import argparse
import asyncio
import json
import statistics
import time
from typing import Any
from urllib.parse import urlsplit

import uvloop

PATIENCE_SECONDS = 60.0


class Caller(asyncio.Protocol):
    """Sends the same bytes again and again; reads answers of a stated length or in chunks, and throws them away."""

    def __init__(self, request: bytes, seen: list[tuple[float, float, int]]):
        self.request, self.seen = request, seen
        self.sent_at = 0.0
        self.head = b""
        self.missing = -1
        self.tail = b""
        self.status = 0
        self.answered: asyncio.Future[None] | None = None
        self.transport: Any = None

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        self.transport = transport

    async def call(self) -> None:
        self.answered = asyncio.get_running_loop().create_future()
        self.head, self.missing, self.tail = b"", -1, b""
        self.sent_at = time.perf_counter()
        self.transport.write(self.request)
        await self.answered

    def data_received(self, data: bytes) -> None:
        if self.missing < 0:
            self.head += data
            head, mark, data = self.head.partition(b"\r\n\r\n")
            if not mark:
                return
            self.status = int(head[9:12])
            length = head.lower().partition(b"content-length:")[2].partition(b"\r\n")[0]
            # Without a length the end is seen from the last chunk.
            self.missing = int(length) if length else 1 << 60
        self.missing -= len(data)
        self.tail = (self.tail + data)[-5:]
        if self.missing <= 0 or (self.missing > 1 << 59 and self.tail == b"0\r\n\r\n"):
            self.seen.append((self.sent_at, time.perf_counter(), self.status))
            if self.answered and not self.answered.done():
                self.answered.set_result(None)

    def connection_lost(self, error: Exception | None) -> None:
        if self.answered and not self.answered.done():
            self.answered.set_exception(ConnectionError(str(error)))


def request_bytes(url: str, token: str, model: str) -> bytes:
    parts = urlsplit(url)
    content = {"model": model, "messages": [{"role": "user", "content": "A short question about a picture."}]}
    body = json.dumps(content | ({"modalities": ["image", "text"]} if "picture" in model else {})).encode()
    head = (
        f"POST {parts.path} HTTP/1.1\r\nHost: {parts.netloc}\r\nAuthorization: Bearer {token}\r\n"
        f"Content-Type: application/json\r\nContent-Length: {len(body)}\r\n\r\n"
    )
    return head.encode() + body


async def call_until(end: float, caller: Caller) -> None:
    while time.perf_counter() < end:
        await caller.call()


async def main() -> None:
    parser = argparse.ArgumentParser()
    parser.add_argument("--url", required=True)
    parser.add_argument("--token", required=True)
    parser.add_argument("--model", required=True)
    parser.add_argument("--callers", type=int, required=True)
    parser.add_argument("--seconds", type=float, required=True)
    options = parser.parse_args()
    parts = urlsplit(options.url)
    request = request_bytes(options.url, options.token, options.model)
    seen: list[tuple[float, float, int]] = []
    loop = asyncio.get_running_loop()
    callers = []
    for _ in range(options.callers):
        _, caller = await loop.create_connection(lambda: Caller(request, seen), parts.hostname, parts.port)
        callers.append(caller)
    start = time.perf_counter()
    calling = [asyncio.ensure_future(call_until(start + options.seconds, caller)) for caller in callers]
    _, hanging = await asyncio.wait(calling, timeout=options.seconds + PATIENCE_SECONDS)
    took = max(ended for _, ended, _ in seen) - start
    times = sorted((ended - sent) * 1000 for sent, ended, _ in seen)
    told = {
        "rate": len(seen) / took,
        "median": statistics.median(times),
        "p99": times[min(len(times) - 1, int(len(times) * 0.99))],
        "count": len(seen),
        "failed": sum(status != 200 for _, _, status in seen) + len(hanging),
    }
    print(json.dumps(told))


if __name__ == "__main__":
    uvloop.run(main())
