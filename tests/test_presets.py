"""Presets: forms kept under a name, used in their model and in others, shared or not, and what a model opens with."""

import re
from datetime import timedelta
from html import unescape
from typing import Any

import pytest
from django.test import Client
from django.utils import timezone

from gallery.models import Draft, ImageModel, Preset, User
from gallery.services import presets, trash
from tests import factories

FLUX = "routellm/flux_kontext"
FORM = {"model": FLUX, "prompt": "a teapot", "mode": "max", "aspect_ratio": "21:9", "guidance_scale": "7.5"}


def keep(client: Client, name: str = "Wide", form: dict[str, Any] | None = None, **fields: Any) -> Any:
    """Save as preset, as one does without a script: the posted form, then its name."""
    kept = write_form(client, form or FORM)
    return client.post("/presets/", {"form": kept, "name": name, "visibility": "private", **fields})


def write_form(client: Client, form: dict[str, Any]) -> str:
    """The posted form as the page that asks how to keep it carries it on."""
    asked = client.post("/presets/new/", form)
    assert asked.status_code == 200
    return unescape(re.search(r'name="form" value="([^"]*)"', asked.content.decode())[1])  # type: ignore[index]


def only() -> Preset:
    return Preset.objects.get()


def shown(response: Any) -> dict[str, Any]:
    form = response.context["form"]
    knobs = {row.name: str(row.value) for row in form.rows if not row.parameter.is_image}
    return {**knobs, "prompt": form["prompt"].value() or "", "model": form.image_model.full_id}


def use(client: Client, preset: Preset, **fields: Any) -> Any:
    return client.post(f"/presets/{preset.pk}/use/", {"model": FLUX, "previous_model": FLUX, **fields})


def menu(client: Client) -> dict[str, list[str]]:
    groups = client.get("/").context["preset_menu"]
    return {group["title"]: [line.name for line in group["lines"]] for group in groups}


# Kept and used -----------------------------------------------------------------------------------------------------


def test_a_form_is_kept_and_used_again_without_its_prompt_and_undone(as_bea: Client, flux_kontext: ImageModel) -> None:
    assert keep(as_bea).status_code == 302
    assert (only().prompt, only().visibility, only().image_model) == ("", "private", flux_kontext)
    assert Draft.objects.get().values["prompt"] == "a teapot"
    used = use(as_bea, only(), prompt="a lamp", mode="pro", aspect_ratio="1:1")
    wanted = {"prompt": "a lamp", "mode": "max", "aspect_ratio": "21:9", "guidance_scale": "7.5"}
    assert wanted.items() <= shown(used).items()
    assert used.context["note"].words.startswith("“Wide” is in the form.")
    back = as_bea.post("/studio/form/undo/", {"model": FLUX, "previous_model": FLUX, "former": used.context["former"]})
    assert {"prompt": "a lamp", "mode": "pro", "aspect_ratio": "1:1"}.items() <= shown(back).items()


def test_prompt_and_pictures_go_with_it_where_that_was_asked(
    as_bea: Client, as_chi: Client, bea: User, flux_kontext: ImageModel
) -> None:
    hidden = factories.create_picture(bea, flux_kontext, visibility="private")
    keep(as_bea, form={**FORM, "image_prompt_images": [hidden.pk]}, visibility="team", with_prompt="on")
    given = use(as_bea, only(), prompt="a lamp")
    assert shown(given)["prompt"] == "a teapot"
    assert given.context["form"].inputs == {"image_prompt": [hidden]}
    assert use(as_chi, only(), prompt="a lamp").context["form"].inputs == {}


def test_pictures_that_only_others_see_leave_ones_own_in_the_form_and_are_told(
    as_bea: Client, as_chi: Client, bea: User, chi: User, flux_kontext: ImageModel
) -> None:
    hidden = factories.create_picture(bea, flux_kontext, visibility="private")
    mine = factories.create_picture(chi, flux_kontext)
    keep(as_bea, form={**FORM, "image_prompt_images": [hidden.pk]}, visibility="team", with_prompt="on")
    used = use(as_chi, only(), prompt="a lamp", image_prompt_images=[mine.pk])
    assert used.context["form"].inputs == {"image_prompt": [mine]}
    assert [str(one.value) for one in used.context["note"].left_out] == ["1 picture"]


