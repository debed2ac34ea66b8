"""Drafts: the form comes back as its person left it, whoever else wrote meanwhile, whatever became of its model."""

from datetime import timedelta
from typing import Any

import pytest
from django.test import Client
from django.utils import timezone

from gallery.models import Draft, Generation, Image, ImageModel, User
from gallery.services import boards
from tests import factories

FLUX = "routellm/flux_kontext"


def form_of(client: Client, path: str = "/") -> Any:
    response = client.get(path)
    assert response.status_code == 200
    return response.context["form"]


def told(client: Client, path: str = "/") -> str:
    """What the page says above the form."""
    response = client.get(path)
    return " ".join([*response.context["dropped"], *(str(message) for message in response.context["messages"])])


def shown(client: Client, path: str = "/") -> dict[str, Any]:
    form = form_of(client, path)
    knobs = {row.name: str(row.value) for row in form.rows if not row.parameter.is_image}
    return {**knobs, "prompt": form["prompt"].value() or "", "model": form.image_model.full_id}


def keep(client: Client, prompt: str = "a teapot", *, seen: int = 0, **fields: Any) -> int:
    """Store the form as the page does; the revision it then is."""
    answer = client.post("/studio/draft/", {"model": FLUX, "prompt": prompt, "draft_seen": seen, **fields})
    assert answer.status_code == 200, answer.content
    return int(answer.json()["revision"])


def put_aside(client: Client) -> str:
    return str(client.get("/").context["put_aside"])


def test_everything_that_stood_in_the_form_comes_back(as_bea: Client, bea: User, flux_kontext: ImageModel) -> None:
    board = boards.create_board(owner=bea, name="Spring", visibility="team")
    pictures = [factories.create_picture(bea, flux_kontext, colour=colour) for colour in ("red", "blue")]
    keep(
        as_bea,
        "a teapot",
        mode="max",
        aspect_ratio="16:9",
        seed="4711",
        guidance_scale="7.5",
        visibility="private",
        board=board.pk,
        image_prompt_images=[pictures[1].pk],
    )
    form = form_of(as_bea)
    wanted = {"prompt": "a teapot", "mode": "max", "aspect_ratio": "16:9", "seed": "4711", "guidance_scale": "7.5"}
    assert wanted.items() <= shown(as_bea).items()
    assert form["visibility"].value() == "private" and form.initial["board"] == board
    assert [image.pk for row in form.rows for image in row.pictures] == [pictures[1].pk]
    page = as_bea.get("/").content.decode()
    assert f'value="{pictures[1].pk}"' in page and '<option value="private" selected>' in page


def test_half_a_number_is_kept_as_it_stands(as_bea: Client, flux_kontext: ImageModel) -> None:
    keep(as_bea, guidance_scale="7.", seed="-")
    assert {"guidance_scale": "7.", "seed": "-"}.items() <= shown(as_bea).items()


def test_no_board_stays_no_board_though_one_was_used_last(as_bea: Client, bea: User, flux_kontext: ImageModel) -> None:
    board = boards.create_board(owner=bea, name="Spring", visibility="team")
    factories.create_generation(bea, flux_kontext, board=board)
    assert form_of(as_bea).initial["board"] == board
    keep(as_bea, board="")
    assert form_of(as_bea).initial["board"] is None
    assert form_of(as_bea, f"/?board={board.pk}").initial["board"] == board


def test_a_draft_survives_a_sign_out(as_bea: Client, bea: User, flux_kontext: ImageModel) -> None:
    keep(as_bea, "a teapot")
    as_bea.post("/accounts/logout/")
    as_bea.post("/accounts/login/", {"username": "bea", "password": factories.PASSWORD})
    assert shown(as_bea)["prompt"] == "a teapot"


def test_nobody_else_sees_a_draft(as_bea: Client, as_chi: Client, as_ada: Client, flux_kontext: ImageModel) -> None:
    keep(as_bea, "a merger with Contoso")
    for client in (as_chi, as_ada):
        assert "Contoso" not in client.get("/").content.decode()


def test_what_was_refused_is_there_after_a_reload(as_bea: Client, flux_kontext: ImageModel) -> None:
    assert as_bea.post("/", {"model": FLUX, "prompt": "a teapot", "guidance_scale": "9000"}).status_code == 422
    assert {"prompt": "a teapot", "guidance_scale": "9000"}.items() <= shown(as_bea).items()


def test_after_generate_the_draft_is_what_was_run(as_bea: Client, flux_kontext: ImageModel) -> None:
    keep(as_bea, "a tea")
    assert as_bea.post("/", {"model": FLUX, "prompt": "a teapot", "aspect_ratio": "3:4"}).status_code == 302
    assert {"prompt": "a teapot", "aspect_ratio": "3:4"}.items() <= shown(as_bea).items()


def test_a_run_from_the_page_brings_it_up_to_date_with_its_draft(as_bea: Client, flux_kontext: ImageModel) -> None:
    answer = as_bea.post("/", {"model": FLUX, "prompt": "a teapot"}, headers={"HX-Request": "true"})
    assert 'name="draft_seen" id="draft-seen" value="1" hx-swap-oob="true"' in answer.content.decode()
    refused = as_bea.post(
        "/", {"model": FLUX, "prompt": "", "draft_seen": 1, "seed": "1"}, headers={"HX-Request": "true"}
    )
    assert refused.context["draft_seen"] == 2


