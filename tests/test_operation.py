"""What operators stand on: lines of the log, ids of requests, metrics, proxies, exposure, faults at the start."""

import json
import logging
import os
import re
import socket
import subprocess
import sys
import threading
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any
from urllib.parse import quote

import pytest
from asgiref.sync import async_to_sync
from asgiref.testing import ApplicationCommunicator
from django.core.files.storage import Storage
from django.core.files.uploadedfile import TemporaryUploadedFile
from django.db import InterfaceError, OperationalError, connection
from django.http import HttpRequest
from django.test import Client
from django.utils import timezone
from django.utils.datastructures import MultiValueDict

from gallery.management.commands import studio
from gallery.management.telling import tell
from gallery.models import Gateway, Generation, Worker
from gateway_site.asgi import django_application
from gateway_site.environment import networks
from gateway_site.front import Front
from gateway_site.logs import JSONLine, Marks, TextLine
from gateway_site.upload_handler import LostFile
from tests.fake_gateway import FakeGateway
from tests.running_studio import ROOT, clean_environment, command, free_port, manage
from tests.test_flow import FORM

Communicator: Any = ApplicationCommunicator


# Lines of the log --------------------------------------------------------------------------------------------------


@pytest.fixture
def lines() -> Iterator[list[str]]:
    """What the log of this process writes, as JSON."""
    written: list[str] = []

    class Keeping(logging.Handler):
        def emit(self, record: logging.LogRecord) -> None:
            written.append(self.format(record))

    handler = Keeping()
    handler.setFormatter(JSONLine())
    handler.addFilter(Marks())
    logging.getLogger().addHandler(handler)
    yield written
    logging.getLogger().removeHandler(handler)


HOSTILE = "a\r\nFORGED line\x1b[31m red \x9b2J \u202e turned \u2028 end\x00"


def written_by(formatter: logging.Formatter, message: str) -> str:
    try:
        raise ValueError(message)
    except ValueError:
        record = logging.LogRecord("gallery", logging.ERROR, __file__, 1, "said: %s", (message,), sys.exc_info())
    Marks().filter(record)
    return formatter.format(record)


def test_what_would_forge_a_line_is_one_json_object() -> None:
    line = written_by(JSONLine(), HOSTILE)
    assert line.isprintable()
    assert line.isascii()
    told = json.loads(line)
    assert told["message"] == f"said: {HOSTILE}"
    assert "ValueError" in told["trace"]
    assert told["level"] == "error"


def test_what_would_forge_a_line_is_escaped_for_people_too() -> None:
    first, *rest = written_by(TextLine(), HOSTILE).split("\n")
    assert r"a\x0d\x0aFORGED line\x1b[31m" in first
    assert all(line.isprintable() for line in (first, *rest))
    assert all(line.startswith("    ") for line in rest)


@pytest.mark.django_db
def test_nothing_that_is_asked_for_or_answered_forges_a_line(
    routellm: Gateway, fake_gateway: FakeGateway, as_bea: Client, lines: list[str], caplog: pytest.LogCaptureFixture
) -> None:
    """With all of the log switched on."""
    caplog.set_level(logging.DEBUG)
    caplog.set_level(logging.DEBUG, "django.request")
    asked = as_bea.get(f"/nowhere/{quote(HOSTILE)}/", headers={"X-Request-ID": HOSTILE, "User-Agent": HOSTILE})
    assert asked.status_code == 404
    headers = {"x-request-id": "\x1b[31mFORGED", "Content-Type": "application/json"}
    for status in (200, 400, 500):
        fake_gateway.will_send(status, body=json.dumps({"error": {"message": HOSTILE}}), headers=headers)
        assert as_bea.post("/", {**FORM, "prompt": HOSTILE}).status_code in (302, 422)
    assert [line for line in lines if "FORGED" in json.loads(line)["message"]]
    assert not [line for line in lines if not (line.isascii() and line.isprintable())]


@pytest.mark.parametrize("formatter", [JSONLine(), TextLine()])
@pytest.mark.parametrize(
    "said",
    [
        "Authorization: Bearer ps_0a1b2c3d_CANARYCANARYCANARY",
        "token ps_0a1b2c3d_CANARYCANARYCANARY refused",
        "Cookie: proofsheet_session=CANARYCANARY; timezone=UTC",
        "Not Found: /s/CANARYCANARYCANARY12/",
        "Not Found: /accounts/join/CANARYCANARYCANARY12/",
        "Not Found: /accounts/password/MQ/d1s2a3-CANARYCANARYCANARY/",
        "Forbidden: /v1/files/12~1vLxyz~CANARYCANARY-CANARY.png",
        "Forbidden: /api/v1/files/12~1vLxyz~CANARYCANARY-CANARY.png",
        "the gateway said sk-or-v1-CANARYCANARY",
    ],
)
def test_no_line_holds_a_secret(formatter: logging.Formatter, said: str) -> None:
    written = written_by(formatter, said)
    assert "CANARY" not in written
    assert "••••" in written or "\\u2022" in written


