"""A key goes to the host and port that it was saved for, and nowhere else: no other port, no other name of the same machine, no
redirect, no proxy, no file.

Langfuse CVE-2026-41487 (another base URL was sent the stored key), LiteLLM CVE-2024-6587 (the client chose where the key goes),
NextChat CVE-2026-82639 (a host was known by a piece of its name).
"""

import datetime
import importlib
import socket
import ssl
import threading
from collections.abc import Callable, Iterator
from ipaddress import IPv4Address
from pathlib import Path

import pytest
from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from django.apps import apps
from django.core.cache import cache
from django.test import Client

from gallery.gateway import client, errors, loop
from gallery.gateway.client import Connection
from gallery.models import APIKey, Gateway, Generation, User
from gallery.services import tokens
from tests.admin import pages
from tests.endpoint.script import Script
from tests.fake_gateway import FakeGateway

SECRET = "sk-test-0123456789abcdef"
RUN = {"model": "routellm/flux_kontext", "prompt": "a red chair"}


@pytest.fixture
def other() -> Iterator[FakeGateway]:
    """Another port of the same machine."""
    with FakeGateway() as server:
        yield server


@pytest.fixture
def everything_with_a_key(routellm: Gateway, as_ada: Client, as_bea: Client, bea: User) -> Callable[[], None]:
    """Every way by which a key leaves this server, and a picture's link beside it."""

    def use() -> None:
        as_bea.post("/", RUN)
        Script(tokens.create_token(owner=bea, name="Script")[1]).chat(model=RUN["model"])
        as_ada.post(pages.button(routellm, "test"))
        as_ada.post(pages.button(routellm, "list"))
        as_ada.post(pages.button(APIKey.objects.get(), "test"))

    cache.clear()
    return use


@pytest.mark.django_db(transaction=True)
@pytest.mark.parametrize("address", ["http://127.0.0.1:{}/v1", "http://localhost:{}/v1", "http://[::1]:{}/v1"])
def test_an_address_that_changed_behind_our_back_gets_no_key(
    address: str,
    routellm: Gateway,
    other: FakeGateway,
    fake_gateway: FakeGateway,
    everything_with_a_key: Callable[[], None],
) -> None:
    """As a restored database or a hand in it would: the form asks for the key again."""
    for port in (other.port, fake_gateway.port):
        moved = address.format(port)
        if moved != routellm.base_url:
            Gateway.objects.filter(pk=routellm.pk).update(base_url=moved)
            everything_with_a_key()
    assert other.requests + other.fetches + fake_gateway.requests + fake_gateway.fetches == []
    assert set(Generation.objects.values_list("status", flat=True)) == {"failed"}


@pytest.mark.django_db(transaction=True)
def test_a_key_that_was_saved_for_https_is_not_sent_in_the_clear(
    routellm: Gateway, fake_gateway: FakeGateway, as_ada: Client, everything_with_a_key: Callable[[], None]
) -> None:
    """The same host and the same port, by a hand in the database: only the scheme is another."""
    at_home = routellm.base_url
    encrypted = {"base_url": at_home.replace("http://", "https://"), "api_key": "sk-of-https-0123456789"}
    as_ada.post(pages.change_page(routellm), pages.gateway_post(routellm, **encrypted))
    APIKey.objects.exclude(last_four="6789").delete()
    Gateway.objects.filter(pk=routellm.pk).update(base_url=at_home)
    everything_with_a_key()
    assert fake_gateway.requests + fake_gateway.fetches == []
    assert set(Generation.objects.values_list("status", flat=True)) == {"failed"}


def test_keys_that_were_saved_before_the_scheme_counted_go_where_they_went(routellm: Gateway) -> None:
    """What the upgrade does to a key of a gateway by plain http, and back."""
    upgrade = importlib.import_module("gallery.migrations.0025_key_scheme")
    after = APIKey.objects.get().host
    upgrade.untie(apps, None)
    assert f"http://{APIKey.objects.get().host}" == after
    upgrade.tie_to_scheme(apps, None)
    assert APIKey.objects.get().host == after


