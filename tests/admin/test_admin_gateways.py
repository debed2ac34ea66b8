"""A gateway's page: entering a key, changing the address, testing both."""

import re
from pathlib import Path
from typing import Any

import pytest
from cryptography.fernet import Fernet
from django.contrib.admin.models import LogEntry
from django.core.cache import cache
from django.test import Client, override_settings
from django.utils import timezone

from gallery.models import APIKey, Gateway
from gallery.services import catalogue, gateways
from tests.admin import pages
from tests.admin.pages import CANARY
from tests.fake_gateway import FakeGateway

ANOTHER_HOST = "This is another host. Enter its API key again below"


@pytest.fixture(autouse=True)
def untested(db: None) -> None:
    cache.clear()


@pytest.fixture
def keyless(shipped: None) -> Gateway:
    return Gateway.objects.get(slug="routellm")


def save(client: Client, gateway: Gateway, **changes: Any) -> str:
    """Post the page; what the person sees next."""
    response = client.post(pages.change_page(gateway), pages.gateway_post(gateway, **changes), follow=True)
    gateway.refresh_from_db()
    return str(response.content.decode())


def state_in_list(client: Client) -> str:
    """What the list says of RouteLLM."""
    page = client.get(pages.list_page("gateway")).content.decode()
    row = page.partition(">RouteLLM</a>")[2].partition("</li>")[0]
    return re.search(r'class="verdict[^>]*><span[^>]*></span>([^<]*)</p>', row)[1]  # type: ignore[index]


def test_entering_a_key_makes_a_gateway_real(as_ada: Client, keyless: Gateway) -> None:
    assert "Simulated: no key yet" in state_in_list(as_ada)
    page = save(as_ada, keyless, api_key=f"  {CANARY}\n")
    assert "RouteLLM and its key ••••••••6789 are saved, for routellm.abacus.ai." in page
    assert not gateways.is_simulated(keyless)
    api_key = APIKey.objects.get()
    assert api_key.secret.reveal() == CANARY
    assert (api_key.host, api_key.created_by.username) == ("routellm.abacus.ai:443", "ada")  # type: ignore[union-attr]
    assert "Not tested yet" in state_in_list(as_ada)


def test_a_key_that_was_saved_with_another_encryption_key_is_not_called_working(
    as_ada: Client, keyless: Gateway, settings: Any, tmp_path: Path
) -> None:
    save(as_ada, keyless, api_key=CANARY)
    Gateway.objects.filter(pk=keyless.pk).update(test_passed=True)
    assert "Works" in state_in_list(as_ada)
    settings.ENCRYPTION_KEYS_FILE = tmp_path / "encryption_keys"
    settings.ENCRYPTION_KEYS_FILE.write_text(Fernet.generate_key().decode())
    assert "Key cannot be read" in state_in_list(as_ada)
    page = as_ada.get(pages.change_page(keyless)).content.decode()
    assert "Cannot be read: saved with another encryption key" in page
    assert "the doctor says where to" in page


def test_saving_without_a_key_saves_no_key(as_ada: Client, keyless: Gateway) -> None:
    save(as_ada, keyless, max_running=3, sends_defaults="on")
    assert (keyless.max_running, keyless.sends_defaults) == (3, True)
    assert gateways.is_simulated(keyless)
    assert not APIKey.objects.exists()


@pytest.mark.parametrize("typed", ["Bearer sk-CANARY-0123456789", "sk-CANARY-ключ-0123456789", "sk-CANARY\n0123456789"])
def test_what_cannot_be_a_key_is_refused_unquoted(as_ada: Client, keyless: Gateway, typed: str) -> None:
    page = save(as_ada, keyless, api_key=typed)
    assert "This does not look like an API key" in page
    assert "CANARY" not in page
    assert not APIKey.objects.exists()


def test_the_address_is_stored_in_its_one_form(as_ada: Client, keyless: Gateway) -> None:
    save(as_ada, keyless, base_url=" https://Gateway.Example/v1/chat/completions ")
    assert keyless.base_url == "https://gateway.example/v1"


