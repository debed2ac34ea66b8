"""Who sets, changes and takes away which budgets, and what is written down of it."""

import pytest
from django.test import Client

from gallery.models import AuditEntry, Budget, Gateway, Group, Membership, User
from gallery.services import tokens
from tests.budgets.books import Limit, words_of


def test_what_is_done_to_budgets_is_written_down(shipped: None, bea: User, as_ada: Client) -> None:
    told = {"scope": "person", "person": bea.pk, "period": "month", "unit": "usd", "stop_at": "10"}
    as_ada.post("/usage/budgets/new/", told)
    budget = Budget.objects.get()
    as_ada.post(f"/usage/budgets/{budget.pk}/", {"stop_at": "12"})
    as_ada.post(f"/usage/budgets/{budget.pk}/remove/")
    as_ada.post(f"/usage/rates/{Gateway.objects.get(slug='routellm').pk}/", {"usd_per_1000_points": "0.5"})
    entries = AuditEntry.objects.filter(act="budget.changed").order_by("id")
    assert [(entry.actor_name, entry.detail.get("what"), entry.detail.get("stop_at")) for entry in entries] == [
        ("Ada Lovelace", "set", "$10.00"),
        ("Ada Lovelace", "changed", "$12.00"),
        ("Ada Lovelace", "taken away", "$12.00"),
        ("Ada Lovelace", None, None),
    ]


def test_administrators_set_change_and_take_away_budgets(
    shipped: None, bea: User, as_ada: Client, as_bea: Client
) -> None:
    told = {"scope": "person", "person": bea.pk, "period": "month", "unit": "usd", "warn_at": "8", "stop_at": "10"}
    assert as_ada.post("/usage/budgets/new/", told).status_code == 302
    assert as_ada.post("/usage/budgets/new/", told).status_code == 422
    budget = Budget.objects.get()
    assert budget.person == bea
    assert (str(budget.warn_at), str(budget.stop_at)) == ("8.000000", "10.000000")
    assert "Bea Arthur" in words_of(as_ada.get("/usage/budgets/"))
    assert "You" in words_of(as_bea.get("/usage/budgets/"))
    assert as_ada.post(f"/usage/budgets/{budget.pk}/", {"warn_at": "", "stop_at": "12"}).status_code == 302
    budget.refresh_from_db()
    assert budget.warn_at is None and budget.stop_at == 12
    assert as_ada.post(f"/usage/budgets/{budget.pk}/remove/").status_code == 302
    assert not Budget.objects.exists()


@pytest.mark.parametrize(
    ("told", "name", "sentence"),
    [
        ({"stop_at": ""}, "stop_at", "Write at least one of the two sums."),
        ({"stop_at": "much"}, "stop_at", "Write a sum like 20 or 2.50, or leave it empty."),
        ({"stop_at": "-1"}, "stop_at", "Write a sum like 20 or 2.50, or leave it empty."),
        ({"warn_at": "11"}, "warn_at", "A warning above the stop would never be seen."),
        ({"scope": "person", "person": ""}, "person", "Choose a person."),
        ({"scope": "gateway", "gateway": "routellm"}, "unit", "RouteLLM charges in points"),
    ],
)
def test_a_budget_that_makes_no_sense_is_refused_beside_its_field(
    shipped: None, as_ada: Client, told: dict[str, str], name: str, sentence: str
) -> None:
    form = {"scope": "total", "period": "month", "unit": "usd", "stop_at": "10", **told}
    if form.get("gateway"):
        form["gateway"] = str(Gateway.objects.get(slug=form["gateway"]).pk)
    response = as_ada.post("/usage/budgets/new/", form)
    assert response.status_code == 422
    assert sentence in " ".join(response.context["form"].errors[name])
    assert not Budget.objects.exists()


