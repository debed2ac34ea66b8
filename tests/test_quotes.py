"""The price of a run before it is run, and the question before a dear one."""

import re
from decimal import Decimal
from typing import Any

import pytest
from django.test import Client

from gallery import tasks
from gallery.models import Batch, Gateway, Generation, ImageModel, Snippet, User
from tests import factories
from tests.fake_gateway import FakeGateway

MODEL = "routellm/flux_kontext"
FORM = {"model": MODEL, "previous_model": MODEL, "prompt": "a red chair", "mode": "pro"}
HTMX: Any = {"HTTP_HX_REQUEST": "true"}


def words_of(response: Any) -> str:
    return " ".join(re.sub(r"<[^>]+>", " ", response.content.decode()).split())


def price(client: Client, **changes: Any) -> str:
    response = client.post("/studio/price/", FORM | changes, **HTMX)
    assert response.status_code == 200
    return words_of(response).replace(" : ", " · ")


def has_price(amount: str, unit: str = "usd", model_id: str = "flux_kontext") -> None:
    ImageModel.objects.filter(model_id=model_id).update(price=amount, price_unit=unit)


def add_runs(owner: User, costs: list[str], *, unit: str = "usd", **fields: Any) -> None:
    image_model = ImageModel.objects.select_related("gateway").get(model_id="flux_kontext")
    for cost in costs:
        run = factories.create_generation(owner, image_model, **fields)
        Generation.objects.filter(pk=run.pk).update(status="succeeded", cost=Decimal(cost), cost_unit=unit)


def answer_in(response: Any) -> str:
    found = re.search(r'name="confirmed" value="([^"]+)"', response.content.decode())
    assert found, response.content.decode()
    return found[1]


# The price ---------------------------------------------------------------------------------------------------------


def test_nobody_knows_the_price_of_a_model_that_never_told_one(routellm: Gateway, as_bea: Client) -> None:
    assert price(as_bea) == "Price unknown · no run of this model has told its price yet"


def test_without_a_key_it_costs_nothing(shipped: None, as_bea: Client) -> None:
    assert price(as_bea) == "simulated, costs nothing · no key for RouteLLM yet"


def test_the_price_follows_the_number_of_pictures(routellm: Gateway, as_bea: Client) -> None:
    has_price("0.04")
    assert price(as_bea) == "$0.04 · the price an administrator entered"
    assert price(as_bea, num_images="4") == "$0.16 · 4 × $0.04, the price an administrator entered"


def test_a_price_from_the_gateways_own_list_is_told_as_that(routellm: Gateway, as_bea: Client) -> None:
    factories.give_key(Gateway.objects.get(slug="openrouter"), routellm.base_url)
    row = ImageModel.objects.filter(gateway__slug="openrouter", is_enabled=True).first()
    assert row
    ImageModel.objects.filter(pk=row.pk).update(price="0.04", price_unit="usd", listed={"prices": {"request": "0.04"}})
    chosen = {"model": row.full_id, "previous_model": row.full_id}
    assert price(as_bea, **chosen).endswith("the price OpenRouter lists")
    ImageModel.objects.filter(pk=row.pk).update(price="0.05")
    assert price(as_bea, **chosen).endswith("the price an administrator entered")


def test_the_median_of_runs_with_these_settings_comes_before_the_entered_price(
    routellm: Gateway, as_bea: Client, chi: User
) -> None:
    has_price("0.04")
    add_runs(chi, ["0.05", "0.07", "0.06"], parameters={"mode": "pro"})
    assert price(as_bea, num_images="2") == "$0.12 · 2 × $0.06, median of the last 3 runs with these settings"
    assert price(as_bea, mode="max") == "$0.06 · from the last 3 runs with other settings"


def test_two_runs_with_these_settings_are_not_told_as_others(routellm: Gateway, as_bea: Client, chi: User) -> None:
    add_runs(chi, ["0.05", "0.07"], parameters={"mode": "pro"})
    assert price(as_bea) == "$0.06 · from the last 2 runs with these settings"


def test_runs_from_before_there_was_a_key_tell_no_price(
    shipped: None, fake_gateway: FakeGateway, as_bea: Client, bea: User
) -> None:
    add_runs(bea, ["0"] * 3)
    Generation.objects.update(is_simulated=True)
    factories.give_key(Gateway.objects.get(slug="routellm"), fake_gateway.base_url)
    assert "Price unknown" in price(as_bea)


def test_points_are_told_as_points(routellm: Gateway, as_bea: Client) -> None:
    has_price("150", "points")
    assert price(as_bea, num_images="2") == "300 points · 2 × 150 points, the price an administrator entered"