def test_without_pictures_of_its_own_those_in_the_form_stay(
    as_bea: Client, bea: User, flux_kontext: ImageModel
) -> None:
    picture = factories.create_picture(bea, flux_kontext)
    keep(as_bea)
    assert use(as_bea, only(), image_prompt_images=[picture.pk]).context["form"].inputs == {"image_prompt": [picture]}


def test_in_another_model_it_says_what_did_not_fit(as_bea: Client, flux_kontext: ImageModel) -> None:
    keep(as_bea)
    dalle = {"model": "routellm/dalle", "previous_model": "routellm/dalle", "prompt": "a lamp"}
    assert shown(use(as_bea, only(), **dalle))["model"] == FLUX
    here = use(as_bea, only(), **dalle, here="1")
    assert {"model": "routellm/dalle", "prompt": "a lamp", "size": "1792x1024"}.items() <= shown(here).items()
    assert "“Wide” of FLUX" in here.context["note"].sentence
    assert "Aspect ratio 21:9 → 1792 × 1024" in here.context["note"].sentence


def test_from_its_page_it_is_used_in_the_draft(as_bea: Client, flux_kontext: ImageModel) -> None:
    keep(as_bea)
    as_bea.post("/studio/draft/", {"model": "routellm/dalle", "prompt": "a lamp", "draft_seen": 9})
    opened = as_bea.get(f"/?preset={only().pk}")
    assert {"model": FLUX, "prompt": "a lamp", "mode": "max"}.items() <= shown(opened).items()


def test_a_model_that_is_gone_leaves_its_preset_for_the_one_that_is_shown(
    as_bea: Client, flux_kontext: ImageModel
) -> None:
    keep(as_bea)
    ImageModel.objects.filter(pk=flux_kontext.pk).update(is_enabled=False)
    assert menu(as_bea) == {}
    assert "model no longer offered" in as_bea.get("/presets/").content.decode()
    dalle = {"model": "routellm/dalle", "previous_model": "routellm/dalle"}
    assert shown(use(as_bea, only(), **dalle))["model"] == "routellm/dalle"


@pytest.mark.parametrize(
    ("name", "sentence"),
    [
        (" ", "Give it a name"),
        ("x" * 81, "A name has at most 80 characters."),
        ("wIde", "There is a preset “wIde” of this model already."),
    ],
)
def test_a_bad_name_is_refused_beside_it(as_bea: Client, flux_kontext: ImageModel, name: str, sentence: str) -> None:
    keep(as_bea)
    refused = keep(as_bea, name, with_prompt="on", visibility="team")
    page = refused.content.decode()
    assert (refused.status_code, Preset.objects.count()) == (422, 1)
    assert f'id="preset-error">{sentence}' in page and "mode" in page
    assert 'name="with_prompt" checked' in page and 'value="team" checked' in page
    other = {**FORM, "model": "routellm/dalle"}
    assert keep(as_bea, form=other).status_code == 302


def test_what_is_no_form_is_not_kept(as_bea: Client, flux_kontext: ImageModel) -> None:
    assert as_bea.post("/presets/new/", {"model": "nobody/nothing"}).status_code == 404
    huge = f'[{{"model_key": "{FLUX}", "values": {{}}, "inputs": {{"image_prompt": [{10**30}, -1]}}}}]'
    assert as_bea.post("/presets/", {"form": huge, "name": "Huge", "with_prompt": "on"}).status_code == 302
    assert only().inputs == {}
    for text in ("", "[]", "nonsense", '[{"model_key": "nobody/nothing", "values": {}, "inputs": {}}]'):
        assert as_bea.post("/presets/", {"form": text, "name": "x"}).status_code == 404


# Who sees it -------------------------------------------------------------------------------------------------------


