"""More callers than can be served: who waits, who is told to come back, what slow ones hold, and that all of it passes."""

import asyncio
import contextlib
import json
import socket
import threading
import time
from collections.abc import Iterator
from typing import Any

import pytest
import uvicorn
from asgiref.sync import async_to_sync
from asgiref.testing import ApplicationCommunicator

from gateway_site.admission import IN_MEMORY, Admission, Arriving, Room, rooms_of_the_house
from gateway_site.connections import LARGEST_HEAD, GuardedConnection, guarded
from gateway_site.patience import LEAST_A_SECOND, Patience
from tests.visitor import wait_until

Communicator: Any = ApplicationCommunicator
MEBIBYTE = 1024 * 1024


class House:
    """An application that answers when it is let, behind an admission with small limits."""

    def __init__(
        self,
        *,
        most: int = 1,
        line: int = 1,
        seconds: float = 30,
        pause: float = 30,
        rate: float = LEAST_A_SECOND,
        memory: int = MEBIBYTE,
    ):
        self.rooms = {
            kind: Room(most=most, line=line, seconds=seconds) for kind in ("page", "endpoint", "health", "alive")
        }
        self.arriving = Arriving(most_in_memory=memory, most_on_disk=4 * MEBIBYTE)
        self.door = Admission(self.work, rooms=self.rooms, arriving=self.arriving, pause=pause, rate=rate)
        self.may_answer = asyncio.Event()
        self.at_work = 0

    async def work(self, scope: Any, receive: Any, send: Any) -> None:
        while True:
            message = await receive()
            if message["type"] == "http.disconnect":
                return
            if not message.get("more_body"):
                break
        self.at_work += 1
        await self.may_answer.wait()
        self.at_work -= 1
        await send({"type": "http.response.start", "status": 200, "headers": []})
        await send({"type": "http.response.body", "body": b"done"})

    def call(self, path: str = "/", *pieces: bytes, is_whole: bool = True) -> Any:
        scope = {"type": "http", "method": "POST", "path": path, "headers": [(b"accept", b"text/plain")]}
        caller: Any = Communicator(self.door, scope)
        for number, piece in enumerate(pieces or (b"",), start=1):
            is_last = is_whole and number == max(1, len(pieces))
            caller.input_queue.put_nowait({"type": "http.request", "body": piece, "more_body": not is_last})
        assert not caller.future.done(), "It begins as soon as its task is asked for."
        return caller

    async def until(self, condition: Any) -> None:
        async with asyncio.timeout(20):
            while not condition():
                await asyncio.sleep(0.005)


async def answer_of(caller: Any) -> tuple[int, dict[bytes, bytes], bytes]:
    start = await caller.receive_output(20)
    body = await caller.receive_output(20)
    return start["status"], dict(start["headers"]), body["body"]


def begun(house: House, path: str = "/", *pieces: bytes, is_whole: bool = True) -> "asyncio.Task[Any]":
    return asyncio.ensure_future(answer_of(house.call(path, *pieces, is_whole=is_whole)))


def test_whoever_finds_it_full_waits_and_whoever_finds_the_line_full_is_told_to_come_back() -> None:
    async def scene() -> None:
        house = House()
        first = begun(house)
        await house.until(lambda: house.at_work == 1)
        second = begun(house)
        await house.until(lambda: len(house.rooms["page"].waiting) == 1)
        status, headers, words = await begun(house)
        assert (status, headers[b"retry-after"]) == (503, b"5")
        assert b"try again in a few seconds" in words
        house.may_answer.set()
        assert [(await one)[0] for one in (first, second)] == [200, 200]
        assert (await begun(house))[0] == 200
        await house.until(lambda: house.rooms["page"].inside == 0)

    async_to_sync(scene)()


def test_nobody_waits_longer_than_the_line_allows() -> None:
    async def scene() -> None:
        house = House(seconds=0.05)
        first = begun(house)
        await house.until(lambda: house.at_work == 1)
        assert (await begun(house))[0] == 503
        assert not house.rooms["page"].waiting
        house.may_answer.set()
        assert (await first)[0] == 200

    async_to_sync(scene)()


