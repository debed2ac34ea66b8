"""Server-sent events (https://html.spec.whatwg.org/multipage/server-sent-events.html) from bytes in pieces of any size.

Pure, and linear in size: a line that arrives in a thousand pieces is joined once. What the events mean is in `streams`.
"""

from collections.abc import Iterator
from dataclasses import dataclass

BYTE_ORDER_MARK = b"\xef\xbb\xbf"
PIECE_BYTES = 256 * 1024


@dataclass(frozen=True)
class Event:
    """`kind` is the event's name, "message" where it has none; `data` its lines, joined by line feeds."""

    kind: str
    data: bytes


class EventReader:
    """Feed it what arrives, in order; `end` gives what stands unfinished when nothing more comes."""

    def __init__(self) -> None:
        self._line: list[bytes] = []
        self._data: list[bytes] = []
        self._kind = ""
        self._is_first_line = True
        self._ends_with_return = False

    def feed(self, piece: bytes) -> Iterator[Event]:
        if self._ends_with_return and piece:
            piece = piece.removeprefix(b"\n")
            self._ends_with_return = False
        start = 0
        for end, after in _line_ends(piece):
            self._line.append(piece[start:end])
            start = after
            yield from self._end_line()
        self._ends_with_return = piece.endswith(b"\r")
        if start < len(piece):
            self._line.append(piece[start:])

    def end(self) -> Iterator[Event]:
        """The last event of a stream that ended without the empty line behind it."""
        if self._line:
            yield from self._end_line()
        yield from self._end_event()

    def _end_line(self) -> Iterator[Event]:
        line = self._line[0] if len(self._line) == 1 else b"".join(self._line)
        self._line = []
        if self._is_first_line:
            line = line.removeprefix(BYTE_ORDER_MARK)
            self._is_first_line = False
        if not line:
            yield from self._end_event()
            return
        name, _, value = line.partition(b":")
        if name == b"data":
            self._data.append(value.removeprefix(b" "))
        elif name == b"event":
            self._kind = value.removeprefix(b" ").decode("utf-8", "replace")[:100]

    def _end_event(self) -> Iterator[Event]:
        if self._data:
            yield Event(self._kind or "message", b"\n".join(self._data))
        self._data, self._kind = [], ""


def read_events(content: bytes | memoryview) -> Iterator[Event]:
    """The events of a whole stream, from bytes or a view of them."""
    reader = EventReader()
    for start in range(0, len(content), PIECE_BYTES):
        yield from reader.feed(bytes(content[start : start + PIECE_BYTES]))
    yield from reader.end()


def _line_ends(piece: bytes) -> Iterator[tuple[int, int]]:
    """Where each line of a piece ends and the next begins; a line ends with CR LF, LF or CR.

    Each kind is looked for once beyond every hit, so that a piece without the one kind is not searched for it again.
    """
    feed, carriage, start = piece.find(b"\n"), piece.find(b"\r"), 0
    while feed >= 0 or carriage >= 0:
        end = min(place for place in (feed, carriage) if place >= 0)
        start = end + 2 if piece[end : end + 2] == b"\r\n" else end + 1
        yield end, start
        if 0 <= feed < start:
            feed = piece.find(b"\n", start)
        if 0 <= carriage < start:
            carriage = piece.find(b"\r", start)