def test_a_private_one_is_nobody_elses(
    as_bea: Client, as_chi: Client, as_ada: Client, flux_kontext: ImageModel
) -> None:
    keep(as_bea, "Contoso")
    pk = only().pk
    for client in (as_chi, as_ada):
        assert use(client, only()).status_code == 404
        assert client.get(f"/?preset={pk}").status_code == 404
        for path in ("", "default/", "for-all/", "trash/", "restore/"):
            assert client.post(f"/presets/{pk}/{path}", {"name": "x"}).status_code == 404
        for page in ("/", "/presets/"):
            assert "Contoso" not in client.get(page).content.decode()


def test_the_teams_are_everybodys_to_use_and_their_owners_to_change(
    as_bea: Client, as_chi: Client, as_ada: Client, flux_kontext: ImageModel
) -> None:
    keep(as_bea, visibility="team")
    keep(as_bea, "Square", {**FORM, "model": "routellm/dalle"}, visibility="team")
    pk = Preset.objects.get(name="Wide").pk
    path = f"/?model={FLUX}"
    groups = as_chi.get(path).context["preset_menu"]
    assert [(group["title"], [line.name for line in group["lines"]]) for group in groups] == [
        ("The team’s", ["Wide"]),
        ("Of other models", ["Square"]),
    ]
    assert "Mode Max" in as_chi.get("/presets/").content.decode()
    assert shown(use(as_chi, Preset.objects.get(pk=pk)))["mode"] == "max"
    for deed in ("", "default/", "for-all/", "trash/"):
        assert as_chi.post(f"/presets/{pk}/{deed}", {"name": "x", "on": "1"}).status_code == 403
    assert as_ada.post(f"/presets/{pk}/", {"name": "Wider", "visibility": "team"}).status_code == 302
    assert Preset.objects.get(pk=pk).name == "Wider"


def test_a_preset_is_renamed_hidden_thrown_away_and_taken_back(as_bea: Client, flux_kontext: ImageModel) -> None:
    keep(as_bea, visibility="team")
    keep(as_bea, "Other")
    preset = Preset.objects.get(name="Wide")
    path = f"/presets/{preset.pk}/"
    refused = as_bea.post(path, {"name": "other", "visibility": "team"})
    assert refused.status_code == 422
    assert f'id="preset-error-{preset.pk}">There is a preset “other”' in refused.content.decode()
    as_bea.post(path, {"name": "Wider", "visibility": "private"})
    preset.refresh_from_db()
    assert (preset.name, preset.visibility) == ("Wider", "private")
    page = as_bea.post(f"{path}trash/", follow=True).content.decode()
    assert f'action="{path}restore/"' in page
    assert use(as_bea, preset).status_code == 404
    keep(as_bea, "Wider")
    assert "already" in as_bea.post(f"{path}restore/", follow=True).content.decode()
    Preset.objects.exclude(pk=preset.pk).delete()
    as_bea.post(f"{path}restore/")
    assert menu(as_bea) == {"Yours": ["Wider"]}


def test_a_refused_change_keeps_all_that_was_chosen(as_bea: Client, flux_kontext: ImageModel) -> None:
    keep(as_bea)
    page = as_bea.post(f"/presets/{only().pk}/", {"name": " ", "visibility": "team"}).content.decode()
    assert 'value="team" checked' in page and 'value="private" checked' not in page


def test_what_was_removed_is_listed_for_whoever_may_take_it_back_until_the_trash_is_emptied(
    as_bea: Client, as_chi: Client, as_ada: Client, flux_kontext: ImageModel
) -> None:
    keep(as_bea, visibility="team")
    keep(as_bea, "Secret")
    for preset in Preset.objects.all():
        as_bea.post(f"/presets/{preset.pk}/trash/")
    assert [removed_of(client) for client in (as_bea, as_chi, as_ada)] == [["Secret", "Wide"], [], ["Wide"]]
    page = as_bea.get("/presets/").content.decode()
    assert f'action="/presets/{Preset.objects.get(name="Wide").pk}/restore/"' in page and "30 days left" in page
    Preset.objects.filter(name="Secret").update(deleted_at=timezone.now() - timedelta(days=31))
    trash.purge_expired()
    assert removed_of(as_bea) == ["Wide"] and not Preset.objects.filter(name="Secret").exists()


