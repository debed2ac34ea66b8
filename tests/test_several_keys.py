"""Several keys of one gateway: which one is used, what sets one aside, and that no run is ever paid for twice."""

from collections.abc import Callable
from datetime import timedelta
from decimal import Decimal
from typing import Any

import pytest
from django.db import IntegrityError, transaction
from django.test import Client
from django.utils import timezone

from gallery import tasks
from gallery.models import APIKey, Gateway, Generation, ImageModel, KeyUse, User
from gallery.services import api_keys, claims, gateways, outcomes, record_looks, runs
from tests import factories
from tests.admin import pages
from tests.fake_gateway import FakeGateway

FIRST = "sk-first-0123456789abcdef"
SECOND = "sk-second-0123456789abcdef"
THIRD = "sk-third-0123456789abcdef"
FORM = {"model": "routellm/flux_kontext", "prompt": "a red chair", "mode": "pro"}
SetAside = APIKey.SetAside


def add_key(gateway: Gateway, secret: str, position: int, **limits: Any) -> APIKey:
    return gateways.save_api_key(
        gateway=gateway,
        secret=secret,
        label=secret.split("-")[1],
        position=position,
        is_enabled=True,
        created_by=None,
        limits=gateways.KeyLimits(**limits),
    )


@pytest.fixture
def first(shipped: None, fake_gateway: FakeGateway) -> APIKey:
    gateway = Gateway.objects.get(slug="routellm")
    gateways.save_base_url(gateway=gateway, address=fake_gateway.base_url)
    gateway.refresh_from_db()
    return add_key(gateway, FIRST, 0)


@pytest.fixture
def second(first: APIKey) -> APIKey:
    return add_key(first.gateway, SECOND, 1)


def submit(client: Client, **changes: Any) -> Generation:
    assert client.post("/", {**FORM, **changes}).status_code == 302
    return Generation.objects.latest("pk")


# Failover ----------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("status", "error", "reason"),
    [
        (402, "You have insufficient credits.", SetAside.OUT_OF_CREDIT),
        (401, {"message": "no"}, SetAside.REFUSED),
        (403, "Invalid API Key", SetAside.REFUSED),
        (429, "Rate limit exceeded.", SetAside.BUSY),
        (403, {"message": "This key may not do that"}, ""),
        (402, {"message": "This request requires more credits, or fewer max_tokens"}, SetAside.OUT_OF_CREDIT),
    ],
)
def test_what_one_key_is_refused_the_next_one_does_with_one_paid_call(
    status: int,
    error: Any,
    reason: str,
    first: APIKey,
    second: APIKey,
    fake_gateway: FakeGateway,
    as_bea: Client,
) -> None:
    fake_gateway.will_refuse_key(FIRST, status, error=error)
    generation = submit(as_bea)
    assert (generation.status, generation.images.count(), generation.cost) == ("succeeded", 1, Decimal(150))
    assert fake_gateway.keys_used == [FIRST, SECOND]
    assert (generation.api_key, generation.api_key_label) == (second, "second ••••••••cdef")
    first.refresh_from_db()
    assert (first.set_aside_as, bool(first.last_error)) == (reason, True)
    submit(as_bea)
    assert fake_gateway.keys_used[2:] == ([SECOND] if reason else [FIRST, SECOND])
    assert FIRST not in str(generation.reply) + str(generation.request)


@pytest.mark.parametrize(
    "fault",
    [
        lambda gateway: gateway.will_fail(500),
        lambda gateway: gateway.will_fail(400, error="Invalid image config param mode provided"),
        lambda gateway: gateway.will_fail(404),
        lambda gateway: gateway.will_send(200, json={"error": {"code": 402, "message": "Insufficient credits"}}),
        lambda gateway: gateway.will_send(200, json={"error": {"code": 401, "message": "No auth"}}),
        lambda gateway: gateway.will_hang_up(),
        lambda gateway: gateway.will_cut(),
        lambda gateway: gateway.will_send_text("I cannot draw."),
        lambda gateway: gateway.will_send(307, headers={"Location": "https://elsewhere.test/v1"}),
    ],
    ids=["500", "400", "404", "402 in a 200", "401 in a 200", "hung up", "cut", "words", "redirect"],
)
def test_an_answer_that_proves_nothing_about_the_key_is_not_tried_with_the_next(
    fault: Callable[[FakeGateway], None],
    first: APIKey,
    second: APIKey,
    fake_gateway: FakeGateway,
    as_bea: Client,
) -> None:
    fault(fake_gateway)
    generation = submit(as_bea)
    assert generation.status == "failed"
    assert fake_gateway.keys_used == [FIRST]
    assert generation.api_key == first
    first.refresh_from_db()
    assert first.set_aside_at is None


