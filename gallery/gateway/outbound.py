"""The one door to the network: every connection this product opens goes through `Door.ask`.

Two pools stand behind it. One connects to public addresses only. The other connects anywhere, and is used only for a
host and port that an administrator named; so a pooled connection never serves a request that could not have opened it.
"""

import asyncio
import ssl
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager, suppress
from contextvars import ContextVar
from dataclasses import dataclass
from http.cookiejar import CookieJar, DefaultCookiePolicy
from types import SimpleNamespace

import aiohttp
import certifi
import httpx
from aiohappyeyeballs import SocketFactoryType
from aiohttp.abc import AbstractResolver
from httpx_aiohttp import AiohttpTransport
from httpx_aiohttp.transport import AiohttpResponseStream

from gallery.gateway import addresses, errors, failures, loop, redaction
from gallery.gateway.destinations import DestinationRefused, check_url
from gallery.gateway.exchange import Answer, Request
from gallery.gateway.sandbox.transport import SandboxTransport

CONNECT_SECONDS = 15
# Below the shortest keep-alive in common use (5 s), so that a paid request is not written to a connection just closing.
KEEPALIVE_SECONDS = 4
# More than a process has threads or calls of scripts to wait here, and links that it fetches for them at once: who waits
# for a place for longer than to connect is told that the gateway was not reached.
MAX_CONNECTIONS = 2048
MAX_HEADER_BYTES = 128 * 1024
MAX_HEADERS = 2000
SENDING_BYTES = 64 * 1024
# The transport's own 16 KiB make a 4 MiB picture cost 13 ms instead of 9; above 128 KiB every piece is fresh memory.
AiohttpResponseStream.CHUNK_SIZE = 64 * 1024
HEADERS = {"Accept": "*/*", "Accept-Encoding": "identity", "User-Agent": "Proofsheet"}


@dataclass(kw_only=True)
class _Progress:
    was_sent: bool = False


_progress: ContextVar[_Progress | None] = ContextVar("progress of the request of this task", default=None)


class Door:
    """Belongs to the event loop it was made on; see `door`."""

    def __init__(self) -> None:
        trust = _trust()
        self._to_public = _client(_transport(trust, addresses.open_public_socket, addresses.PublicResolver()))
        self._to_named = _client(_transport(trust, addresses.open_socket, aiohttp.ThreadedResolver()))
        self._to_sandbox = _client(SandboxTransport())

    @asynccontextmanager
    async def ask(self, request: Request) -> AsyncIterator[Answer]:
        """Send a request once and give its answer, whatever its status; redirects are answers like others.

        Raises NotReached while no byte has left, and only then; TimedOut, Interrupted or AnswerUnreadable later.
        """
        progress = _Progress()
        response: httpx.Response | None = None
        try:
            async with asyncio.timeout(request.deadline) as deadline:
                response = await self._open(request, progress)
                yield Answer(response, request.max_bytes, request.secret)
        except TimeoutError as error:
            if not deadline.expired():
                raise
            raise failures.network_failure(error, was_sent=progress.was_sent) from error
        finally:
            if response is not None:
                with suppress(*failures.NETWORK_ERRORS):
                    await response.aclose()

    async def _open(self, request: Request, progress: _Progress) -> httpx.Response:
        client = self._client_for(request)
        sending = client.build_request(
            request.method,
            request.url,
            headers={**request.headers, **({"Content-Length": str(len(request.body))} if request.body else {})},
            content=_pieces(request.body) if request.body and not request.is_sandbox else request.body,
        )
        token = _progress.set(progress)
        progress.was_sent = request.is_sandbox
        try:
            return await client.send(sending, stream=True)
        except failures.NETWORK_ERRORS as error:
            raise failures.network_failure(error, was_sent=progress.was_sent) from error
        except UnicodeError as error:
            # A host name that looks like one and cannot be looked up: `a..b.com`, `xn--`, a label of 64 letters.
            raise errors.NotReached("The address cannot be read. Nothing was sent.", detail=str(error)) from error
        finally:
            _progress.reset(token)

    def _client_for(self, request: Request) -> httpx.AsyncClient:
        if request.is_sandbox:
            return self._to_sandbox
        try:
            destination = check_url(request.url, named=request.named, allow_http=request.allow_http)
        except DestinationRefused as error:
            raise errors.NotReached(f"{error} Nothing was sent.", detail=redaction.printable(request.url)) from error
        return self._to_named if destination.is_named else self._to_public

    async def close(self) -> None:
        for client in (self._to_public, self._to_named, self._to_sandbox):
            await client.aclose()


_doors: dict[asyncio.AbstractEventLoop, Door] = {}


def door() -> Door:
    """The door of this process. Only for coroutines on the loop of `gallery.gateway.loop`, which closes it."""
    running = asyncio.get_running_loop()
    if running not in _doors:
        _doors[running] = Door()
        loop.before_close(_close_door)
    return _doors[running]


async def _close_door() -> None:
    await _doors.pop(asyncio.get_running_loop()).close()


def _trust() -> ssl.SSLContext:
    """Checks certificates and names. Made by hand: the ready-made one writes session keys to the file that SSLKEYLOGFILE
    names, and breaks where it cannot."""
    trust = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
    trust.load_default_certs()
    trust.load_verify_locations(certifi.where())
    return trust


def _client(transport: httpx.AsyncBaseTransport) -> httpx.AsyncClient:
    return httpx.AsyncClient(
        transport=transport,
        trust_env=False,
        follow_redirects=False,
        headers=HEADERS,
        cookies=CookieJar(policy=DefaultCookiePolicy(allowed_domains=())),
        # Silence is bounded by the deadline of each request: a picture may take minutes before its first byte.
        timeout=httpx.Timeout(None, connect=CONNECT_SECONDS, pool=CONNECT_SECONDS),
    )


def _transport(
    trust: ssl.SSLContext, socket_factory: SocketFactoryType, resolver: AbstractResolver
) -> AiohttpTransport:
    tracing = aiohttp.TraceConfig()
    tracing.on_request_headers_sent.append(_note_sent)

    def session() -> aiohttp.ClientSession:
        return aiohttp.ClientSession(
            connector=aiohttp.TCPConnector(
                ssl=trust,
                limit=MAX_CONNECTIONS,
                keepalive_timeout=KEEPALIVE_SECONDS,
                # Cached lookups would be shared between names checked at different times.
                use_dns_cache=False,
                socket_factory=socket_factory,
                resolver=resolver,
            ),
            cookie_jar=aiohttp.DummyCookieJar(),
            trust_env=False,
            trace_configs=[tracing],
            max_line_size=MAX_HEADER_BYTES,
            max_field_size=MAX_HEADER_BYTES,
            max_headers=MAX_HEADERS,
        )

    return AiohttpTransport(verify=trust, trust_env=False, client=session)


async def _note_sent(_session: aiohttp.ClientSession, _context: SimpleNamespace, _details: object) -> None:
    """aiohttp calls this in the request's own task, connected, just before the first byte is written."""
    progress = _progress.get()
    if progress is not None:
        progress.was_sent = True


async def _pieces(body: bytes) -> AsyncIterator[bytes]:
    """Views, not copies, whatever the type says: what writes them takes both."""
    view = memoryview(body)
    for start in range(0, len(view), SENDING_BYTES):
        yield view[start : start + SENDING_BYTES]  # type: ignore[misc]
