"""Comparisons: set up, run, and the failed run again."""

import re

import pytest
from django.test import Client

from gallery import tasks
from gallery.models import Batch, Gateway, Generation, ImageModel, User
from tests import factories
from tests.batches.batch import FORM, MODELS, create, page_of, statuses, words_of
from tests.fake_gateway import FakeGateway


def test_the_studios_form_opens_a_set_up_with_models_beside_its_own(shipped: None, as_bea: Client) -> None:
    words = words_of(as_bea.post("/compare/models/", {**FORM, "aspect_ratio": "21:9"}))
    assert "3 models" in words and "FLUX Kontext" in words and "a red chair" in words
    assert "Run 3 models" in words


def test_a_set_up_without_values_yet_promises_no_run(shipped: None, as_bea: Client) -> None:
    words = words_of(as_bea.post("/compare/models/", {**FORM, "models": MODELS[:1], "axis": "seed", "axis_values": ""}))
    assert "0 runs" in words and "Run 1" not in words


def test_the_set_up_tells_what_each_model_takes_differently(shipped: None, as_bea: Client) -> None:
    words = words_of(as_bea.post("/compare/models/", {**FORM, "models": MODELS, "aspect_ratio": "21:9"}))
    assert "Aspect ratio 21:9 → 1440 × 768 , the nearest offered" in words
    assert "Left out: Mode" not in words


def test_a_model_is_added_and_another_taken_out(shipped: None, as_bea: Client) -> None:
    added = as_bea.post("/compare/models/", {**FORM, "models": MODELS[:2], "model": MODELS[2]}).content.decode()
    assert re.findall(r'name="models" value="([^"]+)"', added) == MODELS
    without = as_bea.post("/compare/models/", {**FORM, "models": MODELS, "take_out": MODELS[0]}).content.decode()
    assert re.findall(r'name="models" value="([^"]+)"', without) == MODELS[1:]
    assert f'name="previous_model" value="{MODELS[1]}"' in without


def test_nine_models_are_no_more_than_eight(shipped: None, as_bea: Client) -> None:
    many = [row.full_id for row in ImageModel.objects.offered().exclude(output="text")[:9]]
    page = as_bea.post("/compare/models/", {**FORM, "models": many}).content.decode()
    assert re.findall(r'name="models" value="([^"]+)"', page) == many[:8]


def test_a_comparison_runs_every_model_in_its_own_settings(
    routellm: Gateway, fake_gateway: FakeGateway, as_bea: Client, bea: User
) -> None:
    batch = create(as_bea, aspect_ratio="21:9")
    assert (batch.kind, batch.owner) == ("compare", bea)
    assert [request.json["model"] for request in fake_gateway.requests] == [key.split("/")[1] for key in MODELS]
    assert fake_gateway.requests[0].json["image_config"]["aspect_ratio"] == "21:9"
    assert "aspect_ratio" not in fake_gateway.requests[1].json["image_config"]
    assert statuses(batch) == ["succeeded"] * 3
    words = page_of(as_bea, batch)
    for expected in ("a red chair", "FLUX Kontext", "FLUX Pro", "150 points", "450 points"):
        assert expected in words


def test_the_cost_of_a_batch_is_told_once_there_is_one(
    routellm: Gateway, fake_gateway: FakeGateway, as_bea: Client
) -> None:
    tasks.queue.immediate = False
    batch = create(as_bea, spend_limit="500", spend_unit="points")
    words = page_of(as_bea, batch)
    assert "stops at 500 points" in words and "nothing" not in words
    assert "nothing" not in words_of(as_bea.get("/"))
    tasks.queue.immediate = True
    tasks.run_next()
    assert "450 points of 500 points" in page_of(as_bea, batch)


