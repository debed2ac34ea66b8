"""The keys' own page, and that no page ever holds a key."""

import html
from pathlib import Path
from typing import Any

import pytest
from django.contrib.admin.models import LogEntry
from django.core import serializers
from django.test import Client, override_settings
from django.utils import timezone

from gallery import tasks
from gallery.gateway import errors
from gallery.models import APIKey, Gateway
from gallery.services import api_keys, gateways
from tests.admin import pages
from tests.admin.pages import CANARY
from tests.fake_gateway import FakeGateway
from tests.runs.line import submit
from tests.visitor import wait_until


@pytest.fixture
def api_key(routellm: Gateway) -> APIKey:
    """RouteLLM's key, replaced by the canary."""
    return gateways.save_api_key(
        gateway=routellm,
        secret=CANARY,
        label="test",
        position=0,
        is_enabled=True,
        created_by=None,
        api_key=APIKey.objects.get(),
    )


def key_post(**changes: Any) -> dict[str, Any]:
    return pages.without_none({"label": "test", "position": 0, "is_enabled": "on", "api_key": ""} | changes)


def test_no_admin_page_holds_a_key(as_ada: Client, routellm: Gateway, api_key: APIKey) -> None:
    api_keys.set_aside(api_key, errors.KeyRefused("The gateway did not accept the API key."))
    as_ada.post(pages.change_page(api_key), key_post(label="changed"))
    as_ada.post(pages.change_page(routellm), pages.gateway_post(routellm, max_running=4))
    stored = APIKey.objects.get().secret
    assert stored.reveal() == CANARY
    addresses = ["/admin/", pages.list_page("gateway"), pages.list_page("apikey")]
    for row in (routellm, api_key):
        addresses += [pages.change_page(row), pages.history_page(row)]
    for address in [*addresses, pages.delete_page(api_key)]:
        page = as_ada.get(address).content.decode()
        assert "sk-" not in page, address
        assert stored.token not in page, address


def test_no_page_holds_a_key_after_an_error(as_ada: Client, routellm: Gateway, api_key: APIKey) -> None:
    for address, fields in [
        (pages.change_page(routellm), pages.gateway_post(routellm, max_running=0, api_key=CANARY)),
        (pages.change_page(api_key), key_post(position="first", api_key=CANARY)),
        (pages.add_page("apikey"), key_post(gateway="", api_key=CANARY)),
        (pages.add_page("apikey"), key_post(gateway=routellm.pk, label="x" * 90, api_key=f"Bearer {CANARY}")),
    ]:
        response = as_ada.post(address, fields)
        assert response.status_code == 200, address
        assert "errornote" in response.content.decode(), address
        assert "CANARY" not in response.content.decode(), address


def test_a_key_is_told_by_nothing_but_its_last_four(api_key: APIKey) -> None:
    told = [
        str(api_key),
        repr(api_key),
        repr(api_key.secret),
        str(vars(api_key)),
        serializers.serialize("json", [api_key]),
    ]
    assert not [text for text in told if "CANARY" in text or api_key.secret.token in text]
    assert str(api_key) == "test ••••••••6789"


def test_the_log_names_a_key_by_its_last_four(as_ada: Client, api_key: APIKey) -> None:
    as_ada.post(pages.change_page(api_key), key_post(api_key="sk-CANARY-9876543210"))
    as_ada.post(pages.delete_page(api_key), {"post": "yes"})
    log = [(entry.object_repr, entry.get_change_message()) for entry in LogEntry.objects.order_by("pk")]
    assert log == [("test ••••••••3210", "Changed New API key."), ("test ••••••••3210", "")]
    assert not APIKey.objects.exists()


def test_a_key_that_is_switched_off_leaves_what_was_paid_and_fails_what_waits(
    as_ada: Client, as_bea: Client, routellm: Gateway, fake_gateway: FakeGateway, tmp_path: Path
) -> None:
    (tmp_path / "full").write_text("a disk on which no folder can be made")
    with override_settings(INCOMING_DIR=tmp_path / "full" / "incoming"):
        paid = submit(as_bea)
    fake_gateway.will_fail(429, retry_after=1)
    waiting = submit(as_bea)
    assert (paid.error_kind, waiting.status) == ("not_stored", "queued")
    as_ada.post(pages.change_page(APIKey.objects.get()), key_post(is_enabled=None))
    as_bea.post(f"/generations/{paid.pk}/look-again/")
    paid.refresh_from_db()
    assert (paid.status, paid.images.count()) == ("succeeded", 1)

    def has_failed() -> bool:
        tasks.run_next()
        waiting.refresh_from_db()
        return waiting.status == "failed"

    wait_until(has_failed, "its time has come")
    assert waiting.error_kind == "key_refused"
    assert waiting.error_sentence in html.unescape(as_bea.get(f"/generations/{waiting.pk}/").content.decode())
    assert len(fake_gateway.requests) == 2


