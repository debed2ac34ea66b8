"""Streams, lists of models and key reports through the client, over loopback HTTP."""

import asyncio
import json
import threading
from pathlib import Path

import pytest

from gallery.gateway import client, errors
from gallery.gateway.client import CallHandle, Connection
from gallery.gateway.messages import Reply, Result
from gallery.gateway.reply_files import ReplyFile
from tests.fake_gateway import FakeGateway, chunk, data_url, image_entry, make_picture, sent_event
from tests.gateway.conftest import KEY

PAYLOAD = {"model": "m", "messages": [{"role": "user", "content": "a fox"}], "stream": True}
WORDS = [chunk(content=word) for word in ("A ", "red ", "fox.")]
DONE = b"data: [DONE]\n\n"
MEGABYTE = 1024 * 1024


@pytest.fixture
def openrouter(fake_gateway: FakeGateway) -> Connection:
    return Connection(base_url=f"{fake_gateway.origin}/api/v1", api_key=KEY, dialect="openrouter")


def picture_event(content: bytes) -> object:
    return chunk(images=[image_entry(data_url(content))])


def run(connection: Connection, path: Path, *, wants_picture: bool = True, **options: object) -> Result:
    settings = {"deadline": 20.0, "max_bytes": 40 * MEGABYTE} | options
    client.send(connection, PAYLOAD, reply_path=path / "reply", **settings)  # type: ignore[arg-type]
    return client.parse(connection, client.read_reply(path / "reply"), wants_picture=wants_picture)


def test_words_are_handed_over_as_they_arrive_in_the_callers_own_thread(
    openrouter: Connection, fake_gateway: FakeGateway, tmp_path: Path
) -> None:
    fake_gateway.will_stream(b": OPENROUTER PROCESSING\n\n", *WORDS, chunk(finish_reason="stop"), DONE, drip=0.0005)
    heard: list[tuple[str, int]] = []

    result = run(
        openrouter,
        tmp_path,
        wants_picture=False,
        watch=lambda words: heard.append((words, threading.get_ident())),
    )

    assert result.text == "A red fox."
    assert "".join(words for words, _ in heard) == "A red fox."
    assert len(heard) > 1
    assert {thread for _, thread in heard} == {threading.get_ident()}


