"""What there is: models for OpenAI's and OpenRouter's clients at once, image models, and the key's own report."""

from datetime import timedelta
from decimal import Decimal
from typing import Any

import pytest
from django.utils import timezone

from gallery import specs
from gallery.models import AccessToken, Gateway, Generation, ImageModel
from gallery.models.days import studio_day, studio_midnight
from gallery.services import database_thread
from tests.endpoint.script import FLUX, TALKER, Script
from tests.fake_gateway import FakeGateway

pytestmark = pytest.mark.django_db(transaction=True)

TEXT_OR_NONE = str | None


def check_model(entry: dict[str, Any]) -> None:
    """What OpenAI's clients and OpenRouter's strict one need of an entry (gateway protocols, 1.3.1 and 2.5)."""
    for name in ("id", "canonical_slug", "name", "owned_by", "description"):
        assert isinstance(entry[name], str), name
    assert entry["object"] == "model"
    assert isinstance(entry["created"], int)
    assert all(isinstance(price, str) for price in entry["pricing"].values())
    assert {"prompt", "completion"} <= entry["pricing"].keys()
    assert entry["context_length"] is None or isinstance(entry["context_length"], int)
    architecture = entry["architecture"]
    for name in ("input_modalities", "output_modalities"):
        assert architecture[name] and set(architecture[name]) <= {"text", "image"}
    assert isinstance(architecture["modality"], str) and isinstance(architecture["tokenizer"], str)
    assert "instruct_type" in architecture
    assert entry["top_provider"].keys() == {"context_length", "max_completion_tokens", "is_moderated"}
    for name in ("per_request_limits", "default_parameters", "supported_voices"):
        assert name in entry
    assert isinstance(entry["supported_parameters"], list)
    assert entry["links"]["details"].startswith("/api/v1/models/")


def test_every_model_is_listed_in_a_shape_that_both_families_of_clients_take(shipped: None, script: Script) -> None:
    listed = script.get("models").json
    assert listed["object"] == "list"
    assert listed["total_count"] == len(listed["data"]) == ImageModel.objects.count()
    assert listed["links"] == {"next": None}
    for entry in listed["data"]:
        check_model(entry)
    by_id = {entry["id"]: entry["architecture"] for entry in listed["data"]}
    assert by_id[FLUX]["output_modalities"] == ["image"]
    assert by_id[FLUX]["input_modalities"] == ["text", "image"]
    assert by_id["routellm/imagen"]["input_modalities"] == ["text"]
    assert by_id["routellm/route-llm"]["output_modalities"] == ["text"]
    assert sorted(by_id[TALKER]["output_modalities"]) == ["image", "text"]


@pytest.mark.parametrize(
    ("query", "there", "not_there"),
    [
        ("image", {FLUX, TALKER}, {"routellm/route-llm"}),
        ("text", {TALKER, "routellm/route-llm"}, {FLUX}),
        ("all", {FLUX, TALKER, "routellm/route-llm"}, set()),
        ("image,text", {FLUX, TALKER, "routellm/route-llm"}, set()),
        ("audio", set(), {FLUX, TALKER, "routellm/route-llm"}),
    ],
)
def test_the_list_is_filtered_by_what_comes_out(
    query: str, there: set[str], not_there: set[str], shipped: None, script: Script
) -> None:
    listed = script.get(f"models?output_modalities={query}").json
    ids = {entry["id"] for entry in listed["data"]}
    assert there <= ids and not not_there & ids
    assert listed["total_count"] == len(ids)


@pytest.mark.parametrize("change", [{"is_enabled": False}, {"gateway__is_enabled": False}], ids=str)
def test_what_is_switched_off_is_not_listed(change: dict[str, bool], shipped: None, script: Script) -> None:
    if "is_enabled" in change:
        ImageModel.objects.filter(model_id="flux_kontext").update(is_enabled=False)
    else:
        Gateway.objects.filter(slug="routellm").update(is_enabled=False)
    assert FLUX not in {entry["id"] for entry in script.get("models").json["data"]}
    assert script.get(f"models/{FLUX}").refusal == (404, "not_found_error", "model")


def test_a_models_page_holds_its_spec_as_json_schema(shipped: None, script: Script, flux_kontext: ImageModel) -> None:
    entry = script.get(f"models/{FLUX}").json
    check_model(entry)
    schema = entry["image_config_schema"]
    assert schema == specs.json_schema(flux_kontext.spec)
    assert schema["properties"]["aspect_ratio"]["enum"][:2] == ["1:1", "21:9"]
    assert schema["properties"]["num_images"]["maximum"] == 4
    assert "prompt" not in schema["properties"]


@pytest.mark.parametrize("name", ["flux_kontext", FLUX, "dall-e-3", "openrouter/black-forest-labs/flux.2-pro"])
def test_a_model_is_found_by_bare_id_full_id_alias_and_with_slashes(
    name: str, shipped: None, script: Script, flux_kontext: ImageModel
) -> None:
    flux_kontext.aliases.create(name="dall-e-3")
    found = script.get(f"models/{name}").json["id"]
    assert found == (name if name.startswith("openrouter") else FLUX)