def test_a_script_is_told_so_in_its_own_shape() -> None:
    async def scene() -> None:
        house = House(line=0)
        first = begun(house, "/v1/chat/completions")
        await house.until(lambda: house.at_work == 1)
        status, headers, content = await begun(house, "/v1/chat/completions")
        assert (status, headers[b"retry-after"]) == (503, b"5")
        assert json.loads(content)["error"]["code"] == 503
        # A look at the process has a room of its own.
        health = begun(house, "/healthz")
        house.may_answer.set()
        assert (await health)[0] == (await first)[0] == 200

    async_to_sync(scene)()


def test_who_asks_whether_the_process_lives_waits_behind_nobody() -> None:
    """A look at a database or storage that hangs is not the end of the process."""

    async def scene() -> None:
        house = House(line=0)
        house.rooms = house.door.rooms = rooms_of_the_house()
        waiting = [begun(house, path) for path in ("/readyz", "/metrics") * 40]
        await house.until(lambda: house.at_work == house.rooms["health"].most)
        alive = begun(house, "/healthz")
        await house.until(lambda: house.at_work == house.rooms["health"].most + 1)
        house.may_answer.set()
        assert (await alive)[0] == 200
        await asyncio.gather(*waiting)

    async_to_sync(scene)()


def test_a_slow_sender_holds_no_place_and_is_told_when_it_stopped() -> None:
    async def scene() -> None:
        house = House(pause=0.2, line=0)
        house.may_answer.set()
        slow = begun(house, "/", b"half", is_whole=False)
        assert (await begun(house))[0] == 200
        assert (await slow)[0] == 408
        assert house.arriving.in_memory == 0

    async_to_sync(scene)()


@pytest.mark.parametrize("path", ["/", "/v1/chat/completions"])
def test_a_body_that_drips_is_cut_off_however_short_its_pauses_are(path: str) -> None:
    async def scene() -> None:
        house = House(pause=0.3)
        house.may_answer.set()
        caller = house.call(path, b"first", is_whole=False)

        async def drip() -> None:
            while True:
                caller.input_queue.put_nowait({"type": "http.request", "body": b"x", "more_body": True})
                await asyncio.sleep(0.01)

        dripping = asyncio.ensure_future(drip())
        status, _, content = await answer_of(caller)
        dripping.cancel()
        assert status == 408
        assert b"too slowly" in content
        assert house.arriving.in_memory == 0

    async_to_sync(scene)()


@pytest.mark.parametrize(
    ("moves", "holds"),
    [
        # seconds waited for each piece, and its bytes
        ([(29, 1)], True),
        ([(29, 1), (2, 1)], False),
        ([(29, 30_000), (29, 30_000), (29, 30_000)], True),
        ([(1, 1)] * 29, True),
        ([(1, 1)] * 31, False),
        ([(1, 1000)] * 500, True),
        # What was quick at first does not pay for a pause of hours.
        ([(1, 10**9), (31, 1)], False),
        ([(1, 10**9), *[(1, 1)] * 31], False),
    ],
)
def test_patience_is_for_so_long_and_is_earned_back_by_what_comes(moves: list[tuple[float, int]], holds: bool) -> None:
    patience = Patience(30, 1000)
    for seconds, length in moves:
        patience.spend(seconds)
        if patience.left <= 0:
            break
        patience.earn(length)
    assert (patience.left > 0) is holds


def test_whoever_left_the_line_is_not_worked_for() -> None:
    async def scene() -> None:
        house = House()
        first = begun(house)
        await house.until(lambda: house.at_work == 1)
        gone = house.call()
        await house.until(lambda: len(house.rooms["page"].waiting) == 1)
        gone.input_queue.put_nowait({"type": "http.disconnect"})
        house.may_answer.set()
        assert (await first)[0] == 200
        await gone.wait(20)
        assert gone.output_queue.empty()
        await house.until(lambda: house.rooms["page"].inside == 0)

    async_to_sync(scene)()


