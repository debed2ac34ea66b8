"""Access tokens: shown once and kept as a hash, limited, revoked, their owner's alone; on their page and by the command."""

import re
from datetime import datetime, timedelta
from decimal import Decimal
from io import StringIO
from types import SimpleNamespace
from typing import Any

import pytest
from django.apps import apps
from django.core.management import CommandError, call_command
from django.test import Client
from django.utils import timezone

from gallery.models import AccessToken, Generation, ImageModel, User
from gallery.models.tokens import TokenState
from gallery.services import people, tokens
from tests import factories

PLAIN = re.compile(r"ps_[0-9a-f]{8}_[\w-]{43}")
FLUX, MISSING = "routellm/flux_kontext", "routellm/nothing"


def make(owner: User, name: str = "Packshot script", **limits: Any) -> AccessToken:
    return tokens.create_token(owner=owner, name=name, **limits)[0]


def create(client: Client, **typed: Any) -> Any:
    return client.post("/tokens/create/", {"name": "Packshot script"} | typed)


def ago(**parts: float) -> datetime:
    return timezone.now() - timedelta(**parts)


def page_of(client: Client, path: str = "/tokens/") -> str:
    return client.get(path).content.decode()


def refused(plain: str) -> bool:
    with pytest.raises(tokens.TokenRefused):
        tokens.find_token(plain)
    return True


# The token itself --------------------------------------------------------------------------------------------------


def test_a_token_opens_for_its_owner(bea: User) -> None:
    access_token, plain = tokens.create_token(owner=bea, name="Packshot script")
    found = tokens.find_token(plain)
    assert (found, found.owner) == (access_token, bea)


def test_the_plain_token_is_nowhere_in_the_database(bea: User) -> None:
    _, plain = tokens.create_token(owner=bea, name="Packshot script")
    # All after the beginning that lists show; its letters may be of any kind, the one between too.
    secret = plain[tokens.PREFIX_LENGTH + 1 :]
    assert len(secret) > 40
    for model in apps.get_models():
        for row in model._default_manager.values():
            assert secret not in str(row), model


@pytest.mark.parametrize(
    "change",
    [
        lambda plain: plain[: tokens.PREFIX_LENGTH],
        lambda plain: plain[:-1],
        lambda plain: f"{plain}A",
        lambda plain: plain.swapcase(),
        lambda plain: plain[: tokens.PREFIX_LENGTH] + "_" + "A" * 43,
        lambda plain: plain.replace("ps_", "sk_"),
        lambda plain: "",
        lambda plain: "ps_",
        lambda plain: f"{plain[:-1]}ä",
    ],
)
def test_only_the_whole_token_opens(bea: User, change: Any) -> None:
    _, plain = tokens.create_token(owner=bea, name="Packshot script")
    assert refused(change(plain))


def test_a_hash_does_not_open(bea: User) -> None:
    access_token, _ = tokens.create_token(owner=bea, name="Packshot script")
    assert refused(access_token.token_hash)
    assert refused(f"{access_token.prefix}_{access_token.token_hash}")


def test_a_revoked_token_is_refused(bea: User) -> None:
    access_token, plain = tokens.create_token(owner=bea, name="Packshot script")
    tokens.revoke_token(access_token)
    assert refused(plain)


def test_an_expired_token_is_refused_and_one_that_expires_later_is_not(bea: User) -> None:
    _, past = tokens.create_token(owner=bea, name="past", expires_at=ago(seconds=1))
    _, future = tokens.create_token(owner=bea, name="future", expires_at=ago(hours=-1))
    assert refused(past)
    assert tokens.find_token(future)


def test_a_token_of_a_switched_off_person_is_refused_until_they_are_back(ada: User, bea: User) -> None:
    _, plain = tokens.create_token(owner=bea, name="Packshot script")
    people.set_active(bea, is_active=False)
    assert refused(plain)
    people.set_active(bea, is_active=True)
    assert tokens.find_token(plain)


