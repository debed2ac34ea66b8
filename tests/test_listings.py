"""A gateway's own list of models, held against ours: from the admin and from the command line."""

import io

import pytest
from django.core.management import CommandError, call_command
from django.test import Client

from gallery.models import Gateway, ImageModel
from tests.fake_gateway import FakeGateway

LIST = b'{"data": [{"id": "flux_pro"}, {"id": "flux_kontext"}, {"id": "brand_new"}, {"id": ""}, {"name": "odd"}, 7]}'


def test_models_are_marked_by_what_the_gateway_lists(
    routellm: Gateway, fake_gateway: FakeGateway, as_ada: Client
) -> None:
    fake_gateway.will_serve(LIST, path="/v1/models", headers={"Content-Type": "application/json"})
    page = as_ada.post(f"/admin/gallery/gateway/{routellm.pk}/press/list/", follow=True).content.decode()
    assert "2 of our models are there" in page
    assert ImageModel.objects.get(model_id="flux_pro").is_available is True
    assert ImageModel.objects.get(model_id="dalle").is_available is False


def test_the_command_names_what_is_there_what_is_missing_and_what_is_new(
    routellm: Gateway, fake_gateway: FakeGateway
) -> None:
    fake_gateway.will_serve(LIST, path="/v1/models", headers={"Content-Type": "application/json"})
    out = io.StringIO()
    call_command("sync_models", "routellm", stdout=out)
    for line in ("available flux_pro", "missing   dalle", "new       brand_new"):
        assert line in out.getvalue()


def test_a_gateway_that_does_not_answer_changes_nothing(routellm: Gateway, fake_gateway: FakeGateway) -> None:
    fake_gateway.will_serve(b"<html>", status=502, path="/v1/models")
    with pytest.raises(CommandError):
        call_command("sync_models", "routellm")
    assert not ImageModel.objects.exclude(is_available=None).exists()


def test_a_gateway_nobody_knows_is_named_with_those_that_are(shipped: None) -> None:
    with pytest.raises(CommandError, match="routellm"):
        call_command("sync_models", "nobody")
