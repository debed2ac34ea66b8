"""What the team sees of a script's runs: in the history, on the record's page, in the library."""

import pytest
from django.test import Client

from gallery.models import Generation
from tests.endpoint.script import Script

pytestmark = pytest.mark.django_db(transaction=True)


def test_a_scripts_picture_is_in_the_teams_history_with_its_owner_and_script(
    shipped: None, script: Script, as_chi: Client
) -> None:
    conversation = [
        {"role": "system", "content": "Keep to the brand’s palette."},
        {"role": "user", "content": "A red lamp at dusk"},
    ]
    body = {"model": "routellm/flux_kontext", "messages": conversation, "modalities": ["image"]}
    assert script.post("/v1/chat/completions", body, **{"X-Title": "Catalogue robot"}).status == 200
    generation = Generation.objects.get()
    told = f"{generation.client}"
    assert told.endswith("· Catalogue robot")
    history = as_chi.get("/history/").content.decode()
    assert "A red lamp at dusk" in history
    assert f"by <bdi>{told}</bdi>" in history
    page = as_chi.get(f"/generations/{generation.pk}/").content.decode()
    assert told in page
    assert "Said before" in page
    assert "Keep to the brand’s palette." in page
    assert "A red lamp at dusk" in as_chi.get("/library/").content.decode()


def test_a_private_run_is_seen_by_its_owner_alone(shipped: None, script: Script, as_chi: Client) -> None:
    body = {
        "model": "routellm/flux_kontext",
        "messages": [{"role": "user", "content": "A secret lamp"}],
        "modalities": ["image"],
        "visibility": "private",
    }
    assert script.post("/v1/chat/completions", body).status == 200
    generation = Generation.objects.get()
    assert as_chi.get(f"/generations/{generation.pk}/").status_code == 404
    for address in ("/history/", "/library/", "/"):
        assert "A secret lamp" not in as_chi.get(address).content.decode()
