"""OpenRouter, OpenRoute and LLMGateway: what is sent for an ask, and what is made of their replies and refusals."""

import json
from decimal import Decimal
from pathlib import Path
from typing import Any

import pytest

from gallery.gateway import client, errors
from gallery.gateway.client import Connection
from gallery.gateway.dialects import DIALECTS
from gallery.gateway.messages import Ask, InputPicture, ListedModel, Reply, Result
from tests.fake_gateway import data_url, image_entry, make_picture

REPLIES = Path(__file__).parent / "replies"
ONE = make_picture(size=(4, 3))
THREE = ("openrouter", "openroute", "llmgateway")


def connection(slug: str) -> Connection:
    return Connection(base_url="https://gateway.example/v1", api_key="sk-CANARY-12345678", dialect=slug)


def reply(body: Any, status: int = 200, headers: dict[str, str] | None = None) -> Reply:
    content = body if isinstance(body, bytes) else json.dumps(body).encode()
    return Reply(status=status, headers=headers or {}, body=content)


def parse(slug: str, body: Any, status: int = 200, **options: Any) -> Result:
    return client.parse(connection(slug), reply(body, status), **options)


def refusal(slug: str, body: Any, status: int = 200, **options: Any) -> errors.GatewayError:
    with pytest.raises(errors.GatewayError) as caught:
        parse(slug, body, status, **options)
    assert caught.value.sentence.endswith((".", "”"))
    return caught.value


def build(slug: str, **fields: Any) -> dict[str, Any]:
    return DIALECTS[slug].build(Ask(**{"model_id": "m", "prompt": "a fox", "modalities": ["image", "text"], **fields}))


# What is sent

MESSAGES = [{"role": "user", "content": "a fox"}]
INCLUDE = {"usage": {"include": True}}


@pytest.mark.parametrize(
    ("slug", "modalities", "sent"),
    [
        ("openrouter", ["image", "text"], {"modalities": ["image", "text"], "max_tokens": 8192}),
        ("openrouter", ["image"], {"modalities": ["image"]}),
        ("openrouter", ["text"], {"max_tokens": 8192}),
        ("openroute", ["image", "text"], {"modalities": ["image", "text"], **INCLUDE}),
        ("openroute", ["image"], {"modalities": ["image", "text"], **INCLUDE}),
        ("openroute", ["text"], INCLUDE),
        ("llmgateway", ["image", "text"], {}),
        ("llmgateway", ["text"], {}),
        ("routellm", ["image"], {"modalities": ["image"]}),
        ("routellm", ["text"], {}),
    ],
)
def test_each_gateway_is_asked_in_its_own_words(slug: str, modalities: list[str], sent: dict[str, Any]) -> None:
    assert build(slug, modalities=modalities) == {"model": "m", "messages": MESSAGES} | sent


@pytest.mark.parametrize("slug", THREE)
def test_settings_and_references_travel(slug: str) -> None:
    pictures = [
        InputPicture(parameter="image_prompt", media_type="image/png", content=content) for content in (b"abc", b"xyz")
    ]
    payload = build(slug, values={"aspect_ratio": "16:9", "image_size": "4K"}, pictures=pictures)

    assert payload["image_config"] == {"aspect_ratio": "16:9", "image_size": "4K"}
    assert payload["messages"][0]["content"] == [
        {"type": "text", "text": "a fox"},
        {"type": "image_url", "image_url": {"url": "data:image/png;base64,YWJj"}},
        {"type": "image_url", "image_url": {"url": "data:image/png;base64,eHl6"}},
    ]


def test_openrouter_knows_no_true_and_false_in_image_config() -> None:
    values = {"raw": True, "seed": 7, "colors": [[1, 2, 3]], "size": "auto"}
    assert build("openrouter", values=values)["image_config"] == values | {"raw": "true"}
    assert build("llmgateway", values=values)["image_config"] == values


def test_a_limit_that_the_spec_brings_is_kept() -> None:
    payload = build("openrouter", values={"max_tokens": 99}, transports={"max_tokens": "top_level"})
    assert payload["max_tokens"] == 99


