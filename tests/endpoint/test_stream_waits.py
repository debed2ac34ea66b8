"""Streams that wait: signs of life before there is a run, pictures told one by one, readers that have gone."""

import asyncio
import threading
from collections.abc import AsyncIterator
from typing import Any

import pytest
from asgiref.sync import async_to_sync
from django.db import connection

from gallery.endpoint import events
from gallery.endpoint.refusals import Refusal
from gallery.endpoint.running import Started
from gallery.models import Gateway, Generation, User
from gallery.services import calls
from tests.endpoint.script import CHAT, FLUX, GENERATIONS, Script, ask
from tests.endpoint.test_hanging_up import in_background, one_at_a_time, work_of_a_worker
from tests.fake_gateway import FakeGateway

pytestmark = pytest.mark.django_db(transaction=True)
__all__ = ["one_at_a_time"]

STREAMS = pytest.mark.parametrize(
    ("path", "content"),
    [(CHAT, ask(stream=True)), (GENERATIONS, {"model": FLUX, "prompt": "x", "stream": True})],
    ids=["chat", "images"],
)


@STREAMS
def test_who_waits_for_a_place_gets_signs_of_life(
    path: str,
    content: Any,
    one_at_a_time: Gateway,
    fake_gateway: FakeGateway,
    script: Script,
    bea: User,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(events, "SILENCE_SECONDS", 0.05)
    running = work_of_a_worker(bea, one_at_a_time)
    thread, found = in_background(lambda: script.post(path, content))
    thread.join(1.0)
    assert thread.is_alive()
    Generation.objects.filter(pk=running.pk).update(status="succeeded")
    thread.join(20)
    answer = found[0]
    assert answer.pieces[:3] == [events.SIGN_OF_LIFE] * 3
    # What is not known at the beginning is not told.
    assert "x-generation-id" not in answer.headers
    assert answer.status == 200 and answer.events
    if path == CHAT:
        pk = Generation.objects.latest("pk").pk
        assert answer.deltas[0] == {"role": "assistant", "content": ""}
        assert {event["id"] for event in answer.events} == {f"gen-{pk}"}


@STREAMS
@pytest.mark.parametrize("silence", [0.05, 10], ids=["begun", "not begun"])
def test_a_refusal_after_a_wait_is_told_in_the_stream_or_by_its_status(
    silence: float,
    path: str,
    content: Any,
    one_at_a_time: Gateway,
    fake_gateway: FakeGateway,
    script: Script,
    bea: User,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(events, "SILENCE_SECONDS", silence)
    monkeypatch.setattr(calls, "PLACE_SECONDS", 0.4)
    work_of_a_worker(bea, one_at_a_time)
    answer = script.post(path, content)
    if silence > 1:
        assert answer.refusal == (429, "rate_limit_error", None)
        return
    assert answer.status == 200
    last = answer.events[-1]
    assert (last["error"]["code"], last["error"]["type"]) == (429, "rate_limit_error")
    if path == CHAT:
        assert last["choices"][0]["finish_reason"] == "error"
        assert isinstance(last["id"], str) and isinstance(last["created"], int) and last["model"] == FLUX
    assert not fake_gateway.requests


class Counting:
    """Tells ten pictures, and counts those it was asked for."""

    def __init__(self) -> None:
        self.made = 0

    def opening(self, started: Started) -> bytes:
        return b"opening"

    async def end(self, started: Started, generation: Generation) -> AsyncIterator[bytes]:
        for _ in range(10):
            self.made += 1
            yield b"picture"

    def refusal(self, refusal: Refusal) -> bytes:
        return b"refusal"


def a_run(*, has_ended: bool) -> Started:
    run: asyncio.Future[calls.Ended] = asyncio.get_running_loop().create_future()
    generation = Generation(pk=1, status="succeeded")
    if has_ended:
        run.set_result(calls.Ended(generation=generation))
    return Started(generation=generation, run=run, warnings=[])


async def let_others_work() -> None:
    for _ in range(50):
        await asyncio.sleep(0)


def test_no_picture_is_read_before_the_one_before_it_was_taken() -> None:
    speech = Counting()

    async def read() -> list[bytes]:
        async def start() -> Started:
            return a_run(has_ended=True)

        response: Any = await events.Telling().respond(start, speech)
        assert response["X-Generation-Id"] == "1"
        pieces = []
        async for piece in response:
            await let_others_work()
            pieces.append(piece)
            assert speech.made <= max(1, pieces.count(b"picture"))
        return pieces

    assert async_to_sync(read)() == [b"opening", *[b"picture"] * 10, events.DONE]


@pytest.mark.parametrize("has_read", [0, 2])
def test_nothing_more_is_told_to_a_reader_who_has_gone(has_read: int) -> None:
    speech = Counting()

    async def leave() -> None:
        async def start() -> Started:
            return a_run(has_ended=True)

        response: Any = await events.Telling().respond(start, speech)
        reading = aiter(response)
        for _ in range(has_read):
            await anext(reading)
        # Django does so in a thread of its own.
        await asyncio.to_thread(response.close)
        await let_others_work()
        assert len(asyncio.all_tasks()) == 1

    async_to_sync(leave)()
    assert speech.made == 1


def test_a_reader_who_goes_ends_no_run(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(events, "SILENCE_SECONDS", 0.01)

    async def leave() -> None:
        started = a_run(has_ended=False)

        async def start() -> Started:
            return started

        response: Any = await events.Telling().respond(start, Counting())
        response.close()
        await let_others_work()
        assert not started.run.cancelled()

    async_to_sync(leave)()


def test_a_stream_whose_caller_leaves_while_it_waits_in_line_pays_nothing(
    one_at_a_time: Gateway,
    fake_gateway: FakeGateway,
    script: Script,
    bea: User,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(events, "SILENCE_SECONDS", 0.05)
    running = work_of_a_worker(bea, one_at_a_time)
    is_time = threading.Event()
    threading.Timer(0.6, is_time.set).start()

    def end_the_run() -> None:
        Generation.objects.filter(pk=running.pk).update(status="succeeded")
        connection.close()

    async def send_and_leave() -> None:
        sending = asyncio.ensure_future(script.sending("POST", CHAT, ask(stream=True)))
        await asyncio.to_thread(is_time.wait)
        sending.cancel()
        await asyncio.wait([sending])
        await asyncio.to_thread(end_the_run)
        await asyncio.sleep(0.5)

    async_to_sync(send_and_leave)()
    assert Generation.objects.count() == 1
    assert not fake_gateway.requests
