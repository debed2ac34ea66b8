"""Streamed answers, however they are written, split and broken off: read alike by the worker and by the endpoint that streams
them on, nothing of them lost, one call each.

Not from an advisory: these are the ways in which gateways and the proxies before them write, cut and end their streams.
"""

import html
import json
from collections.abc import Sequence
from typing import Any

import pytest
from django.test import Client

from gallery.models import Gateway, Generation, User
from gallery.services import tokens
from tests import factories
from tests import fake_gateway as fakes
from tests.endpoint.script import Script
from tests.fake_gateway import FakeGateway, chunk, sent_event
from tests.runs.line import submit

WORDS = ["A red ", "chaïr – ", "🪑."]
SAID = "".join(WORDS)
PICTURE = fakes.make_picture(size=(3, 2))
SHOWN = chunk(images=[fakes.image_entry(fakes.data_url(PICTURE))])
END = {**chunk(finish_reason="stop"), "usage": {"compute_points_used": 150}}
DONE = b"data: [DONE]\n\n"
EVENTS = [chunk(role="assistant", content=""), *(chunk(content=word) for word in WORDS), SHOWN, END]
# Letters that are no ASCII as they are, so that a cut may fall into the middle of one.
PLAIN = b"".join(b"data: %s\n\n" % json.dumps(event, ensure_ascii=False).encode() for event in EVENTS)


def on_many_lines(events: Sequence[Any]) -> bytes:
    blocks = (json.dumps(event, indent=1).splitlines() for event in events)
    return b"".join(b"".join(b"data: " + line.encode() + b"\n" for line in lines) + b"\n" for lines in blocks)


WRITTEN = {
    "as most do": PLAIN + DONE,
    "lines that end with CR LF": (PLAIN + DONE).replace(b"\n", b"\r\n"),
    "lines that end with CR": (PLAIN + DONE).replace(b"\n", b"\r"),
    "every end of a line in one stream": PLAIN.replace(b"\n", b"\r\n", 3).replace(b"}\n\n", b"}\r\r", 2) + DONE,
    "a byte order mark": b"\xef\xbb\xbf" + PLAIN + DONE,
    "signs of life between": b": OPENROUTER PROCESSING\n\n:\n\n" + PLAIN.replace(b"\n\n", b"\n\n: alive\n\n") + DONE,
    "no blank behind the colon": PLAIN.replace(b"data: ", b"data:") + DONE,
    "ids, names, times and what is none": PLAIN.replace(b"data: ", b"id: 7\nretry: 10\nevent: message\nx: y\nz\ndata: ")
    + DONE,
    "events on many lines": on_many_lines(EVENTS) + DONE,
    "events of nothing": b"data:\n\ndata: null\n\ndata: 5\n\ndata: []\n\ndata: {}\n\n" + PLAIN + DONE,
    "an event that is no JSON": b"data: one moment\n\n" + PLAIN + DONE,
    "bytes that are no letters": b'data: {"x": "\xff\xfe\xc3"}\n\n' + PLAIN + DONE,
    "no end but the last event's": PLAIN,
    "no empty line at the end": PLAIN.rstrip(b"\n"),
    "the picture as a part of the words": b"".join(
        map(sent_event, [*EVENTS[:4], chunk(content=[fakes.image_entry(fakes.data_url(PICTURE))]), END])
    ),
    "a line of thirty megabytes": b'data: {"x": "' + b"x" * 30_000_000 + b'"}\n\n' + PLAIN + DONE,
}  # fmt: skip
# Split at every byte, and at odd places.
SPLIT = {
    "every byte": ("every end of a line in one stream", 1),
    "seven at a time": ("lines that end with CR LF", 7),
    "in the middle of letters": ("as most do", 13),
}


def will_stream(gateway: FakeGateway, name: str) -> None:
    written, size = SPLIT.get(name, (name, 0))
    gateway.will_stream(WRITTEN[written], drip=0.0002 if size else 0, drip_bytes=size or 1)


def test_a_stream_is_read_alike_by_the_worker_however_it_is_written_and_split(
    routellm: Gateway, fake_gateway: FakeGateway, as_bea: Client
) -> None:
    read: dict[str, Any] = {}
    for name in (*WRITTEN, *SPLIT):
        will_stream(fake_gateway, name)
        run = submit(as_bea)
        shown = [factories.read_stream(as_bea.get(f"/media/{image.sha256}/original")) for image in run.images.all()]
        read[name] = (run.status, run.answer, shown, run.cost, run.notes)
    assert {name: each for name, each in read.items() if each != ("succeeded", SAID, [PICTURE], 150, [])} == {}
    assert len(fake_gateway.requests) == len(read)


@pytest.fixture
def script(bea: User) -> Script:
    return Script(tokens.create_token(owner=bea, name="Packshot script")[1])