def test_a_gateway_that_is_not_there_is_tried_with_one_key_alone(
    first: APIKey, second: APIKey, fake_gateway: FakeGateway, as_bea: Client
) -> None:
    fake_gateway.stop()
    generation = submit(as_bea)
    assert (generation.status, generation.run_after is not None) == ("queued", True)
    assert not APIKey.objects.exclude(set_aside_as="").exists()
    assert not KeyUse.objects.filter(runs__gt=0).exists()


def test_when_no_key_is_left_one_sentence_says_why(
    first: APIKey, second: APIKey, fake_gateway: FakeGateway, as_bea: Client
) -> None:
    fake_gateway.will_refuse_key(FIRST, 402)
    fake_gateway.will_refuse_key(SECOND, 401)
    sentence = (
        "RouteLLM has no API key that works now: one is out of credit and tried again every five minutes, "
        "one is refused. Nothing was sent. An administrator can mend that on RouteLLM’s page."
    )
    for _ in range(2):
        generation = submit(as_bea)
        assert (generation.status, generation.error_kind) == ("failed", "out_of_credit")
        assert generation.error_sentence == sentence
    assert fake_gateway.keys_used == [FIRST, SECOND]


def test_a_key_without_credit_is_tried_again_by_itself_and_serves_on_once_it_works(
    first: APIKey, second: APIKey, fake_gateway: FakeGateway, as_bea: Client
) -> None:
    fake_gateway.will_refuse_key(FIRST, 402)
    submit(as_bea)
    APIKey.objects.filter(pk=first.pk).update(try_again_at=timezone.now() - timedelta(seconds=1))
    submit(as_bea)
    assert fake_gateway.keys_used == [FIRST, SECOND, FIRST, SECOND]
    fake_gateway.will_take_key(FIRST)
    submit(as_bea)
    assert fake_gateway.keys_used[4:] == [SECOND]
    APIKey.objects.filter(pk=first.pk).update(try_again_at=timezone.now() - timedelta(seconds=1))
    submit(as_bea)
    assert fake_gateway.keys_used[5:] == [FIRST]
    first.refresh_from_db()
    assert (first.set_aside_at, first.set_aside_as, first.last_error) == (None, "", "")


def test_a_refused_key_is_not_tried_again_until_a_person_says_so(
    first: APIKey, second: APIKey, fake_gateway: FakeGateway, as_bea: Client
) -> None:
    fake_gateway.will_refuse_key(FIRST, 401)
    submit(as_bea)
    first.refresh_from_db()
    assert (first.set_aside_as, first.try_again_at) == ("refused", None)


def test_a_busy_key_waits_as_long_as_it_was_asked_to_and_its_gateway_does_not(
    first: APIKey, second: APIKey, fake_gateway: FakeGateway, as_bea: Client
) -> None:
    fake_gateway.will_refuse_key(FIRST, 429, headers={"Retry-After": "30"})
    submit(as_bea)
    first.refresh_from_db()
    assert first.try_again_at and first.set_aside_at
    assert first.try_again_at - first.set_aside_at == timedelta(seconds=30)
    first.gateway.refresh_from_db()
    assert first.gateway.paused_until is None


def test_where_every_key_is_busy_the_run_waits_in_line(
    first: APIKey, second: APIKey, fake_gateway: FakeGateway, as_bea: Client
) -> None:
    for secret in (FIRST, SECOND):
        fake_gateway.will_refuse_key(secret, 429, headers={"Retry-After": "30"})
    generation = submit(as_bea)
    assert (generation.status, generation.key_day, generation.key_hold) == ("queued", None, None)
    assert fake_gateway.keys_used == [FIRST, SECOND]
    for secret in (FIRST, SECOND):
        fake_gateway.will_take_key(secret)
    APIKey.objects.update(try_again_at=timezone.now())
    Gateway.objects.update(paused_until=None)
    Generation.objects.update(run_after=None)
    tasks.run_next()
    generation.refresh_from_db()
    assert (generation.status, generation.api_key) == ("succeeded", first)
    assert len(fake_gateway.requests) == 3


