"""Nothing that somebody writes makes this server ask a private place, whatever spelling, name or detour it takes there.

Open WebUI CVE-2026-45401 (checked once, then redirects were followed) and -45400 (two readers of one address), LibreChat
CVE-2026-31943 (`::ffff:7f00:1`), InvokeAI 6.13.8. Addresses are given as a designer gives one, over an internet in which a
public address really answers: what is refused is refused because of where it leads.
"""

from collections.abc import Callable, Iterator
from typing import Any

import pytest
from django.test import Client

from gallery.gateway import errors
from gallery.gateway.client import Connection
from gallery.gateway.exchange import Request
from gallery.gateway.picture_links import next_hop
from gallery.models import Gateway, User
from gallery.services import tokens
from tests.endpoint.script import Script, picture_part, text_part
from tests.fake_gateway import FakeGateway, make_picture
from tests.gateway.conftest import fetch_one
from tests.security.internet import ANOTHER_PUBLIC, PUBLIC, Internet, small_internet

ONCE = {"Content-Type": "image/png", "Connection": "close"}


@pytest.fixture
def cdn() -> Iterator[FakeGateway]:
    """Stands in public, as http://cdn.example and at its bare address."""
    with FakeGateway() as server:
        yield server


@pytest.fixture
def internet(cdn: FakeGateway, monkeypatch: pytest.MonkeyPatch) -> Iterator[Internet]:
    with small_internet(monkeypatch) as found:
        found.names |= {"cdn.example": [[PUBLIC]], "inside.example": [["127.0.0.1"]], "localhost": [["127.0.0.1"]]}
        found.servers[PUBLIC] = cdn
        yield found


Fetch = Callable[[str], bool]


@pytest.fixture
def fetch(internet: Internet, shipped: None, as_bea: Client) -> Fetch:
    """Whether a reference picture was taken from an address; where it was not, a sentence says so."""

    def take(address: str) -> bool:
        sent = {"model": "routellm/flux_kontext", "parameter": "image_prompt", "address": address}
        response = as_bea.post("/uploads/", sent)
        words = response.content.decode()
        if response.status_code == 422:
            assert (response["Content-Type"], words[-1]) == ("text/plain; charset=utf-8", "."), address
            return False
        assert (response.status_code, "data-picture" in words) == (200, True), address
        return True

    return take


def test_a_picture_in_public_is_fetched(fetch: Fetch, internet: Internet, cdn: FakeGateway) -> None:
    cdn.will_serve(make_picture(), path="/p.png")
    assert fetch("http://cdn.example/p.png") and fetch(f"http://{PUBLIC}/p.png")
    assert set(internet.connected) == {(PUBLIC, 80)}


SPELLINGS = [
    *("localhost.", "LOCALHOST", "LocalHost.", "127.0.0.1.", "127.0.1", "127.1.", "00127.0.0.1", "017700000001"),
    *("0x7f.0x0.0x0.0x1", "0x7F000001", "0x7f000001.", "2130706433.", "4294967295", "00", "0.0.0.0", "0x0"),
    *("[::127.0.0.1]", "[0:0:0:0:0:ffff:7f00:1]", "[0000::0001]", "[::ffff:0:127.0.0.1]", "[::FFFF:7F00:1]"),
    *("[::ffff:169.254.169.254]", "[::ffff:a9fe:a9fe]", "[64:ff9b::169.254.169.254]", "[64:ff9b:1::7f00:1]"),
    *("[2002:a9fe:a9fe::]", "[2001:0:7f00:1::]", "[2001:0:4136:e378:8000:63bf:80ff:fffe]", "[fe80::1%25lo]"),
    *("[fe80::1%lo]", "[fd00:ec2::254]", "[ff02::1]", "[100::1]", "[5f00::1]", "[::]"),
    *("%31%32%37.0.0.1", "127.0.0.1%00.example", "127.0.0.1%2f", "１２７.0.0.1", "127．0．0．1", "127｡0｡0｡1"),
    *("⑴②7.0.0.1", "ⓛocalhost", "ｌｏｃａｌｈｏｓｔ", "loc\u00adalhost", "local\u200bhost"),
    *("100.100.100.200", "168.63.129.16", "169.254.170.2", "192.0.0.192", "198.18.0.1", "255.255.255.255"),
    *("0251.0376.0251.0376", "0xa9fea9fe", "2852039166", "169.254.43518", "10.1", "0300.0250.1"),
]  # fmt: skip


@pytest.mark.parametrize("scheme", ["http", "HTTPS"])
def test_no_spelling_leads_inside(scheme: str, fetch: Fetch, internet: Internet) -> None:
    for host in SPELLINGS:
        assert not fetch(f"{scheme}://{host}/a.png"), host
        assert internet.connected == [], host


