"""Pictures that a reply only links to, fetched through the same door onto the disk: memory does not follow their size. The key
never travels with these requests.

The coroutines here run on the gateway loop; `client` has their public faces.
"""

import asyncio
import os
from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path

import aiohttp
import httpx

from gallery.gateway import errors, failures, outbound
from gallery.gateway.addresses import AddressRefused
from gallery.gateway.connections import Connection
from gallery.gateway.destinations import DestinationRefused, host_and_port
from gallery.gateway.exchange import LONGEST_HEADER, Answer, Request

FETCHED_AT_ONCE = 4
# Of all links of one answer together; those of one are bounded by who asks.
MOST_BYTES = 512 * 1024 * 1024
MAX_REDIRECTS = 3
REDIRECTS = (301, 302, 303, 307, 308)
GONE = (403, 404, 410)
# A link may be asked for again without paying again. Pauses in seconds before the second and third attempt.
PAUSES = (0.2, 1.0)

FOREVER = (AddressRefused, DestinationRefused, aiohttp.InvalidURL, httpx.InvalidURL)

EXPIRED = "The picture's link at the gateway has expired. Run it again."
NOT_FETCHED = (
    "The gateway made the picture, but it could not be fetched from its link. It was probably charged: "
    "try to fetch it again soon, before the link expires."
)
NOT_A_LINK = "This address cannot be used. Give the https address of a picture on the public web."
NOT_THERE = "No picture could be fetched from this address. Open it in a browser, save the picture and upload it."


async def _fetch(connection: Connection, url: str, *, to: Path, max_bytes: int, deadline: float) -> None:
    """Whatever goes wrong beyond our disk is PictureNotFetched: the generation ran and was paid, so a link that is not reached
    must never look like a call that did not run."""
    try:
        async with asyncio.timeout(deadline):
            for pause in PAUSES:
                try:
                    await _follow(_request_for(connection, url, max_bytes, deadline), to)
                    return
                except errors.GatewayError as error:
                    if not _may_pass(error):
                        raise
                await asyncio.sleep(pause)
            await _follow(_request_for(connection, url, max_bytes, deadline), to)
    except errors.PictureNotFetched:
        raise
    except errors.GatewayError as error:
        detail = f"{error.sentence} {error.detail}".strip()
        raise errors.PictureNotFetched(NOT_FETCHED, detail=detail, status=error.status) from error
    except TimeoutError as error:
        raise errors.PictureNotFetched(NOT_FETCHED, detail="The link took too long to answer.") from error


async def fetch_pictures(
    connection: Connection,
    urls: Sequence[str],
    *,
    folder: Path,
    max_bytes: int,
    deadline: float,
    most_together: int = MOST_BYTES,
) -> list[Path | errors.PictureNotFetched]:
    """See `client.fetch_pictures`."""
    turns = asyncio.Semaphore(FETCHED_AT_ONCE)
    kept = 0
    end = asyncio.get_running_loop().time() + deadline

    async def fetch(url: str, to: Path) -> Path | errors.PictureNotFetched:
        nonlocal kept
        async with turns:
            remaining = max(0.0, end - asyncio.get_running_loop().time())
            most = min(max_bytes, most_together - kept)
            try:
                await _fetch(connection, url, to=to, max_bytes=most, deadline=remaining)
            except errors.PictureNotFetched as error:
                return error
            size = to.stat().st_size
            if kept + size > most_together:
                detail = f"The pictures of one answer may have {most_together} bytes together."
                return errors.PictureNotFetched(NOT_FETCHED, status=200, detail=detail)
            kept += size
            return to

    distinct = {url: folder / str(number) for number, url in enumerate(dict.fromkeys(urls))}
    # All of them have ended when one finds no room.
    came = await asyncio.gather(*(fetch(url, to) for url, to in distinct.items()), return_exceptions=True)
    fetched: dict[str, Path | errors.PictureNotFetched] = {}
    for url, found in zip(distinct, came, strict=True):
        if not isinstance(found, Path | errors.PictureNotFetched):
            raise found
        fetched[url] = found
    return [fetched[url] for url in urls]


