"""Links to pictures that lie, lead nowhere, have expired or never end, in a gateway's answer and where a person gives one.

InvokeAI 6.13.8 and Open WebUI CVE-2026-56398 believed what a link said of itself. What an unfriendly host can do beyond that is
to keep a server busy: with bytes, with waiting, with many links at once.
"""

import html
import json
import threading
from collections import Counter
from collections.abc import Iterator
from typing import Any

import pytest
from django.conf import settings
from django.test import Client

from gallery.gateway.client import Connection
from gallery.models import Gateway
from tests import factories
from tests import fake_gateway as fakes
from tests.fake_gateway import CannedReply, FakeGateway
from tests.gateway.conftest import fetch_all
from tests.running_studio import memory_within
from tests.runs.line import submit
from tests.security.internet import PUBLIC, small_internet

PICTURE = fakes.make_picture()
PNG = {"Content-Type": "image/png"}
MEBIBYTE = 1024 * 1024
TWO_COME_SECONDS = 10.0
GOOD = CannedReply(200, PICTURE, PNG)
NOT = "picture_not_fetched"
# name, what the link answers time after time, the kind of failure ("" for a picture), how often it is asked, words of why
LINKS: list[tuple[str, list[CannedReply], str, int, str]] = [
    ("signed once, not any more", [CannedReply(403, b"Request has expired")], NOT, 1, "has expired"),
    ("not there", [CannedReply(404)], NOT, 1, "has expired"),
    ("gone", [CannedReply(410)], NOT, 1, "has expired"),
    ("empty", [CannedReply(200, b"", PNG)], NOT, 1, "could not be fetched"),
    ("nothing to say", [CannedReply(204)], NOT, 1, "could not be fetched"),
    ("packed", [CannedReply(200, PICTURE, {**PNG, "Content-Encoding": "gzip"})], NOT, 1, "could not be fetched"),
    ("promised too much", [CannedReply(200, PICTURE, PNG, promised=300 * MEBIBYTE)], NOT, 1, "could not be fetched"),
    ("a page that calls itself a picture", [CannedReply(200, b"<!doctype html><p>Sign in", PNG)], "no_image", 1, "not a picture"),
    ("a picture that calls itself a page", [CannedReply(200, PICTURE, {"Content-Type": "text/html"})], "", 1, ""),
    ("leads in a circle", [CannedReply(302, b"", {"Location": "?again"})], NOT, 4, "could not be fetched"),
    ("stumbles twice", [CannedReply(503), CannedReply(200, PICTURE[:20], PNG, promised=500, breaks=True), GOOD], "", 3, ""),
    ("refuses", [CannedReply(401)], NOT, 1, "could not be fetched"),
]  # fmt: skip


def test_a_link_that_lies_or_leads_nowhere_is_a_sentence_and_is_asked_again_where_that_may_help(
    routellm: Gateway, fake_gateway: FakeGateway, as_bea: Client
) -> None:
    wrong = {}
    for name, replies, kind, times, words in LINKS:
        asked = len(fake_gateway.fetches)
        for reply in replies:
            link = fake_gateway.will_serve(reply, path=f"/pictures/{name.replace(' ', '-')}.png")
        fake_gateway.will_send(json=fakes.image_reply([fakes.image_entry(link)]))
        run = submit(as_bea)
        page = html.unescape(as_bea.get(f"/generations/{run.pk}/").content.decode())
        ended = (run.status, run.error_kind, run.images.count(), len(fake_gateway.fetches) - asked)
        is_told = words in run.error_sentence and run.error_sentence in page
        if ended != (("failed", kind, 0, times) if kind else ("succeeded", "", 1, times)) or not is_told:
            wrong[name] = (*ended, run.error_sentence)
    assert not wrong, json.dumps(wrong, indent=1)
    assert len(fake_gateway.requests) == len(LINKS)