@pytest.mark.parametrize(
    "records",
    [
        ["127.0.0.1"],
        ["169.254.169.254"],
        ["10.0.0.1", PUBLIC],
        [PUBLIC, "::1"],
        [PUBLIC, "2606:4700:4700::1111", "::ffff:10.0.0.1"],
        ["2606:4700:4700::1111", "fd12::1"],
        ["64:ff9b::7f00:1"],
        [PUBLIC, "0.0.0.0"],
        ["fe80::1%2"],
    ],
    ids=", ".join,
)
def test_a_name_of_which_one_address_is_private_is_not_connected_at_all(
    records: list[str], fetch: Fetch, internet: Internet
) -> None:
    internet.names["mixed.example"] = [records]
    assert not fetch("http://mixed.example/a.png")
    assert (internet.looked_up, internet.connected) == (["mixed.example"], [])


def test_a_name_that_changes_meanwhile_is_connected_where_it_was_checked(
    fetch: Fetch, internet: Internet, cdn: FakeGateway
) -> None:
    cdn.will_serve(make_picture(), path="/p.png", headers=ONCE)
    internet.names["rebinding.example"] = [[PUBLIC], ["127.0.0.1"]]
    assert fetch("http://rebinding.example/p.png")
    # One look-up, and a connection to its very answer.
    assert (internet.looked_up, internet.connected) == (["rebinding.example"], [(PUBLIC, 80)])
    assert not fetch("http://rebinding.example/p.png")
    assert (len(internet.looked_up), internet.connected) == (2, [(PUBLIC, 80)])


def test_a_name_that_changes_between_two_hops_is_checked_on_the_second(
    fetch: Fetch, internet: Internet, cdn: FakeGateway
) -> None:
    internet.names["rebinding.example"] = [[PUBLIC], ["127.0.0.1"]]
    cdn.will_serve(status=302, headers={"Location": "/secret", **ONCE}, path="/p.png")
    assert not fetch("http://rebinding.example/p.png")
    assert internet.connected == [(PUBLIC, 80)]


DETOURS = [
    *("http://127.0.0.1/", "http://127.0.0.1:{port}/", "http://localhost:{port}/", "//127.0.0.1:{port}/", "http://[::1]/"),
    *("http://169.254.169.254/latest/meta-data/", "http://[::ffff:7f00:1]/", "http://2130706433/", "http://0/"),
    *("http://inside.example/", "https://inside.example/", "http://inside.example:{port}/", "https://cdn.example:8443/"),
    *("http://cdn.example:6379/", "http://cdn.example:22/", "http://cdn.example:443/", "https://cdn.example:80/"),
    *("http://user:pw@cdn.example/next", "http://cdn.example@127.0.0.1:{port}/", "http://cdn.example\\@127.0.0.1/"),
    *("http://127.0.0.1:{port}\\@cdn.example/", "\\\\127.0.0.1\\x", "file:///etc/passwd", "ftp://cdn.example/"),
    *("gopher://127.0.0.1:6379/_INFO", "data:image/png;base64,iVBORw0KGgo=", "javascript:alert(1)", "unix:/run/x.sock"),
    *("blob:http://cdn.example/1", "dict://127.0.0.1:11211/", "http:", "http://", "http:///x", "http://xn--/", "http://[::1"),
    *("http://cdn.example:99999/", "http://" + "a" * 9000, "/" + "a" * 9000, "/" + "a" * 100_000),
]  # fmt: skip


def test_no_detour_leads_inside(fetch: Fetch, internet: Internet, cdn: FakeGateway, fake_gateway: FakeGateway) -> None:
    for number, location in enumerate(DETOURS):
        told = location.format(port=fake_gateway.port)
        cdn.will_serve(status=302, headers={"Location": told, **ONCE}, path=f"/{number}")
        assert not fetch(f"http://cdn.example/{number}"), told
        assert set(internet.connected) == {(PUBLIC, 80)}, told
    assert fake_gateway.fetches == []


@pytest.mark.parametrize("location", ["", "/a", "//cdn.example/a", "?", "#a", "http://CDN.example/a", "/%61"])
def test_what_leads_in_a_circle_ends_after_three_hops(
    location: str, fetch: Fetch, internet: Internet, cdn: FakeGateway
) -> None:
    for path in ("/a", "/%61"):
        cdn.will_serve(status=307, headers={"Location": location}, path=path)
    assert not fetch("http://cdn.example/a")
    assert len(cdn.fetches) == 4


def test_nothing_is_carried_from_hop_to_hop(fetch: Fetch, internet: Internet, cdn: FakeGateway) -> None:
    with FakeGateway() as other:
        internet.names["other.example"] = [[ANOTHER_PUBLIC]]
        internet.servers[ANOTHER_PUBLIC] = other
        crumbs = {"Set-Cookie": "a=1; Domain=.example; Path=/", "WWW-Authenticate": "Basic", "Refresh": "0; url=/x"}
        cdn.will_serve(status=302, headers={"Location": "/b", **crumbs}, path="/a")
        cdn.will_serve(status=302, headers={"Location": "http://other.example/c", **crumbs}, path="/b")
        other.will_serve(make_picture(), path="/c")
        assert fetch("http://cdn.example/a")
        for request in (*cdn.fetches, *other.fetches):
            assert request.headers.keys() == {"host", "accept", "accept-encoding", "user-agent", "connection"}
            assert request.body == b""


