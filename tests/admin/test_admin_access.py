"""Who may open which admin page."""

import re

import pytest
from django.contrib import admin
from django.db import IntegrityError, transaction
from django.test import Client
from django.urls import reverse

from gallery.models import APIKey, Gateway, ImageModel, User
from gallery.models.people import Role
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
        assert response.redirect_chain[-1][0] == f"{reverse('account_login')}?next={address}", address


def test_designers_are_refused_everywhere(as_bea: Client, addresses: list[str]) -> None:
    for address in [*addresses, reverse("admin:login")]:
        assert as_bea.get(address).status_code == 403, address
        assert as_bea.post(address).status_code == 403, address


def test_nobody_is_staff_or_superuser_but_administrators(bea: User) -> None:
    for flags in ({"is_staff": True}, {"is_superuser": True}, {"role": Role.ADMIN}):
        with pytest.raises(IntegrityError), transaction.atomic():
            User.objects.filter(pk=bea.pk).update(**flags)


def test_an_administrator_opens_every_page_there_is(as_ada: Client, addresses: list[str]) -> None:
    statuses = {address: as_ada.get(address).status_code for address in addresses}
    # There is one map of the one app.
    assert as_ada.get(reverse("admin:app_list", args=["gallery"]))["Location"] == reverse("admin:index")
    refused = {address: status for address, status in statuses.items() if status not in (200, 302)}
    assert set(refused) == {
        reverse("admin:autocomplete"),
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


def test_every_page_of_the_admin_has_the_same_map_and_the_way_back(as_ada: Client, routellm: Gateway) -> None:
    home = as_ada.get(reverse("admin:index")).content.decode()
    places = re.findall(r'<li><a href="([^"]+)">([^<]+)</a><p>', home)
    assert ("/people/", "People") in places and len(places) > 10
    for address, last in (
        (pages.list_page("apikey"), ["API keys"]),
        (pages.change_page(routellm), ["Gateways", "RouteLLM"]),
        (pages.history_page(routellm), ["Gateways", "Change history: RouteLLM"]),
        (pages.add_page("modelalias"), ["Model aliases", "Add model alias"]),
    ):
        page = as_ada.get(address).content.decode()
        side = page.partition('id="nav-sidebar"')[2].partition("</nav>")[0]
        assert re.findall(r'<a href="([^"]+)"[^>]*>([^<]+)</a>', side) == places, address
        assert re.findall(r'aria-current="page">([^<]+)<', side) == last[:1]
        crumbs = page.partition('<div class="breadcrumbs">')[2].partition("</div>")[0]
        words = [word.strip() for word in re.sub(r"<[^>]+>", "", crumbs).split("›")]
        assert words == ["Admin", *last], address


def test_private_things_have_no_admin_page() -> None:
    registered = {model.__name__ for model in admin.site._registry}
    assert registered == {
        "Gateway",
        "APIKey",
        "ImageModel",
        "ModelAlias",
        "User",
        "AccessToken",
        "AuditEntry",
        "Upkeep",
    }


def test_the_admins_login_leads_back_to_where_one_wanted(client: Client) -> None:
    response = client.get("/admin/login/?next=/admin/gallery/gateway/")
    assert response["Location"] == f"{reverse('account_login')}?next=/admin/gallery/gateway/"


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
