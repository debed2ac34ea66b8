"""Sending, reading, fetching, stopping, key test: the client's public face against a gateway on a loopback port."""

import asyncio
import json
import threading
import time
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any

import pytest

from gallery.gateway import client, errors, loop
from gallery.gateway.client import CallHandle, Connection
from gallery.gateway.messages import Result
from tests.fake_gateway import FakeGateway, data_url, image_entry, image_reply, make_picture
from tests.gateway.conftest import KEY, fetch_all, fetch_one

PAYLOAD = {"model": "flux_pro", "messages": [{"role": "user", "content": "a fox"}], "modalities": ["image"]}
MEGABYTE = 1024 * 1024


def send(connection: Connection, path: Path, **options: Any) -> None:
    settings = {"deadline": 20.0, "max_bytes": 40 * MEGABYTE} | options
    client.send(connection, settings.pop("payload", PAYLOAD), reply_path=path / "reply", **settings)


def generate(connection: Connection, path: Path, **options: Any) -> Result:
    send(connection, path, **options)
    return client.parse(connection, client.read_reply(path / "reply"))


def test_a_picture_comes_back_byte_for_byte(connection: Connection, fake_gateway: FakeGateway, tmp_path: Path) -> None:
    [picture] = fake_gateway.will_send_image()

    result = generate(connection, tmp_path)

    assert [found.content for found in result.pictures] == [picture]
    assert (str(result.cost), result.cost_unit) == ("150", "points")
    assert fake_gateway.requests[0].path == "/v1/chat/completions"
    assert fake_gateway.requests[0].json == PAYLOAD


def test_the_request_carries_the_key_and_asks_for_plain_bytes_and_nothing_else(
    connection: Connection, fake_gateway: FakeGateway, tmp_path: Path
) -> None:
    send(connection, tmp_path)

    headers = fake_gateway.requests[0].headers
    assert headers["authorization"] == f"Bearer {KEY}"
    assert headers["accept-encoding"] == "identity"
    assert "transfer-encoding" not in headers
    assert "cookie" not in headers


def test_the_raw_reply_is_on_disk_with_its_head_before_anything_is_parsed(
    connection: Connection, fake_gateway: FakeGateway, tmp_path: Path
) -> None:
    fake_gateway.will_send(502, body="<html>bad gateway</html>", headers={"X-Request-Id": "r-1", "Set-Cookie": "a=b"})

    send(connection, tmp_path)

    head, body = (tmp_path / "reply").read_bytes().split(b"\n", 1)
    assert body == b"<html>bad gateway</html>"
    assert json.loads(head)["status"] == 502
    assert json.loads(head)["headers"]["x-request-id"] == "r-1"
    assert "set-cookie" not in json.loads(head)["headers"]
    assert not (tmp_path / "reply.part").exists()


def test_big_references_and_big_pictures_travel_whole(
    connection: Connection, fake_gateway: FakeGateway, tmp_path: Path
) -> None:
    picture = make_picture(size=(900, 900), file_format="BMP")
    fake_gateway.will_send(json=image_reply([image_entry(data_url(picture))]))
    payload = PAYLOAD | {"reference": data_url(b"\x00\xff" * MEGABYTE)}

    result = generate(connection, tmp_path, payload=payload)

    assert result.pictures[0].content == picture
    assert fake_gateway.requests[0].json == payload


def test_many_threads_share_one_loop(connection: Connection, fake_gateway: FakeGateway, tmp_path: Path) -> None:
    folders = [tmp_path / str(number) for number in range(24)]
    for folder in folders:
        folder.mkdir()

    with ThreadPoolExecutor(24) as threads:
        results = list(threads.map(lambda folder: generate(connection, folder), folders))

    assert len({result.pictures[0].content for result in results}) == 24
    assert len(fake_gateway.requests) == 24