@pytest.mark.parametrize(
    ("slug", "modalities", "sent"),
    [
        ("openrouter", ["image"], {"stream": True}),
        ("openroute", ["image"], {"stream": True}),
        ("llmgateway", ["image"], {"stream": True, "stream_options": {"include_usage": True}}),
        ("routellm", ["text"], {"stream": True}),
        # No document says that it streams pictures.
        ("routellm", ["image"], {}),
    ],
)
def test_a_stream_is_asked_for_where_there_is_one(slug: str, modalities: list[str], sent: dict[str, Any]) -> None:
    payload = build(slug, modalities=modalities, is_streamed=True)
    assert {name: payload[name] for name in ("stream", "stream_options") if name in payload} == sent
    assert "stream" not in build(slug, modalities=modalities)


@pytest.mark.parametrize(
    ("slug", "names"),
    [
        ("routellm", set()),
        ("openroute", {"X-Title"}),
        ("openrouter", {"X-OpenRouter-Title", "X-OpenRouter-Categories", "X-OpenRouter-App-Visibility"}),
        ("llmgateway", set()),
    ],
)
def test_the_studios_address_is_told_only_where_it_is_given(slug: str, names: set[str]) -> None:
    assert set(DIALECTS[slug].headers("")) == names
    told = DIALECTS[slug].headers("https://studio.example")
    assert told.get("HTTP-Referer", "https://studio.example") == "https://studio.example"
    assert set(told) - names == (set() if slug == "routellm" else {"HTTP-Referer"})


# What comes back


@pytest.mark.parametrize(
    ("slug", "text", "cost", "model"),
    [
        (
            "openrouter",
            "I've generated a beautiful sunset image for you.",
            "0.0387243",
            "google/gemini-2.5-flash-image-preview",
        ),
        (
            "openroute",
            "I've generated a beautiful sunset image for you.",
            "0.039",
            "google/gemini-2.5-flash-image-preview",
        ),
        (
            "llmgateway",
            "Here's an image of a cute dog for you:",
            "0.0391",
            "google-ai-studio/gemini-2.5-flash-image-preview",
        ),
    ],
)
def test_a_reply_of_the_document_is_read_in_full(slug: str, text: str, cost: str, model: str) -> None:
    result = parse(slug, (REPLIES / f"{slug}.json").read_bytes())

    assert [picture.declared_type for picture in result.pictures] == ["image/png"]
    assert (result.text, result.model_used) == (text, model)
    assert (result.cost, result.cost_unit) == (Decimal(cost), "usd")
    assert (result.input_tokens, result.output_tokens, result.finish_reason) == (8, 1303, "stop")


@pytest.mark.parametrize("slug", THREE)
@pytest.mark.parametrize("usage", [None, {}, {"prompt_tokens": 8}, {"info": "upgrade to see the cost"}, {"cost": None}])
def test_a_cost_that_is_not_told_is_unknown(slug: str, usage: Any) -> None:
    body = json.loads((REPLIES / f"{slug}.json").read_bytes()) | {"usage": usage}
    result = parse(slug, body)
    assert (result.cost, result.cost_unit) == (None, "")


@pytest.mark.parametrize("slug", THREE)
def test_pictures_may_be_links_and_come_twice(slug: str) -> None:
    images = [image_entry("https://cdn.example/1"), image_entry("https://cdn.example/1"), image_entry(data_url(ONE))]
    result = parse(slug, {"choices": [{"message": {"content": None, "images": images}}]})
    assert [(picture.url, picture.content) for picture in result.pictures] == [
        ("https://cdn.example/1", None),
        ("", ONE),
    ]


# What is said when it goes wrong


def number(code: int, message: str = "no", **metadata: Any) -> dict[str, Any]:
    """OpenRouter's shape."""
    return {"error": {"code": code, "message": message} | ({"metadata": metadata} if metadata else {})}


def word(code: str | None, message: str = "no", kind: str = "invalid_request_error", parameter: Any = None) -> Any:
    """OpenAI's shape."""
    return {"error": {"message": message, "type": kind, "param": parameter, "code": code}}


