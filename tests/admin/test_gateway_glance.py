"""A gateway at a glance: what its page and the list show of runs, keys and credit, and what the buttons there do."""

import re
from copy import copy
from datetime import timedelta
from decimal import Decimal
from typing import Any

import pytest
from django.core.cache import cache
from django.test import Client
from django.utils import timezone

from gallery.models import APIKey, Gateway, Generation, ImageModel, KeyUse, User
from gallery.models.days import studio_day
from gallery.services import gateway_tests, gateways
from tests import factories
from tests.admin import pages
from tests.fake_gateway import FakeGateway
from tests.test_several_keys import FIRST, SECOND, add_key, first, second

__all__ = ["first", "second"]


@pytest.fixture(autouse=True)
def untested(db: None) -> None:
    cache.clear()


def glance(client: Client, gateway: Gateway) -> str:
    """The words of the glance on a gateway's page, without its tags."""
    page = client.get(pages.change_page(gateway)).content.decode()
    panel = page.partition('<section class="glance"')[2].partition("</section>")[0]
    return re.sub(r"\s+", " ", re.sub(r"<[^>]+>", " ", panel))


def made(owner: User, hours: float, seconds: float = 12, **fields: Any) -> Generation:
    """A run that took place so many hours ago."""
    image_model = ImageModel.objects.get(gateway__slug="routellm", model_id="flux_kontext")
    generation = factories.create_generation(owner, image_model)
    at = timezone.now() - timedelta(hours=hours)
    fields = {"status": "succeeded", "cost": Decimal(150), "cost_unit": "points"} | fields
    times = {"created_at": at, "started_at": at, "finished_at": at + timedelta(seconds=seconds)}
    Generation.objects.filter(pk=generation.pk).update(**times, **fields)
    return generation


def test_the_figures_of_the_last_hour_and_day(as_ada: Client, routellm: Gateway, bea: User) -> None:
    for hours, seconds in ((0.2, 10), (3, 20), (20, 40), (30, 500)):
        made(bea, hours, seconds)
    made(bea, 0.1, status="failed", error_kind="timed_out", cost=None)
    made(bea, 5, status="failed", error_kind="out_of_credit", cost=None)
    made(bea, 1, is_simulated=True)
    made(bea, 2, status="queued", cost=None)
    words = glance(as_ada, routellm)
    assert "Runs, last day 6 2 in the last hour" in words
    assert "Failed 2 33% of the day’s 1 in the last hour" in words
    assert "Median time 16.0 s" in words
    assert "Spent, last day 450 points" in words
    assert "Took too long 1 last" in words and "Out of credit 1 last" in words
    listed = as_ada.get(pages.list_page("gateway")).content.decode()
    assert "450 points" in listed


def test_private_runs_show_in_sums_alone(as_ada: Client, routellm: Gateway, bea: User) -> None:
    generation = made(bea, 0.1, status="failed", error_kind="timed_out", visibility="private", prompt="a secret chair")
    page = as_ada.get(pages.change_page(routellm)).content.decode()
    assert "Took too long" in page
    assert "secret chair" not in page and f"/generations/{generation.pk}/" not in page


def test_every_hour_has_its_bar_and_failures_stand_out(as_ada: Client, routellm: Gateway, bea: User) -> None:
    made(bea, 0)
    made(bea, 0, status="failed", error_kind="no_image")
    page = as_ada.get(pages.change_page(routellm)).content.decode()
    assert page.count('class="hour-runs"') == 24
    assert page.count('class="hour-errors"') == 1
    assert "2 runs, 1 failed" in page
    assert 'aria-label="2 runs in the last 24 hours, 1 of them failed."' in page


def test_models_are_counted_as_shipped_found_and_offered(as_ada: Client, routellm: Gateway) -> None:
    assert "shipped not looked up yet" in glance(as_ada, routellm)
    ours = ImageModel.objects.filter(gateway=routellm)
    shipped = ours.count()
    ours.update(is_available=False)
    chosen = list(ours.values_list("pk", flat=True)[:3])
    ImageModel.objects.filter(pk__in=chosen).update(is_available=True)
    ImageModel.objects.filter(pk=chosen[0]).update(is_enabled=False)
    Gateway.objects.update(listed_at=timezone.now())
    offered = ours.filter(is_enabled=True).count()
    assert f"Models offered {offered} {shipped} shipped 3 found there" in glance(as_ada, routellm)