def test_a_prompt_that_stands_for_many_counts_as_many(routellm: Gateway, as_bea: Client, bea: User) -> None:
    has_price("0.04")
    Snippet.objects.create(kind="list", name="metal", text="gold\nsilver\nbrass", owner=bea)
    assert price(as_bea, prompt="a {red|blue} chair").startswith("$0.08 · 2 prompts × $0.04")
    assert price(as_bea, prompt="a {metal} chair", num_images="2").startswith("$0.24 · 3 prompts × 2 × $0.04")


def test_a_page_that_shows_the_price_already_is_left_alone(routellm: Gateway, as_bea: Client) -> None:
    has_price("0.04")
    shown = {"price_shown": "$0.04 the price an administrator entered"}
    assert as_bea.post("/studio/price/", FORM | shown, **HTMX).status_code == 204
    assert as_bea.post("/studio/price/", FORM | shown | {"num_images": "2"}, **HTMX).status_code == 200


def test_a_setting_outside_the_spec_is_no_error_here(routellm: Gateway, as_bea: Client) -> None:
    has_price("0.04")
    assert price(as_bea, num_images="99", guidance_scale="much").startswith("$0.04")


def test_the_studio_opens_with_its_price(routellm: Gateway, as_bea: Client) -> None:
    has_price("0.04")
    assert "$0.04 : the price an administrator entered" in words_of(as_bea.get("/", {"model": MODEL}))


# The question ------------------------------------------------------------------------------------------------------


@pytest.fixture
def dear(routellm: Gateway, bea: User) -> User:
    """A picture costs $0.04, and Bea is asked above $0.10."""
    has_price("0.04")
    User.objects.filter(pk=bea.pk).update(confirm_usd="0.10")
    return bea


def test_a_run_above_ones_limit_asks_and_does_not_run(dear: User, as_bea: Client, fake_gateway: FakeGateway) -> None:
    response = as_bea.post("/", FORM | {"num_images": "3", "submission": "one"}, **HTMX)
    assert (response.status_code, response["HX-Retarget"]) == (422, "#run-question")
    assert "This costs about $0.12 . Your limit for asking is $0.10." in words_of(response)
    assert not Generation.objects.exists()
    answer = {"num_images": "3", "submission": "one", "confirmed": answer_in(response)}
    assert as_bea.post("/", FORM | answer, **HTMX).status_code == 200
    assert as_bea.post("/", FORM | answer, **HTMX).status_code == 200
    assert Generation.objects.count() == len(fake_gateway.requests) == 1


def test_without_scripts_the_form_comes_back_whole_with_the_question(dear: User, as_bea: Client) -> None:
    response = as_bea.post("/", FORM | {"num_images": "3", "guidance_scale": "7"})
    page = response.content.decode()
    assert response.status_code == 422
    assert "a red chair</textarea>" in page and 'value="7"' in page and "Run for $0.12" in page
    assert as_bea.post("/", FORM | {"num_images": "3", "confirmed": answer_in(response)}).status_code == 302


@pytest.mark.parametrize(
    ("confirmed", "runs"),
    [
        ("usd:0.12", True),
        ("usd:0.50", True),
        ("usd:0.11", False),
        ("points:900", False),
        ("usd:NaN", False),
        ("usd:", False),
        ("yes", False),
    ],
)
def test_a_yes_holds_up_to_the_sum_it_was_said_to(dear: User, as_bea: Client, confirmed: str, runs: bool) -> None:
    response = as_bea.post("/", FORM | {"num_images": "3", "confirmed": confirmed})
    assert response.status_code == (302 if runs else 422)


def test_what_is_within_the_limit_runs_at_once(dear: User, as_bea: Client) -> None:
    assert as_bea.post("/", FORM | {"num_images": "2"}).status_code == 302


def test_the_lower_of_two_limits_asks(dear: User, as_bea: Client, as_chi: Client) -> None:
    has_price("20", "points")
    User.objects.filter(pk=dear.pk).update(confirm_points=50)
    Gateway.objects.filter(slug="routellm").update(confirm_above=30)
    assert "RouteLLM’s limit for asking is 30 points." in words_of(as_bea.post("/", FORM | {"num_images": "3"}))
    assert as_chi.post("/", FORM | {"num_images": "2"}).status_code == 422
    Gateway.objects.filter(slug="routellm").update(confirm_above=55)
    assert "Your limit for asking is 50 points." in words_of(as_bea.post("/", FORM | {"num_images": "3"}))