@pytest.mark.parametrize(
    ("path", "size", "fits"), [("/", 600 * 1024, 1), ("/", IN_MEMORY + 1, 1), ("/v1/chat/completions", 3 * MEBIBYTE, 0)]
)
def test_all_bodies_together_hold_so_much_and_no_more(path: str, size: int, fits: int) -> None:
    """Pages' large bodies lie on the disk, which has a bound of its own; scripts' are in memory whatever their size."""

    async def scene() -> None:
        house = House(most=8, line=8)
        callers = []
        for number in range(1, 3):
            callers.append(begun(house, path, b"x" * size))
            await house.until(lambda: house.at_work == min(number, fits) or callers[-1].done())  # noqa: B023
        assert house.at_work == fits
        house.may_answer.set()
        statuses = [(await caller)[0] for caller in callers]
        assert statuses == [200] * fits + [503] * (2 - fits)
        await house.until(lambda: (house.arriving.in_memory, house.arriving.on_disk) == (0, 0))

    async_to_sync(scene)()


# Connections -------------------------------------------------------------------------------------------------------


async def hello(scope: Any, receive: Any, send: Any) -> None:
    await send({"type": "http.response.start", "status": 200, "headers": [(b"content-length", b"5")]})
    await send({"type": "http.response.body", "body": b"hello"})


@contextlib.contextmanager
def served(connection: type[GuardedConnection], application: Any = hello) -> Iterator[int]:
    listener = socket.create_server(("127.0.0.1", 0))
    # Little of an answer is in the system's hands, so that the rest is in ours.
    listener.setsockopt(socket.SOL_SOCKET, socket.SO_SNDBUF, 64 * 1024)
    config = uvicorn.Config(application, http=connection, lifespan="off", log_config=None, access_log=False)
    server = uvicorn.Server(config)
    thread = threading.Thread(target=server.run, kwargs={"sockets": [listener]})
    thread.start()
    try:
        yield listener.getsockname()[1]
    finally:
        server.should_exit = True
        thread.join(20)
        listener.close()


def connect(port: int, window: int = 0) -> socket.socket:
    connection = socket.socket()
    connection.settimeout(20)
    if window:
        connection.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, window)
    connection.connect(("127.0.0.1", port))
    return connection


def read_all(connection: socket.socket) -> bytes:
    pieces = []
    with contextlib.suppress(ConnectionResetError):
        while piece := connection.recv(65536):
            pieces.append(piece)
    return b"".join(pieces)


class Flood:
    """An application that sends 1 MiB after the other as fast as it is taken, `most` of them. `ended` is set when it was let go."""

    def __init__(self, most: int):
        self.most = most
        self.sent = 0
        self.ended = threading.Event()

    async def __call__(self, scope: Any, receive: Any, send: Any) -> None:
        try:
            await send({"type": "http.response.start", "status": 200, "headers": []})
            for _ in range(self.most):
                await send({"type": "http.response.body", "body": b"x" * MEBIBYTE, "more_body": True})
                self.sent += 1
                if (await left(receive)) or self.ended.is_set():
                    return
            await send({"type": "http.response.body", "body": b""})
        finally:
            self.ended.set()


async def left(receive: Any) -> bool:
    with contextlib.suppress(TimeoutError):
        async with asyncio.timeout(0):
            while (await receive())["type"] != "http.disconnect":
                pass
            return True
    return False


WHOLE = b"GET / HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n"


def test_a_head_that_drips_is_cut_off_and_others_are_answered_meanwhile() -> None:
    with served(guarded(head_seconds=0.6)) as port, connect(port) as slow, connect(port) as silent:
        ended = threading.Event()
        heard: list[bytes] = []

        def drip() -> None:
            slow.sendall(b"GET / HTTP/1.1\r\nHost: x\r\n")
            while not ended.wait(0.05):
                with contextlib.suppress(OSError):
                    slow.sendall(b"X-A: b\r\n")

        threading.Thread(target=drip, daemon=True).start()
        with connect(port) as other:
            other.sendall(WHOLE)
            assert read_all(other).endswith(b"hello")
        heard = [read_all(slow), read_all(silent)]
        ended.set()
        assert [words[:12] for words in heard] == [b"HTTP/1.1 408"] * 2


