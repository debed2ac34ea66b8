"""Presets on a page of their own, where they are looked after. How they are kept and used is in views.preset_keeping."""

from django.contrib import messages
from django.core.exceptions import PermissionDenied
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.views.decorators.http import require_http_methods, require_POST

from gallery.models import Preset, Visibility
from gallery.services import presets as services
from gallery.views.access import (
    current_user,
    get_editable_preset,
    get_visible_preset,
    require_administrator,
    require_maker,
)
from gallery.views.audiences import audiences_of, read_audience
from gallery.views.htmx import HtmxRequest
from gallery.views.preset_keeping import create
from gallery.views.preset_lines import build_lines, build_removed


@require_http_methods(["GET", "HEAD", "POST"])
def presets(request: HtmxRequest) -> HttpResponse:
    require_maker(request)
    return create(request) if request.method == "POST" else show(request)


def show(
    request: HttpRequest,
    *,
    refusal: services.PresetRefused | None = None,
    refused_id: int | None = None,
    status: int = 200,
) -> HttpResponse:
    user = current_user(request)
    lines = build_lines(user)
    groups = [
        {"title": "Yours", "lines": [line for line in lines if line.is_mine]},
        {"title": "The team’s", "lines": [line for line in lines if not line.is_mine]},
    ]
    context = {
        "groups": [group for group in groups if group["lines"]],
        "removed": build_removed(user),
        "visibilities": audiences_of(user),
        "typed": request.POST,
        "refusal": refusal,
        "refused_id": refused_id,
    }
    return render(request, "presets/page.html", context, status=status)


@require_POST
def change(request: HttpRequest, preset_id: int) -> HttpResponse:
    user = require_maker(request)
    preset = get_editable_preset(request, preset_id)
    chosen = request.POST.get("visibility", "")
    visibility, group = read_audience(chosen, user, otherwise=Visibility.PRIVATE, row=preset)
    try:
        services.change_preset(preset=preset, name=request.POST.get("name", ""), visibility=visibility, group=group)
    except services.PresetRefused as refusal:
        return show(request, refusal=refusal, refused_id=preset_id, status=422)
    return to_line(preset)


@require_POST
def default(request: HttpRequest, preset_id: int) -> HttpResponse:
    """What opens the model for its owner, and for nobody else."""
    require_maker(request)
    preset = get_visible_preset(request, preset_id)
    if preset.owner_id != current_user(request).pk:
        raise PermissionDenied
    services.set_default(preset=preset, is_on=bool(request.POST.get("on")))
    return to_line(preset)


@require_POST
def for_all(request: HttpRequest, preset_id: int) -> HttpResponse:
    require_maker(request)
    preset = get_visible_preset(request, preset_id)
    require_administrator(request)
    try:
        services.set_for_all(preset=preset, is_on=bool(request.POST.get("on")))
    except services.PresetRefused as refusal:
        return show(request, refusal=refusal, refused_id=preset_id, status=422)
    return to_line(preset)


@require_POST
def trash(request: HttpRequest, preset_id: int) -> HttpResponse:
    require_maker(request)
    preset = get_editable_preset(request, preset_id)
    services.trash_preset(preset=preset)
    undo = reverse("preset-restore", args=[preset_id])
    messages.success(request, f"“{preset.name}” is in the trash.", extra_tags=f"undo:{undo}")
    return redirect("presets")


@require_POST
def restore(request: HttpRequest, preset_id: int) -> HttpResponse:
    require_maker(request)
    preset = get_editable_preset(request, preset_id)
    try:
        services.restore_preset(preset=preset)
    except services.PresetRefused as refusal:
        messages.error(request, str(refusal))
        return redirect("presets")
    messages.success(request, f"“{preset.name}” is back.")
    return to_line(preset)


def to_line(preset: Preset) -> HttpResponse:
    return redirect(f"{reverse('presets')}#preset-{preset.pk}")