# Who asks ----------------------------------------------------------------------------------------------------------


async def ask(scope: dict[str, Any], proxies: str = "") -> tuple[dict[bytes, bytes], dict[str, Any]]:
    """Headers of the answer, and the scope that came through."""
    seen: dict[str, Any] = {}

    async def application(scope: Any, receive: Any, send: Any) -> None:
        seen.update(scope)
        await send({"type": "http.response.start", "status": 200, "headers": [(b"x-request-id", b"another")]})
        await send({"type": "http.response.body", "body": b""})

    caller: Any = Communicator(
        Front(application, networks_of(proxies)), {"type": "http", "method": "GET", "path": "/healthz", **scope}
    )
    start = await caller.receive_output(20)
    await caller.receive_output(20)
    await caller.wait()
    return dict(start["headers"]), seen


TOLD = [
    (b"x-forwarded-for", b"203.0.113.9"),
    (b"x-forwarded-proto", b"https"),
    (b"x-request-id", b"from-the-proxy-1"),
    (b"forwarded", b"for=203.0.113.9"),
]


@pytest.mark.parametrize("proxies", ["", "10.0.0.7", "10.0.0.0/24"])
def test_what_somebody_else_says_of_the_caller_is_not_believed(proxies: str) -> None:
    scope = {"scheme": "http", "client": ("198.51.100.4", 5), "headers": TOLD}
    headers, seen = async_to_sync(ask)(scope, proxies)
    assert seen["client"][0] == "198.51.100.4"
    assert seen["scheme"] == "http"
    assert seen["headers"] == []
    assert re.fullmatch(rb"[0-9a-f]{32}", headers[b"x-request-id"])


@pytest.mark.parametrize("proxies", ["10.0.0.7", "10.0.0.0/24"])
def test_a_proxy_that_was_named_tells_who_asks(proxies: str) -> None:
    scope = {"scheme": "http", "client": ("10.0.0.7", 5), "headers": TOLD}
    headers, seen = async_to_sync(ask)(scope, proxies)
    assert seen["client"][0] == "203.0.113.9"
    assert seen["scheme"] == "https"
    assert headers[b"x-request-id"] == b"from-the-proxy-1"


@pytest.mark.parametrize(
    "given", [b"short", b"x" * 65, b"a b c d e f g", b"evil\r\nx: y123", b"<script>alert", b"\xff" * 9]
)
def test_an_odd_id_of_a_request_is_replaced(given: bytes) -> None:
    scope = {"scheme": "http", "client": ("10.0.0.7", 5), "headers": [(b"x-request-id", given)]}
    headers, _ = async_to_sync(ask)(scope, "10.0.0.7")
    assert re.fullmatch(rb"[0-9a-f]{32}", headers[b"x-request-id"])


@pytest.mark.django_db(transaction=True)
def test_a_run_is_logged_under_the_request_that_submitted_it(
    routellm: Gateway, as_bea: Client, lines: list[str]
) -> None:
    async def submit(name: bytes) -> None:
        body = "&".join(["model=routellm/flux_kontext", "prompt=a+lamp", "mode=pro"]).encode()
        key = as_bea.session.session_key or ""
        headers = [
            (b"cookie", f"proofsheet_session={key}; proofsheet_csrf={'c' * 32}".encode()),
            (b"x-csrftoken", b"c" * 32),
            (b"content-type", b"application/x-www-form-urlencoded"),
            (b"host", b"testserver"),
            (b"x-request-id", name),
        ]
        scope = {"method": "POST", "path": "/", "query_string": b"", "http_version": "1.1", "headers": headers}
        front = Front(django_application, networks_of("10.0.0.7"))
        caller: Any = Communicator(front, {"type": "http", "client": ("10.0.0.7", 5), **scope})
        await caller.send_input({"type": "http.request", "body": body})
        start = await caller.receive_output(60)
        assert start["status"] == 302, start
        assert dict(start["headers"])[b"x-request-id"] == name
        await caller.wait(60)

    async_to_sync(submit)(b"asked-by-bea-17")
    generation = Generation.objects.get()
    assert generation.request_id == "asked-by-bea-17"
    ended = [line for line in map(json.loads, lines) if "ended" in line["message"]]
    assert [(line["request_id"], line["generation"]) for line in ended] == [("asked-by-bea-17", generation.pk)]


