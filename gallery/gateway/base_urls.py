"""What an administrator types as a gateway's address, made into the one form that is stored. No network here."""

import re
from ipaddress import ip_address

import httpx

from gallery.gateway.destinations import LONGEST_URL, host_and_port

DEFAULT_PATHS = {"routellm": "/v1", "openroute": "/api/v1", "openrouter": "/api/v1", "llmgateway": "/v1"}

# People paste the address of one call; the base URL is what stands before it.
_CALL = re.compile(r"/(?:chat/completions|completions|models|images/generations|images/edits|images)\Z")
_PATH = re.compile(r"(?:/[A-Za-z0-9_~-][A-Za-z0-9._~-]*)*\Z")
_LOCAL_ENDINGS = (".localhost", ".local", ".internal", ".lan", ".home.arpa")


class BaseUrlRefused(ValueError):
    """A base URL that cannot be used; the text is a sentence for people."""


def normalise(typed: str, *, dialect: str, allow_http: bool = False) -> str:
    """The base URL, ending in its API path and without a slash, as in `https://routellm.abacus.ai/v1`.

    The path may be missing or end in a call's name. `http` is taken for a host of the own machine or network, elsewhere
    only with `allow_http`. Raises BaseUrlRefused.
    """
    url = _parse(typed.strip())
    if "@" in typed:
        raise BaseUrlRefused("Leave the user name and password out of the base URL; the API key has its own field.")
    if url.query or url.fragment or "?" in typed or "#" in typed:
        raise BaseUrlRefused("Leave out what follows the ? or # in the base URL.")
    if url.scheme == "http" and not allow_http and not is_local(url.host):
        raise BaseUrlRefused("The base URL has to start with https://, because the API key travels with every request.")
    path = _CALL.sub("", url.path.rstrip("/"))
    if not _PATH.match(path):
        raise BaseUrlRefused("The path of the base URL holds characters that do not belong there.")
    default_path = DEFAULT_PATHS[dialect]
    if default_path.startswith(f"{path}/"):
        path = default_path
    return f"{url.scheme}://{url.netloc.decode('ascii').lower()}{path}"


def host_of(base_url: str) -> str:
    """`host:port` of a stored base URL: what an API key is tied to. An IPv6 address keeps its brackets."""
    host, port = host_and_port(httpx.URL(base_url))
    return f"[{host}]:{port}" if ":" in host else f"{host}:{port}"


def is_local(host: str) -> bool:
    """Whether a host is of the own machine or network by its name alone: nothing is looked up."""
    try:
        return ip_address(host.strip("[]")).is_private
    except ValueError:
        name = host.lower().rstrip(".")
        return "." not in name or name.endswith(_LOCAL_ENDINGS)


def _parse(typed: str) -> httpx.URL:
    if not typed:
        raise BaseUrlRefused("Enter the gateway's base URL, as in https://gateway.example/v1.")
    if len(typed) > LONGEST_URL or re.search(r"[\x00-\x20\x7f-\x9f\\]", typed):
        raise BaseUrlRefused("The base URL holds spaces or characters that do not belong in an address.")
    if "://" not in typed:
        typed = f"https://{typed}"
    try:
        url = httpx.URL(typed)
        _, port = host_and_port(url)
    except (httpx.InvalidURL, ValueError) as error:
        raise BaseUrlRefused("The base URL cannot be read. It looks like https://gateway.example/v1.") from error
    if url.scheme not in ("https", "http"):
        raise BaseUrlRefused("The base URL has to start with https://.")
    if not 0 < port < 65536:
        raise BaseUrlRefused("The base URL asks for a port that does not exist.")
    if not url.host or url.host.isdecimal():
        raise BaseUrlRefused("The base URL names no host. It looks like https://gateway.example/v1.")
    return url
