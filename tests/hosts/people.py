"""Somebody signed in, who can be at either web host or come through the proxy; and a script with a token."""

import copy
import itertools
import json
import re
import secrets
import urllib.error
import urllib.request
from typing import Any

from tests.visitor import Visitor

numbers = itertools.count(1)
ANSWER_SECONDS = 150.0


def fresh_token() -> str:
    return f"hosts-{next(numbers)}"


def at(visitor: Visitor, origin: str) -> Visitor:
    """The same session at another address."""
    other = Visitor(origin)
    for cookie in visitor.cookies:
        moved = copy.copy(cookie)
        moved.domain = origin.partition("//")[2].partition(":")[0]
        other.cookies.set_cookie(moved)
    return other


def submit(visitor: Visitor, *, seconds: int = 0, model: str = "routellm/flux_kontext", **fields: str) -> str:
    """Press Generate; gives the token by which the run is found."""
    token = fresh_token()
    takes = f"takes-{seconds} " if seconds else ""
    page = visitor.post("/", {"model": model, "prompt": f"A boat {token} {takes}at sea", **fields})
    assert page.status == 302, page.text[:2000]
    return token


def send_file(visitor: Visitor, path: str, content: bytes, **fields: str) -> str:
    """A form with a file; the page that answers."""
    if visitor.cookie("proofsheet_csrf") is None:
        visitor.get("/")
    boundary = secrets.token_hex(12)
    fields["csrfmiddlewaretoken"] = visitor.cookie("proofsheet_csrf") or ""
    parts = [
        f'--{boundary}\r\nContent-Disposition: form-data; name="{name}"\r\n\r\n{value}\r\n'.encode()
        for name, value in fields.items()
    ]
    head = f'--{boundary}\r\nContent-Disposition: form-data; name="file"; filename="a.png"\r\nContent-Type: image/png\r\n\r\n'
    body = b"".join(parts) + head.encode() + content + f"\r\n--{boundary}--\r\n".encode()
    request = urllib.request.Request(visitor.origin + path, data=body)
    request.add_header("Content-Type", f"multipart/form-data; boundary={boundary}")
    page = visitor._open(request)
    assert page.status == 200, page.text[:2000]
    return page.text


def id_named(name: str, page: str) -> str:
    found = re.search(rf'name="{name}" value="(\d+)"', page)
    assert found, page[:2000]
    return found[1]


def call(
    origin: str, access_token: str, *, seconds: int = 0, query: str = "", token: str = "", key: str = ""
) -> tuple[int, Any, str]:
    """A script draws; status, answer and the run's token. Status 0: the connection broke."""
    token = token or fresh_token()
    takes = f"takes-{seconds} " if seconds else ""
    body = {
        "model": "routellm/flux_kontext",
        "messages": [{"role": "user", "content": f"A boat {token} {takes}at sea"}],
        "modalities": ["image"],
    }
    headers = {"Authorization": f"Bearer {access_token}", "Content-Type": "application/json"}
    if key:
        headers["Idempotency-Key"] = key
    request = urllib.request.Request(f"{origin}/v1/chat/completions{query}", json.dumps(body).encode(), headers)
    try:
        with urllib.request.urlopen(request, timeout=ANSWER_SECONDS) as answer:
            return answer.status, json.load(answer), token
    except urllib.error.HTTPError as refused:
        with refused:
            return refused.code, refused.read()[:500], token
    except (OSError, ValueError):
        return 0, None, token
