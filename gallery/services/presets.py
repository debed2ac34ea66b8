"""Presets: forms that are kept under a name, shared or not, and what a model opens with."""

from collections.abc import Mapping, Sequence
from dataclasses import replace
from typing import Any

from django.db import transaction
from django.utils import timezone

from gallery import specs
from gallery.models import Group, Image, ImageModel, Preset, User, Visibility
from gallery.services import recalls
from gallery.services.prompt_limits import LONGEST_PROMPT
from gallery.services.recalls import Fitted
from gallery.services.ways_back import Filled

LONGEST_NAME = 80
CONTENT = ("prompt", "values", "inputs", "spec")


class PresetRefused(Exception):
    """It cannot be kept so; the text is a sentence for people, to stand beside the name."""


def save_preset(
    *,
    owner: User,
    image_model: ImageModel,
    name: str,
    visibility: str,
    group: Group | None = None,
    values: Mapping[str, str],
    inputs: Mapping[str, Sequence[int]],
    with_prompt: bool,
    is_default: bool,
) -> Preset:
    """`values` are form texts by name; prompt, styles and pictures are kept `with_prompt` alone. Raises PresetRefused."""
    content = content_of(image_model, values, inputs, with_prompt=with_prompt)
    preset = Preset(owner=owner, image_model=image_model, visibility=visibility, group=group, **content)
    with transaction.atomic():
        # One at a time, so that two tabs do not keep two of one name.
        User.objects.select_for_update().get(pk=owner.pk)
        preset.name = clean_name(preset, name)
        preset.save()
        if is_default:
            set_default(preset=preset, is_on=True)
    return preset


def content_of(
    image_model: ImageModel, values: Mapping[str, str], inputs: Mapping[str, Sequence[int]], *, with_prompt: bool
) -> dict[str, Any]:
    """What of a form is kept, by the fields of a preset. Raises PresetRefused."""
    longest = max(map(len, values.values()), default=0)
    if longest > LONGEST_PROMPT:
        raise PresetRefused(f"A text in this form has {longest:,} characters; at most {LONGEST_PROMPT:,} are kept.")
    knobs = {parameter.name for parameter in image_model.spec if not parameter.is_image}
    wanted = {*knobs, "prompt_styles"} if with_prompt else knobs
    return {
        "prompt": values.get("prompt", "").replace("\x00", "") if with_prompt else "",
        "values": {key: text.replace("\x00", "") for key, text in values.items() if key in wanted and text != ""},
        "inputs": {key: list(ids) for key, ids in inputs.items() if ids} if with_prompt else {},
        "spec": image_model.spec_json,
    }


def overwrite_preset(*, preset: Preset, values: Mapping[str, str], inputs: Mapping[str, Sequence[int]]) -> Preset:
    """The settings of a form in the place of its own; prompt and pictures too where it was kept with some. What it held
    before can be brought back. Raises PresetRefused."""
    with transaction.atomic():
        row = Preset.objects.select_for_update(of=("self",)).select_related("image_model").get(pk=preset.pk)
        assert row.image_model is not None
        return put_in(row, content_of(row.image_model, values, inputs, with_prompt=has_words(row)))


def undo_overwrite(*, preset: Preset, mark: str) -> Preset | None:
    """What it held before, in exchange for what it holds. None where somebody overwrote it since: `mark` is `mark_of` the
    overwriting that is taken back."""
    with transaction.atomic():
        row = Preset.objects.select_for_update().get(pk=preset.pk)
        return put_in(row, row.before) if row.before and mark == mark_of(row) else None


def put_in(row: Preset, content: Mapping[str, Any]) -> Preset:
    before = {name: getattr(row, name) for name in CONTENT}
    if content != before:
        for name, value in {**content, "before": before}.items():
            setattr(row, name, value)
        row.save(update_fields=[*CONTENT, "before", "changed_at"])
    return row


def mark_of(preset: Preset) -> str:
    return preset.changed_at.isoformat()


def has_words(preset: Preset) -> bool:
    return bool(preset.prompt or preset.inputs or preset.values.get("prompt_styles"))


def change_preset(*, preset: Preset, name: str, visibility: str, group: Group | None = None) -> None:
    """Nothing private opens a model for all. Raises PresetRefused."""
    preset.name = clean_name(preset, name)
    preset.visibility, preset.group = visibility, group
    preset.is_for_all = preset.is_for_all and visibility == Visibility.TEAM
    # What another tab did meanwhile, to its settings or with the trash, is not this change's to say.
    hidden = ["is_for_all"] if visibility != Visibility.TEAM else []
    preset.save(update_fields=["name", "visibility", "group", "changed_at", *hidden])


def clean_name(preset: Preset, name: str) -> str:
    name = " ".join(name.replace("\x00", "").split())
    if not name:
        raise PresetRefused("Give it a name, so that you find it again.")
    if len(name) > LONGEST_NAME:
        raise PresetRefused(f"A name has at most {LONGEST_NAME} characters.")
    others = Preset.objects.kept().filter(owner=preset.owner, image_model=preset.image_model).exclude(pk=preset.pk)
    if any(other.casefold() == name.casefold() for other in others.values_list("name", flat=True)):
        raise PresetRefused(f"There is a preset “{name}” of this model already. Choose another name.")
    return name


def trash_preset(*, preset: Preset) -> None:
    Preset.objects.filter(pk=preset.pk).update(deleted_at=timezone.now())