def test_the_refusal_tells_nothing_but_the_way_on(bea: User) -> None:
    _, expired = tokens.create_token(owner=bea, name="past", expires_at=ago(seconds=1))
    sentences = set()
    for plain in (expired, "ps_unknown", expired[: tokens.PREFIX_LENGTH]):
        with pytest.raises(tokens.TokenRefused) as refusal:
            tokens.find_token(plain)
        sentences.add(str(refusal.value))
    assert len(sentences) == 1
    assert "You → Access tokens" in sentences.pop()


# Counting ----------------------------------------------------------------------------------------------------------


def at(monkeypatch: pytest.MonkeyPatch, second: int) -> None:
    """The clock of the count stands at this second after the full minute."""
    monkeypatch.setattr(tokens, "time", SimpleNamespace(time=lambda: 60_000_000.0 + second))


def test_the_limit_of_a_minute_holds_and_says_how_long_to_wait(bea: User, monkeypatch: pytest.MonkeyPatch) -> None:
    access_token = make(bea, requests_per_minute=2)
    at(monkeypatch, 15)
    for _ in range(2):
        tokens.count_request(access_token)
    with pytest.raises(tokens.TooManyOfToken, match=r"2 requests a minute. Wait 45 s") as refusal:
        tokens.count_request(access_token)
    assert refusal.value.retry_after == 45
    access_token.refresh_from_db()
    assert access_token.request_count == 2
    at(monkeypatch, 60)
    tokens.count_request(access_token)
    access_token.refresh_from_db()
    assert (access_token.request_count, access_token.minute_count) == (3, 1)


def test_without_a_limit_every_request_is_counted(bea: User) -> None:
    access_token = make(bea)
    for _ in range(5):
        tokens.count_request(access_token)
    access_token.refresh_from_db()
    assert access_token.request_count == 5
    assert access_token.last_used_at


def test_one_token_does_not_use_up_anothers_minute(bea: User, monkeypatch: pytest.MonkeyPatch) -> None:
    at(monkeypatch, 1)
    first, second = make(bea, requests_per_minute=1), make(bea, requests_per_minute=1)
    tokens.count_request(first)
    tokens.count_request(second)
    with pytest.raises(tokens.TooManyOfToken):
        tokens.count_request(first)


def test_a_token_is_limited_to_its_models(bea: User, flux_kontext: ImageModel) -> None:
    limited = make(bea, model_ids=[FLUX])
    assert tokens.allowed_models(limited) == [flux_kontext]
    assert len(tokens.allowed_models(make(bea))) == ImageModel.objects.offered().count()


# Making one on the page --------------------------------------------------------------------------------------------


def test_a_new_token_is_shown_once_and_never_cached(as_bea: Client, shipped: None) -> None:
    response = create(as_bea)
    page = response.content.decode()
    found = PLAIN.search(page)
    assert found
    assert tokens.find_token(found[0]).name == "Packshot script"
    assert response["Cache-Control"] == "no-store"
    assert f'OPENAI_API_KEY="{found[0]}"' in page
    assert 'OPENAI_BASE_URL="http://testserver/v1"' in page
    assert 'href="http://testserver/v1/docs"' in page
    assert not PLAIN.search(page_of(as_bea))
    assert not PLAIN.search(page_of(as_bea, f"/tokens/{AccessToken.objects.get().pk}/"))


def test_the_address_for_scripts_is_the_public_one_where_there_is_one(
    as_bea: Client, shipped: None, settings: Any
) -> None:
    settings.PUBLIC_URL = "https://studio.example"
    assert "https://studio.example/v1" in page_of(as_bea)


def test_the_lines_to_paste_name_a_model_that_the_token_may_use(as_bea: Client, shipped: None) -> None:
    assert f'model="{FLUX}"' in create(as_bea, models=[FLUX]).content.decode()
    reads = ImageModel.objects.filter(output=ImageModel.Output.TEXT)[0]
    assert "images.generate" not in create(as_bea, models=[reads.full_id]).content.decode()


