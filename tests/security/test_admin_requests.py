"""The admin under hostile requests of somebody who may open it, or holds the browser of who may: odd queries, odd keys, forged
rows, fields that no form has.

Django's own CVE-2026-87975 (a formset whose posted keys named other rows), LiteLLM CVE-2026-47102 and -35029.
"""

import re
from typing import Any
from urllib.parse import urlencode

import pytest
from django.contrib import admin
from django.db.models import QuerySet
from django.test import Client

from gallery.models import AccessToken, APIKey, AuditEntry, Gateway, ImageModel, User
from gallery.services import tokens
from tests import factories
from tests.admin import pages
from tests.security.house import answer_of, strict_database, undone

pytestmark = pytest.mark.django_db

QUERIES: list[dict[str, Any]] = [
    {"p": "-1"},
    {"p": "9" * 30, "o": "99.-1.x"},
    {"q": "a\x00b'\"\\ %"},
    {"q": "x" * 5000},
    {"all": "x", "_popup": "1", "_to_field": "password"},
    {"o": "9" * 30},
    {"password__startswith": "md5"},
    {"owner__password__contains": "x", "e": "1"},
    {"id__in": "1,x," + "9" * 40, "pk__regex": "("},
    {"at__year": "9" * 9, "at__month": "13", "kind": "\x00", "state": "\x00", "is_enabled__exact": "\x00"},
    {"_changelist_filters": "password__startswith=x", "next": "//evil.test"},
]
KEYS = ["0", "-1", "9" * 30, "x", "_5F", "..%2f..%2f", "%00", "1%0a", "'", "__import__"]


def admin_lists() -> list[str]:
    return [pages.list_page(str(model._meta.model_name)) for model in admin.site._registry]


def test_no_page_of_the_admin_breaks_on_any_query_or_key(as_ada: Client, routellm: Gateway, ada: User) -> None:
    tokens.create_token(owner=ada, name="Script")
    AuditEntry.objects.create(act="export", subject="x")
    changes = [
        pages.change_page(QuerySet(model).order_by("pk")[0])
        for model in admin.site._registry
        if QuerySet(model).exists()
    ]
    broken = {}
    for path in (
        *admin_lists(),
        *changes,
        "/admin/",
        "/admin/gallery/auditentry/export/",
        "/admin/autocomplete/",
        "/admin/login/",
    ):
        for query in QUERIES:
            with strict_database():
                status, why = answer_of(as_ada.get, f"{path}?{urlencode(query)}")
            if status >= 500:
                broken[f"{path} {query}"[:90]] = why
    for path in admin_lists():
        for key in KEYS:
            for rest in ("change/", "history/", "delete/", "press/x/"):
                with strict_database():
                    status, why = answer_of(as_ada.get, f"{path}{key}/{rest}")
                if status >= 500 or status == 200:
                    broken[f"{path}{key}/{rest}"] = f"{status} {why}"
    assert not broken, "\n".join(f"{what}: {why}" for what, why in broken.items())


HOSTILE = {"nul": "\x00", "huge": "9" * 40, "odd": "٣", "half": '{"\\ud800": NaN}', "list": "[[[", "negative": "-9"}
FIELD = re.compile(r'name="([\w-]+)"')


@pytest.mark.parametrize("kind", HOSTILE)
def test_no_form_of_the_admin_breaks_on_any_value(kind: str, as_ada: Client, routellm: Gateway, ada: User) -> None:
    tokens.create_token(owner=ada, name="Script")
    model = ImageModel.objects.order_by("pk")[0]
    rows: list[Any] = [QuerySet(each).order_by("pk")[0] for each in admin.site._registry if QuerySet(each).exists()]
    paths = [pages.change_page(row) for row in rows]
    paths += [pages.add_page(name) for name in ("gateway", "apikey", "imagemodel", "modelalias")]
    paths += [pages.spec_page(model, page) for page in ("spec", "versions")]
    broken = {}
    for path in paths:
        page = as_ada.get(path)
        names = {*FIELD.findall(page.content.decode()), "_save"} - {"csrfmiddlewaretoken"}
        told = dict.fromkeys(names, HOSTILE[kind])
        for page_path in (
            path,
            *([pages.spec_page(model, "spec_preview"), pages.spec_page(model, "spec_try")] if "spec" in path else []),
        ):
            with undone(), strict_database():
                status, why = answer_of(as_ada.post, page_path, told)
            if status >= 500:
                broken[page_path] = why
    assert not broken, "\n".join(f"{what}: {why}" for what, why in broken.items())


