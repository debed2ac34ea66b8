"""A gateway on a loopback port, with a queue of replies and a list of requests: the only fake of this project.

    gateway.will_fail(429, retry_after=7)
    ... generate ...
    assert gateway.requests[0].json["model"] == "flux_pro"

With an empty queue it answers each POST with one small PNG in RouteLLM's shape. `requests` lists the POSTs, `fetches`
the GETs.
"""

import base64
import io
import json
import secrets
import socket
import struct
import threading
from collections import deque
from collections.abc import Callable, Mapping
from contextlib import suppress
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any

from PIL import Image

# No test waits longer for a server that misbehaves on purpose.
LONGEST_SECONDS = 120
DRIP_SECONDS = 0.05


def make_picture(*, size: tuple[int, int] = (24, 16), file_format: str = "PNG") -> bytes:
    """A valid picture of one random colour, so that no two are the same."""
    buffer = io.BytesIO()
    Image.new("RGB", size, tuple(secrets.token_bytes(3))).save(buffer, file_format)
    return buffer.getvalue()


def make_noise(size: tuple[int, int]) -> bytes:
    """A PNG of three bytes a pixel."""
    buffer = io.BytesIO()
    noise = secrets.token_bytes(size[0] * size[1] * 3)
    Image.frombytes("RGB", size, noise).save(buffer, "PNG", compress_level=1)
    return buffer.getvalue()


def data_url(picture: bytes, media_type: str = "image/png") -> str:
    return f"data:{media_type};base64,{base64.b64encode(picture).decode()}"


def image_reply(
    images: list[Any], *, text: str = "", cost: Any = 150, finish_reason: str = "stop", model: str = "flux_pro"
) -> dict[str, Any]:
    """RouteLLM's reply as its document shows it; `images` are the entries of `message.images`."""
    message = {"role": "assistant", "content": text, "images": images}
    return {
        "created": 1677858242,
        "model": model,
        "choices": [{"index": 0, "message": message, "finish_reason": finish_reason}],
        "usage": {"compute_points_used": cost},
    }


def image_entry(url: str) -> dict[str, Any]:
    return {"type": "image_url", "image_url": {"url": url}}


def sent_event(value: Any) -> bytes:
    return b"data: %s\n\n" % json.dumps(value).encode()


def chunk(*, finish_reason: str | None = None, **delta: Any) -> dict[str, Any]:
    """One piece of a streamed chat answer."""
    return {
        "object": "chat.completion.chunk",
        "model": "m",
        "choices": [{"index": 0, "delta": delta, "finish_reason": finish_reason}],
    }


@dataclass(frozen=True)
class RecordedRequest:
    """Header names are lower case."""

    method: str
    path: str
    headers: Mapping[str, str]
    body: bytes = field(repr=False)

    @property
    def json(self) -> Any:
        return json.loads(self.body)


@dataclass(frozen=True)
class CannedReply:
    """`promised` overrides Content-Length; `drip` sends `drip_bytes` at a time with a pause of seconds between; the body is sent
    `times` over; `breaks` resets the connection after it."""

    status: int = 200
    body: bytes = b""
    headers: Mapping[str, str] = field(default_factory=dict)
    promised: int | None = None
    drip: float = 0
    drip_bytes: int = 1
    times: int = 1
    breaks: bool = False
    silent_seconds: float = 0
    may_answer: threading.Event | None = None


