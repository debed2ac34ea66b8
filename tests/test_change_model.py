"""The model of the studio's form changed and changed back: what fits stays, what does not is named, nothing is lost."""

import json
import re
from typing import Any
from urllib.parse import quote

import pytest
from django.test import Client

from gallery.forms import GenerationForm
from gallery.models import Draft, Generation, Image, ImageModel, Snippet, User
from gallery.services import boards
from gallery.views.form_notes import FormNote
from tests import factories

KONTEXT, ULTRA, BANANA, DALLE = (
    f"routellm/{name}" for name in ("flux_kontext", "flux_pro_ultra", "nano_banana_pro", "dalle")
)
FORM = {
    "model": KONTEXT,
    "prompt": "a red chair",
    "visibility": "private",
    "mode": "max",
    "aspect_ratio": "21:9",
    "num_images": "2",
    "seed": "7",
    "guidance_scale": "7.5",
    "rewrite_prompt": "true",
}


def posted(response: Any) -> dict[str, Any]:
    """The fields of the form on a page, as a browser would post them again."""
    form: GenerationForm = response.context["form"]
    fields: dict[str, Any] = {"model": form.image_model.full_id, "previous_model": form.image_model.full_id}
    for name in ("prompt", "visibility", "board"):
        fields[name] = form[name].value() or ""
    for row in form.rows:
        if row.parameter.is_image:
            fields[f"{row.name}_images"] = [str(picture.pk) for picture in row.pictures]
        elif row.widget != "switch" or row.value:
            fields[row.name] = "true" if row.widget == "switch" else str(row.value)
    fields["prompt_styles"] = [str(style.pk) for style in form.chosen_styles]
    return fields | {name: response.context[name] for name in ("former", "later")}


def change(client: Client, fields: dict[str, Any], model: str, **headers: Any) -> Any:
    before = fields.get("previous_model", fields["model"])
    return client.post("/studio/form/", {**fields, "previous_model": before, "model": model}, **headers)


def undo(client: Client, response: Any) -> Any:
    return client.post("/studio/form/undo/", posted(response))


def redo(client: Client, response: Any) -> Any:
    return client.post("/studio/form/redo/", posted(response))


def without_steps(fields: dict[str, Any]) -> dict[str, Any]:
    return {name: value for name, value in fields.items() if name not in ("former", "later")}


def note_of(response: Any) -> FormNote:
    note = response.context["note"]
    assert isinstance(note, FormNote)
    return note


@pytest.fixture
def pictures(bea: User, flux_kontext: ImageModel) -> list[Image]:
    return [factories.create_picture(bea, flux_kontext, colour=colour) for colour in ("red", "navy", "olive", "plum")]


def ids(images: list[Image]) -> list[str]:
    return [str(image.pk) for image in images]


# What is said ------------------------------------------------------------------------------------------------------


def test_the_note_counts_and_lists_what_was_kept_changed_and_left_out(as_bea: Client, pictures: list[Image]) -> None:
    response = change(as_bea, {**FORM, "image_prompt_images": ids(pictures)}, "routellm/flux_pro_ultra")
    note = note_of(response)
    assert note.words == "Kept 5, left out 3 (Mode, Guidance scale, Reference images)."
    assert sorted(note.kept) == ["1 picture", "Aspect ratio 21:9", "Images 2", "Prompt", "Seed 7"]
    assert {(str(one), one.reason) for one in note.left_out} == {
        ("Mode Max", "no such setting here"),
        ("Guidance scale 7.5", "no such setting here"),
        ("Reference images 3 pictures", "this model takes 1"),
    }
    page = response.content.decode()
    for words in ("Kept 5, left out 3 (Mode, ", "Mode Max", "no such setting here", "3 pictures"):
        assert words in page


def test_a_changed_setting_is_named_with_before_and_after_and_its_knob_is_marked(as_bea: Client, shipped: None) -> None:
    response = change(as_bea, FORM, DALLE, headers={"HX-Request": "true"})
    note = note_of(response)
    assert [(one.before, one.after, one.reason) for one in note.changed] == [
        ("21:9", "1792 × 1024", "the nearest offered")
    ]
    page = response.content.decode()
    knob = page.split('data-knob="size"')[1].split("knob-control")[0]
    assert "was 21:9" in knob
    assert page.count("data-was") == len(note.changed)
    announced = re.search(r'hx-swap-oob="innerHTML:#announcements">([^<]+)<', page)
    assert announced and "changed 1 (Aspect ratio 21:9 → 1792 × 1024, the nearest offered)" in announced[1]


