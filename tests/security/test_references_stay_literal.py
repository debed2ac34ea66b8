"""What looks like a reference to this server's environment, settings or files is text wherever somebody writes it.

LibreChat CVE-2026-32625 (`${ENV}` in an address was filled in), LiteLLM CVE-2026-35029 (`os.environ/…` was resolved).
"""

import json
from typing import Any

import pytest
from django.core.cache import cache
from django.test import Client

from gallery.models import APIKey, Gateway, ImageModel, User
from gallery.services import tokens
from tests.admin import pages
from tests.endpoint.script import Script, ask
from tests.fake_gateway import FakeGateway

HIDDEN = "CANARY-of-the-environment"
REFERENCES = [
    "os.environ/REFERRED_TO",
    "${REFERRED_TO}",
    "$REFERRED_TO",
    "${REFERRED_TO:-x}",
    "%REFERRED_TO%",
    "%(REFERRED_TO)s",
    "$(printenv REFERRED_TO)",
    "`printenv REFERRED_TO`",
    "{{ settings.SECRET_KEY }}",
    "{% debug %}",
    "{settings.SECRET_KEY}",
    "{0.__class__}",
    "<%= ENV['REFERRED_TO'] %>",
    "env:REFERRED_TO",
    "file:///etc/hostname",
    "@/etc/hostname",
    "!ENV REFERRED_TO",
    "${jndi:env:REFERRED_TO}",
]


@pytest.fixture(autouse=True)
def hidden(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("REFERRED_TO", HIDDEN)
    monkeypatch.setenv("HOME", f"/{HIDDEN}")


def told_in(fake_gateway: FakeGateway) -> str:
    return "".join(
        f"{request.path} {dict(request.headers)} {request.body.decode()}" for request in fake_gateway.requests
    )


def test_a_spec_with_references_is_shown_and_sent_as_it_stands(
    routellm: Gateway,
    settings: Any,
    as_ada: Client,
    as_bea: Client,
    fake_gateway: FakeGateway,
    flux_kontext: ImageModel,
) -> None:
    spec: list[dict[str, Any]] = [
        {"name": f"knob_{number}", "type": "string", "label": f"L {text}", "description": f"H {text}", "default": text}
        for number, text in enumerate(REFERENCES)
    ]
    spec.append({"name": "choice", "type": "string", "choices": REFERENCES, "default": REFERENCES[1]})
    saved = as_ada.post(pages.spec_page(flux_kontext), pages.spec_post(flux_kontext, json.dumps(spec)))
    assert saved.status_code == 302, saved.content.decode().partition("errorlist")[2][:600]
    Gateway.objects.filter(pk=routellm.pk).update(sends_defaults=True)
    model = {"model": flux_kontext.full_id}
    page = as_bea.get("/", model).content.decode()
    values = {one["name"]: one["default"] for one in spec}
    as_bea.post("/", {**model, "prompt": " ".join(REFERENCES), **values})
    (request,) = fake_gateway.requests
    assert request.json["messages"][-1]["content"] == " ".join(REFERENCES)
    assert request.json["image_config"].items() >= values.items()
    for text in (page, told_in(fake_gateway), as_bea.get("/history/").content.decode()):
        assert HIDDEN not in text
        assert settings.SECRET_KEY not in text


@pytest.mark.django_db(transaction=True)
def test_a_script_sends_references_as_they_stand(
    routellm: Gateway, bea: User, fake_gateway: FakeGateway, settings: Any
) -> None:
    script = Script(tokens.create_token(owner=bea, name="Script")[1])
    for text in REFERENCES:
        told = ask(text, model="routellm/imagen", image_config={"negative_prompt": text}, api_base=text)
        assert script.post("chat/completions", told, **{"X-Api-Base": text}).status == 200
    assert [request.json["messages"][-1]["content"] for request in fake_gateway.requests] == REFERENCES
    assert [request.json["image_config"]["negative_prompt"] for request in fake_gateway.requests] == REFERENCES
    assert HIDDEN not in told_in(fake_gateway)
    assert settings.SECRET_KEY not in told_in(fake_gateway)


def test_an_address_with_a_reference_is_refused_or_a_plain_name(
    routellm: Gateway, as_ada: Client, settings: Any
) -> None:
    cache.clear()
    for text in REFERENCES[:10]:
        for address in (text, f"https://{text}.example/v1"):
            form = pages.gateway_post(routellm, base_url=address, api_key="sk-new-0123456789abcdef")
            page = as_ada.post(pages.change_page(routellm), form).content.decode()
            stored = Gateway.objects.get(pk=routellm.pk).base_url
            for told in (page, stored):
                assert HIDDEN not in told
                assert settings.SECRET_KEY not in told
            assert "$" not in stored and "%" not in stored and "{" not in stored


@pytest.mark.parametrize("key", ["os.environ/REFERRED_TO", "${REFERRED_TO}", "$REFERRED_TO", "%(REFERRED_TO)s"])
def test_a_key_with_a_reference_is_sent_as_it_stands(
    key: str, routellm: Gateway, as_ada: Client, as_bea: Client, fake_gateway: FakeGateway
) -> None:
    APIKey.objects.all().delete()
    as_ada.post(pages.change_page(routellm), pages.gateway_post(routellm, api_key=key))
    as_bea.post("/", {"model": "routellm/flux_kontext", "prompt": "a red chair"})
    assert fake_gateway.keys_used == [key]
