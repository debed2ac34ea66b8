"""Every fault of a gateway leaves a truthful row and a way on; called again only what surely did not run."""

import json
import struct
import zlib
from datetime import timedelta
from typing import Any

import pytest
from django.test import Client
from django.utils import timezone

from gallery import tasks
from gallery.models import APIKey, Gateway, Generation
from gallery.services import outcomes
from tests import fake_gateway as fakes
from tests.fake_gateway import FakeGateway
from tests.runs.line import one_image, submit


def png_bomb() -> bytes:
    """A small file that would unpack to 30,000 × 30,000 pixels."""
    header = struct.pack(">IIBBBBB", 30_000, 30_000, 8, 2, 0, 0, 0)
    parts = [(b"IHDR", header), (b"IDAT", zlib.compress(bytes(1_000_000))), (b"IEND", b"")]
    chunks = [
        struct.pack(">I", len(data)) + kind + data + struct.pack(">I", zlib.crc32(kind + data)) for kind, data in parts
    ]
    return b"\x89PNG\r\n\x1a\n" + b"".join(chunks)


def moderated() -> dict[str, Any]:
    return {"error": {"code": 403, "message": "Flagged", "metadata": {"reasons": ["violence"], "flagged_input": "x"}}}


FAULTS: list[tuple[str, dict[str, Any], str, str]] = [
    # name, reply, kind, words of the sentence
    ("bad key", {"status": 403, "json": {"error": "Invalid API Key"}}, "key_refused", "RouteLLM"),
    ("401", {"status": 401, "json": {"error": {"message": "no"}}}, "key_refused", "key"),
    ("no credit", {"status": 402, "json": {"error": {"message": "pay"}}}, "out_of_credit", "credit"),
    ("moderation", {"status": 403, "json": moderated()}, "content_refused", "prompt"),
    (
        "parameter",
        {"status": 400, "json": {"success": False, "error": "Invalid image config param mode provided"}},
        "parameter_refused",
        "mode",
    ),
    (
        "value",
        {"status": 400, "json": {"success": False, "error": "Invalid size for x: 9. Supported values are: 1x1, 2x2"}},
        "parameter_refused",
        "2x2",
    ),
    ("gone model", {"status": 404, "json": {"error": {"message": "No such model"}}}, "model_not_found", ""),
    ("server error", {"status": 500, "body": "<html>oops</html>"}, "gateway_failed", "may have been charged"),
    ("bad gateway", {"status": 502, "body": "<html>502</html>"}, "gateway_failed", "may have been charged"),
    ("error in a 200", {"status": 200, "json": {"error": {"code": 500, "message": "it broke"}}}, "gateway_failed", ""),
    ("proxy page", {"status": 200, "body": "<html>Sign in</html>"}, "answer_unreadable", ""),
    ("half a JSON", {"status": 200, "body": '{"choices": [{"mess'}, "answer_unreadable", ""),
    ("no image", {"status": 200, "json": {"choices": []}}, "no_image", ""),
    ("broken base64", {"status": 200, "json": one_image("data:image/png;base64,!!!!")}, "no_image", ""),
    ("empty picture", {"status": 200, "json": one_image("data:image/png;base64,")}, "no_image", ""),
    ("html as png", {"status": 200, "json": one_image("data:image/png;base64,PGh0bWw+")}, "no_image", ""),
    ("bomb", {"status": 200, "json": one_image(fakes.data_url(png_bomb()))}, "no_image", ""),
    ("private link", {"status": 200, "json": one_image("http://169.254.169.254/x.png")}, "picture_not_fetched", ""),
    ("file link", {"status": 200, "json": one_image("file:///etc/passwd")}, "no_image", ""),
    ("redirect", {"status": 307, "headers": {"Location": "https://evil.test/v1"}}, "redirected", ""),
]


@pytest.mark.parametrize(("name", "reply", "kind", "words"), FAULTS, ids=[row[0] for row in FAULTS])
def test_a_fault_of_the_gateway_ends_truthful_and_is_not_called_again(
    name: str,
    reply: dict[str, Any],
    kind: str,
    words: str,
    routellm: Gateway,
    fake_gateway: FakeGateway,
    as_bea: Client,
) -> None:
    fake_gateway.will_send(**reply)
    generation = submit(as_bea)
    assert (generation.status, generation.error_kind) == ("failed", kind)
    assert words in generation.error_sentence
    assert len(fake_gateway.requests) == 1
    page = as_bea.get("/").content.decode()
    assert "Edit and run" in page
    assert "sk-test" not in json.dumps(generation.reply) + generation.error_detail + generation.error_sentence + page
    is_kept = kind == "picture_not_fetched"
    assert outcomes.reply_path(generation).exists() == is_kept


