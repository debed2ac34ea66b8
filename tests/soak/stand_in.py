"""The four gateways on one loopback port: the sandbox behind a door that keeps a ledger and lets things go wrong.

`python -m tests.soak.stand_in --ledger FILE --seed N --faults 0.05`; prints its address.
"""

import argparse
import asyncio
import contextlib
import json
import os
import random
import re
import socket
from collections import Counter
from collections.abc import Awaitable, Callable, MutableMapping
from dataclasses import replace
from pathlib import Path
from typing import Any

import django
import uvicorn

from gallery.gateway.sandbox.app import SandboxApp
from tests.soak import plans
from tests.soak.answers import Caught, Spoiled, catch, cost_in, spoil, words_in
from tests.soak.ledger import Ledger
from tests.soak.plans import Plan

TOKEN = re.compile(rb"soak-\d+")
LINKS_WORK_AGAIN = "/soak/links-work-again"
PACE = 0.3
HANG_SECONDS = 120.0
EVENT_SECONDS = 0.02
DRIP_SECONDS, DRIPS = 0.25, 24
TRICKLE_SECONDS, TRICKLES = 1.0, 90
SIZES = ("256x192", "192x256", "224x224")
HTML = b"<html><head><title>Welcome</title></head><body><h1>It works</h1></body></html>"

Message = MutableMapping[str, Any]
Receive = Callable[[], Awaitable[Message]]
Send = Callable[[Message], Awaitable[None]]


class StandIn:
    def __init__(self, *, ledger: Ledger, seed: int, faults: float):
        self._sandbox = SandboxApp(pace=PACE)
        self._ledger = ledger
        self._seed = seed
        self._faults = faults
        self._calls = 0
        self._attempts: Counter[str] = Counter()
        self._links: dict[str, bytes | str | None] = {}

    async def __call__(self, scope: Message, receive: Receive, send: Send) -> None:
        if scope["type"] == "lifespan":
            await self._sandbox(scope, receive, send)
        elif scope["type"] != "http":
            return
        elif scope["path"] == LINKS_WORK_AGAIN:
            self._links = {path: content for path, content in self._links.items() if content != "down"}
            await _respond(send, 200, b"{}")
        elif scope["method"] == "POST":
            await self._play(scope, receive, send)
        elif scope["path"] in self._links:
            await self._send_link(self._links[scope["path"]], send)
        else:
            await self._sandbox(scope, receive, send)

    async def _send_link(self, content: bytes | str | None, send: Send) -> None:
        if isinstance(content, bytes):
            await _respond(send, 200, content, b"image/png")
        else:
            await _respond(send, 404 if content is None else 503, b"{}")

    async def _play(self, scope: Message, receive: Receive, send: Send) -> None:
        body = await _read(receive)
        found = TOKEN.search(body)
        token = found[0].decode() if found else ""
        self._calls += 1
        call = self._calls
        self._attempts[token] += 1
        request = json.loads(body)
        chance = random.Random(f"{self._seed} {token} {self._attempts[token]}")
        plan = plans.draw(chance, self._faults, is_question=bool(request.get("stream")))
        self._ledger.write(
            "arrived",
            call,
            gateway=scope["path"].split("/")[1],
            model=request.get("model", ""),
            token=token,
            plan=plan,
            is_streamed=bool(request.get("stream")),
        )
        watch = asyncio.ensure_future(receive())
        try:
            spoiled = await self._prepare(scope, request, token, plan, chance)
            self._links |= spoiled.links
            self._write_answer(call, spoiled)
            await self._deliver(call, spoiled, chance, send, watch)
        finally:
            watch.cancel()

    async def _prepare(
        self, scope: Message, request: dict[str, Any], token: str, plan: Plan, chance: random.Random
    ) -> Spoiled:
        if plan is Plan.WEB_PAGE:
            page = Caught(status=200, headers=[(b"content-type", b"text/html")], pieces=[HTML])
            return Spoiled(caught=page, plan=plan)
        if not request.get("stream"):
            # Small pictures, whatever was asked: the processor is for the studio.
            request["image_config"] = {**request.get("image_config", {}), "size": chance.choice(SIZES)}
        body = json.dumps(request)
        if plan in plans.SANDBOX_WORDS:
            body = body.replace(token, f"{chance.choice(plans.SANDBOX_WORDS[plan])} {token}", 1)
        caught = await catch(self._sandbox, scope, body.encode())
        return await spoil(self._sandbox, scope, caught, plan)

    def _write_answer(self, call: int, spoiled: Spoiled) -> None:
        caught = spoiled.caught
        self._ledger.write(
            "answered",
            call,
            plan=spoiled.plan,
            status=caught.status,
            pictures=spoiled.pictures,
            words=words_in(caught),
            cost=cost_in(caught),
        )

    async def _deliver(
        self, call: int, spoiled: Spoiled, chance: random.Random, send: Send, watch: "asyncio.Future[Message]"
    ) -> None:
        caught, plan = spoiled.caught, spoiled.plan
        if plan is Plan.HANG:
            await asyncio.wait({watch}, timeout=HANG_SECONDS)
            self._ledger.write("ended", call, is_whole=False, words="", cost=None)
            return
        pieces, pause = _pieces(caught, plan)
        if plan is Plan.CUT:
            pieces = pieces[: chance.randrange(len(pieces))]
        await send(_start(caught))
        sent = 0
        for piece in pieces:
            if watch.done():
                break
            await send({"type": "http.response.body", "body": piece, "more_body": True})
            sent += 1
            await asyncio.wait({watch}, timeout=pause)
        is_whole = sent == len(pieces) and plan is not Plan.CUT and not watch.done()
        if is_whole:
            await send({"type": "http.response.body", "body": b""})
        facts: dict[str, Any] = {}
        if not is_whole and caught.is_stream:
            heard = replace(caught, pieces=[b"".join(pieces[:sent])])
            facts = {"words": words_in(heard), "cost": cost_in(heard)}
        self._ledger.write("ended", call, is_whole=is_whole, **facts)
        # Without a last message the server closes the connection: the answer is cut.


