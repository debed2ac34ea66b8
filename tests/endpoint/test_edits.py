"""`images/edits`, as JSON and as a form, with masks; the same settings as `images/generations`."""

from typing import Any

import pytest

from gallery.models import Gateway, Generation, Image
from tests import factories
from tests.endpoint.script import EDITS, FLUX, PROMPT, Script
from tests.endpoint.test_images import order, pictures_sent, settings_sent
from tests.fake_gateway import FakeGateway, data_url

pytestmark = pytest.mark.django_db(transaction=True)

PICTURE, OTHER = factories.png("olive"), factories.png("navy")
FILL = "routellm/flux_pro_fill"


@pytest.mark.parametrize(
    "pictures",
    [
        {"images": [{"image_url": data_url(PICTURE)}, {"image_url": data_url(OTHER)}]},
        {"images": [data_url(PICTURE), {"image_url": {"url": data_url(OTHER)}}]},
        {"image": [data_url(PICTURE), data_url(OTHER)]},
    ],
    ids=["objects", "mixed", "image"],
)
def test_an_edit_comes_as_json(
    pictures: dict[str, Any], routellm: Gateway, fake_gateway: FakeGateway, script: Script
) -> None:
    answer = script.post(EDITS, order(model="routellm/nano_banana", **pictures))
    assert len(answer.json["data"]) == 1
    assert pictures_sent(fake_gateway) == [PICTURE, OTHER]
    assert Generation.objects.get().inputs.count() == 2


@pytest.mark.parametrize(
    "files",
    [[("image", PICTURE)], [("image[]", PICTURE), ("image[]", OTHER)], [("image", PICTURE), ("image", OTHER)]],
    ids=["image", "image[]", "image twice"],
)
def test_an_edit_comes_as_a_form(
    files: list[tuple[str, bytes]], routellm: Gateway, fake_gateway: FakeGateway, script: Script
) -> None:
    fields = {"model": "routellm/nano_banana", "prompt": PROMPT, "n": "2", "size": "512x512", "background": "auto"}
    answer = script.post_form(EDITS, fields | {"response_format": "b64_json"}, files)
    assert len(answer.json["data"]) == 1
    assert pictures_sent(fake_gateway) == [content for _, content in files]
    assert settings_sent(fake_gateway)["num_images"] == 2
    assert Image.objects.filter(source="uploaded").count() == len(files)


def test_a_mask_goes_to_the_models_mask(routellm: Gateway, fake_gateway: FakeGateway, script: Script) -> None:
    answer = script.post_form(EDITS, order(model=FILL), [("image", PICTURE), ("mask", OTHER)])
    assert answer.status == 200
    inputs = {row.parameter: row.image.sha256 for row in Generation.objects.get().inputs.select_related("image")}
    assert sorted(inputs) == ["image", "mask"]
    assert inputs["image"] != inputs["mask"]
    content = order(model=FILL, images=[{"image_url": data_url(PICTURE)}], mask={"image_url": data_url(OTHER)})
    assert script.post(EDITS, content).status == 200


EDITS_REFUSED = [
    ([("image", PICTURE), ("mask", OTHER)], FLUX, "mask"),
    ([], FLUX, "image"),
    ([("mask", OTHER)], FILL, "image"),
    ([("image", PICTURE)] * 2, FILL, "image"),
    ([("image", PICTURE)], "routellm/imagen", "image"),
    ([("image", b"<html>")], FLUX, "image"),
    ([("image", b"")], FLUX, "image"),
    ([("image", PICTURE), ("mask", b"")], FILL, "mask"),
    ([("image", PICTURE), ("mask", b"")], FLUX, "mask"),
    ([("image", PICTURE), ("mask", b"<html>")], FILL, "mask"),
]


@pytest.mark.parametrize(("files", "model", "param"), EDITS_REFUSED, ids=range(len(EDITS_REFUSED)))
def test_an_edit_that_the_model_cannot_do_is_refused(
    files: list[tuple[str, bytes]],
    model: str,
    param: str,
    routellm: Gateway,
    fake_gateway: FakeGateway,
    script: Script,
) -> None:
    assert script.post_form(EDITS, order(model=model), files).refusal == (400, "invalid_request_error", param)
    assert not fake_gateway.requests


@pytest.mark.parametrize("mask", ["", {}, {"image_url": {"url": ""}}, "data:image/png;base64,"], ids=str)
def test_an_empty_mask_is_refused_and_not_left_out(
    mask: Any, routellm: Gateway, fake_gateway: FakeGateway, script: Script
) -> None:
    content = order(model=FILL, images=[{"image_url": data_url(PICTURE)}], mask=mask)
    assert script.post(EDITS, content).refusal == (400, "invalid_request_error", "mask")
    assert not fake_gateway.requests


def test_a_mask_in_a_field_of_the_form_is_no_lost_one(
    routellm: Gateway, fake_gateway: FakeGateway, script: Script
) -> None:
    fields = order(model=FILL, mask=data_url(OTHER))
    assert script.post_form(EDITS, fields, [("image", PICTURE)]).status == 200
    assert Generation.objects.get().inputs.filter(parameter="mask").exists()
    assert script.post_form(EDITS, fields | {"mask": ""}, [("image", PICTURE)]).refusal[2] == "mask"