@pytest.mark.parametrize(
    ("misbehave", "failure", "left"),
    [
        (FakeGateway.will_cut, errors.Interrupted, ["reply.part"]),
        (FakeGateway.will_hang_up, errors.Interrupted, []),
        (FakeGateway.will_hang, errors.TimedOut, []),
        (FakeGateway.will_answer_slowly, errors.TimedOut, ["reply.part"]),
    ],
)
def test_what_breaks_after_sending_may_have_run(
    connection: Connection,
    fake_gateway: FakeGateway,
    tmp_path: Path,
    misbehave: Callable[[FakeGateway], None],
    failure: type[errors.GatewayError],
    left: list[str],
) -> None:
    misbehave(fake_gateway)

    with pytest.raises(failure) as caught:
        send(connection, tmp_path, deadline=0.6)

    assert caught.value.may_have_run
    assert len(fake_gateway.requests) == 1
    assert [path.name for path in tmp_path.iterdir()] == left


def test_a_gateway_that_is_not_there_was_surely_not_charged(fake_gateway: FakeGateway, tmp_path: Path) -> None:
    connection = Connection(base_url=fake_gateway.base_url, api_key=KEY, dialect="routellm")
    fake_gateway.stop()

    with pytest.raises(errors.NotReached) as caught:
        send(connection, tmp_path)

    assert not caught.value.may_have_run
    assert list(tmp_path.iterdir()) == []


def test_a_gateway_that_speaks_no_tls_gets_nothing(fake_gateway: FakeGateway, tmp_path: Path) -> None:
    connection = Connection(base_url=fake_gateway.base_url.replace("http:", "https:"), api_key=KEY, dialect="routellm")

    with pytest.raises(errors.NotReached, match="certificate"):
        send(connection, tmp_path)

    assert fake_gateway.requests == []


def test_a_folder_that_cannot_be_written_stops_the_call_before_it_is_paid(
    connection: Connection, fake_gateway: FakeGateway, tmp_path: Path
) -> None:
    with pytest.raises(errors.DidNotRun, match="disk"):
        send(connection, tmp_path / "missing")

    assert fake_gateway.requests == []


def test_a_body_over_the_limit_is_cut_off_and_what_arrived_is_kept(
    connection: Connection, fake_gateway: FakeGateway, tmp_path: Path
) -> None:
    fake_gateway.will_send(body=b"x" * 3 * MEGABYTE)

    with pytest.raises(errors.AnswerUnreadable, match="larger than"):
        send(connection, tmp_path, max_bytes=MEGABYTE)

    assert (tmp_path / "reply.part").stat().st_size <= MEGABYTE + 1000


def test_a_compressed_answer_is_kept_but_not_unpacked(
    connection: Connection, fake_gateway: FakeGateway, tmp_path: Path
) -> None:
    fake_gateway.will_send(body=b"\x1f\x8b-not-looked-at", headers={"Content-Encoding": "gzip"})

    with pytest.raises(errors.AnswerUnreadable, match="compressed"):
        generate(connection, tmp_path)

    assert (tmp_path / "reply").read_bytes().endswith(b"not-looked-at")


def test_headers_without_measure_do_not_cost_a_picture(
    connection: Connection, fake_gateway: FakeGateway, tmp_path: Path
) -> None:
    headers = {f"X-Noise-{number}": "n" * 60 for number in range(1000)} | {"X-Long": "n" * 64 * 1024}
    fake_gateway.will_send(json=image_reply([image_entry(data_url(make_picture()))]), headers=headers)

    assert len(generate(connection, tmp_path).pictures) == 1


@pytest.mark.parametrize("status", [301, 302, 303, 307, 308])
def test_a_redirected_request_is_not_followed(
    connection: Connection, fake_gateway: FakeGateway, tmp_path: Path, status: int
) -> None:
    elsewhere = fake_gateway.will_serve(b"elsewhere")
    fake_gateway.will_send(status, headers={"Location": elsewhere})

    with pytest.raises(errors.Redirected):
        generate(connection, tmp_path)

    assert len(fake_gateway.requests) == 1
    assert fake_gateway.fetches == []