class CountingGateway(FakeGateway):
    """Knows how many waited for their pictures at once. The first waits until another has come."""

    def __init__(self) -> None:
        super().__init__()
        self.under_way = self.most = 0
        self.lock = threading.Lock()
        self.two_came = threading.Event()

    def _send(self, handler: Any, reply: CannedReply) -> None:
        with self.lock:
            self.under_way += 1
            self.most = max(self.most, self.under_way)
            if self.most > 1:
                self.two_came.set()
        if handler.command == "GET":
            self.two_came.wait(TWO_COME_SECONDS)
        # Long enough for others to come meanwhile, were they let; counted until whoever asks can have heard of it.
        self._stopping.wait(0.02)
        with self.lock:
            self.under_way -= 1
        super()._send(handler, reply)


def test_links_of_an_answer_are_fetched_four_at_a_time_each_once_and_without_the_key(
    shipped: None, as_bea: Client
) -> None:
    gateway = CountingGateway()
    with gateway:
        factories.give_key(Gateway.objects.get(slug="routellm"), gateway.base_url)
        links = [gateway.will_serve(fakes.make_picture(size=(3, 2 + number))) for number in range(12)]
        # A fault of the other ones costs none of them.
        links += [gateway.will_serve(CannedReply(404)), links[0]]
        gateway.will_send(json=fakes.image_reply([fakes.image_entry(link) for link in links * 2]))
        run = submit(as_bea)
    assert (run.status, run.images.count()) == ("succeeded", 12), run.notes
    assert [note for note in run.notes if "expired" in note]
    assert 2 <= gateway.most <= 4
    assert set(Counter(request.path for request in gateway.fetches).values()) == {1}
    assert not [request.headers for request in gateway.fetches if "authorization" in request.headers]
    assert "authorization" in gateway.requests[0].headers


def test_forty_links_are_fetched_four_at_a_time_and_have_one_bound() -> None:
    gateway = CountingGateway()
    with gateway:
        links = [gateway.will_serve(b"x" * 1000) for _ in range(40)]
        connection = Connection(base_url=gateway.base_url, api_key="", dialect="routellm")
        found = fetch_all(connection, links * 3, max_bytes=1000, deadline=20, most_together=10_000)
        assert sum(isinstance(one, bytes) for one in found[:40]) == 10
        assert found[:40] == found[40:80] == found[80:]
        assert 1 <= gateway.most <= 4
        assert max(Counter(request.path for request in gateway.fetches).values()) == 1


def test_large_pictures_behind_links_need_no_memory(
    routellm: Gateway, fake_gateway: FakeGateway, as_bea: Client
) -> None:
    large = [fakes.make_picture(size=(3, 2 + number)) + bytes(32 * MEBIBYTE) for number in range(4)]
    links = [fake_gateway.will_serve(picture) for picture in large]
    fake_gateway.will_send(json=fakes.image_reply([fakes.image_entry(link) for link in links]))
    with memory_within(64 * MEBIBYTE):
        run = submit(as_bea, num_images="4")
    assert (run.status, run.notes) == ("succeeded", [])
    assert {image.byte_size for image in run.images.all()} == {len(picture) for picture in large}
    assert not list(settings.INCOMING_DIR.iterdir())


@pytest.fixture
def cdn(monkeypatch: pytest.MonkeyPatch) -> Iterator[FakeGateway]:
    """Stands in public, as http://cdn.example."""
    with FakeGateway() as server, small_internet(monkeypatch) as internet:
        internet.names["cdn.example"] = [[PUBLIC]]
        internet.servers[PUBLIC] = server
        yield server


def test_an_address_that_goes_on_without_end_is_left_at_the_bound(
    cdn: FakeGateway, shipped: None, as_bea: Client
) -> None:
    endless = b"%x\r\n%s\r\n" % (MEBIBYTE, PICTURE + bytes(MEBIBYTE - len(PICTURE)))
    cdn.will_serve(CannedReply(200, endless, {**PNG, "Transfer-Encoding": "chunked"}, times=2048), path="/a.png")
    sent = {"model": "routellm/flux_kontext", "parameter": "image_prompt", "address": "http://cdn.example/a.png"}
    with memory_within(64 * MEBIBYTE):
        response = as_bea.post("/uploads/", sent)
    assert (response.status_code, response["Content-Type"]) == (422, "text/plain; charset=utf-8")
    assert "No picture could be fetched from this address." in response.content.decode()
    assert len(cdn.fetches) == 1
