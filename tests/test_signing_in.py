"""The door with a name and a password: what it says, how often one may try, and which sessions come of it."""

import re
from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta
from typing import Any

import pytest
from django.contrib.sessions.backends.base import UpdateError
from django.db import connection
from django.test import Client
from django.utils import timezone

from gallery.models import CacheEntry, Session, User
from gallery.services import sessions
from tests import factories

DOOR = "/accounts/login/"
FIREFOX = "Mozilla/5.0 (X11; Linux x86_64; rv:143.0) Gecko/20100101 Firefox/143.0"


def knock(username: str, password: str, address: str = "192.0.2.1", client: Client | None = None, **more: str) -> Any:
    data = {"username": username, "password": password, **more}
    return (client or Client()).post(DOOR, data, REMOTE_ADDR=address)


def said(response: Any) -> str:
    return " ".join(re.sub(r"<[^>]+>", " ", response.content.decode()).split())


def test_what_does_not_fit_is_said_and_the_name_stays(bea: User) -> None:
    response = knock("bea", "a wrong password")
    assert response.status_code == 422
    assert "This user name and password do not go together." in said(response)
    assert 'value="bea"' in response.content.decode()
    assert "a wrong password" not in response.content.decode()


def test_nobody_learns_which_names_there_are(bea: User) -> None:
    known, unknown = knock("bea", "a wrong password"), knock("nobody", "a wrong password")
    token = re.compile(r'(csrfmiddlewaretoken" value|X-CSRFToken": )="?[^"]+"|"X-CSRFToken": "[^"]+"')
    pages = [
        token.sub("", page.content.decode()).replace(name, "") for page, name in ((known, "bea"), (unknown, "nobody"))
    ]
    assert pages[0] == pages[1]


def test_capitals_of_a_telephone_keyboard_do_not_keep_anybody_out(bea: User) -> None:
    assert knock("Bea", factories.PASSWORD).status_code == 302


def test_a_name_can_be_tried_ten_times_wherever_from(bea: User) -> None:
    statuses = [knock("bea", "a wrong password", f"192.0.2.{number}").status_code for number in range(10)]
    assert set(statuses) == {422}
    refused = knock("bea", factories.PASSWORD, "192.0.2.99")
    assert refused.status_code == 429
    assert "Too many tries. Wait a few minutes, then try again." in said(refused)
    assert not refused.client.session.get("_auth_user_id")
    assert knock("BEA", factories.PASSWORD, "192.0.2.98").status_code == 429


def test_an_address_can_fail_ten_times_a_minute_whatever_the_name(bea: User) -> None:
    statuses = [knock(f"name{number}", "a wrong password").status_code for number in range(10)]
    assert set(statuses) == {422}
    assert knock("bea", factories.PASSWORD).status_code == 429
    assert knock("bea", factories.PASSWORD, "192.0.2.2").status_code == 302


def test_many_at_once_are_counted_as_one_after_the_other_are(transactional_db: None) -> None:
    factories.create_user("bea")

    def try_one(number: int) -> int:
        try:
            return int(knock("bea", "a wrong password", f"192.0.2.{number}").status_code)
        finally:
            connection.close()

    with ThreadPoolExecutor(12) as threads:
        statuses = list(threads.map(try_one, range(30)))
    assert statuses.count(422) <= 10
    assert set(statuses) == {422, 429}


def test_signing_in_often_is_no_failure(bea: User) -> None:
    assert {knock("bea", factories.PASSWORD).status_code for _ in range(12)} == {302}


def test_more_than_thirty_tries_a_minute_meet_a_page_of_their_own(bea: User) -> None:
    statuses = [knock("bea", factories.PASSWORD).status_code for _ in range(31)]
    assert statuses == [302] * 30 + [429]
    assert "Somebody at this address tried too often" in said(knock("bea", factories.PASSWORD))


def test_the_admins_own_form_is_no_second_door(ada: User) -> None:
    client = Client()
    response = client.post("/admin/login/", {"username": "ada", "password": factories.PASSWORD})
    assert response["Location"].startswith(DOOR)
    assert client.get("/admin/").status_code == 302