def test_references_go_in_up_to_each_models_limit(routellm: Gateway, fake_gateway: FakeGateway, as_bea: Client) -> None:
    files = [factories.upload(colour=colour) for colour in ("olive", "navy", "plum")]
    response = as_bea.post("/compare/models/", {**FORM, "models": MODELS, "image_prompt": files})
    ids = re.findall(r'name="(image_prompt)_images" value="(\d+)"', response.content.decode())
    assert len(ids) == 3 and "2 pictures" in words_of(response)


def test_a_failure_is_told_in_its_column_and_run_again_alone(
    routellm: Gateway, fake_gateway: FakeGateway, as_bea: Client
) -> None:
    fake_gateway.will_send_image()
    fake_gateway.will_fail(400, error="The size 640x480 is not supported.")
    batch = create(as_bea)
    assert statuses(batch) == ["succeeded", "failed", "succeeded"]
    failed = Generation.objects.get(batch=batch, status="failed")
    words = page_of(as_bea, batch)
    assert failed.error_sentence in words and "Run the 1 that failed again" in words
    as_bea.post(f"/batches/{batch.pk}/retry/", {"run": failed.pk})
    assert statuses(batch) == ["succeeded", "failed", "succeeded", "succeeded"]
    assert len(fake_gateway.requests) == 4
    again = Generation.objects.filter(batch=batch).latest("pk")
    assert (again.made_from, again.cell) == (failed, failed.cell)
    assert failed.error_sentence not in page_of(as_bea, batch)


def test_only_the_failed_run_again(routellm: Gateway, fake_gateway: FakeGateway, as_bea: Client) -> None:
    fake_gateway.will_fail(400)
    fake_gateway.will_send_image()
    fake_gateway.will_fail(400)
    batch = create(as_bea)
    as_bea.post(f"/batches/{batch.pk}/retry/")
    assert statuses(batch) == ["failed", "succeeded", "failed", "succeeded", "succeeded"]
    as_bea.post(f"/batches/{batch.pk}/retry/")
    assert len(fake_gateway.requests) == 5


@pytest.mark.parametrize(
    ("failed", "sent", "said"),
    [
        (1, 2, "No longer offered: FLUX Kontext."),
        (2, 3, "The rest runs again. No longer offered, and left out: FLUX Kontext."),
    ],
    ids=["the only one that failed", "one of two that failed"],
)
def test_a_model_switched_off_meanwhile_is_named_and_not_run_again(
    routellm: Gateway, fake_gateway: FakeGateway, as_bea: Client, failed: int, sent: int, said: str
) -> None:
    for _ in range(failed):
        fake_gateway.will_fail(400)
    batch = create(as_bea, models=MODELS[:2])
    ImageModel.objects.filter(model_id="flux_kontext").update(is_enabled=False)
    response = as_bea.post(f"/batches/{batch.pk}/retry/", follow=True)
    assert said in words_of(response)
    assert len(fake_gateway.requests) == sent


def test_a_model_switched_off_before_the_start_is_left_out_of_the_set_up(shipped: None, as_bea: Client) -> None:
    ImageModel.objects.filter(model_id="flux_pro").update(is_enabled=False)
    page = as_bea.post("/compare/models/", {**FORM, "models": MODELS}).content.decode()
    assert re.findall(r'name="models" value="([^"]+)"', page) == [MODELS[0], MODELS[2]]


def test_the_same_submission_is_one_batch(routellm: Gateway, fake_gateway: FakeGateway, as_bea: Client) -> None:
    first, second = create(as_bea, submission="once"), create(as_bea, submission="once")
    assert first == second and len(fake_gateway.requests) == 3


def test_an_empty_prompt_comes_back_with_its_sentence(
    routellm: Gateway, fake_gateway: FakeGateway, as_bea: Client
) -> None:
    response = as_bea.post("/batches/new/", {**FORM, "models": MODELS, "prompt": " "})
    assert response.status_code == 422 and "Write a prompt first" in words_of(response)
    assert not Batch.objects.exists() and not fake_gateway.requests