# Another model, another spec -----------------------------------------------------------------------------------------


def test_a_model_that_is_asked_for_takes_the_draft_over(as_bea: Client, flux_kontext: ImageModel) -> None:
    keep(as_bea, "a teapot", num_images="2", mode="max", guidance_scale="7.")
    assert {"model": "routellm/imagen", "prompt": "a teapot", "num_images": "2"}.items() <= shown(
        as_bea, "/?model=imagen"
    ).items()
    assert "Mode Max" in told(as_bea, "/?model=imagen")
    assert shown(as_bea)["mode"] == "max"


def test_a_spec_that_changed_keeps_what_fits_and_says_what_does_not(as_bea: Client, flux_kontext: ImageModel) -> None:
    keep(as_bea, "a teapot", num_images="2", mode="max")
    spec = [parameter for parameter in flux_kontext.parameters if parameter["name"] != "mode"]
    ImageModel.objects.filter(pk=flux_kontext.pk).update(parameters=spec)
    assert {"prompt": "a teapot", "num_images": "2"}.items() <= shown(as_bea).items()
    assert "Mode Max" in told(as_bea)


def test_a_model_that_is_gone_gives_its_draft_to_another(as_bea: Client, flux_kontext: ImageModel) -> None:
    keep(as_bea, "a teapot")
    ImageModel.objects.filter(pk=flux_kontext.pk).update(is_enabled=False)
    now = shown(as_bea)
    assert now["prompt"] == "a teapot" and now["model"] != FLUX
    assert f"{FLUX} is no longer offered. Your draft is in " in told(as_bea)
    keep(as_bea, "a teapot, still typed in an open page")


@pytest.mark.parametrize("has_draft", [False, True])
def test_a_model_that_is_not_here_is_said_with_the_one_that_is_shown(
    has_draft: bool, as_bea: Client, flux_kontext: ImageModel
) -> None:
    if has_draft:
        keep(as_bea)
    answer = as_bea.get("/", {"model": "routellm/flux_9"})
    shown = answer.context["image_model"]
    said = [str(message) for message in answer.context["messages"]]
    assert said == [f"routellm/flux_9 is not here, or not any more: showing {shown.name}."]
    assert not list(as_bea.get("/", {"model": shown.full_id}).context["messages"])


def test_pictures_that_are_gone_are_left_out_and_counted(
    as_bea: Client, bea: User, chi: User, flux_kontext: ImageModel
) -> None:
    mine, hidden = factories.create_picture(bea, flux_kontext), factories.create_picture(chi, flux_kontext)
    keep(as_bea, image_prompt_images=[hidden.pk, mine.pk])
    Image.objects.filter(pk=hidden.pk).update(visibility="private")
    assert [image.pk for row in form_of(as_bea).rows for image in row.pictures] == [mine.pk]
    assert told(as_bea) == "1 reference picture is no longer there."


# Taken over from elsewhere -------------------------------------------------------------------------------------------


@pytest.fixture
def old(chi: User, flux_kontext: ImageModel) -> Generation:
    return factories.create_generation(chi, flux_kontext, "a lamp", parameters={"mode": "max", "aspect_ratio": "16:9"})


def test_one_setting_of_an_old_run_goes_into_the_draft(as_bea: Client, old: Generation) -> None:
    revision = keep(as_bea, "a teapot", mode="pro", seed="7")
    path = f"/?generation={old.pk}&only=aspect_ratio"
    wanted = {"prompt": "a teapot", "mode": "pro", "seed": "7", "aspect_ratio": "16:9"}
    assert wanted.items() <= shown(as_bea, path).items()
    assert as_bea.get(path).context["draft_seen"] == revision


def test_a_picture_to_start_from_joins_the_draft(as_bea: Client, bea: User, flux_kontext: ImageModel) -> None:
    picture = factories.create_picture(bea, flux_kontext)
    keep(as_bea, "a teapot", mode="max")
    path = f"/?reference={picture.pk}"
    assert {"prompt": "a teapot", "mode": "max"}.items() <= shown(as_bea, path).items()
    assert [image.pk for row in form_of(as_bea, path).rows for image in row.pictures] == [picture.pk]


def test_a_whole_old_run_is_shown_without_touching_the_draft(as_bea: Client, old: Generation) -> None:
    keep(as_bea, "a teapot")
    assert shown(as_bea, f"/?generation={old.pk}")["prompt"] == "a lamp"
    assert shown(as_bea)["prompt"] == "a teapot"


# Two who write -------------------------------------------------------------------------------------------------------


