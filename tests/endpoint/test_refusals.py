"""Errors: a gateway's and our own, each with the status, type and headers that a client's retries rest on."""

from dataclasses import dataclass
from typing import Any

import pytest
from asgiref.sync import async_to_sync
from django.test import RequestFactory

from gallery.endpoint import refusals
from gallery.endpoint.surface import open_surface
from gallery.gateway import errors
from gallery.models import Gateway, Generation
from tests.endpoint.script import FLUX, Script, ask, question
from tests.fake_gateway import FakeGateway, image_reply

pytestmark = pytest.mark.django_db(transaction=True)


@dataclass(frozen=True, kw_only=True)
class Fault:
    """A reply of the gateway, and what the script is told of it. `again`: whether a client may try again by itself."""

    told: tuple[int, str]
    kind: str
    status: int = 200
    json: Any = None
    body: bytes = b""
    headers: tuple[tuple[str, str], ...] = ()
    again: bool = False
    param: str | None = None


def fault(status: int, message: str, *, told: tuple[int, str], kind: str, **more: Any) -> Fault:
    return Fault(status=status, json={"success": False, "error": message}, told=told, kind=kind, **more)


def moderated(status: int, **error: Any) -> Fault:
    complaint = {"message": "No.", "code": status, **error}
    return Fault(status=status, json={"error": complaint}, told=(400, "invalid_request_error"), kind=VIOLATION)


VIOLATION = "content_policy_violation"
UPSTREAM, INVALID = (502, "upstream_error"), (400, "invalid_request_error")
ALLOWED = "Invalid aspect_ratio for flux_kontext: 9:9. Supported values are: 1:1, 16:9"
FAULTS = {
    "bad key": fault(401, "Invalid API Key", told=UPSTREAM, kind="key_refused"),
    "bad key, as RouteLLM says it": Fault(
        status=403, json={"error": "Invalid API Key"}, told=UPSTREAM, kind="key_refused"
    ),
    "no credit": fault(402, "Out of credits", told=(402, "insufficient_quota"), kind="out_of_credit"),
    "not allowed": fault(403, "Not for you.", told=INVALID, kind="rejected"),
    "no such model": fault(404, "No such model", told=(404, "not_found_error"), kind="model_not_found"),
    "bad setting": fault(400, ALLOWED, told=INVALID, kind="parameter_refused", param="image_config.aspect_ratio"),
    "bad request": fault(400, "Bad.", told=INVALID, kind="rejected"),
    "moderation by reasons": moderated(403, metadata={"reasons": ["violence"], "flagged_input": "a red"}),
    "moderation by code": moderated(400, code=VIOLATION),
    "moderation by finish": Fault(json=image_reply([], finish_reason="content_filter"), told=INVALID, kind=VIOLATION),
    "too many": fault(
        429,
        "Slow down.",
        told=(429, "rate_limit_error"),
        kind="too_many_requests",
        again=True,
        headers=(("Retry-After", "17"),),
    ),
    "busy": fault(
        503,
        "Busy.",
        told=(429, "rate_limit_error"),
        kind="too_many_requests",
        again=True,
        headers=(("Retry-After", "17"),),
    ),
    "unavailable": fault(503, "Down.", told=UPSTREAM, kind="gateway_failed"),
    "broken": fault(500, "Oops", told=UPSTREAM, kind="gateway_failed"),
    "error in a 200": Fault(
        json={"error": {"message": "Provider returned error", "code": 502}}, told=UPSTREAM, kind="gateway_failed"
    ),
    "credit in a 200": Fault(
        json={"error": {"message": "Insufficient credits", "code": 402}},
        told=(402, "insufficient_quota"),
        kind="out_of_credit",
    ),
    "gave up": fault(408, "Timed out", told=(504, "timeout_error"), kind="timed_out"),
    "no picture": Fault(json=image_reply([], text="I cannot draw."), told=UPSTREAM, kind="no_image"),
    "a proxy's page": Fault(status=502, body=b"<html>Bad gateway</html>", told=UPSTREAM, kind="gateway_failed"),
    "cut JSON": Fault(body=b'{"choices": [', told=UPSTREAM, kind="answer_unreadable"),
    "redirect": Fault(status=302, headers=(("Location", "https://x.test/"),), told=UPSTREAM, kind="redirected"),
}


@pytest.mark.parametrize("name", list(FAULTS))
def test_a_gateways_fault_is_told_with_status_type_and_what_to_do(
    name: str, routellm: Gateway, fake_gateway: FakeGateway, script: Script
) -> None:
    found = FAULTS[name]
    fake_gateway.will_send(found.status, json=found.json, body=found.body, headers=dict(found.headers))
    answer = script.chat()
    assert answer.refusal == (*found.told, found.param)
    assert len(fake_gateway.requests) == 1

    generation = Generation.objects.get()
    assert generation.status == "failed"
    metadata = answer.error["metadata"]
    assert (metadata["gateway"], metadata["generation_id"]) == ("routellm", str(generation.pk))
    assert metadata["error_type"] == found.kind
    assert answer.error["message"] == generation.error_sentence
    assert answer.headers.get("x-should-retry") == (None if found.again else "false")
    assert answer.headers.get("retry-after") == ("17" if found.headers and found.again else None)
    assert answer.headers["x-generation-id"] == str(generation.pk)
    assert "x-proofsheet-simulated" not in answer.headers
    assert "sk-test" not in answer.body.decode()


