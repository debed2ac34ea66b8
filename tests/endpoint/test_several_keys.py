"""Several keys behind the endpoint: the next one answers in the same call, streams and all, and limits hold in a crowd."""

import threading
from decimal import Decimal
from typing import Any

import pytest
from django.db import connection

from gallery import tasks
from gallery.models import APIKey, Gateway, Generation, ImageModel, KeyUse, User
from gallery.services import claims, runs
from tests import factories
from tests.endpoint.script import CHAT, FLUX, Script, ask, question
from tests.fake_gateway import FakeGateway, chunk
from tests.test_several_keys import FIRST, FROM_THERE, SECOND, first, from_there, second

pytestmark = pytest.mark.django_db(transaction=True)
__all__ = ["first", "from_there", "second"]

CROWD = 50


@pytest.mark.parametrize("status", [401, 402, 429])
@pytest.mark.parametrize("content", [ask(), ask(stream=True)], ids=["whole", "stream"])
def test_the_next_key_answers_in_the_same_call(
    status: int, content: Any, first: APIKey, second: APIKey, fake_gateway: FakeGateway, script: Script
) -> None:
    fake_gateway.will_refuse_key(FIRST, status)
    answer = script.post(CHAT, content)
    assert answer.status == 200
    assert fake_gateway.keys_used == [FIRST, SECOND]
    generation = Generation.objects.get()
    assert (generation.status, generation.api_key_id) == ("succeeded", second.pk)
    assert [(use.api_key_id, use.runs, use.spend) for use in KeyUse.objects.filter(runs=1)] == [
        (second.pk, 1, Decimal(150))
    ]
    script.post(CHAT, content)
    assert fake_gateway.keys_used[2:] == [SECOND]


def test_a_saved_key_answers_where_the_environments_is_refused(
    from_there: None, first: APIKey, fake_gateway: FakeGateway, script: Script
) -> None:
    fake_gateway.will_refuse_key(FROM_THERE, 401)
    assert [script.chat().status for _ in range(2)] == [200, 200]
    assert fake_gateway.keys_used == [FROM_THERE, FIRST, FIRST]
    assert Generation.objects.earliest("pk").api_key == first


def test_words_stream_from_the_key_that_was_taken(
    first: APIKey, second: APIKey, fake_gateway: FakeGateway, script: Script
) -> None:
    fake_gateway.will_refuse_key(FIRST, 402)
    fake_gateway.will_stream(
        chunk(content="A red "), chunk(content="chair."), chunk(finish_reason="stop"), b"data: [DONE]\n\n"
    )
    answer = script.post(CHAT, question(stream=True))
    assert "".join(delta.get("content") or "" for delta in answer.deltas) == "A red chair."
    assert fake_gateway.keys_used == [FIRST, SECOND]


def test_a_stream_that_breaks_off_is_not_begun_again_with_another_key(
    first: APIKey, second: APIKey, fake_gateway: FakeGateway, script: Script
) -> None:
    fake_gateway.will_stream(chunk(content="A red "), {"error": {"code": 402, "message": "Insufficient credits"}})
    script.post(CHAT, question(stream=True))
    assert fake_gateway.keys_used == [FIRST]


def test_a_script_is_told_in_one_sentence_that_no_key_is_left(
    first: APIKey, second: APIKey, fake_gateway: FakeGateway, script: Script
) -> None:
    for secret in (FIRST, SECOND):
        fake_gateway.will_refuse_key(secret, 402)
    for _ in range(2):
        answer = script.chat()
        assert answer.refusal[:2] == (402, "insufficient_quota")
        assert "no API key that works now: 2 are out of credit" in answer.error["message"]
        assert answer.headers["x-should-retry"] == "false"
    assert fake_gateway.keys_used == [FIRST, SECOND]
    assert APIKey.objects.filter(set_aside_as="out_of_credit").count() == 2


def test_a_limit_reached_is_told_to_a_script(first: APIKey, fake_gateway: FakeGateway, script: Script) -> None:
    APIKey.objects.update(runs_a_day=1)
    assert script.chat().status == 200
    assert script.chat().refusal[:2] == (402, "insufficient_quota")
    assert len(fake_gateway.requests) == 1