def test_a_run_cancelled_before_it_is_sent_takes_up_no_place(
    first: APIKey, second: APIKey, fake_gateway: FakeGateway, bea: User
) -> None:
    worker = claims.register_worker()
    factories.create_generation(bea, ImageModel.objects.get(model_id="flux_kontext"))
    claimed = claims.claim_next(worker)
    assert claimed
    fake_gateway.will_refuse_key(FIRST, 402)
    Generation.objects.update(cancel_requested_at=timezone.now())
    runs.run_claimed(claimed, worker)
    claimed.refresh_from_db()
    assert (claimed.status, claimed.error_sentence) == ("cancelled", "Cancelled. Nothing was charged.")
    assert fake_gateway.requests == []
    assert not KeyUse.objects.filter(runs__gt=0).exists()


def test_a_process_that_died_after_a_refusal_pays_nothing_and_says_so(
    first: APIKey, second: APIKey, fake_gateway: FakeGateway, bea: User
) -> None:
    worker = claims.register_worker()
    factories.create_generation(bea, ImageModel.objects.get(model_id="flux_kontext"))
    claimed = claims.claim_next(worker)
    assert claimed
    fake_gateway.will_refuse_key(FIRST, 402)
    runs.call_gateway(claimed, gateways.access_to(first.gateway))
    assert outcomes.reply_path(claimed).exists()
    Generation.objects.update(lease_expires_at=None)
    runs.end_abandoned(claims.register_worker())
    claimed.refresh_from_db()
    assert (claimed.status, claimed.error_kind) == ("failed", "out_of_credit")
    assert len(fake_gateway.requests) == 1


def test_a_record_keeps_its_keys_name_when_the_key_is_gone(
    first: APIKey, fake_gateway: FakeGateway, as_bea: Client
) -> None:
    generation = submit(as_bea)
    APIKey.objects.all().delete()
    generation.refresh_from_db()
    assert (generation.api_key, generation.api_key_label) == (None, "first ••••••••cdef")


# Keys from the environment -----------------------------------------------------------------------------------------

FROM_THERE = "sk-environment-0123456789abcdef"
CHANGED = "sk-changed-0123456789abcdef"


@pytest.fixture
def from_there(shipped: None, settings: Any) -> None:
    settings.GATEWAY_KEYS = {"routellm": FROM_THERE}


def test_a_key_from_the_environment_goes_first_and_a_saved_one_does_what_it_is_refused(
    from_there: None, first: APIKey, fake_gateway: FakeGateway, as_bea: Client
) -> None:
    generation = submit(as_bea)
    assert (generation.status, generation.api_key_label) == ("succeeded", "ROUTELLM_API_KEY")
    fake_gateway.will_refuse_key(FROM_THERE, 402)
    generation = submit(as_bea)
    assert (generation.status, generation.images.count(), generation.cost) == ("succeeded", 1, Decimal(150))
    assert (generation.api_key, generation.api_key_label) == (first, "first ••••••••cdef")
    assert fake_gateway.keys_used == [FROM_THERE, FROM_THERE, FIRST]
    submit(as_bea)
    assert fake_gateway.keys_used[3:] == [FIRST]
    row = APIKey.objects.get(label="ROUTELLM_API_KEY")
    assert (row.set_aside_as, row.secret, row.last_four) == ("out_of_credit", None, "")
    APIKey.objects.update(try_again_at=timezone.now() - timedelta(seconds=1))
    fake_gateway.will_take_key(FROM_THERE)
    submit(as_bea)
    assert fake_gateway.keys_used[4:] == [FROM_THERE]


def test_another_value_in_the_environment_is_a_new_key_and_the_former_one_comes_back_as_it_was(
    from_there: None, first: APIKey, fake_gateway: FakeGateway, as_bea: Client, settings: Any
) -> None:
    fake_gateway.will_refuse_key(FROM_THERE, 401)
    submit(as_bea)
    settings.GATEWAY_KEYS = {"routellm": CHANGED}
    submit(as_bea)
    settings.GATEWAY_KEYS = {"routellm": FROM_THERE}
    submit(as_bea)
    settings.GATEWAY_KEYS = {}
    submit(as_bea)
    assert fake_gateway.keys_used == [FROM_THERE, FIRST, CHANGED, FIRST, FIRST]