def test_a_budget_that_was_changed_meanwhile_is_shown_before_it_is_overwritten(
    limit: Limit, bea: User, as_ada: Client
) -> None:
    budget = limit(bea, stop_at="10")
    path = f"/usage/budgets/{budget.pk}/"
    seen = as_ada.get(path).context["seen"]
    as_ada.post(path, {"stop_at": "5", "seen": seen})
    assert as_ada.post(path, {"stop_at": "x", "seen": seen}).context["seen"] == seen
    response = as_ada.post(path, {"stop_at": "12", "warn_at": "8", "seen": seen})
    assert response.status_code == 409
    assert "it warns at nothing, stops at $5.00 now." in words_of(response)
    assert 'value="12"' in response.content.decode()
    budget.refresh_from_db()
    assert budget.stop_at == 5
    assert as_ada.post(path, {"stop_at": "12", "seen": response.context["seen"]}).status_code == 302


def test_nobody_else_changes_a_budget_or_sees_another_persons(
    shipped: None, limit: Limit, bea: User, chi: User, as_bea: Client, as_chi: Client, client: Client
) -> None:
    budget, total = limit(bea, stop_at="10"), limit(stop_at="100")
    for one, status in ((budget, 404), (total, 403)):
        for path in (f"/usage/budgets/{one.pk}/", f"/usage/budgets/{one.pk}/remove/"):
            assert as_chi.post(path, {"stop_at": "1000"}).status_code == status
    assert as_bea.post(f"/usage/budgets/{budget.pk}/", {"stop_at": "1000"}).status_code == 403
    for scope, about in (("total", {}), ("person", {"person": bea.pk})):
        told = {"scope": scope, "period": "day", "unit": "usd", "stop_at": "1000", **about}
        assert as_bea.post("/usage/budgets/new/", told).status_code == 422
    gateway = Gateway.objects.get(slug="routellm")
    assert as_bea.post(f"/usage/rates/{gateway.pk}/", {"usd_per_1000_points": "1"}).status_code == 403
    assert client.get("/usage/budgets/").status_code == 302
    assert "Bea Arthur" not in words_of(as_chi.get("/usage/budgets/"))
    budget.refresh_from_db()
    assert budget.stop_at == 10 and Budget.objects.count() == 2


def test_people_bound_their_own_tokens_and_no_others(
    shipped: None, bea: User, chi: User, as_bea: Client, as_chi: Client
) -> None:
    mine, _ = tokens.create_token(owner=bea, name="Packshots")
    told = {"scope": "token", "access_token": mine.pk, "period": "day", "unit": "usd", "stop_at": "2"}
    assert as_chi.post("/usage/budgets/new/", told).status_code == 422
    assert as_bea.post("/usage/budgets/new/", told).status_code == 302
    budget = Budget.objects.get()
    assert as_chi.post(f"/usage/budgets/{budget.pk}/", {"stop_at": "3"}).status_code == 404
    assert as_bea.post(f"/usage/budgets/{budget.pk}/", {"stop_at": "3"}).status_code == 302


def test_leads_bound_their_own_groups_and_no_others(
    shipped: None, bea: User, chi: User, as_bea: Client, as_chi: Client, as_ada: Client
) -> None:
    acme, other = (Group.objects.create(name=name, slug=name.lower()) for name in ("Acme", "Other"))
    Membership.objects.create(group=acme, user=bea, is_lead=True)
    Membership.objects.create(group=acme, user=chi)
    told = {"scope": "group", "group": acme.pk, "period": "month", "unit": "usd", "stop_at": "50"}
    assert as_chi.post("/usage/budgets/new/", told).status_code == 422
    assert as_bea.post("/usage/budgets/new/", {**told, "group": other.pk}).status_code == 422
    assert as_bea.post("/usage/budgets/new/", told).status_code == 302
    assert as_ada.post("/usage/budgets/new/", {**told, "group": other.pk}).status_code == 302
    mine, theirs = Budget.objects.get(group=acme), Budget.objects.get(group=other)
    assert as_bea.post(f"/usage/budgets/{mine.pk}/", {"stop_at": "60"}).status_code == 302
    assert as_bea.post(f"/usage/budgets/{theirs.pk}/", {"stop_at": "60"}).status_code == 404
    assert as_chi.post(f"/usage/budgets/{mine.pk}/", {"stop_at": "60"}).status_code == 403
    assert "Acme" in words_of(as_chi.get("/usage/budgets/"))
    assert "Other" not in words_of(as_chi.get("/usage/budgets/"))