def test_actions_take_only_rows_that_are_there_and_only_actions_that_are_offered(
    as_ada: Client, routellm: Gateway, bea: User
) -> None:
    def counts() -> list[int]:
        return [model.objects.count() for model in (User, Gateway, ImageModel)]

    before = counts()
    for path in admin_lists():
        for action in ("delete_selected", "nothing", "__class__", ""):
            for chosen in (["1"], ["x", "\x00", "9" * 40], [str(bea.pk)]):
                data = {"action": action, "_selected_action": chosen, "index": "0", "select_across": "1", "post": "yes"}
                status, why = answer_of(as_ada.post, path, data)
                assert status < 500, f"{path} {action} {chosen}: {why}"
    # Keys and other names of models may be deleted; nothing else has such an action.
    assert counts() == before


def test_an_action_on_very_many_rows_does_them_all(as_ada: Client, bea: User) -> None:
    AccessToken.objects.bulk_create(
        AccessToken(owner=bea, name="Many", prefix=f"ps_{number:08d}", token_hash="x") for number in range(1_200)
    )
    chosen = str(AccessToken.objects.earliest("pk").pk)
    data = {"action": "revoke_selected", "select_across": "1", "_selected_action": chosen, "index": "0"}
    assert as_ada.post(pages.list_page("accesstoken"), data).status_code == 302
    assert not AccessToken.objects.filter(revoked_at=None).exists()
    assert AuditEntry.objects.filter(act="token.revoked").count() == 1_200


def test_rows_of_a_form_cannot_be_exchanged_for_others(as_ada: Client, routellm: Gateway, bea: User) -> None:
    """Keys of rows and counts of forms that a page never had: nothing but its own row changes."""
    other = Gateway.objects.get(slug="openrouter")
    key = APIKey.objects.get()
    forged = {
        "id": str(other.pk),
        "pk": str(other.pk),
        "slug": "taken",
        "name": "Taken",
        "dialect": "openai",
        "gateway": str(other.pk),
        "form-TOTAL_FORMS": "1",
        "form-INITIAL_FORMS": "1",
        "form-0-id": str(other.pk),
        "form-0-name": "Taken",
        "api_keys-TOTAL_FORMS": "1000000",
        "api_keys-INITIAL_FORMS": "1",
        "api_keys-0-id": str(key.pk),
        "api_keys-0-gateway": str(other.pk),
        "had_key": "",
        "position": "0",
        "host": "evil.test",
        "secret": "x",
    }
    before = (
        other.name,
        other.base_url,
        routellm.slug,
        routellm.dialect,
        key.host,
        key.gateway_id,
        key.secret.reveal(),
    )
    as_ada.post(pages.change_page(routellm), pages.gateway_post(routellm) | forged)
    as_ada.post(pages.list_page("gateway"), forged | {"_save": "Save"})
    as_ada.post(pages.change_page(key), {"label": "x", "is_enabled": "on", "api_key": "", **forged})
    other.refresh_from_db()
    routellm.refresh_from_db()
    key.refresh_from_db()
    after = (other.name, other.base_url, routellm.slug, routellm.dialect, key.host, key.gateway_id, key.secret.reveal())
    assert after == before
    person = {"name": "Bea", "role": "designer", "is_active": "on", "username": "bea"}
    as_ada.post(pages.change_page(bea), person | {"is_superuser": "on", "is_staff": "on", "password": "x", "id": "1"})
    bea.refresh_from_db()
    assert not bea.is_superuser
    assert bea.check_password(factories.PASSWORD)
