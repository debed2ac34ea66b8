"""The JSON of a reply, read loosely: every field may be missing or of another type, and big strings are not copied.

Fields that may hold a picture are `Raw`, a view of the reply's own bytes: a 4 MiB picture is read in 2 ms, not in 26.
"""

from typing import Any

import msgspec
from msgspec import Raw

from gallery.gateway import errors, redaction
from gallery.gateway.dialects.mending import mended
from gallery.gateway.messages import Reply

NOTHING = Raw(b"")
BYTE_ORDER_MARK = b"\xef\xbb\xbf"
QUOTED_OF_A_WEB_PAGE = 200

Scalar = str | int | float | bool | None


class Link(msgspec.Struct):
    url: Raw = NOTHING


class Inline(msgspec.Struct):
    """Base64 beside its media type, under the names in use."""

    data: Raw = NOTHING
    url: Raw = NOTHING
    media_type: Scalar | list[Any] | dict[str, Any] = None
    mime_type: Scalar | list[Any] | dict[str, Any] = None
    mimeType: Scalar | list[Any] | dict[str, Any] = None  # noqa: N815  (the wire's own spelling)


class Part(msgspec.Struct):
    """One entry of `message.images`, of a list in `message.content`, of `data` or of a top-level `images`."""

    type: Scalar | list[Any] | dict[str, Any] = None
    text: Scalar | list[Any] | dict[str, Any] = None
    image_url: Link | list[Any] | Scalar = None
    image: Inline | list[Any] | Scalar = None
    source: Inline | list[Any] | Scalar = None
    inline_data: Inline | list[Any] | Scalar = None
    inlineData: Inline | list[Any] | Scalar = None  # noqa: N815  (the wire's own spelling)
    url: Raw = NOTHING
    b64_json: Raw = NOTHING
    data: Raw = NOTHING
    media_type: Scalar | list[Any] | dict[str, Any] = None
    mime_type: Scalar | list[Any] | dict[str, Any] = None
    revised_prompt: Scalar | list[Any] | dict[str, Any] = None


Parts = list[Part | list[Any] | Scalar] | Part | Scalar


class Message(msgspec.Struct):
    content: Parts = None
    images: Parts = None
    refusal: Scalar | list[Any] | dict[str, Any] = None


class Choice(msgspec.Struct):
    index: Scalar | list[Any] | dict[str, Any] = None
    message: Message | list[Any] | Scalar = None
    delta: Message | list[Any] | Scalar = None
    finish_reason: Scalar | list[Any] | dict[str, Any] = None
    native_finish_reason: Scalar | list[Any] | dict[str, Any] = None
    error: Scalar | list[Any] | dict[str, Any] = None


class Body(msgspec.Struct):
    choices: list[Choice | list[Any] | Scalar] | dict[str, Any] | Scalar = None
    data: Parts = None
    images: Parts = None
    usage: Raw = NOTHING
    model: Scalar | list[Any] | dict[str, Any] = None
    error: Scalar | list[Any] | dict[str, Any] = None
    success: Scalar | list[Any] | dict[str, Any] = None
    message: Scalar | list[Any] | dict[str, Any] = None
    detail: Scalar | list[Any] | dict[str, Any] = None


_decoder = msgspec.json.Decoder(Body | list[Any] | Scalar)
chunk_decoder = msgspec.json.Decoder(Body)


def check_plain(reply: Reply) -> None:
    """Raises AnswerUnreadable for a compressed answer."""
    if reply.headers.get("content-encoding", "identity").strip().lower() not in ("", "identity"):
        raise errors.AnswerUnreadable(
            "The gateway's answer came compressed, though plain text was asked for, and was not unpacked. "
            "It may have been charged.",
            status=reply.status,
        )


def read_body(reply: Reply) -> Body:
    """The reply's JSON, whatever type it declares. Raises AnswerUnreadable for one that is no JSON or is compressed."""
    check_plain(reply)
    content = memoryview(reply.body)
    if bytes(content[:3]) == BYTE_ORDER_MARK:
        content = content[3:]
    try:
        body = _decode(content)
    except (msgspec.MsgspecError, UnicodeDecodeError, RecursionError) as error:
        raise _unreadable(reply, content, str(error)) from error
    if isinstance(body, list) and body and isinstance(body[0], dict):
        body = msgspec.convert(body[0], Body) if "error" in body[0] else body
    if not isinstance(body, Body):
        raise _unreadable(reply, content, "JSON, but not an object")
    return body


def _decode(content: memoryview) -> Any:
    try:
        return _decoder.decode(content)
    except (msgspec.DecodeError, UnicodeDecodeError):
        return _decoder.decode(mended(bytes(content)))


def _unreadable(reply: Reply, content: memoryview, problem: str) -> errors.AnswerUnreadable:
    start = redaction.printable(bytes(content[: QUOTED_OF_A_WEB_PAGE * 4]).decode("utf-8", "replace"))
    if start.startswith(("{", "[")):
        return errors.AnswerUnreadable(
            "The gateway's answer is incomplete or damaged. It may have been charged: "
            "look at the gateway's own records before you run it again.",
            detail=problem,
            status=reply.status,
        )
    return errors.AnswerUnreadable(
        "The gateway sent a web page or plain text instead of an answer. An administrator should check the base URL; "
        "if it is right, the gateway is in trouble: try again later.",
        detail=start[:QUOTED_OF_A_WEB_PAGE],
        status=reply.status,
    )