class FakeGateway:
    """Use as a context manager. `base_url` is what an administrator would enter; `origin` has no path."""

    def __init__(self) -> None:
        self.requests: list[RecordedRequest] = []
        self.fetches: list[RecordedRequest] = []
        self.pictures: list[bytes] = []
        self._replies: deque[CannedReply] = deque()
        self._by_key: dict[str, CannedReply] = {}
        self._served: dict[str, deque[CannedReply]] = {}
        self._stopping = threading.Event()
        self._connections: set[socket.socket] = set()
        self._server = _Server(("127.0.0.1", 0), self._handler_class())
        self._thread = threading.Thread(
            target=self._server.serve_forever, args=(0.02,), name="fake-gateway", daemon=True
        )

    def __enter__(self) -> "FakeGateway":
        self._thread.start()
        return self

    def __exit__(self, *_: object) -> None:
        self.stop()

    @property
    def port(self) -> int:
        return int(self._server.server_address[1])

    @property
    def origin(self) -> str:
        return f"http://127.0.0.1:{self.port}"

    @property
    def base_url(self) -> str:
        return f"{self.origin}/v1"

    def will_send_image(
        self,
        count: int = 1,
        *,
        as_url: bool = False,
        size: tuple[int, int] = (24, 16),
        file_format: str = "PNG",
        text: str = "",
        cost: Any = 150,
    ) -> list[bytes]:
        """Answer with that many pictures, and give their bytes; with `as_url` they wait at links of this server."""
        made = [make_picture(size=size, file_format=file_format) for _ in range(count)]
        links = [self.will_serve(picture) if as_url else data_url(picture) for picture in made]
        self.pictures += made
        self.will_send(json=image_reply([image_entry(link) for link in links], text=text, cost=cost))
        return made

    def will_send_image_when(self, may_answer: threading.Event, *, size: tuple[int, int] = (24, 16)) -> int:
        """Keep silent until then, and answer with a picture that does not get smaller by packing; gives the answer's size."""
        picture = make_noise(size)
        body = json.dumps(image_reply([image_entry(data_url(picture))])).encode()
        headers = {"Content-Type": "application/json"}
        self._replies.append(CannedReply(200, body, headers, may_answer=may_answer))
        return len(body)

    def will_send_text(self, text: str, *, finish_reason: str = "stop") -> None:
        """Answer in words, without a picture."""
        self.will_send(json=image_reply([], text=text, finish_reason=finish_reason))

    def will_send(
        self, status: int = 200, *, json: Any = None, body: bytes | str = b"", headers: Mapping[str, str] | None = None
    ) -> None:
        self._replies.append(_canned(status, json, body, headers))

    def will_answer(self, reply: CannedReply) -> None:
        self._replies.append(reply)

    def will_fail(self, status: int, *, retry_after: str | int | None = None, error: Any = "It went wrong.") -> None:
        """Refuse with an error body in RouteLLM's shape."""
        headers = {} if retry_after is None else {"Retry-After": str(retry_after)}
        self.will_send(status, json={"success": False, "error": error}, headers=headers)

    def will_refuse_key(
        self, secret: str, status: int = 402, *, error: Any = "No.", headers: Mapping[str, str] | None = None
    ) -> None:
        """From now on answer every POST with this key so, whatever is in the queue."""
        self._by_key[f"Bearer {secret}"] = _canned(status, {"success": False, "error": error}, b"", headers)

    def will_take_key(self, secret: str) -> None:
        self._by_key.pop(f"Bearer {secret}", None)

    @property
    def keys_used(self) -> list[str]:
        """The keys of the POSTs, in their order."""
        return [request.headers.get("authorization", "").removeprefix("Bearer ") for request in self.requests]

    def will_stream(self, *events: Any, breaks: bool = False, drip: float = 0, drip_bytes: int = 1) -> None:
        """Answer with server-sent events: JSON values, or bytes as they are. With `breaks` the connection is reset after
        the last one; with `drip` they come in pieces of `drip_bytes`."""
        body = b"".join(event if isinstance(event, bytes) else sent_event(event) for event in events)
        headers = {"Content-Type": "text/event-stream"}
        promised = len(body) + 1000 if breaks else None
        self._replies.append(
            CannedReply(200, body, headers, promised=promised, drip=drip, drip_bytes=drip_bytes, breaks=breaks)
        )

    def will_hang(self, seconds: float = LONGEST_SECONDS) -> None:
        """Take the request, then keep silent, then hang up."""
        self._replies.append(CannedReply(silent_seconds=seconds, breaks=True))

    def will_hang_up(self) -> None:
        """Take the request and close the connection without a word."""
        self._replies.append(CannedReply(breaks=True))

    def will_cut(self) -> None:
        """Break the connection in the middle of the body."""
        whole = json.dumps(image_reply([image_entry(data_url(make_picture()))])).encode()
        self._replies.append(CannedReply(body=whole[: len(whole) // 2], promised=len(whole), breaks=True))

    def will_answer_slowly(self, drip: float = DRIP_SECONDS) -> None:
        """Send a good reply byte by byte with a pause between, so that no silence is ever long."""
        whole = json.dumps(image_reply([image_entry(data_url(make_picture()))])).encode()
        self._replies.append(CannedReply(body=whole, drip=drip))

    def will_serve(
        self,
        body: bytes | CannedReply = b"",
        *,
        status: int = 200,
        headers: Mapping[str, str] | None = None,
        path: str = "",
        breaks: bool = False,
        may_answer: threading.Event | None = None,
    ) -> str:
        """Answer GETs of a path with this, and give its URL. Called again for the same path, the answers follow each
        other and the last one stays."""
        path = path or f"/pictures/{secrets.token_hex(8)}.png"
        if isinstance(body, bytes):
            headers = headers or {"Content-Type": "image/png"}
            body = CannedReply(status, body, headers, breaks=breaks, may_answer=may_answer)
        self._served.setdefault(path, deque()).append(body)
        return self.origin + path

    def stop(self) -> None:
        """End everything that still waits, close all connections and wait for the threads."""
        self._stopping.set()
        self._server.shutdown()
        for connection in list(self._connections):
            with suppress(OSError):
                connection.shutdown(socket.SHUT_RDWR)
        self._server.server_close()
        self._thread.join(LONGEST_SECONDS)

    def _next_reply(self, request: RecordedRequest) -> CannedReply:
        if request.method == "GET":
            self.fetches.append(request)
            waiting = self._served.get(request.path.partition("?")[0])
            if not waiting:
                return _canned(404, {"error": "not found"}, b"", None)
            return waiting.popleft() if len(waiting) > 1 else waiting[0]
        self.requests.append(request)
        if refusal := self._by_key.get(request.headers.get("authorization", "")):
            return refusal
        if not self._replies:
            self.will_send_image()
        return self._replies.popleft()

    def _send(self, handler: BaseHTTPRequestHandler, reply: CannedReply) -> None:
        if reply.silent_seconds:
            self._stopping.wait(reply.silent_seconds)
        if reply.may_answer:
            reply.may_answer.wait(LONGEST_SECONDS)
        if not (reply.breaks and not reply.body):
            handler.send_response(reply.status)
            for name, value in reply.headers.items():
                handler.send_header(name, value)
            if "transfer-encoding" not in {name.lower() for name in reply.headers}:
                handler.send_header(
                    "Content-Length", str(len(reply.body) if reply.promised is None else reply.promised)
                )
            handler.end_headers()
            self._send_body(handler, reply)
        if reply.breaks:
            # Closing at once with this option set makes the system send a reset.
            handler.connection.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
            handler.close_connection = True

    def _send_body(self, handler: BaseHTTPRequestHandler, reply: CannedReply) -> None:
        if not reply.drip:
            for _ in range(reply.times):
                handler.wfile.write(reply.body)
            return
        for start in range(0, len(reply.body), reply.drip_bytes):
            handler.wfile.write(reply.body[start : start + reply.drip_bytes])
            if self._stopping.wait(reply.drip):
                handler.close_connection = True
                return

    def _handler_class(self) -> Callable[..., BaseHTTPRequestHandler]:
        gateway = self

        class Handler(BaseHTTPRequestHandler):
            protocol_version = "HTTP/1.1"
            timeout = LONGEST_SECONDS
            # Head and body are two writes; waiting for the first to be acknowledged would cost 40 ms a request.
            disable_nagle_algorithm = True

            def setup(self) -> None:
                super().setup()
                gateway._connections.add(self.connection)

            def finish(self) -> None:
                gateway._connections.discard(self.connection)
                super().finish()

            def do_POST(self) -> None:  # the name http.server looks for
                body = self.rfile.read(int(self.headers.get("Content-Length", 0)))
                headers = {name.lower(): value for name, value in self.headers.items()}
                try:
                    gateway._send(self, gateway._next_reply(RecordedRequest(self.command, self.path, headers, body)))
                except OSError:
                    self.close_connection = True

            do_GET = do_POST  # noqa: N815

            def log_message(self, *arguments: Any) -> None:
                pass

        return Handler


class _Server(ThreadingHTTPServer):
    daemon_threads = False
    request_queue_size = 128

    def handle_error(self, request: Any, client_address: Any) -> None:
        """A caller that hangs up is part of many tests."""


def _canned(status: int, json_body: Any, body: bytes | str, headers: Mapping[str, str] | None) -> CannedReply:
    if json_body is not None:
        return CannedReply(
            status, json.dumps(json_body).encode(), {"Content-Type": "application/json", **(headers or {})}
        )
    content = body.encode() if isinstance(body, str) else body
    return CannedReply(status, content, {"Content-Type": "text/html", **(headers or {})})