def test_a_name_is_enough(as_bea: Client, bea: User, shipped: None) -> None:
    create(as_bea, name="  Night renders  ")
    row = AccessToken.objects.get()
    assert (row.owner, row.name, row.model_ids) == (bea, "Night renders", [])
    assert (row.expires_at, row.requests_per_minute) == (None, None)


def test_every_limit_is_kept(as_bea: Client, shipped: None) -> None:
    chosen = [FLUX, "routellm/flux_pro"]
    create(as_bea, scope="chosen", models=chosen, expires="30", requests_per_minute="12")
    row = AccessToken.objects.get()
    assert (row.model_ids, row.requests_per_minute) == (chosen, 12)
    assert row.expires_at
    assert timedelta(days=29) < row.expires_at - timezone.now() <= timedelta(days=30)
    page = page_of(as_bea)
    assert "12 requests a minute" in page
    assert "routellm/flux_kontext, routellm/flux_pro" in page


@pytest.mark.parametrize(("expires", "days"), [("30", 30), ("90", 90), ("365", 365), ("never", None)])
def test_a_ready_expiry_counts_from_now(as_bea: Client, shipped: None, expires: str, days: int | None) -> None:
    create(as_bea, expires=expires, expires_on="not a day")
    expires_at = AccessToken.objects.get().expires_at
    left = expires_at and round((expires_at - timezone.now()) / timedelta(days=1))
    assert left == days


def test_a_token_works_to_the_end_of_its_last_day_in_the_readers_zone(as_bea: Client, shipped: None) -> None:
    as_bea.cookies["timezone"] = "Pacific/Kiritimati"
    day = timezone.localdate() + timedelta(days=5)
    create(as_bea, expires="date", expires_on=day.isoformat())
    expires_at = AccessToken.objects.get().expires_at
    assert expires_at
    assert expires_at.isoformat() == f"{day.isoformat()}T09:59:59+00:00"


def test_models_are_ignored_where_every_model_is_allowed(as_bea: Client, shipped: None) -> None:
    create(as_bea, scope="every", models=[FLUX, MISSING])
    assert AccessToken.objects.get().model_ids == []


REFUSED = [
    ({"name": "  "}, "name", "Give the token a name"),
    ({"name": "x" * 61}, "name", "at most 60"),
    ({"models": [FLUX, MISSING]}, "models", "“routellm/nothing” is not offered"),
    ({"scope": "chosen"}, "models", "Choose at least one model"),
    ({"scope": "some"}, "scope", "not one of the available choices"),
    ({"expires": "date"}, "expires_on", "Choose a day."),
    ({"expires": "date", "expires_on": "soon"}, "expires_on", "Write the day as 2027-03-31."),
    ({"expires": "date", "expires_on": "2001-01-01"}, "expires_on", "This day is past."),
    ({"expires": "date", "expires_on": "9999-12-31"}, "expires_on", "within the next ten years"),
    ({"expires": "7"}, "expires", "not one of the available choices"),
    ({"requests_per_minute": "0"}, "requests_per_minute", "at least one request"),
    ({"requests_per_minute": "many"}, "requests_per_minute", "a whole number"),
    ({"requests_per_minute": "9" * 12}, "requests_per_minute", "a smaller number"),
]


@pytest.mark.parametrize(("typed", "field", "sentence"), REFUSED)
def test_what_cannot_be_taken_is_said_beside_its_field(
    as_bea: Client, shipped: None, typed: dict[str, Any], field: str, sentence: str
) -> None:
    response = create(as_bea, **typed)
    assert response.status_code == 422
    assert sentence in " ".join(response.context["form"].errors[field])
    assert "field-error" in response.content.decode()
    assert not AccessToken.objects.exists()


