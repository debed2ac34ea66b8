"""Where the door goes and where it does not. A call that is refused must leave no trace at the other end."""

import asyncio
import socket
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from gallery.gateway import addresses, client, errors, failures, outbound
from gallery.gateway.addresses import AddressRefused, PublicResolver
from gallery.gateway.client import Connection
from gallery.gateway.destinations import DestinationRefused, check_url
from gallery.gateway.exchange import Request
from tests.fake_gateway import FakeGateway
from tests.gateway.conftest import KEY, fetch_one

NAMED = frozenset({("studio.internal", 8443)})


@pytest.fixture
def stranger() -> Connection:
    """A gateway in public: nothing of this machine was named for it."""
    return Connection(base_url="https://gateway.example/v1", api_key=KEY, dialect="routellm", allow_http=True)


@pytest.fixture
def silent_port() -> Iterator[int]:
    """A port that takes connections and never says a word."""
    with socket.create_server(("127.0.0.1", 0)) as server:
        yield server.getsockname()[1]


def fetch(connection: Connection, url: str) -> bytes:
    return fetch_one(connection, url, max_bytes=1000, deadline=10)


def post(base_url: str, deadline: float) -> None:
    """One POST through a door of its own, with a deadline as short as wanted."""
    connection = Connection(base_url=base_url, api_key=KEY, dialect="routellm")
    asyncio.run(_post(connection, deadline))


async def _post(connection: Connection, deadline: float) -> None:
    door = outbound.Door()
    request = Request(
        method="POST",
        url=connection.base_url,
        body=b"{}",
        deadline=deadline,
        max_bytes=1000,
        named=connection.named,
    )
    try:
        async with door.ask(request) as answer:
            [chunk async for chunk in answer.chunks()]
    finally:
        await door.close()


@pytest.mark.parametrize(
    "address",
    [
        "0.0.0.0",
        "0.1.2.3",
        "10.0.0.1",
        "100.64.0.1",
        "100.127.255.255",
        "127.0.0.1",
        "127.255.255.254",
        "169.254.169.254",
        "172.16.0.1",
        "172.31.255.255",
        "192.0.0.8",
        "192.0.2.1",
        "192.88.99.1",
        "192.168.1.1",
        "198.18.0.1",
        "198.19.255.255",
        "198.51.100.1",
        "203.0.113.1",
        "224.0.0.1",
        "239.1.1.1",
        "240.0.0.1",
        "255.255.255.255",
        "::",
        "::1",
        "::127.0.0.1",
        "::ffff:127.0.0.1",
        "::ffff:7f00:1",
        "::ffff:10.0.0.1",
        "64:ff9b::7f00:1",
        "64:ff9b::8.8.8.8",
        "64:ff9b:1::1",
        "100::1",
        "2001::1",
        "2001:0:4136:e378:8000:63bf:3fff:fdd2",
        "2001:db8::1",
        "2002:7f00:1::",
        "2002:808:808::",
        "3fff::1",
        "5f00::1",
        "fc00::1",
        "fd12::1",
        "fe80::1",
        "fe80::1%eth0",
        "fec0::1",
        "ff02::1",
        "4000::1",
        "localhost",
        "127.1",
        "2130706433",
        "nonsense",
    ],
)
def test_an_address_off_the_open_internet_is_denied(address: str) -> None:
    assert not addresses.is_public(address)


@pytest.mark.parametrize(
    "address", ["8.8.8.8", "1.1.1.1", "172.32.0.1", "100.128.0.1", "2606:4700:4700::1111", "::ffff:8.8.8.8", "2a00::1"]
)
def test_an_address_of_the_open_internet_is_public(address: str) -> None:
    assert addresses.is_public(address)


@pytest.mark.parametrize(
    "url",
    [
        "https://cdn.example/a.png",
        "https://cdn.example:443/a.png?sig=a%2Fb@c",
        "https://cdn.example/~a@b/c.png",
        "https://8.8.8.8/a.png",
        "https://[2606:4700:4700::1111]/a.png",
        "http://studio.internal:8443/a.png",
        "https://STUDIO.internal:8443/a.png",
    ],
)
def test_a_public_or_named_destination_may_be_asked(url: str) -> None:
    assert check_url(url, named=NAMED).is_named is ("8443" in url)