def test_a_key_from_the_environment_that_is_refused_alone_is_told_and_sent_no_more(
    from_there: None, fake_gateway: FakeGateway, as_bea: Client
) -> None:
    gateways.save_base_url(gateway=Gateway.objects.get(slug="routellm"), address=fake_gateway.base_url)
    fake_gateway.will_refuse_key(FROM_THERE, 401)
    sentences = [submit(as_bea).error_sentence for _ in range(2)]
    assert "did not accept the API key" in sentences[0]
    assert sentences[1].startswith("RouteLLM has no API key that works now: it is refused. Nothing was sent.")
    assert fake_gateway.keys_used == [FROM_THERE]


def test_no_saved_key_goes_before_the_one_from_the_environment(
    from_there: None, first: APIKey, second: APIKey, fake_gateway: FakeGateway, as_bea: Client
) -> None:
    submit(as_bea)
    for _ in range(3):
        api_keys.use_earlier(second)
    fake_gateway.will_refuse_key(FROM_THERE, 401)
    submit(as_bea)
    assert fake_gateway.keys_used == [FROM_THERE, FROM_THERE, SECOND]


def test_a_key_from_the_environment_is_seen_tested_and_used_again_but_not_changed_in_the_admin(
    from_there: None, first: APIKey, fake_gateway: FakeGateway, as_bea: Client, as_ada: Client
) -> None:
    fake_gateway.will_refuse_key(FROM_THERE, 401)
    submit(as_bea)
    row = APIKey.objects.get(label="ROUTELLM_API_KEY")
    gateway_page, page = pages.change_page(first.gateway), pages.change_page(row)
    told = as_ada.get(gateway_page).content.decode()
    assert "from the environment, changed there" in told
    assert "Refused since" in told
    assert "Works with 1 of 2 keys" in told
    assert as_ada.post(page, {"label": "mine", "api_key": CHANGED, "position": 5}).status_code == 403
    assert as_ada.post(pages.delete_page(row), {"post": "yes"}).status_code == 403
    assert "In the environment (ROUTELLM_API_KEY)" in as_ada.get(page).content.decode()
    fake_gateway.will_take_key(FROM_THERE)
    as_ada.post(pages.button(row, "use-again"))
    submit(as_bea)
    assert fake_gateway.keys_used == [FROM_THERE, FIRST, FROM_THERE]


def test_a_value_that_stands_in_the_environment_no_more_is_told_of_as_former_and_not_tested(
    from_there: None, first: APIKey, fake_gateway: FakeGateway, as_bea: Client, as_ada: Client, settings: Any
) -> None:
    submit(as_bea)
    row = APIKey.objects.get(label="ROUTELLM_API_KEY")
    assert pages.button(row, "test") in as_ada.get(pages.change_page(row)).content.decode()
    settings.GATEWAY_KEYS = {"routellm": CHANGED}
    page = as_ada.get(pages.change_page(row)).content.decode()
    assert "It was in the environment (ROUTELLM_API_KEY)" in page
    assert pages.button(row, "test") not in page
    told = as_ada.get(pages.change_page(first.gateway)).content.decode()
    assert "was in the environment" in told
    assert "from the environment, changed there" not in told


def test_the_doctor_counts_a_new_key_from_the_environment_and_writes_nothing(from_there: None) -> None:
    Gateway.objects.filter(slug="routellm").update(had_key=True)
    told = " ".join(finding.sentence for finding in record_looks.look_at_the_keys())
    assert "refuses every run" not in told
    assert not APIKey.objects.exists()


def test_a_key_is_kept_here_or_in_the_environment_and_never_both(first: APIKey) -> None:
    both: list[dict[str, Any]] = [{"secret": None}, {"fingerprint": "a1"}]
    for changes in both:
        with pytest.raises(IntegrityError), transaction.atomic():
            APIKey.objects.update(**changes)


def test_the_doctor_names_a_key_from_the_environment_that_is_passed_over(
    from_there: None, first: APIKey, fake_gateway: FakeGateway, as_bea: Client
) -> None:
    fake_gateway.will_refuse_key(FROM_THERE, 401)
    submit(as_bea)
    told = " ".join(finding.sentence for finding in record_looks.look_at_the_keys())
    assert "ROUTELLM_API_KEY of RouteLLM is passed over:" in told
    assert "put another key into the environment" in told
    fake_gateway.will_refuse_key(FIRST, 401)
    submit(as_bea)
    told = " ".join(finding.sentence for finding in record_looks.look_at_the_keys())
    assert "RouteLLM refuses every run: none of its keys is usable." in told


