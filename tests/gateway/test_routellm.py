"""RouteLLM's dialect: what is sent for an ask, and what is made of everything that has been seen in replies."""

import base64
import json
from collections.abc import Callable
from decimal import Decimal
from typing import Any

import pytest

from gallery.gateway import client, errors
from gallery.gateway.client import Connection
from gallery.gateway.dialects import routellm
from gallery.gateway.messages import Ask, InputPicture, Reply, Result
from tests.fake_gateway import data_url, image_entry, image_reply, make_picture

CONNECTION = Connection(base_url="https://routellm.abacus.ai/v1", api_key="sk-CANARY-12345678", dialect="routellm")
ONE, TWO = make_picture(), make_picture()
FOX = Ask(model_id="flux_pro", prompt="a fox")


def picture(parameter: str, content: bytes = b"abc") -> InputPicture:
    return InputPicture(parameter=parameter, media_type="image/png", content=content)


def parse(body: Any, status: int = 200, headers: dict[str, str] | None = None, **options: Any) -> Result:
    content = body if isinstance(body, bytes) else json.dumps(body).encode()
    return client.parse(CONNECTION, Reply(status=status, headers=headers or {}, body=content), **options)


def refusal(body: Any, status: int = 200, headers: dict[str, str] | None = None) -> errors.GatewayError:
    with pytest.raises(errors.GatewayError) as caught:
        parse(body, status, headers)
    assert caught.value.sentence.endswith((".", "”"))
    return caught.value


def message(**fields: Any) -> dict[str, Any]:
    return {"choices": [{"message": {"role": "assistant", **fields}, "finish_reason": "stop"}]}


def part(content: bytes) -> dict[str, Any]:
    return image_entry(data_url(content))


# What is sent


def test_a_prompt_alone_is_a_plain_string() -> None:
    assert routellm.build(FOX) == {
        "model": "flux_pro",
        "messages": [{"role": "user", "content": "a fox"}],
        "modalities": ["image"],
    }


def test_values_travel_in_image_config_with_their_types() -> None:
    ask = Ask(model_id="m", prompt="p", values={"num_images": 2, "rewrite_prompt": False, "seed": 7, "size": "2x2"})

    assert routellm.build(ask)["image_config"] == {"num_images": 2, "rewrite_prompt": False, "seed": 7, "size": "2x2"}


def test_values_travel_where_their_spec_says() -> None:
    ask = Ask(
        model_id="m",
        prompt="p",
        values={"max_tokens": 9, "local": 1, "size": "2x2", "model": "other"},
        transports={"max_tokens": "top_level", "local": "none", "model": "top_level"},
    )
    payload = routellm.build(ask)

    assert payload["max_tokens"] == 9
    assert payload["image_config"] == {"size": "2x2"}
    assert payload["model"] == "m"


def test_reference_pictures_follow_the_text_in_their_order() -> None:
    ask = Ask(model_id="m", prompt="p", pictures=[picture("character_images", b"abc"), picture("style_images", b"xyz")])

    assert routellm.build(ask)["messages"][0]["content"] == [
        {"type": "text", "text": "p"},
        {"type": "image_url", "image_url": {"url": "data:image/png;base64,YWJj"}},
        {"type": "image_url", "image_url": {"url": "data:image/png;base64,eHl6"}},
    ]


def test_a_reference_may_travel_in_image_config_alone_or_as_a_list() -> None:
    ask = Ask(
        model_id="m",
        prompt="p",
        pictures=[picture("control_image"), picture("style_images"), picture("style_images")],
        transports={"control_image": "image_config", "style_images": "image_config"},
    )
    payload = routellm.build(ask)

    url = "data:image/png;base64,YWJj"
    assert payload["messages"][0]["content"] == "p"
    assert payload["image_config"] == {"control_image": url, "style_images": [url, url]}


def test_an_analysis_asks_for_no_picture() -> None:
    assert "modalities" not in routellm.build(Ask(model_id="route-llm", prompt="p", modalities=["text"]))


# Where pictures are found


