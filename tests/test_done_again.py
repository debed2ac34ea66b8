"""What the database gave up is done again: from the row, not from what the try before left on the object."""

import asyncio
import json
import threading
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from typing import Any

import pytest
from django.conf import settings
from django.db import IntegrityError, OperationalError, connection
from django.db.models import Sum
from django.test import Client

from gallery import tasks
from gallery.gateway import errors
from gallery.models import APIKey, Gateway, Generation, KeyUse, UsageDay, User
from gallery.services import claims, database_thread, gateways, runs, tokens
from gallery.services.database_thread import in_database
from gallery.services.key_choices import KeyChoice
from tests import factories
from tests.endpoint.script import Script
from tests.fake_gateway import CannedReply, FakeGateway
from tests.visitor import wait_until

pytestmark = pytest.mark.django_db(transaction=True)

FORM = {"model": "routellm/flux_kontext", "prompt": "a red chair", "mode": "pro"}
COUNTED = 'INSERT INTO "gallery_usageday"'


@contextmanager
def given_up_once(words: str) -> Iterator[None]:
    """The first statement with these words fails, and with it everything of its transaction."""
    failed: list[str] = []

    def fail(execute: Any, sql: str, *rest: Any) -> Any:
        if words in sql and not failed:
            failed.append(sql)
            raise OperationalError("database is locked")
        return execute(sql, *rest)

    with connection.execute_wrapper(fail):
        yield
    assert failed


def used(api_key: APIKey) -> tuple[int, float]:
    """Runs counted, and what is held."""
    sums = KeyUse.objects.filter(api_key=api_key).aggregate(runs=Sum("runs"), held=Sum("held"))
    return sums["runs"] or 0, float(sums["held"] or 0)


def counted() -> dict[str, int]:
    return UsageDay.objects.aggregate(runs=Sum("runs"), made=Sum("made"), failed=Sum("failed"))


@pytest.mark.parametrize(
    ("status", "uses", "sums"),
    [(200, 1, {"runs": 1, "made": 1, "failed": 0}), (404, 0, {"runs": 1, "made": 0, "failed": 1})],
)
def test_an_end_that_is_written_at_the_second_try_counts_once(
    status: int, uses: int, sums: dict[str, int], routellm: Gateway, fake_gateway: FakeGateway, as_bea: Client
) -> None:
    if status != 200:
        fake_gateway.will_fail(status)
    with given_up_once(COUNTED):
        as_bea.post("/", FORM)
    generation = Generation.objects.get()
    assert generation.status == ("succeeded" if status == 200 else "failed")
    assert (generation.counted is not None, generation.key_day) == (True, None)
    assert counted() == sums
    assert used(routellm.api_keys.get()) == (uses, 0)
    assert len(fake_gateway.requests) == 1


def test_a_database_that_is_away_before_anything_was_sent_charges_nobody(
    routellm: Gateway, fake_gateway: FakeGateway, as_bea: Client
) -> None:
    with given_up_once('"request" = '), given_up_once(COUNTED):
        as_bea.post("/", FORM)
    generation = Generation.objects.get()
    assert (generation.status, generation.error_kind) == ("failed", "internal")
    assert used(routellm.api_keys.get()) == (0, 0)
    assert not fake_gateway.requests


def test_a_refusal_that_is_written_at_the_second_try_is_told_as_that(
    routellm: Gateway, fake_gateway: FakeGateway, bea: User
) -> None:
    """What was committed together with it broke the commit."""
    script = Script(tokens.create_token(owner=bea, name="Script")[1])
    may_answer, may_commit, is_held = threading.Event(), threading.Event(), threading.Event()
    body = json.dumps({"error": {"code": 400, "message": "This question is not answered here."}}).encode()
    refusal = CannedReply(400, body, {"Content-Type": "application/json"}, may_answer=may_answer)
    fake_gateway.will_answer(refusal)

    def dangle() -> None:
        KeyUse.objects.create(api_key_id=987_654, day="2026-11-30")

    def hold() -> None:
        is_held.set()
        may_commit.wait()

    async def come_true(is_so: Callable[[], bool]) -> None:
        async with asyncio.timeout(30):
            while not is_so():
                await asyncio.sleep(0.05)

    async def together() -> None:
        waiting = asyncio.ensure_future(in_database(hold))
        try:
            await come_true(is_held.is_set)
            dangling = asyncio.ensure_future(in_database(dangle))
            may_answer.set()
            # The one that breaks it, and the answer's.
            await come_true(lambda: database_thread._jobs.qsize() >= 2)
        finally:
            may_answer.set()
            may_commit.set()
        await waiting
        with pytest.raises(IntegrityError):
            await dangling

    with ThreadPoolExecutor(1) as pool:
        asked = pool.submit(script.ask)
        wait_until(lambda: len(fake_gateway.requests) == 1, "the call is under way")
        asyncio.run(together())
        answer = asked.result()
        pool.submit(lambda: connection.close()).result()
    generation = Generation.objects.get()
    assert (answer.status, generation.status, generation.error_kind) == (400, "failed", "rejected")
    assert "not answered here" in generation.error_sentence + generation.error_detail
    assert list(settings.REPLIES_DIR.iterdir()) == []


def test_a_change_of_key_that_is_done_again_sets_aside_the_same_key(routellm: Gateway, bea: User) -> None:
    first = routellm.api_keys.get()
    second, third = (
        gateways.save_api_key(
            gateway=routellm, secret=f"sk-{name}-0123456789", label=name, position=position, is_enabled=True, created_by=None
        )
        for position, name in enumerate(("second", "third"), start=1)
    )  # fmt: skip
    tasks.queue.immediate = False
    factories.signed_in(bea).post("/", FORM)
    generation = claims.claim_next(claims.register_worker())
    assert generation
    choice = KeyChoice(generation, gateways.accesses_to(runs.gateway_of(generation)))
    access = choice.take()
    assert access.api_key == first
    problem = errors.OutOfCredit("No credit is left.", status=402)
    with pytest.raises(OperationalError), given_up_once("INSERT INTO gallery_keyuse"):
        choice.take_next(problem, access)
    assert choice.take_next(problem, access).api_key == second
    assert [used(api_key) for api_key in (first, second, third)] == [(0, 0), (1, 0), (0, 0)]
    assert list(APIKey.objects.exclude(set_aside_at=None)) == [first]
