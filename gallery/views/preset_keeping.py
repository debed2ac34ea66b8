"""Presets in the studio: a form kept as a new one or in the place of one there is, and one put into the form."""

from collections.abc import Mapping
from typing import Any
from urllib.parse import urlencode

from django.contrib import messages
from django.http import Http404, HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.views.decorators.http import require_POST

from gallery.forms.former import Former, filled_of, former_of, read_former, write_former
from gallery.models import ImageModel, Preset, Visibility
from gallery.services import presets as services
from gallery.views.access import current_user, get_editable_preset, get_visible_preset, require_maker
from gallery.views.audiences import audiences_of, read_audience
from gallery.views.drafted import keep_draft
from gallery.views.htmx import HtmxRequest
from gallery.views.preset_lines import build_menu, lines_to_overwrite, model_of, used_in_words
from gallery.views.recall import open_fitted
from gallery.views.studio_form import model_shown, show_form


@require_POST
def new(request: HtmxRequest) -> HttpResponse:
    """Asks how the posted form is to be kept. Without a script the draft keeps the form until one is back."""
    require_maker(request)
    image_model = model_shown(request)
    if image_model is None:
        raise Http404
    if not request.htmx:
        keep_draft(request, image_model, request.POST)
    return ask(request, image_model, former_of(request.POST, image_model), {"with_prompt": "on"})


def create(request: HtmxRequest) -> HttpResponse:
    user = current_user(request)
    kept, image_model = read_kept(request)
    visibility, group = read_audience(request.POST.get("visibility", ""), user, otherwise=Visibility.PRIVATE)
    try:
        preset = services.save_preset(
            owner=user,
            image_model=image_model,
            name=request.POST.get("name", ""),
            visibility=visibility,
            group=group,
            values=kept.values,
            inputs=kept.inputs,
            with_prompt="with_prompt" in request.POST,
            is_default="is_default" in request.POST,
        )
    except services.PresetRefused as refusal:
        return ask(request, image_model, kept, request.POST, refusal)
    if request.htmx:
        return tell(request, preset, f"“{preset.name}” is kept{for_whom(preset)}.")
    messages.success(request, f"“{preset.name}” is kept.")
    return redirect("studio")


def ask(
    request: HtmxRequest,
    image_model: ImageModel,
    kept: Former,
    typed: Mapping[str, Any],
    refusal: services.PresetRefused | None = None,
) -> HttpResponse:
    context = {
        "image_model": image_model,
        "kept": write_former([kept]),
        "typed": typed,
        "visibilities": audiences_of(current_user(request)),
        "chosen": typed.get("visibility", Visibility.PRIVATE),
        "has_words": bool(kept.values.get("prompt", "").strip() or kept.inputs),
        "others": lines_to_overwrite(current_user(request), image_model),
        "refusal": refusal,
    }
    template = "presets/new.html#panel" if request.htmx else "presets/new.html"
    return render(request, template, context, status=422 if refusal else 200)


@require_POST
def overwrite(request: HtmxRequest, preset_id: int) -> HttpResponse:
    """The settings that were kept go into a preset there is, of the same model."""
    require_maker(request)
    preset = get_editable_preset(request, preset_id)
    kept, image_model = read_kept(request)
    if preset.deleted_at or preset.image_model != image_model:
        raise Http404
    try:
        preset = services.overwrite_preset(preset=preset, values=kept.values, inputs=kept.inputs)
    except services.PresetRefused as refusal:
        return ask(request, image_model, kept, request.POST, refusal)
    words = f"“{preset.name}” holds these settings now{for_whom(preset, ', for the whole team')}."
    undo = f"{reverse('preset-undo', args=[preset_id])}?{urlencode({'of': services.mark_of(preset)})}"
    if request.htmx:
        return tell(request, preset, words, undo)
    messages.success(request, words, extra_tags=f"undo:{undo}")
    return redirect("studio")


@require_POST
def undo_overwrite(request: HtmxRequest, preset_id: int) -> HttpResponse:
    """`of` marks the overwriting that is taken back: another one since then stays."""
    require_maker(request)
    preset = get_editable_preset(request, preset_id)
    back = services.undo_overwrite(preset=preset, mark=request.GET.get("of", ""))
    words = (
        f"“{preset.name}” is as it was before." if back else f"“{preset.name}” was changed again meanwhile: it stays."
    )
    if request.htmx:
        return tell(request, back or preset, words)
    messages.info(request, words)
    return redirect("studio")


def tell(request: HtmxRequest, preset: Preset, words: str, undo: str = "") -> HttpResponse:
    """In the dialog, with the studio's menu as it is now."""
    user = current_user(request)
    menu = build_menu(user, preset.image_model) if preset.image_model else []
    return render(request, "presets/new.html#kept", {"words": words, "undo_url": undo, "preset_menu": menu})


@require_POST
def use(request: HtmxRequest, preset_id: int) -> HttpResponse:
    """The posted form filled with it: in the preset's model, or with `here` in the one that is shown."""
    user = require_maker(request)
    preset = get_visible_preset(request, preset_id)
    before = model_shown(request)
    image_model = before if request.POST.get("here") else model_of(preset) or before
    if before is None or image_model is None:
        raise Http404
    present = former_of(request.POST, before)
    fitted = services.fit_preset(preset, image_model, filled_of(present, before, user), user)
    steps = [*read_former(request.POST.get("former", "")), present]
    form = open_fitted(image_model, fitted, user)
    return show_form(request, form, [used_in_words(preset, image_model)], steps=steps, later=[])


def read_kept(request: HtmxRequest) -> tuple[Former, ImageModel]:
    """The form as it stood when it was asked how to keep it."""
    kept = read_former(request.POST.get("form", ""))
    image_model = ImageModel.objects.named(kept[0].model_key).select_related("gateway").first() if kept else None
    if image_model is None:
        raise Http404
    return kept[0], image_model


def for_whom(preset: Preset, team: str = " for the team") -> str:
    if preset.visibility == Visibility.GROUP:
        return f" for {preset.group}"
    return team if is_shared(preset) else ""


def is_shared(preset: Preset) -> bool:
    return preset.visibility != Visibility.PRIVATE
