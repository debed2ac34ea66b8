"""The calls themselves, as coroutines of the gateway loop: a payload sent once, its answer put on disk as it arrives.

`client` has their public faces. A reply is on disk before it is parsed, so that a crash after payment is repaired by
reading the file again.
"""

import asyncio
from collections.abc import Callable
from pathlib import Path

import msgspec

from gallery.gateway import errors, messages, outbound
from gallery.gateway.connections import CallHandle, Connection
from gallery.gateway.dialects import streams
from gallery.gateway.exchange import Request
from gallery.gateway.reply_files import ReplyFile

SHORT_CALL_SECONDS = 60
STOPPED = (
    "The generation was stopped while the gateway was at work. "
    "It may have been charged all the same: look at the gateway's own records before you run it again."
)
Say = Callable[[str], None]


class _NotWritten(errors.Interrupted):
    """The answer could not be written down: what is on the disk is not to be trusted."""


async def send(
    connection: Connection,
    wire: messages.Wire,
    *,
    reply_path: Path,
    deadline: float,
    max_bytes: int,
    handle: CallHandle | None = None,
    say: Say | None = None,
) -> None:
    """See `client.send`. `say` is handed the words of a stream as they arrive, on this loop: it must not block."""
    request = _request(connection, "POST", wire, deadline=deadline, max_bytes=max_bytes)
    reply_file = _open_reply_file(reply_path)
    try:
        if handle is not None:
            handle.start()
        await _receive(request, reply_file, say)
    except asyncio.CancelledError:
        if handle is None or not handle.is_cancelled:
            raise
        raise errors.Interrupted(STOPPED) from None
    finally:
        if handle is not None:
            handle.end()
        reply_file.leave()


async def ask_in_memory(
    connection: Connection, method: str, path: str, *, json: object = None, max_bytes: int
) -> messages.Reply:
    """A short call whose answer is worth no file: a key test, a list."""
    body = msgspec.json.encode(json) if json is not None else b""
    wire = messages.Wire(path=path, media_type="application/json", body=body)
    request = _request(connection, method, wire, deadline=SHORT_CALL_SECONDS, max_bytes=max_bytes)
    async with outbound.door().ask(request) as answer:
        chunks = [chunk async for chunk in answer.chunks()]
    return messages.Reply(status=answer.status, headers=answer.headers, body=b"".join(chunks))


async def _receive(request: Request, reply_file: ReplyFile, say: Say | None) -> None:
    listener = streams.Listener()
    try:
        await _take_in(request, reply_file, listener, say)
    except errors.MayHaveRun as error:
        # A stream that broke off after a picture or a word is an answer: what came was paid and is read as far as it is.
        if isinstance(error, _NotWritten) or not listener.holds_something:
            raise
    await _finish(reply_file)


async def _take_in(request: Request, reply_file: ReplyFile, listener: streams.Listener, say: Say | None) -> None:
    async with outbound.door().ask(request) as answer:
        try:
            reply_file.begin(answer.status, answer.headers)
            is_stream = answer.status == 200 and streams.is_stream(answer.headers.get("content-type", ""))
            async for chunk in answer.chunks():
                reply_file.write(chunk)
                if is_stream:
                    words = listener.hear(chunk)
                    if words and say is not None:
                        say(words)
        except OSError as error:
            raise _not_written(error) from error


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
    return _NotWritten(
        "The gateway answered, but this server could not write the answer to its disk, which may be full. "
        "It was probably charged: an administrator should make room before it is run again.",
        detail=f"{type(error).__name__}: {error.strerror}",
    )


def _request(connection: Connection, method: str, wire: messages.Wire, *, deadline: float, max_bytes: int) -> Request:
    """The only place where the key meets a request: always under the connection's own root."""
    headers = dict(connection.speaks.headers(connection.public_url))
    if wire.body:
        headers["Content-Type"] = wire.media_type
    if connection.api_key and not connection.is_sandbox:
        if not (connection.api_key.isascii() and connection.api_key.isprintable() and " " not in connection.api_key):
            raise errors.KeyRefused(
                "The saved API key holds characters that no key can hold, so nothing was sent. "
                "An administrator can enter it again."
            )
        headers["Authorization"] = f"Bearer {connection.api_key}"
    return Request(
        method=method,
        url=connection.root + wire.path,
        headers=headers,
        body=wire.body,
        deadline=deadline,
        max_bytes=max_bytes,
        named=connection.named,
        is_sandbox=connection.is_sandbox,
        secret=connection.api_key,
    )
