"""The same thing said in two ways, and what a client may or may not want to be told."""

import pytest

from gallery.models import Gateway, Generation
from tests import factories
from tests.endpoint.script import CHAT, EDITS, FLUX, GENERATIONS, Script, ask
from tests.fake_gateway import FakeGateway

pytestmark = pytest.mark.django_db(transaction=True)


def test_two_different_counts_are_refused_and_nothing_is_paid(
    routellm: Gateway, fake_gateway: FakeGateway, script: Script
) -> None:
    answer = script.chat(n=1, image_config={"num_images": 3})
    assert answer.refusal == (400, "invalid_request_error", "n")
    assert not fake_gateway.requests


def test_the_same_count_twice_is_one(routellm: Gateway, fake_gateway: FakeGateway, script: Script) -> None:
    assert script.chat(n=2, image_config={"num_images": "2"}).status == 200
    assert fake_gateway.requests[0].json["image_config"]["num_images"] == 2


def test_a_size_that_another_setting_overrules_is_named(shipped: None, script: Script) -> None:
    body = {"model": FLUX, "prompt": "x", "size": "1792x1024", "image_config": {"aspect_ratio": "1:1"}}
    assert any("size 1792x1024" in warning for warning in script.post(GENERATIONS, body).json["metadata"]["warnings"])


@pytest.mark.parametrize(
    "fields", [{"image_config": '{"aspect_ratio": "16:9"}'}, {"image_config[aspect_ratio]": "16:9"}]
)
def test_a_form_may_hold_settings(
    fields: dict[str, str], routellm: Gateway, fake_gateway: FakeGateway, script: Script
) -> None:
    answer = script.post_form(EDITS, {"model": FLUX, "prompt": "x", **fields}, [("image", factories.png())])
    assert answer.status == 200
    assert fake_gateway.requests[0].json["image_config"]["aspect_ratio"] == "16:9"


def test_settings_of_a_form_that_are_no_table_are_refused(shipped: None, script: Script) -> None:
    fields = {"model": FLUX, "prompt": "x", "image_config": "16:9"}
    assert script.post_form(EDITS, fields, [("image", factories.png())]).refusal[2] == "image_config"


def test_who_wants_no_usage_chunk_gets_the_usage_with_the_end(shipped: None, script: Script) -> None:
    answer = script.post(CHAT, ask(stream=True, stream_options={"include_usage": False}))
    assert all(event["choices"] for event in answer.events)
    assert answer.events[-1]["usage"]["total_tokens"] >= 0
    assert answer.events[-1]["choices"][0]["finish_reason"] == "stop"


def test_options_of_a_stream_are_a_table(shipped: None, script: Script) -> None:
    assert script.post(CHAT, ask(stream_options=5)).refusal == (400, "invalid_request_error", "stream_options")


def test_an_answer_without_a_named_model_names_the_one_that_was_taken(shipped: None, script: Script) -> None:
    answer = script.post(GENERATIONS, {"prompt": "x"})
    assert answer.json["model"] == Generation.objects.get().full_model_id
