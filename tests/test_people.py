"""Ways in and who may do what to whom: set-up, invitations, passwords, roles, and what is open to nobody in particular."""

import re
from datetime import timedelta
from typing import Any

import pytest
from django.test import Client
from django.utils import timezone

from gallery.models import Invitation, User
from gallery.models.people import Role
from gallery.services import groups, people
from tests import factories

ACCOUNT = {"name": "Dan Brown", "username": "dan", "password": "salt pans at sunrise"}
LINK = re.compile(r"https?://testserver(/accounts/[\w/:-]+)")


def invite(administrator: Client, role: str = "designer") -> str:
    """A fresh invitation's path, read from the page."""
    page = administrator.post("/people/invite/", {"role": role, "note": "For Dan"}).content.decode()
    found = LINK.search(page)
    assert found
    return found[1]


def expire(**found: Any) -> None:
    assert Invitation.objects.filter(**found).update(expires_at=timezone.now() - timedelta(seconds=1))


# The set-up link ---------------------------------------------------------------------------------------------------


def test_the_set_up_link_makes_an_administrator_and_signs_them_in(db: None) -> None:
    path = people.create_setup_path()
    assert path
    client = Client()
    assert client.get(path).status_code == 200
    assert client.post(path, ACCOUNT)["Location"] == "/"
    dan = User.objects.get()
    assert (dan.role, dan.name, dan.is_staff) == (Role.ADMIN, "Dan Brown", True)
    assert client.get("/people/").status_code == 200


def test_the_set_up_link_works_once(db: None) -> None:
    path = people.create_setup_path()
    assert path
    assert Client().post(path, ACCOUNT).status_code == 302
    second = Client().post(path, {**ACCOUNT, "username": "eve"})
    assert second.status_code == 410
    assert not User.objects.filter(username="eve").exists()


def test_a_set_up_link_is_closed_by_the_next_one_and_by_an_administrator(db: None) -> None:
    first, second = people.create_setup_path(), people.create_setup_path()
    assert first
    assert second
    assert (Client().get(first).status_code, Client().get(second).status_code) == (410, 200)
    factories.create_user("ada", is_admin=True)
    assert Client().get(second).status_code == 410
    assert Client().post(second, ACCOUNT).status_code == 410
    assert people.create_setup_path() is None


def test_a_switched_off_administrator_does_not_lock_the_team_out(db: None) -> None:
    User.objects.filter(pk=factories.create_user("ada", is_admin=True).pk).update(is_active=False)
    assert people.create_setup_path()


def test_a_set_up_link_expires(db: None) -> None:
    path = people.create_setup_path()
    assert path
    expire(is_setup=True)
    assert Client().get(path).status_code == 410
    assert Client().post(path, ACCOUNT).status_code == 410
    assert not User.objects.exists()


@pytest.mark.parametrize(
    "change", [lambda token: token[:-1], lambda token: f"{token}A", lambda token: token.swapcase()]
)
def test_a_tampered_token_is_refused(db: None, change: Any) -> None:
    path = people.create_setup_path()
    assert path
    token = path.split("/")[-2]
    response = Client().post(f"/accounts/join/{change(token)}/", ACCOUNT)
    assert response.status_code == 410
    assert "This link is used up" in response.content.decode()
    assert not User.objects.exists()


def test_a_token_is_kept_as_its_hash_alone(db: None) -> None:
    path = people.create_setup_path()
    assert path
    assert path.split("/")[-2] not in str(Invitation.objects.values().get())


# Invitations -------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("role", ["designer", "admin"])
def test_an_invitation_gives_its_role_once(as_ada: Client, role: str) -> None:
    path = invite(as_ada, role)
    assert Client().post(path, ACCOUNT).status_code == 302
    assert User.objects.get(username="dan").role == role
    assert Client().post(path, {**ACCOUNT, "username": "eve"}).status_code == 410
    assert Invitation.objects.get().used_by == User.objects.get(username="dan")


def test_a_revoked_invitation_is_closed_and_off_the_list(as_ada: Client) -> None:
    path = invite(as_ada)
    assert "For Dan" in as_ada.get("/people/").content.decode()
    as_ada.post(f"/people/invitations/{Invitation.objects.get().pk}/revoke/")
    assert Client().post(path, ACCOUNT).status_code == 410
    assert "For Dan" not in as_ada.get("/people/").content.decode()


def test_an_invitation_expires(as_ada: Client) -> None:
    path = invite(as_ada)
    expire(is_setup=False)
    assert Client().post(path, ACCOUNT).status_code == 410


def test_an_invitation_link_is_shown_once_and_never_cached(as_ada: Client) -> None:
    response = as_ada.post("/people/invite/", {"role": "designer", "note": ""})
    assert LINK.search(response.content.decode())
    assert response["Cache-Control"] == "no-store"
    assert not LINK.search(as_ada.get("/people/").content.decode())


