"""A file with blocks left out, put in or replaced: a plan over the old bytes, copied piece by piece when it is read."""

from collections.abc import Iterable, Iterator
from dataclasses import dataclass

from gallery.images.containers import Data

CHUNK_BYTES = 1024 * 1024
Piece = bytes | range


@dataclass(frozen=True)
class Edited:
    """Reads from `data` until the last chunk is taken: keep a map of a file open as long."""

    data: Data
    pieces: tuple[Piece, ...]

    @property
    def byte_size(self) -> int:
        return sum(map(len, self.pieces))

    def chunks(self) -> Iterator[bytes]:
        for piece in self.pieces:
            if isinstance(piece, bytes):
                yield piece
                continue
            for start in range(piece.start, piece.stop, CHUNK_BYTES):
                yield self.data[start : min(start + CHUNK_BYTES, piece.stop)]

    def __bytes__(self) -> bytes:
        return b"".join(self.chunks())


def edit(data: Data, pieces: Iterable[Piece]) -> Edited:
    """A range stands for those bytes of `data`; neighbours are joined, so that a file left as it is, is one piece."""
    joined: list[Piece] = []
    for piece in filter(len, pieces):
        last = joined[-1] if joined else b""
        if isinstance(piece, range) and isinstance(last, range) and last.stop == piece.start:
            joined[-1] = range(last.start, piece.stop)
        else:
            joined.append(piece)
    return Edited(data, tuple(joined))
