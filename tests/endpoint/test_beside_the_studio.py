"""Scripts leave the studio of their owner as it was."""

import pytest
from django.test import Client

from tests.endpoint.script import FLUX, Script, ask

pytestmark = pytest.mark.django_db(transaction=True)


def test_a_scripts_model_is_not_the_one_chosen_in_the_studio(shipped: None, script: Script, as_bea: Client) -> None:
    as_bea.post("/", {"model": FLUX, "prompt": "A red lamp", "mode": "pro"})
    assert script.chat(model="routellm/midjourney").status == 200
    page = as_bea.get("/").content.decode()
    assert 'name="model" value="routellm/flux_kontext"' in page


def test_ones_own_session_holds_what_was_made_there(shipped: None, script: Script, as_bea: Client) -> None:
    assert script.post("chat/completions", ask("A lamp for robots")).status == 200
    assert "A lamp for robots" not in as_bea.get("/").content.decode()
    assert "A lamp for robots" in as_bea.get("/?results=team").content.decode()


def test_who_only_ran_scripts_is_still_greeted_in_the_studio(shipped: None, script: Script, as_bea: Client) -> None:
    assert script.chat().status == 200
    assert "A ceramic teapot on a windowsill" in as_bea.get("/").content.decode()
