"""A studio with a gateway behind it and a TLS proxy before it, and what is asked of it there."""

import http.client
import itertools
import json
import os
from collections.abc import Iterator, Mapping
from contextlib import AbstractContextManager, closing, contextmanager
from email.message import Message
from typing import Any

from tests import own_parts
from tests.fake_gateway import FakeGateway
from tests.front_proxy import FrontProxy
from tests.running_studio import Studio, manage
from tests.visitor import LONGEST_SECONDS, Visitor, join

Headers = Mapping[str, str]

CHAT = "/v1/chat/completions"
# How long a gateway keeps silent before its answer. Longer than the pause after which a stream gives a sign of life.
LONG_ANSWER = float(os.environ.get("PROOFSHEET_LONG_ANSWER", "12"))
PATIENCE = LONG_ANSWER + LONGEST_SECONDS
# Addresses of this machine: the proxy's own is 127.0.0.1.
ADA_IS_AT = "127.0.0.2"
NONE: Headers = {}
_numbers = itertools.count(1)


class House:
    """Its administrator comes from an address of her own."""

    def __init__(self, proxy: FrontProxy, studio: Studio, gateway: FakeGateway):
        self.proxy, self.studio, self.gateway = proxy, studio, gateway
        way = proxy.handler(ADA_IS_AT)
        self.ada: Visitor = join(proxy.origin, studio.setup_path, "ada", "Ada Lovelace", way)
        self.token = manage(studio.data_folder, "create_token", "ada", "--name", "A script").stdout.strip()

    @contextmanager
    def asked(
        self, method: str, path: str, body: bytes | str, headers: Headers, *, source: str = ADA_IS_AT, port: int = 0
    ) -> Iterator[http.client.HTTPResponse]:
        """The answer, its body unread. With `port` it is asked past the proxy."""
        with closing(self.proxy.connect(source, port, PATIENCE)) as connection:
            connection.request(method, path, body, headers)
            with connection.getresponse() as answer:
                yield answer

    def get(self, path: str, headers: Headers = NONE, port: int = 0) -> tuple[int, Message]:
        with self.asked("GET", path, b"", headers, port=port) as answer:
            return answer.status, answer.headers

    def call(self, content: Any, headers: Headers = NONE) -> AbstractContextManager[http.client.HTTPResponse]:
        told = {"Authorization": f"Bearer {self.token}", "Content-Type": "application/json", **headers}
        return self.asked("POST", CHAT, json.dumps(content), told)

    def try_door(self, source: str, headers: Headers = NONE, *, port: int = 0) -> int:
        """A name of its own with a wrong password from that address; the status it got."""
        csrf = "c" * 32
        fields = f"username=nobody-{next(_numbers)}&password=wrong&csrfmiddlewaretoken={csrf}"
        told = {"Content-Type": "application/x-www-form-urlencoded", "Cookie": f"proofsheet_csrf={csrf}"}
        told |= {"Origin": self.proxy.origin, **headers}
        with self.asked("POST", "/accounts/login/", fields, told, source=source, port=port) as answer:
            return answer.status

    def leases(self) -> dict[int, Any]:
        """Until when the runs under way are held, by their numbers."""
        question = "SELECT id, lease_expires_at FROM gallery_generation WHERE status = %s"
        rows = own_parts.ask(self.studio.data_folder, question, "running")
        return {row["id"]: row["lease_expires_at"] for row in rows}

    def audit_log(self) -> str:
        return self.ada.get("/admin/gallery/auditentry/export/").text
