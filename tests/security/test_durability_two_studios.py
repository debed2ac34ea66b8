"""Two studios on one data folder: started at the same moment, sharing the line of runs, and one of them killed.

LiteLLM and others ran a queued job once for each process that saw it.

Not from an advisory: it is how a product is started twice by mistake.
"""

import os
import re
import signal
import threading
from collections import Counter
from collections.abc import Iterator
from contextlib import ExitStack
from pathlib import Path

import pytest

from gateway_site.environment import kept_secret
from tests import own_parts
from tests.fake_gateway import FakeGateway
from tests.running_studio import Studio, prepare
from tests.visitor import Visitor, join, wait_until

RUNS = 20
FORM = {"model": "routellm/flux_kontext", "mode": "pro"}


ROWS = "SELECT id, status, error_kind, claimed_by FROM gallery_generation"


def statuses(folder: Path) -> Counter[str]:
    return Counter(row["status"] for row in own_parts.ask(folder, ROWS))


def start_together(folder: Path, count: int, **more: str) -> list[Studio]:
    """Raises where one of them did not come up."""
    started: list[Studio] = []
    problems: list[BaseException] = []

    def start() -> None:
        try:
            started.append(Studio(folder, **more))
        except BaseException as problem:
            problems.append(problem)

    threads = [threading.Thread(target=start) for _ in range(count)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    if problems:
        for studio in started:
            studio.end()
        raise problems[0]
    return started


@pytest.fixture
def studios(tmp_path: Path, fake_gateway: FakeGateway) -> Iterator[list[Studio]]:
    """Both on a folder that has lost its secrets, which each of them would make."""
    folder = prepare(tmp_path / "data")
    for name in ("secret_key", "encryption_keys", "host"):
        (folder / name).unlink()
    keys = {"ROUTELLM_API_KEY": "sk-test-0123456789abcdef", "ROUTELLM_BASE_URL": fake_gateway.base_url}
    started = start_together(folder, 2, **keys)
    with ExitStack() as ends:
        for studio in started:
            ends.callback(studio.end)
        yield started


def test_two_studios_share_one_line_pay_each_run_once_and_go_on_when_one_is_killed(
    studios: list[Studio], fake_gateway: FakeGateway, tmp_path: Path
) -> None:
    first, second = studios
    folder = tmp_path / "data"
    # The link that was printed last closed the other.
    (setup_path,) = (studio.setup_path for studio in studios if Visitor(first.address).status(studio.setup_path) == 200)
    ada = join(first.address, setup_path, "ada", "Ada")
    other = Visitor(second.address)
    for cookie in ada.cookies:
        other.cookies.set_cookie(cookie)
    may_answer = threading.Event()
    for _ in range(RUNS):
        fake_gateway.will_send_image_when(may_answer)
    for number in range(RUNS):
        browser = (ada, other)[number % 2]
        assert browser.post("/", {**FORM, "prompt": f"chair number {number}"}).status == 302
    wait_until(lambda: statuses(folder)["running"] > 1, "runs are under way")
    victim = first.workers()[0]
    os.kill(first.popen.pid, signal.SIGKILL)
    os.kill(victim, signal.SIGKILL)
    lost = [row["id"] for row in own_parts.ask(folder, ROWS) if f":{victim}:" in row["claimed_by"]]
    may_answer.set()
    wait_until(lambda: statuses(folder).keys() <= {"succeeded", "failed"}, "all have ended", seconds=120)
    sent = Counter(re.findall(r"chair number \d+", " ".join(str(request.json) for request in fake_gateway.requests)))
    # What the killed worker had claimed and not sent is neither paid nor run by anybody else.
    assert set(sent.values()) == {1}
    assert RUNS - len(lost) <= len(sent) <= RUNS
    ended = {row["id"]: (row["status"], row["error_kind"]) for row in own_parts.ask(folder, ROWS)}
    assert {ended.pop(pk) for pk in lost} <= {("failed", "interrupted")}
    assert set(ended.values()) == {("succeeded", "")}
    assert other.status("/readyz") == 200


def test_of_many_who_make_a_secret_at_once_all_have_the_same(tmp_path: Path) -> None:
    """One read the file of another before anything stood in it."""
    for number in range(50):
        start = threading.Barrier(8)
        kept: list[str] = []

        def keep(path: Path, mine: str, start: threading.Barrier, kept: list[str]) -> None:
            start.wait()
            kept.append(kept_secret("PROOFSHEET_NOT_SET", path, mine))

        path = tmp_path / str(number)
        threads = [threading.Thread(target=keep, args=(path, f"secret {n}" * 9, start, kept)) for n in range(8)]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
        assert set(kept) == {path.read_text()}
        assert path.stat().st_mode & 0o777 == 0o600
        assert list(tmp_path.glob(f"{number}*")) == [path]