ROUTERS = [
    (401, number(401, "User not found."), errors.KeyRefused),
    (402, number(402, "Insufficient credits"), errors.OutOfCredit),
    (402, number(402, "This request requires more credits, or fewer max_tokens."), errors.CreditReserved),
    (403, number(403, "Key limit exceeded (monthly limit)."), errors.OutOfCredit),
    (403, number(403, "Input was flagged", reasons=["violence"], flagged_input="a …"), errors.ContentRefused),
    (403, number(403, "Not allowed in your region"), errors.Rejected),
    (400, number(400, "blocked", error_type="content_policy_violation"), errors.ContentRefused),
    (400, number(400, "I will not", error_type="refusal"), errors.ContentRefused),
    (400, number(400, "Provider returned error", raw='{"block_reason":"PROHIBITED_CONTENT"}'), errors.ContentRefused),
    (400, number(400, "no", block_reason="SAFETY"), errors.ContentRefused),
    (400, number(400, "bad", error_type="unsupported_image_format"), errors.Rejected),
    (404, number(404, "gone", error_type="image_not_found"), errors.Rejected),
    (400, number(400, "m is not a valid model ID"), errors.ModelNotFound),
    (404, number(404, "No endpoints found for m."), errors.ModelNotFound),
    (404, number(404, "No endpoints found matching your data policy (Free model training)."), errors.Rejected),
    (
        404,
        number(404, "No endpoints found that support the requested output modalities: image, text"),
        errors.ParameterRefused,
    ),
    (408, number(408, "timed out"), errors.TimedOut),
    (413, number(413, "too large"), errors.Rejected),
    (422, number(422, "unprocessable"), errors.Rejected),
    (429, number(429, "slow down", error_type="rate_limit_exceeded"), errors.TooManyRequests),
    (502, number(502, "Provider returned error", error_type="provider_unavailable"), errors.GatewayFailed),
    (503, number(503, "overloaded", error_type="provider_overloaded"), errors.GatewayFailed),
    (504, number(504, "slow", error_type="timeout"), errors.TimedOut),
    (524, b"<html>524</html>", errors.GatewayFailed),
    (529, number(529, "overloaded"), errors.GatewayFailed),
    # The same within a 200.
    (200, number(402, "Insufficient credits"), errors.OutOfCredit),
    (200, number(403, "flagged", reasons=["violence"]), errors.ContentRefused),
    (200, number(429, "slow down"), errors.TooManyRequests),
    (200, number(502, "Provider returned error"), errors.GatewayFailed),
    (200, number(408, "timed out"), errors.TimedOut),
    (200, {"error": {"message": "no code"}}, errors.GatewayFailed),
    (200, {"error": {"message": "no", "status": "400"}}, errors.Rejected),
]
LLMGATEWAY = [
    (401, word("invalid_api_key", "Unauthorized: Invalid LLMGateway API token."), errors.KeyRefused),
    (401, word(None, "Unauthorized: LLMGateway API key reached its usage limit."), errors.OutOfCredit),
    (402, word(None, "Organization has insufficient credits"), errors.OutOfCredit),
    (403, word(None, "Image generation is not available for coding plans."), errors.Rejected),
    (400, word(None, "Requested model m not supported"), errors.ModelNotFound),
    (404, word("model_not_found", "no such model"), errors.ModelNotFound),
    (400, word("content_policy_violation", "Request blocked by content policy"), errors.ContentRefused),
    (400, word(None, "bad", parameter="image_config.n"), errors.ParameterRefused),
    (410, word(None, "Project has been archived"), errors.Rejected),
    (413, word(None, "too large"), errors.Rejected),
    (429, word("rate_limit_exceeded", "Too many requests", "rate_limit_error"), errors.TooManyRequests),
    (499, word(None, "cancelled"), errors.Rejected),
    (500, word(None, "upstream", "upstream_error"), errors.GatewayFailed),
    (502, word("all_providers_failed", "All providers failed", "gateway_error"), errors.GatewayFailed),
    (504, word(None, "Upstream timed out", "timeout_error"), errors.TimedOut),
    (529, word("overloaded", "busy"), errors.GatewayFailed),
    (401, {"error": True, "status": 401, "message": "Unauthorized"}, errors.KeyRefused),
    (500, {"error": True, "status": 500, "message": "boom"}, errors.GatewayFailed),
]
CASES = [(slug, *case) for slug in ("openrouter", "openroute") for case in ROUTERS]
CASES += [("llmgateway", *case) for case in LLMGATEWAY]


