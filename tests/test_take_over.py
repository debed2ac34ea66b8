"""One thing of an old run taken over into the form a person works in; and the same run once more with another seed."""

from collections.abc import Mapping
from typing import Any

import pytest
from django.test import Client

from gallery.models import Generation, Image, ImageModel, User
from gallery.services import boards
from tests import factories


def named(model_id: str) -> ImageModel:
    return ImageModel.objects.select_related("gateway").get(model_id=model_id)


@pytest.fixture
def old(chi: User, flux_kontext: ImageModel) -> Generation:
    """A teammate's run, with everything chosen."""
    reference = factories.create_picture(chi, flux_kontext, "a sketch", colour="red")
    return factories.create_generation(
        chi,
        flux_kontext,
        "a teapot",
        parameters={"mode": "max", "aspect_ratio": "16:9", "seed": 4711, "guidance_scale": 7.5},
        inputs={"image_prompt": [reference]},
    )


@pytest.fixture
def mine(bea: User, flux_kontext: ImageModel) -> Generation:
    """What the person ran last: the form they work in."""
    board = boards.create_board(owner=bea, name="Spring", visibility="team")
    return factories.create_generation(
        bea,
        flux_kontext,
        "a chair",
        parameters={"mode": "pro", "aspect_ratio": "3:4", "seed": 1},
        visibility="private",
        board=board,
    )


def use(generation: Generation, only: str) -> str:
    return f"/?generation={generation.pk}&only={only}"


def opened(client: Client, generation: Generation, only: str) -> tuple[dict[str, Any], dict[str, Any], str]:
    """Model, prompt and knobs of the form that opens; its pictures by parameter; and what it says."""
    response = client.get(use(generation, only))
    assert response.status_code == 200
    form = response.context["form"]
    values = {row.parameter.name: row.value for row in form.rows if not row.parameter.is_image}
    pictures = {row.parameter.name: list(row.pictures) for row in form.rows if row.parameter.is_image and row.pictures}
    return (
        {**values, "model": form.image_model.model_id, "prompt": form["prompt"].value() or ""},
        pictures,
        " ".join(response.context["dropped"]),
    )


BEFORE: Mapping[str, Any] = {
    "model": "flux_kontext",
    "prompt": "a chair",
    "mode": "pro",
    "aspect_ratio": "3:4",
    "seed": "",
    "guidance_scale": 3.5,
    "num_images": 1,
}
TAKEN: list[tuple[str, dict[str, Any], str]] = [
    ("prompt", {"prompt": "a teapot"}, "Took over the prompt."),
    ("aspect_ratio", {"aspect_ratio": "16:9"}, "Took over Aspect ratio 16:9."),
    ("mode", {"mode": "max"}, "Took over Mode Max."),
    ("seed", {"seed": 4711}, "Took over Seed 4711."),
    ("guidance_scale", {"guidance_scale": 7.5}, "Took over Guidance scale 7.5."),
    ("num_images", {}, "Took over Images 1."),
    ("model", {}, "Took over the model FLUX Kontext."),
    ("style", {}, "That run had no such setting: nothing changed."),
    ("../../etc", {}, "That run had no such setting: nothing changed."),
]


@pytest.mark.parametrize(("only", "changes", "sentence"), TAKEN, ids=[row[0] for row in TAKEN])
def test_one_thing_is_taken_over_and_everything_else_stays_as_it_was_run_last(
    as_bea: Client, mine: Generation, old: Generation, only: str, changes: dict[str, Any], sentence: str
) -> None:
    values, pictures, said = opened(as_bea, old, only)
    assert BEFORE.items() <= {**values, **{name: BEFORE[name] for name in changes}}.items()
    assert changes.items() <= values.items()
    assert (pictures, said) == ({}, sentence)
    response = as_bea.get(use(old, only))
    assert response.context["form"]["visibility"].value() == "private"
    assert response.context["form"].initial["board"] == mine.board


def test_pictures_of_one_parameter_are_taken_over(
    as_bea: Client, bea: User, flux_kontext: ImageModel, mine: Generation, old: Generation
) -> None:
    values, pictures, said = opened(as_bea, old, "image_prompt")
    assert BEFORE.items() <= values.items()
    assert [image.pk for image in pictures["image_prompt"]] == list(old.inputs.values_list("image", flat=True))
    assert said == "Took over 1 picture."
    made = factories.create_picture(bea, flux_kontext, inputs={"image_prompt": pictures["image_prompt"]}, colour="blue")
    page = as_bea.get(f"/images/{made.pk}/").content.decode()
    assert f"?generation={made.generation_id}&amp;only=image_prompt" in page


def test_pictures_one_does_not_see_are_not_taken_over(as_bea: Client, mine: Generation, old: Generation) -> None:
    Image.objects.filter(uses__generation=old).update(visibility="private")
    _, pictures, said = opened(as_bea, old, "image_prompt")
    assert pictures == {}
    assert said == "Nothing changed. Left out: 1 picture, not there for you any more."