@pytest.mark.parametrize("secret", ["s", "sk-short-01"])
def test_a_short_key_shows_nothing(as_ada: Client, routellm: Gateway, secret: str) -> None:
    fields = key_post(gateway=routellm.pk, label="short", api_key=secret)
    page = as_ada.post(pages.add_page("apikey"), fields, follow=True).content.decode()
    assert APIKey.objects.get(label="short").last_four == ""
    assert "short ••••••••<" in page


def test_a_key_is_added_for_the_address_its_gateway_has(as_ada: Client, routellm: Gateway) -> None:
    as_ada.post(pages.add_page("apikey"), key_post(gateway=routellm.pk, label="second", position=1, api_key=CANARY))
    added = APIKey.objects.get(label="second")
    assert (added.secret.reveal(), added.host) == (CANARY, APIKey.objects.get(label="test").host)


def test_a_new_key_needs_its_secret(as_ada: Client, routellm: Gateway) -> None:
    as_ada.post(pages.add_page("apikey"), key_post(gateway=routellm.pk, label="second"))
    assert APIKey.objects.count() == 1


def test_an_empty_field_keeps_the_key(as_ada: Client, api_key: APIKey) -> None:
    as_ada.post(pages.change_page(api_key), key_post(label="renamed", position=3, is_enabled=None))
    api_key.refresh_from_db()
    assert (api_key.label, api_key.position, api_key.is_enabled) == ("renamed", 3, False)
    assert api_key.secret.reveal() == CANARY


def test_what_runs_note_on_a_key_while_it_is_saved_stays(routellm: Gateway, api_key: APIKey) -> None:
    read_before = APIKey.objects.get()
    api_keys.set_aside(api_key, errors.OutOfCredit("The account is empty."))
    api_keys.note_used(api_key)
    gateways.save_api_key(
        gateway=routellm,
        secret="",
        label="Packshots",
        position=2,
        is_enabled=True,
        created_by=None,
        api_key=read_before,
        limits=gateways.KeyLimits(runs_a_day=5),
    )
    kept = APIKey.objects.get()
    assert (kept.label, kept.position, kept.runs_a_day) == ("Packshots", 2, 5)
    assert kept.set_aside_as == "out_of_credit" and kept.last_error and kept.last_used_at
    assert kept.secret.reveal() == CANARY


def test_a_replaced_key_is_no_longer_refused(as_ada: Client, api_key: APIKey) -> None:
    api_keys.set_aside(api_key, errors.KeyRefused("Refused."))
    as_ada.post(pages.change_page(api_key), key_post(api_key="sk-new-0123456789"))
    api_key.refresh_from_db()
    assert (api_key.secret.reveal(), api_key.set_aside_at, api_key.last_error) == ("sk-new-0123456789", None, "")


def test_a_key_stays_with_its_gateway_and_host_whatever_is_posted(as_ada: Client, api_key: APIKey) -> None:
    other = Gateway.objects.create(slug="other", name="Other", dialect="openroute", base_url="https://o.example/v1")
    forged = {"gateway": other.pk, "host": "evil.test:443", "secret": "x", "last_four": "x", "created_by": 1}
    as_ada.post(pages.change_page(api_key), key_post(**forged))
    kept = APIKey.objects.get()
    assert (kept.gateway_id, kept.host, kept.last_four, kept.created_by) == (
        api_key.gateway_id,
        api_key.host,
        "6789",
        None,
    )
    assert kept.secret.reveal() == CANARY


def test_a_refused_key_can_be_removed_where_it_is_seen(as_ada: Client, api_key: APIKey) -> None:
    way_out = f'href="{pages.delete_page(api_key)}"'
    assert way_out not in as_ada.get(pages.change_page(api_key.gateway)).content.decode()
    api_keys.set_aside(api_key, errors.KeyRefused("Refused."))
    assert way_out in as_ada.get(pages.change_page(api_key.gateway)).content.decode()


def test_a_refused_key_can_be_tried_again(as_ada: Client, api_key: APIKey) -> None:
    APIKey.objects.update(set_aside_at=timezone.now(), last_error="Refused.")
    assert "Use again" in as_ada.get(pages.change_page(api_key)).content.decode()
    page = as_ada.post(pages.button(api_key, "use-again"), follow=True).content.decode()
    assert "is used again from the next run on" in page
    assert ">Use again<" not in page
    assert APIKey.objects.usable().exists()


def test_refused_keys_can_be_tried_again_together(as_ada: Client, api_key: APIKey) -> None:
    APIKey.objects.update(set_aside_at=timezone.now())
    as_ada.post(pages.list_page("apikey"), {"action": "use_selected_again", "_selected_action": [api_key.pk]})
    assert APIKey.objects.usable().exists()


def test_a_key_that_cannot_be_decrypted_is_told_of_and_can_be_replaced(as_ada: Client, api_key: APIKey) -> None:
    APIKey.objects.update(secret=type(api_key.secret)("not a token"))
    as_ada.post(pages.button(api_key.gateway, "test"))
    assert (
        "saved with another encryption key. Enter it again." in as_ada.get(pages.list_page("apikey")).content.decode()
    )
    as_ada.post(pages.change_page(api_key), key_post(api_key=CANARY))
    assert APIKey.objects.get().secret.reveal() == CANARY