@pytest.mark.parametrize(
    ("location", "told"),
    [
        ("https://www.openroute.cn/api/v1/chat/completions", "leads on to https://www.openroute.cn/api/v1, where"),
        ("http://10.0.0.7:4000/v1/chat/completions", "leads on to http://10.0.0.7:4000/v1, where"),
        ("/sign-in", "leads on to another address"),
        ("https://me:secret@evil.test/v1", "leads on to another address"),
    ],
)
def test_a_redirect_says_which_address_to_use(
    connection: Connection, fake_gateway: FakeGateway, location: str, told: str
) -> None:
    fake_gateway.will_send(308, headers={"Location": location})

    with pytest.raises(errors.Redirected) as caught:
        client.test_key(connection)

    assert told in caught.value.sentence
    assert len(fake_gateway.requests) == 1


def test_a_running_call_can_be_stopped(connection: Connection, fake_gateway: FakeGateway, tmp_path: Path) -> None:
    fake_gateway.will_hang()
    handle = CallHandle()

    def stop_once_it_runs() -> None:
        while not fake_gateway.requests:
            time.sleep(0.01)
        handle.cancel()

    stopper = threading.Thread(target=stop_once_it_runs)
    stopper.start()
    with pytest.raises(errors.Interrupted, match="stopped"):
        send(connection, tmp_path, handle=handle)
    stopper.join()


def test_a_call_that_was_stopped_before_it_began_is_not_sent(
    connection: Connection, fake_gateway: FakeGateway, tmp_path: Path
) -> None:
    handle = CallHandle()
    handle.cancel()

    with pytest.raises(errors.Interrupted):
        send(connection, tmp_path, handle=handle)

    assert fake_gateway.requests == []
    handle.cancel()


def test_a_view_waits_for_its_call_on_a_loop_of_its_own(
    connection: Connection, fake_gateway: FakeGateway, tmp_path: Path
) -> None:
    [picture] = fake_gateway.will_send_image()

    async def view() -> Result:
        path = tmp_path / "reply"
        await client.send_async(connection, PAYLOAD, reply_path=path, deadline=20, max_bytes=MEGABYTE)
        return client.parse(connection, client.read_reply(path))

    assert [found.content for found in asyncio.run(view()).pictures] == [picture]


def test_after_closing_the_loop_starts_afresh(
    connection: Connection, fake_gateway: FakeGateway, tmp_path: Path
) -> None:
    send(connection, tmp_path)
    loop.close()
    send(connection, tmp_path)

    assert len(fake_gateway.requests) == 2


def test_the_key_is_in_no_error_and_no_repr(connection: Connection, fake_gateway: FakeGateway, tmp_path: Path) -> None:
    fake_gateway.will_send(401, json={"error": {"message": f"Incorrect API key provided: {KEY}", "code": KEY}})

    with pytest.raises(errors.KeyRefused) as caught:
        generate(connection, tmp_path)

    assert "Incorrect API key provided" in caught.value.detail
    for text in (caught.value.sentence, caught.value.detail, str(caught.value), repr(connection)):
        assert "CANARY" not in text


def test_a_key_with_a_line_break_is_refused_before_anything_is_sent(fake_gateway: FakeGateway, tmp_path: Path) -> None:
    connection = Connection(base_url=fake_gateway.base_url, api_key="good\r\nX-Bad: 1", dialect="routellm")

    with pytest.raises(errors.KeyRefused):
        send(connection, tmp_path)

    assert fake_gateway.requests == []


def test_pictures_that_came_as_links_are_fetched_without_the_key(
    connection: Connection, fake_gateway: FakeGateway, tmp_path: Path
) -> None:
    made = fake_gateway.will_send_image(count=3, as_url=True)
    urls = [picture.url for picture in generate(connection, tmp_path).pictures]

    assert fetch_all(connection, [*urls, urls[0]], max_bytes=MEGABYTE, deadline=20) == [*made, made[0]]
    assert len(fake_gateway.fetches) == 3
    assert all("authorization" not in fetch.headers for fetch in fake_gateway.fetches)


