"""nginx as `deploy/nginx.conf` sets it up, with a certificate of its own, in front of a studio; and callers who come through it."""

import http.client
import socket
import ssl
import urllib.request
from contextlib import AbstractContextManager
from datetime import UTC, datetime, timedelta
from hashlib import sha256
from pathlib import Path
from typing import Any

import pybase64
from cryptography import x509
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.serialization import Encoding, NoEncryption, PrivateFormat, PublicFormat

from tests import nginx
from tests.running_studio import free_port
from tests.visitor import LONGEST_SECONDS

NAME = "studio.example.org"


class FrontProxy:
    """`origin` is what a studio is told as its public address; `before` that studio is a context manager's job."""

    def __init__(self, folder: Path):
        self.folder = folder
        self.port, self.plain_port = free_port(), free_port()
        self.origin = f"https://{NAME}:{self.port}"
        key = make_certificate(folder)
        # How Chromium is told to take this very certificate.
        self.fingerprint = pybase64.b64encode(
            sha256(key.public_key().public_bytes(Encoding.DER, PublicFormat.SubjectPublicKeyInfo)).digest()
        ).decode()
        self.context = ssl.create_default_context(cafile=folder / "fullchain.pem")

    def site(self, studio_port: int) -> str:
        """The example, at ports and with files of the test's own."""
        return nginx.example(
            "nginx.conf",
            {
                "listen 80;": f"listen 127.0.0.1:{self.plain_port};",
                "listen 443 ": f"listen 127.0.0.1:{self.port} ",
                "http://127.0.0.1:8000": f"http://127.0.0.1:{studio_port}",
                "/etc/ssl/proofsheet": str(self.folder),
                "/var/log/nginx/proofsheet.log": str(self.folder / "access.log"),
            },
        )

    def before(self, studio_port: int) -> AbstractContextManager[None]:
        return nginx.running(self.folder, self.site(studio_port), self.port)

    @property
    def complaints(self) -> str:
        return (self.folder / "error.log").read_text()

    def connect(
        self, source: str = "127.0.0.1", port: int = 0, seconds: float = LONGEST_SECONDS
    ) -> http.client.HTTPConnection:
        """A connection from that address of this machine; with `port` past the proxy, to the studio itself."""
        if port:
            return http.client.HTTPConnection("127.0.0.1", port, seconds, (source, 0))
        return ByName(NAME, self.port, timeout=seconds, source_address=(source, 0), context=self.context)

    def handler(self, source: str = "127.0.0.1") -> urllib.request.HTTPSHandler:
        """For a visitor who comes from that address."""

        class Handler(urllib.request.HTTPSHandler):
            def https_open(self, request: urllib.request.Request) -> http.client.HTTPResponse:
                return self.do_open(connect, request)

        def connect(_: str, /, **__: Any) -> http.client.HTTPConnection:
            return self.connect(source)

        return Handler()


class ByName(http.client.HTTPSConnection):
    """Asks nobody where the name is: it is here."""

    source_address: tuple[str, int]
    _context: ssl.SSLContext

    def connect(self) -> None:
        raw = socket.create_connection(("127.0.0.1", self.port), self.timeout, self.source_address)
        self.sock = self._context.wrap_socket(raw, server_hostname=self.host)


def make_certificate(folder: Path) -> ec.EllipticCurvePrivateKey:
    """For the example's name, signed by itself."""
    key = ec.generate_private_key(ec.SECP256R1())
    name = x509.Name([x509.NameAttribute(x509.NameOID.COMMON_NAME, NAME)])
    now = datetime.now(UTC)
    certificate = (
        x509.CertificateBuilder()
        .subject_name(name)
        .issuer_name(name)
        .public_key(key.public_key())
        .serial_number(x509.random_serial_number())
        .not_valid_before(now - timedelta(days=1))
        .not_valid_after(now + timedelta(days=1))
        .add_extension(x509.SubjectAlternativeName([x509.DNSName(NAME)]), critical=False)
        .add_extension(x509.BasicConstraints(ca=True, path_length=0), critical=True)
        .sign(key, SHA256())
    )
    (folder / "fullchain.pem").write_bytes(certificate.public_bytes(Encoding.PEM))
    written = key.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption())
    (folder / "privkey.pem").write_bytes(written)
    return key