@pytest.mark.django_db(transaction=True)
def test_a_stream_is_told_on_alike_by_the_endpoint_however_it_is_written_and_split(
    routellm: Gateway, fake_gateway: FakeGateway, script: Script
) -> None:
    told: dict[str, Any] = {}
    for name in (*WRITTEN, *SPLIT):
        will_stream(fake_gateway, name)
        answer = script.chat(stream=True)
        words = "".join(delta["content"] for delta in answer.deltas)
        urls = [image["image_url"]["url"] for delta in answer.deltas for image in delta.get("images", ())]
        *_, end, usage = answer.events
        reason, cost = end["choices"][0]["finish_reason"], usage["usage"]["compute_points_used"]
        told[name] = (answer.status, words, urls, reason, cost)
        if "megabytes" in name:
            continue
        will_stream(fake_gateway, name)
        spoken = script.ask(stream=True)
        if (said := "".join(delta["content"] for delta in spoken.deltas)) != SAID:
            told[f"{name}, in words"] = said
    good = (200, SAID, [fakes.data_url(PICTURE)], "stop", 150)
    assert {name: each for name, each in told.items() if each != good} == {}


COMPLAINTS = {
    "an object": sent_event({"error": {"code": 502, "message": "Provider disconnected"}}),
    "an object beside a choice": sent_event(
        {"error": {"code": 502, "message": "x"}, "choices": [{"delta": {}, "finish_reason": "error"}]}
    ),
    "in a choice": sent_event({"choices": [{"delta": {}, "error": {"code": 502, "message": "x"}}]}),
    "an event of that name": b"event: error\r\n" + sent_event({"message": "x"}),
    "bare words": b"event: error\ndata: it went wrong\n\n",
}
FIRST = b"".join(map(sent_event, EVENTS[:3]))


@pytest.mark.django_db(transaction=True)
@pytest.mark.parametrize("complaint", COMPLAINTS.values(), ids=COMPLAINTS)
def test_a_fault_in_the_middle_of_a_stream_is_told_and_keeps_what_had_come(
    complaint: bytes, routellm: Gateway, fake_gateway: FakeGateway, as_bea: Client, script: Script
) -> None:
    # Words alone are no picture; a picture is one, whatever comes after it.
    fake_gateway.will_stream(FIRST, complaint, DONE)
    failed = submit(as_bea)
    page = as_bea.get(f"/generations/{failed.pk}/").content.decode()
    assert (failed.status, failed.error_kind, failed.answer) == ("failed", "gateway_failed", "A red chaïr –")
    assert "charged" in failed.error_sentence and failed.error_sentence in html.unescape(page)
    fake_gateway.will_stream(FIRST, SHOWN, complaint, DONE)
    kept = submit(as_bea)
    page = as_bea.get(f"/generations/{kept.pk}/").content.decode()
    assert (kept.status, kept.images.count()) == ("succeeded", 1)
    assert "The gateway reported a fault after this." in page

    fake_gateway.will_stream(FIRST, complaint, DONE, drip=0.0005, drip_bytes=20)
    *_, last = script.ask(stream=True).events
    assert last["choices"][0]["finish_reason"] == "error"
    assert (last["error"]["code"], last["error"]["type"]) == (502, "upstream_error")
    fake_gateway.will_stream(FIRST, SHOWN, complaint, DONE)
    answer = script.chat(stream=True)
    assert [delta["images"][0]["image_url"]["url"] for delta in answer.deltas if "images" in delta] == [
        fakes.data_url(PICTURE)
    ]
    assert "reported a fault" in str(answer.events[-1]["metadata"]["notes"])
    assert len(fake_gateway.requests) == 4


def cut_short(gateway: FakeGateway, way: str) -> None:
    """After a picture."""
    if way == "reset":
        gateway.will_stream(FIRST, SHOWN, sent_event(SHOWN)[:60], breaks=True)
    elif way == "ended too soon":
        gateway.will_stream(FIRST, SHOWN, sent_event(SHOWN)[:60])
    else:
        gateway.will_stream(FIRST, SHOWN, b": " + b"." * 10_000, drip=0.02, drip_bytes=400)


@pytest.mark.django_db(transaction=True)
@pytest.mark.parametrize("way", ["reset", "ended too soon", "silent"])
def test_a_picture_before_a_stream_broke_off_is_kept_and_the_break_told(
    way: str, routellm: Gateway, fake_gateway: FakeGateway, as_bea: Client, script: Script
) -> None:
    cut_short(fake_gateway, way)
    run = submit(as_bea)
    page = as_bea.get(f"/generations/{run.pk}/").content.decode()
    assert (run.status, run.images.count(), run.answer) == ("succeeded", 1, "A red chaïr –")
    assert f"/images/{run.images.get().pk}/" in page
    assert "broke off before its end; what had come was kept." in page

    cut_short(fake_gateway, way)
    answer = script.chat(stream=True)
    assert [delta["images"][0]["image_url"]["url"] for delta in answer.deltas if "images" in delta] == [
        fakes.data_url(PICTURE)
    ]
    assert "broke off" in str(answer.events[-1]["metadata"]["notes"])
    assert Generation.objects.latest("pk").images.count() == 1
    assert len(fake_gateway.requests) == 2


@pytest.mark.parametrize("first", [b": OPENROUTER PROCESSING\n\n", sent_event(EVENTS[0]), b'data: {"choi'])
def test_a_stream_that_broke_off_with_nothing_may_have_been_charged_and_is_not_called_again(
    first: bytes, routellm: Gateway, fake_gateway: FakeGateway, as_bea: Client
) -> None:
    fake_gateway.will_stream(first, breaks=True)
    run = submit(as_bea)
    assert (run.status, run.error_kind, run.images.count()) == ("failed", "interrupted", 0)
    assert "charged" in run.error_sentence
    assert len(fake_gateway.requests) == 1