def test_supported_values_of_a_gateway_are_handed_on(
    routellm: Gateway, fake_gateway: FakeGateway, script: Script
) -> None:
    fake_gateway.will_fail(400, error=ALLOWED)
    error = script.chat().error
    assert error["metadata"]["supported_values"] == ["1:1", "16:9"]
    assert "1:1, 16:9" in error["message"]
    assert error["metadata"]["raw"] == ALLOWED


@pytest.mark.parametrize("play", ["will_hang_up", "will_cut"])
def test_a_connection_that_breaks_is_an_upstream_error_that_nobody_repeats(
    play: str, routellm: Gateway, fake_gateway: FakeGateway, script: Script
) -> None:
    getattr(fake_gateway, play)()
    answer = script.chat()
    assert answer.refusal[:2] == UPSTREAM
    assert answer.headers["x-should-retry"] == "false"
    assert "charged" in answer.error["message"]
    assert len(fake_gateway.requests) == 1


def test_an_answer_that_takes_too_long_is_a_504(routellm: Gateway, fake_gateway: FakeGateway, script: Script) -> None:
    Gateway.objects.update(answer_seconds=1)
    fake_gateway.will_hang(5)
    answer = script.chat()
    assert answer.refusal[:2] == (504, "timeout_error")
    assert answer.headers["x-should-retry"] == "false"


def test_a_gateway_that_is_not_there_may_be_asked_again(
    routellm: Gateway, fake_gateway: FakeGateway, script: Script
) -> None:
    fake_gateway.stop()
    answer = script.chat()
    assert answer.refusal[:2] == (503, "upstream_error")
    assert int(answer.headers["retry-after"]) >= 1
    assert "x-should-retry" not in answer.headers


@pytest.mark.parametrize("content", [ask(), question()], ids=["picture", "words"])
def test_a_refused_key_is_the_gateways_trouble_and_noted_for_the_administrator(
    content: Any, routellm: Gateway, fake_gateway: FakeGateway, script: Script
) -> None:
    fake_gateway.will_fail(401)
    first = script.post("chat/completions", content)
    assert "RouteLLM did not accept the API key" in first.error["message"]
    api_key = routellm.api_keys.get()
    assert api_key.set_aside_at and "API key" in api_key.last_error
    second = script.post("chat/completions", content)
    assert second.refusal[:2] == UPSTREAM
    assert "no API key that works" in second.error["message"]
    assert len(fake_gateway.requests) == 1


@pytest.mark.parametrize(
    ("path", "content"),
    [
        ("chat/completions", question()),
        ("images/generations", {"model": FLUX, "prompt": "x"}),
        ("images", {"prompt": "x"}),
    ],
    ids=["words", "generations", "OpenRouter's images"],
)
def test_every_surface_tells_a_gateways_refusal_alike(
    path: str, content: Any, routellm: Gateway, fake_gateway: FakeGateway, script: Script
) -> None:
    fake_gateway.will_fail(402)
    answer = script.post(path, content)
    assert answer.refusal[:2] == (402, "insufficient_quota")
    assert answer.headers["x-should-retry"] == "false"


def test_a_switched_off_gateway_or_model_is_not_there(
    routellm: Gateway, fake_gateway: FakeGateway, script: Script
) -> None:
    routellm.image_models.filter(model_id="flux_pro").update(is_enabled=False)
    assert script.chat(model="routellm/flux_pro").refusal == (404, "not_found_error", "model")
    Gateway.objects.filter(pk=routellm.pk).update(is_enabled=False)
    assert script.post("chat/completions", ask()).refusal == (404, "not_found_error", "model")
    assert not fake_gateway.requests


def failed(kind: str, **fields: Any) -> Generation:
    return Generation(pk=1, gateway_slug="routellm", error_kind=kind, error_sentence="It failed.", **fields)


@pytest.mark.parametrize(
    ("kind", "is_told"), [("internal", False), ("not_stored", False), ("rejected", True), ("interrupted", True)]
)
def test_our_own_details_stay_in_the_studio(kind: str, is_told: bool) -> None:
    refusal = refusals.of_failure(failed(kind, error_detail="No space left: /srv/media/x.png"), None)
    assert ("raw" in refusal.metadata) == is_told
    assert ("/srv" in str(refusal.body)) == is_told


def test_a_simulated_failure_says_so() -> None:
    headers = refusals.of_failure(failed("rejected", is_simulated=True), None).headers
    assert (headers["X-Generation-Id"], headers["X-Proofsheet-Simulated"]) == ("1", "true")


def test_a_fault_of_our_own_is_not_tried_again() -> None:
    """A surface whose code is broken; what ran before may have been paid."""

    async def broken(request: Any) -> Any:
        raise RuntimeError("broken")

    answer = async_to_sync(open_surface("GET")(broken))(RequestFactory().get("/v1/x"))
    assert answer.status_code == 500
    assert answer["x-should-retry"] == "false"


def kinds_of(error: type[errors.GatewayError]) -> list[type[errors.GatewayError]]:
    return [error, *(kind for child in error.__subclasses__() for kind in kinds_of(child))]


@pytest.mark.parametrize("error", kinds_of(errors.GatewayError), ids=lambda error: error.kind)
def test_no_kind_of_failure_is_a_success_or_a_fault_of_the_scripts_token(error: type[errors.GatewayError]) -> None:
    refusal = refusals.of_failure(failed(error.kind), error("It failed."))
    assert refusal.status >= 400 and refusal.status != 401
    assert refusal.body["error"]["code"] == refusal.status
    if error.may_have_run:
        assert refusal.status >= 500 and refusal.headers["x-should-retry"] == "false"
