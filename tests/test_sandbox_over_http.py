"""Every shipped model of every gateway, through the sandbox over real HTTP, as a gateway with a key."""

from collections.abc import Iterator
from pathlib import Path

import pytest
from django.test import Client

from gallery.models import Gateway, Generation, ImageModel, User
from gallery.services import catalogue
from tests import factories
from tests.running_studio import Process, free_port
from tests.visitor import Visitor, wait_until

PATHS = {
    "routellm": "/routellm/v1",
    "openroute": "/openroute/api/v1",
    "openrouter": "/openrouter/api/v1",
    "llmgateway": "/llmgateway/v1",
}


@pytest.fixture(scope="module")
def sandbox(tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    port = free_port()
    folder: Path = tmp_path_factory.mktemp("sandbox")
    process = Process(folder, "sandbox_gateway", "--port", str(port), "--pace", "0")
    origin = f"http://127.0.0.1:{port}"
    try:
        wait_until(lambda: Visitor(origin).status("/routellm/v1/models") == 200, "the sandbox answers")
        yield origin
    finally:
        process.end()


def required_files(image_model: ImageModel) -> dict[str, object]:
    required = [parameter for parameter in image_model.image_parameters if parameter.is_required]
    # A mask that marks nothing is refused.
    colours = {True: "#ffffff", False: "#404080"}
    return {
        parameter.name: factories.upload(f"{parameter.name}.png", colours[parameter.is_mask]) for parameter in required
    }


@pytest.mark.parametrize("slug", list(PATHS))
def test_every_model_makes_its_picture(slug: str, sandbox: str, shipped: None, as_bea: Client, bea: User) -> None:
    factories.give_key(Gateway.objects.get(slug=slug), f"{sandbox}{PATHS[slug]}")
    image_models = ImageModel.objects.offered().filter(gateway__slug=slug)
    assert image_models.exists()
    for image_model in image_models:
        form = {"model": image_model.full_id, "prompt": "a small red chair", **required_files(image_model)}
        assert as_bea.post("/", form).status_code == 302, image_model.full_id
        generation = Generation.objects.latest("pk")
        assert generation.status == "succeeded", (image_model.full_id, generation.error_sentence)
        assert not generation.is_simulated
        assert generation.images.exists() or image_model.output == "text", image_model.full_id
        assert generation.cost is not None, image_model.full_id


@pytest.mark.parametrize("slug", list(PATHS))
def test_the_admins_test_proves_the_key(slug: str, sandbox: str, shipped: None, as_ada: Client) -> None:
    gateway = Gateway.objects.get(slug=slug)
    for secret, passed in (("sk-wrong-0123456789", False), ("sk-good-0123456789", True)):
        gateway.api_keys.all().delete()
        factories.give_key(gateway, f"{sandbox}{PATHS[slug]}", secret=secret)
        as_ada.post(f"/admin/gallery/gateway/{gateway.pk}/press/test/")
        gateway.refresh_from_db()
        assert gateway.test_passed is passed, gateway.test_report


def test_the_whole_catalogue_is_what_the_readme_says(db: None) -> None:
    assert catalogue.load_catalogue() == 49