def test_a_watcher_that_fails_costs_nothing(
    openrouter: Connection, fake_gateway: FakeGateway, tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    fake_gateway.will_stream(*WORDS, chunk(finish_reason="stop"), DONE)

    def watch(words: str) -> None:
        raise ValueError(words)

    assert run(openrouter, tmp_path, wants_picture=False, watch=watch).text == "A red fox."
    assert "the answer goes on" in caplog.text


def test_a_whole_reply_has_nothing_to_watch(openrouter: Connection, fake_gateway: FakeGateway, tmp_path: Path) -> None:
    heard: list[str] = []
    fake_gateway.will_send_image(text="Here it is.")
    assert len(run(openrouter, tmp_path, watch=heard.append).pictures) == 1
    assert heard == []


def test_a_failed_call_ends_its_watching(openrouter: Connection, fake_gateway: FakeGateway, tmp_path: Path) -> None:
    fake_gateway.will_hang_up()
    with pytest.raises(errors.Interrupted):
        run(openrouter, tmp_path, watch=lambda words: None)


@pytest.mark.parametrize("wants_picture", [True, False])
def test_a_stream_that_breaks_off_keeps_what_had_come(
    openrouter: Connection, fake_gateway: FakeGateway, tmp_path: Path, wants_picture: bool
) -> None:
    picture = make_picture()
    fake_gateway.will_stream(*WORDS, picture_event(picture), breaks=True)

    result = run(openrouter, tmp_path, wants_picture=wants_picture)

    assert result.is_cut
    assert "broke off" in result.broken[-1]
    assert [found.content for found in result.pictures] == ([picture] if wants_picture else [])
    assert result.text == "A red fox."
    assert [path.name for path in tmp_path.iterdir()] == ["reply"]


def test_a_stream_that_falls_silent_keeps_what_had_come(
    openrouter: Connection, fake_gateway: FakeGateway, tmp_path: Path
) -> None:
    fake_gateway.will_stream(*WORDS, b": " + b"." * 10_000, drip=0.0005)
    assert run(openrouter, tmp_path, wants_picture=False, deadline=1.0).text == "A red fox."


@pytest.mark.parametrize("events", [[b": OPENROUTER PROCESSING\n\n"], [chunk(role="assistant", content="")]])
def test_a_stream_that_breaks_off_with_nothing_was_interrupted(
    openrouter: Connection, fake_gateway: FakeGateway, tmp_path: Path, events: list[object]
) -> None:
    fake_gateway.will_stream(*events, breaks=True)
    with pytest.raises(errors.Interrupted):
        run(openrouter, tmp_path)
    assert [path.name for path in tmp_path.iterdir()] == ["reply.part"]


def test_a_stream_that_is_too_long_keeps_what_had_come(
    openrouter: Connection, fake_gateway: FakeGateway, tmp_path: Path
) -> None:
    picture = make_picture()
    fake_gateway.will_stream(picture_event(picture), b": " + b"." * 3 * MEGABYTE)
    assert [found.content for found in run(openrouter, tmp_path, max_bytes=MEGABYTE).pictures] == [picture]


def test_a_stream_can_be_stopped_while_it_is_watched(
    openrouter: Connection, fake_gateway: FakeGateway, tmp_path: Path
) -> None:
    handle = CallHandle()
    fake_gateway.will_stream(*WORDS, b": " + b"." * 10_000, drip=0.0005)
    with pytest.raises(errors.Interrupted, match="stopped"):
        run(openrouter, tmp_path, handle=handle, watch=lambda words: handle.cancel())


def test_a_view_watches_on_its_own_loop(openrouter: Connection, fake_gateway: FakeGateway, tmp_path: Path) -> None:
    fake_gateway.will_stream(*WORDS, chunk(finish_reason="stop"), DONE)
    heard: list[tuple[str, int]] = []

    async def view() -> None:
        await client.send_async(
            openrouter,
            PAYLOAD,
            reply_path=tmp_path / "reply",
            deadline=20,
            max_bytes=MEGABYTE,
            watch=lambda words: heard.append((words, threading.get_ident())),
        )
        await asyncio.sleep(0)

    asyncio.run(view())
    assert "".join(words for words, _ in heard) == "A red fox."
    assert {thread for _, thread in heard} == {threading.get_ident()}


def test_models_are_listed_with_the_key_and_the_filter(openrouter: Connection, fake_gateway: FakeGateway) -> None:
    fake_gateway.will_serve(b'{"data": [{"id": "a/b", "name": "B"}]}', path="/api/v1/models")

    [model] = client.list_models(openrouter)

    assert (model.model_id, model.name) == ("a/b", "B")
    assert fake_gateway.fetches[0].path == "/api/v1/models?output_modalities=image&limit=1000"
    assert fake_gateway.fetches[0].headers["authorization"] == f"Bearer {KEY}"


def test_a_list_of_models_that_fails_does_not_tell_the_key(openrouter: Connection, fake_gateway: FakeGateway) -> None:
    body = b'{"error": {"code": 401, "message": "Bad key %s"}}' % KEY.encode()
    fake_gateway.will_serve(body, status=401, path="/api/v1/models")
    with pytest.raises(errors.KeyRefused) as caught:
        client.list_models(openrouter)
    assert KEY not in caught.value.detail


def test_a_key_report_is_asked_for(openrouter: Connection, fake_gateway: FakeGateway) -> None:
    fake_gateway.will_serve(b'{"data": {"limit": 20, "limit_remaining": 12.5}}', path="/api/v1/key")
    assert "$12.50 of $20.00" in client.test_key(openrouter).sentence
    assert fake_gateway.fetches[0].headers["x-openrouter-title"] == "Proofsheet"


@pytest.mark.parametrize(
    ("events", "is_kept"),
    [
        ([WORDS[0], picture_event(make_picture())], True),
        ([WORDS[0]], True),
        ([b": OPENROUTER PROCESSING\n\n"], False),
        ([b'{"choices": [{"message": {"content": "whole, but cut'], False),
    ],
)
def test_what_came_of_a_stream_before_the_process_died_is_rescued(
    tmp_path: Path, events: list[object], is_kept: bool
) -> None:
    head = b'{"status":200,"headers":{"content-type":"text/event-stream"},"received_at":"2026-11-21T04:00:00+00:00"}\n'
    body = b"".join(event if isinstance(event, bytes) else sent_event(event) for event in events)
    (tmp_path / "reply.part").write_bytes(head + body + b'data: {"choices": [{"delta"')

    assert client.rescue(tmp_path / "reply") is is_kept
    assert [path.name for path in tmp_path.iterdir()] == ["reply" if is_kept else "reply.part"]
    assert client.rescue(tmp_path / "reply") is is_kept


@pytest.mark.parametrize(("missing", "is_kept"), [(0, True), (1, False)])
def test_an_answer_that_was_whole_when_the_process_died_is_rescued(missing: int, is_kept: bool, tmp_path: Path) -> None:
    """Killed between its last byte and its name: it is paid, and all of it is there."""
    head = json.dumps({"status": 200, "headers": {"content-type": "application/json"}, "received_at": "now"})
    body = json.dumps({"choices": [{"message": {"content": "A red chair."}}]})
    written = f"{head}\n{body}"
    (tmp_path / "reply.part").write_text(written[: len(written) - missing])
    assert client.rescue(tmp_path / "reply") is is_kept
    assert [path.name for path in tmp_path.iterdir()] == ["reply" if is_kept else "reply.part"]


def test_what_has_arrived_of_an_answer_is_out_of_the_process_at_once(tmp_path: Path) -> None:
    reply_file = ReplyFile(tmp_path / "reply")
    reply_file.begin(200, {})
    for piece in (b'{"choices":', b" []}"):
        reply_file.write(piece)
        assert (tmp_path / "reply.part").read_bytes().endswith(piece)
    reply_file.leave()


@pytest.mark.parametrize("content", [b"", b"no head", b"{}\n"])
def test_a_rest_that_is_no_reply_is_not_rescued(tmp_path: Path, content: bytes) -> None:
    (tmp_path / "reply.part").write_bytes(content)
    assert not client.rescue(tmp_path / "reply")
    assert not client.rescue(tmp_path / "elsewhere")


def test_a_stream_is_recorded_as_the_list_of_its_events() -> None:
    stream = b"".join(sent_event(word) for word in WORDS) + DONE
    assert client.reply_json(Reply(status=200, headers={}, body=stream)) == [*WORDS, "[DONE]"]
    assert client.reply_json(Reply(status=200, headers={}, body=b'{"a": 1}')) == {"a": 1}