def test_nothing_typed_is_lost(as_bea: Client, shipped: None) -> None:
    typed = {"name": "Nächte & <b>", "scope": "chosen", "models": [FLUX], "requests_per_minute": "x1"}
    page = create(as_bea, expires="date", expires_on="2001-01-01", **typed).content.decode()
    for kept in (
        'value="Nächte &amp; &lt;b&gt;"',
        'value="x1"',
        'value="2001-01-01"',
        'name="expires" value="date" checked',
        'name="scope" value="chosen" checked',
        f'value="{FLUX}" checked',
    ):
        assert kept in page


# The list, changing, revoking --------------------------------------------------------------------------------------


def run(access_token: AccessToken, image_model: ImageModel, **fields: Any) -> None:
    generation = factories.create_generation(access_token.owner, image_model)
    Generation.objects.filter(pk=generation.pk).update(access_token=access_token, **{"status": "succeeded"} | fields)


def test_the_list_says_what_a_token_was_used_for(as_bea: Client, bea: User, flux_kontext: ImageModel) -> None:
    access_token = make(bea)
    assert "none yet" in page_of(as_bea)
    tokens.count_request(access_token)
    for cost in ("0.04", "0.0021"):
        run(access_token, flux_kontext, cost=Decimal(cost), cost_unit="usd")
    run(access_token, flux_kontext, cost=Decimal(1200), cost_unit="points")
    run(access_token, flux_kontext)
    page = page_of(as_bea)
    for shown in ("just now", "<dd>1</dd>", "<dd>$0.0421</dd>", "<dd>1200 points</dd>", "<dd>unknown for 1</dd>"):
        assert shown in page


@pytest.mark.parametrize(
    ("fields", "words"),
    [
        ({}, ["unknown for 1"]),
        ({"cost": Decimal(0), "cost_unit": "usd"}, ["$0"]),
        ({"cost": Decimal("0.5"), "cost_unit": "usd", "is_simulated": True}, ["1 simulated"]),
        ({"status": "running"}, []),
        ({"status": "failed", "error_kind": "key_refused"}, []),
        ({"status": "failed", "error_kind": "timed_out"}, ["unknown for 1"]),
        ({"status": "failed", "error_kind": "no_image", "cost": Decimal(2), "cost_unit": "points"}, ["2 points"]),
    ],
)
def test_an_untold_cost_is_unknown_and_never_nothing(
    bea: User, flux_kontext: ImageModel, fields: dict[str, Any], words: list[str]
) -> None:
    access_token = make(bea)
    run(access_token, flux_kontext, **fields)
    assert AccessToken.objects.costs_of([access_token])[access_token.pk].words == words


def test_the_page_asks_the_database_as_often_for_ten_tokens_as_for_one(
    as_bea: Client, bea: User, flux_kontext: ImageModel, django_assert_max_num_queries: Any
) -> None:
    for number in range(10):
        run(make(bea, f"Script {number}"), flux_kontext)
    with django_assert_max_num_queries(8):
        page_of(as_bea)


def test_nobody_else_sees_or_touches_a_token(as_bea: Client, as_ada: Client, as_chi: Client, bea: User) -> None:
    access_token = make(bea, "Secret project")
    assert "Secret project" in page_of(as_bea)
    for client in (as_chi, as_ada):
        assert "Secret project" not in page_of(client)
        assert client.get(f"/tokens/{access_token.pk}/").status_code == 404
        assert client.post(f"/tokens/{access_token.pk}/", {"name": "Mine"}).status_code == 404
        assert client.post(f"/tokens/{access_token.pk}/revoke/").status_code == 404
    access_token.refresh_from_db()
    assert (access_token.name, access_token.revoked_at) == ("Secret project", None)


def test_revoking_is_asked_first_and_ends_the_token_at_once(as_bea: Client, bea: User) -> None:
    access_token, plain = tokens.create_token(owner=bea, name="Packshot script")
    path = f"/tokens/{access_token.pk}/revoke/"
    page = page_of(as_bea)
    assert re.search(rf'<div class="[^"]*" id="revoke-{access_token.pk}" popover>.*?action="{path}"', page, re.DOTALL)
    assert as_bea.get(path).status_code == 405
    assert "no longer works" in as_bea.post(path, follow=True).content.decode()
    assert refused(plain)
    page = page_of(as_bea)
    assert "revoked" in page
    assert path not in page