@pytest.mark.parametrize(
    "body",
    [
        pytest.param(message(content="", images=[part(ONE), part(TWO)]), id="message images"),
        pytest.param(message(images=[{"image_url": data_url(ONE)}, {"url": data_url(TWO)}]), id="strings in images"),
        pytest.param(message(images=[data_url(ONE), data_url(TWO)]), id="images are strings"),
        pytest.param(
            message(images=[{"b64_json": base64.b64encode(content).decode()} for content in (ONE, TWO)]), id="b64_json"
        ),
        pytest.param(message(content=[{"type": "text", "text": "Here"}, part(ONE), part(TWO)]), id="content parts"),
        pytest.param(
            message(
                content=[
                    {"type": "output_image", "image_url": data_url(ONE)},
                    {"type": "image", "source": {"media_type": "image/png", "data": base64.b64encode(TWO).decode()}},
                ]
            ),
            id="output_image and image source",
        ),
        pytest.param(
            message(
                content=[
                    {"inline_data": {"mime_type": "image/png", "data": base64.b64encode(ONE).decode()}},
                    {"inlineData": {"mimeType": "image/png", "data": base64.b64encode(TWO).decode()}},
                ]
            ),
            id="inline data",
        ),
        pytest.param(message(content=f"Here: ![a]({data_url(ONE)}) and {data_url(TWO)} done"), id="data URLs in text"),
        pytest.param({"choices": [{"delta": {"images": [part(ONE), part(TWO)]}}]}, id="delta"),
        pytest.param({"data": [{"b64_json": base64.b64encode(ONE).decode()}, {"url": data_url(TWO)}]}, id="data"),
        pytest.param({"images": [part(ONE), data_url(TWO)]}, id="top level"),
        pytest.param(
            {"choices": [{"message": {"images": [part(ONE)]}}, {"message": {"images": [part(TWO)]}}]}, id="two choices"
        ),
        pytest.param(message(images=[part(ONE), part(ONE), part(TWO)]), id="one sent twice"),
        pytest.param(message(images=[part(ONE), part(TWO)], content=[part(ONE)]), id="in two places"),
    ],
)
def test_pictures_are_found_wherever_they_stand(body: Any) -> None:
    assert [found.content for found in parse(body).pictures] == [ONE, TWO]


@pytest.mark.parametrize(
    ("body", "urls"),
    [
        (message(images=[image_entry("https://cdn.example/1"), image_entry("https://cdn.example/1")]), 1),
        (message(content="Look: ![fox](https://cdn.example/1)"), 1),
        (message(content="https://cdn.example/1.png?sig=a. And (https://cdn.example/2.webp)"), 2),
        ({"data": [{"url": "https://cdn.example/1"}]}, 1),
    ],
)
def test_links_are_kept_as_links(body: Any, urls: int) -> None:
    found = parse(body).pictures
    assert len(found) == urls
    assert all(picture.url.startswith("https://cdn.example/") and picture.content is None for picture in found)


def test_a_link_in_words_that_is_no_picture_is_no_picture() -> None:
    assert isinstance(refusal(message(content="See https://example.com/help.")), errors.NoImage)


@pytest.mark.parametrize(
    "spoilt",
    [
        pytest.param(lambda url: url.replace("/", r"\/"), id="escaped slashes"),
        pytest.param(lambda url: url[:60] + r"\n" + url[60:] + r"\n", id="line breaks"),
        pytest.param(lambda url: url.rstrip("="), id="no padding"),
        pytest.param(lambda url: url[:22] + url[22:].replace("+", "-").replace("/", "_"), id="alphabet for URLs"),
        pytest.param(lambda url: url.replace("image/png", "IMAGE/PNG;charset=utf-8"), id="odd header"),
    ],
)
def test_harmless_oddities_of_base64_do_not_cost_a_picture(spoilt: Callable[[str], str]) -> None:
    content = bytes(range(256)) * 3 + b"\xfb\xff"
    body = json.dumps(message(images=[image_entry("PICTURE")])).replace("PICTURE", spoilt(data_url(content)))

    assert [found.content for found in parse(body.encode()).pictures] == [content]


def test_an_svg_in_clear_text_is_read() -> None:
    [found] = parse(message(images=["data:image/svg+xml;utf8,%3Csvg/%3E"])).pictures
    assert (found.content, found.declared_type) == (b"<svg/>", "image/svg+xml")


@pytest.mark.parametrize(
    "broken",
    [
        image_entry(""),
        image_entry("data:image/png;base64,"),
        image_entry("data:image/png;base64,@@@@"),
        image_entry("data:text/html;base64,PGI+"),
        image_entry("ftp://cdn.example/a.png"),
        image_entry("/relative.png"),
        image_entry("https://cdn.example/" + "a" * 9000),
        {"image_url": {"url": None}},
        {"image_url": {"url": 5}},
        {"image_url": {}},
        {"image_url": 7},
        {},
        [],
        5,
        None,
        "",
    ],
)
def test_one_broken_picture_leaves_the_others_alone(broken: Any) -> None:
    result = parse(message(images=[part(ONE), broken, part(TWO)]))

    assert [found.content for found in result.pictures] == [ONE, TWO]
    assert len(result.broken) == 1
    assert result.broken[0].startswith("Picture 2: ")


