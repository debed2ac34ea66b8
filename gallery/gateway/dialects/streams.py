"""A streamed answer: its events put together into the body that a whole answer would have had, and heard as they come."""

from collections import deque
from contextlib import suppress
from dataclasses import dataclass, field
from itertools import islice
from typing import Any

import msgspec
from msgspec import Raw

from gallery.gateway import errors
from gallery.gateway.dialects import bodies, mending, pictures
from gallery.gateway.dialects.bodies import NOTHING, Body, Choice, Message
from gallery.gateway.dialects.events import PIECE_BYTES, Event, EventReader, read_events
from gallery.gateway.messages import Reply

MEDIA_TYPE = "text/event-stream"
DONE = b"[DONE]"
MOST_EVENTS = 500_000
MOST_RECORDED = 200
LAST_RECORDED = 4
LONGEST_COMPLAINT = 4000
_STARTS = (b"data:", b"event:", b"id:", b"retry:", b":")


class StreamedBody(Body):
    """`was_cut`: the stream ended without saying so."""

    was_cut: bool = False


def is_stream(content_type: str) -> bool:
    return content_type.partition(";")[0].strip().lower() == MEDIA_TYPE


def read(reply: Reply) -> Body:
    """The body of a reply, streamed or whole; what it is is seen from its first bytes, whatever type it declares.

    Raises AnswerUnreadable.
    """
    bodies.check_plain(reply)
    if not _is_streamed(reply):
        return bodies.read_body(reply)
    gathering = _Gathering()
    for number, event in enumerate(read_events(reply.body)):
        if number >= MOST_EVENTS:
            raise errors.AnswerUnreadable(
                f"The gateway's answer came in more than {MOST_EVENTS} pieces and was not read. It may have been charged.",
                status=reply.status,
            )
        gathering.take(event)
    return gathering.body()


def reply_json(reply: Reply) -> Any:
    """A reply as plain JSON, for a record of it: of a stream the list of its first and last events. Raises ValueError."""
    if not _is_streamed(reply):
        return mending.decode(reply.body)
    found: list[Any] = []
    events = read_events(reply.body)
    # The last ones tell how it ended and what it cost.
    for event in [*islice(events, MOST_RECORDED), *deque(events, maxlen=LAST_RECORDED)]:
        try:
            found.append(mending.decode(event.data))
        except (ValueError, RecursionError):
            found.append(event.data[:LONGEST_COMPLAINT].decode("utf-8", "replace"))
    return found


def is_whole_object(reply: Reply) -> bool:
    """Whether a reply that is no stream came to its end: an object of JSON says itself where that is."""
    try:
        msgspec.json.decode(reply.body, type=dict[str, msgspec.Raw])
    except (msgspec.MsgspecError, ValueError):
        return False
    return True


def holds_something(reply: Reply) -> bool:
    """Whether a reply, whole or not, is a stream with a picture or a word in it."""
    if not (200 <= reply.status < 300 and _is_streamed(reply)):
        return False
    listener = Listener()
    return any(
        listener.hear(bytes(reply.body[start : start + PIECE_BYTES])) or listener.holds_something
        for start in range(0, len(reply.body), PIECE_BYTES)
    )


class Listener:
    """Listens to a stream while it arrives: its words, and whether anything came yet that is worth keeping."""

    def __init__(self) -> None:
        self._reader = EventReader()
        self.holds_something = False

    def hear(self, piece: bytes) -> str:
        """The words that this piece of the stream completes."""
        words = ""
        for event in self._reader.feed(piece):
            chunk = _chunk_of(event)
            for message in _messages_of(chunk) if chunk else ():
                said = "".join(pictures.texts_of(message))
                words += said
                self.holds_something |= bool(said or message.images)
        return words


@dataclass(kw_only=True)
class _Said:
    """What one choice has said so far. A gateway that ends with a whole message repeats what came in pieces."""

    words: list[str] = field(default_factory=list)
    whole: list[str] = field(default_factory=list)
    refusals: list[str] = field(default_factory=list)
    images: list[Any] = field(default_factory=list)
    finish_reason: Any = None
    native_finish_reason: Any = None

    def take(self, choice: Choice) -> None:
        for message, words in ((choice.delta, self.words), (choice.message, self.whole)):
            if isinstance(message, Message):
                words += pictures.texts_of(message)
                self.refusals += [message.refusal] if isinstance(message.refusal, str) else []
                self.images += _listed(message.images)
                self.images += [part for part in _listed(message.content) if pictures.may_hold_a_picture(part)]
        self.finish_reason = choice.finish_reason or self.finish_reason
        self.native_finish_reason = choice.native_finish_reason or self.native_finish_reason

    def choice(self) -> Choice:
        message = Message(
            content="".join(self.words or self.whole), images=self.images, refusal="".join(self.refusals) or None
        )
        return Choice(message=message, finish_reason=self.finish_reason, native_finish_reason=self.native_finish_reason)


@dataclass(kw_only=True)
class _Gathering:
    said: dict[Any, _Said] = field(default_factory=dict)
    usage: Raw = field(default_factory=lambda: NOTHING)
    model: str = ""
    error: Any = None
    is_done: bool = False

    def take(self, event: Event) -> None:
        if event.data.strip() == DONE:
            self.is_done = True
            return
        chunk = _chunk_of(event)
        self.error = self.error or _complaint_of(event, chunk)
        if chunk is None:
            return
        for choice in chunk.choices if isinstance(chunk.choices, list) else ():
            if isinstance(choice, Choice):
                number = choice.index if isinstance(choice.index, int) else 0
                self.said.setdefault(number, _Said()).take(choice)
                self.error = self.error or choice.error
        if chunk.usage not in (NOTHING, Raw(b"null")):
            self.usage = chunk.usage
        self.model = chunk.model if isinstance(chunk.model, str) and chunk.model else self.model

    def body(self) -> StreamedBody:
        ended = self.is_done or self.error or any(said.finish_reason for said in self.said.values())
        return StreamedBody(
            choices=[said.choice() for _, said in sorted(self.said.items())],
            usage=self.usage,
            model=self.model,
            error=self.error,
            was_cut=not ended,
        )


def _is_streamed(reply: Reply) -> bool:
    """Seen from the first bytes, whatever type is declared; an empty body is what it says it is."""
    start = bytes(reply.body[:100]).removeprefix(bodies.BYTE_ORDER_MARK).lstrip()
    return start.startswith(_STARTS) if start else is_stream(reply.headers.get("content-type", ""))


def _chunk_of(event: Event) -> Body | None:
    """The JSON of an event; None for one that is no JSON object. Broken letters cost a letter, not the event."""
    for content in (bytes, mending.mended):
        with suppress(msgspec.MsgspecError, UnicodeDecodeError, RecursionError):
            return bodies.chunk_decoder.decode(content(event.data))
    return None


def _complaint_of(event: Event, chunk: Body | None) -> Any:
    if chunk is not None and chunk.error:
        return chunk.error
    if event.kind != "error" and (chunk is None or chunk.success is not False):
        return None
    return (chunk.message if chunk else None) or event.data[:LONGEST_COMPLAINT].decode("utf-8", "replace")


def _messages_of(chunk: Body) -> list[Message]:
    return [*pictures.messages_of(chunk, "delta"), *pictures.messages_of(chunk)]


def _listed(parts: bodies.Parts) -> list[Any]:
    return parts if isinstance(parts, list) else [] if parts is None else [parts]