def networks_of(word: str) -> Any:
    os.environ["PROOFSHEET_TRUSTED_PROXIES"] = word
    try:
        return networks("PROOFSHEET_TRUSTED_PROXIES")
    finally:
        del os.environ["PROOFSHEET_TRUSTED_PROXIES"]


# Metrics -----------------------------------------------------------------------------------------------------------


@pytest.mark.django_db
def test_metrics_count_runs_by_gateway_and_outcome(routellm: Gateway, fake_gateway: Any, as_bea: Client) -> None:
    as_bea.post("/", FORM)
    text = Client().get("/metrics").content.decode()
    assert re.search(r'proofsheet_generations_total\{gateway="routellm",outcome="(made|failed)"\} 1', text)
    assert 'proofsheet_generations_open{status="queued"} 0' in text
    for line in text.splitlines():
        assert re.fullmatch(r"# (HELP|TYPE) proofsheet_\w+ .+|proofsheet_\w+(\{[^}]*\})? [0-9.e+-]+", line), line


@pytest.mark.django_db
def test_metrics_are_for_this_machine_or_the_operators_token(settings: Any) -> None:
    client = Client()
    assert client.get("/metrics").status_code == 200
    assert client.get("/metrics", REMOTE_ADDR="203.0.113.9").status_code == 404
    settings.PUBLIC_URL = "https://studio.example.org"
    assert client.get("/metrics").status_code == 404
    settings.METRICS_TOKEN = "a long word of the operator's"
    assert client.get("/metrics").status_code == 404
    assert client.get("/metrics", headers={"authorization": "Bearer another word"}).status_code == 404
    right = {"authorization": f"Bearer {settings.METRICS_TOKEN}"}
    assert client.get("/metrics", headers=right, REMOTE_ADDR="203.0.113.9").status_code == 200


# The start ---------------------------------------------------------------------------------------------------------

EXPOSED = {"PROOFSHEET_PUBLIC_URL": "https://studio.example.org"}


def test_the_deployment_check_is_clean_behind_https(tmp_path: Path) -> None:
    result = manage(tmp_path / "data", "check", "--deploy", "--fail-level", "WARNING", **EXPOSED)
    assert result.returncode == 0, result.stderr
    assert "no issues" in result.stdout


@pytest.mark.parametrize(
    ("more", "words"),
    [
        ({**EXPOSED, "PROOFSHEET_DEBUG": "1"}, "PROOFSHEET_DEBUG"),
        ({"PROOFSHEET_ALLOWED_HOSTS": "studio.lan", "PROOFSHEET_DEBUG": "1"}, "studio.lan"),
        ({**EXPOSED, "PROOFSHEET_SECRET_KEY": "short"}, "PROOFSHEET_SECRET_KEY"),
        ({"PROOFSHEET_TRUSTED_PROXIES": "the proxy"}, "PROOFSHEET_TRUSTED_PROXIES"),
        ({"PROOFSHEET_LOG_FORMAT": "xml"}, "PROOFSHEET_LOG_FORMAT"),
    ],
)
def test_what_may_not_be_exposed_stops_the_start_with_one_line(
    tmp_path: Path, more: dict[str, str], words: str
) -> None:
    result = manage(tmp_path / "data", "check", **more)
    assert result.returncode != 0
    (line,) = result.stderr.strip().splitlines()
    assert words in line
    assert "short" not in line


def test_debug_is_refused_on_another_address(tmp_path: Path) -> None:
    words = ("studio", "--host", "0.0.0.0", "--port", str(free_port()))
    result = manage(tmp_path / "data", *words, PROOFSHEET_DEBUG="1")
    (line,) = result.stderr.strip().splitlines()
    assert result.returncode != 0
    assert "PROOFSHEET_DEBUG" in line


def test_an_empty_secret_key_is_no_key(tmp_path: Path) -> None:
    (tmp_path / "data").mkdir()
    (tmp_path / "data" / "secret_key").touch()
    result = manage(tmp_path / "data", "check")
    (line,) = result.stderr.strip().splitlines()
    assert "secret_key" in line


FAULTS = {
    "an older Python": "import sys; sys.version_info = (3, 10, 1)",
    "Pillow without WebP": "import sys; sys.modules['PIL._webp'] = None",
    # Python would leave the first half of its compiled files behind, for everybody.
    "a full disk": "import resource, sys; sys.dont_write_bytecode = True; "
    "resource.setrlimit(resource.RLIMIT_FSIZE, (65536, 65536))",
}
TOLD_AS = {"an older Python": "3.11", "Pillow without WebP": "WebP", "a full disk": "disk"}