def test_nothing_lost_is_said_too_and_defaults_are_not_missed(as_bea: Client, shipped: None) -> None:
    plain = {"model": KONTEXT, "prompt": "a red chair", "mode": "pro", "num_images": "1", "guidance_scale": "3.5"}
    plain["rewrite_prompt"] = "true"
    assert note_of(change(as_bea, plain, DALLE)).words == "Everything was kept"
    assert note_of(change(as_bea, {**plain, "prompt": ""}, DALLE)).words == "Nothing was set yet"


def test_a_number_typed_wrong_is_carried_within_the_limits_and_named(as_bea: Client, shipped: None) -> None:
    response = change(as_bea, {**FORM, "num_images": "19"}, ULTRA)
    assert "Images 19 → 4, it takes at most 4" in [str(one) for one in note_of(response).changed]


def test_a_prompt_that_the_new_model_forbids_stays_and_is_told_at_once(as_bea: Client, shipped: None) -> None:
    ImageModel.objects.filter(model_id="dalle").update(prompt_forbids=["flags"])
    response = change(as_bea, {**FORM, "prompt": "a chair --ar 16:9"}, DALLE)
    assert posted(response)["prompt"] == "a chair --ar 16:9"
    assert "This model does not take --flags here" in note_of(response).sentence


def test_styles_of_the_prompt_stay_and_come_back_with_it(as_bea: Client, bea: User, shipped: None) -> None:
    ids = [
        str(Snippet.objects.create(owner=bea, kind=Snippet.Kind.STYLE, name=name, text=f"{name} style").pk)
        for name in ("inky", "grainy")
    ]
    changed = change(as_bea, {**FORM, "prompt_styles": ids}, DALLE)
    assert [str(style.pk) for style in changed.context["form"].chosen_styles] == ids
    back = undo(as_bea, changed)
    assert [str(style.pk) for style in back.context["form"].chosen_styles] == ids


def test_pictures_come_along_up_to_the_limit(as_bea: Client, pictures: list[Image]) -> None:
    form = {"model": BANANA, "prompt": "x", "image_prompt_images": ids(pictures)}
    response = change(as_bea, form, "routellm/flux_pro_fill")
    assert posted(response)["image_images"] == ids(pictures[:1])
    assert [(one.value, one.reason) for one in note_of(response).left_out] == [("3 pictures", "this model takes 1")]
    assert "3 pictures left out" in response.content.decode().split('data-knob="image"')[1].split("knob-control")[0]


# Undo --------------------------------------------------------------------------------------------------------------


def test_undo_brings_back_model_settings_prompt_pictures_and_board_exactly(
    as_bea: Client, bea: User, pictures: list[Image]
) -> None:
    board = boards.create_board(owner=bea, name="Spring", visibility="team")
    start = {**FORM, "board": str(board.pk), "image_prompt_images": ids(pictures), "guidance_scale": "99", "seed": "x"}
    changed = change(as_bea, start, DALLE)
    assert changed.context["form"].image_model.full_id == DALLE
    back = posted(undo(as_bea, changed))
    assert start.items() <= back.items()
    assert (back["former"], json.loads(back["later"])[0]["model_key"]) == ("", DALLE)


def test_undo_goes_several_steps_deep_and_redo_forth_again(as_bea: Client, shipped: None) -> None:
    first = change(as_bea, FORM, DALLE)
    second = change(as_bea, {**posted(first), "prompt": "a blue chair"}, "routellm/ideogram")
    back = undo(as_bea, second)
    assert without_steps(posted(back)) == {**without_steps(posted(first)), "prompt": "a blue chair"}
    assert note_of(back).words == "Back as it was."
    start = undo(as_bea, back)
    assert FORM.items() <= posted(start).items()
    forth = redo(as_bea, redo(as_bea, start))
    assert without_steps(posted(forth)) == without_steps(posted(second))
    assert forth.context["later"] == ""


def test_choosing_the_same_model_is_no_step(as_bea: Client, shipped: None) -> None:
    same = posted(change(as_bea, FORM, KONTEXT))
    assert (same["former"], FORM.items() <= same.items()) == ("", True)


def test_a_switch_that_was_off_is_off_again(as_bea: Client, shipped: None) -> None:
    off = {name: text for name, text in FORM.items() if name != "rewrite_prompt"}
    for start, expected in ((FORM, "true"), (off, None)):
        assert posted(undo(as_bea, change(as_bea, start, DALLE))).get("rewrite_prompt") == expected