@pytest.mark.parametrize(("slug", "status", "body", "expected"), CASES)
def test_every_refusal_has_its_kind(slug: str, status: int, body: Any, expected: type[errors.GatewayError]) -> None:
    error = refusal(slug, body, status)
    assert type(error) is expected
    assert error.status == status


def test_wrong_kinds_of_output_are_named() -> None:
    text = "No endpoints found that support the requested output modalities: image, text"
    error = refusal("openrouter", number(404, text), 404)
    assert (error.parameter, error.may_have_run) == ("modalities", False)
    assert "(image, text)" in error.sentence


def test_moderation_gives_its_reasons() -> None:
    error = refusal("openrouter", number(403, "Input was flagged", reasons=["violence", "self-harm"]), 403)
    assert "(violence, self-harm)" in error.sentence
    assert error.detail == "Input was flagged"


def test_the_words_of_the_provider_behind_the_gateway_are_kept() -> None:
    error = refusal(
        "openrouter", number(502, "Provider returned error", raw="upstream connect error", provider_name="X")
    )
    assert error.detail == "Provider returned error\nupstream connect error"


def answer(text: str = "", **choice: Any) -> dict[str, Any]:
    return {"choices": [{"message": {"role": "assistant", "content": text}, **choice}], "usage": {"cost": 0.01}}


@pytest.mark.parametrize(
    ("body", "words"),
    [
        (answer(finish_reason="content_filter"), "content rules stopped the picture"),
        (answer("I cannot draw that.", finish_reason="content_filter"), "It said: “I cannot draw that.”"),
        (answer(finish_reason="stop", native_finish_reason="IMAGE_SAFETY"), "content rules stopped the picture"),
        (answer(finish_reason="stop", native_finish_reason="PROHIBITED_CONTENT"), "content rules"),
        (answer(finish_reason="length"), "grew too long"),
        (answer(finish_reason="error"), "reports a fault"),
        (answer("A fox is an animal.", finish_reason="stop"), "in words instead of a picture: “A fox is an animal.”"),
        (answer(finish_reason=None), "without a reason"),
    ],
)
def test_no_picture_is_a_failure_that_says_why_and_keeps_its_cost(body: Any, words: str) -> None:
    error = refusal("openrouter", body)
    assert isinstance(error, errors.NoImage)
    assert words in error.sentence
    assert error.result is not None
    assert error.result.cost == Decimal("0.01")


@pytest.mark.parametrize(
    ("body", "words"),
    [(answer(finish_reason="content_filter"), "stopped the answer"), (answer(), "without a word")],
)
def test_an_analysis_without_words_is_a_failure_too(body: Any, words: str) -> None:
    error = refusal("openrouter", body, wants_picture=False)
    assert words in error.sentence


# Keys


@pytest.mark.parametrize("slug", ["openrouter", "openroute"])
@pytest.mark.parametrize(
    ("report", "sentence"),
    [
        (
            {"limit": 20, "limit_remaining": 12.5, "usage": 7.5},
            "The gateway took the key. Credit left on it: $12.50 of $20.00.",
        ),
        ({"limit": None, "limit_remaining": 3}, "The gateway took the key. Credit left on it: $3.00."),
        (
            {"limit": None, "limit_remaining": None, "usage": 0.126},
            "The gateway took the key, which has no limit of its own. $0.13 were spent with it so far.",
        ),
        ({}, "The gateway took the key, which has no limit of its own."),
        (
            {"limit": "x", "usage": True, "limit_remaining": []},
            "The gateway took the key, which has no limit of its own.",
        ),
        (
            {"is_free_tier": True},
            (
                "The gateway took the key, which has no limit of its own. "
                "It is a free account: few requests a day, of free models."
            ),
        ),
    ],
)
def test_a_key_report_becomes_a_sentence(slug: str, report: dict[str, Any], sentence: str) -> None:
    dialect = DIALECTS[slug]
    assert (dialect.key_test().method, dialect.key_test().path, dialect.key_test().json) == ("GET", "/key", None)
    assert dialect.read_key_test(reply({"data": report})) == sentence


