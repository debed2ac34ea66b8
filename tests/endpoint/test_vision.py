"""Questions about pictures: formats, places and addresses that are taken, what travels, what is refused before it costs."""

import base64
import io
import json
from typing import Any

import pytest
from django.test import Client
from PIL import Image as PillowImage

from gallery.models import Gateway, Generation, Image
from tests import factories
from tests.endpoint.script import TALKER, Script, picture_part, question, text_part
from tests.fake_gateway import FakeGateway, data_url

pytestmark = pytest.mark.django_db(transaction=True)


def picture(file_format: str = "PNG", colour: str = "teal") -> bytes:
    buffer = io.BytesIO()
    PillowImage.new("RGB", (32, 24), colour).save(buffer, file_format)
    return buffer.getvalue()


def sent_messages(gateway: FakeGateway) -> list[dict[str, Any]]:
    return list(gateway.requests[-1].json["messages"])


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


def broken_lines(content: bytes, width: int = 76, newline: str = "\n") -> str:
    coded = base64.b64encode(content).decode()
    return newline.join(coded[start : start + width] for start in range(0, len(coded), width))


@pytest.mark.parametrize("newline", ["\n", "\r\n", " ", "\t\n"], ids=repr)
def test_base64_may_have_line_breaks(
    newline: str, routellm: Gateway, fake_gateway: FakeGateway, script: Script
) -> None:
    fake_gateway.will_send_text("A chair.")
    content = picture()
    url = f"data:image/png;base64,{newline}{broken_lines(content, newline=newline)}{newline}"
    assert script.ask([text_part("What is this?"), picture_part(url)]).status == 200
    sent = sent_messages(fake_gateway)[0]["content"][1]["image_url"]["url"]
    assert base64.b64decode(sent.partition(",")[2]) == content


PICTURES_REFUSED = [
    ("data:image/png;base64,!!!", "broken base64"),
    ("data:image/png;base64,AAAA\n!AAA", "broken base64"),
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
