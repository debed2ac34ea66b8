"""A canary for a key: it is saved, used, refused, echoed by its gateway, tested, exported, backed up and rotated; then it is
looked for in every page, answer, log line, dump and file. It may be in the requests to its own gateway, and nowhere else.

LiteLLM CVE-2025-11203 (a look at its health told keys), mem0 CVE-2026-59706 (whoever asked for the settings was told them).
"""

import base64
import hashlib
import io
import logging
import tarfile
import urllib.parse
import zipfile
from collections.abc import Iterator
from contextlib import suppress
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import pytest
from asgiref.sync import async_to_sync
from django.conf import settings
from django.core.cache import cache
from django.core.management import call_command
from django.core.signals import got_request_exception
from django.db import connection
from django.http import HttpRequest
from django.test import Client
from django.urls import get_resolver
from django.views.debug import ExceptionReporter

from gallery import tasks
from gallery.models import APIKey, Gateway, Generation, Image, User
from gallery.models.fields import encryption_keys
from gallery.services import gateway_tests, tokens
from tests import factories
from tests.admin import pages
from tests.endpoint.script import CHAT, FLUX, Script, ask, question
from tests.fake_gateway import FakeGateway, chunk
from tests.test_doors import addresses, readable

CANARY = "sk-CANARY-4f1e9b7c2d8a6035-qZ7wX1vB9nM3kL5j"
SPARE = "sk-CANARY-spare-8c3d5e7f9a1b-pT6yR4eW2qA0sD8f"
FORM = {"model": "routellm/flux_kontext", "prompt": "a red chair", "mode": "pro"}
SECRETS = (CANARY, SPARE)
# Whatever has the key in it by another name: half of it is as good as all.
TELLING = tuple(
    piece
    for secret in SECRETS
    for piece in (
        secret[3:28],
        secret[-16:],
        urllib.parse.quote(secret)[3:28],
        base64.b64encode(secret.encode()).decode()[4:28],
        hashlib.sha256(secret.encode()).hexdigest(),
    )
)

pytestmark = pytest.mark.django_db(transaction=True)


@dataclass
class Searched:
    """Everything that came out, by where it did."""

    places: list[str] = field(default_factory=list)
    found: list[str] = field(default_factory=list)

    def look(self, where: str, content: bytes | str) -> None:
        text = content if isinstance(content, str) else content.decode("utf-8", "replace")
        self.places.append(where)
        self.found += [f"{where}: {piece}" for piece in TELLING if piece in text]

    def look_into(self, where: str, content: bytes) -> None:
        """The bytes, and what is packed in them."""
        self.look(where, content)
        if content[:4] == b"PK\x03\x04":
            with zipfile.ZipFile(io.BytesIO(content)) as packed:
                for name in packed.namelist():
                    self.look(f"{where} › {name}", packed.read(name))


@pytest.fixture
def searched() -> Searched:
    cache.clear()
    return Searched()


class Watched(Client):
    """A signed-in browser of which every answer is looked at."""

    def __init__(self, user: User, searched: Searched):
        super().__init__()
        self.searched = searched
        self.who = user.username
        self.force_login(user)

    def request(self, **request: Any) -> Any:
        response = super().request(**request)
        where = f"{self.who} {request['REQUEST_METHOD']} {request['PATH_INFO']}"
        body = body_of(response)
        self.searched.look(f"{where}, headers", str(dict(response.headers)) + str(response.cookies))
        self.searched.look_into(where, body)
        return response


def body_of(response: Any) -> bytes:
    if not response.streaming:
        return bytes(response.content)
    if response.is_async:

        async def read() -> bytes:
            return b"".join([piece async for piece in response.streaming_content])

        return async_to_sync(read)()
    return b"".join(response.streaming_content)


def echo(gateway: FakeGateway, status: int, secret: str = CANARY) -> None:
    """Refuse as careless gateways do, with the key in their own words and headers."""
    told = {"message": f"Incorrect API key provided: {secret}. Bearer {secret}", "code": status, "param": secret}
    gateway.will_send(status, json={"error": told}, headers={"X-Request-Id": secret, "Set-Cookie": f"k={secret}"})


