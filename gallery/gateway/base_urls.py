"""What an administrator types as a gateway's address, made into the one form that is stored. No network here."""

import re
from ipaddress import IPv6Address, ip_address, ip_network

import httpx

from gallery.gateway.destinations import LONGEST_URL, host_and_port

DEFAULT_PATHS = {
    "routellm": "/v1",
    "openroute": "/api/v1",
    "openrouter": "/api/v1",
    "llmgateway": "/v1",
    "openai": "/v1",
}

# Hosts of which the path is known, whatever was typed: their own pages name it in several ways.
_KNOWN_HOSTS = {
    "routellm": re.compile(r"(?:[a-z0-9-]+\.)?abacus\.ai"),
    "openroute": re.compile(r"(?:www\.)?openroute\.cn"),
    "openrouter": re.compile(r"(?:www\.)?openrouter\.ai"),
    "llmgateway": re.compile(r"api\.llmgateway\.io"),
}
_VERSIONS = ("", "/api", "/v1", "/api/v1")
# People paste the address of one call; the base URL is what stands before it.
_CALL = re.compile(
    r"/(?:chat/completions|chat|completions|responses|embeddings|models|key|account|credits"
    r"|images/generations|images/edits|images/models|images)\Z"
)
_PATH = re.compile(r"(?:/[A-Za-z0-9_~-][A-Za-z0-9._~-]*)*\Z")
# Percent signs and dollars are no part of a name, and a last label that is a number makes all of it an address.
_LABEL = r"(?!-)[a-z0-9_-]+(?<!-)"
_NAME = re.compile(rf"(?:{_LABEL}\.)*(?!(?:\d+|0x[0-9a-f]*)\.?\Z){_LABEL}\.?\Z")
_LOCAL_IPV6 = tuple(ip_network(network) for network in ("::/127", "fc00::/7", "fe80::/10"))
_LOCAL_ENDINGS = (".localhost", ".local", ".internal", ".lan", ".home.arpa")


class BaseUrlRefused(ValueError):
    """A base URL that cannot be used; the text is a sentence for people."""


def normalise(typed: str, *, dialect: str, allow_http: bool = False) -> str:
    """The base URL, ending in its API path and without a slash, as in `https://routellm.abacus.ai/v1`.

    The path may be missing or end in a call's name. `http` is taken for a host of the own machine or network, elsewhere
    only with `allow_http`. Raises BaseUrlRefused.
    """
    typed = typed.strip().strip("\"'`<>“”‘’").rstrip(",;")
    url = _parse(typed)
    if "@" in typed:
        raise BaseUrlRefused("Leave the user name and password out of the base URL; the API key has its own field.")
    if url.query or url.fragment or "?" in typed or "#" in typed:
        raise BaseUrlRefused("Leave out what follows the ? or # in the base URL.")
    if url.scheme == "http" and not allow_http and not is_local(url.host):
        raise BaseUrlRefused("The base URL has to start with https://, because the API key travels with every request.")
    path = _CALL.sub("", url.path.rstrip("/")).rstrip("/")
    if not _PATH.match(path):
        raise BaseUrlRefused("The path of the base URL holds characters that do not belong there.")
    default_path = DEFAULT_PATHS[dialect]
    known = _KNOWN_HOSTS.get(dialect)
    is_known = known is not None and known.fullmatch(url.host) and path.lower() in _VERSIONS
    if is_known or default_path.startswith(f"{path}/"):
        path = default_path
    return f"{url.scheme}://{url.netloc.decode('ascii').lower()}{path}"


def leads_to(location: str) -> str:
    """The base URL that a redirect names, to be shown to an administrator and never followed; "" when it names none."""
    if "://" not in location or "@" in location:
        return ""
    try:
        url = _parse(location.strip())
    except BaseUrlRefused:
        return ""
    path = _CALL.sub("", url.path.rstrip("/"))
    return f"{url.scheme}://{url.netloc.decode('ascii').lower()}{path}" if _PATH.match(path) else ""


def host_of(base_url: str) -> str:
    """`host:port` of a stored base URL, of one without encryption `http://host:port`: what an API key is tied to. An IPv6
    address keeps its brackets."""
    url = httpx.URL(base_url)
    host, port = host_and_port(url)
    place = f"[{host}]:{port}" if ":" in host else f"{host}:{port}"
    return place if url.scheme == "https" else f"{url.scheme}://{place}"


def in_words(host: str) -> str:
    """What `host_of` gives, without the port that goes without saying."""
    return host.removesuffix(":80" if host.startswith("http://") else ":443")


def is_local(host: str) -> bool:
    """Whether a host is of the own machine or network by its name alone: nothing is looked up."""
    try:
        address = ip_address(host.strip("[]"))
    except ValueError:
        name = host.lower().rstrip(".")
        return "." not in name or name.endswith(_LOCAL_ENDINGS)
    if isinstance(address, IPv6Address):
        return any(address in network for network in _LOCAL_IPV6)
    return address.is_private


def _parse(typed: str) -> httpx.URL:
    if not typed:
        raise BaseUrlRefused("Enter the gateway's base URL, as in https://gateway.example/v1.")
    if len(typed) > LONGEST_URL or re.search(r"[\x00-\x20\x7f-\x9f\\]", typed):
        raise BaseUrlRefused("The base URL holds spaces or characters that do not belong in an address.")
    if "://" not in typed:
        # A server on one's own machine or network rarely has a certificate.
        typed = f"{'http' if is_local(_host_typed(typed)) else 'https'}://{typed}"
    try:
        url = httpx.URL(typed)
        # `host` is read too: it decodes an internationalised name, which may be none.
        (name, port), _ = host_and_port(url), url.host
    except (httpx.InvalidURL, ValueError) as error:
        raise BaseUrlRefused("The base URL cannot be read. It looks like https://gateway.example/v1.") from error
    if url.scheme not in ("https", "http"):
        raise BaseUrlRefused("The base URL has to start with https://.")
    if not 0 < port < 65536:
        raise BaseUrlRefused("The base URL asks for a port that does not exist.")
    if not _is_host(name):
        raise BaseUrlRefused("The base URL names no host. It looks like https://gateway.example/v1.")
    return url


def _is_host(name: str) -> bool:
    try:
        ip_address(name)
    except ValueError:
        return bool(_NAME.match(name))
    return True


def _host_typed(typed: str) -> str:
    """The host of an address without a scheme."""
    authority = re.split(r"[/?#]", typed, maxsplit=1)[0]
    return authority.partition("]")[0] if authority.startswith("[") else authority.partition(":")[0]