@pytest.mark.parametrize(
    "url",
    [
        "",
        "cdn.example/a.png",
        "//cdn.example/a.png",
        "http://cdn.example/a.png",
        "https://xn--/",
        "https://xn--a.com/",
        "https://cdn.example:22/",
        "https://cdn.example:6379/",
        "https://cdn.example:8443/",
        "https://studio.internal:8444/",
        "https://studio.internal.evil.test:8443/",
        "https://user:password@cdn.example/",
        "https://studio.internal:8443@evil.test/",
        "https://@cdn.example/",
        "https://cdn.example\\@studio.internal:8443/",
        "https:\\\\cdn.example/",
        "https://cdn.example/a\tb",
        "https://cdn.example/a\r\nX: y",
        "https://cdn.example/ a",
        "https://cdn.example:99999/",
        "https://" + "a" * 9000,
        "https:///a.png",
        "file:///etc/passwd",
        "ftp://cdn.example/",
        "gopher://cdn.example/",
        "data:text/plain,hello",
        "blob:https://cdn.example/1",
        "javascript:alert(1)",
        "unix:///var/run/docker.sock",
    ],
)
def test_any_other_destination_is_refused(url: str) -> None:
    with pytest.raises(DestinationRefused):
        check_url(url, named=NAMED)


@pytest.mark.parametrize(
    "host",
    [
        "127.0.0.1",
        "localhost",
        "[::1]",
        "127.1",
        "2130706433",
        "0x7f.1",
        "0x7f000001",
        "0",
        "0177.0.0.1",
        "127。0。0。1",
        "①②⑦.⓪.⓪.①",
        "[::ffff:127.0.0.1]",
        "[::ffff:7f00:1]",
        "[::]",
        "[64:ff9b::7f00:1]",
        "[2002:7f00:1::]",
        "169.254.169.254",
        "10.0.0.1",
        "192.168.0.1",
        "[fe80::1]",
        "[fd00::1]",
    ],
)
@pytest.mark.parametrize("scheme", ["https", "http"])
def test_no_spelling_of_a_private_address_is_connected(stranger: Connection, host: str, scheme: str) -> None:
    with pytest.raises(errors.PictureNotFetched) as caught:
        fetch(stranger, f"{scheme}://{host}/a.png")

    # The one acceptable end is a refusal of ours: an attempt would have met a closed port or a time-out.
    causes = list(failures.causes(caught.value))
    assert isinstance(causes[1], errors.NotReached)
    assert not any(isinstance(cause, ConnectionRefusedError | TimeoutError) for cause in causes)


def test_a_port_of_this_machine_that_nobody_named_is_not_asked(stranger: Connection, fake_gateway: FakeGateway) -> None:
    url = fake_gateway.will_serve(b"secret")
    for spelling in (url, url.replace("127.0.0.1", "localhost"), url.replace("127.0.0.1", "2130706433")):
        with pytest.raises(errors.PictureNotFetched):
            fetch(stranger, spelling)

    assert fake_gateway.fetches == []


def test_a_connection_kept_open_for_a_named_gateway_serves_nobody_else(
    connection: Connection, stranger: Connection, fake_gateway: FakeGateway
) -> None:
    url = fake_gateway.will_serve(b"picture")
    assert fetch(connection, url) == b"picture"

    with pytest.raises(errors.PictureNotFetched):
        fetch(stranger, url)

    assert len(fake_gateway.fetches) == 1


@pytest.mark.parametrize(
    "target", ["{other}/a.png", "https://127.0.0.1/a.png", "file:///etc/passwd", "http://[::1]/", ""]
)
def test_a_redirect_to_a_place_nobody_named_is_not_followed(
    connection: Connection, fake_gateway: FakeGateway, target: str
) -> None:
    with FakeGateway() as other:
        url = fake_gateway.will_serve(status=302, headers={"Location": target.format(other=other.origin)})

        with pytest.raises(errors.PictureNotFetched):
            fetch(connection, url)

        assert other.fetches == []


