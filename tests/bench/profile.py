"""Benchmark `profile`: where the time of taking in one PNG goes, as pyinstrument tells it.

The steps of `pictures`, with the decoder's work in this process, since pyinstrument sees no other; time by the clock, which
counts what disks take. A function's share is its own and that of the compiled code it calls.
"""

import statistics
import tempfile
from collections import defaultdict
from collections.abc import Mapping, Sequence
from pathlib import Path

from django.conf import settings
from pyinstrument import Profiler
from pyinstrument.frame import Frame

from gallery.images import examine, raster, sizes
from gallery.images.decoder import Decoded, Decoder, read_reply
from tests.bench import pictures
from tests.bench.results import Row

SIDE, SHORT_SIDE = 2048, 512
TIMES = 10
INTERVAL_SECONDS = 0.0005
# What each is of all; the rest is told together.
LEAST_SHARE = 0.01


class DecodesHere(Decoder):
    def decode(self, path: object, out_dir: object, widths: Sequence[int] = sizes.WIDTHS) -> Decoded:
        return read_reply(examine.decode(path=str(path), folder=str(out_dir), widths=widths), Decoded)


def measure(rounds: int, *, is_short: bool) -> list[Row]:
    if not settings.configured:
        settings.configure()
    raster.set_pillow_limits()
    sample = pictures.make_sample(SHORT_SIDE if is_short else SIDE, "PNG", TIMES)
    # The first does not count: it compiles and reads in what the others find.
    _, *seen = [own_times(sample) for _ in range(rounds + 1)]
    return rows_of(seen, f"Taking in {sample.name}")


def own_times(sample: pictures.Sample) -> Mapping[str, float]:
    decoder, profiler = DecodesHere(), Profiler(interval=INTERVAL_SECONDS)
    with tempfile.TemporaryDirectory(prefix="proofsheet-bench-") as folder:
        places = [Path(folder, str(number)) for number in range(TIMES)]
        for place in places:
            place.mkdir()
        with profiler:
            for place in places:
                pictures.take_in_ours(sample, place, decoder)
        assert profiler.last_session
        whole = profiler.last_session.root_frame()
    assert whole
    own: dict[str, float] = defaultdict(float)
    add_own(whole, own)
    return own


def add_own(frame: Frame, own: dict[str, float]) -> None:
    """Seconds of each function without those of the functions it calls."""
    called = [child for child in frame.children if not child.is_synthetic]
    own[f"`{frame.function}` ({Path(frame.file_path or '').name})"] += frame.time - sum(child.time for child in called)
    for child in called:
        add_own(child, own)


def rows_of(seen: Sequence[Mapping[str, float]], what: str) -> list[Row]:
    wholes = [sum(own.values()) for own in seen]

    def row(name: str, seconds: Sequence[float]) -> Row:
        ours, other = ([each / TIMES * 1000 for each in figures] for figures in (seconds, wholes))
        return Row(what=name, ours=ours, unit="ms", other=other, other_name=what)

    middle = {name: statistics.median(own.get(name, 0) for own in seen) for own in seen for name in own}
    largest_first = sorted(middle, key=middle.__getitem__, reverse=True)
    told = [name for name in largest_first if middle[name] >= LEAST_SHARE * statistics.median(wholes)]
    rest = [whole - sum(own.get(name, 0) for name in told) for own, whole in zip(seen, wholes, strict=True)]
    return [*(row(name, [own.get(name, 0) for own in seen]) for name in told), row("everything else", rest)]