def test_whoever_is_signed_in_already_is_led_on(as_bea: Client) -> None:
    assert as_bea.get(f"{DOOR}?next=/library/")["Location"] == "/library/"


# Sessions ----------------------------------------------------------------------------------------------------------


def signed_in(user: User, device: str = FIREFOX, address: str = "192.0.2.7") -> Client:
    client = Client(headers={"User-Agent": device}, REMOTE_ADDR=address)
    assert knock(user.username, factories.PASSWORD, address, client).status_code == 302
    return client


def test_a_session_knows_whose_it_is_and_from_where(bea: User) -> None:
    signed_in(bea)
    session = Session.objects.get()
    assert (session.user, session.address, session.device) == (bea, "192.0.2.7", FIREFOX)
    assert session.last_seen_at


def test_reading_pages_writes_nothing_until_a_while_has_passed(bea: User) -> None:
    client = signed_in(bea)
    Session.objects.update(last_seen_at=(early := timezone.now() - sessions.NOTED_EVERY / 2))
    client.get("/tokens/")
    assert Session.objects.get().last_seen_at == early
    Session.objects.update(last_seen_at=(late := timezone.now() - sessions.NOTED_EVERY * 2))
    client.get("/tokens/")
    assert Session.objects.filter(last_seen_at__gt=late).exists()


def test_a_new_address_is_noted_at_once(bea: User) -> None:
    client = signed_in(bea)
    client.get("/tokens/", REMOTE_ADDR="2001:db8::1")
    assert Session.objects.get().address == "2001:db8::1"
    client.get("/tokens/", REMOTE_ADDR="")
    assert Session.objects.get().address is None


def test_switching_an_account_off_ends_its_sessions_and_nobody_elses(as_ada: Client, bea: User, chi: User) -> None:
    here, there, other = signed_in(bea), signed_in(bea), signed_in(chi)
    as_ada.post(f"/people/{bea.pk}/active/", {"active": "no"})
    assert not Session.objects.filter(user=bea).exists()
    assert [client.get("/tokens/").status_code for client in (here, there, other)] == [302, 302, 200]
    as_ada.post(f"/people/{bea.pk}/active/", {"active": "yes"})
    assert here.get("/tokens/").status_code == 302


def test_a_new_password_ends_the_other_sessions(bea: User) -> None:
    here, there = signed_in(bea), signed_in(bea)
    new = "fog over the harbour"
    data = {"old_password": factories.PASSWORD, "new_password1": new, "new_password2": new}
    assert here.post("/profile/password/", data).status_code == 302
    assert [client.get("/tokens/").status_code for client in (here, there)] == [200, 302]
    assert Session.objects.filter(user=bea).count() == 1


def test_a_session_that_was_ended_is_not_written_back_by_a_page_under_way(bea: User) -> None:
    client = signed_in(bea)
    store = client.session
    store["words"] = "kept"
    sessions.end_sessions(bea)
    with pytest.raises(UpdateError):
        store.save()
    assert not Session.objects.exists()


def test_signing_out_ends_the_session(bea: User) -> None:
    signed_in(bea).post("/accounts/logout/")
    assert not Session.objects.filter(user=bea).exists()


def test_what_ran_out_is_cleared_away(bea: User) -> None:
    knock("bea", "a wrong password")
    here, there = signed_in(bea), signed_in(bea)
    past = timezone.now() - timedelta(seconds=1)
    Session.objects.filter(pk=there.session.session_key).update(expire_date=past)
    CacheEntry.objects.update(expires=past)
    sessions.purge_expired()
    assert Session.objects.get().pk == here.session.session_key
    assert not CacheEntry.objects.exists()


@pytest.mark.parametrize(("text", "address"), [("192.0.2.1", "192.0.2.1"), ("fe80::1%eth0", "fe80::1"), ("", None)])
def test_what_is_no_address_is_none(text: str, address: str | None) -> None:
    assert sessions.readable_address(text) == address
