"""Access tokens in the admin: everybody's, to look at and to revoke."""

from decimal import Decimal
from typing import Any

import pytest
from django.test import Client

from gallery.models import AccessToken, Generation, ImageModel, User
from gallery.services import people, tokens
from tests import factories
from tests.admin import pages

LIST = pages.list_page("accesstoken")


@pytest.fixture
def access_token(bea: User) -> AccessToken:
    return tokens.create_token(owner=bea, name="Packshot script", requests_per_minute=9)[0]


def test_the_list_says_whose_they_are_and_what_they_cost(
    as_ada: Client, access_token: AccessToken, flux_kontext: ImageModel, django_assert_max_num_queries: Any
) -> None:
    for number in range(9):
        tokens.create_token(owner=access_token.owner, name=f"Script {number}")
    generation = factories.create_generation(access_token.owner, flux_kontext)
    row = Generation.objects.filter(pk=generation.pk)
    row.update(access_token=access_token, status="succeeded", cost=Decimal("0.04"), cost_unit="usd")
    with django_assert_max_num_queries(10):
        page = as_ada.get(LIST).content.decode()
    for shown in ("Bea Arthur", f"{access_token.prefix}…", "Works", "Never", "$0.04", "None yet"):
        assert shown in page


def test_no_page_shows_a_hash(as_ada: Client, access_token: AccessToken) -> None:
    for address in (LIST, pages.change_page(access_token), pages.history_page(access_token)):
        assert access_token.token_hash not in as_ada.get(address).content.decode()


@pytest.mark.parametrize("state", ["usable", "revoked", "closed", "expired"])
def test_the_list_is_filtered_by_state(as_ada: Client, access_token: AccessToken, chi: User, state: str) -> None:
    tokens.revoke_token(tokens.create_token(owner=access_token.owner, name="Old laptop")[0])
    tokens.create_token(owner=chi, name="Left behind")
    people.set_active(chi, is_active=False)
    names = {"usable": ["Packshot script"], "revoked": ["Old laptop"], "closed": ["Left behind"], "expired": []}
    shown = as_ada.get(LIST, {"state": state}).context["cl"].result_list
    assert [row.name for row in shown] == names[state]


def test_a_button_revokes_and_is_written_down(as_ada: Client, bea: User) -> None:
    access_token, plain = tokens.create_token(owner=bea, name="Packshot script")
    assert pages.button(access_token, "revoke") in as_ada.get(pages.change_page(access_token)).content.decode()
    response = as_ada.post(pages.button(access_token, "revoke"), follow=True)
    assert "no longer works" in response.content.decode()
    with pytest.raises(tokens.TokenRefused):
        tokens.find_token(plain)
    assert "Revoked." in as_ada.get(pages.history_page(access_token)).content.decode()
    assert pages.button(access_token, "revoke") not in as_ada.get(pages.change_page(access_token)).content.decode()


def test_selected_tokens_are_revoked_together(as_ada: Client, access_token: AccessToken, ada: User) -> None:
    other, _ = tokens.create_token(owner=ada, name="Mine")
    chosen = {"action": "revoke_selected", "_selected_action": [access_token.pk]}
    as_ada.post(LIST, chosen)
    for row in (access_token, other):
        row.refresh_from_db()
    assert access_token.revoked_at
    assert other.revoked_at is None


def test_nothing_of_a_token_is_changed_added_or_deleted_here(as_ada: Client, access_token: AccessToken) -> None:
    before = AccessToken.objects.values().get()
    forged = {"name": "Mine", "owner": "1", "token_hash": "0" * 64, "requests_per_minute": "1000", "request_count": "0"}
    as_ada.post(pages.change_page(access_token), forged)
    assert as_ada.post(pages.add_page("accesstoken"), forged).status_code == 403
    assert as_ada.post(pages.delete_page(access_token), {"post": "yes"}).status_code == 403
    as_ada.post(LIST, {"action": "delete_selected", "_selected_action": [access_token.pk], "post": "yes"})
    assert AccessToken.objects.values().get() == before