def test_each_key_has_its_state_its_use_and_its_limits(as_ada: Client, first: APIKey, second: APIKey) -> None:
    APIKey.objects.filter(pk=first.pk).update(runs_a_day=20, spend_a_month=Decimal(1000))
    KeyUse.objects.create(api_key=first, day=studio_day(), runs=5, spend=Decimal(600), held=Decimal(150))
    now = timezone.now()
    aside = {"set_aside_at": now, "set_aside_as": "out_of_credit", "try_again_at": now + timedelta(minutes=5)}
    APIKey.objects.filter(pk=second.pk).update(**aside, last_error="The account is out of credit.")
    words = glance(as_ada, first.gateway)
    assert words.index("first") < words.index("second")
    assert "Ready" in words and "5 runs today" in words
    assert "5 of 20 runs today" in words and "750 points of 1,000 points this month" in words
    assert "Out of credit since" in words and "tried again" in words and "The account is out of credit." in words
    assert "Works with 1 of 2 keys" in words or "Not tested yet" in words
    KeyUse.objects.update(runs=20)
    assert "At a limit of its own" in glance(as_ada, first.gateway)


def test_the_order_is_changed_with_a_button(
    as_ada: Client, first: APIKey, second: APIKey, fake_gateway: FakeGateway, as_bea: Client
) -> None:
    response = as_ada.post(pages.button(second, "earlier"), {"at_gateway": "1"})
    assert response.headers["Location"] == pages.change_page(first.gateway)
    as_bea.post("/", {"model": "routellm/flux_kontext", "prompt": "a red chair", "mode": "pro"})
    assert fake_gateway.keys_used == [SECOND]


def test_a_key_set_aside_is_used_again_with_a_button(
    as_ada: Client, first: APIKey, second: APIKey, fake_gateway: FakeGateway, as_bea: Client
) -> None:
    form = {"model": "routellm/flux_kontext", "prompt": "a red chair", "mode": "pro"}
    fake_gateway.will_refuse_key(FIRST, 401)
    as_bea.post("/", form)
    fake_gateway.will_take_key(FIRST)
    as_bea.post("/", form)
    assert fake_gateway.keys_used == [FIRST, SECOND, SECOND]
    page = as_ada.post(pages.button(first, "use-again"), {"at_gateway": "1"}, follow=True).content.decode()
    assert "is used again from the next run on" in page
    as_bea.post("/", form)
    assert fake_gateway.keys_used[3:] == [FIRST]


def test_a_test_asks_every_key_and_takes_up_what_works_again(
    as_ada: Client, first: APIKey, second: APIKey, fake_gateway: FakeGateway
) -> None:
    APIKey.objects.filter(pk=first.pk).update(set_aside_at=timezone.now(), set_aside_as="out_of_credit")
    fake_gateway.will_send_text("ok")
    fake_gateway.will_refuse_key(SECOND, 402)
    page = as_ada.post(pages.button(first.gateway, "test"), follow=True).content.decode()
    assert fake_gateway.keys_used == [FIRST, SECOND]
    assert "first ••••••••cdef: The gateway took the key" in page
    assert "second ••••••••cdef: The account at the gateway is out of credit" in page
    told = page.partition('class="messagelist"')[2].partition("</ul>")[0]
    assert told.count("<li") == 1
    assert "1 of 2 keys passed the test. second" in told
    states = dict(APIKey.objects.values_list("pk", "set_aside_as"))
    assert states == {first.pk: "", second.pk: "out_of_credit"}


def test_one_key_is_tested_alone(as_ada: Client, first: APIKey, second: APIKey, fake_gateway: FakeGateway) -> None:
    fake_gateway.will_send_text("ok")
    as_ada.post(pages.button(second, "test"))
    assert fake_gateway.keys_used == [SECOND]


def test_an_address_where_nobody_answers_is_tried_once_and_told(
    as_ada: Client, first: APIKey, second: APIKey, fake_gateway: FakeGateway
) -> None:
    fake_gateway.stop()
    page = as_ada.post(pages.button(first.gateway, "test"), follow=True).content.decode()
    assert (
        page.count("Nobody answers at the gateway’s address") + page.count("Nobody answers at the gateway&#x27;s") >= 1
    )
    assert "Not reachable" in glance(as_ada, first.gateway)
    assert not APIKey.objects.exclude(set_aside_as="").exists()


def test_a_redirect_says_use_that_address_and_the_key_goes_nowhere(
    as_ada: Client, first: APIKey, fake_gateway: FakeGateway
) -> None:
    with FakeGateway() as elsewhere:
        location = f"{elsewhere.origin}/v1/chat/completions"
        fake_gateway.will_send(308, headers={"Location": location})
        page = as_ada.post(pages.button(first.gateway, "test"), follow=True).content.decode()
        assert f"leads on to {elsewhere.base_url}, where the key is never sent" in page
        assert elsewhere.requests == elsewhere.fetches == []


def test_what_is_left_is_read_where_the_gateway_tells_it(
    as_ada: Client, shipped: None, fake_gateway: FakeGateway
) -> None:
    gateway = factories.give_key(Gateway.objects.get(slug="openrouter"), fake_gateway.base_url)
    report = {"data": {"label": "x", "limit": 20, "limit_remaining": 12.5, "usage": 7.5}}
    fake_gateway.will_serve(str(report).replace("'", '"').encode(), path="/v1/key")
    as_ada.post(pages.button(gateway, "test"))
    assert "Credit left $12.50 of $20.00 asked" in glance(as_ada, gateway)
    assert len(fake_gateway.fetches) == 1 and fake_gateway.requests == []


