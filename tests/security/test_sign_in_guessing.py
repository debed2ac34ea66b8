"""Guessing at the door: however a name is written and whatever a header says, the tries are counted as one person's from one
place.

allauth CVE-2026-97764 (marks over letters gave new tries), Langfuse's way around single sign-on by a password link.
"""

import unicodedata

import pytest
from django.test import Client

from gallery.models import User
from tests import factories
from tests.admin import pages
from tests.test_signing_in import DOOR, knock

pytestmark = pytest.mark.django_db

WAYS_TO_WRITE = ["bea", "BEA", "Bea", "béa", "bea\u0301", "ｂｅａ", "ᵇᵉᵃ", " bea ", "be\u00ada", "𝐛𝐞𝐚", "BÉA", "beå"]
HEADERS = [
    "X-Forwarded-For",
    "X-Real-IP",
    "Forwarded",
    "CF-Connecting-IP",
    "True-Client-IP",
    "X-Client-IP",
    "Client-IP",
]


def test_another_way_to_write_a_name_gives_no_more_tries(bea: User) -> None:
    statuses = [
        knock(WAYS_TO_WRITE[number % len(WAYS_TO_WRITE)], "a wrong password", f"192.0.2.{number}").status_code
        for number in range(24)
    ]
    assert statuses.count(422) <= 10
    assert set(statuses[12:]) == {429}
    for name in (*WAYS_TO_WRITE, unicodedata.normalize("NFD", "béa")):
        assert knock(name, factories.PASSWORD, "198.51.100.9").status_code in (422, 429)
    assert knock("bea", factories.PASSWORD, "198.51.100.10").status_code == 429


def test_a_header_is_no_other_address(bea: User) -> None:
    """No proxy is trusted here."""
    client = Client(REMOTE_ADDR="192.0.2.1")
    statuses = []
    for number in range(16):
        said = f"203.0.113.{number}"
        headers = dict.fromkeys(HEADERS, f"for={said}" if number % 2 else said)
        data = {"username": f"name{number}", "password": "a wrong password"}
        statuses.append(client.post(DOOR, data, headers=headers).status_code)
    assert statuses == [422] * 10 + [429] * 6


@pytest.mark.parametrize(
    "name", ["\x00", "bea\x00", "'; DROP TABLE gallery_user; --", "x" * 5000, "%", "_ea", "[]", "bea\n"]
)
def test_an_odd_name_is_nobodys(name: str, bea: User) -> None:
    response = knock(name, factories.PASSWORD)
    assert response.status_code in (422, 302)
    assert "_auth_user_id" not in response.client.session or name.strip() == "bea"


def test_a_session_of_before_the_sign_in_is_not_the_one_after(bea: User) -> None:
    """Whoever put a session into a browser has nothing of the sign-in that follows."""
    client = Client()
    client.get(DOOR)
    session = client.session
    session["planted"] = "x"
    session.save()
    client.cookies["proofsheet_session"] = session.session_key or ""
    planted = session.session_key
    assert knock("bea", factories.PASSWORD, client=client).status_code == 302
    assert client.cookies["proofsheet_session"].value != planted
    other = Client()
    other.cookies["proofsheet_session"] = planted or ""
    assert other.get("/library/").status_code == 302


def test_a_name_that_looks_the_same_is_no_second_account(as_ada: Client, bea: User) -> None:
    """Names are folded to one form before they are compared."""
    chi = factories.create_user("chi", name="Chi")
    for name in ("BEA", "ｂｅａ"):
        as_ada.post(pages.change_page(chi), {"username": name, "name": "Chi", "role": "designer", "is_active": "on"})
        chi.refresh_from_db()
        assert chi.username == "chi"
