"""What refusals say of one setting, in the shapes and words in which gateways and the providers behind them say it."""

import json
from typing import Any

import pytest

from gallery.gateway import client, errors
from gallery.gateway.client import Connection
from gallery.gateway.dialects import DIALECTS
from gallery.gateway.dialects.refused_values import RefusedValue, refused_value, setting_name
from gallery.gateway.messages import Reply

SIZES = ("1024x1024", "1024x1536", "1536x1024", "auto")
OPENAI_WORDS = "Invalid value: '512x512'. Supported values are: '1024x1024', '1024x1536', '1536x1024', and 'auto'."
PYDANTIC = [
    {
        "type": "literal_error",
        "loc": ["body", "quality"],
        "msg": "Input should be 'low', 'medium' or 'high'",
        "input": "ultra",
        "ctx": {"expected": "'low', 'medium' or 'high'"},
    }
]
ZOD_4 = [
    {
        "code": "invalid_value",
        "values": ["1K", "2K", "4K"],
        "path": ["image_config", "image_size"],
        "message": 'Invalid option: expected one of "1K"|"2K"|"4K"',
    }
]
ZOD_3 = {
    "issues": [
        {
            "received": "8K",
            "code": "invalid_enum_value",
            "options": ["1K", "2K"],
            "path": ["image_size"],
            "message": "Invalid enum value. Expected '1K' | '2K', received '8K'",
        }
    ],
    "name": "ZodError",
}


@pytest.mark.parametrize(
    ("text", "told", "parameter", "supported"),
    [
        (OPENAI_WORDS, "size", "size", SIZES),
        (
            "'5x5' is not one of ['256x256', '512x512', '1024x1024'] - 'size'",
            "",
            "size",
            ("256x256", "512x512", "1024x1024"),
        ),
        ("Invalid 'n': integer above maximum value. Expected a value <= 10, but got 11 instead.", "n", "n", ("10",)),
        ("Invalid 'n': integer below minimum value. Expected a value >= 1, but got 0 instead.", "", "n", ("1",)),
        ("Unknown parameter: 'seed'.", "", "seed", ()),
        ("Unsupported parameter: 'max_tokens' is not supported with this model.", "", "max_tokens", ()),
        ("Unrecognized request argument supplied: seed", "", "seed", ()),
        ("Setting `response_format` is not supported by openai, sd3.5-large.", "", "response_format", ()),
        (
            "openai does not support parameters: ['quality'], for model=dall-e-2. To drop these, set drop_params.",
            "",
            "quality",
            (),
        ),
        (
            'Invalid JSON payload received. Unknown name "frequency_penalty": Cannot find field.',
            "",
            "frequency_penalty",
            (),
        ),
        (
            "Invalid size: 5x5. Valid sizes are 1024x1024, 512x512 and 256x256.",
            "",
            "size",
            ("1024x1024", "512x512", "256x256"),
        ),
        ("aspect_ratio must be one of: 1:1, 16:9 or 9:16", "", "aspect_ratio", ("1:1", "16:9", "9:16")),
        ("aspect_ratio must be one of [1:1, 16:9] for this model.", "", "aspect_ratio", ("1:1", "16:9")),
        ("image_config.n must be between 1 and 4", "", "n", ("1", "2", "3", "4")),
        ("guidance must be between 0.5 and 20", "", "guidance", ("0.5", "20")),
        ("Invalid value for aspect_ratio: banana. Allowed values: 1:1, 4:3", "", "aspect_ratio", ("1:1", "4:3")),
        ("Unsupported quality. Supported qualities are: `low`, `high`", "quality", "quality", ("low", "high")),
        ("'quality' must be either", "", "quality", ()),
        ("size: Supported sizes include 1K, 2K", "size", "size", ("1K", "2K")),
        ("Supported values are the ones which the documentation of this model lists.", "size", "size", ()),
        ("resolution has to be 1K", "image_config.resolution", "resolution", ()),
        (json.dumps(PYDANTIC), "", "quality", ("low", "medium", "high")),
        (json.dumps({"detail": PYDANTIC}), "", "quality", ("low", "medium", "high")),
        (json.dumps(ZOD_4), "", "image_size", ("1K", "2K", "4K")),
        (json.dumps(ZOD_3), "", "image_size", ("1K", "2K")),
        (
            json.dumps([{"code": "too_big", "maximum": 4, "path": ["n"], "message": "Too big: expected number"}]),
            "",
            "n",
            ("4",),
        ),
        (
            f"litellm.BadRequestError: OpenAIException - {OPENAI_WORDS}\n\nLiteLLM: model group 'x' failed with the error above.",
            "size",
            "size",
            SIZES,
        ),
        (
            "litellm.BadRequestError: OpenrouterException - "
            + json.dumps({"error": {"message": "Provider returned error", "metadata": {"raw": "no"}}}),
            "",
            "",
            (),
        ),
        ("It went wrong.", "", "", ()),
        ("The value must be given.", "", "", ()),
        ("", "", "", ()),
        ("[" * 5000, "", "", ()),
        ('{"a":' * 500, "", "", ()),
    ],
)
def test_a_refusal_names_its_setting_and_what_it_takes(
    text: str, told: str, parameter: str, supported: tuple[str, ...]
) -> None:
    found = refused_value(text, parameter=setting_name(told)) or RefusedValue(parameter="")
    assert (found.parameter, found.supported) == (parameter, supported)