def test_a_gateways_limit_is_in_its_own_unit_alone(dear: User, as_chi: Client) -> None:
    Gateway.objects.filter(slug="routellm").update(confirm_above="0.05")
    assert as_chi.post("/", FORM | {"num_images": "3"}).status_code == 302


def test_a_limit_in_dollars_says_nothing_about_points(dear: User, as_bea: Client) -> None:
    has_price("150", "points")
    assert as_bea.post("/", FORM).status_code == 302
    User.objects.update(confirm_points=100)
    assert "Run for 150 points" in words_of(as_bea.post("/", FORM))


def test_a_run_of_unknown_price_and_simulated_ones_are_not_asked_about(shipped: None, as_bea: Client) -> None:
    User.objects.update(confirm_usd=0, confirm_points=0)
    assert as_bea.post("/", FORM).status_code == 302
    assert as_bea.post("/batches/new/", FORM | seeds(11)).status_code == 302
    Gateway.objects.update(had_key=True)
    assert as_bea.post("/", FORM).status_code == 302


def seeds(count: int) -> dict[str, Any]:
    return {"models": [MODEL], "axis": "seed", "axis_values": f"1..{count}"}


def test_many_runs_whose_price_nobody_knows_are_asked_about_unless_a_stop_holds_them(
    routellm: Gateway, fake_gateway: FakeGateway, as_bea: Client
) -> None:
    tasks.queue.immediate = False
    asked = as_bea.post("/batches/new/", FORM | seeds(11))
    page = words_of(asked)
    assert asked.status_code == 422 and "Nobody knows what these 11 runs cost." in page
    assert "asked about only where more than ten such runs go together" in words_of(as_bea.get("/profile/"))
    assert "Run without a stop Set a stop" in page and 'href="#spend-limit"' in asked.content.decode()
    fewer = {"confirmed": "unpriced:10"}
    assert as_bea.post("/batches/new/", FORM | seeds(11) | fewer).status_code == 422
    assert not Batch.objects.exists()
    stop = {"spend_limit": "300", "spend_unit": "points"}
    for posted in (seeds(11) | {"confirmed": answer_in(asked)}, seeds(12) | stop, seeds(10)):
        assert as_bea.post("/batches/new/", FORM | posted).status_code == 302
    held = Batch.objects.get(spend_limit=300)
    lifted = as_bea.post(f"/batches/{held.pk}/limit/", {"spend_limit": "", "spend_unit": "points"})
    assert lifted.status_code == 422 and "Nobody knows what these 11 runs cost." in words_of(lifted)


def test_some_of_many_without_a_price_are_told_from_the_others(routellm: Gateway, as_bea: Client) -> None:
    has_price("10", "points")
    both = {"models": [MODEL, "routellm/flux_pro"]}
    asked = words_of(as_bea.post("/batches/new/", FORM | seeds(11) | both))
    assert "Nobody knows what 11 of these 22 runs cost. The others cost about 110 points ." in asked


def test_no_stop_is_offered_where_none_holds_all(routellm: Gateway, as_bea: Client) -> None:
    """Models charged in points and in dollars."""
    other = ImageModel.objects.filter(gateway__slug="openrouter", is_enabled=True).first()
    assert other
    factories.give_key(other.gateway, routellm.base_url)
    many = {"models": [MODEL, other.full_id], "prompt": "a {1..6} chairs"}
    asked = as_bea.post("/batches/new/", FORM | many)
    page = words_of(asked)
    assert "Nobody knows what these 12 runs cost. They are charged in dollars and in points" in page
    assert "Set a stop" not in page


def test_words_that_stand_for_many_runs_of_unknown_price_ask_in_the_studio(routellm: Gateway, as_bea: Client) -> None:
    many = FORM | {"prompt": "{1..12} chairs", "prompts_shown": "12"}
    asked = as_bea.post("/", many, **HTMX)
    assert asked.status_code == 422 and "Nobody knows what these 12 runs cost." in words_of(asked)
    assert 'formaction="/matrix/"' in asked.content.decode() and not Batch.objects.exists()
    assert as_bea.post("/", many | {"confirmed": answer_in(asked)}, **HTMX).status_code == 200
    assert Batch.objects.get().generations.count() == 12


