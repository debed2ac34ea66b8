"""kill -9 of the worker, the web process and both, at every step of a run: never a second call, no paid reply lost, every
row truthful. The real product in processes of its own; the gateway is played on loopback."""

import io
import os
import re
import secrets
import signal
import time
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from PIL import Image as PillowImage

from tests import fake_gateway as fakes
from tests import own_parts
from tests.fake_gateway import FakeGateway
from tests.running_studio import Studio, is_running, prepare
from tests.visitor import Visitor, join, wait_until

FORM = {"model": "routellm/flux_kontext", "prompt": "a red chair", "mode": "pro", "num_images": "3"}


@pytest.fixture
def studios(tmp_path: Path, fake_gateway: FakeGateway) -> Iterator[Callable[[], Studio]]:
    """Starts a studio on one data folder, again and again; what still runs at the end is ended."""
    started: list[Studio] = []

    def start() -> Studio:
        key = {"ROUTELLM_API_KEY": "sk-test-0123456789abcdef", "ROUTELLM_BASE_URL": fake_gateway.base_url}
        started.append(Studio(prepare(tmp_path / "data"), **key))
        return started[-1]

    yield start
    for studio in started:
        workers = studio.workers()
        studio.end()
        for worker in workers:
            if is_running(worker):
                os.kill(worker, signal.SIGKILL)


def sign_up(studio: Studio) -> Visitor:
    return join(studio.address, studio.setup_path, "ada", "Ada")


def again(studio: Studio, before: Visitor) -> Visitor:
    """The same signed-in browser, at the restarted studio's port."""
    before.origin = studio.address
    return before


def submit(visitor: Visitor) -> None:
    assert visitor.post("/", FORM).status == 302


def record(visitor: Visitor) -> str:
    page = visitor.get("/generations/1/")
    assert page.status == 200
    return page.text


def has_ended(visitor: Visitor) -> bool:
    return bool(re.search(r'data-status="(succeeded|failed|cancelled)"', record(visitor)))


def pictures_on(page: str) -> int:
    return len(set(re.findall(r'href="/images/(\d+)/"', page)))


def kill(process_id: int) -> None:
    os.kill(process_id, signal.SIGKILL)


def send_large_pictures(gateway: FakeGateway, count: int = 3) -> None:
    """Pictures that take a while to decode, so that a step can be caught in the middle."""
    entries = []
    for _ in range(count):
        buffer = io.BytesIO()
        PillowImage.frombytes("RGB", (2400, 1600), secrets.token_bytes(2400 * 1600 * 3)).save(
            buffer, "PNG", compress_level=1
        )
        entries.append(fakes.image_entry(fakes.data_url(buffer.getvalue())))
    gateway.will_send(json=fakes.image_reply(entries))


def test_a_worker_killed_before_the_call_leaves_the_row_to_the_next(
    studios: Callable[[], Studio], fake_gateway: FakeGateway
) -> None:
    studio = studios()
    ada = sign_up(studio)
    kill(studio.workers()[0])
    submit(ada)
    wait_until(lambda: has_ended(ada), "the row has ended")
    assert 'data-status="succeeded"' in record(ada)
    assert len(fake_gateway.requests) == 1


def test_a_worker_killed_during_the_call_leaves_an_interrupted_row_and_no_second_call(
    studios: Callable[[], Studio], fake_gateway: FakeGateway
) -> None:
    fake_gateway.will_hang(25)
    studio = studios()
    ada = sign_up(studio)
    submit(ada)
    wait_until(lambda: len(fake_gateway.requests) == 1, "the call is under way")
    kill(studio.workers()[0])
    wait_until(lambda: has_ended(ada), "the row has ended")
    page = record(ada)
    assert 'data-status="failed"' in page
    assert "Interrupted" in page
    assert "may have been charged" in page.lower() or "may have been charged" in page
    assert "Run again" in page
    assert len(fake_gateway.requests) == 1


def is_reply_there(data_folder: Path) -> bool:
    return any((data_folder / "replies").glob("*.reply"))


def is_original_there(data_folder: Path) -> bool:
    return bool(own_parts.stored_names(data_folder, "originals/"))


@pytest.mark.parametrize(
    "is_there", [is_reply_there, is_original_there], ids=["after the reply", "between file and row"]
)
def test_a_worker_killed_after_the_paid_reply_loses_nothing_and_pays_nothing_more(
    is_there: Callable[[Path], bool], studios: Callable[[], Studio], fake_gateway: FakeGateway, tmp_path: Path
) -> None:
    send_large_pictures(fake_gateway)
    studio = studios()
    ada = sign_up(studio)
    worker = studio.workers()[0]
    submit(ada)
    wait_until(lambda: is_there(tmp_path / "data"), "the step")
    kill(worker)
    assert not has_ended(ada)
    wait_until(lambda: has_ended(ada), "the row has ended")
    page = record(ada)
    assert 'data-status="succeeded"' in page
    assert pictures_on(page) == 3
    assert len(fake_gateway.requests) == 1
    assert not list((tmp_path / "data" / "replies").iterdir())


def test_a_web_process_killed_during_the_call_does_not_lose_the_picture(
    studios: Callable[[], Studio], fake_gateway: FakeGateway
) -> None:
    fake_gateway.will_answer_slowly(0.02)
    studio = studios()
    ada = sign_up(studio)
    worker = studio.workers()[0]
    submit(ada)
    wait_until(lambda: len(fake_gateway.requests) == 1, "the call is under way")
    kill(studio.popen.pid)
    wait_until(lambda: not is_running(worker), "the orphaned worker has finished and gone")
    ada = again(studios(), ada)
    wait_until(lambda: has_ended(ada), "the row has ended")
    assert 'data-status="succeeded"' in record(ada)
    assert len(fake_gateway.requests) == 1


def test_both_killed_during_the_call_leave_an_interrupted_row_at_the_next_start(
    studios: Callable[[], Studio], fake_gateway: FakeGateway
) -> None:
    fake_gateway.will_hang(25)
    studio = studios()
    ada = sign_up(studio)
    worker = studio.workers()[0]
    submit(ada)
    wait_until(lambda: len(fake_gateway.requests) == 1, "the call is under way")
    kill(studio.popen.pid)
    kill(worker)
    ada = again(studios(), ada)
    wait_until(lambda: has_ended(ada), "the row has ended")
    page = record(ada)
    assert 'data-status="failed"' in page
    assert "Interrupted" in page
    time.sleep(3)
    assert len(fake_gateway.requests) == 1