async def fetch_public(url: str, *, to: Path, max_bytes: int, deadline: float) -> None:
    """A picture that a person named by its address: public addresses only, once, and nothing of ours travels along."""
    try:
        async with asyncio.timeout(deadline):
            await _follow(Request(method="GET", url=url, deadline=deadline, max_bytes=max_bytes, allow_http=True), to)
    except errors.GatewayError as error:
        sentence = NOT_A_LINK if any(isinstance(cause, FOREVER) for cause in failures.causes(error)) else NOT_THERE
        raise errors.PictureNotFetched(sentence, detail=f"{error.sentence} {error.detail}".strip()) from error
    except TimeoutError as error:
        raise errors.PictureNotFetched(NOT_THERE, detail="The link took too long to answer.") from error


def _request_for(connection: Connection, url: str, max_bytes: int, deadline: float) -> Request:
    return Request(
        method="GET",
        url=url,
        deadline=deadline,
        max_bytes=max_bytes,
        named=connection.named,
        allow_http=connection.allow_http,
        is_sandbox=connection.is_sandbox,
    )


async def _follow(request: Request, to: Path) -> None:
    """Every hop is checked anew by the door."""
    for _ in range(MAX_REDIRECTS + 1):
        async with outbound.door().ask(request) as answer:
            if answer.status not in REDIRECTS:
                await _take_in(answer, request.max_bytes, to)
                return
            request = next_hop(request, answer.headers.get("location", ""))
    raise errors.PictureNotFetched(NOT_FETCHED, detail=f"The link leads on more than {MAX_REDIRECTS} times.")


def next_hop(request: Request, location: str) -> Request:
    """The request for the place that a link leads on to. Only a named host leads to itself: what stands elsewhere must not
    send this server into a private network, not even to the gateway there."""
    if len(location) >= LONGEST_HEADER:
        raise errors.PictureNotFetched(NOT_FETCHED, detail="The link leads on to an address that is too long.")
    try:
        here = httpx.URL(request.url)
        there = str(here.join(location))
        return replace(request, url=there, named=request.named & {host_and_port(here)})
    except (httpx.InvalidURL, ValueError) as error:
        raise errors.PictureNotFetched(NOT_FETCHED, detail="The link leads on to nowhere.") from error


async def _take_in(answer: Answer, max_bytes: int, to: Path) -> None:
    if answer.status in GONE:
        raise errors.PictureNotFetched(EXPIRED, status=answer.status)
    if answer.status != 200:
        raise errors.PictureNotFetched(NOT_FETCHED, status=answer.status, detail=f"HTTP status {answer.status}")
    if answer.is_encoded:
        raise errors.PictureNotFetched(NOT_FETCHED, status=200, detail="The picture came compressed, unasked.")
    promised = answer.promised_bytes
    if promised is not None and promised > max_bytes:
        raise errors.PictureNotFetched(NOT_FETCHED, status=200, detail=f"{promised} bytes; {max_bytes} are allowed.")
    with open(to, "wb", opener=_open_private) as file:
        async for chunk in answer.chunks():
            file.write(chunk)
        is_empty = not file.tell()
    if is_empty:
        raise errors.PictureNotFetched(NOT_FETCHED, status=200, detail="The link gave an empty file.")


def _open_private(path: str, flags: int) -> int:
    return os.open(path, flags, 0o600)


def _may_pass(error: errors.GatewayError) -> bool:
    """Whether asking again may help."""
    if isinstance(error, errors.PictureNotFetched):
        return error.status is not None and (error.status >= 500 or error.status == 429)
    if isinstance(error, errors.NotReached):
        return not any(isinstance(cause, FOREVER) for cause in failures.causes(error))
    return isinstance(error, errors.Interrupted)