def test_without_scripts_the_page_comes_whole_with_its_way_back(as_bea: Client, shipped: None) -> None:
    page = change(as_bea, FORM, DALLE).content.decode()
    assert "<html" in page
    parts = [part.split("</noscript>")[0] for part in page.split("<noscript>")[1:]]
    plain = next(part for part in parts if 'formaction="/studio/form/undo/"' in part)
    assert plain.index("Generate") < plain.index('formaction="/studio/form/undo/"')
    assert "<html" not in change(as_bea, FORM, DALLE, headers={"HX-Request": "true"}).content.decode()


def test_a_form_with_errors_keeps_its_way_back(as_bea: Client, shipped: None) -> None:
    changed = posted(change(as_bea, FORM, DALLE))
    refused = as_bea.post("/", {**changed, "prompt": ""})
    assert refused.status_code == 422
    assert note_of(refused).words == "The form you had before is kept"
    assert FORM.items() <= posted(undo(as_bea, refused)).items()


def test_a_former_model_that_is_gone_is_told_and_the_form_stays(as_bea: Client, shipped: None) -> None:
    changed = change(as_bea, FORM, DALLE)
    ImageModel.objects.filter(model_id="flux_kontext").update(is_enabled=False)
    response = undo(as_bea, changed)
    assert response.context["form"].image_model.full_id == DALLE
    assert note_of(response).words == f"{KONTEXT} is no longer offered."


@pytest.mark.parametrize("former", ["", "[", "{}", "[1]", '[{"model_key": "x"}]', '[{"model_key":1,"values":[]}]'])
def test_a_way_back_that_cannot_be_read_leads_to_the_studio(as_bea: Client, shipped: None, former: str) -> None:
    response = as_bea.post("/studio/form/undo/", {**FORM, "former": former})
    assert (response.status_code, response["Location"]) == (302, "/")


def test_pictures_that_became_private_do_not_come_back_by_undo(as_chi: Client, pictures: list[Image]) -> None:
    changed = change(as_chi, {**FORM, "image_prompt_images": ids(pictures)}, DALLE)
    Image.objects.filter(pk=pictures[0].pk).update(visibility="private")
    assert posted(undo(as_chi, changed))["image_prompt_images"] == ids(pictures[1:])


def test_a_long_way_keeps_its_newest_steps(as_bea: Client, shipped: None) -> None:
    fields = {**FORM, "prompt": "long " * 6_000}
    for model in (DALLE, KONTEXT) * 8:
        fields = posted(change(as_bea, fields, model))
    assert 1 < len(json.loads(fields["former"])) < 12
    assert len(fields["former"]) < 130_000


# Back by hand ------------------------------------------------------------------------------------------------------


def test_what_a_model_could_not_take_comes_back_with_the_one_that_can(as_bea: Client, pictures: list[Image]) -> None:
    start = {**FORM, "image_prompt_images": ids(pictures)}
    between = posted(change(as_bea, start, DALLE))
    response = change(as_bea, {**between, "prompt": "a blue chair"}, KONTEXT)
    assert {**start, "prompt": "a blue chair"}.items() <= posted(response).items()
    note = note_of(response)
    assert "brought back" in note.words
    assert {"Mode Max", "Aspect ratio 21:9", "Guidance scale 7.5", "4 pictures"} <= set(note.brought_back)
    assert not note.changed and not note.left_out


def test_over_two_models_too(as_bea: Client, pictures: list[Image]) -> None:
    start = {**FORM, "image_prompt_images": ids(pictures)}
    first = posted(change(as_bea, start, DALLE))
    second = posted(change(as_bea, first, ULTRA))
    back = posted(change(as_bea, second, KONTEXT))
    assert {"mode": "max", "guidance_scale": "7.5", "image_prompt_images": ids(pictures)}.items() <= back.items()


def test_what_was_chosen_anew_in_between_stays(as_bea: Client, pictures: list[Image]) -> None:
    start = {**FORM, "image_prompt_images": ids(pictures)}
    between = posted(change(as_bea, start, "routellm/flux_kontext_edit"))
    anew = {**between, "aspect_ratio": "3:4", "mode": "pro", "image_prompt_images": ids(pictures[:1])}
    back = posted(change(as_bea, anew, KONTEXT))
    assert (back["aspect_ratio"], back["mode"], back["image_prompt_images"]) == ("3:4", "pro", ids(pictures[:1]))


# From the library --------------------------------------------------------------------------------------------------


