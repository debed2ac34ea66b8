"""The body of a request: its size, its type, its JSON or its form."""

import asyncio
import hashlib
import json
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from functools import partial
from typing import Any, TypeVar

import msgspec
from django.core.exceptions import RequestDataTooBig, SuspiciousOperation, TooManyFilesSent
from django.http import HttpRequest
from django.http.multipartparser import MultiPartParserError

from gallery.endpoint.refusals import Refusal
from gallery.services import calls

LARGEST_BODY = 64 * 1024 * 1024
LARGE_BODY = 1024 * 1024
JSON = "application/json"
FORM = "multipart/form-data"

T = TypeVar("T")


@dataclass(frozen=True, kw_only=True)
class Form:
    """A posted form: its fields as texts, its files as bytes in their order, and what it is known by."""

    fields: dict[str, str]
    files: dict[str, list[bytes]] = field(repr=False)
    known_by: bytes


def known_by(fields: dict[str, str], files: dict[str, list[bytes]]) -> bytes:
    """The same for the same form alone: every field, and every file in its place."""
    digests = {name: [hashlib.sha256(file).hexdigest() for file in found] for name, found in files.items()}
    return repr((sorted(fields.items()), sorted(digests.items()))).encode()


def read_bytes(request: HttpRequest, *media_types: str) -> bytes:
    """The whole body. Raises Refusal: 413 over the limit, 415 for another type."""
    declared = request.headers.get("Content-Length", "")
    if declared.isdecimal() and int(declared) > LARGEST_BODY:
        raise too_large()
    if request.content_type not in media_types:
        raise Refusal(
            415, f"Send the request as {' or '.join(media_types)}, not as {request.content_type or 'nothing'}."
        )
    content = request.read(LARGEST_BODY + 1)
    if len(content) > LARGEST_BODY:
        raise too_large()
    return content


def too_large() -> Refusal:
    return Refusal(413, f"A request may hold {LARGEST_BODY // 1024 // 1024} MiB. Send fewer or smaller pictures.")


async def aside(work: Callable[[], T], content: bytes) -> T:
    """Do at once what is quick; what a large body takes, everybody else would wait for on the event loop."""
    return await calls.in_thread(work) if len(content) > LARGE_BODY else work()


async def decode_json(content: bytes) -> dict[str, Any]:
    """As `read_json`."""
    return await aside(partial(read_json, content), content)


def read_json(content: bytes) -> dict[str, Any]:
    """The body's JSON object. Raises Refusal with the place of the mistake."""
    try:
        body = msgspec.json.decode(content)
    except (ValueError, RecursionError) as problem:
        raise Refusal(400, f"The body is no JSON: {place_of_mistake(content, problem)}.") from problem
    if not isinstance(body, dict):
        raise Refusal(400, "The body must be a JSON object.")
    return body


def place_of_mistake(content: bytes, problem: Exception) -> str:
    try:
        json.loads(content)
    except json.JSONDecodeError as found:
        return f"{found.msg} at line {found.lineno}, column {found.colno}"
    except (ValueError, RecursionError):
        return "it is not UTF-8 or nested too deeply"
    return str(problem)


async def read_form(request: HttpRequest) -> Form:
    """Fields and files of a posted form. Raises Refusal."""
    declared = request.headers.get("Content-Length", "")
    if declared.isdecimal() and int(declared) > LARGEST_BODY:
        raise too_large()
    try:
        return await asyncio.to_thread(_parse_form, request)
    except (RequestDataTooBig, TooManyFilesSent) as problem:
        raise too_large() from problem
    except (MultiPartParserError, SuspiciousOperation, UnicodeError) as problem:
        raise Refusal(400, "The form cannot be read: its parts do not add up.") from problem


def _parse_form(request: HttpRequest) -> Form:
    if not request.META.get("CONTENT_LENGTH"):
        # Node sends forms in chunks, without a length, and Django takes such a form for an empty one.
        request.META["CONTENT_LENGTH"] = str(len(request.body))
    fields = {name: values[-1] for name, values in request.POST.lists() if values}
    files: dict[str, list[bytes]] = {}
    for name, found in request.FILES.lists():
        files[name] = [file.read() for file in found]
    return Form(fields=fields, files=files, known_by=known_by(fields, files))


def parts_named(form: Form, *names: str) -> Sequence[bytes]:
    return [content for name in names for content in form.files.get(name, ())]