def test_the_day_of_a_revocation_stays(as_bea: Client, bea: User) -> None:
    access_token = make(bea)
    AccessToken.objects.filter(pk=access_token.pk).update(revoked_at=ago(days=3))
    as_bea.post(f"/tokens/{access_token.pk}/revoke/")
    access_token.refresh_from_db()
    assert access_token.revoked_at
    assert access_token.revoked_at < ago(days=2)


def test_an_expired_token_is_marked_and_can_be_prolonged(as_bea: Client, bea: User, shipped: None) -> None:
    access_token, plain = tokens.create_token(owner=bea, name="Packshot script", expires_at=ago(days=2))
    assert "expired" in page_of(as_bea)
    as_bea.post(f"/tokens/{access_token.pk}/", {"name": "Packshot script", "expires": "30"})
    assert tokens.find_token(plain) == access_token


def test_name_and_limits_change_and_the_token_stays(as_bea: Client, bea: User, shipped: None) -> None:
    access_token, plain = tokens.create_token(owner=bea, name="Packshot script")
    typed = {"name": "Catalogue", "scope": "chosen", "models": [FLUX], "expires": "90", "requests_per_minute": "3"}
    forged = {"owner": "1", "token_hash": "0" * 64, "prefix": "ps_00000000", "request_count": "0"}
    assert as_bea.post(f"/tokens/{access_token.pk}/", typed | forged)["Location"] == "/tokens/"
    found = tokens.find_token(plain)
    assert (found.owner, found.name, found.model_ids, found.requests_per_minute) == (bea, "Catalogue", [FLUX], 3)
    assert found.expires_at


def test_a_page_saved_as_it_stands_changes_nothing(as_bea: Client, bea: User, shipped: None) -> None:
    expires_at = ago(days=-20).replace(microsecond=0)
    limits: dict[str, Any] = {"model_ids": [FLUX, MISSING], "expires_at": expires_at, "requests_per_minute": 7}
    access_token = make(bea, **limits)
    page = page_of(as_bea, f"/tokens/{access_token.pk}/")
    form = as_bea.get(f"/tokens/{access_token.pk}/").context["form"]
    typed = {name: form[name].value() for name in form.fields}
    assert f'value="{MISSING}" checked' in page
    assert f'value="{typed["expires_on"].isoformat()}"' in page
    as_bea.post(f"/tokens/{access_token.pk}/", typed)
    access_token.refresh_from_db()
    assert {name: getattr(access_token, name) for name in limits} == limits


def test_a_limit_to_a_model_that_is_gone_does_not_open_every_model(as_bea: Client, bea: User, shipped: None) -> None:
    access_token = make(bea, model_ids=[MISSING])
    typed = {"name": "Packshot script", "scope": "chosen"}
    assert as_bea.post(f"/tokens/{access_token.pk}/", typed).status_code == 422
    as_bea.post(f"/tokens/{access_token.pk}/", typed | {"models": [MISSING]})
    access_token.refresh_from_db()
    assert access_token.model_ids == [MISSING]
    assert tokens.allowed_models(access_token) == []


@pytest.mark.parametrize(("typed", "field", "sentence"), REFUSED)
def test_a_change_that_cannot_be_taken_is_said_beside_its_field(
    as_bea: Client, bea: User, shipped: None, typed: dict[str, Any], field: str, sentence: str
) -> None:
    access_token = make(bea)
    response = as_bea.post(f"/tokens/{access_token.pk}/", {"name": "Other"} | typed)
    assert response.status_code == 422
    assert sentence in " ".join(response.context["form"].errors[field])
    access_token.refresh_from_db()
    assert access_token.name == "Packshot script"