@pytest.mark.parametrize("status", [403, 404, 410])
def test_an_expired_link_says_so(connection: Connection, fake_gateway: FakeGateway, status: int) -> None:
    url = fake_gateway.will_serve(status=status)

    with pytest.raises(errors.PictureNotFetched, match="has expired") as caught:
        fetch_one(connection, url, max_bytes=MEGABYTE, deadline=20)

    assert caught.value.status == status
    assert len(fake_gateway.fetches) == 1


def test_a_link_that_stumbles_once_is_asked_again(connection: Connection, fake_gateway: FakeGateway) -> None:
    url = fake_gateway.will_serve(status=503, path="/p.png")
    fake_gateway.will_serve(b"", breaks=True, path="/p.png")
    fake_gateway.will_serve(b"picture", path="/p.png")

    assert fetch_one(connection, url, max_bytes=MEGABYTE, deadline=20) == b"picture"


def test_redirects_of_a_link_are_followed_thrice_at_most(connection: Connection, fake_gateway: FakeGateway) -> None:
    for hop in range(5):
        fake_gateway.will_serve(status=302, headers={"Location": f"/{hop + 1}"}, path=f"/{hop}")
    fake_gateway.will_serve(b"picture", path="/5")

    assert fetch_one(connection, f"{fake_gateway.origin}/2", max_bytes=100, deadline=20) == b"picture"
    with pytest.raises(errors.PictureNotFetched):
        fetch_one(connection, f"{fake_gateway.origin}/0", max_bytes=100, deadline=20)


@pytest.mark.parametrize(
    ("body", "headers"),
    [
        (b"x" * 2000, {}),
        (b"", {}),
        (b"x", {"Content-Encoding": "gzip"}),
    ],
)
def test_a_link_that_gives_too_much_nothing_or_something_packed_is_refused(
    connection: Connection, fake_gateway: FakeGateway, body: Any, headers: dict[str, str]
) -> None:
    url = fake_gateway.will_serve(body, headers=headers)

    with pytest.raises(errors.PictureNotFetched) as caught:
        fetch_one(connection, url, max_bytes=1000, deadline=20)

    assert caught.value.may_have_run


def test_one_bad_link_leaves_the_others_alone(connection: Connection, fake_gateway: FakeGateway) -> None:
    urls = [fake_gateway.will_serve(b"one"), fake_gateway.will_serve(status=404), fake_gateway.will_serve(b"three")]

    one, two, three = fetch_all(connection, urls, max_bytes=1000, deadline=20)

    assert (one, three) == (b"one", b"three")
    assert isinstance(two, errors.PictureNotFetched)


def test_the_key_test_says_what_it_proved(connection: Connection, fake_gateway: FakeGateway) -> None:
    fake_gateway.will_send(json={"choices": [{"message": {"role": "assistant", "content": "ok"}}]})

    assert "Address and key are good" in client.test_key(connection).sentence
    assert fake_gateway.requests[0].json["max_tokens"] == 5


@pytest.mark.parametrize(
    ("status", "body", "failure"),
    [
        (403, {"error": "Invalid API Key"}, errors.KeyRefused),
        (402, {"error": {"message": "no credit"}}, errors.OutOfCredit),
        (200, {"data": []}, errors.AnswerUnreadable),
        (200, {"success": False, "error": "no"}, errors.GatewayFailed),
    ],
)
def test_the_key_test_fails_clearly(
    connection: Connection, fake_gateway: FakeGateway, status: int, body: Any, failure: type[errors.GatewayError]
) -> None:
    fake_gateway.will_send(status, json=body)

    with pytest.raises(failure):
        client.test_key(connection)


def test_the_sandbox_answers_without_a_socket_and_without_the_key(tmp_path: Path) -> None:
    connection = Connection(base_url="https://gateway.example/v1", api_key=KEY, dialect="routellm", is_sandbox=True)

    result = generate(connection, tmp_path, payload=PAYLOAD | {"image_config": {"num_images": 1}})
    pictures = [
        picture.content or fetch_one(connection, picture.url, max_bytes=40 * MEGABYTE, deadline=20)
        for picture in result.pictures
    ]

    assert len(pictures) == 1
    assert len(pictures[0]) > 50