def test_a_look_costs_nothing_and_frees_a_key_that_has_credit_again(
    as_ada: Client, first: APIKey, fake_gateway: FakeGateway
) -> None:
    fake_gateway.will_serve(b'{"credits_granted": 300, "credits_used": 120.5, "plan": "Pro"}', path="/v1/account")
    APIKey.objects.update(set_aside_at=timezone.now(), set_aside_as="out_of_credit")
    gateway_tests.look_at_gateways()
    assert fake_gateway.requests == []
    assert len(fake_gateway.fetches) == 1
    words = glance(as_ada, first.gateway)
    assert "Credit left 17,950 points of 30,000 points" in words
    assert APIKey.objects.usable().exists()
    gateway_tests.look_at_gateways()
    assert len(fake_gateway.fetches) == 1


@pytest.mark.parametrize("status", [401, 403, 404, 500])
def test_a_look_sets_no_key_aside(first: APIKey, fake_gateway: FakeGateway, status: int) -> None:
    fake_gateway.will_serve(b'{"error": "no"}', status=status, path="/v1/account")
    gateway_tests.look_at_gateways()
    first.gateway.refresh_from_db()
    assert first.gateway.is_reachable
    assert APIKey.objects.get().set_aside_at is None


def test_gateways_without_a_key_are_not_looked_at(shipped: None) -> None:
    gateway_tests.look_at_gateways()
    assert not Gateway.objects.exclude(looked_at=None).exists()


@pytest.mark.parametrize("name", ["runs_a_day", "runs_a_month", "spend_a_day", "spend_a_month"])
def test_limits_are_entered_on_the_keys_page(as_ada: Client, first: APIKey, name: str) -> None:
    fields = {"label": "first", "api_key": "", "position": 0, "is_enabled": "on"}
    page = as_ada.get(pages.change_page(first)).content.decode()
    assert f'name="{name}"' in page and "Spend a day (points)" in page
    as_ada.post(pages.change_page(first), fields | {name: "12"})
    first.refresh_from_db()
    assert getattr(first, name) == 12
    refused = as_ada.post(pages.change_page(first), fields | {name: "-1"}).content.decode()
    assert "greater than or equal to" in refused
    as_ada.post(pages.change_page(first), fields)
    first.refresh_from_db()
    assert getattr(first, name) is None


def test_the_list_asks_the_database_the_same_for_any_number_of_runs(
    as_ada: Client, first: APIKey, second: APIKey, bea: User, django_assert_max_num_queries: Any
) -> None:
    for _ in range(5):
        made(bea, 0.1)
    with django_assert_max_num_queries(14):
        as_ada.get(pages.list_page("gateway"))


@pytest.mark.parametrize("word", ["test", "use-again", "earlier"])
def test_nobody_but_an_administrator_presses_a_keys_buttons(
    first: APIKey, second: APIKey, as_bea: Client, fake_gateway: FakeGateway, word: str
) -> None:
    APIKey.objects.update(set_aside_at=timezone.now(), set_aside_as="refused")
    for client, status in ((as_bea, 403), (Client(), 302)):
        assert client.post(pages.button(second, word)).status_code == status
    assert fake_gateway.requests == []
    assert not APIKey.objects.usable().exists()
    assert list(APIKey.objects.order_by("position").values_list("pk", flat=True)) == [first.pk, second.pk]


def test_a_key_for_another_host_waits_and_takes_no_part(
    as_ada: Client, first: APIKey, fake_gateway: FakeGateway, as_bea: Client
) -> None:
    other = add_key(first.gateway, SECOND, -0)
    APIKey.objects.filter(pk=other.pk).update(host="elsewhere.test:443", position=0)
    APIKey.objects.filter(pk=first.pk).update(position=1)
    assert "Waits: saved for another host" in glance(as_ada, first.gateway)
    as_bea.post("/", {"model": "routellm/flux_kontext", "prompt": "a red chair", "mode": "pro"})
    assert fake_gateway.keys_used == [FIRST]
    assert gateways.access_to(first.gateway).api_key == first


def test_a_quiet_gateway_keeps_its_median_beside_a_busy_one(as_ada: Client, routellm: Gateway, bea: User) -> None:
    made(bea, 5, 30)
    busy = ImageModel.objects.filter(gateway__slug="openrouter").first()
    assert busy
    row = factories.create_generation(bea, busy)
    at = timezone.now() - timedelta(hours=1)
    row.status, row.started_at, row.finished_at, row.pk = "succeeded", at, at + timedelta(seconds=5), None
    Generation.objects.bulk_create([copy(row) for _ in range(2000)])
    assert "Median time 30.0 s" in glance(as_ada, routellm)
