"""A database server that is stopped in the middle of its work, and started again, while runs are under way.

In products of this class the answers that had been paid meanwhile were lost with their rows, and web server and worker had to be
started again by hand.

Not from an advisory: servers are restarted every week.
"""

import html
import json
import os
import re
import shutil
import signal
import subprocess
import tempfile
import threading
import urllib.error
import urllib.request
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import ExitStack
from pathlib import Path
from typing import Any

import pytest

from tests import own_parts, real_parts
from tests.fake_gateway import FakeGateway
from tests.running_studio import Studio, manage, prepare
from tests.visitor import Page, Visitor, join, wait_until

pytestmark = pytest.mark.skipif(
    not own_parts.DATABASE_SERVER,
    reason="Only in the run on real parts: python -m tests.real_parts pytest tests/security/test_durability_server.py",
)
FORM = {"model": "routellm/flux_kontext", "prompt": "a <red> chair", "mode": "pro"}
# What it told to have written is on its disk; that the machine itself goes down is not played.
SETTINGS = {"fsync": "off", "full_page_writes": "off"}
BACK_SECONDS = 120.0


class Server:
    """A PostgreSQL of this test alone, always at the same address."""

    def __init__(self) -> None:
        # Its account has to be able to come to it.
        self.above = Path(tempfile.mkdtemp(prefix="proofsheet-server-"))
        self.above.chmod(0o755)
        self.folder = self.above / "postgres"
        self.port = real_parts.free_port()
        self.address = f"postgresql://postgres@{real_parts.LOOPBACK}:{self.port}/postgres"
        self.running = ExitStack()

    def start(self) -> None:
        made = real_parts.running_postgres(self.folder, port=self.port, settings=SETTINGS)
        assert self.running.enter_context(made) == self.address

    def take_over(self, other: str) -> None:
        """All that is in the database at this address."""
        programs = real_parts.postgres_programs()
        words = subprocess.run([programs / "pg_dump", other], check=True, capture_output=True).stdout
        subprocess.run([programs / "psql", "-q", self.address], check=True, capture_output=True, input=words)

    def stop_at_once(self) -> None:
        """As `pg_ctl stop -m immediate`: nobody is waited for, and no last word is written."""
        os.kill(int((self.folder / "postmaster.pid").read_text().split()[0]), signal.SIGQUIT)
        self.running.close()

    def remove(self) -> None:
        self.running.close()
        shutil.rmtree(self.above)


@pytest.fixture
def server() -> Iterator[Server]:
    server = Server()
    try:
        yield server
    finally:
        server.remove()


@pytest.fixture
def studio(server: Server, tmp_path: Path, fake_gateway: FakeGateway) -> Iterator[Studio]:
    keys = {"ROUTELLM_API_KEY": "sk-test-0123456789abcdef", "ROUTELLM_BASE_URL": fake_gateway.base_url}
    folder = prepare(tmp_path / "data")
    server.start()
    server.take_over(own_parts.environment_of(folder)["PROOFSHEET_DATABASE_URL"])
    studio = Studio(folder, PROOFSHEET_DATABASE_URL=server.address, **keys)
    try:
        yield studio
    finally:
        studio.end()


def typed_on(page: Page) -> dict[str, str]:
    found = re.findall(r'<input type="hidden" name="([^"]+)" value="([^"]*)">', page.text)
    return {name: html.unescape(value) for name, value in found if name != "csrfmiddlewaretoken"}


def call(studio: Studio, access_token: str, prompt: str) -> tuple[int, str, Any]:
    """A script's call: its status, its Retry-After and what it says."""
    body = {"model": "routellm/flux_kontext", "messages": [{"role": "user", "content": prompt}]}
    told = {"Authorization": f"Bearer {access_token}", "Content-Type": "application/json"}
    request = urllib.request.Request(f"{studio.address}/v1/chat/completions", json.dumps(body).encode(), told)
    try:
        with urllib.request.urlopen(request, timeout=BACK_SECONDS) as answer:
            return answer.status, "", json.load(answer)
    except urllib.error.HTTPError as answer:
        with answer:
            return answer.code, answer.headers.get("Retry-After", ""), json.load(answer)


def ended(page: Page) -> list[str]:
    return re.findall(r'data-status="(succeeded|failed|cancelled)"', page.text)


def test_a_database_server_that_is_stopped_and_started_again_costs_no_paid_answer(
    server: Server, studio: Studio, fake_gateway: FakeGateway
) -> None:
    ada = join(studio.address, studio.setup_path, "ada", "Ada")
    told = {"PROOFSHEET_DATABASE_URL": server.address}
    access_token = manage(studio.data_folder, "create_token", "ada", "--name", "A script", **told).stdout.strip()
    processes = [studio.popen.pid, *studio.workers()]
    may_answer = threading.Event()
    for _ in range(2):
        fake_gateway.will_send_image_when(may_answer)
    with ThreadPoolExecutor(1) as caller:
        assert ada.post("/", FORM).status == 302
        script = caller.submit(call, studio, access_token, "a brass telescope")
        wait_until(lambda: len(fake_gateway.requests) == 2, "both calls are under way")

        server.stop_at_once()
        pages = [ada.get(path) for path in ("/", "/library/", "/history/", "/queue/")]
        assert [page.status for page in pages] == [503] * 4
        assert all("<h1>The database does not answer</h1>" in page.text for page in pages)
        refused = ada.post("/", {**FORM, "prompt": "a <blue> chair"})
        assert (refused.status, typed_on(refused)) == (503, {**FORM, "prompt": "a <blue> chair"})
        status, retry_after, said = call(studio, access_token, "a tin kettle")
        assert (status, retry_after) == (503, "30")
        assert "cannot reach its database" in said["error"]["message"]
        stranger = Visitor(studio.address)
        asked = [visitor.get(path) for visitor in (stranger, ada) for path in ("/readyz", "/healthz")]
        assert [page.status for page in asked] == [503, 200] * 2
        may_answer.set()
        replies = studio.data_folder / "replies"
        wait_until(lambda: len(list(replies.glob("*.reply"))) == 2, "both answers are on the disk")

        server.start()
        wait_until(lambda: stranger.status("/readyz") == 200, "ready again", seconds=BACK_SECONDS)
        # Its connection is held until it can be told the truth.
        assert script.result()[0] == 200
    wait_until(lambda: len(ended(ada.get("/history/"))) == 2, "both have ended", seconds=BACK_SECONDS)
    assert ended(ada.get("/history/")) == ["succeeded"] * 2
    assert len(fake_gateway.requests) == 2
    assert ada.post("/", typed_on(refused)).status == 302
    assert call(studio, access_token, "a tin kettle")[0] == 200
    wait_until(lambda: len(ended(ada.get("/history/"))) == 4, "new runs have ended")
    assert ended(ada.get("/history/")) == ["succeeded"] * 4
    assert len(fake_gateway.requests) == 4
    assert [studio.popen.pid, *studio.workers()] == processes


def test_what_is_not_there_is_told_so_after_the_database_server_was_stopped_and_started_again(
    server: Server, studio: Studio
) -> None:
    """Its page is made by whichever thread is free, over a connection that nobody would look at again."""
    ada = join(studio.address, studio.setup_path, "ada", "Ada")
    missing = ["/nothing/", "/images/1/"] * 8
    assert [ada.status(path) for path in missing] == [404] * len(missing)
    server.stop_at_once()
    server.start()
    wait_until(lambda: ada.status("/readyz") == 200, "ready again", seconds=BACK_SECONDS)
    assert [ada.status(path) for path in missing] == [404] * len(missing)