def test_a_saved_key_comes_out_nowhere(
    shipped: None,
    fake_gateway: FakeGateway,
    ada: User,
    bea: User,
    searched: Searched,
    tmp_path: Path,
    caplog: pytest.LogCaptureFixture,
    capfd: pytest.CaptureFixture[str],
    settings: Any,
) -> None:
    caplog.set_level(logging.DEBUG)
    as_ada, as_bea = Watched(ada, searched), Watched(bea, searched)
    gateway = Gateway.objects.get(slug="routellm")

    save_keys(as_ada, gateway, fake_gateway)
    run_every_way(as_bea, fake_gateway)
    call_every_way(bea, fake_gateway, searched)
    try_and_look(as_ada, gateway, fake_gateway)
    carry_away(as_bea, searched)
    walk_through(as_ada)
    walk_through(as_bea)
    rotate(tmp_path, searched, settings)
    look_into_commands(tmp_path, searched)
    look_into_rows_and_files(tmp_path, searched)
    for record in caplog.records:
        searched.look("log", f"{record.getMessage()} {record.__dict__} {record.exc_text or ''}")
    captured = capfd.readouterr()
    searched.look("what was printed", captured.out + captured.err)

    assert sorted(set(searched.found)) == []
    assert len(searched.places) > 300
    # The keys were in use all the while, and that they are there is told.
    assert {CANARY, SPARE} <= set(fake_gateway.keys_used)
    assert APIKey.objects.get(label="").secret.reveal() == CANARY


def save_keys(as_ada: Watched, gateway: Gateway, fake_gateway: FakeGateway) -> None:
    """With mistakes on the way, which show the form again."""
    page = pages.change_page(gateway)
    as_ada.post(page, pages.gateway_post(gateway, base_url="nonsense://", api_key=CANARY))
    as_ada.post(page, pages.gateway_post(gateway, max_running=0, api_key=CANARY))
    as_ada.post(page, pages.gateway_post(gateway, base_url=fake_gateway.base_url, api_key=CANARY), follow=True)
    spare = {"gateway": gateway.pk, "label": "Spare", "position": 1, "is_enabled": "on"}
    as_ada.post(pages.add_page("apikey"), spare | {"api_key": SPARE, "position": "nonsense"})
    as_ada.post(pages.add_page("apikey"), spare | {"api_key": SPARE}, follow=True)
    assert APIKey.objects.count() == 2


def run_every_way(as_bea: Watched, fake_gateway: FakeGateway) -> None:
    """A picture, refusals that echo the key, a failover, faults before and after the answer."""
    as_bea.post("/", FORM)
    for status in (400, 500, 403, 200):
        echo(fake_gateway, status)
        as_bea.post("/", FORM | {"prompt": f"told {status}"})
    fake_gateway.will_send(308, headers={"Location": f"https://elsewhere.test/v1?key={CANARY}"})
    as_bea.post("/", FORM)
    fake_gateway.will_send_text(f"Your key is {CANARY}.")
    as_bea.post("/", FORM)
    fake_gateway.will_hang_up()
    as_bea.post("/", FORM)
    APIKey.objects.update(set_aside_at=None, set_aside_as="", try_again_at=None)
    echo(fake_gateway, 401)
    as_bea.post("/", FORM | {"prompt": "with the spare one"})
    assert Generation.objects.latest("pk").api_key_label.startswith("Spare")
    APIKey.objects.update(set_aside_at=None, set_aside_as="", try_again_at=None)
    tasks.run_next()


def call_every_way(bea: User, fake_gateway: FakeGateway, searched: Searched) -> None:
    """As scripts do: whole, in a stream, refused with an echo."""
    script = Script(tokens.create_token(owner=bea, name="Script")[1])
    fake_gateway.will_send_image()
    answers = [script.post(CHAT, ask())]
    fake_gateway.will_stream(chunk(content="A chair."), chunk(finish_reason="stop"), b"data: [DONE]\n\n")
    answers.append(script.post(CHAT, question(stream=True)))
    for status in (400, 500):
        echo(fake_gateway, status)
        answers.append(script.post(CHAT, ask(f"told {status}")))
    for secret in (CANARY, SPARE):
        echo(fake_gateway, 402, secret)
    answers += [script.post(CHAT, ask("no key is left")), script.post(CHAT, ask("nor now"))]
    answers += [script.get(path) for path in ("models", f"models/{FLUX}", "key")]
    assert [answer.status for answer in answers[:2]] == [200, 200]
    for answer in answers:
        searched.look("endpoint", answer.body)
        searched.look("endpoint, headers", str(answer.headers))


def try_and_look(as_ada: Watched, gateway: Gateway, fake_gateway: FakeGateway) -> None:
    fake_gateway.will_send_text("ok")
    echo(fake_gateway, 401, SPARE)
    as_ada.post(pages.button(gateway, "test"), follow=True)
    fake_gateway.will_serve(f'{{"error": "{CANARY}"}}'.encode(), status=401, path="/v1/account")
    Gateway.objects.update(looked_at=None)
    gateway_tests.look_at_gateways()
    fake_gateway.will_serve(f'{{"error": "{CANARY}"}}'.encode(), status=403, path="/v1/models")
    as_ada.post(pages.button(gateway, "list"), follow=True)
    as_ada.post(pages.button(APIKey.objects.get(label="Spare"), "use-again"), follow=True)


