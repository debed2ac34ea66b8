"""Words by `chat/completions`: plain chat with its options and its end. Questions about pictures: `test_vision`."""

from typing import Any

import pytest

from gallery.models import Gateway, Generation, User
from tests.endpoint.script import Script, text_part
from tests.fake_gateway import FakeGateway, chunk

pytestmark = pytest.mark.django_db(transaction=True)


def test_plain_chat_is_passed_through_and_kept_as_an_analysis(
    routellm: Gateway, fake_gateway: FakeGateway, script: Script, bea: User
) -> None:
    usage = {"prompt_tokens": 9, "completion_tokens": 4, "total_tokens": 13, "compute_points_used": 0.5}
    choices = [{"index": 0, "message": {"role": "assistant", "content": "Fourteen."}, "finish_reason": "stop"}]
    fake_gateway.will_send(json={"model": "gpt-4o", "choices": choices, "usage": usage})
    messages = [
        {"role": "system", "content": "Answer in one word."},
        {"role": "developer", "content": [text_part("No digits.")]},
        {"role": "user", "content": "7 × 2?"},
        {"role": "assistant", "content": "Which base?"},
        {"role": "user", "content": [text_part("Ten."), text_part("So?")]},
    ]
    answer = script.ask(messages=messages, temperature="0.2", max_tokens=50, stop="\n", user="u-1")
    assert fake_gateway.requests[0].json == {
        "model": "gpt-4o",
        "messages": [
            {"role": "system", "content": "Answer in one word."},
            {"role": "developer", "content": "No digits."},
            {"role": "user", "content": "7 × 2?"},
            {"role": "assistant", "content": "Which base?"},
            {"role": "user", "content": "Ten.\nSo?"},
        ],
        "temperature": 0.2,
        "max_tokens": 50,
        "stop": ["\n"],
    }
    assert answer.message == {"role": "assistant", "content": "Fourteen.", "refusal": None}
    assert answer.json["usage"]["total_tokens"] == 13
    assert answer.json["usage"]["compute_points_used"] == 0.5
    generation = Generation.objects.get()
    assert (generation.kind, generation.status, generation.owner) == ("analysis", "succeeded", bea)
    assert (generation.prompt, generation.answer) == ("Ten.\nSo?", "Fourteen.")
    assert [turn["role"] for turn in generation.conversation] == ["system", "developer", "user", "assistant"]


OPTIONS = [
    {"top_p": 0.5},
    {"max_completion_tokens": 9},
    {"seed": 4711},
    {"presence_penalty": -1.5},
    {"frequency_penalty": 2},
    {"stop": ["a", "b" * 200]},
    {"response_format": {"type": "json_object"}},
    {"temperature": 0},
]


@pytest.mark.parametrize("option", OPTIONS, ids=str)
def test_options_that_clients_know_travel_on(
    option: dict[str, Any], routellm: Gateway, fake_gateway: FakeGateway, script: Script
) -> None:
    fake_gateway.will_send_text("Yes.")
    assert script.ask(**option).warnings == []
    sent = fake_gateway.requests[0].json
    assert {name: value for name, value in sent.items() if name not in ("model", "messages")} == option


BAD_OPTIONS = [
    ({"temperature": 3}, "temperature"),
    ({"temperature": "warm"}, "temperature"),
    ({"top_p": -1}, "top_p"),
    ({"max_tokens": 0}, "max_tokens"),
    ({"seed": 1.5}, "seed"),
    ({"stop": [1]}, "stop"),
    ({"stop": ["x"] * 17}, "stop"),
    ({"stop": ["a\x00b"]}, "stop"),
    ({"stop": "\x00"}, "stop"),
    ({"stop": ["x" * 201]}, "stop"),
    ({"response_format": {"type": "json_schema", "json_schema": {"api_base": "http://x"}}}, "response_format"),
    ({"response_format": "text"}, "response_format"),
    ({"n": 2, "modalities": ["text"]}, "n"),
    ({"modalities": ["audio"]}, "modalities"),
    ({"modalities": "text"}, "modalities"),
    ({"modalities": ["image"], "model": "routellm/route-llm"}, "modalities"),
    ({"stream": "perhaps"}, "stream"),
]


@pytest.mark.parametrize(("option", "param"), BAD_OPTIONS, ids=str)
def test_options_outside_their_range_are_refused_by_name(
    option: dict[str, Any], param: str, routellm: Gateway, fake_gateway: FakeGateway, script: Script
) -> None:
    assert script.ask(**option).refusal == (400, "invalid_request_error", param)
    assert not fake_gateway.requests


def test_a_picture_model_does_not_answer_in_words(shipped: None, script: Script) -> None:
    assert script.chat(modalities=["text"]).refusal == (400, "invalid_request_error", "modalities")


@pytest.mark.parametrize("count", [{}, {"n": 1}, {"n": "1"}], ids=str)
def test_a_model_that_can_do_both_answers_in_words_unless_pictures_are_asked_for(
    count: dict[str, Any], routellm: Gateway, fake_gateway: FakeGateway, script: Script
) -> None:
    fake_gateway.will_send_text("Fourteen.")
    assert script.ask("7 × 2?", **count).message["content"] == "Fourteen."


@pytest.mark.parametrize("reason", ["length", "stop"])
@pytest.mark.parametrize("is_streamed", [False, True], ids=["whole", "stream"])
def test_why_an_answer_in_words_ended_is_told(
    reason: str, is_streamed: bool, routellm: Gateway, fake_gateway: FakeGateway, script: Script
) -> None:
    if is_streamed:
        fake_gateway.will_stream(*[chunk(content="Once upon")] * 300, chunk(finish_reason=reason), b"data: [DONE]\n\n")
        events = script.ask(stream=True).events
        told = [event["choices"][0]["finish_reason"] for event in events if event["choices"]]
        assert told[-1] == reason
    else:
        fake_gateway.will_send_text("Once upon", finish_reason=reason)
        assert script.ask().json["choices"][0]["finish_reason"] == reason


def test_what_is_for_pictures_is_left_out_of_a_question_with_a_word(
    routellm: Gateway, fake_gateway: FakeGateway, script: Script
) -> None:
    fake_gateway.will_send_text("No.")
    answer = script.ask(modalities=["text"], image_config={"aspect_ratio": "16:9"})
    assert "image_config" in answer.warnings[0]
    assert "image_config" not in fake_gateway.requests[0].json