@pytest.mark.parametrize(
    "records", [["8.8.8.8", "127.0.0.1"], ["127.0.0.1", "8.8.8.8"], ["2606:4700:4700::1111", "fe80::1"], ["10.0.0.1"]]
)
def test_a_name_with_one_private_record_is_refused_as_a_whole(records: list[str]) -> None:
    async def resolve() -> None:
        async def getaddrinfo(_host: str, port: int, **_: object) -> list[tuple[Any, ...]]:
            families = [socket.AF_INET6 if ":" in record else socket.AF_INET for record in records]
            return [
                (family, socket.SOCK_STREAM, 6, "", (record, port, 0, 0)[: 4 if ":" in record else 2])
                for family, record in zip(families, records, strict=True)
            ]

        asyncio.get_running_loop().getaddrinfo = getaddrinfo  # type: ignore[method-assign, assignment]
        await PublicResolver().resolve("cdn.example", 443)

    with pytest.raises(AddressRefused):
        asyncio.run(resolve())


def test_the_address_is_checked_again_on_the_socket_itself() -> None:
    with pytest.raises(AddressRefused):
        addresses.open_public_socket((socket.AF_INET, socket.SOCK_STREAM, 6, "", ("127.0.0.1", 443)))


def test_proxies_and_passwords_of_the_environment_are_not_used(
    connection: Connection, fake_gateway: FakeGateway, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / ".netrc").write_text("machine 127.0.0.1 login somebody password something\n")
    (tmp_path / ".netrc").chmod(0o600)
    with FakeGateway() as proxy:
        for name in ("HTTP_PROXY", "http_proxy", "HTTPS_PROXY", "ALL_PROXY"):
            monkeypatch.setenv(name, proxy.origin)
        monkeypatch.setenv("NETRC", str(tmp_path / ".netrc"))

        fetch(connection, fake_gateway.will_serve(b"picture"))

        assert proxy.fetches == []
    assert "authorization" not in fake_gateway.fetches[0].headers


def test_cookies_are_not_kept(connection: Connection, fake_gateway: FakeGateway) -> None:
    url = fake_gateway.will_serve(b"picture", headers={"Set-Cookie": "session=1; Path=/"})

    fetch(connection, url)
    fetch(connection, url)

    assert all("cookie" not in request.headers for request in fake_gateway.fetches)


def test_silence_before_a_connection_is_encrypted_means_not_sent(silent_port: int) -> None:
    with pytest.raises(errors.NotReached):
        post(f"https://127.0.0.1:{silent_port}/v1", deadline=0.3)


def test_silence_after_the_request_means_it_may_have_run(silent_port: int) -> None:
    with pytest.raises(errors.TimedOut):
        post(f"http://127.0.0.1:{silent_port}/v1", deadline=0.3)


def test_an_unknown_name_is_said_to_be_unknown() -> None:
    with pytest.raises(errors.NotReached, match="not found"):
        post("https://no-such-gateway.invalid/v1", deadline=10)


def test_drips_do_not_outlast_the_deadline(fake_gateway: FakeGateway) -> None:
    fake_gateway.will_answer_slowly()
    before = time.monotonic()

    with pytest.raises(errors.TimedOut):
        post(fake_gateway.base_url, deadline=0.4)

    assert time.monotonic() - before < 5


@pytest.mark.parametrize("address", ["https://a..b.com/", "https://.com/", f"https://{'a' * 70}.com/", "https://xn--/"])
def test_an_address_whose_name_is_none_is_refused_with_a_sentence(address: str, tmp_path: Path) -> None:
    with pytest.raises(errors.PictureNotFetched) as refused:
        client.fetch_public(address, to=tmp_path / "picture", max_bytes=1000, deadline=5)
    assert "address" in refused.value.sentence
