"""`stream: true`: what is told while it comes, signs of life in a silence, and how a failure is told before and after."""

from typing import Any

import pytest

from gallery.endpoint import events
from gallery.models import Gateway, Generation
from tests.endpoint.script import FLUX, TALKER, Script, ask, question
from tests.fake_gateway import FakeGateway, chunk, data_url

pytestmark = pytest.mark.django_db(transaction=True)

DONE = b"data: [DONE]\n\n"
USAGE = {"prompt_tokens": 3, "completion_tokens": 2, "total_tokens": 5, "compute_points_used": 0.5}


def test_a_stream_of_words_tells_them_as_they_come(
    routellm: Gateway, fake_gateway: FakeGateway, script: Script
) -> None:
    told = [
        chunk(role="assistant", content=""),
        chunk(content="Four"),
        chunk(content="teen."),
        chunk(finish_reason="stop"),
    ]
    fake_gateway.will_stream(*told, {**chunk(), "choices": [], "usage": USAGE}, DONE, drip=0.0005)
    answer = script.ask("7 × 2?", stream=True, stream_options={"include_usage": True})
    assert (answer.status, answer.headers["content-type"]) == (200, "text/event-stream")
    assert answer.headers["cache-control"] == "no-cache"
    assert fake_gateway.requests[0].json["stream"] is True

    first, *_ = answer.deltas
    assert first == {"role": "assistant", "content": ""}
    assert "".join(delta["content"] for delta in answer.deltas) == "Fourteen."
    assert [delta["content"] for delta in answer.deltas].count("Four") == 1
    reasons = [event["choices"][0]["finish_reason"] for event in answer.events if event["choices"]]
    assert reasons == [None] * (len(reasons) - 1) + ["stop"]

    generation = Generation.objects.get()
    assert answer.headers["x-generation-id"] == str(generation.pk)
    for event in answer.events:
        assert event["id"] == f"gen-{generation.pk}"
        assert (event["object"], event["model"], event["provider"]) == ("chat.completion.chunk", TALKER, "routellm")
        assert event["created"] == int(generation.created_at.timestamp())
        assert "system_fingerprint" not in event
    usage = answer.events[-1]
    assert (usage["choices"], usage["usage"]["total_tokens"], usage["usage"]["compute_points_used"]) == ([], 5, 0.5)
    assert usage["metadata"]["generation_id"] == str(generation.pk)
    assert (generation.status, generation.answer) == ("succeeded", "Fourteen.")


def test_words_of_a_gateway_that_does_not_stream_are_told_at_the_end(
    routellm: Gateway, fake_gateway: FakeGateway, script: Script
) -> None:
    fake_gateway.will_send_text("Fourteen.")
    assert "".join(delta["content"] for delta in script.ask(stream=True).deltas) == "Fourteen."


def test_each_picture_is_a_chunk_of_its_own(routellm: Gateway, fake_gateway: FakeGateway, script: Script) -> None:
    pictures = fake_gateway.will_send_image(count=3, text="Three chairs.")
    answer = script.chat(n=3, stream="true")
    shown = [delta for delta in answer.deltas if "images" in delta]
    assert shown == [
        {
            "role": "assistant",
            "content": "",
            "images": [{"type": "image_url", "index": number, "image_url": {"url": data_url(picture)}}],
        }
        for number, picture in enumerate(pictures)
    ]
    assert [delta["content"] for delta in answer.deltas if delta["content"]] == ["Three chairs."]
    assert answer.events[-1]["usage"]["compute_points_used"] == 150
    assert "stream" not in fake_gateway.requests[0].json


def test_streamed_pictures_come_as_links_or_parts_too(
    routellm: Gateway, fake_gateway: FakeGateway, script: Script
) -> None:
    (picture,) = fake_gateway.will_send_image()
    parts = script.post("chat/completions?images=content", ask(stream=True)).deltas[1]["content"]
    assert parts == [{"type": "image_url", "image_url": {"url": data_url(picture)}}]
    linked = script.post("chat/completions?images=url", ask(stream=True)).deltas[1]["images"]
    assert linked[0]["image_url"]["url"].startswith("http://testserver/v1/files/")


def test_the_sandbox_streams_and_says_so(shipped: None, script: Script) -> None:
    answer = script.chat(stream=True, model="openrouter/google/gemini-2.5-flash-image-preview")
    assert answer.headers["x-proofsheet-simulated"] == "true"
    assert {event["provider"] for event in answer.events} == {"sandbox"}
    assert len([delta for delta in answer.deltas if "images" in delta]) == 1


