"""What services call to speak with a gateway: send a request, read its reply, fetch its pictures, test its key.

A reply is on disk before it is parsed, so that a crash after payment is repaired by reading the file again.
"""

import asyncio
import concurrent.futures
import logging
from collections.abc import Callable, Coroutine, Sequence
from contextlib import suppress
from dataclasses import replace
from functools import partial
from pathlib import Path
from queue import Empty, SimpleQueue
from typing import Any, TypeVar

from gallery.gateway import errors, loop, messages, picture_links, redaction, sending
from gallery.gateway.connections import CallHandle, Connection
from gallery.gateway.dialects import answers, shortfalls, streams
from gallery.gateway.dialects.streams import reply_json
from gallery.gateway.reply_files import part_of, promote_part, read_reply

__all__ = [
    "CallHandle",
    "Connection",
    "fetch_pictures",
    "fetch_public",
    "list_models",
    "parse",
    "read_credit",
    "read_reply",
    "reply_json",
    "rescue",
    "send",
    "send_async",
    "test_key",
]

T = TypeVar("T")

logger = logging.getLogger(__name__)

KEY_TEST_BYTES = 1024 * 1024
MODEL_LIST_BYTES = 32 * 1024 * 1024
KEY_WANTED = "The gateway asks for an API key that is good. An administrator can enter one."
Watch = Callable[[str], None]


def send(
    connection: Connection,
    payload: dict[str, Any],
    *,
    reply_path: Path,
    deadline: float,
    max_bytes: int,
    handle: CallHandle | None = None,
    watch: Watch | None = None,
) -> None:
    """POST the payload by the dialect's route, once, and write the answer, whatever its status, to `reply_path`.

    `deadline` is in seconds, for the whole call. `watch` is handed the words of a streamed answer as they arrive, in
    this thread; while it works, words gather for its next turn. A stream that breaks off after a picture or a word is
    kept as the answer it is. Raises NotReached (surely not run), TimedOut, Interrupted or AnswerUnreadable (may have
    run; what arrived of the answer stays in `<reply_path>.part`).
    """
    wire = connection.speaks.wire(payload)
    said: SimpleQueue[str | None] = SimpleQueue()
    call = loop.submit(
        sending.send(
            connection,
            wire,
            reply_path=reply_path,
            deadline=deadline,
            max_bytes=max_bytes,
            handle=handle,
            say=said.put if watch else None,
        )
    )
    call.add_done_callback(lambda _: said.put(None))
    _result(call, partial(_hand_over, said, watch) if watch else None)


async def send_async(
    connection: Connection,
    payload: dict[str, Any],
    *,
    reply_path: Path,
    deadline: float,
    max_bytes: int,
    handle: CallHandle | None = None,
    watch: Watch | None = None,
) -> None:
    """As `send`, from a coroutine of any loop; `watch` is called on that loop. Cancelling the waiter breaks it off."""
    wire = await asyncio.to_thread(connection.speaks.wire, payload)
    here = asyncio.get_running_loop()

    def say(words: str) -> None:
        # The waiter's loop may be gone before the answer is: that costs the words, not the answer.
        with suppress(RuntimeError):
            here.call_soon_threadsafe(watch, words)  # type: ignore[arg-type]

    await loop.run_async(
        sending.send(
            connection,
            wire,
            reply_path=reply_path,
            deadline=deadline,
            max_bytes=max_bytes,
            handle=handle,
            say=say if watch else None,
        )
    )


def rescue(reply_path: Path) -> bool:
    """Make a reply of what had arrived when its process died: all of an answer that only lacked its name, or of a stream
    what came, if a picture or a word is in it.

    True when there is a reply at `reply_path` now. Only for calls that surely run no more. Raises OSError.
    """
    part = part_of(reply_path)
    if not reply_path.exists() and part.exists():
        with suppress(errors.AnswerUnreadable):
            reply = read_reply(part)
            if streams.is_whole_object(reply) or streams.holds_something(reply):
                promote_part(reply_path)
    return reply_path.exists()


def parse(connection: Connection, reply: messages.Reply, *, wants_picture: bool = True) -> messages.Result:
    """The reply in our words, or the gateway's refusal as one of our errors.

    With `wants_picture` an answer without one is NoImage, whose `result` holds its words and cost; without it (an
    analysis) pictures are left out.
    """
    try:
        result = connection.speaks.parse(reply)
        if wants_picture and not result.pictures:
            raise shortfalls.no_image(result)
        if not wants_picture:
            left_out = (answers.left_out(len(result.pictures)),) if result.pictures else ()
            result = replace(result, pictures=(), broken=(*left_out, *((answers.CUT,) if result.is_cut else ())))
            if not result.text:
                raise shortfalls.no_words(result)
        return result
    except errors.GatewayError as error:
        raise _without_key(error, connection.api_key) from error.__cause__