@pytest.mark.parametrize(
    ("typed", "sentence"),
    [
        ("", "This field is required."),
        ("ftp://gateway.example", "has to start with https://"),
        ("http://gateway.example/v1", "because the API key travels with every request"),
        ("https://ada:pw@gateway.example/v1", "Leave the user name and password out"),
        ("https://gateway.example/v1?key=1", "Leave out what follows the ?"),
        ("{{ settings.SECRET_KEY }}", "characters that do not belong in an address"),
        ("https://gateway.example:99999/v1", "a port that does not exist"),
        (f"https://{'a' * 300}.example", "at most 250 characters"),
    ],
)
def test_an_address_that_cannot_be_one_is_refused_beside_its_field(
    as_ada: Client, keyless: Gateway, typed: str, sentence: str
) -> None:
    before = keyless.base_url
    response = as_ada.post(pages.change_page(keyless), pages.gateway_post(keyless, base_url=typed, api_key=CANARY))
    page = response.content.decode()
    assert sentence in str(response.context["adminform"].form.errors["base_url"])
    assert "Enter the key again as well" in page
    assert CANARY not in page
    keyless.refresh_from_db()
    assert keyless.base_url == before
    assert not APIKey.objects.exists()


@pytest.mark.parametrize("typed", ["", "   "])
def test_another_host_asks_for_the_key_again(as_ada: Client, routellm: Gateway, typed: str) -> None:
    before = routellm.base_url
    page = save(as_ada, routellm, base_url="https://evil.test/v1", api_key=typed)
    assert ANOTHER_HOST in page
    assert routellm.base_url == before


def test_another_port_is_another_host(as_ada: Client, routellm: Gateway) -> None:
    assert ANOTHER_HOST in save(as_ada, routellm, base_url="http://127.0.0.1:9/v1")


@pytest.mark.parametrize(("before", "after"), [("https", "http"), ("http", "https")])
def test_another_scheme_asks_for_the_key_again_and_leaves_the_old_one_behind(
    as_ada: Client, keyless: Gateway, before: str, after: str
) -> None:
    """A host of the own network may be spoken to either way: a key that was entered for https is never sent in the clear."""
    save(as_ada, keyless, base_url=f"{before}://gateway.lan:8443/v1", api_key=CANARY)
    moved = f"{after}://gateway.lan:8443/v1"
    page = save(as_ada, keyless, base_url=moved)
    assert "Enter its API key again below" in page
    assert keyless.base_url.startswith(f"{before}://")
    save(as_ada, keyless, base_url=moved, api_key="sk-of-another-scheme-0123456789")
    assert [access.connection.api_key for access in gateways.accesses_to(keyless)] == [
        "sk-of-another-scheme-0123456789"
    ]
    assert "Waits: saved for another host" in as_ada.get(pages.change_page(keyless)).content.decode()


def test_another_host_with_its_key_leaves_the_old_key_behind(as_ada: Client, routellm: Gateway) -> None:
    save(as_ada, routellm, base_url="https://other.example/v1", api_key=CANARY)
    access = gateways.access_to(routellm)
    assert (access.connection.base_url, access.connection.api_key) == ("https://other.example/v1", CANARY)
    assert APIKey.objects.usable().count() == 2
    assert "Waits: saved for another host" in as_ada.get(pages.change_page(routellm)).content.decode()


def test_back_to_a_host_with_a_saved_key_asks_for_nothing(as_ada: Client, routellm: Gateway) -> None:
    before = routellm.base_url
    save(as_ada, routellm, base_url="https://other.example/v1", api_key=CANARY)
    save(as_ada, routellm, base_url=before)
    assert routellm.base_url == before
    assert gateways.access_to(routellm).connection.api_key != CANARY


def test_another_path_on_the_same_host_keeps_its_key(
    as_ada: Client, routellm: Gateway, fake_gateway: FakeGateway
) -> None:
    save(as_ada, routellm, base_url=f"{fake_gateway.origin}/v2")
    assert routellm.base_url == f"{fake_gateway.origin}/v2"
    assert gateways.access_to(routellm).api_key