def test_a_change_that_races_with_other_tabs_leaves_what_they_did(as_bea: Client, flux_kontext: ImageModel) -> None:
    keep(as_bea)
    read_before = only()
    as_bea.post(f"/presets/{read_before.pk}/default/", {"on": "1"})
    save_into(as_bea, only())
    as_bea.post(f"/presets/{read_before.pk}/trash/")
    presets.change_preset(preset=read_before, name="Wider", visibility="private")
    row = only()
    assert (row.name, row.is_default, row.values["mode"], row.deleted_at is not None) == ("Wider", True, "pro", True)


def removed_of(client: Client) -> list[str]:
    return [one.name for one in client.get("/presets/").context["removed"]]


# Overwritten -------------------------------------------------------------------------------------------------------


def save_into(client: Client, preset: Preset, form: dict[str, Any] | None = None) -> Any:
    return client.post(f"/presets/{preset.pk}/settings/", {"form": write_form(client, form or CHANGED)})


def undo_of(client: Client) -> str:
    """The path of the Undo that the next page offers."""
    return unescape(re.search(r'action="([^"]*/undo/\?[^"]*)"', client.get("/").content.decode())[1])  # type: ignore[index]


CHANGED = {**FORM, "prompt": "a lamp", "mode": "pro", "aspect_ratio": "1:1"}


def test_settings_are_saved_into_a_preset_and_taken_back(as_bea: Client, flux_kontext: ImageModel) -> None:
    keep(as_bea)
    assert "Save these settings into “<bdi>Wide</bdi>”" in as_bea.post("/presets/new/", CHANGED).content.decode()
    assert save_into(as_bea, only()).status_code == 302
    assert (only().values["mode"], only().values["aspect_ratio"], only().prompt) == ("pro", "1:1", "")
    assert as_bea.post(undo_of(as_bea)).status_code == 302
    assert (only().values["mode"], only().values["aspect_ratio"], only().name) == ("max", "21:9", "Wide")


def test_a_preset_with_a_prompt_takes_the_new_prompt_over(as_bea: Client, flux_kontext: ImageModel) -> None:
    keep(as_bea, with_prompt="on")
    save_into(as_bea, only())
    assert (only().prompt, only().values["mode"]) == ("a lamp", "pro")


def test_an_old_undo_leaves_what_somebody_else_saved_since(
    as_bea: Client, as_ada: Client, flux_kontext: ImageModel
) -> None:
    keep(as_bea, visibility="team")
    save_into(as_bea, only())
    old = undo_of(as_bea)
    save_into(as_ada, only(), {**CHANGED, "aspect_ratio": "4:3"})
    told = as_bea.post(old, follow=True).content.decode()
    assert "was changed again meanwhile: it stays" in told
    assert only().values["aspect_ratio"] == "4:3"


def test_only_who_may_change_a_preset_saves_into_it_and_only_of_its_model(
    as_bea: Client, as_chi: Client, flux_kontext: ImageModel
) -> None:
    keep(as_bea)
    assert save_into(as_chi, only()).status_code == 404
    as_bea.post(f"/presets/{only().pk}/", {"name": "Wide", "visibility": "team"})
    assert save_into(as_chi, only()).status_code == 403
    assert as_chi.post(f"/presets/{only().pk}/undo/").status_code == 403
    assert "Save these settings into" not in as_chi.post("/presets/new/", CHANGED).content.decode()
    assert save_into(as_bea, only(), {**FORM, "model": "routellm/dalle"}).status_code == 404
    as_bea.post(f"/presets/{only().pk}/trash/")
    assert save_into(as_bea, only()).status_code == 404
    assert only().values["mode"] == "max"


# What a model opens with -------------------------------------------------------------------------------------------


