"""The endpoint as it is served, in processes of its own: clients that hang up, a web process that dies, endless bodies."""

import http.client
import json
import os
import re
import signal
import socket
import threading
from collections.abc import Callable, Iterator
from contextlib import suppress
from pathlib import Path
from typing import Any

import pytest

from gallery.endpoint.bodies import LARGEST_BODY
from tests.endpoint.script import ask
from tests.fake_gateway import FakeGateway, chunk
from tests.running_studio import Studio, is_running, manage, prepare
from tests.visitor import Visitor, join, wait_until

PATH = "/v1/chat/completions"
TOKEN = re.compile(r"ps_\S+")


class Served:
    """A studio that may be started again on its data folder, a person's browser, and a token."""

    def __init__(self, data_folder: Path, fake_gateway: FakeGateway):
        self.data_folder = data_folder
        self.gateway = fake_gateway
        self.rows = 0
        key = "sk-test-0123456789abcdef"
        self.environment = {"ROUTELLM_API_KEY": key, "ROUTELLM_BASE_URL": fake_gateway.base_url}
        self.started: list[Studio] = []
        studio = self.start()
        self.ada: Visitor = join(studio.address, studio.setup_path, "ada", "Ada")
        made = manage(data_folder, "create_token", "ada", "--name", "Packshot script")
        found = TOKEN.search(made.stdout)
        assert found, made.stdout + made.stderr
        self.token = found[0]

    @property
    def studio(self) -> Studio:
        return self.started[-1]

    def start(self) -> Studio:
        self.started.append(Studio(prepare(self.data_folder), **self.environment))
        return self.studio

    def start_again(self) -> None:
        self.ada.origin = self.start().address

    def end(self) -> None:
        for studio in self.started:
            workers = studio.workers()
            studio.end()
            for worker in workers:
                if is_running(worker):
                    os.kill(worker, signal.SIGKILL)

    def head(self, *more: str) -> bytes:
        lines = (f"POST {PATH} HTTP/1.1", "Host: localhost", f"Authorization: Bearer {self.token}", *more)
        return "\r\n".join((*lines, "Content-Type: application/json", "", "")).encode()

    def send(self, content: Any) -> socket.socket:
        """A good request on a connection of its own, whose answer nobody has read yet; it has reached the gateway."""
        before = len(self.gateway.requests)
        body = json.dumps(content).encode()
        connection = self.connect()
        connection.sendall(self.head(f"Content-Length: {len(body)}") + body)
        wait_until(lambda: len(self.gateway.requests) == before + 1, "the call is under way")
        self.rows += 1
        return connection

    def connect(self) -> socket.socket:
        return socket.create_connection(("127.0.0.1", self.studio.port), timeout=30)

    def has_ended(self) -> bool:
        return bool(re.search(r'data-status="(succeeded|failed|cancelled)"', self.record()))

    def record(self) -> str:
        """The page of the newest row."""
        return self.ada.get(f"/generations/{self.rows}/").text


@pytest.fixture(scope="module")
def served(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Served]:
    """One studio for all tests here, which takes long enough to start."""
    with FakeGateway() as gateway:
        made = Served(tmp_path_factory.mktemp("served") / "data", gateway)
        yield made
        made.end()


def read_answer(connection: socket.socket) -> tuple[int, dict[str, str], bytes]:
    with connection, http.client.HTTPResponse(connection) as answer:
        answer.begin()
        return answer.status, {name.lower(): value for name, value in answer.getheaders()}, answer.read()


@pytest.mark.parametrize("content", [ask(), ask(stream=True)], ids=["whole", "stream"])
def test_a_client_that_hangs_up_loses_nothing_that_was_paid(content: Any, served: Served) -> None:
    before = len(served.gateway.requests)
    served.gateway.will_answer_slowly(0.003)
    served.send(content).close()
    wait_until(served.has_ended, "the row has ended")
    page = served.record()
    assert 'data-status="succeeded"' in page
    assert re.search(r'href="/images/\d+/"', page)
    assert len(served.gateway.requests) == before + 1


