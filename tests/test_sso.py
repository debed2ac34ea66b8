"""The team's own sign-in against a real OpenID Connect provider: who comes in, as whom, and what is refused."""

import html
import re
from collections.abc import Iterator
from dataclasses import replace
from typing import Any
from urllib.parse import parse_qs, urlencode, urlsplit

import pytest
from allauth.account.models import EmailAddress
from allauth.socialaccount.models import SocialAccount, SocialToken
from django.core.exceptions import ImproperlyConfigured
from django.test import Client

from gallery.models import AuditEntry, Group, Invitation, Membership, User
from gallery.services import people
from gateway_site.oidc import SignInProvider, sign_in_provider
from tests import factories
from tests.oidc_provider import Impostor, OidcProvider
from tests.test_second_steps import STEP, add_app, prove
from tests.test_signing_in import said, signed_in

ACCOUNTS = "/profile/#signing-in"


@pytest.fixture(scope="module")
def provider() -> Iterator[OidcProvider]:
    started = OidcProvider()
    yield started
    started.close()


@pytest.fixture
def named(db: None, provider: OidcProvider, settings: Any) -> SignInProvider:
    """The provider, as an operator names it who lets everyone in."""
    settings.OIDC = SignInProvider(
        issuer=provider.issuer,
        named=frozenset({("127.0.0.1", provider.port)}),
        client_id="proofsheet",
        client_secret="secret",
        name="Acme",
        sign_up=frozenset({"everyone"}),
        role="designer",
    )
    return settings.OIDC  # type: ignore[no-any-return]


def leave(client: Client, **fields: str) -> str:
    """The address one is led to."""
    page = client.post("/accounts/sso/", fields).content.decode()
    found = re.search(r'http-equiv="refresh" content="0; url=([^"]+)"', page)
    assert found, page
    return html.unescape(found[1])


def come_back(client: Client, address: str) -> Any:
    parts = urlsplit(address)
    assert (parts.netloc, parts.path) == ("testserver", "/accounts/sso/back/")
    return client.get(f"{parts.path}?{parts.query}")


def sign_in(client: Client, provider: OidcProvider, sub: str, **fields: str) -> Any:
    return come_back(client, provider.agree(leave(client, **fields), sub))


def who(client: Client) -> User | None:
    return User.objects.filter(pk=client.session.get("_auth_user_id", 0)).first()


# Coming in ---------------------------------------------------------------------------------------------------------


def test_a_new_person_comes_in_as_a_designer_and_comes_back_as_the_same(provider: OidcProvider, named: Any) -> None:
    provider.know("s-dan", name="Dan Brown", preferred_username="dan", email="dan@acme.example")
    first, second = Client(), Client()
    assert sign_in(first, provider, "s-dan", next="/library/")["Location"] == "/library/"
    assert first.get("/library/").status_code == 200
    dan = User.objects.get()
    assert (dan.username, dan.name, dan.role, dan.has_usable_password()) == ("dan", "Dan Brown", "designer", False)
    assert sign_in(second, provider, "s-dan")["Location"] == "/"
    assert who(second) == dan
    assert User.objects.count() == 1


def test_what_leaves_with_somebody_holds_state_nonce_and_proof(provider: OidcProvider, named: Any) -> None:
    sent = [parse_qs(urlsplit(leave(Client())).query) for _ in range(2)]
    assert {"state", "nonce", "code_challenge"} <= set(sent[0])
    assert sent[0]["code_challenge_method"] == ["S256"]
    assert sent[0]["redirect_uri"] == ["http://testserver/accounts/sso/back/"]
    assert all(sent[0][name] != sent[1][name] for name in ("state", "nonce", "code_challenge"))


def test_the_public_address_is_the_one_to_come_back_to(provider: OidcProvider, named: Any, settings: Any) -> None:
    settings.PUBLIC_URL = "https://studio.example"
    assert parse_qs(urlsplit(leave(Client())).query)["redirect_uri"] == ["https://studio.example/accounts/sso/back/"]


def test_only_what_is_needed_is_kept(provider: OidcProvider, named: Any) -> None:
    provider.know("s-dan", name="Dan", email="dan@acme.example", phone_number="+4912345", address={"street": "x"})
    sign_in(Client(), provider, "s-dan")
    assert SocialAccount.objects.get().extra_data == {"sub": "s-dan", "name": "Dan", "email": "dan@acme.example"}
    assert not SocialToken.objects.exists()
    assert not EmailAddress.objects.exists()


def test_a_taken_user_name_is_not_taken_over(provider: OidcProvider, named: Any, bea: User) -> None:
    provider.know("s-bea", name="Another Bea", preferred_username="BEA")
    client = Client()
    sign_in(client, provider, "s-bea")
    stranger = who(client)
    assert stranger
    assert stranger != bea
    assert stranger.username.lower() != "bea"