def test_http_is_taken_for_the_own_network_with_a_warning(as_ada: Client, keyless: Gateway) -> None:
    assert "travel unencrypted" in save(as_ada, keyless, base_url="http://192.168.1.9:8080/v1")
    assert keyless.base_url == "http://192.168.1.9:8080/v1"


def test_the_test_says_what_it_proved(as_ada: Client, routellm: Gateway, fake_gateway: FakeGateway) -> None:
    fake_gateway.will_send_text("hello")
    page = as_ada.post(pages.button(routellm, "test"), follow=True).content.decode()
    assert fake_gateway.requests[0].headers["authorization"] == "Bearer sk-test-0123456789abcdef"
    routellm.refresh_from_db()
    assert routellm.test_passed
    assert routellm.test_report in page
    assert "Works" in state_in_list(as_ada)


def test_the_test_says_that_the_key_was_refused(as_ada: Client, routellm: Gateway, fake_gateway: FakeGateway) -> None:
    for _ in range(2):
        fake_gateway.will_send(403, json={"error": "Invalid API Key"})
        page = as_ada.post(pages.button(routellm, "test"), follow=True).content.decode()
        assert "did not accept the API key" in page
        assert "Key refused" in state_in_list(as_ada)
    assert len(fake_gateway.requests) == 2


def test_what_a_gateway_says_is_shown_as_text(as_ada: Client, routellm: Gateway, fake_gateway: FakeGateway) -> None:
    fake_gateway.will_fail(400, error="<script>alert(1)</script>")
    as_ada.post(pages.button(routellm, "test"))
    Gateway.objects.update(test_report="<b>bold</b>")
    APIKey.objects.update(last_error="<b>bold</b>", label="<b>bold</b>")
    for address in (pages.change_page(routellm), pages.list_page("apikey"), pages.change_page(APIKey.objects.get())):
        page = as_ada.get(address).content.decode()
        assert "<b>bold" not in page
        assert "<script>alert" not in page


def test_testing_a_keyless_gateway_says_that_it_is_simulated(as_ada: Client, keyless: Gateway) -> None:
    page = as_ada.post(pages.button(keyless, "test"), follow=True).content.decode()
    assert "the sandbox answers" in page
    assert "Simulated: no key yet" in page


def test_save_and_test_does_both(as_ada: Client, keyless: Gateway, fake_gateway: FakeGateway) -> None:
    fake_gateway.will_fail(401, error="no")
    page = save(as_ada, keyless, base_url=fake_gateway.base_url, api_key=CANARY, _saveandtest="1")
    assert fake_gateway.requests[0].headers["authorization"] == f"Bearer {CANARY}"
    assert "did not accept the API key" in page


def test_save_and_test_is_told_in_two_messages(as_ada: Client, keyless: Gateway, fake_gateway: FakeGateway) -> None:
    fake_gateway.will_serve(b'{"data": []}', path="/v1/models")
    page = save(as_ada, keyless, base_url=fake_gateway.base_url, api_key=CANARY, _saveandtest="1")
    told = re.findall(
        r'<li class="(\w+)">(.*?)</li>', page.partition("messagelist")[2].partition("</ul>")[0], re.DOTALL
    )
    assert len(told) == 2, told
    assert "••••6789 are saved" in told[0][1]
    assert "travel unencrypted" in told[0][1]


def test_tests_are_limited(as_ada: Client, routellm: Gateway, fake_gateway: FakeGateway) -> None:
    for _ in range(12):
        fake_gateway.will_fail(429)
        page = as_ada.post(pages.button(routellm, "test"), follow=True).content.decode()
    assert "tested a lot just now" in page
    assert len(fake_gateway.requests) == 10


def test_a_new_key_makes_the_last_test_void(as_ada: Client, routellm: Gateway, fake_gateway: FakeGateway) -> None:
    fake_gateway.will_fail(401, error="no")
    as_ada.post(pages.button(routellm, "test"))
    save(as_ada, routellm, api_key=CANARY)
    assert "Not tested yet" in state_in_list(as_ada)


