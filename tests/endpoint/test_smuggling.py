"""Only what we know travels upstream, at whatever depth something else was hidden; it is warned about where it stood."""

import json
from typing import Any

import pytest

from gallery.models import Gateway, Generation
from tests.endpoint.script import PROMPT, Script, picture_part, text_part
from tests.fake_gateway import FakeGateway, data_url, make_picture

pytestmark = pytest.mark.django_db(transaction=True)

MARK = "smuggled"
KEYS = {
    "api_base": f"http://{MARK}.test",
    "api_key": MARK,
    "base_url": f"http://{MARK}.test",
    "extra_headers": {"X-Evil": MARK},
    "extra_body": {"api_key": MARK},
    "user_config": {"router": MARK},
    "custom_llm_provider": MARK,
    "provider": {"only": [MARK]},
    "models": [MARK],
    "tools": [{"type": MARK}],
    "metadata": {"a": MARK},
    "user": MARK,
    "transforms": [MARK],
    "plugins": [MARK],
}


def places() -> dict[str, dict[str, Any]]:
    """By where the keys are hidden: the change to a chat request."""
    picture = picture_part(data_url(make_picture()))
    inner = {**picture, "image_url": {**picture["image_url"], **KEYS, "detail": "high"}}
    words = {**text_part(PROMPT), **KEYS}
    last = {"role": "user", "content": PROMPT}
    return {
        "top level": KEYS,
        "image_config": {"image_config": {**KEYS, "aspect_ratio": "16:9"}},
        "message": {"messages": [{**last, **KEYS}]},
        "earlier message": {"messages": [{"role": "system", "content": "x", "name": MARK, **KEYS}, last]},
        "text part": {"messages": [{"role": "user", "content": [words]}]},
        "picture part": {"messages": [{"role": "user", "content": [words, {**inner, **KEYS}]}]},
        "stream_options": {"stream_options": KEYS},
    }


@pytest.mark.parametrize("place", list(places()))
@pytest.mark.parametrize("model", ["routellm/flux_kontext", "routellm/gpt-4o"])
def test_nothing_unknown_leaves_the_house(
    place: str, model: str, routellm: Gateway, fake_gateway: FakeGateway, script: Script
) -> None:
    if model == "routellm/gpt-4o":
        fake_gateway.will_send_text("Yes.")
    modalities = ["text"] if model == "routellm/gpt-4o" else ["image"]
    answer = script.chat(**{"model": model, "modalities": modalities, **places()[place]})
    assert answer.status == 200
    (request,) = fake_gateway.requests
    assert MARK not in request.body.decode()
    assert MARK not in json.dumps(dict(request.headers))
    assert request.headers["host"] == fake_gateway.origin.removeprefix("http://")
    assert request.json.keys() <= {"model", "messages", "modalities", "image_config"}
    assert MARK not in json.dumps(list(Generation.objects.values("request", "parameters")))


@pytest.mark.parametrize(("place", "prefix"), [("top level", ""), ("image_config", "image_config.")])
def test_what_is_left_out_is_named(place: str, prefix: str, shipped: None, script: Script) -> None:
    warnings = " ".join(script.chat(**places()[place]).warnings)
    for name in ("api_base", "api_key", "extra_headers", "user_config"):
        assert f"{prefix}{name}" in warnings


@pytest.mark.parametrize("path", ["images/generations", "images", "images/edits"])
def test_the_images_api_lets_nothing_through_either(
    path: str, routellm: Gateway, fake_gateway: FakeGateway, script: Script
) -> None:
    pictures = {"images": [{"image_url": data_url(make_picture()), **KEYS}]} if path == "images/edits" else {}
    content = {"model": "routellm/flux_kontext", "prompt": PROMPT, **KEYS, "image_config": KEYS, **pictures}
    assert script.post(path, content).status == 200
    assert MARK not in fake_gateway.requests[0].body.decode()
    assert fake_gateway.requests[0].json.keys() <= {"model", "messages", "modalities", "image_config"}


@pytest.mark.parametrize("value", [{"api_key": MARK}, [MARK], [{"api_key": MARK}]], ids=str)
def test_a_setting_that_is_a_text_takes_no_object(
    value: Any, routellm: Gateway, fake_gateway: FakeGateway, script: Script
) -> None:
    answer = script.chat(model="routellm/imagen", image_config={"negative_prompt": value})
    assert answer.refusal == (400, "invalid_request_error", "image_config.negative_prompt")
    assert not fake_gateway.requests


def test_an_unknown_key_is_named_no_longer_than_it_needs(shipped: None, script: Script) -> None:
    warnings = script.chat(**{"k" * 5000: 1, **{f"key{number}": 1 for number in range(400)}}).warnings
    assert len(warnings) <= 50
    assert max(map(len, warnings)) < 200
