"""An internet of a few names and addresses, all of them on this machine: what the door looks up and connects to is what it
would be out there, and is written down."""

import asyncio
import socket
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

import pytest

from gallery.gateway import loop
from tests.fake_gateway import FakeGateway

PUBLIC = "93.184.215.14"
ANOTHER_PUBLIC = "93.184.215.15"


class Internet:
    """`names` has for each name what it resolves to, look-up after look-up; the last one stays. `servers` has who answers at
    an address. `connected` lists every address that a connection was tried to."""

    def __init__(self) -> None:
        self.names: dict[str, list[list[str]]] = {}
        self.servers: dict[str, FakeGateway] = {}
        self.looked_up: list[str] = []
        self.connected: list[tuple[str, int]] = []

    def records_of(self, name: str) -> list[str]:
        answers = self.names[name]
        return answers.pop(0) if len(answers) > 1 else answers[0]


@contextmanager
def small_internet(monkeypatch: pytest.MonkeyPatch) -> Iterator[Internet]:
    """Takes the place of the system's resolver and network below the loop that owns every connection."""

    async def running() -> asyncio.AbstractEventLoop:
        return asyncio.get_running_loop()

    internet = Internet()
    own = loop.run(running())
    look_up, connect = own.getaddrinfo, own.sock_connect

    async def getaddrinfo(host: str, port: int, **more: Any) -> Any:
        if host not in internet.names:
            # Spellings of numbers are understood as the system does; no name is asked for outside.
            return await look_up(host, port, **{**more, "flags": socket.AI_NUMERICHOST})
        internet.looked_up.append(host)
        return [
            (socket.AF_INET6, socket.SOCK_STREAM, 6, "", (record, port, 0, 0))
            if ":" in record
            else (socket.AF_INET, socket.SOCK_STREAM, 6, "", (record, port))
            for record in internet.records_of(host)
        ]

    async def sock_connect(opened: socket.socket, address: Any) -> None:
        internet.connected.append((address[0], address[1]))
        if address[0] in internet.servers and address[1] in (80, 443):
            await connect(opened, ("127.0.0.1", internet.servers[address[0]].port))
        elif address[0] == "127.0.0.1":
            await connect(opened, address)
        else:
            raise ConnectionRefusedError

    with monkeypatch.context() as patch:
        patch.setattr(own, "getaddrinfo", getaddrinfo)
        patch.setattr(own, "sock_connect", sock_connect)
        yield internet
