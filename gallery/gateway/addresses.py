"""Which network addresses may be connected: the deny list, and the resolver and sockets that obey it. No URLs here.

The check that counts is made on the very address a socket is opened for, so no spelling of a name or number gets round
it; the resolver checks as well, because a name with one bad record among good ones is refused as a whole.
"""

import socket
from ipaddress import IPv4Address, IPv6Address, ip_address, ip_network

import aiohttp
from aiohappyeyeballs import AddrInfoType
from aiohttp.abc import AbstractResolver, ResolveResult

# From the IANA special-purpose registries (https://www.iana.org/assignments/iana-ipv4-special-registry, and -ipv6-).
DENIED_IPV4 = tuple(
    ip_network(network)
    for network in (
        "0.0.0.0/8",
        "10.0.0.0/8",
        "100.64.0.0/10",
        "127.0.0.0/8",
        "168.63.129.16/32",  # in no registry: where every machine in Azure finds the service that runs it
        "169.254.0.0/16",
        "172.16.0.0/12",
        "192.0.0.0/24",
        "192.0.2.0/24",
        "192.88.99.0/24",
        "192.168.0.0/16",
        "198.18.0.0/15",
        "198.51.100.0/24",
        "203.0.113.0/24",
        "224.0.0.0/4",
        "240.0.0.0/4",
    )
)
# Everything outside 2000::/3 is denied too: loopback, NAT64, unique local, link local, multicast, and what comes next.
GLOBAL_IPV6 = ip_network("2000::/3")
DENIED_IPV6 = tuple(
    ip_network(network)
    for network in (
        "2001::/23",  # Teredo and other protocol assignments
        "2001:db8::/32",
        "2002::/16",  # 6to4 carries an IPv4 address inside
        "3fff::/20",
    )
)
KEEPALIVE_AFTER_SECONDS = 30


class AddressRefused(OSError):
    """An address this server does not connect to. An OSError, because the connecting code expects nothing else."""

    def __init__(self, address: str):
        super().__init__(f"address not allowed: {address}")
        self.address = address


def is_public(address: str) -> bool:
    """Whether an IP address in text is one of the open internet. Text that is no address is not public."""
    try:
        parsed = ip_address(address.partition("%")[0])
    except ValueError:
        return False
    if isinstance(parsed, IPv6Address):
        if parsed.ipv4_mapped is None:
            return parsed in GLOBAL_IPV6 and not any(parsed in network for network in DENIED_IPV6)
        parsed = parsed.ipv4_mapped
    return _is_public_ipv4(parsed)


def _is_public_ipv4(address: IPv4Address) -> bool:
    return not any(address in network for network in DENIED_IPV4)


def open_socket(address_info: AddrInfoType) -> socket.socket:
    """A socket for one connection attempt; the system watches it, since an answer may take ten silent minutes."""
    family, kind, protocol, _, _ = address_info
    opened = socket.socket(family=family, type=kind, proto=protocol)
    opened.setsockopt(socket.SOL_SOCKET, socket.SO_KEEPALIVE, 1)
    if hasattr(socket, "TCP_KEEPIDLE"):
        opened.setsockopt(socket.IPPROTO_TCP, socket.TCP_KEEPIDLE, KEEPALIVE_AFTER_SECONDS)
        opened.setsockopt(socket.IPPROTO_TCP, socket.TCP_KEEPINTVL, KEEPALIVE_AFTER_SECONDS)
    return opened


def open_public_socket(address_info: AddrInfoType) -> socket.socket:
    """As `open_socket`, for the open internet only. Raises AddressRefused."""
    address = str(address_info[4][0])
    if not is_public(address):
        raise AddressRefused(address)
    return open_socket(address_info)


class PublicResolver(AbstractResolver):
    """Resolves names, and refuses a name as a whole when any of its addresses is not public."""

    def __init__(self) -> None:
        self._resolver = aiohttp.ThreadedResolver()

    async def resolve(
        self, host: str, port: int = 0, family: socket.AddressFamily = socket.AF_INET
    ) -> list[ResolveResult]:
        results = await self._resolver.resolve(host, port, family)
        for result in results:
            if not is_public(result["host"]):
                raise AddressRefused(result["host"])
        return results

    async def close(self) -> None:
        await self._resolver.close()
