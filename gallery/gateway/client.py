"""What services call to speak with a gateway: send a request, read its reply, fetch its pictures, test its key.

A reply is on disk before it is parsed, so that a crash after payment is repaired by reading the file again.
"""

import asyncio
import concurrent.futures
from collections.abc import Coroutine, Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any, TypeVar

import msgspec

from gallery.gateway import errors, loop, messages, outbound, picture_links, redaction
from gallery.gateway.connections import CallHandle, Connection
from gallery.gateway.dialects import shortfalls
from gallery.gateway.exchange import Request
from gallery.gateway.reply_files import ReplyFile, read_reply

__all__ = [
    "CallHandle",
    "Connection",
    "fetch_picture",
    "fetch_pictures",
    "fetch_pictures_async",
    "fetch_public",
    "parse",
    "read_reply",
    "send",
    "send_async",
    "test_key",
]

T = TypeVar("T")

KEY_TEST_SECONDS = 60
KEY_TEST_BYTES = 1024 * 1024
_STOPPED = (
    "The generation was stopped while the gateway was at work. "
    "It may have been charged all the same: look at the gateway's own records before you run it again."
)


def send(
    connection: Connection,
    payload: dict[str, Any],
    *,
    reply_path: Path,
    deadline: float,
    max_bytes: int,
    handle: CallHandle | None = None,
) -> None:
    """POST the payload to /chat/completions, once, and write the answer, whatever its status, to `reply_path`.

    `deadline` is in seconds, for the whole call. Raises NotReached (surely not run), TimedOut, Interrupted or
    AnswerUnreadable (may have run; what arrived of the answer stays in `<reply_path>.part`).
    """
    body = msgspec.json.encode(payload)
    _run(_send(connection, body, reply_path=reply_path, deadline=deadline, max_bytes=max_bytes, handle=handle))


async def send_async(
    connection: Connection,
    payload: dict[str, Any],
    *,
    reply_path: Path,
    deadline: float,
    max_bytes: int,
    handle: CallHandle | None = None,
) -> None:
    """As `send`, from a coroutine of any loop. Cancelling the waiter breaks the call off."""
    body = await asyncio.to_thread(msgspec.json.encode, payload)
    await loop.run_async(
        _send(connection, body, reply_path=reply_path, deadline=deadline, max_bytes=max_bytes, handle=handle)
    )


def parse(connection: Connection, reply: messages.Reply, *, wants_picture: bool = True) -> messages.Result:
    """The reply in our words, or the gateway's refusal as one of our errors.

    With `wants_picture` an answer without one is NoImage, whose `result` holds its words and cost; without it (an
    analysis) pictures are left out.
    """
    try:
        result = connection.speaks.parse(reply)
        if not wants_picture:
            return replace(result, pictures=(), broken=())
        if not result.pictures:
            raise shortfalls.no_image(result)
        return result
    except errors.GatewayError as error:
        raise _without_key(error, connection.api_key) from error.__cause__


def fetch_picture(connection: Connection, url: str, *, max_bytes: int, deadline: float) -> bytes:
    """The bytes behind a picture's link. Raises PictureNotFetched, of `status` 403, 404 or 410 for an expired one."""
    return _run(picture_links.fetch_picture(connection, url, max_bytes=max_bytes, deadline=deadline))


def fetch_pictures(
    connection: Connection, urls: Sequence[str], *, max_bytes: int, deadline: float
) -> list[bytes | errors.PictureNotFetched]:
    """The bytes, or the reason why not, for each link in its place. A link that stands twice is fetched once, four are
    fetched at a time; `max_bytes` is for one picture, `deadline` (seconds) for all."""
    return _run(picture_links.fetch_pictures(connection, urls, max_bytes=max_bytes, deadline=deadline))


async def fetch_pictures_async(
    connection: Connection, urls: Sequence[str], *, max_bytes: int, deadline: float
) -> list[bytes | errors.PictureNotFetched]:
    """As `fetch_pictures`, from a coroutine of any loop."""
    return await loop.run_async(picture_links.fetch_pictures(connection, urls, max_bytes=max_bytes, deadline=deadline))


def fetch_public(url: str, *, max_bytes: int, deadline: float) -> bytes:
    """The bytes behind an address that a person gave. Public addresses only. Raises PictureNotFetched with a sentence."""
    return _run(picture_links.fetch_public(url, max_bytes=max_bytes, deadline=deadline))