OTHER_MODELS = [
    ("gpt_image15", "mode", "This model has no mode: nothing changed."),
    ("gpt_image15", "num_images", "Took over Images 1."),
    ("flux2_pro", "seed", "This model has no seed: nothing changed."),
    ("ideogram", "aspect_ratio", "Took over Aspect ratio 16:9."),
    ("ideogram", "guidance_scale", "This model has no guidance scale: nothing changed."),
    ("flux2_pro", "image_prompt", "This model takes no pictures: nothing changed."),
]


@pytest.mark.parametrize(("model_id", "only", "sentence"), OTHER_MODELS)
def test_what_the_model_used_last_does_not_have_is_said(
    as_bea: Client, bea: User, old: Generation, model_id: str, only: str, sentence: str
) -> None:
    factories.create_generation(bea, named(model_id), "a lamp")
    values, _, said = opened(as_bea, old, only)
    assert said.startswith(sentence)
    assert (values["model"], values["prompt"]) == (model_id, "a lamp")


def test_the_model_is_taken_over_with_what_it_takes_of_ones_own_values(
    as_bea: Client, bea: User, old: Generation
) -> None:
    factories.create_generation(
        bea, named("imagen"), "a lamp", parameters={"aspect_ratio": "3:4", "negative_prompt": "fog"}
    )
    values, _, said = opened(as_bea, old, "model")
    assert {"model": "flux_kontext", "prompt": "a lamp", "aspect_ratio": "3:4", "mode": "pro"}.items() <= values.items()
    assert said == "Took over the model FLUX Kontext. Left out: Negative prompt fog."


def test_a_model_that_is_gone_changes_nothing(as_bea: Client, mine: Generation, old: Generation) -> None:
    Generation.objects.filter(pk=old.pk).update(image_model=None)
    values, _, said = opened(as_bea, old, "model")
    assert BEFORE.items() <= values.items()
    assert said == "FLUX Kontext is no longer offered: nothing changed."


def test_somebody_who_ran_nothing_yet_takes_over_into_an_empty_form(as_ada: Client, old: Generation) -> None:
    values, _, said = opened(as_ada, old, "prompt")
    assert (values["prompt"], said) == ("a teapot", "Took over the prompt.")


def test_nothing_is_taken_over_of_a_run_one_does_not_see(as_bea: Client, old: Generation) -> None:
    Generation.objects.filter(pk=old.pk).update(visibility="private")
    assert as_bea.get(use(old, "prompt")).status_code == 404


def test_every_setting_on_the_page_has_a_way_to_use_it_alone(
    as_bea: Client, bea: User, flux_kontext: ImageModel
) -> None:
    picture = factories.create_picture(bea, flux_kontext, parameters={"mode": "max"})
    assert picture.generation
    page = as_bea.get(f"/images/{picture.pk}/").content.decode()
    knobs = [parameter.name for parameter in flux_kontext.spec if not parameter.is_image]
    for name in ["model", "prompt", *knobs]:
        if name in ("seed", *picture.generation.parameters, "model", "prompt", "aspect_ratio"):
            assert f"?generation={picture.generation_id}&amp;only={name}" in page
            assert as_bea.get(f"/?generation={picture.generation_id}&only={name}").status_code == 200


# Vary --------------------------------------------------------------------------------------------------------------


def test_varying_leaves_the_seed_to_chance_and_keeps_the_rest(
    as_bea: Client, bea: User, flux_kontext: ImageModel
) -> None:
    first = factories.create_generation(bea, flux_kontext, parameters={"mode": "max", "seed": 7})
    url = f"/generations/{first.pk}/vary/"
    shown = {as_bea.post(url, {"submission": "once"})["Location"] for _ in range(2)}
    varied = Generation.objects.get(made_from=first)
    assert shown == {f"/?generation={varied.pk}"}
    assert varied.parameters["mode"] == "max" and isinstance(varied.parameters["seed"], int)
    assert varied.parameters["seed"] != 7
    assert (varied.prompt, varied.visibility, varied.spec_hash) == (first.prompt, first.visibility, first.spec_hash)


def test_varying_without_a_seed_is_a_new_run_and_the_button_says_so(as_bea: Client, bea: User, shipped: None) -> None:
    for model_id, words in (("flux2_pro", "this model has no seed"), ("flux_kontext", "with another seed")):
        picture = factories.create_picture(bea, named(model_id))
        assert words in as_bea.get(f"/images/{picture.pk}/").content.decode()
        assert as_bea.post(f"/generations/{picture.generation_id}/vary/").status_code == 302
    assert Generation.objects.exclude(made_from=None).count() == 2


def test_a_run_whose_model_is_gone_is_not_varied_and_says_so(
    as_bea: Client, bea: User, flux_kontext: ImageModel
) -> None:
    first = factories.create_generation(bea, flux_kontext)
    ImageModel.objects.filter(pk=flux_kontext.pk).update(is_enabled=False)
    answer = as_bea.post(f"/generations/{first.pk}/vary/", follow=True)
    assert "FLUX Kontext is no longer offered." in answer.content.decode()
    assert Generation.objects.count() == 1