@pytest.mark.parametrize("fault", FAULTS)
def test_a_fault_of_the_machine_is_one_line_at_the_start(tmp_path: Path, fault: str) -> None:
    words = command("studio", "--port", str(free_port()))[1:]
    program = (
        f"{FAULTS[fault]}; import runpy, sys; sys.argv = {words!r}; runpy.run_path(sys.argv[0], run_name='__main__')"
    )
    result = subprocess.run(
        [sys.executable, "-c", program],
        cwd=ROOT,
        env=clean_environment(tmp_path / "data"),
        capture_output=True,
        text=True,
        timeout=60,
        check=False,
    )
    assert result.returncode not in (0, -25), result.stderr
    (line,) = result.stderr.strip().splitlines()
    assert TOLD_AS[fault] in line


def test_a_data_folder_that_cannot_be_made_is_one_line(tmp_path: Path) -> None:
    (tmp_path / "a file").touch()
    result = manage(tmp_path / "a file" / "data", "studio", "--port", str(free_port()))
    (line,) = result.stderr.strip().splitlines()
    assert result.returncode != 0
    assert "cannot be made" in line


@pytest.mark.django_db
@pytest.mark.parametrize(
    ("host", "hosts", "is_told"),
    [("::", ["127.0.0.1"], True), ("::", ["192.0.2.5"], False), ("127.0.0.1", ["127.0.0.1"], False)],
)
def test_who_listens_everywhere_and_answers_to_no_name_hears_of_it(
    settings: Any, capsys: pytest.CaptureFixture[str], host: str, hosts: list[str], is_told: bool
) -> None:
    settings.ALLOWED_HOSTS = hosts
    studio.Command().say_where(host, 8000)
    said = capsys.readouterr().out
    assert "Proofsheet is at http://127.0.0.1:8000" in said
    assert ("set PROOFSHEET_ALLOWED_HOSTS" in said) is is_told


def test_what_cannot_be_printed_is_no_reason_not_to_serve() -> None:
    with open("/dev/full", "w") as stream:
        tell("Proofsheet is at http://127.0.0.1:8000", stream)
        tell("Stopping", stream)


def test_a_file_that_found_no_room_leaves_no_other_of_its_form_open() -> None:
    kept = TemporaryUploadedFile("kept.png", "image/png", 0, None)
    lost = LostFile(OSError(28, "No space left on device"), name="lost.png")
    request = HttpRequest()
    request._files = MultiValueDict({"files": [lost, kept]})  # type: ignore[attr-defined]
    request.close()
    assert kept.closed


# While it runs -----------------------------------------------------------------------------------------------------


@pytest.mark.django_db
@pytest.mark.parametrize("fault", [InterfaceError("connection already closed"), OperationalError("is gone")], ids=repr)
@pytest.mark.parametrize("answered", [0, 1])
def test_a_database_that_goes_away_between_two_questions_is_not_ready(fault: Exception, answered: int) -> None:
    asked: list[str] = []

    def go_away(execute: Any, sql: str, *rest: Any) -> Any:
        asked.append(sql)
        if len(asked) > answered:
            raise fault
        return execute(sql, *rest)

    Worker.objects.create(name="here:1:a", host="here", process_id=1, seen_at=timezone.now())
    with connection.execute_wrapper(go_away):
        answer = Client().get("/readyz")
    assert (answer.status_code, answer.json()) == (503, {"database": "failed", "storage": "ok", "worker": "failed"})
    assert len(asked) == answered + 1
    assert Client().get("/readyz").status_code == 200


class SilentStorage(Storage):
    asked = 0
    may_answer = threading.Event()

    def exists(self, name: str) -> bool:
        SilentStorage.asked += 1
        return self.may_answer.wait(30)


@pytest.mark.django_db
def test_a_storage_that_says_nothing_is_not_ready_and_is_asked_once(settings: Any) -> None:
    """Its own limits are a minute and more: whoever asks meanwhile would wait in line for as long."""
    path = f"{SilentStorage.__module__}.{SilentStorage.__qualname__}"
    settings.STORAGES = {**settings.STORAGES, "default": {"BACKEND": path}}
    began = time.monotonic()
    try:
        for _ in range(2):
            assert Client().get("/readyz").json()["storage"] == "failed"
        assert time.monotonic() - began < 15
        assert SilentStorage.asked == 1
    finally:
        SilentStorage.may_answer.set()
    assert Client().get("/readyz").json()["storage"] == "ok"


@pytest.mark.django_db
def test_without_a_worker_it_is_not_ready_and_the_admin_says_so(as_ada: Client) -> None:
    answer = Client().get("/readyz")
    assert (answer.status_code, answer.json()["worker"]) == (503, "failed")
    assert "No worker is running" in as_ada.get("/admin/").content.decode()


def test_no_test_reaches_the_network() -> None:
    with (
        pytest.raises(UserWarning, match="tried to use socket"),
        socket.create_connection(("192.0.2.1", 443), timeout=1),
    ):
        pass
