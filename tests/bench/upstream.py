"""A gateway that answers every POST after a fixed time, small or with a picture: cheap enough not to be what is measured.

`python -m tests.bench.upstream --milliseconds 50 --side 1180` prints its port, and ends when its stdin does. A request
whose model holds `picture` gets a PNG of its own: the same pixels, another text chunk, so that every file differs.
"""

import argparse
import asyncio
import base64
import io
import itertools
import json
import struct
import sys
import zlib
from typing import Any

import uvloop
from PIL import Image

TEXT = {
    "id": "gen-1",
    "object": "chat.completion",
    "created": 1795222440,
    "model": "stand-in",
    "choices": [
        {"index": 0, "finish_reason": "stop", "message": {"role": "assistant", "content": "A short answer in words."}}
    ],
    "usage": {"prompt_tokens": 12, "completion_tokens": 6, "total_tokens": 18, "cost": 0.0001},
}
MARK = "PICTURE-STANDS-HERE"
NUMBER_DIGITS = 12


class Pictures:
    """The parts of an answer that never change, encoded once; only a number within the file does."""

    def __init__(self, side: int):
        noise = Image.effect_noise((side, side), 64)
        picture = Image.merge("RGB", (noise, noise.transpose(Image.Transpose.ROTATE_90), noise.rotate(180)))
        png = encode(picture)
        # A text chunk in front, padded so that what follows starts at a whole group of base64.
        head, rest = png[:33], png[33:]
        self._head = head
        message = {"role": "assistant", "content": "", "images": [{"type": "image_url", "image_url": {"url": MARK}}]}
        answer = json.dumps({**TEXT, "choices": [{"index": 0, "finish_reason": "stop", "message": message}]}).encode()
        self._before, self._after = answer.split(MARK.encode())
        self._padding = -(len(head) + len(self._chunk(0, 0))) % 3
        self._rest = base64.b64encode(rest)
        self.byte_size = len(head) + len(self._chunk(0, self._padding)) + len(rest)

    def _chunk(self, number: int, padding: int) -> bytes:
        content = b"tEXtNumber\0" + str(number).zfill(NUMBER_DIGITS + padding).encode()
        return struct.pack(">I", len(content) - 4) + content + struct.pack(">I", zlib.crc32(content))

    def pieces(self, number: int) -> list[bytes]:
        start = base64.b64encode(self._head + self._chunk(number, self._padding))
        return [self._before, b"data:image/png;base64,", start, self._rest, self._after]


def encode(picture: Image.Image) -> bytes:
    buffer = io.BytesIO()
    picture.save(buffer, "PNG", compress_level=1)
    return buffer.getvalue()


class Call(asyncio.Protocol):
    def __init__(self, seconds: float, pictures: Pictures, numbers: "itertools.count[int]"):
        self.seconds, self.pictures, self.numbers = seconds, pictures, numbers
        self.arrived = b""
        self.transport: Any = None

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        self.transport = transport

    def data_received(self, data: bytes) -> None:
        self.arrived += data
        head, mark, body = self.arrived.partition(b"\r\n\r\n")
        if not mark or not is_whole(head, body):
            return
        self.arrived = b""
        asyncio.get_running_loop().call_later(self.seconds, self.answer, b'"model":"picture"' in body[:4000])

    def answer(self, is_picture: bool) -> None:
        pieces = self.pictures.pieces(next(self.numbers)) if is_picture else [json.dumps(TEXT).encode()]
        length = sum(map(len, pieces))
        self.transport.write(
            b"HTTP/1.1 200 OK\r\nContent-Type: application/json\r\nContent-Length: %d\r\n\r\n" % length
        )
        self.transport.writelines(pieces)


def is_whole(head: bytes, body: bytes) -> bool:
    """Requests come with a length or in chunks."""
    lowered = head.lower()
    if b"chunked" in lowered:
        return body.endswith(b"0\r\n\r\n")
    length = lowered.partition(b"content-length:")[2].partition(b"\r\n")[0]
    return len(body) >= int(length or 0)


async def main() -> None:
    parser = argparse.ArgumentParser()
    parser.add_argument("--milliseconds", type=float, default=50)
    parser.add_argument("--side", type=int, default=1180)
    options = parser.parse_args()
    pictures, numbers = Pictures(options.side), itertools.count(1)
    loop = asyncio.get_running_loop()
    server = await loop.create_server(
        lambda: Call(options.milliseconds / 1000, pictures, numbers), "127.0.0.1", 0, backlog=1024
    )
    print(server.sockets[0].getsockname()[1], pictures.byte_size, flush=True)
    ended = asyncio.Event()
    loop.add_reader(sys.stdin, ended.set)
    await ended.wait()


if __name__ == "__main__":
    uvloop.run(main())
