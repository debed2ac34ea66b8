"""Server-sent events, and streamed answers read as the whole ones they stand for."""

import json
import time
from decimal import Decimal
from pathlib import Path
from typing import Any

import pytest

from gallery.gateway import client, errors
from gallery.gateway.client import Connection
from gallery.gateway.dialects import DIALECTS
from gallery.gateway.dialects.events import Event, EventReader, read_events
from gallery.gateway.dialects.streams import Listener
from gallery.gateway.messages import Reply, Result
from tests.fake_gateway import chunk, data_url, image_entry, make_picture, sent_event

REPLIES = Path(__file__).parent / "replies"
ONE, TWO = make_picture(size=(4, 3)), make_picture(size=(4, 3))
DONE = b"data: [DONE]\n\n"
END = sent_event(chunk(finish_reason="stop"))
WORD = sent_event(chunk(content="Hello"))
PICTURE = sent_event(chunk(images=[image_entry(data_url(ONE))]))


def parse(body: bytes, *, slug: str = "openrouter", content_type: str = "text/event-stream", **options: Any) -> Result:
    connection = Connection(base_url="https://gateway.example/v1", api_key="sk-12345678", dialect=slug)
    return client.parse(connection, Reply(status=200, headers={"content-type": content_type}, body=body), **options)


def failure(body: bytes, **options: Any) -> errors.GatewayError:
    with pytest.raises(errors.GatewayError) as caught:
        parse(body, **options)
    return caught.value


def events_in(*pieces: bytes) -> list[Event]:
    reader = EventReader()
    return [event for piece in pieces for event in reader.feed(piece)] + list(reader.end())


# Events


@pytest.mark.parametrize(
    ("stream", "events"),
    [
        (b"", []),
        (b"data: a\n\n", [("message", b"a")]),
        (b"data:a\r\n\r\ndata: b\r\rdata:  c\n\n", [("message", b"a"), ("message", b"b"), ("message", b" c")]),
        (b"\xef\xbb\xbfdata: a\n\n", [("message", b"a")]),
        (b": a comment\n\n:\n\ndata: a\n\n", [("message", b"a")]),
        (b"data: a\ndata\ndata: b\n\n", [("message", b"a\n\nb")]),
        (b"event: error\ndata: a\n\ndata: b\n\n", [("error", b"a"), ("message", b"b")]),
        (b"event: lost\n\ndata: b\n\n", [("message", b"b")]),
        (b"id: 7\nretry: 10\nnonsense\nother: x\ndata: a\n\n", [("message", b"a")]),
        (b"data: a", [("message", b"a")]),
        (b"data: a\n", [("message", b"a")]),
        (b"data: a:b: c\n\n", [("message", b"a:b: c")]),
        (b"\n\n\r\n\n", []),
    ],
)
def test_events_are_read_however_they_are_written_and_wherever_they_are_split(
    stream: bytes, events: list[tuple[str, bytes]]
) -> None:
    expected = [Event(*event) for event in events]
    assert list(read_events(stream)) == expected
    assert events_in(*(stream[place : place + 1] for place in range(len(stream)))) == expected
    for place in range(len(stream)):
        assert events_in(stream[:place], stream[place:]) == expected


def test_a_line_of_thirty_megabytes_is_read_in_one_go() -> None:
    line = b"data: " + b"x" * 30_000_000 + b"\n\n"
    pieces = [line[start : start + 65_536] for start in range(0, len(line), 65_536)]
    began = time.process_time()
    [event] = events_in(*pieces)
    assert len(event.data) == 30_000_000
    # A reader that joins or searches anew with every piece takes minutes.
    assert time.process_time() - began < 5


# Recorded streams