def test_a_refused_key_is_set_aside_and_named(routellm: Gateway, fake_gateway: FakeGateway, as_bea: Client) -> None:
    fake_gateway.will_send(403, json={"error": "Invalid API Key"})
    submit(as_bea)
    key = APIKey.objects.get()
    assert key.set_aside_at
    assert key.last_error
    following = submit(as_bea)
    assert following.error_kind == "key_refused"
    assert len(fake_gateway.requests) == 1


def test_too_many_requests_wait_and_slow_only_their_gateway(
    routellm: Gateway, fake_gateway: FakeGateway, as_bea: Client
) -> None:
    fake_gateway.will_fail(429, retry_after=7)
    generation = submit(as_bea)
    routellm.refresh_from_db()
    assert generation.status == "queued"
    assert generation.run_after
    assert routellm.paused_until
    assert timedelta(seconds=5) < generation.run_after - timezone.now() <= timedelta(seconds=7)
    tasks.run_next()
    assert len(fake_gateway.requests) == 1

    past = timezone.now() - timedelta(seconds=1)
    Generation.objects.update(run_after=past)
    Gateway.objects.update(paused_until=past)
    tasks.run_next()
    generation.refresh_from_db()
    assert generation.status == "succeeded"
    assert len(fake_gateway.requests) == 2


def test_a_gateway_that_is_never_reached_is_given_up_after_four_tries(
    routellm: Gateway, fake_gateway: FakeGateway, as_bea: Client
) -> None:
    fake_gateway.stop()
    generation = submit(as_bea)
    for _ in range(3):
        assert generation.status == "queued"
        Generation.objects.update(run_after=None)
        tasks.run_next()
        generation.refresh_from_db()
    assert (generation.status, generation.error_kind, generation.attempts) == ("failed", "not_reached", 4)
    assert "charged" not in generation.error_sentence


def test_a_silent_gateway_is_uncertain_and_never_called_again_by_itself(
    routellm: Gateway, fake_gateway: FakeGateway, as_bea: Client
) -> None:
    Gateway.objects.update(answer_seconds=1)
    fake_gateway.will_hang(5)
    generation = submit(as_bea)
    assert (generation.status, generation.error_kind) == ("failed", "timed_out")
    assert "charged" in generation.error_sentence
    tasks.run_next()
    assert len(fake_gateway.requests) == 1


@pytest.mark.parametrize(
    ("name", "retry_after", "at_least", "at_most"),
    [
        ("seconds", "7", 5, 7),
        ("a date", "Wed, 21 Oct 2099 07:28:00 GMT", 55, 60),
        ("a date gone by", "Wed, 21 Oct 2015 07:28:00 GMT", -1, 5),
        ("absurd", "999999", 55, 60),
        ("negative", "-5", -1, 5),
        ("garbage", "soon", -1, 5),
        ("missing", None, -1, 5),
    ],
)
def test_retry_after_is_honoured_within_reason(
    name: str,
    retry_after: str | None,
    at_least: float,
    at_most: float,
    routellm: Gateway,
    fake_gateway: FakeGateway,
    as_bea: Client,
) -> None:
    fake_gateway.will_fail(429, retry_after=retry_after)
    generation = submit(as_bea)
    assert generation.status == "queued"
    assert generation.run_after
    assert at_least <= (generation.run_after - timezone.now()).total_seconds() <= at_most


@pytest.mark.parametrize("fault", ["will_hang_up", "will_cut", "will_answer_slowly"])
def test_a_connection_that_breaks_or_drips_is_uncertain(
    fault: str, routellm: Gateway, fake_gateway: FakeGateway, as_bea: Client
) -> None:
    Gateway.objects.update(answer_seconds=1)
    getattr(fake_gateway, fault)()
    generation = submit(as_bea)
    assert generation.status == "failed"
    assert generation.error_kind in ("interrupted", "timed_out")
    assert "charged" in generation.error_sentence
    assert len(fake_gateway.requests) == 1