def test_a_comparison_above_the_limit_asks_once_for_all(dear: User, as_bea: Client) -> None:
    has_price("0.04", model_id="flux_pro")
    has_price("0.04", model_id="flux_pro_ultra")
    models = [MODEL, "routellm/flux_pro", "routellm/flux_pro_ultra"]
    response = as_bea.post("/batches/new/", FORM | {"models": models, "submission": "two"})
    assert response.status_code == 422
    assert "This costs about $0.12 ." in words_of(response) and "Run 3 models" in words_of(response)
    assert not Batch.objects.exists()
    answer = {"models": models, "submission": "two", "confirmed": answer_in(response)}
    assert as_bea.post("/batches/new/", FORM | answer).status_code == 302
    assert Batch.objects.count() == 1


def test_what_has_no_price_is_named_in_the_question(dear: User, as_bea: Client) -> None:
    models = [MODEL, "routellm/flux_pro", "routellm/flux_pro_ultra"]
    response = as_bea.post("/batches/new/", FORM | {"models": models, "num_images": "3"})
    assert "This costs about $0.12 , and 2 of unknown price." in words_of(response)
    assert "Run for $0.12 Not now" in words_of(response)


def test_a_matrix_that_stops_below_the_limit_is_not_asked_about(dear: User, as_bea: Client) -> None:
    has_price("20", "points")
    User.objects.filter(pk=dear.pk).update(confirm_points=50)
    sweep = {"models": MODEL, "axis": "guidance_scale", "axis_values": "1, 2, .., 5"}
    assert "Run for 100 points" in words_of(as_bea.post("/batches/new/", FORM | sweep))
    stop = {"spend_limit": "50", "spend_unit": "points"}
    assert as_bea.post("/batches/new/", FORM | sweep | stop).status_code == 302


def test_running_again_asks_too(dear: User, as_bea: Client, flux_kontext: ImageModel) -> None:
    old = factories.create_generation(dear, flux_kontext, parameters={"num_images": 3})
    response = as_bea.post(f"/generations/{old.pk}/run-again/", {"submission": "three"})
    assert response.status_code == 422 and "Run for $0.12" in words_of(response)
    assert Generation.objects.count() == 1
    answer = {"submission": "three", "confirmed": answer_in(response)}
    assert as_bea.post(f"/generations/{old.pk}/run-again/", answer).status_code == 302
    assert Generation.objects.count() == 2


# What was stopped, and what failed -----------------------------------------------------------------------------------

SIX = {"models": [MODEL], "axis": "seed", "axis_values": "1, 2, .., 6"}
ASKED = "This costs about 40 points . RouteLLM’s limit for asking is 30 points."


def create_six(client: Client, **changes: Any) -> Batch:
    assert client.post("/batches/new/", FORM | SIX | changes).status_code == 302
    return Batch.objects.get()


@pytest.mark.parametrize("told", [True, False], ids=["price entered", "price learnt from its runs"])
def test_lifting_a_stop_asks_about_what_was_held_back(
    routellm: Gateway, fake_gateway: FakeGateway, as_bea: Client, told: bool
) -> None:
    if told:
        has_price("10", "points")
    Gateway.objects.filter(slug="routellm").update(confirm_above=30)
    for _ in range(6):
        fake_gateway.will_send_image(cost=10)
    batch = create_six(as_bea, spend_limit="20", spend_unit="points")
    assert len(fake_gateway.requests) == 2
    lifted = as_bea.post(f"/batches/{batch.pk}/limit/", {"spend_limit": "", "spend_unit": "points"})
    assert lifted.status_code == 422 and ASKED in words_of(lifted)
    assert as_bea.post(f"/batches/{batch.pk}/limit/", {"spend_limit": "35", "spend_unit": "points"}).status_code == 422
    assert Batch.objects.filter(spend_limit=20, state="spent").exists() and len(fake_gateway.requests) == 2
    answer = {"spend_limit": "", "spend_unit": "points", "confirmed": answer_in(lifted)}
    assert as_bea.post(f"/batches/{batch.pk}/limit/", answer).status_code == 302
    assert len(fake_gateway.requests) == 6


def test_a_stop_raised_within_the_limit_is_not_asked_about(
    routellm: Gateway, fake_gateway: FakeGateway, as_bea: Client
) -> None:
    has_price("10", "points")
    Gateway.objects.filter(slug="routellm").update(confirm_above=30)
    for _ in range(6):
        fake_gateway.will_send_image(cost=10)
    batch = create_six(as_bea, spend_limit="20", spend_unit="points")
    assert as_bea.post(f"/batches/{batch.pk}/limit/", {"spend_limit": "30", "spend_unit": "points"}).status_code == 302
    assert len(fake_gateway.requests) == 3


