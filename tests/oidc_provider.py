"""A real OpenID Connect provider on loopback, in a process of its own, and one that lies about itself in front of it."""

import json
import subprocess
import sys
import threading
import urllib.error
import urllib.request
from collections.abc import Mapping
from dataclasses import dataclass
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any
from urllib.parse import parse_qs, urlencode, urlsplit

from tests.running_studio import free_port
from tests.visitor import wait_until

DISCOVERY = "/.well-known/openid-configuration"


class OidcProvider:
    """`oidc-provider-mock`, which asks for nobody's password."""

    def __init__(self) -> None:
        self.port = free_port()
        self.issuer = f"http://127.0.0.1:{self.port}"
        words = ["-W", "ignore", "-m", "oidc_provider_mock", "--host", "127.0.0.1", "--port", str(self.port)]
        self.process = subprocess.Popen(
            [sys.executable, *words], stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL, stdin=subprocess.DEVNULL
        )
        wait_until(self.is_there, "a provider that answers")

    def is_there(self) -> bool:
        try:
            return _send(f"{self.issuer}{DISCOVERY}").status == 200
        except OSError:
            return False

    def know(self, sub: str, **claims: Any) -> None:
        """Have it tell this of somebody."""
        request = urllib.request.Request(
            f"{self.issuer}/users/{sub}",
            data=json.dumps(claims).encode(),
            headers={"Content-Type": "application/json"},
            method="PUT",
        )
        assert _open(request).status == 204

    def agree(self, address: str, sub: str) -> str:
        """Sign in there, at the address one was led to; gives the address it leads back to."""
        return self._answer(address, {"sub": sub})

    def deny(self, address: str) -> str:
        """It forgets the state that a denial has to bring back."""
        state = parse_qs(urlsplit(address).query)["state"][0]
        return f"{self._answer(address, {'action': 'deny'})}&state={state}"

    def _answer(self, address: str, fields: Mapping[str, str]) -> str:
        reply = _send(address, urlencode(fields).encode())
        assert reply.status in (302, 303), reply.status
        return reply.location

    def close(self) -> None:
        self.process.terminate()
        self.process.wait(20)


class Impostor:
    """Passes on the provider's description with some of it changed."""

    def __init__(self, provider: OidcProvider, **changes: str):
        """`issuer="itself"`: it gives its own address, as an honest one would."""
        described = json.loads(_send(f"{provider.issuer}{DISCOVERY}").body)

        class Handler(BaseHTTPRequestHandler):
            def do_GET(self) -> None:
                own = {name: impostor.issuer if value == "itself" else value for name, value in changes.items()}
                body = json.dumps({**described, **own}).encode()
                self.send_response(200)
                self.send_header("Content-Type", "application/json")
                self.send_header("Content-Length", str(len(body)))
                self.end_headers()
                self.wfile.write(body)

            def log_message(self, *_: object) -> None:
                return None

        impostor = self
        self.server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        self.issuer = f"http://127.0.0.1:{self.server.server_address[1]}"
        threading.Thread(target=self.server.serve_forever, daemon=True).start()

    def close(self) -> None:
        self.server.shutdown()
        self.server.server_close()


class _StayHere(urllib.request.HTTPRedirectHandler):
    def redirect_request(self, *_: Any) -> None:
        return None


_opener = urllib.request.build_opener(urllib.request.ProxyHandler({}), _StayHere)


@dataclass(frozen=True)
class Reply:
    status: int
    body: bytes
    location: str


def _send(address: str, body: bytes | None = None) -> Reply:
    return _open(urllib.request.Request(address, data=body))


def _open(request: urllib.request.Request) -> Reply:
    try:
        with _opener.open(request, timeout=30) as reply:
            return Reply(reply.status, reply.read(), "")
    except urllib.error.HTTPError as reply:
        with reply:
            return Reply(reply.code, reply.read(), reply.headers.get("Location", ""))