def test_an_address_of_mail_links_nobody(provider: OidcProvider, named: Any, bea: User) -> None:
    User.objects.filter(pk=bea.pk).update(email="bea@acme.example")
    provider.know("s-bea", preferred_username="bea2", email="bea@acme.example", email_verified=True)
    client = Client()
    sign_in(client, provider, "s-bea")
    assert who(client) != bea
    assert User.objects.count() == 2


def test_a_switched_off_person_does_not_come_in_this_way(provider: OidcProvider, named: Any, as_ada: Client) -> None:
    client = Client()
    sign_in(client, provider, "s-dan")
    dan = who(client)
    assert dan
    as_ada.post(f"/people/{dan.pk}/active/", {"active": "no"})
    assert client.get("/library/").status_code == 302
    again = Client()
    assert sign_in(again, provider, "s-dan")["Location"] == "/accounts/inactive/"
    assert again.get("/library/").status_code == 302
    assert User.objects.filter(is_active=False).count() == 1


def test_the_second_step_is_asked_for_here_too(provider: OidcProvider, named: Any, bea: User) -> None:
    client = signed_in(bea)
    prove(client)
    sign_in(client, provider, "s-bea", process="connect")
    add_app(client)
    again = Client()
    assert sign_in(again, provider, "s-bea", next="/library/")["Location"] == STEP
    assert again.get("/library/").status_code == 302


# Who may -----------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("sign_up", "claims", "is_let_in"),
    [
        (set(), {"email": "dan@acme.example", "email_verified": True}, False),
        ({"acme.example"}, {"email": "dan@acme.example", "email_verified": True}, True),
        ({"acme.example"}, {"email": "dan@ACME.example", "email_verified": True}, True),
        ({"acme.example"}, {"email": "dan@acme.example", "email_verified": False}, False),
        ({"acme.example"}, {"email": "dan@acme.example"}, False),
        ({"acme.example"}, {"email": "dan@evil.example", "email_verified": True}, False),
        ({"acme.example"}, {"email": "dan@evilacme.example", "email_verified": True}, False),
        ({"acme.example"}, {}, False),
        ({"everyone"}, {}, True),
    ],
)
def test_new_people_come_in_as_the_operator_says(
    provider: OidcProvider, named: Any, settings: Any, sign_up: set[str], claims: dict[str, Any], is_let_in: bool
) -> None:
    settings.OIDC = replace(named, sign_up=frozenset(sign_up))
    provider.know("s-new", **claims)
    response = sign_in(Client(), provider, "s-new")
    assert response.status_code == (302 if is_let_in else 403)
    assert User.objects.exists() == is_let_in
    if not is_let_in:
        assert "No account here yet" in said(response)


def test_their_role_is_the_operators_choice(provider: OidcProvider, named: Any, settings: Any) -> None:
    settings.OIDC = replace(named, role="viewer")
    sign_in(Client(), provider, "s-dan")
    assert User.objects.get().role == "viewer"


def test_an_invitation_lets_in_with_its_role_and_once(
    provider: OidcProvider, named: Any, settings: Any, ada: User
) -> None:
    settings.OIDC = replace(named, sign_up=frozenset())
    acme = Group.objects.create(name="Acme", slug="acme")
    invitation, token = people.create_invitation(created_by=ada, role="lead", group=acme)
    client = Client()
    assert "Join with Acme" in said(client.get(f"/accounts/join/{token}/"))
    assert sign_in(client, provider, "s-lea", invitation=token)["Location"] == "/"
    lea = who(client)
    invitation.refresh_from_db()
    assert lea
    assert (lea.role, invitation.used_by) == ("lead", lea)
    assert Membership.objects.get(group=acme, user=lea).is_lead
    assert sign_in(Client(), provider, "s-eve", invitation=token).status_code == 403
    assert Invitation.objects.filter(used_by=lea).count() == 1


@pytest.mark.parametrize("token", ["no-token", ""])
def test_a_made_up_invitation_lets_nobody_in(provider: OidcProvider, named: Any, settings: Any, token: str) -> None:
    settings.OIDC = replace(named, sign_up=frozenset())
    assert sign_in(Client(), provider, "s-eve", invitation=token).status_code == 403


# What is refused ---------------------------------------------------------------------------------------------------


def test_an_answer_nobody_here_asked_for_is_refused(provider: OidcProvider, named: Any) -> None:
    answer = provider.agree(leave(Client()), "s-dan")
    response = come_back(Client(), answer)
    assert response.status_code == 401
    assert "does not belong to a sign-in that was begun here" in said(response)
    assert not User.objects.exists()


def test_an_answer_counts_once(provider: OidcProvider, named: Any) -> None:
    client = Client()
    answer = provider.agree(leave(client), "s-dan")
    assert come_back(client, answer).status_code == 302
    assert come_back(client, answer).status_code == 401