def test_a_revoked_token_is_not_changed(as_bea: Client, bea: User, shipped: None) -> None:
    access_token = make(bea)
    tokens.revoke_token(access_token)
    response = as_bea.post(f"/tokens/{access_token.pk}/", {"name": "Back again"}, follow=True)
    assert "This token is revoked" in response.content.decode()
    access_token.refresh_from_db()
    assert access_token.name == "Packshot script"


def test_every_post_needs_its_own_token_against_forgery(bea: User) -> None:
    access_token = make(bea)
    strict = Client(enforce_csrf_checks=True)
    strict.force_login(bea)
    for path in ("/tokens/create/", f"/tokens/{access_token.pk}/", f"/tokens/{access_token.pk}/revoke/"):
        assert strict.post(path, {"name": "Forged"}).status_code == 403
    assert AccessToken.objects.get().revoked_at is None


def test_the_menu_leads_to_the_page(as_bea: Client, shipped: None) -> None:
    assert 'href="/tokens/"' in page_of(as_bea, "/profile/")


@pytest.mark.parametrize("state", TokenState.values)
def test_every_state_finds_its_own_rows(ada: User, bea: User, chi: User, state: str) -> None:
    make(bea, "usable")
    make(bea, "expired", expires_at=ago(seconds=1))
    tokens.revoke_token(make(bea, "revoked"))
    make(chi, "closed")
    people.set_active(chi, is_active=False)
    (row,) = AccessToken.objects.in_state(state).select_related("owner")
    assert (row.name, row.state) == (state, state)


# The command -------------------------------------------------------------------------------------------------------


def command(*words: str) -> str:
    printed = StringIO()
    call_command("create_token", *words, stdout=printed, stderr=StringIO())
    return printed.getvalue()


def test_the_command_prints_the_token_alone(bea: User) -> None:
    printed = command("bea", "--name", "Packshot script")
    assert PLAIN.fullmatch(printed.removesuffix("\n"))
    found = tokens.find_token(printed.strip())
    assert (found.owner, found.name, found.model_ids, found.expires_at) == (bea, "Packshot script", [], None)


def test_the_command_takes_limits(bea: User, shipped: None) -> None:
    limits = ("--expires-days", "2", "--per-minute", "5", "--model", FLUX, "--model", "routellm/flux_pro")
    found = tokens.find_token(command("bea", "--name", "Packshot script", *limits).strip())
    assert (found.model_ids, found.requests_per_minute) == ([FLUX, "routellm/flux_pro"], 5)
    assert found.expires_at
    assert timedelta(days=1) < found.expires_at - timezone.now() <= timedelta(days=2)


@pytest.mark.parametrize(
    ("words", "sentence"),
    [
        (["nobody", "--name", "x"], "There is nobody with the user name “nobody”."),
        (["chi", "--name", "x"], "The account of “chi” is switched off."),
        (["bea", "--name", " "], "Give the token a name, so that you know it again."),
        (["bea", "--name", "x" * 61], "Ensure this value has at most 60 characters (it has 61)."),
        (["bea", "--name", "x", "--model", MISSING], "“routellm/nothing” is not offered. Choose another model."),
        (["bea", "--name", "x", "--per-minute", "0"], "Allow at least one request, or leave this empty for no limit."),
        (["bea", "--name", "x", "--expires-days", "0"], "--expires-days takes 1 to 3653."),
        (["bea", "--name", "x", "--expires-days", "999999999"], "--expires-days takes 1 to 3653."),
        (["bea"], "Error: the following arguments are required: --name"),
    ],
)
def test_the_command_refuses_in_one_line(ada: User, bea: User, chi: User, words: list[str], sentence: str) -> None:
    people.set_active(chi, is_active=False)
    with pytest.raises(CommandError) as refusal:
        command(*words)
    assert str(refusal.value) == sentence
    assert not AccessToken.objects.exists()
