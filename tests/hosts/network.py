"""Hosts as Linux network namespaces: two networks, one for people, proxy and gateway, one that leads to the data. A cable can be
pulled out of either. Needs root."""

import subprocess
from collections.abc import Iterator
from contextlib import contextmanager, suppress

# Of both networks: the last number is the host's. 1 is whoever watches, beside the gateway.
LAN, DATA = "10.97.0.", "10.98.0."
NUMBERS = {"front": 10, "web1": 11, "web2": 12, "worker1": 21, "worker2": 22, "data": 30}
WATCHER = "watcher"
LONGEST_SECONDS = 20.0


def lan_address(host: str) -> str:
    return f"{LAN}{NUMBERS.get(host, 1)}"


def data_address(host: str) -> str:
    return f"{DATA}{NUMBERS.get(host, 1)}"


class Network:
    """`mark` begins the names of its namespaces, so that two runs do not meet."""

    def __init__(self, mark: str):
        self.mark = mark

    def namespace(self, host: str) -> str:
        return f"{self.mark}-{host}"

    def inside(self, host: str, *command: str) -> list[str]:
        """The command, as that host runs it."""
        return ["ip", "netns", "exec", self.namespace(host), *command]

    def build(self) -> None:
        for host in (WATCHER, *NUMBERS):
            ip("netns", "add", self.namespace(host))
            self.at(host, "link", "set", "lo", "up")
        for cable, addresses in (("lan", LAN), ("data", DATA)):
            self.at(WATCHER, "link", "add", cable, "type", "bridge")
            self.at(WATCHER, "addr", "add", f"{addresses}1/24", "dev", cable)
            self.at(WATCHER, "link", "set", cable, "up")
            for host, number in NUMBERS.items():
                self.connect(host, cable, f"{addresses}{number}/24")

    def connect(self, host: str, cable: str, address: str) -> None:
        end = f"{cable}{NUMBERS[host]}"
        peer = ("peer", "name", cable, "netns", self.namespace(host))
        self.at(WATCHER, "link", "add", end, "type", "veth", *peer)
        self.at(WATCHER, "link", "set", end, "master", cable, "up")
        self.at(host, "addr", "add", address, "dev", cable)
        self.at(host, "link", "set", cable, "up")

    @contextmanager
    def cut(self, host: str, cable: str = "data") -> Iterator[None]:
        """That host's cable is out for the length of the block."""
        self.at(host, "link", "set", cable, "down")
        try:
            yield
        finally:
            self.at(host, "link", "set", cable, "up")

    def remove(self) -> None:
        """With every process that is left in it."""
        for host in (*NUMBERS, WATCHER):
            with suppress(subprocess.SubprocessError):
                for process_id in ip("netns", "pids", self.namespace(host)).split():
                    subprocess.run(["kill", "-9", process_id], check=False, capture_output=True)
                ip("netns", "delete", self.namespace(host))

    def at(self, host: str, *words: str) -> str:
        return ip("-n", self.namespace(host), *words)


def ip(*words: str) -> str:
    done = subprocess.run(["ip", *words], check=True, capture_output=True, text=True, timeout=LONGEST_SECONDS)
    return done.stdout
