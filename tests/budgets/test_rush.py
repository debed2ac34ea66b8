"""A hard budget of the product as people start it: a crowd at every door at once spends it to the last cent and no further,
and a killed worker leaves nothing held."""

import json
import os
import re
import signal
import threading
import urllib.error
import urllib.request
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from tests.endpoint.script import ask
from tests.fake_gateway import FakeGateway
from tests.running_studio import Studio, is_running, manage, prepare
from tests.visitor import LONGEST_SECONDS, Visitor, join, wait_until

FORM = {"model": "routellm/flux_kontext", "prompt": "a red chair", "mode": "pro"}
CROWD = 50


class House:
    """A studio whose RouteLLM charges 150 points a picture, at a dollar for 1,000, and has made one."""

    def __init__(self, data_folder: Path, gateway: FakeGateway, *, has_made_one: bool = True):
        self.gateway = gateway
        key = {"ROUTELLM_API_KEY": "sk-test-0123456789abcdef", "ROUTELLM_BASE_URL": gateway.base_url}
        self.studio = Studio(prepare(data_folder), **key)
        self.ada = join(self.studio.address, self.studio.setup_path, "ada", "Ada")
        made = manage(data_folder, "create_token", "ada", "--name", "Packshots", **key)
        self.token = made.stdout.strip()
        rate = re.search(r"/usage/rates/\d+/", self.ada.get("/usage/budgets/").text)
        assert rate
        assert self.ada.post(rate[0], {"usd_per_1000_points": "1"}).status == 302
        if has_made_one:
            assert self.ada.post("/", FORM).status == 302
            wait_until(lambda: 'data-status="succeeded"' in self.ada.get("/generations/1/").text, "the first picture")

    def visitor(self) -> Visitor:
        """Ada in another window."""
        visitor = Visitor(self.studio.address)
        for cookie in self.ada.cookies:
            visitor.cookies.set_cookie(cookie)
        return visitor

    def bound(self, stop_at: str, scope: str = "total") -> None:
        told = {"scope": scope, "period": "month", "unit": "usd", "stop_at": stop_at}
        assert self.ada.post("/usage/budgets/new/", told).status == 302

    @property
    def standing(self) -> str:
        """`$0.15 of $1.65 $1.50 left`"""
        page = self.ada.get("/usage/budgets/").text
        found = re.search(r'class="budget-figures">(.*?)</p>', page)
        assert found, page
        return " ".join(re.sub(r"<[^>]+>", " ", found[1]).split())

    def call(self) -> int:
        """One picture by a script; gives the status."""
        headers = {"Authorization": f"Bearer {self.token}", "Content-Type": "application/json"}
        body = json.dumps(ask(image_config={"mode": "pro"})).encode()
        request = urllib.request.Request(f"{self.studio.address}/v1/chat/completions", data=body, headers=headers)
        opener = urllib.request.build_opener(urllib.request.ProxyHandler({}))
        try:
            with opener.open(request, timeout=LONGEST_SECONDS) as reply:
                reply.read()
                return int(reply.status)
        except urllib.error.HTTPError as reply:
            error = json.loads(reply.read())["error"]
            kinds = {402: "insufficient_quota", 429: "rate_limit_error"}
            assert error["type"] == kinds[reply.code] and error["metadata"]["error_type"] == "budget_exceeded"
            return reply.code

    def end(self) -> None:
        workers = self.studio.workers()
        self.studio.end()
        for worker in workers:
            if is_running(worker):
                os.kill(worker, signal.SIGKILL)


@pytest.fixture
def house(tmp_path: Path, fake_gateway: FakeGateway) -> Iterator[House]:
    made = House(tmp_path / "data", fake_gateway)
    yield made
    made.end()


def at_once(*works: Callable[[], int]) -> list[int]:
    """What all of these give, begun at the same moment."""
    results: list[int] = []
    gate = threading.Barrier(len(works))

    def run(work: Callable[[], int]) -> None:
        gate.wait()
        results.append(work())

    threads = [threading.Thread(target=run, args=(work,)) for work in works]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(LONGEST_SECONDS)
    assert len(results) == len(works)
    return results


def test_fifty_at_once_through_the_queue_and_the_endpoint_spend_a_budget_to_the_cent(house: House) -> None:
    house.bound("1.65")
    assert house.standing == "$0.15 of $1.65 $1.50 left"
    visitors = [house.visitor() for _ in range(CROWD // 2)]
    submits = [lambda visitor=visitor: int(visitor.post("/", FORM).status) for visitor in visitors]
    statuses = at_once(*submits, *[house.call] * (CROWD // 2))
    queued, answered = statuses.count(302), statuses.count(200)
    assert queued + answered == 10
    assert statuses.count(422) == CROWD // 2 - queued
    assert statuses.count(402) == CROWD // 2 - answered
    wait_until(lambda: len(house.gateway.requests) == 11, "all that may have run")
    assert house.standing == "$1.65 of $1.65 $0.00 left"
    assert house.ada.post("/", FORM).status == 422
    assert house.call() == 402
    assert len(house.gateway.requests) == 11


def test_fifty_at_once_whose_price_nobody_knows_yet_go_one_at_a_time(tmp_path: Path, fake_gateway: FakeGateway) -> None:
    house = House(tmp_path / "data", fake_gateway, has_made_one=False)
    try:
        house.bound("1.65")
        may_answer = threading.Event()
        fake_gateway.will_send_image_when(may_answer)
        statuses = at_once(*[lambda: int(house.visitor().post("/", FORM).status)] * CROWD)
        assert statuses == [302] * CROWD
        assert house.call() == 429
        assert len(fake_gateway.requests) == 1
        may_answer.set()
        wait_until(lambda: house.standing == "$1.65 of $1.65 $0.00 left", "all that there is room for")
        wait_until(lambda: len(fake_gateway.requests) == 11, "what is held has been sent")
        assert house.ada.post("/", FORM).status == 422
        assert len(fake_gateway.requests) == 11
    finally:
        house.end()


def test_a_worker_killed_during_the_call_leaves_its_run_counted_as_reckoned_and_nothing_held(house: House) -> None:
    house.bound("1.65")
    house.gateway.will_hang(25)
    assert house.ada.post("/", FORM).status == 302
    wait_until(lambda: len(house.gateway.requests) == 2, "the call is under way")
    os.kill(house.studio.workers()[0], signal.SIGKILL)
    wait_until(lambda: 'data-status="failed"' in house.ada.get("/generations/2/").text, "the row has ended")
    assert house.standing == "$0.30 of $1.65 $1.35 left"
    again = house.ada.post("/generations/2/run-again/", {"submission": "again"})
    assert again.status == 302
    wait_until(lambda: 'data-status="succeeded"' in house.ada.get("/generations/3/").text, "the second try")
    assert house.standing == "$0.45 of $1.65 $1.20 left"