def test_a_model_opens_with_ones_own_default_before_the_one_for_all(
    as_bea: Client, as_chi: Client, as_ada: Client, flux_kontext: ImageModel
) -> None:
    keep(as_ada, "House", {**FORM, "aspect_ratio": "16:9"}, visibility="team")
    assert as_bea.post(f"/presets/{only().pk}/for-all/", {"on": "1"}).status_code == 403
    as_ada.post(f"/presets/{only().pk}/for-all/", {"on": "1"})
    Draft.objects.all().delete()
    opened = as_chi.get(f"/?model={FLUX}")
    assert {"mode": "max", "aspect_ratio": "16:9"}.items() <= shown(opened).items()
    assert "Opened with the preset “House”." in opened.content.decode()
    keep(as_bea, "Mine", is_default="on")
    Draft.objects.all().delete()
    assert shown(as_bea.get(f"/?model={FLUX}"))["aspect_ratio"] == "21:9"
    as_bea.post(f"/presets/{Preset.objects.get(name='Mine').pk}/default/", {"on": ""})
    assert shown(as_bea.get(f"/?model={FLUX}"))["aspect_ratio"] == "16:9"
    as_ada.post(f"/presets/{Preset.objects.get(name='House').pk}/", {"name": "House", "visibility": "private"})
    assert shown(as_chi.get(f"/?model={FLUX}"))["aspect_ratio"] == "1:1"


def test_nothing_private_is_the_default_for_all(as_ada: Client, flux_kontext: ImageModel) -> None:
    keep(as_ada)
    refused = as_ada.post(f"/presets/{only().pk}/for-all/", {"on": "1"})
    assert refused.status_code == 422
    assert "Show it to the team first." in refused.content.decode()


def test_changed_to_a_model_its_default_fills_what_nobody_had_set(as_bea: Client, flux_kontext: ImageModel) -> None:
    keep(as_bea, is_default="on")
    dalle = {"model": FLUX, "previous_model": "routellm/dalle", "prompt": "a lamp"}
    changed = as_bea.post("/studio/form/", {**dalle, "size": "1024x1792"})
    assert {"prompt": "a lamp", "mode": "max", "aspect_ratio": "9:16"}.items() <= shown(changed).items()
    assert "From the preset “Wide”: Mode Max" in changed.context["note"].words
    untouched = as_bea.post("/studio/form/", {**dalle, "size": "1024x1024"})
    assert {"mode": "max", "aspect_ratio": "21:9"}.items() <= shown(untouched).items()
    as_bea.post("/studio/draft/", {**dalle, "model": "routellm/dalle", "size": "1024x1792", "draft_seen": 99})
    linked = as_bea.get(f"/?model={FLUX}")
    assert {"prompt": "a lamp", "mode": "max", "aspect_ratio": "9:16"}.items() <= shown(linked).items()


def test_a_default_comes_back_from_the_trash_only_if_no_other_took_its_place(
    as_bea: Client, flux_kontext: ImageModel
) -> None:
    keep(as_bea, is_default="on")
    first = only()
    as_bea.post(f"/presets/{first.pk}/trash/")
    keep(as_bea, "Second", is_default="on")
    assert as_bea.post(f"/presets/{first.pk}/restore/").status_code == 302
    assert [row.name for row in Preset.objects.filter(is_default=True)] == ["Second"]
    as_bea.post(f"/presets/{first.pk}/default/", {"on": "1"})
    assert [row.name for row in Preset.objects.filter(is_default=True)] == ["Wide"]


def test_enter_in_the_form_presses_generate_and_only_administrators_are_offered_the_default_for_all(
    as_bea: Client, as_ada: Client, flux_kontext: ImageModel
) -> None:
    keep(as_bea, visibility="team")
    page = as_bea.get(f"/?model={FLUX}").content.decode()
    assert page.index('id="generate"') < page.index(f'formaction="/presets/{only().pk}/use/"')
    assert "Default for all" in as_ada.get("/presets/").content.decode()
    assert "Default for all" not in as_bea.get("/presets/").content.decode()