def test_who_typed_last_wins_and_what_they_had_not_seen_is_put_aside(as_bea: Client, flux_kontext: ImageModel) -> None:
    first = keep(as_bea, "a teapot")
    assert keep(as_bea, "a teapot at dusk", seen=first) == first + 1
    assert put_aside(as_bea) == ""
    keep(as_bea, "a chair", seen=first)
    assert (shown(as_bea)["prompt"], put_aside(as_bea)) == ("a chair", "a teapot at dusk")
    as_bea.post("/studio/draft/take-back/")
    assert (shown(as_bea)["prompt"], put_aside(as_bea)) == ("a teapot at dusk", "a chair")
    as_bea.post("/studio/draft/drop/", {"of": as_bea.get("/").context["put_aside_mark"]})
    assert (shown(as_bea)["prompt"], put_aside(as_bea)) == ("a teapot at dusk", "")
    as_bea.post("/studio/draft/take-back/")
    assert shown(as_bea)["prompt"] == "a teapot at dusk"


def test_what_was_typed_earlier_and_comes_later_is_put_aside_itself(as_bea: Client, flux_kontext: ImageModel) -> None:
    keep(as_bea, "a chair")
    keep(as_bea, "a teapot", draft_age=60_000)
    assert (shown(as_bea)["prompt"], put_aside(as_bea)) == ("a chair", "a teapot")
    Draft.objects.update(changed_at=timezone.now() - timedelta(hours=1))
    keep(as_bea, "a lamp", draft_age=60_000)
    assert (shown(as_bea)["prompt"], put_aside(as_bea)) == ("a lamp", "a chair")


def test_a_page_that_came_late_and_types_on_overwrites_nothing_unseen(as_bea: Client, flux_kontext: ImageModel) -> None:
    first = keep(as_bea, "a chair")
    keep(as_bea, "a chair by a window", seen=first)
    late = {"model": FLUX, "prompt": "a teapot", "draft_seen": first, "draft_age": 60_000}
    assert as_bea.post("/studio/draft/", late).json() == {"revision": first + 1, "is_in_it": False}
    keep(as_bea, "a teapot at dusk", seen=first)
    assert (shown(as_bea)["prompt"], put_aside(as_bea)) == ("a teapot at dusk", "a chair by a window")


def test_only_what_was_seen_is_let_go(as_bea: Client, flux_kontext: ImageModel) -> None:
    keep(as_bea, "a chair")
    keep(as_bea, "a teapot")
    seen = as_bea.get("/").context["put_aside_mark"]
    keep(as_bea, "a lamp")
    as_bea.post("/studio/draft/drop/", {"of": seen})
    assert put_aside(as_bea) == "a teapot"


def test_the_same_once_more_is_no_change(as_bea: Client, flux_kontext: ImageModel) -> None:
    first = keep(as_bea, "a teapot")
    assert keep(as_bea, "a teapot", draft_age=60_000) == first
    assert put_aside(as_bea) == ""


@pytest.mark.parametrize("prompt", ["", "   "])
def test_a_draft_without_a_word_is_not_put_aside(as_bea: Client, flux_kontext: ImageModel, prompt: str) -> None:
    keep(as_bea, prompt)
    keep(as_bea, "a chair")
    keep(as_bea, prompt, draft_age=60_000)
    assert (shown(as_bea)["prompt"], put_aside(as_bea)) == ("a chair", "")


def test_what_was_run_is_in_the_history_and_not_put_aside(as_bea: Client, old: Generation) -> None:
    as_bea.post("/", {"model": FLUX, "prompt": "a teapot"})
    keep(as_bea, "a lamp, brass", mode="max")
    assert (shown(as_bea)["prompt"], put_aside(as_bea)) == ("a lamp, brass", "")
    as_bea.post("/", {"model": FLUX, "prompt": "a chair"})
    assert put_aside(as_bea) == "a lamp, brass"


def test_a_long_prompt_put_aside_is_told_by_how_it_begins(as_bea: Client, flux_kontext: ImageModel) -> None:
    keep(as_bea, "tea " * 100)
    keep(as_bea, "a chair")
    assert put_aside(as_bea).endswith("…") and len(put_aside(as_bea)) == 80


# What is refused -----------------------------------------------------------------------------------------------------


def test_only_what_is_of_a_bearable_size_and_of_a_known_model_is_kept(as_bea: Client, flux_kontext: ImageModel) -> None:
    assert as_bea.post("/studio/draft/", {"model": FLUX, "prompt": "x" * 300_000}).status_code == 413
    assert as_bea.post("/studio/draft/", {"model": "nobody/nothing", "prompt": "x"}).status_code == 404
    assert as_bea.get("/studio/draft/").status_code == 405
    assert not Draft.objects.exists()
    for path in ("take-back", "drop"):
        assert as_bea.post(f"/studio/draft/{path}/").status_code == 302


def test_strange_fields_are_not_kept(as_bea: Client, flux_kontext: ImageModel) -> None:
    keep(as_bea, "a\x00b", image_prompt_images=["x", "9" * 30], other="1", draft_age="soon")
    draft = Draft.objects.get()
    assert draft.values["prompt"] == "ab" and "other" not in draft.values and draft.inputs == {}


def test_a_forged_page_cannot_write_a_draft(bea: User, flux_kontext: ImageModel) -> None:
    client = Client(enforce_csrf_checks=True)
    client.force_login(bea)
    assert client.post("/studio/draft/", {"model": FLUX, "prompt": "x"}).status_code == 403