@pytest.mark.parametrize(
    ("slug", "pictures", "cost", "unit", "model"),
    [
        ("openrouter", 2, "0.0774", "usd", "google/gemini-2.5-flash-image-preview"),
        ("openroute", 2, "0.0774", "usd", "google/gemini-2.5-flash-image-preview"),
        ("llmgateway", 2, "0.0774", "usd", "google-ai-studio/gemini-2.5-flash-image-preview"),
        ("openai", 2, "0.0774", "usd", "gemini-2.5-flash-image"),
        ("routellm", 0, "0.35", "points", "route-llm"),
    ],
)
def test_a_recorded_stream_gives_the_same_result_wherever_it_is_split(
    slug: str, pictures: int, cost: str, unit: str, model: str
) -> None:
    stream = (REPLIES / f"{slug}.sse").read_bytes()
    result = parse(stream, slug=slug, wants_picture=pictures > 0)

    assert (len(result.pictures), result.text) == (pictures, "Here is a city – futuristic.")
    assert (result.cost, result.cost_unit, result.model_used) == (Decimal(cost), unit, model)
    assert (result.finish_reason, result.broken, result.is_cut) == ("stop", [] if pictures else (), False)
    assert result.input_tokens == 9
    for ending in (b"\r\n", b"\r"):
        respelt = parse(stream.replace(b"\n", ending), slug=slug, wants_picture=pictures > 0)
        assert respelt == result
    for place in range(len(stream)):
        listener = Listener()
        assert listener.hear(stream[:place]) + listener.hear(stream[place:]) == result.text


@pytest.mark.parametrize("slug", DIALECTS)
def test_a_whole_reply_and_its_stream_are_told_apart_by_their_bytes(slug: str) -> None:
    whole = (REPLIES / f"{slug}.json").read_bytes()
    assert len(parse(whole, slug=slug).pictures) == 1
    if slug != "routellm":
        assert len(parse((REPLIES / f"{slug}.sse").read_bytes(), slug=slug, content_type="text/plain").pictures) == 2


def test_every_short_stream_is_read_alike_at_every_cut() -> None:
    """Whatever arrives of a stream, reading it is never a fault of ours, and no whole picture in it is lost."""
    stream = WORD + PICTURE + END + DONE
    for length in range(len(stream)):
        body = stream[:length]
        if body.count(b"\n\n") < 2 and b'"}}]}' not in body:
            assert isinstance(failure(body), errors.MayHaveRun)
        elif length > len(WORD + PICTURE):
            assert [picture.content for picture in parse(body).pictures] == [ONE]


# What streams do wrong


@pytest.mark.parametrize(
    "stream",
    [
        pytest.param(WORD + PICTURE + END, id="no done"),
        pytest.param(WORD + PICTURE + DONE, id="no finish reason"),
        pytest.param(WORD + PICTURE + END.rstrip(), id="no empty line at the end"),
        pytest.param(b"data: OPENROUTER PROCESSING\n\n" + PICTURE + END + DONE, id="no json"),
        pytest.param(b"data: 5\n\ndata: []\n\ndata: null\n\ndata: {}\n\n" + PICTURE + END, id="odd json"),
        pytest.param(sent_event({"choices": [5, {"delta": 5}, {"delta": {"content": 5}}]}) + PICTURE + END, id="odd"),
        pytest.param(b'data: {"model": "\xff\xfe"}\n\n' + PICTURE + END, id="broken letters"),
        pytest.param(
            PICTURE + sent_event({"choices": [{"message": {"images": [image_entry(data_url(ONE))]}}]}) + END,
            id="repeated as a whole message",
        ),
        pytest.param(sent_event(chunk(content=[image_entry(data_url(ONE))])) + END, id="as a content part"),
        pytest.param(
            b"".join(
                sent_event(chunk(content=piece)) for piece in ("![](", data_url(ONE)[:40], data_url(ONE)[40:], ")")
            )
            + END,
            id="as words",
        ),
    ],
)
def test_what_streams_leave_out_or_get_wrong_costs_no_picture(stream: bytes) -> None:
    result = parse(stream)
    assert [picture.content for picture in result.pictures] == [ONE]
    assert (list(result.broken), result.is_cut) == ([], False)


def test_broken_letters_cost_a_letter_and_not_the_words() -> None:
    body = WORD.replace(b"Hello", b"He\xffllo") + END
    assert parse(body, wants_picture=False).text == "He\ufffdllo"