def test_a_silence_is_filled_with_signs_of_life(
    routellm: Gateway, fake_gateway: FakeGateway, script: Script, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(events, "SILENCE_SECONDS", 0.05)
    fake_gateway.will_answer_slowly(0.002)
    answer = script.chat(stream=True)
    assert answer.lines.count(": keep-alive") >= 2
    assert b": keep-alive\n\n" in answer.pieces
    assert len([delta for delta in answer.deltas if "images" in delta]) == 1


def test_silence_is_never_longer_than_clients_bear() -> None:
    assert events.SILENCE_SECONDS <= 15


REFUSED_EARLY: list[tuple[dict[str, Any], tuple[int, str, str | None]]] = [
    ({"model": "nothing"}, (404, "not_found_error", "model")),
    ({"n": 99}, (400, "invalid_request_error", "n")),
    ({"messages": []}, (400, "invalid_request_error", "messages")),
]


@pytest.mark.parametrize(("more", "refusal"), REFUSED_EARLY, ids=str)
def test_what_cannot_begin_is_refused_with_its_status(
    more: dict[str, Any], refusal: Any, shipped: None, script: Script
) -> None:
    assert script.chat(stream=True, **more).refusal == refusal


@pytest.mark.parametrize("status", [401, 402, 404, 429, 500])
@pytest.mark.parametrize("make", [ask, question], ids=["picture", "words"])
def test_a_gateways_refusal_before_the_first_word_keeps_its_status(
    make: Any, status: int, routellm: Gateway, fake_gateway: FakeGateway, script: Script
) -> None:
    fake_gateway.will_fail(status)
    answer = script.post("chat/completions", make(stream=True))
    assert answer.status == {401: 502, 500: 502}.get(status, status)
    assert answer.error["metadata"]["generation_id"]


def test_a_failure_after_the_stream_began_is_an_error_chunk(
    routellm: Gateway, fake_gateway: FakeGateway, script: Script, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(events, "SILENCE_SECONDS", 0.05)
    fake_gateway.will_hang(0.4)
    answer = script.chat(stream=True)
    assert answer.status == 200
    last = answer.events[-1]
    assert last["choices"][0]["finish_reason"] == "error"
    assert (last["error"]["code"], last["error"]["type"]) == (502, "upstream_error")
    assert last["error"]["metadata"]["generation_id"] == str(Generation.objects.get().pk)
    assert not [delta for delta in answer.deltas if "images" in delta]
    assert Generation.objects.get().status == "failed"
    assert len(fake_gateway.requests) == 1


def test_words_that_broke_off_are_kept_as_far_as_they_came(
    routellm: Gateway, fake_gateway: FakeGateway, script: Script
) -> None:
    fake_gateway.will_stream(chunk(content="Once upon"), breaks=True)
    answer = script.ask(stream=True)
    assert "Once upon" in "".join(delta["content"] for delta in answer.deltas)
    generation = Generation.objects.get()
    assert (generation.status, generation.answer) == ("succeeded", "Once upon")
    assert answer.events[-1]["metadata"]["notes"]


def test_an_error_within_a_stream_of_words_is_told(
    routellm: Gateway, fake_gateway: FakeGateway, script: Script
) -> None:
    trouble = {"error": {"message": "Provider returned error", "code": 502}}
    fake_gateway.will_stream(trouble, DONE)
    answer = script.ask(stream=True)
    assert (answer.status, answer.error["type"]) == (502, "upstream_error")


def test_an_error_after_the_first_words_is_an_error_chunk(
    routellm: Gateway, fake_gateway: FakeGateway, script: Script
) -> None:
    trouble = {"error": {"message": "Provider disconnected", "code": 502}}
    fake_gateway.will_stream(chunk(content="Once upon"), trouble, DONE, drip=0.001)
    answer = script.ask(stream=True)
    assert answer.status == 200
    assert answer.deltas[1]["content"] == "Once upon"
    assert (answer.events[-1]["error"]["code"], Generation.objects.get().status) == (502, "failed")


IMAGES = {"model": FLUX, "prompt": "a red chair", "stream": True}


@pytest.mark.parametrize("path", ["images/generations", "images"])
def test_the_images_api_streams_its_own_events(
    path: str, routellm: Gateway, fake_gateway: FakeGateway, script: Script
) -> None:
    pictures = fake_gateway.will_send_image(count=2)
    answer = script.post(path, {**IMAGES, "n": 2})
    assert answer.lines.count("event: image_generation.completed") == 2
    assert [event["type"] for event in answer.events] == ["image_generation.completed"] * 2
    shown = [f"data:image/png;base64,{event['b64_json']}" for event in answer.events]
    assert shown == [data_url(picture) for picture in pictures]
    assert ["usage" in event for event in answer.events] == [False, True]
    assert answer.events[0]["size"] == "24x16"


def test_a_failed_stream_of_the_images_api_ends_with_an_error_event(
    routellm: Gateway, fake_gateway: FakeGateway, script: Script, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(events, "SILENCE_SECONDS", 0.05)
    fake_gateway.will_hang(0.4)
    answer = script.post("images/generations", IMAGES)
    assert "event: error" in answer.lines
    assert answer.events[-1]["type"] == "error"
    assert answer.events[-1]["error"]["code"] == 502
    # A refusal before the first sign of life keeps its status, however slow the machine is.
    monkeypatch.setattr(events, "SILENCE_SECONDS", 60)
    fake_gateway.will_fail(402)
    assert script.post("images/generations", IMAGES).refusal[:2] == (402, "insufficient_quota")
