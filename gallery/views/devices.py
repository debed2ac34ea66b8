"""A browser in words, and whether passkeys can work at the address it called."""

from ipaddress import ip_address

from django.http import HttpRequest
from django.http.request import split_domain_port

# The first that is found counts: later ones name themselves after earlier ones.
BROWSERS = [
    ("Edg", "Edge"),
    ("OPR/", "Opera"),
    ("SamsungBrowser", "Samsung Internet"),
    ("FxiOS", "Firefox"),
    ("Firefox", "Firefox"),
    ("CriOS", "Chrome"),
    ("Chrome", "Chrome"),
    ("Safari", "Safari"),
    ("curl", "curl"),
    ("Python", "Python"),
]
SYSTEMS = [
    ("iPhone", "iPhone"),
    ("iPad", "iPad"),
    ("Android", "Android"),
    ("CrOS", "ChromeOS"),
    ("Windows", "Windows"),
    ("Macintosh", "Mac"),
    ("Linux", "Linux"),
]
NEEDS_NAME = (
    "Passkeys need a name: this page was opened by a number ({host}). "
    "On this machine open it as localhost; from others by the server’s own name."
)
NEEDS_HTTPS = "Passkeys need an encrypted connection: this page was opened by http. Ask for one that starts with https."


def device_in_words(user_agent: str) -> str:
    browser = next((name for mark, name in BROWSERS if mark in user_agent), "")
    system = next((name for mark, name in SYSTEMS if mark in user_agent), "")
    return " on ".join(filter(None, (browser, system))) or "Unknown device"


def why_no_passkeys(request: HttpRequest) -> str:
    """Why browsers refuse passkeys at this address; "" where they do not. Both rules are the browsers' own."""
    host = split_domain_port(request.get_host())[0].strip("[]")
    if is_number(host):
        return NEEDS_NAME.format(host=host)
    is_local = host == "localhost" or host.endswith(".localhost")
    return "" if request.is_secure() or is_local else NEEDS_HTTPS


def is_number(host: str) -> bool:
    try:
        return bool(ip_address(host))
    except ValueError:
        return False