def restore_preset(*, preset: Preset) -> None:
    """What opens the model by now goes on doing so. Raises PresetRefused where its name is taken by now."""
    clean_name(preset, preset.name)
    others = Preset.objects.kept().filter(image_model=preset.image_model).exclude(pk=preset.pk)
    Preset.objects.filter(pk=preset.pk).update(
        deleted_at=None,
        is_default=preset.is_default and not others.filter(owner=preset.owner, is_default=True).exists(),
        is_for_all=preset.is_for_all and not others.filter(is_for_all=True).exists(),
    )


def set_default(*, preset: Preset, is_on: bool) -> None:
    """Whether its owner's model opens with it, instead of another one."""
    with transaction.atomic():
        rows = Preset.objects.filter(owner=preset.owner, image_model=preset.image_model)
        rows.update(is_default=False)
        Preset.objects.filter(pk=preset.pk).update(is_default=is_on)


def set_for_all(*, preset: Preset, is_on: bool) -> None:
    """Whether the model opens with it for everybody without a default. Administrators decide. Raises PresetRefused."""
    if is_on and preset.visibility != Visibility.TEAM:
        raise PresetRefused("Only you see this preset. Show it to the team first.")
    with transaction.atomic():
        Preset.objects.filter(image_model=preset.image_model).update(is_for_all=False)
        Preset.objects.filter(pk=preset.pk).update(is_for_all=is_on)


# A form filled with one --------------------------------------------------------------------------------------------


def spec_of(preset: Preset) -> Sequence[specs.Parameter]:
    return specs.parse_parameters(preset.spec)


def settings_of(preset: Preset) -> dict[str, Any]:
    """Its knobs in their types, as far as they were right for the spec they were set for."""
    found: dict[str, Any] = {}
    for parameter in spec_of(preset):
        text = preset.values.get(parameter.name, "")
        if text == "" or parameter.is_image:
            continue
        try:
            found[parameter.name] = specs.clean_value(parameter, text)
        except specs.ValueRefused:
            found[parameter.name] = text
    return found


def settings_in_words(preset: Preset) -> list[str]:
    """What is not as the model has it anyway."""
    values = settings_of(preset)
    named = [parameter for parameter in spec_of(preset) if parameter.name in values]
    return [f"{p.label} {p.label_of(values[p.name])}" for p in named if values[p.name] != p.default]


def written_in(preset: Preset) -> dict[str, Any]:
    """Prompt and styles, where it was kept with them."""
    texts = {"prompt": preset.prompt, "prompt_styles": preset.values.get("prompt_styles", "")}
    return {name: text for name, text in texts.items() if text}


def pictures_in(preset: Preset, user: User) -> dict[str, list[Image]]:
    """Those that this person sees."""
    wanted = {pk for ids in preset.inputs.values() for pk in ids}
    seen = Image.objects.visible_to(user).kept().in_bulk(wanted)
    return {name: [seen[pk] for pk in ids if pk in seen] for name, ids in preset.inputs.items()}


def fit_preset(preset: Preset, image_model: ImageModel, now: Filled, user: User) -> Fitted:
    """The preset's settings in this model. What it says nothing of, prompt and pictures, stays as it is in the form `now`."""
    beside = {name: now.values[name] for name in recalls.BESIDE_KNOBS if name in now.values}
    values = {**settings_of(preset), **beside, **written_in(preset)}
    pictures = pictures_in(preset, user)
    if any(pictures.values()):
        return recalls.fit(image_model, values, spec_of(preset), pictures, user)
    fitted = recalls.fit(image_model, values, spec_of(preset), {}, user)
    stayed = recalls.fit(image_model, {}, now.image_model.spec, now.inputs, user)
    ours, theirs = fitted.translation, stayed.translation
    told = specs.Translation(
        values=ours.values,
        kept=[*ours.kept, *theirs.kept],
        changed=[*ours.changed, *theirs.changed],
        left_out=[*ours.left_out, *theirs.left_out],
    )
    lost = sum(map(len, preset.inputs.values()))
    recalls.leave_out(told, "Pictures of the preset", lost, "not there for you any more")
    return replace(fitted, inputs=stayed.inputs, translation=told)


def fill_unset(
    fitted: Fitted,
    before: Mapping[str, Any],
    spec_before: Sequence[specs.Parameter],
    image_model: ImageModel,
    user: User,
) -> tuple[Fitted, list[str]]:
    """`fitted` are the settings `before` in another model. Knobs for which nobody had set anything get what this model opens
    with; a sentence on what that is."""
    preset = Preset.objects.opening(user, image_model)
    if preset is None:
        return fitted, []
    spec = image_model.spec
    chosen = {p.name: before[p.name] for p in spec_before if is_set(p, before.get(p.name))}
    carried = specs.translate(chosen, spec_before, spec).values
    opening = specs.translate(settings_of(preset), spec_of(preset), spec).values
    added = {name: value for name, value in opening.items() if name not in carried}
    words = [f"{p.label} {p.label_of(added[p.name])}" for p in spec if is_set(p, added.get(p.name))]
    said = [f"From the preset “{preset.name}”: {', '.join(words)}."] if words else []
    return replace(fitted, values={**fitted.values, **added}), said


def is_set(parameter: specs.Parameter, value: Any) -> bool:
    return value not in (None, "", parameter.default)
