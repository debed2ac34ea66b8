"""The sandbox's answer caught, looked into, and spoiled as the plan says, before anything of it is sent."""

import base64
import hashlib
import json
from collections.abc import Mapping, MutableMapping, Sequence
from dataclasses import dataclass, field, replace
from decimal import Decimal
from typing import Any
from urllib.parse import urlsplit

from gallery.gateway.sandbox.app import SandboxApp
from tests.soak.plans import Plan

COSTS = ("cost", "cost_usd_total", "compute_points_used")


@dataclass(frozen=True, kw_only=True)
class Caught:
    """`pieces` are the body as it would be sent: one, or the events of a stream."""

    status: int
    headers: Sequence[tuple[bytes, bytes]]
    pieces: Sequence[bytes]

    @property
    def body(self) -> bytes:
        return b"".join(self.pieces)

    @property
    def is_stream(self) -> bool:
        return any(name == b"content-type" and value.startswith(b"text/event-stream") for name, value in self.headers)


@dataclass(kw_only=True)
class Spoiled:
    """The answer as it will be sent. `pictures`: SHA-256 and fate of each; `links`: what waits at a path, None for
    nothing, "down" for nothing yet."""

    caught: Caught
    plan: Plan
    pictures: list[tuple[str, str]] = field(default_factory=list)
    links: dict[str, bytes | str | None] = field(default_factory=dict)


async def catch(app: SandboxApp, scope: Mapping[str, Any], body: bytes) -> Caught:
    """What the sandbox would send."""
    status = 0
    headers: Sequence[tuple[bytes, bytes]] = ()
    pieces: list[bytes] = []

    async def receive() -> MutableMapping[str, Any]:
        return {"type": "http.request", "body": body}

    async def send(message: MutableMapping[str, Any]) -> None:
        nonlocal status, headers
        if message["type"] == "http.response.start":
            status, headers = message["status"], message["headers"]
        elif message.get("body"):
            pieces.append(message["body"])

    await app(dict(scope), receive, send)
    return Caught(status=status, headers=headers, pieces=pieces)


async def spoil(app: SandboxApp, scope: Mapping[str, Any], caught: Caught, plan: Plan) -> Spoiled:
    """A plan that this answer cannot follow becomes GOOD."""
    reply = None if caught.is_stream or caught.status != 200 else json.loads(caught.body)
    entries = _entries(reply)
    if not entries:
        needs = (Plan.BROKEN_PICTURE, Plan.REPEATED_PICTURE, Plan.LINK_GONE, Plan.LINKS_DOWN)
        return Spoiled(caught=caught, plan=Plan.GOOD if plan in needs else plan)
    urls = [entry["image_url"]["url"] for entry in entries]
    contents = [await _content(app, scope, url) for url in urls]
    if plan in (Plan.LINK_GONE, Plan.LINKS_DOWN) and urls[0].startswith("data:"):
        plan = Plan.GOOD
    spoiled = Spoiled(caught=caught, plan=plan, pictures=[(_sha256(content), "whole") for content in contents])
    if plan in _SPOILERS:
        _SPOILERS[plan](spoiled, entries, contents)
    spoiled.caught = replace(caught, pieces=[json.dumps(reply).encode()])
    return spoiled


def words_in(caught: Caught) -> str:
    if caught.is_stream:
        deltas = (choice["delta"] for chunk in _events(caught.pieces) for choice in chunk.get("choices", ()))
        return "".join(delta.get("content") or "" for delta in deltas)
    reply = _json(caught)
    choices = reply.get("choices") or [{}]
    return choices[0].get("message", {}).get("content") or ""


def cost_in(caught: Caught) -> str | None:
    """As the answer states it; None where it states none."""
    bodies = _events(caught.pieces) if caught.is_stream else [_json(caught)]
    usages = [body["usage"] for body in bodies if body.get("usage")]
    found = [usage[name] for usage in usages for name in COSTS if usage.get(name) is not None]
    return str(Decimal(str(found[0]))) if found else None


def _break(spoiled: Spoiled, entries: list[dict[str, Any]], contents: list[bytes]) -> None:
    """The last picture loses its second half."""
    half = contents[-1][: len(contents[-1]) // 2]
    spoiled.pictures[-1] = (_sha256(contents[-1]), "broken")
    url = entries[-1]["image_url"]["url"]
    if url.startswith("data:"):
        head = url.partition(",")[0]
        entries[-1]["image_url"]["url"] = f"{head},{base64.b64encode(half).decode()}"
    else:
        spoiled.links[urlsplit(url).path] = half


def _repeat(spoiled: Spoiled, entries: list[dict[str, Any]], contents: list[bytes]) -> None:
    entries.append(entries[0])


def _lose_link(spoiled: Spoiled, entries: list[dict[str, Any]], contents: list[bytes]) -> None:
    spoiled.pictures[-1] = (_sha256(contents[-1]), "gone")
    spoiled.links[urlsplit(entries[-1]["image_url"]["url"]).path] = None


def _take_links_down(spoiled: Spoiled, entries: list[dict[str, Any]], contents: list[bytes]) -> None:
    """Every link answers 503 until the links are said to work again."""
    for entry in entries:
        spoiled.links[urlsplit(entry["image_url"]["url"]).path] = "down"


_SPOILERS = {
    Plan.BROKEN_PICTURE: _break,
    Plan.REPEATED_PICTURE: _repeat,
    Plan.LINK_GONE: _lose_link,
    Plan.LINKS_DOWN: _take_links_down,
}


async def _content(app: SandboxApp, scope: Mapping[str, Any], url: str) -> bytes:
    if url.startswith("data:"):
        return base64.b64decode(url.partition(",")[2], validate=True)
    path = urlsplit(url).path
    caught = await catch(app, {**scope, "method": "GET", "path": path, "raw_path": path.encode()}, b"")
    return caught.body


def _entries(reply: Any) -> list[dict[str, Any]]:
    if not isinstance(reply, dict) or not reply.get("choices"):
        return []
    images: list[dict[str, Any]] = reply["choices"][0]["message"].get("images") or []
    return images


def _json(caught: Caught) -> dict[str, Any]:
    try:
        found = json.loads(caught.body)
    except ValueError:
        return {}
    return found if isinstance(found, dict) else {}


def _events(pieces: Sequence[bytes]) -> list[dict[str, Any]]:
    lines = [line for piece in pieces for line in piece.splitlines() if line.startswith(b"data: {")]
    return [json.loads(line.removeprefix(b"data: ")) for line in lines]


def _sha256(content: bytes) -> str:
    return hashlib.sha256(content).hexdigest()
