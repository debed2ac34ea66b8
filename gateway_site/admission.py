"""How much is taken in at once. Whoever finds the house full waits in line for a while, and is then told to come back; what
bodies hold of memory and disk while they arrive is bounded for all of them together.

A caller takes a place only when the request has arrived whole: slow ones keep nobody waiting. A page gives it back when its
answer begins, since reading slowly costs no thread; a script's call when it has ended.
"""

import asyncio
from collections import deque
from collections.abc import Mapping
from contextlib import suppress
from functools import partial

import msgspec
from django.conf import settings

from gallery.endpoint.body_limit import Application, Bounded, Message, Receive, Send
from gallery.endpoint.middleware import is_endpoints
from gallery.endpoint.refusals import Refusal
from gateway_site import turned_away
from gateway_site.connections import FULL, RETRY_SECONDS
from gateway_site.patience import LEAST_A_SECOND, Patience
from gateway_site.tallies import tally

MEBIBYTE = 1024 * 1024
# For a body: whoever uploads over a bad line is not cut off, whoever sends nothing, or a byte now and then, is.
PAUSE_SECONDS = 30.0
# Django keeps smaller bodies in memory and writes larger ones to the disk.
IN_MEMORY = settings.FILE_UPLOAD_MAX_MEMORY_SIZE
MOST_IN_MEMORY = 512 * MEBIBYTE
MOST_ON_DISK = 4096 * MEBIBYTE
LINGER = 8 * MEBIBYTE

TOO_SLOW = "This request stopped arriving half-way, or came too slowly. Nothing was changed; send it again."
# Asks nothing of anybody, so that it must not wait behind those who do.
ALIVE = "/healthz"
HEALTH = ("/readyz", "/metrics")


def kind_of(path: str) -> str:
    """By what it costs: a script's call, a file, a look at the process, or a page."""
    if is_endpoints(path):
        return "endpoint"
    if path.startswith(("/media/", "/static/")):
        return "file"
    if path == ALIVE:
        return "alive"
    return "health" if path in HEALTH else "page"


class Room:
    """`most` at once; `line` more may wait for `seconds`, first come, first served."""

    def __init__(self, *, most: int, line: int, seconds: float):
        self.most, self.line, self.seconds = most, line, seconds
        self.inside = 0
        self.waiting: deque[asyncio.Future[None]] = deque()

    @property
    def is_full(self) -> bool:
        return self.inside >= self.most

    async def enter(self) -> bool:
        if not self.is_full:
            self.inside += 1
            return True
        if len(self.waiting) >= self.line:
            return False
        turn = asyncio.get_running_loop().create_future()
        self.waiting.append(turn)
        try:
            async with asyncio.timeout(self.seconds):
                await turn
        except TimeoutError:
            self.give_up(turn)
            return False
        except asyncio.CancelledError:
            self.give_up(turn)
            raise
        return True

    def give_up(self, turn: "asyncio.Future[None]") -> None:
        """The place may have come at the very end."""
        if turn.done() and not turn.cancelled():
            self.leave()
        with suppress(ValueError):
            self.waiting.remove(turn)

    def leave(self) -> None:
        """The place goes to whoever waits longest."""
        while self.waiting:
            turn = self.waiting.popleft()
            if not turn.done():
                turn.set_result(None)
                return
        self.inside -= 1


def rooms_of_the_house() -> dict[str, Room]:
    return {
        # Each is a thread with a connection to the database.
        "page": Room(most=24, line=400, seconds=20),
        "file": Room(most=16, line=400, seconds=20),
        "alive": Room(most=4, line=64, seconds=5),
        "health": Room(most=4, line=64, seconds=5),
        # Most of them wait for a gateway.
        "endpoint": Room(most=256, line=256, seconds=20),
    }


class Arriving:
    """What all bodies hold that were not answered yet."""

    def __init__(self, *, most_in_memory: int, most_on_disk: int):
        self.most_in_memory, self.most_on_disk = most_in_memory, most_on_disk
        self.in_memory = self.on_disk = 0

    def change(self, before: int, after: int, *, is_parsed: bool) -> None:
        """Of one body's length. Scripts' bodies are taken apart in memory, whatever their length."""
        for length, sign in ((before, -1), (after, 1)):
            if is_parsed or length <= IN_MEMORY:
                self.in_memory += sign * length
            else:
                self.on_disk += sign * length

    @property
    def is_too_much(self) -> bool:
        return self.in_memory > self.most_in_memory or self.on_disk > self.most_on_disk


