"""`Idempotency-Key`: the same request is one paid call and one answer, whenever it comes again."""

from collections.abc import Callable
from typing import Any

import pytest

from gallery.models import Gateway, Generation, User
from gallery.services import tokens
from tests import factories
from tests.endpoint.script import CHAT, EDITS, FLUX, GENERATIONS, Script, ask, question
from tests.fake_gateway import FakeGateway, image_reply

pytestmark = pytest.mark.django_db(transaction=True)

KEY = {"Idempotency-Key": "order-66"}
IMAGES = {"model": FLUX, "prompt": "a red chair"}


@pytest.mark.parametrize(
    ("path", "content"),
    [(CHAT, ask(n=2)), (CHAT, question()), (GENERATIONS, IMAGES)],
    ids=["picture", "words", "images"],
)
def test_the_same_request_is_one_call_with_one_answer(
    path: str, content: Any, routellm: Gateway, fake_gateway: FakeGateway, script: Script
) -> None:
    if content == question():
        fake_gateway.will_send_text("A chair.")
    first, again = script.post(path, content, **KEY), script.post(path, content, **KEY)
    assert first.status == again.status == 200
    assert first.body == again.body
    same = [{k: v for k, v in answer.headers.items() if k != "x-request-id"} for answer in (first, again)]
    assert same[0] == same[1]
    assert first.headers["x-request-id"] != again.headers["x-request-id"]
    assert len(fake_gateway.requests) == Generation.objects.count() == 1


def test_the_same_request_under_the_other_prefix_is_the_same(
    routellm: Gateway, fake_gateway: FakeGateway, script: Script
) -> None:
    first = script.post(CHAT, ask(), **KEY)
    script.prefix = "/api/v1/"
    assert script.post(CHAT, ask(), **KEY).body == first.body
    assert len(fake_gateway.requests) == 1


@pytest.mark.parametrize(
    ("path", "content"),
    [(CHAT, ask("a blue chair")), (CHAT, ask(n=2)), (f"{CHAT}?images=url", ask()), (GENERATIONS, IMAGES)],
    ids=["prompt", "count", "query", "surface"],
)
def test_another_request_under_the_same_key_is_a_409(
    path: str, content: Any, routellm: Gateway, fake_gateway: FakeGateway, script: Script
) -> None:
    assert script.post(CHAT, ask(), **KEY).status == 200
    answer = script.post(path, content, **KEY)
    assert answer.refusal == (409, "invalid_request_error", None)
    assert answer.headers["x-should-retry"] == "false"
    assert len(fake_gateway.requests) == Generation.objects.count() == 1


def test_two_that_come_at_once_are_one_call(routellm: Gateway, fake_gateway: FakeGateway, script: Script) -> None:
    first, second, other = script.together((CHAT, ask(), KEY), (CHAT, ask(), KEY), (CHAT, ask("a cat"), KEY))
    assert first.status == second.status == 200
    assert first.body == second.body
    assert other.status == 409
    assert len(fake_gateway.requests) == Generation.objects.count() == 1


def test_without_a_key_the_same_request_is_run_again(
    routellm: Gateway, fake_gateway: FakeGateway, script: Script
) -> None:
    first, second = script.together((CHAT, ask(), {}), (CHAT, ask(), {}))
    assert first.json["id"] != second.json["id"]
    assert len(fake_gateway.requests) == 2


def test_keys_of_two_tokens_are_two_keys(
    routellm: Gateway, fake_gateway: FakeGateway, script: Script, limited: Callable[..., Script], chi: User
) -> None:
    scripts = [script, limited(), Script(tokens.create_token(owner=chi, name="Chi's")[1])]
    assert len({other.post(CHAT, ask(), **KEY).json["id"] for other in scripts}) == 3
    assert len(fake_gateway.requests) == 3


def test_a_key_may_come_again_as_a_stream_of_its_own_body_only(
    routellm: Gateway, fake_gateway: FakeGateway, script: Script
) -> None:
    streamed = [script.post(CHAT, ask(stream=True), **KEY) for _ in range(2)]
    assert streamed[0].body == streamed[1].body
    assert script.post(CHAT, ask(), **KEY).status == 409
    assert len(fake_gateway.requests) == 1