def test_a_picture_before_the_cut_is_kept_and_the_cut_is_told() -> None:
    result = parse(WORD + PICTURE + PICTURE[:60])
    assert [picture.content for picture in result.pictures] == [ONE]
    assert result.is_cut
    assert "broke off" in result.broken[-1]


def test_words_before_the_cut_are_an_answer_and_no_picture() -> None:
    result = parse(WORD, wants_picture=False)
    assert (result.text, result.is_cut) == ("Hello", True)
    assert "broke off" in result.broken[0]
    error = failure(WORD)
    assert isinstance(error, errors.NoImage)
    assert "broke off before there was a picture" in error.sentence


@pytest.mark.parametrize("stream", [b"", b": OPENROUTER PROCESSING\n\n", PICTURE[:80], b"data: \n\n"])
def test_a_stream_that_broke_off_with_nothing_was_interrupted(stream: bytes) -> None:
    assert isinstance(failure(stream), errors.Interrupted)


@pytest.mark.parametrize(
    ("complaint", "expected"),
    [
        (sent_event({"error": {"code": 502, "message": "Provider disconnected"}}), errors.GatewayFailed),
        (
            sent_event({"error": {"code": 502, "message": "x"}, "choices": [{"delta": {}, "finish_reason": "error"}]}),
            errors.GatewayFailed,
        ),
        (b"event: error\n" + sent_event({"error": {"message": "x", "type": "upstream_error"}}), errors.GatewayFailed),
        (b"event: error\n" + sent_event({"message": "x"}), errors.GatewayFailed),
        (b"event: error\ndata: it went wrong\n\n", errors.GatewayFailed),
        (sent_event({"choices": [{"delta": {}, "error": {"code": 502, "message": "x"}}]}), errors.GatewayFailed),
        (sent_event({"error": {"code": 429, "message": "slow down"}}), errors.TooManyRequests),
        (sent_event({"error": {"code": 402, "message": "Insufficient credits"}}), errors.OutOfCredit),
        (
            sent_event({"error": {"code": 403, "message": "no", "metadata": {"reasons": ["violence"]}}}),
            errors.ContentRefused,
        ),
        (sent_event({"error": {"message": "x", "code": "timeout_error"}}), errors.TimedOut),
    ],
)
def test_an_error_in_mid_stream_has_its_kind(complaint: bytes, expected: type[errors.GatewayError]) -> None:
    assert type(failure(complaint)) is expected
    kept = parse(PICTURE + complaint)
    assert len(kept.pictures) == 1
    assert "fault" in kept.broken[-1]


@pytest.mark.parametrize("slug", DIALECTS)
def test_what_fails_after_its_first_words_may_have_been_charged_and_keeps_them(slug: str) -> None:
    error = failure(WORD + sent_event({"error": {"code": 429, "message": "slow down"}}), slug=slug)
    assert error.may_have_run
    assert error.result is not None
    assert (error.result.text, error.detail) == ("Hello", "slow down")


def test_a_listener_knows_when_there_is_something_to_keep() -> None:
    for first, holds in ((b": waiting\n\n", False), (sent_event(chunk(role="assistant", content="")), False)):
        listener = Listener()
        listener.hear(first)
        assert listener.holds_something is holds
    for piece in (WORD, PICTURE):
        listener = Listener()
        listener.hear(piece[:-1])
        assert not listener.holds_something
        listener.hear(piece[-1:])
        assert listener.holds_something


def test_a_stream_of_an_endless_number_of_events_is_not_read() -> None:
    assert isinstance(failure(b"data:\n\n" * 500_001), errors.AnswerUnreadable)


def test_a_json_event_may_stand_on_several_lines() -> None:
    lines = json.dumps(chunk(images=[image_entry(data_url(TWO))]), indent=1).splitlines()
    body = b"".join(b"data: " + line.encode() + b"\n" for line in lines) + b"\n" + END
    assert [picture.content for picture in parse(body).pictures] == [TWO]