# Limits ------------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("limit", ["runs_a_day", "runs_a_month"])
def test_a_key_at_its_limit_makes_room_for_the_next_and_is_itself_again_later(
    limit: str, first: APIKey, second: APIKey, fake_gateway: FakeGateway, as_bea: Client
) -> None:
    APIKey.objects.filter(pk=first.pk).update(**{limit: 2})
    for _ in range(3):
        assert submit(as_bea).status == "succeeded"
    assert fake_gateway.keys_used == [FIRST, FIRST, SECOND]
    KeyUse.objects.update(day=timezone.now().date() - timedelta(days=40))
    submit(as_bea)
    assert fake_gateway.keys_used[3:] == [FIRST]


def test_what_was_refused_does_not_count(first: APIKey, fake_gateway: FakeGateway, as_bea: Client) -> None:
    APIKey.objects.update(runs_a_day=1)
    fake_gateway.will_fail(400, error="Invalid image config param mode provided")
    assert submit(as_bea).status == "failed"
    assert submit(as_bea).status == "succeeded"
    failed = submit(as_bea)
    assert (failed.status, failed.error_kind) == ("failed", "key_limit")
    assert failed.error_sentence == (
        "RouteLLM has no API key that works now: it is held back by a limit set here. Nothing was sent. "
        "An administrator can mend that on RouteLLM’s page."
    )
    assert len(fake_gateway.requests) == 2


def test_what_may_have_been_charged_counts(first: APIKey, fake_gateway: FakeGateway, as_bea: Client) -> None:
    APIKey.objects.update(runs_a_day=1)
    fake_gateway.will_fail(500)
    submit(as_bea)
    assert submit(as_bea).error_kind == "key_limit"


@pytest.mark.parametrize("limit", ["spend_a_day", "spend_a_month"])
def test_a_limit_of_spend_counts_what_runs_cost(
    limit: str, first: APIKey, fake_gateway: FakeGateway, as_bea: Client
) -> None:
    APIKey.objects.update(**{limit: Decimal(310)})
    outcomes_of_runs = [submit(as_bea).error_kind for _ in range(4)]
    # The first of 150 points was not reckoned; a third would come to 450.
    assert outcomes_of_runs == ["", "", "key_limit", "key_limit"]
    use = KeyUse.objects.get()
    assert (use.runs, use.spend, use.held) == (2, Decimal(300), Decimal(0))


def test_a_run_that_nobody_has_a_price_for_needs_but_some_room(
    first: APIKey, fake_gateway: FakeGateway, as_bea: Client
) -> None:
    ImageModel.objects.update(price=None)
    APIKey.objects.update(spend_a_day=Decimal(100))
    assert [submit(as_bea).error_kind for _ in range(2)] == ["", "key_limit"]


def test_runs_without_a_price_are_told_beside_the_limit_that_does_not_hold_them(
    first: APIKey, fake_gateway: FakeGateway, as_bea: Client, as_ada: Client
) -> None:
    ImageModel.objects.update(price=None)
    first.spend_a_day = Decimal(100)
    first.save(update_fields=["spend_a_day"])
    for _ in range(2):
        fake_gateway.will_send_image(cost=None)
    assert [submit(as_bea).cost for _ in range(2)] == [None, None]
    page = f"/admin/gallery/gateway/{first.gateway_id}/change/"
    assert "2 runs this month ended without a price, and are not in it" in as_ada.get(page).content.decode()
    field = as_ada.get(f"/admin/gallery/apikey/{first.pk}/change/").content.decode()
    assert "counts nothing where its gateway never tells" in field


def test_what_a_price_of_our_own_says_counts_where_the_gateway_tells_nothing(
    first: APIKey, fake_gateway: FakeGateway, as_bea: Client
) -> None:
    ImageModel.objects.update(price=Decimal(80), price_unit="points")
    APIKey.objects.update(spend_a_day=Decimal(200))
    for _ in range(3):
        fake_gateway.will_send_image(cost=None)
    assert [submit(as_bea).error_kind for _ in range(3)] == ["", "", "key_limit"]
    assert KeyUse.objects.get().spend == Decimal(160)


def test_a_price_in_another_unit_is_not_taken_for_the_keys_own(
    first: APIKey, fake_gateway: FakeGateway, as_bea: Client
) -> None:
    ImageModel.objects.update(price=Decimal(150), price_unit="usd")
    APIKey.objects.update(spend_a_day=Decimal(200))
    fake_gateway.will_send_image(cost=None)
    assert submit(as_bea).cost_unit == "usd"
    assert KeyUse.objects.get().spend == 0