def test_what_the_list_says_can_be_sent(shipped: None, script: Script) -> None:
    """Each enum, range and switch of the schema is taken by the endpoint at its first value."""
    for row in ImageModel.objects.filter(gateway__slug="routellm", model_id__in=["dalle", "midjourney", "recraft"]):
        schema = script.get(f"models/{row.full_id}").json["image_config_schema"]
        settings = {name: part["enum"][0] for name, part in schema["properties"].items() if "enum" in part}
        assert script.chat(model=row.full_id, image_config=settings).warnings == []


def test_image_models_come_in_openrouters_shape(shipped: None, script: Script) -> None:
    script.prefix = "/api/v1/"
    entries = {entry["id"]: entry for entry in script.get("images/models").json["data"]}
    assert "routellm/route-llm" not in entries
    entry = entries[FLUX]
    assert entry.keys() == {
        *("id", "name", "description", "created", "architecture"),
        *("supported_parameters", "supports_streaming", "endpoints"),
    }
    parameters = entry["supported_parameters"]
    assert parameters["mode"] == {"type": "enum", "values": ["pro", "max"]}
    assert parameters["num_images"] == {"type": "range", "min": 1, "max": 4}
    assert parameters["rewrite_prompt"] == {"type": "boolean"}
    assert "image_prompt" not in parameters
    (endpoint,) = script.get(entry["endpoints"].removeprefix("/api/v1/")).json["endpoints"]
    assert (endpoint["provider_slug"], endpoint["supported_parameters"]) == ("routellm", parameters)


def test_the_key_reports_what_it_used(routellm: Gateway, fake_gateway: FakeGateway, script: Script) -> None:
    assert script.chat().status == 200
    old = script.chat()
    Generation.objects.update(cost=Decimal("0.25"), cost_unit="usd")
    long_ago = timezone.now() - timedelta(days=400)
    Generation.objects.filter(pk=int(old.json["metadata"]["generation_id"])).update(created_at=long_ago)
    fake_gateway.will_send_image(cost=40)
    script.chat()
    report = script.get("key").json["data"]
    assert (report["usage"], report["usage_daily"], report["usage_monthly"]) == (0.5, 0.25, 0.25)
    assert (report["compute_points_used"], report["requests"]) == (40, 3)
    assert report["label"] == f"{AccessToken.objects.get().prefix}…"
    assert (report["limit"], report["limit_remaining"], report["is_free_tier"]) == (None, None, False)


def test_the_keys_day_is_the_studios(
    routellm: Gateway, fake_gateway: FakeGateway, script: Script, settings: Any
) -> None:
    script.chat()
    settings.TIME_ZONE = "Pacific/Kiritimati"
    Generation.objects.update(cost=Decimal("0.25"), cost_unit="usd", created_at=studio_midnight(studio_day()))
    assert script.get("key").json["data"]["usage_daily"] == 0.25
    Generation.objects.update(created_at=studio_midnight(studio_day()) - timedelta(seconds=1))
    assert script.get("key").json["data"]["usage_daily"] == 0


def test_simulated_money_is_not_counted(shipped: None, script: Script) -> None:
    script.chat()
    assert Generation.objects.filter(is_simulated=True).update(cost=Decimal("3"), cost_unit="usd") == 1
    report = script.get("key").json["data"]
    assert (report["usage"], report["usage_daily"], report["compute_points_used"]) == (0, 0, 0)


def test_the_key_counts_requests_for_words_too(routellm: Gateway, fake_gateway: FakeGateway, script: Script) -> None:
    for _ in range(3):
        fake_gateway.will_send_text("Yes.")
        script.ask()
    report = script.get("key").json["data"]
    assert (report["requests"], report["compute_points_used"]) == (3, 450)


def test_the_key_reports_its_limits_and_never_itself(shipped: None, limited: Any) -> None:
    expires = timezone.now() + timedelta(days=1)
    script = limited(requests_per_minute=7, expires_at=expires)
    answer = script.get("key")
    assert answer.json["data"]["rate_limit"]["requests"] == 7
    assert answer.json["data"]["expires_at"].startswith(expires.date().isoformat())
    assert script.headers["Authorization"][-40:] not in answer.body.decode()


def test_one_tokens_use_is_not_anothers(shipped: None, script: Script, limited: Any) -> None:
    script.chat()
    assert limited().get("key").json["data"]["requests"] == 0


@pytest.mark.parametrize("path", ["models", f"models/{FLUX}", "images/models", "key"])
def test_a_head_is_answered_like_a_get(path: str, shipped: None, script: Script) -> None:
    assert script.send("HEAD", path).status == 200


@pytest.mark.parametrize("length", [241, 5000])
def test_a_name_longer_than_any_is_not_looked_up_or_remembered(length: int, shipped: None, script: Script) -> None:
    name = "x" * length
    assert script.get(f"models/{name}").refusal == (404, "not_found_error", "model")
    assert script.chat(model=name).refusal == (404, "not_found_error", "model")
    assert ("model", name) not in database_thread._remembered