@pytest.mark.django_db(transaction=True)
@pytest.mark.parametrize("status", [301, 302, 303, 307, 308])
def test_no_redirect_takes_a_key_along(
    status: int, other: FakeGateway, fake_gateway: FakeGateway, everything_with_a_key: Callable[[], None]
) -> None:
    for path in ("/v1/models", "/v1/key", "/v1/credits"):
        fake_gateway.will_serve(status=status, headers={"Location": f"{other.origin}{path}"}, path=path)
    for _ in range(4):
        fake_gateway.will_send(status, headers={"Location": f"{other.base_url}/chat/completions"})
    everything_with_a_key()
    assert other.requests + other.fetches == []
    assert len(fake_gateway.requests) == 4


def test_a_key_that_was_left_behind_is_not_tested_at_the_new_address(
    routellm: Gateway, other: FakeGateway, as_ada: Client, as_bea: Client
) -> None:
    cache.clear()
    left_behind = APIKey.objects.get()
    new = {"base_url": other.base_url, "api_key": "sk-of-the-other-0123456789"}
    as_ada.post(pages.change_page(routellm), pages.gateway_post(routellm, **new))
    page = as_ada.post(pages.button(left_behind, "test"), follow=True).content.decode()
    assert f"This key was saved for {left_behind.host}" in page
    left_behind.refresh_from_db()
    assert (left_behind.set_aside_as, left_behind.last_error) == ("", "")
    as_ada.post(pages.button(routellm, "test"))
    as_bea.post("/", RUN)
    assert set(other.keys_used) == {"sk-of-the-other-0123456789"}


def test_the_test_uses_what_was_saved_and_not_what_is_posted_along(
    routellm: Gateway, other: FakeGateway, fake_gateway: FakeGateway, as_ada: Client
) -> None:
    cache.clear()
    as_ada.post(pages.button(routellm, "test"), {"base_url": other.base_url, "api_key": "x" * 20, "host": other.origin})
    assert other.requests + other.fetches == []
    assert fake_gateway.keys_used == [SECRET]
    # Saving and testing at once: refused for want of a key, nothing is tested.
    form = pages.gateway_post(routellm, base_url=other.base_url, _saveandtest="1")
    assert as_ada.post(pages.change_page(routellm), form).status_code == 200
    assert other.requests + other.fetches == []


@pytest.mark.parametrize("word", ["test", "list"])
def test_a_test_is_a_post_of_our_own_form_by_an_administrator(
    word: str, routellm: Gateway, fake_gateway: FakeGateway, ada: User, as_ada: Client, as_bea: Client
) -> None:
    cache.clear()
    strict = Client(enforce_csrf_checks=True)
    strict.force_login(ada)
    assert as_ada.get(pages.button(routellm, word)).status_code == 405
    assert strict.post(pages.button(routellm, word)).status_code == 403
    assert strict.post(pages.button(routellm, word), headers={"Origin": "null"}).status_code == 403
    assert as_bea.post(pages.button(routellm, word)).status_code == 403
    assert Client().post(pages.button(routellm, word)).status_code == 302
    assert fake_gateway.requests + fake_gateway.fetches == []


def test_a_gateways_list_is_asked_for_so_often(routellm: Gateway, fake_gateway: FakeGateway, as_ada: Client) -> None:
    cache.clear()
    for _ in range(11):
        page = as_ada.post(pages.button(routellm, "list"), follow=True).content.decode()
    assert "was asked a lot just now" in page
    assert len(fake_gateway.fetches) == 10


# Beside the wire -----------------------------------------------------------------------------------------------------


@pytest.fixture
def environment(monkeypatch: pytest.MonkeyPatch) -> Iterator[pytest.MonkeyPatch]:
    """What is set here is there when the door is made."""
    loop.close()
    yield monkeypatch
    loop.close()


@pytest.mark.django_db(transaction=True)
def test_no_proxy_of_the_environment_is_asked_and_no_password_file_read(
    other: FakeGateway,
    fake_gateway: FakeGateway,
    environment: pytest.MonkeyPatch,
    everything_with_a_key: Callable[[], None],
    tmp_path: Path,
) -> None:
    (tmp_path / ".netrc").write_text("machine 127.0.0.1 login somebody password something\n")
    (tmp_path / ".netrc").chmod(0o600)
    environment.setenv("NETRC", str(tmp_path / ".netrc"))
    for name in ("HTTP_PROXY", "http_proxy", "HTTPS_PROXY", "ALL_PROXY"):
        environment.setenv(name, other.origin)
    fake_gateway.will_send_image(as_url=True)
    everything_with_a_key()
    assert other.requests + other.fetches == []
    assert fake_gateway.keys_used == [SECRET] * 4
    (link,) = [request for request in fake_gateway.fetches if request.path.startswith("/pictures/")]
    assert "authorization" not in link.headers