def test_key(connection: Connection) -> str:
    """Prove base URL and key with one cheap call; the sentence says what was proven. Raises GatewayError."""
    test = connection.speaks.key_test()
    reply = _run(_ask_in_memory(connection, test.method, test.path, test.json))
    try:
        return connection.speaks.read_key_test(reply)
    except errors.GatewayError as error:
        raise _without_key(error, connection.api_key) from error.__cause__


test_key.__test__ = False  # type: ignore[attr-defined]  # its name is not that of a test


async def _send(
    connection: Connection,
    body: bytes,
    *,
    reply_path: Path,
    deadline: float,
    max_bytes: int,
    handle: CallHandle | None,
) -> None:
    request = _request(connection, "POST", "/chat/completions", body, deadline=deadline, max_bytes=max_bytes)
    reply_file = _open_reply_file(reply_path)
    try:
        if handle is not None:
            handle.start()
        await _receive(request, reply_file)
    except asyncio.CancelledError:
        if handle is None or not handle.is_cancelled:
            raise
        raise errors.Interrupted(_STOPPED) from None
    finally:
        if handle is not None:
            handle.end()
        reply_file.leave()


async def _receive(request: Request, reply_file: ReplyFile) -> None:
    async with outbound.door().ask(request) as answer:
        try:
            reply_file.begin(answer.status, answer.headers)
            async for chunk in answer.chunks():
                reply_file.write(chunk)
        except OSError as error:
            raise _not_written(error) from error
    await _finish(reply_file)


async def _finish(reply_file: ReplyFile) -> None:
    """Once the whole answer is here, neither the deadline nor a change of mind keeps it from the disk."""
    finishing = asyncio.ensure_future(asyncio.to_thread(reply_file.finish))
    try:
        await asyncio.wait([finishing])
    except asyncio.CancelledError:
        await asyncio.wait([finishing])
    try:
        finishing.result()
    except OSError as error:
        raise _not_written(error) from error


def _open_reply_file(path: Path) -> ReplyFile:
    try:
        return ReplyFile(path)
    except OSError as error:
        raise errors.DidNotRun(
            "This server cannot write to its data folder, so nothing was sent. "
            "An administrator should look at its disk.",
            detail=f"{type(error).__name__}: {error.strerror}",
        ) from error


def _not_written(error: OSError) -> errors.Interrupted:
    return errors.Interrupted(
        "The gateway answered, but this server could not write the answer to its disk, which may be full. "
        "It was probably charged: an administrator should make room before it is run again.",
        detail=f"{type(error).__name__}: {error.strerror}",
    )


async def _ask_in_memory(connection: Connection, method: str, path: str, json: object) -> messages.Reply:
    body = msgspec.json.encode(json) if json is not None else b""
    request = _request(connection, method, path, body, deadline=KEY_TEST_SECONDS, max_bytes=KEY_TEST_BYTES)
    async with outbound.door().ask(request) as answer:
        chunks = [chunk async for chunk in answer.chunks()]
    return messages.Reply(status=answer.status, headers=answer.headers, body=b"".join(chunks))


def _request(
    connection: Connection, method: str, path: str, body: bytes, *, deadline: float, max_bytes: int
) -> Request:
    """The only place where the key meets a request: always under the connection's own root."""
    headers = {"Content-Type": "application/json"} if body else {}
    if connection.api_key and not connection.is_sandbox:
        if not (connection.api_key.isascii() and connection.api_key.isprintable() and " " not in connection.api_key):
            raise errors.KeyRefused(
                "The saved API key holds characters that no key can hold, so nothing was sent. "
                "An administrator can enter it again."
            )
        headers["Authorization"] = f"Bearer {connection.api_key}"
    return Request(
        method=method,
        url=connection.root + path,
        headers=headers,
        body=body,
        deadline=deadline,
        max_bytes=max_bytes,
        named=connection.named,
        is_sandbox=connection.is_sandbox,
    )


def _run(coroutine: Coroutine[Any, Any, T]) -> T:
    try:
        return loop.run(coroutine)
    except concurrent.futures.CancelledError as error:
        raise errors.Interrupted(_STOPPED, detail="this process is stopping") from error


def _without_key(error: errors.GatewayError, key: str) -> errors.GatewayError:
    error.sentence = redaction.without_secrets(error.sentence, key)
    error.detail = redaction.without_secrets(error.detail, key)
    error.parameter = redaction.without_secrets(error.parameter, key)
    error.supported_values = tuple(redaction.without_secrets(value, key) for value in error.supported_values)
    error.args = (error.sentence,)
    return error