@pytest.mark.parametrize("link", ["http://cdn.example/a", "{gateway}/a"])
def test_what_stands_in_public_does_not_lead_to_the_gateway_inside(
    link: str, internet: Internet, cdn: FakeGateway, connection: Connection, fake_gateway: FakeGateway
) -> None:
    """The gateway's own host may be private; its neighbours in public do not say what is asked of it."""
    inside = fake_gateway.will_serve(b"secret")
    fake_gateway.will_serve(status=302, headers={"Location": "http://cdn.example/a"}, path="/a")
    cdn.will_serve(status=302, headers={"Location": inside}, path="/a")
    with pytest.raises(errors.PictureNotFetched):
        fetch_one(connection, link.format(gateway=fake_gateway.origin), max_bytes=1000, deadline=10)
    assert inside.removeprefix(fake_gateway.origin) not in [request.path for request in fake_gateway.fetches]
    assert len(cdn.fetches) == 1


@pytest.fixture
def connection(fake_gateway: FakeGateway) -> Connection:
    return Connection(base_url=fake_gateway.base_url, api_key="sk-CANARY-1", dialect="routellm", allow_http=True)


@pytest.mark.parametrize(
    ("url", "location", "is_named"),
    [
        ("http://10.0.0.7:4000/a", "/b", True),
        ("http://10.0.0.7:4000/a", "http://10.0.0.7:4000/b", True),
        ("http://cdn.example/a", "http://10.0.0.7:4000/b", False),
        ("http://10.0.0.7/a", "http://10.0.0.7:4000/b", False),
        ("http://10.0.0.7:4001/a", "//10.0.0.7:4000/b", False),
    ],
)
def test_only_a_named_host_leads_to_itself(url: str, location: str, is_named: bool) -> None:
    request = Request(method="GET", url=url, deadline=1, max_bytes=1, named=frozenset({("10.0.0.7", 4000)}))
    assert bool(next_hop(request, location).named) is is_named


# Through the faces of the product ------------------------------------------------------------------------------------

INSIDE = [
    "http://inside.example/a.png",
    "http://inside.example:{port}/a.png",
    "http://127.0.0.1:{port}/a.png",
    "http://[::ffff:7f00:1]:{port}/a.png",
    "http://cdn.example/away",
    "http://cdn.example@127.0.0.1:{port}/a.png",
]


@pytest.fixture
def fields(internet: Internet, cdn: FakeGateway, fake_gateway: FakeGateway) -> dict[str, Any]:
    inside = fake_gateway.will_serve(make_picture(), path="/a.png")
    cdn.will_serve(status=302, headers={"Location": inside}, path="/away")
    cdn.will_serve(make_picture(), path="/p.png")
    return {"model": "routellm/flux_kontext", "parameter": "image_prompt"}


def test_a_picture_that_a_designer_names_is_not_fetched_from_inside(
    fields: dict[str, Any], routellm: Gateway, as_bea: Client, fake_gateway: FakeGateway
) -> None:
    assert as_bea.post("/uploads/", {**fields, "address": "http://cdn.example/p.png"}).status_code == 200
    for address in INSIDE:
        response = as_bea.post("/uploads/", {**fields, "address": address.format(port=fake_gateway.port)})
        assert (response.status_code, response["Content-Type"]) == (422, "text/plain; charset=utf-8"), address
    assert fake_gateway.fetches == []


@pytest.fixture
def script(bea: User) -> Script:
    return Script(tokens.create_token(owner=bea, name="Packshot script")[1])


@pytest.mark.django_db(transaction=True)
def test_a_picture_that_a_script_names_is_not_fetched_from_inside(
    fields: dict[str, Any], routellm: Gateway, script: Script, fake_gateway: FakeGateway
) -> None:
    fake_gateway.will_send_text("A picture.")
    assert script.ask([text_part("What is this?"), picture_part("https://cdn.example/p.png")]).status == 400
    for address in INSIDE:
        for url in (address, address.replace("http:", "https:")):
            content = [text_part("What is this?"), picture_part(url.format(port=fake_gateway.port))]
            assert script.ask(content).status == 400
            told = {"model": "routellm/flux_kontext", "prompt": "x", "images": [{"image_url": url}]}
            assert script.post("images/edits", told).status == 400
    assert (fake_gateway.fetches, fake_gateway.requests) == ([], [])


@pytest.mark.django_db(transaction=True)
def test_a_gateways_answer_does_not_make_the_studio_ask_another_place_inside(
    fields: dict[str, Any], routellm: Gateway, script: Script, fake_gateway: FakeGateway
) -> None:
    with FakeGateway() as other:
        other.will_serve(make_picture(), path="/a.png")
        for address in INSIDE:
            link = address.format(port=other.port)
            message = {"images": [{"type": "image_url", "image_url": {"url": link}}], "content": f"![x]({link})"}
            fake_gateway.will_send(json={"choices": [{"message": message}], "url": link, "callback_url": link})
            assert script.chat(model="routellm/flux_kontext").status == 502
        assert (other.fetches, other.requests) == ([], [])
        assert fake_gateway.fetches == []