def test_a_flood_of_pictures_is_bounded() -> None:
    result = parse({"data": [{"url": f"https://cdn.example/{number}"} for number in range(500)]})

    assert len(result.pictures) == 32
    assert "more than 32" in result.broken[-1]


def test_a_reply_of_the_document_is_read_in_full() -> None:
    body = image_reply([part(ONE)], text="Done.", cost=695.5)
    body["usage"] |= {"prompt_tokens": 12, "completion_tokens": 3}

    result = parse(body)

    assert (result.text, result.finish_reason, result.model_used) == ("Done.", "stop", "flux_pro")
    assert (result.cost, result.cost_unit) == (Decimal("695.5"), "points")
    assert (result.input_tokens, result.output_tokens) == (12, 3)
    assert result.usage["compute_points_used"] == 695.5


@pytest.mark.parametrize(
    ("cost", "expected"),
    [
        ("0", "0"),
        ("0.1", "0.1"),
        ("1e2", "1E+2"),
        ('"150"', "150"),
        ('"free"', None),
        ("-1", None),
        ("1e30", None),
        ("1" + "0" * 400, None),
        ("null", None),
        ("true", None),
        ("[]", None),
        ('"NaN"', None),
    ],
)
def test_a_cost_is_exact_or_unknown(cost: str, expected: Any) -> None:
    body = json.dumps(image_reply([part(ONE)], cost="COST")).replace('"COST"', cost)

    result = parse(body.encode())

    assert result.cost == (None if expected is None else Decimal(expected))
    assert result.cost_unit == ("" if expected is None else "points")


@pytest.mark.parametrize("usage", ["free", None, [], 5, {"compute_points_used": {"a": 1}}])
def test_odd_usage_costs_no_picture(usage: Any) -> None:
    assert parse({**message(images=[part(ONE)]), "usage": usage}).cost is None


def test_an_analysis_keeps_its_words_and_needs_no_picture() -> None:
    text = "A fox, as on https://example.com/fox.png"
    result = parse(message(content=text), wants_picture=False)
    assert (result.text, result.pictures) == (text, ())


# What is said when it goes wrong


@pytest.mark.parametrize(
    ("status", "body", "expected"),
    [
        (403, {"error": "Invalid API Key"}, errors.KeyRefused),
        (401, {"error": {"message": "No auth", "code": 401}}, errors.KeyRefused),
        (402, {"error": {"message": "Insufficient credits", "code": 402}}, errors.OutOfCredit),
        (429, {"error": {"message": "quota", "code": "insufficient_quota"}}, errors.OutOfCredit),
        (403, {"error": {"message": "no", "metadata": {"reasons": ["violence"]}}}, errors.ContentRefused),
        (400, {"error": {"message": "no", "code": "content_policy_violation"}}, errors.ContentRefused),
        (400, {"success": False, "error": "Rejected by our safety system"}, errors.ContentRefused),
        (403, {"error": "Not for your plan"}, errors.Rejected),
        (400, {"error": {"message": "bad", "param": "image_config.size"}}, errors.ParameterRefused),
        (400, {"error": {"message": "bad", "param": "messages[0].content"}}, errors.Rejected),
        (400, {"success": False, "error": "Invalid configuration found for generation image"}, errors.Rejected),
        (404, {"error": {"message": "no such model", "code": "model_not_found"}}, errors.ModelNotFound),
        (404, {"detail": "Not Found"}, errors.ModelNotFound),
        (408, {"error": "timeout"}, errors.TimedOut),
        (413, b"<html>too large</html>", errors.Rejected),
        (422, {"error": {"message": "bad"}}, errors.Rejected),
        (429, b"", errors.TooManyRequests),
        (500, {"error": True, "status": 500, "message": "boom"}, errors.GatewayFailed),
        (502, b"<html>bad gateway</html>", errors.GatewayFailed),
        (503, b"", errors.GatewayFailed),
        (524, b"error code: 524", errors.GatewayFailed),
        (500, [{"error": {"message": "list"}}], errors.GatewayFailed),
        (400, {"success": False, "error": "There was a temporary error while generating"}, errors.GatewayFailed),
        (200, {"error": {"code": 502, "message": "upstream"}}, errors.GatewayFailed),
        (200, {"success": False, "error": "boom"}, errors.GatewayFailed),
        (200, {"choices": [{"error": {"message": "boom"}, "message": {"content": ""}}]}, errors.GatewayFailed),
        (302, b"", errors.Redirected),
        (200, b"<!DOCTYPE html><title>Log in</title>", errors.AnswerUnreadable),
        (200, b"", errors.AnswerUnreadable),
        (200, b"null", errors.AnswerUnreadable),
        (200, b"[]", errors.AnswerUnreadable),
        (200, b"[" * 100_000, errors.AnswerUnreadable),
        (200, b'{"choices": [{"message": {"images": [{"image_url": {"url": "data:image', errors.AnswerUnreadable),
        (200, b'{"model": "\xff\xfe"}', errors.NoImage),
        (200, {}, errors.NoImage),
        (200, {"choices": []}, errors.NoImage),
        (200, {"choices": None}, errors.NoImage),
        (200, {"choices": [{}]}, errors.NoImage),
        (200, {"choices": "x", "data": 5, "images": {}}, errors.NoImage),
        (200, {"data": []}, errors.NoImage),
        (200, message(content="", images=[]), errors.NoImage),
        (200, message(content="I cannot draw that."), errors.NoImage),
        (200, message(images=[image_entry("")]), errors.NoImage),
    ],
)
def test_every_refusal_has_its_kind(status: int, body: Any, expected: Any) -> None:
    error = refusal(body, status)
    assert type(error) is expected
    assert error.status == status or isinstance(error, errors.NoImage)


