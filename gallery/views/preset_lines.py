"""Presets as the studio's menu and their page show them."""

from dataclasses import dataclass
from typing import Any

from django.urls import reverse

from gallery.models import ImageModel, Preset, User, Visibility
from gallery.services import presets
from gallery.views.audiences import audience_of
from gallery.views.removed import MOST_REMOVED, Removed, words_left
from gallery.views.tiles import shorten

MOST_LISTED = 300
LONGEST_PROMPT = 90


@dataclass(frozen=True, kw_only=True)
class PresetLine:
    id: int
    name: str
    model_name: str
    settings: str
    prompt: str
    owner_name: str
    visibility: str
    is_private: bool
    is_mine: bool
    is_default: bool
    is_for_all: bool
    may_edit: bool = False
    is_offered: bool = True


def line_of(row: Preset, user: User, **more: Any) -> PresetLine:
    return PresetLine(
        id=row.pk,
        name=row.name,
        model_name=row.image_model.name if row.image_model else "",
        settings=", ".join(presets.settings_in_words(row)) or "As the model comes",
        prompt=shorten(row.prompt, LONGEST_PROMPT),
        owner_name=row.owner.display_name if row.owner else "somebody who left",
        visibility=audience_of(row),
        is_private=row.visibility == Visibility.PRIVATE,
        is_mine=row.owner_id == user.pk,
        is_default=row.is_default and row.owner_id == user.pk,
        is_for_all=row.is_for_all,
        **more,
    )


def build_menu(user: User, image_model: ImageModel) -> list[dict[str, Any]]:
    """Those of this model first, one's own before the team's; those of other models after them."""
    lines: dict[str, list[PresetLine]] = {"Yours": [], "The team’s": [], "Of other models": []}
    for row in Preset.objects.for_menu(user)[:MOST_LISTED]:
        is_elsewhere = row.image_model_id != image_model.pk
        title = "Of other models" if is_elsewhere else "Yours" if row.owner_id == user.pk else "The team’s"
        lines[title].append(line_of(row, user))
    return [
        {"title": title, "lines": found, "is_elsewhere": title == "Of other models"}
        for title, found in lines.items()
        if found
    ]


def build_lines(user: User) -> list[PresetLine]:
    editable = set(Preset.objects.editable_by(user).values_list("pk", flat=True))
    offered = set(ImageModel.objects.offered().values_list("pk", flat=True))
    rows = Preset.objects.for_page(user)[:MOST_LISTED]
    return [line_of(row, user, may_edit=row.pk in editable, is_offered=row.image_model_id in offered) for row in rows]


def lines_to_overwrite(user: User, image_model: ImageModel) -> list[PresetLine]:
    """Presets of this model that this person may change: one's own first."""
    rows = Preset.objects.editable_by(user).for_page(user).filter(image_model=image_model)
    lines = [line_of(row, user) for row in rows[:MOST_LISTED]]
    return sorted(lines, key=lambda line: not line.is_mine)


def build_removed(user: User) -> list[Removed]:
    rows = Preset.objects.removed_for(user).select_related("image_model")[:MOST_REMOVED]
    return [
        Removed(
            name=row.name,
            facts=row.image_model.name if row.image_model else "",
            left=words_left(row.deleted_at),
            restore_url=reverse("preset-restore", args=[row.pk]),
        )
        for row in rows
    ]


def model_of(preset: Preset) -> ImageModel | None:
    """Its model, where it is still offered."""
    return ImageModel.objects.offered().filter(presets=preset).first()


def used_in_words(preset: Preset, image_model: ImageModel) -> str:
    of_model = preset.image_model
    if of_model is None or of_model.pk == image_model.pk:
        return f"“{preset.name}” is in the form."
    return f"“{preset.name}” of {of_model.name} is in the form."