def _pieces(caught: Caught, plan: Plan) -> tuple[list[bytes], float]:
    """What to send and the pause after each; a stream is cut and dripped at its events."""
    slow = {Plan.DRIP: (DRIPS, DRIP_SECONDS), Plan.TRICKLE: (TRICKLES, TRICKLE_SECONDS), Plan.CUT: (4, 0.05)}
    if caught.is_stream:
        pause = slow[plan][1] if plan in slow else EVENT_SECONDS
        return list(caught.pieces), pause
    count, pause = slow.get(plan, (1, 0.0))
    size = max(1, -(-len(caught.body) // count))
    return [caught.body[start : start + size] for start in range(0, len(caught.body), size)], pause


def _start(caught: Caught) -> Message:
    kept = [(name, value) for name, value in caught.headers if name != b"content-length"]
    length = [] if caught.is_stream else [(b"content-length", str(len(caught.body)).encode())]
    return {"type": "http.response.start", "status": caught.status, "headers": [*kept, *length]}


async def _respond(send: Send, status: int, body: bytes, media_type: bytes = b"application/json") -> None:
    headers = [(b"content-type", media_type), (b"content-length", str(len(body)).encode())]
    await send({"type": "http.response.start", "status": status, "headers": headers})
    await send({"type": "http.response.body", "body": body})


async def _read(receive: Receive) -> bytes:
    chunks = []
    while True:
        message = await receive()
        chunks.append(message.get("body", b""))
        if not message.get("more_body"):
            return b"".join(chunks)


def main() -> None:
    parser = argparse.ArgumentParser(prog="python -m tests.soak.stand_in")
    parser.add_argument("--ledger", type=Path, required=True)
    parser.add_argument("--seed", type=int, required=True)
    parser.add_argument("--faults", type=float, required=True)
    options = parser.parse_args()
    # A house of its own hands the sandbox the way to its decoder.
    os.environ["PROOFSHEET_DATA_DIR"] = str(options.ledger.with_name("stand-in"))
    os.environ["DJANGO_SETTINGS_MODULE"] = "gateway_site.settings"
    django.setup()
    app = StandIn(ledger=Ledger(options.ledger), seed=options.seed, faults=options.faults)
    listener = socket.create_server(("127.0.0.1", 0), backlog=256)
    print(f"http://127.0.0.1:{listener.getsockname()[1]}", flush=True)
    config = uvicorn.Config(app, log_level="critical", server_header=False, timeout_keep_alive=75, lifespan="off")
    with contextlib.suppress(KeyboardInterrupt):
        uvicorn.Server(config).run(sockets=[listener])


if __name__ == "__main__":
    main()