@pytest.mark.parametrize(
    ("status", "text", "parameter", "supported"),
    [
        (
            400,
            "Invalid size for flux_pro: 10x10. Supported values are: 1440x1440, 1440x1024, 1024x1440.",
            "size",
            ("1440x1440", "1440x1024", "1024x1440"),
        ),
        (
            200,
            "Invalid aspect_ratio for flux2: 1:1 HD. Supported values are: square_hd, square",
            "aspect_ratio",
            ("square_hd", "square"),
        ),
        (400, "Invalid resolution for m: 8K. Supported values are: ['0.5K', '1K']", "resolution", ("0.5K", "1K")),
        (400, "Invalid image config param aspect_ratio provided", "aspect_ratio", ()),
    ],
)
def test_a_refused_parameter_is_named_with_the_values_it_takes(
    status: int, text: str, parameter: str, supported: tuple[str, ...]
) -> None:
    error = refusal({"success": False, "error": text}, status)

    assert isinstance(error, errors.ParameterRefused)
    assert not error.may_have_run
    assert (error.parameter, error.supported_values, error.detail) == (parameter, supported, text)
    assert parameter.replace("_", " ") in error.sentence


@pytest.mark.parametrize(
    ("headers", "seconds"),
    [
        ({"retry-after": "7"}, 7),
        ({"retry-after": "0.5"}, 0.5),
        ({"retry-after": "999999"}, 60),
        ({"retry-after": "-5"}, None),
        ({"retry-after": "nan"}, None),
        ({"retry-after": "soon"}, None),
        ({}, None),
        ({"retry-after": "Wed, 21 Oct 2026 07:28:09 GMT", "date": "Wed, 21 Oct 2026 07:28:00 GMT"}, 9),
        ({"retry-after": "Wed, 21 Oct 2026 07:00:00 GMT", "date": "Wed, 21 Oct 2026 07:28:00 GMT"}, 0),
    ],
)
@pytest.mark.parametrize("status", [429, 503])
def test_waiting_times_are_read_and_bounded(headers: dict[str, str], seconds: float | None, status: int) -> None:
    error = refusal(b"", status, headers)

    assert error.retry_after == seconds
    assert isinstance(error, errors.TooManyRequests) is (status == 429 or "retry-after" in headers)


def test_an_answer_in_words_is_quoted_and_keeps_its_cost() -> None:
    error = refusal({**message(content="I cannot draw that."), "usage": {"compute_points_used": 3}})

    assert "I cannot draw that." in error.sentence
    assert isinstance(error, errors.NoImage)
    assert error.result is not None
    assert error.result.cost == 3


def test_a_picture_that_was_paid_is_kept_even_beside_an_error() -> None:
    assert len(parse({**message(images=[part(ONE)]), "error": {"message": "late"}}).pictures) == 1


def test_a_byte_order_mark_and_a_wrong_type_are_ignored() -> None:
    body = b"\xef\xbb\xbf" + json.dumps(message(images=[part(ONE)])).encode()
    assert len(parse(body, headers={"content-type": "text/plain"}).pictures) == 1


def test_words_from_outside_are_made_harmless() -> None:
    error = refusal({"error": "\x1b[31mred\x1b[0m\r\n\u202eevil Bearer abcdef123456 sk-CANARY-12345678"}, 400)

    assert not set("\x1b\r\u202e") & set(error.detail)
    assert "abcdef123456" not in error.detail
    assert "CANARY" not in error.detail
    assert "red" in error.detail