@pytest.mark.parametrize("name", ["log", "missing/log"])
def test_no_file_is_told_the_keys_of_an_encrypted_session(
    name: str, environment: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    environment.setenv("SSLKEYLOGFILE", str(tmp_path / name))
    with socket.create_server(("127.0.0.1", 0)) as server:
        threading.Thread(target=hang_up, args=(server,), daemon=True).start()
        with pytest.raises(errors.NotReached):
            client.test_key(connection_to(server.getsockname()[1]))
    assert list(tmp_path.iterdir()) == []


@pytest.mark.parametrize("names", [["127.0.0.1"], ["gateway.example"]], ids=", ".join)
def test_a_host_that_proves_itself_by_a_certificate_of_its_own_gets_no_key(
    names: list[str], environment: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    heard: list[bytes] = []
    with socket.create_server(("127.0.0.1", 0)) as server:
        answering = threading.Thread(target=listen, args=(server, own_certificate(tmp_path, names), heard), daemon=True)
        answering.start()
        with pytest.raises(errors.NotReached, match="certificate"):
            client.test_key(connection_to(server.getsockname()[1]))
        answering.join(10)
    assert heard == [b""]


def test_a_host_whose_certificate_is_of_another_name_gets_no_key(
    environment: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    """The operator trusts who signed it."""
    certificate = own_certificate(tmp_path, ["gateway.example"])
    environment.setenv("SSL_CERT_FILE", str(certificate))
    heard: list[bytes] = []
    with socket.create_server(("127.0.0.1", 0)) as server:
        answering = threading.Thread(target=listen, args=(server, certificate, heard), daemon=True)
        answering.start()
        with pytest.raises(errors.NotReached, match="certificate"):
            client.test_key(connection_to(server.getsockname()[1]))
        answering.join(10)
    assert heard == [b""]


def test_an_operators_own_authority_is_trusted(environment: pytest.MonkeyPatch, tmp_path: Path) -> None:
    """The other side of the two above: with name and signer right the request arrives."""
    certificate = own_certificate(tmp_path, ["127.0.0.1"])
    environment.setenv("SSL_CERT_FILE", str(certificate))
    heard: list[bytes] = []
    with socket.create_server(("127.0.0.1", 0)) as server:
        answering = threading.Thread(target=listen, args=(server, certificate, heard), daemon=True)
        answering.start()
        with pytest.raises(errors.GatewayError):
            client.test_key(connection_to(server.getsockname()[1]))
        answering.join(10)
    assert SECRET.encode() in heard[0]


def connection_to(port: int) -> Connection:
    return Connection(base_url=f"https://127.0.0.1:{port}/v1", api_key=SECRET, dialect="routellm")


def hang_up(server: socket.socket) -> None:
    opened, _ = server.accept()
    opened.close()


def listen(server: socket.socket, certificate: Path, heard: list[bytes]) -> None:
    """Take one connection, and write down what is said once it is encrypted."""
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(certificate)
    opened, _ = server.accept()
    try:
        with context.wrap_socket(opened, server_side=True) as encrypted:
            heard.append(encrypted.recv(10_000))
    except OSError:
        heard.append(b"")


def own_certificate(folder: Path, names: list[str]) -> Path:
    key = ec.generate_private_key(ec.SECP256R1())
    name = x509.Name([x509.NameAttribute(x509.NameOID.COMMON_NAME, "Gateway")])
    now = datetime.datetime.now(datetime.UTC)
    others = [x509.IPAddress(IPv4Address(one)) if one[0].isdecimal() else x509.DNSName(one) for one in names]
    certificate = (
        x509.CertificateBuilder()
        .subject_name(name)
        .issuer_name(name)
        .public_key(key.public_key())
        .serial_number(x509.random_serial_number())
        .not_valid_before(now - datetime.timedelta(days=1))
        .not_valid_after(now + datetime.timedelta(days=1))
        .add_extension(x509.SubjectAlternativeName(others), critical=False)
        .sign(key, hashes.SHA256())
    )
    path = folder / "certificate.pem"
    private = key.private_bytes(
        serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption()
    )
    path.write_bytes(private + certificate.public_bytes(serialization.Encoding.PEM))
    return path
