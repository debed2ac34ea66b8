"""People in the admin: one choice of role, accounts closed rather than deleted."""

from typing import Any

import pytest
from django.contrib.auth.models import Group, Permission
from django.contrib.contenttypes.models import ContentType
from django.test import Client

from gallery.models import User
from tests import factories
from tests.admin import pages

LAST_ADMINISTRATOR = "The team needs an administrator. Make somebody else one first."


def save(client: Client, person: User, **changes: Any) -> Any:
    fields: dict[str, Any] = {"name": person.name, "username": person.username, "role": person.role}
    fields |= {"is_active": "on" if person.is_active else None}
    response = client.post(pages.change_page(person), pages.without_none(fields | changes))
    person.refresh_from_db()
    return response


def test_a_role_is_one_choice(as_ada: Client, bea: User) -> None:
    save(as_ada, bea, role="admin")
    assert (bea.is_staff, bea.is_superuser) == (True, True)
    save(as_ada, bea, role="designer")
    assert (bea.is_staff, bea.is_superuser) == (False, False)


def test_a_closed_account_is_signed_out_and_can_be_opened_again(as_ada: Client, as_bea: Client, bea: User) -> None:
    save(as_ada, bea, is_active=None)
    assert as_bea.get("/").status_code == 302
    save(as_ada, bea, is_active="on")
    assert bea.is_active


@pytest.mark.parametrize(
    ("changes", "field"),
    [
        ({"role": "designer"}, "role"),
        ({"is_active": None}, "is_active"),
        ({"role": "designer", "is_active": None}, "is_active"),
    ],
)
def test_the_last_administrator_stays_one(as_ada: Client, ada: User, changes: dict[str, Any], field: str) -> None:
    response = save(as_ada, ada, **changes)
    assert response.context["adminform"].form.errors[field] == [LAST_ADMINISTRATOR]
    assert ada.is_active
    assert ada.is_superuser


def test_one_of_two_administrators_may_step_back(as_ada: Client, ada: User) -> None:
    factories.create_user("dan", is_admin=True)
    assert save(as_ada, ada, role="designer").status_code == 302
    assert as_ada.get("/admin/").status_code == 403


def test_rights_cannot_be_posted_past_the_role(as_ada: Client, bea: User) -> None:
    group = Group.objects.create(name="keys")
    kind = ContentType.objects.get_for_model(User)
    permission = Permission.objects.create(codename="anything", name="Anything", content_type=kind)
    before = bea.password
    forged = {"is_staff": "on", "is_superuser": "on", "groups": [group.pk], "user_permissions": [permission.pk]}
    save(as_ada, bea, password="x", email="evil@evil.test", **forged)
    assert (bea.is_staff, bea.is_superuser, bea.password, bea.email) == (False, False, before, "")
    assert not bea.groups.exists()
    assert not bea.user_permissions.exists()


@pytest.mark.parametrize(("role", "status"), [("owner", 200), ("", 200), ("admin", 302)])
def test_only_roles_that_exist_are_taken(as_ada: Client, bea: User, role: str, status: int) -> None:
    assert save(as_ada, bea, role=role).status_code == status


def test_names_change_and_user_names_stay_single(as_ada: Client, bea: User, chi: User) -> None:
    save(as_ada, bea, name="Bea", username="beatrice")
    assert (bea.display_name, bea.username) == ("Bea", "beatrice")
    assert "Somebody already has this user name" in save(as_ada, bea, username="CHI").content.decode()


def test_people_are_not_deleted(as_ada: Client, bea: User) -> None:
    assert as_ada.post(pages.delete_page(bea), {"post": "yes"}).status_code == 403
    as_ada.post(pages.list_page("user"), {"action": "delete_selected", "_selected_action": [bea.pk], "post": "yes"})
    assert User.objects.filter(pk=bea.pk).exists()


def test_no_page_shows_a_password_not_even_hashed(as_ada: Client, bea: User) -> None:
    for address in (pages.list_page("user"), pages.change_page(bea), pages.history_page(bea)):
        page = as_ada.get(address).content.decode()
        assert bea.password not in page
        assert "md5$" not in page


def test_invitations_and_passwords_are_one_link_away(as_ada: Client, bea: User) -> None:
    assert 'href="/people/"' in as_ada.get(pages.list_page("user")).content.decode()
    assert "Make a link for a new password" in as_ada.get(pages.change_page(bea)).content.decode()
