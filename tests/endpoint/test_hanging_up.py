"""A script that goes away, and gateways that are full: what was begun is finished, what was not is not begun."""

import asyncio
import threading
from collections.abc import Callable
from itertools import pairwise
from typing import Any

import pytest
from asgiref.sync import async_to_sync

from gallery.models import Gateway, Generation, ImageModel, User
from gallery.services import call_runs, calls, claims, web_worker
from tests import factories
from tests.endpoint.script import CHAT, GENERATIONS, Script, ask
from tests.fake_gateway import FakeGateway
from tests.visitor import wait_until

pytestmark = pytest.mark.django_db(transaction=True)


@pytest.fixture
def one_at_a_time(routellm: Gateway) -> Gateway:
    """RouteLLM takes one run at a time."""
    Gateway.objects.filter(pk=routellm.pk).update(max_running=1)
    return routellm


def work_of_a_worker(owner: User, gateway: Gateway) -> Generation:
    """A row that a worker runs."""
    generation = factories.create_generation(owner, gateway.image_models.get(model_id="flux_pro"))
    Generation.objects.filter(pk=generation.pk).update(status="running", claimed_by="elsewhere:1:abc")
    return generation


def in_background(work: Callable[[], Any]) -> tuple[threading.Thread, list[Any]]:
    found: list[Any] = []
    thread = threading.Thread(target=lambda: found.append(work()), daemon=True)
    thread.start()
    return thread, found


def test_a_call_waits_for_the_workers_run_and_then_goes_on(
    one_at_a_time: Gateway, fake_gateway: FakeGateway, script: Script, bea: User
) -> None:
    running = work_of_a_worker(bea, one_at_a_time)
    thread, found = in_background(script.chat)
    thread.join(1.0)
    assert thread.is_alive()
    assert not fake_gateway.requests
    Generation.objects.filter(pk=running.pk).update(status="succeeded")
    thread.join(20)
    assert found[0].status == 200
    assert len(fake_gateway.requests) == 1


def test_calls_of_another_gateway_do_not_wait(
    one_at_a_time: Gateway, openrouter: Gateway, fake_gateway: FakeGateway, script: Script, bea: User
) -> None:
    work_of_a_worker(bea, one_at_a_time)
    assert script.chat(model="openrouter/black-forest-labs/flux.2-pro").status == 200


def test_who_waits_too_long_is_told_when_to_come_again(
    one_at_a_time: Gateway, fake_gateway: FakeGateway, script: Script, bea: User, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(calls, "PLACE_SECONDS", 0.3)
    work_of_a_worker(bea, one_at_a_time)
    answer = script.chat()
    assert answer.refusal == (429, "rate_limit_error", None)
    assert int(answer.headers["retry-after"]) >= 1
    assert "x-should-retry" not in answer.headers
    assert "RouteLLM" in answer.error["message"]
    assert Generation.objects.count() == 1
    assert not fake_gateway.requests


def test_calls_that_come_together_keep_the_gateways_limit(
    one_at_a_time: Gateway, fake_gateway: FakeGateway, script: Script
) -> None:
    """The gateway answers the second only when the first has ended: the rows' times do not overlap."""
    answers = script.together(*[(CHAT, ask(f"chair {number}"), {}) for number in range(4)])
    assert [answer.status for answer in answers] == [200] * 4
    rows = list(Generation.objects.order_by("started_at"))
    for before, after in pairwise(rows):
        assert before.finished_at and after.started_at
        assert before.finished_at <= after.started_at


def hang_up(script: Script, *, when: Callable[[], bool], path: str = CHAT, content: Any = None) -> None:
    """Send a request, go away once it is so, and leave the loop running until the run has ended."""

    async def send_and_leave() -> None:
        sending = asyncio.ensure_future(script.sending("POST", path, content or ask()))
        while not await asyncio.to_thread(when):
            await asyncio.sleep(0.005)
        sending.cancel()
        await asyncio.wait([sending])
        while call_runs.under_way:
            await asyncio.sleep(0.01)

    async_to_sync(send_and_leave)()


@pytest.mark.parametrize(
    ("path", "content"),
    [(CHAT, ask()), (CHAT, ask(stream=True)), (GENERATIONS, {"model": "flux_kontext", "prompt": "x"})],
    ids=["chat", "stream", "images"],
)
def test_a_client_that_hangs_up_does_not_lose_the_paid_picture(
    path: str, content: Any, routellm: Gateway, fake_gateway: FakeGateway, script: Script
) -> None:
    fake_gateway.will_answer_slowly(0.001)
    hang_up(script, when=lambda: len(fake_gateway.requests) == 1, path=path, content=content)
    generation = Generation.objects.get()
    assert (generation.status, generation.images.count()) == ("succeeded", 1)
    assert len(fake_gateway.requests) == 1
    assert generation.pk not in claims.in_hand[generation.claimed_by]


def test_a_client_that_hangs_up_while_it_waits_in_line_pays_nothing(
    one_at_a_time: Gateway, fake_gateway: FakeGateway, script: Script, bea: User
) -> None:
    work_of_a_worker(bea, one_at_a_time)
    started = threading.Event()
    threading.Timer(0.5, started.set).start()
    hang_up(script, when=started.is_set)
    assert Generation.objects.count() == 1
    assert not fake_gateway.requests


def test_a_client_that_hangs_up_while_its_row_is_written_leaves_no_row_that_runs_for_ever(
    routellm: Gateway, fake_gateway: FakeGateway, script: Script, bea: User, flux_kontext: ImageModel
) -> None:
    assert script.chat().status == 200
    access_token = bea.access_tokens.get()
    call = calls.Call(
        access_token=access_token,
        client="x",
        image_model=flux_kontext,
        prompt="x",
        kind="image",
        parameters={},
        visibility="team",
        request_hash="x",
    )

    async def start_and_leave() -> None:
        for steps in range(12):
            starting = asyncio.ensure_future(calls.start(call))
            for _ in range(steps):
                await asyncio.sleep(0)
            starting.cancel()
            await asyncio.wait([starting])
        await asyncio.sleep(0.2)
        while call_runs.under_way:
            await asyncio.sleep(0.01)

    async_to_sync(start_and_leave)()
    assert set(Generation.objects.values_list("status", flat=True)) == {"succeeded"}
    assert len(fake_gateway.requests) == Generation.objects.count()
    assert not claims.in_hand[web_worker.this_worker().name]


def test_the_next_call_finds_a_place_after_a_failure(
    one_at_a_time: Gateway, fake_gateway: FakeGateway, script: Script
) -> None:
    fake_gateway.will_fail(500)
    fake_gateway.will_hang_up()
    assert [script.chat().status for _ in range(3)] == [502, 502, 200]


def test_a_cancelled_call_is_told_as_one(
    routellm: Gateway, fake_gateway: FakeGateway, script: Script, as_bea: Any
) -> None:
    fake_gateway.will_hang(20)
    thread, found = in_background(script.chat)
    wait_until(lambda: len(fake_gateway.requests) == 1, "the call is under way")
    as_bea.post(f"/generations/{Generation.objects.get().pk}/cancel/")
    thread.join(20)
    assert found[0].refusal[:2] == (409, "invalid_request_error")
    assert found[0].headers["x-should-retry"] == "false"
    assert Generation.objects.get().status == "cancelled"