@pytest.mark.parametrize(
    ("host", "public", "is_told"),
    [
        ("127.0.0.1:8000", "", True),
        ("localhost:8000", "", True),
        ("[::1]:8000", "", True),
        ("studio.test", "", False),
        ("127.0.0.1:8000", "https://studio.test", False),
    ],
)
def test_a_link_that_opens_on_this_computer_only_says_so(
    as_ada: Client, settings: Any, host: str, public: str, is_told: bool
) -> None:
    settings.ALLOWED_HOSTS, settings.PUBLIC_URL = ["*"], public
    group = groups.create_group(name="Harbour", default_visibility="group", model_ids=[])
    for path in ("/people/invite/", f"/people/groups/{group.pk}/invite/"):
        page = as_ada.post(path, {"role": "designer"}, HTTP_HOST=host).content.decode()
        assert "shown only now" in page
        assert ("It opens on this computer only" in page) is is_told


def test_a_role_that_does_not_exist_is_not_handed_out(as_ada: Client) -> None:
    assert as_ada.post("/people/invite/", {"role": "owner", "note": ""}).status_code == 422
    assert not Invitation.objects.exists()


def test_rights_cannot_be_posted_past_an_invitation(as_ada: Client) -> None:
    Client().post(invite(as_ada), {**ACCOUNT, "role": "admin", "is_superuser": "on", "is_staff": "on"})
    assert User.objects.get(username="dan").role == Role.DESIGNER


@pytest.mark.parametrize(
    ("changes", "field", "sentence"),
    [
        ({"password": "short"}, "password", "too short"),
        ({"password": "password1234"}, "password", "too common"),
        ({"password": "dan-brown-1"}, "password", "too similar"),
        ({"password": ""}, "password", "required"),
        ({"username": "ada"}, "username", "already has this user name"),
        ({"username": "ADA"}, "username", "already has this user name"),
        ({"username": "ａｄａ"}, "username", "already has this user name"),
        ({"username": "dan brown"}, "username", "valid username"),
        ({"username": "d" * 151}, "username", "at most 150"),
        ({"name": ""}, "name", "required"),
    ],
)
def test_what_cannot_be_taken_is_said_beside_its_field_and_leaves_the_link_open(
    as_ada: Client, changes: dict[str, str], field: str, sentence: str
) -> None:
    path = invite(as_ada)
    response = Client().post(path, {**ACCOUNT, **changes})
    assert response.status_code == 422
    assert sentence in " ".join(response.context["form"].errors[field])
    assert f'id="id_{field}_error"' in response.content.decode()
    assert ACCOUNT["password"] not in response.content.decode()
    assert Client().post(path, ACCOUNT).status_code == 302


# Roles -------------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(("action", "data"), [("role", {"role": "designer"}), ("active", {"active": "no"})])
def test_the_last_administrator_stays_one_that_can_sign_in(
    as_ada: Client, ada: User, bea: User, action: str, data: dict[str, str]
) -> None:
    response = as_ada.post(f"/people/{ada.pk}/{action}/", data, follow=True)
    assert "The team needs an administrator." in response.content.decode()
    ada.refresh_from_db()
    assert (ada.is_active, ada.role) == (True, Role.ADMIN)
    people.set_role(bea, Role.ADMIN)
    as_ada.post(f"/people/{ada.pk}/{action}/", data)
    ada.refresh_from_db()
    assert (ada.is_active, ada.role) != (True, Role.ADMIN)


def test_a_switched_off_administrator_does_not_count_as_one(as_ada: Client, ada: User, bea: User) -> None:
    people.set_role(bea, Role.ADMIN)
    people.set_active(bea, is_active=False)
    with pytest.raises(people.LastAdministrator):
        people.set_role(ada, Role.DESIGNER)


def test_a_role_takes_effect_at_once(as_ada: Client, as_bea: Client, bea: User) -> None:
    assert as_bea.get("/people/").status_code == 403
    as_ada.post(f"/people/{bea.pk}/role/", {"role": "admin"})
    assert as_bea.get("/people/").status_code == 200
    as_ada.post(f"/people/{bea.pk}/role/", {"role": "designer"})
    assert as_bea.get("/admin/").status_code == 403


@pytest.mark.parametrize(
    "action",
    ["invite/", "invitations/{invitation}/revoke/", "{ada}/role/", "{ada}/active/", "{ada}/password-link/"],
)
def test_designers_change_nobody(as_bea: Client, ada: User, action: str) -> None:
    invitation, _ = people.create_invitation(created_by=ada, role=Role.DESIGNER)
    path = f"/people/{action.format(ada=ada.pk, invitation=invitation.pk)}"
    assert as_bea.post(path, {"role": "designer", "active": "no"}).status_code == 403
    ada.refresh_from_db()
    invitation.refresh_from_db()
    assert (ada.role, ada.is_active, invitation.revoked_at) == (Role.ADMIN, True, None)
    assert Invitation.objects.count() == 1
