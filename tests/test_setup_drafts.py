"""The draft of a comparison or a matrix: models, axes, stop and prompt come back, and the studio's own draft is another."""

import re
from typing import Any

import pytest
from django.test import Client

from gallery.models import Draft, ImageModel, Snippet, User
from tests import factories

KONTEXT, PRO, ULTRA = "routellm/flux_kontext", "routellm/flux_pro", "routellm/flux_pro_ultra"
STUDIO = {"model": KONTEXT, "previous_model": KONTEXT, "prompt": "a teapot"}
SET_UP: dict[str, Any] = {**STUDIO, "draft_kind": "set-up", "models": [KONTEXT, ULTRA]}
MATRIX: dict[str, Any] = {"models": [KONTEXT], "axis": ["guidance_scale", "seed"], "axis_values": ["1, 2", "7"]}
PAGE = "/compare/models/"

pytestmark = pytest.mark.usefixtures("shipped")


def keep(client: Client, *, seen: int = 0, **fields: Any) -> int:
    """Store the set-up as its page does; the revision it then is."""
    answer = client.post("/studio/draft/", {**SET_UP, "draft_seen": seen, **fields})
    assert answer.status_code == 200, answer.content
    return int(answer.json()["revision"])


def shown(client: Client, path: str = PAGE) -> dict[str, Any]:
    response = client.get(path)
    assert response.status_code == 200
    setup = response.context["setup"]
    return {
        "prompt": setup.form["prompt"].value(),
        "models": [row.full_id for row in setup.image_models],
        "axes": [(wish.name, wish.text) for wish in setup.wishes],
        "stop": setup.stop["spend_limit"].value(),
        "put aside": response.context["put_aside"],
        "said": response.context["said"],
    }


def knob(client: Client, name: str) -> Any:
    return next(row.value for row in client.get(PAGE).context["form"].rows if row.name == name)


def test_models_axes_stop_and_settings_come_back(as_bea: Client) -> None:
    keep(as_bea, **MATRIX, spend_limit="2.", spend_unit="points", aspect_ratio="16:9", visibility="private")
    assert {
        "prompt": "a teapot",
        "models": [KONTEXT],
        "axes": [("guidance_scale", "1, 2"), ("seed", "7")],
        "stop": "2.",
    }.items() <= shown(as_bea).items()
    assert shown(as_bea, "/matrix/")["axes"] == shown(as_bea)["axes"]
    page = as_bea.get(PAGE)
    assert page.context["unit"] == "points" and page.context["draft_seen"] == 1
    assert page.context["form"]["visibility"].value() == "private" and knob(as_bea, "aspect_ratio") == "16:9"


def test_a_prompt_that_had_no_style_comes_back_without_a_complaint(as_bea: Client) -> None:
    keep(as_bea)
    assert "no longer there" not in as_bea.get(PAGE).content.decode()


def test_pictures_styles_and_blindness_come_back(as_bea: Client, bea: User, flux_kontext: ImageModel) -> None:
    style = Snippet.objects.create(owner=bea, kind="style", name="Clay", text="{prompt}, in clay")
    picture = factories.create_picture(bea, flux_kontext)
    keep(as_bea, image_prompt_images=[picture.pk], prompt_styles=[style.pk], is_blind="true")
    page = as_bea.get(PAGE)
    assert page.context["form"].given == {"image_prompt": [picture]}
    assert page.context["form"].chosen_styles == [style] and page.context["setup"].stop["is_blind"].value() is True


def test_a_set_up_survives_a_sign_out_and_nobody_else_sees_it(as_bea: Client, as_chi: Client) -> None:
    keep(as_bea, prompt="a merger with Contoso")
    as_bea.post("/accounts/logout/")
    as_bea.post("/accounts/login/", {"username": "bea", "password": factories.PASSWORD})
    assert shown(as_bea)["models"] == [KONTEXT, ULTRA] and shown(as_bea)["prompt"] == "a merger with Contoso"
    assert "Contoso" not in as_chi.get(PAGE).content.decode()