@pytest.mark.parametrize(
    ("slug", "body", "status", "expected"),
    [
        ("openrouter", number(401, "User not found."), 401, errors.KeyRefused),
        ("openrouter", {"data": {"limit": 5, "limit_remaining": 0}}, 200, errors.OutOfCredit),
        ("openrouter", {"data": {"limit": 5, "limit_remaining": -1.5}}, 200, errors.OutOfCredit),
        ("openrouter", number(401, "No auth"), 200, errors.KeyRefused),
        ("openrouter", {"hello": "world"}, 200, errors.AnswerUnreadable),
        ("openrouter", {"data": []}, 200, errors.AnswerUnreadable),
        ("openroute", b"<html>", 200, errors.AnswerUnreadable),
        ("openroute", b"<html>", 404, errors.ModelNotFound),
        ("llmgateway", word("invalid_api_key", "Unauthorized"), 401, errors.KeyRefused),
        ("llmgateway", word(None, "insufficient credits"), 402, errors.OutOfCredit),
        ("llmgateway", {"data": []}, 200, errors.AnswerUnreadable),
    ],
)
def test_a_key_that_is_no_good_is_told(slug: str, body: Any, status: int, expected: type[errors.GatewayError]) -> None:
    with pytest.raises(expected):
        DIALECTS[slug].read_key_test(reply(body, status))


def test_a_few_words_of_chat_prove_a_key_where_nothing_cheaper_does() -> None:
    for slug in ("llmgateway", "routellm"):
        test = DIALECTS[slug].key_test()
        assert (test.method, test.path) == ("POST", "/chat/completions")
        assert "Address and key are good" in DIALECTS[slug].read_key_test(reply(answer("ok")))


# Lists of models


def listed(slug: str, body: Any, status: int = 200) -> list[ListedModel]:
    return list(DIALECTS[slug].read_models(reply(body, status)))


@pytest.mark.parametrize(
    ("slug", "body", "expected"),
    [
        (
            "openrouter",
            {"data": [{"id": "a/b", "name": "B"}, {"id": "c"}], "total_count": 2, "links": {"next": None}},
            [("a/b", "B"), ("c", "")],
        ),
        ("openroute", {"data": [{"id": "a/b", "name": 5}]}, [("a/b", "")]),
        ("llmgateway", {"data": [{"id": "a", "name": "A", "aliases": ["b", 5]}]}, [("a", "A"), ("b", "A")]),
        (
            "routellm",
            {"data": [{"id": "flux_pro", "name": "Flux", "model_type": "image_generation"}]},
            [("flux_pro", "Flux")],
        ),
        ("llmgateway", ["a", "b"], [("a", ""), ("b", "")]),
        ("llmgateway", {"models": ["a", "a"]}, [("a", "")]),
        ("openrouter", {"data": []}, []),
        (
            "openrouter",
            {
                "data": [
                    None,
                    5,
                    {},
                    [],
                    {"id": None},
                    {"id": ""},
                    {"id": "a b"},
                    {"id": "x\n"},
                    {"id": "y" * 201},
                    {"id": "z"},
                ]
            },
            [("z", "")],
        ),
        ("openrouter", {"data": [{"id": "a", "name": "\x1b[31mred\u202e"}]}, [("a", "[31mred")]),
        ("openrouter", b"\xef\xbb\xbf[]", []),
    ],
)
def test_a_list_of_models_is_read_loosely(slug: str, body: Any, expected: list[tuple[str, str]]) -> None:
    assert [(model.model_id, model.name) for model in listed(slug, body)] == expected


def test_a_list_of_models_is_bounded() -> None:
    models = listed("openrouter", {"data": [{"id": f"m{number}"} for number in range(12_000)]})
    assert len(models) == 10_000


@pytest.mark.parametrize(
    ("body", "status", "expected"),
    [
        (b"<html>", 200, errors.AnswerUnreadable),
        ({"data": 5}, 200, errors.AnswerUnreadable),
        (b"5", 200, errors.AnswerUnreadable),
        (b"[" * 100_000, 200, errors.AnswerUnreadable),
        (number(401, "no"), 401, errors.KeyRefused),
        (number(401, "no"), 200, errors.KeyRefused),
        (b"", 500, errors.GatewayFailed),
    ],
)
def test_what_is_no_list_of_models_is_refused(body: Any, status: int, expected: type[errors.GatewayError]) -> None:
    for slug in THREE:
        with pytest.raises(expected):
            listed(slug, body, status)
