"""What a budget says beside the button: it refuses, warns, or tells what is left."""

from decimal import Decimal

import pytest
from django.test import Client

from gallery.models import Gateway, Generation, User
from gallery.services import budget_words
from tests.budgets.books import FORM, HTMX, MODEL, Limit, books, words_of
from tests.fake_gateway import FakeGateway


def test_points_are_left_and_dollars_is(priced: Gateway, limit: Limit, bea: User, as_bea: Client) -> None:
    limit(bea, unit="points", stop_at="250")
    refusal = words_of(as_bea.post("/", FORM | {"num_images": "3"}, **HTMX))
    assert "This costs about 300 points, and 250 points are left of your budget of 250 points for" in refusal


def test_a_run_beyond_the_budget_is_refused_beside_generate_and_nothing_typed_is_lost(
    priced: Gateway, limit: Limit, bea: User, as_bea: Client, fake_gateway: FakeGateway
) -> None:
    limit(bea, stop_at="0.25")
    sentence = "This costs about $0.30, and $0.25 is left of your budget of $0.25 for"
    response = as_bea.post("/", FORM | {"num_images": "3"}, **HTMX)
    assert (response.status_code, response["HX-Retarget"]) == (422, "#run-question")
    assert sentence in words_of(response)
    assert "Ada Lovelace can raise it." in words_of(response)
    plain = as_bea.post("/", FORM | {"num_images": "3", "guidance_scale": "7"})
    assert plain.status_code == 422
    assert sentence in words_of(plain)
    assert "a red chair</textarea>" in plain.content.decode() and 'value="7"' in plain.content.decode()
    assert not fake_gateway.requests
    assert not Generation.objects.exists()
    assert as_bea.post("/", FORM | {"num_images": "2"}).status_code == 302


def test_a_cost_above_the_hold_is_counted_whole_and_nothing_goes_after_it(
    priced: Gateway, limit: Limit, bea: User, as_bea: Client, fake_gateway: FakeGateway
) -> None:
    budget = limit(bea, stop_at="0.5")
    fake_gateway.will_send_image(cost=700)
    as_bea.post("/", FORM)
    assert books(budget) == ("0.7", "0", 0)
    response = as_bea.post("/", FORM)
    assert response.status_code == 422
    assert "Your budget of $0.50 for" in words_of(response) and "is spent." in words_of(response)


def test_points_count_in_dollars_only_by_a_stated_rate(
    routellm: Gateway, limit: Limit, bea: User, as_bea: Client, as_ada: Client
) -> None:
    budget = limit(bea, stop_at="0.01")
    assert as_bea.post("/", FORM).status_code == 302
    assert books(budget) == ("0", "0", 0)
    page = words_of(as_bea.get("/usage/budgets/"))
    assert "Points of RouteLLM are not counted: nobody stated what they cost." in page
    assert as_ada.post(f"/usage/rates/{routellm.pk}/", {"usd_per_1000_points": "0.5"}).status_code == 302
    assert as_bea.post("/", FORM).status_code == 422


def test_a_soft_budget_warns_before_and_lets_everything_run(
    priced: Gateway, limit: Limit, bea: User, as_bea: Client
) -> None:
    limit(bea, warn_at="0.05")
    said = words_of(as_bea.post("/studio/price/", FORM, **HTMX))
    assert "With this, your budget for" in said and "passes $0.05" in said
    assert as_bea.post("/", FORM).status_code == 302
    assert "Your budget for" in words_of(as_bea.get("/")) and "$0.15 of $0.05" in words_of(as_bea.get("/"))


def test_what_is_left_stands_quietly_in_the_foot_of_the_form(
    priced: Gateway, limit: Limit, bea: User, as_bea: Client
) -> None:
    limit(bea, stop_at="0.25")
    said = words_of(as_bea.get("/", {"model": MODEL}))
    assert "$0.25 left of your budget for" in said
    more = words_of(as_bea.post("/studio/price/", FORM | {"num_images": "3"}, **HTMX))
    assert "More than is left of your budget for" in more


@pytest.mark.parametrize(
    ("amount", "words"),
    [
        ("0.039", "$0.039"),
        ("0.0996", "$0.099"),
        ("0.3", "$0.30"),
        ("24.6289", "$24.62"),
        ("0.001", "$0.001"),
        ("0", "$0.00"),
    ],
)
def test_small_sums_are_told_to_a_tenth_of_a_cent(amount: str, words: str) -> None:
    assert budget_words.shortened(Decimal(amount), "usd") == words
