"""Before a real server that speaks HTTP: it passes everything on, or is in trouble, as a test says."""

import http.client
import threading
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any
from urllib.parse import urlsplit

LONGEST_SECONDS = 30
OWN = ("connection", "transfer-encoding", "server", "date", "content-length")


class FaultyFront:
    """Use as a context manager. `trouble` is "", "silent", "hangs up" or the status of all its answers; with `only_reading`
    what is written goes through. Of an answer that holds `halts_after`, the rest waits for `may_go_on`. `requests` holds the
    headers of everything it was asked."""

    def __init__(self, server: str):
        self.server = urlsplit(server).netloc
        self.trouble = ""
        self.only_reading = False
        self.halts_after = b""
        self.has_halted = threading.Event()
        self.requests: list[dict[str, str]] = []
        self.may_go_on = threading.Event()
        self._listening = _Server(self)
        self._thread = threading.Thread(target=self._listening.serve_forever, args=(0.05,), daemon=True)

    @property
    def address(self) -> str:
        return f"http://127.0.0.1:{self._listening.server_address[1]}"

    def bring_into(self, trouble: str, *, only_reading: bool = False) -> None:
        self.may_go_on.set()
        self.may_go_on = threading.Event()
        self.trouble, self.only_reading = trouble, only_reading

    def __enter__(self) -> "FaultyFront":
        self._thread.start()
        return self

    def __exit__(self, *_: object) -> None:
        self.may_go_on.set()
        self._listening.shutdown()
        self._listening.server_close()


class _Server(ThreadingHTTPServer):
    daemon_threads = True

    def __init__(self, front: FaultyFront):
        self.front = front
        super().__init__(("127.0.0.1", 0), _Handler)


class _Handler(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"
    server: "_Server"

    def handle_one(self) -> None:
        front = self.server.front
        body = self.rfile.read(int(self.headers.get("Content-Length", 0)))
        headers = {name.lower(): value for name, value in self.headers.items()}
        front.requests.append(headers)
        trouble = front.trouble if self.command in ("GET", "HEAD") or not front.only_reading else ""
        if trouble == "silent":
            front.may_go_on.wait(LONGEST_SECONDS)
        if trouble in ("silent", "hangs up"):
            self.close_connection = True
        elif trouble:
            self.answer(int(trouble), {}, b"")
        else:
            self.pass_on(headers, body)

    do_GET = do_HEAD = do_PUT = do_POST = do_DELETE = handle_one  # noqa: N815 - names of the base class

    def pass_on(self, headers: dict[str, str], body: bytes) -> None:
        sent = {
            name: value for name, value in headers.items() if name not in ("expect", "connection", "accept-encoding")
        }
        connection = http.client.HTTPConnection(self.server.front.server, timeout=LONGEST_SECONDS)
        try:
            connection.request(self.command, self.path, body, sent)
            answer = connection.getresponse()
            self.answer(answer.status, dict(answer.getheaders()), answer.read())
        finally:
            connection.close()

    def answer(self, status: int, headers: dict[str, str], body: bytes) -> None:
        told = {name.lower(): value for name, value in headers.items()}
        length = told.get("content-length", "0") if self.command == "HEAD" else str(len(body))
        self.send_response(status)
        for name, value in told.items():
            if name not in OWN:
                self.send_header(name, value)
        self.send_header("Content-Length", length)
        self.end_headers()
        front = self.server.front
        begin, mark, end = body.partition(front.halts_after) if front.halts_after else (body, b"", b"")
        self.wfile.write(begin + mark)
        if mark:
            front.has_halted.set()
            front.may_go_on.wait(LONGEST_SECONDS)
            self.wfile.write(end)

    def log_message(self, *_: Any) -> None:
        pass