@pytest.mark.parametrize("changes", [{"nonce": "another"}, {"nonce": ""}])
def test_an_identity_made_for_another_sign_in_is_refused(
    provider: OidcProvider, named: Any, changes: dict[str, str]
) -> None:
    """Without the nonce, a stolen answer could be put under somebody else's sign-in."""
    client = Client()
    parts = urlsplit(leave(client))
    query = {name: values[0] for name, values in parse_qs(parts.query).items()} | changes
    answer = provider.agree(parts._replace(query=urlencode({k: v for k, v in query.items() if v})).geturl(), "s-dan")
    assert come_back(client, answer).status_code == 401
    assert not User.objects.exists()


def test_an_issuer_that_calls_itself_something_else_is_refused(
    provider: OidcProvider, named: Any, settings: Any
) -> None:
    impostor = Impostor(provider, issuer="https://other.example")
    settings.OIDC = in_front(named, impostor)
    response = Client().post("/accounts/sso/")
    impostor.close()
    assert response.status_code == 502
    assert "calls itself something else" in said(response)


def test_an_identity_of_another_issuer_is_refused(provider: OidcProvider, named: Any, settings: Any) -> None:
    impostor = Impostor(provider, issuer="itself")
    settings.OIDC = replace(
        in_front(named, impostor), named=frozenset({("127.0.0.1", provider.port), *in_front(named, impostor).named})
    )
    assert sign_in(Client(), provider, "s-dan").status_code == 401
    impostor.close()
    assert not User.objects.exists()


def in_front(named: SignInProvider, impostor: Impostor) -> SignInProvider:
    port = urlsplit(impostor.issuer).port
    assert port
    return replace(named, issuer=impostor.issuer, named=frozenset({("127.0.0.1", port)}))


def test_other_private_hosts_than_the_named_one_are_not_asked(
    provider: OidcProvider, named: Any, settings: Any
) -> None:
    """An issuer that names the house's own machines as its endpoints reaches none of them."""
    impostor = Impostor(provider, issuer="itself")
    settings.OIDC = in_front(named, impostor)
    client = Client()
    answer = provider.agree(leave(client), "s-dan")
    response = come_back(client, answer)
    impostor.close()
    assert response.status_code == 401
    assert not User.objects.exists()


def test_whoever_changes_their_mind_there_is_back_at_the_door(provider: OidcProvider, named: Any) -> None:
    client = Client()
    response = come_back(client, provider.deny(leave(client)))
    assert response["Location"] == "/accounts/login/"
    assert "You are not signed in: Acme was left before the end." in said(client.get("/accounts/login/"))


def test_a_provider_that_cannot_be_reached_is_said(named: Any, settings: Any) -> None:
    settings.OIDC = replace(named, issuer="http://127.0.0.1:9", named=frozenset({("127.0.0.1", 9)}))
    response = Client().post("/accounts/sso/")
    assert response.status_code == 502
    assert "Acme cannot be reached from here" in said(response)


def test_only_a_form_of_ours_leads_away(named: Any) -> None:
    strict = Client(enforce_csrf_checks=True)
    assert strict.post("/accounts/sso/").status_code == 403
    assert "Continue with Acme" in said(strict.get("/accounts/sso/"))


@pytest.mark.parametrize("target", ["https://evil.test/", "//evil.test/", "http://127.0.0.1/"])
def test_it_leads_to_our_own_pages_alone(provider: OidcProvider, named: Any, target: str) -> None:
    assert sign_in(Client(), provider, "s-dan", next=target)["Location"] == "/"


def test_where_none_is_named_there_is_none(bea: User) -> None:
    client = factories.signed_in(bea)
    assert client.post("/accounts/sso/").status_code == 404
    assert client.get("/accounts/sso/back/?code=x&state=y").status_code == 404
    assert "Sign in with" not in said(Client().get("/accounts/login/")).replace("Sign in with a passkey", "")


# Linking -----------------------------------------------------------------------------------------------------------


def links_in_the_log() -> list[tuple[str, str]]:
    rows = AuditEntry.objects.filter(act="sign-in.linked").order_by("pk")
    return [(row.actor_name, row.detail["change"]) for row in rows]


def test_an_account_is_linked_by_its_owner_and_lets_them_in(provider: OidcProvider, named: Any, bea: User) -> None:
    client = signed_in(bea)
    asked = sign_in(client, provider, "s-bea", process="connect")
    assert asked["Location"] == "/accounts/again/"
    assert not SocialAccount.objects.exists()
    assert prove(client)["Location"] == ACCOUNTS
    assert links_in_the_log() == [("Bea Arthur", "linked")]
    again = Client()
    sign_in(again, provider, "s-bea")
    assert who(again) == bea