@pytest.mark.parametrize(
    ("changes", "state"),
    [
        ({"is_enabled": None}, "Switched off"),
    ],
)
def test_the_state_is_told_in_words(as_ada: Client, routellm: Gateway, changes: dict[str, Any], state: str) -> None:
    save(as_ada, routellm, **changes)
    assert state_in_list(as_ada) == state
    assert not gateways.is_simulated(routellm)


@pytest.mark.parametrize(
    ("changes", "state"),
    [
        ({"is_enabled": False}, "Every key is switched off"),
        ({"host": "elsewhere.test:443"}, "No key for this address"),
        ({"set_aside_at": timezone.now(), "set_aside_as": "refused"}, "Key refused"),
        ({"set_aside_at": timezone.now(), "set_aside_as": "out_of_credit"}, "Out of credit"),
        ({"set_aside_at": timezone.now(), "try_again_at": timezone.now()}, "Not tested yet"),
    ],
)
def test_the_state_of_the_keys_is_told_in_words(
    as_ada: Client, routellm: Gateway, changes: dict[str, Any], state: str
) -> None:
    APIKey.objects.update(**changes)
    assert state_in_list(as_ada) == state


def test_a_gateway_without_its_last_key_says_so(as_ada: Client, routellm: Gateway) -> None:
    as_ada.post(pages.delete_page(APIKey.objects.get()), {"post": "yes"})
    assert state_in_list(as_ada) == "No key"


def test_a_key_from_the_environment_is_shown_as_such(as_ada: Client, keyless: Gateway) -> None:
    with override_settings(GATEWAY_KEYS={"routellm": CANARY}):
        catalogue.load_catalogue()
        assert "key from the environment (ROUTELLM_API_KEY)" in as_ada.get(pages.list_page("gateway")).content.decode()
        assert state_in_list(as_ada) == "Not tested yet"
        page = as_ada.get(pages.change_page(keyless)).content.decode()
        assert "From the environment (ROUTELLM_API_KEY)" in page
        assert 'name="base_url"' not in page
        assert "6789" not in page


def test_a_key_from_the_environment_goes_to_no_address_typed_here(as_ada: Client, keyless: Gateway) -> None:
    before = keyless.base_url
    with override_settings(GATEWAY_KEYS={"routellm": CANARY}):
        save(as_ada, keyless, base_url="https://evil.test/v1", api_key="sk-another-0123456789", max_running=2)
        assert {access.connection.base_url for access in gateways.accesses_to(keyless)} == {before}
    assert (keyless.base_url, keyless.max_running) == (before, 2)
    assert set(APIKey.objects.values_list("host", flat=True)) == {"routellm.abacus.ai:443"}


def test_an_address_from_the_environment_is_read_only(as_ada: Client, keyless: Gateway) -> None:
    before = keyless.base_url
    with override_settings(GATEWAY_BASE_URLS={"routellm": "https://env.example/v1"}):
        page = as_ada.get(pages.change_page(keyless)).content.decode()
        assert "https://env.example/v1 (from the environment: ROUTELLM_BASE_URL)" in page
        save(as_ada, keyless, base_url="https://evil.test/v1", api_key=CANARY)
    assert keyless.base_url == before
    assert APIKey.objects.get().host == "env.example:443"


def test_the_log_says_who_did_what_without_the_key(as_ada: Client, keyless: Gateway) -> None:
    save(as_ada, keyless, api_key=CANARY)
    entry = LogEntry.objects.get()
    assert (str(entry.user), entry.get_change_message()) == ("ada", "Changed API key.")


def test_a_sum_to_ask_above_is_set_in_the_gateways_own_unit(as_ada: Client, keyless: Gateway) -> None:
    assert "Ask above (points)" in as_ada.get(pages.change_page(keyless)).content.decode()
    save(as_ada, keyless, confirm_above="400")
    assert keyless.confirm_above == 400