def test_the_head_of_a_second_request_has_its_time_too() -> None:
    with served(guarded(head_seconds=0.3)) as port, connect(port) as kept:
        kept.sendall(b"GET / HTTP/1.1\r\nHost: x\r\n\r\n")
        first = kept.recv(65536)
        assert first.startswith(b"HTTP/1.1 200")
        kept.sendall(b"GET / HTTP/1.1\r\nHost")
        assert b"HTTP/1.1 408" in read_all(kept)


def test_a_head_without_end_is_cut_off_by_its_size() -> None:
    with served(guarded()) as port, connect(port) as large:
        with contextlib.suppress(OSError):
            large.sendall(b"GET / HTTP/1.1\r\n")
            for _ in range(2 * LARGEST_HEAD // 1024):
                large.sendall(b"X-A: " + b"b" * 1017 + b"\r\n")
        assert read_all(large)[:12] in (b"HTTP/1.1 431", b"")


def test_whoever_takes_nothing_of_an_answer_is_let_go_and_little_is_kept_for_them() -> None:
    flood = Flood(most=1000)
    with served(guarded(stalled_seconds=0.4), flood) as port, connect(port) as reader:
        reader.sendall(WHOLE)
        assert flood.ended.wait(30)
        # What is in the hands of the system on both sides, and one piece.
        assert flood.sent < 16
        with contextlib.suppress(OSError):
            assert b"x" in reader.recv(65536)


def test_whoever_takes_an_answer_slowly_gets_it_whole() -> None:
    flood = Flood(most=1)
    looks: list[int] = []

    class Looked(GuardedConnection):
        stalled_seconds = 1.0

        def look_at_reader(self, kept: int) -> None:
            looks.append(kept)
            super().look_at_reader(kept)

    with served(Looked, flood) as port, connect(port, window=16 * 1024) as reader:
        reader.sendall(WHOLE)
        taken = 0
        while piece := reader.recv(8192):
            taken += len(piece)
            if len(looks) < 2:
                time.sleep(0.02)
    assert len(looks) >= 2
    assert taken > MEBIBYTE


def test_more_connections_than_there_may_be_are_told_to_come_back() -> None:
    with served(guarded(most=2)) as port, contextlib.ExitStack() as kept:
        first, second = (kept.enter_context(connect(port)) for _ in range(2))
        first.sendall(b"GET / HTTP/1.1\r\nHost: x\r\n")
        with connect(port) as third:
            words = read_all(third)
        assert words.startswith(b"HTTP/1.1 503")
        assert b"Retry-After: 5" in words
        second.close()

        def is_let_in() -> bool:
            with connect(port) as again:
                again.sendall(WHOLE)
                return read_all(again).endswith(b"hello")

        wait_until(is_let_in, "an answer to who comes after", seconds=20)


def test_what_is_taken_in_only_to_be_thrown_away_takes_nobodys_room() -> None:
    """Who sends too much is answered before the rest has come, and may go on sending for a while."""

    async def scenario() -> None:
        house, held = House(memory=3000), []

        async def refuse(scope: Any, receive: Any, send: Any) -> None:
            await receive()
            await send({"type": "http.response.start", "status": 413, "headers": []})
            await send({"type": "http.response.body", "body": b"too much", "more_body": True})
            for _ in range(4):
                held.append((await receive(), house.arriving.in_memory)[1])
            await send({"type": "http.response.body", "body": b""})

        house.door.application = refuse
        status, _, _ = await begun(house, "/v1/chat/completions", *[b"x" * 1000] * 5)
        assert (status, held) == (413, [0] * 4)

    async_to_sync(scenario)()