def test_running_what_failed_of_a_batch_again_asks_too(
    routellm: Gateway, fake_gateway: FakeGateway, as_bea: Client
) -> None:
    has_price("10", "points")
    for _ in range(6):
        fake_gateway.will_fail(400)
    batch = create_six(as_bea)
    Gateway.objects.filter(slug="routellm").update(confirm_above=30)
    page = f"/batches/{batch.pk}/"
    drawer = f"/queue/batches/{batch.pk}/retry/"
    assert as_bea.post(drawer)["Location"] == page
    assert as_bea.post(drawer, **HTMX)["HX-Redirect"] == page
    assert "asks before they are sent." in words_of(as_bea.get(page))
    response = as_bea.post(f"{page}retry/")
    assert response.status_code == 422 and "Run for 60 points" in words_of(response)
    assert len(fake_gateway.requests) == 6
    one = Generation.objects.earliest("pk")
    assert as_bea.post(f"{page}retry/", {"run": one.pk}).status_code == 302
    assert len(fake_gateway.requests) == 7
    # By then the first one has told what it really cost, which is more.
    assert as_bea.post(f"{page}retry/", {"confirmed": answer_in(response)}).status_code == 422
    dearer = answer_in(as_bea.post(f"{page}retry/"))
    assert as_bea.post(f"{page}retry/", {"confirmed": dearer}).status_code == 302
    assert len(fake_gateway.requests) == 12


# Setting the limits ------------------------------------------------------------------------------------------------


def test_what_failed_is_asked_about_at_the_price_of_today(dear: User, as_bea: Client) -> None:
    has_price("0.10")
    batch = create_six(as_bea, spend_limit="", confirmed="usd:6")
    Generation.objects.filter(batch=batch).update(status="failed", cost=None)
    has_price("2")
    asked = as_bea.post(f"/batches/{batch.pk}/retry/")
    assert (asked.status_code, "$12.00" in words_of(asked)) == (422, True)
    as_bea.post(f"/batches/{batch.pk}/retry/", {"confirmed": answer_in(asked)})
    assert set(Generation.objects.filter(batch=batch, made_from__isnull=False).values_list("quote", flat=True)) == {2}


def test_a_question_to_a_model_is_quoted_from_those_before_it_and_asked_about(
    dear: User, as_bea: Client, chi: User, flux_kontext: ImageModel
) -> None:
    image_model = ImageModel.objects.select_related("gateway").get(model_id="route-llm")
    picture = factories.create_picture(chi, flux_kontext)
    question = {"model": "routellm/route-llm", "prompt": "What is this?", "images_images": picture.pk}
    assert "a question" not in words_of(as_bea.get("/analysis/"))
    for _ in range(2):
        run = factories.create_generation(chi, image_model, "And this?", kind="analysis")
        Generation.objects.filter(pk=run.pk).update(status="succeeded", cost=Decimal("900"), cost_unit="usd")
    assert "$900.00 a question" in words_of(as_bea.get("/analysis/"))
    asked = as_bea.post("/analysis/", question)
    page = asked.content.decode()
    assert asked.status_code == 422 and "What is this?" in page and f'value="{picture.pk}"' in page
    assert not Generation.objects.filter(prompt="What is this?").exists()
    assert as_bea.post("/analysis/", {**question, "confirmed": answer_in(asked)}).status_code == 302
    again = f"/generations/{Generation.objects.get(prompt='What is this?').pk}/run-again/"
    assert as_bea.post(again).status_code == 422


def test_what_a_question_cost_says_nothing_about_a_picture(dear: User, as_bea: Client, chi: User) -> None:
    has_price("0.04")
    add_runs(chi, ["0.001"] * 5, kind="analysis")
    assert price(as_bea) == "$0.04 · the price an administrator entered"


def test_people_set_their_own_limits(as_bea: Client, bea: User) -> None:
    assert as_bea.post("/profile/limits/", {"confirm_usd": "0.5", "confirm_points": ""}).status_code == 302
    bea.refresh_from_db()
    assert (bea.confirm_usd, bea.confirm_points) == (Decimal("0.5"), None)


@pytest.mark.parametrize("typed", ["much", "-1"])
def test_a_limit_that_is_no_sum_is_refused_beside_its_field(as_bea: Client, bea: User, typed: str) -> None:
    response = as_bea.post("/profile/limits/", {"confirm_usd": typed, "confirm_points": "20"})
    page = words_of(response)
    assert response.status_code == 422 and "Write a sum like 0.50, or leave it empty." in page
    bea.refresh_from_db()
    assert bea.confirm_points is None
