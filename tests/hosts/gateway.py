"""The gateway that all hosts call: it answers with a picture after as long as the prompt says (`takes-6`), and keeps a ledger of
what it was asked for. What is in the ledger is paid."""

import json
import re
import threading
import time
from collections import Counter
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any

from tests.fake_gateway import data_url, image_entry, image_reply, make_picture

TOKEN = re.compile(rb"hosts-\d+")
TAKES = re.compile(rb"takes-(\d+)")
SECONDS = 0.5


class LedgerGateway:
    """`arrived` and `answered` count by the token in the prompt; `pictures` how many came with each call."""

    def __init__(self, host: str):
        self.arrived: Counter[str] = Counter()
        self.answered: Counter[str] = Counter()
        self.pictures: dict[str, int] = {}
        self.lock = threading.Lock()
        self.server = Server((host, 0), self.handler())
        threading.Thread(target=self.server.serve_forever, daemon=True).start()
        self.base_url = f"http://{host}:{self.server.server_address[1]}/v1"

    def take(self, body: bytes) -> bytes:
        found = TOKEN.search(body)
        token = found[0].decode() if found else "?"
        with self.lock:
            self.arrived[token] += 1
            self.pictures[token] = body.count(b";base64,")
        takes = TAKES.search(body)
        time.sleep(float(takes[1]) if takes else SECONDS)
        return json.dumps(image_reply([image_entry(data_url(make_picture(size=(640, 480))))])).encode()

    def handler(self) -> type[BaseHTTPRequestHandler]:
        gateway = self

        class Handler(BaseHTTPRequestHandler):
            protocol_version = "HTTP/1.1"

            def do_POST(self) -> None:  # the name http.server looks for
                body = self.rfile.read(int(self.headers.get("Content-Length", 0)))
                answer = gateway.take(body)
                self.send_response(200)
                self.send_header("Content-Type", "application/json")
                self.send_header("Content-Length", str(len(answer)))
                self.end_headers()
                self.wfile.write(answer)
                self.wfile.flush()
                found = TOKEN.search(body)
                with gateway.lock:
                    gateway.answered[found[0].decode() if found else "?"] += 1

            def do_GET(self) -> None:  # the list of models, what is left: nobody needs it here
                self.send_response(404)
                self.send_header("Content-Length", "0")
                self.end_headers()

            def log_message(self, *_: Any) -> None:
                pass

        return Handler


class Server(ThreadingHTTPServer):
    daemon_threads = True
    request_queue_size = 128

    def handle_error(self, request: Any, client_address: Any) -> None:
        """A host that was cut off or killed hangs up."""