def test_a_set_up_and_the_studios_form_are_two_drafts(as_bea: Client) -> None:
    as_bea.post("/studio/draft/", {"model": PRO, "prompt": "a chair"})
    keep(as_bea, **MATRIX)
    assert as_bea.get("/").context["form"]["prompt"].value() == "a chair"
    assert (shown(as_bea)["prompt"], shown(as_bea)["put aside"]) == ("a teapot", "")


def test_what_is_begun_from_the_studio_is_there_when_it_is_asked_for_by_its_address(as_bea: Client) -> None:
    begun = as_bea.post(PAGE, STUDIO).content.decode()
    assert shown(as_bea)["models"] == re.findall(r'name="models" value="([^"]+)"', begun)
    assert shown(as_bea)["prompt"] == as_bea.get("/").context["form"]["prompt"].value() == "a teapot"


def test_where_nothing_was_set_up_the_studios_draft_begins(as_bea: Client) -> None:
    as_bea.post("/studio/draft/", {"model": PRO, "prompt": "a chair"})
    assert (shown(as_bea)["prompt"], shown(as_bea)["models"][0], len(shown(as_bea)["models"])) == ("a chair", PRO, 3)
    assert shown(as_bea, "/matrix/")["models"] == [PRO]


@pytest.mark.parametrize(
    "work", [{"prompt": "a teapot, brass"}, {"models": [KONTEXT, ULTRA, PRO, "routellm/imagen"]}, MATRIX]
)
def test_beginning_anew_puts_a_set_up_aside_that_somebody_worked_on(as_bea: Client, work: dict[str, Any]) -> None:
    keep(as_bea, **work)
    before = shown(as_bea)
    as_bea.post(PAGE, {**STUDIO, "draft_seen": 99})
    assert shown(as_bea)["put aside"] == before["prompt"]
    response = as_bea.post("/studio/draft/take-back/", {"draft_kind": "set-up"})
    assert response["Location"] == PAGE
    assert {name: shown(as_bea)[name] for name in ("prompt", "models", "axes")} == {
        name: before[name] for name in ("prompt", "models", "axes")
    }


def test_a_set_up_that_was_begun_and_left_is_not_put_aside(as_bea: Client) -> None:
    as_bea.post(PAGE, {**STUDIO, "prompt": "a chair"})
    as_bea.post(PAGE, STUDIO)
    assert (shown(as_bea)["prompt"], shown(as_bea)["put aside"]) == ("a teapot", "")


def test_what_was_put_aside_is_let_go(as_bea: Client) -> None:
    keep(as_bea, **MATRIX)
    mark = as_bea.post(PAGE, STUDIO).context["put_aside_mark"]
    as_bea.post("/studio/draft/drop/", {"draft_kind": "set-up", "of": mark})
    assert shown(as_bea)["put aside"] == ""


def test_a_refused_set_up_is_kept_and_one_that_ran_is_in_the_history(as_bea: Client) -> None:
    assert as_bea.post("/batches/new/", {**SET_UP, "spend_limit": "a lot"}).status_code == 422
    assert shown(as_bea)["stop"] == "a lot"
    assert as_bea.post("/batches/new/", {**SET_UP, "draft_seen": 1}).status_code == 302
    as_bea.post(PAGE, {**STUDIO, "prompt": "a chair"})
    assert (shown(as_bea)["prompt"], shown(as_bea)["put aside"]) == ("a chair", "")


def test_a_model_that_is_gone_leaves_the_rest_of_the_set_up(as_bea: Client, flux_kontext: ImageModel) -> None:
    keep(as_bea, aspect_ratio="16:9", spend_limit="3")
    flux_kontext.is_enabled = False
    flux_kontext.save(update_fields=["is_enabled"])
    now = shown(as_bea)
    assert (now["models"], now["prompt"], now["stop"]) == ([ULTRA], "a teapot", "3")
    assert now["said"] == [f"No longer offered: {KONTEXT}."]


def test_only_so_much_of_a_set_up_is_kept(as_bea: Client) -> None:
    keep(as_bea, models=[KONTEXT] * 20, axis=["seed"] * 9, axis_values=["1\x00" + "2" * 9000] * 9, other="x")
    plan = Draft.objects.get().plan
    assert {name: len(texts) for name, texts in plan.items()} == {"models": 8, "axis": 3, "axis_values": 3}
    assert max(map(len, plan["axis_values"])) == 3999