def test_what_lets_somebody_else_in_cannot_be_linked(provider: OidcProvider, named: Any, bea: User) -> None:
    sign_in(Client(), provider, "s-dan")
    client = signed_in(bea)
    prove(client)
    sign_in(client, provider, "s-dan", process="connect")
    assert not SocialAccount.objects.filter(user=bea).exists()


def test_a_link_is_undone_by_its_owner_alone(provider: OidcProvider, named: Any, bea: User, as_chi: Client) -> None:
    client = signed_in(bea)
    prove(client)
    sign_in(client, provider, "s-bea", process="connect")
    account = SocialAccount.objects.get()
    prove(as_chi)
    assert as_chi.post(f"/accounts/sso/{account.pk}/unlink/").status_code == 404
    client.post(f"/accounts/sso/{account.pk}/unlink/")
    assert not SocialAccount.objects.exists()
    assert links_in_the_log() == [("Bea Arthur", "linked"), ("Bea Arthur", "taken off")]


def test_the_only_way_in_stays_until_there_is_a_password(provider: OidcProvider, named: Any) -> None:
    client = Client()
    sign_in(client, provider, "s-dan")
    account = SocialAccount.objects.get()
    refused = client.post(f"/accounts/sso/{account.pk}/unlink/", follow=True)
    assert "It is your only way in. Set a password first." in said(refused)
    new = {"new_password1": "fog over the harbour", "new_password2": "fog over the harbour"}
    assert client.post("/profile/password/set/", new)["Location"] == ACCOUNTS
    prove(client, "fog over the harbour")
    client.post(f"/accounts/sso/{account.pk}/unlink/")
    assert not SocialAccount.objects.exists()
    assert links_in_the_log() == [(User.objects.get().display_name, "taken off")]


def test_who_came_long_ago_comes_once_more_before_ways_in_are_changed(
    provider: OidcProvider, named: Any, settings: Any
) -> None:
    client = Client()
    sign_in(client, provider, "s-dan")
    assert client.get("/accounts/app/add/").status_code == 200
    settings.ACCOUNT_REAUTHENTICATION_TIMEOUT = 0
    asked = client.get("/accounts/app/add/")
    assert asked["Location"] == "/accounts/sso/?next=%2Faccounts%2Fapp%2Fadd%2F"
    assert "Is it you?" in said(client.get(asked["Location"]))
    settings.ACCOUNT_REAUTHENTICATION_TIMEOUT = 600
    assert sign_in(client, provider, "s-dan", next="/accounts/app/add/")["Location"] == "/accounts/app/add/"
    assert client.get("/accounts/app/add/").status_code == 200


# What an operator writes --------------------------------------------------------------------------------------------

GIVEN = {"ISSUER": "https://sso.example/realms/team/", "CLIENT_ID": "proofsheet"}


def read(monkeypatch: pytest.MonkeyPatch, **given: str) -> SignInProvider | None:
    for name, value in given.items():
        monkeypatch.setenv(f"PROOFSHEET_OIDC_{name}", value)
    return sign_in_provider()


def test_what_the_environment_names_is_read(monkeypatch: pytest.MonkeyPatch) -> None:
    assert read(monkeypatch) is None
    plain = read(monkeypatch, **GIVEN)
    assert plain
    assert (plain.issuer, plain.name, plain.role) == ("https://sso.example/realms/team", "sso.example", "designer")
    assert (set(plain.named), set(plain.sign_up)) == ({("sso.example", 443)}, set())
    more = {"NAME": "Acme", "ROLE": "viewer", "SIGN_UP": "@Acme.example, acme.test"}
    chosen = read(monkeypatch, **more, ISSUER="http://10.0.0.5:9000/.well-known/openid-configuration")
    assert chosen
    assert (chosen.issuer, chosen.name, chosen.role) == ("http://10.0.0.5:9000", "Acme", "viewer")
    assert (set(chosen.named), set(chosen.sign_up)) == ({("10.0.0.5", 9000)}, {"acme.example", "acme.test"})


@pytest.mark.parametrize(
    ("changes", "sentence"),
    [
        ({"ISSUER": "sso.example"}, "must be an address"),
        ({"ISSUER": "ftp://sso.example"}, "must be an address"),
        ({"CLIENT_ID": ""}, "needs PROOFSHEET_OIDC_CLIENT_ID"),
        ({"ROLE": "admin"}, "must be one of viewer, designer, lead"),
    ],
)
def test_what_cannot_be_stops_the_start_with_one_line(
    monkeypatch: pytest.MonkeyPatch, changes: dict[str, str], sentence: str
) -> None:
    with pytest.raises(ImproperlyConfigured, match=sentence):
        read(monkeypatch, **{**GIVEN, **changes})