@pytest.fixture
def under_way(bea: User, flux_kontext: ImageModel) -> Draft:
    values = {**{name: text for name, text in FORM.items() if name != "model"}, "rewrite_prompt": "true"}
    return Draft.objects.create(owner=bea, model_key=KONTEXT, values=values, inputs={})


@pytest.mark.parametrize("address", ["/?generation={run}", "/?generation={run}&only=prompt", "/?reference={picture}"])
def test_a_recall_is_undone_to_what_one_had_under_way(
    as_bea: Client, under_way: Draft, chi: User, address: str
) -> None:
    picture = factories.create_picture(chi, ImageModel.objects.get(model_id="ideogram"), "a teapot")
    recalled = as_bea.get(address.format(run=picture.generation_id, picture=picture.pk))
    assert "Undo" in recalled.content.decode()
    assert FORM.items() <= posted(undo(as_bea, recalled)).items()


def test_a_run_recalled_whole_is_not_told_as_if_ones_own_form_had_stayed(
    as_bea: Client, under_way: Draft, flux_kontext: ImageModel, bea: User
) -> None:
    run = factories.create_generation(bea, flux_kontext, "a teapot")
    recalled = as_bea.get(f"/?generation={run.pk}")
    note = note_of(recalled)
    assert note.words == "This run’s prompt and settings stand here"
    assert note.sentence == f"{note.words}."
    assert FORM.items() <= posted(undo(as_bea, recalled)).items()


def test_a_recall_whose_model_is_gone_is_translated_and_says_so(
    as_bea: Client, bea: User, flux_kontext: ImageModel
) -> None:
    ImageModel.objects.filter(model_id="dalle").update(is_default=False)
    run = factories.create_generation(
        bea, ImageModel.objects.get(model_id="dalle"), parameters={"size": "1792x1024", "style": "natural"}
    )
    ImageModel.objects.filter(model_id="dalle").update(is_enabled=False)
    ImageModel.objects.filter(model_id="flux_kontext").update(is_default=True)
    response = as_bea.get(f"/?generation={run.pk}")
    assert posted(response)["aspect_ratio"] == "16:9"
    assert note_of(response).words == f"{run.model_name} is no longer offered. Kept 2, left out 1 (Style)."


def test_one_setting_taken_over_says_so_and_lists_what_was_chosen(
    as_bea: Client, bea: User, flux_kontext: ImageModel
) -> None:
    factories.create_generation(bea, flux_kontext, parameters={"mode": "pro", "aspect_ratio": "3:4", "num_images": 1})
    other = factories.create_generation(bea, ImageModel.objects.get(model_id="ideogram"), "a teapot")
    note = note_of(as_bea.get(f"/?generation={other.pk}&only=prompt&model={KONTEXT}"))
    assert (note.words, note.kept) == ("Took over the prompt.", ["Prompt", "Aspect ratio 3:4"])


# Without a script --------------------------------------------------------------------------------------------------


def test_without_a_script_another_model_is_chosen_and_takes_over_what_was_typed(
    as_bea: Client, flux_kontext: ImageModel
) -> None:
    assert 'formaction="/models/"' in as_bea.get("/").content.decode()
    fields = {**FORM, "image_prompt": factories.upload()}
    kept = as_bea.post("/models/", fields, follow=True)
    page = kept.content.decode()
    assert kept.redirect_chain == [(f"/models/?current={quote(KONTEXT, safe='')}", 302)]
    assert f'href="/?model={quote(DALLE, safe="/")}"' in page
    opened = as_bea.get(f"/?model={DALLE}")
    assert posted(opened)["prompt"] == "a red chair" and posted(opened)["size"] == "1792x1024"
    assert "Aspect ratio 21:9" in opened.context["note"].sentence
    back = undo(as_bea, opened)
    assert posted(back)["mode"] == "max" and len(posted(back)["image_prompt_images"]) == 1
    assert as_bea.post("/models/", {"model": "nobody/nothing"}).status_code == 302


def test_without_a_script_styles_are_laid_around_the_prompt(as_bea: Client, bea: User, shipped: None) -> None:
    film = Snippet.objects.create(owner=bea, kind="style", name="Film", text="{prompt}, on film")
    assert f'name="prompt_styles" value="{film.pk}">' in as_bea.get("/").content.decode().split("<noscript>")[2]
    as_bea.post("/", {"model": KONTEXT, "prompt": "a red chair", "prompt_styles": str(film.pk)})
    assert Generation.objects.get().prompt == "a red chair, on film"
    assert "plain-styles" not in as_bea.post("/studio/form/", FORM, headers={"HX-Request": "true"}).content.decode()