def test_limits_hold_when_fifty_scripts_call_at_once(
    first: APIKey, second: APIKey, fake_gateway: FakeGateway, script: Script
) -> None:
    Gateway.objects.update(max_running=CROWD)
    APIKey.objects.filter(pk=first.pk).update(runs_a_day=7)
    APIKey.objects.filter(pk=second.pk).update(spend_a_day=150 * 5)
    ImageModel.objects.filter(gateway=first.gateway).update(price=150, price_unit="points")
    answers = script.together(*[(CHAT, ask(f"chair {number}"), {}) for number in range(CROWD)])
    assert sorted(answer.status for answer in answers) == [200] * 12 + [402] * (CROWD - 12)
    assert sorted(fake_gateway.keys_used) == [FIRST] * 7 + [SECOND] * 5
    assert sorted(KeyUse.objects.values_list("runs", "spend", "held")) == [
        (5, Decimal(750), Decimal(0)),
        (7, Decimal(1050), Decimal(0)),
    ]


def test_limits_hold_when_a_worker_runs_fifty_at_once(
    first: APIKey, second: APIKey, fake_gateway: FakeGateway, bea: User, flux: ImageModel
) -> None:
    Gateway.objects.update(max_running=CROWD)
    APIKey.objects.filter(pk=first.pk).update(spend_a_month=150 * 6)
    APIKey.objects.filter(pk=second.pk).update(runs_a_month=9)
    run_crowd(bea, flux)
    assert sorted(fake_gateway.keys_used) == [FIRST] * 6 + [SECOND] * 9
    assert Generation.objects.filter(status="succeeded").count() == 15
    assert Generation.objects.filter(status="failed", error_kind="key_limit").count() == CROWD - 15
    assert not Generation.objects.exclude(key_day=None).exists()


def test_a_crowd_that_meets_an_empty_key_pays_once_each(
    first: APIKey, second: APIKey, fake_gateway: FakeGateway, bea: User, flux: ImageModel
) -> None:
    Gateway.objects.update(max_running=CROWD)
    fake_gateway.will_refuse_key(FIRST, 402)
    run_crowd(bea, flux)
    assert Generation.objects.filter(status="succeeded", api_key=second).count() == CROWD
    assert fake_gateway.keys_used.count(SECOND) == CROWD
    assert KeyUse.objects.get(api_key=second).runs == CROWD
    assert not KeyUse.objects.filter(api_key=first, runs__gt=0).exists()


def test_fifty_scripts_that_meet_an_empty_key_are_each_answered_by_the_next(
    first: APIKey, second: APIKey, fake_gateway: FakeGateway, script: Script
) -> None:
    """On PostgreSQL, calls that begin, change keys and end at once must take their locks in one order."""
    Gateway.objects.update(max_running=8)
    APIKey.objects.update(runs_a_day=1000, spend_a_month=150 * 1000)
    ImageModel.objects.filter(gateway=first.gateway).update(price=150, price_unit="points")
    fake_gateway.will_refuse_key(FIRST, 429, headers={"Retry-After": "1"})
    answers = script.together(*[(CHAT, ask(f"chair {number}"), {}) for number in range(CROWD)])
    assert [answer.status for answer in answers] == [200] * CROWD
    assert fake_gateway.keys_used.count(SECOND) == CROWD
    assert KeyUse.objects.filter(runs__gt=0).values_list("api_key", "runs", "spend", "held").get() == (
        (second.pk, CROWD, Decimal(150 * CROWD), Decimal(0))
    )


@pytest.fixture
def flux(first: APIKey) -> ImageModel:
    ImageModel.objects.filter(gateway=first.gateway).update(price=150, price_unit="points")
    return ImageModel.objects.get(gateway=first.gateway, model_id=FLUX.partition("/")[2])


def run_crowd(owner: User, image_model: ImageModel) -> None:
    """Fifty runs in line, taken from it by ten threads."""
    for number in range(CROWD):
        factories.create_generation(owner, image_model, f"chair {number}")
    worker = claims.register_worker()

    def work() -> None:
        try:
            while runs.run_next(worker):
                pass
        finally:
            connection.close()

    threads = [threading.Thread(target=work) for _ in range(10)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    tasks.run_next()