class Admission:
    """Around everything that reads bodies."""

    def __init__(
        self,
        application: Application,
        *,
        rooms: Mapping[str, Room],
        arriving: Arriving,
        pause: float = PAUSE_SECONDS,
        rate: float = LEAST_A_SECOND,
    ):
        self.application = application
        self.rooms, self.arriving, self.pause, self.rate = rooms, arriving, pause, rate

    async def __call__(self, scope: Message, receive: Receive, send: Send) -> None:
        visit = Visit(self, scope, receive, send)
        try:
            await self.application(scope, visit.take, visit.answer)
        finally:
            visit.end()
        if visit.refusal and not visit.has_begun:
            await visit.refuse()


class Visit:
    """One request on its way in and out. `refusal` is the status it was turned away with."""

    def __init__(self, house: Admission, scope: Message, receive: Receive, send: Send):
        self.house, self.scope, self.receive, self.send = house, scope, receive, send
        self.kind = kind_of(scope["path"])
        self.room = house.rooms[self.kind]
        self.length = 0
        self.patience = Patience(house.pause, house.rate)
        self.is_inside = self.has_arrived = self.has_begun = False
        self.refusal = 0

    async def take(self) -> Message:
        """The next piece of the body. A caller who is turned away looks to the application like one who left."""
        if self.has_arrived:
            return await self.receive()
        began = asyncio.get_running_loop().time()
        try:
            async with asyncio.timeout(self.patience.left):
                message = await self.receive()
        except TimeoutError:
            return self.turn_away(408, "slow body")
        if message["type"] == "http.disconnect":
            return message
        self.has_arrived = not message.get("more_body")
        self.patience.spend(asyncio.get_running_loop().time() - began)
        self.patience.earn(len(message.get("body", b"")))
        if self.has_begun:
            # Taken in to be thrown away.
            return message
        self.hold(self.length + len(message.get("body", b"")))
        if self.house.arriving.is_too_much:
            return self.turn_away(503, "bodies")
        return await self.come_in(message) if self.has_arrived else message

    async def come_in(self, message: Message) -> Message:
        has_waited = self.room.is_full
        self.is_inside = await self.room.enter()
        if not self.is_inside:
            return self.turn_away(503, self.kind)
        if has_waited and await self.has_left():
            return {"type": "http.disconnect"}
        return message

    async def has_left(self) -> bool:
        """Nobody works for whoever did not wait for it."""
        with suppress(TimeoutError):
            async with asyncio.timeout(0):
                return bool((await self.receive())["type"] == "http.disconnect")
        return False

    def hold(self, length: int) -> None:
        self.house.arriving.change(self.length, length, is_parsed=self.kind == "endpoint")
        self.length = length

    def turn_away(self, status: int, reason: str) -> Message:
        self.refusal = status
        tally.refused[reason] += 1
        return {"type": "http.disconnect"}

    async def answer(self, message: Message) -> None:
        self.has_begun = True
        if not self.has_arrived:
            self.hold(0)
        if self.kind != "endpoint":
            self.leave()
        await self.send(message)

    def leave(self) -> None:
        if self.is_inside:
            self.is_inside = False
            self.room.leave()

    def end(self) -> None:
        self.leave()
        self.hold(0)

    async def refuse(self) -> None:
        linger = None if self.has_arrived else partial(Bounded(self.receive, LINGER).linger, LINGER)
        wait = {"retry-after": str(RETRY_SECONDS)}
        await turned_away.turn_away(self.send, self.words(), status=self.refusal, headers=wait, linger=linger)

    def words(self) -> tuple[str, bytes]:
        sentence = FULL if self.refusal == 503 else TOO_SLOW
        if self.kind == "endpoint":
            return "application/json", msgspec.json.encode(Refusal(self.refusal, sentence).body)
        return turned_away.in_words(self.scope, "503.html", sentence=sentence, status=self.refusal)
