"""Clocks that are wrong, differ, and are set while runs are under way: what one process wrote by its clock means nothing to
another's.

A lease that was compared by the wall clock was taken from a living process after a laptop had slept, and its run was told as
interrupted while it was being paid; set back, the same clock kept rows of dead processes for as long as it had been set back.

Not from an advisory: nobody has to attack a clock for it to be wrong.
"""

import json
import sqlite3
import threading
import urllib.request
from collections.abc import Iterator
from contextlib import closing
from datetime import timedelta
from functools import partial
from pathlib import Path
from typing import Any

import pytest
from django.test import Client
from django.utils import timezone
from django.utils.http import urlencode

from gallery.models import Gateway, Generation, Worker
from tests.fake_gateway import FakeGateway
from tests.other_clock import OtherClock
from tests.running_studio import Process, Studio, manage, prepare
from tests.visitor import Visitor, join, wait_until

FORM = {"model": "routellm/flux_kontext", "prompt": "a red chair", "mode": "pro"}
CALL = {"model": "routellm/flux_pro", "modalities": ["image"], "messages": [{"role": "user", "content": "a red chair"}]}
KEY = "sk-test-0123456789abcdef"
# With each it looks for leases that ran out.
BEATS = 4


class House:
    """A studio by the machine's clock, and a second worker by another."""

    def __init__(self, folder: Path, clock: OtherClock, gateway: FakeGateway):
        self.folder, self.clock, self.gateway = folder, clock, gateway
        self.keys = {"ROUTELLM_API_KEY": KEY, "ROUTELLM_BASE_URL": gateway.base_url}
        self.studio = Studio(prepare(folder), **self.keys)
        self.ada = join(self.studio.address, self.studio.setup_path, "ada", "Ada")
        self.token = manage(folder, "create_token", "ada", "--name", "Script").stdout.strip()
        self.worker = Process(folder, "worker", **self.keys, **clock.environment)
        wait_until(lambda: self.worker.popen.pid in self.beats(), "the second worker beats")

    def ask(self, words: str) -> list[tuple[Any, ...]]:
        with closing(sqlite3.connect(self.folder / "proofsheet.sqlite3", timeout=20)) as books:
            return books.execute(words).fetchall()

    def beats(self) -> dict[int, str]:
        return dict(self.ask("SELECT process_id, seen_at FROM gallery_worker"))

    def statuses(self) -> list[tuple[Any, ...]]:
        return self.ask("SELECT status, error_kind FROM gallery_generation ORDER BY id")

    def set_clock(self, difference: str) -> None:
        """And wait until the worker has lived by it for some time, in which it looks for leases that ran out."""
        self.clock.set(difference)
        seen = {self.beats()[self.worker.popen.pid]}

        def has_beaten() -> bool:
            seen.add(self.beats()[self.worker.popen.pid])
            return len(seen) > BEATS

        wait_until(has_beaten, f"{BEATS} beats")

    def call(self) -> int:
        """As a script, which the web process runs itself."""
        headers = {"Authorization": f"Bearer {self.token}", "Content-Type": "application/json"}
        address = f"{self.studio.address}/v1/chat/completions"
        request = urllib.request.Request(address, data=json.dumps(CALL).encode(), headers=headers)
        with urllib.request.build_opener(urllib.request.ProxyHandler({})).open(request, timeout=60) as answer:
            return int(answer.status)

    def end(self) -> None:
        # The library shortens and lengthens pauses of whoever ends under another clock.
        self.clock.set("+0")
        self.worker.end()
        self.studio.end()


def has_calls(gateway: FakeGateway, count: int) -> bool:
    return len(gateway.requests) == count


@pytest.fixture
def house(tmp_path: Path, fake_gateway: FakeGateway) -> Iterator[House]:
    house = House(tmp_path / "data", OtherClock(tmp_path / "clock"), fake_gateway)
    yield house
    house.end()


def test_clocks_that_differ_and_are_set_while_runs_are_under_way_take_no_lease_from_the_living(
    house: House, fake_gateway: FakeGateway
) -> None:
    statuses: list[int] = []
    for calls, difference in ((2, "+1d"), (4, "-1h")):
        may_answer = threading.Event()
        fake_gateway.will_send_image_when(may_answer)
        fake_gateway.will_send_image_when(may_answer)
        script = threading.Thread(target=lambda: statuses.append(house.call()))
        script.start()
        assert house.ada.post("/", FORM).status == 302
        wait_until(partial(has_calls, fake_gateway, calls), "both calls are under way")
        house.set_clock(difference)
        may_answer.set()
        script.join(60)
        wait_until(lambda: all(status != "running" for status, _ in house.statuses()), "all have ended")
    assert statuses == [200, 200]
    assert house.statuses() == [("succeeded", "")] * 4
    assert len(fake_gateway.requests) == 4
    assert Visitor(house.studio.address).status("/readyz") == 200


# What a clock wrote before it was set back ------------------------------------------------------------------------------

LATER = timedelta(hours=1)


@pytest.mark.django_db
def test_a_pause_that_another_clock_wrote_keeps_nothing_waiting(
    routellm: Gateway, as_bea: Client, fake_gateway: FakeGateway
) -> None:
    Gateway.objects.filter(pk=routellm.pk).update(paused_until=timezone.now() + timedelta(minutes=1))
    as_bea.post("/", FORM)
    assert not fake_gateway.requests
    later = timezone.now() + LATER
    Gateway.objects.filter(pk=routellm.pk).update(paused_until=later)
    routellm.api_keys.update(set_aside_at=later, set_aside_as="busy", try_again_at=later)
    Generation.objects.update(run_after=later)
    as_bea.post("/", {**FORM, "prompt": "a blue chair"})
    assert set(Generation.objects.values_list("status", flat=True)) == {"succeeded"}
    assert len(fake_gateway.requests) == 2


@pytest.mark.django_db
def test_a_worker_that_was_last_seen_in_the_future_is_not_taken_for_alive() -> None:
    now = timezone.now()
    worker = Worker.objects.create(name="here:1:a", host="here", process_id=1, seen_at=now)
    assert Client().get("/readyz").status_code == 200
    Worker.objects.filter(pk=worker.pk).update(seen_at=now + LATER)
    assert Client().get("/readyz").status_code == 503


@pytest.mark.django_db
def test_an_open_page_is_told_what_changes_after_the_clock_was_set_back(routellm: Gateway, as_bea: Client) -> None:
    as_bea.post("/", FORM)
    later = timezone.now() + LATER
    Generation.objects.update(created_at=later, changed_at=later, finished_at=later)
    for path in ("/queue/live/", "/studio/live/"):
        stamp = Generation.objects.stamp()
        asked = urlencode({"results": "mine", "since": later.isoformat(), "stamp": stamp})
        assert as_bea.get(f"{path}?{asked}").status_code == 204
        as_bea.post("/", {**FORM, "prompt": f"a blue chair, {path}"})
        answer = as_bea.get(f"{path}?{asked}")
        assert answer.status_code == 200
    assert "a blue chair, /studio/live/" in answer.content.decode()
