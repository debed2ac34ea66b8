"""Words by `chat/completions`: plain chat, and questions about pictures, with all that travels."""

import base64
import io
import json
from typing import Any

import pytest
from django.test import Client
from PIL import Image as PillowImage

from gallery.models import Gateway, Generation, Image, User
from tests import factories
from tests.endpoint.script import TALKER, Script, picture_part, question, text_part
from tests.fake_gateway import FakeGateway, chunk, data_url

pytestmark = pytest.mark.django_db(transaction=True)


def picture(file_format: str = "PNG", colour: str = "teal") -> bytes:
    buffer = io.BytesIO()
    PillowImage.new("RGB", (32, 24), colour).save(buffer, file_format)
    return buffer.getvalue()


def sent_messages(gateway: FakeGateway) -> list[dict[str, Any]]:
    return list(gateway.requests[-1].json["messages"])


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
    {"stop": ["a", "b"]},
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
    ({"response_format": {"type": "json_schema", "json_schema": {"api_base": "http://x"}}}, "response_format"),
    ({"response_format": "text"}, "response_format"),
    ({"n": 2}, "n"),
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


@pytest.mark.parametrize("file_format", ["PNG", "JPEG", "WEBP", "GIF"])
def test_pictures_of_all_four_formats_are_looked_at(
    file_format: str, routellm: Gateway, fake_gateway: FakeGateway, script: Script, as_chi: Client
) -> None:
    fake_gateway.will_send_text("A teal rectangle.")
    content = picture(file_format)
    # The declared type is a claim only.
    answer = script.ask([text_part("What is this?"), picture_part(data_url(content, "image/png"))])
    assert answer.message["content"] == "A teal rectangle."
    text, sent = sent_messages(fake_gateway)[0]["content"]
    assert text == text_part("What is this?")
    head, _, coded = sent["image_url"]["url"].partition(",")
    kind = file_format.lower()
    assert head == ("data:image/png;base64" if kind == "gif" else f"data:image/{kind};base64")
    if kind != "gif":
        assert base64.b64decode(coded) == content
    generation = Generation.objects.get()
    assert generation.inputs.get().image.source == "uploaded"
    assert "teal rectangle" in as_chi.get(f"/generations/{generation.pk}/").content.decode()


def test_several_pictures_keep_their_order_and_one_alone_needs_no_words(
    routellm: Gateway, fake_gateway: FakeGateway, script: Script
) -> None:
    fake_gateway.will_send_text("Two.")
    fake_gateway.will_send_text("One.")
    first, second = data_url(picture(colour="red")), data_url(picture(colour="blue"))
    script.ask([picture_part(first), text_part("Which is red?"), {"type": "image_url", "image_url": second}])
    parts = sent_messages(fake_gateway)[0]["content"]
    assert [part.get("text") or part["image_url"]["url"] for part in parts] == ["Which is red?", first, second]
    assert script.ask([picture_part(first)]).message["content"] == "One."
    assert sent_messages(fake_gateway)[0]["content"] == [picture_part(first)]


def test_pictures_of_earlier_turns_travel_with_their_turn(
    routellm: Gateway, fake_gateway: FakeGateway, script: Script
) -> None:
    fake_gateway.will_send_text("Both are chairs.")
    mine, made, now = (data_url(picture(colour=colour)) for colour in ("red", "blue", "green"))
    messages = [
        {"role": "user", "content": [text_part("My chair."), picture_part(mine)]},
        {"role": "assistant", "content": "Mine.", "images": [picture_part(made) | {"index": 0, "api_key": "x"}]},
        {"role": "user", "content": [text_part("And this?"), picture_part(now)]},
    ]
    assert script.ask(messages=messages).status == 200
    assert sent_messages(fake_gateway) == [
        {"role": "user", "content": [text_part("My chair."), picture_part(mine)]},
        {"role": "assistant", "content": [text_part("Mine."), picture_part(made)]},
        {"role": "user", "content": [text_part("And this?"), picture_part(now)]},
    ]
    record = json.dumps(list(Generation.objects.values("conversation", "request")), default=str)
    assert made.partition(",")[2] not in record
    assert Image.objects.count() == 3