def carry_away(as_bea: Watched, searched: Searched) -> None:
    """Pictures alone and as a ZIP with their recipes."""
    images = list(Image.objects.filter(owner__username="bea").values_list("pk", flat=True))
    assert images
    for image in images[:2]:
        as_bea.get(f"/images/{image}/download/")
    as_bea.post("/library/bulk/download/", {"ids": ",".join(map(str, images)), "recipes": "on"}, follow=True)


def walk_through(client: Watched) -> None:
    """Every address of the product and its admin that a GET opens, for rows that are there and those that are not."""
    numbers = {
        "image_id": Image.objects.latest("pk").pk,
        "generation_id": Generation.objects.filter(status="failed").latest("pk").pk,
        "model_id": FLUX,
    }
    for name, path in addresses(get_resolver()):
        if name in ("account_logout", "logout", "admin:logout"):
            continue
        client.get(readable(path))
    for generation in Generation.objects.all():
        client.get(f"/generations/{generation.pk}/")
    for key in APIKey.objects.all():
        for page in (pages.change_page, pages.history_page, pages.delete_page):
            client.get(page(key))
    for gateway in Gateway.objects.all():
        client.get(pages.change_page(gateway))
        client.get(pages.history_page(gateway))
    client.get(f"/images/{numbers['image_id']}/")
    client.get("/history/?q=told&status=failed")


def rotate(tmp_path: Path, searched: Searched, settings: Any) -> None:
    """The key that the saved ones are encrypted with is exchanged, and the old one taken out."""
    path = tmp_path / "encryption_keys"
    path.write_text(",".join(encryption_keys()))
    settings.ENCRYPTION_KEYS_FILE = path
    before = set(APIKey.objects.values_list("secret", flat=True))
    out, complaints = io.StringIO(), io.StringIO()
    call_command("rotate_encryption_key", "--remove-old", stdout=out, stderr=complaints)
    assert not before & set(APIKey.objects.values_list("secret", flat=True))
    searched.look("rotation", out.getvalue() + complaints.getvalue())


def look_into_commands(tmp_path: Path, searched: Searched) -> None:
    for words in (["dumpdata"], ["doctor"], ["backup", str(tmp_path / "backup.tar")]):
        out, complaints = io.StringIO(), io.StringIO()
        # The doctor ends with 1 where something is wrong: no worker runs here.
        with suppress(SystemExit):
            call_command(*words, stdout=out, stderr=complaints)
        searched.look(words[0], out.getvalue() + complaints.getvalue())
    with tarfile.open(tmp_path / "backup.tar") as archive:
        for member in archive.getmembers():
            if packed := archive.extractfile(member):
                searched.look(f"backup › {member.name}", packed.read())


def look_into_rows_and_files(tmp_path: Path, searched: Searched) -> None:
    """What is at rest: every column of every row, every file under the data folder, the database's own files among them."""
    with connection.cursor() as cursor:
        for table in connection.introspection.table_names(cursor):
            cursor.execute(f"SELECT * FROM {connection.ops.quote_name(table)}")
            for row in cursor.fetchall():
                searched.look(f"table {table}", repr(row))
    for path in files_below(Path(settings.DATA_DIR), tmp_path):
        searched.look_into(str(path), path.read_bytes())


def files_below(*folders: Path) -> Iterator[Path]:
    for folder in folders:
        yield from (path for path in folder.rglob("*") if path.is_file())


def test_a_report_of_a_fault_does_not_show_the_form_with_the_key(ada: User, shipped: None) -> None:
    """What Django would write down of a page that failed while a key was posted to it."""
    gateway = Gateway.objects.get(slug="routellm")
    client = factories.signed_in(ada)
    client.raise_request_exception = False
    failing: list[HttpRequest] = []

    def keep(sender: Any, request: HttpRequest, **_: Any) -> None:
        failing.append(request)

    got_request_exception.connect(keep)
    try:
        gateway.dialect = "none such"
        gateway.save(update_fields=["dialect"])
        client.post(pages.change_page(gateway), pages.gateway_post(gateway, api_key=CANARY))
    finally:
        got_request_exception.disconnect(keep)
    assert failing
    report = ExceptionReporter(failing[0], None, None, None).get_traceback_text()
    assert not any(piece in report for piece in TELLING)
