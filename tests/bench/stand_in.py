"""A gateway that takes a fixed time for each picture: one asyncio process on loopback, hundreds of calls at once.

`python -m tests.bench.stand_in --seconds 2 --side 64` prints its port, and ends when its stdin does. POST is answered
as RouteLLM answers, with one PNG; `GET /calls` tells what was asked of it. The fake gateway of the tests has a thread
for each connection, whose cost would be measured along with ours.
"""

import argparse
import asyncio
import base64
import io
import json
import struct
import sys
import time
import zlib
from typing import Any

from PIL import Image, ImageFilter

MOST_CONNECTIONS = 1024


def make_png(side: int) -> bytes:
    """A square with the grain of a photograph, so that it neither shrinks to nothing nor decodes for nothing."""
    grain = Image.effect_noise((side, side), 48).filter(ImageFilter.GaussianBlur(1))
    buffer = io.BytesIO()
    Image.merge("RGB", (grain, grain.transpose(Image.Transpose.ROTATE_90), grain)).save(buffer, "PNG")
    return buffer.getvalue()


def with_number(png: bytes, number: int) -> bytes:
    """The same pixels in a file of its own: a text chunk, put before the 12 bytes that end every PNG."""
    content = b"tEXtNumber\0" + str(number).encode()
    chunk = struct.pack(">I", len(content) - 4) + content + struct.pack(">I", zlib.crc32(content))
    return png[:-12] + chunk + png[-12:]


class StandIn:
    def __init__(self, *, seconds: float, side: int):
        self.seconds = seconds
        self.png = make_png(side)
        self.calls = 0
        self.first_at: float | None = None
        self.waiting = 0
        self.most_waiting = 0

    async def serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        try:
            while True:
                method, body = await read_request(reader)
                answer = await self.generate(body) if method == "POST" else self.report()
                writer.write(as_http(answer))
                await writer.drain()
        except (asyncio.IncompleteReadError, ConnectionError):
            writer.close()

    async def generate(self, body: bytes) -> dict[str, Any]:
        self.calls += 1
        number = self.calls
        self.first_at = self.first_at or time.time()
        self.waiting += 1
        self.most_waiting = max(self.most_waiting, self.waiting)
        await asyncio.sleep(self.seconds)
        self.waiting -= 1
        url = f"data:image/png;base64,{base64.b64encode(with_number(self.png, number)).decode()}"
        images = [{"type": "image_url", "image_url": {"url": url}}]
        return {
            "created": int(time.time()),
            "model": json.loads(body)["model"],
            "choices": [
                {
                    "index": 0,
                    "message": {"role": "assistant", "content": "", "images": images},
                    "finish_reason": "stop",
                }
            ],
            "usage": {"compute_points_used": 150},
        }

    def report(self) -> dict[str, Any]:
        return {
            "calls": self.calls,
            "first_at": self.first_at,
            "waiting": self.waiting,
            "most_waiting": self.most_waiting,
            "picture_bytes": len(self.png),
        }


async def read_request(reader: asyncio.StreamReader) -> tuple[str, bytes]:
    """Method and body of one HTTP/1.1 request, its body either of a stated length or in chunks."""
    head = (await reader.readuntil(b"\r\n\r\n")).decode("latin-1")
    lines = head.split("\r\n")
    headers = {name.lower(): value.strip() for name, _, value in (line.partition(":") for line in lines[1:])}
    if "chunked" not in headers.get("transfer-encoding", ""):
        return lines[0].split()[0], await reader.readexactly(int(headers.get("content-length", 0)))
    body = b""
    while size := int(await reader.readuntil(b"\r\n"), 16):
        body += (await reader.readexactly(size + 2))[:-2]
    await reader.readexactly(2)
    return lines[0].split()[0], body


def as_http(answer: dict[str, Any]) -> bytes:
    body = json.dumps(answer).encode()
    return b"HTTP/1.1 200 OK\r\nContent-Type: application/json\r\nContent-Length: %d\r\n\r\n%s" % (len(body), body)


async def main() -> None:
    parser = argparse.ArgumentParser()
    parser.add_argument("--seconds", type=float, default=2.0)
    parser.add_argument("--side", type=int, default=64)
    options = parser.parse_args()
    stand_in = StandIn(seconds=options.seconds, side=options.side)
    server = await asyncio.start_server(stand_in.serve, "127.0.0.1", 0, backlog=MOST_CONNECTIONS)
    print(server.sockets[0].getsockname()[1], flush=True)
    ended = asyncio.Event()
    asyncio.get_running_loop().add_reader(sys.stdin, ended.set)
    await ended.wait()


if __name__ == "__main__":
    asyncio.run(main())
