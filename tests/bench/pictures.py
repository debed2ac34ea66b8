"""Benchmark `pictures`: taking in a picture, from the bytes of a gateway's reply to files, hashes, thumbnails and colour.

Ours keeps the raw reply with an fsync, reads it, proves the picture by one whole decode in the decoder process, hashes file
and pixels, and keeps original and thumbnails with an fsync each. The naive way, in one process and without an fsync: `json`,
`base64`, a hash, and for each width a decode with Pillow's `thumbnail()` then `save()`. The limit is what nobody can leave out
on this machine: one copy of the reply, base64, SHA-256, one file with an fsync, one decode, the thumbnails' encoding.
All three are told in processor time, in turn, on the same bytes.
"""

import base64
import hashlib
import io
import json
import os
import tempfile
import time
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

import pybase64
from django.conf import settings
from django.core.files.storage import FileSystemStorage
from PIL import Image, ImageFilter

from gallery.gateway.dialects import DIALECTS
from gallery.gateway.reply_files import ReplyFile, read_reply
from gallery.images import examine, sizes, store
from gallery.images.decoder import Decoder
from tests.bench.results import Row, other_to_ours

# Pixels of a side, file type, how often it is taken in for one figure.
ALL = [(1024, "PNG", 6), (2048, "PNG", 3), (4096, "PNG", 1), (4096, "JPEG", 1)]
SHORT = [(256, "PNG", 2)]
ARRIVES_IN = 256 * 1024
LARGEST = 200 * 1024 * 1024


@dataclass(frozen=True, kw_only=True)
class Sample:
    name: str
    times: int
    reply: bytes
    content: bytes
    thumbnails: tuple[Image.Image, ...]


def measure(rounds: int, *, is_short: bool) -> list[Row]:
    if not settings.configured:
        settings.configure()
    rows = []
    with tempfile.TemporaryDirectory(prefix="proofsheet-bench-") as folder:
        decoder = Decoder(children=1)
        for side, kind, times in SHORT if is_short else ALL:
            sample = make_sample(side, kind, times)
            sides: list[Callable[[], float]] = [
                lambda sample=sample: ours(sample, Path(folder), decoder),  # type: ignore[misc]
                lambda sample=sample: naive(sample, Path(folder)),  # type: ignore[misc]
                lambda sample=sample: limit(sample, Path(folder)),  # type: ignore[misc]
            ]
            for each in sides:
                each()
            seen = [[each() for each in sides] for _ in range(rounds)]
            mine, naively, least = zip(*seen, strict=True)
            rows += [
                Row(what=f"Taking in {sample.name}", ours=mine, unit="ms", other=naively, other_name="naive Pillow"),
                Row(
                    what=f"Taking in {sample.name}",
                    ours=mine,
                    unit="ms",
                    other=least,
                    other_name="this machine's limit",
                    compare=other_to_ours,
                ),
            ]
        decoder.close()
    return rows


def make_sample(side: int, kind: str, times: int) -> Sample:
    """With the grain of a photograph, so that it neither shrinks to nothing nor decodes for nothing."""
    grain = Image.effect_noise((side, side), 48).filter(ImageFilter.GaussianBlur(1))
    picture = Image.merge("RGB", (grain, grain.transpose(Image.Transpose.ROTATE_90), grain))
    buffer = io.BytesIO()
    picture.save(buffer, kind, **({"quality": 92} if kind == "JPEG" else {"compress_level": 4}))
    content = buffer.getvalue()
    url = f"data:image/{kind.lower()};base64,{base64.b64encode(content).decode()}"
    message = {"role": "assistant", "content": "", "images": [{"type": "image_url", "image_url": {"url": url}}]}
    reply = {
        "id": "gen-1",
        "object": "chat.completion",
        "model": "bench",
        "choices": [{"index": 0, "message": message}],
    }
    widths = sizes.thumbnail_widths(side, side)
    scaled = tuple(picture.resize(sizes.thumbnail_size(side, side, width)) for width in widths)
    name = f"{side}² {kind} of {len(content) / 1e6:.1f} MB"
    return Sample(name=name, times=times, reply=json.dumps(reply).encode(), content=content, thumbnails=scaled)


def ours(sample: Sample, folder: Path, decoder: Decoder) -> float:
    return milliseconds(lambda place: take_in_ours(sample, place, decoder), sample, folder, decoder)


def take_in_ours(sample: Sample, place: Path, decoder: Decoder) -> None:
    path = place / "bench.reply"
    file = ReplyFile(path)
    file.begin(200, {"content-type": "application/json"})
    for start in range(0, len(sample.reply), ARRIVES_IN):
        file.write(sample.reply[start : start + ARRIVES_IN])
    file.finish()
    [picture] = DIALECTS["openrouter"].parse(read_reply(path)).pictures
    assert picture.content is not None
    storage = FileSystemStorage(place / "kept")
    store.take_in(picture.content, folder=place / "incoming", storage=storage, max_bytes=LARGEST, decoder=decoder)


def naive(sample: Sample, folder: Path) -> float:
    def take_in(place: Path) -> None:
        answer = json.loads(sample.reply)
        url = answer["choices"][0]["message"]["images"][0]["image_url"]["url"]
        content = base64.b64decode(url.partition(",")[2])
        name = hashlib.sha256(content).hexdigest()
        (place / name).write_bytes(content)
        for width in sizes.WIDTHS:
            picture = Image.open(io.BytesIO(content))
            picture.thumbnail((width, 2 * width))
            picture.save(place / f"{name}-{width}.webp", quality=80)
        picture.resize((1, 1)).getpixel((0, 0))

    return milliseconds(take_in, sample, folder)


def limit(sample: Sample, folder: Path) -> float:
    encoded = base64.b64encode(sample.content)

    def take_in(place: Path) -> None:
        bytearray(sample.reply)
        hashlib.sha256(pybase64.b64decode(encoded, validate=True)).digest()
        with (place / "original").open("wb", buffering=0) as file:
            file.write(sample.content)
            os.fsync(file.fileno())
        Image.open(io.BytesIO(sample.content)).load()
        for thumbnail in sample.thumbnails:
            thumbnail.save(io.BytesIO(), "WEBP", **examine.WEBP_OPTIONS)

    return milliseconds(take_in, sample, folder)


def milliseconds(
    take_in: Callable[[Path], None], sample: Sample, folder: Path, decoder: Decoder | None = None
) -> float:
    """Of processor time for one picture, the decoder's included."""
    spent = 0.0
    for _ in range(sample.times):
        with tempfile.TemporaryDirectory(dir=folder) as place:
            before = time.process_time() + decoder_seconds(decoder)
            take_in(Path(place))
            spent += time.process_time() + decoder_seconds(decoder) - before
    return spent / sample.times * 1000


def decoder_seconds(decoder: Decoder | None) -> float:
    """Linux counts a process's time in nanoseconds here."""
    if decoder is None:
        return 0.0
    return sum(int(Path(f"/proc/{pid}/schedstat").read_text().split()[0]) for pid in decoder.process_ids()) / 1e9