def test_a_key_has_an_end(shipped: None, script: Script) -> None:
    assert script.chat().status == 200
    answer = script.post(CHAT, ask(), **{"Idempotency-Key": "k" * 256})
    assert answer.refusal == (400, "invalid_request_error", "Idempotency-Key")
    assert script.post(CHAT, ask(), **{"Idempotency-Key": "k" * 255}).status == 200


def test_what_was_refused_before_the_call_may_come_again_mended(
    routellm: Gateway, fake_gateway: FakeGateway, script: Script
) -> None:
    assert script.post(CHAT, ask(n=99), **KEY).status == 400
    assert script.post(CHAT, ask(n=2), **KEY).status == 200


FAILURES: list[tuple[int, Any]] = [
    (500, {"error": "Oops"}),
    (402, {"error": "No credit"}),
    (400, {"error": "Invalid image config param mode provided"}),
    (400, {"error": {"message": "No.", "code": "content_policy_violation"}}),
    (200, image_reply([], text="I cannot draw.")),
    (200, image_reply([], finish_reason="content_filter")),
]


@pytest.mark.parametrize(("status", "reply"), FAILURES, ids=str)
def test_a_failure_that_may_be_paid_is_told_again_and_not_repeated(
    status: int, reply: Any, routellm: Gateway, fake_gateway: FakeGateway, script: Script
) -> None:
    fake_gateway.will_send(status, json=reply)
    first, again = script.post(CHAT, ask(), **KEY), script.post(CHAT, ask(), **KEY)
    assert first.refusal[:2] == again.refusal[:2]
    assert first.error["metadata"]["error_type"] == again.error["metadata"]["error_type"]
    assert first.headers["x-should-retry"] == again.headers["x-should-retry"] == "false"
    assert len(fake_gateway.requests) == 1


def test_what_surely_did_not_run_is_tried_again_under_its_key(
    routellm: Gateway, fake_gateway: FakeGateway, script: Script
) -> None:
    fake_gateway.will_fail(429, retry_after=1)
    assert script.post(CHAT, ask(), **KEY).status == 429
    again = script.post(CHAT, ask(), **KEY)
    assert again.status == 200
    assert script.post(CHAT, ask(), **KEY).body == again.body
    assert len(fake_gateway.requests) == 2
    assert list(Generation.objects.order_by("pk").values_list("status", flat=True)) == ["failed", "succeeded"]


def test_what_was_answered_is_answered_again_whatever_became_of_its_model(
    routellm: Gateway, fake_gateway: FakeGateway, script: Script
) -> None:
    first = script.post(CHAT, ask(), **KEY)
    routellm.image_models.update(is_enabled=False)
    assert script.post(CHAT, ask(), **KEY).body == first.body
    assert script.post(CHAT, ask()).status == 404
    assert len(fake_gateway.requests) == 1


def test_a_forms_files_are_part_of_what_was_asked(routellm: Gateway, fake_gateway: FakeGateway, script: Script) -> None:
    first, second = factories.png("olive"), factories.png("navy")
    fields = {"model": "routellm/flux_pro_fill", "prompt": "a hat"}
    script.headers |= KEY
    assert script.post_form(EDITS, fields, [("image", first), ("mask", second)]).status == 200
    assert script.post_form(EDITS, fields, [("image", first), ("mask", second)]).status == 200
    assert script.post_form(EDITS, fields, [("image", second), ("mask", first)]).status == 409
    assert len(fake_gateway.requests) == 1


def test_a_part_of_a_form_is_not_taken_for_another(
    routellm: Gateway, fake_gateway: FakeGateway, script: Script
) -> None:
    first, second = factories.png("olive"), factories.png("navy")
    fields = {"model": "routellm/nano_banana", "prompt": "a hat"}
    script.headers |= KEY
    assert script.post_form(EDITS, fields, [("image[]", first), ("image[]", second)]).status == 200
    assert script.post_form(EDITS, fields, [("image", first), ("image[]", second)]).status == 409
