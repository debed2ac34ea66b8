"""Nobody is led away from here: whatever an address, a form or a header asks for, only pages of ours are led to.

The class of CVE-2026-109291 (Open WebUI): an address that somebody else wrote is opened in the reader's name.
"""

import re
from typing import Any

import pytest
from django.test import Client

from gallery.models import Invitation, User
from gallery.services import people
from tests import factories
from tests.security.house import body_of, everything_asked, undone
from tests.test_permissions import World

pytestmark = pytest.mark.django_db

ELSEWHERE = [
    "https://evil.test/",
    "//evil.test/",
    "/\\evil.test/",
    "/%5Cevil.test/",
    "\\\\evil.test",
    "http:evil.test",
    "http:///evil.test",
    "javascript:alert(1)",
    " //evil.test",
    "/\t/evil.test",
    "https://testserver@evil.test/",
    "https://testserver.evil.test/",
    "http://testserver:80@evil.test",
    "//evil.test/\r\nX-Evil: 1",
    "\x00//evil.test",
]
# As a browser reads it: blanks at the ends and control characters are nothing, a backslash is a slash.
AWAY = re.compile(r"([a-z][a-z0-9+.-]*:|//)", re.IGNORECASE)


def leads_away(response: Any) -> str:
    """Where to, when it is not a page of ours."""
    for name in ("Location", "HX-Redirect", "HX-Location", "HX-Push-Url", "HX-Replace-Url"):
        target = re.sub(r"[\x00-\x20]", "", response.headers.get(name, "")).replace("\\", "/")
        if AWAY.match(target):
            return f"{name}: {target}"
    return ""


@pytest.mark.parametrize("target", ELSEWHERE, ids=repr)
def test_the_door_leads_to_our_own_pages_alone(target: str, bea: User) -> None:
    data = {"username": "bea", "password": factories.PASSWORD}
    assert not leads_away(Client().post("/accounts/login/", data | {"next": target}))
    assert not leads_away(Client().post("/accounts/login/", data, query_params={"next": target}))
    assert not leads_away(factories.signed_in(bea).get("/accounts/login/", {"next": target}))
    assert not leads_away(factories.signed_in(bea).post("/accounts/logout/", {"next": target}))
    assert not leads_away(factories.signed_in(bea).get("/accounts/again/", {"next": target}))


@pytest.mark.parametrize(("target", "more"), [(ELSEWHERE[0], {}), (ELSEWHERE[2], {"HX-Request": "true"})])
def test_no_form_leads_away_whatever_it_and_its_headers_say(target: str, more: dict[str, str], world: World) -> None:
    """htmx tells the page it is on, a browser where it comes from."""
    # No header holds a tab.
    said = target.replace("\t", "")
    headers = {"HX-Current-URL": said, "Referer": said, "X-Forwarded-Host": "evil.test", **more}
    away = {}
    for asked in everything_asked(world, "post"):
        with undone():
            response = asked.client.post(asked.path, asked.told | {"next": target}, headers=headers)
            body_of(response)
        if found := leads_away(response):
            away[asked.label] = found
    assert away == {}


def test_a_page_of_ours_is_led_to_with_its_query(bea: User, ada: User) -> None:
    people.create_invitation(created_by=ada, role="designer")
    as_ada = factories.signed_in(ada)
    path = f"/people/invitations/{Invitation.objects.get().pk}/revoke/"
    assert as_ada.post(path, {"next": "/people/?x=1"})["Location"] == "/people/?x=1"
    assert as_ada.post(path, {"next": "library"})["Location"] == "/people/"
