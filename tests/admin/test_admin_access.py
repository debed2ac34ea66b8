"""Who may open which admin page."""

import re

import pytest
from django.contrib import admin
from django.test import Client
from django.urls import reverse

from gallery.models import APIKey, Gateway, ImageModel, User
from gallery.services import model_aliases, tokens
from tests.admin import pages


@pytest.fixture
def addresses(routellm: Gateway, ada: User) -> list[str]:
    """Every kind of admin page there is."""
    image_model = ImageModel.objects.all()[0]
    access_token, _ = tokens.create_token(owner=ada, name="Packshot script")
    model_alias = model_aliases.save_alias(name="gpt-image-1", image_model=image_model)
    rows = [routellm, APIKey.objects.get(), image_model, ada, access_token, model_alias]
    site = ["index", "jsi18n", "autocomplete"]
    lists = [reverse(f"admin:{name}") for name in site] + [reverse("admin:app_list", args=["gallery"])]
    for row in rows:
        name = str(row._meta.model_name)
        lists += [pages.list_page(name), pages.add_page(name)]
        lists += [page(row) for page in (pages.change_page, pages.history_page, pages.delete_page)]
    return [
        *lists,
        pages.button(routellm, "test"),
        pages.button(rows[1], "try-again"),
        pages.button(access_token, "revoke"),
        "/admin/nowhere/",
    ]


def test_anonymous_visitors_are_sent_to_our_own_login(client: Client, addresses: list[str]) -> None:
    for address in addresses:
        response = client.get(address, follow=True)
        assert response.redirect_chain[-1][0] == f"{reverse('login')}?next={address}", address


def test_designers_are_refused_everywhere(as_bea: Client, addresses: list[str]) -> None:
    for address in [*addresses, reverse("admin:login")]:
        assert as_bea.get(address).status_code == 403, address
        assert as_bea.post(address).status_code == 403, address


def test_staff_who_are_no_administrators_are_refused(as_bea: Client, bea: User, addresses: list[str]) -> None:
    User.objects.filter(pk=bea.pk).update(is_staff=True)
    for address in addresses:
        assert as_bea.get(address).status_code == 403, address


def test_an_administrator_opens_every_page_there_is(as_ada: Client, addresses: list[str]) -> None:
    statuses = {address: as_ada.get(address).status_code for address in addresses}
    refused = {address: status for address, status in statuses.items() if status != 200}
    assert set(refused) == {
        reverse("admin:autocomplete"),
        pages.add_page("gateway"),
        pages.add_page("user"),
        pages.add_page("accesstoken"),
        *(
            address
            for address in addresses
            if "/delete/" in address and not re.search("/(apikey|modelalias)/", address)
        ),
        *(address for address in addresses if "/press/" in address),
        "/admin/nowhere/",
    }
    assert not set(refused.values()) - {403, 404, 405}


def test_private_things_have_no_admin_page() -> None:
    registered = {model.__name__ for model in admin.site._registry}
    assert registered == {"Gateway", "APIKey", "ImageModel", "ModelAlias", "User", "AccessToken"}


def test_the_admins_login_leads_back_to_where_one_wanted(client: Client) -> None:
    response = client.get("/admin/login/?next=/admin/gallery/gateway/")
    assert response["Location"] == f"{reverse('login')}?next=/admin/gallery/gateway/"


@pytest.mark.parametrize("target", ["https://evil.test/", "//evil.test", "javascript:alert(1)", ""])
def test_the_admins_login_leads_nowhere_else(as_ada: Client, target: str) -> None:
    assert as_ada.get("/admin/login/", {"next": target})["Location"] == "/admin/"


def test_passwords_and_signing_out_are_the_products_own_pages(as_ada: Client) -> None:
    assert as_ada.get("/admin/password_change/")["Location"] == reverse("profile")
    assert as_ada.post("/admin/logout/", follow=True).redirect_chain[0] == (reverse("logout"), 307)


def test_a_button_takes_only_a_post_with_its_token(ada: User, routellm: Gateway) -> None:
    strict = Client(enforce_csrf_checks=True)
    strict.force_login(ada)
    assert strict.get(pages.button(routellm, "test")).status_code == 405
    assert strict.post(pages.button(routellm, "test")).status_code == 403


def test_an_unknown_button_does_not_exist(as_ada: Client, routellm: Gateway) -> None:
    assert as_ada.post(pages.button(routellm, "explode")).status_code == 404
