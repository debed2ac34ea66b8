"""Which URLs may be asked for: schemes, ports, spellings. What a name resolves to is checked in `addresses`."""

import re
from dataclasses import dataclass

import httpx
import yarl

LONGEST_URL = 8192
DEFAULT_PORTS = {"https": 443, "http": 80}
HostAndPort = tuple[str, int]

_AUTHORITY = re.compile(r"\A[^/?#]*//([^/?#]*).*\Z", re.DOTALL)
_UNSAFE_CHARACTERS = re.compile(r"[\x00-\x20\x7f-\x9f\\]")


class DestinationRefused(ValueError):
    """A URL this server does not ask for; the text is a sentence for people."""


@dataclass(frozen=True, kw_only=True)
class Destination:
    """A checked URL. `is_named` means an administrator named this very host and port, so it may be private."""

    url: httpx.URL
    is_named: bool


def check_url(url: str, *, named: frozenset[HostAndPort], allow_http: bool = False) -> Destination:
    """The destination of a URL, or DestinationRefused. `named`: what administrators named, as (host, port)."""
    if len(url) > LONGEST_URL or _UNSAFE_CHARACTERS.search(url):
        raise DestinationRefused("The address is too long or holds characters that do not belong in an address.")
    parsed = _parse(url)
    if parsed.scheme not in DEFAULT_PORTS:
        raise DestinationRefused("The address does not start with https://.")
    if "@" in _AUTHORITY.sub(r"\1", url, count=1):
        raise DestinationRefused("The address holds a user name or password.")
    if host_and_port(parsed) in named:
        return Destination(url=parsed, is_named=True)
    if parsed.scheme == "http" and not allow_http:
        raise DestinationRefused("The address does not start with https://.")
    if host_and_port(parsed)[1] != DEFAULT_PORTS[parsed.scheme]:
        raise DestinationRefused("The address asks for an unusual port.")
    return Destination(url=parsed, is_named=False)


def host_and_port(url: httpx.URL) -> HostAndPort:
    """The host in lower-case ASCII (IPv6 without brackets) and the port, with the scheme's own where none is given."""
    return url.raw_host.decode("ascii").lower().strip("[]"), url.port or DEFAULT_PORTS.get(url.scheme, 0)


def _parse(url: str) -> httpx.URL:
    """httpx reads the URL here and yarl (under aiohttp) reads it again to connect: both must see the same place."""
    try:
        parsed = httpx.URL(url)
        reread = yarl.URL(str(parsed))
        # `host` is read too: it decodes an internationalised name, which may be none.
        is_same_place = bool(parsed.host) and host_and_port(parsed) == (
            (reread.raw_host or "").lower(),
            reread.port or 0,
        )
    except (httpx.InvalidURL, ValueError, UnicodeError) as error:
        raise DestinationRefused("The address cannot be read.") from error
    if not is_same_place:
        raise DestinationRefused("The address cannot be read.")
    return parsed