@pytest.mark.parametrize("name", ["model", "messages", "prompt", "key", "None", "", None, 5, "a b", "x" * 70, "<b>"])
def test_what_no_setting_is_called_is_none(name: Any) -> None:
    assert len(setting_name(name)) in (0, 64)
    assert refused_value("It went wrong.", parameter="") is None


def provider(text: str) -> dict[str, Any]:
    """OpenRouter's wrapping of what the provider behind it said."""
    return {
        "error": {"code": 400, "message": "Provider returned error", "metadata": {"raw": text, "provider_name": "X"}}
    }


def openai_error(
    parameter: str | None, message: str = OPENAI_WORDS, code: str | None = "invalid_value"
) -> dict[str, Any]:
    return {"error": {"message": message, "type": "invalid_request_error", "param": parameter, "code": code}}


EVERYWHERE = [
    (
        {
            "success": False,
            "error": "Invalid size for m: 512x512. Supported values are: 1024x1024, 1024x1536, 1536x1024, auto",
        },
        "size",
    ),
    (openai_error("size"), "size"),
    (openai_error("image_config.size"), "size"),
    (openai_error(None, "Invalid value for size. " + OPENAI_WORDS), "size"),
    (provider(json.dumps(openai_error("size"))), "size"),
    (provider(f"Invalid size: 512x512. {OPENAI_WORDS}"), "size"),
    (
        {"error": {"code": 400, "message": json.dumps([{"path": ["size"], "values": list(SIZES), "message": "no"}])}},
        "size",
    ),
    (
        {
            "detail": [
                {"loc": ["body", "size"], "msg": "Input should be '1024x1024', '1024x1536', '1536x1024' or 'auto'"}
            ]
        },
        "size",
    ),
    (
        {
            "success": False,
            "error": {"issues": [{"path": ["size"], "options": list(SIZES), "message": "no"}], "name": "ZodError"},
        },
        "size",
    ),
]


@pytest.mark.parametrize("status", [400, 422])
@pytest.mark.parametrize("slug", DIALECTS)
@pytest.mark.parametrize(("body", "parameter"), EVERYWHERE)
def test_every_dialect_keeps_the_values_that_a_refusal_names(body: Any, parameter: str, slug: str, status: int) -> None:
    connection = Connection(base_url="https://gateway.example/v1", api_key="sk-CANARY-12345678", dialect=slug)
    with pytest.raises(errors.ParameterRefused) as caught:
        client.parse(connection, Reply(status=status, headers={}, body=json.dumps(body).encode()))
    assert (caught.value.parameter, caught.value.supported_values) == (parameter, SIZES)
    assert (
        "this model takes 1024x1024, 1024x1536, 1536x1024, auto. Choose one and run it again." in caught.value.sentence
    )
    assert not caught.value.may_have_run


def test_a_key_in_the_named_values_is_taken_out() -> None:
    connection = Connection(base_url="https://gateway.example/v1", api_key="sk-CANARY-12345678", dialect="openai")
    body = openai_error("size", "Invalid value: 'a'. Supported values are: 'sk-CANARY-12345678', 'b'.")
    with pytest.raises(errors.ParameterRefused) as caught:
        client.parse(connection, Reply(status=400, headers={}, body=json.dumps(body).encode()))
    assert caught.value.supported_values == ("••••", "b")
    assert "CANARY" not in caught.value.sentence + caught.value.detail