def test_words_reach_the_client_while_the_gateway_still_speaks(served: Served) -> None:
    pauses = [chunk(content="")] * 40
    served.gateway.will_stream(chunk(content="Four"), *pauses, chunk(content="teen."), b"data: [DONE]\n\n", drip=0.0005)
    connection = served.send(ask("7 × 2?", model="routellm/gpt-4o", modalities=["text"], stream=True))
    came = b""
    while b'"Four"' not in came:
        piece = connection.recv(65536)
        assert piece, came
        came += piece
    assert b"teen" not in came
    while b"[DONE]" not in came:
        came += connection.recv(65536)
    assert came.index(b'"Four"') < came.index(b'"teen."')
    connection.close()


def test_stopping_the_studio_waits_for_a_call_that_is_paid(served: Served) -> None:
    before = len(served.gateway.requests)
    served.gateway.will_answer_slowly(0.008)
    connection = served.send(ask())
    # A terminal's Ctrl-C may come twice at once: from it, and through whoever started the studio.
    os.kill(served.studio.popen.pid, signal.SIGINT)
    os.kill(served.studio.popen.pid, signal.SIGINT)
    status, headers, body = read_answer(connection)
    assert (status, headers["content-type"]) == (200, "application/json")
    assert json.loads(body)["choices"][0]["message"]["images"]
    assert served.studio.popen.wait(timeout=60) == 0
    served.start_again()
    assert 'data-status="succeeded"' in served.record()
    assert len(served.gateway.requests) == before + 1


def test_a_web_process_killed_in_the_call_leaves_a_truthful_row_and_no_second_call(served: Served) -> None:
    before = len(served.gateway.requests)
    served.gateway.will_hang(25)
    worker = served.studio.workers()[0]
    connection = served.send(ask())
    served.studio.popen.kill()
    # Like every parent: one that is dead and not waited for still counts as there.
    served.studio.popen.wait()
    wait_until(lambda: not is_running(worker), "the orphaned worker has gone")
    connection.close()
    served.start_again()
    wait_until(served.has_ended, "the row has ended")
    page = served.record()
    assert 'data-status="failed"' in page
    assert "Interrupted" in page
    assert "may have been charged" in page
    assert len(served.gateway.requests) == before + 1
    served.gateway.will_send_image()
    assert read_answer(served.send(ask()))[0] == 200


def chunks_without_end(connection: socket.socket, has_ended: Callable[[], bool]) -> int:
    """Send until told to stop or the server hangs up; the bytes that went out."""
    piece = b"x" * (1 << 20)
    framed = b"%x\r\n%s\r\n" % (len(piece), piece)
    sent = 0
    with suppress(OSError):
        while not has_ended() and sent < 4 * LARGEST_BODY:
            connection.sendall(framed)
            sent += len(piece)
    return sent


def test_a_body_that_declares_too_much_is_refused_before_it_is_sent(served: Served) -> None:
    connection = served.connect()
    connection.sendall(served.head(f"Content-Length: {LARGEST_BODY + 1}"))
    status, headers, body = read_answer(connection)
    assert (status, json.loads(body)["error"]["code"]) == (413, 413)
    assert headers["x-request-id"]


def test_a_body_without_end_or_length_is_refused_and_hung_up_on(served: Served) -> None:
    connection = served.connect()
    connection.sendall(served.head("Transfer-Encoding: chunked"))
    ended = threading.Event()
    sent: list[int] = []
    sending = threading.Thread(target=lambda: sent.append(chunks_without_end(connection, ended.is_set)), daemon=True)
    sending.start()
    with http.client.HTTPResponse(connection) as answer:
        answer.begin()
        assert (answer.status, json.loads(answer.read())["error"]["type"]) == (413, "invalid_request_error")
    sending.join(60)
    assert not sending.is_alive()
    connection.close()
    ended.set()
    # What lies in buffers on the way comes on top.
    assert LARGEST_BODY <= sent[0] <= 2 * LARGEST_BODY + (32 << 20)
    incoming = served.data_folder / "incoming"
    wait_until(lambda: not any(incoming.iterdir()), "nothing of it is left")


def test_who_sends_everything_before_it_reads_still_sees_the_refusal(served: Served) -> None:
    """As urllib3 and many others do: the server may not hang up over what is still on its way."""
    connection = served.connect()
    connection.sendall(served.head("Transfer-Encoding: chunked"))
    piece = b"x" * (1 << 20)
    for _ in range(LARGEST_BODY // len(piece) + 8):
        connection.sendall(b"%x\r\n%s\r\n" % (len(piece), piece))
    connection.sendall(b"0\r\n\r\n")
    assert read_answer(connection)[0] == 413