PICTURES_REFUSED = [
    ("data:image/png;base64,!!!", "broken base64"),
    ("data:image/png;base64,", "Picture 1 cannot be used"),
    ("data:image/png,rawbytes", "must look like data:image/png;base64"),
    ("data:;base64,AAAA", "Picture 1 cannot be used"),
    (data_url(picture()[:50]), "Picture 1 cannot be used"),
    (data_url(b"<svg xmlns='http://www.w3.org/2000/svg' width='9' height='9'/>", "image/svg+xml"), "SVG"),
    ("https://127.0.0.1/x.png", "Picture 1 cannot be used"),
    ("https://localhost/x.png", "Picture 1 cannot be used"),
    ("https://[::1]/x.png", "Picture 1 cannot be used"),
    ("https://10.0.0.7/x.png", "Picture 1 cannot be used"),
    ("https://169.254.169.254/latest/meta-data", "Picture 1 cannot be used"),
    ("http://example.com/x.png", "Picture 1 cannot be used"),
    ("file:///etc/passwd", "Picture 1 cannot be used"),
    ("chair.png", "Picture 1 cannot be used"),
]


@pytest.mark.parametrize(("url", "words"), PICTURES_REFUSED, ids=lambda value: value[:40])
def test_a_picture_that_cannot_be_used_is_named_before_anything_is_paid(
    url: str, words: str, routellm: Gateway, fake_gateway: FakeGateway, script: Script
) -> None:
    answer = script.ask([text_part("What is this?"), picture_part(url)])
    assert answer.refusal == (400, "invalid_request_error", "messages")
    assert words in answer.error["message"]
    assert not fake_gateway.requests
    assert not Generation.objects.exists()


def test_the_gateways_own_private_address_is_no_door_to_its_neighbours(
    routellm: Gateway, fake_gateway: FakeGateway, script: Script
) -> None:
    link = fake_gateway.will_serve(picture())
    assert script.ask([text_part("And this?"), picture_part(link)]).status == 400
    assert not fake_gateway.fetches


@pytest.mark.parametrize(("count", "status"), [(8, 200), (9, 400)])
def test_a_question_takes_eight_pictures(count: int, status: int, shipped: None, script: Script) -> None:
    parts = [picture_part(data_url(picture(colour=f"#{number:02x}4080"))) for number in range(count)]
    assert script.ask([text_part("Which?"), *parts]).status == status


def test_a_conversation_takes_no_more_pictures_than_a_request(shipped: None, script: Script) -> None:
    parts = [picture_part(data_url(picture(colour=f"#{number:02x}8040"))) for number in range(25)]
    earlier = {"role": "user", "content": parts}
    answer = script.ask(messages=[earlier, {"role": "user", "content": "So?"}])
    assert answer.refusal == (400, "invalid_request_error", "messages")


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


def test_the_sandbox_looks_at_the_picture_itself(shipped: None, script: Script) -> None:
    answer = script.post("chat/completions", question([text_part("What?"), picture_part(data_url(picture()))]))
    assert "teal" in answer.message["content"].lower()
    assert (answer.json["provider"], answer.json["model"]) == ("sandbox", TALKER)


def test_a_picture_that_was_sent_can_be_seen_by_who_sees_the_question(
    shipped: None, script: Script, as_chi: Client
) -> None:
    content = [text_part("What?"), picture_part(data_url(factories.png("olive")))]
    script.ask(content, visibility="private")
    assert as_chi.get(f"/images/{Image.objects.get().pk}/").status_code == 404
    script.ask(content)
    assert as_chi.get(f"/images/{Image.objects.get().pk}/").status_code == 200