def fetch_pictures(
    connection: Connection,
    urls: Sequence[str],
    *,
    folder: Path,
    max_bytes: int,
    deadline: float,
    most_together: int = picture_links.MOST_BYTES,
) -> list[Path | errors.PictureNotFetched]:
    """A file in `folder`, or the reason why not (of `status` 403, 404 or 410: it has expired), for each link in its place. A
    link that stands twice is fetched once, four are fetched at a time; `max_bytes` is for one picture, `most_together` and
    `deadline` (seconds) for all. Raises OSError."""
    fetching = picture_links.fetch_pictures(
        connection, urls, folder=folder, max_bytes=max_bytes, deadline=deadline, most_together=most_together
    )
    return _run(fetching)


def fetch_public(url: str, *, to: Path, max_bytes: int, deadline: float) -> None:
    """Write what is behind an address that a person gave to `to`. Public addresses only. Raises PictureNotFetched with a
    sentence, OSError."""
    _run(picture_links.fetch_public(url, to=to, max_bytes=max_bytes, deadline=deadline))


def test_key(connection: Connection) -> messages.KeyProof:
    """Prove base URL and key with one cheap call; the sentence says what was proven. Raises GatewayError."""
    speaks = connection.speaks
    test = speaks.key_test()
    asking = sending.ask_in_memory(connection, test.method, test.path, json=test.json, max_bytes=KEY_TEST_BYTES)
    reply = _run(asking)
    sentence = _read(connection, speaks.read_key_test, reply)
    tells_credit = test.path == speaks.credit_path
    return messages.KeyProof(sentence=sentence, credit=speaks.read_credit(reply) if tells_credit else None)


def read_credit(connection: Connection) -> messages.Credit:
    """What the gateway says is left on the key, by a call that costs nothing. Raises GatewayError.

    Only for dialects with a `credit_path`."""
    speaks = connection.speaks
    asking = sending.ask_in_memory(connection, "GET", speaks.credit_path, max_bytes=KEY_TEST_BYTES)
    return _read(connection, speaks.read_credit, _run(asking))


def list_models(connection: Connection) -> Sequence[messages.ListedModel]:
    """What the gateway itself says it offers; no proof of a key, since some gateways tell everybody.

    Raises GatewayError. At most 10,000 entries, each id once. Typed parameters come from a list of their own; without an
    answer there the models stand without them.
    """
    models = _list_at(connection, connection.speaks.models_path)
    if not connection.speaks.settings_path:
        return models
    try:
        typed = {model.model_id: model for model in _list_at(connection, connection.speaks.settings_path)}
    except errors.GatewayError as problem:
        logger.info("no typed parameters from %s: %s", connection.dialect, problem)
        return models
    listed = {model.model_id for model in models}
    told = [replace(one, settings=typed[one.model_id].settings) if one.model_id in typed else one for one in models]
    return [*told, *(model for model in typed.values() if model.model_id not in listed)]


def _list_at(connection: Connection, path: str) -> Sequence[messages.ListedModel]:
    asking = sending.ask_in_memory(connection, "GET", path, max_bytes=MODEL_LIST_BYTES)
    return _read(connection, connection.speaks.read_models, _run(asking))


test_key.__test__ = False  # type: ignore[attr-defined]  # its name is not that of a test


def _hand_over(said: "SimpleQueue[str | None]", watch: Watch) -> None:
    """Give `watch` what came since its last turn, until the call has ended. Its own faults never cost the answer."""
    has_ended = False
    while not has_ended:
        pieces = [said.get()]
        with suppress(Empty):
            while pieces[-1] is not None:
                pieces.append(said.get_nowait())
        has_ended = pieces[-1] is None
        words = "".join(piece for piece in pieces if piece)
        try:
            if words:
                watch(words)
        except Exception:
            logger.exception("what watches an answer failed; the answer goes on")


def _read(connection: Connection, read: Callable[[messages.Reply], T], reply: messages.Reply) -> T:
    try:
        return read(reply)
    except errors.GatewayError as error:
        raise _without_key(error, connection.api_key) from error.__cause__


def _run(coroutine: Coroutine[Any, Any, T]) -> T:
    return _result(loop.submit(coroutine))


def _result(call: "concurrent.futures.Future[T]", meanwhile: Callable[[], None] | None = None) -> T:
    try:
        if meanwhile is not None:
            meanwhile()
        return call.result()
    except concurrent.futures.CancelledError as error:
        raise errors.Interrupted(sending.STOPPED, detail="this process is stopping") from error
    except errors.GatewayError:
        raise
    except BaseException:
        # A thread that is told to stop while it waits takes its call with it; a call that ended is left as it is.
        call.cancel()
        raise


def _without_key(error: errors.GatewayError, key: str) -> errors.GatewayError:
    if isinstance(error, errors.KeyRefused) and not key:
        error.sentence = KEY_WANTED
    error.sentence = redaction.without_secrets(error.sentence, key)
    error.detail = redaction.without_secrets(error.detail, key)
    error.parameter = redaction.without_secrets(error.parameter, key)
    error.supported_values = tuple(redaction.without_secrets(value, key) for value in error.supported_values)
    error.args = (error.sentence,)
    return error
